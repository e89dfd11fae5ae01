"""Tell whether the same workflow would do the same on another ref: that it can be started there, and what it needs then."""

from __future__ import annotations

import re
from dataclasses import replace

from diagnosis.facts.case import Case
from diagnosis.facts.ref_filters import may_push
from diagnosis.facts.runs import Attempt
from diagnosis.facts.workflow import Workflow
from diagnosis.live.run_claims import RunClaims
from diagnosis.steps.needs import gaps_of, needs_of
from diagnosis.steps.read_run import read_not_begun
from diagnosis.verdicts.replay import RunFacts

_SPEAKS_OF_REF = re.compile(
    r"github\.(?:ref|head_ref|base_ref|event|run_)|GITHUB_(?:REF|HEAD_REF|BASE_REF|EVENT|RUN_)|inputs\.", re.IGNORECASE
)


def starts_on(workflow: object, ref: str) -> bool:
    """Return whether a commit on this ref can start the workflow: by a dispatch, or by a push that its filters let through.

    A file that was not read, or that names no trigger, is given the benefit of the doubt.
    """
    if not isinstance(workflow, Workflow) or not workflow.triggers or "workflow_dispatch" in workflow.triggers:
        return True
    if "push" not in workflow.triggers:
        return False
    kind = "tags" if ref.startswith("refs/tags/") else "branches"
    patterns = dict(workflow.push_patterns)
    filters = {name: patterns.get(name, ()) for name in workflow.push_filters}
    return may_push(filters, kind, ref.removeprefix("refs/heads/").removeprefix("refs/tags/")) is not False


def does_the_same_on(run: RunClaims, ref: str) -> bool:
    """Return whether the release needs on another ref what it needs on its own, by its file.

    Conditions, names of repositories and of objects, and inputs may depend on the ref, on how the workflow was started, or on
    the run, which is another one there; where nothing in the file speaks of these, nothing can differ.
    """
    workflow = run.workflow
    if not isinstance(workflow, Workflow) or not _speaks_of_ref(workflow):
        return True
    own, other = (_uses(workflow, attempt, run.case) for attempt in (run.attempt, _on(run.attempt, workflow, ref)))
    return own == other


def _speaks_of_ref(workflow: Workflow) -> bool:
    texts: list[str | None] = [value for _, value in workflow.env]
    for job in workflow.jobs:
        texts += [job.condition, job.environment, *(value for _, value in job.env)]
        for step in job.all_steps:
            texts += [step.condition, step.run, *(value for _, value in (*step.env, *step.inputs))]
    return any(text and _SPEAKS_OF_REF.search(text) for text in texts)


def _on(attempt: Attempt, workflow: Workflow, ref: str) -> Attempt:
    """Return the attempt as one that was started on another ref: a run of its own, with an id and a number of its own."""
    event = "workflow_dispatch" if "workflow_dispatch" in workflow.triggers else attempt.event
    path = attempt.workflow_path.partition("@")[0]
    short = ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
    run_id, number = attempt.run_id + 1, attempt.run_number + 1
    return replace(
        attempt, run_id=run_id, run_number=number, head_branch=short, workflow_path=f"{path}@{ref}", event=event
    )


def _uses(workflow: Workflow, attempt: Attempt, case: Case) -> set[tuple[object, ...]]:
    found: set[tuple[object, ...]] = set()
    for read in read_not_begun(attempt, workflow, (), case):
        if read.releases and read.runs is not False:
            found |= {(read.name, need.action, need.resource) for need in needs_of(read, RunFacts(), case)}
            found |= {(read.name, gap.what) for gap in gaps_of(read)}
    return found
