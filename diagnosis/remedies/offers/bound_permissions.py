"""Tighten the role's own policies: leave of a statement that grants too much what the release needs of it.

It is a change of its own, after the one that opens: the run passes without it, closure needs it. What else it takes away is
said with an example for each kind, since whoever uses that is locked out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from diagnosis.causes import Cause
from diagnosis.facts.account import AccountState, NamedPolicy
from diagnosis.facts.reading import Known
from diagnosis.gates import Checkpoint, Owner, Plane
from diagnosis.grants.comparison import GrantComparison
from diagnosis.live.authorization import hides_registry_use
from diagnosis.live.excess import REGISTRY_SERVICES, ExcessKind
from diagnosis.live.other_users import other_users
from diagnosis.live.release_units import every_need
from diagnosis.live.run_claims import session_of_role
from diagnosis.names.arn import Arn
from diagnosis.policy import Unparsable
from diagnosis.remedies.edits.bounding import EVERY_KIND, OF_REGISTRY, bounded_document
from diagnosis.remedies.edits.policy_edit import Edit, Edits, rendered
from diagnosis.remedies.edits.policy_patch import difference
from diagnosis.remedies.offer import Choice, Offer, Situation, rerun_words
from diagnosis.remedies.offers.identity import (
    add_missing,
    comparison,
    lacking_pairs,
    names_of,
    policies_of,
    take_off,
    warnings_of_limits,
)
from diagnosis.verdicts.assessment import Problem
from diagnosis.verdicts.release import NeedKind
from diagnosis.verdicts.remediation import Remediation

EXCESS_CAUSES = (Cause.SELF_ESCALATION, Cause.WILDCARD_ESCALATION)
_SHOWN = 6


def bound_permissions(situation: Situation) -> Choice | None:
    """Offer to bound what exceeds the need, and say what that takes away.

    It is offered only where every user of the role that can be known was read: a step that is not understood may use what is
    beyond the need. One that certainly leaves the registry alone hinders nothing there.
    """
    problems = situation.of(*EXCESS_CAUSES)
    kinds = EVERY_KIND
    if not problems:
        return None
    others = other_users(situation.run)
    gaps = (*situation.gaps, *others.gaps)
    if others.unread or any(hides_registry_use(gap) for gap in gaps):
        return None
    # What the repository's other workflows use is kept like what this one does.
    situation = replace(situation, needs=every_need((*situation.needs, *others.needs)), gaps=gaps)
    if situation.gaps:
        kinds = OF_REGISTRY
        problems = tuple(problem for problem in problems if _is_of_registry(problem))
    account, role_arn = situation.account, situation.run.role_arn
    if not problems or not isinstance(account.role, Known) or role_arn is None:
        return None
    if not isinstance(account.inline_policies, Known):
        return None
    edits = _edits(situation, role_arn, kinds)
    if not edits.listed:
        return None
    found = comparison(account, edits.after, situation)
    return (Offer(_remediation(situation, problems, edits.listed, found), does_not_prove=_unproved(found)),)


def _is_of_registry(problem: Problem) -> bool:
    return all(action.partition(":")[0] in REGISTRY_SERVICES for action in problem.actions)


def _edits(situation: Situation, role_arn: Arn, kinds: frozenset[ExcessKind]) -> Edits:
    account = situation.account
    session = session_of_role(role_arn, situation.run.session_name)
    edits = Edits(account)
    for policy in policies_of(account):
        if isinstance(policy.document.policy, Unparsable):
            continue
        after = bounded_document(policy, situation.needs, session, role_arn, kinds)
        if after == policy.document:
            continue
        if _hangs_on_others(policy, situation):
            # What this role does not need another one of the release may: the policy stays as it is for that one.
            take_off(edits, policy, after, "bounded")
            continue
        # AWS's own policies cannot be edited: they come off the role, and what is needed goes into its own.
        owned_by_aws = policy.arn is not None and policy.arn.is_owned_by_aws
        edits.note(Edit(policy, policy.document, None if owned_by_aws else after))
    add_missing(edits, situation, role_arn, _newly_lacking(situation, account, edits.after))
    return edits


def _hangs_on_others(policy: NamedPolicy, situation: Situation) -> bool:
    """Return whether a managed policy of the account is a boundary too, or is known to hang on another role of the release."""
    if policy.arn is None or policy.arn.is_owned_by_aws:
        return False
    boundary = situation.account.boundary
    return situation.hangs_on_another(policy.arn) or (isinstance(boundary, Known) and boundary.value.arn == policy.arn)


def _newly_lacking(situation: Situation, before: AccountState, after: AccountState) -> tuple[tuple[str, str], ...]:
    """Return the needed pairs that the role's own policies allowed before the edits and do not allow after them.

    What is merely customary is kept too, where it was granted.
    """
    asked = replace(situation, needs=tuple(replace(need, kind=NeedKind.REQUIRED) for need in situation.needs))
    lacking, lacked = (lacking_pairs(asked, account) for account in (after, before))
    return tuple(pair for pair in lacking if pair not in lacked)


def _remediation(
    situation: Situation, problems: tuple[Problem, ...], edits: list[Edit], found: GrantComparison
) -> Remediation:
    role = situation.account.role.value if isinstance(situation.account.role, Known) else None
    name = role.name if role else ""
    told = rendered(edits, name)
    return Remediation(
        id="bound-role-permissions",
        causes=tuple(dict.fromkeys(problem.cause for problem in problems)),
        plane=Plane.AUTHORIZATION,
        checkpoint=Checkpoint.LEAST_PRIVILEGE,
        title="Tighten: bound the role's permissions to the need",
        words=f"Change of role {name}: {names_of(edits)}. The run passes without this change; closure needs it. Make it after "
        "the run has passed, and once those who use the role otherwise were asked.",
        owner=Owner.CLOUD_SECURITY,
        verify=f"{rerun_words(situation.run)} Then look at the role's last accessed services before and after.",
        changes=tuple(edit.change for edit in edits),
        aws_cli=told.aws_cli,
        terraform=told.terraform,
        cloudformation=told.cloudformation,
        difference="\n".join(difference(e.before, e.after, f"policy {e.policy.name}") for e in edits),
        tightens=_tightens(found),
        warnings=(*_of_copies(edits), *warnings_of_limits(situation.account, edits)),
    )


def _of_copies(edits: list[Edit]) -> Iterator[str]:
    for edit in edits:
        if edit.after is None and edit.policy.arn is not None and not edit.policy.arn.is_owned_by_aws:
            yield (
                f"{edit.policy.name} is used elsewhere in the release too, so it stays as it is there: it comes off this role, "
                "and what the role keeps of it stands in a policy of its own."
            )


def _unproved(found: GrantComparison) -> str:
    """Return what the proof leaves out: others who use what is taken away of other services than the registry."""
    taken = {action.partition(":")[0] for grant in found.no_longer_granted for action in grant.actions}
    services = sorted(taken.difference(REGISTRY_SERVICES))
    if not services and not found.undecided:
        return ""
    shown = f"{', '.join(services[:_SHOWN]) or 'other services'}{' and others' * (len(services) > _SHOWN)}"
    return (
        f"That whoever else uses {shown} through this role still passes once the permissions are tightened: the uses that were "
        "read keep their grants. Grant by name first what another one needs, such as iam:PassRole on the one role that is passed."
    )


def _tightens(found: GrantComparison) -> tuple[str, ...]:
    """Say what is taken away, and that it is not known whom that locks out."""
    gone = [f"No longer granted: {grant.text}" for grant in found.no_longer_granted]
    more = [f"and {len(gone) - _SHOWN} kinds more"] if len(gone) > _SHOWN else []
    unsure = [f"What else it takes away is not known: {why}" for why in found.undecided]
    return (
        "Whoever else assumes the role and uses what is taken away is locked out; who that is cannot be known from this run",
        *gone[:_SHOWN],
        *more,
        *unsure,
    )
