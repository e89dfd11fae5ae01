"""Hold a packet against what GitHub and AWS say today: each fact the same, another one, or not readable any more.

Today's facts come as a packet made anew of the same runs, so that both are in the same words. Only what a packet says was
read is held against them: what it calls stated was never proved, and is not now.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from diagnosis.documents.packet import Packet
from diagnosis.documents.packet.content import AnchorEntry, AttemptEntry
from diagnosis.gates import Gate, Verdict
from diagnosis.verdicts.anchor import AnchorKind, AnchorState
from tui.packet.verify.report import Line, Question, Sign

_EVIDENCE = (
    AnchorKind.DECISION_LOG,
    AnchorKind.LOCAL_EVIDENCE,
    AnchorKind.DURABLE_EVIDENCE,
    AnchorKind.EVIDENCE_FILE,
)
_IMAGE = (AnchorKind.IMAGE_TAG, AnchorKind.IMAGE_DIGEST)


def compare_live(old: Packet, today: Sequence[Packet], whom: str = "GitHub") -> list[Line]:
    """Return a line for each fact of the packet that can be read again; ``whom`` was asked about the runs.

    ``today``: packets of what was read now, of the same facts with account ids masked and as they are; the packet may have
    been made either way.
    """
    return [
        *_instead(today),
        *_runs(old, today, whom),
        *_anchors(old, today, _IMAGE, Question.IMAGE),
        *_anchors(old, today, _EVIDENCE, Question.EVIDENCE),
    ]


def _instead(today: Sequence[Packet]) -> list[Line]:
    """Say which servers were asked in GitHub's or AWS's place: what they say is not what those say."""
    asked = [each for packet in today for each in packet.anchors if each.kind is AnchorKind.ENDPOINT]
    told = [f"{each.value}: {each.reason}" for each in asked]
    return [Line(Question.RUNS, Sign.NOTE, sentence) for sentence in dict.fromkeys(told)]


def _runs(old: Packet, today: Sequence[Packet], whom: str) -> Iterator[Line]:
    known = {(each.run, each.attempt) for each in old.attempts}
    for entry in old.attempts:
        named = f"Run {entry.run}, attempt {entry.attempt}:"
        now = [
            each
            for packet in today
            for each in packet.attempts
            if (each.run, each.attempt) == (entry.run, entry.attempt)
        ]
        if not now:
            yield Line(Question.RUNS, Sign.UNKNOWN, f"{named} it could not be read.")
            continue
        other = min((_other_facts(entry, each) for each in now), key=len)
        if other:
            yield Line(Question.RUNS, Sign.BROKEN, f"{named} {'; '.join(other)}.")
            continue
        told = f"{named} {whom} says the same of its workflow, ref, commit, start and conclusion ({entry.conclusion})."
        yield Line(Question.RUNS, Sign.HOLDS, told)
        yield from _verdicts(named, entry, now[0])
    later = sorted({(each.run, each.attempt) for packet in today for each in packet.attempts} - known)
    for run, attempt in later:
        yield Line(Question.RUNS, Sign.NOTE, f"Run {run} has an attempt {attempt}, which is not in the packet.")


def _other_facts(entry: AttemptEntry, now: AttemptEntry) -> list[str]:
    """Return what GitHub says otherwise."""
    pairs = {
        "workflow": (entry.workflow, now.workflow),
        "ref": (entry.ref, now.ref),
        "commit": (entry.commit, now.commit),
        "start": (entry.started_at, now.started_at),
        "conclusion": (entry.conclusion, now.conclusion),
    }
    return [
        f"its {what} is {now!s} today and {was!s} in the packet" for what, (was, now) in pairs.items() if was != now
    ]


def _verdicts(named: str, entry: AttemptEntry, now: AttemptEntry) -> Iterator[Line]:
    """Compare what the run's own record shows, which needs its log; GitHub keeps a log for a time only."""
    was, is_now = dict(entry.verdicts), dict(now.verdicts)
    lost = [
        gate for gate, verdict in was.items() if is_now.get(gate, Verdict.UNKNOWN) is Verdict.UNKNOWN is not verdict
    ]
    other = [gate for gate, verdict in was.items() if gate not in lost and is_now.get(gate) is not verdict]
    if other:
        told = f"{named} its record shows another verdict at {_listed(other)}."
        yield Line(Question.RUNS, Sign.BROKEN, told)
    elif lost:
        told = f"{named} its record does not show any more what the packet says of {_listed(lost)}."
        yield Line(Question.RUNS, Sign.UNKNOWN, told)
    else:
        yield Line(Question.RUNS, Sign.HOLDS, f"{named} its record shows the same verdict at every gate.")


def _listed(gates: Sequence[Gate]) -> str:
    return ", ".join(gate.label for gate in gates)


def _anchors(old: Packet, today: Sequence[Packet], kinds: Sequence[AnchorKind], question: Question) -> Iterator[Line]:
    for entry in old.anchors:
        if entry.kind not in kinds:
            continue
        what = f"{entry.kind.value.replace('-', ' ')} {entry.value}"
        if entry.state is not AnchorState.VERIFIED:
            yield Line(
                question, Sign.NOTE, f"{what}: the packet itself says no more than that it is {entry.state.value}."
            )
            continue
        now = [each for packet in today for each in packet.anchors if each.kind is entry.kind]
        yield Line(question, *_answer(entry, now, what))


def _answer(entry: AnchorEntry, now: Sequence[AnchorEntry], what: str) -> tuple[Sign, str]:
    same = [each for each in now if each.value == entry.value]
    read = [each for each in same if each.state is AnchorState.VERIFIED]
    if any(each.sha256 == entry.sha256 and each.reason == entry.reason for each in read):
        return Sign.HOLDS, f"{what}: the same today."
    if any(each.sha256 != entry.sha256 for each in read):
        return Sign.BROKEN, f"{what}: it has another content today."
    if read:
        return Sign.UNKNOWN, f"{what}: it is there, and told otherwise today: {read[0].reason}"
    if same:
        return Sign.UNKNOWN, f"{what}: it could not be read: {same[0].reason}"
    others = [each.value for each in now if each.state is AnchorState.VERIFIED]
    if others and entry.kind in _IMAGE:
        return Sign.BROKEN, f"{what}: today it is {others[0]}."
    return Sign.UNKNOWN, f"{what}: it could not be read; a case file that names it may be needed (--case)."
