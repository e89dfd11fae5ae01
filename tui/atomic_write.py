"""Write a file so that it is either complete or not there at all, and so that nobody but the user can read it."""

from __future__ import annotations

import errno
import stat
from collections.abc import Iterable
from pathlib import Path

from probes.stages import stage_in
from probes.whole_writes import name_new, settle, signals_held, write_new_pieces


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
    write_pieces_atomically(path, (body,), over=over)


def write_pieces_atomically(path: Path, pieces: Iterable[bytes], *, over: bool = False) -> None:
    """Write likewise what comes piece by piece; an error on the way leaves nothing behind."""
    require_file(path)
    with signals_held(), stage_in(path.parent) as stage:
        write_new_pieces(stage / "new", pieces)
        if over:
            (stage / "new").replace(path)
        else:
            try:
                name_new(stage / "new", path)
            except FileExistsError:
                raise PlaceTakenError("there is a file of that name already", path) from None
        settle(path.parent)


def require_file(path: Path) -> None:
    """Raise OSError where something other than a file stands, by way of a link too: a rename would put a file in its place."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        raise OSError(errno.EEXIST, "a folder" if stat.S_ISDIR(mode) else "a device or a pipe, no file", str(path))
