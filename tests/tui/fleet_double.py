"""A fleet made by hand: every verdict, gate, status and effect, long and hostile names; and what reads it, slowly if wanted."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

from backend_double import CALLS, NOW, BackendDouble

from diagnosis.facts.account import CredentialsProblem
from diagnosis.fleet.order import Sort
from diagnosis.fleet.row import (
    Callers,
    NewestRun,
    RepositoryRow,
    RoleUse,
    Scope,
    Status,
    Stop,
    TooBroad,
    Wave,
    WorkflowRow,
)
from diagnosis.gates import Gate, Verdict
from diagnosis.migration.effects import Effect
from diagnosis.names.arn import Arn
from diagnosis.verdicts.gate_verdict import Missing
from tui.backend import Backend, BackendProblem, CallRow, CancelHook, Cancelled, Progress, ProgressHook
from tui.fleet_backend import FleetBackend, FleetForm, FleetLines

HOSTILE_NAME = "octo-org/[/red][@click=app.quit]x[/]\x1b[2J\u202e"
LONG = "octo-org/a-service-whose-name-is-as-long-as-github-takes-names-for-repositories-number-"
NAMES = (
    "octo-org/api", "octo-org/shop", f"{LONG}1", f"{LONG}2", HOSTILE_NAME, "octo-org/日本語の倉庫", "octo-org/billing",
    "octo-org/web", "octo-org/worker", "octo-org/mobile",
)  # fmt: skip
FILES = ("release.yml", "deploy-to-production-in-all-regions-and-tell-everybody-about-it.yaml", "image.yml")
CAUSES = {
    Gate.OIDC_TRUST: ("oidc-trust", "oidc-provider-absent"),
    Gate.ROLE_ASSUMPTION: ("role-assumption", "subject-not-admitted"),
    Gate.REGISTRY_AUTHORIZATION: ("registry-push", "push-scope"),
    Gate.SERVICE_AUTHORIZATION: ("service-authorization", "service-action"),
}
NEEDS = (("ecr:PutImage", "arn:aws:ecr:eu-west-1:111122223333:repository/x"), ("s3:PutObject", None))
GAP = Missing("the boundary", "iam:GetPolicy was denied", "let the reader call it", "iam:GetPolicy")
EFFECTS = (Effect.STAYS, Effect.BREAKS, Effect.UNKNOWN, Effect.BROKEN, None)
VERDICTS = (Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN)


def role_of(number: int) -> Arn:
    """A role."""
    found = Arn.parse(f"arn:aws:iam::111122223333:role/release-{number}")
    assert found is not None
    return found


def gates_of(stopped: Gate | None, unknown: bool) -> Iterator[tuple[Gate, Verdict, str]]:
    """The gates up to the one that fails, and behind it what was not reached."""
    reached = True
    for gate in CAUSES:
        if gate is stopped:
            reached = False
            yield gate, Verdict.FAIL, f"The {gate.label} says no."
        elif not reached:
            yield gate, Verdict.BLOCKED, "An earlier gate fails."
        else:
            yield gate, Verdict.UNKNOWN if unknown else Verdict.PASS, "" if not unknown else "It was not read."


def row_of(number: int) -> WorkflowRow:
    """One line, by its number; neighbours differ in everything."""
    stopped = [None, *CAUSES, None][number % 6]
    unknown = stopped is None and number % 4 == 1
    callers, beyond = VERDICTS[number % 3], VERDICTS[(number // 2) % 3]
    effect = EFFECTS[number % 5]
    name = NAMES[number % len(NAMES)] if number < 60 else f"octo-org/service-{number}"
    stops = (
        [Stop(stopped, *CAUSES[stopped], f"It lacks what {number} needs.", ("ecr:PutImage",), str(role_of(number)))]
        if stopped
        else []
    )
    if number % 7 == 3:
        stops.append(
            Stop(None, "registry-state", "repository-absent", "The repository is not there.", ("ecr:PutImage",))
        )
    return WorkflowRow(
        repository=name,
        workflow=f".github/workflows/{FILES[number % 3] if number < 60 else 'release.yml'}",
        event=("push", "workflow_dispatch", "")[number % 3],
        ref=("main", "release/2026", "")[number % 3],
        source="as its newest run was" if number % 2 else "by its triggers",
        newest=None if number % 9 == 8 else NewestRun(
            9_000 + number, ("success", "failure", "in_progress", "cancelled")[number % 4],
            NOW - timedelta(hours=number), f"https://github.com/octo-org/api/actions/runs/{9_000 + number}",
        ),
        roles=(RoleUse(role_of(number), NEEDS),) if number % 8 != 7 else (),
        unknown_roles=("${{ vars.ROLE }}",) if number % 8 == 7 else (),
        gates=tuple(gates_of(stopped, unknown)),
        stops=tuple(stops),
        callers=Callers(
            callers, 3, 2 if callers is Verdict.FAIL else 0, 1, int(callers is Verdict.FAIL),
            "a pull request of a fork" if callers is Verdict.FAIL else "", "Its trust policy admits every branch.",
        ),
        too_broad=(TooBroad("repository-open", "Everybody may pull.", str(role_of(number))),) if number % 11 == 5 else (),
        wave=Wave(
            effect, "repo:octo-org/api:ref:refs/heads/main", "repo:octo-org@1/api@2:ref:refs/heads/main", str(role_of(number)),
            "The trust policy names the subject of today alone.",
        ),
        unknown=(GAP,) if number % 4 == 1 else (),
        read_at=NOW,
        scope=Scope(beyond, 4 * (beyond is not Verdict.PASS), "ecr:* on *", f"release-{number}: ecr:* on *.", ("octo-org/web",)),
    )  # fmt: skip


def place_of(number: int, status: Status = Status.READ) -> RepositoryRow:
    """The line of a repository."""
    name = f"octo-org/{status.value}-{number}" if status is not Status.READ else row_of(number).repository
    reason = "" if status is Status.READ else f"It is {status.value.replace('-', ' ')}: [/red]\x1b[31m."
    return RepositoryRow(name, status, reason, "" if status is Status.READ else "ask its owner", 3, 1, (), NOW)


def fleet_lines(count: int = 60) -> FleetLines:
    """So many lines, a repository of every status, and one that was read in part."""
    rows = {(row.repository, row.workflow): row for row in map(row_of, range(count))}
    places = {row.repository: replace(place_of(0), repository=row.repository) for row in rows.values()}
    unread = [place_of(at, status) for at, status in enumerate(Status) if status is not Status.READ]
    partly = replace(
        place_of(0), repository="octo-org/partly", open_users=(".github/workflows/x.yml cannot be parsed: a tab",)
    )
    return FleetLines((*places.values(), *unread, partly), tuple(rows.values()))


def pieces(lines: FleetLines) -> list[FleetLines]:
    """The same, one repository after the other, as they are read: what is beyond need is told in the end."""
    return [
        FleetLines(
            (place,), tuple(replace(row, scope=None) for row in lines.rows if row.repository == place.repository)
        )
        for place in lines.repositories
    ]


class FleetDouble:
    """A :class:`tui.fleet_backend.FleetBackend`; attributes say how it behaves."""

    def __init__(self, lines: FleetLines | None = None, dashboard: Callable[[], Backend] = BackendDouble) -> None:
        self.lines = lines if lines is not None else fleet_lines(24)
        self.dashboard = dashboard
        self.title, self.origin_note, self.limit_note = "octo-org", "", "GitHub 4,812 of 5,000 left"
        self.credentials_problem: CredentialsProblem | None = None
        self.problem: BackendProblem | None = None
        self.hang = threading.Event()
        """Set: after a third of it the read waits, looking at ``cancelled``, until it is cleared."""
        self.reads = 0
        self.opened: list[WorkflowRow] = []
        self.closed = threading.Event()

    def read(self, tell: Callable[[FleetLines], None], *, progress: ProgressHook, cancelled: CancelHook) -> FleetLines:
        self.reads += 1
        if self.problem is not None:
            raise self.problem
        parts = pieces(self.lines) if self.hang.is_set() else [self.lines]
        for done, part in enumerate(parts):
            while self.hang.is_set() and done * 3 >= len(parts):
                if cancelled():
                    raise Cancelled
                progress(Progress("repositories, 60/min, 12 s left", done, len(parts)))
                threading.Event().wait(0.005)
            tell(part)
        return self.lines

    def open(self, row: WorkflowRow) -> Backend:
        self.opened.append(row)
        return self.dashboard()

    def address(self, row: WorkflowRow | RepositoryRow) -> str:
        newest = row.newest if isinstance(row, WorkflowRow) else None
        return newest.url if newest else f"https://github.com/{row.repository}"

    def written(self, form: FleetForm, shown: FleetLines, by: Sort) -> str:
        return "\n".join(json.dumps([form.value, by.value, row.repository]) for row in shown.rows) + "\n"

    def calls(self) -> tuple[CallRow, ...]:
        return CALLS

    def close(self) -> None:
        self.closed.set()


class FleetsDouble:
    """A :class:`tui.fleet_backend.Fleets`; every name is one fleet, ``nonsense`` is none."""

    def __init__(self, *made: FleetDouble) -> None:
        self.made = list(made)
        """The fleets in the order in which they are asked for; the last one stands for all that follow."""
        self.asked: list[str] = []

    def offered(self, repository: str) -> str:
        return repository.split("/")[-2] if "/" in repository else ""

    def named(self, text: str, *, files: bool) -> Callable[[], FleetBackend]:
        if text == "nonsense":
            raise BackendProblem("nonsense is no organization.", "Name one.")
        self.asked.append(text)
        return self._next

    def _next(self) -> FleetBackend:
        if not self.made:
            self.made.append(FleetDouble())
        return self.made[min(len(self.asked), len(self.made)) - 1]
