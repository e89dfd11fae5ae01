"""Rules for refusals of the registry that name no action: bare 401, 403, 404, 400 and cut connections while pushing or pulling."""

from __future__ import annotations

import re

from diagnosis.causes import Cause
from diagnosis.failures.lookalikes import CLIENTS_OWN
from diagnosis.failures.registry_address import named_last, registry_of
from diagnosis.failures.registry_login import LOGIN_CANDIDATES
from diagnosis.failures.rule import LogContext, Registry, Rule, Seen, Weight, authz, lighter, other, state
from diagnosis.gates import Checkpoint

_STATUS = re.compile(
    r"\b(400|401|403|404|405|429|5\d\d):? \(?(?:Bad|Unauth|Forbid|Not Found|Method|Too Many|Internal|Service|Gateway)"
    r"|(?:status(?: code)?:?|StatusCode:?|HTTP(?:/\d(?:\.\d)?)?|response code:?|received) (400|401|403|404|405|429|5\d\d)\b"
    r"|(?:request to \S{1,2000}|status code \[[^\]]{1,300}\]): (400|401|403|404|405|429|5\d\d)\s*$"  # broken before the words
)
_REGISTRY_TALK = re.compile(
    r"/v2/|failed to push|failed commit on ref|failed to (?:resolve|authorize|copy|fetch|pull|do request)"
    r"|parsing HTTP \d{3} response|checking push permission|reading manifest|writing (?:blob|manifest)|reuse blob"
    r"|initiating layer upload|uploading layer|/blobs/|/manifests/|pushing image|unexpected (?:HTTP )?status"
    r"|Unauthorized for \S{1,400}: 4|from registry|failed with status code"
    r"|pinging (?:container|docker) registry|pulling from host|tags[ /]list"
)
_PUSH_WORDS = re.compile(
    r"[Pp]ush|[Pp]ublish|HEAD\b.{0,400}?/blobs/|blobs/uploads|writing (?:blob|manifest)|reuse blob|upload"
    r"|failed commit on ref|Build image failed|RegistryUnauthorizedException"
)
"""A client asks by HEAD whether a layer is there before it sends it; one that pulls gets the layer at once."""
_PULL_WORDS = re.compile(
    r"failed to resolve source metadata|initializing source|reading manifest|pulling from host|failed to pull"
    r"|failed with status code|INSTALLATION FAILED|fetching \""
)
"""What is said of a pull alone, also in a step that is there to push."""
_MANIFEST_PUT = re.compile(
    r"PUT\b.{0,400}?/manifests/|failed commit on ref \"(?:manifest|index)|writing manifest|uploading manifest"
)
_CLEARLY = re.compile(
    r"/v2/|failed (?:to (?:push|pull|solve|resolve|authorize|copy)|commit)|^#\d+ ERROR|parsing HTTP \d{3} response"
    r"|manifest|blob|layer|registry|[Pp]ushing|[Pp]ulling|push permission|tags[ /]list|unexpected HTTP status"
)
"""What only a client of a registry says: needed where the line itself names none."""
_PAGE = re.compile(r"invalid character '<'|<html|<!DOCTYPE")
"""A page for people: what a proxy answers, never ECR."""
_ADDRESS = re.compile(r"https?://[^*\s/\"']")


def _status(text: str, context: LogContext) -> Seen | None:
    found = _STATUS.search(text)
    if not found or not _REGISTRY_TALK.search(text):
        return None
    kind = registry_of(text)
    if kind is None and _ADDRESS.search(text):
        return None  # a request to somebody else
    if kind is None and not _CLEARLY.search(text):
        return None
    if _PAGE.search(text):
        return other(None, Cause.NETWORK, Cause.OTHER_REGISTRY)
    if kind is Registry.ECR and not _ADDRESS.search(text):
        kind = named_last(text[: found.start()]) or kind
    kind = kind or context.registry
    if kind is Registry.OTHER:
        return other(Cause.OTHER_REGISTRY)
    seen = _refusal(found[1] or found[2] or found[3], text, context, kind)
    return lighter(seen, Weight.OUTCOME) if seen and context.reads_cache(text) else seen


def _refusal(status: str, text: str, context: LogContext, kind: Registry | None) -> Seen | None:
    named = kind is not None
    pulls = bool(_PULL_WORDS.search(text)) or context.reads_base(text)
    pushes = not pulls and (bool(_PUSH_WORDS.search(text)) or context.pushing)
    if status == "403":
        return _forbidden(text, kind, pushes=pushes)
    if status == "401":
        if named:
            return authz(
                Checkpoint.REGISTRY_AUTH,
                None,
                *LOGIN_CANDIDATES,
            )
        return other(None, Cause.NOT_LOGGED_IN, Cause.OTHER_REGISTRY, Cause.REGISTRY_MISMATCH)
    if status == "404":
        if not named:
            return None
        return state(Cause.REPOSITORY_ABSENT) if pushes else state(None, Cause.REPOSITORY_ABSENT, Cause.IMAGE_ABSENT)
    if status in ("400", "405"):
        candidates = (Cause.MANIFEST_REFUSED, Cause.REGISTRY_MISMATCH)
        return state(None, *candidates) if named else other(None, *candidates)
    if status == "429":
        return other(Cause.RATE_LIMIT)
    return other(Cause.REGISTRY_UNAVAILABLE, weight=Weight.PASSING)


def _forbidden(text: str, kind: Registry | None, *, pushes: bool) -> Seen:
    if kind is None and "invalid character 'Y'" in text:
        return other(Cause.TOKEN_EXPIRED)  # how "Your authorization token has expired" begins, where JSON was expected
    if kind is None and "parsing HTTP 403 response" in text and "unexpected end of JSON" in text:
        # Docker's words for a 403 without a body, which is how ECR refuses a HEAD.
        return authz(
            Checkpoint.REGISTRY_PUSH,
            None,
            Cause.PUSH_SCOPE,
            Cause.IMAGE_QUOTA,
            Cause.REPOSITORY_POLICY_DENY,
            Cause.OTHER_REGISTRY,
        )
    if kind is None:
        return other(None, Cause.PUSH_SCOPE if pushes else Cause.PULL_SCOPE, Cause.OTHER_REGISTRY)
    if _MANIFEST_PUT.search(text):
        # All layers went up. A policy that lacks PutImage alone is rare; a full repository answers with the same 403.
        return state(None, Cause.IMAGE_QUOTA, Cause.PUSH_SCOPE, Cause.REPOSITORY_POLICY_DENY)
    if pushes:
        return authz(
            Checkpoint.REGISTRY_PUSH, None, Cause.PUSH_SCOPE, Cause.REPOSITORY_POLICY_DENY, Cause.TOKEN_EXPIRED
        )
    if kind is Registry.ECR_PUBLIC:
        return other(Cause.TOKEN_EXPIRED)  # anybody may pull there, but not with a login that has run out
    return authz(Checkpoint.REGISTRY_PULL, None, Cause.PULL_SCOPE, Cause.REPOSITORY_POLICY_DENY, Cause.TOKEN_EXPIRED)


def _eof(text: str, context: LogContext) -> Seen | None:
    if not re.search(r"(?:\bEOF|unexpected EOF)\W*$", text):
        return None
    kind = registry_of(text)
    hidden = kind is None and "https://***" in text and context.registry is not Registry.OTHER
    if kind in (Registry.ECR, Registry.ECR_PUBLIC) or (
        kind is None and context.pushing and context.registry is Registry.ECR
    ):
        return state(None, Cause.REPOSITORY_ABSENT, Cause.PUSH_SCOPE, Cause.TRANSIENT, weight=Weight.PASSING)
    if hidden and "/v2/" in text:
        return state(None, Cause.REPOSITORY_ABSENT, Cause.PUSH_SCOPE, Cause.TRANSIENT, Cause.OTHER_REGISTRY)
    return None


def _pull_denied(text: str, context: LogContext) -> Seen:
    """Judge Docker's and containerd's words for DENIED; ECR words a missing login and an absent repository otherwise."""
    kind = registry_of(text)
    if kind is Registry.ECR:
        seen = authz(
            Checkpoint.REGISTRY_PULL,
            None,
            Cause.PULL_SCOPE,
            Cause.REPOSITORY_POLICY_DENY,
            Cause.TOKEN_EXPIRED,
            weight=Weight.PASSING,
        )
        return lighter(seen, Weight.OUTCOME) if context.reads_cache(text) else seen
    if kind is Registry.ECR_PUBLIC:
        return other(None, Cause.TOKEN_EXPIRED, Cause.REPOSITORY_ABSENT)
    return other(None, Cause.OTHER_REGISTRY, Cause.IMAGE_ABSENT)


def _denied_without_body(text: str, context: LogContext) -> Seen:
    """Judge a client's own words for a 403 without a body; the rules of other registries left only lines that name ECR."""
    seen = _forbidden(text, Registry.ECR, pushes=bool(_PUSH_WORDS.search(text)))
    return lighter(seen, Weight.OUTCOME) if context.reads_cache(text) else seen


def _jib(text: str, context: LogContext) -> Seen:
    """Judge Jib's words, which may not say whether it was 401 or 403, by the address that it was to push to."""
    if (registry_of(text) or context.target or context.registry) in (Registry.ECR, Registry.ECR_PUBLIC):
        if "401" in text:
            return authz(Checkpoint.REGISTRY_AUTH, None, *LOGIN_CANDIDATES)
        if "403" in text:
            return _forbidden(text, Registry.ECR, pushes=True)
        return other(None, Cause.NOT_LOGGED_IN, Cause.PUSH_SCOPE, Cause.PULL_SCOPE, Cause.TOKEN_EXPIRED)
    return other(Cause.OTHER_REGISTRY)


_FOR_HOST = re.compile(r"Unauthorized for (?P<host>[\w.-]+\.[a-z]{2,}(?::\d+)?)/\S*: 40[13]\b")


def _unauthorized_for(text: str, _scene: LogContext) -> Seen | None:
    """Recognize Jib's refusal at a registry that it names and that is not ECR."""
    found = _FOR_HOST.search(text)
    return other(Cause.OTHER_REGISTRY) if found and registry_of(found["host"]) is None else None


def _server_error(text: str, context: LogContext) -> Seen | None:
    """Recognize a server error of a registry whose client leaves the number of the status out."""
    if not _REGISTRY_TALK.search(text) or (registry_of(text) or context.registry) is Registry.OTHER:
        return None
    return other(Cause.REGISTRY_UNAVAILABLE, weight=Weight.PASSING)


RULES: tuple[Rule, ...] = (
    Rule(
        (
            "Bad Request",
            "nauthorized",
            "uthorized",
            "orbidden",
            "Not Found",
            "Method Not",
            "Too Many",
            "HTTP 4",
            "failed with status code",
            "unexpected status",
            "unexpected HTTP status",
            "status 4",
            "StatusCode: 4",
        ),
        _status,
    ),
    Rule(("pull access denied",), _pull_denied),
    Rule((CLIENTS_OWN,), _denied_without_body),
    Rule(("RegistryUnauthorizedException",), _jib),
    Rule(("Unauthorized for ",), _unauthorized_for),
    Rule(("Bad Gateway", "Service Unavailable", "Gateway Time", "Internal Server Error"), _server_error),
    Rule(("EOF",), _eof),
)
"""Applied last among the registry rules: every rule with a sentence of its own knows more."""
