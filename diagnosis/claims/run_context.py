"""Derive the contexts in which a run's job may have asked for its token from what GitHub recorded of the run.

A context is an environment, a pull request or a ref, with the workflow file that the job came from. Where the record
leaves more than one open, all are returned with the reason; where it tells none, the value is None.
Source: GitHub's documentation of events, of reusable workflows and of the token's claims.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from diagnosis.claims.claim_set import ContextKind, SubjectContext
from diagnosis.facts.reading import Known
from diagnosis.facts.ref_filters import kind_of_push
from diagnosis.facts.runs import Attempt
from diagnosis.facts.uses import is_own, own_path
from diagnosis.facts.workflow import UnparsableWorkflow, Workflow, WorkflowJob

_REVIEW_EVENTS = frozenset({"pull_request_review", "pull_request_review_comment"})

_VERSION_LIKE = re.compile(r"(?!.*\n)(?:.*[/_-])?[vV]?\d+(?:\.\d+)+(?:[-+._].*)?\Z|[vV]\d+\Z")
_MOST_LOGS = 20
"""Logs that are searched for what a checkout fetched: one of them has it, or none."""
_MOST_CONTEXTS = 30
"""Contexts that are told apart; each is judged."""
_COMMIT = re.compile(r"[0-9a-f]{40}\Z")


@dataclass(frozen=True, slots=True)
class RunContext:
    """One context in which the job may have asked for its token."""

    subject_context: SubjectContext | None
    ref: str | None
    """The ``ref`` claim; None where it is not known."""
    environment: str | None
    """The ``environment`` claim; None where the job names none, or where ``subject_context`` is not known."""
    job_workflow_ref: str | None
    why: str
    environment_known: bool = True


@dataclass(frozen=True, slots=True)
class _Ref:
    """A ref with the context that a job without an environment has on it."""

    ref: str | None
    context: SubjectContext | None
    why: str


def run_contexts(
    attempt: Attempt,
    *,
    environment: str | None,
    ref: str | None,
    workflow: Workflow | UnparsableWorkflow | None,
    job: WorkflowJob | None,
) -> tuple[RunContext, ...]:
    """Return every context that the record leaves possible, the likeliest first; never empty.

    ``environment`` and ``ref`` are what the caller knows or supposes; they win over the record.
    """
    found: dict[RunContext, None] = {}
    for place in _refs(attempt, ref):
        for named, known, uses, why in _jobs(attempt, environment, workflow, job):
            for defined_in in _job_workflow_refs(attempt, uses, place.ref):
                context = place.context
                if not known:
                    context = None
                elif named is not None:
                    context = SubjectContext(ContextKind.ENVIRONMENT, named)
                reason = "; ".join(part for part in (place.why, why) if part)
                found[RunContext(context, place.ref, named if known else None, defined_in, reason, known)] = None
    if len(found) > _MOST_CONTEXTS:
        # One that may be any of the rest: a judgement that holds for the others alone would be no proof.
        rest = RunContext(None, None, None, None, f"more than {_MOST_CONTEXTS} are possible", environment_known=False)
        return (*islice(found, _MOST_CONTEXTS), rest)
    return tuple(found)


def _same_call(recorded: str, uses: str) -> bool:
    """Return whether GitHub's record of a called workflow is of this ``uses``; names know no letter case there."""
    return recorded.partition("@")[0].lower() == uses.partition("@")[0].lower()


def full_ref(name: str) -> str:
    """Return a ref in full: a bare name is taken for a branch."""
    return name if name.startswith("refs/") else f"refs/heads/{name}"


def refs_of_run(attempt: Attempt) -> tuple[str, ...]:
    """Return the refs in full that ``github.ref`` may be, the likeliest first; none where the record names none."""
    return tuple(dict.fromkeys(place.ref for place in _refs(attempt, None) if place.ref))


def _refs(attempt: Attempt, override: str | None) -> tuple[_Ref, ...]:
    if override:
        ref = full_ref(override)
        return (_Ref(ref, SubjectContext(ContextKind.REF, ref), f"dispatched on {ref}"),)
    event, default = attempt.event, attempt.repository.default_branch
    pull_request = SubjectContext(ContextKind.PULL_REQUEST)
    if event == "pull_request":
        return (_Ref(None, pull_request, "a pull_request event has a subject of its own form"),)
    if event in _REVIEW_EVENTS:
        why = f"{event} is not documented as a pull_request subject: both forms are possible"
        return (_Ref(None, pull_request, why), _Ref(None, None, why))
    if event == "pull_request_target":
        on_default = f"refs/heads/{default}" if default else None
        context = SubjectContext(ContextKind.REF, on_default) if on_default else None
        why = "pull_request_target runs on the default branch: both forms are possible"
        return (_Ref(on_default, pull_request, why), _Ref(on_default, context, why))
    branch = (default or attempt.head_branch) if event == "workflow_run" else attempt.head_branch
    if not branch:
        return (_Ref(None, None, "the record names no branch or tag"),)
    return tuple(
        _Ref(ref, SubjectContext(ContextKind.REF, ref), why)
        for ref, why in _branch_or_tag(attempt, branch.removeprefix("refs/heads/"))
    )


def _branch_or_tag(attempt: Attempt, name: str) -> tuple[tuple[str, str], ...]:
    """Tell a branch from a tag by what else is known: GitHub's run record gives the bare name of either."""
    if name.startswith("refs/tags/"):
        return ((name, f"the run is on {name}"),)
    branch, tag = f"refs/heads/{name}", f"refs/tags/{name}"
    kind = _told_kind(attempt, name)
    if kind == "tag":
        return ((tag, f"the run is on the tag {name}"),)
    if kind == "branch" or not _VERSION_LIKE.match(name):
        return ((branch, f"the run is on the branch {name}"),)
    why = f"{name} looks like a version and the record does not tell a tag from a branch"
    return ((tag, why), (branch, why))


def _told_kind(attempt: Attempt, name: str) -> str | None:
    if attempt.event == "release":
        return "tag"
    if name == attempt.repository.default_branch or attempt.event == "merge_group":
        return "branch"
    at = attempt.workflow_path.partition("@")[2]
    if at in (f"refs/tags/{name}", f"refs/heads/{name}"):
        return "tag" if at.startswith("refs/tags/") else "branch"
    # The checkout step prints the refspec that it fetches: commit, then where it puts it.
    for text in _logs(attempt):
        if f"{attempt.head_sha}:refs/" not in text:
            continue
        if f"{attempt.head_sha}:refs/tags/{name}" in text:
            return "tag"
        if f"{attempt.head_sha}:refs/remotes/origin/{name}" in text:
            return "branch"
    told = kind_of_push(attempt.workflow_file.value.parsed, name) if isinstance(attempt.workflow_file, Known) else None
    return told if attempt.event == "push" else None


def _logs(attempt: Attempt) -> Iterator[str]:
    if isinstance(attempt.jobs, Known):
        for job in attempt.jobs.value[:_MOST_LOGS]:
            if isinstance(job.log, Known) and attempt.head_sha:
                yield job.log.value


def _jobs(
    attempt: Attempt,
    environment: str | None,
    workflow: Workflow | UnparsableWorkflow | None,
    job: WorkflowJob | None,
) -> tuple[tuple[str | None, bool, str | None, str], ...]:
    """Return ``(environment, whether it is known, reusable workflow, why)`` for each job that may ask for the token."""
    jobs = (job,) if job else token_jobs(workflow) if isinstance(workflow, Workflow) else ()
    stated = environment or attempt.environment
    if stated:
        known = "${{" not in stated
        why = f"the job names the environment {stated}" if known else f"the environment {stated} is an expression"
        called = tuple(dict.fromkeys(_called_file(item) for item in jobs)) or (None,)
        return tuple((stated, known, uses, why) for uses in called)
    if not jobs:
        return ((None, False, None, "the workflow file was not read, so the job may name an environment"),)
    found: dict[tuple[str | None, bool, str | None, str], None] = {}
    for item in jobs:
        if item.environment:
            known = "${{" not in item.environment
            verb = "names the environment" if known else "takes its environment from an expression:"
            found[(item.environment, known, _called_file(item), f"job {item.id} {verb} {item.environment}")] = None
        elif item.uses:
            why = f"job {item.id} calls {item.uses}, whose own job may name an environment"
            found[(None, False, item.uses, why)] = None
        else:
            found[(None, True, _called_file(item), "")] = None
    return tuple(found)


def _called_file(job: WorkflowJob) -> str | None:
    """Return the path of the reusable workflow in which the job is written, or which it calls."""
    return job.uses or (job.caller.uses if job.caller else None)


def token_jobs(workflow: Workflow) -> tuple[WorkflowJob, ...]:
    """Return the jobs that take AWS credentials by a token; without such a sign those that call a workflow, else all."""
    assuming = tuple(job for job in workflow.jobs if any(_assumes_role(step.uses, step.run) for step in job.all_steps))
    return assuming or tuple(job for job in workflow.jobs if job.uses) or workflow.jobs


def _assumes_role(uses: str | None, run: str | None) -> bool:
    return (uses or "").lower().startswith("aws-actions/configure-aws-credentials") or any(
        mark in (run or "") for mark in ("assume-role-with-web-identity", "ACTIONS_ID_TOKEN_REQUEST_URL")
    )


def _job_workflow_refs(attempt: Attempt, uses: str | None, ref: str | None) -> tuple[str | None, ...]:
    """Return the possible ``job_workflow_ref`` claims: the file in which the job is written, at its ref in full."""
    repository = attempt.repository.full_name
    if uses is None or is_own(uses):
        path = own_path(uses) if uses else attempt.workflow_path.partition("@")[0]
        return (f"{repository}/{path}@{ref}" if ref and path and repository else None,)
    path, at, called = uses.rpartition("@")
    if not at or "${{" in uses:
        return (None,)
    if called.startswith("refs/") or _COMMIT.match(called):
        return (uses,)
    told = next((item.ref for item in attempt.called_workflows if item.ref and _same_call(item.path, uses)), None)
    if told:
        return (f"{path}@{full_ref(told)}",)
    return (f"{path}@refs/heads/{called}", f"{path}@refs/tags/{called}")
