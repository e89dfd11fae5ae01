"""How many examples a property test looks at: a quarter on an engineer's machine, all of them where PLANESCOPE_THOROUGH is set.

The examples are the same in every run of one kind; PLANESCOPE_EXPLORE looks for new ones.
"""

from __future__ import annotations

import os

THOROUGH = bool(os.environ.get("PLANESCOPE_THOROUGH") or os.environ.get("PLANESCOPE_EXPLORE"))


def examples(number: int) -> int:
    """The examples to look at, of the number that the thorough run looks at."""
    return number if THOROUGH else max(10, number // 4)
