"""Whose account is being read: ``sts:GetCallerIdentity``."""

from __future__ import annotations

from diagnosis.account import CallerIdentity
from diagnosis.reading import Reading
from probes.aws.answers import text
from probes.aws.operations import GET_CALLER_IDENTITY
from probes.aws.readings import attempt, known
from probes.aws.session import AwsAccess

WHAT = "the reader's own identity"


def read_identity(aws: AwsAccess, region: str | None = None) -> Reading[CallerIdentity]:
    """The account and ARN of the reader; the unique user id is left out, it is nobody's business."""

    def body() -> Reading[CallerIdentity]:
        answer = aws.ask(GET_CALLER_IDENTITY, region=region)
        identity = CallerIdentity(account=text(answer, "Account"), arn=text(answer, "Arn"))
        return known(identity, GET_CALLER_IDENTITY, identity.arn, aws.clock())

    return attempt(WHAT, GET_CALLER_IDENTITY, aws, body)
