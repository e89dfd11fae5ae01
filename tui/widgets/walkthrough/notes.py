"""What stands below the speaker's line: the proving lines with their addresses, the points, and what the account is now."""

from __future__ import annotations

from textual.content import Content

from diagnosis.documents.walkthrough.steps import Moved, Proof, Step
from tui.foreign_text import defused_line, foreign_line
from tui.widgets.base import signs
from tui.widgets.base.blocks import GAP, Block, assemble, field, heading, paragraph

_MARGIN = 2
"""Blanks between the longest label and the points."""


def spoken_blocks(step: Step) -> list[Block]:
    """Return the title of a step and what the speaker says."""
    return [heading(foreign_line(step.title, "bold $text-accent")), GAP, Block(foreign_line(step.line, "bold $text"))]


def account_blocks(step: Step) -> list[Block]:
    """Return what the account is at this step, and how NOW moved."""
    moved = [Block(_moved(each), Content.styled("▲ NOW moved  ", "bold $text-accent")) for each in step.moved]
    return [*moved, Block(foreign_line(step.account, "$text"), Content.styled("◆ ", "$text-accent"))]


def _moved(moved: Moved) -> Content:
    gate = Content.styled(f"{moved.gate.label}: ", signs.PLANE_STYLES[moved.gate.plane])
    return assemble(gate, signs.verdict_mark(moved.before), (" → ", "$text-muted"), signs.verdict_mark(moved.after))


def note_blocks(step: Step) -> list[Block]:
    """Return the evidence and the points of a step."""
    blocks: list[Block] = []
    if step.proofs:
        blocks.append(Block(Content.styled("Evidence", "bold $text-muted"), aside=True))
    for proof in step.proofs:
        blocks += _proof(proof)
    if step.notes and step.proofs:
        blocks.append(GAP)
    width = max((len(defused_line(each.label)) for each in step.notes), default=0) + _MARGIN
    return [*blocks, *(field(defused_line(each.label), foreign_line(each.text), width=width) for each in step.notes)]


def _proof(proof: Proof) -> list[Block]:
    origin = f"  {proof.origin}" if proof.origin else ""
    style = "$text-warning" if proof.origin in ("reconstructed", "stated", "unverifiable") else "$text-muted"
    first = Block(assemble(foreign_line(proof.text), (origin, style)), Content.styled("▎ ", "$primary"))
    address = [paragraph(foreign_line(proof.address, "$text-accent"), indent=2)] if proof.address else []
    return [first, *address]
