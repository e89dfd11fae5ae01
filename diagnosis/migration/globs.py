"""What is left of a policy's pattern once it has matched the beginning of a text."""

from __future__ import annotations

import re


def remainders(pattern: str, beginning: str) -> tuple[str, ...]:
    """Return patterns that together match exactly what may follow ``beginning`` where the whole matches ``pattern``.

    ``*`` stands for any text and ``?`` for one character, as in IAM. The most general come last; none is contained in ``*``.
    """
    pattern = re.sub(r"\*+", "*", pattern)
    places = _after_stars(pattern, {0})
    for character in beginning:
        moved: set[int] = set()
        for place in places:
            if place == len(pattern):
                continue
            if pattern[place] == "*":
                moved.add(place)
            elif pattern[place] in ("?", character):
                moved.add(place + 1)
        places = _after_stars(pattern, moved)
    # A star's own place stands for what follows it as well.
    rest = {pattern[place:] for place in places}
    kept = [one for one in rest if not any(_within(one, other) for other in rest - {one})]
    return tuple(sorted(kept, key=lambda text: (text.count("*"), text)))


def _after_stars(pattern: str, places: set[int]) -> set[int]:
    """Return the places with those behind a star, which may stand for nothing."""
    found = set(places)
    for place in places:
        at = place
        while at < len(pattern) and pattern[at] == "*":
            at += 1
            found.add(at)
    return found


def _within(one: str, other: str) -> bool:
    """Return whether it is seen at once that ``other`` matches all that ``one`` does: it begins with a star before the same."""
    return other.startswith("*") and one.endswith(other.lstrip("*"))


def matches(pattern: str, text: str) -> bool:
    """Return whether the pattern matches the whole text."""
    return any(not rest.strip("*") for rest in remainders(pattern, text))


def is_pattern(text: str) -> bool:
    """Return whether a value means more than itself where an operator reads patterns."""
    return "*" in text or "?" in text
