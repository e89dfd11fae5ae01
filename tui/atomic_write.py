"""Write a file so that it is either complete or not there at all, and so that nobody but the user can read it."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from probes.stages import stage_in
from probes.whole_writes import settle, signals_held, write_new


class PlaceTakenError(FileExistsError):
    """Something is there already that must not be replaced; ``strerror`` says what."""

    def __init__(self, why: str, place: Path) -> None:
        super().__init__(errno.EEXIST, why, str(place))


def write_atomically(path: Path, text: str) -> None:
    """Write beside the target and rename, so that a cut-off write never leaves half a file, and an older one stays until then.

    A link to a file is replaced, never followed; a device, a pipe or a folder is left alone. Raises OSError; then nothing
    of the new file is left.
    """
    write_bytes_atomically(path, text.encode(), over=True)


def write_bytes_atomically(path: Path, body: bytes, *, over: bool) -> None:
    """Write bytes likewise; without ``over`` only where nothing is yet. Raises OSError, PlaceTakenError for what is there."""
    require_file(path)
    with signals_held(), stage_in(path.parent) as stage:
        write_new(stage / "new", body)
        if over:
            (stage / "new").replace(path)
        else:
            _appear(stage / "new", path)
        settle(path.parent)


def _appear(new: Path, path: Path) -> None:
    """Give a file its name where nothing has that yet. Raises PlaceTakenError."""
    if os.path.lexists(path):
        raise PlaceTakenError("there is a file of that name already", path)
    try:
        path.hardlink_to(new)
    except FileExistsError:
        raise PlaceTakenError("there is a file of that name already", path) from None
    except OSError:
        # Some file systems know no second name of a file; then only what came since it was looked for is replaced.
        new.rename(path)


def require_file(path: Path) -> None:
    """Raise OSError where something other than a file stands, by way of a link too: a rename would put a file in its place."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        raise OSError(errno.EEXIST, "a folder" if stat.S_ISDIR(mode) else "a device or a pipe, no file", str(path))
