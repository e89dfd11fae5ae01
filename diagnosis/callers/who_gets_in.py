"""Say who may assume a role by its trust policy: GitHub's tokens as a set, region by region, and every second door.

Nothing here needs the account; the policy's text and the repository's name are enough. Each region of callers is searched
whole, so that a pattern one character too wide shows with the smallest token that gets in by it, and that token is asked once
more of the evaluator before it is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from diagnosis.callers.constraints import SESSION_NAME, compile_rules
from diagnosis.callers.regions import CALLER, CUSTOM_SUBJECT, FOREIGN_CALLER, STAND_IN_IDS, Region, Regions
from diagnosis.callers.search import Search, Token
from diagnosis.callers.second_doors import Door, second_doors
from diagnosis.callers.verdicts_of_rules import Applying
from diagnosis.causes import Cause
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
from diagnosis.gates import Verdict
from diagnosis.names.arn import Arn
from diagnosis.policy import Policy, PolicyDocument, Unparsable
from diagnosis.policy.language.tree import WEB_IDENTITY_ACTION
from diagnosis.sets.patterns import TooManyStates
from diagnosis.trust.admission import judge_trust
from diagnosis.trust.question import Caller, TrustOutcome, TrustPolicy, caller_of, providers_among
from diagnosis.trust.request_keys import key_presence

_WHO_MAY_CALL = "whether other owners may call that workflow is a setting of the repository that holds it"
_FORK_NOTE = "GitHub gives such a run no token unless a private repository lets forks have one"
_BESIDE = {
    "branch-by-pattern": "another-branch",
    "tag-by-pattern": "tag",
    "environment-by-pattern": "another-environment",
}
"""Regions that say nothing new where the region of any name at all gets in."""
_ONLY_IF_INSIDE = frozenset(
    {*_BESIDE, CUSTOM_SUBJECT, "listed-branch", "listed-tag", "listed-environment", "listed-repository", "listed-owner"}
)


@dataclass(frozen=True, slots=True)
class Admitted:
    """One region of callers with its answer."""

    probe: str
    """A slug: ``another-branch``, ``fork-pull-request``, ``owner-name-begins-alike``, …"""
    who: str
    subject: str
    """The subject of the smallest token that gets in, or may get in; empty where none does."""
    outcome: TrustOutcome
    reason: str
    """One sentence."""
    harmful: bool
    """Whether a release role that admits this region is too open."""
    statement: str | None = None
    claims: tuple[tuple[str, str], ...] = ()
    """That token, by condition keys without the issuer."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Who a trust policy lets in."""

    probes: tuple[Admitted, ...]
    verdict: Verdict
    """``fail``: it admits somebody whom a release role should refuse; ``unknown``: that hangs on a value not known."""
    reason: str
    cause: Cause | None = None
    """``trust-too-open`` or ``second-door``, the first where both hold; None where neither does."""
    notes: tuple[str, ...] = ()
    doors: tuple[Door, ...] = ()
    """Who may assume the role beside GitHub's workflows."""

    @property
    def too_open(self) -> tuple[Admitted, ...]:
        """The harmful regions that get in."""
        return tuple(item for item in self.probes if item.harmful and item.outcome is TrustOutcome.ALLOWED)

    @property
    def faults(self) -> tuple[tuple[Cause, str], ...]:
        """The causes of a failure, each with its reason: a subject that is not bounded, a second door."""
        found: list[tuple[Cause, str]] = []
        if self.too_open:
            who = _joined([item.who for item in sorted(self.too_open, key=_how_far)])
            found.append((Cause.TRUST_TOO_OPEN, f"The trust policy admits {who}: bound the subject."))
        if self.open_doors:
            found.append((Cause.SECOND_DOOR, " ".join(door.text for door in self.open_doors)))
        return tuple(found)

    @property
    def open_doors(self) -> tuple[Door, ...]:
        """The second doors that a release role should not have."""
        return tuple(door for door in self.doors if door.harmful)


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
    for arn in providers:
        one = _OfProvider(document, policy, caller_of(arn, role_arn), repository, audience)
        ids_made_up = ids_made_up or one.regions.ids_are_stand_ins
        answers = one.answers()
        refusals.append(one.own_refused(answers))
        for answer in answers:
            key = (answer.probe, answer.who)
            known = found.get(key)
            if known is None or _RANK[answer.outcome] > _RANK[known.outcome]:
                found[key] = answer
    notes = _notes(policy, providers) if named else tuple(_no_provider(policy))
    refused = [refusal for refusal in refusals if refusal is not None]
    if providers and len(refused) == len(refusals):
        notes = (f"{repository.full_name} itself does not get in: {min(refused)[1]}", *notes)
    if ids_made_up:
        notes += (f"The ids of {repository.full_name} are not known: {' and '.join(STAND_IN_IDS)} stand for them.",)
    return _judged(_told(found.values()), doors, notes, anybody=bool(named))


def github_providers(policy: Policy) -> tuple[Arn, ...]:
    """Return GitHub's providers that the Allow statements name; a star or NotPrincipal means github.com's own."""
    names = [name for item in policy.allows for name in item.principal_names]
    named = [arn for arn in providers_among(names) if _may_be_of_github(arn)]
    if not named and ("*" in names or any(item.not_principal for item in policy.allows)):
        # A bare star admits every provider of the account, GitHub's among them; so does whatever NotPrincipal leaves in.
        account = _account(policy) if "*" in names else None
        named.append(Arn.iam("aws", account or "0" * 12, "oidc-provider", GITHUB_ISSUER))
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


_STRANGERS = frozenset({"another-owner", "owner-name-begins-alike", "name-taken-over"})
"""Told first: they need no right in the repository or its organization at all."""
_NEIGHBOURS = frozenset({"another-repository", "repository-name-begins-alike"})
"""Told next: whoever may write to some other repository of the owner."""
_RANK = {TrustOutcome.DENIED: 0, TrustOutcome.UNKNOWN: 1, TrustOutcome.ALLOWED: 2}
_WORDS = {
    TrustOutcome.DENIED: "is refused",
    TrustOutcome.UNKNOWN: "gets in or not by values that are not known",
    TrustOutcome.ALLOWED: "gets in",
}


class _OfProvider:
    """Asks a policy about the tokens of one provider."""

    def __init__(
        self, document: PolicyDocument, policy: Policy, caller: Caller, repository: Repository, audience: str | None
    ) -> None:
        self._document, self._repository = document, repository
        self._trust, self._caller = TrustPolicy(policy), caller
        self._audience = audience or AWS_AUDIENCE
        rules = compile_rules((policy,), caller)
        self.regions = Regions(rules, repository, audience, AWS_AUDIENCE)
        self._search, self._applying = Search(rules), Applying(rules)

    def answers(self) -> list[Admitted]:
        """Return the answer for every region."""
        return [self._answer(region) for region in self.regions.of_admission()]

    def _answer(self, region: Region) -> Admitted:
        try:
            certain = self._smallest(region, 0)
            token = certain or (self._smallest(region, 1) if len(self._applying.levels) > 1 else None)
        except TooManyStates:
            return _admitted(
                region, None, TrustOutcome.UNKNOWN, "the policy's patterns are too many to be searched whole"
            )
        if token is None:
            return _admitted(region, None, TrustOutcome.DENIED)
        answer = self._trust.ask(ClaimSet(token.claims, ""), self._with_session(token))
        # The evaluator has the last word on the token that was found.
        outcome = answer.outcome if certain and answer.outcome is TrustOutcome.ALLOWED else TrustOutcome.UNKNOWN
        if region.slug == FOREIGN_CALLER and outcome is TrustOutcome.ALLOWED:
            return _admitted(region, token, TrustOutcome.UNKNOWN, _WHO_MAY_CALL)
        statement = answer.decision.because.statement if outcome is TrustOutcome.ALLOWED else None
        return _admitted(region, token, outcome, ", ".join(answer.unsure), statement)

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
        return (cost, judge_trust(self._document, possible, self._caller.provider_arn, self._caller.role_arn).reason)

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


def _admitted(
    region: Region, token: Token | None, outcome: TrustOutcome, why: str = "", statement: str | None = None
) -> Admitted:
    extra = f": {why}" if why else ""
    reason = f"{region.who[0].upper()}{region.who[1:]} {_WORDS[outcome]}{extra}."
    if region.slug == "fork-pull-request" and outcome is not TrustOutcome.DENIED:
        reason = f"{reason[:-1]}; {_FORK_NOTE}."
    claims = token.claims if token is not None else ()
    subject = dict(claims).get("sub", "")
    return Admitted(region.slug, region.who, subject, outcome, reason, region.harmful, statement, claims)


def _told(answers: Iterable[Admitted]) -> tuple[Admitted, ...]:
    """Return the answers without those that say nothing: regions of patterns and names that admit nobody, or nobody more."""
    every = list(answers)
    inside = {item.probe for item in every if item.outcome is TrustOutcome.ALLOWED}
    custom = inside <= {CUSTOM_SUBJECT}
    return tuple(
        item
        for item in every
        if item.probe not in _ONLY_IF_INSIDE
        or (
            item.outcome is not TrustOutcome.DENIED
            and _BESIDE.get(item.probe) not in inside
            # Whatever is open for the repository is open for its custom subjects: they are told where they alone get in.
            and (custom or item.probe != CUSTOM_SUBJECT)
        )
    )


def _judged(
    answers: tuple[Admitted, ...], doors: tuple[Door, ...], notes: tuple[str, ...], *, anybody: bool
) -> Admission:
    unsure = [item for item in answers if item.harmful and item.outcome is TrustOutcome.UNKNOWN]
    said = [_pattern_note(item) for item in answers if item.probe in _BESIDE or item.probe.startswith("listed-o")]
    listed = [item.who.removeprefix("the repository ") for item in answers if item.probe == "listed-repository"]
    if listed:
        said.append(f"It also lists subjects of {_joined(listed)}.")
    said += [_caller_note(item) for item in answers if item.probe == CALLER and item.outcome is TrustOutcome.ALLOWED]
    said += [door.text for door in doors if not door.harmful]
    said += [_stated(door) for door in doors if door.excepted is not None]
    notes = tuple(dict.fromkeys((*notes, *said)))
    failing = Admission(answers, Verdict.FAIL, "", None, notes, doors)
    if failing.faults:
        return replace(failing, reason=" ".join(reason for _, reason in failing.faults), cause=failing.faults[0][0])
    if unsure or any(door.unsure for door in doors):
        first = unsure[0].reason if unsure else next(door.text for door in doors if door.unsure)
        return Admission(answers, Verdict.UNKNOWN, f"Not to be told for certain: {first}", None, notes, doors)
    reason = (
        "None of the callers that a release role should refuse gets in."
        if anybody
        else "The trust policy names no OIDC provider of GitHub, so no workflow gets in."
    )
    return Admission(answers, Verdict.PASS, reason, None, notes, doors)


def _pattern_note(item: Admitted) -> str:
    verb = "may also admit" if item.outcome is TrustOutcome.UNKNOWN else "also admits"
    return f"It {verb} {item.who}: {item.subject}, for one."


def _caller_note(item: Admitted) -> str:
    """Say that a pinned workflow, called from elsewhere, carries the pinned reference whatever run calls it."""
    workflow = dict(item.claims).get("job_workflow_ref", "the workflow")
    return f"If {workflow} can be called (workflow_call), a run that calls it gets in from elsewhere too: {item.subject}, for one."


def _stated(door: Door) -> str:
    stated = door.excepted
    return (
        ""
        if stated is None
        else (
            f"The case file states {door.principal} as an exception until {stated.expires.isoformat()}: {stated.rationale}"
        )
    )


def _how_far(item: Admitted) -> int:
    """Return the sort key by which those who should be refused are told: who stands furthest off, first."""
    return 0 if item.probe in _STRANGERS else 1 if item.probe in _NEIGHBOURS else 2


def _joined(names: list[str]) -> str:
    shown = names[:3]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(shown)}{more}"


def _no_provider(policy: Policy) -> Iterator[str]:
    """Say of each name that was written for GitHub's provider and is not its ARN that no token comes by it."""
    for statement in policy.allows:
        for name in statement.principal_names:
            arn = Arn.parse(name)
            issuer = arn.resource_id if arn is not None and arn.resource_type == "oidc-provider" else name
            if is_github_issuer(issuer):
                yield f"{statement.name} names {name}, which is no provider's ARN: no token is admitted by it."


def _notes(policy: Policy, providers: tuple[Arn, ...]) -> tuple[str, ...]:
    """Return what an engineer should know of the conditions, beside the answers."""
    notes: list[str] = []
    for statement in policy.allows:
        own = [arn for arn in providers if arn in providers_among(statement.principal_names)]
        if not own and not (statement.not_principal and statement.actions.covers(WEB_IDENTITY_ACTION.lower())):
            continue
        asked = [(condition.operator, condition.folded_key) for condition in statement.conditions]
        name = statement.sid or "a statement for the provider"
        if not any(key.endswith((":sub", ":job_workflow_ref")) for _, key in asked):
            notes.append(
                f"{name} bounds neither sub nor job_workflow_ref: AWS refuses that in new trust policies, "
                "and does not re-check old ones."
            )
        for condition in statement.conditions:
            presence = key_presence(condition.key, (own or list(providers))[0].resource_id)
            if presence.absent:
                meant = f" {presence.meant} was probably meant." if presence.meant else ""
                notes.append(
                    f"{name} asks for {condition.key}, which no request of a job carries: {presence.reason}{meant}"
                )
        for operator, key in asked:
            if operator.lower().startswith("forallvalues:"):
                notes.append(f"{name} tests {key} with {operator}, which admits every token without that claim.")
    return tuple(dict.fromkeys(notes))
