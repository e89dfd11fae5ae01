"""What stays in memory: nothing that was drawn of a part of the screen that is gone."""

from __future__ import annotations

import weakref

from textual._styles_cache import StylesCache
from textual.color import Color

from tui.collector import keep_no_drawn_lines


def test_what_was_drawn_of_a_part_goes_with_it_and_the_colors_stay_the_same() -> None:
    keep_no_drawn_lines()
    dark, light = Color.parse("#101010"), Color.parse("#f0f0f080")
    part = StylesCache()
    inner, outer = part.get_inner_outer(dark, light)
    assert (inner.background, outer.background) == (dark + light, dark)
    other = StylesCache()
    assert other.get_inner_outer(dark, light) == (inner, outer)
    for level in range(2000):
        assert other.get_inner_outer(Color(level % 256, level // 256, 0), dark)[1].background == Color(
            level % 256, level // 256, 0
        )
    gone = weakref.ref(part)
    del part
    assert gone() is None
