"""Derive from the document that a change event put what of it counts: whether it is broad, and digests of its grants.

The document itself is not kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from itertools import product

from diagnosis.json_members import JsonMembers

_DOCUMENTS = ("policyDocument", "assumeRolePolicyDocument", "policyText", "bucketPolicy", "policy")
_TRUST = frozenset({"UpdateAssumeRolePolicy", "CreateRole"})
_OWN = frozenset({"PutRolePolicy", "CreatePolicyVersion"})
_MOST_GRANTS, _DIGITS = 400, 16


def is_broad(name: str, asked: JsonMembers) -> bool | None:
    """Return whether the document of an event grants by wildcards or to anybody; None where it has none that can be read.

    Of a role's own policy a wildcard among the actions counts, or a resource that is a star, but for the few actions that
    take no other. Of a trust or resource policy a principal that is a star counts, and a subject with a wildcard.
    """
    document = _document(asked)
    if document is None:
        return None
    statements = list(_statements(document))
    if not statements:
        return None
    allowed = [each for each in statements if each.get("Effect") == "Allow"]
    if name in _OWN:
        return any(_grants_much(each) for each in allowed)
    return any(_admits_many(each, trust=name in _TRUST) for each in allowed)


def grants_of(asked: JsonMembers) -> tuple[str, ...]:
    """Return a digest of each grant of the document, sorted; none where it denies too, or grants what cannot be taken apart."""
    found: set[str] = set()
    for statement in _statements(_document(asked)):
        if statement.get("Effect") != "Allow" or {"NotAction", "NotResource", "NotPrincipal"} & set(statement):
            return ()
        parts = [_named(statement.get(name)) for name in ("Principal", "Action", "Resource")]
        condition = json.dumps(statement.get("Condition"), sort_keys=True)
        if len(parts[0]) * len(parts[1]) * len(parts[2]) > _MOST_GRANTS:
            return ()
        for grant in product(*parts):
            found.add(sha256(json.dumps([*grant, condition]).encode()).hexdigest()[:_DIGITS])
    return tuple(sorted(found)) if len(found) <= _MOST_GRANTS else ()


def _named(value: object) -> list[str]:
    if isinstance(value, dict):
        return [f"{kind}:{text}" for kind, texts in sorted(value.items()) for text in _texts(texts)]
    return [""] if value is None else _texts(value)


def _document(asked: JsonMembers) -> object:
    for name in _DOCUMENTS:
        found = asked.value.get(name)
        if isinstance(found, dict):
            return found
        if isinstance(found, str) and found:
            try:
                return JsonMembers.parse(found).value
            except ValueError:
                return None
    return None


def _statements(document: object) -> Iterator[dict[str, object]]:
    found = document.get("Statement") if isinstance(document, dict) else None
    for each in found if isinstance(found, list) else [found]:
        if isinstance(each, dict):
            yield each


def _texts(value: object) -> list[str]:
    """Return a text or a list of texts as a list; anything else counts as a star, since nobody knows what it grants."""
    values = value if isinstance(value, list) else [value]
    return [each if isinstance(each, str) else "*" for each in values]


def _grants_much(statement: dict[str, object]) -> bool:
    if "Action" not in statement or "Resource" not in statement:
        # NotAction and NotResource grant everything else.
        return True
    actions, resources = _texts(statement["Action"]), _texts(statement["Resource"])
    if any("*" in action or "?" in action for action in actions):
        return True
    everywhere = any(set(resource) <= {"*", "?", ":"} for resource in resources)
    return everywhere and any(action.lower() not in _WITHOUT_RESOURCE for action in actions)


_WITHOUT_RESOURCE = frozenset(
    {"ecr:getauthorizationtoken", "sts:getcalleridentity", "ecr-public:getauthorizationtoken"}
)


def _admits_many(statement: dict[str, object], *, trust: bool) -> bool:
    principal = statement.get("Principal")
    if principal is None:
        return True
    named = [text for value in principal.values() for text in _texts(value)] if isinstance(principal, dict) else ["*"]
    if any(text == "*" or text.endswith(":root") for text in named):
        return True
    subjects = [text for key, text in _conditions(statement) if key.lower().endswith(":sub")]
    return trust and (not subjects or any("*" in text or "?" in text for text in subjects))


def _conditions(statement: dict[str, object]) -> Iterator[tuple[str, str]]:
    blocks = statement.get("Condition")
    for block in blocks.values() if isinstance(blocks, dict) else ():
        for key, value in block.items() if isinstance(block, dict) else ():
            for text in _texts(value):
                yield str(key), text
