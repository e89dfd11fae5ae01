"""Read the workflow files of other branches where it would be claimed that nobody presents a subject or uses a grant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from diagnosis.baseline.contexts import BRANCHES
from diagnosis.baseline.elsewhere import Elsewhere, exact_branches, may_come_from
from diagnosis.baseline.state import ReviewedState
from diagnosis.baseline.unused import roles_in_question, unpresented_contexts
from diagnosis.facts.reading import Known, Reading
from diagnosis.facts.runs import Attempt
from diagnosis.facts.workflow import WorkflowFile
from probes.github.source import GitHubSource
from tui.backend import CancelHook

MOST_BRANCHES = 10
"""With runs, beside those that subjects name; each costs three requests at most."""


def read_elsewhere(
    source: GitHubSource, state: ReviewedState, runs: Sequence[Attempt], cancelled: CancelHook
) -> Elsewhere:
    """Return the files of the branches that subjects name, and of those with runs. Nothing is asked where nothing is claimed."""
    contexts, roles = unpresented_contexts(state), roles_in_question(state)
    own = state.repository.default_branch
    branches = {each.removeprefix(BRANCHES) for each in contexts if each.startswith(BRANCHES)}
    named = sorted(branches.union(*map(exact_branches, roles)) - {own or ""})
    if any(not each.startswith(BRANCHES) for each in contexts) or any(may_come_from(role, None) for role in roles):
        named += [branch for branch in _with_runs(runs) if branch not in (own, *named)]
    read: dict[str, Reading[tuple[WorkflowFile, ...]]] = {}
    for branch in named[:MOST_BRANCHES]:
        head = source.head(branch, cancelled=cancelled)
        read[branch] = source.workflows_at(head.value, cancelled=cancelled) if isinstance(head, Known) else head
    return Elsewhere(read, tuple(named[MOST_BRANCHES:]))


def _with_runs(runs: Iterable[Attempt]) -> tuple[str, ...]:
    """Return the branches on which workflows ran, the latest first."""
    found = (run.ref for run in runs if run.ref.startswith("refs/heads/"))
    return tuple(dict.fromkeys(ref.removeprefix("refs/heads/") for ref in found))
