"""Work of the backend on threads that never hold up the screen, nor the way out.

Textual's own thread workers live in an executor that the interpreter waits for when it ends: one hanging probe would
keep the terminal. So each piece of work is a Textual worker (own group, cancelled by its successor) that awaits a daemon
thread: cancelling it returns at once, and a thread that still hangs dies with the process.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from itertools import count
from typing import Any

from textual.message import Message
from textual.screen import Screen
from textual.worker import Worker

from diagnosis.documents.exit_code import ExitCode
from diagnosis.logs.scrub import scrub
from tui import internal_error, messages
from tui.backend import BackendProblem, Cancelled, Progress

_LONGEST = 400
"""Characters of an error's own words."""

LOCK_WAIT = 0.05
"""Seconds between two looks at whether the user has given up waiting for a lane."""


class Lane:
    """Let one job in at a time; a job that waits for its turn can be cancelled."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def enter(self, job: Job) -> None:
        """Wait for the lane to be free. Raises Cancelled where the job was given up meanwhile."""
        waited = False
        while not self._lock.acquire(timeout=LOCK_WAIT):
            if job.cancelled():
                raise Cancelled
            if not waited:
                waited = True
                job.progress(Progress("Waiting for the last read to stop"))

    def leave(self) -> None:
        """Let the next job in."""
        self._lock.release()


class Job:
    """Handed to each piece of work: tells it whether to go on, and carries its progress and results to the screen."""

    def __init__(self, kind: str, number: int, host: Screen[Any]) -> None:
        self.kind = kind
        self.number = number
        self._host = host
        self._given_up = threading.Event()

    def cancelled(self) -> bool:
        """Return whether to stop; asked between requests."""
        return self._given_up.is_set()

    def give_up(self) -> None:
        """Ask the work to stop as soon as possible; it posts nothing more."""
        self._given_up.set()

    def progress(self, progress: Progress) -> None:
        """Tell the screen how far the work is; may be called from any thread."""
        self.post(messages.Progressed(self.kind, self.number, progress))

    def post(self, message: Message) -> None:
        """Send the screen a message. Raises Cancelled where the job was given up."""
        if self.cancelled():
            raise Cancelled
        self._host.post_message(message)


class BackgroundJobs:
    """The jobs under way, at most one of each kind."""

    def __init__(self, host: Screen[Any], started: Callable[[str, int, str], None]) -> None:
        self._host = host
        self._started = started
        """Told of a kind, a number and what is begun, at once: nothing is under way that the screen does not know."""
        self._numbers = count(1)
        self._running: dict[str, tuple[Job, Worker[None]]] = {}

    def start(self, kind: str, what: str, work: Callable[[Job], None]) -> int:
        """Start a job and give up the one of the same kind that is under way. Return the job's number."""
        self.stop(kind, tell=False)
        job = Job(kind, next(self._numbers), self._host)
        self._started(kind, job.number, what)

        async def carry() -> None:
            await self._carry(job, what, work)

        # The function, not its coroutine: a worker that is cancelled before it began would leave that behind, never awaited.
        worker: Worker[None] = self._host.run_worker(
            carry, name=what, group=f"backend-{kind}", exclusive=True, exit_on_error=False
        )
        self._running[kind] = (job, worker)
        return job.number

    def running(self, kind: str) -> bool:
        """Return whether a job of this kind is under way."""
        return kind in self._running

    @property
    def busy(self) -> bool:
        """Whether any job is under way."""
        return bool(self._running)

    def stop(self, kind: str, *, tell: bool = True) -> bool:
        """Give a job up; return False where there was none of this kind."""
        found = self._running.pop(kind, None)
        if found is None:
            return False
        job, worker = found
        job.give_up()
        worker.cancel()
        if tell:
            self._host.post_message(messages.WorkEnded(kind, job.number, cancelled=True))
        return True

    def stop_all(self) -> bool:
        """Give all jobs up; return False where none was under way."""
        stopped = [self.stop(kind) for kind in tuple(self._running)]
        return any(stopped)

    async def _carry(self, job: Job, what: str, work: Callable[[Job], None]) -> None:
        ended: Message
        try:
            await in_daemon_thread(lambda: work(job), name=f"planescope {job.kind}")
            ended = messages.WorkEnded(job.kind, job.number)
        except Cancelled:
            ended = messages.WorkEnded(job.kind, job.number, cancelled=True)
        except BackendProblem as problem:
            ended = messages.WorkFailed(job.kind, job.number, problem)
        except Exception as error:  # noqa: BLE001 - the last line before the screen: no error may take the app down
            ended = messages.WorkFailed(job.kind, job.number, _own_error(what, error))
        except asyncio.CancelledError:
            # The screen goes, or a successor comes: the thread is to stop too, instead of working for nobody.
            job.give_up()
            raise
        finally:
            if self._running.get(job.kind, (None,))[0] is job:
                del self._running[job.kind]
        if not job.cancelled():
            self._host.post_message(ended)


def _own_error(what: str, error: Exception) -> BackendProblem:
    """Keep the trace of an error that no backend means, and say what was under way; its own words may quote anything."""
    fault = internal_error.keep(error)
    return BackendProblem(
        f"planescope met an error of its own ({what.lower()}): {fault.kind}: {scrub(str(error)[:_LONGEST])}",
        f"Nothing was changed. Press r to try again; if it comes back, {fault.way_out}.",
        ExitCode.INTERNAL,
    )


async def in_daemon_thread(work: Callable[[], None], *, name: str) -> None:
    """Run blocking work on a daemon thread and wait for it; cancelling the wait leaves the thread behind."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def settle(error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def body() -> None:
        error: BaseException | None = None
        try:
            work()
        except BaseException as raised:  # noqa: BLE001 - handed to the waiting side, which decides
            error = raised
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, error)

    threading.Thread(target=body, name=name, daemon=True).start()
    await done
