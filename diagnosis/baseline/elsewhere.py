"""Subjects that jobs on other branches than the default one may present: a push runs the files of the branch that is pushed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from diagnosis.baseline.contexts import BRANCHES, TAGS, contexts_of, may_present
from diagnosis.baseline.state import ReviewedState, RoleState
from diagnosis.facts.reading import Absent, Known, Reading
from diagnosis.facts.workflow import UnparsableWorkflow, Workflow, WorkflowFile
from diagnosis.fleet.possible_users import admitted_subjects
from diagnosis.migration.tokens import jobs_with_credentials
from diagnosis.policy import Policy


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The workflow files of other branches, as far as a claim that nobody presents a subject needed them."""

    branches: Mapping[str, Reading[tuple[WorkflowFile, ...]]] = field(default_factory=dict)
    """By branch; ``Absent`` for one that does not exist."""
    unread: tuple[str, ...] = ()
    """Branches that subjects name or that have runs, and that were not looked at, because there are many."""

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
        found += _not_looked_at(branch for branch in self.unread if _of_branch(context, branch))
        return tuple(found)

    def other_users(self, role: RoleState, state: ReviewedState) -> Iterator[str]:
        """Yield why jobs on other branches may use a role in another way than those of the default branch."""
        known = {workflow.path: workflow.sha256 for workflow in state.known_workflows}
        for branch, reading in self.branches.items():
            if isinstance(reading, Absent) or not may_come_from(role, branch):
                continue
            if not isinstance(reading, Known):
                yield f"the workflow files of the branch {branch} were not read"
                continue
            for file in reading.value:
                digest = sha256(file.text.encode("utf-8", "replace")).hexdigest()
                takes = not isinstance(file.parsed, Workflow) or jobs_with_credentials(file.parsed)
                if takes and known.get(file.parsed.path) != digest:
                    yield f"the branch {branch} has another {file.parsed.path}"
        yield from _not_looked_at(branch for branch in self.unread if may_come_from(role, branch))


def _not_looked_at(branches: Iterable[str]) -> Iterator[str]:
    if found := tuple(branches):
        yield f"{len(found)} further {'branch was' if len(found) == 1 else 'branches were'} not looked at ({found[0]})"


def may_come_from(role: RoleState, branch: str | None) -> bool:
    """Return whether a role's trust policy may admit jobs of a branch; None: of branches that no subject names.

    A job in an environment, a pull request's and a tag's run the files of any branch: only a subject that names another branch
    leaves a branch out, and only in the statement that lists it.
    """
    named = _named_branches(role)
    return None in named or (branch is not None and branch.casefold() in {each.casefold() for each in named if each})


def exact_branches(role: RoleState) -> frozenset[str]:
    """Return the branches that the subjects of a role's trust policy name."""
    return frozenset(branch for branch in _named_branches(role) if branch is not None)


def _named_branches(role: RoleState) -> frozenset[str | None]:
    """Return the branch that each subject names; None stands for every subject that may be presented from any branch."""
    policy = role.role.value.trust_policy.policy if isinstance(role.role, Known) else None
    if not isinstance(policy, Policy):
        return frozenset((None,))
    listed = (subjects for _, subjects in admitted_subjects(policy, role.arn))
    return frozenset(branch for subjects in listed for branch in (map(_branch_of, subjects) if subjects else (None,)))


def _branch_of(subject: str) -> str | None:
    # No name of a branch holds a colon: what follows one is another claim of the repository's own template.
    branch = subject.partition(f":{BRANCHES}")[2].partition(":")[0]
    return branch if branch and not set(branch) & set("*?$") else None


def _of_branch(context: str, branch: str) -> bool:
    """Return whether the files of a branch decide who presents a context: of another branch they never do."""
    return not context.startswith(BRANCHES) or context == BRANCHES + branch


def _contexts(files: Iterable[WorkflowFile]) -> tuple[str, ...]:
    return tuple(
        context for file in files if isinstance(file.parsed, Workflow) for context in contexts_of(file.parsed, None)
    )
