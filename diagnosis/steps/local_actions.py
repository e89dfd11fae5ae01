"""Put the steps of local composite actions (``uses: ./path``) below the step that uses them.

What the runner does is done here too: the step's ``with:`` fills the action's inputs, an input that is given nowhere is
empty, an inner step whose condition compares an input with another text than it has is left out, the step's ``env:``
holds for the inner steps, and so does its condition. GitHub's API lists one step for the whole, so the inner steps are
no steps of the job: they stand below theirs. Actions of other repositories are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import LocalAction
from diagnosis.facts.workflow import Action, Workflow, WorkflowJob, WorkflowStep
from diagnosis.steps.called_workflows import joint_condition

DEEPEST = 4
"""Actions within actions; each level costs a round of requests. GitHub allows ten."""
MOST_ACTIONS = 20
"""Of one run."""
MOST_MEMBERS = 10_000
"""Inner steps of one workflow with their inputs and variables."""
MOST_GROWTH = 2_000_000
"""Characters that inputs bring in."""
_INPUT = re.compile(r"\$\{\{\s*inputs(?:\.([\w-]{1,200})|\['([\w-]{1,200})'\])\s*\}\}")
_COMPARED = re.compile(
    r"(?:\$\{\{)?\s*inputs(?:\.([\w-]{1,200})|\['([\w-]{1,200})'\])\s*(==|!=)\s*'([^']*)'\s*(?:\}\})?"
)
_BEYOND = f"no more than {MOST_ACTIONS} actions of a run are read, {DEEPEST} within one another"


def folder_of(uses: str | None) -> str | None:
    """Return the folder of a local action in its repository, ``""`` for the root; None for any other action.

    It is the folder in the workspace too, as long as the run's own repository was checked out there.
    """
    if not uses or not uses.startswith("./") or "$" in uses:
        return None
    parts = [part for part in uses[2:].split("/") if part not in ("", ".")]
    return None if ".." in parts else "/".join(parts)


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
        given = {name.lower(): value for name, value in (*action.inputs, *step.inputs)}
        inner = tuple(
            self._step(self._inner(each, step, given, action.path), depth - 1)
            for each in action.steps
            if _holds(each.condition, given) is not False
        )
        outputs = self._pairs(action.outputs, given)
        if inner:
            inner = (*inner[:-1], replace(inner[-1], outputs=(*inner[-1].outputs, *outputs)))
        return replace(step, inner=inner, outputs=outputs)

    def _inner(self, inner: WorkflowStep, outer: WorkflowStep, given: Mapping[str, str], path: str) -> WorkflowStep:
        return replace(
            inner,
            name=self._filled(inner.name, given) if inner.name else None,
            run=self._filled(inner.run, given) if inner.run else None,
            inputs=self._pairs(inner.inputs, given),
            env=(*outer.env, *self._pairs(inner.env, given)),
            condition=joint_condition(outer.condition, None if _holds(inner.condition, given) else inner.condition),
            continue_on_error=outer.continue_on_error if inner.continue_on_error is False else inner.continue_on_error,
            file=path,
        )

    def _pairs(self, pairs: Iterable[tuple[str, str]], given: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        return tuple((name, self._filled(value, given)) for name, value in pairs)

    def _filled(self, text: str, given: Mapping[str, str]) -> str:
        """Fill in the action's own inputs, once: what they bring in speaks of the inputs of the caller."""
        longer = sum(len(_value(found, given)) for found in _INPUT.finditer(text))
        if longer > self.growth:
            return text
        self.growth -= longer
        return _INPUT.sub(lambda found: _value(found, given), text)


def _holds(condition: str | None, given: Mapping[str, str]) -> bool | None:
    """Return whether a condition holds that compares an input with a text; None where that is not settled, or it is another."""
    found = _COMPARED.fullmatch(condition.strip()) if condition else None
    value = _value(found, given) if found else ""
    if found is None or "${{" in value:
        return None
    return (value.lower() == found[4].lower()) == (found[3] == "==")


def _value(found: re.Match[str], given: Mapping[str, str]) -> str:
    return given.get((found[1] or found[2]).lower(), "")


def _size(action: Action, outer: WorkflowStep) -> int:
    steps = sum(1 + len(each.inputs) + len(each.env) + len(outer.env) for each in action.steps)
    return steps + len(action.inputs) + len(action.outputs) + len(outer.inputs)
