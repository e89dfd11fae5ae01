"""AWS documents more than one set of actions for a push: an account with any of them is sound."""

from __future__ import annotations

from dataclasses import replace

import pytest
from judged_worlds import ACCOUNT, FILE, REGION, REPOSITORY_ARN, RUN, account, diagnosis, policy

from diagnosis.facts.account import AccountState, NamedPolicy
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt, Job
from diagnosis.facts.workflow import WorkflowStep
from diagnosis.verdicts.diagnosis import Diagnosis

HOST = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
LOGIN: dict[str, object] = {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}
USER_GUIDE = (
    "ecr:CompleteLayerUpload",
    "ecr:UploadLayerPart",
    "ecr:InitiateLayerUpload",
    "ecr:BatchCheckLayerAvailability",
    "ecr:PutImage",
    "ecr:BatchGetImage",
)
LAYERS = "ecr:GetDownloadUrlForLayer"
PULL = ("ecr:BatchGetImage", LAYERS)


def holding(*actions: str, **parts: object) -> AccountState:
    statements = [LOGIN, {"Effect": "Allow", "Action": list(actions), "Resource": REPOSITORY_ARN}]
    return account(
        inline_policies=Known((NamedPolicy("release", policy(*statements if actions else (LOGIN,))),)), **parts
    )


def forecast(found: Diagnosis) -> list[tuple[str, tuple[str, ...]]]:
    return [(problem.cause, tuple(sorted(problem.actions))) for problem in found.forecast]


@pytest.mark.parametrize("actions", [USER_GUIDE, (*USER_GUIDE, LAYERS)], ids=["user guide", "amazon-ecr-login"])
def test_each_documented_set_passes_all_four_gates(actions: tuple[str, ...]) -> None:
    found = diagnosis(holding(*actions))
    assert forecast(found) == []
    assert found.live is not None
    assert [verdict.verdict.value for verdict in found.live.gates] == ["pass"] * 4


def test_only_what_is_missing_is_asked_for() -> None:
    found = diagnosis(holding(*(action for action in USER_GUIDE if action != "ecr:PutImage")))
    assert forecast(found) == [("push-scope", ("ecr:PutImage",))]
    assert found.remediations[0].actions == ("ecr:PutImage",)


def test_with_nothing_granted_the_whole_set_is_asked_for_at_once() -> None:
    assert forecast(diagnosis(holding())) == [("push-scope", tuple(sorted((*USER_GUIDE, LAYERS))))]


def test_a_boundary_that_stops_the_set_says_nothing_of_the_role_s_own_policies() -> None:
    boundary = NamedPolicy("team", policy({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}))
    found = diagnosis(holding(*USER_GUIDE, boundary=Known(boundary)))
    assert {cause for cause, _ in forecast(found)} == {"boundary"}


@pytest.mark.parametrize("actions", [PULL, (*PULL, "ecr:BatchCheckLayerAvailability")], ids=["pull only", "older set"])
def test_a_pull_needs_two_actions_and_may_hold_the_third(actions: tuple[str, ...]) -> None:
    job = FILE.jobs[0]
    host = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
    pulling = replace(job, steps=(*job.steps[:2], WorkflowStep("Pull", None, f"docker pull {host}/shop:v1")))
    found = diagnosis(holding(*actions), file=replace(FILE, jobs=(pulling,)))
    assert forecast(found) == []


def failing(sentence: str) -> Attempt:
    lines = (
        "##[group]Run docker push",
        f"docker push {HOST}/shop:v1",
        "shell: /usr/bin/bash -e {0}",
        "##[endgroup]",
        sentence,
        "##[error]Process completed with exit code 1.",
    )
    log = "".join(f"2026-05-04T09:00:0{at}.0000000Z {line}\n" for at, line in enumerate(lines))
    job = Job(1, "Release", "completed", "failure", RUN.started_at, None, steps=(), log=Known(log))
    return replace(RUN, jobs=Known((job,)))


DENIED = failing(
    "An error occurred (AccessDeniedException) when calling the DescribeImages operation: User: "
    "arn:aws:sts::123456789012:assumed-role/release/GitHubActions is not authorized to perform: ecr:DescribeImages on "
    f"resource: {REPOSITORY_ARN} because no identity-based policy allows the ecr:DescribeImages action"
)


def test_what_aws_denied_to_the_run_is_needed_though_no_step_is_seen_to_ask_for_it() -> None:
    assert forecast(diagnosis(holding(*USER_GUIDE), DENIED)) == [("pull-scope", ("ecr:DescribeImages",))]
    assert forecast(diagnosis(holding(*USER_GUIDE, "ecr:DescribeImages"), DENIED)) == []


def test_a_grant_of_what_was_denied_opens_nothing_where_the_other_needs_are_not_known() -> None:
    opaque = replace(FILE, jobs=(replace(FILE.jobs[0], steps=FILE.jobs[0].steps[:1]),))
    run = replace(DENIED, jobs=replace_command(DENIED))
    assert forecast(diagnosis(holding(*USER_GUIDE), run, opaque)) == [("pull-scope", ("ecr:DescribeImages",))]
    mended = diagnosis(holding(*USER_GUIDE, "ecr:DescribeImages"), run, opaque)
    assert mended.live is not None
    assert mended.live.gates[2].verdict.value == "unknown"


def replace_command(run: Attempt) -> Known[tuple[Job, ...]]:
    """The same job, its push made by a tool that nobody knows."""
    assert isinstance(run.jobs, Known)
    (job,) = run.jobs.value
    assert isinstance(job.log, Known)
    return Known((replace(job, log=Known(job.log.value.replace(f"docker push {HOST}/shop:v1", "./ship"))),))


def test_where_the_needs_are_not_known_a_bounded_grant_is_not_called_too_much() -> None:
    job = FILE.jobs[0]
    opaque = replace(job, steps=(job.steps[0], WorkflowStep("Ship", "./.github/actions/ship", None)))
    found = diagnosis(holding(*USER_GUIDE), file=replace(FILE, jobs=(opaque,)))
    assert forecast(found) == []
    assert found.live is not None
    assert [verdict.verdict.value for verdict in found.live.gates[2:]] == ["unknown", "unknown"]
    assert "./.github/actions/ship/action.yml" in found.live.gates[2].missing[0].how


def test_everything_is_too_much_for_any_release() -> None:
    job = FILE.jobs[0]
    opaque = replace(job, steps=(job.steps[0], WorkflowStep("Ship", "./.github/actions/ship", None)))
    everything = NamedPolicy("admin", policy({"Effect": "Allow", "Action": "*", "Resource": "*"}))
    found = diagnosis(account(inline_policies=Known((everything,))), file=replace(FILE, jobs=(opaque,)))
    assert [cause for cause, _ in forecast(found)] == ["wildcard-escalation"]
