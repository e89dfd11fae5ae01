"""A case file's content: which runs belong together, and what people state where the record is silent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any

from diagnosis.facts.runs import Attempt
from diagnosis.names.arn import Arn
from diagnosis.names.ecr_address import EcrAddress


@dataclass(frozen=True, slots=True)
class StatedChange:
    """A remediation that the decision log or the case file states; stated, not observed."""

    after_run: int
    text: str
    source: str
    at: str | None = None
    """The clock of the source, as written there."""
    after_attempt: int | None = None
    """Which attempt of the run it answers; None for a run of one attempt, or its last."""


@dataclass(frozen=True, slots=True)
class StatedException:
    """A principal that the people of a release let assume the role on purpose, for a reason and for a time."""

    principal: str
    """As the trust policy writes it; an account by its id or its root ARN."""
    rationale: str
    expires: date
    """The last day on which the exception holds."""

    def in_force(self, today: date) -> bool:
        """Return whether the exception holds today."""
        return bool(self.rationale.strip()) and today <= self.expires


@dataclass(frozen=True, slots=True)
class StatedEscalation:
    """A grant that went beyond the need on the way, as the people of a release account for it.

    Without a rationale and an expiry it accounts for nothing; it is kept, so that closure can say so.
    """

    grant: str
    """What was widened, as AWS names it: a managed policy's ARN or name, an inline policy's name, or an action pattern."""
    rationale: str = ""
    expires: date | None = None
    """The last day on which it may stand."""

    @property
    def complete(self) -> bool:
        """Whether it has both a rationale and an expiry."""
        return bool(self.rationale.strip()) and self.expires is not None


@dataclass(frozen=True, slots=True)
class StatedWidening:
    """What the people of a repository let a change admit or grant anew, for a reason and for a time.

    Without a rationale and an expiry it accounts for nothing; it is kept, so that this can be told.
    """

    role: str = ""
    """The name or ARN of the role that it is about, or the file of a document that names none; empty for every document."""
    admits: tuple[str, ...] = ()
    """Subject patterns, or principals as a trust policy writes them."""
    grants: tuple[str, ...] = ()
    """Action patterns."""
    on: tuple[str, ...] = ()
    """The resource patterns on which the actions are meant."""
    rationale: str = ""
    expires: date | None = None
    """The last day on which it holds."""

    @property
    def complete(self) -> bool:
        """Whether it has both a rationale and an expiry, and names something."""
        return (
            bool(self.rationale.strip()) and self.expires is not None and bool(self.admits or (self.grants and self.on))
        )

    def in_force(self, today: date) -> bool:
        """Return whether it accounts for anything today."""
        return self.complete and self.expires is not None and today <= self.expires


@dataclass(frozen=True, slots=True)
class AttemptName:
    """An attempt as a case file names it: ``21985402789/2``; or a run with all its attempts: ``21985402789``."""

    run: int
    attempt: int | None = None

    def __str__(self) -> str:
        return f"{self.run}/{self.attempt}" if self.attempt else str(self.run)

    def names(self, attempt: Attempt) -> bool:
        """Return whether this is the attempt, or one of the run's."""
        return self.run == attempt.run_id and self.attempt in (None, attempt.attempt)


@dataclass(frozen=True, slots=True)
class Case:
    """The content of a case file (TOML), or of the case that a recording carries."""

    title: str = ""
    repository: str | None = None
    workflow: str | None = None
    """Workflow file name (``release.yml``) or path."""
    branch: str | None = None
    runs: tuple[int, ...] = ()
    left_out: tuple[AttemptName, ...] = ()
    """Attempts that lie among the runs and do not belong to them."""
    splits: tuple[AttemptName, ...] = ()
    """Attempts with which another chain begins; what the case states belongs to the chain that begins with the last."""
    role_arn: Arn | None = None
    region: str | None = None
    audience: str | None = None
    environment: str | None = None
    """The deployment environment of the releasing job, where the workflow takes its name from an expression."""
    registry_id: str | None = None
    ecr_repository: str | None = None
    tag: str | None = None
    digest: str | None = None
    expected_account: str | None = None
    decision_log: str | None = None
    """The path of the file in the repository, or in the folder where the case file lies; or its address on GitHub."""
    decision_log_commit: str | None = None
    """The commit at which the log is to be read; without one the default branch's newest."""
    decision_log_entry: str | None = None
    """The entry's heading, with its timestamp, as it stands in the file."""
    evidence_local: str | None = None
    evidence_root: str | None = None
    """``s3://bucket/prefix/``."""
    evidence_artifacts: tuple[str, ...] = ()
    changes: tuple[StatedChange, ...] = ()
    exceptions: tuple[StatedException, ...] = ()
    """Second doors of the role that are meant."""
    escalations: tuple[StatedEscalation, ...] = ()
    """Grants beyond the need that were made on the way, with their rationale and expiry."""
    widenings: tuple[StatedWidening, ...] = ()
    """What a proposed change may admit or grant anew, with its rationale and expiry."""
    repository_uris: tuple[EcrAddress, ...] = ()
    """The repositories that the release pushes to, where it does not tell: each push whose target is not legible may go to any."""
    planescope_action: str | None = None
    """``owner/name`` of the repository from which planescope's own action is taken: a step that uses it only reads."""
    plans: tuple[str, ...] = ()
    """Terraform plans of the release, as the JSON text of ``terraform show -json``; given on the command line."""
    notes: tuple[str, ...] = field(default=())

    def of_chain(self, attempts: Iterable[Attempt]) -> Case:
        """Return the case as it applies to a chain: what it states of its own runs says nothing of another chain's.

        Its own runs are those that it names; where it names none, those of its workflow. What it says of the account, the role
        and the registry holds for every run that uses them. A change belongs to the run that it answers, and to no other; an
        attempt that was left out, to the chain from which it was taken.
        """
        chain = tuple(attempts)
        ids = {attempt.run_id for attempt in chain}
        changes = tuple(change for change in self.changes if change.after_run in ids)
        if self._speaks_of(chain):
            return replace(self, changes=changes) if changes != self.changes else self
        return replace(self, **_NOTHING_OF_ITS_RUNS, changes=changes, left_out=self.taken_from(chain))

    def taken_from(self, chain: Sequence[Attempt]) -> tuple[AttemptName, ...]:
        """Return the attempts that were left out of a chain, or may have been, where the case does not name the chain's runs.

        Runs are numbered in order of time: what would lie in the chain lies between its ends. One before them may have begun
        it, and one behind them ended it where no success does.
        """
        ids = {attempt.run_id for attempt in chain}
        own = not ids.isdisjoint(self.runs)
        if not ids or self._of_other_repository(chain) or not (own or self._of_its_workflow(chain)):
            return ()
        first, last = min(ids), max(ids)
        unended = all(attempt.conclusion != "success" for attempt in chain if attempt.run_id == last)

        def is_of_it(name: AttemptName) -> bool:
            if any(name.names(attempt) for attempt in chain):
                return False  # it is looked at all the same
            if name.run in ids or first < name.run < last:
                return True
            if own:
                return name.run in self.runs and not any(last < split.run <= name.run for split in self.splits)
            return name.run not in self.runs and (name.run < first or unended)

        return tuple(filter(is_of_it, self.left_out))

    def leaves_out(self, attempt: Attempt) -> bool:
        """Return whether the case says that an attempt does not belong to its runs."""
        return any(name.names(attempt) for name in self.left_out)

    def begins_at(self, attempt: Attempt) -> bool:
        """Return whether the case says that another chain begins with an attempt."""
        return any(name.run == attempt.run_id and (name.attempt or 1) == attempt.attempt for name in self.splits)

    def changes_after(self, attempt: Attempt, chain: Iterable[Attempt]) -> tuple[StatedChange, ...]:
        """Return the changes that are stated after an attempt; one that names the run alone follows its last of the chain."""
        last = max(each.attempt for each in (attempt, *chain) if each.run_id == attempt.run_id)
        own = (change for change in self.changes if change.after_run == attempt.run_id)
        return tuple(change for change in own if (change.after_attempt or last) == attempt.attempt)

    def _speaks_of(self, chain: tuple[Attempt, ...]) -> bool:
        if self._of_other_repository(chain):
            return False
        own_splits = [name for name in self.splits if name.run in self.runs]
        if own_splits:
            last = max(own_splits, key=lambda name: (name.run, name.attempt or 1))
            if not any(each.run_id == last.run and each.attempt >= (last.attempt or 1) for each in chain):
                return False
        if self.runs:
            return any(each.run_id in self.runs and not self.leaves_out(each) for each in chain)
        return self._of_its_workflow(chain)

    def _of_other_repository(self, chain: Sequence[Attempt]) -> bool:
        named = self.repository or ""
        return bool(named) and any(not _same(each.repository.full_name, named) for each in chain)

    def _of_its_workflow(self, chain: Sequence[Attempt]) -> bool:
        own = (self.workflow or "").rpartition("/")[2]
        return not own or all(each.workflow_file_name == own for each in chain)


_OF_ITS_RUNS = (
    *("title", "repository", "workflow", "runs", "splits", "escalations", "notes", "tag", "digest"),
    *("decision_log", "decision_log_commit", "decision_log_entry", "evidence_local", "evidence_root"),
    "evidence_artifacts",
)
"""What a case states of its own runs alone: which they are, their anchors, and what was granted on their way."""
_NOTHING_OF_ITS_RUNS: dict[str, Any] = {each.name: each.default for each in fields(Case) if each.name in _OF_ITS_RUNS}


def _same(one: str, other: str) -> bool:
    return one.lower() == other.lower()  # GitHub tells names apart without regard to case
