"""The section *Closure*: the state of the chain, rule by rule, and what is green for the wrong reason."""

from __future__ import annotations

from textual.content import Content

from diagnosis.verdicts import ClosureStatus
from tui.foreign_text import foreign, foreign_line
from tui.widgets import signs
from tui.widgets.blocks import GAP, Block, assemble, bullet, heading, paragraph
from tui.widgets.detail_view import DetailView

STATUS_LOOK = {
    ClosureStatus.CLOSED: ("✔", "bold $text-success"),
    ClosureStatus.OPEN: ("✘", "bold $text-error"),
    ClosureStatus.UNPROVEN: ("?", "bold $text-warning"),
    ClosureStatus.NON_COMPLIANT: ("!", "bold $text-error"),
}


def blocks_of(view: DetailView) -> list[Block]:
    """Status, rules, integrity."""
    closure = view.diagnosis.closure
    if closure is None:
        return [paragraph("This chain was not judged for closure.")]
    sign, style = STATUS_LOOK[closure.status]
    blocks = [
        heading(assemble((f"{sign} {closure.status.value}", style))),
        paragraph(foreign(closure.sentence)),
        GAP,
    ]
    for rule in closure.rules:
        blocks.append(Block(assemble(foreign_line(rule.title, "bold $text")), _mark(signs.verdict_mark(rule.verdict))))
        blocks.append(paragraph(foreign(rule.reason, "$text-muted"), indent=11))
        blocks += [
            paragraph(foreign_line(piece.address, "$text-accent"), indent=11)
            for piece in rule.evidence
            if piece.address
        ]
    if closure.integrity:
        blocks += [GAP, heading("Integrity: green for the wrong reason?", "bold $text-warning")]
    for finding in closure.integrity:
        note = "  breaks closure" if finding.breaks_closure else ""
        blocks.append(
            bullet(
                foreign_line(finding.slug, "bold $text"),
                (note, "bold $text-error"),
                sign=Content.styled("!", "$text-warning"),
            )
        )
        blocks.append(paragraph(foreign(finding.reason), indent=2))
        blocks += [
            paragraph(foreign_line(piece.address, "$text-accent"), indent=2)
            for piece in finding.evidence
            if piece.address
        ]
    return blocks


def _mark(mark: Content) -> Content:
    return mark.truncate(11, pad=True)
