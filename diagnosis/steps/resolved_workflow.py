"""Resolve the workflow that an attempt ran: called workflows and local actions stand in the places that use them."""

from __future__ import annotations

from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt
from diagnosis.facts.workflow import UnparsableWorkflow, Workflow
from diagnosis.steps.called_workflows import files_called, with_called
from diagnosis.steps.local_actions import actions_by_folder, with_actions


def resolved_workflow(attempt: Attempt) -> Workflow | UnparsableWorkflow | None:
    """Return the attempt's workflow with everything in place that could be read; None where its own file was not read.

    Where a called workflow was not read, the job that calls it stays as it is written.
    """
    if not isinstance(attempt.workflow_file, Known):
        return None
    own = attempt.workflow_file.value.parsed
    if isinstance(own, UnparsableWorkflow):
        return own
    repository = attempt.repository.full_name
    called = files_called(attempt.called_workflows, repository)
    return with_actions(with_called(own, called, repository), actions_by_folder(attempt.local_actions))
