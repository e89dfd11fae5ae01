"""How many examples a test looks at: a part on an engineer's machine, all of them where PLANESCOPE_THOROUGH is set.

The examples are the same in every run of one kind; PLANESCOPE_EXPLORE looks for new ones.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

THOROUGH = bool(os.environ.get("PLANESCOPE_THOROUGH") or os.environ.get("PLANESCOPE_EXPLORE"))


def examples(number: int) -> int:
    """The examples of a property to look at, of the number that the thorough run looks at."""
    return number if THOROUGH else max(5, number // 16)


def some(items: Sequence[T], every: int) -> Sequence[T]:
    """The cases of a table to look at: one of so many, or all of them in the thorough run."""
    return items if THOROUGH else items[::every]


LARGEST_TABLE = 6
"""Cases of one parametrized test that a quick run of the whole suite looks at."""


def spread(cases: Sequence[T], most: int = LARGEST_TABLE) -> Sequence[T]:
    """The cases of one test to look at in a quick run: at most so many, spread over its table."""
    return cases if THOROUGH or len(cases) <= most else cases[:: -(-len(cases) // most)]
