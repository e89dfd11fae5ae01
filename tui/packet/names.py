"""The names of a packet and of a hand-out where none is given."""

from __future__ import annotations

import os
from pathlib import Path

_MOST = 1000


def usual_name(folder: Path, run: int, *, zipped: bool, number: int = 1) -> Path:
    """Return the name for the packet of a chain that begins with this run, the first or a later one."""
    name = f"planescope-packet-{run}" if number == 1 else f"planescope-packet-{run}-{number}"
    return folder / (f"{name}.zip" if zipped else name)


def free_name(folder: Path, run: int, *, zipped: bool) -> Path:
    """Return the first of these names that nothing in the folder has yet."""
    names = (usual_name(folder, run, zipped=zipped, number=number) for number in range(1, _MOST))
    return next((name for name in names if not os.path.lexists(name)), usual_name(folder, run, zipped=zipped))


def free_handout(folder: Path, run: int) -> Path:
    """Return a name for the hand-out of a chain that begins with this run, which nothing in the folder has yet."""
    stem = f"planescope-walkthrough-{run}"
    names = [folder / f"{stem}.md", *(folder / f"{stem}-{number}.md" for number in range(2, _MOST))]
    return next((name for name in names if not os.path.lexists(name)), names[0])
