"""History, registry details and second opinions: the second reading, and what stays of it when parts fail."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from arns import arn_of
from aws_endpoint import Endpoint, Fault
from aws_worlds import ROLE_ARN
from further_worlds import (
    ANALYZERS,
    ASKED,
    details_of,
    read,
)

from diagnosis.facts.account import SecondOpinion
from diagnosis.facts.reading import Known, Unreadable


def test_the_registry_is_read_in_its_details(surrounded: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    details = details_of(read(surrounded, monkeypatch))
    assert (details.image_count, details.image_quota) == (1, 100000)
    assert details.lifecycle_policy is False
    assert details.creation_template_prefixes == ("ROOT",)
    assert details.key_policy is None
    assert details.unread == ()


def test_a_repository_with_a_key_of_its_own(surrounded: Endpoint, monkeypatch: pytest.MonkeyPatch, build: Any) -> None:
    build("ecr").create_repository(
        repositoryName="shop/sealed", encryptionConfiguration={"encryptionType": "KMS", "kmsKey": "arn:aws:kms:k"}
    )
    build("ecr").put_lifecycle_policy(
        repositoryName="shop/sealed",
        lifecyclePolicyText=json.dumps(
            {
                "rules": [
                    {
                        "rulePriority": 1,
                        "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5},
                        "action": {"type": "expire"},
                    }
                ]
            }
        ),
    )
    details = details_of(read(surrounded, monkeypatch, replace(ASKED, repository="shop/sealed")))
    assert details.key_policy is not None
    assert json.loads(details.key_policy.text)["Statement"] == []
    assert details.key_state == "Enabled"
    assert details.lifecycle_policy is True
    assert details.image_count == 0


def test_the_default_quota_stands_where_the_account_has_none_of_its_own(
    surrounded: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    surrounded.faults["servicequotas:GetServiceQuota"] = Fault(
        status=400, body=b'{"__type": "NoSuchResourceException"}'
    )
    surrounded.scripts["servicequotas:GetAWSDefaultServiceQuota"] = lambda _: {"Quota": {"Value": 20000}}
    assert details_of(read(surrounded, monkeypatch)).image_quota == 20000


def test_second_opinions_never_speak_of_trust(surrounded: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    state = read(surrounded, monkeypatch)
    assert isinstance(state.second_opinions, Known)
    opinions = state.second_opinions.value
    trust = SecondOpinion(
        "policy-simulator",
        "sts:AssumeRoleWithWebIdentity",
        "not-applicable",
        "the simulator ignores trust policies",
    )
    assert opinions[0] == trust
    simulated = [opinion for opinion in opinions if opinion.says == "allowed"]
    assert {opinion.about for opinion in simulated} == {"ecr:PutImage"}
    assert all("permissions boundary does not allow it" in opinion.note for opinion in simulated)
    assert opinions[-1] == SecondOpinion("access-analyzer", "f-1", "ACTIVE ExternalAccess", f"on {ROLE_ARN}")
    assert surrounded.requests.count("iam:SimulatePrincipalPolicy") == 2, "one call for each resource, none for trust"


DENIALS = {
    "cloudtrail:LookupEvents": "cloudtrail:LookupEvents",
    "servicequotas:GetServiceQuota": "servicequotas:GetServiceQuota",
    "ecr:DescribeRepositoryCreationTemplates": "ecr:DescribeRepositoryCreationTemplates",
    "ecr:GetLifecyclePolicy": "ecr:GetLifecyclePolicy",
}


@pytest.mark.parametrize("operation", sorted(DENIALS))
def test_a_denied_detail_is_unread_with_its_permission_and_the_rest_stays(
    surrounded: Endpoint, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    truth = read(surrounded, monkeypatch)
    surrounded.faults[operation] = Fault(status=400, body=b'{"__type": "AccessDeniedException", "message": "no"}')
    state = read(surrounded, monkeypatch)
    if operation.startswith("cloudtrail"):
        assert isinstance(state.trail, Unreadable)
        assert state.trail.permission == DENIALS[operation]
        assert state.registry_details == truth.registry_details
    else:
        assert state.trail == truth.trail
        (unread,) = details_of(state).unread
        assert unread.permission == DENIALS[operation]
    assert state.second_opinions == truth.second_opinions


def test_one_source_of_opinions_may_fail_and_says_so(surrounded: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    denied = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
    surrounded.faults["iam:SimulatePrincipalPolicy"] = Fault(status=403, body=denied)
    state = read(surrounded, monkeypatch)
    assert isinstance(state.second_opinions, Known)
    (unreadable,) = [opinion for opinion in state.second_opinions.value if opinion.says == "unreadable"]
    assert unreadable.source == "policy-simulator"
    assert "iam:SimulatePrincipalPolicy" in unreadable.note
    surrounded.faults[ANALYZERS] = Fault(status=403, body=b"{}")
    state = read(surrounded, monkeypatch)
    assert isinstance(state.second_opinions, Unreadable)
    assert state.second_opinions.permission == "iam:SimulatePrincipalPolicy"


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500),
        Fault(status=501),
        Fault(status=404, body=b"<html></html>"),
        Fault(body=b""),
        Fault(body=b"{}"),
        Fault(body=b"[1"),
        Fault(body=b"{", declared_length=99),
        Fault(reset=True),
    ],
    ids=["500", "501", "404", "empty", "braces", "broken", "cut off", "reset"],
)
def test_services_that_fail_in_any_way_leave_reasons(
    surrounded: Endpoint, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    for operation in [*surrounded.scripts, *surrounded.faults, "ecr:GetLifecyclePolicy"]:
        surrounded.faults[operation] = fault
    state = read(surrounded, monkeypatch)
    for reading in (state.trail, state.second_opinions):
        assert isinstance(reading, Unreadable)
        assert reading.why
    details = details_of(state)
    assert details.image_count == 1
    assert len(details.unread) == 3
    assert details.image_quota is None


def test_a_server_that_has_none_of_these_services_is_answered_sensibly(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """moto answers some of them, refuses others, and does not know the rest."""
    state = read(endpoint, monkeypatch)
    assert isinstance(state.trail, Unreadable)
    assert details_of(state).image_count == 1
    assert details_of(state).unread


def test_a_hanging_cloudtrail_is_left_at_the_deadline(surrounded: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    surrounded.faults["cloudtrail:LookupEvents"] = Fault(drip=True)
    state = read(surrounded, monkeypatch, deadline_seconds=3)
    assert isinstance(state.trail, Unreadable)
    assert "in time" in state.trail.why
    assert isinstance(state.registry_details, Known)


def test_credentials_of_another_account_ask_nothing_about_the_role(
    surrounded: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = read(surrounded, monkeypatch, replace(ASKED, role_arn=arn_of("arn:aws:iam::444455556666:role/Release")))
    for reading in (state.trail, state.second_opinions):
        assert isinstance(reading, Unreadable)
        assert "444455556666" in reading.how
    assert isinstance(state.registry_details, Known)
    assert "cloudtrail:LookupEvents" not in surrounded.requests


def test_progress_and_cancelling(surrounded: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, int, int]] = []
    read(surrounded, monkeypatch, progress=lambda what, done, total: seen.append((what, done, total)))
    assert [(done, total) for _, done, total in seen] == [(1, 3), (2, 3), (3, 3)]
    state = read(surrounded, monkeypatch, cancelled=lambda: True)
    assert isinstance(state.trail, Unreadable)
    assert "cancelled" in state.trail.why


@pytest.mark.parametrize("value", [float("inf"), float("nan"), True, 0, -1, "20000", None, [], {}])
def test_a_quota_that_is_no_number_is_not_known(
    value: object, surrounded: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    surrounded.scripts["servicequotas:GetServiceQuota"] = lambda _: {"Quota": {"Value": value}}
    details = details_of(read(surrounded, monkeypatch))
    assert details.image_quota is None
    assert any("quota" in gap.what for gap in details.unread)
