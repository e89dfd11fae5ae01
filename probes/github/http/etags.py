"""Remember answers by their ETag, so that asking again for what has not changed costs GitHub's rate limit nothing."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import TypeAlias

from probes.github.http.transport import Answer

_MOST_CHARACTERS = 16_000_000

Question: TypeAlias = tuple[str, tuple[tuple[str, str], ...]]


def question(path: str, parameters: Mapping[str, str | int] | None) -> Question:
    """Return what an answer is remembered by: the path and its parameters, in one order."""
    return path, tuple(sorted((name, str(value)) for name, value in (parameters or {}).items()))


class ETags:
    """The latest answers with their ETags, up to a size.

    The clients of one source share them, so all were given to the same token.
    """

    def __init__(self, most_characters: int = _MOST_CHARACTERS) -> None:
        self._most = most_characters
        self._lock = Lock()
        self._answers: OrderedDict[Question, tuple[str, Answer, int]] = OrderedDict()
        self._size = 0

    def known(self, asked: Question) -> tuple[str, Answer] | None:
        """Return the ETag of the last answer and that answer, or None."""
        with self._lock:
            found = self._answers.get(asked)
            if found is None:
                return None
            self._answers.move_to_end(asked)
            return found[0], found[1]

    def remember(self, asked: Question, answer: Answer) -> None:
        """Keep an answer that has an ETag; the one that was not asked for longest gives way."""
        tag, size = answer.headers.get("etag", ""), len(answer.read())
        with self._lock:
            _, _, before = self._answers.pop(asked, ("", None, 0))
            self._size -= before
            if not tag or size > self._most:
                return
            self._answers[asked] = (tag, answer, size)
            self._size += size
            while self._size > self._most:
                _, (_, _, dropped) = self._answers.popitem(last=False)
                self._size -= dropped

    def forget(self, asked: Question) -> None:
        """Drop an answer that turned out to be none: "not modified" would bring it back for ever."""
        with self._lock:
            _, _, size = self._answers.pop(asked, ("", None, 0))
            self._size -= size
