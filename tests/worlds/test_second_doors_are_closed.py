"""The offer that closes second doors: whose principals go, who stays in, and that the run still passes."""

from __future__ import annotations

import json

import pytest
from small_world import ACCOUNT, ISSUER, OTHER_ACCOUNT, Ground, World, policy, sound_world, trust_statement

from diagnosis.callers.comparison import compare_trust
from diagnosis.gates import Verdict
from diagnosis.policy.language.tree import JsonObject, statements
from diagnosis.verdicts.remediation import Remediation

PROVIDER = Ground().provider_arn
OURS = trust_statement()
ROOT, OPS = f"arn:aws:iam::{OTHER_ACCOUNT}:root", f"arn:aws:iam::{ACCOUNT}:role/ops"
OF_ANOTHER = {"StringEquals": {"aws:PrincipalAccount": OTHER_ACCOUNT}}
GITLAB = f"arn:aws:iam::{ACCOUNT}:oidc-provider/gitlab.com"


def door(principal: object, action: object = "sts:AssumeRole", **more: object) -> dict[str, object]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, **more}


def closed(*doors: dict[str, object]) -> tuple[World, Remediation, list[JsonObject]]:
    """The world with these statements in its trust policy, the offer that closes them, and the statements afterwards."""
    world = sound_world().with_trust(policy(*doors))
    diagnosis = world.diagnosis()
    assert diagnosis.live.gates[-1].verdict is Verdict.FAIL
    path = diagnosis.paths[0]
    item = path.remediations[-1]
    assert item.id == "close-second-doors"
    assert path.opens_all
    assert item.tightens
    document = item.changes[0].document
    assert document is not None
    return world, item, statements(document.tree)


@pytest.mark.parametrize(
    ("second", "left"),
    [
        (door("*"), []),
        (door({"AWS": "*"}), []),
        (door({"AWS": ROOT}), []),
        (door({"AWS": [ROOT, OPS]}), [door({"AWS": OPS})]),
        (door({"AWS": ["*", OPS]}, Condition=OF_ANOTHER), [door({"AWS": OPS}, Condition=OF_ANOTHER)]),
        (door({"AWS": ROOT, "Service": "ec2.amazonaws.com"}), [door({"Service": "ec2.amazonaws.com"})]),
        (door({"Federated": GITLAB}, "sts:AssumeRoleWithWebIdentity"), []),
    ],
    ids=[
        "anybody",
        "any AWS principal",
        "another account",
        "beside a role",
        "held to an account",
        "beside a service",
        "another provider",
    ],
)
def test_the_open_principals_go_and_what_is_bounded_stays(
    second: dict[str, object], left: list[dict[str, object]]
) -> None:
    _, item, after = closed(OURS, second)
    assert after == [OURS, *left]
    assert "It locks out" in item.tightens[0]


def test_whoever_is_let_in_by_not_principal_goes_and_the_run_stays_by_its_providers_own_name() -> None:
    but_for = {key: value for key, value in OURS.items() if key not in ("Principal", "Sid")}
    world, item, after = closed({**but_for, "NotPrincipal": {"AWS": ROOT}})
    assert after == [{**but_for, "Principal": {"Federated": PROVIDER}}]
    assert world.with_trust(policy(*after)).diagnosis().live.gates[-1].verdict is Verdict.PASS
    # The run's own subject comes by the same provider before and after.
    assert "octo-org/octo-repo" not in item.tightens[0]


def test_a_door_that_is_the_only_way_in_is_replaced_by_the_runs_own() -> None:
    diagnosis = sound_world().with_trust(policy(door("*"))).diagnosis()
    ids = [item.id for item in diagnosis.paths[0].remediations]
    assert ids == ["admit-subject", "close-second-doors"]
    document = diagnosis.paths[0].remediations[-1].changes[0].document
    assert document is not None
    (only,) = statements(document.tree)
    assert only["Principal"] == {"Federated": PROVIDER}
    assert diagnosis.paths[0].opens_all


def test_what_a_star_or_not_principal_lets_in_is_a_provider_of_the_same_account() -> None:
    world = sound_world()
    exactly = policy(OURS)
    for wide in ({"Principal": "*"}, {"NotPrincipal": {"AWS": ROOT}}):
        statement = {key: value for key, value in OURS.items() if key != "Principal"} | wide
        found = compare_trust(policy(statement), exactly, world.attempt.repository)
        assert not [item for item in found.no_longer_admitted if "octo-repo" in item.witness]
        assert found.admits_nothing_new


def test_a_pattern_and_a_door_are_tightened_in_one_change() -> None:
    wide = trust_statement("repo:octo-org/*", "StringLike")
    diagnosis = sound_world().with_trust(policy(wide, door({"AWS": ROOT}))).diagnosis()
    item = diagnosis.paths[0].remediations[-1]
    assert item.id == "bound-trust"
    document = item.changes[0].document
    assert document is not None
    (only,) = statements(document.tree)
    assert json.dumps(only).count("repo:octo-org/") == 1
    assert f"{ISSUER}:sub" in json.dumps(only)
    assert "Take the unbounded principals out" in item.words


def test_what_aws_would_not_save_beside_what_is_tightened_is_told() -> None:
    wide = trust_statement("repo:octo-org/*", "StringLike")
    old = trust_statement()
    old["Condition"] = {"StringEquals": {f"{ISSUER}:actor": "hubot"}}
    old["Sid"] = "Old"
    diagnosis = sound_world().with_trust(policy(wide, old)).diagnosis()
    item = next(item for path in diagnosis.paths for item in path.remediations if item.id == "bound-trust")
    assert any("would refuse this one at Statement[1]" in text for text in item.warnings)


def test_a_statement_that_is_tightened_asks_for_the_audience_too() -> None:
    wide = trust_statement("repo:octo-org/*", "StringLike")
    wide["Condition"] = {"StringLike": {f"{ISSUER}:sub": "repo:octo-org/*"}}
    diagnosis = sound_world().with_trust(policy(wide)).diagnosis()
    item = next(item for path in diagnosis.paths for item in path.remediations if item.id == "bound-trust")
    document = item.changes[0].document
    assert document is not None
    (only,) = statements(document.tree)
    assert only["Condition"] == OURS["Condition"]
