"""What Python's garbage collector is spared, so that it does not hold the screen."""

from __future__ import annotations

import gc
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual._styles_cache import StylesCache
    from textual.color import Color
    from textual.style import Style


@cache
def spare_what_stays() -> None:
    """Let the collector pass over what is there now: modules and their tables, which stay until the end.

    Their hundred thousands of objects take it a tenth of a second each time, several times a minute, and a key waits so long.
    Once in a process, and told by being called: to count what was spared takes as long as looking through it.
    What is made later is looked through as ever.
    """
    gc.freeze()


def spare_what_was_read() -> None:
    """Let the collector pass over thousands of lines that have come to stay: looking through them holds a key as long."""
    gc.freeze()


def hold() -> None:
    """Keep the collector from running while modules are imported: none of it is garbage, and it would look through all again."""
    gc.disable()


def let_go() -> None:
    """Let it run again."""
    gc.enable()


_COLORS = 1024
"""Pairs of colors that are remembered, as many as Textual remembers."""


@cache
def keep_no_drawn_lines() -> None:
    """Let the lines that were drawn of a part of the screen go with that part.

    Textual remembers which two styles follow from two colors, but by the part that asks as well: the last thousand parts that
    were ever shown stay for that, each with its lines, hundreds of thousands of objects that the collector looks through.
    """
    from textual._styles_cache import StylesCache

    anew = getattr(StylesCache.get_inner_outer, "__wrapped__", None)
    if anew is None:
        return  # another version, which remembers otherwise
    known: dict[tuple[Color, Color], tuple[Style, Style]] = {}

    def get_inner_outer(part: StylesCache, base_background: Color, background: Color) -> tuple[Style, Style]:
        colors = base_background, background
        found = known.get(colors)
        if found is None:
            if len(known) >= _COLORS:
                known.clear()
            found = known[colors] = anew(part, *colors)
        return found

    StylesCache.get_inner_outer = get_inner_outer  # type: ignore[assignment,method-assign]
