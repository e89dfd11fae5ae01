"""A bell and a desktop notification, as terminals take them: OSC 9, or OSC 777 where that is the terminal's own.

The text is foreign: it becomes one line without controls, so it ends neither the sequence nor a field of it.
"""

from __future__ import annotations

from collections.abc import Mapping

from diagnosis.visible_text import visible_line

BELL = "\a"
_LONGEST, _LONGEST_NAME = 160, 40
_OSC_777 = ("foot", "rxvt", "ghostty")
"""Terminals, by the beginning of their ``TERM`` or by ``TERM_PROGRAM``, that take OSC 777."""
_TAKES_EITHER = (
    *_OSC_777, "xterm", "tmux", "kitty", "wezterm", "alacritty", "iterm", "konsole", "contour", "mintty",
    "vte", "gnome", "ms-terminal",
)  # fmt: skip
"""Terminals, by the beginning of their ``TERM``, that take such a sequence or pass over it. Any other might print a part of it."""


def notice(workflow: str, told: str, environment: Mapping[str, str]) -> str:
    """Return what to write to a terminal: the bell, and the notification where the terminal does not print it.

    A notification is short, so no name of a workflow takes the place of what is told of its run.
    """
    term = environment.get("TERM", "").removeprefix("xterm-").lower()
    program = environment.get("TERM_PROGRAM", "").lower()
    if not environment.get("TERM", "").lower().startswith(_TAKES_EITHER):
        return BELL
    name = workflow if len(workflow) <= _LONGEST_NAME else f"{workflow[:_LONGEST_NAME]}…"
    shown = visible_line(f"{name} {told}").replace(";", ",")
    shown = "".join(each if each.isprintable() else "?" for each in shown)[:_LONGEST]
    if term.startswith(_OSC_777) or program in _OSC_777:
        return f"{BELL}\x1b]777;notify;planescope;{shown}\x1b\\"
    return f"{BELL}\x1b]9;planescope: {shown}\x1b\\"
