"""Say of each pointer of a chain how far it was checked: verified, stated, or looked for in vain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from diagnosis.closure.evidence.decision_log import entry_of, judge_clock, log_address
from diagnosis.closure.evidence.log_entry import LogEntry, NoEntry
from diagnosis.closure.evidence.sources import Kind, Source, base_name, sources
from diagnosis.facts.account import AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.closure_facts import ClosureFacts
from diagnosis.facts.endpoints import Endpoint
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.gates import Verdict
from diagnosis.verdicts.anchor import Anchor, AnchorKind, AnchorState
from diagnosis.verdicts.chronology import AttemptHistory
from diagnosis.verdicts.replay import Replay

_VERIFIED, _STATED, _NOT = AnchorState.VERIFIED, AnchorState.STATED, AnchorState.UNVERIFIABLE
_MOST_FILES = 40


def anchors_of(
    replays: Sequence[Replay],
    account: AccountState | None,
    case: Case,
    facts: ClosureFacts,
    history: Sequence[AttemptHistory] = (),
    endpoints: Sequence[Endpoint] = (),
) -> tuple[Anchor, ...]:
    """Return the anchors of a chain, in the order in which they are told. The case is that of the chain's own runs."""
    if not replays:
        return ()
    return (
        *(_run(replay) for replay in replays),
        *(_subject(seen) for seen in history if seen.subject),
        *_decision_log(replays, case, facts),
        *_evidence(replays, account, case, facts),
        *_image(replays, account, case),
        *(Anchor(AnchorKind.ENDPOINT, each.address, _STATED, each.note) for each in endpoints),
    )


def _run(replay: Replay) -> Anchor:
    attempt = replay.attempt
    how = f"Attempt {attempt.attempt} of run {attempt.run_id} was read through GitHub's API"
    made_up = (
        f"; parts of the recording that are reconstructed: {len(attempt.reconstructed)}"
        if attempt.reconstructed
        else ""
    )
    if attempt.origin is Origin.RECONSTRUCTED:
        return Anchor(
            AnchorKind.RUN, attempt.html_url, _STATED, f"The record of run {attempt.run_id} is a reconstruction."
        )
    ended = f"{attempt.conclusion or attempt.status}"
    return Anchor(AnchorKind.RUN, attempt.html_url, _VERIFIED, f"{how}: {ended}{made_up}.", attempt.html_url)


def _subject(seen: AttemptHistory) -> Anchor:
    reason = f"CloudTrail shows that run {seen.run} presented it for {seen.role or 'a role that it does not name'}."
    proof = (seen.subject_evidence,) if seen.subject_evidence else ()
    return Anchor(AnchorKind.SUBJECT, seen.subject or "", _VERIFIED, reason, evidence=proof)


def _decision_log(replays: Sequence[Replay], case: Case, facts: ClosureFacts) -> Iterator[Anchor]:
    if not case.decision_log:
        return
    named = f"{case.decision_log} — {case.decision_log_entry}" if case.decision_log_entry else case.decision_log
    reading = facts.decision_log
    kind = AnchorKind.DECISION_LOG
    if not isinstance(reading, Known):
        yield Anchor(kind, named, *_unread(reading))
        return
    log, entry = reading.value, entry_of(case, facts)
    if not isinstance(entry, LogEntry):
        why = entry.why if isinstance(entry, NoEntry) else "no entry of it is named"
        yield Anchor(kind, named, _NOT, f"The file was read, but not the entry: {why}.", log.url, log.sha256)
        return
    where = f"{log.path} at {log.commit}" if log.commit else f"{log.path} on this machine"
    lines = f"lines {entry.first_line} to {entry.last_line}"
    clock = judge_clock(replays, case, facts)
    state = _NOT if clock.verdict is Verdict.FAIL else _VERIFIED
    made_up = " File and commit are a reconstruction around the heading." if log.origin is Origin.RECONSTRUCTED else ""
    file = f" The whole file has sha256 {log.sha256}." if log.sha256 else ""
    reason = f"The entry was found in {where}, {lines}.{made_up} {clock.reason}{file}"
    yield Anchor(kind, named, state, reason, log_address(log, entry), entry.sha256, clock.evidence)


def _evidence(
    replays: Sequence[Replay], account: AccountState | None, case: Case, facts: ClosureFacts
) -> Iterator[Anchor]:
    artifacts, local, durable = sources(replays[-1].attempt, case, account, facts)
    for source, kind in ((local, AnchorKind.LOCAL_EVIDENCE), (durable, AnchorKind.DURABLE_EVIDENCE)):
        if source.named:
            yield _root(source, kind)
    names = case.evidence_artifacts or tuple(dict.fromkeys(file.name for file in artifacts.files))
    for name in names[:_MOST_FILES]:
        yield _file(name, (artifacts, local, durable))


def _root(source: Source, kind: AnchorKind) -> Anchor:
    root = source.root
    if not isinstance(root, Known):
        return Anchor(kind, source.address, *_unread(root))
    count, hashed = len(source.files), sum(isinstance(file.sha256, Known) for file in source.files)
    more = "" if root.value.complete else "; more lie there than were listed"
    reason = f"{count} files are there, {hashed} of them were hashed{more}."
    return Anchor(kind, source.address, _VERIFIED if count else _NOT, reason)


def _file(name: str, places: Sequence[Source]) -> Anchor:
    kind = AnchorKind.EVIDENCE_FILE
    found = [(place, file) for place in places for file in place.files if name in (file.name, base_name(file.name))]
    hashed = [(place, file.sha256.value) for place, file in found if isinstance(file.sha256, Known)]
    digests = {digest for _, digest in hashed}
    url = next((place.address for place, _ in found if place.kind is Kind.ARTIFACTS), "")
    if len(digests) > 1:
        told = ", ".join(f"{place.kind.value}: {digest[:12]}" for place, digest in hashed)
        return Anchor(kind, name, _NOT, f"It is not the same in each place ({told}).", url)
    if not digests:
        if found:
            why = next(file.sha256.why for _, file in found if isinstance(file.sha256, Unreadable))
            return Anchor(kind, name, _NOT, f"It is in {found[0][0].kind.value}, but was not hashed: {why}.", url)
        looked = [place for place in places if isinstance(place.root, Known)]
        if not looked:
            return Anchor(kind, name, _STATED, "Nothing was read that could hold it.")
        where = " and ".join(place.kind.value for place in looked)
        return Anchor(kind, name, _NOT, f"It is not in {where}.")
    where = " and ".join(dict.fromkeys(place.kind.value for place, _ in hashed))
    same = ", the same in each" if len(hashed) > 1 else ""
    return Anchor(kind, name, _VERIFIED, f"It was read from {where} and hashed{same}.", url, digests.pop())


def _image(replays: Sequence[Replay], account: AccountState | None, case: Case) -> Iterator[Anchor]:
    told = next((each.facts for each in reversed(replays) if each.facts.tag or each.facts.digest), None)
    tag = (told.tag.value if told and told.tag else None) or case.tag
    digest = (told.digest.value if told and told.digest else None) or case.digest
    reading = account.image if account is not None else None
    proof: tuple[Evidence, ...] = ()
    if isinstance(reading, Known):
        image = reading.value
        asked = account.question.tag if account is not None else None
        tag = tag or (asked if asked in image.tags else next(iter(image.tags), None))
        text = f"{', '.join(image.tags)} = {image.digest}"
        at = account.read_at if account is not None else None
        proof = (Evidence(EvidenceKind.API_CALL, text, "ecr:DescribeImages", Origin.LIVE, at),)
        fits = digest in (None, image.digest)
        state = _VERIFIED if fits else _NOT
        reason = (
            "ECR shows tag and digest together (ecr:DescribeImages)."
            if fits
            else f"ECR has {image.digest} under the tag."
        )
        tag_state = state if tag in image.tags else _NOT
        if tag:
            yield Anchor(
                AnchorKind.IMAGE_TAG, tag, tag_state, reason if tag in image.tags else "ECR has no such tag on it."
            )
        yield Anchor(AnchorKind.IMAGE_DIGEST, digest or image.digest, state, reason, evidence=proof)
        return
    if isinstance(reading, Absent):
        state, reason = _NOT, "It is not in the registry today: not pushed, deleted or expired."
    elif isinstance(reading, Unreadable) and account is not None:
        state, reason = _NOT, f"The registry could not be read: {reading.why}."
    elif told is not None:
        state, reason = _STATED, "The run's log names it; the registry was not asked."
    else:
        state, reason = _STATED, "The case names it; the registry was not asked."
    if tag:
        yield Anchor(AnchorKind.IMAGE_TAG, tag, state, reason)
    if digest:
        yield Anchor(AnchorKind.IMAGE_DIGEST, digest, state, reason)


_NEVER_ASKED = "it was not read"


def _unread(reading: Reading[object]) -> tuple[AnchorState, str]:
    """Return state and reason of what was not read: nobody asked, or it was looked for in vain."""
    if isinstance(reading, Absent):
        return _NOT, f"There is no {reading.what}."
    if isinstance(reading, Unreadable):
        if reading.why == _NEVER_ASKED:
            return _STATED, "It was named; nothing was read that could tell."
        lacking = f" ({reading.permission} is missing)" if reading.permission else ""
        return _NOT, f"It could not be read: {reading.why}{lacking}."
    return _STATED, "It was named; nothing was read that could tell."
