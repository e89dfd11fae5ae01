"""Grants that open more than they show: passing any role, giving oneself permissions, everything, everything but a few."""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnosis.grants.breadth import EVERY_ROLE, holds_every
from diagnosis.lint.catalogue import WELL_KNOWN, arn_forms
from diagnosis.lint.document import LintedDocument
from diagnosis.lint.finding import Finding
from diagnosis.lint.places import Place
from diagnosis.lint.rule import Rule
from diagnosis.policy import PolicyKind, Statement, action_facts, expand_actions
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
_NARROWING = ("aws:resourcetag/", "aws:calledvia", "aws:viaawsservice")
"""How condition keys begin that leave some resources of a service, or what another service calls on one's behalf."""
_WHOLE_SERVICE = re.compile(r"(?P<service>[A-Za-z0-9-]+):\*+\Z")


def privileges(document: LintedDocument) -> Iterator[Finding]:
    """Find Allow statements of a permission policy that open more than they show."""
    if document.kind not in (PolicyKind.IDENTITY, PolicyKind.RESOURCE):
        return
    for statement in document.policy.allows:
        if document.kind is PolicyKind.IDENTITY:
            yield from _pass_role(document, statement)
            yield from _escalation(document, statement)
        yield from _everything(document, statement)
        if document.kind is PolicyKind.IDENTITY:
            yield from _services(document, statement)


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


def _services(document: LintedDocument, statement: Statement) -> Iterator[Finding]:
    """Find ``ecr:*`` on ``*``: every action of a service, where naming resources would hold some of them back."""
    resources = statement.resources
    if statement.actions.negated or resources is None or resources.negated:
        return
    for pattern, place in document.actions(statement):
        found = _WHOLE_SERVICE.match(pattern)
        service = found["service"].lower() if found else ""
        # What iam:* opens is told by the actions that matter in it.
        if not service or service == "iam":
            continue
        held = any(each.folded_key.startswith((f"{service}:", *_NARROWING)) for each in statement.conditions)
        grave = () if held else _grave(service)
        if grave and any(_every_resource(text, service) for text in resources.patterns):
            yield Finding(
                Rule.SERVICE_ALLOWED,
                place,
                f"{pattern[:60]} on every resource allows all that the service can do, {' and '.join(grave)} among it.",
                "Name the actions that are needed, and the ARNs of the resources on which they are.",
            )


def _grave(service: str) -> tuple[str, ...]:
    """Return up to two actions that show what all of a service means: a write on permissions, a delete, else any write.

    Only those that a policy can allow on single resources. Where a service has none (``ssmmessages``, ``pricing``) all of
    it on ``*`` is the usual grant, and the answer is empty.
    """
    facts = [action_facts(name) for name in expand_actions([f"{service}:*"], of_services=(service,))]
    writes = [each for each in facts if each and each.has_resource_level and "Write" in each.access_level]
    # The shorter a name, the plainer the action: s3:DeleteBucket rather than s3:DeleteBucketMetadataConfiguration.
    writes.sort(key=lambda each: len(each.name))
    permissions = [each.name for each in writes if "Permissions management" in each.access_level]
    deletes = [
        each.name for each in writes if each.name.startswith(f"{service}:Delete") and each.name not in permissions
    ]
    return (*permissions[:1], *deletes[:1]) or tuple(each.name for each in writes[:1])


def _every_resource(text: str, service: str) -> bool:
    """Return whether a Resource pattern is a bare ``*``, or holds every resource of a type of ECR's."""
    forms = arn_forms(service) if service in WELL_KNOWN else ()
    return matches_everything(text) or any(holds_every(text, form) for form in forms)
