"""Bound the JSON that is parsed: a few megabytes of text can make gigabytes of lists, objects and short texts."""

from __future__ import annotations

import re

_LARGE = 4_000_000
_MOST_VALUES = 2_000_000
_STRING_OR_OPENING = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]', re.DOTALL)


def holds_too_much(text: str) -> bool:
    """Return whether a long JSON text holds more texts, lists and objects than any of planescope's own does."""
    if len(text) <= _LARGE or text.count('"') // 2 + text.count("[") + text.count("{") < _MOST_VALUES:
        return False
    # What stands inside of a text counts for nothing.
    return any(number >= _MOST_VALUES for number, _ in enumerate(_STRING_OR_OPENING.finditer(text), 1))
