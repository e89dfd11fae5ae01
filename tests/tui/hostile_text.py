"""Foreign text that would do harm where it is obeyed: markup, actions, closing tags, controls; put into every string of a value."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import TypeVar

T = TypeVar("T")

HOSTILE = "fix [skip ci] [/red] [@click=app.quit]x[/]"
"""Loses words or raises where it meets a markup parser, and quits the app where it is clicked."""

KEPT = {"address", "html_url", "url", "status", "conclusion", "line", "key"}
"""Fields whose form the app reads."""


def hostile(value: T, keep: frozenset[str] = frozenset(), words: str = HOSTILE) -> T:
    """The same value with the hostile words before every string of it."""
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return f"{words} {value}"  # type: ignore[return-value]  # a str for a str
    if isinstance(value, tuple):
        return tuple(hostile(item, keep, words) for item in value)  # type: ignore[return-value]  # a tuple for a tuple
    if is_dataclass(value) and not isinstance(value, type):
        changed = {
            field.name: hostile(getattr(value, field.name), keep, words)
            for field in fields(value)
            if field.name not in KEPT | keep
        }
        return replace(value, **changed)  # type: ignore[type-var]  # a dataclass, asked above
    return value
