"""Evidence as blocks: the proving line with its neighbours, or the API call with its time, and the address where to check it."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content

from diagnosis.causes import Cause
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.verdicts.gate_verdict import Missing
from tui.foreign_text import foreign, foreign_line
from tui.widgets.base import signs, times
from tui.widgets.base.blocks import EMPTY, GAP, Block, address, assemble, bullet, field, heading

KIND_WORDS = {
    EvidenceKind.LOG_LINE: "Log line",
    EvidenceKind.ANNOTATION: "Annotation",
    EvidenceKind.STEP: "Step",
    EvidenceKind.RUN: "Run",
    EvidenceKind.WORKFLOW_FILE: "Workflow file",
    EvidenceKind.ARTIFACT: "Artifact",
    EvidenceKind.API_CALL: "API call",
    EvidenceKind.POLICY: "Policy",
    EvidenceKind.STATED: "Statement",
}


def evidence_blocks(pieces: Iterable[Evidence]) -> list[Block]:
    """Return every piece of evidence with its head, its words and its address."""
    blocks: list[Block] = []
    for piece in pieces:
        blocks += [GAP, _head(piece), *_words(piece)]
        if piece.address:
            blocks.append(address(piece.address, indent=2))
    return blocks


def candidate_blocks(candidates: Iterable[Cause]) -> list[Block]:
    """Return every possible cause with what it means."""
    return [
        field("or" if place else "Could be", (str(cause), "bold $text"), f": {cause.sentence}")
        for place, cause in enumerate(candidates)
    ]


def _head(piece: Evidence) -> Block:
    words = KIND_WORDS[piece.kind] + (f" {piece.line}" if piece.line is not None else "")
    parts: list[str | Content | tuple[str, str]] = [(words, "bold $text"), "  ", origin_label(piece.origin)]
    if piece.at is not None:
        parts.append((f"  {times.utc(piece.at, '%d %b %H:%M:%S')} UTC", "$text-muted"))
    return Block(assemble(*parts))


def origin_label(origin: Origin) -> Content:
    """Return the origin in words; anything but a plain record stands out."""
    style = "$text-muted" if origin in (Origin.RECORDED, Origin.LIVE) else "bold $text-warning"
    return Content.styled(signs.ORIGIN_WORDS[origin], style)


def _words(piece: Evidence) -> list[Block]:
    lines = [*((text, False) for text in piece.before), (piece.text, True), *((text, False) for text in piece.after)]
    number = None if piece.line is None else piece.line - len(piece.before)
    blocks = []
    for index, (text, proving) in enumerate(lines):
        gutter = "" if number is None else f"{number + index:>5} "
        bar = Content.styled("▶ " if proving else "│ ", "bold $text-accent" if proving else "$text-disabled")
        words = foreign(text, "bold $text" if proving else "$text-muted")
        first = assemble(" ", bar, (gutter, "$text-muted"))
        rest = assemble(" ", ("│ ", "$text-disabled"), " " * len(gutter))
        before = index < len(piece.before)
        blocks.append(Block(words if words.plain else EMPTY, first, rest, fill="on $boost", aside=before))
    return blocks


def missing_blocks(missing: Iterable[Missing]) -> list[Block]:
    """Return what could not be read, why, and how to obtain it."""
    blocks: list[Block] = []
    for item in missing:
        blocks += [
            GAP,
            bullet(foreign_line(item.what, "bold $text"), sign=Content.styled("?", "$text-warning")),
            field("  Why", foreign(item.why)),
            field("  To obtain", foreign(item.how)),
        ]
        if item.permission:
            blocks.append(field("  Permission", foreign_line(item.permission, "$text-accent")))
    return blocks


def title_block(parts: Iterable[str | Content | tuple[str, str]]) -> Block:
    """Return the first line of a section."""
    return heading(assemble(*parts))
