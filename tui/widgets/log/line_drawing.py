"""Draw one line of a log: what stands before it (mark, number, time, fold) and its words with everything found in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rich.cells import cell_len, get_character_cell_size
from rich.style import Style
from rich.text import Text

from tui.widgets.log.log_index import Level, LogIndex
from tui.widgets.log.shown_text import Wanted, time_and_words

LONGEST_SHOWN = 16 * 1024
"""Characters of a line that are drawn; one line may be as long as the whole log."""
_LOOKED_THROUGH = 1_000_000
"""Characters of a line in which words are looked for that stand beyond what is drawn."""
_AROUND = 20
"""Characters before and behind such words that are shown with them."""
_MOST_KEPT = 256
"""Lines whose words are remembered: some screens full."""

_MARKER = re.compile(r"##\[(group|endgroup|error|warning|notice|debug|command|section)\]|\[command\](?=\S)")
_SIGNS = {"error": "✘", "warning": "!", "notice": "i", "debug": "·", "command": "$"}
STYLES = ("gutter", "error", "warning", "notice", "debug", "command", "group", "marker", "hit", "this-hit", "aside")
"""What a line and its parts may be; the log has a component style ``job-log--NAME`` for each."""


@dataclass(frozen=True, slots=True)
class Look:
    """What of a line is drawn."""

    numbers: bool = True
    times: bool = True
    wrap: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """What a line is to the reader at the moment."""

    proof: bool = False
    cursor: bool = False
    found: bool = False
    folded: bool = False


class LineDrawing:
    """Draws the lines of one log."""

    def __init__(self, index: LogIndex, style: Callable[[str], Style]) -> None:
        self.index = index
        self._style = style
        self._lengths: dict[int, int] = {}
        self._words: dict[int, tuple[str, str]] = {}

    def words(self, line: int) -> tuple[str, str]:
        """Return time and words of a line, of a very long one the beginning."""
        if line not in self._words:
            if len(self._words) >= _MOST_KEPT:
                self._words.clear()
            self._words[line] = time_and_words(self.index.lines.raw(line, LONGEST_SHOWN))
        return self._words[line]

    def whole_words(self, line: int) -> str:
        """Return all words of a line."""
        return time_and_words(self.index.lines.raw(line))[1]

    def gutter(self, line: int, place: Place, look: Look, *, first: bool = True) -> Text:
        """Return what stands before a line; before a further row of it (``first`` false) nothing but room."""
        time, words = self.words(line)
        kind = self._kind(line, words)
        mark = "▶" if place.proof else "›" if place.cursor else " "
        text = Text(mark if first else " ", self._style("gutter"), no_wrap=True)
        text.append(_SIGNS.get(kind, " ") if first else " ", self._style(kind) if kind in STYLES else None)
        if look.numbers:
            width = max(6, len(str(self.index.count)))
            text.append(f"{line + 1:>{width}} " if first else " " * (width + 1))
        if look.times:
            text.append(f"{time if first else '':<8} ")
        if look.numbers or look.times or first:
            text.append(self._fold_sign(line, place) if first else self._guide(line), self._style("marker"))
        return text

    def gutter_width(self, look: Look) -> int:
        """Return the cells that every line's gutter takes."""
        return 4 + (max(6, len(str(self.index.count))) + 1 if look.numbers else 0) + (9 if look.times else 0)

    def body(self, line: int, place: Place, wanted: Wanted | None) -> Text:
        """Return the words of a line in the style of what it is, everything found in them marked."""
        _, words = self.words(line)
        kind = self._kind(line, words)
        text = Text(words, self._style(kind) if kind in STYLES else "", no_wrap=True, end="")
        marker = _MARKER.match(words)
        if marker is not None:
            text.stylize(self._style("marker"), 0, marker.end())
        if wanted is not None:
            hit = self._style("this-hit" if place.found else "hit")
            for first, end in wanted.places(words):
                text.stylize(hit, first, end)
        for note in self._notes(line, place):
            text.append(f"  {note}", self._style("aside"))
        if wanted is not None and place.found and not wanted.places(words) and self._is_cut(line):
            self._add_beyond(text, line, wanted)
        return text

    def hits(self, text: Text) -> list[tuple[int, int]]:
        """Return where the words found stand in the text of the found line."""
        style = self._style("this-hit")
        return sorted((span.start, span.end) for span in text.spans if span.style == style)

    def _add_beyond(self, text: Text, line: int, wanted: Wanted) -> None:
        """Add what stands around the first words found in a line, where that is beyond what is drawn of it."""
        shown = time_and_words(self.index.lines.raw(line, _LOOKED_THROUGH))[1]
        first, end = next(iter(wanted.places(shown)), (0, 0))
        if not end:
            return
        text.append(f"  … at character {first + 1:,}: ", self._style("aside"))
        text.append(shown[max(0, first - _AROUND) : first])
        text.append(shown[first:end], self._style("this-hit"))
        text.append(shown[end : end + _AROUND])

    def _kind(self, line: int, words: str) -> str:
        if words.startswith(("##[error]", "##[warning]")):
            level = Level.ERROR if words.startswith("##[error]") else Level.WARNING
            # One in the value of an input is quoted, no marker.
            return level.value if not self.index.complete or self.index.is_marked(level, line) else ""
        marker = _MARKER.match(words) if words.startswith(("##[", "[")) else None
        return "" if marker is None else marker.group(1) or "command"

    def _notes(self, line: int, place: Place) -> Iterator[str]:
        lines, groups = self.index.lines, self.index.groups
        if place.folded and (group := groups.starting_at(line)) >= 0:
            hidden = groups.end[group] - line
            how = "not here" if group in self.index.gaps else "folded"
            yield f"{hidden:,} line{'s' if hidden > 1 else ''} {how}"
            errors = self.index.marked_between(Level.ERROR, line, groups.end[group])
            if errors:
                yield f"✘ {errors:,} error{'s' if errors > 1 else ''} inside"
        if self._is_cut(line):
            if line not in self._lengths:
                self._lengths[line] = lines.length(line)
            if more := self._lengths[line] - LONGEST_SHOWN:
                yield f"… {more:,} more characters, which are searched and saved, not drawn"

    def _is_cut(self, line: int) -> bool:
        return len(self.index.lines.raw(line, LONGEST_SHOWN)) == LONGEST_SHOWN

    def _fold_sign(self, line: int, place: Place) -> str:
        group = self.index.groups.starting_at(line)
        if group >= 0 and self.index.groups.end[group] != line:
            return "▸ " if place.folded else "▾ "
        return self._guide(line)

    def _guide(self, line: int) -> str:
        groups = self.index.groups
        return "│ " if any(groups.start[group] < line for group in groups.around(line)) else "  "


def cuts(text: str, width: int) -> list[int]:
    """Return after which characters a text is cut to stand in rows of a width; a character of two cells is never cut."""
    if len(text) == cell_len(text):
        return list(range(width, len(text), width))
    places, cells = [], 0
    for place, character in enumerate(text):
        size = get_character_cell_size(character)
        if cells + size > width:
            places.append(place)
            cells = 0
        cells += size
    return places
