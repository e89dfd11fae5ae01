"""The process of the command line from its first line to its exit code: what no command handles ends here, each in one sentence."""

from __future__ import annotations

import atexit
import contextlib
import sys
import threading
from typing import NoReturn

from tui import internal_error
from tui.cli.output import OutputLostError, guard, say
from tui.interrupts import FAULT, INTERRUPTED, INTERRUPTS, LOST, SENTENCE

END_SECONDS = 2.0
"""How long threads that nobody waits for any more may hold up the end."""


def run() -> NoReturn:
    """Run the command line and leave the process by its exit code."""
    guard()
    INTERRUPTS.listen()
    threading.excepthook = _keep_of_thread
    ended: list[int] = []
    # The first to be registered is the last to be called: files and processes of others are put away by then.
    atexit.register(_leave_threads_behind, ended)
    code = FAULT
    try:
        code = _commanded()
        if code not in (INTERRUPTED, FAULT):
            sys.stdout.flush()
    except KeyboardInterrupt:
        say(SENTENCE, err=True)
        code = INTERRUPTED
    except OutputLostError as lost:
        say(f"planescope: the output could not be written to its end: {lost.why}.", err=True)
        code = LOST
    except BaseException as error:  # noqa: BLE001 - the last line: no error may end as a trace, nor as the code of a verdict
        internal_error.keep(error)
    fault = internal_error.kept()
    if fault is not None and code not in (INTERRUPTED, LOST):
        say(fault.sentence, err=True)
        code = FAULT
    if code in (INTERRUPTED, LOST, FAULT):
        INTERRUPTS.leave_after(END_SECONDS, code)
        # What is kept still: the interpreter would try it at its end, and its failure there has a code of Python's own.
        with contextlib.suppress(OutputLostError):
            sys.stdout.flush()
    INTERRUPTS.ending()
    ended.append(code)
    sys.exit(code)


def _leave_threads_behind(ended: list[int]) -> None:
    """Leave at once where a thread still works: ended by the interpreter within a library's code it aborts the process."""
    if ended and threading.active_count() > 1:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OutputLostError):
                stream.flush()
        INTERRUPTS.leave(ended[0])
    INTERRUPTS.ended()


def _commanded() -> int:
    """Run the command and return its exit code."""
    from tui.cli.main import planescope

    try:
        planescope.main(prog_name="planescope")
    except SystemExit as end:
        code: object = end.code
        if isinstance(code, int):
            return code
        if code is not None:
            raise RuntimeError("a command ended without a code") from end
    return 0


def _keep_of_thread(raised: threading.ExceptHookArgs) -> None:
    """Keep what ended a thread that nobody waits for; the command says it at its end."""
    if raised.exc_value is not None and not isinstance(raised.exc_value, (SystemExit, KeyboardInterrupt)):
        with contextlib.suppress(Exception):
            internal_error.keep(raised.exc_value)
