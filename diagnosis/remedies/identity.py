"""Mending the role's own policies: what is missing, what denies, what exceeds; one change for their one owner."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from diagnosis.account import AccountState, NamedPolicy
from diagnosis.gates import Checkpoint, Owner, Plane
from diagnosis.live.entitlement import Entitlement, judge_needs, session_arn
from diagnosis.reading import Absent, Known
from diagnosis.remedies.bounding import bounded_document
from diagnosis.remedies.model import applied
from diagnosis.remedies.narrowing import narrowed
from diagnosis.remedies.offer import Choice, Offer, Situation, needed_pairs, rerun_words
from diagnosis.remedies.patch import INLINE_LIMIT, as_list, difference, extended, size, statements
from diagnosis.remedies.rendering import cloudformation, shell, terraform_resource, with_document
from diagnosis.verdicts import Change, ChangeKind, Problem, Remediation

SCOPE_CAUSES = ("get-authorization-token", "push-scope", "pull-scope")
EXCESS_CAUSE = "wildcard-escalation"


@dataclass(frozen=True, slots=True)
class _Edit:
    """One policy of the role before and after; ``after`` None: taken off the role."""

    policy: NamedPolicy
    before: str | None
    after: str | None

    @property
    def change(self) -> Change:
        if self.policy.arn is not None:
            return Change(ChangeKind.REPLACE_ATTACHED_POLICY, self.policy.arn, document=self.after)
        if self.after is None:
            return Change(ChangeKind.DELETE_INLINE_POLICY, self.policy.name)
        return Change(ChangeKind.PUT_INLINE_POLICY, self.policy.name, document=self.after)


def mend_identity(situation: Situation) -> Choice | None:
    """Exactly the missing actions on their exact resources, and nothing beyond the need left; all in one change."""
    problems = situation.of(*SCOPE_CAUSES, EXCESS_CAUSE)
    account = situation.account
    if not problems or not isinstance(account.role, Known) or not isinstance(account.inline_policies, Known):
        return None
    if not situation.run.role_arn:
        return None
    edits = _edits(situation, problems)
    granted = _missing_pairs(situation, problems)
    if not edits:
        return None
    return (Offer(_remediation(situation, problems, edits, granted)),)


def _edits(situation: Situation, problems: tuple[Problem, ...]) -> list[_Edit]:
    account, role_arn = situation.account, situation.run.role_arn or ""
    session = session_arn(role_arn, situation.run.session_name)
    wanted = needed_pairs(situation.needs, problems)
    edits: dict[tuple[str, str | None], _Edit] = {}
    for policy in _policies(account):
        after: str | None = policy.document
        if any(problem.cause == EXCESS_CAUSE for problem in problems):
            smaller = bounded_document(policy, situation.needs, session, role_arn)
            after = after if smaller is None else smaller or None
        try:
            if after is not None:
                after = narrowed(after, wanted, session, role_arn, of_role=True) or after
        except ValueError:
            continue
        if after != policy.document:
            # AWS's own policies cannot be edited: they come off the role, and what is needed goes into its own.
            owned_by_aws = policy.arn is not None and ":iam::aws:policy/" in policy.arn
            edits[policy.name, policy.arn] = _Edit(policy, policy.document, None if owned_by_aws else after)
    return _with_missing(situation, edits)


def _with_missing(situation: Situation, edits: dict[tuple[str, str | None], _Edit]) -> list[_Edit]:
    """The edits, and an inline policy that takes what is still missing after them."""
    account = applied((edit.change for edit in edits.values()), situation.account)
    opened = replace(account, boundary=Absent("boundary"), scps=Absent("SCPs"), repository_policy=Absent("policy"))
    lacking = [
        (judged.need.action, judged.need.resource or "")
        for judged in judge_needs(situation.needs, opened, situation.run.session_name)
        if judged.entitlement is Entitlement.DENIED
    ]
    if not lacking:
        return list(edits.values())
    inline = account.inline_policies.value if isinstance(account.inline_policies, Known) else ()
    home = _home(inline)
    name = home.name if home else f"EcrRelease-{situation.account.question.repository or 'registry'}"
    before = next((edit.before for key, edit in edits.items() if key == (name, None)), home.document if home else None)
    after = extended(home.document if home else None, lacking)
    edits[name, None] = _Edit(NamedPolicy(name=name, document=after), before, after)
    return list(edits.values())


def _policies(account: AccountState) -> tuple[NamedPolicy, ...]:
    inline = account.inline_policies.value if isinstance(account.inline_policies, Known) else ()
    attached = account.attached_policies.value if isinstance(account.attached_policies, Known) else ()
    return (*inline, *attached)


def _home(policies: tuple[NamedPolicy, ...]) -> NamedPolicy | None:
    """The inline policy that is about ECR already; the missing actions belong there."""
    for policy in policies:
        try:
            loaded = json.loads(policy.document)
        except ValueError:
            continue
        if not isinstance(loaded, dict):
            continue
        actions = [str(action).lower() for s in statements(loaded) for action in as_list(s.get("Action"))]
        if any(action.startswith("ecr:") for action in actions):
            return policy
    return None


def _missing_pairs(situation: Situation, problems: tuple[Problem, ...]) -> tuple[tuple[str, str], ...]:
    return needed_pairs(situation.needs, (problem for problem in problems if problem.cause in SCOPE_CAUSES))


def _remediation(
    situation: Situation,
    problems: tuple[Problem, ...],
    edits: list[_Edit],
    granted: tuple[tuple[str, str], ...],
) -> Remediation:
    account = situation.account
    role = account.role.value.name if isinstance(account.role, Known) else ""
    total = sum(size(edit.after) for edit in edits if edit.after and edit.policy.arn is None)
    edited = {edit.policy.name for edit in edits if edit.policy.arn is None}
    if isinstance(account.inline_policies, Known):
        total += sum(size(p.document) for p in account.inline_policies.value if p.name not in edited)
    warnings = [f"The role's inline policies would take {total} of {INLINE_LIMIT} characters: use a managed policy."]
    shared = [edit.policy.name for edit in edits if edit.policy.arn and edit.after is not None]
    off = [edit.policy.name for edit in edits if edit.after is None]
    return Remediation(
        id="mend-role-permissions",
        causes=tuple(dict.fromkeys(problem.cause for problem in problems)),
        plane=Plane.AUTHORIZATION,
        checkpoint=min((p.checkpoint for p in problems if p.checkpoint), key=_order, default=None),
        title=_title(granted, excess=any(problem.cause == EXCESS_CAUSE for problem in problems)),
        words=_words(granted, edits, role),
        owner=Owner.CLOUD_SECURITY,
        verify=f"{rerun_words(situation.run)} It proves registry authorization for the steps that the run exercises.",
        changes=tuple(edit.change for edit in edits),
        aws_cli="\n\n".join(_cli(edit, role) for edit in edits),
        terraform="\n\n".join(_terraform(edit, role) for edit in edits),
        cloudformation="\n".join(_cloudformation(edit, role) for edit in edits if edit.after is not None),
        difference="\n".join(difference(e.before, e.after, f"policy {e.policy.name}") for e in edits),
        warnings=(
            *(warnings if total > INLINE_LIMIT else ()),
            *(f"{name} is a managed policy: other roles may hang on it." for name in shared),
            *(f"Without {name} the role also loses what it grants for other services." for name in off),
        ),
        actions=tuple(dict.fromkeys(action for action, _ in granted)),
    )


def _order(checkpoint: Checkpoint) -> int:
    return checkpoint.order


def _title(granted: tuple[tuple[str, str], ...], *, excess: bool) -> str:
    if not granted:
        return "Bound the role's permissions to the need"
    grant = f"Grant the {len(granted)} missing action{'s' if len(granted) != 1 else ''}"
    return f"{grant} and bound the rest to the need" if excess else grant


def _words(granted: tuple[tuple[str, str], ...], edits: list[_Edit], role: str) -> str:
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
        for edit in edits
    )
    grant = f"Grant {' and '.join(parts)}. " if parts else ""
    return f"{grant}Change of role {role}: {names}. Afterwards it holds what the release needs and nothing beyond it."


def _cli(edit: _Edit, role: str) -> str:
    name, arn = edit.policy.name, edit.policy.arn
    if arn is not None and edit.after is None:
        return shell("aws", "iam", "detach-role-policy", "--role-name", role, "--policy-arn", arn)
    if arn is not None:
        words = ["aws", "iam", "create-policy-version", "--policy-arn", arn, "--set-as-default"]
        return with_document(words, "--policy-document", edit.after or "", f"{name}.json")
    if edit.after is None:
        return shell("aws", "iam", "delete-role-policy", "--role-name", role, "--policy-name", name)
    words = ["aws", "iam", "put-role-policy", "--role-name", role, "--policy-name", name]
    return with_document(words, "--policy-document", edit.after, f"{name}.json")


def _terraform(edit: _Edit, role: str) -> str:
    name, arn = edit.policy.name, edit.policy.arn
    if edit.after is None:
        shown = "".join(c for c in (arn or name) if c.isprintable())
        return f"# remove the resource that puts {shown} on the role"
    if arn is not None:
        return terraform_resource("aws_iam_policy", name, {"name": name}, {"policy": edit.after})
    return terraform_resource("aws_iam_role_policy", name, {"name": name, "role": role}, {"policy": edit.after})


def _cloudformation(edit: _Edit, role: str) -> str:
    document = json.loads(edit.after or "{}")
    if edit.policy.arn is not None:
        properties = {"ManagedPolicyName": edit.policy.name, "PolicyDocument": document}
        return cloudformation(edit.policy.name, "AWS::IAM::ManagedPolicy", properties)
    properties = {"RoleName": role, "PolicyName": edit.policy.name, "PolicyDocument": document}
    return cloudformation(edit.policy.name, "AWS::IAM::RolePolicy", properties)
