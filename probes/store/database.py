"""The SQLite file behind the store: opened when it is first needed, shared by several planescopes, never a reason to fail.

Every piece of work is one short transaction in WAL mode, and bounded. A file that is damaged, that is no store, or that others
have made or can write, is set aside and begun anew. A disk that is full or read-only, or a folder that cannot be made or is
not the user's own, switches the store off for this session.
"""

from __future__ import annotations

import errno
import math
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import TypeVar

from probes.store.ownership import fault_of_file, fault_of_folder
from probes.store.schema import is_plain

T = TypeVar("T")

SCHEMA_VERSION = 1
_APPLICATION = 0x706C616E
"""``plan``: SQLite's place for saying whose file it is."""

_SCHEMA = (
    """
    CREATE TABLE attempts (
        host TEXT NOT NULL,
        repository TEXT NOT NULL,
        run INTEGER NOT NULL,
        attempt INTEGER NOT NULL,
        depth TEXT NOT NULL,
        token INTEGER NOT NULL,
        format TEXT NOT NULL,
        stored_at REAL NOT NULL,
        bytes INTEGER NOT NULL,
        head TEXT NOT NULL,
        parts BLOB NOT NULL,
        PRIMARY KEY (host, repository, run, attempt, depth, token)
    )
    """,
    "CREATE INDEX by_age ON attempts (stored_at, bytes)",
)

_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_TOOBIG})
_UNWRITABLE = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY})
_BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside the file, and would play into it."""
_LONGEST_VALUE = 100_000_000
"""Bytes of a row: the largest entry has two thirds of it."""
_WORK_SECONDS = 15.0
"""For one piece of work: a usual one takes milliseconds."""
_STEPS = 20_000


class Database:
    """One connection, shared by the threads of this process. ``busy_seconds``: how long another writer is waited for."""

    def __init__(self, path: Path, *, busy_seconds: float = 2.0) -> None:
        self.path = path
        self.note = ""
        """What is wrong with the store, as a sentence for people; empty while nothing is."""
        self._busy_seconds = busy_seconds
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        self._off = False
        self._writable = True
        self._until = math.inf

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """Do a piece of reading; None where the store cannot be had."""
        return self._do(work)

    def write(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """Do a piece of writing, as one transaction; None where it was not done."""

        def transaction(connection: sqlite3.Connection) -> T:
            connection.execute("BEGIN IMMEDIATE")
            result = work(connection)
            connection.execute("COMMIT")
            return result

        return self._do(transaction) if self._writable else None

    def outside(self, statement: str) -> None:
        """Run a statement that no transaction may hold; whether it worked does not matter."""

        def alone(connection: sqlite3.Connection) -> None:
            with suppress(sqlite3.Error):
                connection.execute(statement).fetchall()

        self._do(alone, bounded=False)

    def close(self) -> None:
        """Close the file. May be called again; later work finds the store off."""
        with self._lock:
            self._off = True
            self._disconnect()

    def _do(self, work: Callable[[sqlite3.Connection], T], *, bounded: bool = True) -> T | None:
        with self._lock:
            for last in (False, True):
                if self._off:
                    return None
                try:
                    connection = self._connected()
                    self._until = time.monotonic() + (_WORK_SECONDS if bounded else math.inf)
                    return work(connection)
                except (sqlite3.Error, UnicodeDecodeError) as error:
                    self._roll_back()
                    # SQLite repeats words of a damaged schema in its message, and Python expects these to be text.
                    known = error if isinstance(error, sqlite3.Error) else _NoStore()
                    if not self._again(known, last=last):
                        return None
                except OSError as error:
                    self._switch_off(f"{self.path} cannot be used ({error.strerror})")
                except BaseException:
                    # An interrupt in the middle: nothing of the piece counts, and the next one begins anew.
                    self._roll_back()
                    raise
            return None

    def _again(self, error: sqlite3.Error, *, last: bool) -> bool:
        """Note what is wrong; return whether the work is worth a second try."""
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in _BUSY:
            # Somebody else writes for long: GitHub can be asked, and what was read need not be kept.
            return False
        if code in _UNWRITABLE and self._connection is not None:
            self._writable = False
            why = "the disk is full" if code == sqlite3.SQLITE_FULL else "it is read-only"
            self._say(f"{self.path} cannot be written ({why}); what is read now is not kept")
            return False
        if (code in _DAMAGED or isinstance(error, _NoStore)) and not last:
            self._set_aside(error.why if isinstance(error, _NoStore) else "")
            return not self._off
        if code == sqlite3.SQLITE_INTERRUPT:
            self._switch_off(f"{self.path} takes too long to be read or written")
            return False
        self._switch_off(f"{self.path} cannot be used ({error})")
        return False

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._require_own()
            self._connection = sqlite3.connect(
                self.path, timeout=self._busy_seconds, isolation_level=None, check_same_thread=False
            )
            # A text that is none is a wrong one, which its entry's checksum tells: the other entries are still good.
            self._connection.text_factory = lambda text: text.decode("utf-8", "replace")
            self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
            self._until = time.monotonic() + _WORK_SECONDS
            self._connection.set_progress_handler(lambda: time.monotonic() > self._until, _STEPS)
            _prepare(self._connection, time.monotonic() + self._busy_seconds)
        return self._connection

    def _require_own(self) -> None:
        """Make the file where there is none, and look at what is there before SQLite opens it. Raises OSError, _NoStore."""
        if not self.path.is_absolute():
            raise OSError(errno.ENOENT, "neither the home nor the cache folder of the user is known")
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fault = fault_of_folder(self.path.parent)
        if fault:
            raise OSError(errno.EPERM, fault)
        with suppress(FileExistsError):
            # Logs of private repositories: nobody else's business on a shared machine.
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        self._inode = self.path.lstat().st_ino
        if self.path.is_dir() and not self.path.is_symlink():
            raise OSError(errno.EISDIR, "it is a folder")
        fault = next(filter(None, map(fault_of_file, (self.path, *map(self._beside, _BESIDE)))), "")
        if fault:
            raise _NoStore(fault)

    def _beside(self, suffix: str) -> Path:
        return self.path.with_name(self.path.name + suffix)

    def _set_aside(self, why: str = "") -> None:
        """Put the file out of the way, unless another planescope has done so already. ``why``: where it is not damaged."""
        self._disconnect()
        aside = self.path.with_name(f"{self.path.name}.damaged")
        try:
            if self.path.lstat().st_ino == self._inode:
                for suffix in _BESIDE:
                    # A log of the damaged file must not be played into the new one.
                    self._beside(suffix).unlink(missing_ok=True)
                self.path.replace(aside)
                was = f"could not be used, because {why}" if why else "was damaged"
                self._say(f"{self.path} {was}: it was set aside as {aside.name} and begun anew")
        except FileNotFoundError:
            return
        except OSError as error:
            self._switch_off(f"{self.path} is damaged and cannot be set aside ({error.strerror})")

    def _roll_back(self) -> None:
        if self._connection is not None and self._connection.in_transaction:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")

    def _switch_off(self, what: str) -> None:
        self._off = True
        self._say(f"{what}; planescope works without it")
        self._disconnect()

    def _disconnect(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _say(self, sentence: str) -> None:
        if not self.note:
            self.note = f"The local store {sentence}."


class _NoStore(sqlite3.DatabaseError):
    """A file, but none of ours; ``why`` is the end of a sentence, empty for one that is as good as damaged."""

    def __init__(self, why: str = "") -> None:
        super().__init__(why or "it is not a store of this version")
        self.why = why


def _prepare(connection: sqlite3.Connection, until: float) -> None:
    """Set the connection up, and the file if it is new. Raises sqlite3.Error."""
    connection.execute(f"PRAGMA busy_timeout = {max(int((until - time.monotonic()) * 1000), 0)}")
    connection.execute("PRAGMA synchronous = NORMAL")
    # Nothing that a foreign file could hold is run before it has been looked at.
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    # What is taken out is overwritten: a free page holds no log, and nothing that an earlier scrubber missed.
    connection.execute("PRAGMA secure_delete = ON")
    if _is_ours(connection):
        return
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    while True:
        try:
            # SQLite does not wait for a lock here: two planescopes may be making the file at once.
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
            break
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in _BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
    connection.execute("BEGIN IMMEDIATE")
    if not _is_ours(connection):
        for statement in _SCHEMA:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("COMMIT")


def _is_ours(connection: sqlite3.Connection) -> bool:
    """Return False for a new file, True for our store. Raises _NoStore for a file of others, or of another version."""
    # One snapshot: another planescope may be making the file between two of these readings.
    alone = not connection.in_transaction
    if alone:
        connection.execute("BEGIN")
    try:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (encoding,) = connection.execute("PRAGMA encoding").fetchone()
        plain = is_plain(connection)
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    finally:
        if alone and connection.in_transaction:
            connection.execute("ROLLBACK")
    if (application, version) == (_APPLICATION, SCHEMA_VERSION):
        if not plain or encoding != "UTF-8":
            raise _NoStore("it holds more than the tables of a store")
        return True
    if application or version or tables:
        raise _NoStore
    return False
