"""The action that AWS denied is a need; a grant that misses a need by little is told as the slip that it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from small_world import EIGHT, HOME, NAME, allow, policy, sound_world

from diagnosis.causes import Cause
from diagnosis.diagnose import question_of, replays_of
from diagnosis.facts.account import AccountState, NamedPolicy
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known
from diagnosis.gates import Checkpoint, Gate, Plane, Verdict
from diagnosis.live.denied_need import denied_need, with_denied
from diagnosis.live.near_grants import arn_difference, near_grants, nearest_action
from diagnosis.live.run_claims import RunClaims
from diagnosis.live.session_keys import session_keys
from diagnosis.names.arn import Arn
from diagnosis.verdicts.gate_verdict import Finding
from diagnosis.verdicts.release import Need, NeedKind
from diagnosis.verdicts.replay import Refusal, Replay

REPO = HOME.repository_arn


def stopped(action: str | None, resource: str | None, place: Checkpoint = Checkpoint.REGISTRY_PUSH) -> Replay:
    world = sound_world()
    (replay,) = replays_of((world.run,), world.case)
    finding = Finding(Plane.AUTHORIZATION, place, Cause.PUSH_SCOPE, action=action, resource=resource)
    return replace(replay, stopped_by=finding)


def need_of(replay: Replay) -> Need | None:
    assert replay.stopped_by is not None
    return denied_need(Refusal(replay.stopped_by), replay, question_of(replay, Case()))


@pytest.mark.parametrize(
    ("action", "resource", "found"),
    [
        ("ecr:PutImage", REPO, ("ecr:PutImage", REPO)),
        ("ecr:GetAuthorizationToken", "*", ("ecr:GetAuthorizationToken", "*")),
        ("ecr:PutImage", "arn:aws:ecr:eu-west-1:***:repository/shop/api", ("ecr:PutImage", REPO)),
        ("ecr:PutImage", None, ("ecr:PutImage", REPO)),
        ("s3:PutObject", "arn:aws:s3:::bucket/a", None),
        (None, REPO, None),
    ],
)
def test_the_denied_action_is_a_need_on_the_resource_that_can_be_read(
    action: str | None, resource: str | None, found: tuple[str, str] | None
) -> None:
    replay = stopped(action, resource)
    need = need_of(replay)
    assert (need and (need.action, need.resource)) == found


def test_a_denial_at_another_gate_is_no_need_of_the_registry() -> None:
    replay = stopped("ecr:PutImage", REPO, Checkpoint.ROLE_ASSUMPTION)
    assert need_of(replay) is None


def test_a_denied_need_joins_the_needs_and_makes_a_customary_one_required() -> None:
    denied = Need("ecr:PutImage", REPO, Checkpoint.REGISTRY_PUSH, "denied", order=-1)
    assert with_denied((), denied) == ()
    other = Need("ecr:BatchGetImage", REPO, Checkpoint.REGISTRY_PUSH, "")
    assert [need.action for need in with_denied((other,), denied)] == ["ecr:BatchGetImage", "ecr:PutImage"]
    customary = replace(denied, kind=NeedKind.CUSTOMARY)
    assert [need.kind for need in with_denied((customary,), denied)] == [NeedKind.REQUIRED]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (
            REPO.replace(":repository/", ":repositories/"),
            f"repositories/{NAME} is granted, repository/{NAME} is needed",
        ),
        (REPO.replace(":repository/", ":registry/"), f"registry/{NAME} is granted, repository/{NAME} is needed"),
        (REPO.replace(":repository/", ":"), "`repository/` is missing before the name"),
        (REPO.replace("shop/api", "shop/ap"), "repository/shop/ap is granted"),
        (REPO.replace("shop/api", "*-*"), None),
        (REPO.replace("shop/api", "quite-another-thing"), None),
        (REPO.replace(":repository/shop/api", ":registry/quite-another"), None),
        (REPO.replace(":ecr:", ":s3:"), None),
        (REPO, None),
        ("*", None),
    ],
)
def test_an_arn_that_misses_the_need_by_little_is_named_by_its_difference(written: str, words: str | None) -> None:
    found = arn_difference(written, REPO)
    assert found is None if words is None else words in (found or "")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ecr:PutImages", "ecr:PutImage"),
        ("ecr:PtuImage", "ecr:PutImage"),
        ("ecr :PutImage", "ecr:PutImage"),
        ("ecr::PutImage", "ecr:PutImage"),
        ("ECR:PUTIMAGE", "ecr:PutImage"),
        ("er:PutImage", "ecr:PutImage"),
        ("ecr:GetImage", None),
        ("s3:PutObject", None),
        ("", None),
    ],
)
def test_a_misspelled_action_is_the_one_that_differs_by_a_sign_or_two(written: str, meant: str | None) -> None:
    assert nearest_action(written, EIGHT) == meant
    assert nearest_action(written, ()) is None


def test_what_excludes_is_no_slip() -> None:
    statement = {"Effect": "Allow", "Action": "ecr:PutImage", "NotResource": REPO.replace("api", "ap")}
    named = NamedPolicy(
        "release", policy(statement, {"Effect": "Allow", "NotAction": "ecr:PutImages", "Resource": "*"})
    )
    assert near_grants((named,), [("ecr:PutImage", REPO)]) == ()


def test_the_role_that_was_read_tells_the_path_that_a_session_does_not_show() -> None:
    world = sound_world()
    (replay,) = replays_of((world.run,), world.case)
    assert isinstance(world.account.role, Known)
    below = Arn.iam("aws", HOME.account, "role", "ci/release")
    account: AccountState = replace(
        world.account,
        question=replace(question_of(replay, Case()), role_path_unknown=True),
        role=Known(replace(world.account.role.value, arn=below)),
    )
    assert RunClaims.of(replay, account, Case()).role_arn == below


def test_only_a_request_to_sts_carries_the_session_s_name() -> None:
    world, role = sound_world(), Arn.parse(HOME.role_arn)
    assert role is not None
    sts, ecr = (
        session_keys(world.account, role, "octo", action, place).context
        for action, place in (("sts:AssumeRole", HOME.role_arn), ("ecr:PutImage", REPO))
    )
    assert sts["sts:RoleSessionName"] == ("octo",)
    assert "sts:RoleSessionName" not in ecr


def test_a_wide_statement_of_a_service_is_told_beside_the_slip() -> None:
    world = sound_world().with_policy(
        policy(allow("ecr:GetAuthorizationToken", "*"), allow(EIGHT, REPO.replace("api", "ap")))
    )
    live = world.diagnosis().live
    assert live is not None
    gate = live.at(Gate.REGISTRY_AUTHORIZATION)
    assert gate.verdict is Verdict.FAIL
    assert "repository/shop/ap is granted, repository/shop/api is needed" in gate.reason
