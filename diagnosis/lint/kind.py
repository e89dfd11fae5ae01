"""Recognise by its elements what a policy document is attached to."""

from __future__ import annotations

from collections.abc import Mapping

from diagnosis.policy import PolicyKind
from diagnosis.policy.language.matching import action_matcher
from diagnosis.policy.language.tree import WEB_IDENTITY_ACTION

_ASSUMING = "sts:assumerole"
_BY_TOKEN = WEB_IDENTITY_ACTION.lower()


def kind_of(tree: Mapping[str, object]) -> PolicyKind:
    """Return the kind: a trust policy, a policy attached to another resource, or an identity-based one.

    A statement with a Principal belongs to a resource; it is a role's trust policy where it is about assuming a role. A
    statement about assuming a role by a token that lacks both Principal and Resource is meant for a trust policy too.
    """
    listed = tree.get("Statement")
    statements = [item for item in (listed if isinstance(listed, list) else [listed]) if isinstance(item, Mapping)]
    assuming = [item for item in statements if _assumes(item)]
    with_principal = [item for item in statements if "Principal" in item or "NotPrincipal" in item]
    if with_principal:
        return PolicyKind.TRUST if assuming else PolicyKind.RESOURCE
    bare = statements and all("Resource" not in item and "NotResource" not in item for item in statements)
    return PolicyKind.TRUST if bare and assuming else PolicyKind.IDENTITY


def _assumes(statement: Mapping[str, object]) -> bool:
    listed = statement.get("Action", statement.get("NotAction"))
    actions = listed if isinstance(listed, list) else [listed]
    written = [action.strip().lower() for action in actions if isinstance(action, str)]
    if any(action.startswith(_ASSUMING) for action in written):
        return True
    # `sts:*` of a statement without a Resource can only be a role's; a bare star may be a repository's, unless it is for tokens.
    if "Resource" in statement or "NotResource" in statement or "Action" not in statement:
        return False
    principal = statement.get("Principal")
    of_tokens = isinstance(principal, Mapping) and "Federated" in principal
    return action_matcher(action for action in written if of_tokens or action.startswith("sts:"))(_BY_TOKEN)
