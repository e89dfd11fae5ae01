"""A policy of the role before and after, as a change of the model and as text for AWS CLI, Terraform, CloudFormation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from diagnosis.facts.account import AccountState, NamedPolicy
from diagnosis.names.arn import Arn
from diagnosis.policy import PolicyDocument
from diagnosis.remedies.changed_account import applied
from diagnosis.remedies.rendering import (
    Reference,
    Resource,
    not_ready,
    shell,
    template,
    terraform_comment,
    terraform_label,
    terraform_resource,
    with_document,
)
from diagnosis.verdicts.remediation import Change, ChangeKind


@dataclass(frozen=True, slots=True)
class Edit:
    """A policy of the role before and after. ``before`` is None for a new one, ``after`` for one that comes off the role."""

    policy: NamedPolicy
    before: PolicyDocument | None
    after: PolicyDocument | None

    @property
    def change(self) -> Change:
        """The edit as a change of the model."""
        arn, name = self.policy.arn, self.policy.name
        if arn is not None:
            kind = ChangeKind.ATTACH_POLICY if self.before is None else ChangeKind.REPLACE_ATTACHED_POLICY
            return Change(kind, arn, document=self.after)
        if self.after is None:
            return Change(ChangeKind.DELETE_INLINE_POLICY, name)
        return Change(ChangeKind.PUT_INLINE_POLICY, name, document=self.after)


@dataclass(slots=True)
class Edits:
    """The edits of a role's policies so far: one for each policy, in the order in which they were noted."""

    account: AccountState
    """As it was read."""
    _by_policy: dict[tuple[str, Arn | None], Edit] = field(default_factory=dict)

    def note(self, edit: Edit) -> None:
        """Keep an edit; a second one of the same policy takes the place of the first."""
        key = (edit.policy.name, edit.policy.arn)
        known = self._by_policy.get(key)
        self._by_policy[key] = replace(edit, before=known.before) if known else edit

    @property
    def listed(self) -> list[Edit]:
        """The edits."""
        return list(self._by_policy.values())

    @property
    def after(self) -> AccountState:
        """The account after these edits."""
        return applied((edit.change for edit in self._by_policy.values()), self.account)


@dataclass(frozen=True, slots=True)
class Renderings:
    """The same edits in the three languages in which engineers change an account."""

    aws_cli: str
    terraform: str
    cloudformation: str


def rendered(edits: Sequence[Edit], role: str) -> Renderings:
    """Return the edits of one role in all three languages."""
    resources = [_resource(edit, edit.after, role) for edit in edits if edit.after is not None]
    return Renderings(
        aws_cli="\n\n".join(_cli(edit, role) for edit in edits),
        terraform="\n\n".join(_terraform(edit, role) for edit in edits),
        cloudformation=template(resources) if resources else "",
    )


def _cli(edit: Edit, role: str) -> str:
    name, arn, after = edit.policy.name, edit.policy.arn, edit.after
    if after is None and arn is not None:
        return shell("aws", "iam", "detach-role-policy", "--role-name", role, "--policy-arn", str(arn))
    if after is None:
        return shell("aws", "iam", "delete-role-policy", "--role-name", role, "--policy-name", name)
    if arn is not None and edit.before is None:
        if after.not_kept:
            return not_ready(after)
        made = ["aws", "iam", "create-policy", "--policy-name", name]
        attached = shell("aws", "iam", "attach-role-policy", "--role-name", role, "--policy-arn", str(arn))
        return with_document(made, "--policy-document", after, f"{name}.json") + "\n" + attached
    if arn is not None:
        words = ["aws", "iam", "create-policy-version", "--policy-arn", str(arn), "--set-as-default"]
        return with_document(words, "--policy-document", after, f"{name}.json")
    words = ["aws", "iam", "put-role-policy", "--role-name", role, "--policy-name", name]
    return with_document(words, "--policy-document", after, f"{name}.json")


def _terraform(edit: Edit, role: str) -> str:
    name, arn = edit.policy.name, edit.policy.arn
    if edit.after is None:
        return terraform_comment(f"remove the resource that puts {arn or name} on the role {role}")
    if arn is None:
        return terraform_resource("aws_iam_role_policy", name, {"name": name, "role": role}, {"policy": edit.after})
    body = {"name": name} if arn.path == "/" else {"name": name, "path": arn.path}
    policy = terraform_resource("aws_iam_policy", name, body, {"policy": edit.after})
    if edit.before is not None:
        return policy
    reference = Reference(f"aws_iam_policy.{terraform_label(name)}.arn")
    attachment = {"role": role, "policy_arn": reference}
    return f"{policy}\n\n" + terraform_resource("aws_iam_role_policy_attachment", name, attachment, {})


def _resource(edit: Edit, after: PolicyDocument, role: str) -> Resource:
    name, arn = edit.policy.name, edit.policy.arn
    if arn is None:
        properties = {"RoleName": role, "PolicyName": name, "PolicyDocument": after.tree}
        return (name, "AWS::IAM::RolePolicy", properties)
    managed: dict[str, object] = {"ManagedPolicyName": name, "PolicyDocument": after.tree}
    if arn.path != "/":
        managed["Path"] = arn.path
    if edit.before is None:
        managed["Roles"] = [role]
    return (name, "AWS::IAM::ManagedPolicy", managed)
