"""What SARIF 2.1.0 says of the members that planescope writes, as a JSON Schema that allows no others."""

from __future__ import annotations

from typing import Any


def strict(members: dict[str, Any], *required: str) -> dict[str, Any]:
    """A JSON Schema of an object that holds these members and no other."""
    return {"type": "object", "properties": members, "required": list(required), "additionalProperties": False}


TEXT = strict({"text": {"type": "string", "minLength": 1}}, "text")
LOCATION = strict(
    {
        "physicalLocation": strict(
            {
                "artifactLocation": strict({"uri": {"type": "string", "pattern": r"^[^\s\\]*$"}}),
                "region": strict(
                    {
                        "startLine": {"type": "integer", "minimum": 1},
                        "startColumn": {"type": "integer", "minimum": 1},
                    }
                ),
            }
        ),
        "logicalLocations": {
            "type": "array",
            "uniqueItems": True,
            "items": strict(
                {
                    "fullyQualifiedName": {"type": "string"},
                    "kind": {"type": "string"},
                }
            ),
        },
    }
)
"""A place, as a result has it."""
RELATED = strict({**LOCATION["properties"], "id": {"type": "integer", "minimum": 0}}, "id")
SARIF = strict(
    {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "minItems": 1,
            "items": strict(
                {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "tool": strict(
                        {
                            "driver": strict(
                                {
                                    "name": {"type": "string"},
                                    "version": {"type": "string"},
                                    "rules": {
                                        "type": "array",
                                        "uniqueItems": True,
                                        "items": strict(
                                            {
                                                "id": {"type": "string"},
                                                "shortDescription": TEXT,
                                                "helpUri": {"type": "string", "format": "uri"},
                                                "help": TEXT,
                                                "defaultConfiguration": strict(
                                                    {"level": {"enum": ["none", "note", "warning", "error"]}}
                                                ),
                                                "properties": {"type": "object"},
                                            },
                                            "id",
                                        ),
                                    },
                                },
                                "name",
                            )
                        },
                        "driver",
                    ),
                    "results": {
                        "type": "array",
                        "items": strict(
                            {
                                "ruleId": {"type": "string"},
                                "ruleIndex": {"type": "integer", "minimum": 0},
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": TEXT,
                                "locations": {"type": "array", "items": LOCATION},
                                "relatedLocations": {"type": "array", "items": RELATED},
                                "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
                            },
                            "message",
                        ),
                    },
                },
                "tool",
            ),
        },
    },
    "version",
    "runs",
)
"""What SARIF 2.1.0 says of the members that are written here."""
