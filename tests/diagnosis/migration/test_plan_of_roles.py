"""Which roles and subjects a repository's workflows and runs use, as far as files and logs tell."""

from __future__ import annotations

from dataclasses import replace

import pytest
from claims_world import attempt
from migration_worlds import CLASSIC, NEW, REPOSITORY, UNREAD, WORKFLOW, listing, opting_in, plan, renamed

from diagnosis.facts.workflow import WorkflowJob, WorkflowStep
from diagnosis.gates import Verdict
from diagnosis.migration.move import move_of
from diagnosis.migration.plan import RepositoryUse, migration
from diagnosis.migration.tokens import MOST_IN_USE, in_use
from diagnosis.names.arn import Arn

ROLE = "arn:aws:iam::111122223333:role/release"


def with_role(written, **parts):
    step = WorkflowStep(None, "aws-actions/configure-aws-credentials@v4", None, inputs=(("role-to-assume", written),))
    return replace(WORKFLOW, jobs=(WorkflowJob("ship", None, (step,), **parts),))


def subjects(move, workflow, *runs):
    return [move.afterwards(token.claims).subject for token in in_use(move, (workflow,), runs)]


def test_a_role_is_read_off_the_file_else_off_a_log():
    written = RepositoryUse(opting_in(), (with_role(ROLE),))
    assert [str(use.role) for use in written.role_uses] == [ROLE]
    hidden = RepositoryUse(opting_in(), (with_role("${{ vars.ROLE }}"),))
    assert [use.role for use in hidden.role_uses] == [None]
    logged = replace(hidden, roles_in_logs=((WORKFLOW.path, Arn.parse(ROLE)),))
    assert [str(use.role) for use in logged.role_uses] == [ROLE]


def test_a_role_that_was_not_read_is_a_gap_and_one_that_was_is_none():
    use = RepositoryUse(opting_in(), (with_role(ROLE),))
    assert migration([use], (), judged=()).verdict is Verdict.UNKNOWN
    assert migration([use], (), judged=[Arn.parse(ROLE)]).verdict is Verdict.PASS


def test_what_breaks_outweighs_what_is_not_known():
    use = RepositoryUse(opting_in(), (with_role("${{ vars.ROLE }}"),))
    role = plan(listing("repo:acme/shop:ref:refs/heads/main"), opting_in())
    assert migration([use], [role], judged=[role.role.arn]).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("triggers", "rests"),
    [
        (("push",), ["ref:refs/heads/main"]),
        (("workflow_call",), ["ref:refs/heads/main"]),
        (("pull_request",), ["pull_request"]),
        (("push", "pull_request"), ["ref:refs/heads/main", "pull_request"]),
        (("release",), []),
    ],
)
def test_the_triggers_tell_the_contexts(triggers, rests):
    found = subjects(opting_in(), replace(with_role(ROLE), triggers=triggers))
    assert found == [f"{NEW}:{rest}" for rest in rests]


def test_an_environment_is_the_context_whatever_the_trigger():
    file = replace(with_role(ROLE, environment="prod"), triggers=("push", "pull_request"))
    assert subjects(opting_in(), file) == [f"{NEW}:environment:prod"]
    assert subjects(opting_in(), with_role(ROLE, environment="${{ inputs.env }}")) == []


def test_recent_runs_add_their_branches_up_to_a_bound():
    runs = [attempt(run_id=number, head_branch=f"topic-{number}") for number in range(100)]
    found = in_use(opting_in(), (with_role(ROLE),), runs)
    assert len(found) == MOST_IN_USE
    assert found[1].source.startswith("run 0")


def test_a_template_of_the_repositorys_own_is_followed():
    told = replace(CLASSIC.value, use_default=False, include_claim_keys=("repo", "context", "job_workflow_ref"))
    move = move_of(REPOSITORY, replace(CLASSIC, value=told), name="store")
    (subject,) = subjects(move, with_role(ROLE))
    path = "acme/store/.github/workflows/release.yml@refs/heads/main"
    assert subject == f"repo:acme@123/store@456:ref:refs/heads/main:job_workflow_ref:{path}"
    before = subject.replace("acme@123/store@456", "acme/shop").replace("acme/store", "acme/shop")
    found = plan(listing(before), move, workflow=with_role(ROLE))
    assert subject in found.both.text


def test_a_job_that_calls_another_repositorys_workflow_is_a_gap():
    job = WorkflowJob("ship", None, uses="acme/ci/.github/workflows/p.yml@v1", permissions=(("id-token", "write"),))
    use = RepositoryUse(opting_in(), (replace(WORKFLOW, jobs=(job,)),))
    assert any("acme/ci" in gap.why for gap in migration([use], (), judged=()).missing)


def test_gaps_of_the_repository_itself_are_told():
    assert any("immutable" in gap.what for gap in migration([RepositoryUse(opting_in(UNREAD))], (), judged=()).missing)
    assert renamed().renamed
