"""How large the terminal is taken to be, wherever something is laid out for it.

A terminal may say that it has no rows and columns (a serial line, a job's pseudo-terminal), one of each, or 65,535, and
``COLUMNS`` may hold any number. Textual and rich have a size each for such cases: where they differ, the app draws itself anew
without end, and what is drawn for a million columns is blanks.
"""

from __future__ import annotations

import shutil

USUAL = (80, 24)
"""Columns and rows of a terminal that does not say how large it is."""
LARGEST = (500, 200)


def terminal_size(usual: tuple[int, int] = USUAL) -> tuple[int, int]:
    """Return columns and rows; ``usual`` where neither the environment nor the terminal says them."""
    found = shutil.get_terminal_size(usual)
    return min(max(found.columns, 1), LARGEST[0]), min(max(found.lines, 1), LARGEST[1])
