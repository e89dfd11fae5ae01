"""Chains of judged attempts, made by hand: fail at OIDC trust, fail at registry authorization, success; and their trail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from arns import arn_of
from made_attempts import made_attempt
from replay_builders import LogWriter, Spec

from diagnosis.causes import Cause
from diagnosis.closure.history import history_of
from diagnosis.closure.judge import judge_closure
from diagnosis.facts.account import AccountQuestion, AccountState, Image, RegistryDetails
from diagnosis.facts.case import Case, StatedChange
from diagnosis.facts.closure_facts import NOTHING_READ, ClosureFacts, DecisionLog
from diagnosis.facts.evidence import Evidence, EvidenceKind
from diagnosis.facts.reading import Absent, Known
from diagnosis.facts.runs import Artifact, Attempt, Job, Repository, Step
from diagnosis.facts.trail import Trail, TrailEvent
from diagnosis.facts.workflow import Workflow, WorkflowJob, WorkflowStep
from diagnosis.gates import ALL_GATES, GATES, Gate, Owner, Plane, Verdict
from diagnosis.verdicts.assessment import Assessment
from diagnosis.verdicts.closure import Closure, RuleVerdict
from diagnosis.verdicts.gate_verdict import Finding, GateVerdict
from diagnosis.verdicts.replay import Fact, Replay, RunFacts

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
ACCOUNT, REGION, NAME = "123456789012", "eu-west-1", "shop"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/release"
PROVIDER_ARN = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
SUBJECT = "repo:octo-org/octo-repo:ref:refs/heads/main"
ENGINEER = f"arn:aws:iam::{ACCOUNT}:user/engineer"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/release/GitHubActions"
DIGEST = "sha256:" + "a" * 64
REPOSITORY = Repository("octo-org/octo-repo", 1, 2, datetime(2024, 1, 1, tzinfo=UTC), "main")
PUBLISHED = frozenset({Gate.OIDC_TRUST, Gate.ROLE_ASSUMPTION, Gate.REGISTRY_AUTHORIZATION})


def minutes(number: float) -> datetime:
    """A moment of the chain, in minutes from its beginning."""
    return START + timedelta(minutes=number)


def attempt(run: int, at: float, conclusion: str | None = "failure", branch: str = "main", **more: object) -> Attempt:
    values = {
        "repository": REPOSITORY,
        "event": "workflow_dispatch",
        "head_sha": "c" * 40,
        "head_branch": branch,
        "conclusion": conclusion,
        "artifacts": Known((Artifact(1, "evidence", 10, expired=False),)),
    }
    return made_attempt(run, minutes(at), **{**values, **more})


def failed(
    run: int,
    at: float,
    gate: Gate | None,
    cause: Cause | None = None,
    owner: Owner = Owner.CLOUD_SECURITY,
    **more: object,
) -> Replay:
    """An attempt that failed at a gate; with None, for a reason that is no gate."""
    own = attempt(run, at, **more)  # type: ignore[arg-type] # fields by name
    if gate is None:
        stop = Finding(Plane.REGISTRY_STATE, None, cause, sentence="The repository is absent.") if cause else None
        return Replay(own, tuple(GateVerdict(item, Verdict.UNKNOWN, "not proved") for item in GATES), stop, _facts())
    proof = Evidence(EvidenceKind.LOG_LINE, "the line that refuses", own.html_url, at=minutes(at + 1))
    gates = tuple(
        GateVerdict(item, Verdict.FAIL, "refused", cause=cause, evidence=(proof,), owner=owner)
        if item is gate
        else GateVerdict(item, Verdict.PASS if item.order < gate.order else Verdict.BLOCKED, "as it is")
        for item in (ALL_GATES if gate is Gate.SERVICE_AUTHORIZATION else GATES)
    )
    return Replay(own, gates, Finding(gate.plane, None, cause, evidence=proof), _facts())


def success(run: int, at: float, **more: object) -> Replay:
    """An attempt that published."""
    own = attempt(run, at, "success", **more)  # type: ignore[arg-type] # fields by name
    proof = Evidence(EvidenceKind.LOG_LINE, "the line that proves", own.html_url)
    gates = tuple(
        GateVerdict(gate, Verdict.PASS if gate in PUBLISHED else Verdict.UNKNOWN, "as it is", evidence=(proof,))
        for gate in GATES
    )
    return Replay(own, gates, None, replace(_facts(), digest=Fact(DIGEST, proof), tag=Fact("v1", proof)))


def _facts() -> RunFacts:
    return RunFacts(role_arn=Fact(arn_of(ROLE_ARN), Evidence(EvidenceKind.WORKFLOW_FILE, "role-to-assume")))


def chain() -> tuple[Replay, ...]:
    """Fail, fail, success, ten minutes apart."""
    return (
        failed(1, 0, Gate.OIDC_TRUST, Cause.OIDC_PROVIDER_ABSENT),
        failed(2, 10, Gate.REGISTRY_AUTHORIZATION, Cause.GET_AUTHORIZATION_TOKEN),
        success(3, 20),
    )


def event(name: str, at: float, target: str = "release", principal: str = ENGINEER, **more: object) -> TrailEvent:
    service = "ecr" if "Image" in name or "Repository" in name else "iam"
    made = TrailEvent(name, service, minutes(at), principal, target, f"{name}-{at}")
    return replace(made, **more)  # type: ignore[arg-type] # fields by name


def session(at: float, subject: str = SUBJECT, target: str = ROLE_ARN, **more: object) -> TrailEvent:
    made = TrailEvent(
        "AssumeRoleWithWebIdentity", "sts", minutes(at), subject, target, f"session-{at}", subject=subject
    )
    return replace(made, **more)  # type: ignore[arg-type] # fields by name


FIXES = (
    event("CreateOpenIDConnectProvider", 5, PROVIDER_ARN),
    event("PutRolePolicy", 15, detail="Push"),
)


def trail(*events: TrailEvent, since: float = -60, until: float = 80, complete: bool = True) -> Known[Trail]:
    return Known(Trail(minutes(since), minutes(until), tuple(sorted(events, key=lambda item: item.at)), complete))


def account(*events: TrailEvent, read_at: float = 200, **parts: object) -> AccountState:
    """The account after the chain: the image of run 3 is there, CloudTrail was read whole."""
    question = AccountQuestion(role_arn=arn_of(ROLE_ARN), region=REGION, registry_id=ACCOUNT, repository=NAME, tag="v1")
    made = AccountState(
        question=question,
        read_at=minutes(read_at),
        image=Known(Image(DIGEST, ("v1",), minutes(21))),
        registry_details=Known(RegistryDetails(image_count=1)),
        trail=trail(*events),
        evidence_objects=Absent("evidence objects"),
    )
    return replace(made, **parts)  # type: ignore[arg-type] # fields by name


def live(state: AccountState, *failing: Gate) -> Assessment:
    gates = tuple(GateVerdict(gate, Verdict.FAIL if gate in failing else Verdict.PASS, "today") for gate in GATES)
    return Assessment(gates, (), (SUBJECT,), (), state)


def workflow(*steps: WorkflowStep, **job: object) -> Workflow:
    """A workflow that assumes the role and pushes, with these steps between."""
    first = WorkflowStep(
        "Credentials",
        "aws-actions/configure-aws-credentials@v4",
        None,
        inputs=(("role-to-assume", ROLE_ARN), ("aws-region", REGION)),
    )
    push = WorkflowStep("Push", None, f"docker push {ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{NAME}:v1")
    made = WorkflowJob("release", "Release", (first, *steps, push), permissions=(("id-token", "write"),))
    return Workflow(".github/workflows/release.yml", "Release", (replace(made, **job),))  # type: ignore[arg-type] # fields by name


LOG = DecisionLog(
    "log.md", "d" * 40, "# Log\n\n## 2026-03-02 10:30\n\nPublished.\n", "0" * 64, committed_at=minutes(60)
)
"""A decision log as it was read, with an entry from after the closing run."""
NO_CASE = Case()
STATED = Case(
    changes=(
        StatedChange(1, "Created the provider.", "log.md:10", minutes(6).isoformat()),
        StatedChange(2, "Put the inline policy Push.", "log.md:12", minutes(16).isoformat()),
    )
)


def closed(
    replays: Sequence[Replay],
    state: AccountState | None,
    case: Case = NO_CASE,
    file: Workflow | None = None,
    facts: ClosureFacts = NOTHING_READ,
) -> Closure:
    """The closure of a chain, with the history that belongs to it; its decision log was read, and its workflow's other runs."""
    facts = replace(facts, neighbours=Known(())) if facts.neighbours == NOTHING_READ.neighbours else facts
    facts = replace(facts, decision_log=Known(LOG)) if facts.decision_log == NOTHING_READ.decision_log else facts
    file = file or workflow()
    replays = tuple(_with_job(replace(item, workflow=file)) for item in replays)
    history = history_of(replays, state, case)
    return judge_closure(
        replays, replays[-1] if replays else None, live(state) if state else None, case, history, facts
    )


def _with_job(replay: Replay) -> Replay:
    """The attempt with its job as GitHub lists it, every step a success and in the log; a failed one stays without."""
    own, file = replay.attempt, replay.workflow
    if own.conclusion != "success" or not isinstance(file, Workflow) or isinstance(own.jobs, Known):
        return replay
    jobs = []
    for number, written in enumerate(file.jobs, 1):
        writer = LogWriter(own.created_at)
        writer.set_up(id_token=True)
        steps = [Step(1, "Set up job", "completed", "success", own.created_at, own.created_at)]
        for place, step in enumerate(written.steps, 2):
            writer.step(Spec(uses=step.uses, run=step.run, inputs=dict(step.inputs), env=dict(step.env)))
            name = step.name or f"Run {step.uses or step.run}"
            steps.append(Step(place, name, "completed", "success", writer.at, writer.at))
        steps.append(Step(len(steps) + 1, "Complete job", "completed", "success", writer.at, writer.at))
        name = written.name or written.id
        log, ended = Known(writer.text()), own.updated_at
        made = Job(number, name, "completed", "success", own.created_at, ended, "", tuple(steps), Known(()), log)
        jobs.append(made)
    return replace(replay, attempt=replace(own, jobs=Known(tuple(jobs))))


def rule(closure: Closure, slug: str) -> RuleVerdict:
    return next(item for item in closure.rules if item.rule == slug)


def findings(closure: Closure) -> set[str]:
    return {item.slug for item in closure.integrity}
