"""Signs, words and styles of what a statement has to do with a verdict. A colour never stands alone."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from diagnosis.account_view.view import Deciding, Part
from tui.foreign_text import foreign, foreign_line
from tui.widgets.base.blocks import Block, assemble

SIGNS = {
    Part.DENIES: ("✘", "bold $text-error"),
    Part.NEAREST: ("≠", "bold $text-error"),
    Part.SILENT: ("○", "$text-error"),
    Part.OPEN: ("?", "bold $text-warning"),
    Part.BEYOND: ("!", "bold $text-warning"),
    Part.PERHAPS_BEYOND: ("?", "$text-warning"),
    Part.ALLOWS: ("✔", "$text-success"),
    Part.ALSO: ("✔", "$text-muted"),
}
MOST_USES = 3


def sign_of(marks: Sequence[Deciding]) -> Content:
    """Return the sign of the gravest of the marks; a blank where there is none."""
    found = {mark.part for mark in marks}
    part = next((part for part in SIGNS if part in found), None)
    return Content.styled(*SIGNS[part]) if part is not None else Content(" ")


def mark_blocks(marks: Sequence[Deciding]) -> list[Block]:
    """Return what each mark says: the part in a word, the why, and for which uses."""
    return [block for mark in marks for block in _of(mark)]


def _of(mark: Deciding) -> list[Block]:
    sign, style = SIGNS[mark.part]
    first, word = (
        Content.styled(f"{sign} ", style),
        (f"{mark.part.value}{':' if mark.part is Part.ALSO else ''} ", style),
    )
    if mark.part in (Part.ALLOWS, Part.ALSO) and mark.uses:
        head, *others = _uses(mark.uses)
        return [Block(assemble(word, head), first, Content("  ")), *(_further("and ", use) for use in others)]
    blocks = [Block(assemble((f"{mark.part.value}: ", style), foreign(mark.why)), first, Content("  "))]
    if len(mark.uses) > 1:
        blocks += [_further("for ", use) for use in _uses(mark.uses)]
    return blocks


def _further(word: str, use: Content) -> Block:
    return Block(assemble((word, "$text-muted"), use), Content("  "))


def _uses(uses: Sequence[str]) -> list[Content]:
    """Return the uses by resource: ``ecr:PutImage, ecr:UploadLayerPart and 3 more on arn:…``."""
    found: dict[str, list[str]] = {}
    for use in uses:
        action, _, resource = use.partition(" on ")
        found.setdefault(resource, []).append(action)
    return [_on(actions, resource) for resource, actions in found.items()]


def _on(actions: Sequence[str], resource: str) -> Content:
    more = f" and {len(actions) - MOST_USES} more" if len(actions) > MOST_USES else ""
    where = assemble((" on ", "$text-muted"), foreign_line(resource)) if resource else Content("")
    return assemble(foreign_line(", ".join(actions[:MOST_USES])), (more, "$text-muted"), where)
