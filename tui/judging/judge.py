"""Judge the attempts of a chain: from what was concluded before, in processes beside the reading, else here and now."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from threading import Condition
from types import TracebackType
from typing import Protocol, Self

from diagnosis.facts.case import Case
from diagnosis.facts.runs import Attempt
from diagnosis.replay.attempt import replay
from diagnosis.replay.conclusion import Conclusion, replay_from
from diagnosis.verdicts.replay import Replay
from probes.store.conclusions import Key
from tui.judging.processes import Processes, processes_for

_LOOK_UP_SECONDS = 0.1
_PATIENCE = 50
"""Looks without any answer, after which the caller judges what a process has taken: it may be stopped, or never wake up."""
_BACKLOG = 4
"""Attempts that may wait for each process before the caller lends a hand."""


class Concluded(Protocol):
    """What was concluded before."""

    def key(self, attempt: Attempt, case: Case) -> Key | None:
        """Return under which key a conclusion about the attempt is kept; None where none is."""

    def replay(self, attempt: Attempt, key: Key) -> Replay | None:
        """Return what is kept; None where there is nothing."""

    def keep(self, replays: Sequence[tuple[Key, Replay]]) -> None:
        """Keep what is new."""


class Judge:
    """Judges the attempts of one reading under one case; close it when done (``with``).

    Give it to :meth:`GitHubSource.complete` as ``beside``, then ask for the replays. Whatever way one takes, it is the
    one that :func:`diagnosis.replay.attempt.replay` gives. To be used from one thread.
    """

    def __init__(
        self,
        case: Case,
        concluded: Concluded | None = None,
        *,
        processes: Callable[[int], int] = processes_for,
        known: Sequence[Replay] = (),
    ) -> None:
        self._case = case
        self._concluded = concluded
        self._processes_for = processes
        self._changed = Condition()
        self._waiting: deque[Attempt] = deque()
        self._failed: deque[Attempt] = deque()
        """Taken by a process that did not answer."""
        self._under_way: dict[int, Attempt] = {}
        """Taken by a process that may still answer, the first taken first."""
        self._in_vain = 0
        """Looks since the last answer."""
        self._found: dict[int, Replay] = {id(each.attempt): each for each in known}
        """By the identity of the attempt, which the replay holds."""
        self._taken: dict[int, Attempt] = {}
        self._keys: dict[int, Key] = {}
        self._ended = False
        self._processes: Processes | None = None

    def expect(self, count: int) -> None:
        """Start processes where so many attempts are worth them."""
        number = self._processes_for(count)
        if number and self._processes is None:
            self._processes = Processes(number, self._case, self._next, self._answered)

    @property
    def ready(self) -> int:
        """How many processes are at work."""
        return self._processes.serving if self._processes else 0

    def take(self, attempt: Attempt) -> None:
        """Begin with an attempt: what was concluded before is looked up, else it is judged beside what is read next."""
        place = id(attempt)
        if place in self._found or place in self._taken:
            return
        self._taken[place] = attempt
        if self._concluded is not None and (key := self._concluded.key(attempt, self._case)) is not None:
            before = self._concluded.replay(attempt, key)
            if before is not None:
                self._found[place] = before
                return
            self._keys[place] = key
        with self._changed:
            self._waiting.append(attempt)
            self._changed.notify_all()
            behind = len(self._waiting)
        if behind > _BACKLOG * self.ready:
            self._judge_one()

    def replays(self, attempts: Sequence[Attempt], check: Callable[[], None] = lambda: None) -> tuple[Replay, ...]:
        """Return the replay of each attempt, in the order given. ``check`` raises where nobody waits for them any more."""
        for attempt in attempts:
            check()
            self.take(attempt)
        for attempt in attempts:
            while id(attempt) not in self._found:
                check()
                if not self._judge_one():
                    self._wait()
        found = tuple(self._found[id(attempt)] for attempt in attempts)
        if self._concluded is not None:
            new = [(key, self._found[place]) for place, key in self._keys.items() if place in self._found]
            self._keys.clear()
            if new:
                self._concluded.keep(new)
        return found

    def close(self) -> None:
        """Stop what is still under way."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        if self._processes is not None:
            self._processes.close()
            self._processes = None

    def _judge_one(self) -> bool:
        """Judge one that waits, here; whether there was one."""
        with self._changed:
            queue = self._failed or self._waiting
            if not queue:
                return False
            attempt = queue.popleft()
        try:
            self._found[id(attempt)] = replay(attempt, self._case)
        except BaseException:
            # Whoever asks again gets the same answer, and does not wait for one.
            self._failed.append(attempt)
            raise
        return True

    def _wait(self) -> None:
        """Wait a moment for what a process has taken, and take it back from one that does not answer at all."""
        with self._changed:
            if self._failed or not self._under_way:
                return
            self._in_vain = 0 if self._changed.wait(_LOOK_UP_SECONDS) else self._in_vain + 1
            if self._in_vain >= _PATIENCE and self._under_way:
                self._failed.append(self._under_way.pop(next(iter(self._under_way))))

    def _next(self) -> Attempt | None:
        """Give a process the next attempt; None at the end."""
        with self._changed:
            while not self._waiting and not self._ended:
                self._changed.wait()
            if self._ended:
                return None
            attempt = self._waiting.popleft()
            self._under_way[id(attempt)] = attempt
            return attempt

    def _answered(self, attempt: Attempt, conclusion: Conclusion | None) -> None:
        """Take a process's answer."""
        found = replay_from(conclusion, attempt) if conclusion is not None else None
        with self._changed:
            waited_for = self._under_way.pop(id(attempt), None)
            if found is not None:
                self._found.setdefault(id(attempt), found)
            elif waited_for is not None:
                self._failed.append(attempt)
            self._changed.notify_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _value: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()
