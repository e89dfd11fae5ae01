"""Whose files a name means that was typed into the app: the user's own, or, in a browser, those of another machine."""

from __future__ import annotations

import stat
from pathlib import Path

from diagnosis.visible_text import visible_line
from tui.backend import BackendProblem
from tui.serve.served import is_served


def named_file(place: Path) -> Path:
    """Return the file that a name means, ``~`` as the user's folder. Raises BackendProblem.

    Who sits at a browser may be somebody else, somewhere else: nothing of this machine is read or written by a name from there.
    """
    if is_served():
        raise BackendProblem(
            "A browser reads and writes no file of the machine on which planescope runs.", "Paste the text instead."
        )
    try:
        return place.expanduser()
    except RuntimeError:
        raise BackendProblem(
            f"{visible_line(str(place))} names the folder of a user who is not known.", "Name another place."
        ) from None


def require_file(place: Path) -> None:
    """Raise BackendProblem for what is there and no file: a pipe would be waited for, a terminal's keys would be taken."""
    try:
        mode = place.stat().st_mode
    except (OSError, ValueError):
        return  # whoever reads it says what is wrong
    if not stat.S_ISREG(mode):
        raise BackendProblem(f"{visible_line(str(place))} is no file.", "Name a file.")
