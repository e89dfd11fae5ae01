"""The mark that stands in a log in place of lines that were left out because the log is too large to be held whole.

The lines after it keep their numbers: as many empty lines follow the mark as are missing.
"""

from __future__ import annotations

_BEGINS = "[planescope left out lines here: "


def mark(count: int) -> str:
    """Return what stands in place of ``count`` lines, without a line break at its end."""
    return f"{_BEGINS}{count:,}]" + "\n" * (count - 1)


def is_condensed(log: str) -> bool:
    """Return whether lines of this log were left out."""
    return _BEGINS in log
