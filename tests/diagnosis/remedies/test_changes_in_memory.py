"""A change is made on what was read: what was not read stays unread, and what was cannot be lost."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from arns import arn_of
from small_world import HOME, allow, policy, sound_world, trust

from diagnosis.diagnose import replays_of
from diagnosis.facts.account import AccountState, NamedPolicy, ScpLevel
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.policy import read_document
from diagnosis.remedies.changed_account import applied
from diagnosis.remedies.changed_run import edited
from diagnosis.remedies.edits.grant_proof import granted_beyond
from diagnosis.remedies.edits.narrowing import excepting, narrowed
from diagnosis.verdicts.remediation import Change, ChangeKind

DOCUMENT = policy(allow("ecr:PutImage", HOME.repository_arn))
ROLE = arn_of(HOME.role_arn)
MANAGED = arn_of("arn:aws:iam::123456789012:policy/team/extra")
UNREAD = Unreadable("it", "403", "give the permission")
ACCOUNT = sound_world().account


@pytest.mark.parametrize(
    ("change", "unread"),
    [
        (Change(ChangeKind.PUT_INLINE_POLICY, "release", DOCUMENT), {"inline_policies": UNREAD}),
        (Change(ChangeKind.DELETE_INLINE_POLICY, "release"), {"inline_policies": UNREAD}),
        (Change(ChangeKind.REPLACE_ATTACHED_POLICY, MANAGED, DOCUMENT), {"attached_policies": UNREAD}),
        (Change(ChangeKind.ATTACH_POLICY, MANAGED, DOCUMENT), {"attached_policies": UNREAD}),
        (Change(ChangeKind.REPLACE_TRUST_POLICY, ROLE, trust()), {"role": UNREAD}),
        (Change(ChangeKind.ADD_AUDIENCE, ROLE, values=("x",)), {"provider": UNREAD}),
        (Change(ChangeKind.REPLACE_BOUNDARY, MANAGED, DOCUMENT), {"boundary": UNREAD}),
        (Change(ChangeKind.REPLACE_SERVICE_CONTROL_POLICY, MANAGED, DOCUMENT), {"scps": UNREAD}),
        (Change(ChangeKind.REPLACE_RESOURCE_CONTROL_POLICY, MANAGED, DOCUMENT), {"rcps": UNREAD}),
        (Change(ChangeKind.OUTSIDE, "an endpoint policy"), {}),
        (Change(ChangeKind.DISPATCH_ON_REF, "refs/heads/main"), {}),
    ],
    ids=lambda value: value.kind.value if isinstance(value, Change) else "",
)
def test_what_was_not_read_stays_unread(change: Change, unread: dict[str, object]) -> None:
    account = replace(ACCOUNT, **unread)  # type: ignore[arg-type] # fields by name
    assert applied((change,), account) == account


def policies(account: AccountState) -> dict[str, str]:
    assert isinstance(account.attached_policies, Known)
    return {item.name: item.document.text for item in account.attached_policies.value}


def test_an_attached_policy_is_replaced_beside_others_and_taken_off_without_a_document() -> None:
    other = NamedPolicy("other", DOCUMENT, arn_of("arn:aws:iam::123456789012:policy/other"))
    extra = NamedPolicy("extra", DOCUMENT, MANAGED)
    account = replace(ACCOUNT, attached_policies=Known((other, extra)))
    new = policy(allow("ecr:*", "*"))
    changed = applied((Change(ChangeKind.REPLACE_ATTACHED_POLICY, MANAGED, new),), account)
    assert policies(changed) == {"other": DOCUMENT.text, "extra": new.text}
    assert policies(applied((Change(ChangeKind.REPLACE_ATTACHED_POLICY, MANAGED),), changed)) == {
        "other": DOCUMENT.text
    }


def test_a_repository_policy_without_a_document_is_gone() -> None:
    account = replace(ACCOUNT, repository_policy=Known(NamedPolicy("shop", DOCUMENT)))
    gone = applied((Change(ChangeKind.REPLACE_REPOSITORY_POLICY, "shop"),), account)
    assert isinstance(gone.repository_policy, Absent)


def test_a_control_policy_is_replaced_at_every_level_where_it_is_attached() -> None:
    own = NamedPolicy("guard", DOCUMENT, MANAGED)
    levels = (ScpLevel("root", (own,)), ScpLevel("unit", (NamedPolicy("full", DOCUMENT), own)))
    new = policy(allow("*", "*"))
    change = Change(ChangeKind.REPLACE_SERVICE_CONTROL_POLICY, MANAGED, new)
    changed = applied((change,), replace(ACCOUNT, scps=Known(levels))).scps
    assert isinstance(changed, Known)
    texts = [[item.document.text for item in level.policies] for level in changed.value]
    assert texts == [[new.text], [DOCUMENT.text, new.text]]


def edit(target: str, *values: str) -> Change:
    return Change(ChangeKind.EDIT_WORKFLOW, target, values=values)


def test_an_edit_of_the_workflow_leaves_what_it_does_not_name() -> None:
    world = sound_world()
    (replay,) = replays_of((world.run,), world.case)
    for changes in (
        (edit("something-else", "x"),),
        (edit("role-to-assume", "no ARN"),),
        (Change(ChangeKind.OUTSIDE, "x"),),
    ):
        after, account = edited(changes, replay, world.account)
        assert after.workflow == replay.workflow or changes[0].target == "role-to-assume"
        assert account == world.account
    unread = replace(world, attempt=world.attempt)
    (bare,) = replays_of((unread.attempt,), world.case)
    after, _ = edited((edit("audience", "x"),), bare, world.account)
    assert after.workflow == bare.workflow
    assert after.facts.audience is not None
    assert after.facts.audience.value == "x"


def test_a_role_of_which_nothing_was_read_is_asked_about_with_nothing_read() -> None:
    world = sound_world()
    (replay,) = replays_of((world.run,), world.case)
    other = "arn:aws:iam::123456789012:role/other"
    after, account = edited((edit("role-to-assume", other),), replay, world.account)
    assert after.facts.role_arn is not None
    assert str(account.question.role_arn) == other
    assert account.role == world.account.role


@pytest.mark.parametrize(
    ("before", "after", "beyond"),
    [
        ("ecr:PutImage", ["ecr:PutImage", "ecr:BatchGetImage"], True),
        (["ecr:PutImage", "ecr:BatchGetImage"], "ecr:PutImage", None),
        ("ecr:PutImage", "ecr:PutImage", False),
    ],
)
def test_a_change_that_takes_something_away_opens_nothing(before: object, after: object, beyond: bool | None) -> None:
    documents = [policy(allow(actions, HOME.repository_arn)) for actions in (before, after)]  # type: ignore[arg-type] # JSON by hand
    found = granted_beyond(*documents, ())
    assert (None if found is None else bool(found)) is beyond


def test_a_deny_of_two_repositories_lets_go_of_the_needed_one() -> None:
    others = [HOME.repository_arn, f"{HOME.repository_arn}-other"]
    deny = {"Effect": "Deny", "Action": "ecr:PutImage", "Resource": others}
    pairs = (("ecr:PutImage", HOME.repository_arn),)
    left = narrowed(policy(deny), pairs, HOME.role_arn, ROLE, of_role=True)
    assert left is not None
    assert json.loads(left.text)["Statement"] == [{**deny, "Resource": others[1]}]
    exactly = {**deny, "Resource": HOME.repository_arn}
    nothing = narrowed(policy(exactly), pairs, HOME.role_arn, ROLE, of_role=True)
    assert nothing is not None
    assert json.loads(nothing.text)["Statement"] == []


@pytest.mark.parametrize("condition", ["text", {"ArnNotEquals": "text"}])
def test_a_deny_whose_condition_is_no_condition_is_left_as_it_is(condition: object) -> None:
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}
    assert excepting(statement, ROLE) == statement  # type: ignore[arg-type] # foreign JSON


def test_an_unparsable_policy_is_not_narrowed() -> None:
    with pytest.raises(ValueError, match="not JSON"):
        narrowed(read_document("{"), (("ecr:PutImage", "*"),), HOME.role_arn, ROLE, of_role=True)
