"""Foreign text becomes content letter by letter; what could steer a terminal becomes visible."""

from __future__ import annotations

import unicodedata

import pytest
from hostile_text import HOSTILE
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.foreign_text import defused, defused_line, foreign, foreign_line


@pytest.mark.parametrize(
    "words",
    [
        HOSTILE,
        "[/red]",
        "[",
        "]",
        "[@click=app.quit]x[/]",
        "$error",
        "a\\[b",
        "[link=https://example.org]here[/link]",
        "[[x]]",
    ],
)
def test_markup_is_shown_letter_by_letter(words: str) -> None:
    assert foreign(words).plain == words
    assert foreign_line(words).plain == words
    assert not foreign(words).spans


def test_our_style_covers_the_whole_and_only_ours() -> None:
    content = foreign("[bold]x[/bold]", "$text-muted")
    assert content.plain == "[bold]x[/bold]"
    assert [(span.start, span.end, span.style) for span in content.spans] == [(0, 14, "$text-muted")]


def test_colours_of_a_log_are_dropped_and_its_words_stay() -> None:
    assert defused("\x1b[31;1merror\x1b[0m: no") == "error: no"


def test_other_escapes_become_visible() -> None:
    assert defused("a\x1b]52;c;aGk=\x07b") == "a␛]52;c;aGk=␇b"
    assert defused("\x9b31m") == "⟨009B⟩31m"
    assert defused("\x00\x7f") == "␀␡"


def test_direction_marks_cannot_reorder_a_line() -> None:
    assert defused("user\u202etxt.exe") == "user⟨202E⟩txt.exe"
    assert defused("a\u200bb\u2066c") == "a⟨200B⟩b⟨2066⟩c"


def test_line_ends_are_line_feeds_and_stay_on_one_line_where_asked() -> None:
    assert defused("a\r\nb\rc\nd") == "a\nb\nc\nd"
    assert defused_line("a\r\nb") == "a␊b"


def test_a_lone_surrogate_can_be_written_to_a_terminal() -> None:
    assert defused("x\udc80y") == "x\ufffdy"


def test_a_line_is_cut_with_an_ellipsis_at_the_width() -> None:
    assert foreign_line("migrate-dev", width=8).plain == "migrate…"
    assert foreign_line("日本語のタイトル", width=6).cell_length <= 6
    assert foreign_line("anything", width=0).plain == ""


@settings(deadline=None)
@given(st.text(alphabet=st.characters(codec=None), max_size=200))
def test_any_text_is_safe(text: str) -> None:
    shown = defused(text)
    shown.encode("utf-8")
    assert not [c for c in shown if c != "\n" and unicodedata.category(c) in ("Cc", "Cs")]
    assert "\n" not in defused_line(text)
    assert foreign(text).plain == shown


@settings(deadline=None)
@given(st.text(max_size=80), st.integers(0, 40))
def test_any_line_fits_its_width(text: str, width: int) -> None:
    assert cell_len(foreign_line(text, width=width).plain) <= width
