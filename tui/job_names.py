"""The names of jobs in a sentence: a matrix may have two hundred legs."""

from __future__ import annotations

_NAMED = 3


def job_names(names: tuple[str, ...]) -> str:
    """Return the first names and how many more there are."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
