"""Grants that open more than they show: passing any role, giving oneself permissions, everything, everything but a few."""

from __future__ import annotations

from collections.abc import Iterator

from diagnosis.grants.breadth import EVERY_ROLE, holds_every
from diagnosis.lint.document import LintedDocument
from diagnosis.lint.finding import Finding
from diagnosis.lint.places import Place
from diagnosis.lint.rule import Rule
from diagnosis.policy import PolicyKind, Statement
from diagnosis.policy.language.matching import action_matcher, matches_everything

_PASS_ROLE = "iam:PassRole"  # noqa: S105 - an action's name
_PASSED_TO = "iam:passedtoservice"
_ESCALATING = (
    "iam:PutRolePolicy",
    "iam:AttachRolePolicy",
    "iam:PutUserPolicy",
    "iam:AttachUserPolicy",
    "iam:PutGroupPolicy",
    "iam:AttachGroupPolicy",
    "iam:AddUserToGroup",
    "iam:CreatePolicyVersion",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:UpdateLoginProfile",
    "iam:DeleteRolePermissionsBoundary",
    "iam:PutRolePermissionsBoundary",
    "iam:DeleteUserPermissionsBoundary",
    "iam:PutUserPermissionsBoundary",
)
"""Writes on identities and their policies by which their holder can reach every other permission."""
_HOLDING_BACK = ("iam:permissionsboundary", "iam:policyarn")
"""Condition keys that bound what such a write can give."""


def privileges(document: LintedDocument) -> Iterator[Finding]:
    """Find Allow statements of a permission policy that open more than they show."""
    if document.kind not in (PolicyKind.IDENTITY, PolicyKind.RESOURCE):
        return
    for statement in document.policy.allows:
        if document.kind is PolicyKind.IDENTITY:
            yield from _pass_role(document, statement)
            yield from _escalation(document, statement)
        yield from _everything(document, statement)


def _granting(document: LintedDocument, statement: Statement, action: str) -> tuple[str, Place] | None:
    """Return the first string of Action that stands for the action, with its place; None where none does by name."""
    if statement.actions.negated or not statement.actions.covers(action.lower()):
        return None
    for position, pattern in enumerate(statement.actions.patterns):
        if pattern.strip("*:") and action_matcher([pattern])(action.lower()):
            return pattern, document.entry(statement, "Action", position)
    return None


def _pass_role(document: LintedDocument, statement: Statement) -> Iterator[Finding]:
    granting = _granting(document, statement, _PASS_ROLE)
    if granting is None or statement.resources is None:
        return
    pattern, place = granting
    by = "" if pattern.lower() == _PASS_ROLE.lower() else f" (by {pattern[:60]})"
    asked = any(condition.folded_key == _PASSED_TO for condition in statement.conditions)
    if any(holds_every(text, EVERY_ROLE) for text in statement.resources.patterns) or statement.resources.negated:
        to = "to the services that iam:PassedToService lists" if asked else "to any service"
        yield Finding(
            Rule.PASS_ROLE_ANY,
            place,
            f"iam:PassRole on every role{by}: whoever holds it can hand any role of the account {to} and act with its permissions.",
            "Name the exact roles under Resource, and bound the service by a condition on iam:PassedToService.",
        )
    elif not asked:
        yield Finding(
            Rule.PASS_ROLE_ANY_SERVICE,
            place,
            f"iam:PassRole{by} does not say to which service the roles may be passed.",
            'Add a condition such as "StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}.',
        )


def _escalation(document: LintedDocument, statement: Statement) -> Iterator[Finding]:
    if statement.resources is None or any(each.folded_key in _HOLDING_BACK for each in statement.conditions):
        return
    found = [
        (action, place)
        for action in _ESCALATING
        if (granted := _granting(document, statement, action))
        for place in [granted[1]]
    ]
    if not found:
        return
    actions = [action for action, _ in found]
    more = f" and {len(actions) - 4} more" if len(actions) > 5 else ""
    shown = ", ".join(actions[: 4 if more else 5])
    yield Finding(
        Rule.SELF_ESCALATION,
        found[0][1],
        f"{shown}{more}: by such a write on roles, users or policies its holder can give itself every other permission.",
        "Remove the action, or bound it to resources that its holder cannot assume, with a condition on iam:PermissionsBoundary.",
    )


def _everything(document: LintedDocument, statement: Statement) -> Iterator[Finding]:
    resources = statement.resources
    if resources is not None and resources.negated and not statement.actions.negated:
        yield Finding(
            Rule.NOT_RESOURCE_ALLOW,
            document.place(statement, "NotResource"),
            "NotResource in an Allow allows the actions on every resource but the listed ones, also on those that are made later.",
            "Name under Resource what is allowed, and forbid the rest by a Deny.",
        )
    if statement.actions.negated:
        if resources is None or resources.everything or resources.negated:
            yield Finding(
                Rule.NOT_ACTION_ALLOW,
                document.place(statement, "NotAction"),
                "NotAction in an Allow allows every action but the listed ones, also those that AWS adds later.",
                "Name under Action what is allowed, and forbid the rest by a Deny.",
            )
        return
    if resources is not None and not (resources.everything and not resources.negated):
        return
    for pattern, place in document.actions(statement):
        if matches_everything(pattern) or pattern == "*:*":
            yield Finding(
                Rule.EVERYTHING_ALLOWED,
                place,
                "Every action is allowed on every resource, iam:PassRole and the writes on IAM included.",
                "Name the actions and resources that are needed.",
            )
            return
