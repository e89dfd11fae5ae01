"""A role that exists, trusts the run and holds what the release needs comes before any widening; one that does not, never."""

from __future__ import annotations

from dataclasses import replace

import pytest
from arns import arn_of
from hypothesis import given, settings
from hypothesis import strategies as st
from seeded_defects import DEFECTS, Defect, broken, compatible
from small_world import (
    EIGHT,
    GROUNDS,
    HOME,
    NOW,
    Ground,
    World,
    allow,
    credentials,
    policy,
    sound_world,
    trust,
    two_role_world,
)
from thoroughness import examples, some

from diagnosis.diagnose import question_of, replays_of
from diagnosis.facts.account import NamedPolicy, OtherRole, OtherRoles, Role
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.facts.trail import Trail, TrailEvent
from diagnosis.gates import Owner, Verdict
from diagnosis.policy import read_document
from diagnosis.remedies.offers.role_search import RoleSearch, role_search
from diagnosis.verdicts.diagnosis import Diagnosis, Path
from diagnosis.verdicts.remediation import ChangeKind

SPARE = "arn:aws:iam::123456789012:role/spare"
DENIED = Unreadable("part", "AWS denied iam:GetRolePolicy", "let the reader use it", "iam:GetRolePolicy")


def spare(ground: Ground = HOME, name: str = "spare", **parts: object) -> OtherRole:
    """A role that would serve."""
    arn = ground.role_arn.replace("role/release", f"role/{name}")
    document = policy(allow("ecr:GetAuthorizationToken", "*"), allow(EIGHT, ground.repository_arn))
    found = OtherRole(
        Role(arn_of(arn), name, trust(ground=ground), 7200),
        Known((NamedPolicy("push", document),)),
        Known(()),
        Absent("boundary"),
    )
    return replace(found, **parts)  # type: ignore[arg-type] # fields by name


def beside(world: World, *others: OtherRole) -> World:
    return world.with_account(other_roles=Known(OtherRoles(9, others)))


def over_a_role(diagnosis: Diagnosis) -> list[Path]:
    return [path for path in diagnosis.paths if any(item.id.startswith("use-role-") for item in path.remediations)]


def searched(world: World) -> RoleSearch | None:
    (replay,) = replays_of((world.run,), world.case)
    account = replace(world.account, question=question_of(replay, world.case))
    return role_search(replay, account, world.case)


WHICHEVER_ROLE = {
    "an SCP denies",
    "an RCP denies the token",
    "an RCP denies the push",
    "the repository denies",
    "the session policy leaves out the push",
    "the repository is full",
    "the key is disabled",
    "the key denies everybody",
    "no repository",
    "the tag is taken",
    "no id-token",
    "no provider",
    "provider lacks the audience",
    "the workflow requests another audience",
    "the role is of another account",
    "an environment changes the subject",
    "immutable subject, classic trust",
    "static keys",
}
"""Defects that the spare role meets too, or that are none of the role's."""


@pytest.mark.parametrize("defect", some(DEFECTS, 2), ids=lambda defect: defect.name)
def test_a_role_that_fits_is_offered_where_the_runs_own_is_at_fault(defect: Defect) -> None:
    found = over_a_role(beside(broken([defect]), spare()).diagnosis())
    assert bool(found) is (defect.name not in WHICHEVER_ROLE)
    for path in found:
        assert [verdict.verdict for verdict in path.gates] == [Verdict.PASS] * 4
        assert path.newly_admitted == ()
        assert all(change.kind is ChangeKind.EDIT_WORKFLOW for item in path.remediations for change in item.changes)


subsets = st.sets(st.sampled_from(DEFECTS), max_size=4).map(tuple).filter(compatible)


@settings(max_examples=examples(60), deadline=None)
@given(subsets, st.booleans())
def test_it_is_offered_with_proof_only_and_leaves_the_other_paths_alone(
    chosen: tuple[Defect, ...], narrow: bool
) -> None:
    alone = broken(chosen).diagnosis()
    grants = Known((NamedPolicy("push", policy(allow(["ecr:PutImage"], HOME.repository_arn))),))
    found = beside(broken(chosen), spare(**({"inline_policies": grants} if narrow else {}))).diagnosis()
    over = over_a_role(found)
    assert tuple(path for path in found.paths if path not in over) == alone.paths
    assert all(path.opens_all and path.newly_admitted == () and not narrow for path in over)
    if over and over[0] is found.paths[0]:
        return
    for path in found.paths[: found.paths.index(over[0])] if over else ():
        assert path.opens_all
        assert not any(item.widens or item.actions for item in path.remediations)


def test_it_comes_after_a_dispatch_and_before_the_trust_is_widened() -> None:
    world = sound_world().with_trust(trust("repo:octo-org/octo-repo:ref:refs/heads/main"))
    ids = [path.remediations[0].id for path in beside(world, spare()).diagnosis().paths]
    assert ids == ["dispatch-on-main", "use-role-spare", "admit-subject"]


def test_it_comes_before_a_grant() -> None:
    world = sound_world().with_policy(policy(allow("ecr:GetAuthorizationToken", "*")))
    first, second = beside(world, spare()).diagnosis().paths
    assert [item.id for item in first.remediations] == ["use-role-spare"]
    assert [item.id for item in second.remediations] == ["mend-role-permissions"]
    (remediation,) = first.remediations
    assert remediation.owner is Owner.RELEASE_ENGINEERING
    assert remediation.widens == ()
    assert remediation.aws_cli == remediation.terraform == remediation.cloudformation == ""
    assert f"`role-to-assume` to {SPARE} in .github/workflows/release.yml (line 20)" in remediation.words
    assert "meant for this workflow" in remediation.words
    assert remediation.difference.splitlines()[1:] == [
        f"-    role-to-assume: {HOME.role_arn}",
        f"+    role-to-assume: {SPARE}",
    ]
    assert "release, which stays as it is" in first.does_not_prove


def test_a_role_that_is_too_open_is_mended_first() -> None:
    """Another role would leave the open one where it is, so it is an alternative, and says so."""
    world = sound_world().with_trust(trust("repo:octo-org/octo-repo:*", "StringLike"))
    first, second = beside(world, spare()).diagnosis().paths
    assert [item.id for item in first.remediations] == ["bound-trust"]
    assert any("too open: mend it" in warning for warning in second.remediations[0].warnings)


def test_the_right_arn_is_named_where_the_runs_own_role_is_absent() -> None:
    (no_role,) = (defect for defect in DEFECTS if defect.name == "no role")
    first = beside(broken([no_role]), spare()).diagnosis().paths[0]
    assert first.opens_all
    assert first.remediations[0].changes[0].values == (SPARE,)


def test_what_no_role_can_mend_is_mended_beside_it() -> None:
    world = sound_world().with_policy(policy(allow("s3:GetObject", "arn:aws:s3:::b/k")))
    world = world.with_account(provider=Absent("OIDC provider")).with_job(permissions=(("contents", "read"),))
    first = beside(world, spare()).diagnosis().paths[0]
    assert [item.id for item in first.remediations] == ["grant-id-token", "create-oidc-provider", "use-role-spare"]
    assert first.opens_all


UNFIT = {
    "trust too open": {"role": Role(arn_of(SPARE), "spare", trust("repo:octo-org/*", "StringLike"), 3600)},
    "another subject": {
        "role": Role(arn_of(SPARE), "spare", trust("repo:octo-org/octo-repo:ref:refs/heads/main"), 3600),
    },
    "too much": {"inline_policies": Known((NamedPolicy("all", policy(allow("ecr:*", "*"))),))},
    "too little": {"inline_policies": Known(())},
    "a boundary": {"boundary": Known(NamedPolicy("edge", policy(allow("s3:*", "*"))))},
}


@pytest.mark.parametrize("parts", UNFIT.values(), ids=UNFIT)
def test_a_role_that_does_not_fit_is_not_offered(parts: dict[str, object]) -> None:
    world = sound_world().with_policy(policy(allow("ecr:GetAuthorizationToken", "*")))
    found = beside(world, spare(**parts)).diagnosis()
    assert over_a_role(found) == []
    assert found.paths == world.diagnosis().paths
    assert found.unknown == world.diagnosis().unknown


@pytest.mark.parametrize("part", ["inline_policies", "attached_policies", "boundary"])
def test_a_role_that_could_not_be_read_is_not_offered_and_is_said_to_be_in_doubt(part: str) -> None:
    world = sound_world().with_policy(policy(allow("ecr:GetAuthorizationToken", "*")))
    found = beside(world, spare(**{part: DENIED})).diagnosis()
    assert over_a_role(found) == []
    (doubt,) = (missing for missing in found.unknown if SPARE in missing.what)
    assert doubt.permission == "iam:GetRolePolicy"


def test_where_control_policies_cannot_be_read_no_role_is_proved() -> None:
    world = sound_world().with_policy(policy(allow("ecr:GetAuthorizationToken", "*"))).with_account(scps=DENIED)
    found = beside(world, spare()).diagnosis()
    assert over_a_role(found) == []
    assert any(SPARE in missing.what for missing in found.unknown)


def test_of_many_two_are_offered_those_that_hold_the_least_beside_the_need_first() -> None:
    more = policy(allow("s3:GetObject", "arn:aws:s3:::reports/*"), allow("ecr:GetAuthorizationToken", "*"))
    others = (
        spare(name="a", attached_policies=Known((NamedPolicy("reports", more, arn_of("arn:aws:iam::1:policy/r")),))),
        spare(name="b"),
        spare(name="c"),
    )
    world = sound_world().with_policy(policy(allow("ecr:GetAuthorizationToken", "*")))
    offered = [path.remediations[0].id for path in over_a_role(beside(world, *others).diagnosis())]
    assert offered == ["use-role-b", "use-role-c"]
    (alone,) = over_a_role(beside(world, others[0]).diagnosis())
    assert any("s3:GetObject" in warning for warning in alone.remediations[0].warnings)


def test_a_role_that_the_case_file_states_does_not_stand_in_the_way() -> None:
    world = sound_world().with_policy(policy(allow("ecr:GetAuthorizationToken", "*")))
    world = replace(world, case=Case(role_arn=arn_of(HOME.role_arn))).with_inputs(
        ("role-to-assume", "${{ vars.ROLE }}")
    )
    first = beside(world, spare()).diagnosis().paths[0]
    assert first.opens_all
    assert first.remediations[0].changes[0].values == (SPARE,)
    assert "-    role-to-assume: ${{ vars.ROLE }}" in first.remediations[0].difference
    assert "other workflows may take their role from that value" in first.remediations[0].words


def test_a_role_that_a_dispatch_names_is_given_there_and_the_file_stays() -> None:
    world = sound_world().with_policy(policy(allow("ecr:GetAuthorizationToken", "*")))
    given = (("role", HOME.role_arn),)
    workflow = replace(world.workflow, inputs=given, given_inputs=given)
    world = replace(world, workflow=workflow).with_inputs(("role-to-assume", "${{ inputs.role }}"))
    first = beside(world, spare()).diagnosis().paths[0]
    assert first.opens_all
    (remediation,) = first.remediations
    assert "with the input `role` set to" in remediation.words
    assert f"--ref release -f role={SPARE}" in remediation.aws_cli
    assert "The file stays the same" in remediation.verify
    assert remediation.difference == ""
    pushed = replace(world, attempt=replace(world.attempt, event="push"))
    (remediation,) = beside(pushed, spare()).diagnosis().paths[0].remediations
    assert remediation.aws_cli == ""
    assert "+    role-to-assume" in remediation.difference


def test_what_the_workflow_would_lose_and_what_else_takes_the_role_is_said() -> None:
    logs = allow(["s3:PutObject", "s3:GetObject"], "arn:aws:s3:::logs/*")
    world = two_role_world().with_policy(policy(allow("ecr:GetAuthorizationToken", "*"), logs))
    again = credentials(HOME, "Again")
    world = world.with_job(steps=(*world.workflow.jobs[0].steps, again))
    reads = Known((NamedPolicy("logs", policy(allow("s3:GetObject", "*")), arn_of("arn:aws:iam::1:policy/logs")),))
    (path,) = over_a_role(beside(world, spare(attached_policies=reads)).diagnosis())
    warnings = path.remediations[0].warnings
    assert "release is assumed by 1 other step too; this leaves them as they are." in warnings
    assert any("s3:PutObject on arn:aws:s3:::logs/*; spare does not" in warning for warning in warnings)


def test_the_subject_that_cloudtrail_saw_counts_for_the_other_role_too() -> None:
    """Without the event two forms of the subject are possible, and only one of them is admitted."""
    presented = "repo:octo-org@583231/octo-repo@456789:ref:refs/heads/release"
    world = sound_world().with_policy(policy(allow("ecr:GetAuthorizationToken", "*"))).with_trust(trust(presented))
    told = Unreadable("OIDC customization", "not read", "read it")
    world = replace(world, attempt=replace(world.attempt, oidc_customization=told))
    other = spare(role=Role(arn_of(SPARE), "spare", trust(presented), 3600))
    event = TrailEvent("AssumeRoleWithWebIdentity", "sts", NOW, presented, HOME.role_arn, "e-1", subject=presented)
    seen = world.with_account(trail=Known(Trail(NOW, NOW, (event,))))
    assert over_a_role(beside(world, other).diagnosis()) == []
    assert len(over_a_role(beside(seen, other).diagnosis())) == 1


@pytest.mark.parametrize("ground", GROUNDS.values(), ids=GROUNDS)
def test_roles_are_looked_for_only_where_the_runs_own_is_at_fault(ground: Ground) -> None:
    world = sound_world(ground)
    assert searched(world) is None
    assert searched(world.with_account(provider=Absent("provider"))) is None
    search = searched(world.with_policy(policy(allow("ecr:GetAuthorizationToken", "*"))))
    assert search is not None
    assert search.fits(spare(ground).role.arn, trust(ground=ground))
    assert not search.fits(arn_of(ground.role_arn), trust(ground=ground))
    assert not search.fits(arn_of(SPARE), trust("repo:octo-org/octo-repo:*", "StringLike", ground=ground))
    assert not search.fits(arn_of(SPARE), policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}))
    assert not search.fits(arn_of(SPARE), read_document("token.actions.githubusercontent.com, and no policy"))


def test_roles_are_not_looked_for_where_the_runs_own_could_not_be_seen() -> None:
    world = sound_world().with_policy(policy(allow("ecr:GetAuthorizationToken", "*")))
    assert searched(world.with_account(role=DENIED)) is None
    assert searched(world.with_inputs(("role-chaining", "true"))) is None
