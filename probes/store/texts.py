"""Keep texts of repository files at commits, and of blobs: what they hold never changes, so it is asked for once.

A text is served to a session without a token only if it was recorded without one, as attempts are.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from diagnosis.facts.reading import Reading
from diagnosis.logs.scrub import scrub
from probes.store.codec import CodecError, decode, encode, fingerprint
from probes.store.database import Database
from probes.store.room import make_room
from probes.store.rules import scrubber_version
from probes.store.unpacking import unpacked

SHARE = 8
"""The texts take at most this part of what the attempts may take, and what they take is taken from it."""
_LARGEST = 2_000_000
_LONGEST = 8_000_000
"""Unpacked; the longest file that is read has half a million bytes."""
_MOST_AT_ONCE = 500
_TABLE = """
    CREATE TABLE IF NOT EXISTS texts (
        host TEXT NOT NULL,
        repository TEXT NOT NULL,
        name TEXT NOT NULL,
        token INTEGER NOT NULL,
        format TEXT NOT NULL,
        stored_at REAL NOT NULL,
        bytes INTEGER NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (host, repository, name, token)
    )
"""


@dataclass(frozen=True, slots=True)
class StoredText:
    """A text as it was read, with the name under which it is kept: an index that is damaged leads to another's entry."""

    name: str
    text: Reading[str]


FORMAT = f"2-{fingerprint(StoredText)}-{scrubber_version()}"
"""Of the shape, and of the scrubber: what another one kept is not served."""


class Whose(Protocol):
    """Of which GitHub and repository, and whether it was read with a token."""

    @property
    def with_token(self) -> bool:
        """Whether there was a token."""

    @property
    def key(self) -> tuple[str, str]:
        """Host and repository."""


class TextStore:
    """The texts of all repositories, in the file of the attempts. The table is made when the first text is kept."""

    def __init__(self, database: Database, clock: Callable[[], datetime], limit_bytes: int) -> None:
        self._database = database
        self._clock = clock
        self._whole = limit_bytes
        self._limit = limit_bytes // SHARE

    def read(self, scope: Whose, names: Iterable[str]) -> dict[str, Reading[str]]:
        """Return the texts that are stored under these names, by name."""
        wanted = list(names)
        found: dict[str, Reading[str]] = {}
        for start in range(0, len(wanted), _MOST_AT_ONCE):
            some = wanted[start : start + _MOST_AT_ONCE]
            for name, body in self._rows(scope, some):
                stored = _unpacked(body)
                if stored is not None and stored.name == name:
                    found[name] = stored.text
        return found

    def save(self, scope: Whose, texts: Mapping[str, Reading[str]], *, secret: str = "") -> None:
        """Keep texts. ``secret`` is the token: it is in nothing that is kept."""
        now = self._clock().timestamp()
        rows = [
            (*scope.key, name, scope.with_token, FORMAT, now, len(body), body)
            for name, text in texts.items()
            for body in (_packed(name, text, secret),)
            if len(body) <= min(_LARGEST, self._limit)
        ]
        if not rows:
            return

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(_TABLE)
            forget_other_texts(connection)
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(f"INSERT OR REPLACE INTO texts VALUES ({marks})", rows)  # noqa: S608 - marks only
            (size,) = connection.execute("SELECT coalesce(sum(bytes), 0) FROM texts").fetchone()
            if size > self._limit:
                connection.execute(
                    "DELETE FROM texts WHERE rowid IN (SELECT rowid FROM (SELECT rowid, sum(bytes) OVER"
                    " (ORDER BY stored_at DESC, rowid DESC) AS running FROM texts) WHERE running > ?)",
                    (self._limit,),
                )
            make_room(connection, self._whole)

        self._database.write(work)

    def _rows(self, scope: Whose, names: list[str]) -> list[tuple[str, bytes]]:
        marks = ", ".join("?" * len(names))

        def work(connection: sqlite3.Connection) -> list[tuple[str, bytes]]:
            if not has_texts(connection):
                return []
            return connection.execute(
                "SELECT name, body FROM texts WHERE host = ? AND repository = ? AND format = ? AND token <= ?"  # noqa: S608
                f" AND name IN ({marks}) ORDER BY token",
                (*scope.key, FORMAT, scope.with_token, *names),
            ).fetchall()

        return self._database.read(work) or []


def has_texts(connection: sqlite3.Connection) -> bool:
    """Return whether the file has the table: one that an earlier version made has not."""
    return (
        connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'texts'").fetchone() is not None
    )


def forget_other_texts(connection: sqlite3.Connection) -> None:
    """Take away what another version kept: it is never read again, and its scrubber may have known less."""
    if has_texts(connection):
        connection.execute("DELETE FROM texts WHERE format <> ?", (FORMAT,))


def clear_texts(connection: sqlite3.Connection, repository: str | None) -> None:
    """Take all texts away, or those of one repository, named in lower case."""
    if not has_texts(connection):
        return
    if repository is None:
        connection.execute("DELETE FROM texts")
    else:
        connection.execute("DELETE FROM texts WHERE repository = ?", (repository,))


def _packed(name: str, text: Reading[str], secret: str) -> bytes:
    def cleaned(value: str) -> str:
        if value == name:
            return value  # as it stands in its column
        # Long texts are files, which were scrubbed as they entered.
        value = value.replace(secret, "***") if secret else value
        return scrub(value) if len(value) < 20_000 else value

    return zlib.compress(json.dumps(encode(StoredText(name, text), cleaned), separators=(",", ":")).encode(), 1)


def _unpacked(body: object) -> StoredText | None:
    try:
        value: StoredText = decode(StoredText, json.loads(unpacked(body, _LONGEST)))
    except (CodecError, ValueError, TypeError, zlib.error, RecursionError):
        return None
    return value
