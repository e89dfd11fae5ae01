"""Subjects that jobs on other branches than the default one may present: a push runs the files of the branch that is pushed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from diagnosis.baseline.contexts import BRANCHES, TAGS, contexts_of, may_present
from diagnosis.facts.reading import Absent, Known, Reading
from diagnosis.facts.workflow import UnparsableWorkflow, Workflow, WorkflowFile


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The workflow files of other branches, as far as a claim that nobody presents a subject needed them."""

    branches: Mapping[str, Reading[tuple[WorkflowFile, ...]]] = field(default_factory=dict)
    """By branch; ``Absent`` for one that does not exist."""
    unread: tuple[str, ...] = ()
    """Branches with runs that were not looked at, because there are many."""

    def presents(self, context: str) -> bool:
        """Return whether a job of a branch that was read may present a context."""
        return any(
            _of_branch(context, branch) and may_present(_contexts(reading.value), context)
            for branch, reading in self.branches.items()
            if isinstance(reading, Known)
        )

    def doubts(self, context: str) -> tuple[str, ...]:
        """Return why it is not known whether a job elsewhere presents a context."""
        if context.startswith(TAGS):
            # A tag's files are those of its commit, whichever branch that is on.
            return ("a tag runs the workflow files of its own commit, and these were not read",)
        found = [
            f"the workflow files of the branch {branch} were not read: {reading.why.rstrip('.')}"
            for branch, reading in self.branches.items()
            if not isinstance(reading, Known | Absent) and _of_branch(context, branch)
        ]
        found += [
            f"{file.parsed.path} of the branch {branch}: {file.parsed.why.rstrip('.')}"
            for branch, reading in self.branches.items()
            if isinstance(reading, Known) and _of_branch(context, branch)
            for file in reading.value
            if isinstance(file.parsed, UnparsableWorkflow)
        ]
        if self.unread and not context.startswith(BRANCHES):
            found.append(f"runs of {len(self.unread)} further branches were not looked at ({self.unread[0]})")
        return tuple(found)


def _of_branch(context: str, branch: str) -> bool:
    """Return whether the files of a branch decide who presents a context: of another branch they never do."""
    return not context.startswith(BRANCHES) or context == BRANCHES + branch


def _contexts(files: Iterable[WorkflowFile]) -> tuple[str, ...]:
    return tuple(
        context for file in files if isinstance(file.parsed, Workflow) for context in contexts_of(file.parsed, None)
    )
