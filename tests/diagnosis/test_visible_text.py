"""What is not drawn is made visible, and nothing else is changed; JSON writes its own escapes for the same characters."""

from __future__ import annotations

import json
import re
import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from on_a_terminal import EVERY_KIND, hostile_texts, is_drawn
from thoroughness import THOROUGH

from diagnosis.policy.language.strict_json import json_text
from diagnosis.visible_text import is_shown, visible, visible_line

ANY = st.text(alphabet=st.characters(codec=None))


@given(ANY)
def test_any_text_is_drawn_and_stays_so(text: str) -> None:
    assert all(map(is_drawn, visible(text)))
    assert visible(visible(text)) == visible(text)
    assert "\n" not in visible_line(text)
    assert all(map(is_drawn, visible_line(text)))


@given(ANY)
def test_json_holds_what_is_drawn_and_means_the_same(text: str) -> None:
    written = json_text({text: [text]}, indent=2)
    assert all(map(is_drawn, written))
    assert json.loads(written) == {text: [text]}


@pytest.mark.parametrize("text", ["plain", "naïve “é” 日本 ✔ ─ 🚀 é", "a\nb", "עברית العربية हिन्दी"])
def test_what_is_drawn_is_left_alone(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", "␛[2J"), ("\x9b2J", "⟨009B⟩2J"), ("\x7f\x00", "␡␀"), ("a\tb", "a    b"), ("a\r\nb\rc", "a\nb␍c"),
        ("\u202e\u2066", "⟨202E⟩⟨2066⟩"), ("\xad\u200b", "⟨00AD⟩⟨200B⟩"), ("\ufe0f\U000e0041", "⟨FE0F⟩⟨E0041⟩"),
        ("\u3164", "⟨3164⟩"), ("\u2028", "⟨2028⟩"), ("\ue000", "⟨E000⟩"), ("\ud800", "\ufffd"), ("main\xa0", "main⟨00A0⟩"),
    ],
)  # fmt: skip
def test_what_is_not_drawn_has_a_sign(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert visible_line(text) == shown.replace("\n", "␊")


@given(st.lists(st.sampled_from("aé日\u0301\u0334\u20dd\u0489\u0f71\u1ab0\n\u200b"), max_size=80).map("".join))
@example("Z" + "\u0301\u0489" * 500)
def test_marks_are_stacked_no_higher_than_a_language_does(text: str) -> None:
    too_many = re.compile("[\u0301\u0334\u20dd\u0489\u0f71\u1ab0]{9}")
    assert not too_many.search(visible(text))
    assert visible(visible(text)) == visible(text)
    if not too_many.search(text):
        assert visible(text) == text.replace("\u200b", "⟨200B⟩")
    written = json_text([text])
    assert not too_many.search(written)
    assert json.loads(visible(written)) == [text]


def test_no_character_without_a_form_is_shown() -> None:
    points = range(0x80, sys.maxunicode + 1, 1 if THOROUGH else 7)
    shown = [character for character in map(chr, points) if is_shown(character)]
    assert not [f"{ord(c):04X}" for c in shown if not is_drawn(c)]
    assert {unicodedata.category(c)[0] for c in shown} <= set("LMNPS")


def test_work_grows_as_the_text_does() -> None:
    text = EVERY_KIND + "".join(hostile_texts(4))
    # One pass: a text twice as long gives twice what one gives, sign by sign.
    assert visible(text * 64) == visible(text) * 64
