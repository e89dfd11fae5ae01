"""The one way from the command line to standard output and standard error.

All text that is written here is taken for foreign: what is not drawn becomes visible, and in a workflow's step no line is
a command of the runner. Two modules write what only planescope may: :mod:`tui.cli.console` colours by rich, and the line
of progress, both by :func:`send`. :func:`guard` puts the same before whatever else writes (click's help and errors,
warnings, libraries).
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from diagnosis.visible_text import visible, visible_line
from tui.cli import ascii_signs
from tui.cli.plain import draws
from tui.cli.workflow_commands import inside_actions, no_commands
from tui.serve.served import is_served

_CLOSED = "it is closed"


class OutputLostError(BaseException):
    """Standard output was full or closed: nobody reads what follows. Like an interrupt, it is no fault that a command handles."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why
        """In the system's words: ``No space left on device``."""


class Guarded(io.TextIOBase):
    """A standard stream to which all text is foreign; ``stream`` is the one below it, None where it was closed from the start.

    A failure of standard output raises :class:`OutputLostError`; one of standard error is passed over, since it is the place
    where it would be said.
    """

    def __init__(self, stream: TextIO | None, *, is_error: bool) -> None:
        self._stream = stream
        self._is_error = is_error
        self._terminal = stream is not None and _is_terminal(stream)

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """UTF-8, whatever lies below: any text may be written, as :mod:`tui.cli.ascii_signs` says."""
        return "utf-8"

    @property
    def below(self) -> TextIO | None:
        """The stream below."""
        return self._stream

    def isatty(self) -> bool:
        """Return whether a terminal is written to."""
        return self._terminal

    def fileno(self) -> int:
        """Return the descriptor of the stream below."""
        if self._stream is None:
            raise io.UnsupportedOperation("fileno")
        return self._stream.fileno()

    def writable(self) -> bool:
        """Text may be written."""
        return True

    def write(self, text: str) -> int:
        """Write foreign text."""
        self.send(harmless(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:  # type: ignore[override]
        """Write foreign lines."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Hand on what is kept."""
        self.send("")

    def send(self, text: str) -> None:
        """Write text with sequences of ours, and hand it on at once."""
        if self._stream is None:
            if text:
                self._lost(_CLOSED)
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError as error:
            self._lost(error.strerror or str(error))
        except ValueError:
            self._lost(_CLOSED)

    def _lost(self, why: str) -> None:
        if self._stream is not None:
            discard(self._stream)
        if not self._is_error:
            raise OutputLostError(why) from None


def harmless(text: str) -> str:
    """Return foreign text of any number of lines as it may be written."""
    shown = visible(text)
    return no_commands(shown) if inside_actions() else shown


def say(text: str, *, err: bool = False, lines: bool = False) -> None:
    """Write one line to standard output, or to standard error.

    A line feed in it is part of a word that was typed or named, and is shown as a sign; with ``lines`` it ends a line of ours.
    A message on standard error quotes what was typed and named: it is scrubbed.
    """
    if err:
        from diagnosis.logs.scrub import scrub

        text = scrub(text)
    send(harmless(text if lines else visible_line(text)) + "\n", err=err)


def send(text: str, *, err: bool = False) -> None:
    """Write text that may hold sequences of ours. What is foreign in it has been made visible before."""
    stream = sys.stderr if err else sys.stdout
    if isinstance(stream, Guarded):
        stream.send(text)
    elif stream is not None:
        stream.write(text)
        stream.flush()


def on_a_terminal() -> bool:
    """Return whether a terminal gives the keys and takes both outputs, as an app needs it: it is drawn through standard error.

    Not one that draws nothing, and not for somebody who asked for plain text. A process of ``planescope serve`` has a tab of a
    browser for it.
    """
    return is_served() or (
        draws() and all(stream is not None and _is_terminal(stream) for stream in (sys.stdin, sys.stdout, sys.stderr))
    )


def can_encode(text: str, *, err: bool = False) -> bool:
    """Return whether the output has every character of a text."""
    stream = sys.stderr if err else sys.stdout
    below = stream.below if isinstance(stream, Guarded) else stream
    try:
        text.encode(getattr(below, "encoding", None) or "utf-8")
    except (UnicodeError, LookupError):
        return False
    return True


def guard() -> None:
    """Put the guard before both standard streams of this process, and hold the places of those that are closed."""
    ascii_signs.register()
    _hold_descriptors()
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=ascii_signs.HANDLER)
        if not isinstance(stream, Guarded):
            setattr(sys, name, Guarded(stream, is_error=name == "stderr"))
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - for as long as the process lives


def discard(stream: TextIO) -> None:
    """Let what is still kept of a lost stream go nowhere, so that nothing fails once more when the interpreter ends."""
    with contextlib.suppress(OSError, ValueError):
        descriptor = stream.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)
        stream.flush()


def _hold_descriptors() -> None:
    """Open the null device at a standard descriptor that is closed: else the next file opened would get its number."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            with contextlib.suppress(OSError):
                os.open(os.devnull, os.O_RDONLY if descriptor == 0 else os.O_WRONLY)


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except (OSError, ValueError):
        return False
