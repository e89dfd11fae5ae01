"""AWS's limits: inline and managed sizes, policies a role, the length of a trust policy, names that IAM takes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from arns import arn_of
from made_attempts import made_attempt
from small_world import ACCOUNT, Ground, policy, sound_world, trust_statement

from diagnosis.facts.account import (
    EcrRepository,
    NamedPolicy,
)
from diagnosis.facts.reading import Known
from diagnosis.policy import PolicyDocument, read_document
from diagnosis.policy.language.quotas import INLINE_LIMIT, LARGEST_TRUST_LIMIT, TRUST_LIMIT, size
from diagnosis.remedies.rendering import logical_name, policy_name, template
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.remediation import ChangeKind, Remediation

GROUND = Ground(repository="team/shop", role_path="/ci/", branch="main")
NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


def trust(*branches: str) -> PolicyDocument:
    subjects = [f"repo:octo-org/octo-repo:ref:refs/heads/{branch}" for branch in branches]
    statement = trust_statement(subjects, ground=GROUND)
    del statement["Sid"]
    return policy(statement)


def of_size(characters: int, name: str = "reports") -> NamedPolicy:
    """An inline policy about another service that is as near to this size as can be, and not over it."""
    resources: list[str] = []
    document = policy()
    while True:
        resources.append(f"arn:aws:s3:::bucket/{len(resources):06}/*")
        longer = policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": resources})
        if size(longer.text) > characters:
            return NamedPolicy(name, document)
        document = longer


def long_trust(characters: int) -> PolicyDocument:
    """A trust policy that admits other branches, as near to this size as can be, and not over it."""
    number, document = 1, trust("branch-0000")
    while size((longer := trust(*(f"branch-{index:04}" for index in range(number + 1)))).text) <= characters:
        number, document = number + 1, longer
    return document


def diagnosis(document: PolicyDocument | None = None, **parts: object) -> Diagnosis:
    """A release on main that lacks every permission."""
    world = sound_world(GROUND)
    steps = tuple(step for step in world.workflow.jobs[0].steps if step.name != "Digest")
    world = replace(world.with_job(steps=steps), attempt=made_attempt(at=NOW)).with_trust(document or trust("main"))
    repository = EcrRepository(arn_of(GROUND.repository_arn), GROUND.repository, "MUTABLE")
    return world.with_account(**{"inline_policies": Known(()), "repository": Known(repository), **parts}).diagnosis()


def remedy(found: Diagnosis, name: str) -> Remediation:
    return next(item for path in found.paths for item in path.remediations if item.id == name)


def test_a_new_policy_has_a_name_that_iam_takes() -> None:
    mend = remedy(diagnosis(), "mend-role-permissions")
    assert [change.target for change in mend.changes] == ["EcrRelease-team-shop"]
    assert "--policy-name EcrRelease-team-shop" in mend.aws_cli


def test_where_the_inline_policies_are_full_a_managed_policy_takes_what_is_missing() -> None:
    full = (of_size(INLINE_LIMIT - 400),)
    found = diagnosis(inline_policies=Known(full))
    mend = remedy(found, "mend-role-permissions")
    (change,) = mend.changes
    assert change.kind is ChangeKind.ATTACH_POLICY
    assert str(change.target) == f"arn:aws:iam::{ACCOUNT}:policy/EcrRelease-team-shop"
    assert "aws iam create-policy" in mend.aws_cli.replace(" \\\n ", "")
    assert "policy_arn = aws_iam_policy.ecrrelease_team_shop.arn" in mend.terraform
    assert json.loads(mend.cloudformation)["Resources"]["EcrReleaseTeamShop"]["Properties"]["Roles"] == ["release"]
    assert any("inline policies are full" in warning for warning in mend.warnings)
    assert found.paths[0].opens_all


def test_a_role_with_ten_managed_policies_is_told_that_it_does_not_fit() -> None:
    harmless = policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/k"})
    attached = tuple(
        NamedPolicy(f"p{number}", harmless, arn_of(f"arn:aws:iam::{ACCOUNT}:policy/p{number}")) for number in range(10)
    )
    found = diagnosis(inline_policies=Known((of_size(INLINE_LIMIT - 400),)), attached_policies=Known(attached))
    mend = remedy(found, "mend-role-permissions")
    assert mend.changes[0].kind is ChangeKind.PUT_INLINE_POLICY
    assert any(f"of {INLINE_LIMIT} characters: AWS refuses that" in warning for warning in mend.warnings)


def test_a_trust_policy_over_its_default_quota_is_warned_of() -> None:
    admit = remedy(diagnosis(long_trust(TRUST_LIMIT)), "admit-subject")
    assert any(f"the quota is {TRUST_LIMIT}" in warning for warning in admit.warnings)
    assert remedy(diagnosis(trust("dev")), "admit-subject").warnings == ()


def test_a_trust_policy_that_cannot_grow_is_not_offered_a_larger_one() -> None:
    nearly = long_trust(LARGEST_TRUST_LIMIT).text
    filled = nearly.replace("branch-0000", "branch-0000" + "x" * (LARGEST_TRUST_LIMIT - size(nearly)))
    assert size(filled) == LARGEST_TRUST_LIMIT
    found = diagnosis(read_document(filled))
    offered = {item.id for path in found.paths for item in path.remediations}
    assert "admit-subject" not in offered
    assert any(name.startswith("dispatch-on-") for name in offered)


def test_a_roles_path_is_kept_in_what_stacks_own() -> None:
    admit = remedy(diagnosis(trust("dev")), "admit-subject")
    (resource,) = json.loads(admit.cloudformation)["Resources"].values()
    assert resource["Properties"]["Path"] == "/ci/"
    assert 'path = "/ci/"' in admit.terraform


@pytest.mark.parametrize(
    ("text", "name"), [("EcrRelease-a/b", "EcrRelease-a-b"), ("/", "release"), ("x" * 200, "x" * 128), ("ä b", "b")]
)
def test_names_of_policies(text: str, name: str) -> None:
    assert policy_name(text) == name


def test_logical_ids_begin_with_a_letter_and_stay_apart() -> None:
    assert logical_name("9-lives") == "Resource9Lives"
    made = json.loads(template([("a-b", "AWS::IAM::Role", {}), ("a_b", "AWS::IAM::Role", {})]))
    assert list(made["Resources"]) == ["AB", "AB2"]
