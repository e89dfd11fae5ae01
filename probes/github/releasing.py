"""Which jobs' logs are worth two requests: those that failed, and those that release.

A test matrix of fifty green jobs says nothing about a release. Where the workflow file cannot tell, the log is read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from diagnosis.runs import Job
from diagnosis.workflow import UnparsableWorkflow, Workflow, WorkflowStep

STOPPED = frozenset({"failure", "timed_out", "cancelled", "startup_failure", "action_required"})
_TOOLS = re.compile(
    r"\b(?:aws|ecr|docker|buildx|podman|buildah|skopeo|crane|ko|kaniko|nerdctl|cosign|oras|copilot|cdk|sam|terraform"
    r"|tofu|pulumi|sls|serverless|goreleaser|jib|pack|earthly|bazel|make|task|just)\b"
)


def jobs_to_read(
    jobs: Sequence[Job], workflow: Workflow | UnparsableWorkflow | None, *, everything: bool = False
) -> tuple[Job, ...]:
    """The jobs whose logs decide, in GitHub's order."""
    return tuple(job for job in jobs if everything or job.conclusion in STOPPED or _releases(job, workflow))


def _releases(job: Job, workflow: Workflow | UnparsableWorkflow | None) -> bool:
    if job.conclusion == "skipped":
        return False
    written = workflow.job_named(job.name) if isinstance(workflow, Workflow) else None
    # "caller / inner" is a job of a called workflow: the file at hand does not show its steps.
    if written is None or written.uses or " / " in job.name:
        return True
    return any(_releasing_step(step) for step in written.steps)


def _releasing_step(step: WorkflowStep) -> bool:
    # A path (./.github/actions/deploy) is an action whose steps are not in this file.
    uses = (step.uses or "").partition("@")[0].lower()
    return uses.startswith("./") or _TOOLS.search(uses) is not None or _TOOLS.search(step.run or "") is not None
