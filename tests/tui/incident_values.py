"""The three stages of the incident as hand-made values, in our own words: what screens are tested with."""

from __future__ import annotations

from datetime import timedelta

from arns import arn_of
from incident_live import NEEDS, SCP_GAP, live_of, read_at
from incident_logs import log_of, moment_of, proof_of
from incident_names import (
    ACCOUNT,
    REPOSITORY,
    ROLE,
    RUN_IDS,
    SHA,
    TOKEN_ACTION,
)
from incident_offers import closure_of, paths_of
from incident_offers import passed as _passed

from diagnosis.causes import Cause
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt, Job, Repository, Step
from diagnosis.gates import GATES, Checkpoint, Gate, Plane, Verdict
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.gate_verdict import Finding, GateVerdict
from diagnosis.verdicts.replay import Fact, Replay, RunFacts


def attempt_of(run: int, *, title: str = "", branch: str = "", **more: object) -> Attempt:
    """One of the three recorded attempts."""
    start = moment_of(run)
    seconds = (81, 18, 64)[run - 1]
    conclusion = "success" if run == 3 else "failure"
    job = Job(
        id=63410 + run,
        name="Build and push immutable platform image",
        status="completed",
        conclusion=conclusion,
        started_at=start,
        completed_at=start + timedelta(seconds=seconds),
        html_url=f"https://github.com/{REPOSITORY}/actions/runs/{RUN_IDS[run - 1]}/job/{63410 + run}",
        steps=(
            Step(1, "Checkout", "completed", "success"),
            Step(4, "Configure AWS credentials via OIDC", "completed", conclusion),
        ),
        log=Known(log_of(run)),
        log_origin=Origin.RECONSTRUCTED,
    )
    values: dict[str, object] = {
        "repository": Repository(REPOSITORY),
        "run_id": RUN_IDS[run - 1],
        "attempt": 1,
        "run_number": run,
        "workflow_name": "dev-min-m1-packaging",
        "workflow_path": ".github/workflows/dev_min_m1_packaging.yml",
        "event": "workflow_dispatch",
        "head_branch": branch or ("migrate-dev" if run == 1 else "dev"),
        "head_sha": SHA,
        "status": "completed",
        "conclusion": conclusion,
        "title": title or "dev-min-m1-packaging",
        "actor": "EsosaOrumwese",
        "created_at": start,
        "started_at": start,
        "updated_at": start + timedelta(seconds=seconds),
        "html_url": f"https://github.com/{REPOSITORY}/actions/runs/{RUN_IDS[run - 1]}",
        "jobs": Known((job,)),
        "reconstructed": ("times inside the log", "log lines other than the error sentence"),
    }
    return Attempt(**{**values, **more})  # type: ignore[arg-type]  # a table of defaults, checked by the tests that use it


def _blocked(gate: Gate, by: Gate) -> GateVerdict:
    return GateVerdict(gate, Verdict.BLOCKED, f"Not reached: {by.label} failed first.")


def replay_of(run: int, attempt: Attempt | None = None) -> Replay:
    """The attempt with its verdicts."""
    attempt = attempt or attempt_of(run)
    if run == 3:
        step = Evidence(EvidenceKind.STEP, "Push immutable image: success", attempt.html_url, Origin.RECORDED)
        gates = tuple(_passed(gate, f"The run went through {gate.label}.", step) for gate in GATES)
        return Replay(attempt, gates, None, facts=_facts(run), needs=NEEDS)
    proof = proof_of(run)
    if run == 1:
        finding = Finding(
            Plane.AUTHENTICATION,
            Checkpoint.OIDC_TRUST,
            Cause.OIDC_PROVIDER_ABSENT,
            sentence="The account that was asked has no provider for GitHub's issuer, so no token of any run can be exchanged.",
            evidence=proof,
        )
        failed = GateVerdict(
            Gate.OIDC_TRUST,
            Verdict.FAIL,
            "The account had no OIDC provider for GitHub's issuer, so STS refused the token.",
            Checkpoint.OIDC_TRUST,
            Cause.OIDC_PROVIDER_ABSENT,
            evidence=(proof,),
        )
        rest = tuple(_blocked(gate, Gate.OIDC_TRUST) for gate in GATES[1:])
        return Replay(attempt, (failed, *rest), finding, facts=_facts(run), needs=NEEDS, retries=11)
    finding = Finding(
        Plane.AUTHORIZATION,
        Checkpoint.REGISTRY_AUTH,
        Cause.GET_AUTHORIZATION_TOKEN,
        action=TOKEN_ACTION,
        principal=f"arn:aws:sts::{ACCOUNT}:assumed-role/GitHubAction-AssumeRoleWithAction/GitHubActions",
        resource="*",
        sentence="The role was assumed, but it may not ask ECR for a login.",
        evidence=proof,
    )
    gates = (
        _passed(Gate.OIDC_TRUST, "The token was exchanged.", _step("Configure AWS credentials via OIDC", attempt)),
        _passed(
            Gate.ROLE_ASSUMPTION,
            "The log names the assumed role.",
            _step("Configure AWS credentials via OIDC", attempt),
        ),
        GateVerdict(
            Gate.REGISTRY_AUTHORIZATION,
            Verdict.FAIL,
            "No identity-based policy of the role allowed ecr:GetAuthorizationToken on *.",
            Checkpoint.REGISTRY_AUTH,
            Cause.GET_AUTHORIZATION_TOKEN,
            actions=(TOKEN_ACTION,),
            evidence=(proof,),
        ),
        _blocked(Gate.LEAST_PRIVILEGE, Gate.REGISTRY_AUTHORIZATION),
    )
    return Replay(attempt, gates, finding, facts=_facts(run), needs=NEEDS)


def _step(name: str, attempt: Attempt) -> Evidence:
    return Evidence(EvidenceKind.STEP, f"{name}: success", attempt.html_url, Origin.RECORDED)


def _facts(run: int) -> RunFacts:
    line = Evidence(EvidenceKind.LOG_LINE, "with: role-to-assume", None, Origin.RECONSTRUCTED, line=17)
    return RunFacts(
        role_arn=Fact(arn_of(ROLE), line),
        region=Fact("eu-west-2", line),
        audience=Fact("sts.amazonaws.com", line),
        repository=Fact("fraud-platform-dev-min", line),
        tag=Fact(f"git-{SHA}", line) if run == 3 else None,
    )


def diagnosis_of(stage: int, subject: int | None = None) -> Diagnosis:
    """The whole diagnosis at a stage, judged for a run (1 to 3)."""
    replays = tuple(replay_of(run) for run in range(1, stage + 1))
    chosen = replays[(subject or stage) - 1]
    branch = chosen.attempt.head_branch or ""
    live = live_of(stage, branch)
    return Diagnosis(
        REPOSITORY,
        replays,
        chosen,
        live,
        forecast=live.problems,
        paths=paths_of(stage, branch),
        closure=closure_of(stage),
        unknown=(SCP_GAP,) if stage == 1 else (),
        made_at=read_at(stage),
        moment=f"Stage {stage} of 3",
    )
