"""Run the parts of a reading in parallel, so that a slow or hanging one never holds up the others.

Threads are daemons: a server that sends one byte now and then can hold a thread, but neither the reading nor the exit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Generic, TypeVar

T = TypeVar("T")
_LOOK_UP_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What came of one part: a value, or the exception that it raised."""

    value: T | None = None
    error: BaseException | None = None


def run_in_parallel(
    parts: Mapping[str, Callable[[], T]],
    *,
    deadline_seconds: float,
    cancelled: Callable[[], bool],
    on_done: Callable[[str], None],
) -> dict[str, Outcome[T]]:
    """Return the outcomes of the parts that ended in time, by name; parts that did not are missing.

    ``cancelled`` and ``on_done`` are called in the caller's thread.
    """
    answers: SimpleQueue[tuple[str, Outcome[T]]] = SimpleQueue()

    def run(name: str, part: Callable[[], T]) -> None:
        try:
            answers.put((name, Outcome(value=part())))
        except BaseException as error:  # noqa: BLE001 - handed to the caller, who must not wait for ever
            answers.put((name, Outcome(error=error)))

    for name, part in parts.items():
        Thread(target=run, args=(name, part), name=f"aws {name}", daemon=True).start()
    outcomes: dict[str, Outcome[T]] = {}
    end = time.monotonic() + deadline_seconds
    while len(outcomes) < len(parts) and not cancelled():
        remaining = end - time.monotonic()
        if remaining <= 0:
            break
        try:
            name, outcome = answers.get(timeout=min(remaining, _LOOK_UP_SECONDS))
        except Empty:
            continue
        outcomes[name] = outcome
        on_done(name)
    return outcomes
