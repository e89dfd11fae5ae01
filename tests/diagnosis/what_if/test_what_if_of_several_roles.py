"""A release of two roles: a proposal is about one of them, and every session of the run is judged with it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from arns import arn_of
from small_world import ACCOUNT, EIGHT, HOME, REGION, World, allow, credentials, policy, sound_world, trust

from diagnosis.diagnose import question_of, replays_of
from diagnosis.documents.what_if import document
from diagnosis.facts.reading import Known
from diagnosis.facts.workflow import WorkflowJob, WorkflowStep
from diagnosis.gates import Gate, Verdict
from diagnosis.policy import PolicyDocument
from diagnosis.verdicts.gate_verdict import maybe_verdict_at
from diagnosis.what_if.outcome import WhatIf, what_if
from diagnosis.what_if.proposal import Proposal, ProposalKind

DEPLOYER = f"arn:aws:iam::{ACCOUNT}:role/deploy"
SERVICE = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/main/api"
NEEDED = policy(allow("ecs:UpdateService", SERVICE))
PULLS = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


def world(permissions: PolicyDocument | None = NEEDED, *, pulls: bool = False) -> World:
    """The sound release with a second job that deploys with a role of its own."""
    sound = sound_world()
    run = "aws ecs update-service --cluster main --service api"
    look = f"docker pull {HOME.image}\n" if pulls else ""
    steps = (credentials(HOME, "Deployer", role_to_assume=DEPLOYER), WorkflowStep("Deploy", None, look + run))
    deploy = WorkflowJob("deploy", "Deploy", steps, permissions=(("id-token", "write"),))
    return replace(
        sound,
        workflow=replace(sound.workflow, jobs=(*sound.workflow.jobs, deploy)),
        others=((DEPLOYER, trust(), permissions),),
    )


def judged(found: World, *proposals: Proposal) -> WhatIf:
    replays = replays_of((found.run,), found.case)
    return what_if(replays, found.asked(question_of(replays[0], found.case)), found.case, proposals)


def proposed(document: PolicyDocument, role: str | None = DEPLOYER, **parts: object) -> Proposal:
    values = {"policy_name": "own", "role": arn_of(role) if role else None, **parts}
    return Proposal(ProposalKind.POLICY, document, **values)  # type: ignore[arg-type] # fields by name


def at(result: WhatIf, gate: Gate) -> Verdict | None:
    after = result.runs[0].after
    assert after is not None
    verdict = maybe_verdict_at(after.gates, gate)
    return verdict.verdict if verdict else None


def test_what_is_proposed_as_it_is_changes_nothing_of_either_role() -> None:
    result = judged(world(), proposed(NEEDED))
    assert result.verdict is Verdict.PASS
    assert result.opens.nothing
    assert result.closes.nothing


def test_a_policy_of_the_second_role_mends_its_session() -> None:
    result = judged(world(None), proposed(NEEDED))
    assert result.verdict is Verdict.PASS
    assert at(result, Gate.SERVICE_AUTHORIZATION) is Verdict.PASS
    assert result.opens.needed == (f"ecs:UpdateService on {SERVICE} (role deploy)",)
    (use,) = result.newly_allowed
    assert (use.action, use.step, use.job) == ("ecs:UpdateService", "Deploy", "Deploy")
    assert document(result)["proposals"][0]["role"] == DEPLOYER  # type: ignore[index, call-overload] # JSON


def test_the_first_role_is_meant_where_none_is_named() -> None:
    result = judged(world(None), proposed(NEEDED, None))
    assert at(result, Gate.SERVICE_AUTHORIZATION) is Verdict.FAIL
    assert result.opens.needed == ()


def test_what_the_second_role_loses_is_told_and_what_the_first_needs_is_no_loss_of_it() -> None:
    result = judged(world(), proposed(policy(allow("s3:GetObject", "*"))))
    assert result.verdict is Verdict.FAIL
    assert at(result, Gate.REGISTRY_AUTHORIZATION) is Verdict.PASS
    assert {use.action for use in result.newly_denied} == {"ecs:UpdateService"}


def test_what_the_first_role_loses_is_no_loss_of_the_second() -> None:
    result = judged(world(), proposed(policy(allow("ecr:GetAuthorizationToken", "*")), None, policy_name="release"))
    assert {use.action for use in result.newly_denied} == set(EIGHT)
    assert at(result, Gate.SERVICE_AUTHORIZATION) is Verdict.PASS


def test_a_trust_policy_of_the_second_role_shuts_its_own_session_out() -> None:
    other = Proposal(ProposalKind.TRUST, trust("repo:octo-org/octo-repo:ref:refs/heads/main"), role=arn_of(DEPLOYER))
    result = judged(world(), other)
    after = result.runs[0].after
    assert after is not None
    verdicts = {str(item.role_arn): maybe_verdict_at(item.gates, Gate.ROLE_ASSUMPTION) for item in after.sessions}
    assert {role: verdict.verdict for role, verdict in verdicts.items() if verdict} == {
        HOME.role_arn: Verdict.PASS,
        DEPLOYER: Verdict.FAIL,
    }
    assert all("role deploy" in caller for caller in (*result.opens.callers, *result.closes.callers))
    assert result.closes.callers


def test_a_repositorys_policy_counts_for_every_role_that_uses_it() -> None:
    deny = {"Effect": "Deny", "Principal": "*", "Action": "ecr:BatchGetImage"}
    both = world(
        policy(
            allow("ecs:UpdateService", SERVICE),
            allow("ecr:GetAuthorizationToken", "*"),
            allow(PULLS, HOME.repository_arn),
        ),
        pulls=True,
    )
    assert judged(both, proposed(NEEDED, None, policy_name="beside")).runs[0].before is not None
    result = judged(both, Proposal(ProposalKind.REPOSITORY_POLICY, policy(deny)))
    after = result.runs[0].after
    assert after is not None
    refused = {str(problem.role_arn) for problem in after.problems if "ecr:BatchGetImage" in problem.actions}
    assert DEPLOYER in refused


def test_a_run_whose_decisive_role_is_another_of_the_release_is_judged() -> None:
    found = world()
    replays = replays_of((found.run,), found.case)
    account = found.asked(question_of(replays[0], found.case))
    deploy = replace(replays[0], facts=replays[0].sessions[-1].facts)
    result = what_if((deploy,), account, found.case, [proposed(NEEDED)])
    assert result.runs[0].after is not None


@pytest.mark.parametrize("part", ["role", "inline_policies"])
def test_what_was_not_read_of_the_second_role_is_missing(part: str) -> None:
    found = world()
    replays = replays_of((found.run,), found.case)
    account = found.asked(question_of(replays[0], found.case))
    unread = getattr(type(account)(account.question), part)
    assert isinstance(account.beside[0].role, Known)
    account = replace(account, beside=(replace(account.beside[0], **{part: unread}),))
    result = what_if(replays, account, found.case, [proposed(NEEDED)])
    assert result.verdict is Verdict.UNKNOWN
    assert unread.what in {item.what for item in result.missing}
