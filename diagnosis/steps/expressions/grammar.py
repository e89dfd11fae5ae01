"""Parse an expression by GitHub's grammar: literals, contexts with ``.`` and ``[ ]``, functions, operators by precedence.

``!`` binds tighter than ``< <= > >=``, these tighter than ``== !=``, these than ``&&``, and that than ``||``; operators of one
rank go from left to right. Source: GitHub's reference of expressions, and its open parser.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, NoReturn

from diagnosis.steps.expressions.values import Value, parse_number

LONGEST = 21_000
"""Characters; GitHub refuses a longer expression."""
DEEPEST = 50
"""Brackets and negations within one another; GitHub's limit too."""
TALLEST = 100
"""Levels of the tree."""

Kind = Literal[
    "literal", "name", "index", "star", "call", "not", "and", "or", "==", "!=", "<", "<=", ">", ">="
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Node:
    """One part of an expression, with its place in the text."""

    kind: Kind
    start: int
    end: int
    value: Value = None
    """Of a literal; the name of a context or function."""
    parts: tuple[Node, ...] = ()
    depth: int = 1

    @property
    def path(self) -> tuple[str, ...] | None:
        """A context with its properties, where each is written out: ``github.event['name']``; None for anything else."""
        if self.kind == "name":
            return (str(self.value),)
        if self.kind == "index" and self.parts[1].kind == "literal" and isinstance(self.parts[1].value, str):
            outer = self.parts[0].path
            return (*outer, self.parts[1].value) if outer else None
        return None


class NoExpression(ValueError):  # noqa: N818 - it says what the text is not
    """The text is none of the forms that the grammar has."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    """``literal``, ``name``, an operator or a sign; empty at the end."""
    start: int
    end: int
    value: Value = None


_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<operator>==|!=|<=|>=|&&|\|\||[<>!()\[\],*])"
    r"|(?P<word>[A-Za-z_][A-Za-z0-9_-]*)|(?P<number>(?:[+-]?\.?\d[\w.]*(?:(?<=[eE])[+-]\d+)?)|-Infinity)|(?P<dot>\.))"
)
_WORDS: dict[str, Value] = {"true": True, "false": False, "null": None, "NaN": math.nan, "Infinity": math.inf}
_COMPARED: tuple[tuple[Kind, ...], ...] = (("==", "!="), ("<", "<=", ">", ">="))


@lru_cache(maxsize=4096)
def parse(text: str) -> Node | None:
    """Return the expression; None where the text is none, or is beyond GitHub's own limits. Never raises."""
    if len(text) > LONGEST:
        return None
    try:
        return _Parser(_tokens(text)).whole()
    except NoExpression:
        return None


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:
            raise NoExpression(text)
        tokens.append(_token(found, tokens[-1].kind if tokens else ""))
        at = found.end()
    return [*tokens, _Token("", end, end)]


def _token(found: re.Match[str], before: str) -> _Token:
    group = str(found.lastgroup)
    start, end, text = found.start(group), found.end(group), found[group]
    match group:
        case "text":
            return _Token("literal", start, end, text[1:-1].replace("''", "'"))
        case "word" if text in _WORDS and before != ".":
            return _Token("literal", start, end, _WORDS[text])
        case "word":
            return _Token("name", start, end, text)
        case "number":
            number = parse_number(text)
            if math.isnan(number):
                raise NoExpression(text)
            return _Token("literal", start, end, number)
        case _:
            return _Token(text, start, end)


class _Parser:
    """Goes down the ranks of the operators; counts its depth."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._or()
        if self._next.kind:
            self._fail()
        return node

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self, *kinds: str) -> _Token | None:
        token = self._next
        if token.kind not in kinds or not token.kind:
            return None
        self._at += 1
        return token

    def _need(self, kind: str) -> _Token:
        return self._take(kind) or self._fail()

    def _fail(self) -> NoReturn:
        raise NoExpression(str(self._next))

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            self._fail()

    def _made(self, kind: Kind, start: int, end: int, *parts: Node, value: Value = None) -> Node:
        depth = 1 + max((part.depth for part in parts), default=0)
        if depth > TALLEST:
            self._fail()
        return Node(kind, start, end, value, parts, depth)

    def _or(self) -> Node:
        self._deeper()
        parts = [self._and()]
        while self._take("||"):
            parts.append(self._and())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else self._made("or", parts[0].start, parts[-1].end, *parts)

    def _and(self) -> Node:
        parts = [self._compared(0)]
        while self._take("&&"):
            parts.append(self._compared(0))
        return parts[0] if len(parts) == 1 else self._made("and", parts[0].start, parts[-1].end, *parts)

    def _compared(self, rank: int) -> Node:
        if rank == len(_COMPARED):
            return self._not()
        left = self._compared(rank + 1)
        while (operator := next((kind for kind in _COMPARED[rank] if self._take(kind)), None)) is not None:
            right = self._compared(rank + 1)
            left = self._made(operator, left.start, right.end, left, right)
        return left

    def _not(self) -> Node:
        sign = self._take("!")
        if sign is None:
            return self._indexed()
        self._deeper()
        inner = self._not()
        self._depth -= 1
        return self._made("not", sign.start, inner.end, inner)

    def _indexed(self) -> Node:
        node, opens = self._primary()
        while opens:
            if self._take("["):
                star = self._take("*")
                key = Node("star", star.start, star.end) if star else self._or()
                node = self._made("index", node.start, self._need("]").end, node, key)
            elif self._take("."):
                star = self._take("*")
                name = star or self._need("name")
                key = Node("star" if star else "literal", name.start, name.end, name.value)
                node = self._made("index", node.start, name.end, node, key)
            else:
                break
        return node

    def _primary(self) -> tuple[Node, bool]:
        """Return what stands before any index, and whether an index may follow."""
        token = self._next
        if self._take("literal"):
            return Node("literal", token.start, token.end, token.value), False
        if self._take("("):
            inner = self._or()
            return replace(inner, start=token.start, end=self._need(")").end), True
        self._need("name")
        if not self._take("("):
            return Node("name", token.start, token.end, token.value), True
        arguments: list[Node] = []
        while self._next.kind != ")":
            arguments.append(self._or())
            if self._next.kind != ")":
                self._need(",")
        return self._made("call", token.start, self._need(")").end, *arguments, value=token.value), True
