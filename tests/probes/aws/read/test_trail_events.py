"""Which events of CloudTrail belong to a release, and what is kept of them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from diagnosis.facts.account import AccountQuestion
from diagnosis.json_members import JsonMembers
from diagnosis.names.arn import Arn
from probes.aws.read.trail_events import Subject

ROLE = "arn:aws:iam::111122223333:role/ci"
POLICY = "arn:aws:iam::111122223333:policy/push"
PROVIDER = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
SUBJECT = Subject(
    AccountQuestion(role_arn=Arn.parse(ROLE), region="eu-west-1", registry_id="111122223333", repository="app"),
    tuple(arn for arn in (Arn.parse(POLICY),) if arn),
)


def entry(name: str, asked: dict[str, str], **members: object) -> JsonMembers:
    record = {"eventName": name, "eventSource": "x.amazonaws.com", "eventTime": "2026-03-01T11:05:00Z", **members}
    return JsonMembers({"CloudTrailEvent": json.dumps({**record, "requestParameters": asked})})


@pytest.mark.parametrize(
    ("name", "asked", "target"),
    [
        ("AssumeRoleWithWebIdentity", {"roleArn": ROLE}, ROLE),
        ("AssumeRoleWithWebIdentity", {"roleArn": f"{ROLE}-other"}, None),
        ("AssumeRoleWithWebIdentity", {}, ""),
        ("DeleteOpenIDConnectProvider", {"openIDConnectProviderArn": PROVIDER}, PROVIDER),
        ("DeleteOpenIDConnectProvider", {"openIDConnectProviderArn": f"{PROVIDER}/other"}, None),
        ("CreateOpenIDConnectProvider", {"url": "https://token.actions.githubusercontent.com/"}, PROVIDER),
        ("PutRolePolicy", {"roleName": "ci"}, "ci"),
        ("PutRolePolicy", {"roleName": "other"}, None),
        ("CreatePolicyVersion", {"policyArn": POLICY}, POLICY),
        ("CreatePolicyVersion", {"policyArn": f"{POLICY}-other"}, None),
        ("PutImage", {"repositoryName": "app"}, "app"),
        ("PutImage", {"repositoryName": "app", "registryId": "444455556666"}, None),
        ("PutImage", {"repositoryName": "other"}, None),
        ("PutRegistryPolicy", {"policyText": "{}"}, "111122223333"),
        ("DeleteRegistryPolicy", {}, "111122223333"),
        ("RunInstances", {"roleName": "ci"}, None),
    ],
)
def test_an_event_concerns_the_release_or_is_left_out(name: str, asked: dict[str, str], target: str | None) -> None:
    event = SUBJECT.event(entry(name, asked))
    assert (event.target if event else None) == target


@pytest.mark.parametrize(
    ("identity", "principal"),
    [
        ({"arn": ROLE, "userName": "jo"}, ROLE),
        ({"invokedBy": "cloudformation.amazonaws.com"}, "cloudformation.amazonaws.com"),
        ({"principalId": "AIDA"}, "AIDA"),
        ({}, "unknown"),
    ],
)
def test_whoever_called_is_named_by_what_the_event_has(identity: dict[str, str], principal: str) -> None:
    event = SUBJECT.event(entry("PutRolePolicy", {"roleName": "ci"}, userIdentity=identity))
    assert event is not None
    assert event.principal == principal


@pytest.mark.parametrize("moment", ["2026-03-01T11:05:00", "yesterday", ""])
def test_an_event_without_a_moment_cannot_be_read(moment: str) -> None:
    with pytest.raises(ValueError, match=r"zone|isoformat"):
        SUBJECT.event(entry("PutRolePolicy", {"roleName": "ci"}, eventTime=moment))


def test_long_texts_are_cut() -> None:
    event = SUBJECT.event(entry("PutRolePolicy", {"roleName": "ci", "policyName": "p" * 500}))
    assert event is not None
    assert (len(event.detail), event.detail[-1]) == (200, "…")


BUCKET, KEY = "arn:aws:s3:::evidence", "arn:aws:kms:eu-west-1:111122223333:key/0f1e2d3c"
BESIDE = (
    AccountQuestion(role_arn=Arn.parse("arn:aws:iam::111122223333:role/deploy"), resources=(KEY,)),
    AccountQuestion(role_arn=Arn.parse("arn:aws:iam::444455556666:role/publish")),
)
OF_SERVICES = replace(SUBJECT, question=replace(SUBJECT.question, resources=(BUCKET,), beside=BESIDE))


@pytest.mark.parametrize(
    ("name", "asked", "target"),
    [
        ("PutBucketPolicy", {"bucketName": "evidence"}, BUCKET),
        ("DeleteBucketPolicy", {"bucketName": "evidence"}, BUCKET),
        ("PutBucketPolicy", {"bucketName": "evidence-2"}, None),
        ("PutBucketPolicy", {}, None),
        ("PutKeyPolicy", {"keyId": "0f1e2d3c"}, KEY),
        ("PutKeyPolicy", {"keyId": KEY}, KEY),
        ("PutKeyPolicy", {"keyId": "other"}, None),
        ("PutRolePolicy", {"roleName": "deploy"}, "deploy"),
        ("PutRolePolicy", {"roleName": "ci"}, "ci"),
        # That role lies in an account whose events are not asked for; one of its name here is another.
        ("PutRolePolicy", {"roleName": "publish"}, None),
    ],
)
def test_the_policies_of_what_a_release_uses_and_its_further_roles_concern_it(
    name: str, asked: dict[str, str], target: str | None
) -> None:
    event = OF_SERVICES.event(entry(name, asked))
    assert (event.target if event else None) == target


def test_a_role_in_another_account_is_seen_to_be_missing() -> None:
    assert SUBJECT.everything_is_here
    assert not OF_SERVICES.everything_is_here
