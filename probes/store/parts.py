"""The parts of an attempt as the store keeps them: files as their text, which is parsed when an entry is taken out."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from diagnosis.facts.reading import Known, Reading, Unreadable
from diagnosis.facts.runs import Artifact, Attempt, CalledWorkflow, Job, LocalAction
from diagnosis.facts.workflow import ActionFile, WorkflowFile
from probes.workflow_file import action_file, workflow_file

_DEFAULTS: dict[str, Any] = {field.name: field.default for field in fields(Attempt)}


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that an attempt ran: where it stands, and its text."""

    path: str
    commit: str
    text: Reading[str]


@dataclass(frozen=True, slots=True)
class StoredParts:
    """What the store keeps of an attempt beside the run itself."""

    jobs: Reading[tuple[Job, ...]]
    artifacts: Reading[tuple[Artifact, ...]]
    workflow: Reading[str]
    """The text of the run's own workflow file."""
    called_workflows: tuple[StoredFile, ...]
    local_actions: tuple[StoredFile, ...]


def parts_of(attempt: Attempt) -> StoredParts:
    """Return the parts to keep. Artifacts that another request might still complete are left out."""
    artifacts = attempt.artifacts
    if isinstance(artifacts, Known) and any(not gap.lasting for item in artifacts.value for gap in item.unread):
        artifacts = _DEFAULTS["artifacts"]
    return StoredParts(
        jobs=attempt.jobs,
        artifacts=artifacts,
        workflow=_text_of(attempt.workflow_file),
        called_workflows=tuple(
            StoredFile(called.path, called.commit, _text_of(called.file)) for called in attempt.called_workflows
        ),
        local_actions=tuple(
            StoredFile(action.path, attempt.head_sha, _text_of(action.file)) for action in attempt.local_actions
        ),
    )


def without_parts(attempt: Attempt) -> Attempt:
    """Return the run itself, as a list gives it."""
    # Files of the repository and its other workflows are kept by commit, not by attempt (probes.store.texts).
    names = (
        *("jobs", "workflow_file", "artifacts", "oidc_customization", "local_actions"),
        *("files", "other_workflows"),
    )
    called = tuple(replace(item, file=_unread(item)) for item in attempt.called_workflows)
    return replace(attempt, **{name: _DEFAULTS[name] for name in names}, called_workflows=called)


def with_parts(listed: Attempt, parts: StoredParts) -> Attempt:
    """Return the listed attempt with the parts that were kept for it; the files are parsed here."""
    texts = {(item.path, item.commit): item.text for item in parts.called_workflows}
    return replace(
        listed,
        jobs=parts.jobs,
        artifacts=parts.artifacts,
        workflow_file=workflow_file(parts.workflow, listed.workflow_path),
        called_workflows=tuple(
            replace(item, file=workflow_file(texts[item.path, item.commit], item.path))
            if (item.path, item.commit) in texts
            else item
            for item in listed.called_workflows
        ),
        local_actions=tuple(LocalAction(item.path, action_file(item.text, item.path)) for item in parts.local_actions),
    )


def _text_of(file: Reading[WorkflowFile] | Reading[ActionFile]) -> Reading[str]:
    return Known(file.value.text, file.source) if isinstance(file, Known) else file


def _unread(called: CalledWorkflow) -> Unreadable:
    return Unreadable(called.path, "it was not read", "open the attempt", "contents: read")
