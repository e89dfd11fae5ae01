"""Compare what two states of an account admit: callers of the role, actions of the role, callers of the repository.

Callers of the role are compared as sets, and so is what the role's policies grant: beyond the need with an example of each
difference, and action by action of every service, complete. Of the rest a bounded list is asked: every ECR action on the
release's repository and on another one; strangers before the repository. Layers that could not be read are left out of the
question, on both sides alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from diagnosis.callers.comparison import compare_trust
from diagnosis.claims.claim_set import claims_from_subject
from diagnosis.facts.account import AccountState, NamedPolicy
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.facts.runs import Repository
from diagnosis.gates import Checkpoint
from diagnosis.grants.comparison import compare_grants
from diagnosis.live.entitlement import Entitlement, judge_needs
from diagnosis.live.layers import whole_document
from diagnosis.live.run_claims import DEFAULT_AUDIENCE, DEFAULT_SESSION_NAME
from diagnosis.names.arn import Arn
from diagnosis.policy import (
    Layers,
    Outcome,
    Policy,
    PolicyDocument,
    Request,
    Unparsable,
    evaluate,
    expand_actions,
    has_resource_level,
    own_policy,
)
from diagnosis.trust.question import TrustOutcome, TrustPolicy, caller_of
from diagnosis.verdicts.release import Need

STRANGER_ACCOUNT = "000000000000"
OTHER_REPOSITORY = "planescope-probe"
_WHO_ASKS = ("ecr:BatchGetImage", "ecr:PutImage", "ecr:BatchDeleteImage", "ecr:SetRepositoryPolicy")
"""Reading, publishing, deleting, handing on: what a stranger before the repository is asked about."""
_EVERYTHING = own_policy({"Effect": "Allow", "Action": "*", "Resource": "*"})


@dataclass(frozen=True, slots=True)
class Admitted:
    """What is admitted, as texts for people."""

    callers: tuple[str, ...] = ()
    """Who may assume the role, and who may use the repository."""
    needed: tuple[str, ...] = ()
    """``action on resource`` that the release needs."""
    beyond: tuple[str, ...] = ()
    """Grants that it does not need."""
    actions: tuple[GrantedActions, ...] = ()
    """Every action that the role's own policies grant, within its boundary and control policies, needed or not."""

    @property
    def action_count(self) -> int:
        """How many actions these are, each once."""
        return len({action for item in self.actions for action in item.actions})

    @property
    def nothing(self) -> bool:
        """Whether nothing is admitted at all."""
        return not (self.callers or self.needed or self.beyond or self.actions)


@dataclass(frozen=True, slots=True)
class GrantedActions:
    """The actions of one service that are granted alike."""

    service: str
    actions: tuple[str, ...]
    """All of them, in AWS's letter case, sorted: wildcards expanded with the action catalogue."""
    examples: tuple[str, ...]
    """Of resources on which some of them are granted; ``*`` for actions without resource level."""
    conditions: tuple[str, ...] = ()
    """Under which they are granted."""


def admitted_between(
    before: AccountState,
    after: AccountState,
    repository: Repository,
    needs: tuple[Need, ...],
    subjects: tuple[str, ...] = (),
) -> Admitted:
    """Return what the second account admits and the first does not. ``subjects`` are asked beside those that a policy names."""
    callers = [*_of_trust(before, after, repository, subjects), *_of_repository(before, after)]
    held = set(_granted(before, needs))
    granted = [pair for pair in _granted(after, needs) if pair not in held]
    wanted = {(need.action, need.resource) for need in needs}
    return Admitted(
        callers=tuple(dict.fromkeys(callers)),
        needed=tuple(f"{action} on {resource}" for action, resource in granted if (action, resource) in wanted),
        beyond=tuple(
            dict.fromkeys((*_new_grants(before, after, needs), *_by_the_repository(before, after, granted, wanted)))
        ),
        actions=tuple(_new_actions(before, after)),
    )


def _of_trust(
    before: AccountState, after: AccountState, repository: Repository, subjects: tuple[str, ...]
) -> Iterator[str]:
    if not isinstance(before.role, Known) or not isinstance(after.role, Known):
        return
    old, new = before.role.value.trust_policy, after.role.value.trust_policy
    if old == new:
        return
    provider = after.question.provider_arn
    found = compare_trust(old, new, repository, provider_arn=provider)
    told: dict[str, str] = {}
    for item in found.newly_admitted:
        told[item.witness] = f"{told[item.witness]}, {item.who}" if item.witness in told else item.who
    yield from (f"{who}: {subject}" for subject, who in told.items())
    # The runs' own subjects are told too where they follow a template that no search knows.
    known = set(_admitting(old, after, subjects))
    yield from (subject for subject in _admitting(new, after, subjects) if subject not in known and subject not in told)


def _admitting(trust: PolicyDocument, account: AccountState, subjects: tuple[str, ...]) -> Iterator[str]:
    """Yield those of the subjects that a trust policy admits, with an audience that the provider has."""
    provider = account.question.provider_arn
    if isinstance(trust.policy, Unparsable) or provider is None:
        return
    role = account.role.value.arn if isinstance(account.role, Known) else account.question.role_arn
    caller = caller_of(provider, role, account.question.issuer, DEFAULT_SESSION_NAME)
    asked = TrustPolicy(trust.policy)
    audiences = account.provider.value.audiences if isinstance(account.provider, Known) else (DEFAULT_AUDIENCE,)
    for subject in subjects:
        answers = (asked.ask(claims_from_subject(subject, audience), caller) for audience in audiences)
        if any(answer.outcome is TrustOutcome.ALLOWED for answer in answers):
            yield subject


def _readable(account: AccountState) -> AccountState:
    """Return the account with its unread layers left out of the question."""
    names = ("inline_policies", "attached_policies", "boundary", "scps", "rcps", "repository_policy")
    gone: dict[str, Any] = {name: Absent(name) for name in names if isinstance(getattr(account, name), Unreadable)}
    return replace(account, **gone) if gone else account


def _granted(account: AccountState, needs: tuple[Need, ...]) -> tuple[tuple[str, str], ...]:
    """Return every ECR action that the role may do on the release's repository, on another one, or at all."""
    own = account.question.repository_arn
    places = [str(own), str(replace(own, resource=f"repository/{OTHER_REPOSITORY}"))] if own else []
    asked: dict[tuple[str, str], Need] = {}
    for action in expand_actions(["ecr:*"]):
        for place in places if has_resource_level(action) else ["*"]:
            asked[action, place] = Need(action, place, Checkpoint.REGISTRY_PUSH, "")
    for need in needs:
        if need.resource is not None:
            asked.setdefault((need.action, need.resource), need)
    judged = judge_needs(asked.values(), _readable(account), DEFAULT_SESSION_NAME)
    return tuple(
        (item.need.action, item.need.resource or "") for item in judged if item.entitlement is Entitlement.ALLOWED
    )


def _new_grants(before: AccountState, after: AccountState, needs: tuple[Need, ...]) -> Iterator[str]:
    """Yield what the role is newly granted beside the need, under every layer that was read on both sides."""
    old, new = _layers(before, after)
    if old == new:
        return
    meant = [(need.action, need.resource) for need in needs if need.resource is not None]
    compared = compare_grants(old, new, meant=meant)
    yield from (grant.text for grant in compared.newly_granted)
    yield from compared.undecided


def _new_actions(before: AccountState, after: AccountState) -> Iterator[GrantedActions]:
    """Yield every action that the role is newly granted, on some resource at least, by service."""
    old, new = _layers(before, after)
    if old == new:
        return
    found: dict[tuple[str, tuple[str, ...]], tuple[set[str], dict[str, None]]] = {}
    for grant in compare_grants(old, new, whole=True).newly_granted:
        for action in grant.actions:
            # A pattern that stands for no known action is its own service's.
            actions, examples = found.setdefault((action.partition(":")[0].lower(), grant.conditions), (set(), {}))
            actions.add(action)
            examples[grant.resource] = None
    for (service, conditions), (actions, examples) in sorted(found.items()):
        yield GrantedActions(service, tuple(sorted(actions)), tuple(examples), conditions)


def _layers(*accounts: AccountState) -> list[list[list[PolicyDocument]]]:
    """Return by account the layers that all have to allow; one that some account does not have there allows everything."""
    found = []
    for account in accounts:
        layers = [[policy.document for policy in _policies(account)]]
        layers.append(
            [account.boundary.value.document if isinstance(account.boundary, Known) else whole_document("Allow")]
        )
        if isinstance(account.scps, Known):
            layers += [[policy.document for policy in level.policies] for level in account.scps.value]
        found.append(layers)
    return found


def _by_the_repository(
    before: AccountState,
    after: AccountState,
    granted: list[tuple[str, str]],
    wanted: set[tuple[str, str | None]],
) -> Iterator[str]:
    """Yield what the role may do by the repository's own policy alone."""
    if before.repository_policy != after.repository_policy:
        yield from (f"{action} on {resource}" for action, resource in granted if (action, resource) not in wanted)


def _policies(account: AccountState) -> tuple[NamedPolicy, ...]:
    found: list[NamedPolicy] = []
    for reading in (account.inline_policies, account.attached_policies):
        if isinstance(reading, Known):
            found.extend(reading.value)
    return tuple(found)


def _of_repository(before: AccountState, after: AccountState) -> Iterator[str]:
    arn = after.question.repository_arn
    if arn is None or before.repository_policy == after.repository_policy:
        return
    inside = set(_strangers_in(before, arn))
    yield from (text for text in _strangers_in(after, arn) if text not in inside)


def _strangers_in(account: AccountState, arn: Arn) -> Iterator[str]:
    """Yield who beside the release's role may use the repository by its own policy, whatever their own permissions."""
    reading = account.repository_policy
    policy = reading.value.document.policy if isinstance(reading, Known) else None
    if not isinstance(policy, Policy):
        return
    own, partition = account.question.registry_id or "", account.question.partition
    callers = {
        "anybody of any account": Arn.iam(partition, STRANGER_ACCOUNT, "role", OTHER_REPOSITORY),
        "any other role of the registry's account": Arn.iam(partition, own, "role", OTHER_REPOSITORY),
    }
    for who, principal in callers.items():
        # A stranger's own account may grant everything; in the registry's own account the policy alone has to open.
        layers = Layers(identity=(_EVERYTHING,) if principal.account != own else (), resource=policy)
        for action in _WHO_ASKS:
            request = Request(
                principal=str(principal), action=action, resource=str(arn), context={"aws:SecureTransport": ("true",)}
            )
            if evaluate(request, layers).outcome is Outcome.ALLOWED:
                yield f"{who}: {action} on {arn}"
