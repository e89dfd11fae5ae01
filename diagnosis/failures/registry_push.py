"""Refusals of the registry that name no action: bare 401, 403, 404, 400 and cut connections while pushing or pulling."""

from __future__ import annotations

import re

from diagnosis.failures.lookalikes import CLIENTS_OWN
from diagnosis.failures.registry_address import named_last, registry_of
from diagnosis.failures.rule import Registry, Rule, Scene, Seen, Weight, authz, holding, lighter, other, state
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
    r"push|[Pp]ublish|blobs/uploads|writing (?:blob|manifest)|reuse blob|upload|failed commit on ref|Build image failed"
)
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


def _status(text: str, scene: Scene) -> Seen | None:
    found = _STATUS.search(text)
    if not found or not _REGISTRY_TALK.search(text):
        return None
    kind = registry_of(text)
    if kind is None and _ADDRESS.search(text):
        return None  # a request to somebody else
    if kind is None and not _CLEARLY.search(text):
        return None
    if _PAGE.search(text):
        return other(None, "network", "other-registry")
    if kind is Registry.ECR and not _ADDRESS.search(text):
        kind = named_last(text[: found.start()]) or kind
    kind = kind or scene.registry
    if kind is Registry.OTHER:
        return other("other-registry")
    seen = _refusal(found[1] or found[2] or found[3], text, scene, kind)
    return lighter(seen, Weight.OUTCOME) if seen and scene.reads_cache(text) else seen


def _refusal(status: str, text: str, scene: Scene, kind: Registry | None) -> Seen | None:
    named = kind is not None
    pulls = bool(_PULL_WORDS.search(text)) or scene.reads_base(text)
    pushes = not pulls and (bool(_PUSH_WORDS.search(text)) or scene.pushing)
    if status == "403":
        return _forbidden(text, kind, pushes=pushes)
    if status == "401":
        if named:
            return authz(
                Checkpoint.REGISTRY_AUTH, None, "token-expired", "registry-mismatch", "get-authorization-token"
            )
        return other(None, "not-logged-in", "other-registry", "registry-mismatch")
    if status == "404":
        if not named:
            return None
        return state("repository-absent") if pushes else state(None, "repository-absent", "image-absent")
    if status in ("400", "405"):
        candidates = ("manifest-refused", "registry-mismatch")
        return state(None, *candidates) if named else other(None, *candidates)
    if status == "429":
        return other("rate-limit")
    return other("registry-unavailable", weight=Weight.PASSING)


def _forbidden(text: str, kind: Registry | None, *, pushes: bool) -> Seen:
    if kind is None and "invalid character 'Y'" in text:
        return other("token-expired")  # how "Your authorization token has expired" begins, where JSON was expected
    if kind is None and "parsing HTTP 403 response" in text and "unexpected end of JSON" in text:
        # Docker's words for a 403 without a body, which is how ECR refuses a HEAD.
        return authz(
            Checkpoint.REGISTRY_PUSH, None, "push-scope", "image-quota", "repository-policy-deny", "other-registry"
        )
    if kind is None:
        return other(None, "push-scope" if pushes else "pull-scope", "other-registry")
    if _MANIFEST_PUT.search(text):
        # All layers went up. A policy that lacks PutImage alone is rare; a full repository answers with the same 403.
        return state(None, "image-quota", "push-scope", "repository-policy-deny")
    if pushes:
        return authz(Checkpoint.REGISTRY_PUSH, None, "push-scope", "repository-policy-deny", "token-expired")
    if kind is Registry.ECR_PUBLIC:
        return other("token-expired")  # anybody may pull there, but not with a login that has run out
    return authz(Checkpoint.REGISTRY_PULL, None, "pull-scope", "repository-policy-deny", "token-expired")


def _eof(text: str, scene: Scene) -> Seen | None:
    if not re.search(r"(?:\bEOF|unexpected EOF)\W*$", text):
        return None
    kind = registry_of(text)
    if kind in (Registry.ECR, Registry.ECR_PUBLIC) or (
        kind is None and scene.pushing and scene.registry is Registry.ECR
    ):
        return state(None, "repository-absent", "push-scope", "transient", weight=Weight.PASSING)
    return None


def _pull_denied(text: str, scene: Scene) -> Seen:
    """Docker's and containerd's words for DENIED: without a login ECR's clients say so, and an absent name is unknown."""
    if "upstream registry" in text:
        return other("other-registry")  # a pull-through cache: ECR gave way, the registry behind it did not
    kind = registry_of(text)
    if kind is Registry.ECR:
        seen = authz(
            Checkpoint.REGISTRY_PULL,
            None,
            "pull-scope",
            "repository-policy-deny",
            "token-expired",
            weight=Weight.PASSING,
        )
        return lighter(seen, Weight.OUTCOME) if scene.reads_cache(text) else seen
    if kind is Registry.ECR_PUBLIC:
        return other(None, "token-expired", "repository-absent")
    return other(None, "other-registry", "image-absent")


def _denied_without_body(text: str, scene: Scene) -> Seen | None:
    """A client's own words for a 403 without a body, where the line itself names ECR."""
    if named_last(text.partition(CLIENTS_OWN)[0]) is not Registry.ECR:
        return None
    seen = _forbidden(text, Registry.ECR, pushes=bool(_PUSH_WORDS.search(text)))
    return lighter(seen, Weight.OUTCOME) if scene.reads_cache(text) else seen


def _jib(text: str, _scene: Scene) -> Seen:
    """Jib does not say whether it was 401 or 403."""
    if registry_of(text) in (Registry.ECR, Registry.ECR_PUBLIC):
        return other(None, "not-logged-in", "push-scope", "pull-scope", "token-expired")
    return other("other-registry")


RULES: tuple[Rule, ...] = (
    holding(
        authz(Checkpoint.REGISTRY_PULL, None, "repository-policy-deny", "pull-scope"),
        "does not have permission to access the ECR image",
    ),
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
    holding(other("other-registry"), "credentials for the upstream", "upstream registry failed"),
    Rule(("pull access denied",), _pull_denied),
    Rule((CLIENTS_OWN,), _denied_without_body),
    Rule(("RegistryUnauthorizedException",), _jib),
    Rule(("EOF",), _eof),
)
"""Applied last among the registry rules: every rule with a sentence of its own knows more."""
