"""Words can be read on every ground that they stand on, in both themes, and no meaning rests on a colour alone."""

from __future__ import annotations

import itertools

import pytest
from rich.color import ColorSystem
from textual.color import Color
from textual.theme import Theme

from tui.themes import DARK, LIGHT, for_colours

TEXT_LEAST, FAINT_LEAST = 4.5, 3.0
"""WCAG 2.2 AA for text; for large text, and for what may be passed over."""
GROUNDS = ("background", "surface", "panel", "now-ground", "after-ground")
WORDS = (
    "foreground",
    "text-success",
    "text-error",
    "text-warning",
    "text-accent",
    "plane-authn",
    "plane-authz",
    "text-muted",
)


def colours(theme: Theme) -> dict[str, Color]:
    named = {name: getattr(theme, name) for name in ("background", "surface", "panel", "foreground")}
    found = {**named, **{name: value for name, value in theme.variables.items() if "%" not in value}}
    return {name: Color.parse(value) for name, value in found.items() if value}


def contrast(one: Color, other: Color) -> float:
    def luminance(colour: Color) -> float:
        parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_words_stand_out_from_every_ground(theme: Theme) -> None:
    of = colours(theme)
    faint = {
        (word, ground): round(contrast(of[word], of[ground]), 2)
        for word, ground in itertools.product(WORDS, GROUNDS)
        if contrast(of[word], of[ground]) < TEXT_LEAST
    }
    assert faint == {}
    others = [
        *(("foreground", ground) for ground in ("surface-active", "proof-ground", "found-ground")),
        *(("text-error", "proof-ground"), ("block-cursor-foreground", "block-cursor-background")),
        *((f"footer-{part}-foreground", "footer-background") for part in ("key", "description")),
    ]
    read = {pair: round(contrast(of[pair[0]], of[pair[1]]), 2) for pair in others}
    assert {pair: ratio for pair, ratio in read.items() if ratio < TEXT_LEAST} == {}
    assert contrast(of["border"], of["surface"]) >= FAINT_LEAST


MEANINGS = ("text-success", "text-error", "text-warning", "text-accent", "plane-authn", "plane-authz", "text-muted")
GREYS = {0, 7, 8, 15}


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_a_meaning_keeps_its_colour_where_there_are_sixteen(theme: Theme) -> None:
    of = colours(for_colours(theme, "standard"))

    def number(name: str) -> int:
        found = of[name].rich_color.downgrade(ColorSystem.STANDARD).number
        assert found is not None
        return found

    for name in MEANINGS[:-1]:
        assert number(name) not in GREYS, name
        assert number(name) != number("surface")
    assert number("text-muted") in GREYS
    told_apart = ("text-success", "text-error", "text-warning", "text-muted")
    assert len({number(name) for name in told_apart}) == len(told_apart)
    assert number("plane-authn") != number("plane-authz")
    assert for_colours(theme, "truecolor") is theme
    assert for_colours(theme, None) is theme
