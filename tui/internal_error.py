"""A fault of planescope itself: its trace goes into a file of the user's, and a sentence says how to report it.

The trace names places in code and the kinds of errors. It holds no values of variables, its messages are scrubbed of
secrets, and paths are cut to what they are within a package, or begin with ``~``.
"""

from __future__ import annotations

import contextlib
import os
import platform
import re
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_MOST_FILES = 10
_MOST_FRAMES = 60
_LONGEST_LINE = 400
_MOST_LINES = 600
_WITHIN_PACKAGES = re.compile(r"\A.*[/\\](?:site-packages|dist-packages|lib[/\\]python[0-9.]+)[/\\]", re.DOTALL)
_OURS = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Fault:
    """What is known of an internal error."""

    kind: str
    """The name of the exception's class."""
    trace: Path | None
    """The file with the trace; None where none could be written."""

    @property
    def sentence(self) -> str:
        """What is said about it, and how it is reported."""
        return f"planescope: a fault of planescope itself ({self.kind}), not of what it was given; {self.way_out}."

    @property
    def way_out(self) -> str:
        """How to report it, as the end of a sentence."""
        trace = f" with {_in_home(str(self.trace))} (a trace without values)" if self.trace else ""
        return f"please report it on the project's issue page{trace}, in private as SECURITY.md says if it breaks a promise"


_kept: list[Fault] = []


def kept() -> Fault | None:
    """Return the latest internal error of this process."""
    return _kept[-1] if _kept else None


def keep(error: BaseException) -> Fault:
    """Write the trace of an error, whatever state the process is in, and remember it."""
    kind = type(error).__name__
    path = None
    # Memory or the stack may be exhausted still: then there is no file, but a sentence.
    with contextlib.suppress(Exception):
        path = _written(_trace(error))
    _kept.append(fault := Fault(kind, path))
    return fault


def _trace(error: BaseException) -> str:
    from diagnosis.logs.scrub import scrub
    from diagnosis.visible_text import visible
    from tui import __version__

    told = traceback.TracebackException.from_exception(error, limit=-_MOST_FRAMES, capture_locals=False)
    _shorten(told, set())
    lines = "".join(told.format()).split("\n")
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES // 2], "…", *lines[-_MOST_LINES // 2 :]]
    trace = scrub("\n".join(line[:_LONGEST_LINE] for line in lines))
    head = (
        f"planescope {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}\n"
        "Secrets of known forms are replaced. Read it before you send it.\n\n"
    )
    return head + "\n".join(_in_home(visible(line)) for line in trace.split("\n"))


def _shorten(told: traceback.TracebackException, seen: set[int]) -> None:
    """Cut the paths of all frames, those of causes too."""
    if id(told) in seen:
        return
    seen.add(id(told))
    for frame in told.stack:
        frame.filename = _place(frame.filename)
    for other in (told.__cause__, told.__context__, *(getattr(told, "exceptions", None) or ())):
        if other is not None:
            _shorten(other, seen)


def _place(name: str) -> str:
    """Return a source file's path within its package."""
    short = _WITHIN_PACKAGES.sub("", name)
    if short != name:
        return short
    return name.removeprefix(f"{_OURS}{os.sep}")


def _in_home(text: str) -> str:
    """Return text in which the user's home folder is ``~``."""
    home = os.path.expanduser("~").rstrip(os.sep)  # noqa: PTH111 - a text, and it never raises
    return re.sub(f"{re.escape(home)}(?![A-Za-z0-9_.-])", "~", text) if len(home) > 1 else text


def _written(text: str) -> Path:
    """Write a trace that only the user can read, and remove the oldest. Raises OSError."""
    folder = _folder()
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    path = folder / f"error-{stamp}-{os.getpid()}.txt"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    for old in sorted(folder.glob("error-*.txt"))[:-_MOST_FILES]:
        old.unlink(missing_ok=True)
    return path


def _folder() -> Path:
    """Return the folder of traces, of the user's state or else cache, made where it is not there. Raises OSError."""
    from platformdirs import user_cache_path, user_state_path

    failure: OSError | None = None
    for parent in (user_state_path("planescope"), user_cache_path("planescope")):
        try:
            folder = parent / "errors"
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = folder.lstat()
            own = not hasattr(os, "getuid") or found.st_uid == os.getuid()
            if own and not folder.is_symlink() and os.access(folder, os.W_OK):
                return folder
        except OSError as error:
            failure = error
    raise failure or PermissionError(13, "the folder is not the user's own")
