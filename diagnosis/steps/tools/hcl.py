"""Read the part of HashiCorp's configuration language that bake files are written in: blocks, attributes, expressions.

A value is text, a list or a mapping; numbers and truth values stay text as written. What cannot be worked out becomes a text
with a ``$`` in it, which nobody takes for legible. Foreign text: nothing here raises, and nesting is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Value: TypeAlias = "str | list[Value] | dict[str, Value]"
UNKNOWN = "${…}"
_DEEPEST = 40
_MOST_TOKENS = 40_000
_LONGEST = 8_000
_MOST_TURNS = 500
_TOKEN = re.compile(
    r"(?P<blank>[ \t\r]+|#[^\n]*|//[^\n]*|/\*.*?\*/)"
    r"|(?P<line>\n)"
    r"|<<-?(?P<mark>[A-Za-z_]\w*)[ \t]*\n(?P<doc>.*?)\n[ \t]*(?P=mark)(?=\n|$)"
    r"|(?P<name>[A-Za-z_][\w-]*)"
    r"|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<sign>==|!=|<=|>=|&&|\|\||=>|\.\.\.|<(?!<)|[-{}\[\]()=,?:.!+*/%>])",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Block:
    """``kind "label" { … }``."""

    kind: str
    labels: tuple[str, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """Expressions by name; :func:`evaluated` makes values of them."""
    blocks: tuple[Block, ...] = ()


class _Fault(Exception):  # noqa: N818 - becomes a value at once
    pass


def hcl_blocks(text: str) -> Block | None:
    """Return the file as one block without kind; None where it is not in this language."""
    try:
        return _Parser(_tokens(text)).body("", (), 0, top=True)
    except (_Fault, RecursionError):
        return None


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


def _tokens(text: str) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    at = 0
    while at < len(text):
        if text[at] == '"':
            parts, at = _template(text, at + 1, '"', 0)
            found.append(("text", parts))
            continue
        token = _TOKEN.match(text, at)
        if token is None or len(found) > _MOST_TOKENS:
            raise _Fault
        at = token.end()
        if token["doc"] is not None:
            found.append(("text", _template(token["doc"], 0, "", 0)[0]))
        elif token.lastgroup == "line":
            found.append(("line", "\n"))
        elif token.lastgroup in ("name", "number", "sign"):
            found.append((token.lastgroup, token[token.lastgroup]))
    return found


def _template(text: str, at: int, close: str, depth: int) -> tuple[list[Any], int]:
    """Read a text with ``${ … }`` in it; return its parts and where it ends."""
    parts: list[Any] = []
    plain: list[str] = []
    while at < len(text) and (not close or text[at] != close):
        if text.startswith(("$${", "%%{"), at):
            plain.append(text[at : at + 1] + "{")
            at += 3
        elif text.startswith(("${", "%{"), at):
            end = _closing(text, at + 2)
            parts.append("".join(plain))
            plain = []
            inner = _Parser(_tokens(text[at + 2 : end])) if text[at] == "$" and depth < 6 else None
            parts.append(inner.whole() if inner else ("unknown",))
            at = end + 1
        elif text[at] == "\\" and close:
            plain.append({"n": "\n", "t": "\t"}.get(text[at + 1 : at + 2], text[at + 1 : at + 2]))
            at += 2
        elif text[at] == "\n" and close:
            raise _Fault
        else:
            plain.append(text[at])
            at += 1
    if close and at >= len(text):
        raise _Fault
    parts.append("".join(plain))
    return [part for part in parts if part != ""], at + 1


def _closing(text: str, at: int) -> int:
    depth, quoted = 1, False
    for place in range(at, min(len(text), at + 2_000)):
        char = text[place]
        if char == '"' and text[place - 1] != "\\":
            quoted = not quoted
        elif char == "{" and not quoted:
            depth += 1
        elif char == "}" and not quoted:
            depth -= 1
            if depth == 0:
                return place
    raise _Fault


class _Parser:
    def __init__(self, tokens: list[tuple[str, Any]]) -> None:
        self._tokens = tokens
        self._at = 0

    def whole(self) -> Any:
        found = self._expression(0)
        self._skip_lines()
        if self._at < len(self._tokens):
            raise _Fault
        return found

    def body(self, kind: str, labels: tuple[str, ...], depth: int, *, top: bool = False) -> Block:
        if depth > _DEEPEST:
            raise _Fault
        attributes: dict[str, Any] = {}
        blocks: list[Block] = []
        while True:
            self._skip_lines()
            if self._at >= len(self._tokens):
                if not top:
                    raise _Fault
                break
            if self._is("}") and not top:
                self._at += 1
                break
            name = self._name()
            if self._is("="):
                self._at += 1
                attributes[name] = self._expression(0)
                continue
            own: list[str] = []
            while not self._is("{"):
                kind_of, value = self._next()
                if kind_of == "name":
                    own.append(value)
                elif kind_of == "text" and all(isinstance(part, str) for part in value):
                    own.append("".join(value))
                else:
                    raise _Fault
            self._at += 1
            blocks.append(self.body(name, tuple(own), depth + 1))
        return Block(kind, labels, attributes, tuple(blocks))

    def _expression(self, depth: int) -> Any:
        if depth > _DEEPEST:
            raise _Fault
        self._skip_lines()
        condition = self._binary(depth, 0)
        if self._is("?", skip=True):
            self._at += 1
            yes = self._expression(depth + 1)
            self._skip_lines()
            self._need(":")
            return ("if", condition, yes, self._expression(depth + 1))
        return condition

    def _binary(self, depth: int, level: int) -> Any:
        levels = (("||",), ("&&",), ("==", "!="), ("<", ">", "<=", ">="), ("+", "-"), ("*", "/", "%"))
        if level == len(levels):
            return self._unary(depth)
        left = self._binary(depth, level + 1)
        while (
            self._at < len(self._tokens)
            and self._tokens[self._at][0] == "sign"
            and self._tokens[self._at][1] in levels[level]
        ):
            sign = self._next()[1]
            self._skip_lines()
            left = ("both", sign, left, self._binary(depth, level + 1))
        return left

    def _unary(self, depth: int) -> Any:
        if self._is("!"):
            self._at += 1
            return ("not", self._unary(depth + 1) if depth < _DEEPEST else ("unknown",))
        if self._is("-"):
            self._at += 1
            self._unary(depth + 1)
            return ("unknown",)
        found = self._primary(depth)
        while True:
            if self._is("."):
                self._at += 1
                kind, value = self._next()
                found = ("member", found, value) if kind == "name" else ("unknown",)
            elif self._is("["):
                self._at += 1
                if self._is("*"):
                    self._at += 1
                    self._need("]")
                    found = ("unknown",)
                    continue
                at = self._expression(depth + 1)
                self._need("]")
                found = ("index", found, at)
            else:
                return found

    def _primary(self, depth: int) -> Any:
        kind, value = self._next()
        if kind == "text":
            return ("text", value)
        if kind == "number":
            return ("text", [value])
        if kind == "name":
            if self._is("("):
                self._at += 1
                return ("call", value, self._items(")", depth))
            return (
                ("text", ["" if value == "null" else value]) if value in ("true", "false", "null") else ("name", value)
            )
        if value == "(":
            found = self._expression(depth + 1)
            self._skip_lines()
            self._need(")")
            return found
        if value == "[":
            self._skip_lines()
            if self._tokens[self._at : self._at + 1] == [("name", "for")]:
                return self._for("]", depth)
            return ("list", self._items("]", depth))
        if value == "{":
            self._skip_lines()
            if self._tokens[self._at : self._at + 1] == [("name", "for")]:
                self._for("}", depth)
                return ("unknown",)
            return ("map", self._members(depth))
        raise _Fault

    def _items(self, close: str, depth: int) -> list[Any]:
        found: list[Any] = []
        while True:
            self._skip_lines()
            if self._is(close):
                self._at += 1
                return found
            found.append(self._expression(depth + 1))
            self._skip_lines()
            if self._is("..."):
                self._at += 1
                found[-1] = ("spread", found[-1])
            if self._is(","):
                self._at += 1

    def _members(self, depth: int) -> list[tuple[Any, Any]]:
        found: list[tuple[Any, Any]] = []
        while True:
            self._skip_lines()
            if self._is("}"):
                self._at += 1
                return found
            kind, value = self._next()
            key: Any = ("text", value if kind == "text" else [str(value)])
            if not (self._is("=") or self._is(":")):
                raise _Fault
            self._at += 1
            found.append((key, self._expression(depth + 1)))
            if self._is(","):
                self._at += 1

    def _for(self, close: str, depth: int) -> Any:
        self._at += 1
        own = [self._name()]
        if self._is(","):
            self._at += 1
            own.append(self._name())
        if self._name() != "in":
            raise _Fault
        source = self._expression(depth + 1)
        self._need(":")
        made = self._expression(depth + 1)
        if self._is("=>"):
            self._at += 1
            self._expression(depth + 1)
        condition = None
        self._skip_lines()
        if self._tokens[self._at : self._at + 1] == [("name", "if")]:
            self._at += 1
            condition = self._expression(depth + 1)
        self._skip_lines()
        self._need(close)
        return ("for", tuple(own), source, condition, made)

    def _next(self) -> tuple[str, Any]:
        if self._at >= len(self._tokens):
            raise _Fault
        self._at += 1
        return self._tokens[self._at - 1]

    def _name(self) -> str:
        kind, value = self._next()
        if kind == "text" and all(isinstance(part, str) for part in value):
            return "".join(value)
        if kind != "name":
            raise _Fault
        return str(value)

    def _is(self, sign: str, *, skip: bool = False) -> bool:
        at = self._at
        while skip and self._tokens[at : at + 1] == [("line", "\n")]:
            at += 1
        if self._tokens[at : at + 1] == [("sign", sign)]:
            self._at = at
            return True
        return False

    def _need(self, sign: str) -> None:
        self._skip_lines()
        if not self._is(sign):
            raise _Fault
        self._at += 1

    def _skip_lines(self) -> None:
        while self._tokens[self._at : self._at + 1] == [("line", "\n")]:
            self._at += 1


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
