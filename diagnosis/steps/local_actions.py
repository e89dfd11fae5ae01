"""Put the steps of local composite actions (``uses: ./path``, ``uses: $/path``) below the step that uses them.

What the runner does is done here too: the step's ``with:`` fills the action's inputs, an input that is given nowhere is
empty, an inner step whose condition compares an input with another text than it has is left out, the step's ``env:``
holds for the inner steps, and so does its condition. GitHub's API lists one step for the whole, so the inner steps are
no steps of the job: they stand below theirs. Actions of other repositories are not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import LocalAction
from diagnosis.facts.uses import own_path
from diagnosis.facts.workflow import Action, Workflow, WorkflowJob, WorkflowStep
from diagnosis.steps.expressions.scope import Scope, joint_condition
from diagnosis.steps.expressions.text import holds
from diagnosis.steps.repository_files import path_in

DEEPEST = 4
"""Actions within actions; each level costs a round of requests. GitHub allows ten."""
MOST_ACTIONS = 20
"""Of one run."""
MOST_MEMBERS = 10_000
"""Inner steps of one workflow with their inputs and variables."""
MOST_GROWTH = 2_000_000
"""Characters that inputs bring in."""
_BEYOND = f"no more than {MOST_ACTIONS} actions of a run are read, {DEEPEST} within one another"


def folder_of(uses: str | None) -> str | None:
    """Return the folder of a local action in its repository, ``""`` for the root; None for any other action.

    It is the folder in the workspace too, as long as the run's own repository was checked out there.
    """
    own = own_path(uses)
    return None if own is None or "$" in own else path_in("", own)


def folders_of(steps: Iterable[WorkflowStep]) -> tuple[str, ...]:
    """Return the folders of the local actions that these steps use, each once."""
    return tuple(dict.fromkeys(folder for step in steps if (folder := folder_of(step.uses)) is not None))


def actions_by_folder(actions: Iterable[LocalAction]) -> dict[str, Action | str]:
    """Return a run's local actions by their folder; a text in place of one says why it is not known."""
    return {action.path.rpartition("/")[0]: _known(action) for action in actions}


def _known(action: LocalAction) -> Action | str:
    if not isinstance(action.file, Known):
        return f"{action.path}: {action.file.why if isinstance(action.file, Unreadable) else 'it is not there'}"
    found = action.file.value.parsed
    if isinstance(found, Action):
        return found
    return f"{action.path}{f', line {found.line}' if found.line else ''}: {found.why}"


def with_actions(workflow: Workflow, actions: Mapping[str, Action | str]) -> Workflow:
    """Put the local actions in place. ``actions``: by folder; a text says why a file is not known."""
    if not actions:
        return workflow
    placing = _Placing(actions)
    return replace(workflow, jobs=tuple(placing.job(job) for job in workflow.jobs))


@dataclass(slots=True)
class _Placing:
    """Puts actions in place; keeps count, since an action may use itself and repeat its inputs many times."""

    actions: Mapping[str, Action | str]
    members: int = MOST_MEMBERS
    growth: int = MOST_GROWTH
    placed: int = 0

    def job(self, job: WorkflowJob) -> WorkflowJob:
        return replace(job, steps=tuple(self._step(step, DEEPEST) for step in job.steps))

    def _step(self, step: WorkflowStep, depth: int) -> WorkflowStep:
        folder = folder_of(step.uses)
        if folder is None:
            return step
        action = self.actions.get(folder, _BEYOND)
        if isinstance(action, str):
            return replace(step, unread=action)
        self.members -= _size(action, step)
        if depth == 0 or self.members < 0:
            return replace(step, unread=_BEYOND)
        self.placed += 1
        place = step.id or f"_{self.placed}"
        given = {name.lower(): value for name, value in (*action.inputs, *step.inputs)}
        ids = {each.id: f"{place}--{each.id}" for each in action.steps if each.id}
        scope = Scope(given, as_texts=True, steps=ids)
        inner = tuple(
            self._step(self._inner(each, step, scope, action.path), depth - 1)
            for each in action.steps
            if holds(scope.condition(each.condition), {}) is not False
        )
        outputs = tuple(
            (f"steps.{step.id}.outputs.{name}", value) for name, value in self._pairs(action.outputs, scope) if step.id
        )
        if inner:
            inner = (*inner[:-1], replace(inner[-1], outputs=(*inner[-1].outputs, *outputs)))
        return replace(step, inner=inner, outputs=outputs)

    def _inner(self, inner: WorkflowStep, outer: WorkflowStep, scope: Scope, path: str) -> WorkflowStep:
        own = scope.condition(inner.condition)
        return replace(
            inner,
            id=scope.steps.get(inner.id) if inner.id else None,
            name=self._filled(inner.name, scope) if inner.name else None,
            run=self._filled(inner.run, scope) if inner.run else None,
            inputs=self._pairs(inner.inputs, scope),
            env=(*outer.env, *self._pairs(inner.env, scope)),
            condition=joint_condition(outer.condition, None if holds(own, {}) else own),
            continue_on_error=outer.continue_on_error if inner.continue_on_error is False else inner.continue_on_error,
            file=path,
        )

    def _pairs(self, pairs: Iterable[tuple[str, str]], scope: Scope) -> tuple[tuple[str, str], ...]:
        return tuple((name, self._filled(value, scope)) for name, value in pairs)

    def _filled(self, text: str, scope: Scope) -> str:
        """Fill in the action's own inputs, once: what they bring in speaks of the inputs of the caller."""
        if "${{" not in text or self.growth < 0:
            return text
        found = scope.text(text)
        self.growth -= max(len(found) - len(text), 0)
        return text if self.growth < 0 else found


def _size(action: Action, outer: WorkflowStep) -> int:
    steps = sum(1 + len(each.inputs) + len(each.env) + len(outer.env) for each in action.steps)
    return steps + len(action.inputs) + len(action.outputs) + len(outer.inputs)
