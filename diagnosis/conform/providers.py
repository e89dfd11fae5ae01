"""Find what OIDC providers newly take: an audience, a certificate's thumbprint, a provider that was not there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from diagnosis.claims.claim_set import GITHUB_ISSUER
from diagnosis.conform.accounted import Accounted
from diagnosis.conform.needs import RoleNeeds
from diagnosis.conform.pairs import matched
from diagnosis.conform.widening import not_compared
from diagnosis.findings.finding import Finding, Level, Place
from diagnosis.iac.node import Open
from diagnosis.iac.proposal import ProposedProvider
from diagnosis.verdicts.conform_rule import ConformRule


def provider_findings(
    base: Sequence[ProposedProvider], head: Sequence[ProposedProvider], accounted: Accounted, needed: RoleNeeds
) -> Iterator[Finding]:
    """Yield what each provider newly takes; one for which the base has none is wholly new."""
    wanted = {audience for claims in needed.claims if (audience := claims.get("aud")) is not None}
    # Of several with one URL, in accounts of their own, each is compared with itself.
    pairs, _ = matched(base, head, (_is_in_its_place, _is_at_its_address, _has_its_url))
    for old, new in pairs:
        place = Place(new.file, new.line, member=f"OIDC provider {_url(new)}")
        if isinstance(new.audiences, Open) or any(isinstance(each, Open) for each in new.audiences):
            if old is None or old.audiences != new.audiences:
                yield not_compared(place, f"Which audiences the OIDC provider {_url(new)} takes could not be read.")
            continue
        known = () if old is None or isinstance(old.audiences, Open) else old.audiences
        more = [each for each in new.audiences if isinstance(each, str) and each not in known]
        left = [each for each in more if each not in accounted.admits and each not in wanted]
        if left:
            rule = ConformRule.WIDENED_PROVIDER
            word = "takes" if old is not None else "is new and takes"
            said = (
                f"The OIDC provider {_url(new)} {word} the audience {', '.join(left)}, which the base branch does not."
            )
            yield Finding(rule, Level.ERROR, place, said, rule.record.correction, tuple(left))
        yield from _thumbprints(old, new, place, accounted)
        if told := [each for each in more if each in accounted.admits]:
            yield _note(
                ConformRule.WIDENING_STATED, place, "The audience that the provider newly takes is stated", told
            )
        if told := [each for each in more if each in wanted and each not in accounted.admits]:
            said = "The audience that the provider newly takes is the one that a release requests"
            yield _note(ConformRule.WIDENING_NEEDED, place, said, told)


def _thumbprints(
    old: ProposedProvider | None, new: ProposedProvider, place: Place, accounted: Accounted
) -> Iterator[Finding]:
    """Yield the certificates by which a provider is newly known; AWS knows GitHub's by its own list of authorities."""
    if old is None or old.thumbprints == new.thumbprints:
        return
    known = () if isinstance(old.thumbprints, Open) else old.thumbprints
    listed = (new.thumbprints,) if isinstance(new.thumbprints, Open) else new.thumbprints
    more = [each for each in listed if each not in known]
    shown = [each.why if isinstance(each, Open) else each for each in more]
    if not more:
        return
    if _url(new) == GITHUB_ISSUER or all(each in accounted.admits for each in shown):
        why = "AWS does not go by it for GitHub" if _url(new) == GITHUB_ISSUER else "it is stated"
        yield _note(
            ConformRule.WIDENING_STATED, place, f"The OIDC provider {_url(new)} has a new thumbprint; {why}", shown
        )
    elif any(isinstance(each, Open) for each in more):
        yield not_compared(place, f"Which thumbprints the OIDC provider {_url(new)} has could not be read.")
    else:
        rule = ConformRule.WIDENED_PROVIDER
        said = f"The OIDC provider {_url(new)} is newly known by the thumbprint {', '.join(shown)}."
        yield Finding(rule, Level.ERROR, place, said, rule.record.correction, tuple(shown))


def _is_in_its_place(old: ProposedProvider, new: ProposedProvider) -> bool:
    return old.file == new.file and _is_at_its_address(old, new)


def _is_at_its_address(old: ProposedProvider, new: ProposedProvider) -> bool:
    """Return whether both have one address, and no other URL as far as it is known: with another one it is new."""
    both_known = isinstance(old.url, str) and isinstance(new.url, str)
    return old.address == new.address and (old.url == new.url or not both_known)


def _has_its_url(old: ProposedProvider, new: ProposedProvider) -> bool:
    return isinstance(new.url, str) and old.url == new.url


def _note(rule: ConformRule, place: Place, sentence: str, details: Sequence[str]) -> Finding:
    return Finding(rule, Level.NOTE, place, f"{sentence}.", rule.record.correction, tuple(details))


def _url(provider: ProposedProvider) -> str:
    return provider.url.why if isinstance(provider.url, Open) else provider.url or provider.address
