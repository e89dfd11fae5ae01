"""Find what a release runs that is not pinned: actions and reusable workflows by a full commit id, images by their digest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from diagnosis.conform.releases import has_token
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt
from diagnosis.facts.uses import is_own
from diagnosis.facts.workflow import Action, Workflow, WorkflowStep
from diagnosis.findings.finding import Finding, Level, Place
from diagnosis.steps.local_actions import folders_of
from diagnosis.verdicts.conform_rule import ConformRule

_COMMIT = re.compile(r"[0-9a-f]{40}\Z", re.IGNORECASE)
"""GitHub's repositories name their commits by SHA-1: anything longer is the name of a branch."""
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}\Z")


def unpinned(attempt: Attempt, resolved: Workflow, releasing: frozenset[str]) -> Iterator[Finding]:
    """Yield what the files of a release use without a pin: its workflow, the workflows that it calls, its local actions.

    ``resolved`` has the calls and actions in place; ``releasing`` are the ids there of the jobs that take AWS credentials.
    There, and where a job may ask for GitHub's token, it is an error; elsewhere in the same files a note.
    """
    grave = [job for job in resolved.jobs if job.id in releasing or has_token(resolved, job)]
    names = {job.id.rpartition(" / ")[2] for job in grave} | {job.id.partition(" / ")[0] for job in grave}
    for path, workflow in _files(attempt):
        for job in workflow.jobs:
            level = Level.ERROR if job.id in names else Level.NOTE
            if job.uses and not is_pinned(job.uses):
                yield _of(job.uses, "the reusable workflow", job.line, path, f"job {job.id}", level)
            yield from _of_steps(job.steps, path, f"job {job.id}", level)
            for image in job.images:
                # What an expression stands for may be a digest.
                if image.image and "${{" not in image.image and not _DIGEST.search(image.image):
                    yield _of_image(image.image, "IMAGE", job.line, path, f"job {job.id}", level)
    used = set(folders_of(step for job in grave for step in job.all_steps))
    for local in attempt.local_actions:
        if isinstance(local.file, Known) and isinstance(local.file.value.parsed, Action):
            level = Level.ERROR if local.path.rpartition("/")[0] in used else Level.NOTE
            action = local.file.value.parsed
            yield from _of_steps(action.steps, local.path, "", level)
            if action.image and not is_pinned(action.image):
                yield _of_image(action.image, "docker://IMAGE", action.line, local.path, "", level)


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


def _of_steps(steps: Iterable[WorkflowStep], path: str, where: str, level: Level) -> Iterator[Finding]:
    for step in steps:
        if step.uses and not is_pinned(step.uses):
            member = ", ".join(filter(None, (where, f"step {step.name}" if step.name else "")))
            if step.uses.startswith("docker://"):
                yield _of_image(step.uses, "docker://IMAGE", step.line, path, member, level)
            else:
                yield _of(step.uses, "the action", step.line, path, member, level)


def is_pinned(uses: str) -> bool:
    """Return whether what a step or job uses can be no other program tomorrow: its own repository's, a commit, a digest."""
    if is_own(uses):
        return True
    if uses.startswith("docker://"):
        return bool(_DIGEST.search(uses))
    _, at, ref = uses.rpartition("@")
    return bool(at) and bool(_COMMIT.match(ref))


def _of(uses: str, what: str, line: int, path: str, member: str, level: Level) -> Finding:
    name, _, ref = uses.rpartition("@")
    by = f"by {ref}, which can be moved" if name else "by no ref"
    said = f"{_who(member)} {what} {name or uses} {by}."
    correction = f"Pin it: `uses: {name or uses}@<full commit id>`, with the version as a comment behind it."
    return Finding(ConformRule.NOT_PINNED, level, Place(path, line or None, member=member), said, correction)


def _of_image(image: str, form: str, line: int, path: str, member: str, level: Level) -> Finding:
    said = f"{_who(member)} the image {image}, which names no digest."
    correction = f"Name it by its digest: {form}@sha256:…."
    return Finding(ConformRule.NOT_PINNED, level, Place(path, line or None, member=member), said, correction)


def _who(member: str) -> str:
    return f"{member[:1].upper()}{member[1:]} uses" if member else "It uses"
