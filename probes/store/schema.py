"""Tell whether a database holds plain tables alone: nothing in it that would run, or be computed, when it is asked.

A trigger, a view, a virtual table, a generated column, a default, a check or an index over an expression are code of whoever
made the file. The tables of the store have columns of the four plain kinds and one primary key, written in one form; any
other form is another's.
"""

from __future__ import annotations

import re
import sqlite3

_COLUMN = r"[a-z_]+ (?:TEXT|INTEGER|REAL|BLOB) NOT NULL,\s+"
_NAMES = r"\([a-z_]+(?:, [a-z_]+)*\)"
_TABLE = re.compile(rf"CREATE TABLE [a-z_]+ \(\s+(?:{_COLUMN}){{1,40}}PRIMARY KEY {_NAMES}\s+\)")
_INDEX = re.compile(rf"CREATE INDEX [a-z_]+ ON [a-z_]+ {_NAMES}")
_AUTOMATIC = re.compile(r"sqlite_autoindex_[a-z_]+_1")
_MOST = 20
_LONGEST = 4000


def is_plain(connection: sqlite3.Connection) -> bool:
    """Return whether every table and index is written in the store's own form. Raises sqlite3.Error."""
    rows = connection.execute(
        "SELECT type, name, length(sql), substr(sql, 1, ?) FROM sqlite_master LIMIT ?", (_LONGEST, _MOST + 1)
    ).fetchall()
    return len(rows) <= _MOST and all(_is_plain(*row) for row in rows)


def _is_plain(kind: object, name: object, length: object, sql: object) -> bool:
    if sql is None:
        return kind == "index" and isinstance(name, str) and _AUTOMATIC.fullmatch(name) is not None
    if not isinstance(sql, str) or not isinstance(length, int) or length > _LONGEST:
        return False
    form = _TABLE if kind == "table" else _INDEX if kind == "index" else None
    return form is not None and form.fullmatch(sql) is not None
