"""Decide whether a step or a job of this run is let run: by its ``if:``, by what the run settles of it, and by what was skipped.

A step that GitHub recorded as run was let run. One that it skipped although nothing before it failed was shut off by its
condition; where the condition asks only for what stays the same (the event, inputs, variables), it is in every rerun too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from diagnosis.facts.runs import Job
from diagnosis.facts.workflow import WorkflowJob
from diagnosis.steps.expressions.evaluation import STATUS
from diagnosis.steps.expressions.grammar import Node, parse
from diagnosis.steps.expressions.text import expression_of, holds
from diagnosis.steps.match import Matched

_LASTING = frozenset({"github", "inputs", "vars", "matrix", "secrets"})
"""Contexts that a rerun has alike."""
_PASSING = STATUS - {"success", "always"} | {"hashfiles"}
"""Functions that a rerun may answer in another way; where all before went well, ``success()`` is no question."""
_WELL = frozenset({"success", "skipped"})


def step_runs(step: Matched, before: Iterable[Matched], values: Mapping[str, str], job: Job | None) -> bool | None:
    """Return whether a step runs once all before it went well; None where that is not settled.

    ``job``: as GitHub recorded it; of one that was cancelled, what was skipped tells nothing.
    """
    if _ran(step):
        return True
    condition = step.written.condition if step.written else None
    found = holds(condition, values)
    if found is None and condition and step.step is not None and step.step.conclusion == "skipped":
        earlier = [each.step for each in before if each.step is not None]
        whole = job is not None and job.conclusion in ("success", "failure")
        if whole and all(each.conclusion in _WELL for each in earlier) and _lasts(condition):
            return False
    return found


def shut_off(step: Matched, values: Mapping[str, str]) -> bool:
    """Return whether the condition of a step alone tells that it does not run."""
    return not _ran(step) and step.written is not None and holds(step.written.condition, values) is False


def _ran(step: Matched) -> bool:
    return step.step is not None and step.step.conclusion in ("success", "failure")


def job_runs(
    job: Job | None, written: WorkflowJob | None, values: Mapping[str, str], *, needs_met: bool | None = None
) -> bool | None:
    """Return whether a job runs once the jobs before it went well; True for one without a condition.

    ``needs_met``: whether the jobs that it needs succeeded in this run.
    """
    condition = written.condition if written else None
    found = holds(condition, values)
    if found is None and condition and written is not None and job is not None and job.conclusion == "skipped":
        met = needs_met if needs_met is not None else not written.needs and written.caller is None
        return False if met and _lasts(condition) else None
    return found


def _lasts(condition: str) -> bool:
    """Return whether a condition is of the contexts alone that a rerun has alike, and of no status or files."""
    expression = expression_of(condition)
    node = parse(expression) if expression else None
    return node is not None and _is_lasting(node)


def _is_lasting(node: Node) -> bool:
    if node.kind == "call" and str(node.value).lower() in _PASSING:
        return False
    if node.kind == "name":
        return str(node.value).lower() in _LASTING
    return all(_is_lasting(part) for part in node.parts)
