"""The JSON of a diagnosis keeps to its published schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner
from deploying_release import released
from small_world import ACCOUNT, HOME, World, sound_world, two_role_world
from test_denied_services import refused

from diagnosis.documents.diagnosis import document
from tui.cli.main import planescope


def diagnosis_schema() -> dict[str, Any]:
    return dict(json.loads((resources.files("tui.cli") / "schemas" / "diagnosis-1.json").read_text(encoding="utf-8")))


def legs() -> World:
    """The release once for each image of a matrix."""
    world = sound_world()
    steps = tuple(
        replace(step, run=step.run.replace(HOME.repository, "${{ matrix.image }}")) if step.run else step
        for step in world.workflow.jobs[0].steps
    )
    return world.with_job(steps=steps, matrix=json.dumps({"image": ["shop/api", "shop/web"]}))


@pytest.mark.parametrize("stage", ["1", "2", "3", "later"])
def test_every_stage_validates(stage: str) -> None:
    schema = diagnosis_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    result = CliRunner().invoke(planescope, ["demo", "--stage", stage, "--json"])
    jsonschema.validate(json.loads(result.stdout), schema)


WORLDS: dict[str, Callable[[], World]] = {
    "two accounts, a script that nobody reads": released,
    "one account, everything passes": lambda: released(script=False, granted=True, account=ACCOUNT),
    "the second role was not read": lambda: replace(released(), others=()),
    "three roles in two jobs": two_role_world,
    "legs of a matrix": legs,
}


def _pair(need: dict[str, Any]) -> tuple[str, str | None]:
    return need["action"], need["resource"]


@pytest.mark.parametrize("name", WORLDS)
def test_releases_of_several_sessions_validate(name: str) -> None:
    found = WORLDS[name]().diagnosis()
    told: dict[str, Any] = json.loads(json.dumps(document(found)))
    jsonschema.validate(told, diagnosis_schema())
    assert found.live is not None
    assert [session["jobs"] for session in told["live"]["sessions"]] == [
        list(each.jobs) for each in found.live.sessions
    ]
    # The members that were there before hold the union over the sessions.
    uses = {(need["action"], need["resource"]) for need in told["live"]["needs"]}
    assert uses == {(need["action"], need["resource"]) for each in told["live"]["sessions"] for need in each["needs"]}
    for need in told["live"]["needs"]:
        recorded = told["attempts"][0]["sessions"]
        assert set(need["jobs"]) == {each["job"] for each in recorded if _pair(need) in map(_pair, each["needs"])}
        assert need["job"] == need["jobs"][0]
    assert {gap["step"] for gap in told["live"]["gaps"]} == {
        gap["step"] for each in told["live"]["sessions"] for gap in each["gaps"]
    }
    for problem in told["forecast"]:
        assert problem["jobs"]
        assert problem["role_arn"]
    for path in told["after_fix"]["paths"]:
        assert {"opens_all", "does_not_prove"} <= path.keys()
    assert all("difference" in item for item in told["remediations"])
    assert len(told["attempts"][0]["sessions"]) >= 2


def test_a_service_that_refused_a_run_validates_and_stands_at_its_gate() -> None:
    told = json.loads(json.dumps(document(refused("make deploy").diagnosis())))
    jsonschema.validate(told, diagnosis_schema())
    assert "service-authorization" in [gate["gate"] for gate in told["live"]["gates"]]
    assert told["forecast"][0]["step"] == "Deploy"


def test_each_new_member_is_described() -> None:
    defs = diagnosis_schema()["$defs"]
    members = [("live", "sessions"), ("live", "gaps"), ("attempt", "sessions"), ("need", "certainty"), ("need", "job")]
    members += [
        ("need", "source"),
        ("problem", "jobs"),
        ("problem", "step"),
        ("problem", "role_arn"),
        ("session", "jobs"),
    ]
    for place, name in members:
        assert defs[place]["properties"][name]["description"], (place, name)


def test_the_command_prints_the_schema() -> None:
    result = CliRunner().invoke(planescope, ["schema"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["properties"]["schema"]["const"] == "planescope.diagnosis/1"
