"""Refusals that a client words without AWS's denial sentence, and neighbours of sentences that the reader knows."""

# ruff: noqa: E501 - log lines stand here as tools print them: whole

from __future__ import annotations

import json

import pytest
from log_lines import read_lines

from diagnosis.causes import Cause
from diagnosis.failures import decide, explain, explain_text
from diagnosis.gates import Checkpoint, Plane
from diagnosis.verdicts.gate_verdict import Finding

HOST = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"
DIGEST = "sha256:" + "1f" * 32


def read(text: str) -> Finding:
    """The streamed answer, which must be the one from all lines."""
    finding = explain_text(text)
    assert decide(read_lines(text)) == finding
    return finding


@pytest.mark.parametrize(
    "text",
    [
        "fatal error: An error occurred (403) when calling the HeadObject operation: Forbidden",
        "Error: Unable to read the state: operation error S3: HeadObject, https response error StatusCode: 403, RequestID: 1, HostID: 2, api error Forbidden: Forbidden",
        "An error occurred (AuthorizationErrorException) when calling the Publish operation: no",
        "An error occurred (UnauthorizedOperation) when calling the RunInstances operation: You may not.",
    ],
)
def test_a_refusal_by_another_service_that_names_no_action(text: str) -> None:
    finding = read(text)
    assert (finding.checkpoint, finding.cause) == (Checkpoint.SERVICE_AUTHORIZATION, None)
    assert "an error of its own" not in finding.sentence


def test_an_error_that_is_no_refusal_stays_one() -> None:
    text = "An error occurred (ResourceNotFoundException) when calling the GetSecretValue operation: there is none"
    assert read(text).cause is Cause.SERVICE_ERROR


@pytest.mark.parametrize(
    "text",
    [
        f'Error: failed to perform "Push" on destination: unexpected status from HEAD request to https://{HOST}/v2/charts/cart/blobs/{DIGEST}: 403 Forbidden',
        f"Error: unexpected status from HEAD request to https://{HOST}/v2/charts/cart/blobs/{DIGEST}: 403 Forbidden",
    ],
)
def test_who_asks_whether_a_layer_is_there_means_to_push(text: str) -> None:
    finding = read(text)
    assert finding.checkpoint is Checkpoint.REGISTRY_PUSH
    assert finding.candidates[0] is Cause.PUSH_SCOPE


def test_who_gets_a_layer_pulls() -> None:
    text = f"Error: unexpected status from GET request to https://{HOST}/v2/charts/cart/blobs/{DIGEST}: 403 Forbidden"
    assert read(text).checkpoint is Checkpoint.REGISTRY_PULL


def test_an_address_with_not_found_is_an_image_and_no_tool() -> None:
    finding = read(f"ERROR: {HOST}/cart:7: not found")
    assert (finding.plane, finding.cause) == (Plane.REGISTRY_STATE, Cause.IMAGE_ABSENT)
    assert read("/bin/sh: kubectl: not found").cause is Cause.TOOL_MISSING


def test_a_build_cache_that_is_not_there_stops_no_build() -> None:
    cache = f"#5 importing cache manifest from {HOST}/cart:cache\n#5 ERROR: {HOST}/cart:cache: not found\n"
    pushed = f"#9 ERROR: failed to push {HOST}/cart:1: unexpected status from POST request to https://{HOST}/v2/cart/blobs/uploads/: 403 Forbidden"
    assert read(cache + pushed).checkpoint is Checkpoint.REGISTRY_PUSH


@pytest.mark.parametrize("said", ["authentication required", "unauthorized: authentication required"])
def test_a_login_that_the_named_registry_misses_concerns_no_other_one(said: str) -> None:
    finding = read(f"fatal: checking whether a blob {DIGEST} exists in {HOST}/cart: {said}")
    assert finding.cause is Cause.NOT_LOGGED_IN
    assert Cause.OTHER_REGISTRY not in finding.candidates


def test_a_wrong_secret_key_needs_no_name_of_an_error() -> None:
    finding = read(
        "Error: The request signature we calculated does not match the signature you provided. Check your key."
    )
    assert (finding.plane, finding.cause) == (Plane.AUTHENTICATION, Cause.STATIC_CREDENTIALS)


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("Value '60' at 'durationSeconds' failed to satisfy constraint: at least 900", Cause.SESSION_DURATION),
        ("Value '' at 'externalId' failed to satisfy constraint: at least 2", Cause.INVALID_REQUEST),
    ],
)
def test_a_parameter_that_sts_refuses_is_no_matter_of_the_role(said: str, cause: Cause) -> None:
    finding = read(f"Error: Could not assume role with user credentials: 1 validation error detected: {said}")
    assert (finding.cause, finding.candidates) == (cause, ())


def test_an_arn_that_is_none_is_not_a_matter_of_duration() -> None:
    finding = read("Error: Could not assume role with OIDC: arn:aws:iam:111122223333:role/ci is invalid")
    assert finding.candidates == (Cause.ROLE_ABSENT, Cause.PRINCIPAL_WRONG)


def test_a_token_file_that_is_not_there_is_an_input_that_is_missing() -> None:
    finding = read(
        "Error: Could not assume role with web identity token file: ENOENT: no such file or directory, open '/token'"
    )
    assert finding.cause is Cause.INPUT_MISSING


def test_the_hour_of_a_chained_session_cannot_be_raised_at_the_role() -> None:
    head = "Error: Could not assume role with user credentials: The requested DurationSeconds exceeds the "
    chained = read(f"{head}1 hour session limit for roles assumed by role chaining")
    own = read(f"{head}MaxSessionDuration set for this role.")
    assert chained.cause is own.cause is Cause.SESSION_DURATION
    assert "whatever its MaxSessionDuration" in chained.sentence
    assert own.sentence == Cause.SESSION_DURATION.sentence


def test_the_image_of_a_function_is_refused_to_lambda_by_the_repository() -> None:
    finding = read(
        "An error occurred (AccessDeniedException) when calling the UpdateFunctionCode operation: Lambda does not have permission to access the ECR image."
    )
    assert finding.plane is Plane.AUTHORIZATION
    assert finding.candidates == (Cause.REPOSITORY_POLICY_DENY, Cause.PULL_SCOPE)


@pytest.mark.parametrize("head", ["", "Run azure/login@v2\n"])
def test_azure_asks_for_the_token_permission_for_itself(head: str) -> None:
    text = f"{head}Error: Failed to fetch federated token from GitHub. Please give write permissions to id-token."
    assert read(text).cause is Cause.ID_TOKEN_ELSEWHERE


@pytest.mark.parametrize(
    ("issuer", "githubs"),
    [
        ("token.actions.githubusercontent.com", True),
        ("token.actions.githubusercontent.com/acme", True),
        ("ghes.acme.example/_services/token", True),
        ("oidc.eks.eu-west-1.amazonaws.com/id/ABC", False),
        ("gitlab.com", False),
    ],
)
def test_an_event_of_another_issuer_is_not_judged_as_githubs(issuer: str, githubs: bool) -> None:
    event = {
        "eventSource": "sts.amazonaws.com",
        "eventName": "AssumeRoleWithWebIdentity",
        "errorCode": "AccessDenied",
        "errorMessage": "An unknown error occurred",
        "userIdentity": {
            "type": "WebIdentityUser",
            "identityProvider": f"arn:aws:iam::111122223333:oidc-provider/{issuer}",
        },
    }
    finding = explain(json.dumps(event)).finding
    assert finding.checkpoint is Checkpoint.ROLE_ASSUMPTION
    assert (Cause.SUBJECT_IMMUTABLE_FORM in finding.candidates) is githubs
    assert (issuer in finding.sentence) is not githubs


EVENT = {
    "eventSource": "sts.amazonaws.com",
    "eventName": "AssumeRoleWithWebIdentity",
    "errorCode": "AccessDenied",
    "errorMessage": "An unknown error occurred",
}


@pytest.mark.parametrize("before", ["This is what CloudTrail shows:\n\n", "From the trail\n(JSON)\n\n"])
def test_an_event_is_one_also_behind_the_words_of_whoever_pastes_it(before: str) -> None:
    finding = explain(before + json.dumps(EVENT, indent=2)).finding
    assert finding.action == "sts:AssumeRoleWithWebIdentity"
    assert finding.sentence.startswith("CloudTrail's event")


@pytest.mark.parametrize("before", ["Run ./audit.sh\n", "denied: Your authorization token has expired.\n"])
def test_a_log_that_prints_an_event_stays_a_log(before: str) -> None:
    assert not explain(before + json.dumps(EVENT, indent=2)).finding.sentence.startswith("CloudTrail's event")


def test_a_host_that_a_client_could_not_reach_may_be_behind_a_proxy() -> None:
    said = "Inaccessible host: `api.{}.eu-west-1.amazonaws.com' at port `undefined'. This service may not be available in the `eu-west-1' region."
    finding = read(said.format("ecr"))
    assert (finding.cause, finding.candidates) == (None, (Cause.NETWORK, Cause.ENDPOINT_ABSENT))
    assert read(said.format("ecr-public")).cause is Cause.ENDPOINT_ABSENT


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("The security token included in the request is expired", Cause.SESSION_EXPIRED),
        ("The security token included in the request is invalid.", Cause.STATIC_CREDENTIALS),
    ],
)
def test_a_session_that_ran_out_is_no_wrong_key(said: str, cause: Cause) -> None:
    assert read(f"Error: Could not assume role with user credentials: {said}").cause is cause


def test_a_client_that_has_nobody_to_ask_for_a_code() -> None:
    assert read("Error: cannot assume role with MFA, nothing provides the token").cause is Cause.MFA_REQUIRED


def test_words_about_codes_at_another_login_are_no_matter_of_a_role() -> None:
    assert (
        read("The handbook says that MFA is required of administrators\nBuild failed").cause is not Cause.MFA_REQUIRED
    )
