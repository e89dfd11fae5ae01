"""A backend made by hand: the incident's stages, many runs, hostile words, and everything that can go wrong, on demand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path as FilePath

from incident_between import between_of
from incident_logs import moment_of
from incident_names import DAY, REPOSITORY, RUN_IDS
from incident_values import diagnosis_of

from diagnosis.account_view.view import SessionView
from diagnosis.closure.corrections import Correction
from diagnosis.documents.walkthrough.steps import Walkthrough
from diagnosis.documents.walkthrough.telling import walkthrough
from diagnosis.facts.case import Case
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.replay import Replay
from diagnosis.what_if.outcome import WhatIf
from tui.backend import (
    BackendProblem,
    Between,
    CallRow,
    CancelHook,
    Cancelled,
    Corrections,
    ExportChoice,
    ExportResult,
    Moment,
    Progress,
    ProgressHook,
    ProposedDocument,
    RunKey,
    RunPage,
    RunPlace,
    RunQuery,
    RunRow,
    Update,
    WorkflowRow,
    no_progress,
)
from tui.backends.proposed import judged, opened_text, proposal_of, saved_text, views_of
from tui.packet.files import EVERY_FILE

AS_USUAL = ExportChoice()
NOW = datetime(2026, 2, 13, 12, 30, tzinfo=UTC)
PAGE = 100
MOMENTS = (
    Moment("1", "run 1 has just failed", "The account has no provider yet."),
    Moment("2", "the provider exists, run 2 has failed", "The role has no ECR permission yet."),
    Moment("3", "the policy is there, run 3 has succeeded", "All gates are open."),
)


def row_of(run: int) -> RunRow:
    """A row of the incident."""
    return RunRow(
        key=(RUN_IDS[run - 1], 1),
        number=run,
        workflow="dev-min-m1-packaging",
        workflow_path=".github/workflows/dev_min_m1_packaging.yml",
        title="dev-min-m1-packaging",
        ref="migrate-dev" if run == 1 else "dev",
        event="workflow_dispatch",
        actor="EsosaOrumwese",
        status="completed",
        conclusion="success" if run == 3 else "failure",
        created_at=moment_of(run),
        url=f"https://github.com/{REPOSITORY}/actions/runs/{RUN_IDS[run - 1]}",
    )


def many_row(number: int) -> RunRow:
    """One of very many rows."""
    return replace(
        row_of(1),
        key=(90_000_000 + number, 1),
        number=number,
        ref=f"feature/{number}",
        title=f"change number {number}",
        conclusion=("success", "failure", "cancelled")[number % 3],
        created_at=DAY + timedelta(minutes=number),
    )


class BackendDouble:
    """A :class:`tui.backend.Backend`; attributes say how it behaves, lists say what it was asked."""

    def __init__(self, stage: int = 1, *, total: int | None = None) -> None:
        self._index = stage - 1
        self.total = total
        self.asked: list[tuple[RunKey | None, RunKey | None]] = []
        self.queries: list[tuple[RunQuery, int]] = []
        self.exported: list[Diagnosis] = []
        self.corrected: list[Correction] = []
        self.handed_out: list[tuple[Walkthrough, FilePath]] = []
        self.moved: list[int] = []
        self.case_file: FilePath | None = None
        self.polled = 0
        self.news = True
        """Whether a poll finds that something has changed."""
        self.case = Case()
        self.proposed: list[tuple[ProposedDocument, ...]] = []
        self.compared: list[tuple[RunKey, RunKey]] = []
        self.closed = threading.Event()
        self.hang = threading.Event()
        """Set: diagnose waits, looking at ``cancelled``, until it is cleared."""
        self.deaf = threading.Event()
        """Set: diagnose waits and looks at nothing, as a probe that hangs."""
        self.problems: dict[str, Exception] = {}
        """Method name to what it raises, once."""
        self.change: Callable[[Diagnosis], Diagnosis] = lambda diagnosis: diagnosis
        self.rows: Callable[[RunRow], RunRow] = lambda row: row
        self.call_rows: tuple[CallRow, ...] = CALLS
        self.title = REPOSITORY
        self.repository_address = f"https://github.com/{REPOSITORY}"
        self.places: list[RunPlace] = []
        self.workflow_rows = WORKFLOWS
        self.workflows_asked = 0
        self.further: tuple[RunRow, ...] = ()
        self.origin_note = "embedded incident: logs reconstructed"
        self.limit_note = ""
        self.moments: tuple[Moment, ...] = MOMENTS
        self.choices: list[tuple[FilePath | None, ExportChoice]] = []
        self.export_directory = FilePath("planescope-packet-21985402789")

    @property
    def moment_index(self) -> int:
        return self._index

    @property
    def stage(self) -> int:
        """1, 2 or 3."""
        return self._index + 1

    def _trip(self, method: str) -> None:
        problem = self.problems.pop(method, None)
        if problem is not None:
            raise problem

    def move_to(self, index: int) -> None:
        self._trip("move_to")
        self.moved.append(index)
        self._index = index

    def list_runs(
        self, query: RunQuery, page: int, *, cancelled: CancelHook, progress: ProgressHook = no_progress
    ) -> RunPage:
        self._trip("list_runs")
        self.queries.append((query, page))
        if self.total is not None:
            first = (page - 1) * PAGE
            numbers = range(self.total - first, max(0, self.total - first - PAGE), -1)
            rows = tuple(self.rows(many_row(number)) for number in numbers)
            return RunPage(rows, self.total, page + 1 if first + PAGE < self.total else None)
        runs = [row for row in map(row_of, range(self.stage, 0, -1)) if query.branch in ("", row.ref)]
        return RunPage(tuple(self.rows(row) for row in runs), len(runs), None)

    def find_run(self, place: RunPlace, *, progress: ProgressHook, cancelled: CancelHook) -> RunRow:
        self.places.append(place)
        self._trip("find_run")
        known = [row for row in map(row_of, (1, 2, 3)) if row.key[0] == place.run]
        return replace((known or [many_row(place.run - 90_000_000)])[0], key=(place.run, place.attempt or 1))

    def workflows(self, *, progress: ProgressHook, cancelled: CancelHook) -> tuple[WorkflowRow, ...]:
        self.workflows_asked += 1
        self._trip("workflows")
        return self.workflow_rows

    def diagnose(
        self, selected: RunKey | None, *, subject: RunKey | None, progress: ProgressHook, cancelled: CancelHook
    ) -> Diagnosis:
        self.asked.append((selected, subject))
        self._trip("diagnose")
        progress(Progress("reading jobs and logs", 1, 3))
        while self.hang.is_set():
            if cancelled():
                raise Cancelled
            threading.Event().wait(0.005)
        while self.deaf.is_set():
            threading.Event().wait(0.005)
        wanted = subject or selected
        run = next((number for number, identity in enumerate(RUN_IDS, 1) if wanted == (identity, 1)), None)
        return self.change(diagnosis_of(self.stage, run if run is not None and run <= self.stage else None))

    def poll(
        self,
        query: RunQuery,
        selected: RunKey | None,
        *,
        subject: RunKey | None,
        progress: ProgressHook,
        cancelled: CancelHook,
    ) -> Update:
        self.polled += 1
        self._trip("poll")
        if not self.news:
            return Update()
        runs = self.list_runs(query, 1, cancelled=cancelled)
        found = self.diagnose(selected, subject=subject, progress=progress, cancelled=cancelled)
        return Update(runs, found, self.further)

    def between(self, earlier: Replay, later: Replay, *, progress: ProgressHook, cancelled: CancelHook) -> Between:
        self.compared.append((earlier.attempt.key, later.attempt.key))
        self._trip("between")
        return between_of(earlier, later)

    def session_views(
        self, shown: Diagnosis, run: RunKey, *, progress: ProgressHook, cancelled: CancelHook
    ) -> tuple[SessionView, ...]:
        self._trip("session_views")
        return views_of(shown, run, self.case, progress, cancelled)

    def what_if(
        self, shown: Diagnosis, documents: Sequence[ProposedDocument], *, progress: ProgressHook, cancelled: CancelHook
    ) -> WhatIf:
        self._trip("what_if")
        self.proposed.append(tuple(documents))
        while self.hang.is_set():
            if cancelled():
                raise Cancelled
            threading.Event().wait(0.005)
        return judged(shown, self.case, [proposal_of(document) for document in documents], progress, cancelled)

    def open_document(self, place: FilePath) -> str:
        self._trip("open_document")
        return opened_text(place)

    def save_document(self, text: str, place: FilePath) -> FilePath:
        self._trip("save_document")
        return saved_text(text, place)

    def calls(self) -> tuple[CallRow, ...]:
        return self.call_rows

    @property
    def corrections(self) -> Corrections:
        return Corrections(len(self.corrected), self.case_file)

    def correct(
        self, correction: Correction, shown: Diagnosis, *, progress: ProgressHook, cancelled: CancelHook
    ) -> None:
        self._trip("correct")
        self.corrected.append(correction)

    def undo_correction(self) -> None:
        self._trip("undo_correction")
        self.corrected.pop()

    def keep_corrections(self, file: FilePath, shown: Diagnosis) -> None:
        self._trip("keep_corrections")
        self.case_file = file

    def export_packet(
        self, diagnosis: Diagnosis, place: FilePath | None, choice: ExportChoice = AS_USUAL
    ) -> ExportResult:
        self._trip("export_packet")
        self.exported.append(diagnosis)
        self.choices.append((place, choice))
        return ExportResult(self.export_directory, EVERY_FILE, f"sha256:{0:064d}", choice.masked)

    def walkthrough(self, moments: Sequence[Diagnosis], *, masked: bool = False) -> Walkthrough:
        self._trip("walkthrough")
        return walkthrough(moments, Case(), mask_accounts=masked)

    def write_handout(self, told: Walkthrough, place: FilePath) -> FilePath:
        self._trip("write_handout")
        self.handed_out.append((told, place))
        place.write_text("the hand-out")
        return place

    def close(self) -> None:
        self.closed.set()


WORKFLOWS = (
    WorkflowRow(
        "dev-min-m1-packaging", ".github/workflows/dev_min_m1_packaging.yml", "active", "dev_min_m1_packaging.yml"
    ),
    WorkflowRow("Release to production", ".github/workflows/release.yml", "active", "release.yml"),
    WorkflowRow("[bold]nightly[/]", ".github/workflows/nightly.yml", "disabled_manually", "nightly.yml"),
)

CALLS = tuple(
    CallRow(moment_of(1) + timedelta(minutes=1, seconds=30 + number), service, operation, target, result, seconds)
    for number, (service, operation, target, result, seconds) in enumerate([
        ("github", "GET /repos/{owner}/{repo}/actions/runs", REPOSITORY, "200", 0.031),
        ("github", "GET /repos/{owner}/{repo}/actions/runs/{run}/attempts/{n}/jobs", "21985402789", "200", 0.024),
        ("github", "GET /repos/{owner}/{repo}/actions/jobs/{job}/logs", "63411", "302", 0.012),
        ("storage", "GET", "63411.txt", "200", 0.044),
        ("sts", "GetCallerIdentity", "-", "ok", 0.011),
        ("iam", "ListOpenIDConnectProviders", "-", "ok", 0.009),
        ("iam", "GetRole", "GitHubAction-AssumeRoleWithAction", "ok", 0.010),
        ("organizations", "ListPoliciesForTarget", "230372904534", "AccessDeniedException", 0.008),
        ("ecr", "DescribeRepositories", "fraud-platform-dev-min", "ok", 0.014),
    ])
)  # fmt: skip

PROBLEM = BackendProblem(
    "GitHub does not know this repository.", "Check the name, or give a token that may read it.", 2
)
