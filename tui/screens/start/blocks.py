"""The lines of the start screen: each thing with its state and the way to it, then what works already."""

from __future__ import annotations

from collections.abc import Mapping

from textual.content import Content

from tui.foreign_text import foreign, foreign_line
from tui.readiness.check import Check, State, What
from tui.readiness.works import works
from tui.widgets.base.blocks import GAP, Block, assemble, heading

ALWAYS = (What.REPOSITORY, What.TOKEN, What.REACH, What.AWS)
"""Told whatever their state is, also while they are looked at; all others only where they are worth a word."""
_STYLES = {
    State.READY: "$text-success",
    State.NOTE: "$text-warning",
    State.MISSING: "$text-error",
    State.UNKNOWN: "$text-warning",
}
_WAITING = ("◐", "$text-accent")
_LABEL = 15


def start_blocks(checks: Mapping[What, Check], *, looking: bool) -> list[Block]:
    """Return the page: what it comes to, one part a thing, and what works."""
    blocks = [heading(*_summary(checks, looking=looking)), GAP]
    for what in What:
        check = checks.get(what)
        if check is None:
            if looking and what in ALWAYS:
                blocks.append(Block(Content.styled("looking …", "$text-muted"), _first(_WAITING, what.label)))
        elif what in ALWAYS or check.state is not State.READY:
            blocks += _check_blocks(check)
    blocks += [GAP, heading("What works already", "bold $text-accent")]
    found = works(checks.values())
    for part in found:
        needs_more = looking and not part.works
        mark = _WAITING if needs_more else _mark(State.READY if part.works else State.MISSING)
        told = part.does if needs_more else part.sentence
        blocks.append(Block(Content.styled(told, "$text"), _first(mark, part.part.label)))
    return blocks


def _check_blocks(check: Check) -> list[Block]:
    blocks = [Block(foreign(check.sentence, "$text"), _first(_mark(check.state), check.what.label))]
    margin = Content(" " * (_LABEL + 2))
    if check.way_out:
        blocks.append(Block(foreign(check.way_out, "$text-muted"), margin))
    prompt = assemble(margin, ("$ ", "$text-muted"))
    return [*blocks, *(Block(foreign_line(command, "bold $text-accent"), prompt) for command in check.commands)]


def _mark(state: State) -> tuple[str, str]:
    return state.sign, _STYLES[state]


def _first(mark: tuple[str, str], label: str) -> Content:
    return assemble(mark, " ", (label.ljust(_LABEL), "bold $text"))


def _summary(checks: Mapping[What, Check], *, looking: bool) -> tuple[str, str]:
    """Return what it all comes to, and its style."""

    def named(state: State) -> str:
        return ", ".join(what.within for what in What if what in checks and checks[what].state is state)

    if lacks := named(State.MISSING):
        return f"Missing here{' so far' if looking else ''}: {lacks}.", "bold $text"
    if looking:
        return "Looking at what is set up …", "bold $text"
    if open_ones := named(State.UNKNOWN):
        return f"Not known: {open_ones}.", "bold $text"
    return "All that is needed is set up.", "bold $text-success"
