"""Refusals of the registry that name no action: bare 401, 403, 404, 400 and cut connections while pushing or pulling."""

from __future__ import annotations

import re

from diagnosis.failures.registry_address import registry_of
from diagnosis.failures.rule import Registry, Rule, Scene, Seen, Weight, authz, holding, lighter, other, state
from diagnosis.gates import Checkpoint

_STATUS = re.compile(
    r"\b(400|401|403|404|405|429|5\d\d)(?::? (?:Bad Request|Unauthorized|Forbidden|Not Found|Method Not|Too Many|[A-Z]))"
    r"|(?:status(?: code)?:?|StatusCode:?|HTTP(?:/\d(?:\.\d)?)?|response code:?|received) (400|401|403|404|405|429|5\d\d)\b"
)
_REGISTRY_TALK = re.compile(
    r"/v2/|failed to push|failed commit on ref|failed to (?:resolve|authorize|copy|fetch|pull|do request)|parsing HTTP \d{3} response"
    r"|[Pp]ushing|[Pp]ulling|checking push permission|reading manifest|writing blob|writing manifest|trying to reuse blob"
    r"|initiating layer upload|uploading layer|blobs/|manifests/|pull image|registry"
)
_PUSH_WORDS = re.compile(
    r"push|[Pp]ublish|blobs/uploads|writing (?:blob|manifest)|trying to reuse blob|upload|failed commit on ref"
)
_MANIFEST_PUT = re.compile(
    r"PUT\b.{0,400}?/manifests/|failed commit on ref \"(?:manifest|index)|writing manifest|uploading manifest"
)
_SERVER = re.compile(r"^5")


def _status(text: str, scene: Scene) -> Seen | None:
    found = _STATUS.search(text)
    if not found or not _REGISTRY_TALK.search(text):
        return None
    status = found[1] or found[2]
    kind = registry_of(text) or scene.registry
    if kind is Registry.OTHER:
        return other("other-registry")
    seen = _refusal(status, text, scene, named=kind is not None)
    return lighter(seen, Weight.OUTCOME) if seen and (scene.cache or "cache" in text) else seen


def _refusal(status: str, text: str, scene: Scene, *, named: bool) -> Seen | None:
    pushes = bool(_PUSH_WORDS.search(text)) or scene.pushing
    if status == "403":
        return _forbidden(text, pushes=pushes, named=named)
    if status == "401":
        if named:
            return authz(
                Checkpoint.REGISTRY_AUTH, None, "token-expired", "registry-mismatch", "get-authorization-token"
            )
        return other(None, "not-logged-in", "other-registry", "registry-mismatch")
    if status == "404":
        absent = "repository-absent" if pushes else None
        return state(absent, *(() if absent else ("repository-absent", "image-absent"))) if named else None
    if status in ("400", "405"):
        return (
            state(None, "manifest-refused", "registry-mismatch")
            if named
            else other(None, "manifest-refused", "registry-mismatch")
        )
    if status == "429":
        return other("rate-limit")
    return other("registry-unavailable", weight=Weight.PASSING)


def _forbidden(text: str, *, pushes: bool, named: bool) -> Seen:
    if not named and "parsing HTTP 403 response" in text:
        # Docker's words for a 403 without a body, which is how ECR refuses a HEAD.
        return authz(
            Checkpoint.REGISTRY_PUSH, None, "push-scope", "image-quota", "repository-policy-deny", "other-registry"
        )
    if not named:
        return other(None, "push-scope" if pushes else "pull-scope", "other-registry")
    if _MANIFEST_PUT.search(text):
        # All layers went up. A policy that lacks PutImage alone is rare; a full repository answers with the same bare 403.
        return state(None, "image-quota", "push-scope", "repository-policy-deny")
    if pushes:
        return authz(Checkpoint.REGISTRY_PUSH, None, "push-scope", "repository-policy-deny", "token-expired")
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


RULES: tuple[Rule, ...] = (
    holding(
        authz(Checkpoint.REGISTRY_PULL, None, "repository-policy-deny", "pull-scope"),
        "does not have permission to access the ECR image",
    ),
    Rule(("40", "429", "50"), _status),
    Rule(("EOF",), _eof),
)
"""Applied last among the registry rules: every rule with a sentence of its own knows more."""
