"""The attempts of a chain as a packet has them: verdicts, reason, proof, remediation, and whether an image was pushed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from diagnosis.documents.packet.content import (
    AttemptEntry,
    Proof,
    RemediationEntry,
    RemediationSource,
    SessionEntry,
)
from diagnosis.facts.case import Case
from diagnosis.facts.evidence import Evidence, EvidenceKind
from diagnosis.facts.runs import Attempt
from diagnosis.gates import Checkpoint, Gate, Verdict
from diagnosis.verdicts.chronology import AttemptHistory, Traced
from diagnosis.verdicts.closure import Closure
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.gate_verdict import GateVerdict, maybe_verdict_at
from diagnosis.verdicts.replay import Replay
from diagnosis.verdicts.run_end import End, end_of

_PUBLISH_RULES = frozenset({"positive-path", "no-override", "no-side-channel", "tag-and-digest"})
"""Rules of closure against which the closing run's own push is not taken as shown."""

_WORKFLOW = re.compile(r"\.github/(?:workflows|actions)/[A-Za-z0-9._/-]+\.ya?ml")

MOST_EVIDENCE = 5
"""Pieces of evidence that are listed for one rule or finding."""


def attempt_entry(replay: Replay, diagnosis: Diagnosis, case: Case) -> AttemptEntry:
    """Return one attempt as a packet has it."""
    attempt = replay.attempt
    failed = next((verdict for verdict in replay.gates if verdict.verdict is Verdict.FAIL), None)
    published = _published(replay, diagnosis)
    stopped = replay.stopped_by
    cause = failed.cause if failed else stopped.cause if stopped else None
    return AttemptEntry(
        run=attempt.run_id,
        attempt=attempt.attempt,
        url=attempt.html_url,
        workflow=attempt.workflow_path,
        ref=attempt.ref,
        commit=attempt.head_sha,
        started_at=attempt.started_at,
        conclusion=attempt.conclusion or attempt.status,
        end=end_of(replay).end,
        published=published,
        verdicts=tuple((verdict.gate, verdict.verdict) for verdict in replay.gates),
        reason=_reason(replay, failed, published=published),
        cause=str(cause or ""),
        proof=_proof(replay, failed),
        remediation=_remediation(replay, diagnosis, case),
        owner=failed.owner.value if failed else "",
    )


def session_entries(replays: Sequence[Replay]) -> tuple[SessionEntry, ...]:
    """Return every role session of every attempt."""
    return tuple(
        SessionEntry(
            run=replay.attempt.run_id,
            attempt=replay.attempt.attempt,
            job=session.job,
            role=str(session.facts.role_arn.value) if session.facts.role_arn else "",
            ran=session.ran,
            verdicts=tuple((verdict.gate, verdict.verdict) for verdict in session.gates),
        )
        for replay in replays
        for session in replay.sessions
    )


def proof_of(evidence: Evidence, attempt: Attempt | None = None) -> Proof:
    """Return a piece of evidence on one line, with the address at which it can be read; without one, that of the attempt's run."""
    return Proof(
        text=" ".join(evidence.text.split()),
        address=(_file_address(evidence, attempt) or evidence.address or attempt.html_url)
        if attempt
        else evidence.address or "",
        kind=evidence.kind,
        origin=evidence.origin,
        at=evidence.at,
    )


def _file_address(evidence: Evidence, attempt: Attempt) -> str:
    """Return where the line of a workflow file stands at the attempt's commit; empty for anything else."""
    server, runs, _ = attempt.html_url.partition("/actions/runs/")
    path = evidence.address or ""
    if evidence.kind is not EvidenceKind.WORKFLOW_FILE or not runs or not _WORKFLOW.fullmatch(path):
        return ""
    return f"{server}/blob/{attempt.head_sha}/{path}" + (f"#L{evidence.line}" if evidence.line else "")


def _published(replay: Replay, diagnosis: Diagnosis) -> bool:
    """Return whether the run shows a push: it succeeded, its registry gate is proved, and a push was part of what that asks.

    Of the run that closes the chain, closure has the last word: a push whose failure could be lost is not shown.
    """
    registry = maybe_verdict_at(replay.gates, Gate.REGISTRY_AUTHORIZATION)
    if replay.attempt.conclusion != "success" or registry is None or registry.verdict is not Verdict.PASS:
        return False
    needs = (*replay.needs, *(need for session in replay.sessions if session.ran for need in session.needs))
    if not any(need.checkpoint is Checkpoint.REGISTRY_PUSH for need in needs):
        return False
    closing = bool(diagnosis.replays) and diagnosis.replays[-1].attempt.key == replay.attempt.key
    return not closing or not _doubted(diagnosis.closure)


def _doubted(closure: Closure | None) -> bool:
    rules = closure.rules if closure else ()
    return any(
        rule.verdict is Verdict.FAIL or (rule.rule == "positive-path" and rule.verdict is not Verdict.PASS)
        for rule in rules
        if rule.rule in _PUBLISH_RULES
    )


def _reason(replay: Replay, failed: GateVerdict | None, *, published: bool) -> str:
    ended = end_of(replay)
    if failed:
        also = f" {_capital(ended.sentence())}." if ended.end is End.ANOTHER else ""
        return f"{failed.gate.label} ({failed.gate.plane.label} plane): {failed.reason}{also}"
    if replay.stopped_by:
        lead = f"{_capital(ended.sentence())}. " if ended.end in (End.ANOTHER, End.UNKNOWN) else ""
        return f"{lead}{replay.stopped_by.plane.label}: {replay.stopped_by.sentence}"
    if replay.attempt.conclusion == "success":
        proved = dict.fromkeys(verdict.reason for verdict in replay.gates if verdict.verdict is Verdict.PASS)
        return " ".join(
            ("Published." if published else "It ended in success; a push of an image is not shown.", *proved)
        )
    return f"{_capital(ended.sentence())}." if ended.end is End.RUNNING else "What stopped it is not known."


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _proof(replay: Replay, failed: GateVerdict | None) -> Proof | None:
    if failed:
        sources = failed.evidence[:1]
    elif replay.stopped_by and replay.stopped_by.evidence:
        sources = (replay.stopped_by.evidence,)  # what passed before it is no proof of the reason
    else:
        sources = tuple(evidence for verdict in replay.gates for evidence in verdict.evidence[-1:])
    return proof_of(sources[-1], replay.attempt) if sources else None


def _remediation(replay: Replay, diagnosis: Diagnosis, case: Case) -> RemediationEntry:
    """Return what was done after the attempt and how that is known; what was observed comes before what was stated."""
    entry = next((item for item in diagnosis.history if (item.run, item.attempt) == replay.attempt.key), None)
    stated = next(iter(case.changes_after(replay.attempt, [each.attempt for each in diagnosis.replays])), None)
    words = f"{stated.text} ({stated.source})" if stated else ""
    if entry is not None and entry.traced is Traced.OBSERVED:
        text = f"{entry.statement}. Stated: {words}" if stated else entry.statement
        return RemediationEntry(RemediationSource.OBSERVED, text, _rationale(entry))
    if stated:
        return RemediationEntry(RemediationSource.STATED, words, "Nothing that was read observed the change.")
    if replay.attempt.conclusion == "success" or (entry is not None and entry.traced is Traced.NOT_NEEDED):
        return RemediationEntry(RemediationSource.NOT_NEEDED, RemediationSource.NOT_NEEDED.value)
    if diagnosis.subject is replay and diagnosis.paths:
        path = diagnosis.paths[0]
        return RemediationEntry(RemediationSource.PROPOSED, f"{path.title}.", _would_prove(path.proves))
    return RemediationEntry(RemediationSource.NOT_ON_RECORD, RemediationSource.NOT_ON_RECORD.value)


def _would_prove(words: str) -> str:
    return f"A run after it would prove {words[0].lower()}{words[1:]}" if words else ""


def _rationale(entry: AttemptHistory) -> str:
    """Return which gates the observed changes can open: that is what makes them a fix of this failure."""
    gates = dict.fromkeys(gate.label for change in entry.observed for gate in change.gates)
    return f"What was observed can open: {', '.join(gates)}." if gates else ""
