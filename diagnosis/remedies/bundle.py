"""Put the remediations of a path together by owner, so that nobody is asked twice."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from diagnosis.gates import Owner
from diagnosis.policy.language.strict_json import json_text
from diagnosis.remedies.rendering import EXISTING, free_name
from diagnosis.verdicts.remediation import OwnerChange, Remediation


def by_owner(remediations: Iterable[Remediation]) -> tuple[OwnerChange, ...]:
    """Return the remediations grouped by owner, owners in the order in which the path meets them.

    What tightens is a change of its own, made later and of the same documents perhaps: it is no part of what opens.
    """
    listed = tuple(remediations)
    opening = tuple(item for item in listed if not item.tightens)
    grouped: dict[Owner, list[Remediation]] = {}
    for remediation in opening or listed:
        grouped.setdefault(remediation.owner, []).append(remediation)
    return tuple(
        OwnerChange(
            owner=owner,
            remediations=tuple(item.id for item in items),
            aws_cli=_joined(items, "aws_cli"),
            terraform=_joined(items, "terraform"),
            cloudformation=_one_template(items),
        )
        for owner, items in grouped.items()
    )


def _joined(items: Sequence[Remediation], language: str) -> str:
    return "\n\n".join(text for item in items if (text := str(getattr(item, language))))


def _one_template(items: Sequence[Remediation]) -> str:
    """Join the resources of all templates in one; where two write one resource, both stand there under names of their own."""
    resources: dict[str, object] = {}
    description = ""
    for item in items:
        if not item.cloudformation:
            continue
        loaded = json.loads(item.cloudformation)
        description = (
            EXISTING if loaded.get("Description") == EXISTING else description or loaded.get("Description", "")
        )
        for name, resource in loaded["Resources"].items():
            resources[free_name(name, resources)] = resource
    if not resources:
        return ""
    return json_text({"Description": description, "Resources": resources}, indent=2)
