"""The same failure in other dialects, each beside the lookalike that stands nearest to it."""

# ruff: noqa: E501 - log lines stand here as tools print them: whole

from __future__ import annotations

import pytest
from log_lines import read_lines

from diagnosis.failures import decide, explain_text
from diagnosis.gates import Checkpoint, Plane
from diagnosis.verdicts.gate_verdict import Finding

HOST = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"
USER = "arn:aws:sts::111122223333:assumed-role/ci-release/GitHubActions"
DENIED = f"User: {USER} is not authorized to perform: ecr:PutImage on resource: arn:aws:ecr:eu-west-1:111122223333:repository/cart"
DIGEST = "sha256:" + "0a" * 32

TRUST = (Plane.AUTHENTICATION, Checkpoint.OIDC_TRUST)
ROLE = (Plane.AUTHENTICATION, Checkpoint.ROLE_ASSUMPTION)
TOKEN = (Plane.AUTHENTICATION, Checkpoint.OIDC_TOKEN)
LOGIN = (Plane.AUTHORIZATION, Checkpoint.REGISTRY_AUTH)
PUSH = (Plane.AUTHORIZATION, Checkpoint.REGISTRY_PUSH)
PULL = (Plane.AUTHORIZATION, Checkpoint.REGISTRY_PULL)
STATE = (Plane.REGISTRY_STATE, None)
OTHER = (Plane.OTHER, None)
SERVICE = (Plane.AUTHORIZATION, Checkpoint.SERVICE_AUTHORIZATION)


def found(text: str) -> Finding:
    """The streamed answer, which must be the one from all lines."""
    streamed = explain_text(text)
    assert decide(read_lines(text)) == streamed
    return streamed


def place(text: str) -> tuple[Plane, Checkpoint | None]:
    finding = found(text)
    return finding.plane, finding.checkpoint


@pytest.mark.parametrize(
    ("why", "wanted"),
    [
        ("Missing a required claim: sub", TRUST),
        ("Issuer must be a valid URL", TRUST),
        ("Token signature invalid", TRUST),
        ("...", ROLE),
        ("Request timed out", OTHER),
    ],
)
def test_what_sts_says_after_the_prefix(why: str, wanted: tuple[Plane, Checkpoint | None]) -> None:
    assert place(f"Error: Could not assume role with OIDC: {why}") == wanted


def test_a_signature_of_somebody_elses_token_is_no_trust() -> None:
    assert place("Error: webhook rejected: Token signature invalid") == OTHER


@pytest.mark.parametrize(
    "summary",
    [
        "  1 failing",
        "12 examples, 1 failure",
        "FAILURES!\nTests: 5, Assertions: 9, Failures: 1.",
        "[ERROR] Tests run: 5, Failures: 0, Errors: 1, Skipped: 0",
        "7 tests completed, 1 failed",
        "Failed!  - Failed:     1, Passed:     4, Skipped:     0, Total:     5",
        "98% tests passed, 1 tests failed out of 50",
    ],
)
def test_whatever_a_failed_test_printed_names_no_gate(summary: str) -> None:
    assert found(f"EcrException: {DENIED}\n{summary}").cause == "test-failure"


def test_details_below_the_summary_are_the_tests_too() -> None:
    assert (
        found(f"  3 passing\n  1 failing\n\n  1) refuses others:\n     AccessDenied: {DENIED}").cause == "test-failure"
    )


@pytest.mark.parametrize("summary", ["12 examples, 0 failures", "Tests run: 5, Failures: 0, Errors: 0, Skipped: 1"])
def test_tests_that_passed_stand_in_no_way(summary: str) -> None:
    assert place(f"{summary}\ndenied: {DENIED}") == PUSH


@pytest.mark.parametrize("page", ['"<html><head><title>403 Forbidden</title></head>"', '"<!DOCTYPE html>"'])
def test_a_page_is_what_a_proxy_answers(page: str) -> None:
    text = f"error parsing HTTP 403 response body: invalid character '<' looking for beginning of value: {page}"
    assert place(text) == OTHER
    assert place('error parsing HTTP 403 response body: unexpected end of JSON input: ""') == PUSH


@pytest.mark.parametrize(
    "line",
    [
        "Error: vault login: unexpected status code 403 Forbidden",
        "Error: reading the key vault: unexpected status 403 (403 Forbidden)",
        "deploy hook answered: Not Authorized",
    ],
)
def test_a_refusal_after_a_push_is_somebody_elses(line: str) -> None:
    text = f"The push refers to repository [{HOST}/cart]\n1: digest: {DIGEST} size: 1\n{line}"
    assert place(text) == OTHER


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("#12 ERROR: unexpected status: 403 Forbidden", PUSH),
        ("error: failed to solve: unexpected status: 403 Forbidden", PUSH),
        ("denied: Not Authorized", LOGIN),
    ],
)
def test_the_same_words_of_a_registrys_client(line: str, wanted: tuple[Plane, Checkpoint | None]) -> None:
    assert place(f"The push refers to repository [{HOST}/cart]\n{line}") == wanted


def test_the_registry_behind_a_pull_through_cache_refuses() -> None:
    text = f"Error response from daemon: pull access denied for {HOST}/hub/library/redis, repository does not exist or may require 'docker login': denied: "
    refused = found(f"{text}The authentication to the upstream registry failed.")
    assert (refused.plane, refused.cause) == (Plane.REGISTRY_STATE, "pull-through-upstream")
    assert place(text) == PULL


def test_codeartifacts_login_shares_its_words_with_ecrs() -> None:
    line = f"An error occurred (AccessDeniedException) when calling the GetAuthorizationToken operation: User: {USER} is not authorized to perform: sts:GetServiceBearerToken on resource: {USER}"
    assert place(f"+ aws codeartifact login --tool npm --domain shop --repository npm\n{line}") == SERVICE
    assert place(f"+ aws ecr-public get-login-password\n{line}") == LOGIN
    chained = f"An error occurred (AccessDenied) when calling the AssumeRole operation: User: {USER} is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/x"
    assert place(f"+ aws codeartifact login --tool npm\n{chained}") == ROLE


def test_a_script_that_gets_an_id_token_elsewhere() -> None:
    assert place("Signing in to the user pool\nError: Failed to get ID token") == OTHER
    assert (
        place("Error: Failed to get ID Token. \n \n        Error Code : 403\n \n        Error Message: forbidden")
        == TOKEN
    )


@pytest.mark.parametrize("mark", ["> ", ">", "> > "])
def test_a_quoted_reply_is_read(mark: str) -> None:
    text = f"{mark}denied: User: {USER} is not authorized to perform: ecr:PutImage\n{mark}on resource: arn:aws:ecr:eu-west-1:111122223333:repository/cart because no identity-based policy allows the ecr:PutImage action"
    assert (place(text), found(text).cause, found(text).action) == (PUSH, "push-scope", "ecr:PutImage")


def test_a_whole_paste_in_quotation_marks() -> None:
    text = f"Run ./release.sh\nThe push refers to repository [{HOST}/cart]\n\n\tfailed, because\n  {DENIED}"
    assert place("\n".join(f"> {line}" for line in text.split("\n"))) == PUSH


@pytest.mark.parametrize("mark", ["# ", "  // "])
def test_a_comment_that_quotes_an_error_and_nothing_else(mark: str) -> None:
    assert place(f"{mark}denied: User: {USER} is not authorized to perform:\n{mark}ecr:PutImage on resource: *") == PUSH
    assert place(f"{mark}{DENIED}\nmake: *** [all] Error 1") == OTHER


def test_a_heading_of_npm_is_no_quotation() -> None:
    assert place(f"> shop@1.0.0 release\n> node release.js '{DENIED}'") == OTHER


@pytest.mark.parametrize(
    "frame",
    [
        "2026-03-02T09:15:00.123456Z 01E {}",
        "[2026-03-02T09:15:00.123Z] {}",
        "09:15:00  {}",
        "#14 3.456 {}",
        "[ci/release]   | {}",
    ],
)
def test_what_other_runners_put_before_a_line(frame: str) -> None:
    def framed(*lines: str) -> str:
        return "\n".join(frame.format(line) for line in lines)

    assert (
        place(framed("denied: User:", f"  {USER} is not authorized to perform:", "  ecr:PutImage on resource: *"))
        == PUSH
    )
    assert found(framed("  1 failing", "     AccessDenied: " + DENIED)).cause == "test-failure"
    assert (
        place(framed(f"The push refers to repository [{HOST}/cart]", "vault: unexpected status code 403 Forbidden"))
        == OTHER
    )


@pytest.mark.parametrize("gap", ["  ", "\t", "\N{NO-BREAK SPACE}"])
def test_spaces_of_another_kind(gap: str) -> None:
    text = f"denied: {DENIED}".replace("not authorized to perform", f"not{gap}authorized to perform")
    assert (place(text), found(text).action) == (PUSH, "ecr:PutImage")


def test_a_sentence_that_breaks_before_the_user() -> None:
    lead = "An error occurred (AccessDeniedException) when calling the DescribeCluster operation:"
    rest = f"User: {USER} is not authorized to perform:\neks:DescribeCluster on resource: arn:aws:eks:eu-west-1:111122223333:cluster/shop"
    assert (place(f"{lead}\n{rest}"), found(f"{lead}\n{rest}").action) == (SERVICE, "eks:DescribeCluster")


def test_an_immutable_tag_in_two_lines() -> None:
    first = "tag invalid: The image tag '7' already exists in the"
    assert (
        found(f"{first}\n'cart' repository and cannot be overwritten because the repository is immutable.").cause
        == "tag-immutable"
    )
    assert place("List literals are immutable and cannot be sorted") == OTHER


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ('WebIdentityErr: failed to retrieve credentials\\ncaused by: Post "https://sts.eu-west-1.amazonaws.com/": dial tcp: lookup sts on 10.0.0.2:53: connection refused', "network"),
        ("operation error ECR: GetAuthorizationToken, exceeded maximum number of attempts", "network"),
        ("There is a connection issue between the task and Amazon ECR.", "network"),
        ("Error: Inaccessible host: `api.ecr.eu-west-1.amazonaws.com' at port `undefined'.", "network"),
        ("operation error S3: GetObject, get credentials: failed to refresh cached credentials, login session has expired, please reauthenticate", "session-expired"),
        ("Invalid endpoint: https://sts..amazonaws.com\nFailed to assume role", "input-missing"),
        ("AccessDeniedException: 403 ci@shop.iam.gserviceaccount.com does not have storage.objects.list access to the bucket.", "other-cloud"),
        ("fatal: could not read Username for 'https://github.com': terminal prompts disabled", "other-service"),
        ("git@github.com: Permission denied (publickey).", "other-service"),
        ('error getting credentials - err: exec: "docker-credential-desktop": executable file not found in $PATH, out: ``', "credential-helper"),
        ("Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?", "docker-daemon"),
        ("Error: Error acquiring the state lock", "state-locked"),
    ],
)  # fmt: skip
def test_what_stopped_before_anybody_was_asked(text: str, cause: str) -> None:
    finding = found(text)
    assert (finding.plane, finding.checkpoint, finding.cause) == (Plane.OTHER, None, cause)


def test_a_chain_of_providers_that_had_no_answer_differs_from_one_that_was_refused() -> None:
    lead = "Error: WebIdentityErr: failed to retrieve credentials\ncaused by: "
    assert place(f"{lead}AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity") == ROLE
    assert place(f"{lead}InvalidIdentityToken: Incorrect token audience") == TRUST


def test_java_names_the_service_that_refused() -> None:
    text = "AWSSecurityTokenServiceException: Access denied (Service: AWSSecurityTokenService; Status Code: 403; Error Code: AccessDenied)"
    assert place(text) == (Plane.AUTHENTICATION, None)
    assert (
        place("AmazonS3Exception: Access Denied (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied)")
        == OTHER
    )


@pytest.mark.parametrize(
    "line",
    [
        f'  - "{DENIED}": look at the policy of the role',
        f"  2. `denied: {DENIED}` → the role lacks the permission",
        f"If you see {DENIED}, ask for the permission.",
        f'docs/help.md:14:81 MD013/line-length Line length [Context: "{DENIED}"]',
        f"docs/help.md:14: {DENIED}",
        f"0a1b2c3 fix: {DENIED}",
        f"* **ci:** {DENIED} ([0a1b2c3](https://github.com/acme/cart/commit/0a1b2c3))",
        f"⧗   input: fix: {DENIED}",
        f"Commit message: {DENIED}",
    ],
)
def test_advice_linters_and_commits_quote_what_has_not_happened(line: str) -> None:
    finding = explain_text(f"rsync error: unexplained error (code 255)\n{line}\n")
    assert (finding.plane, finding.checkpoint) == (Plane.OTHER, None)


@pytest.mark.parametrize(
    "line",
    [
        f"  - {DENIED}",
        f'"denied: {DENIED}"',
        f"main.go:74: error: DENIED: {DENIED}",
        f"0a1b2c3d4e5f: denied: {DENIED}",
        f"20260302 denied: {DENIED}",
    ],
)
def test_a_list_of_errors_and_a_tool_that_names_its_own_source(line: str) -> None:
    assert explain_text(line).checkpoint is Checkpoint.REGISTRY_PUSH


def test_a_hint_before_a_login_that_went_through_says_nothing() -> None:
    hint = "It looks like you might be trying to authenticate with OIDC. Did you mean to set the `id-token` permission?"
    rest = "make: *** [Makefile:12: release] Error 2\nError: Process completed with exit code 2."
    assert place(f"{hint}\n{rest}") == TOKEN
    assert place(f"{hint}\nAuthenticated as assumedRoleId AROAEXAMPLE:runner\n{rest}") == OTHER
