"""Patches of permissions at the edge: policies of AWS, documents that nobody can read, parts that were not read."""

from __future__ import annotations

import json

import pytest
from arns import arn_of
from permission_faults import LOGIN, REPO
from small_world import ACCOUNT, EIGHT, HOME, NAME, Ground, World, allow, policy, sound_world

from diagnosis.facts.account import NamedPolicy, ScpLevel
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.gates import Gate, Verdict
from diagnosis.policy import PolicyDocument, read_document
from diagnosis.verdicts.diagnosis import Path
from diagnosis.verdicts.remediation import ChangeKind, Remediation

PUSH = (allow(LOGIN, "*"), allow(EIGHT, REPO))
BROKEN = NamedPolicy("broken", read_document("{"))


def with_attached(world: World, name: str, document: PolicyDocument, owner: str, path: str = "") -> World:
    made = NamedPolicy(name, document, arn_of(f"arn:aws:iam::{owner}:policy/{path}{name}"))
    return world.with_account(attached_policies=Known((made,)))


def first(world: World) -> Path:
    return world.diagnosis().paths[0]


def named(path: Path, ident: str) -> Remediation:
    return next(item for item in path.remediations if item.id == ident)


def test_a_deny_of_aws_comes_off_the_role_and_what_else_it_denies_stands_in_a_copy() -> None:
    deny = {"Effect": "Deny", "Action": ["ecr:PutImage", "s3:DeleteBucket"], "Resource": "*"}
    path = first(with_attached(sound_world(), "AWSDenySome", policy(deny), "aws"))
    assert path.opens_all
    item = named(path, "mend-role-permissions")
    assert [change.kind for change in item.changes] == [
        ChangeKind.REPLACE_ATTACHED_POLICY,
        ChangeKind.PUT_INLINE_POLICY,
    ]
    off, copy = item.changes
    assert off.document is None
    assert copy.target == "AWSDenySome-narrowed"
    assert copy.document is not None
    assert "s3:DeleteBucket" in copy.document.text
    assert "aws iam detach-role-policy" in item.aws_cli
    assert any("AWS's own and cannot be edited" in warning for warning in item.warnings)
    assert "Deny" in item.title


def test_a_deny_of_aws_of_which_nothing_is_left_comes_off_whole() -> None:
    deny = {"Effect": "Deny", "Action": "ecr:PutImage", "Resource": REPO}
    item = named(first(with_attached(sound_world(), "AWSDenyOne", policy(deny), "aws")), "mend-role-permissions")
    (off,) = item.changes
    assert (off.kind, off.document) == (ChangeKind.REPLACE_ATTACHED_POLICY, None)


def test_a_wildcard_of_aws_comes_off_the_role_and_what_is_needed_stands_in_its_own() -> None:
    world = sound_world().with_policy(policy(allow(LOGIN, "*")))
    path = first(with_attached(world, "AdministratorAccess", policy(allow("*", "*")), "aws"))
    item = named(path, "bound-role-permissions")
    assert item.tightens
    assert path.opens_all
    assert {change.kind for change in item.changes} == {
        ChangeKind.REPLACE_ATTACHED_POLICY,
        ChangeKind.PUT_INLINE_POLICY,
    }


def test_a_managed_policy_keeps_its_path_in_every_language() -> None:
    world = with_attached(sound_world(), "wide", policy(allow("ecr:*", "*"), *PUSH), ACCOUNT, "team/")
    item = named(first(world), "bound-role-permissions")
    assert "/team/" in item.terraform
    assert "/team/" in item.cloudformation
    assert any("managed policy: other roles may hang on it" in warning for warning in item.warnings)


@pytest.mark.parametrize("statements", [PUSH[:1], (*PUSH, allow("ecr:*", "*"))], ids=["too little", "too much"])
def test_a_document_that_nobody_can_read_stays_as_it_is(statements: tuple[dict[str, object], ...]) -> None:
    world = sound_world().with_account(inline_policies=Known((NamedPolicy("release", policy(*statements)), BROKEN)))
    for path in world.diagnosis().paths:
        assert not any(change.target == "broken" for item in path.remediations for change in item.changes)
        assert not path.opens_all


@pytest.mark.parametrize("part", ["inline_policies", "role"])
def test_without_what_a_patch_would_change_nothing_is_offered(part: str) -> None:
    unread = Unreadable(part, "denied", "grant it", "iam:GetRolePolicy")
    world = with_attached(sound_world(), "wide", policy(allow("ecr:*", "*")), ACCOUNT).with_account(**{part: unread})
    ids = {item.id for path in world.diagnosis().paths for item in path.remediations}
    assert not ids & {"mend-role-permissions", "bound-role-permissions"}


def test_what_is_customary_is_kept_where_a_policy_of_aws_granted_it() -> None:
    customary = "ecr:GetDownloadUrlForLayer"
    world = sound_world().with_policy(policy(PUSH[0], allow([each for each in EIGHT if each != customary], REPO)))
    path = first(with_attached(world, "ReadsAll", policy(allow("ecr:Get*", "*")), "aws"))
    off, kept = named(path, "bound-role-permissions").changes
    assert (off.kind, off.document) == (ChangeKind.REPLACE_ATTACHED_POLICY, None)
    assert kept.document is not None
    assert customary in kept.document.text


def test_a_role_whose_whole_policy_is_too_much_keeps_no_empty_document() -> None:
    world = sound_world().with_account(
        inline_policies=Known((NamedPolicy("a", policy(*PUSH)), NamedPolicy("wide", policy(allow("iam:*", "*")))))
    )
    (change,) = named(first(world), "bound-role-permissions").changes
    assert (change.kind, change.target, change.document) == (ChangeKind.DELETE_INLINE_POLICY, "wide", None)


def test_a_document_that_would_be_too_long_says_that_aws_refuses_it() -> None:
    places = [f"arn:aws:s3:::octo-bucket/{number:04}/*" for number in range(200)]
    wide = [{**allow("ecr:*", REPO), "Sid": f"S{index}"} for index in range(2)]
    world = with_attached(sound_world(), "long", policy(*wide, allow("s3:GetObject", places)), ACCOUNT)
    item = named(first(world), "bound-role-permissions")
    assert any("of 6144 characters: AWS refuses that" in warning for warning in item.warnings)


@pytest.mark.parametrize(
    "boundary",
    [
        policy(allow("s3:*", "*")),
        policy(
            allow("*", "*"),
            {"Effect": "Deny", "Action": ["ecr:PutImage", "s3:*"], "Resource": [REPO, "arn:aws:s3:::a"]},
        ),
        policy(
            allow("*", "*"), {"Effect": "Deny", "Action": "ecr:*", "NotResource": "arn:aws:ecr:*:*:repository/other"}
        ),
        policy(allow("*", "*"), {"Effect": "Deny", "NotAction": ["s3:*"], "Resource": "*"}),
        policy(
            allow("*", "*"), {"Effect": "Deny", "Action": "ecr:Put*", "Resource": "arn:aws:ecr:*:*:repository/shop/*"}
        ),
    ],
    ids=["allows too little", "a list", "all but one", "all but a service", "a pattern"],
)
def test_a_boundary_is_widened_for_the_release_and_takes_nothing_away(boundary: PolicyDocument) -> None:
    arn = arn_of(f"arn:aws:iam::{ACCOUNT}:policy/edge")
    world = sound_world().with_role(permissions_boundary_arn=arn)
    world = world.with_account(boundary=Known(NamedPolicy("edge", boundary, arn)))
    path = first(world)
    assert path.opens_all
    item = named(path, "widen-boundary")
    assert not item.tightens
    # Where a pattern has to give way for the role, that is told; else nothing but the need is let through.
    assert bool(item.widens) is ("shop/*" in boundary.text)


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Deny", "Principal": "*", "Action": "ecr:PutImage"},
        {"Effect": "Deny", "Principal": {"AWS": HOME.role_arn}, "Action": ["ecr:PutImage", "ecr:ListImages"]},
        {"Effect": "Deny", "NotPrincipal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "ecr:*"},
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "ecr:PutImage",
            "Condition": {"ArnNotEquals": {"aws:principalarn": f"arn:aws:iam::{ACCOUNT}:role/other"}},
        },
    ],
    ids=["everybody", "the role", "all but the account", "all but a role"],
)
def test_a_deny_of_the_repository_leaves_the_role_out_or_nothing_is_offered(statement: dict[str, object]) -> None:
    world = sound_world().with_account(repository_policy=Known(NamedPolicy(NAME, policy(statement))))
    diagnosis = world.diagnosis()
    assert diagnosis.live is not None
    if diagnosis.live.at(Gate.REGISTRY_AUTHORIZATION).verdict is Verdict.PASS:
        return
    for path in diagnosis.paths:
        if path.opens_all:
            item = named(path, "amend-repository-policy")
            (change,) = item.changes
            assert change.document is not None
            assert json.loads(change.document.text) != json.loads(policy(statement).text)


def test_in_china_no_control_policy_takes_an_allow_for_one_role() -> None:
    world = sound_world(Ground(region="cn-north-1", partition="aws-cn"))
    level = ScpLevel("r-root", (NamedPolicy("Some", policy(allow("s3:*", "*"))),))
    diagnosis = world.with_account(scps=Known((level,))).diagnosis()
    assert not any(item.id == "amend-control-policies" for path in diagnosis.paths for item in path.remediations)


def test_a_level_with_denials_alone_takes_the_allow_nowhere() -> None:
    level = ScpLevel("r-root", (NamedPolicy("Denials", policy({"Effect": "Deny", "Action": "s3:*", "Resource": "*"})),))
    diagnosis = sound_world().with_account(scps=Known((level,))).diagnosis()
    assert not any(item.id == "amend-control-policies" for path in diagnosis.paths for item in path.remediations)
    assert diagnosis.live is not None
    assert diagnosis.live.at(Gate.REGISTRY_AUTHORIZATION).verdict is Verdict.FAIL


def test_an_unreadable_control_policy_on_the_resource_is_a_doubt_about_the_token() -> None:
    world = sound_world().with_account(rcps=Known((ScpLevel("r-root", (BROKEN,)),)))
    live = world.diagnosis().live
    assert live is not None
    gate = live.at(Gate.ROLE_ASSUMPTION)
    assert gate.verdict is Verdict.UNKNOWN
    assert any("unparsable" in missing.why for missing in gate.missing)


def test_a_trust_policy_that_nobody_can_read_leaves_its_scope_open() -> None:
    live = sound_world().with_trust(BROKEN.document).diagnosis().live
    assert live is not None
    gate = live.at(Gate.LEAST_PRIVILEGE)
    assert gate.verdict is not Verdict.PASS
    assert any("unparsable" in missing.why for missing in gate.missing)
