"""Processes that judge while this one reads: as many as there are processors beside its own, and only for much work.

None of them is needed: what one does not answer, since it did not start, judges by other rules, broke or was ended, the
caller judges himself. They have no terminal, inherit nothing but two pipes, and end when this process does, however it ends.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import BinaryIO, TypeAlias, cast

from diagnosis.facts.case import Case
from diagnosis.facts.runs import Attempt
from diagnosis.replay.conclusion import Conclusion
from probes.store.rules import rules_version
from tui.judging.worker import receive, send

WORTH_A_PROCESS = 32
"""Attempts to read. A process takes as long to start as some fifty short logs take to be judged, but meanwhile they are
still under way."""
_MOST = 3
"""Each holds some fifty megabytes, and the attempt that it judges."""

Take: TypeAlias = Callable[[], "Attempt | None"]
"""Gives the next attempt to judge, and waits for it; None where there will be no more."""
Answer: TypeAlias = Callable[[Attempt, "Conclusion | None"], None]
"""Takes what was concluded about it; None where that failed."""

_ENVIRONMENT = frozenset(
    {"PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "TZDIR"}
)
"""What an interpreter may need to start."""
_START = "import sys; sys.path[:] = {path!r}; from tui.judging.worker import main; main()"


def processes_for(attempts: int) -> int:
    """Return how many processes are worth their start for so many attempts: none for few, and on one processor."""
    if getattr(sys, "frozen", False) or not sys.executable or rules_version() is None:
        return 0
    return max(0, min(_processors() - 1, _MOST, attempts // WORTH_A_PROCESS))


class Processes:
    """Some processes, each served by a thread of this one. ``take`` and ``answer`` are called from these threads."""

    def __init__(self, count: int, case: Case, take: Take, answer: Answer) -> None:
        self._case = case
        self._take, self._answer = take, answer
        self._children = _started(count)
        self._serving = 0
        self._threads: list[Thread] = []
        # No thread to be had (a limit): its process is of no use, and waits until it is ended.
        with suppress(RuntimeError):
            for child in self._children:
                thread = Thread(target=self._serve, args=(child,), name="judging", daemon=True)
                thread.start()
                self._threads.append(thread)

    @property
    def serving(self) -> int:
        """How many are ready and at work."""
        return self._serving

    def close(self) -> None:
        """End all of them at once, in the middle of an attempt if need be. ``take`` must have no more, and not wait."""
        for child in self._children:
            with suppress(OSError):
                child.process.kill()
        for thread in self._threads:
            thread.join()
        for child in self._children:
            child.close()

    def _serve(self, child: _Child) -> None:
        attempt: Attempt | None = None
        try:
            if receive(child.receiving) != rules_version():
                return  # the program was exchanged while this one ran
            self._serving += 1
            try:
                while (attempt := self._take()) is not None:
                    send(child.sending, (attempt, self._case))
                    self._answer(attempt, receive(child.receiving))
                    attempt = None
            finally:
                self._serving -= 1
        except Exception:  # noqa: BLE001 - a broken pipe, an answer that is none: the caller judges
            if attempt is not None:
                self._answer(attempt, None)


class _Child:
    """One process and the two ends of its pipes."""

    def __init__(self) -> None:
        # Isolated, with this process's own path: nothing is imported from the current folder.
        path = [str(Path(entry).absolute()) for entry in sys.path if entry]
        self.process = subprocess.Popen(  # noqa: S603 - this very interpreter
            [sys.executable, "-I", *(["-B"] if sys.dont_write_bytecode else []), "-c", _START.format(path=path)],
            # It asks nobody anything, so it gets no token and no key.
            env={name: value for name, value in os.environ.items() if name.upper() in _ENVIRONMENT},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Out of the terminal's reach: neither its keys nor its end are for them.
            start_new_session=True,
        )
        self.sending = cast("BinaryIO", self.process.stdin)
        self.receiving = cast("BinaryIO", self.process.stdout)

    def close(self) -> None:
        """Let go of a process that was ended."""
        for stream in (self.sending, self.receiving):
            with suppress(OSError):
                stream.close()
        self.process.wait()


def _started(count: int) -> list[_Child]:
    children: list[_Child] = []
    # No process to be had (a limit, no memory): the work is done here.
    with suppress(OSError):
        children.extend(_Child() for _ in range(count))
    return children


def _processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
