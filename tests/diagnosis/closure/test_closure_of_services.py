"""The fifth gate in a chain: a service that refuses is a failure of the authorization plane, mended and proved like ECR."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from chain_builders import (
    ENGINEER,
    FIXES,
    PROVIDER_ARN,
    STATED,
    account,
    chain,
    closed,
    event,
    failed,
    findings,
    live,
    rule,
    session,
    success,
    workflow,
)

from diagnosis.causes import Cause
from diagnosis.closure.drift import drift_of
from diagnosis.closure.history import history_of
from diagnosis.facts.account import AccountQuestion
from diagnosis.facts.case import Case
from diagnosis.facts.evidence import Evidence, EvidenceKind
from diagnosis.facts.workflow import WorkflowJob, WorkflowStep
from diagnosis.gates import Gate, Owner, Verdict
from diagnosis.names.arn import Arn
from diagnosis.replay.gate_verdicts import SWALLOWED
from diagnosis.verdicts.chronology import DriftKind, Traced
from diagnosis.verdicts.closure import ClosureStatus
from diagnosis.verdicts.gate_verdict import GateVerdict
from diagnosis.verdicts.replay import Fact, JobSession, Replay

SERVICE, REGISTRY = Gate.SERVICE_AUTHORIZATION, Gate.REGISTRY_AUTHORIZATION


def refused_by_a_service(**more: object) -> Replay:
    return failed(2, 10, SERVICE, Cause.SERVICE_ACTION, **more)  # type: ignore[arg-type] # fields by name


def service_chain(verdict: Verdict = Verdict.PASS, **more: object) -> tuple[Replay, ...]:
    """Fail at trust, fail at a service, success in which the service was called."""
    first, _, last = chain()
    proved = GateVerdict(SERVICE, verdict, "The calls are in the log.", **more)  # type: ignore[arg-type] # fields by name
    *before, least = last.gates
    return first, refused_by_a_service(), replace(last, gates=(*before, proved, least))


def with_gates(replay: Replay, *verdicts: tuple[Gate, Verdict]) -> Replay:
    """A replay of several jobs: each has its own verdicts, and the whole the worst of them."""
    sessions = tuple(
        JobSession(f"job {number}", "", (GateVerdict(gate, verdict, "as it is"),))
        for number, (gate, verdict) in enumerate(verdicts)
    )
    return replace(replay, sessions=sessions)


def test_a_chain_whose_second_failure_was_a_service_is_closed_like_one_at_the_registry() -> None:
    found = closed(service_chain(), account(*FIXES), STATED)
    for slug in ("both-planes", "own-boundary", "remediation-traced", "fix-in-plane", "positive-path"):
        assert rule(found, slug).verdict is Verdict.PASS, rule(found, slug).reason
    assert "service authorization" in rule(found, "positive-path").reason


def test_the_closing_run_has_to_prove_the_services_that_it_calls() -> None:
    found = closed(service_chain(Verdict.UNKNOWN), account(*FIXES), STATED)
    assert rule(found, "positive-path").verdict is Verdict.UNKNOWN
    assert found.status is ClosureStatus.UNPROVEN


@pytest.mark.parametrize(
    ("name", "gate", "expected"),
    [
        ("PutRolePolicy", SERVICE, Traced.OBSERVED),
        ("PutBucketPolicy", SERVICE, Traced.OBSERVED),
        ("PutKeyPolicy", SERVICE, Traced.OBSERVED),
        ("PutBucketPolicy", REGISTRY, Traced.NOT_ON_RECORD),
        ("SetRepositoryPolicy", SERVICE, Traced.NOT_ON_RECORD),
        ("CreateRepository", SERVICE, Traced.NOT_ON_RECORD),
        ("UpdateAssumeRolePolicy", SERVICE, Traced.NOT_ON_RECORD),
    ],
)
def test_a_service_is_mended_by_what_is_about_it(name: str, gate: Gate, expected: Traced) -> None:
    cause = Cause.SERVICE_ACTION if gate is SERVICE else Cause.GET_AUTHORIZATION_TOKEN
    replays = (failed(1, 0, gate, cause), success(2, 10))
    (entry, _) = history_of(replays, account(event(name, 5)), Case())
    assert entry.traced is expected


def test_two_jobs_that_failed_at_both_planes_need_a_remediation_of_each() -> None:
    trust, registry = chain()[0], chain()[1]
    both = replace(
        registry,
        gates=tuple(
            replace(gate, verdict=Verdict.FAIL, cause=Cause.SUBJECT_NOT_ADMITTED)
            if gate.gate is Gate.ROLE_ASSUMPTION
            else gate
            for gate in registry.gates
        ),
    )
    replays = (trust, both, success(3, 20))
    provider = event("CreateOpenIDConnectProvider", 5, PROVIDER_ARN)
    one, other = event("PutRolePolicy", 15), event("UpdateAssumeRolePolicy", 16)

    def traced(*events: object) -> Sequence[Traced]:
        return [entry.traced for entry in history_of(replays, account(provider, *events), Case())]  # type: ignore[arg-type] # events

    assert traced(one, other)[1] is Traced.OBSERVED
    assert traced(one)[1] is Traced.NOT_ON_RECORD
    assert traced(other)[1] is Traced.NOT_ON_RECORD
    found = closed(replays, account(provider, one, other))
    assert rule(found, "fix-in-plane").verdict is Verdict.PASS


def test_the_owner_of_each_failed_gate_decides_what_the_workflow_file_can_mend() -> None:
    refused = refused_by_a_service(owner=Owner.ORGANIZATION)
    assert history_of((refused, success(3, 20, head_sha="d" * 40)), account(), Case())[0].traced is Traced.NOT_ON_RECORD


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        # One job, refused at a gate and past the next one.
        ((((Gate.ROLE_ASSUMPTION, Verdict.FAIL), (REGISTRY, Verdict.PASS)),), Verdict.FAIL),
        # Registry and services stand beside each other: either may come first.
        ((((REGISTRY, Verdict.FAIL), (SERVICE, Verdict.PASS)),), Verdict.PASS),
        ((((REGISTRY, Verdict.PASS), (SERVICE, Verdict.FAIL)),), Verdict.PASS),
        # Two jobs: the one went on, the other did not begin to.
        ((((Gate.ROLE_ASSUMPTION, Verdict.FAIL),), ((REGISTRY, Verdict.PASS),)), Verdict.PASS),
        ((((Gate.ROLE_ASSUMPTION, Verdict.FAIL), (REGISTRY, Verdict.PASS)), ((REGISTRY, Verdict.PASS),)), Verdict.FAIL),
    ],
)
def test_each_job_fails_at_its_own_boundary(
    verdicts: tuple[tuple[tuple[Gate, Verdict], ...], ...], expected: Verdict
) -> None:
    sessions = tuple(
        JobSession(f"job {number}", "", tuple(GateVerdict(gate, verdict, "as it is") for gate, verdict in own))
        for number, own in enumerate(verdicts)
    )
    first, second, last = chain()
    worst = replace(second, sessions=sessions, gates=tuple(each for own in sessions for each in own.gates))
    found = closed((first, worst, last), account(*FIXES), STATED)
    assert rule(found, "own-boundary").verdict is expected


DEPLOY = "aws ecs update-service --cluster main --service api"


@pytest.mark.parametrize(
    ("step", "found"),
    [
        (WorkflowStep("Deploy", None, f"{DEPLOY} || true"), True),
        (WorkflowStep("Deploy", None, DEPLOY, continue_on_error=True), True),
        (WorkflowStep("Deploy", None, DEPLOY, condition="false"), True),
        (WorkflowStep("Keep", None, "aws s3 cp report.json s3://evidence/report.json || echo skipped"), True),
        (WorkflowStep("Deploy", None, DEPLOY), False),
        (WorkflowStep("Deploy", None, f"if ! {DEPLOY}; then exit 1; fi"), False),
        (WorkflowStep("Deploy", None, f"{DEPLOY} || exit 1"), False),
        (WorkflowStep("Who", None, "aws sts get-caller-identity || true"), False),
        (WorkflowStep("Test", None, "pytest || true", continue_on_error=True), False),
    ],
)
def test_a_demoted_call_of_any_service(step: WorkflowStep, found: bool) -> None:
    assert ("gate-demoted" in findings(closed(chain(), account(*FIXES), file=workflow(step)))) is found


def test_a_second_job_with_credentials_is_looked_at_too() -> None:
    file = workflow()
    credentials = file.jobs[0].steps[0]
    deploy = WorkflowJob("deploy", None, (credentials, WorkflowStep("Deploy", None, f"{DEPLOY} || true")))
    assert "gate-demoted" in findings(closed(chain(), account(*FIXES), file=replace(file, jobs=(*file.jobs, deploy))))


def test_a_denial_that_the_closing_run_went_on_past_is_a_breach() -> None:
    found = closed(service_chain(Verdict.UNKNOWN, missing=(SWALLOWED,)), account(*FIXES), STATED)
    assert "gate-demoted" in findings(found)
    assert rule(found, "no-override").verdict is Verdict.FAIL
    assert found.status is ClosureStatus.NON_COMPLIANT


def test_a_push_by_another_role_of_the_release_is_no_side_channel() -> None:
    deployer = f"arn:aws:sts::{ENGINEER.split(':')[4]}:assumed-role/deployer/GitHubActions"
    push = event("PutImage", 21, "shop", deployer, detail="v1")
    state = account(*FIXES, push)
    assert rule(closed(chain(), state), "no-side-channel").verdict is Verdict.FAIL
    role = Arn.parse(f"arn:aws:iam::{ENGINEER.split(':')[4]}:role/deployer")
    wide = replace(state, question=replace(state.question, beside=(AccountQuestion(role_arn=role),)))
    assert rule(closed(chain(), wide), "no-side-channel").verdict is Verdict.PASS


def test_a_bucket_policy_that_was_changed_since_the_run_is_drift_of_a_resource() -> None:
    replays = service_chain()
    state = account(*FIXES, event("PutBucketPolicy", 70, "arn:aws:s3:::evidence"))
    found = [item for item in drift_of(replays, replays[-1], live(state)) if "PutBucketPolicy" in item.reason]
    assert [item.kind for item in found] == [DriftKind.RESOURCE_CHANGED]


def test_jobs_with_subjects_of_their_own_are_no_change_of_the_subject() -> None:
    in_production = "repo:octo-org/octo-repo:environment:production"
    first, second, last = chain()
    proof = Evidence(EvidenceKind.WORKFLOW_FILE, "environment")
    deployed = replace(second, facts=replace(second.facts, environment=Fact("production", proof)))

    def of_jobs(replay: Replay, *names: str) -> Replay:
        sessions = tuple(JobSession(name, name, replay.gates, replay.facts) for name in names)
        return replace(replay, sessions=sessions)

    events = (session(0.5), session(10.5, in_production), session(20.5))
    told = closed((of_jobs(first, "push"), of_jobs(deployed, "deploy"), of_jobs(last, "push")), account(*events))
    assert rule(told, "same-subject").verdict is Verdict.PASS
    # The same job under another subject is a change, and so is one that nothing tells apart.
    for names in ("push", "push"), ("push", "deploy"):
        told = closed((of_jobs(first, "push"), of_jobs(deployed, *names), of_jobs(last, "push")), account(*events))
        assert rule(told, "same-subject").verdict is Verdict.FAIL


def test_static_keys_of_any_job_with_credentials_are_a_breach() -> None:
    file = workflow()
    keys = (("aws-secret-access-key", "${{ secrets.KEY }}"), ("aws-region", "eu-west-1"))
    credentials = WorkflowStep("Keys", "aws-actions/configure-aws-credentials@v4", None, inputs=keys)
    deploy = WorkflowJob("deploy", None, (credentials,))
    found = closed(chain(), account(*FIXES), file=replace(file, jobs=(*file.jobs, deploy)))
    assert rule(found, "no-static-credentials").verdict is Verdict.FAIL
