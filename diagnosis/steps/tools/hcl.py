"""Work out the expressions of HashiCorp's configuration language that bake files are written in.

A value is text, a list or a mapping; numbers and truth values stay text as written. What cannot be worked out becomes a text
with a ``$`` in it, which nobody takes for legible. Foreign text: nothing here raises, and nesting is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from diagnosis.hcl.parser import Block

Value: TypeAlias = "str | list[Value] | dict[str, Value]"
UNKNOWN = "${…}"
_DEEPEST = 40
_LONGEST = 8_000
_MOST_TURNS = 500


def called(name: str, given: list[Value]) -> Value:
    """Return what a function of the language gives; a text with :data:`UNKNOWN` in it where it is not worked out."""
    return _called(name, given, lambda _: None, {}, Work(), 0)


class Work:
    """Counts the values that are worked out for one file, so that loops within loops come to an end."""

    def __init__(self, left: int = 50_000) -> None:
        """Take how many there may be."""
        self.left = left


def evaluated(
    expression: Any, names: Callable[[str], Value | None], functions: Mapping[str, Block], work: Work, depth: int = 0
) -> Value:
    """Return the value of an expression. ``names``: gives a variable's value, None where it is not known."""
    work.left -= 1
    if depth > _DEEPEST or work.left < 0:
        return UNKNOWN

    def inner(each: Any) -> Value:
        return evaluated(each, names, functions, work, depth + 1)

    match expression:
        case ("text", parts):
            text = "".join(part if isinstance(part, str) else _as_text(inner(part)) for part in parts)
            return text if len(text) <= _LONGEST else UNKNOWN
        case ("number", written):
            return str(written)
        case ("bool", holds):
            return "true" if holds else "false"
        case ("null",):
            return ""
        case ("list", items):
            return [inner(item) for item in items]
        case ("map", items):
            return {_as_text(inner(key)): inner(value) for key, value in items}
        case ("name", name):
            found = names(name)
            return f"${{{name}}}" if found is None else found
        case ("member", of, name):
            value = inner(of)
            return value.get(name, UNKNOWN) if isinstance(value, dict) else UNKNOWN
        case ("index", of, at):
            value, place = inner(of), inner(at)
            if isinstance(value, list) and isinstance(place, str) and place.isdecimal() and int(place[:6]) < len(value):
                return value[int(place[:6])]
            return value.get(place, UNKNOWN) if isinstance(value, dict) and isinstance(place, str) else UNKNOWN
        case ("call", name, given):
            arguments = _spread(
                [(each[0] == "spread", inner(each[-1] if each[0] == "spread" else each)) for each in given]
            )
            return UNKNOWN if arguments is None else _called(name, arguments, names, functions, work, depth)
        case ("if", condition, yes, no):
            holds = _truth(inner(condition))
            return UNKNOWN if holds is None else inner(yes if holds else no)
        case ("not", of):
            return _said(None if (holds := _truth(inner(of))) is None else not holds)
        case ("both", sign, left, right):
            return _compared(sign, inner(left), inner(right))
        case ("for", own, source, condition, made):
            return _repeated(own, inner(source), condition, made, names, functions, work, depth)
        case _:
            return UNKNOWN


def _spread(given: list[tuple[bool, Value]]) -> list[Value] | None:
    """Return the arguments of a call, with a list's items in place of ``LIST...``; None where such a list is not known."""
    found: list[Value] = []
    for spread, value in given:
        if spread and not isinstance(value, list):
            return None
        found += value if spread and isinstance(value, list) else [value]
    return found


def _repeated(
    own: tuple[str, ...],
    source: Value,
    condition: Any,
    made: Any,
    names: Callable[[str], Value | None],
    functions: Mapping[str, Block],
    work: Work,
    depth: int,
) -> Value:
    if isinstance(source, list):
        pairs = [(str(place), item) for place, item in enumerate(source)]
    elif isinstance(source, dict):
        pairs = list(source.items())
    else:
        return UNKNOWN
    if len(pairs) > _MOST_TURNS:
        return UNKNOWN
    found: list[Value] = []
    for key, item in pairs:
        bound: dict[str, Value] = {own[-1]: item} if len(own) == 1 else {own[0]: key, own[1]: item}

        def look(name: str, bound: dict[str, Value] = bound) -> Value | None:
            return bound[name] if name in bound else names(name)

        holds = True if condition is None else _truth(evaluated(condition, look, functions, work, depth + 1))
        if holds is None:
            return UNKNOWN
        if holds:
            found.append(evaluated(made, look, functions, work, depth + 1))
    return found


def _as_text(value: Value) -> str:
    return value if isinstance(value, str) else UNKNOWN


def _truth(value: Value) -> bool | None:
    return {"true": True, "false": False}.get(value) if isinstance(value, str) else None


def _said(holds: bool | None) -> str:
    return UNKNOWN if holds is None else "true" if holds else "false"


def _known(*values: Value) -> bool:
    return all("$" not in value if isinstance(value, str) else _known(*value) for value in values)


def _compared(sign: str, left: Value, right: Value) -> Value:
    if sign in ("&&", "||"):
        sides = (_truth(left), _truth(right))
        decided = sign == "||"
        return _said(decided if decided in sides else None if None in sides else not decided)
    if not _known(left, right) or sign not in ("==", "!="):
        return UNKNOWN
    return _said((left == right) == (sign == "=="))


def _called(
    name: str,
    given: list[Value],
    names: Callable[[str], Value | None],
    functions: Mapping[str, Block],
    work: Work,
    depth: int,
) -> Value:
    own = functions.get(name)
    if own is not None:
        parameters = own.attributes.get("params", ("list", []))
        listed = [each[1] for each in parameters[1] if each[0] == "name"] if parameters[0] == "list" else []
        if len(listed) != len(given) or "variadic_params" in own.attributes:
            return UNKNOWN
        bound = dict(zip(listed, given, strict=True))

        def look(each: str) -> Value | None:
            return bound[each] if each in bound else names(each)

        return evaluated(own.attributes.get("result", ("unknown",)), look, functions, work, depth + 1)
    texts = [each for each in given if isinstance(each, str)]
    if len(texts) == len(given):
        found = _of_texts(name, texts)
        if found is not None:
            return found
    return _of_lists(name, given)


def _of_texts(name: str, given: list[str]) -> str | list[Value] | None:
    match name, given:
        case ("equal", [left, right]):
            return _compared("==", left, right)  # type: ignore[return-value]
        case ("notequal", [left, right]):
            return _compared("!=", left, right)  # type: ignore[return-value]
        case (("and" | "or"), [left, right]):
            return _compared("&&" if name == "and" else "||", left, right)  # type: ignore[return-value]
        case ("not", [of]):
            return _said(None if (holds := _truth(of)) is None else not holds)
        case (("lower" | "upper" | "trimspace" | "tostring"), [of]) if "$" not in of or name == "tostring":
            return {"lower": of.lower(), "upper": of.upper(), "trimspace": of.strip(), "tostring": of}[name]
        case ("replace", [of, old, new]) if "$" not in of + old and not old.startswith("/"):
            return of.replace(old, new)
        case ("trimprefix", [of, start]) if "$" not in of + start:
            return of.removeprefix(start)
        case ("trimsuffix", [of, end]) if "$" not in of + end:
            return of.removesuffix(end)
        case ("split", [sign, of]) if "$" not in of + sign and sign:
            return list(of.split(sign))
        case ("coalesce", _):
            return next((each for each in given if each), "")
        case ("format", [pattern, *rest]):
            pieces = pattern.split("%s")
            if len(pieces) == len(rest) + 1 and "%" not in "".join(pieces):
                return "".join(piece + value for piece, value in zip(pieces, [*rest, ""], strict=True))
            return UNKNOWN
        case ("sanitize", [of]) if "$" not in of:
            return re.sub(r"[^a-zA-Z0-9_-]", "_", of)
        case _:
            return None


def _of_lists(name: str, given: list[Value]) -> Value:
    match name, given:
        case ("join", [str() as sign, list() as items]) if all(isinstance(item, str) for item in items):
            return sign.join(str(item) for item in items)
        case ("concat", _) if all(isinstance(each, list) for each in given):
            return [item for each in given if isinstance(each, list) for item in each]
        case (("compact" | "distinct" | "flatten" | "tolist" | "toset"), [list() as items]):
            flat = [
                each for item in items for each in (item if isinstance(item, list) and name == "flatten" else [item])
            ]
            return [each for each in flat if each != "" or name != "compact"]
        case ("keys", [dict() as members]):
            return list(members)
        case ("values", [dict() as members]):
            return list(members.values())
        case ("length", [list() as items]):
            return str(len(items))
        case (("formatlist"), [str() as pattern, list() as items]) if pattern.count("%") == pattern.count("%s") == 1:
            return [pattern.replace("%s", _as_text(item)) for item in items]
        case _:
            return UNKNOWN
