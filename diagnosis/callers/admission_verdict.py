"""Make the verdict on who gets in, and its sentences, from the answers for all regions and all second doors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from diagnosis.callers.door import Door
from diagnosis.callers.regions import CALLER, CUSTOM_SUBJECT, Region
from diagnosis.callers.search import Token
from diagnosis.causes import Cause
from diagnosis.claims.claim_set import is_github_issuer
from diagnosis.gates import Verdict
from diagnosis.names.arn import Arn
from diagnosis.policy import Policy
from diagnosis.policy.language.tree import WEB_IDENTITY_ACTION
from diagnosis.trust.question import TrustOutcome, providers_among
from diagnosis.trust.request_keys import key_presence

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


_STRANGERS = frozenset({"another-owner", "owner-name-begins-alike", "name-taken-over"})
"""Told first: they need no right in the repository or its organization at all."""
_NEIGHBOURS = frozenset({"another-repository", "repository-name-begins-alike"})
"""Told next: whoever may write to some other repository of the owner."""
_WORDS = {
    TrustOutcome.DENIED: "is refused",
    TrustOutcome.UNKNOWN: "gets in or not by values that are not known",
    TrustOutcome.ALLOWED: "gets in",
}


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
    def gravest(self) -> Admitted | None:
        """Of the regions that get in the one that stands furthest off; None where none does."""
        inside = [item for item in self.probes if item.outcome is TrustOutcome.ALLOWED]
        return min(inside, key=lambda item: (not item.harmful, _how_far(item)), default=None)

    @property
    def faults(self) -> tuple[tuple[Cause, str], ...]:
        """The causes of a failure, each with its reason: a subject that is not bounded, a second door."""
        found: list[tuple[Cause, str]] = []
        if self.too_open:
            who = _joined([item.who for item in sorted(self.too_open, key=_how_far)])
            found.append((Cause.TRUST_TOO_OPEN, f"The trust policy admits {who}; bound the subject."))
        if self.open_doors:
            found.append((Cause.SECOND_DOOR, " ".join(door.text for door in self.open_doors)))
        return tuple(found)

    @property
    def open_doors(self) -> tuple[Door, ...]:
        """The second doors that a release role should not have."""
        return tuple(door for door in self.doors if door.harmful)


def answer_for(
    region: Region, token: Token | None, outcome: TrustOutcome, why: str = "", statement: str | None = None
) -> Admitted:
    """Return the answer for a region: its smallest token, or None where nobody of it gets in; ``why`` is a clause."""
    extra = f": {why}" if why else ""
    reason = f"{region.who[0].upper()}{region.who[1:]} {_WORDS[outcome]}{extra}."
    if region.slug == "fork-pull-request" and outcome is not TrustOutcome.DENIED:
        reason = f"{reason[:-1]}; {_FORK_NOTE}."
    claims = token.claims if token is not None else ()
    subject = dict(claims).get("sub", "")
    return Admitted(region.slug, region.who, subject, outcome, reason, region.harmful, statement, claims)


def worth_telling(answers: Iterable[Admitted]) -> tuple[Admitted, ...]:
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


def judged(
    answers: tuple[Admitted, ...], doors: tuple[Door, ...], notes: tuple[str, ...], *, anybody: bool
) -> Admission:
    """Return the verdict over all answers and doors. ``anybody``: whether the policy names a provider of GitHub at all."""
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


def misnamed_providers(policy: Policy) -> Iterator[str]:
    """Say of each name that was written for GitHub's provider and is not its ARN that no token comes by it."""
    for statement in policy.allows:
        for name in statement.principal_names:
            arn = Arn.parse(name)
            issuer = arn.resource_id if arn is not None and arn.resource_type == "oidc-provider" else name
            if is_github_issuer(issuer):
                yield f"{statement.name} names {name}, which is no provider's ARN: no token is admitted by it."


def notes_on(policy: Policy, providers: tuple[Arn, ...]) -> tuple[str, ...]:
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
