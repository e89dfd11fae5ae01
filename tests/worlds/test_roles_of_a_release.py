"""Two jobs of one run: what is wrong in each is its own, a role that is not read is said, and a stated role is not another's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from arns import arn_of
from release_model import Accounts, ReadRelease
from release_worlds import DEPLOYER, HERE, LOGIN, REMOTE, SECOND, SERVICE, assume, grant, job, push
from wire_release import ACCOUNT, REPOSITORY, ROLE, WORKFLOW, Ran, RoleFacts, WireRelease

from diagnosis.documents.judged_exit import exit_code
from diagnosis.facts.case import Case
from diagnosis.verdicts.remediation import ChangeKind

MAIN, PRODUCTION = f"repo:{REPOSITORY}:ref:refs/heads/main", f"repo:{REPOSITORY}:environment:production"
PUSHING = (
    grant("ecr:GetAuthorizationToken", "*"),
    *(
        grant(f"ecr:{action}", f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/app")
        for action in (
            *("BatchCheckLayerAvailability", "InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload"),
            *("PutImage", "BatchGetImage", "GetDownloadUrlForLayer"),
        )
    ),
)


def deploying(account: str = ACCOUNT) -> dict[str, str]:
    return grant("ecs:UpdateService", f"arn:aws:ecs:us-east-1:{account}:service/prod/web")


def two_jobs(
    build: str = "",
    deploy: str = "",
    *,
    build_head: str = "",
    permissions: str = "{id-token: write, contents: read}",
    build_role: str = ROLE,
    deploy_role: str = ROLE,
    case: Case = Case(),
) -> ReadRelease:
    """A job that pushes and one that deploys in an environment; ``build`` and ``deploy`` are inputs of their credentials."""
    head = "needs: build\n    environment: production"
    text = (
        f"on: push\npermissions: {permissions}\njobs:\n"
        + job("build", assume(build_role, build), LOGIN, push(f"{HERE}/app:1"), head=build_head)
        + job("deploy", assume(deploy_role, deploy), SERVICE, head=head)
    )
    shown = (("${{ secrets.BUILD }}", "***"), ("${{ secrets.DEPLOY }}", "***"))
    jobs = (Ran("build", "build", shown=shown), Ran("deploy", "deploy", "skipped"))
    return ReadRelease.of(WireRelease({WORKFLOW: text}, jobs, case=case))


ONE_ROLE = Accounts((RoleFacts(ROLE, (MAIN, PRODUCTION), (*PUSHING, deploying())),))


@pytest.mark.parametrize(
    ("release", "accounts", "met"),
    [
        (
            partial(two_jobs, build_head="permissions: {contents: read}"),
            ONE_ROLE,
            {("id-token-not-granted", ("build",))},
        ),
        (
            partial(two_jobs, permissions="{contents: read}"),
            ONE_ROLE,
            {("id-token-not-granted", ("build",)), ("id-token-not-granted", ("deploy",))},
        ),
        (
            partial(two_jobs, deploy=", role-duration-seconds: 7200"),
            ONE_ROLE,
            {("session-duration", ("deploy",))},
        ),
        (
            partial(two_jobs, ", role-duration-seconds: 7200", ", role-duration-seconds: 7200"),
            ONE_ROLE,
            {("session-duration", ("build", "deploy"))},
        ),
        (
            partial(two_jobs, deploy=", audience: https://x.example"),
            ONE_ROLE,
            {("audience-not-admitted", ("deploy",))},
        ),
        (
            partial(two_jobs, build_head="permissions: {contents: read}"),
            Accounts((replace(ONE_ROLE.roles[0], subjects=(MAIN,)),)),
            {("id-token-not-granted", ("build",)), ("subject-shape", ("deploy",))},
        ),
        (
            two_jobs,
            Accounts((replace(ONE_ROLE.roles[0], subjects=("repo:octo-lab/other:ref:refs/heads/main",)),)),
            {("subject-not-admitted", ("build",)), ("subject-not-admitted", ("deploy",))},
        ),
    ],
)
def test_what_is_wrong_in_a_job_is_mended_for_that_job(
    release: Callable[[], ReadRelease], accounts: Accounts, met: set[tuple[str, tuple[str, ...]]]
) -> None:
    found = release().diagnosis(accounts)
    assert {(problem.cause.value, problem.jobs) for problem in found.forecast} == met
    path = found.paths[0]
    assert path.opens_all
    assert path.newly_admitted == ()
    edited = {
        change.job for item in path.remediations for change in item.changes if change.kind is ChangeKind.EDIT_WORKFLOW
    }
    by_trust = {"subject-shape", "subject-not-admitted"}
    assert edited == {job for cause, jobs in met for job in jobs if cause not in by_trust}


REMOTE_ROLE = RoleFacts(REMOTE, (PRODUCTION,), (deploying(SECOND),))


def test_a_second_account_that_is_not_read_leaves_its_session_unknown() -> None:
    release = two_jobs(deploy_role=REMOTE)
    roles = (RoleFacts(ROLE, (MAIN,), PUSHING), REMOTE_ROLE)
    assert exit_code(release.diagnosis(Accounts(roles))) == 0
    found = release.diagnosis(Accounts(roles, unread=frozenset({SECOND})))
    assert found.forecast == ()
    assert found.paths == ()
    assert exit_code(found) == 3
    assert any(SECOND in missing.why for missing in found.unknown)


def test_what_is_known_is_mended_and_the_role_that_is_not_read_is_said() -> None:
    release = two_jobs(deploy_role=REMOTE)
    broken = RoleFacts(ROLE, (MAIN,), PUSHING[:1])
    found = release.diagnosis(Accounts((broken, REMOTE_ROLE), unread=frozenset({SECOND})))
    assert {problem.cause.value for problem in found.forecast} == {"push-scope"}
    path = found.paths[0]
    assert not path.opens_all
    assert path.still == ()
    assert f"role deployer of {SECOND}" in path.does_not_prove


def test_a_role_of_a_further_account_that_is_not_read_is_not_called_wrong() -> None:
    text = (
        "on: push\npermissions: {id-token: write, contents: read}\njobs:\n"
        + job("build", assume(), LOGIN, push(f"{HERE}/app:1"))
        + job("copy", assume(REMOTE), push(f"{HERE}/app:2"))
    )
    release = ReadRelease.of(WireRelease({WORKFLOW: text}, (Ran("build", "build", "success"), Ran("copy", "copy"))))
    roles = (RoleFacts(ROLE, (MAIN,), PUSHING), RoleFacts(REMOTE, (MAIN,), PUSHING))
    found = release.diagnosis(Accounts(roles, unread=frozenset({SECOND})))
    assert found.forecast == ()
    assert found.paths == ()


MASKED, OTHER_MASKED = "${{ secrets.BUILD }}", "${{ secrets.DEPLOY }}"
TWO_ROLES = Accounts((RoleFacts(ROLE, (MAIN,), PUSHING), RoleFacts(DEPLOYER, (PRODUCTION,), (deploying(),))))


def test_a_stated_role_stands_for_what_the_run_masks_and_not_for_another_one() -> None:
    release = two_jobs(build_role=MASKED, deploy_role=DEPLOYER, case=Case(role_arn=arn_of(ROLE)))
    found = release.diagnosis(TWO_ROLES)
    assert found.live is not None
    assert [(str(each.role_arn), each.jobs) for each in found.live.sessions] == [
        (ROLE, ("build",)),
        (DEPLOYER, ("deploy",)),
    ]
    assert exit_code(found) == 0
    short = replace(TWO_ROLES, roles=(TWO_ROLES.roles[0], replace(TWO_ROLES.roles[1], statements=())))
    assert {str(problem.role_arn) for problem in release.diagnosis(short).forecast} == {DEPLOYER}


def test_of_two_masked_roles_the_stated_one_is_the_one_that_decides() -> None:
    release = two_jobs(build_role=MASKED, deploy_role=OTHER_MASKED, case=Case(role_arn=arn_of(ROLE)))
    found = release.diagnosis(TWO_ROLES)
    assert found.live is not None
    assert [(each.role_arn and str(each.role_arn), each.jobs) for each in found.live.sessions] == [
        (ROLE, ("build",)),
        (None, ("deploy",)),
    ]
    assert found.forecast == ()
    assert exit_code(found) == 3


def test_a_masked_role_beside_a_legible_one_is_not_taken_for_it() -> None:
    found = two_jobs(deploy_role=OTHER_MASKED).diagnosis(TWO_ROLES)
    assert found.forecast == ()
    assert exit_code(found) == 3
    assert any("role to assume" in missing.what for missing in found.unknown)


@pytest.mark.parametrize("number", [2, 5, 9])
def test_every_leg_with_an_environment_of_its_own_is_admitted(number: int) -> None:
    stages = [f"stage-{at}" for at in range(number)]
    head = f"environment: ${{{{ matrix.stage }}}}\n    strategy: {{matrix: {{stage: [{', '.join(stages)}]}}}}"
    text = "on: push\npermissions: {id-token: write, contents: read}\njobs:\n" + job(
        "deploy", assume(), SERVICE, head=head
    )
    ran = tuple(Ran(f"deploy ({stage})", "deploy", shown=(("${{ matrix.stage }}", stage),)) for stage in stages)
    release = ReadRelease.of(WireRelease({WORKFLOW: text}, ran))
    found = release.diagnosis(Accounts((RoleFacts(ROLE, (MAIN,), (deploying(),)),)))
    assert {job for problem in found.forecast for job in problem.jobs} == {each.name for each in ran}
    path = found.paths[0]
    assert path.opens_all
    assert path.newly_admitted == ()
    assert len(path.remediations) == number
