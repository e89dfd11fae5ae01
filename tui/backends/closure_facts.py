"""Read what closure asks beside the attempts and the account: neighbouring runs, and the files between two commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from diagnosis.closure.wanted_facts import commits_wanted, neighbours_wanted
from diagnosis.facts.account import AccountState
from diagnosis.facts.closure_facts import BetweenCommits, ClosureFacts
from diagnosis.facts.github_context import CommitsBetween
from diagnosis.facts.reading import Known, Reading, Unreadable
from diagnosis.facts.runs import Attempt
from diagnosis.verdicts.replay import Replay
from probes.github.read.runs import RunFilter
from probes.github.source import GitHubSource
from tui.backend import BackendProblem, CancelHook, Progress, ProgressHook
from tui.backends.github_side import GitHubSide, asking, stop_if

_MOST_PAGES = 4
_NEIGHBOURS = "the workflow's other runs"


@dataclass(slots=True)
class ClosureReader:
    """Reads the facts of one repository's chains; what only a passing fault kept back is asked for again."""

    source: GitHubSource
    github: GitHubSide
    _commits: dict[tuple[str, str], Reading[CommitsBetween]] = field(default_factory=dict)
    _neighbours: dict[tuple[str, datetime, datetime], Reading[tuple[Attempt, ...]]] = field(default_factory=dict)

    def forget(self) -> None:
        """Drop everything that was read."""
        self._commits.clear()
        self._neighbours.clear()

    def read(
        self,
        replays: Sequence[Replay],
        account: AccountState | None,
        progress: ProgressHook,
        cancelled: CancelHook,
        elsewhere: frozenset[int] = frozenset(),
    ) -> ClosureFacts:
        """Return what closure asks for this chain; what it does not ask for is not read.

        ``elsewhere``: runs of the workflow that are known to have released to another target.
        """
        facts = ClosureFacts(commits=self._between(commits_wanted(replays), progress, cancelled))
        window = neighbours_wanted(replays, account)
        if window is None:
            return facts
        found = self._runs_beside(replays, window, progress, cancelled)
        stop_if(cancelled)
        return ClosureFacts(neighbours=found, elsewhere=elsewhere, commits=facts.commits)

    def _between(
        self, pairs: Sequence[tuple[Attempt, Attempt]], progress: ProgressHook, cancelled: CancelHook
    ) -> tuple[BetweenCommits, ...]:
        """Return what lies between the commits of each pair; two commits never change, so an answer is kept."""
        named = {(before.head_sha, after.head_sha): (before, after) for before, after in pairs}
        unread = {key: pair for key, pair in named.items() if key not in self._commits or _may_pass(self._commits[key])}
        if unread:
            with asking():
                found = self.source.changed(
                    tuple(unread.values()),
                    cancelled=cancelled,
                    progress=lambda what, done, total: progress(Progress(what, done, total)),
                )
            self._commits.update(zip(unread, found, strict=True))
        return tuple(BetweenCommits(*key, self._commits[key]) for key in named)

    def _runs_beside(
        self,
        replays: Sequence[Replay],
        window: tuple[datetime, datetime],
        progress: ProgressHook,
        cancelled: CancelHook,
    ) -> Reading[tuple[Attempt, ...]]:
        """Return the workflow's other runs that were created in this time; ``Known`` only where they are all there."""
        workflow = replays[-1].attempt.workflow_path
        key = (workflow, *window)
        listed = self.github.runs_created(workflow, *window)
        found = Known(listed) if listed is not None else self._neighbours.get(key)
        if found is None:
            progress(Progress("looking for other runs of the workflow"))
            found = self._listed(workflow, window, progress, cancelled)
        if not isinstance(found, Known):
            return found
        if all(each.complete for each in found.value):
            self._neighbours[key] = found
        own = {replay.attempt.run_id for replay in replays}
        return Known(tuple(each for each in found.value if each.run_id not in own))

    def _listed(
        self, workflow: str, window: tuple[datetime, datetime], progress: ProgressHook, cancelled: CancelHook
    ) -> Reading[tuple[Attempt, ...]]:
        begin, end = (f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in window)
        wanted = RunFilter(workflow=workflow, created=f"{begin}..{end}")
        runs: list[Attempt] = []
        number = 1
        for _ in range(_MOST_PAGES):
            try:
                page = self.github.page(wanted, number, progress, cancelled)
            except BackendProblem as problem:
                return Unreadable(_NEIGHBOURS, problem.sentence.rstrip("."), problem.way_out.rstrip("."))
            runs += page.attempts
            if page.next_page is None:
                return Known(tuple(runs))
            number = page.next_page
        why = f"there are more than {len(runs)} in that time"
        return Unreadable(_NEIGHBOURS, why, "look at the workflow's runs at the time of the push", lasting=True)


def _may_pass(found: Reading[CommitsBetween]) -> bool:
    """Return whether asking again may bring it: no permission lacks, and nothing is gone."""
    return isinstance(found, Unreadable) and not found.lasting and found.permission is None
