"""Find what AWS would refuse in a document that still has a meaning.

Source: IAM User Guide (grammar, Principal, Resource, "IAM Access Analyzer policy check reference", errors only).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum

from diagnosis.names.arn import Arn, is_account_id
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


def rejections_of(statements: tuple[Statement, ...], kind: PolicyKind | None) -> tuple[str, ...]:
    """Return each reason as a sentence with the place; with ``kind`` None only what no kind of policy may hold."""
    found = list(_of_document(statements, kind))
    for statement in statements:
        found.extend(_of_actions(statement))
        found.extend(_of_resources(statement, kind))
        found.extend(_of_principals(statement, kind))
        found.extend(_of_conditions(statement))
    return tuple(found)


def _of_document(statements: tuple[Statement, ...], kind: PolicyKind | None) -> Iterator[str]:
    if not statements:
        yield "the policy has no statement"
    seen: set[str] = set()
    for statement in statements:
        if statement.sid is None:
            continue
        if statement.sid in seen:
            yield f"{statement.path}: the Sid {statement.sid!r} is used twice"
        seen.add(statement.sid)
        in_iam = kind is not None and kind is not PolicyKind.RESOURCE
        if in_iam and not _SID_IN_IAM.match(statement.sid):
            yield f"{statement.path}: a Sid may hold letters and digits only"


def _of_actions(statement: Statement) -> Iterator[str]:
    for pattern in statement.actions.patterns:
        if not _ACTION.match(pattern):
            yield f"{statement.path}: {pattern[:80]!r} is no action; it must be written service:Action"


def _of_resources(statement: Statement, kind: PolicyKind | None) -> Iterator[str]:
    if statement.resources is None:
        if kind is not None and kind not in _WITHOUT_RESOURCE and kind is not PolicyKind.RESOURCE:
            yield f"{statement.path}: a statement of a {kind} needs Resource or NotResource"
        return
    if kind in _WITHOUT_RESOURCE:
        yield f"{statement.path}: a {kind} has no Resource; it is about its own role"
    for pattern in statement.resources.patterns:
        if matches_everything(pattern):
            continue
        segments = cut_at_colons(read_pieces(pattern, variables=True, wildcards=True), 6)
        if segments[0] != ("arn",):
            yield f'{statement.path}: the resource {pattern[:120]!r} must be an ARN or "*"'
        elif len(segments) < 6 and kind in _WITHOUT_SHORT_ARNS:
            yield f"{statement.path}: the resource {pattern[:120]!r} has fewer than six fields"
        elif any(has_variables(segment) for segment in segments[:5]):
            yield f"{statement.path}: the resource {pattern[:120]!r} has a variable before its fifth colon"


def _of_principals(statement: Statement, kind: PolicyKind | None) -> Iterator[str]:
    if statement.principals is None:
        if kind in _WITH_PRINCIPAL:
            yield f"{statement.path}: a statement of a {kind} needs a Principal"
        return
    if kind is not None and kind not in _WITH_PRINCIPAL:
        yield f"{statement.path}: a {kind} has no Principal; it speaks of whom it is attached to"
        return
    yield from _of_names(statement.path, statement.principals.entries)


def _of_names(path: str, entries: Iterable[tuple[str, str]]) -> Iterator[str]:
    for kind, name in entries:
        shown = name[:120]
        if kind == "AWS" and name != "*":
            if "*" in name or "?" in name:
                yield f"{path}: the principal {shown!r} holds a wildcard; only a lone * is one"
            elif Arn.parse(name) is None and not is_account_id(name):
                gone = " (the id of a deleted role or user)" if is_unique_id(name) else ""
                yield f"{path}: the principal {shown!r} is neither an ARN nor an account id{gone}"
        elif kind == "Service" and name == "*":
            yield f"{path}: a service principal cannot be a wildcard"
        elif kind == "Federated" and view_principal(name).kind is not PrincipalKind.WEB_IDENTITY:
            yield f"{path}: the federated principal {shown!r} is no provider ARN"


def _of_conditions(statement: Statement) -> Iterator[str]:
    for condition in statement.conditions:
        base = condition.base
        if base is None:
            if any(read_boolean(value) is None for value in condition.values):
                yield f"{condition.path}: Null takes true or false"
            continue
        if base.check is None:
            continue
        for value in condition.values:
            if "${" not in value and base.check(value) is None:
                yield f"{condition.path}: {value[:80]!r} is no {base.kind}"
