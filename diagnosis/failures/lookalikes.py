"""Rules for failures that look like one at a gate and are none: other registries, clouds and services, the network."""

from __future__ import annotations

import re

from diagnosis.causes import Cause
from diagnosis.failures.registry_address import named_last, registry_of
from diagnosis.failures.registry_login import LOGIN_CANDIDATES
from diagnosis.failures.rule import LogContext, Registry, Rule, Seen, Weight, holding, other, says

NO_ANSWER = re.compile(
    r"dial tcp|no such host|i/o timeout|connection (?:reset|refused|issue)|context deadline exceeded|TLS handshake"
    r"|request canceled|request send failed|send request failed|exceeded maximum number of attempts"
)
"""The narrower one: words that stand for nothing else, wherever in a line."""

_NET = other(Cause.NETWORK, weight=Weight.DOUBTFUL)
_OTHER_REGISTRY = other(Cause.OTHER_REGISTRY)
_OTHER_CLOUD = other(Cause.OTHER_CLOUD)
_OTHER_SERVICE = other(Cause.OTHER_SERVICE)
_HELPER = other(Cause.CREDENTIAL_HELPER, Cause.CREDENTIAL_HELPER, Cause.NOT_LOGGED_IN)


def _unauthorized(text: str, context: LogContext) -> Seen | None:
    """Judge ``unauthorized: …`` of the registry protocol: ECR words it otherwise; no login was sent, or not to ECR."""
    kind = registry_of(text) or context.registry
    if kind is not Registry.OTHER and "ot Authorized" in text:
        return None  # ECR's own words: the rules of its login know them
    if "authentication required" in text and registry_of(text) is Registry.ECR:
        return other(Cause.NOT_LOGGED_IN, *LOGIN_CANDIDATES, weight=Weight.CONSEQUENCE)
    if "authentication required" in text and kind is not Registry.OTHER:
        return other(
            Cause.NOT_LOGGED_IN,
            Cause.NOT_LOGGED_IN,
            Cause.REGISTRY_MISMATCH,
            Cause.OTHER_REGISTRY,
            weight=Weight.CONSEQUENCE,
        )
    return _OTHER_REGISTRY


def _permission_denied_gcp(text: str, _scene: LogContext) -> Seen | None:
    return _OTHER_CLOUD if "Permission '" in text or 'Permission "' in text or "PERMISSION_DENIED" in text else None


def _token_expired(text: str, _scene: LogContext) -> Seen | None:
    return other(Cause.TOKEN_EXPIRED) if "uthorization token has expired" in text.replace("Token", "token") else None


_REFUSES = re.compile(
    r"requested access to the resource is denied|permission_denied\b|denied: installation not allowed|denied: denied"
    r"|access forbidden|retrieving permissions failed|unauthorized to access repository|insufficient_scope"
)
"""Sentences of Docker Hub, GHCR, GitLab, Harbor and Quay; ECR has none of them."""
CLIENTS_OWN = "requested access to the resource is denied"
"""Clients say it too, for a 403 that came without a body."""


def _refuses(text: str, _scene: LogContext) -> Seen | None:
    found = _REFUSES.search(text)
    if not found or (found[0] == CLIENTS_OWN and named_last(text[: found.start()]) is Registry.ECR):
        return None
    return _OTHER_REGISTRY


RULES: tuple[Rule, ...] = (
    # The registry's login ran out in a long job: no policy is at fault.
    Rule(("token has expired", "Token has expired"), _token_expired),
    holding(
        _OTHER_CLOUD,
        "AADSTS",
        "google-github-actions/auth failed",
        "IAM_PERMISSION_DENIED",
        "AuthorizationFailed",
        "Token exchange failed for project",
        "Unauthenticated request",
        "Login failed with Error: Using auth-type",
        "AccessDeniedException: 403 ",  # gsutil's; the API's name is Google's own
    ),
    Rule(("Permission '", 'Permission "', "PERMISSION_DENIED"), _permission_denied_gcp),
    Rule(("enied", "uthorized to access", "orbidden", "permissions failed", "uthorization failed"), _refuses),
    holding(other(Cause.RATE_LIMIT), "toomanyrequests", "TOOMANYREQUESTS"),
    holding(other(Cause.RATE_LIMIT, weight=Weight.PASSING), "ThrottlingException", "Rate exceeded"),
    Rule(("unauthorized: ", "UNAUTHORIZED: ", ": authentication required"), _unauthorized),
    holding(
        _OTHER_SERVICE,
        "Resource not accessible by integration",
        "denied to github-actions[bot]",
        "Missing Authentication Token",
        "failed to retrieve vault token",
        "invalid-publisher",
        "ENEEDAUTH",
        "unauthorized_client",
        "could not read Username for",
        "Permission denied (publickey",
        "fatal: Authentication failed for",
    ),
    holding(_HELPER, "error getting credentials - err", "error storing credentials - err", "redentials store error"),
    holding(other(Cause.DOCKER_DAEMON), "Cannot connect to the Docker daemon", "connect to the Docker daemon socket"),
    holding(other(Cause.STATE_LOCKED, weight=Weight.DOUBTFUL), "Error acquiring the state lock"),
    Rule(("HTTP 403: ", "orbidden"), says(r"api\.github\.com|\bnpm (?:ERR!|error)|^HTTP 403: ", _OTHER_SERVICE)),
)

NETWORK_RULES: tuple[Rule, ...] = (
    holding(
        _NET,
        "ETIMEDOUT",
        "ECONNRESET",
        "ECONNREFUSED",
        "ENOTFOUND",
        "EAI_AGAIN",
        "i/o timeout",
        "no such host",
        "connection reset by peer",
        "connection refused",
        "TLS handshake timeout",
        "Could not connect to the endpoint URL",
        "Connect timeout on endpoint URL",
        "Client.Timeout exceeded",
        "context deadline exceeded",
        "net/http: request canceled",
        "send request failed",
        "request send failed",
        "exceeded maximum number of attempts",
        "There is a connection issue",
        "Inaccessible host",
        "Connection refused",
        "Connection reset",
        "connection timed out",
        "Connection timed out",
        "UnknownHostException",
        "Temporary failure in name resolution",
        "Name or service not known",
        "Could not resolve host",
        "use of closed network connection",
        "write: broken pipe",
    ),
)
"""Asked after the rules of the gates."""

BARE_RULES: tuple[Rule, ...] = (
    holding(other(Cause.OTHER_SERVICE, weight=Weight.DOUBTFUL), "AccessDenied", "Access Denied"),
    holding(other(None, Cause.OTHER_REGISTRY, weight=Weight.OUTCOME), "denied: "),
)
"""Words of a refusal that anybody may say: asked when no client of AWS said them."""
