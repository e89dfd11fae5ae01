"""Read whose credentials planescope uses (``sts:GetCallerIdentity``)."""

from __future__ import annotations

from diagnosis.facts.account import CallerIdentity
from diagnosis.facts.reading import Reading
from probes.aws.read.readings import attempt, known
from probes.aws.session.access import AwsAccess
from probes.aws.session.operations import GET_CALLER_IDENTITY

WHAT = "the reader's own identity"


def read_identity(aws: AwsAccess, region: str | None = None) -> Reading[CallerIdentity]:
    """Read whose credentials these are: the account; the ARN stands in the evidence, and the unique user id is left out."""

    def body() -> Reading[CallerIdentity]:
        answer = aws.ask(GET_CALLER_IDENTITY, region=region)
        identity = CallerIdentity(account=answer.filled_text("Account"))
        return known(identity, GET_CALLER_IDENTITY, answer.filled_text("Arn"), aws.clock())

    return attempt(WHAT, GET_CALLER_IDENTITY, aws, body)
