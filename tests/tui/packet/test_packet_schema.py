"""The published schema of ``packet.json`` is that of the values, and packets keep to it."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from datetime import datetime
from enum import StrEnum
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner
from compliant_chain import ComplyingRelease
from deploying_release import released
from thoroughness import some

from diagnosis.documents.audience import Audience
from diagnosis.documents.packet import SCHEMA, Packet, packet
from diagnosis.facts.case import Case
from diagnosis.verdicts.diagnosis import Diagnosis
from tui.cli.main import planescope
from tui.packet.from_json import packet_of
from tui.packet.pages import json_page


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    result = CliRunner().invoke(planescope, ["schema", "packet"])
    assert result.exit_code == 0
    loaded: dict[str, Any] = json.loads(result.stdout)
    return loaded


def test_its_members_are_those_of_the_values(schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["properties"]["schema"] == {"const": SCHEMA}
    assert schema["required"][0] == "schema"
    root = {**schema, "properties": {k: v for k, v in schema["properties"].items() if k != "schema"}}
    compare(Packet, root, schema["$defs"], set())


def compare(kind: Any, written: Any, known: dict[str, Any], seen: set[str]) -> None:
    """Walk the values' types beside the schema."""
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        assert written["anyOf"][1] == {"type": "null"}
        compare(typing.get_args(kind)[0], written["anyOf"][0], known, seen)
    elif origin is tuple and typing.get_args(kind)[-1] is Ellipsis:
        compare(typing.get_args(kind)[0], written["items"], known, seen)
    elif origin is tuple:
        for member, place in zip(typing.get_args(kind), written["prefixItems"], strict=True):
            compare(member, place, known, seen)
    elif dataclasses.is_dataclass(kind):
        assert isinstance(kind, type)
        if kind is not Packet:
            assert written["$ref"] == f"#/$defs/{kind.__name__}"
            written = known[kind.__name__]
        if kind.__name__ not in seen:
            seen.add(kind.__name__)
            hints = typing.get_type_hints(kind)
            assert list(written["properties"]) == [field.name for field in dataclasses.fields(kind)]
            assert written["additionalProperties"] is False
            for field in dataclasses.fields(kind):
                compare(hints[field.name], written["properties"][field.name], known, seen)
    elif isinstance(kind, type) and issubclass(kind, StrEnum):
        assert written["enum"] == [each.value for each in kind]
    else:
        assert written["type"] == {str: "string", int: "integer", bool: "boolean", datetime: "string"}[kind]


def test_packets_keep_to_it_and_are_read_back(schema: dict[str, Any]) -> None:
    nothing = Diagnosis("x", (), None, None)
    for diagnosis in (ComplyingRelease().diagnosis(), released().diagnosis(), nothing):
        for audience in some([Audience.INTERVIEWER, Audience.AUDITOR, Audience.INCIDENT], 3):
            made = packet(diagnosis, Case(), audience=audience)
            jsonschema.validate(json.loads(json_page(made)), schema)
            if made.attempts:
                assert packet_of(json_page(made)) == made
