"""Fit the summary into the lines that there are: each part has ever fuller forms, and what finds no room is counted.

Nothing is left out without a word: ``+2 more: 2`` says how many, and under which key they stand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from textual.content import Content

LABEL = 9
"""Cells of the column of labels."""
PROOF_KEY = "2"
"""The key of the section that has the proof of a change."""
ANY = 99
"""Any rank of form, for a screen with room for all."""


@dataclass(frozen=True, slots=True)
class Form:
    """One way to tell a part."""

    rank: int
    """When it is wished for: a form of a low rank, of whatever part, comes before all of a higher one."""
    lines: tuple[Content, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the summary."""

    forms: tuple[Form, ...]
    """The shortest first; none is shorter than the one before it."""
    left_out: str = ""
    """What is said where even the shortest form has no room: ``Since +3: 3``; empty for a part that may go without a word."""
    within: Callable[[int], list[Content]] | None = field(default=None, compare=False)
    """For the part that is dropped last: tell it in so many lines, fewer than the shortest form has."""

    bare: tuple[Content, ...] = ()
    """For the same part: everything that must be named, without what merely goes with it; empty where there is nothing such."""

    def __post_init__(self) -> None:
        """Hold the order on which the choice depends."""
        if any(len(one.lines) > len(other.lines) for one, other in pairwise(self.forms)):
            raise ValueError("the forms of a part stand in the order of their lines")


def more(count: int, key: str) -> Content:
    """Return what stands in the place of what has no room: ``+2 more: 2``."""
    return Content.styled(f"+{count} more: {key}", "bold $text-warning")


def label(word: str) -> Content:
    """Return a part's name for the column of labels."""
    return Content.styled(word.ljust(LABEL), "bold $text-muted")


def in_order(*forms: Form) -> tuple[Form, ...]:
    """Return the forms without those that take more lines than a fuller one, and those that say the same."""
    kept: list[Form] = []
    for form in forms:
        while kept and len(kept[-1].lines) > len(form.lines):
            kept.pop()
        if not kept or kept[-1].lines != form.lines:
            kept.append(form)
    return tuple(kept)


def fit(head: Part, change: Part, others: Sequence[Part], room: int, width: int, fullest: int = ANY) -> list[Content]:
    """Return at most ``room`` lines: what stopped the run, the change, then the others by weight.

    The others give way first, the lightest before all; then the change's proof, then the head. Only where the change is not
    whole even so is some of it counted rather than named, and the head stays. ``fullest``: the highest rank of a form that is
    wished for.
    """
    if room <= 0:
        return []
    kept, dropped = list(others), list[Part]()
    while kept and _least(head, change, *kept) + _told(dropped) > room:
        dropped.insert(0, kept.pop())
    if _least(head, change) + _told(dropped) <= room:
        return [*_grown([head, change, *kept], room - _told(dropped), fullest), *_more_line(dropped, width)]
    proof = Part((Form(0, ()),), left_out=f"Proof: {PROOF_KEY}")
    if change.bare and _least(head) + len(change.bare) + 1 <= room:
        return [*head.forms[0].lines, *change.bare, *_more_line([proof, *dropped], width)]
    if _least(change) + _told([head, *dropped]) <= room:
        return [*change.forms[0].lines, *_more_line([head, *dropped], width)]
    if change.bare and len(change.bare) + 1 <= room:
        return [*change.bare, *_more_line([head, proof, *dropped], width)]
    assert change.within is not None  # noqa: S101 - the change has it
    first = list(head.forms[0].lines) if room > 1 else []
    left = _more_line([*([proof] if change.bare else []), *dropped], width) if room > len(first) + 1 else []
    return [*first, *change.within(room - len(first) - len(left)), *left]


def _least(*parts: Part) -> int:
    return sum(len(part.forms[0].lines) for part in parts)


def _told(dropped: Sequence[Part]) -> int:
    """Return how many lines it takes to say what was dropped."""
    return int(any(part.left_out for part in dropped))


def _more_line(dropped: Sequence[Part], width: int) -> list[Content]:
    words = [part.left_out for part in dropped if part.left_out]
    if not words:
        return []
    for start, gap in ((label("More"), "  "), (label("More"), " "), (Content(""), " ")):
        line = start + Content.styled(gap.join(words), "bold $text-warning")
        if line.cell_length <= width:
            break
    return [line.truncate(width, ellipsis=True)]


def _grown(parts: Sequence[Part], room: int, fullest: int) -> list[Content]:
    """Return the lines of the fullest forms that fit together, those of a low rank first."""
    chosen = [0 for _ in parts]
    wishes = sorted(
        (form.rank, place, number)
        for place, part in enumerate(parts)
        for number, form in enumerate(part.forms)
        if number and form.rank <= fullest
    )
    for _, place, number in wishes:
        others = sum(len(part.forms[at].lines) for part, at in zip(parts, chosen, strict=True)) - len(
            parts[place].forms[chosen[place]].lines
        )
        if number > chosen[place] and others + len(parts[place].forms[number].lines) <= room:
            chosen[place] = number
    return [line for part, at in zip(parts, chosen, strict=True) for line in part.forms[at].lines]


def packed(items: Sequence[Content], width: int) -> list[Content]:
    """Return items side by side; lines break between items, and inside one only where it fits no line."""
    lines: list[Content] = []
    for item in items:
        if lines and lines[-1].cell_length + 2 + item.cell_length <= width:
            lines[-1] = lines[-1] + Content("  ") + item
        else:
            lines += [line.rstrip() for line in item.wrap(max(1, width))] if item.cell_length > width else [item]
    return lines


def on_one_line(items: Sequence[Content], width: int, key: str, left_out: int = 0, gap: str = "  ") -> Content:
    """Return as many of the items as one line holds, and how many more there are."""
    for shown in range(len(items), -1, -1):
        rest = len(items) - shown + left_out
        line = Content(gap).join([*items[:shown], *([more(rest, key)] if rest else [])])
        if line.cell_length <= width:
            return line
    return more(len(items) + left_out, key).truncate(max(0, width), ellipsis=True)
