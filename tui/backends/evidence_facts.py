"""Read what a case points to: its decision log, the evidence on the disk, and that in S3 as the account's reading brought it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from diagnosis.closure.evidence.sources import durable_root
from diagnosis.facts.account import AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.closure_facts import ClosureFacts, DecisionLog
from diagnosis.facts.reading import Known, Reading, Unreadable, mapped
from probes.github.source import GitHubSource
from probes.local_evidence import read_local_log, read_local_root
from tui.backend import BackendProblem, CancelHook, Progress, ProgressHook
from tui.backends.github_side import asking

LabelLog = Callable[[DecisionLog], DecisionLog]


@dataclass(slots=True)
class EvidenceReader:
    """Reads what cases of one repository point to; what was read is kept until it is forgotten."""

    source: GitHubSource
    folder: Path | None = None
    """Where the case file lies: paths of the disk are looked for below it."""
    label: LabelLog = lambda log: log
    """Puts the labels of a recording on a log."""
    _read: tuple[tuple[str | None, str | None], Reading[DecisionLog]] | None = None

    def forget(self) -> None:
        """Drop what was read."""
        self._read = None

    def add(
        self,
        facts: ClosureFacts,
        case: Case,
        account: AccountState | None,
        progress: ProgressHook,
        cancelled: CancelHook,
    ) -> ClosureFacts:
        """Return the facts with what the case points to; nothing is asked that it does not name."""
        if case.decision_log:
            facts = replace(facts, decision_log=self._log(case, case.decision_log, progress, cancelled))
        if case.evidence_local:
            facts = replace(facts, local_evidence=read_local_root(self.folder, case.evidence_local))
        if case.evidence_root and account is not None:
            root = case.evidence_root
            facts = replace(
                facts, durable_evidence=mapped(account.evidence_objects, lambda found: durable_root(root, found))
            )
        return facts

    def _log(self, case: Case, stated: str, progress: ProgressHook, cancelled: CancelHook) -> Reading[DecisionLog]:
        if stated.startswith("./"):
            return read_local_log(self.folder, stated)
        key = (stated, case.decision_log_commit)
        if self._read is not None and self._read[0] == key and not _may_pass(self._read[1]):
            return self._read[1]
        progress(Progress("reading the decision log"))
        try:
            with asking():
                found = self.source.decision_log(stated, case.decision_log_commit, cancelled=cancelled)
        except BackendProblem as problem:
            return Unreadable("the decision log", problem.sentence.rstrip("."), problem.way_out.rstrip("."))
        if isinstance(found, Known):
            found = replace(found, value=self.label(found.value))
        self._read = key, found
        return found


def _may_pass(found: Reading[DecisionLog]) -> bool:
    """Return whether asking again may bring it."""
    return isinstance(found, Unreadable) and not found.lasting
