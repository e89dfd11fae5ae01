"""The values of GitHub's expressions, how they are compared and written, and how a value that is not known is held.

Source: GitHub's reference of expressions, and the evaluation rules of the runner (``Expressions2``). Numbers are floats;
texts are compared without regard to letter case; null, booleans and texts become numbers where the kinds differ.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TypeAlias, TypeGuard, Union

Value: TypeAlias = Union[bool, float, str, "list[Value]", "dict[str, Value]", None]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that is not known; ``truth`` says whether it counts as true, where at least that is certain."""

    truth: bool | None = None


@dataclass(frozen=True, slots=True)
class Partial:
    """A text of which a part is not legible: masked (``***``), or left as it is written (``${{ … }}``, ``$NAME``)."""

    text: str

    @property
    def prefix(self) -> str:
        """What stands before the first part that is not legible."""
        return _HOLE.split(self.text[:_LONGEST_PARTIAL], maxsplit=1)[0]

    @property
    def suffix(self) -> str:
        """What stands after the last one."""
        return _HOLE.split(self.text)[-1] if len(self.text) <= _LONGEST_PARTIAL else ""

    def may_equal(self, text: str) -> bool:
        """Return whether the whole can be this text, letter case apart."""
        begin, end, whole = folded(self.prefix), folded(self.suffix), folded(text)
        return len(whole) >= len(begin) + len(end) and whole.startswith(begin) and whole.endswith(end)


Result: TypeAlias = Value | Partial | Unknown
UNKNOWN = Unknown()


class TypedText(str):
    """The text of a value that is no text itself: a boolean, a number, null, a list or an object, which it carries."""

    __slots__ = ("value",)

    value: Value

    def __eq__(self, other: object) -> bool:
        """Two objects have the same text and are the same only where they hold the same."""
        return str.__eq__(self, other) is True and (not isinstance(other, TypedText) or self.value == other.value)

    __hash__ = str.__hash__

    @classmethod
    def of(cls, value: Value) -> str:
        """Return a value as its text, which remembers the value."""
        if isinstance(value, str):
            return value
        made = cls(text_of(value))
        made.value = value
        return made


class Filtered(list["Value"]):
    """What the filter ``*`` gives: a property of it is asked of each of its items."""


_HOLE = re.compile(
    r"\*\*\*|\$\{\{(?:(?!\$\{\{).)*?(?:\}\}|(?=\$\{\{)|\Z)"  # one that is not closed leaves all behind it open
    r"|\$\{[^{}]*\}|\$\([^()]*\)|\$[A-Za-z_]\w*|\$",
    re.DOTALL,
)
_NUMBER = re.compile(r"[+-]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d+)?")
_LONGEST_NUMBER = 400
_LONGEST_PARTIAL = 4_000


def result_of(text: str) -> Result:
    """Return what a text of the run's values is worth to an expression; a part that is not legible stays one."""
    if isinstance(text, TypedText):
        return text.value
    return Partial(text) if "$" in text or "***" in text else text


def is_known(result: Result) -> TypeGuard[Value]:
    """Return whether a result is a value."""
    return not isinstance(result, Partial | Unknown)


def truth_of(result: Result) -> bool | None:
    """Return whether a result counts as true; None where that is not known. A masked text is never empty."""
    if isinstance(result, Unknown):
        return result.truth
    if isinstance(result, Partial):
        return True if "***" in result.text or _HOLE.sub("", result.text[:_LONGEST_PARTIAL]) else None
    if isinstance(result, float):
        return result != 0 and not math.isnan(result)
    if isinstance(result, list | dict):
        return True
    return bool(result)


def text_of(value: Value) -> str:
    """Return a value as text: null is empty, a whole number has no point."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, str):
        return value
    return "Array" if isinstance(value, list) else "Object"


def number_text(number: float) -> str:
    """Return a number with up to 15 digits, exponential where it is large or small."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return f"{number:.15G}" if number else "0"


def number_of(value: Value) -> float:
    """Return a value as a number; NaN where it is none."""
    if value is None:
        return 0.0
    if isinstance(value, bool | float):
        return float(value)
    return parse_number(value) if isinstance(value, str) else math.nan


def parse_number(text: str) -> float:
    """Read a number as GitHub does: decimal, ``0x…``, ``0o…`` (32 bits, signed) or infinite; empty is zero."""
    text = text.strip()
    if not text:
        return 0.0
    if len(text) > _LONGEST_NUMBER:
        return math.nan
    if _NUMBER.fullmatch(text):
        return float(text)
    for sign, base in (("0x", 16), ("0o", 8)):
        if re.fullmatch(sign + ("[0-9a-fA-F]+" if base == 16 else "[0-7]+"), text):
            whole = int(text[2:], base)
            return math.nan if whole >= 2**32 else float(whole - 2**32 if whole >= 2**31 else whole)
    return {"Infinity": math.inf, "-Infinity": -math.inf}.get(text, math.nan)


def folded(text: str) -> str:
    """Return a text in the form in which two texts are compared: one letter for one letter, in upper case."""
    if text.isascii():
        return text.upper()
    return "".join(upper if len(upper := letter.upper()) == 1 else letter for letter in text)


def equal(left: Value, right: Value) -> bool:
    """Return ``left == right``."""
    left, right = _alike(left, right)
    if isinstance(left, str) and isinstance(right, str):
        return folded(left) == folded(right)
    if _kind(left) != _kind(right):
        return False
    return left is right if isinstance(left, list | dict) else left == right


def less(left: Value, right: Value) -> bool:
    """Return ``left < right``; false for everything that has no order."""
    left, right = _alike(left, right)
    if isinstance(left, str) and isinstance(right, str):
        return folded(left) < folded(right)
    if isinstance(left, bool) and isinstance(right, bool):
        return left < right
    if isinstance(left, float) and isinstance(right, float):
        return left < right
    return False


def _alike(left: Value, right: Value) -> tuple[Value, Value]:
    """Turn two values of different kinds into numbers, as far as they can be; lists and objects stay."""
    while _kind(left) != _kind(right):
        if {_kind(left), _kind(right)} == {"number", "text"}:
            return number_of(left), number_of(right)
        if _kind(left) in ("boolean", "null"):
            left = number_of(left)
        elif _kind(right) in ("boolean", "null"):
            right = number_of(right)
        else:
            return left, right
    return left, right


def _kind(value: Value) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "text"
    return "list" if isinstance(value, list) else "object"
