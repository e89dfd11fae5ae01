"""What cannot be edited where it stands: a policy of AWS's own, a document without meaning."""

from __future__ import annotations

import pytest
from arns import arn_of
from small_world import EIGHT, HOME, allow, policy, sound_world

from diagnosis.facts.account import NamedPolicy
from diagnosis.facts.reading import Known
from diagnosis.gates import Verdict
from diagnosis.policy import read_document
from diagnosis.policy.language.tree import statements
from diagnosis.verdicts.remediation import ChangeKind

GUARD = arn_of("arn:aws:iam::aws:policy/Guard")
BROKEN = read_document("{")


def test_a_deny_in_a_policy_of_awss_own_is_narrowed_in_a_copy_of_the_roles_own() -> None:
    deny = {"Effect": "Deny", "Action": ["ecr:PutImage", "ecr:DeleteRepository"], "Resource": "*"}
    diagnosis = (
        sound_world().with_account(attached_policies=Known((NamedPolicy("Guard", policy(deny), GUARD),))).diagnosis()
    )
    (first, *_) = diagnosis.paths[0].remediations
    off, copy = first.changes
    assert (off.kind, off.target, off.document) == (ChangeKind.REPLACE_ATTACHED_POLICY, GUARD, None)
    assert (copy.kind, copy.target) == (ChangeKind.PUT_INLINE_POLICY, "Guard-narrowed")
    assert copy.document is not None
    assert statements(copy.document.tree) == [
        {**deny, "Action": "ecr:DeleteRepository"},
        {"Effect": "Deny", "Action": "ecr:PutImage", "NotResource": HOME.repository_arn},
    ]
    assert diagnosis.paths[0].passes_run


def test_a_deny_of_nothing_but_the_need_comes_off_the_role() -> None:
    deny = {"Effect": "Deny", "Action": "ecr:PutImage", "Resource": HOME.repository_arn}
    diagnosis = (
        sound_world().with_account(attached_policies=Known((NamedPolicy("Guard", policy(deny), GUARD),))).diagnosis()
    )
    (change,) = diagnosis.paths[0].remediations[0].changes
    assert (change.target, change.document) == (GUARD, None)
    assert diagnosis.paths[0].opens_all


@pytest.mark.parametrize("part", ["boundary", "repository_policy"])
def test_beside_a_document_without_meaning_nothing_is_offered_for_it(part: str) -> None:
    diagnosis = sound_world().with_account(**{part: Known(NamedPolicy(part, BROKEN))}).diagnosis()
    assert diagnosis.live.gates[2].verdict is Verdict.UNKNOWN
    assert diagnosis.paths == ()


def test_beside_a_document_without_meaning_what_is_missing_is_still_granted() -> None:
    world = sound_world().with_policy(
        policy(allow("ecr:GetAuthorizationToken", "*"), allow(EIGHT[1:], HOME.repository_arn))
    )
    diagnosis = world.with_account(attached_policies=Known((NamedPolicy("x", BROKEN),))).diagnosis()
    assert diagnosis.live.gates[2].verdict is not Verdict.PASS
    for path in diagnosis.paths:
        assert not path.opens_all
        assert all(change.target != "x" for item in path.remediations for change in item.changes)


def test_a_trust_policy_without_meaning_is_not_patched() -> None:
    diagnosis = sound_world().with_trust(BROKEN).diagnosis()
    assert diagnosis.live.gates[1].verdict is Verdict.UNKNOWN
    kinds = [change.kind for item in diagnosis.remediations for change in item.changes]
    assert ChangeKind.REPLACE_TRUST_POLICY not in kinds
