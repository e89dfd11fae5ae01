"""The IAM OpenID Connect provider of the run's issuer."""

from __future__ import annotations

from diagnosis.facts.account import OidcProvider
from diagnosis.facts.reading import Reading, Unreadable
from probes.aws.read.readings import absent, attempt, known
from probes.aws.session.access import AwsAccess
from probes.aws.session.answers import maybe_moment, parts, text, texts
from probes.aws.session.errors import AwsCallError, Failure
from probes.aws.session.operations import GET_PROVIDER, LIST_PROVIDERS


def read_provider(aws: AwsAccess, arn: str, region: str | None = None) -> Reading[OidcProvider]:
    """The provider of this ARN. Where reading it is denied, the list of providers may still prove that it is absent."""
    what = f"OIDC provider {arn}"

    def body() -> Reading[OidcProvider]:
        try:
            answer = aws.ask(GET_PROVIDER, region=region, OpenIDConnectProviderArn=arn)
        except AwsCallError as failure:
            if failure.kind is Failure.DENIED and arn not in _listed(aws, region, failure):
                return absent(what, LIST_PROVIDERS, "does not name it", aws.clock())
            raise
        provider = OidcProvider(
            arn=arn,
            url=text(answer, "Url").removeprefix("https://"),
            audiences=texts(answer, "ClientIDList"),
            created_at=maybe_moment(answer, "CreateDate"),
        )
        return known(provider, GET_PROVIDER, arn, aws.clock())

    return attempt(what, GET_PROVIDER, aws, body, "NoSuchEntity", "NoSuchEntityException")


def read_provider_arns(aws: AwsAccess, region: str | None = None) -> Reading[tuple[str, ...]]:
    """The ARNs of all OIDC providers of the account."""

    def body() -> Reading[tuple[str, ...]]:
        answer = aws.ask(LIST_PROVIDERS, region=region)
        arns = tuple(text(entry, "Arn") for entry in parts(answer, "OpenIDConnectProviderList"))
        return known(arns, LIST_PROVIDERS, f"{len(arns)} providers", aws.clock())

    return attempt("the list of OIDC providers", LIST_PROVIDERS, aws, body)


def _listed(aws: AwsAccess, region: str | None, denial: AwsCallError) -> tuple[str, ...]:
    """All provider ARNs; where the list cannot be read either, the first denial stands."""
    listing = read_provider_arns(aws, region)
    if isinstance(listing, Unreadable) or not hasattr(listing, "value"):
        raise denial
    return listing.value
