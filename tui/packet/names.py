"""The names of files where none is given, and how such a name becomes one that nothing has yet."""

from __future__ import annotations

import os
from itertools import chain
from pathlib import Path

_MOST = 1000


def usual_name(folder: Path, run: int, *, zipped: bool) -> Path:
    """Return the name for the packet of a chain that begins with this run."""
    name = f"planescope-packet-{run}"
    return folder / (f"{name}.zip" if zipped else name)


def free_name(folder: Path, run: int, *, zipped: bool) -> Path:
    """Return this name, or one made of it, which nothing in the folder has yet."""
    return free_of(usual_name(folder, run, zipped=zipped))


def free_handout(folder: Path, run: int) -> Path:
    """Return a name for the hand-out of a chain that begins with this run, which nothing in the folder has yet."""
    return free_of(folder / f"planescope-walkthrough-{run}.md")


def free_of(place: Path) -> Path:
    """Return a place itself where nothing is yet, else the first of ``NAME-2.EXT``, ``NAME-3.EXT`` and so on."""
    numbered = (place.with_stem(f"{place.stem}-{number}") for number in range(2, _MOST))
    return next((each for each in chain((place,), numbered) if not os.path.lexists(each)), place)
