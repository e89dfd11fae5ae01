"""Capture GitHub's JSON answers by address, while the usual readers ask for them; a recording is made of these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock

from probes.github.http.body import Timeouts
from probes.github.http.client import Client, Json, Page
from probes.github.http.credentials import GitHubAccess
from probes.github.http.errors import BadCredentials, Expired, Forbidden, NotFound, ReadFailure, Rejected
from probes.github.http.pace import Pace
from probes.ledger import Ledger

NO_ANSWER = 424
"""Stands in a recording for the status of a failure in which no answer of GitHub came, or one to try again for."""

_STATUSES: tuple[tuple[type[ReadFailure], int], ...] = (
    (BadCredentials, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (Expired, 410),
    (Rejected, 422),
)


class CapturedAnswers:
    """Answers and refusals by path. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._objects: dict[str, Json] = {}
        self._pages: dict[str, dict[int, tuple[Json, ...]]] = {}
        self._members: dict[str, str | None] = {}
        self._failures: dict[str, ReadFailure] = {}
        self._folders: dict[tuple[str, str], tuple[Json, ...]] = {}

    def client(self, access: GitHubAccess, ledger: Ledger, pace: Pace, timeouts: Timeouts) -> Client:
        """Return a client whose answers are captured: what :class:`~probes.github.source.GitHubSource` takes as ``client``."""
        return _CapturingClient(self, access, ledger, pace, timeouts)

    def object(self, path: str) -> Json | None:
        """Return the object that a path was answered with, or None."""
        with self._lock:
            return self._objects.get(path)

    def objects_below(self, prefix: str) -> tuple[tuple[str, Json], ...]:
        """Return ``(path, object)`` of every object whose path begins with the prefix."""
        with self._lock:
            return tuple((path, item) for path, item in self._objects.items() if path.startswith(prefix))

    def lists_below(self, prefix: str) -> tuple[tuple[str, str | None], ...]:
        """Return ``(path, member)`` of every list whose path begins with the prefix."""
        with self._lock:
            return tuple((path, member) for path, member in self._members.items() if path.startswith(prefix))

    def failures_below(self, prefix: str) -> tuple[tuple[str, ReadFailure], ...]:
        """Return ``(path, failure)`` of every refused path that begins with the prefix."""
        with self._lock:
            return tuple((path, failure) for path, failure in self._failures.items() if path.startswith(prefix))

    def items(self, path: str) -> tuple[Json, ...]:
        """Return the items of a list, page after page, as far as it was read."""
        with self._lock:
            pages = self._pages.get(path, {})
            return tuple(item for number in sorted(pages) for item in pages[number])

    def status(self, path: str) -> int:
        """Return the status with which a path was refused."""
        with self._lock:
            failure = self._failures.get(path)
        return next((number for kind, number in _STATUSES if isinstance(failure, kind)), NO_ANSWER)

    def note_object(self, path: str, value: Json, page: int) -> None:
        """Keep an object; a comparison comes page by page, each with some of its commits."""
        with self._lock:
            if page == 1:
                self._objects[path] = value
            elif isinstance(value.get("commits"), list) and path in self._objects:
                first = self._objects[path]
                self._objects[path] = {**first, "commits": [*first.get("commits", ()), *value["commits"]]}

    def note_page(self, path: str, member: str | None, number: int, items: tuple[Json, ...]) -> None:
        """Keep a page of a list."""
        with self._lock:
            self._members[path] = member
            self._pages.setdefault(path, {})[number] = items

    def note_folder(self, path: str, ref: str, entries: tuple[Json, ...]) -> None:
        """Keep the entries of a folder at a commit."""
        with self._lock:
            self._folders[path, ref] = entries

    def folder(self, path: str, ref: str) -> tuple[Json, ...]:
        """Return the entries of a folder at a commit, as far as it was listed."""
        with self._lock:
            return self._folders.get((path, ref), ())

    def note_failure(self, path: str, failure: ReadFailure) -> None:
        """Keep how a path was refused."""
        with self._lock:
            self._failures[path] = failure


class _CapturingClient(Client):
    """A client whose answers are captured as they are."""

    def __init__(
        self, captured: CapturedAnswers, access: GitHubAccess, ledger: Ledger, pace: Pace, timeouts: Timeouts
    ) -> None:
        super().__init__(access, ledger, pace, timeouts)
        self._captured = captured

    def object(self, path: str, parameters: Mapping[str, str | int] | None = None, *, remember: bool = False) -> Json:
        with self._noting(path):
            value = super().object(path, parameters, remember=remember)
        page = (parameters or {}).get("page", 1)
        self._captured.note_object(path, value, page if isinstance(page, int) else 1)
        return value

    def object_or_list(self, path: str, parameters: Mapping[str, str | int]) -> Json | tuple[Json, ...]:
        # A file is recorded from what the readers made of it; of a folder its entries are kept.
        with self._noting(path):
            value = super().object_or_list(path, parameters)
        if isinstance(value, tuple):
            self._captured.note_folder(path, str(parameters.get("ref", "")), value)
        return value

    def page(
        self,
        path: str,
        item: str | None,
        number: int = 1,
        parameters: Mapping[str, str | int] | None = None,
        *,
        remember: bool = False,
    ) -> Page:
        with self._noting(path):
            page = super().page(path, item, number, parameters, remember=remember)
        self._captured.note_page(path, item, number, page.items)
        return page

    def address(self, path: str) -> str:
        # The address itself is signed: it opens the file and is not kept.
        with self._noting(path):
            return super().address(path)

    @contextmanager
    def _noting(self, path: str) -> Iterator[None]:
        try:
            yield
        except ReadFailure as failure:
            self._captured.note_failure(path, failure)
            raise
