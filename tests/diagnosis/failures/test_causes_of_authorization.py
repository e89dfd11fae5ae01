"""Every cause of the authorization plane that a log can show, and the registry states that look like them."""

# ruff: noqa: E501 - log lines stand here as tools print them: whole

from __future__ import annotations

import pytest

from diagnosis.failures import explain_text
from diagnosis.gates import Checkpoint, Gate, Plane

HOST = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"
USER = "arn:aws:sts::111122223333:assumed-role/ci-release/GitHubActions"
REPOSITORY = "arn:aws:ecr:eu-west-1:111122223333:repository/payments/api"
LAYERS = {"boundary", "scp", "session-policy", "endpoint-policy"}


def denial(action: str, because: str = "", resource: str = REPOSITORY) -> str:
    return f"User: {USER} is not authorized to perform: {action} on resource: {resource}{because}"


def place(text: str) -> tuple[Plane, Checkpoint | None, str | None]:
    finding = explain_text(text)
    return finding.plane, finding.checkpoint, finding.cause


def no_identity_policy(action: str) -> str:
    return f" because no identity-based policy allows the {action} action"


@pytest.mark.parametrize("service", ["ecr", "ecr-public"])
def test_the_login_is_denied(service: str) -> None:
    action = f"{service}:GetAuthorizationToken"
    finding = explain_text(f"Error: {denial(action, no_identity_policy(action), '*')}")
    assert (finding.plane, finding.checkpoint) == (Plane.AUTHORIZATION, Checkpoint.REGISTRY_AUTH)
    assert finding.cause == "get-authorization-token"
    assert finding.gate is Gate.REGISTRY_AUTHORIZATION
    assert (finding.action, finding.principal, finding.resource) == (action, USER, "*")


def test_the_public_registrys_bearer_token() -> None:
    text = denial("sts:GetServiceBearerToken", no_identity_policy("sts:GetServiceBearerToken"), "*")
    assert place(text) == (Plane.AUTHORIZATION, Checkpoint.REGISTRY_AUTH, "get-authorization-token")


@pytest.mark.parametrize(
    "operation",
    ["BatchCheckLayerAvailability", "InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload", "PutImage"],
)
def test_a_push_action_is_denied(operation: str) -> None:
    text = f"denied: {denial(f'ecr:{operation}', no_identity_policy(f'ecr:{operation}'))}"
    assert place(text) == (Plane.AUTHORIZATION, Checkpoint.REGISTRY_PUSH, "push-scope")
    assert explain_text(text).resource == REPOSITORY


@pytest.mark.parametrize(
    "operation", ["BatchGetImage", "GetDownloadUrlForLayer", "DescribeImages", "DescribeRepositories"]
)
def test_a_read_action_is_denied(operation: str) -> None:
    text = (
        f"An error occurred (AccessDeniedException) when calling the {operation} operation: "
        f"{denial(f'ecr:{operation}', no_identity_policy(f'ecr:{operation}'))}"
    )
    assert place(text) == (Plane.AUTHORIZATION, Checkpoint.REGISTRY_PULL, "pull-scope")


@pytest.mark.parametrize("operation", ["CreateRepository", "PutLifecyclePolicy", "SetRepositoryPolicy"])
def test_administering_the_registry_is_no_gate(operation: str) -> None:
    text = denial(f"ecr:{operation}", no_identity_policy(f"ecr:{operation}"))
    assert place(text) == (Plane.AUTHORIZATION, None, "registry-administration")


def test_old_wording_does_not_say_which_policy() -> None:
    finding = explain_text(f"denied: {denial('ecr:PutImage')}")
    assert (finding.checkpoint, finding.cause) == (Checkpoint.REGISTRY_PUSH, None)
    assert finding.candidates[0] == "push-scope"
    assert set(finding.candidates) > LAYERS


@pytest.mark.parametrize(
    ("because", "cause"),
    [
        (" because no permissions boundary allows the ecr:PutImage action", "boundary"),
        (" with an explicit deny in a permissions boundary: arn:aws:iam::111122223333:policy/limits", "boundary"),
        (" with an explicit deny in a service control policy", "scp"),
        (
            (
                " with an explicit deny in a service control policy: "
                "arn:aws:organizations::999988887777:policy/o-abcde12345/service_control_policy/p-0a1b2c3d"
            ),
            "scp",
        ),
        (" because no service control policy allows the ecr:PutImage action", "scp"),
        (" because no session policy allows the ecr:PutImage action", "session-policy"),
        (" with an explicit deny in a session policy", "session-policy"),
        (" because no VPC endpoint policy allows the ecr:PutImage action", "endpoint-policy"),
        (" with an explicit deny in a VPC endpoint policy", "endpoint-policy"),
        (" with an explicit deny in a resource-based policy", "repository-policy-deny"),
        (" with an explicit deny in a resource control policy", "resource-control-policy"),
        (" with an explicit deny in an identity-based policy", "identity-policy-deny"),
    ],
)
def test_the_layer_that_denies_is_named(because: str, cause: str) -> None:
    assert place(f"denied: {denial('ecr:PutImage', because)}") == (
        Plane.AUTHORIZATION,
        Checkpoint.REGISTRY_PUSH,
        cause,
    )


def test_across_accounts_a_missing_grant_and_a_wrong_name_read_alike() -> None:
    because = " because no resource-based policy allows the ecr:InitiateLayerUpload action"
    finding = explain_text(denial("ecr:InitiateLayerUpload", because))
    assert (finding.checkpoint, finding.cause) == (Checkpoint.REGISTRY_PUSH, "repository-policy-missing-allow")
    assert set(finding.candidates) == {"repository-policy-missing-allow", "repository-absent"}


def test_an_explicit_deny_of_unknown_origin_offers_no_grant_as_its_cause() -> None:
    finding = explain_text(denial("ecr:PutImage", " with an explicit deny"))
    assert finding.cause is None
    assert "push-scope" not in finding.candidates


def test_a_placeholder_for_the_action_leaves_the_operation() -> None:
    text = (
        "An error occurred (AccessDeniedException) when calling the GetAuthorizationToken operation: User: <me> is not "
        "authorized to perform: <SERVICE:ACTION> on resource: * with an explicit deny"
    )
    finding = explain_text(text)
    assert (finding.checkpoint, finding.action) == (Checkpoint.REGISTRY_AUTH, "ecr:GetAuthorizationToken")


@pytest.mark.parametrize(
    ("text", "checkpoint"),
    [
        (
            (
                f"ERROR: failed to push {HOST}/payments/api:1: unexpected status from POST request to https://{HOST}/v2/payments/"
                "api/blobs/uploads/: 403 Forbidden"
            ),
            Checkpoint.REGISTRY_PUSH,
        ),
        (
            (
                f"Error: publish: HEAD https://{HOST}/v2/payments/blobs/sha256:0a: unexpected status code 403 Forbidden "
                "(HEAD responses have no body, use GET for details)"
            ),
            Checkpoint.REGISTRY_PUSH,
        ),
        (
            (
                f"ERROR: failed to solve: {HOST}/payments/base:1: failed to resolve source metadata for {HOST}/payments/base:1: "
                f"unexpected status from HEAD request to https://{HOST}/v2/payments/base/manifests/1: 403 Forbidden"
            ),
            Checkpoint.REGISTRY_PULL,
        ),
        ('error parsing HTTP 403 response body: unexpected end of JSON input: ""', Checkpoint.REGISTRY_PUSH),
        (
            "Lambda does not have permission to access the ECR image. Check the ECR permissions.",
            Checkpoint.REGISTRY_PULL,
        ),
    ],
)
def test_a_bare_403_names_the_place_and_leaves_the_cause_open(text: str, checkpoint: Checkpoint) -> None:
    finding = explain_text(text)
    assert (finding.plane, finding.checkpoint, finding.cause) == (Plane.AUTHORIZATION, checkpoint, None)
    assert finding.candidates


def test_a_403_on_the_manifest_after_all_layers_may_be_a_full_repository() -> None:
    finding = explain_text(
        f'ERROR: failed to push {HOST}/payments/api:1: failed commit on ref "manifest-sha256:0a": unexpected status from PUT '
        f"request to https://{HOST}/v2/payments/api/manifests/sha256:0a: 403 Forbidden"
    )
    assert (finding.plane, finding.checkpoint, finding.cause) == (Plane.REGISTRY_STATE, None, None)
    assert {"image-quota", "push-scope"} <= set(finding.candidates)


@pytest.mark.parametrize(
    "text",
    [
        f"Error response from daemon: login attempt to https://{HOST}/v2/ failed with status: 401 Unauthorized",
        f"Error response from daemon: login attempt to https://{HOST}/v2/ failed with status: 400 Bad Request",
        "Error response from daemon: Get https://public.ecr.aws/v2/: denied: Not Authorized",
        (
            f'checking push permission for "{HOST}/x:1": POST https://{HOST}/v2/x/blobs/uploads/: unexpected status code 401 '
            "Unauthorized: Not Authorized"
        ),
        f'Failed to pull image "{HOST}/x:1": unexpected status from HEAD request to https://{HOST}/v2/x/manifests/1: 401 Unauthorized',
    ],
)
def test_the_registry_refuses_the_login_it_was_given(text: str) -> None:
    assert place(text) == (Plane.AUTHORIZATION, Checkpoint.REGISTRY_AUTH, None)


@pytest.mark.parametrize(
    "text",
    [
        f'Error: authenticating creds for "{HOST}": checking auth: unable to retrieve auth token: invalid username/password: unauthorized: Not Authorized',
        f"Error: initializing source docker://{HOST}/x:1: pinging container registry {HOST}: invalid status code from registry 401 (Unauthorized)",
        f'{{"level":"error","msg":"chart pull error: pulling from host {HOST} failed with status code [manifests 1]: 401 Unauthorized"}}',
        f'checking push permission for "{HOST}/x:1": unsupported status code 401; body: Not Authorized',
        f"ERROR: failed to solve: {HOST}/base:1: failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized",
    ],
)
def test_other_clients_words_for_a_refused_login(text: str) -> None:
    assert place(text) == (Plane.AUTHORIZATION, Checkpoint.REGISTRY_AUTH, None)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (f'failed to resolve ref "{HOST}/x:1": {HOST}/x:1: not found', "image-absent"),
        (f'Failed to pull image "{HOST}/x:1": rpc error: code = NotFound desc = {HOST}/x:1: not found', "image-absent"),
        (
            f'failed to pull and unpack image "{HOST}/x:1": failed to resolve reference "{HOST}/x:1": {HOST}/x:1: it is not found',
            "image-absent",
        ),
        (
            "services.ecr.model.ImageNotFoundException: There is no 1 in ml/model.serving (Service: Ecr, Status Code: 400, Request ID: 0a)",
            "image-absent",
        ),
        ("An error occurred (LimitExceededException) when calling the CreateRepository operation: The limit is reached", "registry-quota"),
        (f"PUT https://{HOST}/v2/x/manifests/1: TAG_INVALID: The image tag '1' already exists in the 'x' repository and cannot be overwritten because the tag is immutable.", "tag-immutable"),
        (f"POST https://{HOST}/v2/x/blobs/uploads/: NAME_UNKNOWN: The repository with name 'x' does not exist in the registry with id '1'", "repository-absent"),
    ],
)  # fmt: skip
def test_other_clients_words_for_the_registrys_state(text: str, cause: str) -> None:
    assert place(text) == (Plane.REGISTRY_STATE, None, cause)


@pytest.mark.parametrize(
    "text",
    [
        f'GET "https://{HOST}/v2/charts/tags/list": credential required for basic auth',
        f"Error: trying to reuse blob sha256:0a at destination: checking whether a blob sha256:0a exists in {HOST}/x: unauthorized: authentication required",
    ],
)
def test_other_clients_words_for_no_login(text: str) -> None:
    assert place(text) == (Plane.OTHER, None, "not-logged-in")


def test_a_login_for_another_address_is_a_mismatch() -> None:
    text = (
        f"Logging into registry {HOST}\n"
        "The push refers to repository [444455556666.dkr.ecr.eu-west-1.amazonaws.com/payments]\n"
        'Head "https://444455556666.dkr.ecr.eu-west-1.amazonaws.com/v2/payments/manifests/1": no basic auth credentials\n'
    )
    assert place(text) == (Plane.AUTHORIZATION, Checkpoint.REGISTRY_AUTH, "registry-mismatch")


@pytest.mark.parametrize(
    "text",
    [
        f'Head "https://{HOST}/v2/payments/manifests/1": no basic auth credentials',
        f"Error: unable to get the login: no auth config found for registry {HOST} in auth configs: map[]",
        "0123456789ab: Image push failed\n\nPlease login prior to push:\nUsername: EOF",
    ],
)
def test_no_login_at_all_denies_nothing(text: str) -> None:
    finding = explain_text(text)
    assert (finding.plane, finding.checkpoint, finding.cause) == (Plane.OTHER, None, "not-logged-in")
    assert "registry-mismatch" in finding.candidates


@pytest.mark.parametrize(
    "text",
    [
        "denied: Your authorization token has expired. Reauthenticate and try again.",
        "denied: Your Authorization Token has expired. Please run 'aws ecr get-login --no-include-email' to fetch a new one.",
        (
            "pull access denied for public.ecr.aws/acme/base, repository does not exist or may require 'docker login': denied: "
            "Your authorization token has expired. Reauthenticate and try again."
        ),
        "Error: unexpected status from HEAD request to https://public.ecr.aws/v2/acme/chart/manifests/1: 403 Forbidden",
    ],
)
def test_a_registry_login_that_ran_out_is_no_missing_permission(text: str) -> None:
    assert place(text) == (Plane.OTHER, None, "token-expired")


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("name unknown: The repository with name 'payments' does not exist in the registry with id '111122223333'", "repository-absent"),
        (
            f"name unknown: The repository with name '{HOST}/payments' does not exist in the registry with id '***'",
            "repository-absent",
        ),
        (
            ("An error occurred (RepositoryNotFoundException) when calling the PutImage operation: The repository with name "
            "'payments' does not exist in the registry with id '111122223333'"),
            "repository-absent",
        ),
        (f"#9 ERROR: failed to push {HOST}/payments:1: unexpected status from POST request to https://{HOST}/v2/payments/blobs/uploads/: 404 Not Found", "repository-absent"),
        (
            ("tag invalid: The image tag '1.4' already exists in the 'payments' repository and cannot be overwritten because the "
            "repository is immutable."),
            "tag-immutable",
        ),
        ("An error occurred (ImageTagAlreadyExistsException) when calling the PutImage operation: The image tag '1' already exists", "tag-immutable"),
        (
            ("denied: The repository with name 'payments' in registry with id '111122223333' already has the maximum allowed "
            "number of images which is '10000'"),
            "image-quota",
        ),
        ("DENIED: Adding tag 'b' to an image in the repository with name 'payments' exceeds the maximum allowed number of tags per image which is '1000'", "image-quota"),
        ("Error response from daemon: manifest unknown: Requested image not found", "image-absent"),
        ("An error occurred (InvalidParameterException) when calling the PutImage operation: Invalid parameter at 'ImageManifest' failed to satisfy constraint", "manifest-refused"),
        (f"Source image {HOST}/payments:1 does not exist. Provide a valid source image.", "image-absent"),
    ],
)  # fmt: skip
def test_the_registrys_state_forbids_nothing(text: str, cause: str) -> None:
    assert place(text) == (Plane.REGISTRY_STATE, None, cause)


def test_endless_retries_and_eof_may_be_an_absent_repository() -> None:
    finding = explain_text(f'Post "https://{HOST}/v2/payments/blobs/uploads/": EOF')
    assert (finding.plane, finding.checkpoint) == (Plane.REGISTRY_STATE, None)
    assert "repository-absent" in finding.candidates


@pytest.mark.parametrize(
    "text",
    [
        "denied: requested access to the resource is denied",
        "#15 ERROR: denied: permission_denied: write_package",
        "denied: installation not allowed to Create organization package",
        "unauthorized: incorrect username or password",
        "Error: writing blob: initiating layer upload to /v2/acme/app/blobs/uploads/ in ghcr.io: denied: permission_denied",
        "ERROR: failed to push ghcr.io/acme/app:1: unexpected status from POST request to https://ghcr.io/v2/acme/app/blobs/uploads/: 403 Forbidden",
        "POST https://harbor.acme.example/v2/app/blobs/uploads/: UNAUTHORIZED: unauthorized to access repository: app, action: push",
        "trying to reuse blob sha256:0a at destination: checking whether a blob exists in quay.io/acme/app: unauthorized: access to the requested resource is not authorized",
        "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
        "Error response from daemon: login attempt to https://registry.acme.example/v2/ failed with status: 401 Unauthorized",
    ],
)  # fmt: skip
def test_another_registry_is_not_ours(text: str) -> None:
    assert place(text) == (Plane.OTHER, None, "other-registry")


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("Error: AADSTS700213: No matching federated identity record found for presented assertion subject", "other-cloud"),
        ('denied: Permission "artifactregistry.repositories.uploadArtifacts" denied on resource', "other-cloud"),
        ("ERROR: (gcloud.run.deploy) PERMISSION_DENIED: The caller lacks iam.serviceaccounts.actAs", "other-cloud"),
        ("Error: Resource not accessible by integration", "other-service"),
        ("Error: Kubernetes cluster unreachable: the server has asked for the client to provide credentials", "other-grant"),
        ("toomanyrequests: You have reached your pull rate limit.", "rate-limit"),
        ("An error occurred (ThrottlingException) when calling the GetAuthorizationToken operation: Rate exceeded", "rate-limit"),
        ("unauthorized: authentication required, visit https://aka.ms/acr/authorization for more information.", "other-registry"),
        ("pull access denied for 111122223333.dkr.ecr.eu-west-1.amazonaws.com, repository does not exist or may require 'docker login': denied: requested access to the resource is denied", "other-registry"),
        ("remote: Permission to acme/app.git denied to github-actions[bot].", "other-service"),
        ("Error: getaddrinfo ENOTFOUND api.ecr.eu-west-1.amazonaws.com", "network"),
    ],
)  # fmt: skip
def test_other_clouds_and_services(text: str, cause: str) -> None:
    assert place(text) == (Plane.OTHER, None, cause)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (denial("s3:PutObject", resource="arn:aws:s3:::releases/app.zip"), None),
        (denial("eks:DescribeCluster", no_identity_policy("eks:DescribeCluster"), "arn:aws:eks:eu-west-1:111122223333:cluster/a"), "service-action"),
        (denial("lambda:GetLayerVersion", resource="arn:aws:lambda:eu-west-1:111122223333:layer:x:1"), None),
        ("An error occurred (AccessDenied) when calling the PutObject operation: Access Denied", None),
    ],
)  # fmt: skip
def test_other_services_of_aws_have_a_gate_of_their_own(text: str, cause: str | None) -> None:
    assert place(text) == (Plane.AUTHORIZATION, Checkpoint.SERVICE_AUTHORIZATION, cause)
