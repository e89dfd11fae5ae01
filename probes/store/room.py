"""Hold the whole store under its limit: what is kept beside the attempts takes its room from theirs."""

from __future__ import annotations

import sqlite3

_BESIDE = ("texts", "conclusions")


def make_room(connection: sqlite3.Connection, limit_bytes: int) -> bool:
    """Take the oldest attempts away until everything fits; whether there were any. To be called within a transaction."""
    room = limit_bytes - sum(_size(connection, table) for table in _BESIDE)
    if _size(connection, "attempts") <= room:
        return False
    connection.execute(
        "DELETE FROM attempts WHERE rowid IN (SELECT rowid FROM (SELECT rowid, sum(bytes) OVER"
        " (ORDER BY stored_at DESC, rowid DESC) AS running FROM attempts) WHERE running > ?)",
        (room,),
    )
    return True


def _size(connection: sqlite3.Connection, table: str) -> int:
    """Return the bytes of a table's entries; a file that an earlier version made has not every table."""
    there = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)).fetchone()
    if there is None:
        return 0
    (size,) = connection.execute(f"SELECT coalesce(sum(bytes), 0) FROM {table}").fetchone()  # noqa: S608 - our own names
    return int(size)
