"""Look at the terminal: whether the dashboard can open in it, how large it is, which signs and colours it has."""

from __future__ import annotations

import os

from tui.cli.output import can_encode, on_a_terminal
from tui.readiness.check import Check, What, note, ready
from tui.terminal_size import terminal_size

_SIGNS = "✔ ✘ ◌ ┃ …"
_LEAST = (80, 24)
"""Columns and rows for which the screens are made at least."""


def terminal() -> Check:
    """Return how the terminal stands. Nothing of it is needed: text and JSON go anywhere."""
    if not on_a_terminal():
        return note(
            What.TERMINAL,
            "Input or output is no terminal: the dashboard opens in one alone.",
            "Text and --json need none.",
        )
    columns, rows = terminal_size()
    told = [f"{columns}×{rows}", _colours(), "UTF-8" if can_encode(_SIGNS) else "no UTF-8: signs of ASCII"]
    hints = []
    if (columns, rows) < _LEAST or rows < _LEAST[1]:
        hints.append(f"Make it {_LEAST[0]}×{_LEAST[1]} or larger.")
    if not can_encode(_SIGNS):
        hints.append("Set LANG to a UTF-8 locale (C.UTF-8).")
    if os.environ.get("TERM", "") in ("", "dumb"):
        hints.append("Set TERM to what the terminal is (xterm-256color).")
    sentence = f"{', '.join(told)}."
    return note(What.TERMINAL, sentence, " ".join(hints)) if hints else ready(What.TERMINAL, sentence)


def _colours() -> str:
    """Return which colours there are, by the variables that terminals and their users set."""
    term = os.environ.get("TERM", "")
    if os.environ.get("NO_COLOR"):
        return "no colours (NO_COLOR)"
    if term in ("", "dumb"):
        return "no colours (TERM)"
    if os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "all colours"
    return "256 colours" if "256" in term else "16 colours"
