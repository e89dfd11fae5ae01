"""Choose the jobs whose logs are worth two requests: those that failed, and those that release.

A test matrix of fifty green jobs says nothing about a release.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from diagnosis.facts.runs import Job, Step
from diagnosis.facts.uses import is_own
from diagnosis.facts.workflow import Workflow, WorkflowJob, WorkflowStep

STOPPED = frozenset({"failure", "timed_out", "cancelled", "startup_failure", "action_required"})
_MOST_STEPS = 10
_TOOLS = re.compile(
    r"\b(?:aws|ecr|docker|buildx|podman|buildah|skopeo|crane|ko|kaniko|nerdctl|cosign|oras|copilot|cdk|sam|terraform"
    r"|tofu|pulumi|sls|serverless|goreleaser|jib|pack|earthly|bazel|make|task|just)\b"
)


def jobs_to_read(jobs: Sequence[Job], workflows: Sequence[Workflow], *, everything: bool = False) -> tuple[Job, ...]:
    """Return the jobs whose logs decide, in GitHub's order.

    ``workflows`` holds the run's own file, where it could be read, then those that it called. Of the jobs about which
    they say nothing, all are read if none failed; beside a failed job they would cost more than they tell.
    """
    failed = any(job.conclusion in STOPPED for job in jobs)

    def wanted(job: Job) -> bool:
        if everything or job.conclusion in STOPPED:
            return True
        releases = _releases(job, workflows)
        return not failed if releases is None else releases

    return tuple(job for job in jobs if wanted(job))


def steps_to_read(job: Job, workflows: Sequence[Workflow]) -> tuple[Step, ...]:
    """Return the steps that decide in a job whose log is too large: those that stopped it, then those that release.

    A step is known to release by the file, where its name is the one that the file gives it, and by what it runs.
    """
    written = _written(job, workflows)
    releasing = {_shown(step) for step in written.steps if _releasing_step(step)} if written else set()
    stopped = [step for step in job.steps if step.conclusion in STOPPED]
    others = [
        step
        for step in job.steps
        if step.conclusion == "success" and (step.name in releasing or _TOOLS.search(step.name.lower()))
    ]
    return tuple([*stopped, *others][:_MOST_STEPS])


def _shown(step: WorkflowStep) -> str:
    """Return the step's name as GitHub shows it."""
    return step.name or f"Run {step.uses or (step.run or '').strip().partition(chr(10))[0]}"


def _written(job: Job, workflows: Sequence[Workflow]) -> WorkflowJob | None:
    # "caller / inner" is a job of a called workflow.
    files = workflows[1:] if " / " in job.name else workflows[:1]
    return next((found for file in files if (found := file.job_named(job.name)) is not None), None)


def _releases(job: Job, workflows: Sequence[Workflow]) -> bool | None:
    """Return whether a job releases something; None where the files do not tell."""
    if job.conclusion == "skipped":
        return False
    written = _written(job, workflows)
    if written is None or written.uses:
        return None
    return any(_releasing_step(step) for step in written.steps)


def _releasing_step(step: WorkflowStep) -> bool:
    # A path (./.github/actions/deploy) is an action whose steps are not in this file.
    uses = (step.uses or "").partition("@")[0].lower()
    return is_own(uses) or _TOOLS.search(uses) is not None or _TOOLS.search(step.run or "") is not None
