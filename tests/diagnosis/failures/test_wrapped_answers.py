"""An answer of AWS that a terminal broke between words says the same as in one line, and takes nothing of what follows it."""

# ruff: noqa: E501 - log lines stand here as tools print them: whole

from __future__ import annotations

import textwrap

import pytest
from log_lines import read_lines
from thoroughness import some

from diagnosis.failures import decide, explain_text
from diagnosis.verdicts.gate_verdict import Finding

SESSION = "arn:aws:sts::111122223333:assumed-role/ci/GitHubActions"
OIDC = "Error: Could not assume role with OIDC: "
ANSWERS = [
    f"denied: User: {SESSION} is not authorized to perform: ecr:InitiateLayerUpload on resource: arn:aws:ecr:eu-west-1:111122223333:repository/app because no identity-based policy allows the ecr:InitiateLayerUpload action",
    f"denied: User: {SESSION} is not authorized to perform: ecr:PutImage on resource: arn:aws:ecr:eu-west-1:111122223333:repository/app with an explicit deny in a service control policy: arn:aws:organizations::999988887777:policy/o-abcd/service_control_policy/p-x",
    f"{OIDC}Not authorized to perform sts:AssumeRoleWithWebIdentity",
    f"{OIDC}Packed size of session tags consumes 142% of allotted space.",
    f"{OIDC}STS is not activated in this region for account:111122223333. Your account administrator can activate STS in this region using the IAM Console.",
    f"{OIDC}No OpenIDConnect provider found in your account for https://token.actions.githubusercontent.com",
    f"{OIDC}The web identity token that was passed is expired or is not valid. Get a new identity token from the identity provider and then retry the request.",
    f"{OIDC}The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    f"{OIDC}1 validation error detected: Value 'feature/x' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*",
    f"An error occurred (AccessDenied) when calling the AssumeRole operation: User: {SESSION} is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::444455556666:role/deploy",
    "An error occurred (AccessDenied) when calling the AssumeRole operation: MultiFactorAuthentication failed with invalid MFA one time pass code.",
    "An error occurred (ExpiredTokenException) when calling the GetAuthorizationToken operation: The security token included in the request is expired",
    "An error occurred (ClientException) when calling the DescribeTaskDefinition operation: Unable to describe task definition.",
    "An error occurred (RepositoryNotFoundException) when calling the PutImage operation: The repository with name 'app' does not exist in the registry with id '111122223333'",
]
FOLLOWING = [
    "error: something else went wrong",
    "at Object.<anonymous> (index.js:1:2)",
    "at file:///home/runner/x.js:3",
    "Retrying in 3 s",
    "make: *** [push] Error 1",
    "api_1  | connection refused",
    "  connection refused",
    "Error: Process completed with exit code 1.",
    "",
]


def place(finding: Finding) -> tuple[object, ...]:
    return finding.plane, finding.checkpoint, finding.cause, finding.candidates, finding.action, finding.resource


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_sentence_broken_at_any_width_is_the_same_sentence(answer: str) -> None:
    whole = place(explain_text(answer))
    for width in some(range(50, 140), 6):
        text = "\n".join(textwrap.wrap(answer, width, break_long_words=False, break_on_hyphens=False))
        assert place(explain_text(text)) == whole, width
        assert place(decide(read_lines(text))) == whole, width


@pytest.mark.parametrize("following", FOLLOWING)
def test_what_follows_an_answer_is_no_part_of_it(following: str) -> None:
    for answer in ANSWERS:
        assert place(explain_text(f"{answer}\n{following}")) == place(explain_text(answer)), answer


def test_lines_that_bear_the_runners_time_are_not_joined() -> None:
    at = "2026-09-20T08:01:18.1869413Z "
    text = f"{at}{OIDC}Packed size of session\n{at}tags consumes 142% of allotted space."
    assert "session-tags-too-large" not in str(explain_text(text).cause)
