"""What every file that planescope writes needs: for the user alone, on the disk before it has its name, and no signal between."""

from __future__ import annotations

import atexit
import errno
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from diagnosis.documents.exit_code import ExitCode

_FULL = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})
_END_SECONDS = 5.0
"""How long the end of the process waits for writing that other threads have begun."""
_STOPPING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def write_new(path: Path, body: bytes) -> None:
    """Write a new file for the user alone, down to the disk. Raises OSError, FileExistsError where something is there."""
    write_new_pieces(path, (body,))


def write_new_pieces(path: Path, pieces: Iterable[bytes]) -> None:
    """Write likewise what comes piece by piece."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(handle, "wb") as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        # A full disk or quota may be told only here.
        os.fsync(file.fileno())


def name_new(written: Path, path: Path) -> None:
    """Give a written file its name, where nothing has that yet. Raises OSError, FileExistsError where something has."""
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    try:
        path.hardlink_to(written)
    except FileExistsError:
        raise
    except OSError:
        # Some file systems know no second name of a file; then only what came since it was looked for is replaced.
        written.rename(path)


def settle(folder: Path) -> None:
    """Bring the names of a folder to the disk, where the system can."""
    if sys.platform == "win32":
        return
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def parents_of(place: Path) -> Iterator[None]:
    """Make the folders above a place; where the work fails, those that were made go again, if nothing else is in them."""
    made = [folder for folder in place.parents if not os.path.lexists(folder)]
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for folder in made:
            with suppress(OSError):
                folder.rmdir()
        raise


def exit_code_of(error: OSError) -> ExitCode:
    """Return how a command ends that could not write: a full disk or quota is another thing than a bad target."""
    return ExitCode.OUTPUT if error.errno in _FULL else ExitCode.USAGE


def way_out_of(error: OSError, otherwise: str) -> str:
    """Return what to do about it; ``otherwise`` for a bad target, as a sentence."""
    return "Make room on the disk, or name a place on another one." if error.errno in _FULL else otherwise


@contextmanager
def signals_held() -> Iterator[Callable[[], bool]]:
    """Let signals that stop the process wait until a short piece of work is done, so that it leaves nothing half done.

    What is given tells whether one waits, for work that has to wait itself and has changed nothing yet.

    In another thread than the main one no signal arrives; there, the end of the process waits for the work. Raises OSError
    where that end has begun.
    """
    came: list[int] = []
    try:
        with _OTHERS.one_more(), _handled(lambda number, _frame: came.append(number), also_pythons_own=True):
            yield lambda: bool(came)
    finally:
        if came:
            signal.raise_signal(came[0])


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Take a signal that would end the process at once for an interrupt during a long piece of work, so that it tidies up."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with _handled(interrupt, also_pythons_own=False):
        yield


@contextmanager
def _handled(handler: Callable[[int, FrameType | None], None], *, also_pythons_own: bool) -> Iterator[None]:
    """Let the handler have the signals that stop the process. Only the main thread may; elsewhere nothing changes."""
    before: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        for number in _STOPPING:
            held = signal.getsignal(number)
            # None: set by a library below Python, which could not be given back; ignored ones stay ignored.
            if held is signal.SIG_DFL or (also_pythons_own and callable(held)):
                before[number] = held
    try:
        for number in before:
            signal.signal(number, handler)
        yield
    finally:
        for number, held in before.items():
            signal.signal(number, held)


class _OtherThreads:
    """The threads besides the main one that write. They may be daemons, which the interpreter would leave in the middle."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._writing = 0
        self._ended = False

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Count a thread as long as it writes; the main one ends the process, and needs not to be waited for."""
        if threading.current_thread() is threading.main_thread():
            yield
            return
        with self._changed:
            if self._ended:
                raise OSError(errno.EINTR, "planescope is ending")
            self._writing += 1
        try:
            yield
        finally:
            with self._changed:
                self._writing -= 1
                self._changed.notify_all()

    def wait(self) -> None:
        """Wait until none writes, and let none begin any more."""
        with self._changed:
            self._ended = True
            self._changed.wait_for(lambda: not self._writing, _END_SECONDS)


_OTHERS = _OtherThreads()
atexit.register(_OTHERS.wait)
