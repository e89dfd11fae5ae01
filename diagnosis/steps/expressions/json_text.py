"""Read JSON text as values of the expression language, and write them: ``fromJSON``, ``toJSON``, a matrix in a file."""

from __future__ import annotations

import json

from diagnosis.steps.expressions.values import Value, number_text

LONGEST = 200_000
"""Characters of a text that is read."""


class NoJson(ValueError):  # noqa: N818 - it says what the text is not
    """The text is no JSON, is too long, or is nested too deeply."""


def read_json(text: str) -> Value:
    """Return what a JSON text holds; every number is a float. Raises :class:`NoJson`."""
    if len(text) > LONGEST:
        raise NoJson
    try:
        return _value(json.loads(text))
    except (ValueError, RecursionError) as fault:
        raise NoJson from fault


def write_json(value: Value, *, indent: int | None = None) -> str:
    """Return a value as JSON text. Raises :class:`NoJson` for what is nested too deeply."""
    try:
        return json.dumps(_with_whole_numbers(value), indent=indent, ensure_ascii=False)
    except (ValueError, RecursionError) as fault:
        raise NoJson from fault


def _value(found: object) -> Value:
    if isinstance(found, list):
        return [_value(item) for item in found]
    if isinstance(found, dict):
        return {str(key): _value(item) for key, item in found.items()}
    if found is None or isinstance(found, bool | str):
        return found
    return float(str(found))


def _with_whole_numbers(value: Value) -> object:
    if isinstance(value, list):
        return [_with_whole_numbers(item) for item in value]
    if isinstance(value, dict):
        return {key: _with_whole_numbers(item) for key, item in value.items()}
    if isinstance(value, float) and value.is_integer() and "E" not in number_text(value):
        return int(value)
    return value
