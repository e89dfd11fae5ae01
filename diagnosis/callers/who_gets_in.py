"""Find out whom a trust policy lets in, by asking it about tokens that a release role should refuse.

``ForAllValues`` on an absent key, a missing subject condition, a pattern one character too wide: all of them show as a
probe that is admitted. Nothing here needs the account; the policy's text and the repository's name are enough.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from diagnosis.callers.admit_probes import STAND_IN_IDS, Probe, has_stand_in_ids, probes_for
from diagnosis.causes import Cause
from diagnosis.claims.claim_set import GITHUB_ISSUER, is_github_cloud, read_subject, without_scheme
from diagnosis.claims.subject_claim import AWS_AUDIENCE
from diagnosis.facts.runs import Repository
from diagnosis.gates import Verdict
from diagnosis.names.arn import Arn
from diagnosis.policy import Policy, PolicyDocument, Unparsable
from diagnosis.trust.question import Caller, TrustAnswer, TrustOutcome, TrustPolicy, caller_of, providers_among

_FORK_NOTE = "GitHub gives such a run no token unless a private repository lets forks have one"


@dataclass(frozen=True, slots=True)
class Admitted:
    """One probe with its answer: the most open one of all its tokens."""

    probe: str
    """A slug: ``another-branch``, ``fork-pull-request``, ``owner-name-begins-alike``, …"""
    who: str
    subject: str
    """The subject of the token that got furthest."""
    outcome: TrustOutcome
    reason: str
    """One sentence."""
    harmful: bool
    """Whether a release role that admits this probe is too open."""
    statement: str | None = None


@dataclass(frozen=True, slots=True)
class Admission:
    """Who a trust policy lets in."""

    probes: tuple[Admitted, ...]
    verdict: Verdict
    """``fail``: it admits somebody whom a release role should refuse; ``unknown``: that hangs on a value not known."""
    reason: str
    cause: Cause | None = None
    """``trust-too-open``, or None."""
    notes: tuple[str, ...] = ()

    @property
    def too_open(self) -> tuple[Admitted, ...]:
        """The harmful probes that get in."""
        return tuple(item for item in self.probes if item.harmful and item.outcome is TrustOutcome.ALLOWED)


def who_gets_in(
    document: PolicyDocument,
    repository: Repository,
    *,
    audience: str = AWS_AUDIENCE,
    provider_arn: Arn | None = None,
    role_arn: Arn | None = None,
) -> Admission | Unparsable:
    """Ask the trust policy about every probe.

    Without ``provider_arn`` each OIDC provider of GitHub that the policy names is asked for. Never raises.
    """
    policy = document.policy
    if isinstance(policy, Unparsable):
        return policy
    providers = (provider_arn,) if provider_arn else _github_providers(policy)
    if not providers:
        reason = "The trust policy names no OIDC provider of GitHub, so no workflow gets in."
        return Admission((), Verdict.PASS, reason)
    found: dict[str, Admitted] = {}
    refusals: list[tuple[int, str] | None] = []
    trust = TrustPolicy(policy)
    for arn in providers:
        caller = caller_of(arn, role_arn)
        probes = probes_for(policy, repository, caller, audience)
        refusals.append(_own_refused(trust, probes, caller))
        for probe in probes:
            answer = _answer(trust, probe, caller)
            known = found.get(answer.probe)
            if known is None or _RANK[answer.outcome] > _RANK[known.outcome]:
                found[answer.probe] = answer
    notes = (*_notes(policy, providers), *_others_listed(policy, providers, repository))
    refused = [refusal for refusal in refusals if refusal is not None]
    if len(refused) == len(refusals):
        notes = (f"{repository.full_name} itself does not get in: {min(refused)[1]}", *notes)
    if has_stand_in_ids(policy, repository, caller_of(providers[0])):
        notes += (f"The ids of {repository.full_name} are not known: {' and '.join(STAND_IN_IDS)} stand for them.",)
    return _judged(tuple(found.values()), notes)


def newly_admitted(
    before: PolicyDocument,
    after: PolicyDocument,
    repository: Repository,
    *,
    audience: str = AWS_AUDIENCE,
    beside: str | None = None,
) -> tuple[str, ...]:
    """Return which probes the second policy lets in and the first does not, as ``who: subject``; empty where none.

    ``beside`` is a subject that is meant to be admitted, and left out.
    """
    old, new = (who_gets_in(document, repository, audience=audience) for document in (before, after))
    if isinstance(new, Unparsable):
        return ()
    inside = (
        {item.probe for item in old.probes if item.outcome is TrustOutcome.ALLOWED}
        if isinstance(old, Admission)
        else set()
    )
    return tuple(
        f"{item.who}: {item.subject}"
        for item in new.probes
        if item.outcome is TrustOutcome.ALLOWED and item.probe not in inside and item.subject != beside
    )


_STRANGERS = frozenset({"another-owner", "owner-name-begins-alike", "name-taken-over"})
"""Told first: they need no right in the repository or its organization at all."""
_NEIGHBOURS = frozenset({"another-repository", "repository-name-begins-alike"})
"""Told next: whoever may write to some other repository of the owner."""
_OWN = frozenset({"default-branch", "classic-form", "immutable-form"})
_RANK = {TrustOutcome.DENIED: 0, TrustOutcome.UNKNOWN: 1, TrustOutcome.ALLOWED: 2}
_WORDS = {
    TrustOutcome.DENIED: "is refused",
    TrustOutcome.UNKNOWN: "gets in or not by values that are not known",
    TrustOutcome.ALLOWED: "gets in",
}


def _answer(trust: TrustPolicy, probe: Probe, caller: Caller) -> Admitted:
    best: tuple[TrustAnswer, str] | None = None
    for token in probe.tokens:
        answer = trust.ask(token, caller)
        if best is None or _RANK[answer.outcome] > _RANK[best[0].outcome]:
            best = (answer, token.subject or "")
        if answer.outcome is TrustOutcome.ALLOWED:
            break
    if best is None:
        return Admitted(probe.slug, probe.who, "", TrustOutcome.DENIED, "No such token exists.", probe.harmful)
    answer, subject = best
    extra = f": {', '.join(answer.unsure)}" if answer.unsure else ""
    reason = f"{probe.who[0].upper()}{probe.who[1:]} {_WORDS[answer.outcome]}{extra}."
    if probe.slug == "fork-pull-request" and answer.outcome is not TrustOutcome.DENIED:
        reason = f"{reason[:-1]}; {_FORK_NOTE}."
    statement = answer.decision.because.statement if answer.outcome is TrustOutcome.ALLOWED else None
    return Admitted(probe.slug, probe.who, subject, answer.outcome, reason, probe.harmful, statement)


def _judged(answers: tuple[Admitted, ...], notes: tuple[str, ...]) -> Admission:
    inside = [item for item in answers if item.harmful and item.outcome is TrustOutcome.ALLOWED]
    unsure = [item for item in answers if item.harmful and item.outcome is TrustOutcome.UNKNOWN]
    if inside:
        who = _joined([item.who for item in sorted(inside, key=_how_far)])
        return Admission(
            answers, Verdict.FAIL, f"The trust policy admits {who}: bound the subject.", Cause.TRUST_TOO_OPEN, notes
        )
    if unsure:
        return Admission(answers, Verdict.UNKNOWN, f"Not to be told for certain: {unsure[0].reason}", None, notes)
    return Admission(
        answers, Verdict.PASS, "None of the callers that a release role should refuse gets in.", None, notes
    )


def _how_far(item: Admitted) -> int:
    """Return the sort key by which those who should be refused are told: who stands furthest off, first."""
    return 0 if item.probe in _STRANGERS else 1 if item.probe in _NEIGHBOURS else 2


def _own_refused(trust: TrustPolicy, probes: Iterable[Probe], caller: Caller) -> tuple[int, str] | None:
    """Say why no token of the repository itself gets in, by the one that came nearest; None where one does or may."""
    nearest: tuple[int, str] | None = None
    for token in (token for probe in probes if probe.slug in _OWN for token in probe.tokens):
        answer = trust.ask(token, caller)
        if answer.outcome is not TrustOutcome.DENIED:
            return None
        misses = answer.decision.near_misses
        found = (misses[0].cost if misses else 0, answer.decision.because.text)
        nearest = found if nearest is None or found < nearest else nearest
    return nearest


def _others_listed(policy: Policy, providers: tuple[Arn, ...], repository: Repository) -> tuple[str, ...]:
    """Return a note on repositories that the policy lists by name beside the one asked for: meant, perhaps, but shown."""
    keys = {caller_of(arn).key("sub") for arn in providers}
    subjects = (read_subject(value) for item in policy.allows for key in keys for value in item.listed(key))
    names = dict.fromkeys(
        read.repository
        for read in subjects
        if read and not set(read.repository) & {"*", "?"} and read.repository.lower() != repository.full_name.lower()
    )
    return (f"It also lists subjects of {_joined(list(names))}.",) if names else ()


def _joined(names: list[str]) -> str:
    shown = names[:3]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(shown)}{more}"


def _github_providers(policy: Policy) -> tuple[Arn, ...]:
    names = [name for item in policy.allows for name in item.principal_names]
    named = list(providers_among(names))
    if "*" in names or any(item.not_principal for item in policy.allows):
        # A bare star admits every provider of the account, GitHub's among them; so does whatever NotPrincipal leaves in.
        named.append(Arn.iam("aws", "0" * 12, "oidc-provider", GITHUB_ISSUER))
    return tuple(dict.fromkeys(arn for arn in named if _is_github(arn)))


def _is_github(provider: Arn) -> bool:
    issuer = without_scheme(provider.resource_id)
    return bool(issuer) and (is_github_cloud(issuer) or issuer.endswith("/_services/token"))


def _notes(policy: Policy, providers: tuple[Arn, ...]) -> tuple[str, ...]:
    """Return what an engineer should know of the conditions, beside the answers."""
    notes: list[str] = []
    for statement in policy.allows:
        if not set(providers_among(statement.principal_names)) & set(providers):
            continue
        asked = [(condition.operator, condition.folded_key) for condition in statement.conditions]
        name = statement.sid or "a statement for the provider"
        if not any(key.endswith((":sub", ":job_workflow_ref")) for _, key in asked):
            notes.append(
                f"{name} bounds neither sub nor job_workflow_ref: AWS refuses that in new trust policies, "
                "and does not re-check old ones."
            )
        for operator, key in asked:
            if operator.lower().startswith("forallvalues:"):
                notes.append(f"{name} tests {key} with {operator}, which admits every token without that claim.")
    return tuple(dict.fromkeys(notes))
