"""Read the filter, such as ``branch:dev status:failure login``: what GitHub filters, and words to look for in rows."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from tui.backend import RunQuery, RunRow

KEYS = tuple(field.name for field in fields(RunQuery))
ALL_RUNS = RunQuery()
_ALIASES = {"ref": "branch", "conclusion": "status", "on": "event", "by": "actor"}


@dataclass(frozen=True, slots=True)
class RunFilter:
    """What GitHub is asked, and the words that a row must contain."""

    query: RunQuery = ALL_RUNS
    words: tuple[str, ...] = ()

    def admits(self, row: RunRow) -> bool:
        """Return whether a row contains every word, in any case, in any of its texts."""
        if not self.words:
            return True
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
        text = "\n".join(texts).casefold()
        return all(word in text for word in self.words)


def parse(text: str, start: RunQuery = ALL_RUNS) -> RunFilter:
    """Read a filter; an unknown key counts as a word. Later keys win over those of ``start``."""
    query, words = start, []
    for token in text.split():
        name, colon, value = token.partition(":")
        key = _ALIASES.get(name.lower(), name.lower())
        if colon and value and key in KEYS:
            query = replace(query, **{key: value})
        else:
            words.append(token.casefold())
    return RunFilter(query, tuple(words))


def described(query: RunQuery) -> str:
    """Return the query as filter text."""
    return " ".join(f"{key}:{value}" for key in KEYS if (value := getattr(query, key)))
