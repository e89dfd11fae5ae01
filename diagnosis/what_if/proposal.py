"""Find the place of a proposed document in the account: what it would replace, and whether AWS would take it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from diagnosis.facts.account import AccountState, NamedPolicy
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.lint.finding import Finding
from diagnosis.lint.lint import lint
from diagnosis.lint.rule import Rule
from diagnosis.names.arn import Arn
from diagnosis.policy import Policy, PolicyDocument, PolicyKind, Unparsable
from diagnosis.policy.language.quotas import (
    INLINE_LIMIT,
    LARGEST_TRUST_LIMIT,
    MANAGED_LIMIT,
    REPOSITORY_POLICY_LIMIT,
    TRUST_LIMIT,
    size,
)


class ProposalKind(StrEnum):
    """Which document of the account is proposed."""

    TRUST = "trust"
    POLICY = "policy"
    """An inline policy of the role."""
    MANAGED = "managed-policy"
    """A managed policy that is attached to the role: a version of it that would be the default one."""
    BOUNDARY = "boundary"
    REPOSITORY_POLICY = "repository-policy"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A document of the user's, already known to be a policy."""

    kind: ProposalKind
    document: PolicyDocument
    file: str = ""
    """Where it came from, for people."""
    policy_name: str | None = None
    """For policies: the inline policy that it replaces or makes. None: the role's ECR policy, else a new one. For
    managed ones: which of those that are attached, by its name or, where two have that, its ARN."""
    role: Arn | None = None
    """Whose trust policy, policy or boundary it is, where runs assume several roles; None for the one that was read first."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A proposal with its place in the account and what AWS's rules say of it."""

    proposal: Proposal
    place: str
    """In words: ``in place of the inline policy release``."""
    characters: int
    limit: int
    refused_because: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    """The document's own faults, those for which AWS would refuse it among them; its size is told above."""
    judged: bool = True
    """Whether it has a place that is known, so that the runs were judged with it."""


_POLICY_KINDS = {
    ProposalKind.TRUST: PolicyKind.TRUST,
    ProposalKind.POLICY: PolicyKind.IDENTITY,
    ProposalKind.MANAGED: PolicyKind.IDENTITY,
    ProposalKind.BOUNDARY: PolicyKind.BOUNDARY,
    ProposalKind.REPOSITORY_POLICY: PolicyKind.RESOURCE,
}
_LIMITS = {
    ProposalKind.TRUST: LARGEST_TRUST_LIMIT,
    ProposalKind.POLICY: INLINE_LIMIT,
    ProposalKind.MANAGED: MANAGED_LIMIT,
    ProposalKind.BOUNDARY: MANAGED_LIMIT,
    ProposalKind.REPOSITORY_POLICY: REPOSITORY_POLICY_LIMIT,
}
_SIZES = (Rule.SIZE, Rule.SIZE_QUOTA)
NEW_POLICY = "proposed"


def with_proposals(account: AccountState, proposals: Sequence[Proposal]) -> AccountState:
    """Return the account as it would be; a document takes its place whether the present one could be read or not."""
    for proposal in proposals:
        own = state_of(proposal, account)
        if proposal.kind is ProposalKind.REPOSITORY_POLICY:
            account = _with_repository_policy(account, own, proposal)
        elif own is account:
            account = _with(account, proposal)
        else:
            beside = (_with(state, proposal) if state is own else state for state in account.beside)
            account = replace(account, beside=tuple(beside))
    return account


def state_of(proposal: Proposal, account: AccountState) -> AccountState:
    """Return what was read of the proposal's role; the first role's account where the proposal names none, or one not read."""
    roles = (account, *account.beside) if proposal.role is not None else ()
    return next((state for state in roles if is_of_role(state, proposal.role)), account)


def is_of_role(state: AccountState, role: Arn | None) -> bool:
    """Return whether the account was read for this role."""
    return role == state.question.role_arn or (isinstance(state.role, Known) and state.role.value.arn == role)


def _with_repository_policy(account: AccountState, own: AccountState, proposal: Proposal) -> AccountState:
    """Put a repository's policy wherever that repository was read: every role of the release may use it."""
    arn = own.question.repository_arn

    def changed(state: AccountState) -> AccountState:
        further = tuple(
            replace(each, policy=Known(NamedPolicy(each.arn.resource_id, proposal.document)))
            if each.arn == arn
            else each
            for each in state.repositories
        )
        same = state is own or (arn is not None and state.question.repository_arn == arn)
        return replace(_with(state, proposal) if same else state, repositories=further)

    return replace(changed(account), beside=tuple(changed(state) for state in account.beside))


def placed(proposal: Proposal, account: AccountState) -> Placed:
    """Say where the proposal goes, and whether AWS would take it."""
    account = state_of(proposal, account)
    kind, limit = proposal.kind, _LIMITS[proposal.kind]
    taken = _characters(proposal, account)
    report = lint(proposal.document.text, _POLICY_KINDS[kind])
    # The size is judged with what the account has beside the document.
    findings = (
        () if isinstance(report, Unparsable) else tuple(each for each in report.findings if each.rule not in _SIZES)
    )
    refused = [_told(each) for each in findings if each.refused]
    if taken > limit:
        refused.append(f"{taken} characters where AWS takes {limit}")
    warnings = []
    if kind is ProposalKind.MANAGED:
        managed = _managed(proposal, account)
        if managed is not None and managed.arn is not None and managed.arn.account == "aws":
            refused.append(f"{managed.name} is AWS's own: nobody else can change it")
        warnings.append("whoever else the managed policy is attached to would be changed too: that is not judged here")
    if kind is ProposalKind.TRUST and TRUST_LIMIT < taken <= limit:
        warnings.append(f"{taken} characters: the quota for trust policies is {TRUST_LIMIT} unless it was raised")
    place, known = _place(proposal, account), _has_place(proposal, account)
    return Placed(proposal, place, taken, limit, tuple(refused), tuple(warnings), findings, judged=known)


def _has_place(proposal: Proposal, account: AccountState) -> bool:
    match proposal.kind:
        case ProposalKind.TRUST:
            return isinstance(account.role, Known)
        case ProposalKind.POLICY:
            return not isinstance(account.inline_policies, Unreadable)
        case ProposalKind.MANAGED:
            return _managed(proposal, account) is not None
        case _:
            return True


def _told(finding: Finding) -> str:
    return (
        f"{finding.place.path}: {finding.sentence.rstrip('.')}" if finding.place.path else finding.sentence.rstrip(".")
    )


def _with(account: AccountState, proposal: Proposal) -> AccountState:
    document = proposal.document
    match proposal.kind:
        case ProposalKind.TRUST:
            if not isinstance(account.role, Known):
                return account
            return replace(account, role=Known(replace(account.role.value, trust_policy=document)))
        case ProposalKind.POLICY:
            if isinstance(account.inline_policies, Unreadable):
                return account
            name = policy_replaced(proposal, account) or proposal.policy_name or NEW_POLICY
            present = account.inline_policies.value if isinstance(account.inline_policies, Known) else ()
            others = tuple(item for item in present if item.name != name)
            return replace(account, inline_policies=Known((*others, NamedPolicy(name, document))))
        case ProposalKind.MANAGED:
            if not isinstance(account.attached_policies, Known):
                return account
            meant = _managed(proposal, account)
            changed = (
                replace(item, document=document) if item is meant else item for item in account.attached_policies.value
            )
            return replace(account, attached_policies=Known(tuple(changed)))
        case ProposalKind.BOUNDARY:
            name = account.boundary.value.name if isinstance(account.boundary, Known) else NEW_POLICY
            return replace(account, boundary=Known(NamedPolicy(name, document)))
        case ProposalKind.REPOSITORY_POLICY:
            name = account.question.repository or NEW_POLICY
            return replace(account, repository_policy=Known(NamedPolicy(name, document)))


def policy_replaced(proposal: Proposal, account: AccountState) -> str | None:
    """Return the inline policy that a proposed one replaces; None where it is a new one."""
    present = account.inline_policies.value if isinstance(account.inline_policies, Known) else ()
    if proposal.policy_name is not None:
        return next((item.name for item in present if item.name == proposal.policy_name), None)
    about_ecr = [item.name for item in present if _speaks_of_ecr(item.document)]
    return about_ecr[0] if len(about_ecr) == 1 else None


def _managed(proposal: Proposal, account: AccountState) -> NamedPolicy | None:
    """Return the attached policy that is meant: the named one, else the only one about ECR."""
    attached = account.attached_policies.value if isinstance(account.attached_policies, Known) else ()
    if proposal.policy_name is not None:
        # One of AWS's own and one of the account's may have the same name.
        by_arn = (item for item in attached if str(item.arn) == proposal.policy_name)
        by_name = [item for item in attached if item.name == proposal.policy_name]
        return next(by_arn, by_name[0] if len(by_name) == 1 else None)
    about_ecr = [item for item in attached if _speaks_of_ecr(item.document)]
    return about_ecr[0] if len(about_ecr) == 1 else None


def _speaks_of_ecr(document: PolicyDocument) -> bool:
    statements = document.policy.statements if isinstance(document.policy, Policy) else ()
    listed = (action.lower() for item in statements if not item.actions.negated for action in item.actions.patterns)
    return any(action.startswith("ecr:") or action == "*" for action in listed)


def _place(proposal: Proposal, account: AccountState) -> str:
    match proposal.kind:
        case ProposalKind.TRUST:
            if not isinstance(account.role, Known):
                return "as the trust policy of a role that could not be read: it is not judged"
            return f"in place of the trust policy of {account.role.value.name}"
        case ProposalKind.POLICY:
            if isinstance(account.inline_policies, Unreadable):
                return "beside inline policies that could not be read: it is not judged"
            replaced = policy_replaced(proposal, account)
            if replaced:
                return f"in place of the inline policy {replaced}"
            return f"as a new inline policy {proposal.policy_name or NEW_POLICY}, beside those that the role has"
        case ProposalKind.MANAGED:
            managed = _managed(proposal, account)
            if managed is None:
                return f"as the managed policy {proposal.policy_name or '?'}, which is not one of the role's: it is not judged"
            return f"in place of the managed policy {managed.name}"
        case ProposalKind.BOUNDARY:
            present = account.boundary.value.name if isinstance(account.boundary, Known) else None
            return f"in place of the permissions boundary {present}" if present else "as a permissions boundary"
        case ProposalKind.REPOSITORY_POLICY:
            return f"in place of the policy of repository {account.question.repository or '?'}"


def _characters(proposal: Proposal, account: AccountState) -> int:
    """Return the number of characters that AWS counts: all inline policies of the role share one limit."""
    if proposal.kind is ProposalKind.REPOSITORY_POLICY:
        return len(proposal.document.text)
    if proposal.kind is not ProposalKind.POLICY:
        return size(proposal.document.text)
    after = _with(account, proposal).inline_policies
    return (
        sum(size(item.document.text) for item in after.value)
        if isinstance(after, Known)
        else size(proposal.document.text)
    )
