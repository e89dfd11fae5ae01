"""Keep texts of files at commits, for this session and in the local store: they can never change, so one answer is enough."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from threading import Lock
from typing import TypeVar

from diagnosis.facts.reading import Known, Reading, Unreadable
from probes.github.http.credentials import GitHubAccess
from probes.github.read.workflow_text import FileAt
from probes.store.attempts import AttemptStore, Scope

K = TypeVar("K", bound="FileAt | Blob")


class Blob(str):
    """The id that git gives to a file's bytes: the same in every commit that has them."""

    __slots__ = ()


class KeptTexts:
    """The texts of one repository for one kind of token. Safe to share between threads."""

    def __init__(self, access: GitHubAccess, repository: str, store: AttemptStore | None = None) -> None:
        self._store = store
        self._secret = access.token
        self._scope = Scope(access.url, repository, bool(access.token))
        self._lock = Lock()
        self._known: dict[str, Reading[str]] = {}
        self._one: dict[str, Known[str]] = {}
        """The same text at many commits is one value in memory."""

    def known(self, places: Iterable[K]) -> dict[K, Reading[str]]:
        """Return what is kept of these, by place."""
        names = {_name(place): place for place in places}
        with self._lock:
            found = {name: self._known[name] for name in names if name in self._known}
        lacking = [name for name in names if name not in found]
        if lacking and self._store is not None:
            stored = self._store.texts.read(self._scope, lacking)
            self._remember(stored)
            found |= stored
        return {place: found[name] for name, place in names.items() if name in found}

    def keep(self, readings: Mapping[K, Reading[str]]) -> None:
        """Keep those that asking again would not change."""
        final = {
            _name(place): reading
            for place, reading in readings.items()
            if not isinstance(reading, Unreadable) or reading.lasting
        }
        self._remember(final)
        if final and self._store is not None:
            self._store.texts.save(self._scope, final, secret=self._secret)

    def _remember(self, readings: Mapping[str, Reading[str]]) -> None:
        with self._lock:
            for name, reading in readings.items():
                one = self._one.setdefault(reading.value, reading) if isinstance(reading, Known) else reading
                self._known[name] = one


def _name(place: FileAt | Blob) -> str:
    """Return the name of a text as git has it: ``COMMIT:PATH``, or the blob's id."""
    return f"{place.commit}:{place.path}" if isinstance(place, FileAt) else str(place)
