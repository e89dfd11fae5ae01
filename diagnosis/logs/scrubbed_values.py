"""Scrub what is more than a line of text: decoded JSON with all that it holds, and JSON that stands in a text.

A door scrubs a whole answer here, before anything is built from it, so that no reader of a member has to think of it.
Members are scrubbed with their names: ``"password": "…"`` is a secret that its value alone does not show. In a text
that is JSON each string is scrubbed by itself, also where escapes hide what it says, and the text stays JSON with every
other character in its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Any, TypeVar

from diagnosis.logs.scrub import scrub

T = TypeVar("T")

MARK = "[scrubbed:"
"""How a text begins that stands in the place of a secret."""

_DEEPEST = 200
"""No answer of a service is nested so deeply; what is deeper is left out."""
_SHORTEST = 8
"""Characters. A shorter text holds no secret of any known shape; with a telling name it is looked at all the same."""
_TELLING = re.compile(r"pass|pwd|secret|token|key|auth|cred|cookie|sig|session|bearer|conn", re.IGNORECASE)
"""What the name of a member has in it for which a plain value may be a secret."""
_PAIRS = (("Key", "Value"), ("key", "value"), ("TagKey", "TagValue"), ("tagKey", "tagValue"), ("name", "value"))
"""How lists of tags and settings name a value: ``{"Key": "password", "Value": "…"}``."""
_NAME_OF = {value: key for key, value in _PAIRS if value != "value"} | {"value": "key"}
_A_PAIR = re.compile(f'"(?:{"|".join(_NAME_OF)})"')
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_COLON = re.compile(r"[ \t\r\n]*+:")
_PUT = "[scrubbed:credential]"


def scrub_values(value: T, *, usable: Collection[str] = (), text: Callable[[str], str] | None = None) -> T:
    """Return a decoded JSON value with every text scrubbed: members, their names, items of lists.

    What is no text stays as it is. ``usable`` names members that a further request needs as they are (a page's token); their
    reader must neither keep nor show them. ``text`` scrubs one text in the place of :func:`scrub_text`.
    """
    return _Walk(frozenset(usable), text or scrub_text).value(value, "", 0)  # type: ignore[no-any-return]


def scrub_text(text: str) -> str:
    """Scrub a text, string by string where it is a JSON object or list."""
    return scrub_json_text(text) if text.lstrip()[:1] in ("{", "[") else scrub(text)


def scrub_json_text(text: str) -> str:
    """Scrub a JSON text, also one that is cut off or faulty. What is JSON stays JSON unless a secret lies across its strings."""
    if "\\" not in text and not _A_PAIR.search(text) and scrub(text) == text:
        return text
    parts: list[str] = []
    cursor, name, told = 0, "", ""
    for found in _STRING.finditer(text):
        written = found.group()
        try:
            # With control characters too: they are no JSON, and the text may hold them all the same.
            said = json.loads(written, strict=False)
        except ValueError:
            continue
        is_name = _COLON.match(text, found.end()) is not None
        clean = scrub_text(said) if is_name else scrub_member(told if name in _NAME_OF else name, said)
        if is_name:
            name = clean
        elif name in ("name", *_NAME_OF.values()):
            told = clean
        if clean != said:
            parts += (text[cursor : found.start()], json.dumps(clean, ensure_ascii=False))
            cursor = found.end()
    return scrub("".join((*parts, text[cursor:])))


def scrub_member(name: str, value: str) -> str:
    """Scrub the text of a member, which its name may tell to be a secret."""
    clean = scrub_text(value)
    if clean != value or not value or not _TELLING.search(name):
        return clean
    before, after = f'"{name}": "', '"'
    plain = value.replace("\\", "/").replace('"', "'")
    beside = scrub(f"{before}{plain}{after}")
    if beside == f"{before}{plain}{after}":
        return value
    if plain == value and beside.startswith(before) and beside.endswith(after):
        return beside[len(before) : -len(after)]
    return _PUT


class _CleanTexts:
    """Short texts that were found clean: answers repeat them, and searching one costs most of a walk. It holds no secret."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: set[str] = set()

    def __contains__(self, text: str) -> bool:
        return text in self._known

    def add(self, text: str) -> None:
        if len(text) <= _LONGEST_KNOWN:
            if len(self._known) >= _MOST_KNOWN:
                self._known = set()
            self._known.add(text)


_LONGEST_KNOWN, _MOST_KNOWN = 200, 20_000
_CLEAN = _CleanTexts()


@lru_cache(maxsize=1024)
def _tells(name: str) -> bool:
    return _TELLING.search(name) is not None


class _Walk:
    """One walk over one value."""

    __slots__ = ("_scrub", "_usable")

    def __init__(self, usable: frozenset[str], text: Callable[[str], str]) -> None:
        self._usable = usable
        self._scrub = text

    def value(self, value: Any, name: str, depth: int) -> Any:
        if isinstance(value, str):
            return self._text(value, name)
        if isinstance(value, dict):
            return self._members(value, depth + 1) if depth < _DEEPEST else {}
        if isinstance(value, (list, tuple)):
            if depth >= _DEEPEST:
                return []
            return [self.value(item, name, depth + 1) for item in value]
        return value

    def _members(self, members: dict[Any, Any], depth: int) -> dict[Any, Any]:
        told = self._told(members)
        clean: dict[Any, Any] = {}
        for name, member in members.items():
            if not isinstance(name, str):
                clean[name] = self.value(member, "", depth)
            elif name in self._usable and isinstance(member, str):
                clean[name] = member
            else:
                clean[self._text(name, "")] = self.value(member, told.get(name, name), depth)
        return clean

    def _told(self, members: dict[Any, Any]) -> dict[str, str]:
        """Return the names that values have in pairs of a name and a value."""
        if len(members) > 8:
            return {}
        return {value: said for key, value in _PAIRS if value in members and isinstance(said := members.get(key), str)}

    def _text(self, text: str, name: str) -> str:
        told = f"{name}\0{text}" if name and _tells(name) else text
        if told in _CLEAN or (told is text and len(text) < _SHORTEST):
            return text
        clean = self._scrub(text)
        if clean == text and told is not text:
            clean = scrub_member(name, text)
        if clean == text:
            _CLEAN.add(told)
        return clean
