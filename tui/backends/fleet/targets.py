"""Which repositories belong to a fleet: those of owners, as GitHub lists them, and those that are named; then its slice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from diagnosis.fleet.slices import WHOLE, Slice
from probes.github.http.client import Client
from probes.github.http.errors import Cancelled as SourceCancelled
from probes.github.http.errors import ReadFailure
from probes.github.read.owned_repositories import ListedRepository, Ownership, list_owned
from tui.backend import BackendProblem, Cancelled


@dataclass(frozen=True, slots=True)
class FleetOptions:
    """Which repositories, and how they are read."""

    owners: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    slice: Slice = WHOLE
    archived: bool = False
    forks: bool = False
    jobs: int = 4
    judged_by: tuple[tuple[str, str], ...] = ()
    """What else decides what a line says: GitHub's address, profiles, the live side."""

    @property
    def digest(self) -> str:
        """A digest of everything that decides which lines the slices have together and what they say."""
        asked = [
            sorted(name.lower() for name in self.owners),
            sorted({name.lower() for name in self.repositories}),
            self.archived,
            self.forks,
            sorted(self.judged_by),
        ]
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()

    @property
    def asked(self) -> str:
        """What was asked for, in words."""
        named = len(set(self.repositories))
        parts = [f"the repositories of {owner}" for owner in self.owners]
        parts += [f"{named} named {'repository' if named == 1 else 'repositories'}"] if named else []
        parts += [f"slice {self.slice}"] if self.slice.of > 1 else []
        return ", ".join(parts)


@dataclass(slots=True)
class Targets:
    """The repositories of a fleet, or of its slice."""

    names: dict[str, ListedRepository | None] = field(default_factory=dict)
    """By the name in lower case, in the order in which they are read; None for one that was not looked at yet."""
    spelt: dict[str, str] = field(default_factory=dict)
    owners: tuple[str, ...] = ()
    left_out: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()

    def add(self, name: str, listed: ListedRepository | None) -> None:
        """Add one repository; what is known of it stays known."""
        key = name.lower()
        self.names[key] = listed or self.names.get(key)
        self.spelt.setdefault(key, name)


def targets_of(options: FleetOptions, ask: Ask, watch: Callable[[str], None]) -> Targets:
    """List the owners' repositories and take the slice. Raises BackendProblem for an owner that cannot be listed."""
    found = Targets()
    complete: list[str] = []
    for owner in options.owners:
        owned = _owned(owner, ask, watch)
        kept, left_out = _kept(owned, options)
        for reason, count in left_out.items():
            found.left_out[reason] = found.left_out.get(reason, 0) + count
        # Forks, and what lies beyond a bound, may use a role all the same; a user's private ones are not listed.
        if owned.proven_whole and not owned.of_user and not left_out.get("fork"):
            complete.append(owned.owner)
        for item in kept:
            found.add(item.repository.full_name, item)
        if owned.cut_off:
            found.gaps += (
                f"the organization or user {owned.owner} has more repositories than the {len(owned.repositories)} that were listed",
            )
        if owned.hidden and not owned.cut_off:
            found.gaps += (
                f"the organization {owned.owner} has {owned.there} repositories, and the token sees {len(owned.repositories)}",
            )
        elif not owned.proven_whole and not owned.of_user and not owned.cut_off:
            found.notes += (
                f"GitHub does not tell this token whether it sees all repositories of {owned.owner}: a hidden one may use a role",
            )
        if owned.of_user:
            found.notes += (
                f"the owner {owned.owner} is a user: GitHub lists the public repositories alone, name others by --repo",
            )
    for name in options.repositories:
        found.add(name, None)
    found.owners = tuple(complete)
    found.names = {key: item for key, item in found.names.items() if options.slice.holds(key)}
    return found


class Ask(Protocol):
    """Asks GitHub one thing."""

    def __call__(self, task: Callable[[Client], Ownership]) -> Ownership:
        """Return the answer. Raises ReadFailure, Cancelled."""


def _owned(owner: str, ask: Ask, watch: Callable[[str], None]) -> Ownership:
    def task(client: Client) -> Ownership:
        return list_owned(client, owner, lambda count: watch(f"listing the repositories of {owner}: {count}"))

    try:
        return ask(task)
    except ReadFailure as failure:
        problem = failure.problem(f"The list of repositories of {owner}")
        raise BackendProblem(problem.sentence, problem.way_out, problem.exit_code) from None
    except SourceCancelled:
        raise Cancelled from None


def _kept(owned: Ownership, options: FleetOptions) -> tuple[list[ListedRepository], dict[str, int]]:
    kept: list[ListedRepository] = []
    left_out: dict[str, int] = {}
    for item in owned.repositories:
        archived = item.archived and not options.archived
        reason = (
            "archived"
            if archived
            else "disabled"
            if item.disabled
            else "fork"
            if item.fork and not options.forks
            else ""
        )
        if reason:
            left_out[reason] = left_out.get(reason, 0) + 1
        else:
            kept.append(item)
    return kept, left_out
