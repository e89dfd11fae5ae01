"""Asking many lines at once whether they may matter gives what asking each of them gives."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from diagnosis.failures.prefilter import FRAGMENTS, may_matter, that_may_matter
from diagnosis.logs.line_search import lines_holding

pieces = st.sampled_from([*FRAGMENTS, "EOF", "EO", "FAIL", "x", " ", "exit code 1", "HTTP 4", "", "\t", "\ufeff", "✓"])
lines = st.lists(pieces, max_size=4).map("".join)


@given(st.lists(lines, max_size=8))
def test_many_lines_are_told_as_one_by_one(texts: list[str]) -> None:
    assert that_may_matter(texts) == {place for place, text in enumerate(texts) if may_matter(text)}


def test_a_text_with_a_line_break_in_it_is_one_text() -> None:
    assert that_may_matter(["a", "b\naccess denied", "c"]) == {1}
    assert that_may_matter([]) == set()


@given(
    st.lists(st.text("ab-[.", max_size=6), max_size=8), st.sets(st.text("ab-[.", min_size=1, max_size=3), max_size=5)
)
def test_lines_are_found_by_any_of_the_fragments(texts: list[str], fragments: set[str]) -> None:
    block = "\n".join(texts)
    begins = [sum(len(text) + 1 for text in texts[:place]) for place in range(len(texts))]
    expected = {
        begin for begin, text in zip(begins, texts, strict=True) if any(fragment in text for fragment in fragments)
    }
    assert lines_holding(block, sorted(fragments)) == expected
