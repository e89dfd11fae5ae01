"""Quota, tag, repository and key: what stops a push although no permission is missing; unread is never free."""

from __future__ import annotations

from dataclasses import replace

import pytest
from judged_worlds import ACCOUNT, KEY_ARN, NOW, RUN, account, diagnosis, policy, repository

from diagnosis.facts.account import Image, RegistryDetails
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.gates import Gate, Plane, Verdict
from diagnosis.policy import PolicyDocument, read_document
from diagnosis.verdicts.diagnosis import Diagnosis

DENIED = Unreadable("registry details", "access was denied", "grant it", "ecr:DescribeImages")
OWNER = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}


def registry(found: Diagnosis) -> Verdict:
    assert found.live is not None
    return found.live.at(Gate.REGISTRY_AUTHORIZATION).verdict


def causes(found: Diagnosis) -> list[str]:
    return [problem.cause for problem in found.forecast]


@pytest.mark.parametrize(
    ("details", "named", "verdict"),
    [
        (Known(RegistryDetails(99_999, 100_000)), [], Verdict.PASS),
        (Known(RegistryDetails(100_000, 100_000)), ["image-quota"], Verdict.PASS),
        (Known(RegistryDetails(100_001, 100_000)), ["image-quota"], Verdict.PASS),
        (Known(RegistryDetails(9_999, None)), [], Verdict.PASS),
        (Known(RegistryDetails(10_000, None)), [], Verdict.UNKNOWN),
        (Known(RegistryDetails(None, 100_000)), [], Verdict.UNKNOWN),
        (DENIED, [], Verdict.UNKNOWN),
    ],
    ids=["room", "full", "over", "room under any quota", "full by no known quota", "not counted", "denied"],
)
def test_the_quota_of_images(details: Reading[RegistryDetails], named: list[str], verdict: Verdict) -> None:
    found = diagnosis(account(registry_details=details))
    assert causes(found) == named
    assert registry(found) is verdict
    assert all(problem.plane is Plane.REGISTRY_STATE and problem.gate is None for problem in found.forecast)


def test_a_quota_problem_says_both_numbers() -> None:
    (problem,) = diagnosis(account(registry_details=Known(RegistryDetails(100_000, 100_000)))).forecast
    assert "100,000 images and its quota is 100,000" in problem.reason


def test_before_the_second_reading_nobody_holds_the_quota_against_the_gate() -> None:
    never_asked = Unreadable(
        "registry details", "it was not read", "refresh the live side", "servicequotas:GetServiceQuota"
    )
    assert registry(diagnosis(account(registry_details=never_asked))) is Verdict.PASS


IMAGE = Known(Image("sha256:" + "f" * 64, ("v1",), NOW))


@pytest.mark.parametrize(
    ("mutability", "image", "named", "verdict"),
    [
        ("IMMUTABLE", Absent("image"), [], Verdict.PASS),
        ("IMMUTABLE", IMAGE, ["tag-immutable"], Verdict.PASS),
        ("IMMUTABLE", DENIED, [], Verdict.UNKNOWN),
        ("IMMUTABLE_WITH_EXCLUSION", IMAGE, [], Verdict.UNKNOWN),
        ("MUTABLE", IMAGE, [], Verdict.PASS),
        ("MUTABLE", DENIED, [], Verdict.PASS),
        ("MUTABLE_WITH_EXCLUSION", IMAGE, [], Verdict.PASS),
    ],
)
def test_the_tag(mutability: str, image: Reading[Image], named: list[str], verdict: Verdict) -> None:
    found = diagnosis(account(repository=Known(repository(mutability)), image=image))
    assert causes(found) == named
    assert registry(found) is verdict


def test_the_runs_own_image_is_a_note() -> None:
    found = diagnosis(account(image=IMAGE), replace(RUN, conclusion="success"))
    assert found.forecast == ()
    assert found.live is not None
    assert "by this run's own image" in found.live.notes[0]


def test_a_creation_template_is_told_with_the_absent_repository() -> None:
    details = Known(RegistryDetails(creation_template_prefixes=("ROOT",)))
    (problem,) = diagnosis(account(repository=Absent("repository"), registry_details=details)).forecast
    assert problem.cause == "repository-absent"
    assert "A creation template for ROOT exists" in problem.reason
    other = Known(RegistryDetails(creation_template_prefixes=("team",)))
    (problem,) = diagnosis(account(repository=Absent("repository"), registry_details=other)).forecast
    assert "template" not in problem.reason


def with_key(state: str | None, document: PolicyDocument | None) -> Diagnosis:
    details = RegistryDetails(12, 100_000, key_state=state, key_policy=document)
    return diagnosis(account(repository=Known(repository(key=KEY_ARN)), registry_details=Known(details)))


@pytest.mark.parametrize(
    ("state", "named"),
    [
        ("Enabled", []),
        ("Updating", []),
        ("Disabled", ["kms-key"]),
        ("PendingDeletion", ["kms-key"]),
        ("Unavailable", ["kms-key"]),
    ],
)
def test_the_keys_state(state: str, named: list[str]) -> None:
    assert causes(with_key(state, policy(OWNER))) == named


def test_a_key_that_was_not_read_is_unknown_and_a_repository_without_one_is_not() -> None:
    assert registry(with_key(None, policy(OWNER))) is Verdict.UNKNOWN
    assert registry(with_key("Enabled", None)) is Verdict.UNKNOWN
    assert registry(with_key("Enabled", read_document("{"))) is Verdict.UNKNOWN
    assert registry(diagnosis(account())) is Verdict.PASS


def deny(principal: object, action: str = "kms:GenerateDataKey", **more: object) -> dict[str, object]:
    return {"Sid": "No", "Effect": "Deny", "Principal": principal, "Action": action, "Resource": "*", **more}


@pytest.mark.parametrize(
    ("statement", "named", "verdict"),
    [
        (deny("*"), ["kms-key"], Verdict.PASS),
        (deny({"AWS": "*"}, "kms:*"), ["kms-key"], Verdict.PASS),
        (deny("*", "kms:Decrypt"), ["kms-key"], Verdict.PASS),
        (deny("*", "kms:ScheduleKeyDeletion"), [], Verdict.PASS),
        (deny({"AWS": f"arn:aws:iam::{ACCOUNT}:role/release"}), [], Verdict.PASS),
        (
            deny("*", Condition={"StringNotEquals": {"kms:ViaService": "ecr.eu-west-1.amazonaws.com"}}),
            [],
            Verdict.PASS,
        ),
        (
            deny("*", Condition={"StringNotEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}),
            ["kms-key"],
            Verdict.PASS,
        ),
        (deny("*", Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}), [], Verdict.UNKNOWN),
    ],
    ids=["everybody", "all of kms", "reads", "deletion", "the role", "all but ECR", "all but S3", "an organization"],
)
def test_the_keys_policy(statement: dict[str, object], named: list[str], verdict: Verdict) -> None:
    found = with_key("Enabled", policy(OWNER, statement))
    assert causes(found) == named
    assert registry(found) is verdict


def test_a_key_policy_need_not_allow_the_role() -> None:
    assert causes(with_key("Enabled", policy(OWNER))) == []
