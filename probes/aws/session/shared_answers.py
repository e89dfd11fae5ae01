"""Ask AWS each question once for many who ask the same: one role, provider or organization of many repositories.

What AWS refused stays refused; what failed on the way (a timeout, throttling) is asked again by the next who wants it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from threading import Event, Lock
from typing import Any, Generic, TypeVar

from diagnosis.json_members import JsonMembers
from probes.aws.session.access import AwsAccess
from probes.aws.session.errors import AwsCallError, Failure
from probes.aws.session.operations import Operation

T = TypeVar("T")

_LASTING = frozenset({Failure.DENIED, Failure.UNSUPPORTED, Failure.OTHER, Failure.REFUSED})


class _Answer(Generic[T]):
    """An answer that is there, or that somebody is waiting for."""

    def __init__(self) -> None:
        self.there = Event()
        self.value: T | None = None
        self.error: AwsCallError | None = None


class SharedAnswers(AwsAccess):
    """Read-only access whose answers are kept for as long as it is used. Safe to share between threads."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._answers: dict[str, _Answer[Any]] = {}
        self._answers_lock = Lock()

    def ask(self, operation: Operation, *, region: str | None = None, **params: object) -> JsonMembers:
        """Make one listed call, or return what it was answered with. Raises like :meth:`AwsAccess.ask`."""
        return self._once(
            "ask", operation, region, params, lambda: super(SharedAnswers, self).ask(operation, region=region, **params)
        )

    def pages(self, operation: Operation, *, region: str | None = None, **params: object) -> Iterator[JsonMembers]:
        """Make one listed call page by page, or return what it was answered with. Raises like :meth:`AwsAccess.pages`."""

        def read() -> tuple[JsonMembers, ...]:
            return tuple(super(SharedAnswers, self).pages(operation, region=region, **params))

        return iter(self._once("pages", operation, region, params, read))

    def renew(self) -> None:
        """Forget sessions, credentials and answers."""
        with self._answers_lock:
            self._answers = {}
        super().renew()

    def _once(
        self, kind: str, operation: Operation, region: str | None, params: dict[str, object], read: Callable[[], T]
    ) -> T:
        asked = json.dumps([kind, operation.client_name, operation.name, region, params], sort_keys=True, default=str)
        with self._answers_lock:
            answer = self._answers.get(asked)
            mine = answer is None
            if answer is None:
                answer = self._answers[asked] = _Answer[T]()
        # Whoever cannot use an answer names what it was asked by, although another thread asked.
        self._last.begin(operation)
        if mine:
            self._read(asked, answer, read)
        else:
            answer.there.wait()
        if answer.error is not None:
            raise answer.error
        return answer.value if answer.value is not None else read()

    def _read(self, asked: str, answer: _Answer[T], read: Callable[[], T]) -> None:
        try:
            answer.value = read()
        except AwsCallError as error:
            answer.error = error
            if error.kind not in _LASTING:
                with self._answers_lock:
                    self._answers.pop(asked, None)
        finally:
            answer.there.set()
