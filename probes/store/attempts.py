"""Keep completed attempts with their parts, and give them back for the same host, repository and rights only.

What is stored is final: a completed attempt's jobs, the logs and files that were read, and the lack of what GitHub has
deleted. What may be had another time (a rate limit, a timeout, a missing permission) stands in an entry as unread, and is
asked for again. The OIDC customization is no part of an attempt: it is the repository's setting of today.

An entry is served to a session without a token only if it was recorded without one. GitHub shows logs and private
repositories to those alone who may see them, and a session without a token must not be shown through this file what
GitHub would refuse it, however the token was lost. Between two tokens no line is drawn: both belong to the user of this
machine who has the file, and who has read these logs.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt
from diagnosis.facts.workflow import ActionFile, WorkflowFile
from diagnosis.logs.scrub import scrub
from probes.store.codec import CodecError, decode, encode, fingerprint
from probes.store.conclusions import ConclusionStore, forget_other_conclusions
from probes.store.database import Database
from probes.store.parts import StoredParts, parts_of, with_parts, without_parts
from probes.store.room import make_room
from probes.store.rules import scrubber_version
from probes.store.texts import TextStore, forget_other_texts
from probes.store.unpacking import LARGEST, unpacked

FORMAT = f"5-{fingerprint(Attempt, StoredParts, without=(WorkflowFile, ActionFile))}-{scrubber_version()}"
"""Of the shape, and of the scrubber. Raise the number when values of the same shape change their meaning."""

LIMIT_BYTES = 512_000_000
_FILE = "attempts-v1.sqlite3"
_LARGEST_ENTRY = 64_000_000
_LARGEST_HEAD = 1_000_000
_CHECK = 8
"""Digits of the checksum before a run's JSON. The parts are packed by zlib, which has one of its own."""
_MOST_ATTEMPTS = 1000
"""Of one run; GitHub allows fewer."""
_LARGEST_ID = 2**63 - 1
_SHORT_TEXT = 1_000
_LONG_TEXT = 20_000
"""Longer texts are logs and files, which were scrubbed as they entered."""
_SETTLING = timedelta(minutes=2)
"""After an attempt's end GitHub may still add artifacts and the ends of logs."""


def default_path() -> Path:
    """Return the store's default path, in the user's cache folder."""
    from platformdirs import user_cache_path

    place = user_cache_path("planescope")
    # A folder that is named relative to wherever one stands counts as not named (XDG Base Directory Specification).
    return (place if place.is_absolute() else Path("~/.cache/planescope").expanduser()) / _FILE


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose attempts: of which GitHub and repository, and whether they were read with a token."""

    host: str
    """The API's base address: two GitHubs never share an entry."""
    repository: str
    with_token: bool

    @property
    def key(self) -> tuple[str, str]:
        """As the file holds it; GitHub takes names in any case."""
        return (self.host, self.repository.lower())


class AttemptStore:
    """The store of all repositories. Safe to share between threads, and to open twice."""

    def __init__(
        self,
        path: Path | None = None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        limit_bytes: int = LIMIT_BYTES,
        busy_seconds: float = 2.0,
    ) -> None:
        self.database = Database(path or default_path(), busy_seconds=busy_seconds)
        self._clock = clock
        self._limit = limit_bytes
        self.texts = TextStore(self.database, clock, limit_bytes)
        self.conclusions = ConclusionStore(self.database, clock, limit_bytes)

    @property
    def note(self) -> str:
        """What is wrong with the store, as one sentence; empty while nothing is."""
        return self.database.note

    def parts(self, scope: Scope, listed: Attempt, depth: str) -> Attempt | None:
        """Return the listed attempt with the parts that were stored for it at this depth; None where there are none.

        ``depth`` is a name. An entry of another run under the same number (a server that was set up anew) is none.
        """
        if not _has_room_for(listed):
            return None
        row = self.database.read(
            lambda connection: connection.execute(
                "SELECT head, parts FROM attempts WHERE host = ? AND repository = ? AND run = ? AND attempt = ?"
                " AND depth = ? AND format = ? AND token <= ? ORDER BY token DESC LIMIT 1",
                (*scope.key, *listed.key, depth, FORMAT, scope.with_token),
            ).fetchone()
        )
        if row is None:
            return None
        try:
            head = _decode_head(row[0])
            return with_parts(listed, _unpacked(row[1])) if _same(head, listed) else None
        except (CodecError, ValueError, TypeError, zlib.error, RecursionError):
            return None

    def earlier(self, scope: Scope, latest: Attempt) -> dict[int, Attempt]:
        """Return the stored attempts of the same run before this one, by number, without their parts."""
        if not _has_room_for(latest):
            return {}
        rows = self.database.read(
            lambda connection: connection.execute(
                "SELECT head FROM attempts WHERE host = ? AND repository = ? AND run = ? AND attempt < ?"
                " AND format = ? AND token <= ? ORDER BY attempt LIMIT ?",
                (*scope.key, *latest.key, FORMAT, scope.with_token, _MOST_ATTEMPTS),
            ).fetchall()
        )
        found: dict[int, Attempt] = {}
        for (text,) in rows or ():
            try:
                attempt = _decode_head(text)
            except (CodecError, ValueError, TypeError, RecursionError):
                continue
            if _same_run(attempt, latest):
                found[attempt.attempt] = attempt
        return found

    def save(
        self,
        scope: Scope,
        attempts: Iterable[Attempt],
        depth: str,
        *,
        secret: str = "",
        read_at: datetime | None = None,
    ) -> None:
        """Keep those that were final when they were read; the others are left out.

        ``secret`` is the token: it is in nothing that is kept. ``read_at`` is when the reading of the parts began, by the
        clock that tells when attempts end: this machine's own may be wrong.
        """
        now, clean = self._clock(), _Cleaner(secret)
        rows = [
            (*scope.key, *attempt.key, depth, scope.with_token, FORMAT, now.timestamp(), len(packed), head, packed)
            for attempt in attempts
            if is_final(attempt, read_at or now)
            for head, packed in (_packed(attempt, clean),)
            if packed is not None and len(packed) <= min(_LARGEST_ENTRY, self._limit) and len(head) <= _LARGEST_HEAD
        ]
        if not rows:
            return

        def work(connection: sqlite3.Connection) -> bool:
            marks = ", ".join("?" * len(rows[0]))
            # What another version kept is never read again, and its scrubber may have known less.
            connection.execute("DELETE FROM attempts WHERE format <> ?", (FORMAT,))
            forget_other_texts(connection)
            forget_other_conclusions(connection)
            connection.executemany(f"INSERT OR REPLACE INTO attempts VALUES ({marks})", rows)  # noqa: S608 - marks only
            return make_room(connection, self._limit)

        if self.database.write(work):
            self.database.outside("PRAGMA incremental_vacuum")

    def is_final(self, attempt: Attempt) -> bool:
        """Return whether nothing of the attempt can change any more."""
        return is_final(attempt, self._clock())

    def close(self) -> None:
        """Close the file."""
        self.database.close()


def is_final(attempt: Attempt, now: datetime) -> bool:
    """Return whether nothing of the attempt can change any more: it has ended a while ago, and so have all its jobs."""
    if not attempt.complete or not isinstance(attempt.jobs, Known) or not _has_room_for(attempt):
        return False
    if any(job.status != "completed" for job in attempt.jobs.value):
        return False
    ended = attempt.updated_at
    return ended is None or abs(now - ended) > _SETTLING


def _has_room_for(attempt: Attempt) -> bool:
    """Return whether the numbers fit into SQLite's: they come from outside."""
    return all(0 <= number <= _LARGEST_ID for number in attempt.key)


class _Cleaner:
    """Cleans the texts of one saving. Most short ones stand in many attempts: each is searched once."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._known: dict[str, str] = {}

    def __call__(self, value: str) -> str:
        known = self._known.get(value)
        if known is not None:
            return known
        clean = value.replace(self._secret, "***") if self._secret else value
        if len(clean) >= _LONG_TEXT:
            return clean
        clean = scrub(clean)
        if len(value) <= _SHORT_TEXT:
            self._known[value] = clean
        return clean


def _packed(attempt: Attempt, text: Callable[[str], str]) -> tuple[str, bytes | None]:
    """Return the run as JSON, and its parts as compressed JSON; None for parts that are too large."""
    body = json.dumps(encode(parts_of(attempt), text), separators=(",", ":")).encode()
    head = checked(json.dumps(encode(without_parts(attempt), text), separators=(",", ":")))
    # What would not be unpacked again need not be kept.
    return head, zlib.compress(body, 1) if len(body) <= LARGEST else None


def checked(text: str) -> str:
    """Return a run's JSON with the checksum by which a bit that turned on the disk is noticed."""
    return f"{zlib.crc32(text.encode()):0{_CHECK}x}{text}"


def _decode_head(text: object) -> Attempt:
    if not isinstance(text, str) or len(text) > _LARGEST_HEAD or text != checked(text[_CHECK:]):
        raise CodecError("no run")
    value: Attempt = decode(Attempt, json.loads(text[_CHECK:]))
    return value


def _unpacked(packed: object) -> StoredParts:
    value: StoredParts = decode(StoredParts, json.loads(unpacked(packed)))
    return value


def _same(stored: Attempt, listed: Attempt) -> bool:
    return _same_run(stored, listed) and (stored.attempt, stored.started_at, stored.conclusion) == (
        listed.attempt,
        listed.started_at,
        listed.conclusion,
    )


def _same_run(stored: Attempt, listed: Attempt) -> bool:
    """Return whether two attempts are of one run, by what all attempts of a run have in common."""
    return (
        stored.run_id == listed.run_id
        and stored.created_at == listed.created_at
        and stored.head_sha == listed.head_sha
        and stored.run_number == listed.run_number
        and stored.repository.id == listed.repository.id
    )
