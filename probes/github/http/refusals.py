"""Turn GitHub's refusals (status, headers, message) into typed failures, each with its way out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from diagnosis.logs.scrub import scrub
from probes.github.http.credentials import GitHubAccess, TokenKind
from probes.github.http.endpoints import CLASSIC_SCOPE, QUERY
from probes.github.http.errors import (
    BadCredentials,
    Expired,
    Forbidden,
    NotFound,
    NotRecorded,
    RateLimited,
    ReadFailure,
    Rejected,
    ServerFault,
    SsoRequired,
    TooLarge,
)

QUERIES_USED_UP = ("GitHub's rate limit for questions in GraphQL is reached", "try again in an hour")
"""Why, and the way out; this limit is counted apart from all other requests."""

_LONGEST = 1000
_AGAIN_SOON = "try again in a few minutes; https://www.githubstatus.com tells of outages"


def refusal(
    status: int, headers: Mapping[str, str], text: str, *, access: GitHubAccess, permission: str
) -> ReadFailure:
    """Return the failure that an answer of status 400 and above stands for.

    ``headers`` in lower case; ``permission`` is what the call needs. Rate limits never come as far as this.
    """
    if access.is_loopback and (again := _recorded(text)) is not None:
        return again
    token = f"the token from {access.token_source}" if access.token_source else "the token"
    if status == 401:
        if not access.token:
            return BadCredentials(f"{access.host} wants a token", "give a token for this host", permission)
        return BadCredentials(
            f"{access.host} does not accept {token}: it is wrong, expired or revoked",
            "make a new token, or run `gh auth login`",
        )
    if status == 403:
        return _forbidden(headers, _message(text), token, permission, access.token_kind)
    if status == 404:
        how = f"check the name; a private repository needs a token with `{permission}`"
        if access.token_kind is TokenKind.APP:
            how += ", and the app installed on it"
        return NotFound("it does not exist, or the token may not see it", how, permission)
    if status == 410:
        return Expired(
            "GitHub has deleted it: logs and artifacts are kept for 90 days by default",
            "use a recording or a saved copy; conclusions of steps and annotations stay longer",
        )
    if status >= 500:
        return ServerFault(f"GitHub answered with the server error {status}", _AGAIN_SOON)
    said = _message(text)
    return Rejected(
        f"GitHub rejected the question with status {status}" + (f" ({said})" if said else ""),
        "check what was asked for",
    )


def query_refusal(errors: object, *, token: str) -> ReadFailure:
    """Return the failure that the ``errors`` of an answer in GraphQL stand for; GitHub gives it with status 200.

    ``token`` is where the token comes from, for the sentence.
    """
    listed = [entry for entry in errors if isinstance(entry, dict)] if isinstance(errors, list) else []
    kinds = {str(entry.get("type")) for entry in listed}
    said = _plain(next((entry.get("message") for entry in listed), None))
    permission = QUERY.permission
    if kinds & {"RATE_LIMITED", "RATE_LIMIT"}:
        return RateLimited(*QUERIES_USED_UP, None, anonymous=False)
    if "NOT_FOUND" in kinds:
        how = f"check the name; a private repository needs a token with `{permission}`"
        return NotFound("it does not exist, or the token may not see it", how, permission)
    if kinds & {"FORBIDDEN", "INSUFFICIENT_SCOPES"}:
        words = f" ({said})" if said else ""
        return Forbidden(
            f"{token} lacks the permission `{permission}`{words}", f"give the token `{permission}`", permission
        )
    return Rejected("GitHub did not answer the question" + (f" ({said})" if said else ""), "try again")


def accepted_permission(headers: Mapping[str, str], documented: str) -> str:
    """Return the permission that would have been enough: as GitHub says it in this answer, else as it documents it."""
    # "actions=read; actions=write,contents=read": sets that are each enough; the first is the smallest.
    sets = headers.get("x-accepted-github-permissions", "").split(";")
    found = re.findall(r"([a-z_]{1,40})=(read|write|admin)\b", sets[0])
    # GitHub writes pull_requests here and pull-requests everywhere else.
    return ", ".join(f"{name.replace('_', '-')}: {level}" for name, level in found) or documented


def _forbidden(headers: Mapping[str, str], message: str, token: str, documented: str, kind: TokenKind) -> ReadFailure:
    if headers.get("x-github-sso", "").startswith("required"):
        # The header's address authorises on sight and is not shown.
        return SsoRequired(
            f"the organization asks for single sign-on and {token} is not authorised for it",
            "authorise the token for the organization (Settings, Developer settings, tokens, Configure SSO)",
        )
    permission = accepted_permission(headers, documented)
    if "admin rights" in message.lower():
        return Forbidden(
            f"{token} may not read it: GitHub shows logs to those with access to the repository only",
            f"use a token of somebody with access to the repository, with `{permission}`",
            permission,
        )
    if "ip allow list" in message.lower():
        return Forbidden(
            "the organization admits listed network addresses only, and this one is not listed",
            "ask from an admitted network",
        )
    if "returns blobs up to" in message.lower():
        # The contents API's word for a file of more than 100 MB, which no permission helps.
        return TooLarge("GitHub does not give files of this size", "read the file in the repository")
    said = f" ({message})" if message else ""
    return Forbidden(
        f"{token} lacks the permission `{permission}`{said}", _way_to(permission, kind, headers), permission
    )


def _way_to(permission: str, kind: TokenKind, headers: Mapping[str, str]) -> str:
    """Say how this sort of token comes by a permission."""
    match kind:
        case TokenKind.CLASSIC if _lacks_scope(headers):
            return f"give the token the scope `{CLASSIC_SCOPE}`, which stands for `{permission}`"
        case TokenKind.FINE_GRAINED if permission.startswith("checks:"):
            return (
                "GitHub gives this permission to no fine-grained token: use an app's token, the workflow's own, or a"
                f" classic one with the scope `{CLASSIC_SCOPE}`"
            )
        case TokenKind.APP:
            return (
                f"in a workflow add `{permission}` to its `permissions:`; for an app of yours add it to the app's"
                " repository permissions and accept it in the installation"
            )
        case _:
            return f"give the token `{permission}`"


def _lacks_scope(headers: Mapping[str, str]) -> bool:
    """Return whether GitHub lists the token's scopes and the needed one is not among them."""
    listed = headers.get("x-oauth-scopes")
    return listed is not None and CLASSIC_SCOPE not in {scope.strip() for scope in listed.split(",")}


def _recorded(text: str) -> ReadFailure | None:
    """Return a failure that a replayed recording tells in the words of the time at which it was recorded; else None."""
    value = _body(text)
    words = value.get("planescope")
    if not isinstance(words, dict):
        return None
    why, how, permission = value.get("message"), words.get("how"), words.get("permission")
    if not isinstance(why, str) or not isinstance(how, str):
        return None
    if words.get("held") is False:
        return NotRecorded(scrub(why)[:_LONGEST], scrub(how)[:_LONGEST])
    return ReadFailure(
        scrub(why)[:_LONGEST], scrub(how)[:_LONGEST], permission[:200] if isinstance(permission, str) else None
    )


def _message(text: str) -> str:
    """Return GitHub's own words, as short foreign text."""
    return _plain(_body(text).get("message"))


def _plain(message: object) -> str:
    if not isinstance(message, str):
        return ""
    return scrub(" ".join(message.split()))[:200].rstrip(".")


def _body(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
