"""Read the parts of Terraform's configuration language that tell where state lies: blocks, labels, and literal values.

What is no literal (a variable, a function, an interpolation) is None: set, and not legible. The work is linear in the text.
Source: Terraform Configuration Language, "Syntax Configuration".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

_DEEPEST = 20
_BOOLEANS = ("true", "false")
_TOKEN = re.compile(
    r"(?P<space>[ \t\r\f\v]+|#[^\n]*|//[^\n]*|/\*.*?(?:\*/|\Z))"
    r"|(?P<heredoc><<-?[ \t]*(?P<end>[A-Za-z_][\w-]*+)[^\n]*+\n)"
    r"|(?P<word>[A-Za-z_][\w.-]*)|(?P<number>\d[\w.]*)|(?P<quote>\")|(?P<sign>[^\w\s])|(?P<line>\n)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Block:
    """A block: ``backend "s3" { … }`` has the type ``backend`` and the label ``s3``."""

    kind: str
    labels: tuple[str, ...] = ()
    values: dict[str, str | None] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()
    """Blocks and object values, by the name before them."""

    def inner(self, kind: str, label: str | None = None) -> Iterator[Block]:
        """Yield the blocks of this kind inside."""
        for block in self.blocks:
            if block.kind == kind and (label is None or block.labels[:1] == (label,)):
                yield block


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    """``word``, ``number``, ``text`` (a string), ``sign``, ``line``."""
    text: str
    legible: bool = True


@lru_cache(maxsize=32)
def read_configuration(text: str) -> Block:
    """Return the whole text as one block without a name; what cannot be read is left out. Never raises. Not to be changed."""
    tokens = list(_tokens(text))
    values, blocks, _ = _body(tokens, 0, 0)
    return Block("", (), values, blocks)


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            at += 1
            continue
        at = found.end()
        kind = found.lastgroup or ""
        if found["heredoc"] is not None:
            ending = re.compile(rf"^[ \t]*{re.escape(found['end'])}[ \t]*$", re.MULTILINE).search(text, at)
            at = ending.end() if ending else len(text)
            yield _Token("text", "", legible=False)
        elif kind == "quote":
            string, at, legible = _string(text, at)
            yield _Token("text", string, legible)
        elif kind != "space":
            yield _Token(kind, found[0])


def _string(text: str, at: int) -> tuple[str, int, bool]:
    """Return a string from behind its opening quote, the place behind it, and whether it is whole and holds no template."""
    parts: list[str] = []
    legible = True
    while at < len(text) and text[at] != "\n":
        sign = text[at]
        if sign == '"':
            return "".join(parts), at + 1, legible
        if sign == "\\":
            parts.append(text[at + 1 : at + 2])
            at += 2
        elif sign in "$%" and text[at + 1 : at + 2] == "{":
            end = _template_end(text, at + 2)
            parts.append(text[at:end])
            legible, at = False, end
        else:
            parts.append(sign)
            at += 1
    return "".join(parts), at, False


def _template_end(text: str, at: int) -> int:
    """Return the place behind the template that begins before ``at``; quotes in it are part of it."""
    depth = 1
    while at < len(text) and depth and text[at] != "\n":
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
    return at


def _body(tokens: list[_Token], at: int, depth: int) -> tuple[dict[str, str | None], tuple[Block, ...], int]:
    """Return the values and blocks up to the closing brace, and the place behind it."""
    values: dict[str, str | None] = {}
    blocks: list[Block] = []
    while at < len(tokens):
        token = tokens[at]
        if token.kind == "sign" and token.text == "}":
            return values, tuple(blocks), at + 1
        if token.kind not in ("word", "text") or depth > _DEEPEST:
            at = _skipped(tokens, at) if token.text in ("{", "[", "(") and token.kind == "sign" else at + 1
            continue
        name, at = token.text, at + 1
        labels: list[str] = []
        while at < len(tokens) and tokens[at].kind in ("word", "text"):
            labels.append(tokens[at].text)
            at += 1
        if at < len(tokens) and tokens[at].text == "{" and tokens[at].kind == "sign":
            inner, nested, at = _body(tokens, at + 1, depth + 1)
            blocks.append(Block(name, tuple(labels), inner, nested))
        elif at < len(tokens) and tokens[at].text in ("=", ":") and not labels:
            at = _value(tokens, at + 1, depth, name, values, blocks)
    return values, tuple(blocks), at


def _value(
    tokens: list[_Token], at: int, depth: int, name: str, values: dict[str, str | None], blocks: list[Block]
) -> int:
    """Note the value behind ``name =``; return the place behind it."""
    if at < len(tokens) and tokens[at].text == "{" and tokens[at].kind == "sign":
        inner, nested, end = _body(tokens, at + 1, depth + 1)
        blocks.append(Block(name, (), inner, nested))
        return end
    start = at
    while at < len(tokens) and not (tokens[at].kind == "line" or tokens[at].text in (",", "}")):
        at = _skipped(tokens, at) if tokens[at].kind == "sign" and tokens[at].text in ("{", "[", "(") else at + 1
    literal = tokens[start] if at - start == 1 else None
    values[name] = None
    if literal is not None and (literal.kind in ("text", "number") or literal.text in _BOOLEANS):
        # A template shows by its ``${`` that it is not legible; a text that is cut off is none.
        values[name] = literal.text if literal.legible or "${" in literal.text else None
    return at


def _skipped(tokens: list[_Token], at: int) -> int:
    """Return the place behind the bracket that opens here, with all inside."""
    depth = 0
    while at < len(tokens):
        if tokens[at].kind == "sign":
            depth += {"{": 1, "[": 1, "(": 1, "}": -1, "]": -1, ")": -1}.get(tokens[at].text, 0)
        at += 1
        if depth <= 0:
            break
    return at
