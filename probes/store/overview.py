"""Tell what lies in the local store, and empty it, for `planescope cache`."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from probes.store.attempts import AttemptStore
from probes.store.conclusions import clear_conclusions, has_conclusions
from probes.store.texts import clear_texts


@dataclass(frozen=True, slots=True)
class StoredRepository:
    """The entries of one repository of one GitHub."""

    host: str
    """The API's base address."""
    repository: str
    """In lower case."""
    attempts: int
    conclusions: int
    """How many conclusions about them are kept: each for other stated values."""
    size: int
    """Bytes, packed, those of the conclusions included."""
    oldest: datetime
    newest: datetime
    """When the first and the last of them were stored."""


@dataclass(frozen=True, slots=True)
class Overview:
    """The whole store."""

    path: Path
    size: int
    """Bytes on disk, what SQLite keeps beside the file included."""
    repositories: tuple[StoredRepository, ...]
    """The largest first."""


def overview(store: AttemptStore) -> Overview:
    """Return what the store holds; a file that is not there is not made."""
    path = store.database.path
    if not os.path.lexists(path):
        return Overview(path, 0, ())
    rows = store.database.read(
        lambda connection: connection.execute(
            "SELECT host, repository, count(DISTINCT run || '/' || attempt), sum(bytes), min(stored_at), max(stored_at)"
            " FROM attempts WHERE typeof(host) = 'text' AND typeof(repository) = 'text' AND typeof(bytes) = 'integer'"
            " AND bytes BETWEEN 0 AND 100000000 AND typeof(stored_at) = 'real' AND stored_at BETWEEN 0 AND 4e9"
            " GROUP BY host, repository ORDER BY 4 DESC, 1, 2 LIMIT 1000"
        ).fetchall()
    )
    concluded = {
        (host, repository): (count, size) for host, repository, count, size in store.database.read(_conclusions) or ()
    }
    repositories = tuple(
        StoredRepository(host, repository, attempts, count, size + own, _moment(oldest), _moment(newest))
        for host, repository, attempts, size, oldest, newest in rows or ()
        for count, own in (concluded.get((host, repository), (0, 0)),)
    )
    return Overview(path, sum(file.stat().st_size for file in _files(path)), repositories)


def _conclusions(connection: sqlite3.Connection) -> list[tuple[str, str, int, int]]:
    if not has_conclusions(connection):
        return []
    return connection.execute(
        "SELECT host, repository, count(*), sum(bytes) FROM conclusions GROUP BY host, repository"
    ).fetchall()


def clear(store: AttemptStore, repository: str | None = None) -> int | None:
    """Take everything away, or what is of one repository; how many entries those were.

    None where it could not be done; the store's note says why, or somebody else has been writing for long.
    """
    path = store.database.path
    if not os.path.lexists(path):
        return 0

    def work(connection: sqlite3.Connection) -> int:
        clear_texts(connection, repository.lower() if repository is not None else None)
        clear_conclusions(connection, repository.lower() if repository is not None else None)
        if repository is None:
            return connection.execute("DELETE FROM attempts").rowcount
        return connection.execute("DELETE FROM attempts WHERE repository = ?", (repository.lower(),)).rowcount

    removed = store.database.write(work)
    if removed is not None:
        # What was deleted shall be gone from the disk, too: these were logs.
        store.database.outside("VACUUM")
        store.database.outside("PRAGMA wal_checkpoint(TRUNCATE)")
        if repository is None:
            path.with_name(f"{path.name}.damaged").unlink(missing_ok=True)
    return removed


def _files(path: Path) -> list[Path]:
    return [file for suffix in ("", "-wal", "-shm") if (file := path.with_name(path.name + suffix)).is_file()]


def _moment(stamp: object) -> datetime:
    return datetime.fromtimestamp(float(str(stamp)), UTC)
