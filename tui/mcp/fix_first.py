"""Room for the fix: the patches of the first path before anything else of an answer, whole; then what they open; then words.

A patch that is cut is none, and an agent that was not given one may write its own. So all of the first path is given up before its
patches are, and a patch that does not fit is left out as a whole and named.
"""

from __future__ import annotations

from collections.abc import Iterator

from diagnosis.documents.json_values import Json, Object
from tui.mcp.bounds import LeftOut, fitted_value, size_of
from tui.mcp.fix import FORMATS
from tui.mcp.foreign_text import KEY

_ALWAYS = frozenset({"proof", "id", "owner", "same_as"})
_PATCHES = frozenset(FORMATS)
_EFFECTS = frozenset({"newly_admits_beyond_the_need", "newly_admits", "takes_away", "not_covered"})
_FIRST = (_PATCHES, _EFFECTS, frozenset({"difference"}))
"""Members in the order in which they get room; all others come after these."""
_NAMED = _PATCHES | _EFFECTS | {"difference"}
"""Members that are named one by one where they are left out."""
_PATH = "fix/paths"


def first_path(path: Object, room: int, spare: int) -> tuple[Object, list[LeftOut]]:
    """Return the first path within a room; what is no patch, effect or difference leaves ``spare`` characters of it."""
    if size_of(path) <= room - spare:
        return path, []
    changes = path.get("changes")
    held = [each for each in changes if isinstance(each, dict)] if isinstance(changes, list) else []
    places = [(path, _bare(path), f"{_PATH}/0")]
    places += [(each, _bare(each), f"{_PATH}/0/changes/{number}") for number, each in enumerate(held)]
    room -= size_of([part for _, part, _ in places]) + len('"changes":[]')
    if room < 0:
        return {"proof": path.get("proof")}, [LeftOut(f"{_PATH}/0", 1, len(path), "members")]
    left: list[LeftOut] = []
    for rank, name, whole, part, at in _in_order(places):
        value, cost = whole[name], len(name) + 4
        free = room + size_of(part.get(name, "")) - cost - (spare if rank == len(_FIRST) else 0)
        kept, missing = _whole_or_items(value, free, f"{at}/{name}")
        if size_of(kept) <= free:
            room = room + size_of(part.get(name, "")) - cost - size_of(kept)
            part[name] = kept
            left += missing
        elif name in _NAMED:
            left.append(LeftOut(f"{at}/{name}", 0, _count(value), "items" if isinstance(value, list) else "characters"))
    left += [LeftOut(at, len(part), len(whole), "members") for whole, part, at in places[1:] if len(part) < len(whole)]
    (_, made, _), *parts = places
    return {**_ordered(made, path), "changes": [_ordered(part, whole) for whole, part, _ in parts]}, left


def further_paths(paths: list[Json], room: int) -> tuple[list[Json], list[LeftOut]]:
    """Return the paths behind the first that fit whole within so many characters, and how many are left out."""
    kept: list[Json] = []
    for path in paths[1:]:
        room -= size_of(path) + 1
        if room < 0:
            return kept, [LeftOut(_PATH, 1 + len(kept), len(paths), "items")]
        kept.append(path)
    return kept, []


def _in_order(places: list[tuple[Object, Object, str]]) -> Iterator[tuple[int, str, Object, Object, str]]:
    """Yield each member that is to be given, with its rank: those of the first rank of all places, then those of the next."""
    for rank in range(len(_FIRST) + 1):
        for whole, part, at in places:
            for name in whole:
                if name not in _ALWAYS and name != "changes" and _rank(name) == rank:
                    yield rank, name, whole, part, at


def _rank(name: str) -> int:
    return next((rank for rank, names in enumerate(_FIRST) if name in names), len(_FIRST))


def _bare(value: Object) -> Object:
    """Return what an object is, and that there is a patch: a form without one is null, which is something else."""
    return {
        name: item if name in _ALWAYS else {KEY: "", "left_out": _count(item)}
        for name, item in value.items()
        if name in _ALWAYS or (name in _PATCHES and item is not None)
    }


def _ordered(part: Object, whole: Object) -> Object:
    return {name: part[name] for name in whole if name in part}


def _count(value: Json) -> int:
    held = value.get(KEY) if isinstance(value, dict) else value
    return len(held) if isinstance(held, (str, list)) else 0


def _whole_or_items(value: Json, room: int, at: str) -> tuple[Json, list[LeftOut]]:
    """Return a text whole; of a list the items that fit."""
    return fitted_value(value, room, at) if isinstance(value, list) and size_of(value) > room else (value, [])
