"""Parse HashiCorp's configuration language into blocks and expressions. Foreign text: nesting is bounded, nothing raises.

An expression is a tuple: its sort and its parts, such as ``("text", parts)``, ``("member", of, "arn")``; it knows its line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from diagnosis.hcl.tokens import DEEPEST_TEMPLATE, NotInLanguage, Parts, Template, Token, template_parts, tokens_of

DEEPEST = 40
_LEVELS = (("||",), ("&&",), ("==", "!="), ("<", ">", "<=", ">="), ("+", "-"), ("*", "/", "%"))
_WORDS = ("true", "false", "null")


class Expression(tuple[Any, ...]):  # noqa: SLOT001 - a tuple with attributes has no slots
    """One of these, with the line that it begins on.

    ``text`` (parts), ``number`` (as written), ``bool``, ``null``, ``name``, ``member`` (of, name), ``index`` (of, at), ``list``
    (items), ``map`` (pairs of key and value), ``call`` (name, arguments; ``("spread", list)`` for ``list...``), ``if``, ``not``,
    ``both`` (sign, left, right), ``for`` (names, source, condition, made), ``unknown``.
    """

    line: int = 1
    is_heredoc: bool = False
    """Whether it is a text whose lines are the file's own."""


def _at(line: int, *parts: object) -> Expression:
    made = Expression(parts)
    made.line = line
    return made


@dataclass(frozen=True, slots=True)
class Block:
    """``kind "label" { … }``."""

    kind: str
    labels: tuple[str, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """Expressions by name."""
    blocks: tuple[Block, ...] = ()
    line: int = 1
    lines: Mapping[str, int] = field(default_factory=dict)
    """The line on which each attribute is named."""

    def inner(self, kind: str) -> Iterator[Block]:
        """Yield the blocks of this kind inside."""
        return (each for each in self.blocks if each.kind == kind)


@dataclass(frozen=True, slots=True)
class Unread:
    """A part of a file that is not in this language, as far as it is understood here."""

    line: int
    why: str
    kind: str = ""
    labels: tuple[str, ...] = ()
    """Of the outermost block; empty where it is the whole file."""


def hcl_blocks(text: str) -> Block | None:
    """Return the file as one block without kind; None where not all of it is in this language."""
    block, unread = read_hcl(text)
    return None if unread else block


def read_hcl(text: str) -> tuple[Block, tuple[Unread, ...]]:
    """Return the file as one block without kind, and which of its outermost blocks cannot be read."""
    try:
        parser = _Parser(tokens_of(text), 0)
        block = parser.top()
    except NotInLanguage as fault:
        return Block(""), (Unread(fault.line, fault.why or "it is not Terraform's language"),)
    except RecursionError:
        return Block(""), (Unread(1, "it is nested too deeply"),)
    return block, tuple(parser.unread)


def template_of(text: str) -> Expression | None:
    """Return a text with ``${ … }`` in it as an expression; None where it is not in this language."""
    try:
        return _Parser([], 0).text(template_parts(text), 1)
    except (NotInLanguage, RecursionError):
        return None


class _Parser:
    def __init__(self, tokens: list[Token], templates: int) -> None:
        self._tokens = tokens
        self._at = 0
        self._templates = templates
        """How many templates there are around this one."""
        self._in_brackets = False
        """Whether a line may end anywhere."""
        self.unread: list[Unread] = []

    def whole(self) -> Expression:
        """Return the one expression of a template."""
        self._in_brackets = True
        found = self._expression(0)
        self._skip_lines()
        if self._at < len(self._tokens):
            raise self._fault()
        return found

    def top(self) -> Block:
        """Return the file; an outermost block that cannot be read is noted and left out."""
        attributes: dict[str, Any] = {}
        lines: dict[str, int] = {}
        blocks: list[Block] = []
        while True:
            self._skip_lines()
            if self._at >= len(self._tokens):
                return Block("", (), attributes, tuple(blocks), 1, lines)
            start = self._at
            try:
                self._member(attributes, lines, blocks, 0)
            except NotInLanguage as fault:
                self._note(start, fault)

    def _note(self, start: int, fault: NotInLanguage) -> None:
        words: list[str] = []
        at = start
        while at < len(self._tokens) and self._tokens[at].kind in ("name", "text"):
            words.append(self._tokens[at].text or "".join(p for p in self._tokens[at].parts if isinstance(p, str)))
            at += 1
        self.unread.append(Unread(fault.line, fault.why, words[0] if words else "", tuple(words[1:])))
        depth = 0
        self._in_brackets = False
        while at < len(self._tokens):
            token = self._tokens[at]
            at += 1
            if token.kind == "sign":
                depth += {"{": 1, "[": 1, "(": 1, "}": -1, "]": -1, ")": -1}.get(token.text, 0)
            if depth <= 0 and (token.kind == "line" or token.text == "}"):
                break
        self._at = max(at, start + 1)

    def _member(self, attributes: dict[str, Any], lines: dict[str, int], blocks: list[Block], depth: int) -> None:
        """Read an attribute or a block."""
        line = self._line()
        name = self._name()
        if self._is("="):
            self._at += 1
            if name in attributes:
                raise NotInLanguage(line, f"{name[:80]} is set twice")
            attributes[name] = self._expression(0)
            lines[name] = line
            return
        labels: list[str] = []
        while not self._is("{"):
            token = self._next()
            if token.kind == "name":
                labels.append(token.text)
            elif token.kind == "text" and all(isinstance(part, str) for part in token.parts):
                labels.append("".join(str(part) for part in token.parts))
            else:
                raise self._fault()
        self._at += 1
        blocks.append(self._body(name, tuple(labels), line, depth + 1))

    def _body(self, kind: str, labels: tuple[str, ...], line: int, depth: int) -> Block:
        if depth > DEEPEST:
            raise NotInLanguage(line, "it is nested too deeply")
        attributes: dict[str, Any] = {}
        lines: dict[str, int] = {}
        blocks: list[Block] = []
        while True:
            self._skip_lines()
            if self._at >= len(self._tokens):
                raise NotInLanguage(line, "the block does not end")
            if self._is("}"):
                self._at += 1
                return Block(kind, labels, attributes, tuple(blocks), line, lines)
            self._member(attributes, lines, blocks, depth)

    def _expression(self, depth: int) -> Expression:
        if depth > DEEPEST:
            raise NotInLanguage(self._line(), "it is nested too deeply")
        self._skip_lines()
        line = self._line()
        condition = self._binary(depth, 0)
        if self._is("?", skip=True):
            self._at += 1
            yes = self._expression(depth + 1)
            self._skip_lines()
            self._need(":")
            return _at(line, "if", condition, yes, self._expression(depth + 1))
        return condition

    def _binary(self, depth: int, level: int) -> Expression:
        if level == len(_LEVELS):
            return self._unary(depth)
        line = self._line()
        left = self._binary(depth, level + 1)
        while True:
            sign = self._sign_ahead()
            if sign not in _LEVELS[level]:
                return left
            self._skip_lines()
            self._at += 1
            self._skip_lines()
            left = _at(line, "both", sign, left, self._binary(depth, level + 1))

    def _sign_ahead(self) -> str:
        at = self._at
        while self._in_brackets and at < len(self._tokens) and self._tokens[at].kind == "line":
            at += 1
        return self._tokens[at].text if at < len(self._tokens) and self._tokens[at].kind == "sign" else ""

    def _unary(self, depth: int) -> Expression:
        line = self._line()
        if depth > DEEPEST:
            raise NotInLanguage(line, "it is nested too deeply")
        if self._is("!"):
            self._at += 1
            return _at(line, "not", self._unary(depth + 1))
        if self._is("-"):
            self._at += 1
            self._unary(depth + 1)
            return _at(line, "unknown")
        found = self._primary(depth)
        while True:
            ahead = self._sign_ahead()
            if ahead == ".":
                self._skip_lines()
                self._at += 1
                found = self._member_of(found, line)
            elif ahead == "[" and self._is("["):
                self._at += 1
                found = self._index_of(found, line, depth)
            else:
                return found

    def _member_of(self, of: Expression, line: int) -> Expression:
        token = self._next()
        if token.kind == "name":
            return _at(line, "member", of, token.text)
        if token.kind == "number":
            for number in token.text.split("."):
                of = _at(line, "index", of, _at(line, "number", number))
            return of
        if token.text == "*":
            return _at(line, "unknown")
        raise self._fault()

    def _index_of(self, of: Expression, line: int, depth: int) -> Expression:
        if self._is("*"):
            self._at += 1
            self._need("]")
            return _at(line, "unknown")
        inside, self._in_brackets = self._in_brackets, True
        at = self._expression(depth + 1)
        self._need("]")
        self._in_brackets = inside
        return _at(line, "index", of, at)

    def _primary(self, depth: int) -> Expression:
        line = self._line()
        token = self._next()
        if token.kind == "text":
            return self._text(token)
        if token.kind == "number":
            return _at(line, "number", token.text)
        if token.kind == "name":
            return self._named(token, depth)
        inside = self._in_brackets
        self._in_brackets = token.text in ("(", "[")
        match token.text:
            case "(":
                found = self._expression(depth + 1)
                self._need(")")
            case "[":
                found = self._for("]", depth) if self._is_for() else _at(line, "list", self._items("]", depth))
            case "{":
                found = self._for("}", depth) if self._is_for() else _at(line, "map", self._members(depth))
            case _:
                raise NotInLanguage(line, "a value is missing")
        self._in_brackets = inside
        return found

    def text(self, parts: Parts, line: int) -> Expression:
        """Return a text with its templates read."""
        return _at(line, "text", [self._template(part) if isinstance(part, Template) else part for part in parts])

    def _text(self, token: Token) -> Expression:
        made = self.text(token.parts, token.line)
        made.is_heredoc = token.is_heredoc
        return made

    def _template(self, template: Template) -> Expression:
        if template.is_directive or self._templates >= DEEPEST_TEMPLATE:
            return _at(template.line, "unknown")
        return _Parser(tokens_of(template.text, template.line), self._templates + 1).whole()

    def _named(self, token: Token, depth: int) -> Expression:
        name = token.text
        # A provider's own function: provider::aws::arn_parse(…).
        while self._tokens_are(":", ":"):
            self._at += 2
            name += f"::{self._name()}"
        if self._is("("):
            self._at += 1
            inside, self._in_brackets = self._in_brackets, True
            found = _at(token.line, "call", name, self._items(")", depth))
            self._in_brackets = inside
            return found
        if name in _WORDS:
            return _at(token.line, "null") if name == "null" else _at(token.line, "bool", name == "true")
        return _at(token.line, "name", name)

    def _items(self, close: str, depth: int) -> list[Expression]:
        found: list[Expression] = []
        while True:
            self._skip_lines()
            if self._is(close):
                self._at += 1
                return found
            item = self._expression(depth + 1)
            self._skip_lines()
            if self._is("..."):
                self._at += 1
                item = _at(item.line, "spread", item)
            found.append(item)
            self._skip_lines()
            if self._is(","):
                self._at += 1
            elif not self._is(close):
                raise self._fault()

    def _members(self, depth: int) -> list[tuple[Expression, Expression]]:
        found: list[tuple[Expression, Expression]] = []
        while True:
            self._skip_lines()
            if self._is("}"):
                self._at += 1
                return found
            key = self._key(depth)
            if not (self._is("=") or self._is(":")):
                raise self._fault()
            self._at += 1
            found.append((key, self._expression(depth + 1)))
            if self._is(","):
                self._at += 1

    def _key(self, depth: int) -> Expression:
        token = self._next()
        if token.kind == "text":
            return self._text(token)
        if token.kind in ("name", "number"):
            key = _at(token.line, "text", [token.text])
            while self._is("."):
                # A reference as a key stands for what it names.
                self._at += 1
                key = _at(token.line, "unknown")
                self._next()
            return key
        if token.text != "(":
            raise self._fault()
        inside, self._in_brackets = self._in_brackets, True
        found = self._expression(depth + 1)
        self._need(")")
        self._in_brackets = inside
        return found

    def _for(self, close: str, depth: int) -> Expression:
        line = self._line()
        self._at += 1
        inside, self._in_brackets = self._in_brackets, True
        own = [self._name()]
        if self._is(","):
            self._at += 1
            own.append(self._name())
        if self._name() != "in":
            raise self._fault()
        source = self._expression(depth + 1)
        self._need(":")
        made = self._expression(depth + 1)
        if self._is("=>"):
            self._at += 1
            self._expression(depth + 1)
            made = _at(line, "unknown")
        self._skip_lines()
        if self._is("..."):
            self._at += 1
        condition = None
        self._skip_lines()
        if self._is_name("if"):
            self._at += 1
            condition = self._expression(depth + 1)
        self._need(close)
        self._in_brackets = inside
        return _at(line, "unknown") if close == "}" else _at(line, "for", tuple(own), source, condition, made)

    def _is_for(self) -> bool:
        self._skip_lines()
        return self._is_name("for") and not (
            self._at + 1 < len(self._tokens) and self._tokens[self._at + 1].text in ("=", ":")
        )

    def _next(self) -> Token:
        if self._at >= len(self._tokens):
            raise self._fault()
        self._at += 1
        return self._tokens[self._at - 1]

    def _name(self) -> str:
        token = self._next()
        if token.kind == "text" and all(isinstance(part, str) for part in token.parts):
            return "".join(str(part) for part in token.parts)
        if token.kind != "name":
            raise NotInLanguage(token.line, "a name is missing")
        return token.text

    def _line(self) -> int:
        if not self._tokens:
            return 1
        return self._tokens[min(self._at, len(self._tokens) - 1)].line

    def _fault(self) -> NotInLanguage:
        return NotInLanguage(self._line(), "it is not of Terraform's language")

    def _tokens_are(self, *signs: str) -> bool:
        ahead = self._tokens[self._at : self._at + len(signs)]
        return [token.text for token in ahead if token.kind == "sign"] == list(signs)

    def _is_name(self, name: str) -> bool:
        return (
            self._at < len(self._tokens)
            and self._tokens[self._at].kind == "name"
            and self._tokens[self._at].text == name
        )

    def _is(self, sign: str, *, skip: bool = False) -> bool:
        at = self._at
        while skip and at < len(self._tokens) and self._tokens[at].kind == "line":
            at += 1
        if at < len(self._tokens) and self._tokens[at].kind == "sign" and self._tokens[at].text == sign:
            self._at = at
            return True
        return False

    def _need(self, sign: str) -> None:
        self._skip_lines()
        if not self._is(sign):
            raise self._fault()
        self._at += 1

    def _skip_lines(self) -> None:
        while self._at < len(self._tokens) and self._tokens[self._at].kind == "line":
            self._at += 1
