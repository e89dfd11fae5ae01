"""A document of an account that AWS could not hold stays without a meaning, wherever it was read: nothing passes by it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from diagnosis.facts.reading import Known, Unreadable
from diagnosis.json_members import JsonMembers
from diagnosis.names.arn import Arn
from diagnosis.policy import PolicyDocument, Unparsable
from probes.aws.read.organizations import RESOURCE_CONTROL, SERVICE_CONTROL, _level
from probes.aws.read.resource_policies import read_resource_policy
from probes.aws.read.role import read_attached_policies, read_inline_policies, read_role
from probes.aws.session.access import AwsAccess

ROLE = Arn.iam("aws", "111122223333", "role", "release")
OWN = "arn:aws:iam::111122223333:policy/push"
OF_AWS = "arn:aws:iam::aws:policy/ReadOnlyAccess"
BUCKET, QUEUE = "arn:aws:s3:::evidence", "arn:aws:sqs:eu-west-1:111122223333:jobs"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def document(characters: int) -> str:
    """An open policy of so many characters."""
    bare = '{"Version":"2012-10-17","Id":"","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
    return bare.replace('"Id":""', f'"Id":"{"x" * (characters - len(bare))}"')


class Answering:
    """An account that answers every call with one document where a policy belongs."""

    last_operation = None

    def __init__(self, text: str, arn: str) -> None:
        self.text, self.arn = text, arn

    def ask(self, *_: object, **__: object) -> JsonMembers:
        policy = {"PolicyName": "push", "DefaultVersionId": "v1", "Content": self.text}
        role = {"Arn": str(ROLE), "RoleName": ROLE.name, "AssumeRolePolicyDocument": self.text}
        answer: dict[str, Any] = {"Role": role, "PolicyDocument": self.text, "Policy": policy}
        if self.arn in (BUCKET, QUEUE, KEY):
            answer = {"Policy": self.text, "Attributes": {"QueueArn": QUEUE, "Policy": self.text}, "QueueUrl": "u"}
        return JsonMembers(answer | {"PolicyVersion": {"Document": self.text}})

    def pages(self, *_: object, **__: object) -> list[JsonMembers]:
        attached = [{"PolicyArn": self.arn, "PolicyName": "push"}]
        return [JsonMembers({"PolicyNames": ["push"], "AttachedPolicies": attached, "Policies": [{"Id": "p-1"}]})]

    def clock(self) -> datetime:
        return datetime(2026, 3, 2, tzinfo=UTC)


def value(reading: object) -> Any:
    assert isinstance(reading, Known), reading
    return reading.value


READS: dict[str, tuple[int, str, Callable[[AwsAccess], PolicyDocument]]] = {
    "trust": (8_192, OWN, lambda aws: value(read_role(aws, ROLE)).trust_policy),
    "managed": (6_144, OWN, lambda aws: value(read_attached_policies(aws, ROLE))[0].document),
    "managed by AWS": (524_288, OF_AWS, lambda aws: value(read_attached_policies(aws, ROLE))[0].document),
    "service control": (10_240, OWN, lambda aws: _level(aws, "r", SERVICE_CONTROL, None).policies[0].document),
    "resource control": (5_120, OWN, lambda aws: _level(aws, "r", RESOURCE_CONTROL, None).policies[0].document),
    "bucket": (20_480, BUCKET, lambda aws: value(read_resource_policy(aws, BUCKET).policy).document),
    "queue": (8_192, QUEUE, lambda aws: value(read_resource_policy(aws, QUEUE).policy).document),
    "key": (32_768, KEY, lambda aws: value(read_resource_policy(aws, KEY).policy).document),
}


@pytest.mark.parametrize(("limit", "arn", "read"), READS.values(), ids=READS)
def test_a_document_over_the_limit_has_no_meaning(
    limit: int, arn: str, read: Callable[[AwsAccess], PolicyDocument]
) -> None:
    at, beyond = (read(cast("AwsAccess", Answering(document(limit + more), arn))) for more in (0, 1))
    assert not isinstance(at.policy, Unparsable)
    assert isinstance(beyond.policy, Unparsable)
    assert f"it has {limit + 1} " in beyond.policy.why


def test_a_trust_policy_over_the_default_quota_is_judged() -> None:
    role = value(read_role(cast("AwsAccess", Answering(document(2_049), OWN)), ROLE))
    assert not isinstance(role.trust_policy.policy, Unparsable)


def test_inline_policies_share_one_limit() -> None:
    class Two(Answering):
        def pages(self, *_: object, **__: object) -> list[JsonMembers]:
            return [JsonMembers({"PolicyNames": ["a", "b"]})]

    half = document(5_120)
    assert len(value(read_inline_policies(cast("AwsAccess", Two(half, OWN)), ROLE))) == 2
    spaced = json.dumps(json.loads(half), indent=8)
    assert len(value(read_inline_policies(cast("AwsAccess", Two(spaced, OWN)), ROLE))) == 2
    reading = read_inline_policies(cast("AwsAccess", Two(document(5_121), OWN)), ROLE)
    assert isinstance(reading, Unreadable)
    assert "it has 10242 characters, AWS's limit for the inline policies of a role is 10240" in reading.why
