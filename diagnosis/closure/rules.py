"""Closure: is the chain fail, fix, fail, fix, success complete, in one workflow, for the right reasons?

``closed`` needs every rule to pass. A rule that cannot be decided makes the chain ``unproven``; static keys, a swallowed
denial, a side channel or an unbounded grant make it ``non-compliant``; without a success at its end it is ``open``.
"""

from __future__ import annotations

from collections.abc import Sequence

from diagnosis.causes import Cause, Integrity
from diagnosis.closure.evidence_rules import evidence_rules
from diagnosis.closure.history_rules import fix_in_plane, remediation_traced, same_subject
from diagnosis.closure.integrity import integrity_findings
from diagnosis.closure.widening import widening_rule
from diagnosis.facts.account import AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.evidence import Evidence, EvidenceKind
from diagnosis.facts.workflow import UnparsableWorkflow, Workflow
from diagnosis.gates import GATES, Gate, Plane, Verdict
from diagnosis.steps.releasing_job import releasing
from diagnosis.verdicts.assessment import Assessment
from diagnosis.verdicts.chronology import AttemptHistory
from diagnosis.verdicts.closure import Closure, ClosureStatus, IntegrityFinding, RuleVerdict
from diagnosis.verdicts.replay import Replay

_NON_COMPLIANT = frozenset(
    {"no-static-credentials", "no-override", "no-side-channel", "scope-bounded", "no-undocumented-widening"}
)
"""Rules whose failure is a breach, not a gap in the proof."""


def judge_closure(
    replays: Sequence[Replay],
    subject: Replay | None,
    live: Assessment | None,
    case: Case,
    history: Sequence[AttemptHistory],
) -> Closure:
    """Judge the chain by every rule.

    ``subject`` is the attempt whose workflow file counts, and for which ``live`` was judged: the account alone can tell
    of the scope, the image and the evidence objects. ``history`` has one entry for each replay: what was done between the
    attempts (:func:`diagnosis.closure.history.history_of`).
    """
    account: AccountState | None = live.account if live else None
    workflow = subject.workflow if subject else None
    findings = integrity_findings(replays, workflow, account, case, history)
    rules = (
        _success_at_end(replays),
        _both_planes_failed(replays),
        _own_boundary(replays),
        _same_workflow(replays),
        same_subject(replays, findings, history),
        remediation_traced(replays, history, case, account),
        fix_in_plane(replays, history),
        _closing_run_passes(replays),
        _static_credentials(replays, workflow),
        _breach_rule("no-override", "No gate is demoted", findings, Integrity.GATE_DEMOTED, workflow is not None),
        *evidence_rules(replays, account, case, findings),
        _scope_bounded(live),
        widening_rule(replays, live, case),
    )
    status = _status(replays, rules)
    return Closure(status=status, sentence=_sentence(status, rules, findings), rules=rules, integrity=findings)


def _status(replays: Sequence[Replay], rules: Sequence[RuleVerdict]) -> ClosureStatus:
    if any(rule.verdict is Verdict.FAIL and rule.rule in _NON_COMPLIANT for rule in rules):
        return ClosureStatus.NON_COMPLIANT
    if not replays or replays[-1].attempt.conclusion != "success":
        return ClosureStatus.OPEN
    if all(rule.verdict is Verdict.PASS for rule in rules):
        return ClosureStatus.CLOSED
    return ClosureStatus.UNPROVEN


def _sentence(status: ClosureStatus, rules: Sequence[RuleVerdict], findings: Sequence[IntegrityFinding]) -> str:
    short = [rule for rule in rules if rule.verdict is not Verdict.PASS]
    if status is ClosureStatus.CLOSED:
        return "Every rule of closure is proved."
    if status is ClosureStatus.OPEN:
        return "The chain has not ended in a success yet."
    if status is ClosureStatus.NON_COMPLIANT:
        breach = next(rule for rule in short if rule.verdict is Verdict.FAIL and rule.rule in _NON_COMPLIANT)
        return f"Not acceptable as closure: {breach.reason}"
    changed = next((finding for finding in findings if finding.slug == Integrity.REF_CHANGED_IN_CHAIN), None)
    if changed:
        rest = [rule for rule in short if rule.rule != "same-subject"]
        more = f" {len(rest)} further rule{'s' if len(rest) != 1 else ''} lack{'s' if len(rest) == 1 else ''} proof."
        return f"The chain ends in success, but {changed.reason[0].lower()}{changed.reason[1:]}{more if rest else ''}"
    return f"The chain ends in success, but {len(short)} of {len(rules)} rules lack proof."


def _run(replay: Replay, text: str) -> Evidence:
    attempt = replay.attempt
    return Evidence(
        kind=EvidenceKind.RUN,
        text=f"run {attempt.run_id} attempt {attempt.attempt}: {text}",
        address=attempt.html_url,
        origin=attempt.origin,
        at=attempt.started_at,
    )


def _success_at_end(replays: Sequence[Replay]) -> RuleVerdict:
    slug, title = "chain-complete", "Failure, then success"
    if not replays:
        return RuleVerdict(slug, title, Verdict.UNKNOWN, "No attempts were read.")
    last, failures = replays[-1], [replay for replay in replays if replay.attempt.conclusion == "failure"]
    proof = tuple(_run(replay, replay.attempt.conclusion or replay.attempt.status) for replay in replays)
    if last.attempt.conclusion != "success":
        return RuleVerdict(slug, title, Verdict.FAIL, "The latest attempt did not succeed.", proof)
    if not failures:
        return RuleVerdict(slug, title, Verdict.UNKNOWN, "It succeeded once; no failure of it is on record.", proof)
    return RuleVerdict(slug, title, Verdict.PASS, f"{len(failures)} failed, then a success.", proof)


def _failing_gate(replay: Replay) -> Gate | None:
    return next((verdict.gate for verdict in replay.gates if verdict.verdict is Verdict.FAIL), None)


def _both_planes_failed(replays: Sequence[Replay]) -> RuleVerdict:
    slug, title = "both-planes", "Both failure classes observed and resolved"
    failed = {gate.plane for replay in replays if (gate := _failing_gate(replay)) is not None}
    proof = tuple(
        _run(replay, f"failed at {gate.label}") for replay in replays if (gate := _failing_gate(replay)) is not None
    )
    lacking = [plane.label for plane in (Plane.AUTHENTICATION, Plane.AUTHORIZATION) if plane not in failed]
    if lacking:
        return RuleVerdict(
            slug, title, Verdict.UNKNOWN, f"No failure of the {' nor the '.join(lacking)} plane is on record.", proof
        )
    if replays[-1].attempt.conclusion != "success":
        return RuleVerdict(slug, title, Verdict.FAIL, "Both were observed; they are not both resolved yet.", proof)
    return RuleVerdict(slug, title, Verdict.PASS, "Each plane failed on its own and the chain ends in success.", proof)


def _own_boundary(replays: Sequence[Replay]) -> RuleVerdict:
    slug, title = "own-boundary", "Each failure at its own boundary"
    failed = [replay for replay in replays if replay.attempt.conclusion == "failure"]
    vague = [replay for replay in failed if _failing_gate(replay) is None and replay.stopped_by is None]
    if vague:
        return RuleVerdict(
            slug,
            title,
            Verdict.UNKNOWN,
            f"What stopped run {vague[0].attempt.run_id} is not known.",
            tuple(_run(replay, "no gate named") for replay in vague),
        )
    leaked = [
        replay
        for replay in failed
        if (gate := _failing_gate(replay)) is not None
        and any(replay.at(later).verdict is Verdict.PASS for later in GATES[gate.order + 1 :])
    ]
    if leaked:
        return RuleVerdict(
            slug,
            title,
            Verdict.FAIL,
            f"Run {leaked[0].attempt.run_id} went on past the gate that failed.",
            tuple(_run(replay, "passed a gate after a failed one") for replay in leaked),
        )
    if not failed:
        return RuleVerdict(slug, title, Verdict.UNKNOWN, "No failure is on record.")
    return RuleVerdict(slug, title, Verdict.PASS, "Nothing past the failing gate was reached.")


def _same_workflow(replays: Sequence[Replay]) -> RuleVerdict:
    slug, title = "same-workflow", "Same workflow, same commit"
    paths = {replay.attempt.workflow_path for replay in replays}
    commits = {replay.attempt.head_sha for replay in replays}
    if len(paths) > 1:
        return RuleVerdict(slug, title, Verdict.FAIL, f"{len(paths)} workflows are mixed in this chain.")
    if not paths:
        return RuleVerdict(slug, title, Verdict.UNKNOWN, "No attempts were read.")
    if len(commits) > 1:
        return RuleVerdict(
            slug,
            title,
            Verdict.PASS,
            f"One workflow file; {len(commits)} commits, so the code changed between attempts.",
        )
    return RuleVerdict(slug, title, Verdict.PASS, "One workflow file at one commit.")


def _closing_run_passes(replays: Sequence[Replay]) -> RuleVerdict:
    slug, title = "positive-path", "The closing run assumed, authorized and published"
    if not replays or replays[-1].attempt.conclusion != "success":
        return RuleVerdict(slug, title, Verdict.UNKNOWN, "There is no closing run yet.")
    closing = replays[-1]
    wanted = (Gate.OIDC_TRUST, Gate.ROLE_ASSUMPTION, Gate.REGISTRY_AUTHORIZATION)
    short = [closing.at(gate) for gate in wanted if closing.at(gate).verdict is not Verdict.PASS]
    if short:
        return RuleVerdict(slug, title, Verdict.UNKNOWN, f"{short[0].gate.label}: {short[0].reason}")
    return RuleVerdict(
        slug,
        title,
        Verdict.PASS,
        "OIDC trust, role assumption and registry authorization are proved by the closing run itself.",
        tuple(evidence for gate in wanted for evidence in closing.at(gate).evidence[:1]),
    )


def _static_credentials(replays: Sequence[Replay], workflow: Workflow | UnparsableWorkflow | None) -> RuleVerdict:
    slug, title = "no-static-credentials", "No static keys"
    if any(verdict.cause is Cause.STATIC_CREDENTIALS for replay in replays for verdict in replay.gates):
        return RuleVerdict(slug, title, Verdict.FAIL, "A run of the chain authenticated with static keys.")
    if not isinstance(workflow, Workflow):
        return RuleVerdict(slug, title, Verdict.UNKNOWN, "The workflow file at the run's commit was not read.")
    step = releasing(workflow).step
    places = [
        workflow.env,
        *(job.env for job in workflow.jobs),
        *(step.env for job in workflow.jobs for step in job.all_steps),
    ]
    keyed = [name for env in places for name, value in env if name.upper() == "AWS_SECRET_ACCESS_KEY" and value]
    if keyed or (step is not None and step.input("aws-secret-access-key")):
        return RuleVerdict(slug, title, Verdict.FAIL, "The workflow hands static AWS keys to the release.")
    if step is None or not step.input("role-to-assume"):
        return RuleVerdict(slug, title, Verdict.UNKNOWN, "No step that assumes a role was recognised in the workflow.")
    return RuleVerdict(
        slug,
        title,
        Verdict.PASS,
        "The workflow assumes a role by web identity and names no static keys.",
        (
            Evidence(
                EvidenceKind.WORKFLOW_FILE,
                "role-to-assume, no key inputs",
                address=step.file or workflow.path,
                line=step.line,
            ),
        ),
    )


def _breach_rule(
    slug: str, title: str, findings: Sequence[IntegrityFinding], finding_slug: Integrity, readable: bool
) -> RuleVerdict:
    found = [finding for finding in findings if finding.slug == finding_slug]
    if found:
        return RuleVerdict(slug, title, Verdict.FAIL, found[0].reason, found[0].evidence)
    if not readable:
        return RuleVerdict(slug, title, Verdict.UNKNOWN, "The workflow file at the run's commit was not read.")
    return RuleVerdict(slug, title, Verdict.PASS, "No step of the release swallows a denial or is switched off.")


def _scope_bounded(live: Assessment | None) -> RuleVerdict:
    slug, title = "scope-bounded", "Scope stays bounded (judged on today's state)"
    if live is None:
        return RuleVerdict(slug, title, Verdict.UNKNOWN, "The account was not read.")
    verdict = live.at(Gate.LEAST_PRIVILEGE)
    kept = verdict.verdict if verdict.verdict in (Verdict.PASS, Verdict.FAIL) else Verdict.UNKNOWN
    return RuleVerdict(slug, title, kept, verdict.reason, verdict.evidence)
