"""Control policies, level by level, and the cases in which none bind."""

from __future__ import annotations

import pytest
from aws_endpoint import Endpoint, pointed_at
from aws_worlds import ACCOUNT, FULL_ACCESS, MANAGEMENT, NO_ECR, ORGANIZATION_ID, REGION, ROOT_ID, UNIT_ID, organization

from diagnosis.facts.account import ScpLevel
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from probes.aws.read.organizations import read_organization

Both = tuple[Reading[tuple[ScpLevel, ...]], Reading[tuple[ScpLevel, ...]]]


def read(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, account: str = ACCOUNT) -> Both:
    with pointed_at(endpoint.url, monkeypatch) as aws:
        return read_organization(aws, account, REGION)[1:]


@pytest.mark.parametrize("account", [ACCOUNT, MANAGEMENT])
def test_the_organizations_id_is_read_for_members_and_the_management_account(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, account: str
) -> None:
    endpoint.scripts |= organization()
    with pointed_at(endpoint.url, monkeypatch) as aws:
        reading = read_organization(aws, account, REGION)[0]
    assert isinstance(reading, Known)
    assert reading.value == ORGANIZATION_ID


def test_levels_come_root_first_with_their_documents(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint.scripts |= organization()
    scps, rcps = read(endpoint, monkeypatch)
    assert isinstance(scps, Known)
    assert [level.level for level in scps.value] == [ROOT_ID, UNIT_ID, ACCOUNT]
    assert [[policy.name for policy in level.policies] for level in scps.value] == [
        ["FullAWSAccess"],
        ["FullAWSAccess", "NoEcr"],
        ["FullAWSAccess"],
    ]
    assert [policy.document.text for policy in scps.value[1].policies] == [FULL_ACCESS, NO_ECR]
    assert isinstance(rcps, Known)
    assert [policy.name for level in rcps.value for policy in level.policies] == ["RCPFullAWSAccess"] * 3


def test_the_management_account_is_bound_by_none(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint.scripts |= organization()
    for reading in read(endpoint, monkeypatch, MANAGEMENT):
        assert isinstance(reading, Absent)
        assert "management account" in reading.what


def test_an_organization_that_shares_billing_only_has_none(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint.scripts |= organization()
    endpoint.scripts["organizations:DescribeOrganization"] = lambda _: {
        "Organization": {"MasterAccountId": MANAGEMENT, "FeatureSet": "CONSOLIDATED_BILLING"}
    }
    for reading in read(endpoint, monkeypatch):
        assert isinstance(reading, Absent)


def test_a_kind_that_is_switched_off_is_absent(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint.scripts |= organization()
    endpoint.scripts["organizations:ListRoots"] = lambda _: {
        "Roots": [{"Id": ROOT_ID, "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "PENDING_DISABLE"}]}]
    }
    endpoint.scripts["organizations:ListPoliciesForTarget"] = lambda _: {"Policies": []}
    for reading in read(endpoint, monkeypatch):
        assert isinstance(reading, Absent)
        assert "switched off" in reading.what


def test_policies_that_are_found_count_even_where_the_kind_seems_off(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint.scripts |= organization()
    endpoint.scripts["organizations:ListRoots"] = lambda _: {"Roots": [{"Id": ROOT_ID, "PolicyTypes": []}]}
    scps, rcps = read(endpoint, monkeypatch)
    assert isinstance(scps, Known)
    assert "NoEcr" in [policy.name for level in scps.value for policy in level.policies]
    assert isinstance(rcps, Absent)


def test_a_level_without_policies_is_no_answer_while_the_kind_is_on(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint.scripts |= organization()
    true = endpoint.scripts["organizations:ListPoliciesForTarget"]
    endpoint.scripts["organizations:ListPoliciesForTarget"] = lambda asked: (
        {"Policies": []} if asked["TargetId"] == UNIT_ID else true(asked)
    )
    for reading in read(endpoint, monkeypatch):
        assert isinstance(reading, Unreadable)
        assert UNIT_ID in reading.why


def test_levels_that_go_round_in_a_circle_end(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint.scripts |= organization()
    endpoint.scripts["organizations:ListParents"] = lambda _: {"Parents": [{"Id": UNIT_ID, "Type": "X"}]}
    for reading in read(endpoint, monkeypatch):
        assert isinstance(reading, Unreadable)


def test_pages_of_policies_are_followed(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint.scripts |= organization()
    true = endpoint.scripts["organizations:ListPoliciesForTarget"]

    def paged(asked: dict[str, str]) -> dict[str, object]:
        policies = true(asked)["Policies"]
        start = int(asked.get("NextToken", "0"))
        rest = {"NextToken": str(start + 1)} if start + 1 < len(policies) else {}
        return {"Policies": policies[start : start + 1], **rest}

    endpoint.scripts["organizations:ListPoliciesForTarget"] = paged
    scps, _ = read(endpoint, monkeypatch)
    assert isinstance(scps, Known)
    assert [len(level.policies) for level in scps.value] == [1, 2, 1]
