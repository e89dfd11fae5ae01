"""The functions of GitHub's expressions, over values that are known as a whole or in part.

A call that GitHub would refuse (a wrong number of arguments, text that is no JSON) gives no value, as one whose arguments
are not known. ``hashFiles`` depends on files of the runner and is never known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from diagnosis.steps.expressions.json_text import NoJson, read_json, write_json
from diagnosis.steps.expressions.values import (
    UNKNOWN,
    Partial,
    Result,
    Unknown,
    equal,
    folded,
    is_known,
    text_of,
)

_MOST_ARGUMENTS = 255
_LONGEST = 1_000_000
_PIECE = re.compile(r"\{\{|\}\}|\{(\d{1,3})(?::[^{}]*)?\}|[{}]")


def call(name: str, arguments: Sequence[Result], written: Sequence[str]) -> Result:
    """Call a function by its name, in any letter case. ``written``: the arguments as the expression has them."""
    entry = _FUNCTIONS.get(name.lower())
    if entry is None:
        return UNKNOWN
    least, most, function = entry
    return function(arguments, written) if least <= len(arguments) <= most else UNKNOWN


def _contains(arguments: Sequence[Result], _written: Sequence[str]) -> Result:
    within, item = arguments
    if isinstance(within, Partial) and is_known(item) and not isinstance(item, list | dict):
        sought = folded(text_of(item))
        return True if sought in folded(within.prefix) or sought in folded(within.suffix) else UNKNOWN
    if not is_known(within) or not is_known(item):
        return UNKNOWN
    if isinstance(within, list):
        return any(equal(item, each) for each in within)
    if isinstance(within, dict) or isinstance(item, list | dict):
        return False
    return folded(text_of(item)) in folded(text_of(within))


def _starts_with(arguments: Sequence[Result], _written: Sequence[str]) -> Result:
    return _at_an_end(arguments, str.startswith, lambda partial: partial.prefix)


def _ends_with(arguments: Sequence[Result], _written: Sequence[str]) -> Result:
    return _at_an_end(arguments, str.endswith, lambda partial: partial.suffix)


def _at_an_end(
    arguments: Sequence[Result], fits: Callable[[str, str], bool], certain: Callable[[Partial], str]
) -> Result:
    whole, part = arguments
    if not is_known(part):
        return UNKNOWN
    if isinstance(part, list | dict):
        return False
    sought = folded(text_of(part))
    if isinstance(whole, Partial):
        shown = folded(certain(whole))
        if fits(shown, sought):
            return True
        return UNKNOWN if fits(sought, shown) else False
    if not is_known(whole):
        return UNKNOWN
    return not isinstance(whole, list | dict) and fits(folded(text_of(whole)), sought)


def _format(arguments: Sequence[Result], written: Sequence[str]) -> Result:
    """Fill in ``{0}`` and so on; an argument that is not known stands in the text as it is written."""
    template, *given = arguments
    if not is_known(template):
        return UNKNOWN
    text, at, made = text_of(template), 0, []
    for found in _PIECE.finditer(text):
        made.append(text[at : found.start()])
        at = found.end()
        if found[0] in ("{{", "}}"):
            made.append(found[0][0])
            continue
        if found[1] is None or int(found[1]) >= len(given):
            return UNKNOWN
        place = int(found[1])
        made.append(_as_text(given[place], written[place + 1]))
    made.append(text[at:])
    return _joined(made)


def _join(arguments: Sequence[Result], _written: Sequence[str]) -> Result:
    items, separator = arguments[0], arguments[1] if len(arguments) > 1 else ","
    if not is_known(items) or not is_known(separator):
        return UNKNOWN
    if isinstance(items, list):
        if any(isinstance(item, list | dict) for item in items):
            return UNKNOWN
        between = "," if isinstance(separator, list | dict) else text_of(separator)
        return _whole([between if nth % 2 else text_of(items[nth // 2]) for nth in range(2 * len(items) - 1)])
    return "" if isinstance(items, dict) else text_of(items)


def _to_json(arguments: Sequence[Result], _written: Sequence[str]) -> Result:
    (value,) = arguments
    try:
        return _whole([write_json(value, indent=2)]) if is_known(value) else UNKNOWN
    except NoJson:
        return UNKNOWN


def _from_json(arguments: Sequence[Result], _written: Sequence[str]) -> Result:
    (text,) = arguments
    if not is_known(text) or isinstance(text, list | dict):
        return UNKNOWN
    try:
        return read_json(text_of(text))
    except NoJson:
        return UNKNOWN


def _hash_files(_arguments: Sequence[Result], _written: Sequence[str]) -> Result:
    return Unknown()


def _as_text(result: Result, written: str) -> str:
    if isinstance(result, Partial):
        return result.text
    return text_of(result) if is_known(result) else f"${{{{ {written} }}}}"


def _whole(parts: list[str]) -> Result:
    """Return the parts as one text, unless it is longer than any that a run has: calls within calls grow without end."""
    return "".join(parts) if sum(map(len, parts)) <= _LONGEST else UNKNOWN


def _joined(parts: list[str]) -> Result:
    text = _whole(parts)
    if not isinstance(text, str):
        return text
    return Partial(text) if "${{" in text or "***" in text or "$" in text else text


_FUNCTIONS: dict[str, tuple[int, int, Callable[[Sequence[Result], Sequence[str]], Result]]] = {
    "contains": (2, 2, _contains),
    "startswith": (2, 2, _starts_with),
    "endswith": (2, 2, _ends_with),
    "format": (1, _MOST_ARGUMENTS, _format),
    "join": (1, 2, _join),
    "tojson": (1, 1, _to_json),
    "fromjson": (1, 1, _from_json),
    "hashfiles": (1, _MOST_ARGUMENTS, _hash_files),
}
