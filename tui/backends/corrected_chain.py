"""Keep the corrections that are made by hand: in memory, and in the case file where there is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from diagnosis.closure.case_draft import draft_of
from diagnosis.closure.corrections import MEMBERS, Correction, NoCorrectionError, corrected_case
from diagnosis.facts.case import Case
from diagnosis.verdicts.replay import Replay
from probes.case_draft_text import new_text
from probes.case_file import CaseFileError
from probes.case_rewrite import rewritten, update_case, write_new_case
from tui.backend import BackendProblem, Corrections


class CorrectedChain:
    """What was corrected since the app was opened. A file is written first: what cannot be kept is not done."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._before: list[tuple[Case, tuple[int, ...]]] = []
        """The case before each correction, and the runs that were shown then."""

    @property
    def state(self) -> Corrections:
        """What can be undone, and where it is kept."""
        return Corrections(len(self._before), self._file)

    @property
    def made(self) -> bool:
        """Whether anything was corrected."""
        return bool(self._before)

    def correct(self, case: Case, followed: Case, correction: Correction, shown: Sequence[Replay]) -> Case:
        """Return the case with a correction of the chain that is shown, which is kept. Raises BackendProblem.

        ``followed`` is the case by which the chain was found, which may name fewer runs.
        """
        try:
            found = corrected_case(followed, correction, [replay.attempt for replay in shown])
        except NoCorrectionError as problem:
            raise BackendProblem(str(problem)) from None
        changed = [name for name in MEMBERS if getattr(found, name) != getattr(followed, name)]
        after = replace(case, **{name: getattr(found, name) for name in changed})
        self._keep(after, changed)
        self._before.append((case, tuple(dict.fromkeys(replay.attempt.run_id for replay in shown))))
        return after

    def undo(self, case: Case) -> Case:
        """Return the case as it was before the last correction, which is kept. Raises BackendProblem."""
        if not self._before:
            raise BackendProblem("There is no correction to undo.")
        before = self._before[-1][0]
        changed = [name for name in MEMBERS if getattr(before, name) != getattr(case, name)]
        after = replace(case, **{name: getattr(before, name) for name in changed})
        self._keep(after, changed)
        self._before.pop()
        return after

    def keep_in(self, file: Path, case: Case, followed: Case, shown: Sequence[Replay]) -> Case:
        """Write a new case file of the chain that is shown, with what was corrected, and return its case. Raises BackendProblem."""
        draft = draft_of(shown)
        runs = followed.runs or self._runs_of([run.run_id for run in draft.runs])
        kept = replace(case, runs=runs)
        try:
            members = {name: value for name, value in _members(kept).items() if value is not None}
            write_new_case(file, rewritten(new_text(draft), members, str(file)))
        except CaseFileError as problem:
            raise BackendProblem(str(problem)) from None
        self._file = file
        self._before = [(replace(before, runs=before.runs or runs), shown) for before, shown in self._before]
        return kept

    def _runs_of(self, shown: Sequence[int]) -> tuple[int, ...]:
        """Return the runs shown with those that corrections took away from their chain, which undoing brings back."""
        runs = dict.fromkeys(shown)
        for _, before in reversed(self._before):
            if not runs.keys().isdisjoint(before):
                runs |= dict.fromkeys(before)
        return tuple(runs)

    def _keep(self, case: Case, changed: Sequence[str]) -> None:
        if self._file is None:
            return
        members = _members(case)
        try:
            update_case(self._file, {name: members[name] for name in changed})
        except CaseFileError as problem:
            raise BackendProblem(str(problem), "Nothing was corrected.") from None


def _members(case: Case) -> dict[str, Any]:
    """Return what a correction changes, as a case file has it; None takes a member away."""
    return {
        "runs": list(case.runs) or None,
        "left_out": [str(name) for name in case.left_out] or None,
        "splits": [str(name) for name in case.splits] or None,
    }
