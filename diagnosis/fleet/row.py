"""The lines of a fleet: one for each release workflow, one for each repository, one for each role that they assume."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from diagnosis.gates import Gate, Verdict
from diagnosis.migration.effects import Effect
from diagnosis.names.arn import Arn
from diagnosis.verdicts.gate_verdict import Missing

MOST_NEEDS = 400
"""Of one workflow and role on its line; of more, what is granted beyond need cannot be told."""


@dataclass(frozen=True, slots=True)
class NewestRun:
    """The newest run of a workflow."""

    run_id: int
    conclusion: str
    """``success``, ``failure``, …; its status where it has not ended."""
    created_at: datetime
    url: str


@dataclass(frozen=True, slots=True)
class Callers:
    """Who gets in by the trust policies of a workflow's roles."""

    verdict: Verdict
    """``fail``: somebody whom a release role should refuse gets in; ``unknown``: that, or a trust policy, is not known."""
    classes: int
    """Classes of GitHub's tokens that get in."""
    too_many: int
    """Those among them that a release role should refuse."""
    doors: int
    """Who else may assume a role, beside GitHub's workflows: second doors, as the policies name them."""
    open_doors: int
    """Those among them that are unbounded."""
    gravest: str
    """Who stands furthest off of those who get in; a clause, empty where nobody does."""
    reason: str


@dataclass(frozen=True, slots=True)
class Stop:
    """One thing by which the next run would be stopped."""

    gate: Gate | None
    """None for the registry's state, which belongs to no gate."""
    checkpoint: str
    cause: str
    """A slug of the catalogue of causes."""
    reason: str
    actions: tuple[str, ...] = ()
    role: str = ""


@dataclass(frozen=True, slots=True)
class TooBroad:
    """One thing that is too open, or too much, and stops no run."""

    cause: str
    reason: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Wave:
    """What becomes of the workflow's access once its repository's subjects are immutable."""

    effect: Effect | None
    """The gravest of its tokens and roles; None where nothing is known."""
    today: str
    after: str
    """The subject today and afterwards of the token that meets it; empty where it is not known."""
    role: str
    reason: str

    @property
    def breaks(self) -> bool:
        """Whether a trust policy has to change for it."""
        return self.effect is not None and self.effect.needs_patch

    @property
    def verdict(self) -> Verdict:
        """``fail`` where a trust policy has to change, ``unknown`` where that cannot be told."""
        if self.breaks:
            return Verdict.FAIL
        return Verdict.UNKNOWN if self.effect in (None, Effect.UNKNOWN) else Verdict.PASS


@dataclass(frozen=True, slots=True)
class RoleUse:
    """What a workflow uses of one role: it counts where the role is judged for all of the fleet."""

    role: Arn
    needs: tuple[tuple[str, str | None], ...]
    """Action and resource; None for a resource that is not known."""
    left_out: int = 0
    """Needs beyond the bound, of which the line says no more."""
    open_uses: tuple[str, ...] = ()
    """Steps that may use the registry in a way that nobody read, one sentence each."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What the workflow's roles are granted beyond what the whole fleet needs of them."""

    verdict: Verdict
    """``fail``: too much, whoever of the fleet uses it; ``unknown``: a user, or a need, is not known."""
    grants: int
    """Grants that are too much, or would be if all users were known."""
    gravest: str
    """The first of them, a clause; empty where there is none."""
    reason: str
    users: tuple[str, ...] = ()
    """The other repositories of the fleet that use the same roles."""


@dataclass(frozen=True, slots=True)
class StartRow:
    """One of several ways in which a workflow is started, and whether a run that is started so would pass."""

    event: str
    ref: str
    source: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class WorkflowRow:
    """One release workflow of one repository."""

    repository: str
    workflow: str
    """The path of its file."""
    event: str
    """How the next run would be started; empty where nothing starts it."""
    ref: str
    source: str
    """How that is known, in words."""
    newest: NewestRun | None
    roles: tuple[RoleUse, ...]
    unknown_roles: tuple[str, ...]
    """Roles as they are written where neither the file nor a log tells which they are."""
    gates: tuple[tuple[Gate, Verdict, str], ...]
    """The gates that AWS enforces, with the next run's verdict and its reason; least privilege stops no run."""
    stops: tuple[Stop, ...]
    """The forecast, in the order in which reruns would meet it."""
    callers: Callers
    too_broad: tuple[TooBroad, ...]
    wave: Wave
    unknown: tuple[Missing, ...]
    read_at: datetime
    scope: Scope | None = None
    """None until all repositories have been read: another one may use the same roles."""
    starts: tuple[StartRow, ...] = ()
    """All ways in which it is started, where there are several: ``event``, ``ref`` and the gates are of the worst."""
    state: str = ""
    """Why GitHub starts it by nothing (``disabled_manually``); empty where it is active."""

    @property
    def fails_at(self) -> Gate | None:
        """The first gate that the next run would fail."""
        return next((gate for gate, verdict, _ in self.gates if verdict is Verdict.FAIL), None)

    @property
    def stopped(self) -> bool:
        """Whether the next run would be stopped, at a gate or by the state of a registry."""
        return bool(self.stops) or self.fails_at is not None

    @property
    def next_run(self) -> Verdict:
        """Whether the next run would pass every gate that AWS enforces."""
        if self.stopped:
            return Verdict.FAIL
        passes = bool(self.gates) and all(verdict is Verdict.PASS for _, verdict, _ in self.gates)
        return Verdict.PASS if passes else Verdict.UNKNOWN

    @property
    def breadth(self) -> Verdict:
        """Whether nobody is let in, and nothing granted, beyond need."""
        sides = {self.callers.verdict, self.scope.verdict if self.scope else Verdict.UNKNOWN}
        if self.too_broad or Verdict.FAIL in sides:
            return Verdict.FAIL
        return Verdict.UNKNOWN if Verdict.UNKNOWN in sides else Verdict.PASS

    @property
    def verdict(self) -> Verdict:
        """The worst of what the next run meets and of what is too broad; the wave to come is told beside it.

        Where GitHub has disabled the workflow no run comes next.
        """
        sides = {self.breadth} if self.state else {self.next_run, self.breadth}
        if Verdict.FAIL in sides:
            return Verdict.FAIL
        return Verdict.UNKNOWN if Verdict.UNKNOWN in sides else Verdict.PASS


class Status(StrEnum):
    """Whether a repository could be read, or why not."""

    READ = "read"
    EMPTY = "empty"
    """It has no commit, so nothing runs."""
    ARCHIVED = "archived"
    """GitHub runs no workflow of it."""
    DISABLED = "disabled"
    RENAMED = "renamed"
    """GitHub answers for this name with another repository: the line is of that one's name."""
    NOT_FOUND = "not-found"
    """Absent, or hidden from this token."""
    NO_ACCESS = "no-access"
    RATE_LIMITED = "rate-limited"
    UNREACHABLE = "unreachable"
    FAULT = "fault"
    """GitHub, or planescope itself, failed."""

    @property
    def passing(self) -> bool:
        """Whether asking again later may bring what is missing: a run that is taken up again does so."""
        return self in (Status.RATE_LIMITED, Status.UNREACHABLE, Status.FAULT)

    @property
    def settled(self) -> bool:
        """Whether all that can run was read."""
        return self in (Status.READ, Status.EMPTY, Status.ARCHIVED, Status.DISABLED)


@dataclass(frozen=True, slots=True)
class RepositoryRow:
    """One repository: that it was read, and how many workflows it has, or why it could not be."""

    repository: str
    status: Status
    reason: str
    """A sentence; empty where it was read and nothing is to be said."""
    way_out: str
    workflows: int
    """Workflow files of the default branch."""
    releases: int
    """Those among them that take AWS credentials."""
    open_users: tuple[str, ...]
    """Why a workflow of it may use a role that nobody knows of: a file that cannot be parsed, a role that is not told."""
    read_at: datetime
    again: str = ""
    """Why a part of it failed in passing, so that a run that is taken up reads it again; empty where none did."""

    @property
    def final(self) -> bool:
        """Whether reading it again would bring the same."""
        return not self.status.passing and not self.again


def untold(place: RepositoryRow, workflows: Collection[str]) -> tuple[str, ...]:
    """Return what is not known of a repository's workflows, without what the lines of these workflows say themselves."""
    return tuple(text for text in place.open_users if not any(text.startswith(f"{path} ") for path in workflows))


@dataclass(frozen=True, slots=True)
class RoleRecord:
    """A role that workflows of the fleet assume, as it was read once for all of them."""

    role: Arn
    why_not: str
    """Why its policies are not known; empty where they are."""
    trust: str
    """The trust policy as JSON text; empty where it is not known."""
    policies: tuple[tuple[str, str], ...]
    """Name and JSON text of each identity-based policy."""
    read_at: datetime
