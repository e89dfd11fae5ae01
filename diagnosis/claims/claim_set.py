"""A set of OIDC claims: which are known, how the subject is built from them, which condition keys AWS sees.

The subject is built from a template of claim keys. GitHub's default template is ``repo`` and ``context``; the context
is the environment, or ``pull_request``, or the ref. Source: GitHub's OpenID Connect reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from diagnosis.logs.scrubbed_values import MARK

GITHUB_ISSUER = "token.actions.githubusercontent.com"
DEFAULT_TEMPLATE = ("repo", "context")

AWS_CLAIM_KEYS = (
    "actor",
    "actor_id",
    "enterprise_id",
    "environment",
    "job_workflow_ref",
    "ref",
    "repository",
    "repository_id",
    "repository_owner_id",
    "workflow",
)
"""The claims that AWS accepts as condition keys beside ``aud`` and ``sub``, for GitHub's own issuers only."""


TEMPLATE_CLAIMS = frozenset(
    {
        "actor",
        "actor_id",
        "base_ref",
        "check_run_id",
        "enterprise",
        "enterprise_id",
        "environment",
        "event_name",
        "head_ref",
        "iss",
        "job_workflow_ref",
        "job_workflow_sha",
        "ref",
        "ref_protected",
        "ref_type",
        "repo",
        "repository",
        "repository_id",
        "repository_owner",
        "repository_owner_id",
        "repository_visibility",
        "run_attempt",
        "run_id",
        "run_number",
        "runner_environment",
        "sha",
        "workflow",
        "workflow_ref",
        "workflow_sha",
    }
)
"""The claims that a subject's template may name, with the short forms ``repo`` and ``context``."""


class SubjectForm(StrEnum):
    """How the subject names the repository."""

    CLASSIC = "classic"
    IMMUTABLE = "immutable"


class ContextKind(StrEnum):
    """The part of the default subject that follows the repository."""

    ENVIRONMENT = "environment"
    PULL_REQUEST = "pull_request"
    REF = "ref"


@dataclass(frozen=True, slots=True)
class SubjectContext:
    """The kind with its value: an environment's name, a full ref, or nothing for a pull request."""

    kind: ContextKind
    value: str = ""

    def text(self, escape: bool = True) -> str:
        """Return the context as it stands in the subject: ``environment:prod``, ``pull_request``, ``ref:refs/heads/main``."""
        if self.kind is ContextKind.PULL_REQUEST:
            return self.kind.value
        return f"{self.kind}:{escaped(self.value) if escape else self.value}"


def escaped(value: str) -> str:
    """Write a metadata value as GitHub does in a subject: every ``:`` becomes ``%3A``."""
    return value.replace(":", "%3A")


def is_github_cloud(issuer: str) -> bool:
    """Return whether the issuer is github.com's or that of an enterprise with data residency, and no enterprise server."""
    host = issuer.partition("/")[0].lower()
    return host == GITHUB_ISSUER or (host.startswith("token.actions.") and host.endswith(".ghe.com"))


def is_github_issuer(issuer: str) -> bool:
    """Return whether GitHub mints the issuer's tokens: github.com, an enterprise with data residency, or an enterprise server."""
    bare = without_scheme(issuer)
    return bool(bare) and (is_github_cloud(bare) or bare.endswith("/_services/token"))


def without_scheme(issuer: str) -> str:
    """Return the issuer as IAM keeps it and as condition keys begin: no scheme, no trailing slash."""
    return issuer.removeprefix("https://").removeprefix("http://").rstrip("/")


_PREFIX = r"repo:(?P<owner>[^/:@]+)(?:@(?P<oid>\d+))?/(?P<name>[^/:@]+)(?:@(?P<rid>\d+))?"
_SUBJECT = re.compile(_PREFIX + r":(?P<rest>.+)\Z", re.DOTALL)
_ALONE = re.compile(_PREFIX + r"\Z")


@dataclass(frozen=True, slots=True)
class ClaimSet:
    """One set of claims that a token may carry."""

    claims: tuple[tuple[str, str], ...]
    """Known claims by name, sorted; ``sub`` is among them where it could be computed."""
    why: str
    """Why this set is possible, in one sentence."""
    unknown: tuple[str, ...] = ()
    """Claims that the token carries, or may carry, with a value that no record tells."""
    form: SubjectForm = SubjectForm.CLASSIC
    template: tuple[str, ...] = DEFAULT_TEMPLATE
    prefix: str = ""
    """The repository's part of the subject: ``repo:O/R`` or ``repo:O@1/R@2``."""
    subject_context: SubjectContext | None = None
    """None where it could not be computed."""

    @property
    def subject(self) -> str | None:
        """The subject claim, or None where it is not known."""
        return self.get("sub")

    @property
    def customised(self) -> bool:
        """Whether the subject follows a template of the repository's own."""
        return self.template != DEFAULT_TEMPLATE

    def get(self, name: str) -> str | None:
        """Return a claim's value; None where the token does not carry it or it is not known (see ``unknown``)."""
        return next((value for key, value in self.claims if key == name), None)

    def context(self, issuer: str = GITHUB_ISSUER) -> dict[str, tuple[str, ...]]:
        """Return the known condition keys with their values, as STS puts them before the trust policy."""
        base = without_scheme(issuer)
        keys = visible_keys(issuer)
        return {f"{base}:{name}": (value,) for name, value in self.claims if name in keys}

    def unknown_keys(self, issuer: str = GITHUB_ISSUER) -> frozenset[str]:
        """Return condition keys whose value is not known, in lower case. A condition on one makes a decision unknown."""
        base = without_scheme(issuer).lower()
        keys = visible_keys(issuer)
        return frozenset(f"{base}:{name}" for name in self.unknown if name in keys)

    def presenting(self, subject: str, why: str | None = None) -> ClaimSet:
        """Return the same claims with another subject; form and context are read off it."""
        read = read_subject(subject)
        return ClaimSet(
            claims=_sorted({**dict(self.claims), "sub": subject}),
            why=self.why if why is None else why,
            unknown=tuple(name for name in self.unknown if name != "sub"),
            form=read.form if read else SubjectForm.CLASSIC,
            template=DEFAULT_TEMPLATE,
            prefix=read.prefix if read else "",
            subject_context=read.context if read else None,
        )

    def in_context(self, context: SubjectContext, why: str | None = None) -> ClaimSet:
        """Return the claims that the same job would present in another context: on another ref, in an environment, …"""
        claims, unknown = dict(self.claims), set(self.unknown)
        unknown -= {"environment", "sub"}
        claims.pop("environment", None)
        if context.kind is ContextKind.ENVIRONMENT:
            claims["environment"] = context.value
        elif context.kind is ContextKind.REF:
            _move_ref(claims, unknown, context.value)
        else:
            claims.pop("ref", None)
            unknown.add("ref")
        return finished(
            claims, unknown, self.why if why is None else why, self.form, self.template, self.prefix, context
        )

    def on_ref(self, ref: str) -> ClaimSet:
        """Return the claims that the same job would present on another ref: in its environment, where it names one."""
        context = self.subject_context
        if context is None or context.kind is not ContextKind.ENVIRONMENT:
            return self.in_context(SubjectContext(ContextKind.REF, ref))
        claims, unknown = dict(self.claims), set(self.unknown)
        _move_ref(claims, unknown, ref)
        return finished(claims, unknown, self.why, self.form, self.template, self.prefix, context)


@dataclass(frozen=True, slots=True)
class ReadSubject:
    """A subject of the default template, taken apart."""

    owner: str
    name: str
    owner_id: str | None
    repository_id: str | None
    context: SubjectContext | None
    """None where what follows the repository has no default shape."""

    @property
    def repository(self) -> str:
        """``owner/name``, without ids."""
        return f"{self.owner}/{self.name}"

    @property
    def form(self) -> SubjectForm:
        """How it names the repository."""
        return SubjectForm.IMMUTABLE if self.owner_id and self.repository_id else SubjectForm.CLASSIC

    @property
    def prefix(self) -> str:
        """The repository's part as it stands in the subject."""
        if not (self.owner_id and self.repository_id):
            return f"repo:{self.repository}"
        return f"repo:{self.owner}@{self.owner_id}/{self.name}@{self.repository_id}"


def read_subject(subject: str) -> ReadSubject | None:
    """Take a subject or a listed pattern apart; None where it does not begin with ``repo:OWNER/NAME:``."""
    read = _SUBJECT.match(subject)
    if not read:
        return None
    owner_id, repository_id = read["oid"], read["rid"]
    if bool(owner_id) != bool(repository_id):
        return None
    kind, _, value = read["rest"].partition(":")
    context = None
    if read["rest"] == ContextKind.PULL_REQUEST:
        context = SubjectContext(ContextKind.PULL_REQUEST)
    elif kind in (ContextKind.ENVIRONMENT, ContextKind.REF) and value:
        context = SubjectContext(ContextKind(kind), value.replace("%3A", ":"))
    return ReadSubject(read["owner"], read["name"], owner_id, repository_id, context)


def read_prefix(prefix: str) -> ReadSubject | None:
    """Take the repository's part of a subject apart; None where it is neither ``repo:O/R`` nor ``repo:O@1/R@2``."""
    read = _ALONE.match(prefix)
    if not read or bool(read["oid"]) != bool(read["rid"]):
        return None
    return ReadSubject(read["owner"], read["name"], read["oid"], read["rid"], None)


def claims_from_subject(subject: str, audience: str | None) -> ClaimSet:
    """Return the claims that a subject tells by itself; all others that AWS accepts are marked as not known."""
    claims: dict[str, str] = {"aud": audience} if audience else {}
    unknown = {*AWS_CLAIM_KEYS, *(() if audience else ("aud",))}
    read = read_subject(subject)
    if read:
        claims["repository"] = read.repository
        if read.owner_id and read.repository_id:
            claims |= {"repository_owner_id": read.owner_id, "repository_id": read.repository_id}
        if read.context is not None:
            unknown.discard("environment")
            if read.context.kind is not ContextKind.PULL_REQUEST:
                claims[read.context.kind.value] = read.context.value
    return ClaimSet(_sorted(claims), "", tuple(sorted(unknown - set(claims)))).presenting(subject)


def visible_keys(issuer: str) -> frozenset[str]:
    """Return the claims of this issuer that become condition keys: an enterprise server's tokens give ``aud`` and ``sub``."""
    always = {"aud", "sub"}
    return frozenset(always | set(AWS_CLAIM_KEYS)) if is_github_cloud(without_scheme(issuer)) else frozenset(always)


def finished(
    claims: Mapping[str, str],
    unknown: Iterable[str],
    why: str,
    form: SubjectForm,
    template: tuple[str, ...],
    prefix: str,
    context: SubjectContext | None,
    *,
    escape: bool = True,
) -> ClaimSet:
    """Compute the subject of a claim set from its template, or mark it as not known.

    A value in which something was scrubbed is not the token's: it is not known either.
    """
    known = {key: value for key, value in claims.items() if key != "sub" and MARK not in value}
    missing = (set(unknown) | claims.keys() - known.keys()) - {"sub"}
    if context is not None and MARK in context.text(escape=False):
        context = None
    subject = _subject(known, missing, template, prefix, context, escape)
    if subject is None:
        missing.add("sub")
    else:
        known["sub"] = subject
    return ClaimSet(_sorted(known), why, tuple(sorted(missing)), form, template, prefix, context)


def _subject(
    claims: Mapping[str, str],
    unknown: set[str],
    template: tuple[str, ...],
    prefix: str,
    context: SubjectContext | None,
    escape: bool,
) -> str | None:
    parts = []
    for key in template:
        if key in ("repo", "repository"):
            if not prefix:
                return None
            parts.append(prefix)
        elif key == "context":
            if context is None:
                return None
            parts.append(context.text(escape))
        elif key in unknown or key not in claims:
            return None
        else:
            parts.append(f"{key}:{escaped(claims[key]) if escape else claims[key]}")
    return ":".join(parts) or None


def _move_ref(claims: dict[str, str], unknown: set[str], ref: str) -> None:
    """Put another ref into the claims that carry it; a workflow of the repository itself moves along."""
    before = claims.get("ref")
    claims["ref"] = ref
    unknown.discard("ref")
    own = f"{claims.get('repository', '')}/"
    for key in ("job_workflow_ref", "workflow_ref"):
        path, at, at_ref = claims.get(key, "").rpartition("@")
        if at and path.startswith(own) and at_ref == before:
            claims[key] = f"{path}@{ref}"


def _sorted(claims: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(claims.items()))
