"""Find what a JSON file holds under another writing: pairs of a name and a value, JSON within a text, an attestation's payload."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error
from collections.abc import Mapping

from diagnosis.policy.language.strict_json import JsonFault, read_json

_PAIRS = (("name", "value"), ("key", "value"), ("Name", "Value"), ("Key", "Value"), ("TagKey", "TagValue"))
_MOST_OF_A_PAIR = 4
"""Members: beside name and value a setting has a type or a comment."""
_LONGEST = 1 << 16
"""Characters of a text that is looked into."""


def written_members(members: Mapping[str, object]) -> list[tuple[str, object]]:
    """Return the members that an object stands for: ``{"name": "run_id", "value": "3"}`` is ``run_id``."""
    found: list[tuple[str, object]] = []
    if len(members) <= _MOST_OF_A_PAIR:
        for name, value in _PAIRS:
            told = members.get(name)
            # A value that holds members is looked into where it stands.
            if isinstance(told, str) and value in members and not isinstance(members[value], (dict, list)):
                found.append((told, members[value]))
    payload, kind = members.get("payload"), members.get("payloadType")
    if isinstance(payload, str) and isinstance(kind, str) and "json" in kind:
        found.append(("payload", _decoded(payload)))
    return found


def document_in(text: str) -> object | None:
    """Return the object or list that a text is in JSON; None for any other text."""
    text = text.strip()
    if text[:1] not in ("{", "[") or text[-1:] not in ("}", "]") or len(text) > _LONGEST:
        return None
    document = read_json(text)
    return None if isinstance(document, JsonFault) or not isinstance(document, (dict, list)) else document


def _decoded(payload: str) -> str:
    try:
        return b64decode(payload, validate=True).decode("utf-8")
    except (Error, ValueError):
        return ""
