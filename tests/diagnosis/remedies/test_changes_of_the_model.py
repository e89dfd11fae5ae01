"""A change is made on the model of the account alone, and never on a part that was not read."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta

import pytest
from arns import arn_of
from small_world import ACCOUNT, HOME, NAME, NOW, allow, policy, sound_world

from diagnosis.diagnose import replays_of
from diagnosis.facts.account import AccountQuestion, AccountState, NamedPolicy, ScpLevel
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.facts.trail import Trail, TrailEvent
from diagnosis.live.observed_subject import SESSION_EVENT
from diagnosis.remedies.changed_account import applied
from diagnosis.remedies.changed_run import edited
from diagnosis.verdicts.remediation import Change, ChangeKind

MANAGED = arn_of(f"arn:aws:iam::{ACCOUNT}:policy/release")
DOCUMENT = policy(allow("ecr:PutImage", HOME.repository_arn))
UNREAD = AccountState(AccountQuestion())
MODELLED = [
    Change(ChangeKind.PUT_INLINE_POLICY, "release", DOCUMENT),
    Change(ChangeKind.DELETE_INLINE_POLICY, "release"),
    Change(ChangeKind.REPLACE_ATTACHED_POLICY, MANAGED, DOCUMENT),
    Change(ChangeKind.ATTACH_POLICY, MANAGED, DOCUMENT),
    Change(ChangeKind.REPLACE_TRUST_POLICY, arn_of(HOME.role_arn), DOCUMENT),
    Change(ChangeKind.ADD_AUDIENCE, arn_of(HOME.provider_arn), values=("b",)),
    Change(ChangeKind.REPLACE_BOUNDARY, MANAGED, DOCUMENT),
    Change(ChangeKind.REPLACE_SERVICE_CONTROL_POLICY, MANAGED, DOCUMENT),
    Change(ChangeKind.REPLACE_RESOURCE_CONTROL_POLICY, MANAGED, DOCUMENT),
]


@pytest.mark.parametrize("change", MODELLED, ids=lambda change: change.kind.value)
def test_what_was_not_read_stays_unread(change: Change) -> None:
    after = applied([change], UNREAD)
    for part in fields(AccountState):
        if isinstance(getattr(UNREAD, part.name), Unreadable):
            assert isinstance(getattr(after, part.name), Unreadable), part.name


def test_a_role_without_inline_policies_gets_its_first() -> None:
    before = replace(UNREAD, inline_policies=Absent("inline policies"))
    after = applied([Change(ChangeKind.PUT_INLINE_POLICY, "release", DOCUMENT)], before)
    assert after.inline_policies == Known((NamedPolicy("release", DOCUMENT),))


def test_a_repository_policy_is_put_and_taken_away() -> None:
    put = applied([Change(ChangeKind.REPLACE_REPOSITORY_POLICY, NAME, DOCUMENT)], UNREAD)
    assert put.repository_policy == Known(NamedPolicy(NAME, DOCUMENT))
    gone = applied([Change(ChangeKind.REPLACE_REPOSITORY_POLICY, NAME)], put)
    assert isinstance(gone.repository_policy, Absent)


def test_a_managed_policy_comes_on_and_goes_off_the_role() -> None:
    bare = replace(UNREAD, attached_policies=Known(()))
    on = applied([Change(ChangeKind.ATTACH_POLICY, MANAGED, DOCUMENT)], bare)
    assert on.attached_policies == Known((NamedPolicy("release", DOCUMENT, MANAGED),))
    assert applied([Change(ChangeKind.REPLACE_ATTACHED_POLICY, MANAGED)], on) == bare


def test_a_control_policy_changes_wherever_it_hangs_and_no_other() -> None:
    own, other = NamedPolicy("a", policy(), MANAGED), NamedPolicy("b", policy())
    before = replace(UNREAD, scps=Known((ScpLevel("r", (own, other)), ScpLevel("a", (own,)))))
    after = applied([Change(ChangeKind.REPLACE_SERVICE_CONTROL_POLICY, MANAGED, DOCUMENT)], before)
    changed = replace(own, document=DOCUMENT)
    assert after.scps == Known((ScpLevel("r", (changed, other)), ScpLevel("a", (changed,))))


def test_in_another_environment_what_cloudtrail_saw_presented_counts_no_more() -> None:
    world = sound_world()
    (run,) = replays_of((world.run,), world.case)
    session = TrailEvent(SESSION_EVENT, "sts", NOW, "", HOME.role_arn, "1", subject=HOME.subject)
    edit = TrailEvent("PutRolePolicy", "iam", NOW, "", "release", "2")
    trail = Known(Trail(NOW - timedelta(days=1), NOW, (session, edit)))
    account = replace(world.account, trail=trail)
    change = Change(ChangeKind.EDIT_WORKFLOW, "environment", values=("production",))
    after_run, after = edited((change,), run, account)
    assert isinstance(after.trail, Known)
    assert after.trail.value.events == (edit,)
    assert after_run.facts.environment is not None
    assert after_run.facts.environment.value == "production"


def test_an_edit_of_a_workflow_without_the_job_changes_nothing() -> None:
    world = sound_world()
    empty = replace(world, workflow=replace(world.workflow, jobs=()))
    (run,) = replays_of((empty.run,), empty.case)
    change = Change(ChangeKind.EDIT_WORKFLOW, "permissions")
    assert edited((change,), run, empty.account) == (run, empty.account)


def test_a_role_that_was_not_read_takes_the_place_of_the_run_s_by_name_alone() -> None:
    world = sound_world()
    (run,) = replays_of((world.run,), world.case)
    other = f"arn:aws:iam::{ACCOUNT}:role/other"
    _, after = edited((Change(ChangeKind.EDIT_WORKFLOW, "role-to-assume", values=(other,)),), run, world.account)
    assert str(after.question.role_arn) == other
    assert after.role == world.account.role
