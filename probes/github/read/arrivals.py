"""Tell when an attempt has all that is read for it, while others are still waited for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeAlias

from diagnosis.facts.runs import Attempt

Key: TypeAlias = tuple[int, int]
Whole: TypeAlias = Callable[[Attempt], None]
"""Takes an attempt that has all its parts."""


class Beside(Protocol):
    """Works on attempts while others are still being read. Called in the thread that asked for them."""

    def expect(self, count: int) -> None:
        """Take note that the parts of so many attempts are about to be asked for."""

    def take(self, attempt: Attempt) -> None:
        """Take an attempt that has all its parts: the very value that will be returned."""


class Arrivals:
    """Attempts whose texts come one by one, in any order.

    ``expected`` holds the key of the attempt for each text that will come. ``finished`` makes an attempt whole when its
    last text is there, and ``whole`` is called with the result; at once where none is expected.
    """

    def __init__(
        self,
        attempts: Sequence[Attempt],
        expected: Iterable[Key],
        finished: Callable[[Attempt], Attempt],
        whole: Whole,
    ) -> None:
        self._order = list(attempts)
        self._finished = finished
        self._whole = whole
        self._lacking = Counter(expected)
        self._places: dict[Key, list[int]] = {}
        for place, attempt in enumerate(self._order):
            self._places.setdefault(attempt.key, []).append(place)
        for key in self._places:
            if not self._lacking[key]:
                self._finish(key)

    def one_came(self, key: Key) -> None:
        """Take note that a text of this attempt is there."""
        self._lacking[key] -= 1
        if not self._lacking[key]:
            self._finish(key)

    def attempts(self) -> tuple[Attempt, ...]:
        """Return all attempts in the order given, each whole if all its texts came."""
        return tuple(self._order)

    def _finish(self, key: Key) -> None:
        for place in self._places[key]:
            self._order[place] = self._finished(self._order[place])
            self._whole(self._order[place])
