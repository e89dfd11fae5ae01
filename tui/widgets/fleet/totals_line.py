"""What a fleet's lines come to, in one or two lines at the top."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from diagnosis.fleet.order import Totals
from diagnosis.gates import Gate, Verdict
from tui.foreign_text import foreign_line
from tui.widgets.base import signs
from tui.widgets.base.blocks import assemble, wrapped
from tui.widgets.fleet.lines import GATE_WORDS, REGISTRY_STATE

ROOMY = 98
"""Cells from which on the sums are told in full."""
_BRIEF = {
    Gate.OIDC_TRUST: "trust",
    Gate.ROLE_ASSUMPTION: "role",
    Gate.REGISTRY_AUTHORIZATION: "registry",
    Gate.SERVICE_AUTHORIZATION: "service",
    Gate.LEAST_PRIVILEGE: "privilege",
}
_BETWEEN = Content.styled(" · ", "$text-muted")


def totals_lines(found: Totals, width: int) -> list[Content]:
    """Return the sums, broken between two of them; where it is narrow in fewer words. None is cut."""
    brief = width < ROOMY
    lines: list[Content] = []
    for part in _parts(found, brief=brief):
        if lines and lines[-1].cell_length + _BETWEEN.cell_length + part.cell_length <= width:
            lines[-1] = lines[-1] + _BETWEEN + part
        else:
            lines += wrapped(part, width)
    return lines


def note_lines(gaps: tuple[str, ...], notes: tuple[str, ...], width: int) -> list[Content]:
    """Return what is missing of the whole, and what is to be said of it: the first of each, and how much more there is."""
    unknown = (Verdict.UNKNOWN.sign, signs.VERDICT_STYLES[Verdict.UNKNOWN])
    return [
        _first_of(told, sign, style, width)
        for told, (sign, style) in ((gaps, unknown), (notes, ("–", "$text-muted")))
        if told
    ]


def _first_of(told: tuple[str, ...], sign: str, style: str, width: int) -> Content:
    more = Content.styled(f" (+{len(told) - 1} more)" if len(told) > 1 else "", "$text-muted")
    return foreign_line(f"{sign} {told[0]}", style, width=max(4, width - more.cell_length)) + more


def _parts(found: Totals, *, brief: bool) -> Iterator[Content]:
    noun = f"{'' if brief else 'release '}{'workflow' if found.releases == 1 else 'workflows'}"
    of = "1 repository" if found.repositories == 1 else f"{found.repositories:,} repositories"
    if found.read < found.repositories:
        of = f"{found.read:,} of {of} read"
    yield assemble((f"{found.releases:,}", "bold $text"), f" {noun}, {of}" if brief else f" {noun} in {of}")
    if not found.releases and not found.unread:
        return
    yield _sum(Verdict.PASS, found.passing, "pass")
    if found.unknown:
        yield _sum(Verdict.UNKNOWN, found.unknown, "unknown")
    if found.too_broad:
        yield _sum(Verdict.FAIL, found.too_broad, "broad" if brief else "too broad")
    if found.stopped:
        gates = ", ".join(f"{_gate_words(name, brief=brief)} {count:,}" for name, count in found.failing)
        yield assemble(_sum(Verdict.FAIL, found.stopped, "stopped"), f": {gates}")
    if found.broken_by_wave:
        yield _sum(Verdict.FAIL, found.broken_by_wave, "wave" if brief else "broken by the wave")
    if found.unread and not brief:
        told = ", ".join(f"{count:,} {status.value.replace('-', ' ')}" for status, count in found.unread)
        yield assemble(("? not read: ", signs.VERDICT_STYLES[Verdict.UNKNOWN]), told)


def _gate_words(name: str, *, brief: bool) -> str:
    if name == REGISTRY_STATE:
        return "state" if brief else "Registry state"
    return (_BRIEF if brief else GATE_WORDS)[Gate(name)]


def _sum(verdict: Verdict, count: int, word: str) -> Content:
    style = signs.VERDICT_STYLES[verdict] if count else "$text-muted"
    return assemble((f"{verdict.sign} {count:,} {word}", style))
