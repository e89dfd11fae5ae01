"""Answer the app's questions about one repository: list runs, collect a chain, ask the account, and judge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from diagnosis.account_view.view import SessionView
from diagnosis.baseline.review import Seen
from diagnosis.baseline.state import Baseline
from diagnosis.closure.corrections import Correction, Kind, apart_by_hand, corrected
from diagnosis.closure.release_target import OneTarget, of_one_target
from diagnosis.diagnose import conclude, question_of, subject_of
from diagnosis.documents.packet import packet
from diagnosis.documents.walkthrough.steps import Walkthrough
from diagnosis.documents.walkthrough.telling import walkthrough
from diagnosis.facts.account import AccountQuestion, AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.endpoints import Endpoint, Service, endpoints_of
from diagnosis.facts.role_usage import Usage
from diagnosis.facts.runs import Attempt
from diagnosis.live.green_run import wants_green_run
from diagnosis.names.arn import Arn
from diagnosis.remedies.offers.role_search import SearchOf, no_search, role_search
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.gate_verdict import Missing
from diagnosis.verdicts.replay import Replay
from diagnosis.what_if.outcome import WhatIf
from probes.github.read.runs import RunFilter
from probes.github.read.runs import RunPage as SourcePage
from probes.github.source import GitHubSource
from probes.ledger import Ledger
from tui.backend import (
    BackendProblem,
    Between,
    CallRow,
    CancelHook,
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
from tui.backends.between_attempts import read_between
from tui.backends.closure_facts import ClosureReader
from tui.backends.corrected_chain import CorrectedChain
from tui.backends.drift import DriftReader, StateReader, UsageReader
from tui.backends.evidence_facts import EvidenceReader
from tui.backends.files_of_the_user import named_file
from tui.backends.finding_runs import find_attempt, list_workflows
from tui.backends.github_side import GitHubSide, names_chain, stop_if
from tui.backends.proposed import judged, opened_text, proposal_of, saved_text, views_of
from tui.backends.stated import StatedValues
from tui.judging.judge import Judge
from tui.packet.contents import TOOL
from tui.packet.files import PacketProblem
from tui.packet.handout import write_handout
from tui.packet.names import usual_name
from tui.packet.write import Form, write

AccountReader = Callable[[AccountQuestion, ProgressHook, CancelHook, SearchOf], "AccountState | Missing"]
"""Asks the live side; ``Missing`` where nothing at all can be read, with the reason and the way out. The last argument
tells, once the gates can be judged, whether the account's other roles are worth a look."""

_FEW = 10
"""Below a tenth of the rate limit it is worth saying when it is full again."""


class RepositoryBackend:
    """A :class:`tui.backend.Backend` for one repository of one GitHub."""

    def __init__(
        self,
        source: GitHubSource,
        read_account: AccountReader,
        *,
        case: Case,
        ledger: Ledger,
        title: str,
        workflow: str = "",
        branch: str = "",
        stated: StatedValues = StatedValues(),  # noqa: B008 - frozen
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        reads_history: bool = False,
        case_file: Path | None = None,
        read_state: StateReader | None = None,
        read_usage: UsageReader = lambda _state, _progress, _cancelled: Usage(),
    ) -> None:
        self._read_state = read_state or partial(_without_search, read_account)
        self._read_usage = read_usage
        self._source = source
        self._github = GitHubSide(source, workflow=workflow, branch=branch)
        self._closure = ClosureReader(source, self._github)
        self.evidence = EvidenceReader(source)
        """Reads what the case points to."""
        self._read_account = read_account
        self._ledger = ledger
        self._title = title
        self._workflow, self._branch = workflow, branch
        self._clock = clock
        self._reads_history = reads_history
        """Whether the live side looks into CloudTrail, so that a green run can tell something."""
        self._stated = stated
        self._asked: tuple[AccountQuestion, AccountState | Missing] | None = None
        """The account as it was last read, and what it was asked."""
        self._judged: tuple[Case, tuple[Replay, ...]] = case, ()
        """The attempts that were judged last, and with which case."""
        self._corrected = CorrectedChain(case_file)
        self._workflows: tuple[WorkflowRow, ...] | None = None
        self.case = case
        """With what the command line states."""
        self.origin = ""
        self.in_place_of_github = ""
        """Which server is asked, where it is not github.com: nobody takes a stand-in for it."""
        self.moment_words = ""

    # -- what the screen shows of the backend itself

    @property
    def title(self) -> str:
        """The repository, and what narrows it."""
        return self._title

    @property
    def repository_address(self) -> str:
        """Where the repository is on the web."""
        return self._source.address

    @property
    def origin_note(self) -> str:
        """What kind of facts these are; for a live repository, who is asked, and what is wrong with the local store."""
        # An origin says of GitHub that it is not asked.
        asked = (each for each in self._endpoints() if not self.origin or each.service is not Service.GITHUB)
        notes = (self.origin, *(each.short for each in asked), "" if self.origin else self.store_note)
        return " · ".join(note for note in notes if note)

    def _endpoints(self) -> tuple[Endpoint, ...]:
        """Return the servers that were asked in github.com's or AWS's place, as far as is known by now."""
        account = self._asked[1] if self._asked else None
        return endpoints_of(self.in_place_of_github, account.endpoints if isinstance(account, AccountState) else ())

    @property
    def store_note(self) -> str:
        """What is wrong with the local store, as a sentence; empty while nothing is."""
        return self._source.store_note

    @property
    def limit_note(self) -> str:
        """What is left of GitHub's rate limit; empty before the first answer, and where GitHub is not asked."""
        left = self._source.rate_limit
        if left is None or self.origin:
            return ""
        until = f" until {left.resets_at:%H:%M} UTC" if left.resets_at and left.remaining * _FEW < left.limit else ""
        return f"GitHub {left.remaining:,} of {left.limit:,} left{until}"

    @property
    def moments(self) -> Sequence[Moment]:
        """A live repository has one moment: now."""
        return ()

    @property
    def moment_index(self) -> int:
        """Always the first."""
        return 0

    def move_to(self, index: int) -> None:
        """Do nothing: a live repository has no stages."""
        raise BackendProblem("This is a live repository: it has no stages.", "Stages belong to `planescope demo`.")

    def calls(self) -> tuple[CallRow, ...]:
        """Return the ledger as rows."""
        return tuple(
            CallRow(entry.started_at, entry.service, entry.operation, entry.target, entry.result, entry.duration)
            for entry in self._ledger.entries()
        )

    def close(self) -> None:
        """Close the connections."""
        self._source.close()

    def forget(self) -> None:
        """Drop everything that was read; the embedded incident calls it when the stage changes."""
        self._github.forget()
        self._closure.forget()
        self.evidence.forget()
        self._asked = None
        self._workflows = None
        self._judged = self.case, ()

    # -- runs

    def list_runs(
        self, query: RunQuery, page: int, *, cancelled: CancelHook, progress: ProgressHook = no_progress
    ) -> RunPage:
        """Return one page of runs, newest first."""
        wanted = self._filter(query)
        return _rows(self._github.listed(wanted, page, progress, cancelled))

    def runs_now(
        self, query: RunQuery, runs: Sequence[int] = (), *, progress: ProgressHook, cancelled: CancelHook
    ) -> tuple[RunRow, ...] | None:
        """Return the newest runs, these runs, and those that were active when they were last read; None while nothing changes.

        That is asked as :meth:`poll` asks it, without a diagnosis.
        """
        changes = self._github.changes(self._filter(query), progress, cancelled)
        missing = [run for run in runs if not self._github.has(run)]
        found = self._github.attempts_of(missing, progress, cancelled) if missing else ()
        self._github.remember(found)
        return tuple(map(_row, self._github.remembered)) if changes or found else None

    def poll(
        self,
        query: RunQuery,
        selected: RunKey | None,
        *,
        subject: RunKey | None,
        progress: ProgressHook,
        cancelled: CancelHook,
    ) -> Update:
        """Return what GitHub has new; the account is asked again only where a run has ended or the chain is another."""
        changes = self._github.changes(self._filter(query), progress, cancelled)
        if changes is None:
            return Update()
        # A run's time of change alone is no reason to fill the list anew, which would take the reader back to its top.
        same = not changes.elsewhere and tuple(map(_row, changes.before)) == tuple(map(_row, changes.page.attempts))
        rows = None if same else _rows(changes.page)
        further = tuple(map(_row, changes.further))
        chain = self._github.chain(selected, self._followed, progress, cancelled)
        if not changes.jobs and self._github.shows(chain):
            return Update(rows, further=further)
        keep = self._github.none_has_ended(chain)
        found = not names_chain(self._followed, selected)
        diagnosis = self._diagnosed(chain, subject or selected, progress, cancelled, keep_account=keep, found=found)
        return Update(rows, diagnosis, further)

    def find_run(self, place: RunPlace, *, progress: ProgressHook, cancelled: CancelHook) -> RunRow:
        """Return the run that an address names."""
        return _row(find_attempt(self._source, place, progress, cancelled))

    def workflows(self, *, progress: ProgressHook, cancelled: CancelHook) -> tuple[WorkflowRow, ...]:
        """Return the repository's workflows; they are asked for once."""
        if self._workflows is None:
            self._workflows = list_workflows(self._source, progress, cancelled)
        return self._workflows

    def _filter(self, query: RunQuery) -> RunFilter:
        """Return the query with what narrows the backend."""
        return RunFilter(
            workflow=query.workflow or self._workflow,
            branch=query.branch or self._branch,
            actor=query.actor,
            event=query.event,
            status=query.status,
            created=query.created,
        )

    # -- the diagnosis

    def diagnose(
        self, selected: RunKey | None, *, subject: RunKey | None, progress: ProgressHook, cancelled: CancelHook
    ) -> Diagnosis:
        """Diagnose the chain around the selected run."""
        progress(Progress("collecting the chain of attempts"))
        chain = self._github.chain(selected, self._followed, progress, cancelled)
        found = not names_chain(self._followed, selected)
        return self._diagnosed(chain, subject or selected, progress, cancelled, found=found)

    def diagnose_runs(self, runs: Sequence[int], *, progress: ProgressHook, cancelled: CancelHook) -> Diagnosis:
        """Diagnose exactly these runs, every attempt of each."""
        progress(Progress("reading the runs"))
        attempts = self._github.attempts_of(runs, progress, cancelled)
        chain = corrected(attempts, self.case) if tuple(runs) == self.case.runs else attempts
        return self._diagnosed(chain, None, progress, cancelled)

    def replays_around(
        self, runs: Sequence[int], *, progress: ProgressHook, cancelled: CancelHook
    ) -> tuple[Replay, ...]:
        """Replay the whole chains in which these runs lie, without asking the account; no run means the newest chain."""
        progress(Progress("collecting the chain of attempts"))
        chain = self._github.chains_around(runs, self._followed, progress, cancelled)
        with Judge(self.case, self._source.conclusions) as judge:
            attempts = self._github.with_parts(chain, progress, cancelled, judge)
            return judge.replays(attempts, partial(stop_if, cancelled))

    def _reviewed_at(self) -> datetime:
        """Return the time at which a review stands."""
        return self._clock()

    def reviewed(
        self, baseline: Baseline | None, roles: Sequence[Arn] = (), *, progress: ProgressHook, cancelled: CancelHook
    ) -> Seen:
        """Read the repository's releases and the account that they meet, for a review against a baseline."""
        reader = DriftReader(
            self._source,
            self._read_state,
            self._read_usage,
            self.case,
            self._reviewed_at,
            progress=progress,
            cancelled=cancelled,
        )
        return reader.seen(baseline, roles, in_place_of_github=self.in_place_of_github, origin=self.origin)

    def _diagnosed(
        self,
        chain: Sequence[Attempt],
        subject: RunKey | None,
        progress: ProgressHook,
        cancelled: CancelHook,
        *,
        keep_account: bool = False,
        found: bool = False,
    ) -> Diagnosis:
        """Judge a chain; one that was found, and not named, is of one release target."""
        judged_with, before = self._judged
        judged_before = before if judged_with == self.case else ()
        with Judge(self.case, self._source.conclusions, known=judged_before) as judge:
            attempts = self._github.with_parts(chain, progress, cancelled, judge)
            replays = judge.replays(attempts, partial(stop_if, cancelled))
        self._judged = self.case, replays
        one = of_one_target(replays, subject) if found else OneTarget(replays)
        elsewhere = frozenset(each.attempt.run_id for each in replays) - {each.attempt.run_id for each in one.replays}
        if one.replays[-1:] != replays[-1:]:
            # Another attempt closes the chain now: its artifacts are read.
            chain = [replay.attempt for replay in one.replays]
            with Judge(self.case, self._source.conclusions) as judge:
                attempts = self._github.with_parts(chain, progress, cancelled, judge)
                one = replace(one, replays=judge.replays(attempts, partial(stop_if, cancelled)))
        replays = one.replays
        case = self._case_of([replay.attempt for replay in replays])
        chosen = subject_of(replays, subject)
        apart = (*one.apart, *apart_by_hand(self.case, [replay.attempt for replay in replays]))
        account: AccountState | Missing | None = None
        if chosen is not None:
            question = self._question(chosen, replays, case, progress, cancelled)
            known = self._asked if keep_account and self._asked and self._asked[0] == question else None
            if known is None:
                progress(Progress("asking the account"))
                search_of = partial(role_search, chosen, case=case)
                known = question, self._read_account(question, progress, cancelled, search_of)
                stop_if(cancelled)
            self._asked, account = known, known[1]
            if isinstance(account, AccountState) and question.role_arn is not None:
                # Whoever else uses the role matters where its policies are judged, and nowhere else.
                attempt = self._github.with_other_workflows(chosen.attempt, progress, cancelled)
                replays = tuple(replace(each, attempt=attempt) if each is chosen else each for each in replays)
        state = account if isinstance(account, AccountState) else None
        facts = self._closure.read(replays, state, progress, cancelled, elsewhere)
        facts = self.evidence.add(facts, case, state, progress, cancelled)
        diagnosis = conclude(
            replays,
            state,
            case,
            subject=chosen.attempt.key if chosen else None,
            live_gap=account if isinstance(account, Missing) else None,
            title=self._title,
            moment=self.moment_words,
            made_at=self._clock(),
            github=self.in_place_of_github,
            facts=facts,
        )
        return self._stated.shown_on(replace(diagnosis, unknown=(*apart, *diagnosis.unknown)))

    def _question(
        self,
        chosen: Replay,
        replays: Sequence[Replay],
        case: Case,
        progress: ProgressHook,
        cancelled: CancelHook,
    ) -> AccountQuestion:
        """Return what to ask the account; the workflow's last success is looked for only where it can tell something."""
        question = question_of(chosen, case, replays)
        if not self._reads_history or not wants_green_run(question, chosen, case):
            return question
        progress(Progress("looking for the last green run"))
        return question_of(chosen, case, replays, self._github.green_run(chosen.attempt, progress, cancelled))

    # -- corrections by hand

    @property
    def corrections(self) -> Corrections:
        """What was corrected by hand, and where it is kept."""
        return self._corrected.state

    def correct(
        self, correction: Correction, shown: Diagnosis, *, progress: ProgressHook, cancelled: CancelHook
    ) -> None:
        """Correct the chain that is shown; a run that is to be added is looked at first."""
        if correction.kind is Kind.ADD:
            self._github.attempts_of([correction.run], progress, cancelled)
        self.case = self._corrected.correct(self.case, self._followed, correction, shown.replays)

    def undo_correction(self) -> None:
        """Take the last correction back, in the case file too."""
        self.case = self._corrected.undo(self.case)

    def keep_corrections(self, file: Path, shown: Diagnosis) -> None:
        """Write a new case file with what was corrected; later corrections go there."""
        place = named_file(file)
        self.case = self._corrected.keep_in(place, self.case, self._followed, shown.replays)

    @property
    def _followed(self) -> Case:
        """Whose runs are shown until one is selected."""
        return self.case

    def _case_of(self, chain: Sequence[Attempt]) -> Case:
        """Return the case as it applies to a chain. What an option states is stated of whatever is looked at."""
        return self._stated.over(self.case.of_chain(chain))

    def between(self, earlier: Replay, later: Replay, *, progress: ProgressHook, cancelled: CancelHook) -> Between:
        """Read what changed from one attempt to another."""
        return read_between(self._source, earlier, later, progress, cancelled)

    # -- the account's documents

    def session_views(
        self, shown: Diagnosis, run: RunKey, *, progress: ProgressHook, cancelled: CancelHook
    ) -> tuple[SessionView, ...]:
        """Return what the account holds for each session of a run, from what was read."""
        return views_of(shown, run, self.case_shown(shown), progress, cancelled)

    def what_if(
        self, shown: Diagnosis, documents: Sequence[ProposedDocument], *, progress: ProgressHook, cancelled: CancelHook
    ) -> WhatIf:
        """Judge proposed documents in memory."""
        proposals = [proposal_of(document) for document in documents]
        return judged(shown, self.case_shown(shown), proposals, progress, cancelled)

    def open_document(self, place: Path) -> str:
        """Read a policy's text from a file."""
        return opened_text(place)

    def save_document(self, text: str, place: Path) -> Path:
        """Write a document to a new file."""
        return saved_text(text, place)

    def case_shown(self, shown: Diagnosis) -> Case:
        """Return the case as it applies to the runs of a diagnosis."""
        return self._case_of([replay.attempt for replay in shown.replays])

    def export_packet(
        self,
        diagnosis: Diagnosis,
        place: Path | None,
        choice: ExportChoice = ExportChoice(),  # noqa: B008 - frozen
    ) -> ExportResult:
        """Write the evidence packet; None is the usual name in the current directory, where that is free."""
        first = diagnosis.replays[0].attempt.run_id if diagnosis.replays else 0
        form = Form(zipped=choice.zipped, force=choice.force, sign=choice.sign)
        try:
            made = packet(
                diagnosis, self.case_shown(diagnosis), mask_accounts=choice.masked, audience=choice.audience, tool=TOOL
            )
            written = write(made, place or usual_name(Path.cwd(), first, zipped=choice.zipped), form)
        except PacketProblem as problem:
            raise BackendProblem(str(problem), exit_code=problem.exit_code) from None
        return ExportResult(written.place, written.files, written.root, choice.masked)

    def walkthrough(self, moments: Sequence[Diagnosis], *, masked: bool = False) -> Walkthrough:
        """Tell the chain of the last diagnosis step by step."""
        case = self._case_of([each.attempt for each in moments[-1].replays])
        return replace(walkthrough(moments, case, mask_accounts=masked), origin=self.origin_note)

    def write_handout(self, told: Walkthrough, place: Path) -> Path:
        """Write a walkthrough as one page of Markdown."""
        try:
            return write_handout(told, place)
        except PacketProblem as problem:
            raise BackendProblem(str(problem), exit_code=problem.exit_code) from None


def _without_search(
    read: AccountReader, question: AccountQuestion, progress: ProgressHook, cancelled: CancelHook
) -> AccountState | Missing:
    return read(question, progress, cancelled, no_search)


def _rows(page: SourcePage) -> RunPage:
    return RunPage(tuple(_row(attempt) for attempt in page.attempts), page.total, page.next_page)


def _row(attempt: Attempt) -> RunRow:
    return RunRow(
        key=attempt.key,
        number=attempt.run_number,
        workflow=attempt.workflow_name,
        workflow_path=attempt.workflow_path,
        title=attempt.title,
        ref=attempt.head_branch or "",
        event=attempt.event,
        actor=attempt.actor,
        status=attempt.status,
        conclusion=attempt.conclusion,
        created_at=attempt.created_at,
        url=attempt.html_url,
    )
