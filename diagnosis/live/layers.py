"""The policy layers of one side of the bracket: parsed, opened, or a whole layer that allows or denies everything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from diagnosis.policy import Policy, Unparsable, parse_policy
from diagnosis.policy.condition_bounds import bounded

Levels: TypeAlias = tuple[tuple[str, tuple[Policy, ...]], ...]


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the bracket, per layer, each parsed."""

    identity: tuple[Policy, ...]
    resource: Policy | None
    boundary: tuple[Policy, ...] | None
    session: Policy | None
    scps: Levels | None
    rcps: Levels | None


def opened(layers: Side, layer: str, principal: str, *, across_accounts: bool) -> Side:
    if layer == "scp":
        return replace(layers, scps=None)
    if layer == "rcp":
        return replace(layers, rcps=None)
    if layer == "boundary":
        return replace(layers, boundary=None)
    if layer == "session":
        return replace(layers, session=None)
    if layer == "resource":
        # Within one account an Allow that names the session would overrule an implicit denial of the boundary, and hide
        # it; across accounts the resource's own Allow is needed and overrules nothing.
        return replace(layers, resource=whole("Allow", principal=principal) if across_accounts else None)
    return replace(layers, identity=(whole("Allow"),))


def parse_side(document: str, side: str, known: frozenset[str]) -> tuple[Policy | Unparsable, tuple[str, ...]]:
    parsed = parse_policy(document)
    if isinstance(parsed, Unparsable):
        return parsed, ()
    try:
        loaded = json.loads(document)
    except ValueError:
        return parsed, ()
    if not isinstance(loaded, Mapping):
        return parsed, ()
    changed, unsure = bounded(loaded, known, side)
    return (parse_policy(changed), unsure) if unsure else (parsed, ())


def whole(effect: str, principal: str | None = None) -> Policy:
    statement: dict[str, object] = {"Effect": effect, "Action": "*"}
    if principal is None:
        statement["Resource"] = "*"
    else:
        statement["Principal"] = {"AWS": principal}
    parsed = parse_policy({"Version": "2012-10-17", "Statement": [statement]})
    if isinstance(parsed, Unparsable):
        raise AssertionError(parsed.why)  # noqa: TRY004 - our own document is always a policy
    return parsed


def session_arn(role_arn: str, session_name: str) -> str:
    """The ARN of the role's session: ``arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`` (a role's path is not part)."""
    partition, account = (role_arn.split(":") + [""] * 6)[1], account_of(role_arn)
    name = role_arn.rpartition("/")[2]
    return f"arn:{partition or 'aws'}:sts::{account}:assumed-role/{name}/{session_name or 'GitHubActions'}"


def account_of(arn: str) -> str:
    parts = arn.split(":")
    return parts[4] if len(parts) > 5 else ""
