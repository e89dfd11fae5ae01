"""What a backend reads of GitHub: pages of runs, the chain around one, and the parts on which a diagnosis rests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from diagnosis.closure.chain import chain_of, in_order
from diagnosis.closure.corrections import corrected
from diagnosis.documents.exit_code import ExitCode
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known, Reading, Unreadable
from diagnosis.facts.runs import Attempt, Job
from probes.github.http.errors import Cancelled as SourceCancelled
from probes.github.http.errors import GitHubProblem
from probes.github.read.arrivals import Beside
from probes.github.read.attempt_parts import NOT_CHOSEN, Depth
from probes.github.read.runs import RunFilter, RunPage
from probes.github.source import GitHubSource
from probes.github.source import ProgressHook as SourceProgress
from tui.backend import BackendProblem, CancelHook, Cancelled, Progress, ProgressHook, RunKey
from tui.backends.runs_around import runs_around

_MOST_ELSEWHERE = 20
"""Active runs that are polled beside those of the list's first page."""
_NO_FILE = Unreadable("the called workflow", "it was not read", "open the attempt")
_PARTS = (
    *("jobs", "workflow_file", "oidc_customization", "artifacts", "local_actions", "files", "other_workflows"),
    *("origin", "reconstructed"),
)
_NO_PARTS: dict[str, Any] = {each.name: each.default for each in fields(Attempt) if each.name in _PARTS}
_WORDS = ("log", "log_origin", "log_verbatim", "log_steps", "annotations")
_NO_WORDS: dict[str, Any] = {each.name: each.default for each in fields(Job) if each.name in _WORDS}


@dataclass(frozen=True, slots=True)
class Changes:
    """What has changed at GitHub since the active runs were last read."""

    page: RunPage
    """The first page of the list, as it is now."""
    before: tuple[Attempt, ...]
    """Its runs as they were."""
    elsewhere: bool
    """Whether an active run that is not on it has changed."""
    further: tuple[Attempt, ...]
    """Those of them that are still there, as they are now."""
    jobs: bool
    """Whether a job or step of an active run that is shown is further than it was."""


class GitHubSide:
    """Read one repository of one GitHub; runs that are complete are asked for once."""

    def __init__(self, source: GitHubSource, *, workflow: str = "", branch: str = "") -> None:
        self._source = source
        self._workflow, self._branch = workflow, branch
        self._listed: dict[RunKey, Attempt] = {}
        self._read: dict[RunKey, Attempt] = {}
        """With their parts."""
        self._closed: dict[tuple[str, str], Unreadable] = {}
        """The commits whose other workflows the token may not read."""
        self._green: dict[tuple[str, str | None, str], Reading[Attempt]] = {}
        """The last success of a workflow, as it is looked for from a branch and an event."""
        self._shown: tuple[RunKey, ...] = ()
        self._first: dict[RunFilter, tuple[Attempt, ...]] = {}
        """The first page of each list, as it was last read."""
        self._neighbours: tuple[Attempt, ...] = ()
        """The runs among which the last chain was found: of one workflow, newest first, none left out between them."""

    def forget(self) -> None:
        """Drop everything that was read."""
        self._listed.clear()
        self._read.clear()
        self._closed.clear()
        self._green.clear()
        self._shown = ()
        self._first.clear()
        self._neighbours = ()

    def page(self, wanted: RunFilter, number: int, progress: ProgressHook, cancelled: CancelHook) -> RunPage:
        """Read a page of runs as GitHub lists them."""
        stop_if(cancelled)
        with asking():
            return self._source.list_runs(wanted, number, cancelled=cancelled, progress=_shown(progress))

    def listed(self, wanted: RunFilter, number: int, progress: ProgressHook, cancelled: CancelHook) -> RunPage:
        """Read a page for the list and remember its runs, so that the user can choose one."""
        found = self.page(wanted, number, progress, cancelled)
        self._listed.update({attempt.key: attempt for attempt in found.attempts})
        if number == 1:
            self._first[wanted] = found.attempts
        return found

    @property
    def remembered(self) -> tuple[Attempt, ...]:
        """Every attempt that was listed, as it was last read."""
        return tuple(self._listed.values())

    def has(self, run: int) -> bool:
        """Return whether an attempt of this run was listed."""
        return any(key[0] == run for key in self._listed)

    def remember(self, attempts: Sequence[Attempt]) -> None:
        """Take attempts for listed ones, which :meth:`changes` then asks about while they are active."""
        self._listed.update({attempt.key: attempt for attempt in attempts})

    def changes(self, wanted: RunFilter, progress: ProgressHook, cancelled: CancelHook) -> Changes | None:
        """Return what is new of the listed and shown runs; None where nothing is.

        Everything is asked with its ETag: the list, each active run that is not on its first page, and the jobs of the
        active runs shown. While nothing changes that costs no part of the rate limit.
        """
        before = self._first.get(wanted, ())
        page = self.listed(wanted, 1, progress, cancelled)
        on_page = {attempt.key for attempt in page.attempts}
        known = {**self._listed, **{key: self._read[key] for key in self._shown if key in self._read}}
        active = [attempt for key, attempt in known.items() if _is_active(attempt) and key not in on_page]
        elsewhere = self._refreshed(active[:_MOST_ELSEWHERE], progress, cancelled)
        now = (self._listed.get(each.key, each) for each in active)
        further = tuple(new for new, old in zip(now, active, strict=True) if _run_of(new) != _run_of(old))
        jobs = self._jobs_changed(progress, cancelled)
        changed = jobs or elsewhere or before != page.attempts
        return Changes(page, before, elsewhere, further, jobs) if changed else None

    def shows(self, attempts: Sequence[Attempt]) -> bool:
        """Return whether these attempts were read last and are unchanged; their jobs are not compared."""
        if tuple(attempt.key for attempt in attempts) != self._shown:
            return False
        return all(_run_of(self._read.get(attempt.key, attempt)) == _run_of(attempt) for attempt in attempts)

    def none_has_ended(self, attempts: Sequence[Attempt]) -> bool:
        """Return whether these attempts were read last and those that were active still are."""
        before = {key: self._read[key].complete for key in self._shown if key in self._read}
        return before == {attempt.key: attempt.complete for attempt in attempts}

    def _refreshed(self, active: Sequence[Attempt], progress: ProgressHook, cancelled: CancelHook) -> bool:
        """Ask about active runs one by one, and note those that have changed; whether there are any."""
        try:
            with asking():
                found = self._source.refresh(active, cancelled=cancelled, progress=_shown(progress))
        except BackendProblem as problem:
            if problem.exit_code != ExitCode.USAGE:
                raise
            if len(active) == 1:
                # GitHub has deleted the run: it is active no more.
                self._listed.pop(active[0].key, None)
                self._read.pop(active[0].key, None)
                return True
            changed = [self._refreshed([attempt], progress, cancelled) for attempt in active]
            return any(changed)
        self._listed.update({attempt.key: attempt for attempt in found})
        return bool(found)

    def _jobs_changed(self, progress: ProgressHook, cancelled: CancelHook) -> bool:
        """Return whether a job or step of an active run that is shown is further than it was."""
        active = [self._read[key] for key in self._shown if key in self._read and _is_active(self._read[key])]
        with asking():
            now = self._source.complete(active, Depth.JOBS, cancelled=cancelled, progress=_shown(progress))
        return any(
            isinstance(late.jobs, Known) and _without_words(late) != _without_words(early)
            for early, late in zip(active, now, strict=True)
        )

    def chain(
        self, selected: RunKey | None, case: Case, progress: ProgressHook, cancelled: CancelHook
    ) -> tuple[Attempt, ...]:
        """Return the attempts of the chain around the selected run (None: the newest, or the case's runs), without parts.

        The case's runs belong together by hand; in any other chain, what it leaves out and where it splits counts too.
        """
        self._neighbours = ()
        if names_chain(case, selected):
            return corrected(self.attempts_of(case.runs, progress, cancelled), case, selected)
        anchor = self._listed.get(selected) if selected else None
        if anchor is None and selected is not None:
            anchor = self._first_read(selected, progress, cancelled)
        workflow = anchor.workflow_path if anchor else case.workflow or self._workflow
        if anchor is None and not workflow:
            newest = self.page(RunFilter(branch=self._branch), 1, progress, cancelled).attempts
            workflow = newest[0].workflow_path if newest else ""
        listed = self._around(workflow, anchor, progress, cancelled) if workflow else ()
        known = {attempt.key: attempt for attempt in listed}
        if anchor is not None:
            known.setdefault(anchor.key, anchor)
        chosen = known.get(selected) if selected else None
        if chosen is None or not case.leaves_out(chosen):
            # What does not belong must not end the chain either.
            known = {key: attempt for key, attempt in known.items() if not case.leaves_out(attempt)}
        chain = chain_of(tuple(known.values()), selected)
        repeated = [attempt for attempt in chain if attempt.attempt > 1]
        if repeated:
            with asking():
                whole = self._source.with_earlier(repeated, cancelled=cancelled, progress=_shown(progress))
            chain = in_order({attempt.key: attempt for attempt in (*chain, *whole)}.values())
        return corrected(chain, case, selected)

    def chains_around(
        self, runs: Sequence[int], case: Case, progress: ProgressHook, cancelled: CancelHook
    ) -> tuple[Attempt, ...]:
        """Return the attempts of the chains in which these runs lie, in order of time; without a run, the newest chain's."""
        if not runs:
            return self.chain(None, case, progress, cancelled)
        found: dict[RunKey, Attempt] = {}
        for run in runs:
            if all(known.run_id != run for known in found.values()):
                own = self.attempts_of([run], progress, cancelled)
                self._listed.update({attempt.key: attempt for attempt in own})
                around = self.chain(own[-1].key, case, progress, cancelled) if own else ()
                found.update({attempt.key: attempt for attempt in (*own, *around)})
        return in_order(found.values())

    def attempts_of(self, runs: Sequence[int], progress: ProgressHook, cancelled: CancelHook) -> tuple[Attempt, ...]:
        """Read every attempt of these runs in order of time, without parts."""
        with asking():
            found = self._source.attempts_of_all(runs, Depth.RUN, cancelled=cancelled, progress=_shown(progress))
        return in_order(found)

    def with_parts(
        self,
        attempts: Sequence[Attempt],
        progress: ProgressHook,
        cancelled: CancelHook,
        beside: Beside | None = None,
    ) -> tuple[Attempt, ...]:
        """Return the attempts with jobs, logs, workflow file; what is complete is not asked for twice.

        ``beside`` works on those that are whole while others are read.

        The chain's last attempt is the one whose evidence closure judges, so its artifacts are read in any case. What a
        passing fault kept back is asked for when the very same attempts are wanted again.
        """
        keys = tuple(attempt.key for attempt in attempts)
        again, self._shown = keys == self._shown, keys
        known = [self._known(attempt) for attempt in attempts]
        closing = known[-1].key if known else None
        wanted = [
            attempt
            for attempt in known
            if attempt.key not in self._read
            or not attempt.complete
            or (attempt.key == closing and _not_asked(attempt))
            or (again and _passing_gap(attempt))
        ]
        if wanted:
            with asking():
                read = self._source.complete(
                    wanted,
                    Depth.DIAGNOSIS,
                    with_artifacts={attempt.key for attempt in wanted if attempt.key == closing and attempt.complete},
                    beside=beside,
                    progress=_shown(progress),
                    cancelled=cancelled,
                )
            stop_if(cancelled)
            self._read.update({attempt.key: attempt for attempt in read})
        return tuple(self._read.get(attempt.key, attempt) for attempt in attempts)

    def with_other_workflows(self, attempt: Attempt, progress: ProgressHook, cancelled: CancelHook) -> Attempt:
        """Return the attempt with the other workflows of its commit; those of a commit are asked for once.

        What a missing permission or the commit itself keeps back is not asked for again; what a passing fault does, is.
        """
        place = attempt.repository.full_name, attempt.head_sha
        known = self._closed.get(place)
        if known is not None:
            return replace(attempt, other_workflows=known)
        with asking():
            read = self._source.with_other_workflows(attempt, progress=_shown(progress), cancelled=cancelled)
        stop_if(cancelled)
        others = read.other_workflows
        if isinstance(others, Unreadable) and others.permission is not None:
            self._closed[place] = others
        return read

    def runs_created(self, workflow: str, begin: datetime, end: datetime) -> tuple[Attempt, ...] | None:
        """Return the workflow's runs of a time where the list that the chain was found in holds them all; else None.

        An older one that was started again in that time is among them as far as the list reaches.
        """
        found = self._neighbours
        if {_file_of(each.workflow_path) for each in found} != {_file_of(workflow)}:
            return None
        created = [each.created_at for each in found]
        if not min(created) <= begin <= end <= max(created):
            return None
        return tuple(each for each in found if begin <= each.created_at <= end or _started_again(each, begin, end))

    def green_run(self, subject: Attempt, progress: ProgressHook, cancelled: CancelHook) -> Reading[Attempt]:
        """Return the last success of the attempt's workflow, asked for once.

        What a passing fault keeps back is asked for again; that there is none, or a missing permission, is not.
        """
        place = subject.workflow_path.partition("@")[0], subject.head_branch, subject.event
        if place in self._green:
            return self._green[place]
        try:
            with asking():
                found = self._source.green_run(subject, progress=_shown(progress), cancelled=cancelled)
        except BackendProblem as problem:
            # What the workflow did before is beside the diagnosis: it stands without.
            found = Unreadable("last run of the workflow that succeeded", problem.sentence, problem.way_out)
        stop_if(cancelled)
        if not _passes(found):
            self._green[place] = found
        return found

    def _known(self, attempt: Attempt) -> Attempt:
        """Return the attempt with the parts that were read before, as far as they still hold."""
        before = self._read.get(attempt.key)
        if before is None or before.complete != attempt.complete:
            self._read.pop(attempt.key, None)
            return attempt
        if before.complete:
            return before
        # An active one: what its ended jobs said stays, the rest is asked for again.
        return replace(attempt, jobs=before.jobs)

    def _around(
        self, workflow: str, anchor: Attempt | None, progress: ProgressHook, cancelled: CancelHook
    ) -> tuple[Attempt, ...]:
        """Return the workflow's runs among which the anchor's chain lies; the anchor alone where GitHub no longer lists it."""
        wanted = RunFilter(workflow=workflow)
        totals: set[int] = set()

        def list_page(number: int) -> RunPage:
            page = self.page(wanted, number, progress, cancelled)
            totals.add(page.total)
            return page

        self._neighbours = ()
        try:
            found = runs_around(list_page, anchor)
        except BackendProblem as problem:
            if anchor is None or problem.exit_code != ExitCode.USAGE:
                raise
            return (anchor,)
        # Had a run come in between, one could have slipped from page to page.
        self._neighbours = found if len(totals) == 1 else ()
        return found

    def _first_read(self, key: RunKey, progress: ProgressHook, cancelled: CancelHook) -> Attempt:
        with asking():
            return self._source.attempt(*key, depth=Depth.RUN, cancelled=cancelled, progress=_shown(progress))


def names_chain(case: Case, selected: RunKey | None) -> bool:
    """Return whether the case says itself which runs the chain has: until another run than one of them is selected."""
    return bool(case.runs) and (selected is None or selected[0] in case.runs)


def _file_of(workflow: str) -> str:
    """Return the workflow's file without the ref that GitHub may name behind it."""
    return workflow.partition("@")[0]


def _started_again(attempt: Attempt, begin: datetime, end: datetime) -> bool:
    return attempt.attempt > 1 and attempt.started_at is not None and begin <= attempt.started_at <= end


def _is_active(attempt: Attempt) -> bool:
    return attempt.status not in ("completed", "unknown")


def _run_of(attempt: Attempt) -> Attempt:
    """Return the run object alone, as a list gives it."""
    called = tuple(replace(each, file=_NO_FILE) for each in attempt.called_workflows)
    return replace(attempt, **_NO_PARTS, called_workflows=called)


def _without_words(attempt: Attempt) -> tuple[Job, ...]:
    """Return the jobs as the API lists them."""
    jobs = attempt.jobs.value if isinstance(attempt.jobs, Known) else ()
    return tuple(replace(job, **_NO_WORDS) for job in jobs)


def _not_asked(attempt: Attempt) -> bool:
    """Return whether the artifacts were left out so far."""
    return bool(attempt.artifacts == _NO_PARTS["artifacts"])


def _passing_gap(attempt: Attempt) -> bool:
    """Return whether something is lacking that asking again may bring: for a fault, no missing permission, nothing deleted."""
    readings: list[Reading[Any]] = [attempt.jobs, attempt.workflow_file, attempt.oidc_customization]
    readings.extend(action.file for action in attempt.local_actions)
    readings.extend(file.text for file in attempt.files)
    for job in attempt.jobs.value if isinstance(attempt.jobs, Known) else ():
        gone = isinstance(job.log, Unreadable) and job.log.lasting
        readings.append(job.annotations if gone and job.conclusion != "success" else job.log)
    return any(
        isinstance(each, Unreadable) and not each.lasting and each.permission is None and each.why != NOT_CHOSEN
        for each in readings
    )


def _passes(found: Reading[Attempt]) -> bool:
    """Return whether a fault that may pass kept back the run or its jobs."""
    part = found.value.jobs if isinstance(found, Known) else found
    return isinstance(part, Unreadable) and not part.lasting and part.permission is None


def stop_if(cancelled: CancelHook) -> None:
    """Raise Cancelled where nobody waits for the answer any more."""
    if cancelled():
        raise Cancelled


@contextmanager
def asking() -> Iterator[None]:
    """Turn the errors of GitHub's adapter into those that the app expects of its backend."""
    try:
        yield
    except GitHubProblem as problem:
        raise BackendProblem(problem.sentence, problem.way_out, problem.exit_code) from None
    except SourceCancelled:
        raise Cancelled from None


def _shown(progress: ProgressHook) -> SourceProgress:
    """Return the app's hook as the source calls it; it shows a rate limit's countdown, too."""
    return lambda what, done, total: progress(Progress(what, done, total))
