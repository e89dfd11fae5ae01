"""Find what a release runs that is not pinned: actions and reusable workflows by a full commit id, images by their digest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt
from diagnosis.facts.uses import is_own
from diagnosis.facts.workflow import Action, Workflow, WorkflowJob, WorkflowStep
from diagnosis.findings.finding import Finding, Level, Place
from diagnosis.steps.called_workflows import may_have_token
from diagnosis.verdicts.conform_rule import ConformRule

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z", re.IGNORECASE)
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}\Z")


def unpinned(attempt: Attempt, resolved: Workflow, releasing: frozenset[str]) -> Iterator[Finding]:
    """Yield what the files of a release use without a pin: its workflow, the workflows that it calls, its local actions.

    ``resolved`` has the calls and actions in place; ``releasing`` are the ids there of the jobs that take AWS credentials.
    There, and where a job may ask for GitHub's token, it is an error; elsewhere in the same files a note.
    """
    grave = [job for job in resolved.jobs if job.id in releasing or _has_token(resolved, job)]
    names = {job.id.rpartition(" / ")[2] for job in grave} | {job.id.partition(" / ")[0] for job in grave}
    for path, workflow in _files(attempt):
        for job in workflow.jobs:
            level = Level.ERROR if job.id in names else Level.NOTE
            if job.uses and not is_pinned(job.uses):
                yield _of(job.uses, "the reusable workflow", job.line, path, f"job {job.id}", level)
            yield from _of_steps(job.steps, path, f"job {job.id}", level)
    of_grave = {step.file for job in grave for step in job.all_steps if step.file}
    for local in attempt.local_actions:
        if isinstance(local.file, Known) and isinstance(local.file.value.parsed, Action):
            level = Level.ERROR if local.path in of_grave else Level.NOTE
            yield from _of_steps(local.file.value.parsed.steps, local.path, "", level)


def _files(attempt: Attempt) -> Iterator[tuple[str, Workflow]]:
    """Yield the workflow files of the repository that a run reads, each with its path."""
    own = attempt.repository.full_name
    read = [(attempt.workflow_path.partition("@")[0], attempt.workflow_file)]
    read += [
        (called.path.partition("@")[0].removeprefix(f"{own}/"), called.file)
        for called in attempt.called_workflows
        if called.path.startswith(f"{own}/")
    ]
    for path, file in read:
        if isinstance(file, Known) and isinstance(file.value.parsed, Workflow):
            yield path, file.value.parsed


def _has_token(workflow: Workflow, job: WorkflowJob) -> bool:
    stated = job.permissions is not None or workflow.permissions is not None
    return stated and may_have_token(workflow, job)


def _of_steps(steps: Iterable[WorkflowStep], path: str, where: str, level: Level) -> Iterator[Finding]:
    for step in steps:
        if step.uses and not is_pinned(step.uses):
            what = "the image" if step.uses.startswith("docker://") else "the action"
            member = ", ".join(filter(None, (where, f"step {step.name}" if step.name else "")))
            yield _of(step.uses, what, step.line, path, member, level)


def is_pinned(uses: str) -> bool:
    """Return whether what a step or job uses can be no other program tomorrow: its own repository's, a commit, a digest."""
    if is_own(uses):
        return True
    if uses.startswith("docker://"):
        return bool(_DIGEST.search(uses))
    _, at, ref = uses.rpartition("@")
    return bool(at) and bool(_COMMIT.match(ref))


def _of(uses: str, what: str, line: int, path: str, member: str, level: Level) -> Finding:
    rule = ConformRule.NOT_PINNED
    name, _, ref = uses.rpartition("@")
    who = f"{member[:1].upper()}{member[1:]} uses" if member else "It uses"
    if uses.startswith("docker://"):
        said, correction = (
            f"{who} {what} {uses}, which names no digest.",
            "Name it by its digest: docker://IMAGE@sha256:….",
        )
    else:
        by = f"by {ref}, which can be moved" if name else "by no ref"
        said = f"{who} {what} {name or uses} {by}."
        correction = f"Pin it: `uses: {name or uses}@<full commit id>`, with the version as a comment behind it."
    return Finding(rule, level, Place(path, line or None, member=member), said, correction)
