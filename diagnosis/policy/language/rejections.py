"""Find what AWS would refuse in a document that still has a meaning.

Source: IAM User Guide (grammar, Principal, Resource, "IAM Access Analyzer policy check reference", errors only).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

from diagnosis.names.arn import Arn, is_account_id
from diagnosis.policy.language.faults import Fault, Rejection
from diagnosis.policy.language.matching import cut_at_colons, matches_everything
from diagnosis.policy.language.operators import read_boolean
from diagnosis.policy.language.statement import Statement
from diagnosis.policy.language.variables import has_variables, read_pieces
from diagnosis.policy.principal_view import PrincipalKind, is_unique_id, view_principal


class PolicyKind(StrEnum):
    """What a document is attached to, which decides the elements that it may hold."""

    IDENTITY = "identity-based policy"
    TRUST = "trust policy"
    RESOURCE = "resource-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    SCP = "service control policy"
    RCP = "resource control policy"


_WITH_PRINCIPAL = frozenset({PolicyKind.TRUST, PolicyKind.RESOURCE, PolicyKind.RCP})
_WITHOUT_RESOURCE = frozenset({PolicyKind.TRUST})
_WITHOUT_SHORT_ARNS = frozenset({PolicyKind.SESSION, PolicyKind.SCP, PolicyKind.RCP})
_SID_IN_IAM = re.compile(r"[A-Za-z0-9]*\Z")
_ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9*?]+\Z|\*+(:\*+)?\Z")


def rejections_of(statements: tuple[Statement, ...], kind: PolicyKind | None) -> tuple[Rejection, ...]:
    """Return each reason with its place; with ``kind`` None only what no kind of policy may hold."""
    found = list(_of_document(statements, kind))
    for statement in statements:
        found.extend(_of_actions(statement))
        found.extend(_of_resources(statement, kind))
        found.extend(_of_principals(statement, kind))
        found.extend(_of_conditions(statement))
    return tuple(found)


def _of_document(statements: tuple[Statement, ...], kind: PolicyKind | None) -> Iterator[Rejection]:
    if not statements:
        yield Rejection(Fault.STATEMENT_MISSING, "", "the policy has no statement")
    seen: set[str] = set()
    for statement in statements:
        if statement.sid is None:
            continue
        if statement.sid in seen:
            yield Rejection(Fault.SID_DUPLICATE, statement.path, f"the Sid {statement.sid!r} is used twice")
        seen.add(statement.sid)
        in_iam = kind is not None and kind is not PolicyKind.RESOURCE
        if in_iam and not _SID_IN_IAM.match(statement.sid):
            yield Rejection(Fault.SID_FORM, statement.path, "a Sid may hold letters and digits only")


def _of_actions(statement: Statement) -> Iterator[Rejection]:
    for pattern in statement.actions.patterns:
        if not _ACTION.match(pattern):
            why = f"{pattern[:80]!r} is no action; it must be written service:Action"
            yield Rejection(Fault.ACTION_FORM, statement.path, why, pattern)


def _of_resources(statement: Statement, kind: PolicyKind | None) -> Iterator[Rejection]:
    path = statement.path
    if statement.resources is None:
        if kind is not None and kind not in _WITHOUT_RESOURCE and kind is not PolicyKind.RESOURCE:
            yield Rejection(Fault.RESOURCE_MISSING, path, f"a statement of a {kind} needs Resource or NotResource")
        return
    if kind in _WITHOUT_RESOURCE:
        yield Rejection(Fault.RESOURCE_UNWANTED, path, f"a {kind} has no Resource; it is about its own role")
    for pattern in statement.resources.patterns:
        why = _why_no_resource(pattern, kind)
        if why:
            yield Rejection(Fault.RESOURCE_FORM, path, f"the resource {pattern[:120]!r} {why}", pattern)


def _why_no_resource(pattern: str, kind: PolicyKind | None) -> str | None:
    if matches_everything(pattern):
        return None
    segments = cut_at_colons(read_pieces(pattern, variables=True, wildcards=True), 6)
    if segments[0] != ("arn",):
        return 'must be an ARN or "*"'
    if len(segments) < 6 and kind in _WITHOUT_SHORT_ARNS:
        return "has fewer than six fields"
    if any(has_variables(segment) for segment in segments[:5]):
        return "has a variable before its fifth colon"
    return None


def _of_principals(statement: Statement, kind: PolicyKind | None) -> Iterator[Rejection]:
    path = statement.path
    if statement.principals is None:
        if kind in _WITH_PRINCIPAL:
            yield Rejection(Fault.PRINCIPAL_MISSING, path, f"a statement of a {kind} needs a Principal")
        return
    if kind is not None and kind not in _WITH_PRINCIPAL:
        why = f"a {kind} has no Principal; it speaks of whom it is attached to"
        yield Rejection(Fault.PRINCIPAL_UNWANTED, path, why)
        return
    for sort, name in statement.principals.entries:
        refused = _why_no_principal(sort, name)
        if refused:
            yield Rejection(Fault.PRINCIPAL_FORM, path, refused, name)


def _why_no_principal(sort: str, name: str) -> str | None:
    shown = name[:120]
    if sort == "AWS" and name != "*":
        if "*" in name or "?" in name:
            return f"the principal {shown!r} holds a wildcard; only a lone * is one"
        if Arn.parse(name) is None and not is_account_id(name):
            gone = " (the id of a deleted role or user)" if is_unique_id(name) else ""
            return f"the principal {shown!r} is neither an ARN nor an account id{gone}"
    elif sort == "Service" and name == "*":
        return "a service principal cannot be a wildcard"
    elif sort == "Federated" and view_principal(name).kind is not PrincipalKind.WEB_IDENTITY:
        return f"the federated principal {shown!r} is no provider ARN"
    return None


def _of_conditions(statement: Statement) -> Iterator[Rejection]:
    for condition in statement.conditions:
        base = condition.base
        if base is None:
            for value in condition.values:
                if read_boolean(value) is None:
                    yield Rejection(Fault.CONDITION_VALUE, condition.path, "Null takes true or false", value)
                    break
            continue
        if base.check is None:
            continue
        for value in condition.values:
            if "${" not in value and base.check(value) is None:
                yield Rejection(Fault.CONDITION_VALUE, condition.path, f"{value[:80]!r} is no {base.kind}", value)
