"""From the runner's variables to the job as a diagnosis takes it: ref, called workflow, permissions, environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from arns import arn_of
from replay_builders import CONFIGURE, LOGIN, RELEASE, REPOSITORY_ARN, ROLE, Spec, written_job

from diagnosis.claims.pretrust import check_token
from diagnosis.claims.subject_claim import claims_of
from diagnosis.documents.preflight import IdToken
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import CalledWorkflow, OidcCustomization
from diagnosis.facts.workflow import Workflow, WorkflowFile, WorkflowJob
from diagnosis.gates import Verdict
from diagnosis.preflight.judge_job import asked
from diagnosis.preflight.this_job import Given, NoSuchJob, ThisJob, not_told, this_job, workflow_elsewhere
from diagnosis.steps.variables import run_values

PATH, CALLED = ".github/workflows/release.yml", ".github/workflows/push.yml"
TOKEN = (("id-token", "write"),)
BASE = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_EVENT_NAME": "push",
    "GITHUB_JOB": "release",
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_REPOSITORY": "acme/shop",
    "GITHUB_REPOSITORY_ID": "5",
    "GITHUB_RUN_ID": "900",
    "GITHUB_WORKFLOW_REF": f"acme/shop/{PATH}@refs/heads/main",
    "ACTIONS_ID_TOKEN_REQUEST_URL": "https://token.example",
}
FILE = Workflow(PATH, "release", (written_job(*RELEASE),), permissions=TOKEN)
CALLER = Workflow(PATH, "release", (WorkflowJob("call", None, uses=f"./{CALLED}", permissions=TOKEN),))
UNREAD = Unreadable("workflow file", "it is not there", "check it out")
PUSHING = Workflow(CALLED, "push", (written_job(*RELEASE),))


def job(environ: Mapping[str, str] | None = None, file: Workflow | None = FILE, **parts: Any) -> ThisJob:
    values = {
        "file": Known(WorkflowFile("", file)) if file else UNREAD,
        "path": PATH,
        "customization": Known(OidcCustomization(use_immutable_subject=False)),
    }
    given = Given(environ={**BASE, **(environ or {})}, now=datetime(2026, 3, 2, tzinfo=UTC), **values | parts)
    return this_job(given)


def of_alone(found: ThisJob) -> Workflow:
    """The workflow with this job alone."""
    file = found.alone.workflow_file
    assert isinstance(file, Known)
    assert isinstance(file.value.parsed, Workflow)
    return file.value.parsed


def claims(found: ThisJob) -> dict[str, str]:
    own = of_alone(found)
    (only,) = claims_of(found.attempt, workflow=own, job=own.jobs[0]).sets
    return dict(only.claims)


@pytest.mark.parametrize(
    ("ref", "event", "context", "name"),
    [
        ("refs/heads/main", "push", "ref:refs/heads/main", "main"),
        ("refs/heads/v1.2", "push", "ref:refs/heads/v1.2", "v1.2"),
        ("refs/tags/v1.2", "push", "ref:refs/tags/v1.2", "v1.2"),
        ("refs/tags/nightly", "push", "ref:refs/tags/nightly", "nightly"),
        ("refs/pull/5/merge", "pull_request", "pull_request", "5/merge"),
    ],
)
def test_the_full_ref_leaves_one_subject(ref: str, event: str, context: str, name: str) -> None:
    found = job(
        {"GITHUB_REF": ref, "GITHUB_EVENT_NAME": event, "GITHUB_WORKFLOW_REF": f"acme/shop/{PATH}@{ref}"},
        event={"repository": {"default_branch": "main"}},
    )
    assert claims(found)["sub"] == f"repo:acme/shop:{context}"
    assert run_values(found.attempt)["github.ref_name"] == name


def test_a_tag_called_like_the_default_branch_is_a_tag() -> None:
    found = job({"GITHUB_REF": "refs/tags/main"}, event={"repository": {"default_branch": "main"}})
    assert claims(found)["sub"] == "repo:acme/shop:ref:refs/tags/main"


def test_the_subject_is_that_of_this_jobs_environment() -> None:
    staging = written_job(*RELEASE, name="staging", environment="staging")
    file = replace(FILE, jobs=(staging, written_job(*RELEASE, environment="production")))
    assert claims(job(file=file))["sub"] == "repo:acme/shop:environment:production"


def test_what_the_runner_offers_counts_more_than_the_file() -> None:
    bare = replace(FILE, permissions=None)
    offered = job(file=bare)
    other = job({"GITHUB_JOB": "other"}, file=bare, job="release")
    assert (offered.id_token, other.id_token) == (IdToken.OFFERED, IdToken.NOT_KNOWN)
    assert check_token(offered.attempt, of_alone(offered)).verdict is Verdict.PASS
    assert check_token(other.attempt, of_alone(other)).verdict is Verdict.FAIL
    assert job({"ACTIONS_ID_TOKEN_REQUEST_URL": ""}).id_token is IdToken.NOT_OFFERED
    assert job({"GITHUB_ACTIONS": ""}).id_token is IdToken.NOT_KNOWN


def test_a_called_workflow_has_its_callers_permissions_and_its_own_reference() -> None:
    found = job({"GITHUB_JOB": "x"}, job="release", file=PUSHING, path=CALLED, caller=CALLER)
    assert check_token(found.attempt, of_alone(found)).verdict is Verdict.PASS
    assert claims(found)["job_workflow_ref"] == f"acme/shop/{CALLED}@refs/heads/main"
    # Called from elsewhere, its reference is not told.
    assert "job_workflow_ref" not in claims(job(file=PUSHING, path="shared/push.yml", caller=CALLER))


def test_the_needs_are_this_jobs_and_least_privilege_knows_those_of_the_role() -> None:
    login = written_job(CONFIGURE, LOGIN, name="look")
    ready = asked(job({"GITHUB_JOB": "look"}, file=replace(FILE, jobs=(written_job(*RELEASE), login))), Case())
    assert {need.action for need in ready.own.needs} == {"ecr:GetAuthorizationToken"}
    assert "ecr:PutImage" in {need.action for session in ready.whole.sessions for need in session.needs}


def test_the_role_is_the_one_in_force_at_the_registry() -> None:
    reader = replace(CONFIGURE, name="Reader", inputs={**CONFIGURE.inputs, "role-to-assume": f"{ROLE}-reader"})
    judge = Spec(name="Judge the gates", run="planescope preflight")
    ready = asked(job(file=replace(FILE, jobs=(written_job(reader, judge, *RELEASE),))), Case())
    assert str(ready.question.role_arn) == ROLE
    assert {need.resource for need in ready.own.needs} == {"*", REPOSITORY_ARN}


def test_a_condition_on_the_last_of_two_roles_leaves_it_open() -> None:
    other = replace(CONFIGURE, name="Other", inputs={**CONFIGURE.inputs, "role-to-assume": f"{ROLE}-other"})
    both = (replace(CONFIGURE, condition="vars.PRODUCTION"), *RELEASE[2:])

    def gap(*specs: Spec, case: Case | None = None) -> object:
        return asked(job(file=replace(FILE, jobs=(written_job(*specs),))), case or Case()).open_role

    assert gap(other, *both) is not None
    assert gap(other, *both, case=Case(role_arn=arn_of(ROLE))) is None
    assert gap(replace(other, condition="always()"), *RELEASE) is None
    assert gap(other, replace(CONFIGURE, condition="inputs.production"), *RELEASE[2:]) is None, "a push has no inputs"
    assert gap(*both) is None


def test_a_secret_in_the_environment_is_not_filled_in() -> None:
    block = (("ROLE", "${{ vars.ROLE }}"), ("KEY", "${{ secrets.KEY }}"), ("PLAIN", "x"))
    found = job({"ROLE": "r", "KEY": "k", "PLAIN": "y"}, file=replace(FILE, env=block))
    assert of_alone(found).env == (("ROLE", "r"), ("KEY", "${{ secrets.KEY }}"), ("PLAIN", "x"))


@pytest.mark.parametrize(
    "event",
    [None, {}, {"repository": 3, "pull_request": []}, {"repository": {"created_at": 17, "default_branch": None}}],
)
def test_a_payload_of_any_shape_will_do(event: Mapping[str, Any] | None) -> None:
    assert job(event=event).attempt.repository.full_name == "acme/shop"


def test_a_job_that_the_file_does_not_have_is_told() -> None:
    with pytest.raises(NoSuchJob):
        job(job="deploy")
    assert not_told({}, job=True, workflow=True) == (
        "GITHUB_REPOSITORY",
        "GITHUB_RUN_ID",
        "GITHUB_REF",
        "GITHUB_EVENT_NAME",
    )
    assert not_told({**BASE, "GITHUB_REPOSITORY": "shop"}, job=False, workflow=False) == ("GITHUB_REPOSITORY",)
    assert not_told(BASE, job=False, workflow=False) == ()


def test_without_a_file_the_job_is_still_the_job() -> None:
    found = job(file=None)
    assert (found.alone.workflow_file, found.attempt.key) == (UNREAD, (900, 1))
    assert asked(found, Case()).own.needs == ()


def called(uses: str, file: Workflow | None) -> CalledWorkflow:
    address = uses if "@" in uses else f"acme/shop/{uses[2:]}"
    return CalledWorkflow(address, "", None, Known(WorkflowFile("", file)) if file else UNREAD)


@pytest.mark.parametrize(
    ("uses", "defined_in"),
    [
        (f"./{CALLED}", f"acme/shop/{CALLED}@refs/heads/main"),
        (f"$/{CALLED}", f"acme/shop/{CALLED}@refs/heads/main"),
        (f"acme/tools/{CALLED}@refs/tags/v1", f"acme/tools/{CALLED}@refs/tags/v1"),
    ],
)
def test_a_job_of_a_called_workflow_is_judged_in_the_place_of_its_call(uses: str, defined_in: str) -> None:
    caller = replace(CALLER, jobs=(replace(CALLER.jobs[0], uses=uses),))
    found = job(file=caller, called=(called(uses, PUSHING),))
    assert [each.id for each in of_alone(found).jobs] == ["call / release"]
    assert claims(found)["job_workflow_ref"] == defined_in
    ready = asked(found, Case())
    assert str(ready.question.role_arn) == ROLE
    assert {need.resource for need in ready.own.needs} == {"*", REPOSITORY_ARN}


def test_where_two_calls_have_a_job_of_that_name_both_are_judged() -> None:
    calls = tuple(replace(CALLER.jobs[0], id=name) for name in ("web", "api"))
    found = job(file=replace(CALLER, jobs=calls), called=(called(f"./{CALLED}", PUSHING),))
    assert [each.id for each in of_alone(found).jobs] == ["web / release", "api / release"]
    one = job(file=replace(CALLER, jobs=calls), called=(called(f"./{CALLED}", PUSHING),), job="api / release")
    assert [each.id for each in of_alone(one).jobs] == ["api / release"]


def test_a_job_that_may_stand_in_a_workflow_that_was_not_read_is_unknown() -> None:
    uses = f"acme/tools/{CALLED}@v1"
    file = replace(CALLER, jobs=(replace(CALLER.jobs[0], uses=uses),))
    for given in ((), (called(uses, None),)):
        found = job(file=file, called=given)
        assert isinstance(found.alone.workflow_file, Unreadable)
        assert uses in found.alone.workflow_file.why
        assert asked(found, Case()).question.role_arn is None
    # A job of the same id in the run's own file may be another one, unless it is named.
    beside, other = replace(file, jobs=(*FILE.jobs, *file.jobs)), replace(PUSHING, jobs=(WorkflowJob("other", None),))
    assert isinstance(job(file=beside, called=(called(uses, None),)).alone.workflow_file, Unreadable)
    for named in (
        job(file=beside, called=(called(uses, None),), job="release"),
        job(file=beside, called=(called(uses, other),)),
    ):
        assert [each.id for each in of_alone(named).jobs] == ["release"]
    # One that is read shows that the job is not in it.
    with pytest.raises(NoSuchJob):
        job({"GITHUB_JOB": "elsewhere"}, file=file, called=(called(uses, PUSHING),))


@pytest.mark.parametrize(
    ("ref", "found"),
    [
        (f"acme/rules/{PATH}@refs/heads/main", ("acme/rules", PATH)),
        (f"acme/shop/{PATH}@refs/heads/main", None),
        ("acme/rules", None),
        ("a b/rules/x.yml@main", None),
        ("", None),
    ],
)
def test_a_required_workflow_lies_in_another_repository(ref: str, found: tuple[str, str] | None) -> None:
    assert workflow_elsewhere({"GITHUB_REPOSITORY": "acme/shop", "GITHUB_WORKFLOW_REF": ref}) == found
