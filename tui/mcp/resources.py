"""What may be read beside the tools: the catalogue of causes, the rules of policies, and the schemas of marked documents."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from diagnosis.causes import Cause, Integrity
from diagnosis.documents import causes
from diagnosis.documents.json_values import Object
from diagnosis.lint.rule import Rule
from tui.mcp import schemas

_SCHEMES = ("diagnosis-1", "what-if-1", "migration-1", "policy-admits-1", "policy-lint-1", "explanation-1", "conform-1")


@dataclass(frozen=True, slots=True)
class Resource:
    """One thing to read."""

    address: str
    name: str
    description: str
    read: Callable[[], Object]

    @property
    def text(self) -> str:
        """Its content as JSON."""
        return json.dumps(self.read(), ensure_ascii=False, indent=1)


def _rules() -> Object:
    return {
        "rules": [
            {
                "rule": rule.value,
                "severity": rule.record.severity.value,
                "sentence": rule.record.sentence,
                "refused": rule.record.refused,
                "reference": rule.record.reference,
            }
            for rule in Rule
        ]
    }


def _schema(name: str) -> Resource:
    return Resource(
        f"planescope://schemas/{name}",
        f"Schema of {name}",
        "The document's JSON Schema, with foreign text marked.",
        lambda: schemas.marked(schemas.published(name)),
    )


RESOURCES: Mapping[str, Resource] = {
    each.address: each
    for each in (
        Resource(
            "planescope://causes",
            "Causes",
            "Every cause and integrity finding: sentence, how to tell it apart, next step, owner.",
            lambda: causes.document(Cause, Integrity),
        ),
        Resource(
            "planescope://policy-rules", "Rules of policy_lint", "Every rule with its severity and reference.", _rules
        ),
        *(_schema(name) for name in _SCHEMES),
    )
}
"""By address."""
