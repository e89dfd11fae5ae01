"""Lines, groups, folds and searches of generated logs, held against the plainest model of each."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples

from diagnosis.logs.left_out import mark
from tui.foreign_text import defused_line
from tui.widgets.log import log_index
from tui.widgets.log import search as searching
from tui.widgets.log.groups import FoldedLines
from tui.widgets.log.line_offsets import LineOffsets
from tui.widgets.log.log_index import Level, LogIndex, round_the_end
from tui.widgets.log.matching_lines import matching_lines
from tui.widgets.log.search import Search
from tui.widgets.log.shown_text import Wanted, clean, time_and_words

STAMP = "2026-02-13T11:36:49.1234567Z "
PIECES = [
    STAMP, STAMP, "##[group]", "##[group]Run ", "##[endgroup]", "##[error]", "##[warning]", "Post job cleanup.", "[command]",
    "error", "Error", "ERROR: denied",
    "\x1b[31m", "\x1b[0m", "\t", "\r", "\ufeff", "ß", "İ", "K", "é", "✓", "\u202e", "\u0301" * 12,
    " ", "  ", "2026", "11:36", "Z", "x" * 300, "🙂", "\x07", "\ud800",
]  # fmt: skip
LINES = st.lists(st.sampled_from(PIECES), max_size=5).map("".join)
LOGS = st.lists(LINES, max_size=40).map("\n".join)
WORDS = st.sampled_from(
    ["error", "Error", "r", "denied", " d", "2026", "z", "Z ", "11:", "ss", "ß", "k", "K", "i", "é", "✓", "⟨202e⟩", "202e", "feff",
     "    ", "x" * 200, "␊", "group]run", "��", "\u0301"]
)  # fmt: skip


def built(text: str) -> LogIndex:
    """The index of a whole text."""
    index = LogIndex(text)
    for _ in index.build():
        pass
    return index


def lines_of(text: str) -> list[str]:
    """The lines as GitHub counts them."""
    lines = text.split("\n")
    return lines[:-1] if not lines[-1] else lines


@pytest.fixture(autouse=True)
def _small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slices so small that everything is cut by one somewhere, though longer than a line; blocks stay as they are."""
    monkeypatch.setattr(searching, "SLICE", 1_600)
    monkeypatch.setattr(log_index, "SLICE", 8)


@settings(max_examples=examples(320), deadline=None)
@given(LOGS, st.integers(1, 30))
def test_lines_are_those_of_split(text: str, repeated: int) -> None:
    text *= repeated * 40 if len(text) < 200 else repeated
    offsets, lines = LineOffsets(text), lines_of(text)
    offsets.look(len(text))
    assert offsets.count == len(lines)
    for line in {0, 1, len(lines) // 2, len(lines) - 1} & set(range(len(lines))):
        assert offsets.raw(line) == lines[line]
        assert offsets.raw(line, 10) == lines[line][:10]
        assert offsets.length(line) == len(lines[line])
        assert offsets.line_at(offsets.start(line)) == line


@settings(max_examples=examples(320), deadline=None)
@given(LOGS)
def test_a_piece_is_shown_as_its_lines_are(text: str) -> None:
    assert clean(text).split("\n") == [clean(line) for line in text.split("\n")]
    for line in text.split("\n"):
        words = time_and_words(line)[1]
        assert words.isprintable()
        stripped = line.rstrip("\r").removeprefix("\ufeff")
        assert words == defused_line(stripped.removeprefix(STAMP)) or "\r" in stripped


@settings(max_examples=examples(800), deadline=None)
@given(LOGS, WORDS, st.integers(0, 60))
def test_a_search_finds_what_line_by_line_is_found(text: str, words: str, first: int) -> None:
    wanted, shown = Wanted(words), [time_and_words(line)[1] for line in lines_of(text)]
    naive = [line for line, each in enumerate(shown) if wanted.places(each)]
    assert list(matching_lines(text, wanted)) == [line for line in naive if line < len(shown)]
    index = built(text)
    first = min(first, max(0, len(shown) - 1))
    found = Search(wanted, first)
    for _ in found.run(text, index.lines.start(first)):
        assert 0 <= found.fraction <= 1
    assert [*found.before, *found.after] == naive
    assert found.count == len(naive)
    for number, line in enumerate(naive, start=1):
        assert found.number(line) == number
        assert found.holds(line)
    for line in range(-1, len(shown)):
        later, earlier = [each for each in naive if each > line], [each for each in naive if each < line]
        assert found.step(line, 1) == ((later or naive or [None])[0], bool(naive and not later))
        assert found.step(line, -1) == ((earlier or naive or [None])[-1], bool(naive and not earlier))


@settings(max_examples=examples(320), deadline=None)
@given(LINES, WORDS)
def test_what_is_marked_in_a_line_are_the_words(line: str, words: str) -> None:
    wanted, shown = Wanted(words), time_and_words(line)[1]
    for first, end in wanted.places(shown):
        assert wanted.needle in wanted.prepared(shown[first:end])
        assert wanted.needle not in wanted.prepared(shown[first : end - 1])


GROUP_LINES = st.sampled_from([
    "##[group]a", "##[group]Run b", "##[endgroup]", "x", "##[error]e", "##[warning]w", "Post job cleanup.", "##[endgroup] ",
])  # fmt: skip


def naive_groups(lines: list[str]) -> list[tuple[int, int]]:
    """First and last line of each group, from a stack."""
    groups: list[tuple[int, int]] = []
    begun: list[int] = []

    def end_all(line: int) -> None:
        groups.extend((start, line) for start in begun)
        begun.clear()

    for line, words in enumerate(lines):
        if words.startswith(("##[group]Run ", "Post job")):
            end_all(line - 1)
        if words.startswith("##[group]"):
            begun.append(line)
        elif words.startswith("##[endgroup]") and begun:
            groups.append((begun.pop(), line))
    end_all(len(lines) - 1)
    return sorted(groups)


@settings(max_examples=examples(800), deadline=None)
@given(st.lists(GROUP_LINES, max_size=40), st.randoms(use_true_random=False), st.booleans())
def test_folds_hide_what_the_model_hides(words: list[str], chance: random.Random, stamped: bool) -> None:
    index = built("".join(f"{STAMP if stamped else ''}{each}\n" for each in words))
    groups = naive_groups(words)
    assert list(zip(index.groups.start, index.groups.end, strict=True)) == groups
    for level in Level:
        assert list(index.marked[level]) == [i for i, each in enumerate(words) if each.startswith(f"##[{level}]")]
    folded = bytes(chance.random() < 0.5 for _ in groups)
    view = FoldedLines(index.count, index.groups, folded)
    hidden = {
        line for (start, end), shut in zip(groups, folded, strict=True) if shut for line in range(start + 1, end + 1)
    }
    seen = [line for line in range(len(words)) if line not in hidden]
    assert view.rows == len(seen)
    assert [view.line(row) for row in range(view.rows)] == seen
    for line in range(len(words)):
        assert view.hides(line) == (line in hidden)
        assert view.row(line) == seen.index(max(each for each in seen if each <= line))
        around = [number for number, (start, end) in enumerate(groups) if start <= line <= end]
        assert list(index.groups.around(line)) == around[::-1]
        assert index.groups.starting_at(line) == next((n for n, (start, _) in enumerate(groups) if start == line), -1)
        if line in seen:
            assert view.folds(line) == any(
                shut and start == line and end > start for (start, end), shut in zip(groups, folded, strict=True)
            )


def test_a_mark_of_lines_left_out_folds_only_what_is_empty() -> None:
    index = built(f"a\n{mark(5)}\nb\n")
    assert index.left_out == 5
    assert list(zip(index.groups.start, index.groups.end, strict=True)) == [(1, 5)]
    forged = built("a\n[planescope left out lines here: 3]\nb\nc\n")
    assert forged.left_out == 0
    assert not len(forged.groups)


def test_a_marker_in_the_value_of_an_input_is_quoted() -> None:
    head = (
        f"{STAMP}##[group]Run x\n{STAMP}with:\n{STAMP}  script: a\n##[error]quoted\n##[endgroup]\n{STAMP}##[endgroup]\n"
    )
    index = built(head + f"{STAMP}##[error]real\n")
    assert list(index.marked[Level.ERROR]) == [6]
    assert list(index.groups.end) == [5]


def test_a_line_longer_than_a_slice_is_searched_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "SLICE", 100_000)
    text = "first\n" + "y" * 350_000 + "needle" + "y" * 350_000 + "\nneedle\n"
    found = Search(Wanted("needle"), 0)
    for _ in found.run(text, 0):
        pass
    assert list(found.after) == [1, 2]


@given(st.lists(st.integers(0, 20), unique=True).map(sorted), st.integers(-1, 21), st.sampled_from([1, -1]))
def test_the_next_one_is_looked_for_round_the_end(places: list[int], line: int, by: int) -> None:
    rest = [each for each in places if (each > line if by > 0 else each < line)]
    expected = (rest or places or [None])[0 if by > 0 else -1]
    assert round_the_end(places, line, by) == (expected, bool(places and not rest))
