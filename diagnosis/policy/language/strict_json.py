"""Parse JSON as IAM does: no duplicate keys, no NaN, and an error with line and column instead of an exception.

Written JSON holds only characters that a terminal shows, so that what is printed can be copied without a loss.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NoReturn

from diagnosis.visible_text import is_shown, stacks_cut

MAX_NESTING = 40
"""A policy needs seven levels; anything deeper is junk, and is refused before a parser recurses into it."""

# Possessive, and closing quote optional: an unterminated string is one token to the end, not a scan from every quote.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[{}\[\]:,]', re.DOTALL)
_STRING_OR_CONSTANT = re.compile(r'"(?:[^"\\]++|\\.)*+"?|-?Infinity|NaN', re.DOTALL)
_NOT_PLAIN = re.compile(r"[^\n\x20-\x7e]++")
_SCALAR = re.compile(r'\s*+("(?:[^"\\]++|\\.)*+"|-?\d{1,18}(?![\d.eE]))', re.DOTALL | re.ASCII)


@dataclass(frozen=True, slots=True)
class JsonNumber:
    """A number as it was written: condition values compare as text, and ``1.0`` is not ``1``."""

    text: str


@dataclass(frozen=True, slots=True)
class JsonFault:
    """Why a text is no JSON document, and where."""

    why: str
    line: int | None = None
    column: int | None = None
    duplicate: bool = False
    """Whether it is JSON in which a key stands twice in one object."""


class _DuplicateKeyError(ValueError):
    pass


class _ConstantError(ValueError):
    pass


def read_json(text: str, *, unique: bool = True) -> object | JsonFault:
    """Read the document as dicts, lists, strings, booleans, None and :class:`JsonNumber`; a fault, never an exception.

    Without ``unique`` a key may stand twice in one object: the last one counts.
    """
    deep = _too_deep(text)
    if deep is not None:
        return _at(text, deep, f"nested deeper than {MAX_NESTING} levels")
    try:
        document: object = json.loads(
            text,
            object_pairs_hook=_unique if unique else None,
            parse_int=JsonNumber,
            parse_float=JsonNumber,
            parse_constant=_no_constant,
        )
    except json.JSONDecodeError as fault:
        comma = _comma_too_many(text, fault.pos)
        if comma is not None:
            return _at(text, comma, "not JSON: a comma stands before the closing bracket")
        return JsonFault(f"not JSON: {fault.msg}", fault.lineno, fault.colno)
    except _DuplicateKeyError as fault:
        return replace(_at(text, _duplicate_offset(text), str(fault)), duplicate=True)
    except _ConstantError as fault:
        return _at(text, _constant_offset(text), f"not JSON: {fault}")
    except (ValueError, RecursionError) as fault:
        return JsonFault(f"not JSON: {fault}")
    return document


def json_text(
    value: object,
    *,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    default: Callable[[object], object] | None = None,
) -> str:
    """Write JSON in which every character that is not drawn stands as its escape: to a reader of JSON it is the same.

    ``default`` gives JSON's form of what has none by itself, as :func:`json.dumps` asks for it.
    """
    text = json.dumps(value, indent=indent, separators=separators, default=default, ensure_ascii=False)
    # Such a character can stand only within a string: all else is JSON's own.
    return _NOT_PLAIN.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    return "".join(
        c if not too_many and is_shown(c) else json.dumps(c)[1:-1]
        for piece, too_many in stacks_cut(found.group())
        for c in piece
    )


def _comma_too_many(text: str, offset: int) -> int | None:
    """Return where the surplus comma stands before the bracket at the offset; only Python 3.13 and later names its place."""
    here = text[offset : offset + 1]
    if here == ",":
        return offset if text[offset + 1 :].lstrip(" \t\r\n")[:1] in ("}", "]") else None
    before = text[:offset].rstrip(" \t\r\n")
    return len(before) - 1 if here in ("}", "]") and before.endswith(",") else None


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise _DuplicateKeyError(f"key {key[:80]!r} stands twice in one object")
        found[key] = value
    return found


def _no_constant(name: str) -> NoReturn:
    raise _ConstantError(f"{name} is not a JSON value")


def _constant_offset(text: str) -> int | None:
    """Return where the first NaN or Infinity stands outside a string."""
    found = (token.start() for token in _STRING_OR_CONSTANT.finditer(text) if not token.group().startswith('"'))
    return next(found, None)


def _too_deep(text: str) -> int | None:
    """Return the offset at which nesting passes the limit; brackets inside strings do not count."""
    depth = 0
    for token in _TOKEN.finditer(text):
        sign = token.group()
        if sign in "{[":
            depth += 1
            if depth > MAX_NESTING:
                return token.start()
        elif sign in "}]":
            depth -= 1
    return None


def _duplicate_offset(text: str) -> int | None:
    """Return where the second of two equal keys stands; only called once the parser has found that there is one."""
    open_objects: list[set[str] | None] = []
    pending: re.Match[str] | None = None
    for token in _TOKEN.finditer(text):
        sign = token.group()
        if sign == "{":
            open_objects.append(set())
        elif sign == "[":
            open_objects.append(None)
        elif sign in "}]":
            if open_objects:
                open_objects.pop()
        elif sign == ":" and pending is not None and open_objects:
            keys = open_objects[-1]
            key = json.loads(pending.group())
            if keys is not None:
                if key in keys:
                    return pending.start()
                keys.add(key)
        pending = token if sign.startswith('"') else None
    return None


def outer_member(text: str, name: str) -> str | JsonNumber | None:
    """Return a text or number of the outermost object, also where the text as a whole is no JSON; None where not found."""
    depth = 0
    pending: re.Match[str] | None = None
    for token in _TOKEN.finditer(text):
        sign = token.group()
        if sign in "{[":
            depth += 1
        elif sign in "}]":
            depth -= 1
        elif sign == ":" and depth == 1 and pending is not None and pending.group() == f'"{name}"':
            found = _SCALAR.match(text, token.end())
            return None if found is None else _scalar(found.group(1))
        pending = token if sign.startswith('"') else None
    return None


def _scalar(written: str) -> str | JsonNumber | None:
    if not written.startswith('"'):
        return JsonNumber(written)
    try:
        return str(json.loads(written))
    except ValueError:
        return None


def _at(text: str, offset: int | None, why: str) -> JsonFault:
    if offset is None:
        return JsonFault(why)
    return JsonFault(why, text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))
