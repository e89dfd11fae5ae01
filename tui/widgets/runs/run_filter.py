"""Read the filter, such as ``branch:dev status:failure login``: what GitHub filters, and words to look for in rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

from tui.backend import RunQuery, RunRow

KEYS = tuple(field.name for field in fields(RunQuery))
ALL_RUNS = RunQuery()
ALIASES = {"ref": "branch", "conclusion": "status", "on": "event", "by": "actor"}

_NUMBER = re.compile(r"#\d+", re.ASCII)


@dataclass(frozen=True, slots=True)
class RunFilter:
    """What GitHub is asked, and the words that a row must contain."""

    query: RunQuery = ALL_RUNS
    words: tuple[str, ...] = ()

    def admits(self, row: RunRow, text: str | None = None) -> bool:
        """Return whether a row contains every word, in any case, in any of its texts; ``#12`` is that number alone.

        ``text`` is what :func:`text_of` says of the row, where that is known.
        """
        if not self.words:
            return True
        text = text_of(row) if text is None else text
        for word in self.words:
            if word not in text or (word[0] == "#" and _NUMBER.fullmatch(word) and word != f"#{row.number}"):
                return False
        return True


def text_of(row: RunRow) -> str:
    """Return all texts of a row in one, in which words are looked for."""
    texts = (
        str(row.key[0]),
        f"#{row.number}",
        row.title,
        row.ref,
        row.workflow,
        row.event,
        row.actor,
        row.conclusion or row.status,
    )
    return "\n".join(texts).casefold()


def tokens_of(text: str) -> tuple[str, ...]:
    """Return the parts of a filter; ``"`` holds blanks together, as in ``workflow:"Release to production"``."""
    tokens, token = [], ""
    for mark, within in _marks(text):
        if mark.isspace() and not within:
            tokens.append(token)
            token = ""
        else:
            token += mark
    return tuple(each for each in (*tokens, token) if each)


def _marks(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each character with whether it stands within quotes; one behind a backslash there comes with it."""
    within = escaped = False
    for mark in text:
        if escaped:
            escaped = False
            yield f"\\{mark}", True
        elif within and mark == "\\":
            escaped = True
        else:
            if mark == '"':
                within = not within
            yield mark, within
    if escaped:
        yield "\\", True


def split_token(token: str) -> tuple[str, str]:
    """Return key and value of a part; the key is empty for a word."""
    name, colon, value = token.partition(":")
    key = ALIASES.get(name.lower(), name.lower())
    return (key, unquoted(value)) if colon and key in KEYS else ("", unquoted(token))


def parse(text: str, start: RunQuery = ALL_RUNS) -> RunFilter:
    """Read a filter; an unknown key counts as a word. Later keys win over those of ``start``."""
    query, words = start, []
    for token in tokens_of(text):
        key, value = split_token(token)
        if key and value:
            query = replace(query, **{key: value})
        elif word := (token if key else value):
            words.append(word.casefold())
    return RunFilter(query, tuple(words))


def described(query: RunQuery) -> str:
    """Return the query as filter text."""
    return " ".join(f"{key}:{quoted(value)}" for key in KEYS if (value := getattr(query, key)))


def with_key(text: str, key: str, value: str) -> str:
    """Return the filter with another value of a key; an empty value takes the key out."""
    others = [token for token in tokens_of(text) if split_token(token)[0] != key]
    return " ".join([*([f"{key}:{quoted(value)}"] if value else []), *others])


def quoted(value: str) -> str:
    """Return a value as it is written in a filter."""
    if value and not any(mark.isspace() or mark in '"\\' for mark in value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def unquoted(text: str) -> str:
    """Return a part of a filter without its quotes."""
    if '"' not in text:
        return text
    return "".join(mark[1:] if len(mark) > 1 else mark for mark, _ in _marks(text) if mark != '"')
