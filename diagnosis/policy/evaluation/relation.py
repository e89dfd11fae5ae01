"""Decide whether caller and resource are of one account, and whose policy must allow."""

from __future__ import annotations

from diagnosis.names.arn import Arn
from diagnosis.policy.principal_view import PrincipalKind
from diagnosis.policy.request import Request


def same_account(request: Request) -> bool:
    """Return whether caller and resource are of one account; an unknown owner counts as another account."""
    return bool(request.caller.account) and request.caller.account == request.owner_account


def foreign_provider(request: Request) -> bool:
    """Return whether the caller is an OIDC or SAML provider of an account other than the role's."""
    caller = request.caller
    return caller.kind is PrincipalKind.WEB_IDENTITY and bool(caller.account) and not same_account(request)


def own_policy_must_allow(request: Request) -> bool:
    """Return whether the resource is of a kind whose own policy must always allow: a role to assume, a KMS key."""
    service = request.folded_action.partition(":")[0]
    if service not in ("sts", "kms"):
        return False
    arn = Arn.parse(request.resource)
    if arn is None:
        return False
    return arn.is_role or (arn.service == "kms" and arn.resource_type == "key")


def is_trust_question(request: Request) -> bool:
    """Return whether the request asks to assume a role, so that the resource's policy is a trust policy."""
    return request.folded_action.startswith("sts:") and own_policy_must_allow(request)
