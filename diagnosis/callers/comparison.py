"""Compare two trust policies as sets: whom the second admits and the first does not, and the other way round.

Every statement counts. GitHub's tokens are searched whole, in one sweep first, and by regions where the sweep finds a difference;
tokens of other providers by audience and subject; all other principals that either policy names, and one that neither names,
by the statements that apply to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from diagnosis.callers.constraints import Rules, compile_rules
from diagnosis.callers.github_names import ANY_TEXT, audiences_of
from diagnosis.callers.other_principals import compare_principals
from diagnosis.callers.regions import CUSTOM_SUBJECT, Region, Regions
from diagnosis.callers.search import Part, Search, Token, TokenShape
from diagnosis.callers.verdicts_of_rules import Applying
from diagnosis.callers.who_gets_in import github_providers
from diagnosis.causes import Cause
from diagnosis.claims.claim_set import ClaimSet, without_scheme
from diagnosis.claims.subject_claim import AWS_AUDIENCE
from diagnosis.facts.runs import Repository
from diagnosis.names.arn import Arn
from diagnosis.policy import Policy, PolicyDocument, Statement, Unparsable
from diagnosis.sets.patterns import TooManyStates
from diagnosis.trust.question import caller_of, providers_among


@dataclass(frozen=True, slots=True)
class CallerClass:
    """One class of callers that a policy admits, with its smallest member."""

    slug: str
    """The region of all callers: ``another-branch``, ``another-repository``, ``second-door``, …"""
    who: str
    """Who that is, as a noun phrase."""
    witness: str
    """The smallest subject of the class, or the principal."""
    claims: tuple[tuple[str, str], ...] = ()
    """The token with that subject, as claims."""
    certain: bool = True
    """Whether it gets in whatever the values that no record tells."""

    @property
    def text(self) -> str:
        """``who: witness``."""
        return f"{self.who}: {self.witness}"


@dataclass(frozen=True, slots=True)
class TrustComparison:
    """How the callers that two trust policies admit differ."""

    newly_admitted: tuple[CallerClass, ...] = ()
    no_longer_admitted: tuple[CallerClass, ...] = ()
    undecided: tuple[str, ...] = ()
    """Why it could not be decided; empty where it was."""

    @property
    def admits_nothing_new(self) -> bool:
        """Whether it is proved that the second policy admits nobody whom the first refuses."""
        return not self.newly_admitted and not self.undecided

    @property
    def takes_nothing_away(self) -> bool:
        """Whether it is proved that the second policy admits everybody whom the first admits."""
        return not self.no_longer_admitted and not self.undecided

    @property
    def equivalent(self) -> bool:
        """Whether it is proved that both admit the same callers."""
        return self.admits_nothing_new and self.takes_nothing_away


def compare_trust(
    before: PolicyDocument,
    after: PolicyDocument,
    repository: Repository,
    *,
    meant: Iterable[ClaimSet] = (),
    provider_arn: Arn | None = None,
    audiences: Iterable[str] | None = None,
) -> TrustComparison:
    """Compare whom two trust policies admit. Never raises.

    ``meant`` are the claims of the run for which a change is made: a token that agrees with one of them on every claim
    that either policy asks of its repository is not told as new. ``repository`` is the one from which callers are named;
    ``provider_arn`` is asked beside the providers that the policies name. ``audiences`` are all that
    the provider ``provider_arn`` admits in IAM, before or after the change: no token with another one reaches the trust
    policy. None where they are not known.
    """
    old, new = before.policy, after.policy
    if isinstance(old, Unparsable) or isinstance(new, Unparsable):
        broken = [side.text for side in (old, new) if isinstance(side, Unparsable)]
        return TrustComparison(undecided=tuple(f"The trust policy is unparsable: {text}." for text in broken))
    if open_values := (*old.not_kept, *new.not_kept):
        return TrustComparison(undecided=(f"The values at {', '.join(dict.fromkeys(open_values))} were not kept.",))
    if old == new:
        return TrustComparison()
    admitted = None if audiences is None else tuple(dict.fromkeys(audiences))
    return _compared(before, after, repository, tuple(meant), provider_arn, admitted)


@lru_cache(maxsize=128)
def _compared(
    before: PolicyDocument,
    after: PolicyDocument,
    repository: Repository,
    wanted: tuple[ClaimSet, ...],
    provider_arn: Arn | None,
    audiences: tuple[str, ...] | None,
) -> TrustComparison:
    """Compare two readable policies. Kept for a while: an offer, its path and the screen ask about the same pair."""
    policies = (before.compiled(), after.compiled())
    gained: list[CallerClass] = []
    lost: list[CallerClass] = []
    undecided: list[str] = []
    for arn in _github(policies, provider_arn):
        # What is known of the audiences, is known of the provider that was asked for.
        both = _OfProvider(policies, arn, repository, wanted, audiences if arn == provider_arn else None)
        try:
            gained += both.admitted_by(1)
            lost += both.admitted_by(0)
        except TooManyStates:
            undecided.append(f"The patterns for {arn} are too many to be searched whole.")
    for arn in _others(policies):
        try:
            gained += _of_foreign_provider(policies, arn, 1)
            lost += _of_foreign_provider(policies, arn, 0)
        except TooManyStates:
            undecided.append(f"The patterns for {arn} are too many to be searched whole.")
    for found, side in ((gained, 1), (lost, 0)):
        for principal, certain in compare_principals(policies, side):
            found.append(CallerClass(Cause.SECOND_DOOR, "another principal", principal, (), certain))
    return TrustComparison(_once(gained), _once(lost), tuple(undecided))


def _once(classes: Iterable[CallerClass]) -> tuple[CallerClass, ...]:
    """Return each class once: the policies' providers present the same subjects, and one witness can stand for several names."""
    return tuple({(item.slug, item.witness): item for item in reversed(tuple(classes))}.values())[::-1]


def _github(policies: Sequence[Policy], provider_arn: Arn | None) -> tuple[Arn, ...]:
    written = [arn for policy in policies for item in policy.allows for arn in providers_among(item.principal_names)]
    # A role trusts providers of its own account: so whom a star or NotPrincipal lets in comes by one that stands beside them.
    beside = provider_arn or next(iter(written), None)
    named = [arn for policy in policies for arn in github_providers(policy, beside) if _can_exist(arn)]
    return tuple(dict.fromkeys((*((provider_arn,) if provider_arn else ()), *named)))


def _others(policies: Sequence[Policy]) -> tuple[Arn, ...]:
    github = {arn for policy in policies for arn in github_providers(policy)}
    names = [name for policy in policies for item in policy.statements for name in item.principal_names]
    return tuple(dict.fromkeys(arn for arn in providers_among(names) if arn not in github and _can_exist(arn)))


def _can_exist(provider: Arn) -> bool:
    """Return whether IAM can hold a provider of this ARN: it keeps the issuer without scheme and trailing slash."""
    issuer = provider.resource_id
    return bool(issuer) and issuer == without_scheme(issuer) and not any(sign.isspace() for sign in issuer)


class _OfProvider:
    """Compares two policies for the tokens of one of GitHub's providers."""

    def __init__(
        self,
        policies: tuple[Policy, Policy],
        provider: Arn,
        repository: Repository,
        meant: tuple[ClaimSet, ...],
        audiences: tuple[str, ...] | None,
    ) -> None:
        caller = caller_of(provider)
        self._rules = compile_rules(policies, caller, meant=meant)
        self._search, self._applying = Search(self._rules), Applying(self._rules)
        self._deciding = tuple(_deciding(self._rules, side) for side in (0, 1))
        self._regions = Regions(self._rules, repository, audiences_of(audiences), AWS_AUDIENCE)

    def admitted_by(self, side: int) -> Iterator[CallerClass]:
        """Yield the classes that the policy of this side (0 or 1) admits and the other refuses."""
        if not self._deciding[side]:
            return
        everything = self._regions.everything()
        found_at = ((level, self._smallest(everything, side, level)) for level in self._applying.levels)
        level, token = next(((level, token) for level, token in found_at if token is not None), (0, None))
        if token is None:
            return
        told = False
        for region in self._regions.of_comparison():
            # What is open for a repository is open for its custom subjects: they are told where they alone differ.
            found = None if told and region.slug == CUSTOM_SUBJECT else self._of_region(region, side, level)
            if found is not None:
                told = True
                yield found
        if not told:
            # The sweep takes names and ids as free. What it finds beyond all regions is told rather than proved impossible.
            subject = dict(token.claims).get("sub", "")
            yield CallerClass("other-tokens", "a token of no known kind", subject, token.claims, level == 0)

    def _of_region(self, region: Region, side: int, level: int) -> CallerClass | None:
        for certainty in range(level, len(self._applying.levels)):
            token = self._smallest(region.shapes, side, certainty)
            if token is not None:
                subject = dict(token.claims).get("sub", "")
                return CallerClass(region.slug, region.who, subject, token.claims, certainty == 0)
        return None

    def _smallest(self, shapes: Iterable[TokenShape], side: int, level: int) -> Token | None:
        wanted, hopeful = _differing(self._applying, side, level, self._deciding[side], meant=side == 1)
        found = (self._search.smallest(shape, wanted, hopeful) for shape in shapes)
        return min((token for token in found if token is not None), key=lambda token: token.length, default=None)


def _differing(
    applying: Applying, side: int, level: int, deciding: int, *, meant: bool
) -> tuple[Callable[[int], bool], Callable[[int], bool]]:
    def wanted(bits: int) -> bool:
        return not (meant and applying.is_meant(bits)) and applying.differs(bits, side, 1 - side)[level]

    def hopeful(bits: int) -> bool:
        return bool(bits & deciding)

    return wanted, hopeful


def _deciding(rules: Rules, side: int) -> int:
    """Return the Allow statements of one side by which it can admit more than the other, a bit for each rule.

    Where the other side has no Deny of its own, a statement that it has too admits nobody more; else any may.
    """

    def of(policy: int, *, allows: bool) -> dict[int, object]:
        return {
            number: (rule.statement.principals, rule.statement.not_principal, _asked(rule.statement))
            for number, rule in enumerate(rules.rules)
            if rule.statement is not None and rule.policy == policy and rule.allows is allows
        }

    other = 1 - side
    mine, shared = of(side, allows=True), list(of(other, allows=True).values())
    denied = list(of(side, allows=False).values())
    if any(deny not in denied for deny in of(other, allows=False).values()):
        shared = []
    return sum(1 << number for number, allow in mine.items() if allow not in shared)


def _asked(statement: Statement) -> frozenset[tuple[str, str, tuple[str, ...], bool]]:
    """Return what the conditions of a statement ask, wherever it stands."""
    return frozenset((item.name, item.folded_key, item.values, item.variables) for item in statement.conditions)


def _of_foreign_provider(policies: tuple[Policy, Policy], provider: Arn, side: int) -> Iterator[CallerClass]:
    """Yield the smallest token of another issuer that one side admits and the other refuses."""
    rules = compile_rules(policies, caller_of(provider))
    deciding = _deciding(rules, side)
    if not deciding:
        return
    search, applying = Search(rules), Applying(rules)
    shape = TokenShape((Part(ANY_TEXT, ("aud",)), Part(ANY_TEXT, ("sub",))))
    for level in applying.levels:
        wanted, hopeful = _differing(applying, side, level, deciding, meant=False)
        token = search.smallest(shape, wanted, hopeful)
        if token is not None:
            who = f"tokens of {provider.resource_id}"
            yield CallerClass(Cause.SECOND_DOOR, who, dict(token.claims)["sub"], token.claims, level == 0)
            return
