"""Text on a page: nothing is lost, no line is too wide, and a long ARN begins where it stands."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from textual.content import Content

from tui.widgets.base.blocks import wrapped

WORDS = st.text(alphabet="ab:/-é漢🙂", min_size=0, max_size=60)


@given(st.lists(WORDS, max_size=6).map(" ".join), st.integers(4, 60))
def test_nothing_is_lost_and_no_line_is_too_wide(text: str, room: int) -> None:
    lines = wrapped(Content(text), room)
    assert lines
    assert all(line.cell_length <= room for line in lines)
    assert "".join(line.plain for line in lines).replace(" ", "") == text.replace(" ", "")


def test_a_word_longer_than_a_line_begins_where_it_stands_and_others_are_not_broken() -> None:
    text = f"User: arn:aws:sts::123456789012:assumed-role/{'r' * 60} is not authorized"
    lines = [line.plain for line in wrapped(Content(text), 60)]
    assert lines[0].startswith("User: arn:aws:sts::123456789012:assumed-role/")
    assert len(lines[0]) == 60
    assert " ".join(lines[1:]).endswith(" is not authorized")
    assert [line.plain for line in wrapped(Content("a short line of words"), 8)] == ["a short", "line of", "words"]
