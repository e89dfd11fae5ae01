"""The anchors of a chain as blocks: what can be checked, how far it was, and why; first what nobody should rely on."""

from __future__ import annotations

from textual.content import Content

from diagnosis.documents.closure import anchors_by_state, anchors_counted
from diagnosis.verdicts.anchor import Anchor, AnchorState
from tui.foreign_text import foreign, foreign_line
from tui.widgets.base.blocks import GAP, Block, assemble, heading, paragraph

_MARK = 15
"""Cells that a state takes."""
_STATES = {
    AnchorState.VERIFIED: ("✔", "$text-success"),
    AnchorState.STATED: ("–", "$text-muted"),
    AnchorState.UNVERIFIABLE: ("?", "$text-warning"),
}


def anchor_blocks(anchors: tuple[Anchor, ...]) -> list[Block]:
    """Return a list of the chain's anchors; nothing where it has none."""
    if not anchors:
        return []
    blocks = [GAP, heading(f"Anchors of the chain: {anchors_counted(anchors)}")]
    for anchor in anchors_by_state(anchors):
        sign, style = _STATES[anchor.state]
        mark = Content.styled(f"{sign} {anchor.state.value}", style).truncate(_MARK, pad=True)
        blocks.append(Block(assemble((f"{anchor.kind.value}  ", "$text-muted"), foreign_line(anchor.value)), mark))
        blocks.append(paragraph(foreign(anchor.reason, "$text-muted"), indent=_MARK))
        if anchor.url and anchor.url != anchor.value:
            blocks.append(paragraph(foreign_line(anchor.url, "$text-accent"), indent=_MARK))
        if anchor.sha256:
            blocks.append(paragraph(foreign_line(f"sha256:{anchor.sha256}", "$text-muted"), indent=_MARK))
    return blocks
