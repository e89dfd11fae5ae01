"""Edit a trust policy where listing the subject is not enough: except it from a Deny, or add the missing action."""

from __future__ import annotations

import copy
from dataclasses import dataclass

from diagnosis.callers.who_gets_in import newly_admitted
from diagnosis.causes import Cause
from diagnosis.facts.account import Role
from diagnosis.policy import PolicyDocument, Unparsable, write_document
from diagnosis.policy.language.tree import WEB_IDENTITY_ACTION, Json, JsonObject, as_list, one_or_list, statements
from diagnosis.remedies.edits.policy_edit import Renderings
from diagnosis.remedies.edits.trust_patch import minimal_trust_patch
from diagnosis.remedies.offer import Situation
from diagnosis.remedies.rendering import (
    EXISTING,
    cloudformation,
    terraform_comment,
    terraform_resource,
    with_document,
)
from diagnosis.trust.admission import judge_trust
from diagnosis.trust.question import TrustOutcome


@dataclass(frozen=True, slots=True)
class _Asking:
    """How a changed document is asked again."""

    situation: Situation
    subject: str

    def admits(self, document: PolicyDocument) -> bool:
        run, claims = self.situation.run, self.situation.claims
        provider = self.situation.account.question.provider_arn
        if run.role_arn is None or provider is None:
            return False
        judged = judge_trust(
            document, claims, provider, run.role_arn, session_name=run.session_name, at=run.account.read_at
        )
        return judged.outcome is TrustOutcome.ALLOWED


def admitting_trust(
    situation: Situation, document: PolicyDocument, subject: str, causes: tuple[Cause, ...]
) -> PolicyDocument | None:
    """Return a document that admits the subject and nobody else anew; None where none is found."""
    asking = _Asking(situation, subject)
    current = document
    if Cause.TRUST_EXPLICIT_DENY in causes:
        excepted = _excepting(current, subject, situation.account.question.issuer, asking)
        if excepted is None:
            return None
        current = excepted
        if asking.admits(current):
            return current
    if Cause.TRUST_ACTION in causes:
        allowed = _with_action(current, situation, subject, asking)
        if allowed is not None:
            return allowed
    provider = situation.account.question.provider_arn
    patched = minimal_trust_patch(current, subject, provider_arn=provider, audience=situation.audience)
    return patched or (current if current != document else None)


def _excepting(document: PolicyDocument, subject: str, issuer: str, asking: _Asking) -> PolicyDocument | None:
    """Except the subject from every Deny that stops it; leave a Deny alone that stops it whatever it excepts."""
    if isinstance(document.policy, Unparsable):
        return None
    tree = document.editable()
    kept: list[Json] = []
    changed = False
    for statement in statements(tree):
        if statement.get("Effect") != "Deny" or not _stops(statement, tree, asking):
            kept.append(statement)
            continue
        changed = True
        kept.append(excepting_subject(statement, subject, f"{issuer}:sub"))
    if not changed:
        return None
    return write_document({**tree, "Statement": kept})


def _stops(statement: JsonObject, tree: JsonObject, asking: _Asking) -> bool:
    """Return whether this Deny alone keeps out a token that everything else would let in."""
    provider = str(asking.situation.account.question.provider_arn or "")
    door: JsonObject = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": WEB_IDENTITY_ACTION}
    return not asking.admits(write_document({**tree, "Statement": [statement, door]}))


def excepting_subject(statement: JsonObject, subject: str, key: str) -> JsonObject:
    """Return the Deny with the subject among those that it leaves out."""
    smaller = copy.deepcopy(statement)
    condition = smaller.setdefault("Condition", {})
    if not isinstance(condition, dict):
        return smaller
    plain = not set(subject) & {"*", "?"}
    for operator in ("StringNotEquals", "StringNotLike"):
        block = condition.get(operator)
        name = next((item for item in block if item.lower() == key.lower()), None) if isinstance(block, dict) else None
        if isinstance(block, dict) and name is not None and (plain or operator == "StringNotEquals"):
            block[name] = one_or_list([*(str(item) for item in as_list(block[name])), subject])
            return smaller
    block = condition.setdefault("StringNotEquals", {})
    if isinstance(block, dict):
        block[key] = subject
    return smaller


def _with_action(
    document: PolicyDocument, situation: Situation, subject: str, asking: _Asking
) -> PolicyDocument | None:
    """Add the action to one Allow statement, where that admits the subject and nobody new beside it."""
    if isinstance(document.policy, Unparsable):
        return None
    tree = document.editable()
    items = statements(tree)
    for position, statement in enumerate(items):
        if statement.get("Effect") != "Allow" or "NotAction" in statement:
            continue
        changed = copy.deepcopy(statement)
        changed["Action"] = one_or_list(
            [*(str(item) for item in as_list(statement.get("Action"))), WEB_IDENTITY_ACTION]
        )
        after = write_document({**tree, "Statement": [*items[:position], changed, *items[position + 1 :]]})
        repository = situation.run.attempt.repository
        new = newly_admitted(document, after, repository, audience=situation.audience, beside=subject)
        if asking.admits(after) and not new:
            return after
    return None


def rendered_trust(role: Role, document: PolicyDocument) -> Renderings:
    """Return a trust policy in all three languages, beside the role's settings as they were read: those stay.

    Tags that AWS sets itself (``aws:…``) are left out, since nobody else may write them.
    """
    properties: dict[str, object] = {"RoleName": role.name}
    body: dict[str, object] = {"name": role.name}
    if role.arn.path != "/":
        properties["Path"] = body["path"] = role.arn.path
    if role.max_session_seconds != _DEFAULT_SESSION_SECONDS:
        properties["MaxSessionDuration"] = body["max_session_duration"] = role.max_session_seconds
    if role.permissions_boundary_arn is not None:
        properties["PermissionsBoundary"] = body["permissions_boundary"] = str(role.permissions_boundary_arn)
    tags = {key: value for key, value in role.tags if not key.lower().startswith("aws:")}
    if tags:
        properties["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
        body["tags"] = tags
    properties["AssumeRolePolicyDocument"] = document.tree
    note = terraform_comment(f"in the resource that owns the role {role.name}: only assume_role_policy changes")
    words = ["aws", "iam", "update-assume-role-policy", "--role-name", role.name]
    return Renderings(
        aws_cli=with_document(words, "--policy-document", document, "trust.json"),
        terraform=f"{note}\n" + terraform_resource("aws_iam_role", role.name, body, {"assume_role_policy": document}),
        cloudformation=cloudformation(
            role.name, "AWS::IAM::Role", properties, f"{EXISTING} Only AssumeRolePolicyDocument changes."
        ),
    )


_DEFAULT_SESSION_SECONDS = 3600
"""The maximum session duration of a role that was given none."""
