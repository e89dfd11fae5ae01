"""Keep an answer within a number of characters: whole items first, and of what was left out say how much, where, and how to get it.

Nothing is cut silently, and what is left is always a whole JSON document: lists end earlier, long texts say how much of them
is missing, and each place is listed with its path, by which ``more`` gives the rest.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from diagnosis.documents.json_values import Json, Object
from tui.mcp.foreign_text import KEY

_STEPS = ((40, 4000), (15, 1500), (6, 600), (3, 300), (1, 160))
"""Most items of a list and most characters of a text, the most generous first."""
_WHOLE = frozenset({"difference", "aws_cli", "terraform", "cloudformation", "trust_policy"})
"""A patch is given whole or not at all."""
_MOST_NAMED = 12
_SMALLEST = 400
"""Characters that a section is given at least; less holds nothing that is worth reading."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What of a document was left out, at one place."""

    path: str
    """Members and indices with ``/`` between: ``live/sessions/0/needs``."""
    shown: int
    of: int
    unit: str
    """``items``, ``characters``, or ``members``."""

    def as_json(self) -> Object:
        """Return it as plain values; the path may hold no names but those of our documents."""
        return {"path": self.path, "shown": self.shown, "of": self.of, "unit": self.unit}


def size_of(value: Json) -> int:
    """Return how many characters a value has as JSON."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def fitted(document: Object, room: int, base: str = "") -> tuple[Object, list[LeftOut]]:
    """Return as much of a document as fits, member by member in their order, and what was left out."""
    kept: Object = {}
    left: list[LeftOut] = []
    for name, value in document.items():
        path = f"{base}/{name}" if base else name
        part, missing = fitted_value(value, room, path)
        if size_of(part) <= room:
            kept[name] = part
            left += missing
            room -= size_of(part) + len(name) + 4
        else:
            whole = len(value) if isinstance(value, (list, dict)) else size_of(value)
            left.append(LeftOut(path, 0, whole, "items" if isinstance(value, list) else "members"))
    return kept, left


def fitted_value(value: Json, room: int, path: str, offset: int = 0) -> tuple[Json, list[LeftOut]]:
    """Return a value, or as much of it as fits; a list begins at an offset."""
    if isinstance(value, list) and not offset and size_of(value) <= room:
        return value, []
    if isinstance(value, list):
        return _page(value, max(room, 2), path, offset)
    if size_of(value) <= room:
        return value, []
    for items, characters in _STEPS:
        left: list[LeftOut] = []
        part = _cut(value, items, characters, path, left)
        if size_of(part) <= room:
            return part, _named(left)
    if isinstance(value, dict) and KEY not in value:
        kept, left = fitted(value, room, path)
        return kept, _named(left)
    return part, _named(left)


def _page(items: list[Json], room: int, path: str, offset: int) -> tuple[Json, list[LeftOut]]:
    """Return the items from an offset on that fit whole; one that does not fit by itself is cut."""
    kept: list[Json] = []
    left: list[LeftOut] = []
    for place, item in enumerate(items[offset:], offset):
        size = size_of(item) + 1
        if size > room and kept and size <= max(_SMALLEST, room * 4):
            break
        part, missing = (item, []) if size <= room else fitted_value(item, max(room - 40, 0), f"{path}/{place}")
        if size_of(part) + 1 > room and kept:
            break
        kept.append(part)
        left += missing
        room -= size_of(part) + 1
        if room < _SMALLEST // 4:
            break
    end = offset + len(kept)
    if end < len(items) or offset:
        left.insert(0, LeftOut(path, end, len(items), "items"))
    return kept, _named(left)


def _cut(value: Json, items: int, characters: int, path: str, left: list[LeftOut]) -> Json:
    if isinstance(value, list):
        if len(value) > items:
            left.append(LeftOut(path, items, len(value), "items"))
        return [_cut(item, items, characters, f"{path}/{n}", left) for n, item in enumerate(value[:items])]
    if isinstance(value, dict) and KEY in value:
        text = value[KEY]
        if isinstance(text, str) and len(text) > characters:
            shown = 0 if path.rpartition("/")[2] in _WHOLE else characters
            left.append(LeftOut(path, shown, len(text), "characters"))
            return {KEY: text[:shown], "left_out": len(text) - shown}
        return value
    if isinstance(value, dict):
        return {name: _cut(item, items, characters, f"{path}/{name}", left) for name, item in value.items()}
    return value


def _named(left: list[LeftOut]) -> list[LeftOut]:
    """Return the places that are named one by one; the others are reached from those above them."""
    return left[:_MOST_NAMED]


def at(document: Json, path: str) -> Json | KeyError:
    """Return what stands at a path, or why there is nothing."""
    found: Json = document
    for part in path.split("/") if path else ():
        if isinstance(found, dict) and part in found and KEY not in found:
            found = found[part]
        elif (
            isinstance(found, list) and part.isascii() and part.isdigit() and len(part) < 10 and int(part) < len(found)
        ):
            found = found[int(part)]
        else:
            return KeyError(part)
    return found
