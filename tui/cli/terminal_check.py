"""Look at the terminal: whether the dashboard can open in it, how large it is, which signs and colours it has."""

from __future__ import annotations

import os

from tui.cli.output import can_encode, on_a_terminal
from tui.cli.plain import is_plain, obeys_nothing
from tui.readiness.check import Check, What, note, ready
from tui.terminal_size import terminal_size

_SIGNS = "✔ ✘ ◌ ┃ …"
_LEAST = (80, 24)
"""Columns and rows for which the screens are made at least."""

_SET_TERM = "Set TERM to what the terminal is (xterm-256color)."


def terminal() -> Check:
    """Return how the terminal stands. Nothing of it is needed: text and JSON go anywhere."""
    if not on_a_terminal():
        if obeys_nothing():
            return note(
                What.TERMINAL,
                f"TERM is {os.environ['TERM']}, which draws nothing: the dashboard does not open, text is told.",
                _SET_TERM,
            )
        if is_plain():
            return note(What.TERMINAL, "Plain text was asked for: the dashboard does not open.")
        return note(
            What.TERMINAL,
            "Input or output is no terminal: the dashboard opens in one alone.",
            "Text and --json need none.",
        )
    columns, rows = terminal_size()
    told = [f"{columns}×{rows}", _colours(), "UTF-8" if can_encode(_SIGNS) else "no UTF-8: signs of ASCII"]
    hints = []
    if columns < _LEAST[0] or rows < _LEAST[1]:
        hints.append(f"Make it {_LEAST[0]}×{_LEAST[1]} or larger.")
    if not can_encode(_SIGNS):
        hints.append("Set LANG to a UTF-8 locale (C.UTF-8).")
    if not os.environ.get("TERM"):
        hints.append(_SET_TERM)
    sentence = f"{', '.join(told)}."
    return note(What.TERMINAL, sentence, " ".join(hints)) if hints else ready(What.TERMINAL, sentence)


def _colours() -> str:
    """Return which colours there are, by the variables that terminals and their users set."""
    term = os.environ.get("TERM", "")
    if os.environ.get("NO_COLOR"):
        return "no colours (NO_COLOR)"
    if not term:
        return "no colours (TERM)"
    if os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "all colours"
    return "256 colours" if "256" in term else "16 colours"
