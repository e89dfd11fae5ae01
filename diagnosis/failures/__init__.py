"""Find what failed in a log: the gate, the checkpoint and the cause that its lines speak of.

- :func:`find_failures` gives every failure that a log's lines show, in their order.
- :func:`decide` gives the one that stopped the run: the root before the noise that follows it.
- :func:`explain_text` does both for a pasted text of any frame, streaming.
- :func:`explain` gives the decision together with everything seen.

The lines come from :class:`diagnosis.logs.log_text.LogReader`. Everything that a finding carries is scrubbed of secrets.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain

from diagnosis.failures.choice import failed_beside, stopped_by
from diagnosis.failures.cloudtrail_event import LONGEST, is_event, read_events
from diagnosis.failures.reader import Scan, scan
from diagnosis.failures.rule import Weight
from diagnosis.failures.stream import cut, thin
from diagnosis.gates import Plane
from diagnosis.logs.log_text import LogLine
from diagnosis.logs.quoted import unquoted_pieces
from diagnosis.logs.scrub import scrub
from diagnosis.verdicts.gate_verdict import Finding

__all__ = [
    "NOTHING_FOUND",
    "NOTHING_STOPPED",
    "Explanation",
    "decide",
    "explain",
    "explain_text",
    "find_failures",
    "find_refusals",
]

_SHOWN = 200
"""How many characters of a line are repeated within a sentence."""

NOTHING_FOUND = Finding(
    Plane.OTHER,
    None,
    None,
    sentence="No failure was recognised in this text.",
    tell_apart="Look at the lines before it.",
)
"""The answer for a text in which nothing was recognised; told from others by identity."""


NOTHING_STOPPED = Finding(
    Plane.OTHER,
    None,
    None,
    sentence="Nothing stopped this job: it ends without an error annotation. Lines in it that name failures were tolerated.",
)
"""The answer for the whole log of a job that ended well; told from others by identity."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a text says went wrong."""

    finding: Finding
    """What stopped the run; :data:`NOTHING_FOUND` if nothing was recognised, :data:`NOTHING_STOPPED` if it ended well."""
    failures: tuple[Finding, ...]
    """Everything that was seen, in the order of the text."""
    ended_well: bool = False
    """Whether the text is the end of a job's log and holds no error annotation."""

    @property
    def found(self) -> bool:
        """Whether any failure was recognised."""
        return bool(self.failures)


def find_failures(lines: Iterable[LogLine]) -> tuple[Finding, ...]:
    """Find all failures that the lines show, in order; each carries its line as evidence. Never raises."""
    return tuple(seen.finding for seen in scan(lines).sightings)


def find_refusals(lines: Iterable[LogLine]) -> tuple[Finding, ...]:
    """Find the calls that the lines say AWS refused, in order: those that a tool names as why it failed. Never raises."""
    return tuple(
        seen.finding
        for seen in scan(lines).sightings
        if seen.weight is Weight.ROOT and seen.finding.plane is Plane.AUTHORIZATION and seen.finding.action
    )


def decide(lines: Iterable[LogLine]) -> Finding:
    """Decide which failure stopped the run, as far as its words tell; :data:`NOTHING_FOUND` if none. Never raises."""
    return _decided(scan(lines))


def explain_text(text: str | Iterable[str]) -> Finding:
    """Explain a pasted log, in any frame: return the failure that it speaks of. Never raises.

    An iterable is the text in pieces cut anywhere (an open file, blocks of any size): it is streamed in bounded memory.
    """
    return explain(text).finding


def explain(text: str | Iterable[str]) -> Explanation:
    """Explain a pasted log like :func:`explain_text`, and return everything that was seen."""
    pieces = cut(text) if isinstance(text, str) else iter(text)
    head: list[str] = []
    size = 0
    for piece in pieces:
        head.append(piece)
        size += len(piece)
        if size > LONGEST:
            break
    beginning = "".join(head)
    if size <= LONGEST:
        pasted = "".join(unquoted_pieces([beginning]))
        if is_event(pasted):
            read = read_events(pasted)
            return Explanation(read.finding, read.failures)
    found = scan(thin(unquoted_pieces(chain(cut(beginning), pieces))))
    failures = tuple(seen.finding for seen in found.sightings)
    ended_well = found.ended and not found.failing_steps
    finding = NOTHING_STOPPED if failures and ended_well else _decided(found)
    return Explanation(finding, failures, ended_well)


def _decided(found: Scan) -> Finding:
    """Return what stopped the run; where another step failed too, say so: it may be the one that did."""
    seen = stopped_by(found)
    if seen is None:
        return NOTHING_FOUND
    beside = failed_beside(found, seen)
    if beside is None:
        return seen.finding
    is_later = beside.line.number > seen.line.number
    when, which = ("A later", "the later") if is_later else ("An earlier", "this")
    words = beside.finding
    is_known = words.cause or words.candidates or words.checkpoint
    told = words.sentence.rstrip() if is_known else f"{scrub(beside.line.text)[:_SHOWN].rstrip(' .')}."
    note = (
        f"{when} step failed too, at line {beside.line.number}: {told} Steps under if: always() "
        f"or failure() run after a failure; if the earlier step has continue-on-error, {which} one stopped the job."
    )
    return replace(seen.finding, sentence=f"{seen.finding.sentence} {note}")
