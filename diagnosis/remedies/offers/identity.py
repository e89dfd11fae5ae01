"""Correct the role's own policies in one change: grant what is missing, narrow what denies, bound what exceeds the need."""

from __future__ import annotations

from dataclasses import replace

from diagnosis.causes import Cause
from diagnosis.facts.account import AccountState, NamedPolicy
from diagnosis.facts.reading import Absent, Known
from diagnosis.gates import Checkpoint, Owner, Plane
from diagnosis.live.entitlement import Entitlement, judge_needs
from diagnosis.live.run_claims import session_of_role
from diagnosis.names.arn import Arn
from diagnosis.policy import Policy, PolicyDocument, Unparsable, write_document
from diagnosis.policy.language.limits import ATTACHED_LIMIT, INLINE_LIMIT, MANAGED_LIMIT, VERSIONS_LIMIT, size
from diagnosis.policy.language.tree import statements
from diagnosis.remedies.changed_account import applied
from diagnosis.remedies.edits.bounding import bounded_document
from diagnosis.remedies.edits.narrowing import narrowed
from diagnosis.remedies.edits.policy_edit import Edit, rendered
from diagnosis.remedies.edits.policy_patch import difference, extended
from diagnosis.remedies.offer import Choice, Offer, Situation, needed_pairs, rerun_words
from diagnosis.remedies.rendering import policy_name
from diagnosis.verdicts.assessment import Problem
from diagnosis.verdicts.remediation import Remediation

SCOPE_CAUSES = (Cause.GET_AUTHORIZATION_TOKEN, Cause.PUSH_SCOPE, Cause.PULL_SCOPE)
_OPEN_REPOSITORY = write_document(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "ecr:*"}]}
)
"""A repository policy that admits everybody."""


def correct_permissions(situation: Situation) -> Choice | None:
    """Offer to grant exactly the missing actions on their exact resources, and to leave nothing beyond the need."""
    problems = situation.of(*SCOPE_CAUSES, Cause.WILDCARD_ESCALATION)
    account = situation.account
    if not problems or not isinstance(account.role, Known) or not isinstance(account.inline_policies, Known):
        return None
    role_arn = situation.run.role_arn
    if role_arn is None:
        return None
    edits = _edits(situation, role_arn, problems)
    granted = needed_pairs(situation.needs, (problem for problem in problems if problem.cause in SCOPE_CAUSES))
    if not edits:
        return None
    return (Offer(_remediation(situation, problems, edits, granted)),)


def _edits(situation: Situation, role_arn: Arn, problems: tuple[Problem, ...]) -> list[Edit]:
    account, session = situation.account, session_of_role(role_arn, situation.run.session_name)
    wanted = needed_pairs(situation.needs, problems)
    edits: dict[tuple[str, Arn | None], Edit] = {}
    for policy in _policies(account):
        after: PolicyDocument | None = policy.document
        if isinstance(policy.document.policy, Unparsable):
            continue
        if any(problem.cause is Cause.WILDCARD_ESCALATION for problem in problems):
            after = bounded_document(policy, situation.needs, session, role_arn)
        if after is not None:
            after = narrowed(after, wanted, session, role_arn, of_role=True) or after
        if after is not None and not statements(after.tree):
            after = None
        if after != policy.document:
            # AWS's own policies cannot be edited: they come off the role, and what is needed goes into its own.
            owned_by_aws = policy.arn is not None and policy.arn.is_owned_by_aws
            edits[policy.name, policy.arn] = Edit(policy, policy.document, None if owned_by_aws else after)
    return _with_missing(situation, role_arn, edits)


def _with_missing(situation: Situation, role_arn: Arn, edits: dict[tuple[str, Arn | None], Edit]) -> list[Edit]:
    """Return the edits, with a policy that takes what is still missing after them."""
    account = applied((edit.change for edit in edits.values()), situation.account)
    lacking = [
        (judged.need.action, judged.need.resource or "")
        for judged in judge_needs(situation.needs, _opened(account), situation.run.session_name)
        if judged.entitlement is Entitlement.DENIED
    ]
    if not lacking:
        return list(edits.values())
    inline = account.inline_policies.value if isinstance(account.inline_policies, Known) else ()
    home = _home(inline)
    new_name = policy_name(f"EcrRelease-{account.question.repository or 'registry'}")
    name = home.name if home else new_name
    before = next((edit.before for key, edit in edits.items() if key == (name, None)), home.document if home else None)
    after = extended(home.document if home else None, lacking)
    others = sum(size(policy.document.text) for policy in inline if policy.name != name)
    if others + size(after.text) > INLINE_LIMIT and _can_attach(account):
        # The role's inline policies are full: a managed policy of its own takes what is missing.
        arn = role_arn.beside("policy", new_name)
        document = extended(None, lacking)
        edits[new_name, arn] = Edit(NamedPolicy(new_name, document, arn), None, document)
    else:
        edits[name, None] = Edit(NamedPolicy(name=name, document=after), before, after)
    return list(edits.values())


def _opened(account: AccountState) -> AccountState:
    """Return the account with every layer but the role's own policies open, so that only these are asked."""
    question = account.question
    across = bool(question.role_account and question.registry_id and question.role_account != question.registry_id)
    return replace(
        account,
        boundary=Absent("boundary"),
        scps=Absent("SCPs"),
        rcps=Absent("RCPs"),
        repository_policy=Known(NamedPolicy("open", _OPEN_REPOSITORY)) if across else Absent("policy"),
    )


def _can_attach(account: AccountState) -> bool:
    return isinstance(account.attached_policies, Known) and len(account.attached_policies.value) < ATTACHED_LIMIT


def _policies(account: AccountState) -> tuple[NamedPolicy, ...]:
    inline = account.inline_policies.value if isinstance(account.inline_policies, Known) else ()
    attached = account.attached_policies.value if isinstance(account.attached_policies, Known) else ()
    return (*inline, *attached)


def _home(policies: tuple[NamedPolicy, ...]) -> NamedPolicy | None:
    """Return the inline policy that is about ECR already; the missing actions belong there."""
    return next((policy for policy in policies if _speaks_of_ecr(policy.document)), None)


def _speaks_of_ecr(document: PolicyDocument) -> bool:
    statements_of = document.policy.statements if isinstance(document.policy, Policy) else ()
    listed = (action for item in statements_of if not item.actions.negated for action in item.actions.patterns)
    return any(action.lower().startswith("ecr:") for action in listed)


def _remediation(
    situation: Situation, problems: tuple[Problem, ...], edits: list[Edit], granted: tuple[tuple[str, str], ...]
) -> Remediation:
    role = situation.account.role.value if isinstance(situation.account.role, Known) else None
    name = role.name if role else ""
    told = rendered(edits, name)
    return Remediation(
        id="mend-role-permissions",
        causes=tuple(dict.fromkeys(problem.cause for problem in problems)),
        plane=Plane.AUTHORIZATION,
        checkpoint=min((p.checkpoint for p in problems if p.checkpoint), key=_order, default=None),
        title=_title(granted, excess=any(problem.cause is Cause.WILDCARD_ESCALATION for problem in problems)),
        words=_words(granted, edits, name),
        owner=Owner.CLOUD_SECURITY,
        verify=f"{rerun_words(situation.run)} It proves registry authorization for the steps that the run exercises.",
        changes=tuple(edit.change for edit in edits),
        aws_cli=told.aws_cli,
        terraform=told.terraform,
        cloudformation=told.cloudformation,
        difference="\n".join(difference(e.before, e.after, f"policy {e.policy.name}") for e in edits),
        warnings=_warnings(situation.account, edits),
        actions=tuple(dict.fromkeys(action for action, _ in granted)),
    )


def _warnings(account: AccountState, edits: list[Edit]) -> tuple[str, ...]:
    """Warn of AWS's limits and of other users of the same documents."""
    found: list[str] = []
    after = applied((edit.change for edit in edits), account)
    inline = after.inline_policies.value if isinstance(after.inline_policies, Known) else ()
    total = sum(size(policy.document.text) for policy in inline)
    if total > INLINE_LIMIT:
        found.append(f"The role's inline policies would take {total} of {INLINE_LIMIT} characters: AWS refuses that.")
    for edit in edits:
        name = edit.policy.name
        if edit.after is None:
            found.append(f"Without {name} the role also loses what it grants for other services.")
        elif edit.policy.arn is not None:
            if size(edit.after.text) > MANAGED_LIMIT:
                found.append(
                    f"{name} would take {size(edit.after.text)} of {MANAGED_LIMIT} characters: AWS refuses that."
                )
            if edit.before is None:
                found.append(f"The role's inline policies are full, so {name} is a managed policy of its own.")
            else:
                found.append(
                    f"{name} is a managed policy: other roles may hang on it. It keeps {VERSIONS_LIMIT} versions; "
                    "delete one that is not in force where there are that many."
                )
    return tuple(found)


def _order(checkpoint: Checkpoint) -> int:
    return checkpoint.order


def _title(granted: tuple[tuple[str, str], ...], *, excess: bool) -> str:
    if not granted:
        return "Bound the role's permissions to the need"
    grant = f"Grant the {len(granted)} missing action{'s' if len(granted) != 1 else ''}"
    return f"{grant} and bound the rest to the need" if excess else grant


def _words(granted: tuple[tuple[str, str], ...], edits: list[Edit], role: str) -> str:
    token = [action for action, resource in granted if resource == "*"]
    exact = [resource for _, resource in granted if resource != "*"]
    parts = []
    if token:
        parts.append(f"{', '.join(token)} on `*` (it has no resource level)")
    if exact:
        resources = ", ".join(dict.fromkeys(exact))
        parts.append(f"{len(exact)} action{'s' if len(exact) != 1 else ''} on {resources} only")
    names = ", ".join(
        f"{'new ' if edit.before is None else ''}{'managed' if edit.policy.arn else 'inline'} policy {edit.policy.name}"
        f"{' (off the role)' if edit.after is None else ''}"
        for edit in edits
    )
    grant = f"Grant {' and '.join(parts)}. " if parts else ""
    return f"{grant}Change of role {role}: {names}. Afterwards these hold what the release needs and nothing beyond it."
