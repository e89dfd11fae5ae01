"""Find what a path opens beyond the need: callers whom the trust policy then admits, actions that the role then holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from diagnosis.callers.admission_verdict import Admitted
from diagnosis.callers.comparison import compare_trust
from diagnosis.callers.constraints import SESSION_NAME
from diagnosis.callers.who_gets_in import who_gets_in
from diagnosis.causes import Cause
from diagnosis.claims.claim_set import ClaimSet
from diagnosis.facts.account import AccountState, NamedPolicy, Role
from diagnosis.facts.reading import Known
from diagnosis.grants.comparison import compare_grants
from diagnosis.live.excess import ExcessItem, excess
from diagnosis.names.arn import Arn
from diagnosis.policy import PolicyDocument, Unparsable
from diagnosis.trust.question import TrustOutcome, TrustPolicy, caller_of
from diagnosis.verdicts.assessment import Assessment
from diagnosis.verdicts.replay import Replay


def newly_admitted(
    before: Assessment, after: Assessment, replay: Replay, meant: tuple[ClaimSet, ...]
) -> tuple[str, ...]:
    """Return callers and grants that were not there before and that the release does not need; best empty.

    ``meant`` are the claims of the run for which the path is made: every token beside them counts.
    """
    found: list[str] = []
    old, new = before.account.role, after.account.role
    if isinstance(old, Known) and isinstance(new, Known):
        found += _new_callers(
            old.value, new.value, replay, meant, after.account.question.provider_arn, _audiences(before, after)
        )
        found += (
            _left_open(before, after, old.value, new.value, replay, meant)
            if old.value.trust_policy != new.value.trust_policy
            else ()
        )
        found += _new_grants(before, after) if old.value.arn == new.value.arn else _of_another_role(before, after)
    return tuple(dict.fromkeys(found))


def _new_grants(before: Assessment, after: Assessment) -> Iterator[str]:
    """Yield what the role's policies, within its boundary, grant beside what they did and what is needed."""
    old, new = (_layers(each.account) for each in (before, after))
    if old == new:
        return
    needed = [(need.action, need.resource) for need in before.needs if need.resource is not None]
    compared = compare_grants(old, new, meant=needed)
    yield from (grant.text for grant in compared.newly_granted)
    yield from compared.undecided


def _left_open(
    before: Assessment, after: Assessment, old: Role, new: Role, replay: Replay, meant: tuple[ClaimSet, ...]
) -> Iterator[str]:
    """Yield whom the new trust policy lets in with the very tokens that are meant: a fork's pull request bears the same subject."""
    known = {problem.reason for problem in before.problems}
    if not any(each.cause is Cause.TRUST_TOO_OPEN and each.reason not in known for each in after.problems):
        return
    provider = after.account.question.provider_arn
    found = who_gets_in(new.trust_policy, replay.attempt.repository, provider_arn=provider, role_arn=new.arn)
    if isinstance(found, Unparsable):
        return
    # A subject with ids that GitHub mints for the run is no stranger's, whatever ids the repository was read with.
    own = {claims.subject for claims in meant}
    fresh = tuple(
        item
        for item in found.too_open
        if not (item.probe == "name-taken-over" and item.subject in own) and not _was_let_in(old, item, provider)
    )
    yield from (reason for cause, reason in replace(found, probes=fresh).faults if cause is Cause.TRUST_TOO_OPEN)


def _was_let_in(old: Role, item: Admitted, provider: Arn | None) -> bool:
    """Return whether the old trust policy lets the same token in for certain."""
    policy = old.trust_policy.policy
    if isinstance(policy, Unparsable) or provider is None:
        return False
    caller = caller_of(provider, old.arn, None, dict(item.claims).get(SESSION_NAME))
    return TrustPolicy(policy).ask(ClaimSet(item.claims, ""), caller).outcome is TrustOutcome.ALLOWED


def _layers(account: AccountState) -> list[list[PolicyDocument]]:
    layers = [[policy.document for policy in _policies(account)]]
    if isinstance(account.boundary, Known):
        layers.append([account.boundary.value.document])
    return layers


def _of_another_role(before: Assessment, after: Assessment) -> Iterator[str]:
    """Yield where another role is granted too much and the run's own is not."""
    known = {(item.policy, item.statement, item.actions, item.resources) for item in _excess(before)}
    for item in _excess(after):
        if (item.policy, item.statement, item.actions, item.resources) not in known:
            yield item.text


def _audiences(before: Assessment, after: Assessment) -> tuple[str, ...] | None:
    """Return all audiences that the provider admits before or after; None where it was not read."""
    providers = [each.account.provider for each in (before, after)]
    known = [provider.value.audiences for provider in providers if isinstance(provider, Known)]
    return tuple(dict.fromkeys(audience for listed in known for audience in listed)) if len(known) == 2 else None


def _new_callers(
    old: Role,
    new: Role,
    replay: Replay,
    meant: tuple[ClaimSet, ...],
    provider: Arn | None,
    audiences: tuple[str, ...] | None,
) -> tuple[str, ...]:
    # Another role in the place of the run's own admits whom it admitted before: nobody is new.
    if old.arn != new.arn or old.trust_policy == new.trust_policy:
        return ()
    compared = compare_trust(
        old.trust_policy,
        new.trust_policy,
        replay.attempt.repository,
        meant=meant,
        provider_arn=provider,
        audiences=audiences,
    )
    return (*(item.text for item in compared.newly_admitted), *compared.undecided)


def _excess(assessment: Assessment) -> tuple[ExcessItem, ...]:
    return excess(_policies(assessment.account), assessment.needs).items


def _policies(account: AccountState) -> tuple[NamedPolicy, ...]:
    found: list[NamedPolicy] = []
    for reading in (account.inline_policies, account.attached_policies):
        if isinstance(reading, Known):
            found.extend(reading.value)
    return tuple(found)
