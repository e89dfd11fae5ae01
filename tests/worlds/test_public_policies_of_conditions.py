"""Public policies whose conditions were said to be unknown, read from the reference folder where it is there."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from places import SHARED
from small_world import Ground, World, sound_world

from diagnosis.callers.admission_verdict import Admission
from diagnosis.callers.who_gets_in import who_gets_in
from diagnosis.facts.account import NamedPolicy
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Repository
from diagnosis.gates import Gate, Verdict
from diagnosis.policy import read_document
from diagnosis.trust.question import TrustOutcome
from diagnosis.verdicts.diagnosis import Diagnosis

pytestmark = pytest.mark.shared
FILE = SHARED / "cases" / "policies.jsonl"


def case(name: str) -> dict[str, Any]:
    rows = map(json.loads, FILE.read_text(encoding="utf-8").splitlines())
    return next(row for row in rows if row["id"] == name)


def world(row: dict[str, Any]) -> World:
    """The row's run: a push to main of a job that logs in and pushes, without a look at the digest."""
    made = sound_world(Ground(repository="shop", branch="main")).with_trust(read_document(json.dumps(row["trust"])))
    made = made.with_job(steps=tuple(step for step in made.workflow.jobs[0].steps if step.name != "Digest"))
    if "policy" in row:
        document = read_document(json.dumps(row["policy"]))
        made = made.with_account(inline_policies=Known((NamedPolicy("release", document),)))
    return replace(made, attempt=replace(made.attempt, event="push"))


def diagnosis(name: str) -> Diagnosis:
    return world(case(name)).diagnosis()


@pytest.mark.parametrize("name", ["P36", "P47", "P57"])
def test_a_condition_that_no_token_meets_admits_nobody(name: str) -> None:
    found = who_gets_in(read_document(json.dumps(case(name)["trust"])), Repository("octo-org/octo-repo"))
    assert isinstance(found, Admission)
    assert {answer.outcome for answer in found.probes} == {TrustOutcome.DENIED}
    assert any("itself does not get in" in note for note in found.notes)


def test_a_session_name_is_set_rather_than_a_policy_opened() -> None:
    found = diagnosis("T56")
    assert found.live is not None
    assert "role-session-name" in found.live.at(Gate.ROLE_ASSUMPTION).reason
    assert [item.id for item in found.paths[0].remediations] == ["name-the-session"]
    assert found.paths[0].opens_all


def test_without_a_second_factor_the_denial_is_certain() -> None:
    live = diagnosis("E15").live
    assert live is not None
    assert live.at(Gate.REGISTRY_AUTHORIZATION).verdict is Verdict.FAIL
    assert "DenyAllExceptListedIfNoMFA" in live.at(Gate.REGISTRY_AUTHORIZATION).reason


@pytest.mark.parametrize(
    ("tags", "verdict"),
    [(None, Verdict.UNKNOWN), ((("Project", "shop"),), Verdict.PASS), ((("Project", "other"),), Verdict.FAIL)],
)
def test_a_grant_by_tags_is_decided_where_they_were_read(
    tags: tuple[tuple[str, str], ...] | None, verdict: Verdict
) -> None:
    made = world(case("E17"))
    found = (made if tags is None else made.with_account(repository_tags=Known(tags))).diagnosis()
    assert found.live is not None
    gate = found.live.at(Gate.REGISTRY_AUTHORIZATION)
    assert gate.verdict is verdict
    if tags is None:
        assert [gap.permission for gap in gate.missing] == ["ecr:ListTagsForResource"]
