"""The JSON of a diagnosis keeps to its published schema."""

from __future__ import annotations

import json
from importlib import resources

import jsonschema
import pytest
from click.testing import CliRunner

from tui.cli.main import planescope


@pytest.mark.parametrize("stage", ["1", "2", "3", "later"])
def test_every_stage_validates(stage: str) -> None:
    schema = json.loads((resources.files("tui.cli") / "schemas" / "diagnosis-1.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    result = CliRunner().invoke(planescope, ["demo", "--stage", stage, "--json"])
    jsonschema.validate(json.loads(result.stdout), schema)


def test_the_command_prints_the_schema() -> None:
    result = CliRunner().invoke(planescope, ["schema"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["properties"]["schema"]["const"] == "planescope.diagnosis/1"
