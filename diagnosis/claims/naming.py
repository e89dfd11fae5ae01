"""Tell how a repository's subjects name it, and from which template they are built, by what GitHub answered.

Classic subjects name the repository (``repo:O/R:…``), immutable ones carry its ids (``repo:O@1/R@2:…``). A repository
created, renamed or transferred after 15 July 2026, or opted in, has the immutable form; enterprise servers never do.
Where GitHub answers ``sub_claim_prefix``, its tokens begin with it, whatever ``use_immutable_subject`` says: that flag tells
who opted in, and stays false for repositories that were created, renamed or transferred. A template of the repository's own
keeps the ids in its ``repo`` part. Source: GitHub's OpenID Connect reference;
``GET /repos/{o}/{r}/actions/oidc/customization/sub``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from diagnosis.claims.claim_set import DEFAULT_TEMPLATE, GITHUB_ISSUER, SubjectForm, is_github_cloud, read_prefix
from diagnosis.facts.reading import Absent, Known, Reading
from diagnosis.facts.runs import OidcCustomization, Repository
from diagnosis.verdicts.gate_verdict import Missing

IMMUTABLE_SINCE = date(2026, 7, 15)
"""Repositories created, renamed or transferred after this day have immutable subjects."""
_NAME_THE_REPOSITORY = frozenset({"repo", "repository"})
"""The keys of a template that put the repository into the subject, with its ids in the immutable form."""


@dataclass(frozen=True, slots=True)
class Naming:
    """One way in which subjects may name the repository."""

    form: SubjectForm
    prefix: str
    """``repo:O/R`` or ``repo:O@1/R@2``; empty where the ids are not known."""
    why: str


@dataclass(frozen=True, slots=True)
class Template:
    """The claim keys of which subjects are built; None: the organization's template, which was not read."""

    keys: tuple[str, ...] | None
    why: str

    @property
    def names_the_repository(self) -> bool:
        """Whether the repository is, or may be, part of the subject."""
        return self.keys is None or bool(_NAME_THE_REPOSITORY & set(self.keys))


def issuer_of(host: str) -> str:
    """Return the issuer of a GitHub's tokens, without scheme: of github.com, of an enterprise with data residency, of a server."""
    if host == "github.com":
        return GITHUB_ISSUER
    return f"token.actions.{host}" if host.endswith(".ghe.com") else f"{host}/_services/token"


_SERVER = re.compile(r"https?://((?:[a-z\d-]+\.)+[a-z][a-z\d-]*)(?:/|\Z)", re.IGNORECASE)
"""A server by name: one by number, or without a domain, is no GitHub that AWS could reach."""


def issuer_at(address: str) -> str:
    """Return the issuer of the GitHub that serves this address of a repository; github.com's where it names none."""
    server = _SERVER.match(address)
    return issuer_of(server.group(1).lower()) if server else GITHUB_ISSUER


def immutable_prefix(repository: Repository) -> str:
    """Return ``repo:O@1/R@2``; empty where an id is not known."""
    if repository.id is None or repository.owner_id is None:
        return ""
    return f"repo:{repository.owner}@{repository.owner_id}/{repository.name}@{repository.id}"


def stated_prefix(customization: Reading[OidcCustomization]) -> str:
    """Return the prefix that GitHub answered, without a colon at its end; empty where it answered none in a form that is known."""
    told = customization.value if isinstance(customization, Known) else None
    prefix = (told.sub_claim_prefix or "").rstrip(":") if told else ""
    return prefix if read_prefix(prefix) else ""


def namings_of(
    repository: Repository,
    customization: Reading[OidcCustomization],
    issuer: str,
    *,
    seen_at: datetime | None = None,
) -> tuple[tuple[Naming, ...], tuple[Missing, ...]]:
    """Return the ways in which the repository's subjects may name it, the likelier first, and what would leave one.

    ``issuer`` has no scheme. ``seen_at`` is a time at which the repository existed already.
    """
    name = repository.full_name
    classic = f"repo:{name}" if name else ""
    if not is_github_cloud(issuer):
        return (Naming(SubjectForm.CLASSIC, classic, "enterprise servers have classic subjects"),), ()
    prefix = stated_prefix(customization)
    stated = read_prefix(prefix)
    if stated is not None:
        return (Naming(stated.form, prefix, f"GitHub says that the subject begins with {prefix}"),), ()
    immutable = immutable_prefix(repository)
    forms, why = _forms(repository, customization, seen_at)
    namings = tuple(Naming(form, classic if form is SubjectForm.CLASSIC else immutable, why) for form in forms)
    missing: list[Missing] = []
    if len(forms) > 1:
        missing.append(
            Missing(
                what="whether the repository has immutable subjects",
                why=why,
                how=f"GET /repos/{name}/actions/oidc/customization/sub, or the subject in the CloudTrail event",
                permission="actions: read",
            )
        )
    if SubjectForm.IMMUTABLE in forms and not immutable:
        missing.append(
            Missing("the ids in the immutable subject", "the repository's ids were not read", f"GET /repos/{name}")
        )
    return namings, tuple(missing)


def _forms(
    repository: Repository, customization: Reading[OidcCustomization], seen_at: datetime | None
) -> tuple[tuple[SubjectForm, ...], str]:
    """Return the forms that are possible where GitHub told no prefix that can be read, the likelier first, and why."""
    classic, immutable = (SubjectForm.CLASSIC,), (SubjectForm.IMMUTABLE,)
    told = customization.value if isinstance(customization, Known) else None
    if told is not None and told.sub_claim_prefix:
        return immutable + classic, f"GitHub's subject prefix {told.sub_claim_prefix} has neither form that is known"
    if told is not None and told.use_immutable_subject:
        return immutable, "the repository opted in to immutable subjects"
    created = repository.created_at
    if created is not None and created.date() > IMMUTABLE_SINCE:
        return immutable, "the repository was created after 15 July 2026, so its subjects are immutable"
    if told is not None or isinstance(customization, Absent):
        existed = created or seen_at
        if existed is not None and existed.date() < IMMUTABLE_SINCE:
            return classic, "the repository is older than immutable subjects and has not opted in"
        return classic + immutable, "the repository's day of creation does not tell the subject's form"
    return classic + immutable, "the customization was not read: renamed, transferred or opted in, it is immutable"


def template_of(customization: Reading[OidcCustomization], owner: str) -> tuple[Template, bool, tuple[Missing, ...]]:
    """Return the template, whether another one is possible, and what is missing."""
    if isinstance(customization, Absent):
        return Template(DEFAULT_TEMPLATE, ""), False, ()
    if not isinstance(customization, Known):
        missing = Missing(customization.what, customization.why, customization.how, customization.permission)
        return Template(DEFAULT_TEMPLATE, ""), True, (missing,)
    told = customization.value
    if told.use_default:
        return Template(DEFAULT_TEMPLATE, ""), False, ()
    if told.include_claim_keys:
        shown = ", ".join(told.include_claim_keys)
        return Template(told.include_claim_keys, f"the subject is customised: {shown}"), False, ()
    missing = Missing(
        what="the organization's subject template",
        why="the repository follows it, and it was not read",
        how=f"GET /orgs/{owner}/actions/oidc/customization/sub",
        permission="organization administration: read",
    )
    return Template(None, "the subject follows the organization's template"), False, (missing,)
