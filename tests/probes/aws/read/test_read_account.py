"""One account read whole, and each part of it where something is in the way."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import pytest
from arns import arn_of
from aws_worlds import (
    ACCOUNT,
    BOUNDARY_ARN,
    DIGEST,
    MANAGED_ARN,
    NOON,
    PROVIDER_ARN,
    QUESTION,
    ROLE_ARN,
    TRUST,
    access,
    allow,
)

from diagnosis.facts.account import AccountQuestion, AccountState
from diagnosis.facts.evidence import EvidenceKind, Origin
from diagnosis.facts.reading import Absent, Known, Unreadable
from probes.aws.read.account import read_account
from probes.embedded.in_process_aws import InProcessAws
from probes.ledger import Ledger

PARTS = [
    "identity",
    "provider",
    "role",
    "inline_policies",
    "attached_policies",
    "boundary",
    "scps",
    "rcps",
    "organization",
    "repository",
    "repository_policy",
    "image",
    "evidence_objects",
]


OF_THE_ROLE = {
    "provider",
    "role",
    "inline_policies",
    "attached_policies",
    "boundary",
    "scps",
    "rcps",
    "organization",
}


def value(reading: object) -> Any:
    assert isinstance(reading, Known), reading
    return reading.value


def test_everything_that_decides_is_read(full: InProcessAws) -> None:
    state = read_account(QUESTION, access(full))

    assert value(state.identity).account == ACCOUNT
    assert str(value(state.provider).arn) == PROVIDER_ARN
    assert value(state.provider).url == "token.actions.githubusercontent.com"
    assert value(state.provider).audiences == ("sts.amazonaws.com",)
    role = value(state.role)
    assert (str(role.arn), role.name, role.max_session_seconds) == (ROLE_ARN, "Release", 3600)
    assert role.trust_policy.tree == TRUST
    assert str(role.permissions_boundary_arn) == BOUNDARY_ARN
    (inline,) = value(state.inline_policies)
    assert (inline.name, inline.arn, inline.document.text) == ("Push", None, allow("ecr:PutImage"))
    (attached,) = value(state.attached_policies)
    assert (attached.name, str(attached.arn), attached.document.text) == (
        "Pull",
        MANAGED_ARN,
        allow("ecr:BatchGetImage"),
    )
    assert value(state.boundary).document.text == allow("ecr:*")
    repository = value(state.repository)
    assert repository.arn == QUESTION.repository_arn
    assert (repository.name, repository.tag_mutability) == ("shop/api", "IMMUTABLE")
    assert value(state.repository_policy).document.tree["Statement"][0]["Sid"] == "Pull"
    assert (value(state.image).digest, value(state.image).tags) == (DIGEST, ("v1",))
    assert [entry.key for entry in value(state.evidence_objects)] == ["runs/7/receipt.json"]
    assert isinstance(state.scps, Absent)
    assert isinstance(state.rcps, Absent)
    assert role.tags == (("team", "releases"),)
    assert state.read_at == NOON
    assert state.credentials_problem is None


def test_every_reading_names_the_call_that_brought_it(full: InProcessAws) -> None:
    ledger = Ledger(lambda: NOON)
    state = read_account(QUESTION, access(full, ledger=ledger))
    made = {f"{entry.service}:{entry.operation}" for entry in ledger.entries()}
    for part in PARTS:
        source = getattr(state, part).source
        assert source is not None, part
        assert (source.kind, source.origin, source.at) == (EvidenceKind.API_CALL, Origin.LIVE, NOON)
        assert source.address in made, part
    assert all(entry.duration >= 0 and entry.started_at == NOON for entry in ledger.entries())
    by_call = {entry.operation: entry for entry in ledger.entries()}
    assert by_call["GetRolePolicy"].target == "Release Push"
    assert by_call["DescribeImages"].target == "shop/api v1"
    assert by_call["ListObjectsV2"].target == "s3://evidence-of-releases/runs/7/"
    assert by_call["GetRole"].result == "ok"
    assert by_call["DescribeOrganization"].result == "AWSOrganizationsNotInUseException"


def test_an_empty_account_is_absent_not_unreadable(aws: InProcessAws) -> None:
    state = read_account(QUESTION, access(aws))
    for part in set(PARTS) - {"identity"}:
        assert isinstance(getattr(state, part), Absent), (part, getattr(state, part))


def test_a_role_without_policies_has_none(aws: InProcessAws, build: Any) -> None:
    build("iam").create_role(RoleName="Release", Path="/ci/", AssumeRolePolicyDocument=json.dumps(TRUST))
    state = read_account(QUESTION, access(aws))
    assert value(state.inline_policies) == ()
    assert value(state.attached_policies) == ()
    assert isinstance(state.boundary, Absent)


def test_the_version_in_force_is_read_not_the_latest(full: InProcessAws, build: Any) -> None:
    build("iam").create_policy_version(PolicyArn=MANAGED_ARN, PolicyDocument=allow("s3:*"), SetAsDefault=False)
    state = read_account(QUESTION, access(full))
    assert value(state.attached_policies)[0].document.text == allow("ecr:BatchGetImage")
    build("iam").set_default_policy_version(PolicyArn=MANAGED_ARN, VersionId="v2")
    state = read_account(QUESTION, access(full))
    assert value(state.attached_policies)[0].document.text == allow("s3:*")


def test_many_policies_are_read_over_pages(full: InProcessAws, build: Any) -> None:
    names = [
        f"P{number:03}" for number in range(105)
    ]  # a page holds a hundred; AWS holds no more characters than these
    iam = build("iam")
    for name in names:
        iam.put_role_policy(RoleName="Release", PolicyName=name, PolicyDocument=allow("ecr:Get*"))
    state = read_account(QUESTION, access(full))
    assert {policy.name for policy in value(state.inline_policies)} == {*names, "Push"}


def test_a_policy_with_percent_signs_stays_as_written(full: InProcessAws, build: Any) -> None:
    document = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/a%3Ab+c", "Sid": "Percent"}
            ],
        }
    )
    build("iam").put_role_policy(RoleName="Release", PolicyName="Percent", PolicyDocument=document)
    state = read_account(QUESTION, access(full))
    found = {policy.name: policy.document.text for policy in value(state.inline_policies)}
    assert found["Percent"] == document


@pytest.mark.parametrize(
    ("question", "unasked"),
    [
        (
            replace(QUESTION, role_arn=None),
            OF_THE_ROLE,
        ),
        (replace(QUESTION, repository=None), {"repository", "repository_policy", "image"}),
        (replace(QUESTION, tag=None), {"image"}),
        (replace(QUESTION, evidence_root=None), {"evidence_objects"}),
        (AccountQuestion(), set(PARTS) - {"identity"}),
    ],
)
def test_what_the_run_does_not_name_is_not_asked_and_says_so(
    full: InProcessAws, question: AccountQuestion, unasked: set[str]
) -> None:
    state = read_account(question, access(full))
    for part in PARTS:
        reading = getattr(state, part)
        if part in unasked:
            assert isinstance(reading, Unreadable), part
            assert reading.why
            assert "case file" in reading.how
        else:
            assert not isinstance(reading, Unreadable), (part, reading)


def test_an_evidence_root_that_is_no_bucket_is_said_to_be_wrong(full: InProcessAws) -> None:
    for root in ("https://example.org/x", "s3://", "evidence/"):
        reading = read_account(replace(QUESTION, evidence_root=root), access(full)).evidence_objects
        assert isinstance(reading, Unreadable)
        assert "s3://" in reading.why


def test_a_role_of_the_same_name_under_another_path_is_not_the_role(full: InProcessAws) -> None:
    state = read_account(replace(QUESTION, role_arn=arn_of(f"arn:aws:iam::{ACCOUNT}:role/Release")), access(full))
    assert isinstance(state.role, Absent)
    assert ROLE_ARN in state.role.what
    assert isinstance(state.boundary, Absent)


def test_a_repository_that_credentials_of_another_account_do_not_find_is_not_absent(full: InProcessAws) -> None:
    elsewhere = replace(QUESTION, registry_id="444455556666", repository="not/here")
    state = read_account(elsewhere, access(full))
    for reading in (state.repository, state.repository_policy):
        assert isinstance(reading, Unreadable)
        assert "444455556666" in reading.how
    assert isinstance(read_account(replace(QUESTION, repository="not/here"), access(full)).repository, Absent)


def test_where_only_the_session_told_the_role_its_path_does_not_matter_but_its_account_does(full: InProcessAws) -> None:
    told = replace(QUESTION, role_arn=arn_of(f"arn:aws:iam::{ACCOUNT}:role/Release"), role_path_unknown=True)
    assert str(value(read_account(told, access(full)).role).arn) == ROLE_ARN
    other = replace(told, role_arn=arn_of("arn:aws:iam::999900001111:role/Release"))
    assert not isinstance(read_account(other, access(full)).role, Known)


def test_credentials_of_another_account_read_nothing_of_the_roles_account(full: InProcessAws) -> None:
    other = ROLE_ARN.replace(ACCOUNT, "444455556666")
    state = read_account(replace(QUESTION, role_arn=arn_of(other)), access(full))
    for part in sorted(OF_THE_ROLE):
        reading = getattr(state, part)
        assert isinstance(reading, Unreadable), part
        assert ACCOUNT in reading.why
        assert "444455556666" in reading.how
    assert isinstance(state.repository, Known)
    assert isinstance(state.identity, Known)


def test_a_deleted_boundary_is_not_taken_for_none(full: InProcessAws, build: Any) -> None:
    from moto.iam.models import iam_backends

    del iam_backends[ACCOUNT]["aws"].managed_policies[BOUNDARY_ARN]
    state = read_account(QUESTION, access(full))
    assert isinstance(state.boundary, Unreadable)


def test_progress_counts_every_part_once(full: InProcessAws) -> None:
    seen: list[tuple[str, int, int]] = []
    read_account(QUESTION, access(full), progress=lambda what, done, total: seen.append((what, done, total)))
    assert [done for _, done, _ in seen] == list(range(1, len(seen) + 1))
    assert {total for _, _, total in seen} == {len(seen)}
    assert len({what for what, _, _ in seen}) == len(seen)


def test_a_cancelled_reading_says_so_and_comes_back(full: InProcessAws) -> None:
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 3

    state = read_account(QUESTION, access(full), cancelled=cancelled)
    unread = [getattr(state, part) for part in PARTS if isinstance(getattr(state, part), Unreadable)]
    assert unread
    assert isinstance(state, AccountState)


def test_the_repositorys_tags_are_read_where_a_policy_asks_about_them(full: InProcessAws, build: Any) -> None:
    ledger = Ledger(lambda: NOON)
    state = read_account(QUESTION, access(full, ledger=ledger))
    assert isinstance(state.repository_tags, Unreadable)
    assert "ListTagsForResource" not in {entry.operation for entry in ledger.entries()}

    asking = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "ecr:PutImage",
                "Resource": "*",
                "Condition": {"StringEquals": {"aws:ResourceTag/Project": "shop"}},
            }
        ],
    }
    build("iam").put_role_policy(RoleName="Release", PolicyName="Tagged", PolicyDocument=json.dumps(asking))
    build("ecr").tag_resource(
        resourceArn=str(QUESTION.repository_arn),
        tags=[{"Key": "Project", "Value": "shop"}, {"Key": "Empty", "Value": ""}],
    )
    state = read_account(QUESTION, access(full))
    assert set(value(state.repository_tags)) == {("Project", "shop"), ("Empty", "")}


def test_no_part_is_forgotten() -> None:
    """A part added to AccountState must be read, or be named here as something else."""
    others = {"question", "read_at", "credentials_problem"}
    # Who was asked, no part of the account.
    others |= {"endpoints"}
    # Read only where a policy asks about them.
    others |= {"repository_tags"}
    others |= {"trail", "observed", "registry_details", "second_opinions", "other_roles"}
    # Of a whole release: tests/probes/aws/read/test_read_release.py.
    others |= {"repositories", "resource_policies", "beside"}
    assert {field.name for field in fields(AccountState)} - others == set(PARTS)
