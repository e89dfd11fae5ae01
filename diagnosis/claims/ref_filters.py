"""Tell whether the filters of ``on: push`` let a branch or a tag of a name through.

Source: GitHub's cheat sheet of filter patterns: ``*`` and ``**`` (the first stops at ``/``), ``?`` and ``+`` after a
character, ``[ ]``, and ``!`` before a pattern that takes away what an earlier one gave.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

_LONGEST = 256


def may_push(filters: Mapping[str, Sequence[str]], kind: str, name: str) -> bool | None:
    """Return whether a push to this branch or tag starts the workflow; None where a pattern cannot be read.

    ``kind``: ``branches`` or ``tags``. Where the other kind alone is filtered, this one starts nothing.
    """
    other = "tags" if kind == "branches" else "branches"
    if kind in filters:
        return _listed(filters[kind], name)
    if f"{kind}-ignore" in filters:
        ignored = _listed(filters[f"{kind}-ignore"], name)
        return None if ignored is None else not ignored
    return other not in filters and f"{other}-ignore" not in filters


def _listed(patterns: Sequence[str], name: str) -> bool | None:
    """Return whether the last pattern that fits the name is one that takes it in."""
    taken = False
    for pattern in patterns:
        expression = _expression(pattern.removeprefix("!"))
        if expression is None or len(name) > _LONGEST:
            return None
        if expression.fullmatch(name):
            taken = not pattern.startswith("!")
    return taken


@lru_cache(maxsize=512)
def _expression(pattern: str) -> re.Pattern[str] | None:
    """Return a filter pattern as a regular expression; None where it is too long, too rich in stars, or none."""
    if len(pattern) > _LONGEST or pattern.count("*") > 8 or "${{" in pattern:
        return None
    made, at = [], 0
    while at < len(pattern):
        sign = pattern[at]
        if pattern.startswith("**", at):
            made.append(".*")
            at += 2
            continue
        if sign == "\\" and at + 1 < len(pattern):
            made.append(re.escape(pattern[at + 1]))
            at += 2
            continue
        closing = pattern.find("]", at + 1) if sign == "[" else -1
        if closing > at + 1:
            made.append("[" + re.sub(r"([\\\[\]^])", r"\\\1", pattern[at + 1 : closing]) + "]")
            at = closing + 1
            continue
        repeats = sign in "?+" and made and made[-1] not in (".*", "[^/]*") and made[-1] not in "?+"
        made.append("[^/]*" if sign == "*" else sign if repeats else re.escape(sign))
        at += 1
    try:
        return re.compile("".join(made))
    except re.error:
        return None
