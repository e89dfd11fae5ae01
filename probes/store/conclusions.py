"""Keep what was concluded about completed attempts, so that it is not judged again while nothing of it has changed.

An entry counts for one key alone: the content of the attempt, the options that judging looks at, and the version of the
rules (:func:`key_of`). An entry under another key, of another shape, or that does not decode is none, and the attempt is
judged. Nothing of an account's state is in it. Whom an entry is served to is decided as for attempts.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from diagnosis.facts.case import Case
from diagnosis.facts.runs import Attempt
from diagnosis.logs.scrub import scrub
from diagnosis.replay.conclusion import Conclusion
from probes.store.codec import CodecError, decode, encode, fingerprint
from probes.store.content import content_key
from probes.store.database import Database
from probes.store.room import make_room
from probes.store.rules import rules_version
from probes.store.texts import Whose

SHARE = 16
"""The conclusions take at most this part of what the attempts may take, and what they take is taken from it."""
FORMAT = f"1-{fingerprint(Conclusion)}"
_LARGEST = 4_000_000
"""Bytes of one conclusion as JSON; a usual one has twenty thousand."""
_TOO_LARGE = 2**63
"""For SQLite's numbers; those of runs come from outside."""
_TABLE = """
    CREATE TABLE IF NOT EXISTS conclusions (
        host TEXT NOT NULL,
        repository TEXT NOT NULL,
        run INTEGER NOT NULL,
        attempt INTEGER NOT NULL,
        token INTEGER NOT NULL,
        options TEXT NOT NULL,
        key TEXT NOT NULL,
        format TEXT NOT NULL,
        stored_at REAL NOT NULL,
        bytes INTEGER NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (host, repository, run, attempt, token, options)
    )
"""


@dataclass(frozen=True, slots=True)
class Key:
    """What a conclusion counts for."""

    attempt: tuple[int, int]
    """``(run id, attempt)``."""
    options: str
    """The digest of what is stated."""
    content: str
    """The digest of all that it rests on: the rules, what is stated, and every part of the attempt that was read."""


def key_of(attempt: Attempt, case: Case) -> Key | None:
    """Return the key of the conclusion about an attempt under these options; None where nothing can be kept about it."""
    rules = rules_version()
    if rules is None or not all(0 <= number < _TOO_LARGE for number in attempt.key):
        return None
    try:
        options = content_key(case)
        return Key(attempt.key, options, content_key(rules, options, attempt))
    except (CodecError, RecursionError):
        return None


class ConclusionStore:
    """The conclusions of all repositories, in the file of the attempts. The table is made when the first one is kept."""

    def __init__(self, database: Database, clock: Callable[[], datetime], limit_bytes: int) -> None:
        self._database = database
        self._clock = clock
        self._whole = limit_bytes
        self._limit = limit_bytes // SHARE

    def read(self, scope: Whose, key: Key) -> Conclusion | None:
        """Return what was concluded about exactly this; None where there is nothing."""

        def work(connection: sqlite3.Connection) -> list[tuple[object]]:
            if not has_conclusions(connection):
                return []
            return connection.execute(
                "SELECT body FROM conclusions WHERE host = ? AND repository = ? AND run = ? AND attempt = ?"
                " AND options = ? AND key = ? AND format = ? AND token <= ?",
                (*scope.key, *key.attempt, key.options, key.content, _format(), scope.with_token),
            ).fetchall()

        bodies = self._database.read(work) or []
        return next((found for (body,) in bodies if (found := _unpacked(body)) is not None), None)

    def save(self, scope: Whose, concluded: Iterable[tuple[Key, Conclusion]], *, secret: str = "") -> None:
        """Keep conclusions about attempts that are final. One that holds a secret, or ``secret`` (the token), is not kept."""
        now, of_today = self._clock().timestamp(), _format()
        rows = [
            (*scope.key, *key.attempt, scope.with_token, key.options, key.content, of_today, now, len(body), body)
            for key, conclusion in concluded
            for body in (_packed(conclusion, secret),)
            if body is not None and len(body) <= self._limit
        ]
        if not rows:
            return

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(_TABLE)
            forget_other_conclusions(connection)
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(f"INSERT OR REPLACE INTO conclusions VALUES ({marks})", rows)  # noqa: S608 - marks only
            (size,) = connection.execute("SELECT coalesce(sum(bytes), 0) FROM conclusions").fetchone()
            if size > self._limit:
                connection.execute(
                    "DELETE FROM conclusions WHERE rowid IN (SELECT rowid FROM (SELECT rowid, sum(bytes) OVER"
                    " (ORDER BY stored_at DESC, rowid DESC) AS running FROM conclusions) WHERE running > ?)",
                    (self._limit,),
                )
            make_room(connection, self._whole)

        self._database.write(work)


def _format() -> str:
    """Return what an entry is written as: the shape, and the rules, the scrubber's among them."""
    return f"{FORMAT} {rules_version()}"


def has_conclusions(connection: sqlite3.Connection) -> bool:
    """Return whether the file has the table: one that an earlier version made has not."""
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'conclusions'").fetchone()
    return found is not None


def forget_other_conclusions(connection: sqlite3.Connection) -> None:
    """Take away what other rules concluded: it is never read again, and their scrubber may have known less."""
    if has_conclusions(connection):
        connection.execute("DELETE FROM conclusions WHERE format <> ?", (_format(),))


def clear_conclusions(connection: sqlite3.Connection, repository: str | None) -> None:
    """Take all conclusions away, or those of one repository, named in lower case."""
    if not has_conclusions(connection):
        return
    if repository is None:
        connection.execute("DELETE FROM conclusions")
    else:
        connection.execute("DELETE FROM conclusions WHERE repository = ?", (repository,))


def _packed(conclusion: Conclusion, secret: str) -> bytes | None:
    """Return a conclusion as compressed JSON; None for one that cannot be kept as it is."""
    texts: list[str] = []

    def noted(text: str) -> str:
        texts.append(text)
        return text

    try:
        body = json.dumps(encode(conclusion, noted), separators=(",", ":")).encode()
    except (CodecError, RecursionError, ValueError):
        return None
    words = "\n".join(texts)
    # It is made of texts that were scrubbed as they entered. Were one changed here, another conclusion would be kept.
    if len(body) > _LARGEST or (secret and secret in words) or scrub(words) != words:
        return None
    return zlib.compress(body, 1)


def _unpacked(body: object) -> Conclusion | None:
    try:
        unpacking = zlib.decompressobj()
        text = unpacking.decompress(bytes(body), _LARGEST)  # type: ignore[call-overload]
        if not unpacking.eof:
            return None
        value: Conclusion = decode(Conclusion, json.loads(text))
    except (CodecError, ValueError, TypeError, zlib.error, RecursionError):
        return None
    return value
