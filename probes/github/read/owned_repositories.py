"""List the repositories of an organization or a user, or look at one: whether anything can run in it, and its ids."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from diagnosis.facts.runs import Repository
from probes.github.http.client import Client, Json
from probes.github.http.endpoints import address_part
from probes.github.http.errors import BrokenAnswer, NotFound, ReadFailure
from probes.github.read.answers import members
from probes.github.read.runs import repository_of

_MOST_PAGES = 200
"""A hundred repositories each; an owner who has more is listed as far as that, and it is said."""


@dataclass(frozen=True, slots=True)
class ListedRepository:
    """A repository with what decides whether its workflows can run at all."""

    repository: Repository
    archived: bool = False
    disabled: bool = False
    fork: bool = False


@dataclass(frozen=True, slots=True)
class Ownership:
    """The repositories of one owner, as far as the token sees them."""

    owner: str
    """As GitHub spells it."""
    repositories: tuple[ListedRepository, ...]
    of_user: bool = False
    """Whether it is a user's: of these GitHub lists the public ones alone."""
    cut_off: bool = False
    """Whether there are more than were listed."""
    there: int | None = None
    """How many the organization has, where GitHub tells the token: it hides those that the token may not see."""

    @property
    def hidden(self) -> int:
        """How many at least the token does not see."""
        return max(0, (self.there or 0) - len(self.repositories))

    @property
    def proven_whole(self) -> bool:
        """Whether no repository is hidden, for certain."""
        return not self.cut_off and self.there == len(self.repositories)


def list_owned(client: Client, owner: str, shown: Callable[[int], None] = lambda _count: None) -> Ownership:
    """List an organization's repositories; of a name that is no organization, the user's. Raises ReadFailure.

    ``shown`` is called with the number that were listed so far.
    """
    name = address_part(owner)
    try:
        found = _listed(client, f"/orgs/{name}/repos", owner, shown, of_user=False)
    except NotFound:
        return _listed(client, f"/users/{name}/repos", owner, shown, of_user=True)
    return replace(found, there=_count(client, name))


def _count(client: Client, name: str) -> int | None:
    """Return how many repositories an organization has; None where GitHub does not tell this token. Raises Cancelled."""
    try:
        told = members(client.object(f"/orgs/{name}"))
    except ReadFailure:
        return None
    public, private = told.maybe_integer("public_repos"), told.maybe_integer("total_private_repos")
    return None if public is None or private is None else public + private


def look_at(client: Client, full_name: str) -> ListedRepository:
    """Read one repository; where it was renamed, GitHub answers with what it is called now. Raises ReadFailure."""
    return _of(client.object(f"/repos/{full_name}"), full_name)


def _listed(client: Client, path: str, owner: str, shown: Callable[[int], None], *, of_user: bool) -> Ownership:
    found: dict[str, ListedRepository] = {}
    more = True
    number = 0
    while more and number < _MOST_PAGES:
        number += 1
        page = client.page(path, None, number, {"type": "all" if not of_user else "owner", "sort": "full_name"})
        for item in page.items:
            listed = _of(item)
            found.setdefault(listed.repository.full_name.lower(), listed)
        more = page.more
        shown(len(found))
    first = next(iter(found.values()), None)
    spelt = first.repository.owner if first else owner
    return Ownership(spelt, tuple(found.values()), of_user, cut_off=more)


def _of(item: Json, asked: str = "") -> ListedRepository:
    value = members(item)
    name = value.maybe_text("full_name") or asked
    if not name:
        raise BrokenAnswer("GitHub lists a repository without its name", "try again")
    return ListedRepository(
        repository_of(value, Repository(name)),
        archived=bool(value.maybe_flag("archived")),
        disabled=bool(value.maybe_flag("disabled")),
        fork=bool(value.maybe_flag("fork")),
    )
