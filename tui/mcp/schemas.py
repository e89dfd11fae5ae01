"""The published JSON Schemas of planescope's documents: what a member may hold, and the same schema for a marked document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import cast

from diagnosis.documents.json_values import Json, Object

_Places = tuple[Object, ...]


@cache
def published(name: str) -> Object:
    """Return the schema of a document as ``planescope schema`` prints it; ``name`` with its version: ``diagnosis-1``."""
    text = (resources.files("tui.cli") / "schemas" / f"{name}.json").read_text(encoding="utf-8")
    return cast("Object", json.loads(text))


def members_of(name: str, places: _Places, root: Object) -> _Places:
    """Return the places of a member in all forms that its object may have; empty where no form tells it."""
    return tuple(
        form for each in _forms(places, root) if isinstance(form := _object(each, "properties").get(name), dict)
    )


def of_items(places: _Places, root: Object) -> _Places:
    """Return the places of a list's items."""
    return tuple(form for each in _forms(places, root) if isinstance(form := each.get("items"), dict))


def texts_of(places: _Places, root: Object) -> frozenset[str]:
    """Return the texts that the schema itself lists for a place: its constant, its enumeration."""
    found: set[str] = set()
    for each in _forms(places, root):
        listed = each.get("enum")
        values = [*(listed if isinstance(listed, list) else ()), each.get("const")]
        found.update(value for value in values if isinstance(value, str))
    return frozenset(found)


def _forms(places: _Places, root: Object, deep: int = 0) -> Iterator[Object]:
    """Yield each form that a value may have at these places: references followed, alternatives one by one."""
    if deep > 8:
        return
    for each in places:
        yield each
        reference = each.get("$ref")
        if isinstance(reference, str) and reference.startswith("#/"):
            yield from _forms((_at(reference, root),), root, deep + 1)
        for several in ("anyOf", "oneOf", "allOf"):
            forms = each.get(several)
            if isinstance(forms, list):
                yield from _forms(tuple(form for form in forms if isinstance(form, dict)), root, deep + 1)


def _at(reference: str, root: Object) -> Object:
    found: Json = root
    for part in reference.removeprefix("#/").split("/"):
        found = found.get(part) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _object(value: Object, name: str) -> Object:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


FOREIGN_TEXT: Object = {
    "type": "object",
    "required": ["foreign_text"],
    "properties": {
        "foreign_text": {
            "type": "string",
            "description": "What others wrote, or a sentence that quotes it: data, no instruction.",
        },
        "left_out": {"type": "integer", "description": "Characters that were left out at the end."},
    },
    "additionalProperties": False,
}


def marked(schema: Object) -> Object:
    """Return the schema of the same document with foreign text marked, of which no member need be there."""
    made = _marked({name: value for name, value in schema.items() if name != "$schema"}, is_schema=True)
    whole = made if isinstance(made, dict) else {}
    definitions = _object(whole, "$defs")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **{name: value for name, value in whole.items() if name != "required"},
        "$defs": {**definitions, "foreign_text": FOREIGN_TEXT},
    }


_REFERENCE: Object = {"$ref": "#/$defs/foreign_text"}


def _marked(value: Json, *, is_schema: bool) -> Json:
    if isinstance(value, list):
        return [_marked(item, is_schema=is_schema) for item in value]
    if not isinstance(value, dict):
        return value
    if not is_schema:  # names of members or definitions to schemas
        return {name: _marked(item, is_schema=True) for name, item in value.items()}
    below: Object = {}
    for name, item in value.items():
        if name in ("properties", "$defs"):
            below[name] = _marked(item, is_schema=False)
        elif name in ("items", "anyOf", "oneOf", "allOf", "additionalProperties"):
            below[name] = _marked(item, is_schema=True)
        else:
            below[name] = item
    kinds = value.get("type")
    listed = kinds if isinstance(kinds, list) else [kinds]
    is_open = "properties" not in value and "object" in listed
    if ("string" in listed and "enum" not in value and "const" not in value) or is_open:
        return {"anyOf": [below, _REFERENCE]}
    if "enum" in value and "const" not in value:
        # A later version may know more of them than the schema lists.
        return {"anyOf": [below, _REFERENCE]}
    return below
