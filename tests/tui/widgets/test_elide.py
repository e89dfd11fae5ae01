"""A shortened text keeps its end, fits, and still tells itself from its neighbours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.widgets.base.elide import SIGN, Differences, elide


@pytest.mark.parametrize(("text", "width", "place", "expected"), [
    ("main", 10, 0, "main"),
    ("feature/team/very-long-branch-end", 18, 0, "featu…g-branch-end"),
    ("release/2026-11-30/service-a-build", 18, 27, "relea…vice-a-build"),
    ("release/2026-11-30/service-a-of-the-whole-platform-build", 18, 27, "…vice-a-o…rm-build"),
    ("abcdef", 1, 0, "…"), ("abcdef", 0, 0, ""), ("abcdef", 3, 3, "…de"), ("日本語の長い枝", 8, 0, "日…い枝"),
])  # fmt: skip
def test_start_and_end_stay(text: str, width: int, place: int, expected: str) -> None:
    assert elide(text, width, place) == expected


_texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60)


@given(_texts, st.integers(-1, 40), st.integers(0, 60))
def test_it_never_is_wider_and_what_fits_is_whole(text: str, width: int, place: int) -> None:
    found = elide(text, width, place)
    assert cell_len(found) <= max(0, width)
    if cell_len(text) <= width:
        assert found == text
    elif width > 3 and text.isascii():
        assert SIGN in found
        assert found[-1] == text[-1]


_parts = st.text("abcdef/-.0123456789", max_size=50)


@given(_parts, _parts, _parts, st.integers(8, 40))
def test_two_that_differ_in_one_place_look_different(before: str, after: str, end: str, width: int) -> None:
    """However long what they share is before and behind that place."""
    one, two = f"{before}x{after}{end}", f"{before}y{after}{end}"
    place = Differences([one, two])
    assert place.at(one) == place.at(two) == len(before)
    assert elide(one, width, place.at(one)) != elide(two, width, place.at(two))


def test_each_of_many_is_told_from_its_neighbours() -> None:
    texts = [f"refs/heads/team-platform/release/{number:05d}/hotfix-of-the-day" for number in range(10_000)]
    places = Differences(texts)
    assert len({elide(text, 20, places.at(text)) for text in texts}) == len(texts)
