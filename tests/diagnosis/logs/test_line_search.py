"""Lines that hold one of some words are found, by the automaton and by regular expressions alike."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnosis.logs import line_search
from diagnosis.logs.line_search import LineSearch, Positions, automaton, patterns

ENGINES: list[Callable[[tuple[str, ...]], Positions | None]] = [automaton, patterns]
WORDS = st.lists(st.text("ab-[.é🚀", min_size=1, max_size=3), min_size=1, max_size=6)
TEXTS = st.lists(st.text("ab-[.é🚀\r\x1b", max_size=8), max_size=8).map("\n".join)


def begins(text: str, words: list[str]) -> list[int]:
    """The plainest search."""
    found, at = [], 0
    for line in text.split("\n"):
        if any(word in line for word in words):
            found.append(at)
        at += len(line) + 1
    return found


@pytest.fixture(params=ENGINES, ids=["automaton", "patterns"], scope="module")
def search(request: pytest.FixtureRequest) -> Callable[[list[str]], LineSearch]:
    if request.param(("word",)) is None:
        pytest.skip("ahocorasick-rs is not installed")

    def made(words: list[str]) -> LineSearch:
        search = LineSearch(words)
        search.__dict__["_positions"] = request.param(search.words)
        return search

    return made


@given(TEXTS, WORDS)
def test_every_line_with_a_word_is_found_and_no_other(
    search: Callable[[list[str]], LineSearch], text: str, words: list[str]
) -> None:
    assert search(words).line_starts(text) == begins(text, words)


@given(st.text("ab-[.é🚀", max_size=8), WORDS)
def test_one_line_is_asked(search: Callable[[list[str]], LineSearch], line: str, words: list[str]) -> None:
    assert search(words).is_in(line) == any(word in line for word in words)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_large_text_is_searched_in_pieces(search: Callable[[list[str]], LineSearch], end: str) -> None:
    lines = [
        f"line {number} 🚀 of a log" + (" that fails" if number % 5_000 == 4_999 else "") for number in range(40_000)
    ]
    text = end.join(lines)
    assert search(["fails"]).line_starts(text) == begins(text, ["fails"])


def test_a_line_longer_than_a_piece_is_one_line(search: Callable[[list[str]], LineSearch]) -> None:
    text = "short\n" + "x" * (3 * line_search._PIECE) + "word" + "y" * line_search._PIECE + "\nword\n"
    assert search(["word"]).line_starts(text) == [6, text.rindex("word")]


def test_words_within_words_and_words_that_overlap(search: Callable[[list[str]], LineSearch]) -> None:
    words = ["disco", "disc", "content", "onte"]
    assert search(words).line_starts("discontent\nonten\nfish\ndiscontenu") == [0, 11, 22]


def test_bytes_that_were_no_text_are_searched_too(search: Callable[[list[str]], LineSearch]) -> None:
    text = b"\xff\xfe\n\xff denied".decode("utf-8", errors="surrogateescape")
    assert search(["denied"]).line_starts(text) == [3]
    assert search(["denied"]).is_in(text)


def test_case_counts(search: Callable[[list[str]], LineSearch]) -> None:
    assert not search(["Denied"]).is_in("denied")


def test_no_words_find_nothing() -> None:
    assert LineSearch([]).line_starts("a\nb") == []
