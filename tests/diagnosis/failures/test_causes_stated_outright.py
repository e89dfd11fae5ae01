"""Causes that the words state outright, and errors of any AWS client, each in the wordings of several tools and frames."""

# ruff: noqa: E501 - log lines stand here as tools print them: whole

from __future__ import annotations

import json

import pytest

from diagnosis.failures import explain, explain_text
from diagnosis.gates import Checkpoint, Plane

HOST = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"
ROLE = "arn:aws:iam::444455556666:role/deploy"
SESSION = "arn:aws:sts::111122223333:assumed-role/ci/GitHubActions"
FRAMES = (
    "{}",
    "2026-09-20T08:01:18.1869413Z ##[error]{}",
    "\x1b[31m{}\x1b[0m",
    "Run ./deploy.sh\nsome line before\n{}\nError: Process completed with exit code 255.",
)
STATED = {
    "session-tags-too-large": [
        "Could not assume role with user credentials: Packed size of session tags consumes 142% of allotted space.",
        "An error occurred (PackedPolicyTooLarge) when calling the AssumeRole operation: Packed size of session tags consumes 101% of allotted space.",
        "operation error STS: AssumeRole, https response error StatusCode: 400, RequestID: 1a, PackedPolicyTooLargeException: Packed size of session tags consumes 112% of allotted space.",
    ],
    "session-policy-too-large": [
        "An error occurred (PackedPolicyTooLarge) when calling the AssumeRoleWithWebIdentity operation: Packed policy consumes 112% of allotted space, please use smaller policy.",
    ],
    "session-tag-invalid": [
        "Error: Could not assume role with web identity token file: Unable to validate tags",
        "An error occurred (ValidationError) when calling the AssumeRole operation: 1 validation error detected: Value 'dependabot[bot]' at 'tags.3.member.value' failed to satisfy constraint",
    ],
    "session-name-invalid": [
        "Could not assume role with OIDC: 1 validation error detected: Value 'feature/x' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*",
        "Invalid length for parameter RoleSessionName, value: 1, valid min length: 2",
    ],
    "role-chaining": [
        f"Could not assume role with user credentials: User: {SESSION} is not authorized to perform: sts:AssumeRole on resource: {ROLE}",
        f"operation error STS: AssumeRole, https response error StatusCode: 403, RequestID: 1a, api error AccessDenied: User: {SESSION} is not authorized to perform: sts:AssumeRole on resource: {ROLE}",
    ],
    "region-disabled": [
        "Could not assume role with OIDC: STS is not activated in this region for account:111122223333. Your account administrator can activate STS in this region using the IAM Console.",
        "An error occurred (RegionDisabledException) when calling the AssumeRole operation: STS is not activated in this region",
    ],
    "mfa-required": [
        "An error occurred (AccessDenied) when calling the AssumeRole operation: MultiFactorAuthentication failed with invalid MFA one time pass code.",
    ],
    "root-cannot-assume": [
        "An error occurred (AccessDenied) when calling the AssumeRole operation: Roles may not be assumed by root accounts.",
        "api error AccessDenied: Roles may not be assumed by root accounts.",
    ],
    "id-token-expired": [
        "Could not assume role with OIDC: The web identity token that was passed is expired or is not valid. Get a new identity token from the identity provider and then retry the request.",
        "An error occurred (ExpiredTokenException) when calling the AssumeRoleWithWebIdentity operation: Token expired: current date/time 1 must be before the expiration date/time 0",
    ],
    "clock-skew": [
        "InvalidSignatureException: Signature expired: 20170416T194251Z is now earlier than 20170417T123951Z",
        "An error occurred (SignatureDoesNotMatch) when calling the GetCallerIdentity operation: Signature not yet current: 20260102T000000Z is still later than 20260101T000000Z",
    ],
    "proxy-refused": [
        "STS failed to assume role from web identity: Unexpected response code for CONNECT: 403",
        "Could not assume role with OIDC: tunneling socket could not be established, statusCode=407",
        "Failed to assume role: Tunnel connection failed: 403 Forbidden",
        "curl: (56) Received HTTP code 403 from proxy after CONNECT",
    ],
    "certificate-untrusted": [
        "Could not assume role with OIDC: unable to get local issuer certificate",
        "Could not assume role with OIDC: self-signed certificate in certificate chain",
        f"Get https://{HOST}/v2/: x509: certificate signed by unknown authority",
        "SSL validation failed for https://sts.amazonaws.com/ [SSL: CERTIFICATE_VERIFY_FAILED]",
    ],
    "endpoint-absent": [
        "UnknownEndpoint: Inaccessible host: `api.ecr-public.ap-southeast-1.amazonaws.com' at port `undefined'. This service may not be available in the `ap-southeast-1' region",
        'Could not connect to the endpoint URL: "https://api.ecr-public.eu-west-1.amazonaws.com/"',
    ],
    "tool-missing": [
        "/home/runner/work/_temp/a.sh: line 1: aws: command not found",
        "bash: line 3: skopeo: command not found",
        "Error: Unable to locate executable file: kubectl. Please verify either the file path exists",
    ],
    "file-permission": [
        "mkdir /run/containers: permission denied",
        "Error: EACCES: permission denied, open '/root/.aws/config'",
    ],
    "pull-through-upstream": [
        f"pull access denied for {HOST}/hub/x, repository does not exist or may require 'docker login': denied: The authentication to the upstream registry failed. Verify that the credentials",
        "An error occurred (UnableToAccessSecretException) when calling the ValidatePullThroughCacheRule operation: no",
    ],
    "scan-absent": [
        "An error occurred (ScanNotFoundException) when calling the DescribeImageScanFindings operation: Image scan does not exist for the image with '{imageTag:'1'}' in the repository with name 'app' in the registry with id '111122223333'",
    ],
    "image-absent": [
        "An error occurred (ImageNotFoundException) when calling the DescribeImages operation: The image with imageId {imageDigest:'null', imageTag:'1'} does not exist within the repository with name 'app' in the registry with id '111122223333'",
    ],
    "repository-absent": [
        "An error occurred (RepositoryNotFoundException) when calling the PutImage operation: The repository with name 'app' does not exist in the registry with id '111122223333'",
    ],
    "service-error": [
        "An error occurred (ClientException) when calling the DescribeTaskDefinition operation: Unable to describe task definition.",
        "operation error ECS: UpdateService, https response error StatusCode: 400, RequestID: 1a, ClusterNotFoundException: Cluster not found.",
        "Cluster not found. (Service: AmazonECS; Status Code: 400; Error Code: ClusterNotFoundException; Request ID: 1a)",
        "operation error Lambda: GetFunction, https response error StatusCode: 404, RequestID: 1a, api error ResourceNotFoundException: Function not found",
    ],
    "invalid-request": [
        "1 validation error detected: Value '[public.ecr.aws/deadbeef]' at 'registryIds' failed to satisfy constraint: Member must satisfy constraint",
    ],
}


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize(("cause", "line"), [(cause, line) for cause, lines in STATED.items() for line in lines])
def test_the_words_name_the_cause_and_no_other_candidate(cause: str, line: str, frame: str) -> None:
    finding = explain_text(frame.format(line))
    assert (finding.cause, finding.candidates) == (cause, ())
    assert finding.sentence
    assert finding.tell_apart


@pytest.mark.parametrize("why", ["Connection refused", "connect ECONNREFUSED 10.0.0.1:443", "Connection reset", "getaddrinfo ENOTFOUND sts"])  # fmt: skip
@pytest.mark.parametrize("prefix", ["Could not assume role with OIDC", "STS failed to assume role from web identity"])
def test_a_client_without_an_answer_names_no_gate(prefix: str, why: str) -> None:
    finding = explain_text(f"{prefix}: {why}")
    assert (finding.plane, finding.checkpoint) == (Plane.OTHER, None)
    assert "accepted the token" not in finding.sentence


def test_the_issuer_of_a_cluster_is_not_githubs() -> None:
    line = "No OpenIDConnect provider found in your account for https://oidc.eks.eu-west-1.amazonaws.com/id/ABC"
    finding = explain_text(f"Could not assume role with OIDC: {line}")
    assert finding.checkpoint is Checkpoint.OIDC_TRUST
    assert "EKS cluster" in finding.sentence


@pytest.mark.parametrize("line", [
    f"unexpected status from HEAD request to https://{HOST}/v2/app/manifests/1: 401 Unauthorized",
    f"Containerizing application to {HOST}/app...\nGetting base image gcr.io/distroless/java...\ncom.google.cloud.tools.jib.registry.RegistryUnauthorizedException: 401 Unauthorized",
])  # fmt: skip
def test_a_401_of_the_registry_concerns_no_policy(line: str) -> None:
    finding = explain_text(line)
    assert finding.checkpoint is Checkpoint.REGISTRY_AUTH
    assert finding.candidates[0] == "not-logged-in"
    assert "get-authorization-token" not in finding.candidates
    assert "no policy's decision" in finding.sentence


def test_the_policy_that_the_words_name_is_told() -> None:
    arn = "arn:aws:organizations::111122223333:policy/o-abc/service_control_policy/p-1"
    finding = explain_text(
        f"denied: User: {SESSION} is not authorized to perform: ecr:PutImage on resource: arn:aws:ecr:eu-west-1:111122223333:repository/app with an explicit deny in a service control policy: {arn}"
    )
    assert finding.cause == "scp"
    assert arn in finding.sentence
    assert "a service control policy denies it" in finding.sentence


def event(**members: object) -> dict[str, object]:
    return {
        "eventVersion": "1.11",
        "userIdentity": {"type": "WebIdentityUser", "userName": "repo:o/r:ref:refs/heads/main"},
        "eventSource": "sts.amazonaws.com",
        "eventName": "AssumeRoleWithWebIdentity",
        **members,
    }


DENIED = event(errorCode="AccessDenied", errorMessage="An unknown error occurred")


@pytest.mark.parametrize("text", [
    json.dumps(DENIED),
    json.dumps(DENIED, indent=2),
    json.dumps({"Records": [event(), DENIED]}),
    json.dumps({"Events": [{"EventName": "AssumeRoleWithWebIdentity", "CloudTrailEvent": json.dumps(DENIED)}]}),
    json.dumps(DENIED, indent=2)[2:],
])  # fmt: skip
def test_a_pasted_event_is_read_as_what_it_is(text: str) -> None:
    finding = explain_text(text)
    assert finding.checkpoint is Checkpoint.ROLE_ASSUMPTION
    assert finding.candidates[0] == "subject-not-admitted"
    assert finding.principal == "repo:o/r:ref:refs/heads/main"
    assert "CloudTrail" in finding.sentence


def test_an_event_of_another_service_tells_its_action() -> None:
    text = json.dumps(event(eventSource="ecs.amazonaws.com", eventName="UpdateService", errorCode="AccessDenied", errorMessage="no"))  # fmt: skip
    finding = explain_text(text)
    assert (finding.checkpoint, finding.action) == (Checkpoint.SERVICE_AUTHORIZATION, "ecs:UpdateService")


def test_an_event_without_an_error_is_no_failure() -> None:
    explanation = explain(json.dumps(event()))
    assert explanation.failures == ()
    assert "without an error" in explanation.finding.sentence


AT = "2026-09-20T08:01:35.3299560Z "
PUSHED_BY = f"User: {SESSION} is not authorized to perform: ecr:"
GATES = {
    "no credentials": ("Run aws-actions/configure-aws-credentials@v6", "Credentials could not be loaded, please check your action inputs: Could not load credentials from any providers"),
    "no token": ("Run aws-actions/configure-aws-credentials@v6", "Could not assume role with OIDC: Unable to get ACTIONS_ID_TOKEN_REQUEST_URL env variable"),
    "no role": ("Run aws-actions/configure-aws-credentials@v6", "Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity"),
    "no login": ("Run aws-actions/amazon-ecr-login@v2", f"{PUSHED_BY}GetAuthorizationToken on resource: * because no identity-based policy allows the ecr:GetAuthorizationToken action"),
    "no push": ("Run docker push app", f"denied: {PUSHED_BY}PutImage on resource: arn:aws:ecr:eu-west-1:111122223333:repository/app because no identity-based policy allows the ecr:PutImage action"),
}  # fmt: skip
LATER = {
    "roll back": ("Run kubectl rollout undo deploy/app", "error: You must be logged in to the server (Unauthorized)"),
    "clean up": ("Run docker compose down", "docker-compose: command not found"),
    "log out": ("Run docker logout $REG", "Error response from daemon: no such thing"),
    "notify": ("Run slackapi/slack-github-action@v2", "Need to provide at least one botToken or webhookUrl"),
    "curl": ("Run curl -X POST $HOOK", "curl: (22) The requested URL returned error: 404"),
    "upload": ("Run actions/upload-artifact@v4", "No files were found with the provided path: out."),
    "copy the logs": ("Run aws s3 cp logs s3://logs", "An error occurred (AccessDenied) when calling the PutObject operation: Access Denied"),
    "ordinary": ("Run ./finish.sh", "something odd"),
    "tests": ("Run npm test", "1 failing"),
}  # fmt: skip


def failing(step: tuple[str, str]) -> list[str]:
    return [f"##[group]{step[0]}", "##[endgroup]", step[1], "##[error]Process completed with exit code 1."]


@pytest.mark.parametrize("later", LATER.values(), ids=LATER)
@pytest.mark.parametrize("gate", GATES.values(), ids=GATES)
@pytest.mark.parametrize("jobs", ["one job", "two jobs", "two jobs by name"])
def test_what_fails_later_does_not_hide_the_gate_and_is_told(
    gate: tuple[str, str], later: tuple[str, str], jobs: str
) -> None:
    alone = explain_text("\n".join(AT + line for line in failing(gate)))
    head = ["Current runner version: '2.332.0'"]
    first, second = [*head, *failing(gate)], [*([] if jobs == "one job" else head), *failing(later)]
    names = ("release\tUNKNOWN STEP\t", "notify\tUNKNOWN STEP\t") if jobs.endswith("name") else ("", "")
    lines = [names[0] + AT + line for line in first] + [names[1] + AT + line for line in second]
    finding = explain_text("\n".join(lines))
    assert finding.plane is not Plane.OTHER
    place = (finding.plane, finding.checkpoint, finding.cause, finding.candidates, finding.action)
    assert place == (alone.plane, alone.checkpoint, alone.cause, alone.candidates, alone.action)
    assert "A later step failed too, at line" in finding.sentence


@pytest.mark.parametrize("gate", GATES.values(), ids=GATES)
def test_a_post_step_that_fails_does_not_hide_the_gate(gate: tuple[str, str]) -> None:
    post = ["Post job cleanup.", "##[error]Could not logout of registry: no basic auth credentials"]
    alone = explain_text("\n".join(AT + line for line in failing(gate)))
    finding = explain_text("\n".join(AT + line for line in [*failing(gate), *post, "Cleaning up orphan processes"]))
    assert (finding.plane, finding.checkpoint, finding.cause) == (alone.plane, alone.checkpoint, alone.cause)


def test_an_earlier_refusal_is_told_beside_a_later_one_of_an_earlier_gate() -> None:
    finding = explain_text("\n".join(AT + line for line in [*failing(GATES["no push"]), *failing(GATES["no role"])]))
    assert finding.checkpoint is Checkpoint.ROLE_ASSUMPTION
    assert "An earlier step failed too, at line 3: AWS refused ecr:PutImage" in finding.sentence


def test_a_gate_that_was_passed_after_all_is_not_told() -> None:
    passed = [
        "##[group]Run aws-actions/configure-aws-credentials@v6",
        "##[endgroup]",
        "Authenticated as assumedRoleId AROAEXAMPLE:ci",
    ]
    finding = explain_text(
        "\n".join(AT + line for line in [*failing(GATES["no role"]), *passed, *failing(LATER["clean up"])])
    )
    assert finding.cause == "tool-missing"
    assert "step failed too" not in finding.sentence
