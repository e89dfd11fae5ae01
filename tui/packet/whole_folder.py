"""Put a packet's files into a folder, all or none: into a new one or, where that is asked for, in the place of an older packet.

The new files are written whole beside the older ones first, so that a full disk is met before anything is changed. Then the
older ones are moved out and the new ones in, the sums last: at no moment does a folder hold the sums of one packet and a page
of another. Whoever stops planescope by force between these renames finds the older files in a folder ``.planescope-packet-…``.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from probes.stages import stage_in
from probes.whole_writes import parents_of, settle, signals_held, write_new
from tui.atomic_write import PlaceTakenError

_STAGE = ".planescope-packet-"
_TRIES = 3
_LOCK_SECONDS = 10.0
_MOST_NAMED = 3


def write_folder(directory: Path, files: Mapping[str, bytes], *, known: Sequence[str], force: bool = False) -> None:
    """Write the files into the folder, which is made if it is absent; the last of them is the one that makes them a packet.

    With ``force`` they take the place of an older packet: of the files that are ``known``, which go first to last as they
    come. Raises OSError for a folder that cannot be written or holds anything else, PlaceTakenError for one that holds a
    packet and may not be replaced; then it is as it was before.
    """
    with signals_held() as stopped, parents_of(directory):
        for _ in range(_TRIES):
            if os.path.lexists(directory):
                _replace(directory, files, stopped, known if force else ())
                return
            if _appear(directory, files):
                return
        raise OSError(errno.EBUSY, "it is being changed by somebody else", str(directory))


def _appear(directory: Path, files: Mapping[str, bytes]) -> bool:
    """Make the folder with the files in it; False where somebody else has made it meanwhile."""
    with stage_in(directory.parent) as stage:
        _write_all(stage, files)
        try:
            stage.rename(directory)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST) and directory.is_dir():
                return False
            raise
        settle(directory.parent)
        return True


def _replace(directory: Path, files: Mapping[str, bytes], stopped: Callable[[], bool], replaced: Sequence[str]) -> None:
    """Put the files in the place of an older packet, or into an empty folder."""
    if not directory.is_dir():
        raise OSError(errno.ENOTDIR, "it is no folder", str(directory))
    with _locked(directory, stopped):
        stale = _require_packet(directory, replaced)
        stage = Path(tempfile.mkdtemp(prefix=_STAGE, dir=directory))
        old, new = stage / "older", stage / "new"
        swapped = False
        try:
            old.mkdir(mode=0o700)
            new.mkdir(mode=0o700)
            _write_all(new, files)
            _swap(directory, files, old, new, replaced)
            swapped = True
            settle(directory)
        finally:
            for each in (stage, *stale) if swapped or not _holds(old) else ():
                # What another one has left goes only when there is a whole packet in its place.
                if swapped or each == stage:
                    shutil.rmtree(each, ignore_errors=True)


def _write_all(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, body in files.items():
        write_new(folder / name, body)
    settle(folder)


def _swap(directory: Path, files: Mapping[str, bytes], old: Path, new: Path, replaced: Sequence[str]) -> None:
    """Move the older files out and the new ones in; if that fails on the way, undo it. The sums go first and come last."""
    done: list[tuple[Path, Path]] = []
    try:
        for name in reversed(replaced):
            if os.path.lexists(directory / name):
                (directory / name).rename(old / name)
                done.append((directory / name, old / name))
        for name in files:
            (new / name).rename(directory / name)
            done.append((new / name, directory / name))
    except BaseException:
        for before, after in reversed(done):
            with suppress(OSError):
                after.rename(before)
        raise


def _holds(old: Path) -> bool:
    """Return whether an older file could not be put back, and is still here."""
    try:
        return any(old.iterdir())
    except FileNotFoundError:
        return False
    except OSError:
        return True


def _require_packet(directory: Path, replaced: Sequence[str]) -> list[Path]:
    """Raise OSError where the folder holds what is not to be replaced; return what a stopped planescope has left."""
    others: list[str] = []
    stale: list[Path] = []
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.name.startswith(_STAGE):
                stale.append(directory / entry.name)
            elif entry.name not in replaced or not (entry.is_symlink() or stat.S_ISREG(entry.stat().st_mode)):
                others.append(entry.name)
                if len(others) > _MOST_NAMED:
                    break
    if others:
        named = ", ".join(sorted(others)[:_MOST_NAMED]) + (" and more" if len(others) > _MOST_NAMED else "")
        if not replaced:
            raise PlaceTakenError(f"there is something in that folder already ({named})", directory)
        raise OSError(errno.ENOTEMPTY, f"it holds what is no part of a packet ({named})", str(directory))
    # Where folders cannot be locked, another planescope may be at work in it.
    return stale if sys.platform != "win32" else []


@contextmanager
def _locked(directory: Path, stopped: Callable[[], bool]) -> Iterator[None]:
    """Let one planescope at a time change the folder, where the system can lock a folder; who is stopped waits no longer."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        until = time.monotonic() + _LOCK_SECONDS
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise OSError(errno.EBUSY, "another planescope is writing there", str(directory)) from None
                if stopped():
                    raise OSError(errno.EINTR, "planescope was stopped", str(directory)) from None
                time.sleep(0.02)
            except OSError:
                # Some network file systems know no locks.
                break
        yield
    finally:
        os.close(handle)
