"""Say who may assume a role by its trust policy: GitHub's tokens as a set, region by region, and every second door.

Nothing here needs the account; the policy's text and the repository's name are enough. Each region of callers is searched
whole, so that a pattern one character too wide shows with the smallest token that gets in by it, and that token is asked once
more of the evaluator before it is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from diagnosis.callers.admission_verdict import (
    Admission,
    Admitted,
    answer_for,
    judged,
    misnamed_providers,
    notes_on,
    worth_telling,
)
from diagnosis.callers.constraints import SESSION_NAME, compile_rules
from diagnosis.callers.github_names import ANY_TEXT
from diagnosis.callers.regions import FOREIGN_CALLER, STAND_IN_IDS, Region, Regions
from diagnosis.callers.search import Budget, Search, Token
from diagnosis.callers.second_doors import second_doors
from diagnosis.callers.verdicts_of_rules import Applying
from diagnosis.claims.claim_set import (
    DEFAULT_TEMPLATE,
    GITHUB_ISSUER,
    ClaimSet,
    ContextKind,
    SubjectContext,
    SubjectForm,
    finished,
    is_github_issuer,
    without_scheme,
)
from diagnosis.claims.subject_claim import AWS_AUDIENCE, PossibleClaims
from diagnosis.facts.case import StatedException
from diagnosis.facts.runs import Repository
from diagnosis.names.arn import Arn
from diagnosis.policy import Policy, PolicyDocument, Unparsable
from diagnosis.sets.patterns import TooManyStates
from diagnosis.sets.words import Words
from diagnosis.trust.admission import judge_trust
from diagnosis.trust.question import Caller, TrustOutcome, TrustPolicy, caller_of, providers_among

_WHO_MAY_CALL = "whether other owners may call that workflow is a setting of the repository that holds it"
_RANK = {TrustOutcome.DENIED: 0, TrustOutcome.UNKNOWN: 1, TrustOutcome.ALLOWED: 2}


def who_gets_in(
    document: PolicyDocument,
    repository: Repository,
    *,
    audience: str | None = None,
    provider_arn: Arn | None = None,
    role_arn: Arn | None = None,
    exceptions: Iterable[StatedException] = (),
    today: date | None = None,
) -> Admission | Unparsable:
    """Return who gets in by the trust policy. Never raises.

    ``audience`` is what every caller requests; without it strangers request what the policy wants, and the repository itself
    AWS's own. Every provider of GitHub that the policy names is asked for, ``provider_arn`` beside them. ``exceptions`` are the
    second doors that the case file states, in force on the day ``today``.
    """
    if isinstance(document.policy, Unparsable):
        return document.policy
    return _searched(document, repository, audience, provider_arn, role_arn, tuple(exceptions), today)


@lru_cache(maxsize=128)
def _searched(
    document: PolicyDocument,
    repository: Repository,
    audience: str | None,
    provider_arn: Arn | None,
    role_arn: Arn | None,
    exceptions: tuple[StatedException, ...],
    today: date | None,
) -> Admission:
    """Search a readable policy. Kept for a while, since every path of a diagnosis asks about the same few documents."""
    policy = document.compiled()
    named = github_providers(policy)
    providers = tuple(dict.fromkeys((*((provider_arn,) if provider_arn else ()), *named)))
    home = role_arn or (providers[0] if providers else Arn.iam("aws", "0" * 12, "role", "any")).beside("role", "any")
    doors = second_doors(policy, home, exceptions=exceptions, today=today)
    found: dict[tuple[str, str], Admitted] = {}
    refusals: list[tuple[int, str] | None] = []
    ids_made_up = False
    budget = Budget()
    for arn in providers:
        requested: Words | str = audience or ANY_TEXT
        one = _OfProvider(
            document, policy, caller_of(arn, role_arn), repository, requested, audience or AWS_AUDIENCE, budget
        )
        ids_made_up = ids_made_up or one.regions.ids_are_stand_ins
        answers = one.answers()
        refusals.append(one.own_refused(answers))
        for answer in answers:
            key = (answer.probe, answer.who)
            known = found.get(key)
            if known is None or _RANK[answer.outcome] > _RANK[known.outcome]:
                found[key] = answer
    notes = notes_on(policy, providers) if named else tuple(misnamed_providers(policy))
    refused = [refusal for refusal in refusals if refusal is not None]
    if providers and len(refused) == len(refusals):
        notes = (f"{repository.full_name} itself does not get in: {min(refused)[1]}", *notes)
    if ids_made_up:
        notes += (f"The ids of {repository.full_name} are not known: {' and '.join(STAND_IN_IDS)} stand for them.",)
    return judged(worth_telling(found.values()), doors, notes, anybody=bool(named))


def github_providers(policy: Policy, beside: Arn | None = None) -> tuple[Arn, ...]:
    """Return GitHub's providers that the Allow statements name; a star or NotPrincipal means github.com's own.

    ``beside`` is another resource of the role's account; without it the account is guessed for a star.
    """
    names = [name for item in policy.allows for name in item.principal_names]
    named = [arn for arn in providers_among(names) if _may_be_of_github(arn)]
    if not named and ("*" in names or any(item.not_principal for item in policy.allows)):
        # A bare star admits every provider of the account, GitHub's among them; so does whatever NotPrincipal leaves in.
        account = _account(policy) if "*" in names else None
        home = beside or Arn.iam("aws", account or "0" * 12, "role", "any")
        named.append(home.beside("oidc-provider", GITHUB_ISSUER))
    return tuple(dict.fromkeys(named))


def _may_be_of_github(provider: Arn) -> bool:
    """Return whether a provider of GitHub has this ARN: AWS keeps the issuer without its scheme and compares letter by letter."""
    issuer = provider.resource_id
    return issuer == without_scheme(issuer) and is_github_issuer(issuer)


def _account(policy: Policy) -> str | None:
    arns = (
        Arn.parse(name)
        for item in policy.statements
        for _, name in (item.principals.entries if item.principals else ())
    )
    return next((arn.account for arn in arns if arn is not None and arn.has_account), None)


class _OfProvider:
    """Asks a policy about the tokens of one provider."""

    def __init__(
        self,
        document: PolicyDocument,
        policy: Policy,
        caller: Caller,
        repository: Repository,
        requested: Words | str,
        own_audience: str,
        budget: Budget,
    ) -> None:
        self._document, self._repository = document, repository
        self._trust, self._caller = TrustPolicy(policy), caller
        self._audience = own_audience
        rules = compile_rules((policy,), caller)
        self.regions = Regions(rules, repository, requested, own_audience)
        self._search, self._applying = Search(rules, budget), Applying(rules)

    def answers(self) -> list[Admitted]:
        """Return the answer for every region."""
        return [self._answer(region) for region in self.regions.of_admission()]

    def _answer(self, region: Region) -> Admitted:
        try:
            certain = self._smallest(region, 0)
            token = certain or (self._smallest(region, 1) if len(self._applying.levels) > 1 else None)
        except TooManyStates:
            return answer_for(
                region, None, TrustOutcome.UNKNOWN, "the policy's patterns are too many to be searched whole"
            )
        if token is None:
            return answer_for(region, None, TrustOutcome.DENIED)
        answer = self._trust.ask(ClaimSet(token.claims, ""), self._with_session(token))
        # The evaluator has the last word on the token that was found.
        outcome = answer.outcome if certain and answer.outcome is TrustOutcome.ALLOWED else TrustOutcome.UNKNOWN
        if region.slug == FOREIGN_CALLER and outcome is TrustOutcome.ALLOWED:
            return answer_for(region, token, TrustOutcome.UNKNOWN, _WHO_MAY_CALL)
        statement = answer.decision.because.statement if outcome is TrustOutcome.ALLOWED else None
        return answer_for(region, token, outcome, ", ".join(answer.unsure), statement)

    def _smallest(self, region: Region, level: int) -> Token | None:
        applying = self._applying
        found = (
            self._search.smallest(
                shape, lambda bits: applying.admits(bits)[level], lambda bits: applying.may_admit(bits, 0)
            )
            for shape in region.shapes
        )
        return min((token for token in found if token is not None), key=lambda token: token.length, default=None)

    def _with_session(self, token: Token) -> Caller:
        caller = self._caller
        return Caller(caller.provider_arn, caller.role_arn, caller.issuer, dict(token.claims).get(SESSION_NAME))

    def own_refused(self, answers: Iterable[Admitted]) -> tuple[int, str] | None:
        """Say why no token of the repository itself gets in, by the one that came nearest; None where one does or may."""
        own = {region.slug for region in self.regions.of_admission() if region.own}
        if any(item.probe in own and item.outcome is not TrustOutcome.DENIED for item in answers):
            return None
        told: list[tuple[int, int, ClaimSet]] = []
        for at, claims in enumerate(self._own_tokens()):
            misses = self._trust.ask(claims, self._caller).decision.near_misses
            told.append((misses[0].cost if misses else 0, at, claims))
        cost, _, nearest = min(told)
        possible = PossibleClaims((nearest,), self._caller.issuer)
        judged = judge_trust(self._document, possible, self._caller.provider_arn, self._caller.role_arn)
        if judged.outcome is not TrustOutcome.DENIED:
            # It hangs on a claim of which the search has shown that no token of the repository has the value.
            return (cost, "No token that GitHub mints for it meets every condition of one statement.")
        return (cost, judged.reason)

    def _own_tokens(self) -> list[ClaimSet]:
        """Return tokens of the repository in every form, on its default branch and wherever the policy names a context."""
        repository, listed = self._repository, self.regions.listed
        branch = f"refs/heads/{repository.default_branch or 'main'}"
        contexts = [
            SubjectContext(ContextKind.REF, branch),
            *(SubjectContext(ContextKind.REF, ref) for ref in listed.refs[:4]),
            *(SubjectContext(ContextKind.ENVIRONMENT, name) for name in listed.environments[:4]),
        ]
        owner_id, id_ = self.regions.own_ids
        prefixes = {
            SubjectForm.CLASSIC: f"repo:{repository.full_name}",
            SubjectForm.IMMUTABLE: f"repo:{repository.owner}@{owner_id}/{repository.name}@{id_}",
        }
        tokens = []
        for form in self.regions.forms:
            for context in dict.fromkeys(contexts):
                claims = {
                    "aud": self._audience,
                    "repository": repository.full_name,
                    "repository_id": id_,
                    "repository_owner_id": owner_id,
                    "ref": context.value if context.kind is ContextKind.REF else branch,
                }
                if context.kind is ContextKind.ENVIRONMENT:
                    claims["environment"] = context.value
                unknown = {"actor", "actor_id", "enterprise_id", "job_workflow_ref", "workflow"}
                tokens.append(finished(claims, unknown, "", form, DEFAULT_TEMPLATE, prefixes[form], context))
        return tokens
