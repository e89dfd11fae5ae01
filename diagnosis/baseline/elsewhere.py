"""Subjects that jobs on other branches than the default one may present: a push runs the files of the branch that is pushed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from diagnosis.baseline.contexts import BRANCHES, TAGS, contexts_of, may_present
from diagnosis.baseline.state import ReviewedState, RoleState
from diagnosis.facts.reading import Absent, Known, Reading
from diagnosis.facts.workflow import UnparsableWorkflow, Workflow, WorkflowFile
from diagnosis.migration.tokens import jobs_with_credentials
from diagnosis.policy import Policy


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
        if self.unread and may_come_from(role, None):
            yield f"runs of {len(self.unread)} further branches were not looked at ({self.unread[0]})"


def may_come_from(role: RoleState, branch: str | None) -> bool:
    """Return whether a role's trust policy may admit jobs of a branch; None: of branches that no subject names."""
    policy = role.role.value.trust_policy.policy if isinstance(role.role, Known) else None
    if not isinstance(policy, Policy):
        return True
    exact = exact_branches(role)
    return (
        any(set(value) & set("*?$") for value in _subjects(policy))
        or not exact
        or (branch in exact if branch else False)
    )


def exact_branches(role: RoleState) -> frozenset[str]:
    """Return the branches that the subjects of a role's trust policy name."""
    policy = role.role.value.trust_policy.policy if isinstance(role.role, Known) else None
    found = (value.partition(f":{BRANCHES}")[2] for value in _subjects(policy)) if isinstance(policy, Policy) else ()
    return frozenset(branch for branch in found if branch and not set(branch) & set("*?$"))


def _subjects(policy: Policy) -> Iterator[str]:
    for statement in policy.allows:
        for condition in statement.conditions:
            if condition.folded_key.endswith(":sub"):
                yield from condition.values


def _of_branch(context: str, branch: str) -> bool:
    """Return whether the files of a branch decide who presents a context: of another branch they never do."""
    return not context.startswith(BRANCHES) or context == BRANCHES + branch


def _contexts(files: Iterable[WorkflowFile]) -> tuple[str, ...]:
    return tuple(
        context for file in files if isinstance(file.parsed, Workflow) for context in contexts_of(file.parsed, None)
    )
