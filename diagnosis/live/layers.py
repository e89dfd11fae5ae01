"""Take each policy layer as open or as shut where it could not be read, so that both answers can be compared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

from diagnosis.live.pattern_needs import over
from diagnosis.live.session_keys import SessionKeys
from diagnosis.names.arn import Arn
from diagnosis.policy import Policy, PolicyDocument, Unparsable, own_policy, write_document
from diagnosis.policy.language.condition_bounds import bounded

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


def opened(layers: Side, layer: str, principal: str, *, across_accounts: bool, account: str = "") -> Side:
    """Return the layers with one of them opened.

    ``account`` is the role's, where the resource is of a kind whose own policy always has to allow, a KMS key: then it is
    opened by leaving the decision to the account's policies.
    """
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
        # it; one that names the account overrules nothing, and a key asks for one in any case. Across accounts the resource's
        # own Allow is needed and overrules nothing.
        named = Arn.parse(principal)
        account = named.account if named and named.has_account and not across_accounts else principal
        return replace(layers, resource=whole("Allow", principal=account))
    return replace(layers, identity=(whole("Allow"),))


def side_of(
    document: PolicyDocument, side: str, keys: SessionKeys, patterns: tuple[str, ...] = ()
) -> tuple[Policy | Unparsable, tuple[str, ...]]:
    """Return the document's policy on one side of the bracket, and the condition keys whose values are not known.

    ``patterns`` stand for the resource where it is not exact (see :mod:`diagnosis.live.pattern_needs`).
    """
    policy = document.policy
    if isinstance(policy, Unparsable):
        return policy, ()
    taken, unsure = bounded(policy, keys.known(policy), side, keys.states)
    return over(taken, patterns, side), unsure


_WHOLE_STATEMENTS = {effect: {"Effect": effect, "Action": "*", "Resource": "*"} for effect in ("Allow", "Deny")}
_WHOLE = {effect: own_policy(statement) for effect, statement in _WHOLE_STATEMENTS.items()}


def whole(effect: str, principal: str | None = None) -> Policy:
    """Return a policy that allows or denies everything: to whom it is attached, or to a principal."""
    if principal is None:
        return _WHOLE[effect]
    return own_policy({"Effect": effect, "Action": "*", "Principal": {"AWS": principal}})


def whole_document(effect: str) -> PolicyDocument:
    """Return a document that allows or denies everything to whom it is attached."""
    return write_document({"Version": "2012-10-17", "Statement": [{**_WHOLE_STATEMENTS[effect]}]})
