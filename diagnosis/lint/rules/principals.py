"""Whom a resource's or a role's policy names: forms, openness, and which principal can call which action."""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnosis.callers.door import DoorKind
from diagnosis.callers.strangers import is_chosen
from diagnosis.claims.claim_set import is_github_cloud, without_scheme
from diagnosis.lint.catalogue import nearest
from diagnosis.lint.document import LintedDocument
from diagnosis.lint.doors import doors_of
from diagnosis.lint.finding import Finding
from diagnosis.lint.rule import Rule
from diagnosis.names.arn import Arn, is_account_id
from diagnosis.policy import Effect, PolicyKind, Statement
from diagnosis.policy.language.quotas import LARGEST_POLICY, size
from diagnosis.policy.principal_view import PrincipalKind, is_unique_id, view_principal

_PARTITION = re.compile(r"aws(-[a-z]+)*\Z")
_BOUNDING_KEYS = (
    "aws:principal",
    "aws:source",
    "aws:resource",
    "aws:calledvia",
    "aws:vpc",
    "sts:externalid",
    "kms:",
    "saml:",
)
"""Keys by which a statement for everybody is bounded to some callers, networks or organizations."""
_OF_THE_ROLE = ("aws:resource",)
"""Keys that tell of what is called, which in a trust policy is the role itself."""


def not_principal(document: LintedDocument) -> Iterator[Finding]:
    """Find an Allow with NotPrincipal."""
    for statement in document.policy.statements:
        if statement.not_principal and statement.effect is Effect.ALLOW:
            yield Finding(
                Rule.NOT_PRINCIPAL_ALLOW,
                document.place(statement, "NotPrincipal"),
                "NotPrincipal in an Allow admits everybody but the listed ones, strangers included; AWS does not support it.",
                "Name under Principal who may.",
            )


def anybody(document: LintedDocument) -> Iterator[Finding]:
    """Find an Allow for everybody that no condition bounds."""
    for statement in document.policy.allows:
        if statement.principals is None or statement.not_principal:
            continue
        everybody = [
            place for sort, name, place in document.principals(statement) if name == "*" and sort in ("*", "AWS")
        ]
        if not everybody or not _is_open(document, statement):
            continue
        of_trust = document.kind is PolicyKind.TRUST
        whom = "may assume the role" if of_trust else "may do what the statement allows"
        which = "no condition bounds it" if not statement.conditions else "its conditions bound nobody"
        for place in everybody:
            yield Finding(
                Rule.PRINCIPAL_ANYBODY,
                place,
                f"Everybody, in every account, {whom}: the principal is * and {which}.",
                "Name the accounts or roles, or ask for aws:PrincipalOrgID (without IfExists and ForAllValues, which let in who is "
                "in no organization), or for aws:PrincipalArn with an account in it.",
            )


def _is_open(document: LintedDocument, statement: Statement) -> bool:
    """Return whether a statement for everybody lets a stranger in."""
    of_trust = document.kind is PolicyKind.TRUST
    none_bounds = not any(
        condition.compares_something and _bounds(condition.folded_key, of_trust=of_trust)
        for condition in statement.conditions
    )
    # A document that is larger than any that AWS takes is not searched.
    if not of_trust or size(document.text) > LARGEST_POLICY:
        return none_bounds
    doors = [door for door in doors_of(document, statement) if door.kind is DoorKind.ANYBODY]
    return any(door.harmful or (door.unsure and none_bounds) for door in doors)


def _bounds(key: str, *, of_trust: bool) -> bool:
    if is_chosen(key) or (of_trust and key.startswith(_OF_THE_ROLE)):
        return False
    return key.startswith(_BOUNDING_KEYS) or "." in key


def forms(document: LintedDocument) -> Iterator[Finding]:
    """Find principals whose form the grammar takes and AWS does not."""
    for statement in document.policy.statements:
        for sort, name, place in document.principals(statement):
            if sort == "Federated":
                yield from _provider(document, statement, name)
            elif sort == "Service" and name != "*" and view_principal(name).kind is not PrincipalKind.SERVICE:
                yield Finding(
                    Rule.PRINCIPAL_FORM,
                    place,
                    f"{name[:80]!r} is no service principal.",
                    "Write it as service.amazonaws.com, such as ecs-tasks.amazonaws.com.",
                )
            elif sort == "AWS":
                wrong = _wrong_identity(name)
                if wrong:
                    yield Finding(Rule.PRINCIPAL_FORM, place, *wrong)


def _wrong_identity(name: str) -> tuple[str, str] | None:
    """Return what is wrong with a principal under AWS, and its correction."""
    shown = name[:120]
    if "${" in name:
        return f"{shown!r} holds a policy variable, which AWS does not replace in a principal.", "Write the ARN out."
    arn = Arn.parse(name)
    if arn is None or "*" in name:
        return None  # told as a rejection, or an account id
    kind = view_principal(name).kind
    if kind is PrincipalKind.WEB_IDENTITY:
        return f"{shown!r} is a provider, which is no AWS principal.", "Put the provider under Federated."
    if arn.service not in ("iam", "sts") or not _PARTITION.match(arn.partition):
        return (
            f"{shown!r} is no ARN of a role, a user or an account.",
            "Write the ARN of a role, a user, or arn:aws:iam::ACCOUNT:root.",
        )
    if not is_account_id(arn.account):
        return f"{shown!r} names no account of twelve digits.", "Write the account's twelve digits."
    if arn.region:
        return (
            f"{shown!r} names a region, which IAM's ARNs never do.",
            "Leave the region empty: two colons before the account.",
        )
    known = (
        PrincipalKind.ROLE,
        PrincipalKind.USER,
        PrincipalKind.ROOT,
        PrincipalKind.ROLE_SESSION,
        PrincipalKind.FEDERATED_USER,
    )
    if kind not in known and arn.resource_type not in ("self", "group"):
        return (
            f"{shown!r} is no ARN of a role, a user or an account.",
            "Write the ARN of a role, a user, or arn:aws:iam::ACCOUNT:root.",
        )
    if arn.resource_type == "group":
        return f"{shown!r} is a group, which cannot be a principal.", "Name the users or a role."
    return None


def _provider(document: LintedDocument, statement: Statement, name: str) -> Iterator[Finding]:
    place = next(place for sort, each, place in document.principals(statement) if (sort, each) == ("Federated", name))
    arn = Arn.parse(name)
    if arn is None or arn.service != "iam" or arn.resource_type not in ("oidc-provider", "saml-provider"):
        return  # a built-in provider, or told as a rejection
    right = without_scheme(arn.resource_id)
    if is_github_cloud(right):
        host, slash, path = right.partition("/")
        right = f"{host.lower()}{slash}{path}"
    if not is_account_id(arn.account):
        what, correction = "names no account of twelve digits", "Write the account in which the provider was made."
    elif arn.region:
        what, correction = "is not of the form arn:aws:iam::ACCOUNT:oidc-provider/HOST", "Write it in this form."
    elif not _PARTITION.match(arn.partition):
        what, correction = (
            f"names the partition {arn.partition[:40]}, which does not exist",
            "Write aws, aws-cn or aws-us-gov.",
        )
    elif right != arn.resource_id:
        what = "writes the issuer otherwise than IAM keeps it: without https://, without a slash at its end, in small letters"
        correction = f"Write {Arn.iam(arn.partition, arn.account, arn.resource_type, right)}."
    elif not right:
        what, correction = "names no issuer", "Write the issuer's host and path behind oidc-provider/."
    elif document.expected.account not in ("", arn.account):
        expected = document.expected.account
        yield Finding(
            Rule.EXPECTED_ACCOUNT,
            place,
            f"{name[:120]!r} names the account {arn.account}; {expected} is expected, and a role trusts providers of its own "
            "account alone.",
            f"Write {Arn.iam(arn.partition, expected, arn.resource_type, arn.resource_id)}.",
        )
        return
    else:
        return
    yield Finding(
        Rule.PROVIDER_FORM,
        place,
        f"The provider's ARN {name[:120]!r} {what}, so no token is admitted by it.",
        correction,
    )


_BY_WEB_IDENTITY, _BY_SAML, _BY_IDENTITY = "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML", "sts:AssumeRole"
_IN_TRUST = frozenset(
    {
        "sts:AssumeRole",
        "sts:AssumeRoleWithWebIdentity",
        "sts:AssumeRoleWithSAML",
        "sts:TagSession",
        "sts:SetSourceIdentity",
        "sts:SetContext",
    }
)


_FOLDED_IN_TRUST = frozenset(action.lower() for action in _IN_TRUST)


def trust_actions(document: LintedDocument) -> Iterator[Finding]:
    """Find actions that a trust policy cannot hold, and principals that cannot call the statement's action."""
    if document.kind is not PolicyKind.TRUST:
        return
    for statement in document.policy.statements:
        for pattern, place in document.actions(statement):
            service, colon, name = pattern.lower().partition(":")
            foreign = bool(colon) and service != "sts" and not set(service) & {"*", "?"}
            other = service == "sts" and not set(name) & {"*", "?"} and pattern.lower() not in _FOLDED_IN_TRUST
            if foreign or other:
                meant = nearest(pattern, _IN_TRUST)
                correction = "Put it into a policy of the role; a trust policy holds sts:AssumeRole and its forms."
                yield Finding(
                    Rule.TRUST_ACTION,
                    place,
                    f"{pattern[:80]} is no action by which a role is assumed; AWS refuses it in a trust policy.",
                    f"Write {meant}." if meant else correction,
                )
        if statement.effect is Effect.ALLOW and not statement.not_principal and not statement.actions.negated:
            yield from _callable(document, statement)


def _callable(document: LintedDocument, statement: Statement) -> Iterator[Finding]:
    """Find a principal that the statement's actions give no way in."""
    covers = statement.actions.covers
    assuming = [action for action in (_BY_WEB_IDENTITY, _BY_SAML, _BY_IDENTITY) if covers(action.lower())]
    if not assuming:
        return
    for sort, name, place in document.principals(statement):
        if name == "*" or is_unique_id(name):
            continue
        kind = view_principal(name).kind
        needed = _BY_IDENTITY
        if sort == "Federated" and kind is PrincipalKind.WEB_IDENTITY:
            arn = Arn.parse(name)
            needed = _BY_SAML if arn is not None and arn.resource_type == "saml-provider" else _BY_WEB_IDENTITY
        if needed in assuming or (kind is PrincipalKind.WEB_IDENTITY) is not (sort == "Federated"):
            continue  # a provider under another type, or no provider under Federated, is told by its form
        who = "A token of this provider" if sort == "Federated" else "This principal"
        yield Finding(
            Rule.PRINCIPAL_ACTION,
            place,
            f"{who} comes in by {needed}, and the statement allows only {', '.join(assuming)}: nobody gets in by it.",
            f"Allow {needed}, or name the principal that is meant.",
        )
