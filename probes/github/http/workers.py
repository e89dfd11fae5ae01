"""Ask GitHub in several threads, each with a client of its own; whoever waits for them can give up at once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import FIRST_COMPLETED, CancelledError, wait
from typing import TypeVar

from probes.github.http.client import Client, Clients
from probes.github.http.daemon_pool import DaemonPool
from probes.github.http.errors import Cancelled, ReadFailure
from probes.github.http.pace import Watch

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

MOST_WORKERS = 16
_LOOK_UP_SECONDS = 0.1


def as_whole(what: str, task: Callable[[Client], T]) -> Callable[[Client], T]:
    """Return a task whose failure is raised as a GitHubProblem about ``what``: without it the request means nothing."""

    def guarded(client: Client) -> T:
        try:
            return task(client)
        except ReadFailure as failure:
            raise failure.problem(what) from None

    return guarded


class Workers:
    """A pool of at most sixteen threads, started when there is work."""

    def __init__(self, make_client: Callable[[], Client], count: int = MOST_WORKERS) -> None:
        self._clients = Clients(make_client)
        self._pool = DaemonPool(max(1, min(count, MOST_WORKERS)), "github")

    def whole(self, what: str, watch: Watch, task: Callable[[Client], T]) -> T:
        """Do one piece of work; its failure is raised as a GitHubProblem."""
        return self.in_parallel("", {what: as_whole(what, task)}, watch)[what]

    def in_parallel(
        self,
        what: str,
        tasks: Mapping[K, Callable[[Client], T]],
        watch: Watch,
        done_with: Callable[[K, T], None] = lambda _key, _result: None,
    ) -> dict[K, T]:
        """Do all tasks and return their results by key, in the order of the tasks.

        The first exception ends the work and is raised: Cancelled if the watch gives up, whatever a task lets through.
        Tasks must not wait for other tasks. ``done_with`` is called in the asking thread with each result as it comes.
        """
        watch.check()
        try:
            futures = {key: self._pool.submit(self._run, task, watch) for key, task in tasks.items()}
        except RuntimeError:
            raise Cancelled("the source was closed") from None
        keys = {future: key for key, future in futures.items()}
        waiting = set(keys)
        shown = -1
        try:
            while waiting:
                # Only what is new: a countdown that a thread shows meanwhile stays on the screen.
                if what and shown != len(waiting):
                    shown = len(waiting)
                    watch.progress(what, len(futures) - shown, len(futures))
                done, waiting = wait(waiting, _LOOK_UP_SECONDS, FIRST_COMPLETED)
                watch.check()
                for future in done:
                    done_with(keys[future], future.result())
        except CancelledError:
            raise Cancelled("the source was closed") from None
        finally:
            # Without effect on those that run: they look at the watch before their next request.
            for future in waiting:
                future.cancel()
        if what:
            watch.progress(what, len(futures), len(futures))
        return {key: future.result() for key, future in futures.items()}

    def close(self) -> None:
        """Take no more work and close the sockets; does not wait for answers under way."""
        self._pool.close()
        self._clients.close()

    def _run(self, task: Callable[[Client], T], watch: Watch) -> T:
        client = self._clients.mine()
        with client.watched(watch):
            return task(client)
