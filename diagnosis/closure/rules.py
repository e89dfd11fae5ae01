"""Judge closure: whether the chain fail, fix, fail, fix, success is complete, in one workflow, for the right reasons.

``closed`` needs every rule to pass. A rule that cannot be decided makes the chain ``unproven``; static keys, a swallowed
denial, a side channel or an unbounded grant make it ``non-compliant``; without a success at its end it is ``open``.
"""

from __future__ import annotations

from collections.abc import Sequence

from diagnosis.causes import Cause, Integrity
from diagnosis.closure.history import failing_gate, failing_gates, failing_planes, fits, next_attempt
from diagnosis.closure.integrity import integrity_findings
from diagnosis.closure.side_channel import judge_push
from diagnosis.closure.stated_clock import moment
from diagnosis.closure.widening import widening_rule
from diagnosis.facts.account import AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.closure_facts import NOTHING_READ, ClosureFacts
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.reading import Absent, Known
from diagnosis.facts.workflow import UnparsableWorkflow, Workflow
from diagnosis.gates import Gate, Plane, Verdict
from diagnosis.steps.releasing_job import has_credential_step, releasing
from diagnosis.verdicts.assessment import Assessment
from diagnosis.verdicts.chronology import AttemptHistory, Traced
from diagnosis.verdicts.closure import Closure, ClosureStatus, IntegrityFinding, RuleVerdict
from diagnosis.verdicts.gate_verdict import GateVerdict
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
    facts: ClosureFacts = NOTHING_READ,  # noqa: ARG001 - the rules that look at it land with the next commits
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
        _same_subject(replays, findings, history),
        _remediation_traced(replays, history, case, account),
        _fix_in_plane(replays, history),
        _closing_run_passes(replays),
        _static_credentials(replays, workflow),
        _breach_rule("no-override", "No gate is demoted", findings, Integrity.GATE_DEMOTED, workflow is not None),
        *_evidence_rules(replays, account, case, findings),
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


def _both_planes_failed(replays: Sequence[Replay]) -> RuleVerdict:
    slug, title = "both-planes", "Both failure classes observed and resolved"
    failed = {gate.plane for replay in replays for gate in failing_gates(replay)}
    proof = tuple(_run(replay, f"failed at {gate.label}") for replay in replays for gate in failing_gates(replay))
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
    vague = [replay for replay in failed if failing_gate(replay) is None and replay.stopped_by is None]
    if vague:
        return RuleVerdict(
            slug,
            title,
            Verdict.UNKNOWN,
            f"What stopped run {vague[0].attempt.run_id} is not known.",
            tuple(_run(replay, "no gate named") for replay in vague),
        )
    leaked = [replay for replay in failed if any(_went_on(gates) for gates in _by_job(replay))]
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


def _by_job(replay: Replay) -> list[Sequence[GateVerdict]]:
    """Return the verdicts of each job: another job of the run may well pass what this one did not reach.

    A job that assumes several roles meets a gate with each of them, so nothing can be told of it as a whole.
    """
    if not replay.sessions:
        return [replay.gates]
    several = {session.job for session in replay.sessions if session.nth}
    return [session.gates for session in replay.sessions if session.job not in several]


def _went_on(gates: Sequence[GateVerdict]) -> bool:
    """Return whether a gate was passed behind one that failed; of registry and services either may come first."""
    failed = next((verdict.gate for verdict in gates if verdict.verdict is Verdict.FAIL), None)
    return failed is not None and any(
        later.verdict is Verdict.PASS
        and later.gate.order > failed.order
        and {later.gate, failed} != {Gate.REGISTRY_AUTHORIZATION, Gate.SERVICE_AUTHORIZATION}
        for later in gates
    )


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
    proved = [verdict for verdict in closing.gates if verdict.gate is not Gate.LEAST_PRIVILEGE]
    short = [verdict for verdict in proved if verdict.verdict is not Verdict.PASS]
    if short:
        return RuleVerdict(slug, title, Verdict.UNKNOWN, f"{short[0].gate.label}: {short[0].reason}")
    return RuleVerdict(
        slug,
        title,
        Verdict.PASS,
        f"{_listed([verdict.gate.label for verdict in proved])} are proved by the closing run itself.",
        tuple(evidence for verdict in proved for evidence in verdict.evidence[:1]),
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
    given = any(
        each.input("aws-secret-access-key")
        for job in workflow.jobs
        if has_credential_step(job)
        for each in job.all_steps
    )
    if keyed or given:
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


def _listed(names: Sequence[str]) -> str:
    first, *rest = names
    words = [first, *(name[:1].lower() + name[1:] for name in rest)]
    return f"{', '.join(words[:-1])} and {words[-1]}" if rest else first


def _breach_rule(
    slug: str, title: str, findings: Sequence[IntegrityFinding], finding_slug: Integrity, readable: bool
) -> RuleVerdict:
    found = [finding for finding in findings if finding.slug == finding_slug]
    breach = next((finding for finding in found if finding.breaks_closure), None)
    if breach is not None:
        return RuleVerdict(slug, title, Verdict.FAIL, breach.reason, breach.evidence)
    if found:
        return RuleVerdict(slug, title, Verdict.UNKNOWN, found[0].reason, found[0].evidence)
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


# -- what the history tells: a remediation for each failure, at its own plane, and one subject throughout


def _same_subject(
    replays: Sequence[Replay], findings: Sequence[IntegrityFinding], history: Sequence[AttemptHistory]
) -> RuleVerdict:
    """Judge whether the closing run proves the subject that failed: by the presented subjects if known, else by the ref."""
    slug, title = "same-subject", "The closing run proves the subject that failed"
    changed = next((finding for finding in findings if finding.slug == Integrity.REF_CHANGED_IN_CHAIN), None)
    if changed:
        return RuleVerdict(slug, title, Verdict.FAIL, changed.reason, changed.evidence)
    if not replays or replays[-1].attempt.conclusion != "success":
        return RuleVerdict(slug, title, Verdict.UNKNOWN, "There is no closing run yet.")
    seen = [entry for entry in history if entry.subject]
    proof = tuple(entry.subject_evidence for entry in seen if entry.subject_evidence)
    subjects = _subjects_of_one_session(replays, history)
    if len(subjects) > 1:
        reason = f"CloudTrail shows {len(subjects)} subjects in the chain: {', '.join(subjects)}."
        return RuleVerdict(slug, title, Verdict.FAIL, reason, proof)
    if len({entry.subject for entry in seen}) == 1 and len(seen) == len(replays):
        reason = f"Every attempt presented {subjects[0]}, as CloudTrail shows."
        return RuleVerdict(slug, title, Verdict.PASS, reason, proof)
    return RuleVerdict(slug, title, Verdict.PASS, f"All attempts ran on {replays[-1].attempt.ref}.", proof)


def _subjects_of_one_session(replays: Sequence[Replay], history: Sequence[AttemptHistory]) -> list[str]:
    """Return the subjects that one job presented in the chain: of several jobs, those of the one that presented the most.

    Jobs of a release may have environments and roles of their own, and thereby subjects: which of them decided may change.
    """
    found: dict[str, dict[str, None]] = {}
    for replay, entry in zip(replays, history, strict=False):
        if entry.subject:
            found.setdefault(_deciding_job(replay), {})[entry.subject] = None
    if "" in found:
        return list(dict.fromkeys(subject for subjects in found.values() for subject in subjects))
    return max((list(subjects) for subjects in found.values()), key=len, default=[])


def _deciding_job(replay: Replay) -> str:
    """Return the id of the job whose session the attempt's facts are; empty where that may be several, or none is told apart."""
    own = replay.facts
    jobs = {
        session.job_id
        for session in replay.sessions
        if (session.facts.role_arn, session.facts.environment) == (own.role_arn, own.environment)
    }
    return jobs.pop() if len(jobs) == 1 else ""


def _remediation_traced(
    replays: Sequence[Replay], history: Sequence[AttemptHistory], case: Case, account: AccountState | None
) -> RuleVerdict:
    """Judge whether every failure is followed by an observed change at the place that failed, before the next attempt."""
    slug, title = "remediation-traced", "A remediation between each failure and the next attempt"
    failed = _failures_with_history(replays, history)
    if not failed:
        return RuleVerdict(slug, title, Verdict.UNKNOWN, "No failure is on record.")
    proof = _statements(failed, case) + tuple(
        change.evidence for replay, entry in failed for change in entry.observed if fits(change, replay)
    )
    lacking = [replay for replay, entry in failed if entry.traced is Traced.NOT_ON_RECORD]
    if lacking:
        run = lacking[0].attempt.run_id
        return RuleVerdict(slug, title, Verdict.UNKNOWN, f"No remediation is on record for run {run}.", proof)
    stated = [replay for replay, entry in failed if entry.traced is Traced.STATED]
    if stated:
        read = account is not None and isinstance(account.trail, Known)
        why = "CloudTrail shows no change at the gate that failed" if read else "CloudTrail was not read"
        which = "every failure" if len(stated) == len(failed) else f"run {stated[0].attempt.run_id}"
        reason = f"Stated for {which} by the decision log; nothing observed the changes ({why})."
        return RuleVerdict(slug, title, Verdict.UNKNOWN, reason, proof)
    reason = "After each failure a change at the gate that failed was observed, before the next attempt began."
    return RuleVerdict(slug, title, Verdict.PASS, reason, proof)


def _fix_in_plane(replays: Sequence[Replay], history: Sequence[AttemptHistory]) -> RuleVerdict:
    """Judge whether CloudTrail, whole for each interval, shows changes of the failing plane and of no other."""
    slug, title = "fix-in-plane", "Each fix touched only the plane that had failed"
    failed = [
        (replay, entry)
        for replay, entry in _failures_with_history(replays, history)
        if next_attempt(replays, list(replays).index(replay)) is not None
    ]
    if not failed:
        return RuleVerdict(slug, title, Verdict.UNKNOWN, "No failure with a later attempt is on record.")
    for replay, entry in failed:
        planes = failing_planes(replay)
        changes = [change for change in entry.observed if change.evidence.kind is EvidenceKind.API_CALL]
        outside = [change for change in changes if change.plane not in planes]
        if planes and outside:
            named = " and ".join(plane.label for plane in Plane if plane in planes)
            reason = (
                f"Run {entry.run} had failed at the {named} plane; before the next attempt {outside[0].text} "
                f"touched {outside[0].plane.label} too."
            )
            return RuleVerdict(slug, title, Verdict.FAIL, reason, tuple(change.evidence for change in outside))
    vague = [entry.run for replay, entry in failed if not failing_planes(replay)]
    if vague:
        return RuleVerdict(slug, title, Verdict.UNKNOWN, f"At which plane run {vague[0]} failed is not known.")
    unproved = [entry.run for _, entry in failed if not entry.silence_proves]
    if unproved:
        reason = (
            f"What else was changed after run {unproved[0]} is not known: CloudTrail was not read whole for that time."
        )
        return RuleVerdict(slug, title, Verdict.UNKNOWN, reason)
    proof = tuple(change.evidence for _, entry in failed for change in entry.observed)
    reason = "Between each failure and the next attempt nothing outside of the failing plane was changed."
    return RuleVerdict(slug, title, Verdict.PASS, reason, proof)


def _failures_with_history(
    replays: Sequence[Replay], history: Sequence[AttemptHistory]
) -> list[tuple[Replay, AttemptHistory]]:
    return [
        (replay, entry)
        for replay, entry in zip(replays, history, strict=False)
        if replay.attempt.conclusion == "failure"
    ]


def _statements(failed: Sequence[tuple[Replay, AttemptHistory]], case: Case) -> tuple[Evidence, ...]:
    runs = {replay.attempt.run_id for replay, _ in failed}
    return tuple(
        Evidence(EvidenceKind.STATED, change.text, change.source, Origin.STATED, moment(change.at))
        for change in case.changes
        if change.after_run in runs
    )


# -- what the release left behind: the image, the evidence objects, the decision log


def _evidence_rules(
    replays: Sequence[Replay],
    account: AccountState | None,
    case: Case,
    findings: Sequence[IntegrityFinding],
) -> tuple[RuleVerdict, ...]:
    """Judge image identity, side channel, presence and measure of the evidence, and the anchor in the decision log."""
    return (
        _image_identity(replays, account, case),
        _no_side_channel(replays, account),
        _evidence_present(account, case),
        _evidence_measures(replays, findings),
        _decision_log(case),
    )


def _image_identity(replays: Sequence[Replay], account: AccountState | None, case: Case) -> RuleVerdict:
    slug, title = "tag-and-digest", "One tag and digest pair"
    if account is None:
        return RuleVerdict(slug, title, Verdict.UNKNOWN, "The registry was not read.")
    if isinstance(account.image, Absent):
        details = account.registry_details
        expires = isinstance(details, Known) and details.value.lifecycle_policy
        since = (
            "not pushed, deleted, or expired by the repository's lifecycle policy"
            if expires
            else "not pushed, or deleted"
        )
        return RuleVerdict(slug, title, Verdict.UNKNOWN, f"The image is not in the registry ({since}).")
    if not isinstance(account.image, Known):
        return RuleVerdict(slug, title, Verdict.UNKNOWN, f"The image could not be read: {account.image.why}.")
    image = account.image.value
    expected = next((r.facts.digest.value for r in reversed(replays) if r.facts.digest), None) or case.digest
    proof = (
        Evidence(
            EvidenceKind.API_CALL,
            f"{', '.join(image.tags)} = {image.digest}",
            "ecr:DescribeImages",
            Origin.LIVE,
            account.read_at,
        ),
    )
    if expected is None:
        return RuleVerdict(slug, title, Verdict.UNKNOWN, "No run of the chain tells the digest that it pushed.", proof)
    if expected != image.digest:
        return RuleVerdict(
            slug, title, Verdict.FAIL, f"The tag holds {image.digest}, the run pushed {expected}.", proof
        )
    return RuleVerdict(slug, title, Verdict.PASS, "The tag holds the digest that the run recorded.", proof)


def _no_side_channel(replays: Sequence[Replay], account: AccountState | None) -> RuleVerdict:
    push = judge_push(replays, account)
    title = "The image was pushed by a run of this chain"
    return RuleVerdict("no-side-channel", title, push.verdict, push.reason, push.evidence)


def _evidence_present(account: AccountState | None, case: Case) -> RuleVerdict:
    slug, title = "evidence-present", "The evidence artifacts are there"
    if case.evidence_root is None:
        return RuleVerdict(slug, title, Verdict.UNKNOWN, "No evidence root is named (case file: evidence_root).")
    if account is None:
        return RuleVerdict(slug, title, Verdict.UNKNOWN, "The evidence root was not read.")
    reading = account.evidence_objects
    if isinstance(reading, Absent):
        return RuleVerdict(slug, title, Verdict.FAIL, f"Nothing lies under {case.evidence_root}.")
    if not isinstance(reading, Known):
        return RuleVerdict(slug, title, Verdict.UNKNOWN, f"The evidence root could not be read: {reading.why}.")
    present = {item.key.rpartition("/")[2] for item in reading.value}
    lacking = [name for name in case.evidence_artifacts if name not in present]
    proof = (
        Evidence(
            EvidenceKind.API_CALL,
            f"{len(reading.value)} objects under {case.evidence_root}",
            "s3:ListBucket",
            Origin.LIVE,
            account.read_at,
        ),
    )
    if lacking or not present:
        return RuleVerdict(slug, title, Verdict.FAIL, f"Missing: {', '.join(lacking) or 'every object'}.", proof)
    return RuleVerdict(slug, title, Verdict.PASS, f"All {len(present)} objects are there.", proof)


def _evidence_measures(replays: Sequence[Replay], findings: Sequence[IntegrityFinding]) -> RuleVerdict:
    slug, title = "evidence-measured", "The evidence measures what it says"
    asserted = [finding for finding in findings if finding.slug == Integrity.SELF_ASSERTED_EVIDENCE]
    if asserted:
        return RuleVerdict(slug, title, Verdict.UNKNOWN, asserted[0].reason, asserted[0].evidence)
    if not replays or not isinstance(replays[-1].attempt.artifacts, Known):
        return RuleVerdict(slug, title, Verdict.UNKNOWN, "The closing run's artifacts were not read.")
    if not replays[-1].attempt.artifacts.value:
        return RuleVerdict(slug, title, Verdict.UNKNOWN, "The closing run left no artifacts.")
    return RuleVerdict(slug, title, Verdict.PASS, "No artifact's verdict is a constant of the workflow text.")


def _decision_log(case: Case) -> RuleVerdict:
    slug, title = "decision-log", "A timestamped decision-log entry"
    if not case.decision_log:
        return RuleVerdict(slug, title, Verdict.UNKNOWN, "No decision log is named (case file: decision_log).")
    proof = (
        Evidence(EvidenceKind.STATED, case.decision_log_entry or case.decision_log, case.decision_log, Origin.STATED),
    )
    if not case.decision_log_entry:
        return RuleVerdict(slug, title, Verdict.UNKNOWN, "The decision log is named, its entry is not.", proof)
    return RuleVerdict(slug, title, Verdict.PASS, "The entry is anchored (stated; its content was not read).", proof)
