"""Find the few lines of a log that the reader has to look at: those that hold a word of a rule or of the context.

A rule is asked only about lines that hold one of its words, so a line without any of them cannot be a failure. The
words are taken from the rules themselves; a new rule is found without another list to keep.
"""

from __future__ import annotations

from collections.abc import Sequence

from diagnosis.failures import context_lines
from diagnosis.failures.rules import RULES
from diagnosis.logs.line_search import LineSearch
from diagnosis.logs.log_text import plain

WORDS: tuple[str, ...] = tuple(sorted({*context_lines.WORDS, *(word for rule in RULES for word in rule.words)}))
"""Every word of every rule, and every word of the lines that tell what the failures belong to."""

ANNOTATIONS = ("[error]", "Error: ")
"""What an error annotation begins with: it stopped its step, whatever its words are."""

STRUCTURE = ("##[", "[warning]", "[command]", "Run ", "Post job cleanup", "Cleaning up orphan")
"""What tells where a step begins or ends."""

_WORDS = LineSearch(WORDS)
_FAILURES = LineSearch((*WORDS, *ANNOTATIONS))
_STRUCTURE = LineSearch(STRUCTURE)


def interesting_lines(block: str) -> list[tuple[int, bool]]:
    """Return where the lines begin that the reader needs, in order.

    Each offset comes with whether its line may be a failure (it holds one of :data:`WORDS`, or is an error annotation)
    or only gives structure.
    """
    starts = _starts_of_failures(block)
    structure = _STRUCTURE.line_starts(block)
    return sorted(
        [*((start, True) for start in starts), *((start, False) for start in structure if start not in starts)]
    )


def _starts_of_failures(block: str) -> set[int]:
    text = plain(block)
    found = _FAILURES.line_starts(text)
    if len(text) == len(block):
        return set(found)
    # Colours were taken out, which may stand within a word. The lines are the same ones, at other offsets.
    starts: set[int] = set()
    start = looked_at = 0
    for at in found:
        for _ in range(text.count("\n", looked_at, at)):
            start = block.find("\n", start) + 1
        starts.add(start)
        looked_at = at
    return starts


def that_may_matter(texts: Sequence[str]) -> set[int]:
    """Return the positions of the texts for which :func:`may_matter` is true. One search of all of them is faster."""
    block = "\n".join(texts)
    if block.count("\n") != len(texts) - 1:
        return {place for place, text in enumerate(texts) if may_matter(text)}
    places: set[int] = set()
    place = looked_at = 0
    for start in sorted(_WORDS.line_starts(block)):
        place += block.count("\n", looked_at, start)
        looked_at = start
        places.add(place)
    return places


def may_matter(text: str) -> bool:
    """Return whether a line holds one of :data:`WORDS`."""
    return _WORDS.is_in(text)
