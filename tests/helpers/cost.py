"""What a piece of work costs, as a multiple of a fixed one that is measured beside it: the same on a slow and on a busy machine."""

from __future__ import annotations

import time
from collections.abc import Callable


def cost(work: Callable[[], object]) -> float:
    """Return the processor time of the work in units of the yardstick, which takes some 20 ms where this was written."""
    unit = min(_seconds(_yardstick) for _ in range(3))
    return _seconds(work) / unit


def _yardstick() -> None:
    counted: dict[int, int] = {}
    for number in range(120_000):
        counted[number % 1_000] = counted.get(number % 1_000, 0) + number


def _seconds(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun
