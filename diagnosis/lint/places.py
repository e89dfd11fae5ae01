"""Find where each value of a JSON text stands, and name it by a path that tools such as jq understand.

A path is ``Statement[2].Condition.StringEquals."token.actions.githubusercontent.com:sub"``: a key that is no plain word
is quoted. Lines and columns count from 1 and point at a member's key, or at an element of a list.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from diagnosis.policy.language.strict_json import json_text

Steps: TypeAlias = "tuple[str | int, ...]"
"""The way from the document to a value: keys and positions."""

_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\]:,]|[^\s"{}\[\]:,]+', re.DOTALL)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands."""

    path: str
    """Empty for the whole document."""
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Places:
    """The places of all values of one text."""

    offsets: Mapping[Steps, int] = field(repr=False)
    line_starts: tuple[int, ...] = field(repr=False)
    """The offset at which each line begins."""
    repeated: tuple[tuple[Steps, int], ...] = ()
    """Keys that stand in their object a second time, each with its offset."""

    def at(self, *steps: str | int) -> Place:
        """Return the place of a value; where it does not stand in the text, that of the nearest value around it."""
        for length in range(len(steps), -1, -1):
            offset = self.offsets.get(steps[:length])
            if offset is not None:
                return self.place(steps, offset)
        return Place(path_text(steps))

    def place(self, steps: Steps, offset: int) -> Place:
        """Return the place of these steps at an offset of the text."""
        line = bisect_right(self.line_starts, offset)
        return Place(path_text(steps), line, offset - self.line_starts[line - 1] + 1)


def path_text(steps: Steps) -> str:
    """Write a path: ``Statement[2].Condition.StringEquals."aws:SourceIp"``."""
    written = ""
    for step in steps:
        if isinstance(step, int):
            written += f"[{step}]"
        else:
            written += ("." if written else "") + (step if _PLAIN.match(step) else json_text(step))
    return written


def read_places(text: str) -> Places:
    """Find the places in a text that is JSON; a key that stands twice in one object keeps its last place."""
    offsets: dict[Steps, int] = {}
    repeated: list[tuple[Steps, int]] = []
    # One entry an open object or list: the steps to it, and the step that is being read.
    open_ones: list[tuple[Steps, str | int | None]] = []
    pending: tuple[str, int] | None = None
    for sign, offset in _tokens(text):
        steps: Steps = ()
        if open_ones:
            base, step = open_ones[-1]
            steps = base if step is None else (*base, step)
        if sign in "{[":
            offsets.setdefault(steps, offset)
            open_ones.append((steps, 0 if sign == "[" else None))
            pending = None
        elif sign in "}]":
            open_ones.pop()
        elif sign == ":" and pending is not None:
            base, _ = open_ones[-1]
            here = (*base, pending[0])
            if here in offsets:
                repeated.append((here, pending[1]))
            offsets[here] = pending[1]
            open_ones[-1] = (base, pending[0])
            pending = None
        elif sign == ",":
            base, step = open_ones[-1]
            open_ones[-1] = (base, step + 1 if isinstance(step, int) else None)
        else:
            key_comes = bool(open_ones) and open_ones[-1][1] is None
            if key_comes and sign.startswith('"'):
                pending = (str(json.loads(sign, strict=False)), offset)
            else:
                offsets.setdefault(steps, offset)
    starts = (0, *(found.end() for found in re.finditer("\n", text)))
    return Places(offsets, starts, tuple(repeated))


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    for token in _TOKEN.finditer(text):
        yield token.group(), token.start()
