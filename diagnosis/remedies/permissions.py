"""Mending registry authorization: the missing actions on their exact resources, all at once, in one document."""

from __future__ import annotations

import json

from diagnosis.account import NamedPolicy
from diagnosis.gates import Owner, Plane
from diagnosis.reading import Known
from diagnosis.remedies.offer import Choice, Offer, Situation, needed_pairs, rerun_words
from diagnosis.remedies.patch import INLINE_LIMIT, as_list, difference, extended, size, statements
from diagnosis.remedies.rendering import cloudformation, terraform_resource, with_document
from diagnosis.verdicts import Change, ChangeKind, Remediation

SCOPE_CAUSES = ("get-authorization-token", "push-scope", "pull-scope")


def grant_missing(situation: Situation) -> Choice | None:
    """One inline policy of the role with exactly the missing actions: the token on `*`, the rest on the exact ARN."""
    problems = situation.of(*SCOPE_CAUSES)
    account = situation.account
    if not problems or not isinstance(account.role, Known) or not isinstance(account.inline_policies, Known):
        return None
    lacking = needed_pairs(situation.needs, problems)
    if not lacking:
        return None
    role = account.role.value.name
    home = _home(account.inline_policies.value)
    name = home.name if home else f"EcrRelease-{account.question.repository or 'registry'}"
    before = home.document if home else None
    after = extended(before, lacking)
    total = size(after) + sum(size(p.document) for p in account.inline_policies.value if p.name != name)
    warnings = (
        (f"The role's inline policies would take {total} of {INLINE_LIMIT} characters: use a managed policy.",)
        if total > INLINE_LIMIT
        else ()
    )
    remediation = Remediation(
        id="grant-missing-actions",
        causes=tuple(dict.fromkeys(problem.cause for problem in problems)),
        plane=Plane.AUTHORIZATION,
        checkpoint=min((p.checkpoint for p in problems if p.checkpoint), key=lambda c: c.order),
        title=f"Grant the {len(lacking)} missing action{'s' if len(lacking) != 1 else ''}",
        words=_words(lacking, role, name, home is not None),
        owner=Owner.CLOUD_SECURITY,
        verify=f"{rerun_words(situation.run)} It proves registry authorization for the steps that the run exercises.",
        changes=(Change(ChangeKind.PUT_INLINE_POLICY, name, document=after),),
        aws_cli=with_document(
            ["aws", "iam", "put-role-policy", "--role-name", role, "--policy-name", name],
            "--policy-document",
            after,
            "ecr-release.json",
        ),
        terraform=terraform_resource("aws_iam_role_policy", name, {"name": name, "role": role}, {"policy": after}),
        cloudformation=cloudformation(
            name,
            "AWS::IAM::RolePolicy",
            {"RoleName": role, "PolicyName": name, "PolicyDocument": json.loads(after)},
        ),
        difference=difference(before, after, f"inline policy {name}"),
        warnings=warnings,
        actions=tuple(dict.fromkeys(action for action, _ in lacking)),
    )
    return (Offer(remediation),)


def _home(policies: tuple[NamedPolicy, ...]) -> NamedPolicy | None:
    """The inline policy that is about ECR already; the missing actions belong there, in one change."""
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


def _words(lacking: tuple[tuple[str, str], ...], role: str, policy: str, present: bool) -> str:
    token = [action for action, resource in lacking if resource == "*"]
    exact = [resource for _, resource in lacking if resource != "*"]
    parts = []
    if token:
        parts.append(f"{', '.join(token)} on `*` (it has no resource level)")
    if exact:
        resources = ", ".join(dict.fromkeys(exact))
        parts.append(f"{len(exact)} action{'s' if len(exact) != 1 else ''} on {resources} only")
    where = f"the inline policy {policy}" if present else f"a new inline policy {policy}"
    return f"Add to {where} of role {role}: {' and '.join(parts)}. Every action that the release needs, in one change."
