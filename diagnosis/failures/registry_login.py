"""Rules for the login at ECR: the client has none for the address, or the registry refuses the one it was given."""

from __future__ import annotations

import re

from diagnosis.causes import Cause
from diagnosis.failures.registry_address import registry_of
from diagnosis.failures.rule import LogContext, Registry, Rule, Seen, Weight, authz, holding, other
from diagnosis.gates import Checkpoint
from diagnosis.names.ecr_address import hosts_quoted_in

_AUTH = Checkpoint.REGISTRY_AUTH
_LOGIN = re.compile(r"login attempt to|/v2/?[\s\"':]|logging into|[Ll]ogin failed|Could not login|error logging in")
_CLIENT = re.compile(r"denied: Not Auth|\b401\b|/v2/|[Uu]nauthorized: |^unauthorized")
"""What a client of a registry says around these words; an application says them too."""
_REFUSED = re.compile(r"\b(40[013])\b")
LOGIN_CANDIDATES = (Cause.NOT_LOGGED_IN, Cause.REGISTRY_MISMATCH, Cause.TOKEN_EXPIRED)
"""What a 401 of ECR may mean: no login was sent, another registry's, or an old one. No policy answers with it."""


def _no_basic_auth(text: str, context: LogContext) -> Seen:
    """Say why the client sent no credentials: it holds no login for this very host."""
    if (registry_of(text) or context.registry) is Registry.OTHER:
        return other(Cause.OTHER_REGISTRY, weight=Weight.CONSEQUENCE)
    pushed = {host for host in hosts_quoted_in(text) if "*" not in host}
    logged_in = {host for host in context.login_hosts if "*" not in host}
    if pushed and logged_in and not pushed & logged_in:
        return authz(_AUTH, Cause.REGISTRY_MISMATCH)
    return other(Cause.NOT_LOGGED_IN, Cause.NOT_LOGGED_IN, Cause.REGISTRY_MISMATCH, weight=Weight.CONSEQUENCE)


def _login_attempt(text: str, context: LogContext) -> Seen | None:
    status = _REFUSED.search(text)
    if not status or not _LOGIN.search(text):
        return None
    kind = registry_of(text) or context.registry
    if kind is Registry.OTHER:
        return other(Cause.OTHER_REGISTRY)
    if kind is None:
        return other(None, Cause.OTHER_REGISTRY, Cause.REGISTRY_MISMATCH)
    return authz(
        _AUTH, None, Cause.REGISTRY_MISMATCH, Cause.NOT_LOGGED_IN, Cause.TOKEN_EXPIRED, Cause.STATIC_CREDENTIALS
    )


def _not_authorized(text: str, context: LogContext) -> Seen | None:
    """Judge ``Not Authorized`` without a principal: the registry does not know the caller."""
    if not (text.rstrip(". ").endswith("ot Authorized") or "denied: Not Authorized" in text):
        return None
    kind = registry_of(text)
    if kind is None and _CLIENT.search(text):
        kind = context.registry
    if kind in (Registry.ECR, Registry.ECR_PUBLIC):
        return authz(_AUTH, None, *LOGIN_CANDIDATES)
    return other(None, Cause.OTHER_REGISTRY, Cause.REGISTRY_MISMATCH)


RULES: tuple[Rule, ...] = (
    Rule(
        (
            "no basic auth credentials",
            "redential required for basic auth",
            "no auth config found for registry",
            "Please login prior to pu",
            "basic credential not found",
            "basic auth credential not found",
        ),
        _no_basic_auth,
    ),
    Rule(("nauthorized", "Bad Request", "orbidden"), _login_attempt),
    Rule(("ot Authorized",), _not_authorized),
    holding(
        other(Cause.NOT_LOGGED_IN, Cause.GET_AUTHORIZATION_TOKEN, Cause.NOT_LOGGED_IN, weight=Weight.CONSEQUENCE),
        "annot perform an interactive login from a non TTY device",
    ),
)
