"""Subjects that no token of GitHub presents, judged by the grammar of subjects.

A subject is a series of ``KEY:VALUE``: by default ``repo:OWNER/NAME`` and the context (``ref:refs/…``, ``environment:NAME``
or ``pull_request``), by a template of the repository's own any claims. Source: GitHub's OpenID Connect reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from diagnosis.claims.claim_set import TEMPLATE_CLAIMS
from diagnosis.lint.document import LintedDocument
from diagnosis.lint.finding import Finding
from diagnosis.lint.providers import providers_of
from diagnosis.lint.rule import Rule
from diagnosis.policy import PolicyKind
from diagnosis.policy.language.globs import meet, pattern_cells

_PROPERTY = re.compile(r"repo(?:sitory)?_(?:custom_)?propert(?:y|ies)_\w+\Z")
_PULL_REQUEST = "pull_request"
_OF_REFS = {word: kind for kind in ("heads", "tags") for word in (kind, kind[:-1])} | {"branch": "heads"}
"""Words that are written where ``ref:refs/heads/`` or ``ref:refs/tags/`` belongs."""


@dataclass(frozen=True, slots=True)
class _Form:
    """The form that every value of a claim has."""

    words: str
    example: str
    pattern: str = "*"
    digits: bool = False


_ID = _Form("an id is a number", "123456", digits=True)
_FORMS = {
    "aud": _Form("an audience is a text without white space at its ends", "sts.amazonaws.com", "?*"),
    "ref": _Form("a ref is written in full, refs/heads/… or refs/tags/…", "refs/heads/main", "refs/?*"),
    "repository": _Form("a repository is OWNER/REPO", "OWNER/REPO", "?*/?*"),
    "job_workflow_ref": _Form(
        "it names a workflow file with its ref",
        "OWNER/REPO/.github/workflows/FILE.yml@refs/heads/main",
        "?*/?*/?*@?*",
    ),
    "repository_id": _ID,
    "repository_owner_id": _ID,
    "actor_id": _ID,
    "enterprise_id": _ID,
}
_WITHOUT_CONTEXT = re.compile(r"repo:[\w.-]+(?:@\d+)?/[\w.-]+(?:@\d+)?\Z", re.ASCII)
_REPOSITORY = re.compile(r"[\w.-]+(?:@\d+)?/[\w.-]+(?:@\d+)?\Z", re.ASCII)
_NAME = re.compile(r"[\w.-]+(?:@\d+)?\Z", re.ASCII)
_OWNER = re.compile(r"[\w.-]*(?:@\d*)?(?:/[\w.-]*(?:@\d*)?)?\Z", re.ASCII)


def subjects(document: LintedDocument) -> Iterator[Finding]:
    """Find values of the subject that no token can present, under operators of equality or likeness."""
    if document.kind is not PolicyKind.TRUST:
        return
    for statement in document.policy.statements:
        keys = {f"{each.issuer}:sub".lower() for each in providers_of(statement) if each.is_github}
        for condition in statement.conditions:
            if condition.folded_key not in keys or condition.base is None or not condition.compares_strings:
                continue
            exact = condition.base.name != "StringLike"
            folded = condition.base.name == "StringEqualsIgnoreCase"
            for position, value in enumerate(condition.values):
                if "${" in value or (exact and set(value) & {"*", "?"}):
                    continue
                why = why_no_subject(value.lower() if folded else value)
                place = document.condition(statement, condition, position)
                if why:
                    sentence = f"No token presents {value[:120]!r}: {why[0]}."
                    yield Finding(Rule.SUBJECT_FORM, place, sentence, f"Write {why[1]}.")
                elif _WITHOUT_CONTEXT.match(value):
                    yield Finding(
                        Rule.SUBJECT_WITHOUT_CONTEXT,
                        place,
                        f"{value[:120]!r} ends with the repository; only a subject template of its own that names the repository "
                        "alone gives such a subject.",
                        f"Write {value[:120]}:ref:refs/heads/BRANCH, or {value[:120]}:* under StringLike.",
                    )


def claims(document: LintedDocument) -> Iterator[Finding]:
    """Find values of other claims that no token holds, under operators of equality or likeness."""
    if document.kind is not PolicyKind.TRUST:
        return
    for statement in document.policy.statements:
        forms = {
            f"{each.issuer}:{claim}".lower(): form
            for each in providers_of(statement)
            if each.is_github
            for claim, form in _FORMS.items()
        }
        for condition in statement.conditions:
            form = forms.get(condition.folded_key)
            if form is None or condition.base is None or not condition.compares_strings:
                continue
            exact = condition.base.name != "StringLike"
            for position, value in enumerate(condition.values):
                if "${" in value or (exact and set(value) & {"*", "?"}) or _has_form(value, form):
                    continue
                yield Finding(
                    Rule.CLAIM_FORM,
                    document.condition(statement, condition, position),
                    f"No token holds the value {value[:120]!r}: {form.words}.",
                    f"Write a value such as {form.example}.",
                )


def _has_form(value: str, form: _Form) -> bool:
    if form.digits:
        return bool(value) and not set(value) - set("0123456789*?")
    return value.strip() == value and meet(pattern_cells(value), pattern_cells(form.pattern))


def why_no_subject(value: str) -> tuple[str, str] | None:
    """Return why no subject matches the pattern, as a clause, and what to write; None where one may."""
    example = "repo:OWNER/REPO:ref:refs/heads/BRANCH"
    bare = value.strip().strip("\"'")
    if bare != value:
        return "a space, a line break or a quote stands at its end or beginning", bare or example
    head = re.split(r"[*?]", value, maxsplit=1)[0]
    whole = head == value
    key, colon, rest = head.partition(":")
    if not colon:
        return _of_start(value, head, whole=whole)
    if key.lower() in ("http", "https") or "/" in key:
        return _without_repo(value)
    if not _is_claim(key):
        near = key.lower() if _is_claim(key.lower()) else "repo"
        return (
            f"it begins with {key[:40]}:, and subjects begin with repo: or another claim",
            f"{near}:{value[len(key) + 1 :]}",
        )
    if key == "repo":
        return _of_repository(value, rest, whole=whole)
    return None


def _is_claim(word: str) -> bool:
    return word in TEMPLATE_CLAIMS or _PROPERTY.match(word) is not None


def _of_start(value: str, head: str, *, whole: bool) -> tuple[str, str] | None:
    """Judge a pattern whose literal beginning holds no colon."""
    if value == _PULL_REQUEST or not value:
        return None if value else ("it is empty", "the subject that is meant")
    if not whole and any(
        f"{claim}:".startswith(head) for claim in (*TEMPLATE_CLAIMS, "repo_", "repository_", "pull_request")
    ):
        return None
    return _without_repo(value)


def _without_repo(value: str) -> tuple[str, str]:
    rest = re.sub(r"\A(?:[a-z+]+://)?(?:(?=[\w.-]*github)[\w.-]++/)?", "", value, flags=re.IGNORECASE)
    if rest != value:
        return "it begins with an address, and subjects begin with repo:", f"repo:{rest}"
    return "repo: is missing at its beginning", f"repo:{value}"


def _of_repository(value: str, rest: str, *, whole: bool) -> tuple[str, str] | None:
    """Judge what follows ``repo:``."""
    name, colon, context = rest.partition(":")
    if "%3a" in name.lower():
        # In an environment's name it is right: there GitHub writes a colon so.
        written = value.removeprefix("repo:")
        decoded = re.sub("%3a", ":", written if not colon else name, flags=re.IGNORECASE)
        return "%3A stands in the place of a colon", f"repo:{decoded}{written[len(name) :] if colon else ''}"
    if not colon:
        if not whole:
            return None if _OWNER.match(name) else (f"{name[:80]!r} is no OWNER/REPO", "repo:OWNER/REPO:…")
        if not _REPOSITORY.match(name):
            return f"{name[:80]!r} is no OWNER/REPO", "repo:OWNER/REPO:ref:refs/heads/BRANCH"
        return None
    begin = f"repo:{name}:"
    if not _REPOSITORY.match(name):
        owner = name if _NAME.match(name) else "OWNER"
        return f"{name[:80]!r} is no OWNER/REPO", f"repo:{owner}/REPO:{value[len(begin) :][:80]}"
    return _of_context(begin, context, value[len(begin) :], whole=whole)


def _of_context(begin: str, head: str, written: str, *, whole: bool) -> tuple[str, str] | None:
    """Judge what follows the repository; ``head`` is its literal beginning."""
    key, colon, rest = head.partition(":")
    if not colon:
        claims = (*(f"{claim}:" for claim in TEMPLATE_CLAIMS), _PULL_REQUEST, "repo_", "repository_")
        if head == _PULL_REQUEST or (not whole and any(claim.startswith(head) for claim in claims)):
            return None
        if head.startswith("refs/"):
            return f"ref: is missing before {written[:80]}", f"{begin}ref:{written}"
        return (
            f"{written[:80]!r} is neither ref:refs/…, environment:NAME nor pull_request",
            f"{begin}ref:refs/heads/BRANCH",
        )
    if key == _PULL_REQUEST:
        return None
    if not _is_claim(key):
        return f"{key[:40]}: is no part of a subject", _meant_context(begin, key.lower(), written[len(key) + 1 :])
    if key == "ref" and not ("refs/".startswith(rest) and not whole) and not rest.startswith("refs/"):
        return (
            f"a ref is written in full, refs/heads/… or refs/tags/…, and {rest[:80]!r} is not",
            f"{begin}ref:refs/heads/{written.removeprefix('ref:') or 'BRANCH'}",
        )
    return None if rest or not whole else (f"nothing stands behind {key}", f"{begin}{key}:NAME")


def _meant_context(begin: str, key: str, rest: str) -> str:
    """Return the subject that is meant by a word that is none of a subject's: a claim in capitals, or what holds a branch."""
    if _is_claim(key):
        return f"{begin}{key}:{rest}"
    if key in _OF_REFS:
        return f"{begin}ref:refs/{_OF_REFS[key]}/{rest}"
    return f"{begin}ref:refs/… or {begin}environment:…"
