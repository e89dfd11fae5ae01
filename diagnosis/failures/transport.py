"""Tell by a client's words that no service answered it: a proxy, a certificate, a missing endpoint, a lost connection."""

from __future__ import annotations

import re

from diagnosis.causes import Cause
from diagnosis.failures.rule import LogContext, Rule, Seen, Weight, lighter, other

NETWORK = re.compile(
    r"\b(?:ETIMEDOUT|ECONNRESET|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EPIPE|EHOSTUNREACH|ENETUNREACH|ESOCKETTIMEDOUT)\b"
    r"|getaddrinfo|socket hang up|[Tt]imed? ?out|TimeoutError|i/o timeout|[Cc]onnection (?:was )?(?:reset|refused)|no such host"
    r"|TLS handshake|fetch failed|Connect(?:ion)?Exception|UnknownHostException|[Nn]ame or service not known"
    r"|[Cc]ould not connect|[Cc]onnection (?:timed|closed|aborted)|Bad Gateway|Service Unavailable|Gateway Time"
    r"|[Tt]emporary failure in name resolution|[Nn]etwork is unreachable|[Nn]o route to host|Remote host terminated"
    r"|Client network socket|network|[Tt]hrottl|Rate exceeded"
    r"|Too Many Requests|InternalFailure|ServiceUnavailable|Unexpected token .{1,3} in JSON|Proxy|temporarily"
)
"""What a client says when no answer came, or none that decides anything."""

_PROXY = re.compile(
    r"(?:response|status)(?: code)?(?: \w+)? for CONNECT:? ?\d{3}|\bCONNECT:? ?(?:4|5)\d\d\b"
    r"|CONNECT (?:aborted|tunnel failed), response \d{3}"
    r"|[Tt]unnel connection failed|tunneling socket could not be established|after CONNECT\b|Proxy Authentication Required"
    r"|Unable to tunnel through proxy|proxyconnect tcp|Proxy (?:CONNECT|response).{0,40}\b[45]\d\d\b|ProxyError"
    r"|[Cc]onnect to proxy\b"
)
_CERTIFICATE = re.compile(
    r"unable to get (?:local )?issuer certificate|self[- ]signed certificate|unable to verify the first certificate"
    r"|x509: |CERTIFICATE_VERIFY_FAILED|certificate verify failed|PKIX path building failed|SSL validation failed"
    r"|certificate (?:has expired|is not trusted|signed by unknown)|SELF_SIGNED_CERT|UNABLE_TO_(?:GET_ISSUER|VERIFY_LEAF)"
    r"|remote certificate (?:is|was) (?:invalid|rejected)|SSL certificate problem|invalid peer certificate"
)
_NO_ENDPOINT = re.compile(
    r"Could not resolve endpoint|[Ii]nvalid region(?: name)?:"
    r"|(?<![\w-])api\.ecr-public\.(?!us-east-1\b)[\w-]+\.amazonaws\.com|Provided region_name .{1,60} doesn't match"
    r"|endpoint for .{1,40} is not available in"
)
_UNREACHED = re.compile(r"service may not be available in the|UnknownEndpoint")
"""The JavaScript client says so of any host that it cannot reach, be the region the wrong one or a proxy in between."""
_ANY_TROUBLE = re.compile(r"[Ee]ndpoint|dial tcp|no such host|ENOTFOUND|connect|region", re.IGNORECASE)


def _named(text: str) -> Seen | None:
    """Return the judgement of what lasts: a rerun meets it again."""
    if _PROXY.search(text):
        return other(Cause.PROXY_REFUSED)
    if _CERTIFICATE.search(text):
        return other(Cause.CERTIFICATE_UNTRUSTED)
    if _NO_ENDPOINT.search(text) and _ANY_TROUBLE.search(text):
        return other(Cause.ENDPOINT_ABSENT)
    if _UNREACHED.search(text):
        return other(None, Cause.NETWORK, Cause.ENDPOINT_ABSENT)
    return None


def unanswered(text: str) -> Seen | None:
    """Return the judgement of words behind *Could not assume role*, if they are those of a client that got no answer.

    The words before them name the step and not the cause: no policy was asked.
    """
    lasting = _named(text)
    if lasting is not None:
        return lasting
    return other(Cause.TRANSIENT, weight=Weight.PASSING) if NETWORK.search(text) else None


def _lasting(text: str, _scene: LogContext) -> Seen | None:
    lasting = _named(text)
    return lighter(lasting, Weight.DOUBTFUL) if lasting is not None else None


RULES: tuple[Rule, ...] = (
    Rule(
        (
            "CONNECT",
            "unnel connection failed",
            "tunneling socket",
            "Proxy Authentication Required",
            "tunnel through proxy",
            "proxyconnect",
            "ProxyError",
            "Proxy response",
            "onnect to proxy",
            "issuer certificate",
            "igned certificate",
            "first certificate",
            "x509: ",
            "CERTIFICATE_VERIFY_FAILED",
            "certificate verify failed",
            "PKIX path",
            "SSL validation failed",
            "SSL certificate problem",
            "invalid peer certificate",
            "remote certificate",
            "certificate has expired",
            "certificate is not trusted",
            "certificate signed by unknown",
            "SELF_SIGNED_CERT",
            "UNABLE_TO_GET_ISSUER",
            "UNABLE_TO_VERIFY_LEAF",
            "may not be available in the",
            "UnknownEndpoint",
            "resolve endpoint",
            "nvalid region",
            "Provided region_name",
            " is not available in",
            "api.ecr-public.",
        ),
        _lasting,
    ),
)
