"""The statement that is marked is the one that decides: without it the verdict is another, whatever the world's defect."""

from __future__ import annotations

from dataclasses import replace

import pytest
from seeded_defects import DEFECTS, Defect, broken
from small_world import GROUNDS, HOME, ISSUER, World, allow, policy, sound_world, trust_statement, two_role_world
from thoroughness import some

from diagnosis.account_view.documents import DocumentKind
from diagnosis.account_view.sessions import session_views
from diagnosis.account_view.view import Part, SessionView
from diagnosis.diagnose import question_of, replays_of
from diagnosis.facts.account import NamedPolicy, ScpLevel
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.gates import Gate, Verdict
from diagnosis.policy import Policy
from diagnosis.policy.language.tree import statements
from diagnosis.verdicts.gate_verdict import Missing

TRUST, LOGIN = Gate.ROLE_ASSUMPTION, Gate.REGISTRY_AUTHORIZATION
OWN = (DocumentKind.INLINE, DocumentKind.MANAGED)
KINDS = {
    "subject-not-admitted": (DocumentKind.TRUST,), "trust-explicit-deny": (DocumentKind.TRUST,),
    "oidc-provider-absent": (DocumentKind.PROVIDER,),
    "audience-not-admitted": (DocumentKind.PROVIDER, DocumentKind.TRUST),
    "boundary": (DocumentKind.BOUNDARY,), "scp": (DocumentKind.SCP,), "resource-control-policy": (DocumentKind.RCP,),
    "repository-policy-deny": (DocumentKind.REPOSITORY,), "push-scope": OWN, "pull-scope": OWN,
    "get-authorization-token": OWN, "wildcard-escalation": OWN,
    "trust-too-open": (DocumentKind.TRUST,), "second-door": (DocumentKind.TRUST,), "session-policy": (DocumentKind.SESSION,),
}  # fmt: skip
"""In which document a cause lies; other causes lie in the workflow, or in what is no document."""


def viewed(world: World) -> tuple[SessionView, ...]:
    (replay,) = replays_of((world.run,), world.case)
    return session_views(replay, world.asked(question_of(replay, world.case)), world.case)


@pytest.mark.parametrize("defect", some(DEFECTS, 6), ids=lambda defect: defect.name)
def test_what_stands_in_the_way_is_marked_in_its_document(defect: Defect) -> None:
    (first, *_) = viewed(broken([defect]))
    kinds = KINDS.get(defect.cause, ())
    wrong = [verdict for verdict in first.gates if verdict.verdict is Verdict.FAIL and verdict.cause == defect.cause]
    for verdict in wrong if kinds else ():
        marked = [item for item in first.decides(verdict.gate) if item.part not in (Part.ALLOWS, Part.ALSO)]
        assert {first.documents[item.document].kind for item in marked} & set(kinds), verdict.reason
    for _, found in first.deciding:
        for item in found:
            reading = first.documents[item.document].reading
            assert item.why
            if item.statement is not None:
                assert isinstance(reading, Known)
                assert isinstance(reading.value.policy, Policy)
                assert item.statement < len(reading.value.policy.statements)


@pytest.mark.parametrize("ground", some(list(GROUNDS), 2))
def test_without_a_statement_that_allows_the_gate_does_not_pass(ground: str) -> None:
    world = sound_world(GROUNDS[ground])
    world = replace(
        world,
        account=replace(
            world.account,
            scps=Known(
                (ScpLevel("Root", (NamedPolicy("All", policy(allow("*", "*"))),)),
                 ScpLevel("Unit", (NamedPolicy("Deny", policy({"Effect": "Deny", "Action": "s3:*", "Resource": "*"})),
                                   NamedPolicy("All", policy(allow("*", "*")))))),
            ),
        ),
    )  # fmt: skip
    (view,) = viewed(world)
    assert {verdict.verdict for verdict in view.gates} == {Verdict.PASS}
    opening = [item for item in view.decides(LOGIN) if item.part is Part.ALLOWS]
    beside = {(view.documents[item.document].place, view.documents[item.document].name, item.statement)
              for item in view.decides(LOGIN) if item.part is Part.ALSO}  # fmt: skip
    assert beside == {("Root", "All", 0), ("Unit", "All", 0)}
    marked = [use for item in opening for use in item.uses]
    wanted = [f"{need.action} on {need.resource}" for need in view.needs]
    across = [use for use in wanted if ground == "two accounts" and not use.endswith(" on *")]
    assert sorted(marked) == sorted([*wanted, *across]), "across accounts both sides have to allow"
    for item in opening:
        document = view.documents[item.document]
        assert isinstance(document.reading, Known)
        every = statements(document.reading.value.editable())
        left = policy(*(each for place, each in enumerate(every) if place != item.statement))
        changed = (
            world.with_policy(left)
            if document.kind is DocumentKind.INLINE
            else world.with_account(repository_policy=Known(NamedPolicy(document.name, left)))
        )
        (after,) = viewed(changed)
        assert after.at(LOGIN).verdict is Verdict.FAIL  # type: ignore[union-attr] # the gate is always asked
        stops = after.decides(LOGIN)
        goes_on = (Part.ALLOWS, Part.ALSO)
        assert set(item.uses) <= {use for stop in stops if stop.part not in goes_on for use in stop.uses}
        assert [stop.part in goes_on for stop in stops] == sorted(stop.part in goes_on for stop in stops)


def test_a_deny_is_marked_wherever_it_stands_and_without_it_the_release_goes_on() -> None:
    denial = {"Effect": "Deny", "Action": "ecr:PutImage", "Resource": "*"}
    levels = (
        ScpLevel("Root", (NamedPolicy("All", policy(allow("*", "*"))),)),
        ScpLevel("Unit", (NamedPolicy("All", policy(allow("*", "*"))), NamedPolicy("NoPush", policy(denial)))),
    )
    attached = (
        NamedPolicy("readonly", policy(allow("ecr:Describe*", "*"))),
        NamedPolicy("guard", policy(allow("ecr:List*", "*"), denial)),
        NamedPolicy("second guard", policy(denial)),
    )
    world = sound_world().with_account(scps=Known(levels), attached_policies=Known(attached))
    (view,) = viewed(world)
    denied = [item for item in view.decides(LOGIN) if item.part is Part.DENIES]
    named = [
        (view.documents[item.document].kind, view.documents[item.document].name, item.statement) for item in denied
    ]
    guards = [(DocumentKind.MANAGED, "guard", 1), (DocumentKind.MANAGED, "second guard", 0)]
    assert named == [*guards, (DocumentKind.SCP, "NoPush", 0)]
    mended = world.with_account(scps=Known(levels[:1]), attached_policies=Known(attached[:1]))
    assert viewed(mended)[0].at(LOGIN).verdict is Verdict.PASS  # type: ignore[union-attr] # the gate is always asked


def test_a_list_that_was_not_read_moves_no_mark_to_another_document() -> None:
    gap = Unreadable("inline policies of role release", "access was denied", "grant it", "iam:GetRolePolicy")
    whole = NamedPolicy("push", policy(*sound_world().policy))
    (view,) = viewed(sound_world().with_account(inline_policies=gap, attached_policies=Known((whole,))))
    kinds = {view.documents[item.document].name for item in view.decides(LOGIN) if item.statement is not None}
    assert kinds <= {"push"}
    (unread,) = [item for item in view.documents if item.kind is DocumentKind.INLINE]
    assert unread.reading == gap


def test_too_open_a_trust_and_too_wide_a_grant_are_marked_at_least_privilege_with_who_and_what() -> None:
    wide = trust_statement("repo:octo-org/*", "StringLike")
    door = {"Sid": "Door", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    world = sound_world().with_trust(policy(trust_statement(), wide | {"Sid": "Wide"}, door))
    world = world.with_policy(policy(*world.policy, allow("iam:*", "*")))
    (view,) = viewed(world)
    marks = [item for item in view.decides(Gate.LEAST_PRIVILEGE) if item.part is Part.BEYOND]
    named = {(view.documents[item.document].kind, item.statement) for item in marks}
    assert {(DocumentKind.TRUST, 1), (DocumentKind.TRUST, 2), (DocumentKind.INLINE, 2)} <= named


def test_each_session_of_a_release_has_its_own_role_s_documents() -> None:
    views = viewed(two_role_world())
    assert len({view.role_arn for view in views}) > 1
    for view in views:
        (trusted,) = [item for item in view.documents if item.kind is DocumentKind.TRUST]
        assert view.role_arn is not None
        assert trusted.name == view.role_arn.name


def test_of_a_role_that_was_not_read_nothing_is_said_but_that() -> None:
    gap = Unreadable("role release", "access was denied", "grant it", "iam:GetRole")
    (view,) = viewed(sound_world().with_account(role=gap))
    assert view.decides(TRUST) == ()
    assert isinstance(view.admission, Missing)
    assert view.admission.permission == "iam:GetRole"
    assert str(HOME.role_arn).endswith(view.role_arn.name if view.role_arn else "?")


def test_the_work_can_be_given_up_between_sessions() -> None:
    world = two_role_world()
    (replay,) = replays_of((world.run,), world.case)
    account = world.asked(question_of(replay, world.case))
    told: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        told.append((done, total))
        if done == 1:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        session_views(replay, account, world.case, stop)
    assert told[0][0] == 0


def test_the_statement_that_admits_is_one_that_admits_whatever_is_not_known() -> None:
    unsure = trust_statement("repo:octo-org/*", "StringLike", Sid="Unsure")
    unsure["Condition"]["StringEquals"][f"{ISSUER}:actor_id"] = "77"  # type: ignore[index] # a dict
    (view,) = viewed(sound_world().with_trust(policy(unsure, trust_statement())))
    assert view.at(TRUST).verdict is Verdict.PASS  # type: ignore[union-attr] # the gate is always asked
    assert [(item.part, item.statement) for item in view.decides(TRUST)] == [(Part.ALLOWS, 1)]


def test_what_is_granted_is_told_where_no_need_is_known() -> None:
    world = sound_world().with_job(steps=()).with_policy(policy(allow("ecr:*", "*")))
    (view,) = viewed(world)
    assert not view.needs
    assert any("ecr:PutImage" in grant.actions for grant in view.withheld)


def test_what_hangs_on_something_unknown_is_marked_where_it_hangs() -> None:
    gap = Unreadable("attached policies", "access was denied", "grant it", "iam:ListAttachedRolePolicies")
    bare = policy(allow("ecr:GetAuthorizationToken", "*"))
    tagged = policy(
        {**allow("ecr:*", "*"), "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}}, allow("*", "*")
    )
    guarded = {"Effect": "Deny", "Action": "ecr:PutImage", "Resource": "*"} | {
        "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}
    }
    levels = (ScpLevel("Root", (NamedPolicy("All", policy(allow("*", "*"), guarded)),)),)
    worlds = (
        (sound_world().with_policy(bare).with_account(attached_policies=gap), {(DocumentKind.MANAGED, None)}),
        (sound_world().with_account(boundary=gap), {(DocumentKind.BOUNDARY, None)}),
        (sound_world().with_account(scps=gap), {(DocumentKind.SCP, None)}),
        (sound_world().with_account(scps=Known(levels)), {(DocumentKind.SCP, 1)}),
        (sound_world().with_policy(policy(*statements(tagged.editable())[:1])), {(DocumentKind.INLINE, 0)}),
    )
    for world, expected in worlds:
        (view,) = viewed(world)
        assert view.at(LOGIN).verdict is Verdict.UNKNOWN  # type: ignore[union-attr] # the gate is always asked
        hanging = [item for item in view.decides(LOGIN) if item.part is Part.OPEN]
        assert {(view.documents[item.document].kind, item.statement) for item in hanging} == expected
        assert all(item.why for item in hanging)


def test_each_level_that_does_not_allow_is_marked_and_no_other_is() -> None:
    everything, some_of_s3 = policy(allow("*", "*")), policy({"Effect": "Deny", "Action": "s3:*", "Resource": "*"})
    levels = (
        ScpLevel("Root", (NamedPolicy("All", everything),)),
        ScpLevel("Bare", ()),
        ScpLevel("Unit", (NamedPolicy("NoS3", some_of_s3),)),
        ScpLevel("Account", (NamedPolicy("Other", policy(allow("s3:*", "*"))),)),
    )
    (view,) = viewed(sound_world().with_account(scps=Known(levels)))
    marked = {(view.documents[item.document].place, item.statement, item.part) for item in view.decides(LOGIN)}
    assert marked >= {("Bare", None, Part.SILENT), ("Unit", None, Part.SILENT), ("Account", 0, Part.NEAREST)}
    assert not [item for item in marked if item[0] == "Root"]


def test_too_much_is_marked_in_the_policy_that_grants_it_though_another_has_its_name() -> None:
    managed = (NamedPolicy("release", policy(allow("sts:GetCallerIdentity", "*"), allow("iam:*", "*"))),)
    (view,) = viewed(sound_world().with_account(attached_policies=Known(managed)))
    marks = view.decides(Gate.LEAST_PRIVILEGE)
    assert {(view.documents[item.document].kind, item.statement) for item in marks} == {(DocumentKind.MANAGED, 1)}
