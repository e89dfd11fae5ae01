"""The workflow file of an attempt as values, with the workflows that it calls and its local actions in their place."""

from __future__ import annotations

from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt
from diagnosis.facts.workflow import UnparsableWorkflow, Workflow
from diagnosis.steps.called_workflows import address_of, with_called
from diagnosis.steps.local_actions import with_actions
from probes.github.read.action_files import actions_by_folder
from probes.github.read.workflow_file import parse_workflow


def workflow_of(attempt: Attempt) -> Workflow | UnparsableWorkflow | None:
    """The parsed file; None where its text was not read. A file that was not read leaves its caller as it is."""
    if not isinstance(attempt.workflow_text, Known):
        return None
    own = parse_workflow(attempt.workflow_text.value, attempt.workflow_path)
    if isinstance(own, UnparsableWorkflow):
        return own
    called = {
        address_of(item.path, attempt.repository.full_name): parsed
        for item in attempt.called_workflows
        if isinstance(item.text, Known) and isinstance(parsed := parse_workflow(item.text.value, item.path), Workflow)
    }
    whole = with_called(own, called, attempt.repository.full_name)
    return with_actions(whole, actions_by_folder(attempt))
