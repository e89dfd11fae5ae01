"""Write the command that dispatches a workflow again, with the inputs that the run had."""

from __future__ import annotations

from collections.abc import Mapping

from diagnosis.facts.workflow import Workflow, WorkflowInput
from diagnosis.live.run_claims import RunClaims
from diagnosis.remedies.rendering import shell


def dispatch_command(run: RunClaims, ref: str, changed: Mapping[str, str] | None = None) -> str:
    """Return the ``gh workflow run`` that starts the run's workflow on a ref, given by its short name.

    Each input gets the value that the run had, where it is known and is not the default; ``changed`` are those that get
    another one.
    """
    attempt, changed = run.attempt, changed or {}
    defaults = {each.name: each.default for each in _declared(run)}
    had = {name: value for name, value in run.replay.inputs if value != defaults.get(name)}
    given = [word for name, value in {**had, **changed}.items() for word in ("-f", f"{name}={value}")]
    where = ("--repo", attempt.repository.full_name, "--ref", ref)
    return shell("gh", "workflow", "run", attempt.workflow_file_name, *where, *given)


def inputs_to_give(run: RunClaims, changed: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Warn of the inputs whose value in the run is not known: left out, they get their defaults, or the dispatch is refused."""
    if run.attempt.event != "workflow_dispatch":
        return ()
    known = {name for name, _ in run.replay.inputs} | set(changed or {})
    missing = [f"`{each.name}`" for each in _declared(run) if each.name not in known]
    if not missing:
        return ()
    return (
        f"The record does not tell what the run was given for {', '.join(missing)}: give the same again, with `-f`.",
    )


def _declared(run: RunClaims) -> tuple[WorkflowInput, ...]:
    """Return the inputs that the workflow declares for a dispatch."""
    declared = run.workflow.declared_inputs if isinstance(run.workflow, Workflow) else ()
    return tuple(each for each in declared if each.trigger == "workflow_dispatch")
