"""Policy variables and wildcards in a policy's strings, as pieces that a matcher is compiled from.

Source: IAM User Guide, "IAM policy elements: Variables and tags". Variables exist in Version 2012-10-17 only; in
2008-10-17 (also the default where Version is left out) ``${aws:username}`` is plain text. A variable whose key is
absent, empty or multivalued has no value: nothing equals it and nothing is like it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from diagnosis.policy.request import ContextValue

VERSION_WITH_VARIABLES = "2012-10-17"

Context: TypeAlias = Mapping[str, ContextValue]


class Wildcard(Enum):
    """A wildcard of the policy language."""

    ANY = "*"
    """Any number of characters, none included."""
    ONE = "?"
    """Exactly one character."""


@dataclass(frozen=True, slots=True)
class Variable:
    """``${key}`` or ``${key, 'default'}``."""

    key: str
    """Folded to lower case: key names know no letter case."""
    default: str | None
    text: str


Piece: TypeAlias = str | Wildcard | Variable
"""Literal text, a wildcard or a variable."""

VARIABLE = re.compile(r"\$\{([^{}]*)\}")
"""Whoever looks for variables in a policy's text takes this form: what the evaluator takes for one is one everywhere."""
# "Separate the variable text and the default value with a comma and space."
_WITH_DEFAULT = re.compile(r"\s*+([^,'\s](?:[^,']*[^,'\s])?)\s*+, '(.*)'\s*\Z", re.DOTALL)
_SPECIAL = frozenset("*?$")


def read_pieces(text: str, *, variables: bool, wildcards: bool) -> tuple[Piece, ...]:
    """Cut a policy string into pieces; neighbouring literals are one piece."""
    if not variables or "${" not in text:
        return _joined(_cut_wildcards(text, wildcards))
    pieces: list[Piece] = []
    end = 0
    for found in VARIABLE.finditer(text):
        pieces.extend(_cut_wildcards(text[end : found.start()], wildcards))
        end = found.end()
        name = found.group(1)
        pieces.append(name if name in _SPECIAL else _variable(name, found.group()))
    pieces.extend(_cut_wildcards(text[end:], wildcards))
    return _joined(pieces)


def _variable(name: str, text: str) -> Variable:
    with_default = _WITH_DEFAULT.match(name)
    if with_default:
        return Variable(with_default.group(1).strip().lower(), with_default.group(2), text)
    return Variable(name.strip().lower(), None, text)


def _cut_wildcards(text: str, wildcards: bool) -> Iterable[Piece]:
    if not wildcards:
        return [text] if text else []
    pieces: list[Piece] = []
    for part in re.split(r"([*?])", text):
        if part == "*":
            pieces.append(Wildcard.ANY)
        elif part == "?":
            pieces.append(Wildcard.ONE)
        elif part:
            pieces.append(part)
    return pieces


def _joined(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    joined: list[Piece] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if isinstance(piece, str) and isinstance(last, str):
            joined[-1] = last + piece
        elif piece is Wildcard.ANY and last is Wildcard.ANY:
            continue
        else:
            joined.append(piece)
    return tuple(joined)


def has_variables(pieces: Iterable[Piece]) -> bool:
    """Return whether any piece needs the request's context."""
    return any(isinstance(piece, Variable) for piece in pieces)


def resolve(pieces: Iterable[Piece], context: Context) -> tuple[Piece, ...] | None:
    """Return the pieces with every variable replaced by its value as literal text; None where one has no value.

    A ``*`` inside a substituted value stays a plain character: the value is data of the request, not pattern.
    """
    resolved: list[Piece] = []
    for piece in pieces:
        if not isinstance(piece, Variable):
            resolved.append(piece)
            continue
        value = _value_of(piece, context)
        if value is None:
            return None
        resolved.append(value)
    return _joined(resolved)


def _value_of(variable: Variable, context: Context) -> str | None:
    found = context.get(variable.key)
    if found is not None and not found.multivalued and found.values[0]:
        return found.values[0]
    return variable.default


def unresolved(pieces: Iterable[Piece], context: Context) -> tuple[str, ...]:
    """Return the variables, as written, that have no value in this request."""
    return tuple(piece.text for piece in pieces if isinstance(piece, Variable) and _value_of(piece, context) is None)


def widened(text: str) -> str:
    """Return the string with a star for every variable: what it could match at most."""
    return VARIABLE.sub(lambda found: found.group() if found.group(1) in _SPECIAL else "*", text)


def shown(text: str, context: Context) -> str:
    """Return the string as people should read it: variables replaced where they have a value, left as written otherwise."""
    pieces = read_pieces(text, variables=True, wildcards=False)
    return "".join(
        piece if isinstance(piece, str) else (_value_of(piece, context) or piece.text)
        for piece in pieces
        if not isinstance(piece, Wildcard)
    )
