"""Registries' clients and other tools whose words leave much open: whose registry it was, and whether anything is proved."""

# ruff: noqa: E501 - log lines stand here as tools print them: whole

from __future__ import annotations

import pytest
from log_frames import action, raw, script

from diagnosis.causes import Cause
from diagnosis.failures import explain, explain_text
from diagnosis.gates import Checkpoint, Plane

HOST = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"
SESSION = "arn:aws:sts::111122223333:assumed-role/ci/GitHubActions"
JIB = "com.google.cloud.tools.jib.api.RegistryUnauthorizedException"


@pytest.mark.parametrize(
    ("line", "plane", "cause"),
    [
        ("push ghcr.io/acme/app: no basic auth credentials", Plane.OTHER, Cause.OTHER_REGISTRY),
        (f"failed to push {HOST}/app: unexpected status: 503 Service Unavailable", Plane.OTHER, Cause.REGISTRY_UNAVAILABLE),
        ("failed to pull app: unexpected status code 429 Too Many Requests", Plane.OTHER, Cause.RATE_LIMIT),
        ("unexpected status from GET request to https://public.ecr.aws/v2/x/manifests/1: 403 Forbidden", Plane.OTHER, Cause.TOKEN_EXPIRED),
        (f"Containerizing application to ghcr.io/acme/app...\n{JIB}: no", Plane.OTHER, Cause.OTHER_REGISTRY),
        ("ghcr.io/acme/app: name unknown", Plane.OTHER, Cause.OTHER_REGISTRY),
        ("An error occurred (LimitExceededException) when calling the CreateRepository operation: no", Plane.REGISTRY_STATE, Cause.REGISTRY_QUOTA),
        ("An error occurred (LimitExceededException) when calling the PutImage operation: quota exceeded", Plane.REGISTRY_STATE, Cause.IMAGE_QUOTA),
        (f"denied: {HOST}/app exceeds the maximum allowed number of images", Plane.REGISTRY_STATE, Cause.IMAGE_QUOTA),
        ("harbor answered: exceeds the maximum allowed number of images", Plane.OTHER, Cause.OTHER_REGISTRY),
        ("ghcr.io/acme/app: manifest unknown", Plane.OTHER, Cause.OTHER_REGISTRY),
        ("An error occurred (LifecyclePolicyNotFoundException) when calling the GetLifecyclePolicy operation: Lifecycle policy does not exist for the repository with name 'app' in the registry with id '111122223333'", Plane.OTHER, Cause.SERVICE_ERROR),
        ("An error occurred (SizeLimitExceededException) when calling the PutObject operation: no", Plane.OTHER, Cause.SERVICE_ERROR),
    ],
)  # fmt: skip
def test_what_the_line_says_of_the_registry_decides(line: str, plane: Plane, cause: Cause) -> None:
    finding = explain_text(line)
    assert (finding.plane, finding.cause) == (plane, cause)


@pytest.mark.parametrize(
    ("line", "candidates"),
    [
        ("login attempt to https://***/v2/ failed with status: 401 Unauthorized", (Cause.OTHER_REGISTRY, Cause.REGISTRY_MISMATCH)),
        ("failed to push app: unexpected status: 401 Unauthorized", (Cause.NOT_LOGGED_IN, Cause.OTHER_REGISTRY, Cause.REGISTRY_MISMATCH)),
        ("pull access denied for public.ecr.aws/x/y: repository does not exist", (Cause.TOKEN_EXPIRED, Cause.REPOSITORY_ABSENT)),
        (f"Containerizing application to {HOST}/app...\n{JIB}: it did not work", (Cause.NOT_LOGGED_IN, Cause.PUSH_SCOPE, Cause.PULL_SCOPE, Cause.TOKEN_EXPIRED)),
    ],
)  # fmt: skip
def test_what_the_line_leaves_open_is_listed(line: str, candidates: tuple[Cause, ...]) -> None:
    finding = explain_text(line)
    assert (finding.checkpoint, finding.cause, finding.candidates) == (None, None, candidates)


@pytest.mark.parametrize(
    "line",
    [
        'failed to fetch "https://api.example.org/x": unexpected status 403 Forbidden',
        "failed to pull app: unexpected status: 404 Not Found",
        "You are Not Authorized to see this page today",
        "the stream ended in an unexpected EOF",
        "the shop answers Bad Gateway to its visitors",
        "TypeError: Cannot read property 'message' of undefined",
        "cannot assume role with these words",
    ],
)
def test_words_that_are_no_registrys_prove_nothing(line: str) -> None:
    finding = explain_text(line)
    assert finding.plane is not Plane.AUTHORIZATION
    assert finding.plane is not Plane.REGISTRY_STATE


@pytest.mark.parametrize("text", [
    f"Containerizing application to {HOST}/app...\n{JIB}: com.google.api.client.http.HttpResponseException: 403 Forbidden",
    f"Containerizing application to {HOST}/app...\n[ERROR] Failed to execute goal com.google.cloud.tools:jib-maven-plugin:3.4.0:build (default-cli) on project api: Build image failed, perhaps you should make sure you have permissions for {HOST}/app: Unauthorized for {HOST}/app: 403 Forbidden -> [Help 1]",
])  # fmt: skip
def test_a_403_that_jib_meets_at_ecr_concerns_the_push(text: str) -> None:
    alone = explain_text(text)
    assert alone.checkpoint is Checkpoint.REGISTRY_PUSH
    in_a_job = explain_text(raw(script(["mvn jib:build"], *text.split("\n"), error=1)))
    assert (in_a_job.checkpoint, in_a_job.candidates) == (alone.checkpoint, alone.candidates)


REFUSED = f"denied: User: {SESSION} is not authorized to perform: ecr:GetAuthorizationToken on resource: * because no identity-based policy allows the ecr:GetAuthorizationToken action"


def test_a_refusal_that_a_script_tolerated_explains_the_push_without_a_login() -> None:
    text = raw([
        *script(["aws ecr get-login-password | docker login || true"], REFUSED),
        *script(["docker push app"], f"push {HOST}/app: no basic auth credentials", error=1),
    ])  # fmt: skip
    assert explain_text(text).cause is Cause.GET_AUTHORIZATION_TOKEN


def test_a_client_without_credentials_in_a_step_that_lacks_the_permission() -> None:
    step = action("aws-actions/configure-aws-credentials@v6", ["role-to-assume: arn:aws:iam::111122223333:role/ci"])
    hint = "Did you mean to set the `id-token` permission?"
    text = raw([*step, hint, "Unable to locate credentials", "##[error]Process completed with exit code 1."])
    finding = explain_text(text)
    assert (finding.checkpoint, finding.cause) == (Checkpoint.OIDC_TOKEN, Cause.ID_TOKEN_NOT_GRANTED)


ABSENT = "name unknown: The repository with name 'app' does not exist in the registry with id '111122223333'"
LATER = script(
    ["kubectl rollout undo deploy/app"], "error: You must be logged in to the server (Unauthorized)", error=1
)


def test_the_registrys_state_is_not_hidden_by_a_later_step_either() -> None:
    finding = explain_text(raw([*script(["docker push app"], ABSENT, error=1), *LATER]))
    assert finding.cause is Cause.REPOSITORY_ABSENT
    assert "A later step failed too, at line" in finding.sentence


def test_a_repository_that_was_made_in_between_is_no_reason() -> None:
    made = script(["aws ecr create-repository && docker push app"], "1: digest: sha256:0a size: 1570")
    finding = explain_text(raw([*script(["docker push app"], ABSENT, error=1), *made, *LATER]))
    assert finding.cause is Cause.OTHER_GRANT


@pytest.mark.parametrize(("said", "cause"), [("failed to solve: it broke", Cause.BUILD_FAILURE), ("ERROR: failed to build: not found", Cause.BUILD_FAILURE)])  # fmt: skip
def test_the_last_word_of_a_build(said: str, cause: Cause) -> None:
    assert explain_text(said).cause is cause


def test_an_action_that_was_broken_within_its_name_is_completed_where_only_one_fits() -> None:
    line = f"denied: User: {SESSION} is not authorized to perform: ecr:InitiateLayerUpl"
    assert explain_text(line).action == "ecr:InitiateLayerUpload"
    assert explain_text(line).checkpoint is Checkpoint.REGISTRY_PUSH
    assert explain_text(line.replace("InitiateLayerUpl", "PutNewThing")).action == "ecr:PutNewThing"


EVENT = '{"eventSource":"ecr.amazonaws.com","eventName":"PutImage","errorCode":"AccessDenied","errorMessage":"denied"}'


@pytest.mark.parametrize("before", [
    "> ",
    "2026-09-20T08:01:18.186000+00:00 111122223333_CloudTrail_eu-west-1 ",
    "2026-09-20 08:01:18 ",
    "$ aws cloudtrail lookup-events\n",
    "```json\n",
    "\ufeff",
])  # fmt: skip
def test_an_event_behind_a_mark_a_time_or_a_command(before: str) -> None:
    finding = explain(before + EVENT).finding
    assert finding.sentence.startswith("CloudTrail's event: A caller called PutImage")
    assert finding.checkpoint is Checkpoint.REGISTRY_PUSH
