"""Read the IAM OpenID Connect provider of the run's issuer."""

from __future__ import annotations

from diagnosis.facts.account import OidcProvider
from diagnosis.facts.reading import Reading
from diagnosis.json_members import JsonFault
from diagnosis.names.arn import Arn
from probes.aws.read.readings import absent, attempt, known
from probes.aws.session.access import AwsAccess
from probes.aws.session.answers import maybe_moment
from probes.aws.session.errors import AwsCallError, Failure
from probes.aws.session.operations import GET_PROVIDER, LIST_PROVIDERS


def read_provider(aws: AwsAccess, arn: Arn, region: str | None = None) -> Reading[OidcProvider]:
    """Read the provider of this ARN. Where reading it is denied, the list of providers may still prove that it is absent."""
    what = f"OIDC provider {arn}"

    def body() -> Reading[OidcProvider]:
        try:
            answer = aws.ask(GET_PROVIDER, region=region, OpenIDConnectProviderArn=str(arn))
        except AwsCallError as failure:
            if failure.kind is Failure.DENIED and str(arn) not in _listed(aws, region, failure):
                return absent(what, LIST_PROVIDERS, "does not name it", aws.clock())
            raise
        provider = OidcProvider(
            arn=arn,
            url=answer.filled_text("Url").removeprefix("https://"),
            audiences=answer.texts("ClientIDList"),
            created_at=maybe_moment(answer, "CreateDate"),
            thumbprints=tuple(sorted(answer.texts("ThumbprintList"))) if answer.has("ThumbprintList") else (),
        )
        return known(provider, GET_PROVIDER, str(arn), aws.clock())

    return attempt(what, GET_PROVIDER, aws, body, "NoSuchEntity", "NoSuchEntityException")


def _listed(aws: AwsAccess, region: str | None, denial: AwsCallError) -> tuple[str, ...]:
    """Return all provider ARNs of the account; where the list cannot be read either, the first denial stands."""
    try:
        answer = aws.ask(LIST_PROVIDERS, region=region)
        return tuple(entry.filled_text("Arn") for entry in answer.objects("OpenIDConnectProviderList"))
    except (AwsCallError, JsonFault):
        raise denial from None
