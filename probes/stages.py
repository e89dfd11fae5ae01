"""Give a folder in which something is made before it gets its name, and clear away what a killed planescope has left of such.

A process that is ended by force tidies up nothing. Its folder stays behind, hidden, but nobody holds it any more: who works
in one keeps it locked, and the system lets go of a lock with the process, however that ends.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = ".planescope-stage-"
_NAME = re.compile(re.escape(_PREFIX) + "[a-z0-9_]{8}")
"""As :func:`tempfile.mkdtemp` makes them."""
_YOUNG_SECONDS = 60.0
"""One that is younger may be another planescope's that has not locked it yet."""
_MOST_LOOKED_AT = 100_000


@contextmanager
def stage_in(parent: Path) -> Iterator[Path]:
    """Make a hidden folder, for the user alone, that is gone at the end unless it was given another name. Raises OSError."""
    _clear(parent)
    stage = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
    lock: int | None = None
    try:
        lock = _locked(stage)
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def _clear(parent: Path) -> None:
    """Remove the folders that nobody works in any more. What cannot be told or removed stays."""
    if sys.platform == "win32":
        return  # no lock tells whether somebody works in one
    with suppress(OSError), os.scandir(parent) as entries:
        for _, entry in zip(range(_MOST_LOOKED_AT), entries, strict=False):
            if _NAME.fullmatch(entry.name):
                with suppress(OSError):
                    _remove_if_left(Path(entry.path))


def _remove_if_left(stage: Path) -> None:
    """Remove a folder of this user, no link to one, that is not young and that nobody holds. Raises OSError."""
    found = stage.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or time.time() - found.st_mtime < _YOUNG_SECONDS:
        return
    lock = _locked(stage)
    if lock is not None:
        try:
            shutil.rmtree(stage, ignore_errors=True)
        finally:
            os.close(lock)


def _locked(stage: Path) -> int | None:
    """Return the handle that holds a folder until it is closed; None where folders cannot be locked, or another holds it."""
    if sys.platform == "win32":
        return None
    import fcntl

    handle = os.open(stage, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle
