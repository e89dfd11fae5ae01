"""The mark that stands in a log in place of lines that were left out because the log is too large to be held whole.

The lines after it keep their numbers: as many empty lines follow the mark as are missing.
"""

from __future__ import annotations

import re

_BEGINS = "[planescope left out lines here: "
_MARK = re.compile(re.escape(_BEGINS) + r"(\d[\d,]{0,14})\]\n")


def mark(count: int) -> str:
    """Return what stands in place of ``count`` lines, without a line break at its end."""
    return f"{_BEGINS}{count:,}]" + "\n" * (count - 1)


def is_condensed(log: str) -> bool:
    """Return whether lines of this log were left out."""
    return _BEGINS in log


def lines_left_out(log: str, place: int) -> int:
    """Return how many lines the mark at this place stands for; 0 where it is none, or has fewer empty lines behind it."""
    found = _MARK.match(log, place)
    count = int(found[1].replace(",", "")) if found else 0
    if found is None or count < 1 or len(log) < found.end() + count - 1:
        return 0
    return count if log.count("\n", found.end(), found.end() + count - 1) == count - 1 else 0
