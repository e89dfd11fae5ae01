"""Cut a text of HashiCorp's configuration language into tokens; texts with templates in them are one token each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

MOST_TOKENS = 100_000
DEEPEST_TEMPLATE = 6
"""Texts within templates within texts."""
_TOKEN = re.compile(
    r"(?P<blank>[ \t\r\f\v]+|#[^\n]*|//[^\n]*|/\*(?:[^*]|\*(?!/))*+\*/)"
    r"|(?P<line>\n)"
    r"|(?P<heredoc><<(?P<indented>-?)(?P<mark>[A-Za-z_][\w-]*+)[ \t\r]*\n)"
    r"|(?P<name>[A-Za-z_][\w-]*)"
    r"|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"|(?P<sign>==|!=|<=|>=|&&|\|\||=>|\.\.\.|<(?!<)|[-{}\[\]()=,?:.!+*/%>])",
    re.ASCII,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_HEX = re.compile(r"u([0-9A-Fa-f]{4})|U00([0-9A-Fa-f]{6})")
_BYTE_ORDER_MARK = "\ufeff"


class NotInLanguage(Exception):  # noqa: N818 - becomes a value at once
    """The text is not of this language; ``line`` says where."""

    def __init__(self, line: int, why: str = "") -> None:
        super().__init__(why)
        self.line = line
        self.why = why


@dataclass(frozen=True, slots=True)
class Template:
    """``${ … }`` in a text, not yet read, or what is never read: ``%{ … }``, and ``${~ … ~}``, which changes the text around."""

    text: str
    line: int
    is_directive: bool = False


Parts: TypeAlias = "tuple[str | Template, ...]"


@dataclass(frozen=True, slots=True)
class Token:
    """``name``, ``number``, ``sign``, ``line``, or ``text``."""

    kind: str
    text: str
    line: int
    parts: Parts = ()
    """Of a text."""
    is_heredoc: bool = False
    """Whether the text's lines are the file's own lines, from ``line`` on."""


def tokens_of(text: str, line: int = 1) -> list[Token]:
    """Cut a text that begins on this line. Raises NotInLanguage."""
    found: list[Token] = []
    at = len(_BYTE_ORDER_MARK) if text.startswith(_BYTE_ORDER_MARK) else 0
    while at < len(text):
        if len(found) > MOST_TOKENS:
            raise NotInLanguage(line, f"it has more than {MOST_TOKENS} words")
        if text[at] == '"':
            parts, at = _string(text, at + 1, line)
            found.append(Token("text", "", line, parts))
            line += sum(part.text.count("\n") for part in parts if isinstance(part, Template))
            continue
        token = _TOKEN.match(text, at)
        if token is None:
            raise NotInLanguage(line, "it has a sign that means nothing there")
        at = token.end()
        if token["heredoc"] is not None:
            line += 1
            body, at = _heredoc(text, at, token["mark"], line)
            lines = body.split("\n")
            if token["indented"]:
                lines = _without_indent(lines)
            parts = _parts("\n".join(lines), line)
            found.append(Token("text", "", line, parts, is_heredoc=True))
            # The closing word stands on a line of its own.
            line += len(lines)
        elif token["line"] is not None:
            found.append(Token("line", "\n", line))
            line += 1
        elif token["blank"] is None:
            kind = "name" if token["name"] else "number" if token["number"] else "sign"
            found.append(Token(kind, token[0], line))
        else:
            line += token[0].count("\n")
    return found


def template_parts(text: str, line: int = 1) -> Parts:
    """Read a text that is a template as a whole, such as a file of templates. Raises NotInLanguage."""
    return _parts(text, line)


def _heredoc(text: str, at: int, mark: str, line: int) -> tuple[str, int]:
    """Return the text up to the line that holds nothing but the mark, and the place behind the mark."""
    start = at
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        if text[at:end].strip() == mark:
            return text[start : max(start, at - 1)], end
        at = end + 1
    raise NotInLanguage(line, f"a text that ends with {mark[:40]} does not end")


def _without_indent(lines: list[str]) -> list[str]:
    indents = [len(each) - len(each.lstrip(" \t")) for each in lines if each.strip()]
    least = min(indents, default=0)
    return [each[least:] for each in lines]


def _string(text: str, at: int, line: int) -> tuple[Parts, int]:
    """Read a quoted text from behind its opening quote; return its parts and the place behind the closing one."""
    parts: list[str | Template] = []
    plain: list[str] = []
    while at < len(text):
        sign = text[at]
        if sign == '"':
            parts.append("".join(plain))
            return tuple(part for part in parts if part != ""), at + 1
        if sign == "\n":
            break
        if sign == "\\":
            escape = _HEX.match(text, at + 1)
            if escape:
                number = int(escape[1] or escape[2], 16)
                plain.append(chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd")
                at = escape.end()
            else:
                plain.append(_ESCAPES.get(text[at + 1 : at + 2], text[at + 1 : at + 2]))
                at += 2
            continue
        at, part = _sign_or_template(text, at, line)
        if isinstance(part, str):
            plain.append(part)
        else:
            parts += ["".join(plain), part]
            plain = []
            line += part.text.count("\n")
    raise NotInLanguage(line, "a text in quotation marks does not end on its line")


def _parts(text: str, line: int) -> Parts:
    """Read a text without quotes (a heredoc): no escapes but those of templates."""
    parts: list[str | Template] = []
    plain: list[str] = []
    at = 0
    while at < len(text):
        at, part = _sign_or_template(text, at, line)
        if isinstance(part, str):
            line += part == "\n"
            plain.append(part)
        else:
            parts += ["".join(plain), part]
            plain = []
            line += part.text.count("\n")
    parts.append("".join(plain))
    return tuple(part for part in parts if part != "")


def _sign_or_template(text: str, at: int, line: int) -> tuple[int, str | Template]:
    if text.startswith(("$${", "%%{"), at):
        return at + 3, text[at] + "{"
    if text.startswith(("${", "%{"), at):
        end = _closing(text, at + 2, line)
        inner = text[at + 2 : end]
        unread = text[at] == "%" or inner.startswith("~") or inner.endswith("~")
        return end + 1, Template(inner.strip("~"), line, is_directive=unread)
    return at + 1, text[at]


def _closing(text: str, at: int, line: int) -> int:
    """Return where the template that begins before ``at`` is closed; texts in it may hold templates of their own."""
    # What is open: a brace, a template, or a quotation mark.
    opened = ["{"]
    while at < len(text):
        sign = text[at]
        if opened[-1] == '"':
            if sign == "\\":
                at += 1
            elif sign == '"':
                opened.pop()
            elif text.startswith(("${", "%{"), at) and text[at - 1 : at] != sign:
                opened.append("{")
                at += 1
        elif sign == '"':
            opened.append('"')
        elif sign == "{":
            opened.append("{")
        elif sign == "}":
            opened.pop()
            if not opened:
                return at
        at += 1
    raise NotInLanguage(line, "a template in a text does not end")
