"""Apply a remediation to the account state in memory. Nothing here can reach an account."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from diagnosis.facts.account import (
    AccountState,
    EcrRepository,
    NamedPolicy,
    OidcProvider,
    RegistryDetails,
    RepositoryState,
    ResourcePolicy,
    ScpLevel,
)
from diagnosis.facts.reading import Absent, Known, Reading
from diagnosis.names.arn import Arn
from diagnosis.policy import PolicyDocument
from diagnosis.verdicts.remediation import Change, ChangeKind


def applied(changes: Iterable[Change], account: AccountState) -> AccountState:
    """Return the account state after the changes, made in their order.

    Changes of kinds that live outside the account (a ref, the workflow, another owner's policy) leave it as it is.
    """
    for change in changes:
        account = _applied_one(change, account)
    return account


def _applied_one(change: Change, account: AccountState) -> AccountState:
    match change.kind:
        case ChangeKind.CREATE_PROVIDER if isinstance(change.target, Arn):
            provider = OidcProvider(arn=change.target, url=change.target.resource_id, audiences=change.values)
            return replace(account, provider=Known(provider))
        case ChangeKind.ADD_AUDIENCE if isinstance(account.provider, Known):
            known = account.provider.value
            audiences = tuple(dict.fromkeys((*known.audiences, *change.values)))
            return replace(account, provider=Known(replace(known, audiences=audiences)))
        case ChangeKind.REPLACE_TRUST_POLICY if isinstance(account.role, Known) and change.document is not None:
            return replace(account, role=Known(replace(account.role.value, trust_policy=change.document)))
        case ChangeKind.PUT_INLINE_POLICY if change.document is not None:
            return _with_inline(account, NamedPolicy(name=str(change.target), document=change.document))
        case ChangeKind.DELETE_INLINE_POLICY:
            return _without_inline(account, str(change.target))
        case ChangeKind.REPLACE_ATTACHED_POLICY if change.document is not None:
            return _with_version(account, change.target, change.document)
        case ChangeKind.REPLACE_ATTACHED_POLICY:
            return _detached(account, change.target)
        case ChangeKind.ATTACH_POLICY:
            return _with_attached_anew(account, change)
        case ChangeKind.REPLACE_BOUNDARY if change.document is not None:
            return _with_version(account, change.target, change.document)
        case ChangeKind.REPLACE_REPOSITORY_POLICY if (
            isinstance(change.target, Arn) and change.target != account.question.repository_arn
        ):
            return replace(account, repositories=_with_repository_policy(account.repositories, change))
        case ChangeKind.REPLACE_RESOURCE_POLICY if change.document is not None:
            return replace(account, resource_policies=_with_resource_policy(account.resource_policies, change))
        case ChangeKind.REPLACE_REPOSITORY_POLICY:
            if change.document is None:
                return replace(account, repository_policy=Absent("repository policy"))
            name = change.target.resource_id if isinstance(change.target, Arn) else change.target
            return replace(account, repository_policy=Known(NamedPolicy(name, change.document)))
        case ChangeKind.REPLACE_SERVICE_CONTROL_POLICY if change.document is not None:
            return replace(account, scps=_with_control(account.scps, change.target, change.document))
        case ChangeKind.REPLACE_RESOURCE_CONTROL_POLICY if change.document is not None:
            return replace(account, rcps=_with_control(account.rcps, change.target, change.document))
        case ChangeKind.CREATE_REPOSITORY if isinstance(change.target, Arn):
            return _with_repository(account, change.target)
        case _:
            return account


def _with_inline(account: AccountState, policy: NamedPolicy) -> AccountState:
    present = account.inline_policies.value if isinstance(account.inline_policies, Known) else ()
    if not isinstance(account.inline_policies, Known) and not isinstance(account.inline_policies, Absent):
        return account
    others = tuple(item for item in present if item.name != policy.name)
    return replace(account, inline_policies=Known((*others, policy)))


def _without_inline(account: AccountState, name: str) -> AccountState:
    if not isinstance(account.inline_policies, Known):
        return account
    kept = tuple(item for item in account.inline_policies.value if item.name != name)
    return replace(account, inline_policies=Known(kept))


def _with_version(account: AccountState, target: Arn | str, document: PolicyDocument) -> AccountState:
    """Give a managed policy a new version, which counts wherever it hangs: attached to the role, and as its boundary."""
    attached, boundary = account.attached_policies, account.boundary
    if isinstance(attached, Known):
        attached = Known(
            tuple(replace(item, document=document) if item.arn == target else item for item in attached.value)
        )
    if isinstance(boundary, Known) and (boundary.value.arn or boundary.value.name) == target:
        boundary = Known(replace(boundary.value, document=document))
    return replace(account, attached_policies=attached, boundary=boundary)


def _detached(account: AccountState, target: Arn | str) -> AccountState:
    if not isinstance(account.attached_policies, Known):
        return account
    kept = tuple(policy for policy in account.attached_policies.value if policy.arn != target)
    return replace(account, attached_policies=Known(kept))


def _with_attached_anew(account: AccountState, change: Change) -> AccountState:
    arn = change.target
    if change.document is None or not isinstance(arn, Arn) or not isinstance(account.attached_policies, Known):
        return account
    made = NamedPolicy(arn.name, change.document, arn)
    return replace(account, attached_policies=Known((*account.attached_policies.value, made)))


def _with_repository_policy(states: tuple[RepositoryState, ...], change: Change) -> tuple[RepositoryState, ...]:
    policy: Reading[NamedPolicy] = Absent("repository policy")
    if change.document is not None and isinstance(change.target, Arn):
        policy = Known(NamedPolicy(change.target.resource_id, change.document))
    return tuple(replace(state, policy=policy) if state.arn == change.target else state for state in states)


def _with_resource_policy(policies: tuple[ResourcePolicy, ...], change: Change) -> tuple[ResourcePolicy, ...]:
    """Replace the policy of one resource; of one that was not asked about, nothing is known before or after."""
    target = str(change.target)
    if change.document is None:
        return policies
    made = Known(NamedPolicy(target, change.document))
    return tuple(replace(item, policy=made) if item.arn == target else item for item in policies)


def _with_control(
    levels: Reading[tuple[ScpLevel, ...]], target: Arn | str, document: PolicyDocument
) -> Reading[tuple[ScpLevel, ...]]:
    """Replace a control policy's document wherever the policy is attached."""
    if not isinstance(levels, Known):
        return levels
    return Known(
        tuple(
            replace(
                level,
                policies=tuple(
                    replace(policy, document=document) if (policy.arn or policy.name) == target else policy
                    for policy in level.policies
                ),
            )
            for level in levels.value
        )
    )


def _with_repository(account: AccountState, arn: Arn) -> AccountState:
    made = EcrRepository(arn, arn.resource_id, "MUTABLE")
    if any(state.arn == arn for state in account.repositories):
        new = RepositoryState(arn, Known(made), Absent("repository policy"))
        return replace(account, repositories=tuple(new if each.arn == arn else each for each in account.repositories))
    if account.question.repository_arn not in (None, arn):
        return account
    return replace(
        account,
        repository=Known(made),
        repository_policy=Absent("repository policy"),
        image=Absent("image"),
        registry_details=Known(RegistryDetails(image_count=0)),
    )
