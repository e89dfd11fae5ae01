"""The chain as a packet has it: closure rule by rule, integrity findings, and the anchors that a reader can check."""

from __future__ import annotations

from collections.abc import Iterator

from diagnosis.documents.packet.attempts import MOST_EVIDENCE, proof_of
from diagnosis.documents.packet.content import (
    AnchorEntry,
    ClosureEntry,
    ExceptionEntry,
    FindingEntry,
    Proof,
    RuleEntry,
    StatedKind,
    SubjectEntry,
)
from diagnosis.facts.case import Case
from diagnosis.facts.evidence import Evidence, EvidenceKind
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt
from diagnosis.gates import Verdict
from diagnosis.verdicts.anchor import AnchorKind, AnchorState
from diagnosis.verdicts.closure import Closure
from diagnosis.verdicts.diagnosis import Diagnosis


def closure_entry(closure: Closure, attempt: Attempt | None) -> ClosureEntry:
    """Return the judgement of the chain, every rule of it. ``attempt``: the one whose workflow file counts."""
    return ClosureEntry(
        status=closure.status,
        sentence=closure.sentence,
        rules=tuple(
            RuleEntry(
                rule=rule.rule,
                title=rule.title,
                sentence=rule.sentence,
                verdict=rule.verdict,
                reason=rule.reason,
                next_step="" if rule.verdict is Verdict.PASS else rule.next_step,
                breach=rule.breach,
                evidence=_proofs(rule.evidence, attempt),
            )
            for rule in closure.rules
        ),
        integrity=tuple(
            FindingEntry(str(item.slug), item.reason, item.breaks_closure, _proofs(item.evidence, attempt))
            for item in closure.integrity
        ),
        next_steps=closure.next_steps,
        subjects=tuple(
            SubjectEntry(item.subject, item.state, item.reason, _proofs(item.evidence, attempt))
            for item in closure.subjects
        ),
    )


def _proofs(evidence: tuple[Evidence, ...], attempt: Attempt | None) -> tuple[Proof, ...]:
    return tuple(
        dict.fromkeys(
            proof_of(item, attempt if item.kind is EvidenceKind.WORKFLOW_FILE else None)
            for item in evidence[:MOST_EVIDENCE]
        )
    )


def exception_entries(case: Case) -> tuple[ExceptionEntry, ...]:
    """Return what the case states beyond the rules, each with its reason and its end."""
    escalations = (
        ExceptionEntry(
            StatedKind.ESCALATION, item.grant, item.rationale, item.expires.isoformat() if item.expires else ""
        )
        for item in case.escalations
    )
    doors = (
        ExceptionEntry(StatedKind.SECOND_DOOR, item.principal, item.rationale, item.expires.isoformat())
        for item in case.exceptions
    )
    return (*escalations, *doors)


def anchor_entries(diagnosis: Diagnosis, case: Case) -> tuple[AnchorEntry, ...]:
    """Return the anchors of the diagnosis; where it has none of a kind, what the case states and the account shows."""
    own = tuple(
        AnchorEntry(item.kind, item.value, item.state, item.reason, item.url, item.sha256) for item in diagnosis.anchors
    )
    known = {entry.kind for entry in own}
    return (*own, *(entry for entry in _stated(diagnosis, case) if entry.kind not in known))


def _stated(diagnosis: Diagnosis, case: Case) -> Iterator[AnchorEntry]:
    for replay in diagnosis.replays:
        address = replay.attempt.html_url
        reason = f"It was read through GitHub's API ({replay.attempt.origin.value})."
        yield AnchorEntry(AnchorKind.RUN, address, AnchorState.VERIFIED, reason, address)
    for seen in diagnosis.history:
        if seen.subject:
            reason = (
                f"CloudTrail shows that run {seen.run} presented it for {seen.role or 'a role that it does not name'}."
            )
            yield AnchorEntry(AnchorKind.SUBJECT, seen.subject, AnchorState.VERIFIED, reason)
    if case.decision_log:
        entry = f" — {case.decision_log_entry}" if case.decision_log_entry else ""
        reason = "The case file names it; its content was not read."
        yield AnchorEntry(AnchorKind.DECISION_LOG, case.decision_log + entry, AnchorState.STATED, reason)
    if case.evidence_local:
        reason = "The case file names it; it is not in the repository."
        yield AnchorEntry(AnchorKind.LOCAL_EVIDENCE, case.evidence_local, AnchorState.STATED, reason)
    for server in diagnosis.endpoints:
        reason = f"It was asked in {server.place} place: {server.holds}"
        yield AnchorEntry(AnchorKind.ENDPOINT, server.address, AnchorState.STATED, reason)
    if case.evidence_root:
        yield _durable(diagnosis, case.evidence_root)
    yield from _image(diagnosis, case)


def _durable(diagnosis: Diagnosis, root: str) -> AnchorEntry:
    account = diagnosis.live.account if diagnosis.live else None
    if account is not None and isinstance(account.evidence_objects, Known):
        reason = f"Objects listed below it: {len(account.evidence_objects.value)}. Their content was not read."
        return AnchorEntry(AnchorKind.DURABLE_EVIDENCE, root, AnchorState.STATED, reason)
    return AnchorEntry(
        AnchorKind.DURABLE_EVIDENCE, root, AnchorState.STATED, "The case file names it; it was not listed."
    )


def _image(diagnosis: Diagnosis, case: Case) -> Iterator[AnchorEntry]:
    tag, digest, state, reason = _tag_and_digest(diagnosis, case)
    if tag:
        yield AnchorEntry(AnchorKind.IMAGE_TAG, tag, state, reason)
    if digest:
        yield AnchorEntry(AnchorKind.IMAGE_DIGEST, digest, state, reason)


def _tag_and_digest(diagnosis: Diagnosis, case: Case) -> tuple[str | None, str | None, AnchorState, str]:
    account = diagnosis.live.account if diagnosis.live else None
    if account and isinstance(account.image, Known):
        image = account.image.value
        tag = account.question.tag if account.question.tag in image.tags else next(iter(image.tags), None)
        return tag, image.digest, AnchorState.VERIFIED, "It was read with ecr:DescribeImages."
    for replay in reversed(diagnosis.replays):
        if replay.facts.tag and replay.facts.digest:
            reason = f"Run {replay.attempt.run_id} names it; it was not found in the registry today."
            return replay.facts.tag.value, replay.facts.digest.value, AnchorState.STATED, reason
    return case.tag, case.digest, AnchorState.STATED, "The case file names it."
