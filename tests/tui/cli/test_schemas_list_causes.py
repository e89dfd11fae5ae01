"""The published schemas list the slugs of the catalogue, all of them and no others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from diagnosis.causes import Cause, Integrity
from diagnosis.verdicts.anchor import AnchorKind, AnchorState
from tui.cli.main import planescope

CAUSE = {"$ref": "#/$defs/cause"}
DOCUMENTS = ("diagnosis", "what-if", "preflight", "explanation")


def schema(document: str) -> dict[str, Any]:
    result = CliRunner().invoke(planescope, ["schema", document])
    assert result.exit_code == 0
    loaded: dict[str, Any] = json.loads(result.stdout)
    return loaded


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_slugs_are_those_of_the_catalogue(document: str) -> None:
    assert schema(document)["$defs"]["cause"]["enum"] == [cause.value for cause in Cause]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_wherever_a_cause_stands_the_list_is_meant(document: str) -> None:
    found = list(_causes(schema(document)))
    assert found
    assert all(item in (CAUSE, {"anyOf": [CAUSE, {"type": "null"}]}) for item in found)


def test_integrity_findings_are_those_of_the_catalogue() -> None:
    finding = schema("diagnosis")["$defs"]["integrity"]["properties"]["finding"]
    assert finding["enum"] == [item.value for item in Integrity]


def test_anchors_are_those_that_there_are() -> None:
    told = schema("diagnosis")["$defs"]["anchor"]["properties"]
    assert told["kind"]["enum"] == [kind.value for kind in AnchorKind]
    assert told["state"]["enum"] == [state.value for state in AnchorState]


def _causes(node: object) -> Iterator[object]:
    if isinstance(node, dict):
        for name, value in (node.get("properties") or {}).items():
            if name == "cause":
                yield {key: item for key, item in value.items() if key != "description"}
            elif name in ("causes", "candidates"):
                yield value["items"]
        for value in node.values():
            yield from _causes(value)
    elif isinstance(node, list):
        for value in node:
            yield from _causes(value)
