"""Sentences of tools that differ from the usual ones: older clients, broken lines, other wrappers of the same refusal."""

# ruff: noqa: E501 - log lines stand here as tools print them: whole

from __future__ import annotations

import pytest

from diagnosis.failures import explain_text
from diagnosis.gates import Checkpoint, Plane

HOST = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"


def place(text: str) -> tuple[Plane, Checkpoint | None]:
    finding = explain_text(text)
    return finding.plane, finding.checkpoint


PULL = (Plane.AUTHORIZATION, Checkpoint.REGISTRY_PULL)
LOGIN = (Plane.AUTHORIZATION, Checkpoint.REGISTRY_AUTH)
TOKEN = (Plane.AUTHENTICATION, Checkpoint.OIDC_TOKEN)
STATE = (Plane.REGISTRY_STATE, None)
OTHER = (Plane.OTHER, None)
SERVICE = (Plane.AUTHORIZATION, Checkpoint.SERVICE_AUTHORIZATION)


@pytest.mark.parametrize("end", ["", ": denied", ": denied: User: arn:aws:sts::111122223333"])
def test_docker_says_denied_of_an_image_in_ecr(end: str) -> None:
    text = f"Error response from daemon: pull access denied for {HOST}/shop/cart, repository does not exist or may require 'docker login'{end}"
    assert place(text) == PULL
    assert explain_text(text).cause is None


def test_docker_says_denied_of_an_image_elsewhere() -> None:
    assert place("pull access denied for shop-cart, repository does not exist or may require 'docker login'.") == OTHER


def test_docker_was_not_logged_in_when_it_says_denied() -> None:
    text = f'failed to resolve reference "{HOST}/cart:3": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials'
    assert place(text) == OTHER


def test_a_pull_for_the_cache_that_is_denied_does_not_hide_what_stopped_the_run() -> None:
    text = f"pull access denied for {HOST}/cart, repository does not exist or may require 'docker login'\nERROR: failed to solve: dockerfile parse error on line 3"
    assert explain_text(text).cause == "build-failure"


def test_a_status_at_the_end_of_a_broken_line() -> None:
    text = f"Error: unexpected status from HEAD request to https://{HOST}/v2/charts/cart/manifests/0.3.1: 401 \nUnauthorized"
    assert place(text) == LOGIN


def test_an_older_node_words_the_toolkits_crash_otherwise() -> None:
    text = "Run aws-actions/configure-aws-credentials@v1\nError: Error message: Cannot read property 'message' of undefined"
    assert place(text) == TOKEN


def test_the_reference_registry_does_not_know_a_name() -> None:
    text = '{"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known to registry","detail":{"name":"shop/cart"}}]}'
    assert place(text) == OTHER
    named = f"failed to push {HOST}/shop/cart:1: name unknown: The repository with name 'shop/cart' does not exist in the registry with id '111122223333'"
    assert place(named) == STATE


@pytest.mark.parametrize("quote", ["'", "\\'", '\\"'])
def test_a_manifest_that_ecr_does_not_take(quote: str) -> None:
    text = f"Error: 405 pushing manifest: Invalid parameter at {quote}ImageManifest{quote} failed to satisfy constraint"
    assert place(text) == STATE


def test_jib_does_not_say_why_it_is_unauthorized() -> None:
    text = f"com.google.cloud.tools.jib.registry.RegistryUnauthorizedException: Unauthorized for {HOST}/shop/cart"
    finding = explain_text(text)
    assert (finding.plane, finding.checkpoint) == OTHER
    assert "push-scope" in finding.candidates


@pytest.mark.parametrize(
    ("status", "checkpoint"),
    [("403 Forbidden", Checkpoint.REGISTRY_PUSH), ("401 Unauthorized", Checkpoint.REGISTRY_AUTH)],
)
def test_jib_with_the_status(status: str, checkpoint: Checkpoint) -> None:
    said = "[ERROR] Failed to execute goal com.google.cloud.tools:jib-maven-plugin:3.4.0:build: Build image failed: Unauthorized for"
    assert explain_text(f"{said} {HOST}/shop/cart: {status}").checkpoint is checkpoint
    assert explain_text(f"{said} ghcr.io/shop/cart: {status}").checkpoint is None


def test_a_token_for_the_package_index_is_not_for_aws() -> None:
    text = "Error: OIDC exchange failure: \nOIDC token retrieval failed: GitHub: missing or insufficient OIDC token permissions, the ACTIONS_ID_TOKEN_REQUEST_TOKEN environment variable was unset"
    assert place(text) == OTHER


@pytest.mark.parametrize(
    "text",
    [
        "ERROR tests/test_store.py::test_saves - botocore.exceptions.NoCredentialsError: Unable to locate credentials",
        "FAILED tests/test_store.py::test_saves - botocore.exceptions.ClientError: An error occurred (UnrecognizedClientException) when calling the PutItem operation: The security token included in the request is invalid.",
        ">       raise NoCredentialsError()\nE           botocore.exceptions.NoCredentialsError: Unable to locate credentials",
    ],
)
def test_the_error_of_a_test_is_a_failed_test(text: str) -> None:
    assert explain_text(text).cause == "test-failure"


def test_a_missing_region_is_no_missing_image() -> None:
    text = "failed to resolve service endpoint, an AWS region is required, but was not found"
    assert explain_text(text).cause == "input-missing"


def test_java_finds_no_region() -> None:
    text = "com.amazonaws.SdkClientException: Unable to find a region via the region provider chain."
    assert explain_text(text).cause == "input-missing"


def test_an_image_whose_repository_older_docker_does_not_find() -> None:
    assert place(f"API error (404): repository {HOST}/shop/cart not found") == STATE
    refused = explain_text(f"repository {HOST}/shop/cart not found: does not exist or no pull access")
    assert (refused.plane, refused.cause) == (Plane.REGISTRY_STATE, None)
    assert "pull-scope" in refused.candidates
    assert place("repository registry.example.org/shop/cart not found") == OTHER


@pytest.mark.parametrize("lead", ["* ", "\t* ", "    * ", "        * "])
def test_an_entry_in_a_list_of_errors_is_output(lead: str) -> None:
    text = f"Error: 2 errors occurred:\n{lead}AccessDeniedException: User: arn:aws:iam::111122223333:user/ci is not authorized to perform: ecr:PutImage on resource: arn:aws:ecr:eu-west-1:111122223333:repository/cart"
    assert place(text) == (Plane.AUTHORIZATION, Checkpoint.REGISTRY_PUSH)


@pytest.mark.parametrize("lead", [" * ", "   * ", "     * "])
def test_a_comment_block_is_quoted_source(lead: str) -> None:
    text = f"{lead}denied: User: arn:aws:iam::111122223333:user/ci is not authorized to perform: ecr:PutImage on resource: *"
    assert place(text) == OTHER


def test_a_layer_that_another_registry_lost() -> None:
    text = "failed to push ghcr.io/acme/cart:3: unknown: blob upload unknown to registry"
    assert place(text) == OTHER
    assert place(f"failed to push {HOST}/cart:3: unknown: blob upload unknown to registry") == STATE


@pytest.mark.parametrize(
    "text",
    [
        "Error: Could not assume role",
        "Failed to assume the role arn:aws:iam::111122223333:role/ci: exit status 254",
        "cannot assume IAM role ci-release",
    ],
)
def test_a_role_that_a_tool_did_not_get(text: str) -> None:
    assert place(text) == (Plane.AUTHENTICATION, Checkpoint.ROLE_ASSUMPTION)


def test_a_role_that_was_not_given_for_want_of_a_network() -> None:
    assert place("Failed to assume role: dial tcp: i/o timeout") == OTHER


def test_a_lambda_whose_role_the_service_cannot_assume_is_none_of_the_gates() -> None:
    assert place("The role defined for the function cannot be assumed by Lambda.") == OTHER


def test_the_toolkits_words_yield_to_those_of_the_action_that_asked() -> None:
    text = "Error: Unable to get ACTIONS_ID_TOKEN_REQUEST_URL env variable"
    assert place(text) == TOKEN
    assert place(f'{text}\nError: Ensure GITHUB_TOKEN has permission "id-token: write"') == OTHER


def test_a_token_for_a_signature_is_not_for_aws() -> None:
    text = "GitHub: missing or insufficient OIDC token permissions, the ACTIONS_ID_TOKEN_REQUEST_TOKEN environment variable was unset"
    assert place(text) == OTHER


@pytest.mark.parametrize(
    "text",
    [
        "* `invalid-publisher`: valid token, but no corresponding publisher",
        "npm error code ENEEDAUTH",
        "('Error code unauthorized_client: The given credential is rejected by the attribute condition.')",
    ],
)
def test_somebody_elses_trust_is_not_awss(text: str) -> None:
    assert explain_text(text).cause == "other-service"


def test_a_certificate_that_does_not_fit_is_named() -> None:
    text = f"Get https://{HOST}/v2/: x509: certificate is valid for *.example.org, not {HOST}"
    assert explain_text(text).cause == "certificate-untrusted"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (
            "An error occurred (InvalidSignatureException) when calling the GetAuthorizationToken operation: The request signature we calculated does not match the signature you provided.",
            "static-credentials",
        ),
        (
            "An error occurred (InvalidSignatureException) when calling the GetAuthorizationToken operation: Signature expired: 20260302T091500Z is now earlier than 20260302T092000Z",
            "clock-skew",
        ),
        (
            "Invalid header value b'AWS4-HMAC-SHA256 Credential=***\\n/20260302/eu-west-1/sts/aws4_request'",
            "static-credentials",
        ),
        ("The SSO session associated with this profile has expired or is otherwise invalid.", "session-expired"),
        ("Error when retrieving token from sso: Token has expired and refresh failed", "session-expired"),
        (
            "Error: Could not assume role with OIDC: STS is not activated in this region for account:111122223333.",
            "region-disabled",
        ),
    ],
)
def test_keys_clocks_and_sessions(text: str, cause: str) -> None:
    assert explain_text(text).cause == cause


@pytest.mark.parametrize(
    ("text", "gate"),
    [
        ("An error occurred (AccessDeniedException) when calling the GetAuthorizationToken operation: User is not authorized to access this resource in codeartifact", SERVICE),
        ("aws codeartifact login: An error occurred (AccessDeniedException) when calling the GetAuthorizationToken operation: User: arn:aws:iam::111122223333:user/ci is not authorized to perform: sts:GetServiceBearerToken on resource: *", (Plane.AUTHORIZATION, None)),
    ],
)  # fmt: skip
def test_another_service_has_a_login_of_the_same_name(text: str, gate: object) -> None:
    assert place(text) == gate


def test_a_calling_workflow_that_does_not_grant_the_token() -> None:
    text = "Error calling workflow 'acme/ci/.github/workflows/release.yml@main'. The nested job 'push' is requesting 'id-token: write', but is only allowed 'id-token: none'."
    assert place(text) == TOKEN


def test_the_list_of_tags_is_read_too() -> None:
    text = f'skopeo inspect docker://{HOST}/cart:3\ntime="2026-03-02T09:15:00Z" level=fatal msg="Error determining repository tags: Invalid status code returned when fetching tags list 403 (Forbidden)"'
    assert place(text) == PULL


TERRAFORM = """│ Error: Cannot assume IAM Role
│
│ IAM Role (arn:aws:iam::111122223333:role/deploy) cannot be assumed.
│
│ There are a number of possible causes of this - the most common are:
│   * The credentials used in order to assume the role are invalid
│   * The credentials do not have appropriate permission to assume the role
│   * The role ARN is not valid
│
│ Error: operation error STS: AssumeRole, https response error StatusCode: 403, RequestID: 0, api error {why}
"""


@pytest.mark.parametrize(
    ("why", "wanted"),
    [
        (
            "AccessDenied: User: arn:aws:sts::111122223333:assumed-role/ci/GitHubActions is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/deploy",
            (Plane.AUTHENTICATION, Checkpoint.ROLE_ASSUMPTION),
        ),
        ("InvalidClientTokenId: The security token included in the request is invalid.", (Plane.AUTHENTICATION, None)),
    ],
)
def test_terraform_lists_causes_before_it_names_one(why: str, wanted: tuple[Plane, Checkpoint | None]) -> None:
    assert place(TERRAFORM.format(why=why)) == wanted
