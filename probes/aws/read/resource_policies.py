"""Read the policies that resources carry themselves: of buckets, KMS keys, secrets, topics and queues that steps use.

Only the policy is asked for: never a secret's value, an object's content, a message. What does not exist has no policy,
and is said not to exist: that is no question of access.
"""

from __future__ import annotations

import re
from dataclasses import replace

from diagnosis.facts.account import NamedPolicy, ResourcePolicy
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.live.resource_layer import secret_to_ask
from diagnosis.names.arn import Arn
from diagnosis.names.partition import partition_of
from diagnosis.policy import Unparsable, read_document
from diagnosis.policy.language import size_limits
from diagnosis.policy.language.faults import Fault
from probes.aws.read.readings import absent, attempt, known
from probes.aws.session.access import AwsAccess
from probes.aws.session.errors import AwsCallError, BrokenAnswer
from probes.aws.session.operations import (
    DESCRIBE_KEY,
    GET_BUCKET_POLICY,
    GET_KEY_POLICY,
    GET_QUEUE_ATTRIBUTES,
    GET_SECRET_POLICY,
    GET_TOPIC_ATTRIBUTES,
    Operation,
)

_NO_QUEUE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
_NO_TOPIC = ("NotFound", "NotFoundException")
_NO_SECRET = ("ResourceNotFoundException",)
_ENDS_SECRET = re.compile(r"(?:-[A-Za-z0-9]{6})?")
"""What AWS puts behind the name of a secret in its ARN, as far as the one that was asked for lacks it."""
_BUCKET = re.compile(r"[A-Za-z0-9._-]{1,255}")
"""Letter by letter, with those of the oldest buckets: by an ARN another thing would be asked."""
_OF_ANOTHER = ("MethodNotAllowed", "405")

_LIMITS = {
    GET_BUCKET_POLICY: size_limits.BUCKET,
    GET_KEY_POLICY: size_limits.KEY,
    GET_SECRET_POLICY: size_limits.SECRET,
    GET_QUEUE_ATTRIBUTES: size_limits.QUEUE,
}
"""Of a topic no lower limit is documented than that of any resource."""


def read_resource_policy(aws: AwsAccess, resource: str, region: str | None = None) -> ResourcePolicy:
    """Read the policy of the resource of this ARN. Never raises; ``Unreadable`` for one of a kind that is not asked for.

    ``region`` is where a bucket is looked for; the others are in their ARN's.
    """
    arn = Arn.parse(resource)
    match arn.service if arn else "":
        case "s3":
            return ResourcePolicy(resource, _bucket(aws, resource, region))
        case "kms":
            return _key(aws, resource)
        case "secretsmanager":
            return _secret(aws, resource)
        case "sns":
            return ResourcePolicy(resource, _topic(aws, resource))
        case "sqs":
            return ResourcePolicy(resource, _queue(aws, resource))
    return ResourcePolicy(resource, Unreadable(f"policy of {resource}", "its kind is not asked for", "look at it"))


def _bucket(aws: AwsAccess, resource: str, region: str | None) -> Reading[NamedPolicy]:
    bucket = _part(resource)
    what = f"policy of the bucket {bucket}"
    if not _BUCKET.fullmatch(bucket):
        return Unreadable(what, "that is no name of a bucket", "correct it in the step")

    def body() -> Reading[NamedPolicy]:
        try:
            answer = aws.ask(GET_BUCKET_POLICY, region=region, Bucket=bucket)
        except AwsCallError as failure:
            if failure.code in _OF_ANOTHER:
                return Unreadable(
                    what, "the bucket is another account's", "choose a --profile of that account, or look at its policy"
                )
            return _without(failure, what, aws, "the bucket does not exist", "NoSuchBucket")
        text = answer.filled_text("Policy")
        # S3's answer is the text itself, whatever that is: cut off on the way, or a proxy's page.
        policy = read_document(text, size_limits.BUCKET).policy
        if isinstance(policy, Unparsable) and policy.fault is not Fault.TOO_LONG:
            raise BrokenAnswer("it is no policy")
        return _named(what, text, GET_BUCKET_POLICY, bucket, aws)

    return attempt(what, GET_BUCKET_POLICY, aws, body, "NoSuchBucketPolicy")


def _key(aws: AwsAccess, resource: str) -> ResourcePolicy:
    arn = Arn.parse(resource)
    region = arn.region if arn else None
    what = f"policy of the key {_part(resource)}"
    actual = ""
    if arn is not None and arn.resource_type == "alias":

        def behind() -> Reading[str]:
            answer = aws.ask(DESCRIBE_KEY, region=region, KeyId=resource)
            return known(str(answer.object("KeyMetadata").arn("Arn")), DESCRIBE_KEY, resource, aws.clock())

        found = attempt(what, DESCRIBE_KEY, aws, behind)
        if not isinstance(found, Known):
            return ResourcePolicy(resource, found)
        actual = found.value

    def body() -> Reading[NamedPolicy]:
        key = actual or resource
        answer = aws.ask(GET_KEY_POLICY, region=region, KeyId=key, PolicyName="default")
        return _named(what, answer.filled_text("Policy"), GET_KEY_POLICY, key, aws)

    # Every key has a policy: one that is not found leaves the question open.
    return ResourcePolicy(resource, attempt(what, GET_KEY_POLICY, aws, body), actual)


def _secret(aws: AwsAccess, resource: str) -> ResourcePolicy:
    asked = secret_to_ask(resource)
    arn = Arn.parse(resource)
    what = f"policy of {_part(asked)}"
    actual = ""

    def body() -> Reading[NamedPolicy]:
        nonlocal actual
        try:
            answer = aws.ask(GET_SECRET_POLICY, region=arn.region if arn else None, SecretId=asked)
        except AwsCallError as failure:
            return _without(failure, what, aws, "the secret does not exist", *_NO_SECRET)
        found = str(answer.arn("ARN"))
        if not _ENDS_SECRET.fullmatch(found.removeprefix(asked)):
            raise BrokenAnswer("it is about another secret")
        text = answer.maybe_text("ResourcePolicy")
        actual = found
        return _named(what, text, GET_SECRET_POLICY, found, aws)

    reading = attempt(what, GET_SECRET_POLICY, aws, body)
    return ResourcePolicy(resource, reading, actual if actual != resource else "")


def _topic(aws: AwsAccess, resource: str) -> Reading[NamedPolicy]:
    arn = Arn.parse(resource)
    what = f"policy of the topic {_part(resource)}"

    def body() -> Reading[NamedPolicy]:
        try:
            answer = aws.ask(GET_TOPIC_ATTRIBUTES, region=arn.region if arn else None, TopicArn=resource)
        except AwsCallError as failure:
            return _without(failure, what, aws, "the topic does not exist", *_NO_TOPIC)
        attributes = answer.object("Attributes")
        if attributes.text("TopicArn") != resource:
            raise BrokenAnswer("it is about another topic")
        text = attributes.maybe_text("Policy")
        return _named(what, text, GET_TOPIC_ATTRIBUTES, resource, aws)

    return attempt(what, GET_TOPIC_ATTRIBUTES, aws, body)


def _queue(aws: AwsAccess, resource: str) -> Reading[NamedPolicy]:
    arn = Arn.parse(resource)
    what = f"policy of the queue {_part(resource)}"
    if arn is None:
        return Unreadable(what, "its ARN cannot be read", "correct it")
    address = f"https://sqs.{arn.region}.{partition_of(arn.region).domain}/{arn.account}/{arn.resource}"

    def body() -> Reading[NamedPolicy]:
        try:
            # With its ARN, since AWS says nothing of a policy that is not set.
            wanted = ["QueueArn", "Policy"]
            answer = aws.ask(GET_QUEUE_ATTRIBUTES, region=arn.region, QueueUrl=address, AttributeNames=wanted)
        except AwsCallError as failure:
            return _without(failure, what, aws, "the queue does not exist", *_NO_QUEUE)
        attributes = answer.object("Attributes")
        if attributes.text("QueueArn") != resource:
            raise BrokenAnswer("it is about another queue")
        text = attributes.maybe_text("Policy")
        return _named(what, text, GET_QUEUE_ATTRIBUTES, resource, aws)

    return attempt(what, GET_QUEUE_ATTRIBUTES, aws, body)


def _named(what: str, text: str | None, operation: Operation, target: str, aws: AwsAccess) -> Reading[NamedPolicy]:
    limit = _LIMITS.get(operation, size_limits.RESOURCE)
    if not text:
        return absent(what, operation, target, aws.clock())
    return known(NamedPolicy(what, read_document(text, limit)), operation, target, aws.clock())


def _without(failure: AwsCallError, what: str, aws: AwsAccess, why: str, *codes: str) -> Absent:
    """Return the absence of the resource itself; raise the failure where it says anything else."""
    reading = failure.reading(what, aws.clock(), *codes)
    if not isinstance(reading, Absent):
        raise failure
    return replace(reading, what=f"{what}: {why}", carrier_absent=True)


def _part(resource: str) -> str:
    arn = Arn.parse(resource)
    return arn.resource if arn else resource
