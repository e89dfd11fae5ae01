"""Describe the job that runs this, from what the runner tells it, as the attempt and workflow file that a diagnosis takes.

Source: GitHub's documentation of default environment variables and of reusable workflows. Nothing here reads the
environment: the caller hands it over, with the files that it names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from diagnosis.claims.pretrust import effective_permissions
from diagnosis.documents.preflight import IdToken
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable, mapped
from diagnosis.facts.runs import Attempt, CalledWorkflow, Job, OidcCustomization, Repository, Step
from diagnosis.facts.uses import own_path
from diagnosis.facts.workflow import Workflow, WorkflowFile, WorkflowJob
from diagnosis.json_members import is_usable
from diagnosis.logs.scrub import scrub
from diagnosis.steps.called_workflows import files_called, with_called
from diagnosis.steps.match import default_name
from diagnosis.steps.matrix import legs_of
from diagnosis.steps.variables import run_values

TOKEN_VARIABLES = ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
"""The runner sets both where ``id-token: write`` is in effect for the job, and neither where it is not."""
_REQUIRED = ("GITHUB_REPOSITORY", "GITHUB_RUN_ID", "GITHUB_REF", "GITHUB_EVENT_NAME")
_NO_FILE = Unreadable("workflow file", "the checkout has no such file", "check the repository out before this step")
_ELSEWHERE = re.compile(r"([A-Za-z0-9._-]+/[A-Za-z0-9._-]+)/(.+)")
_MOST_LEGS = 32
_READ_CALLS = (
    "check the repository out before this step, or give it a token that reads the called workflow's repository; where the job is "
    "written in the run's own file, say so with --job"
)
_LONGEST_CALLS = 300
_RUNNING = Absent("the log of a job that is still running")
_NO_CUSTOMIZATION = Unreadable(
    what="OIDC subject customization",
    why="GitHub was not asked: the step has no token for its API",
    how="give the step `GH_TOKEN: ${{ github.token }}` and the job `actions: read`",
    permission="actions: read",
)


@dataclass(frozen=True, slots=True)
class Given:
    """What the caller found around the job."""

    environ: Mapping[str, str]
    now: datetime
    job: str | None = None
    """The job's id where another one than the one that asks is meant."""
    file: Reading[WorkflowFile] = _NO_FILE
    """The workflow file in which the job is written."""
    path: str = ""
    """Its path in the repository, empty where it is not known."""
    caller: Workflow | None = None
    """The run's own workflow file, where the job is written in another one that it calls."""
    called: tuple[CalledWorkflow, ...] = ()
    """The workflows that the file calls, as far as they were read."""
    event: Mapping[str, Any] | None = None
    """The event's payload."""
    repository: Repository | None = None
    """As GitHub's API gives it, where it was asked."""
    customization: Reading[OidcCustomization] = _NO_CUSTOMIZATION


@dataclass(frozen=True, slots=True)
class ThisJob:
    """The job as an attempt of which nothing has ended yet, with its workflow file."""

    attempt: Attempt
    """All jobs of the file are listed, this one first; in the file this job is as the runner has it."""
    alone: Attempt
    """The same with this job alone, among the jobs and in the file."""
    job: str
    workflow_ref: str
    ref: str
    id_token: IdToken

    def with_parts_of(self, attempt: Attempt) -> ThisJob:
        """Return the job with what else was read of the repository: ``attempt`` is the one of this job, with more in it."""
        alone = replace(attempt, jobs=self.alone.jobs, workflow_file=self.alone.workflow_file)
        return replace(self, attempt=attempt, alone=alone)


class NoSuchJob(Exception):  # noqa: N818 - it names what the user has
    """The workflow file has no job of that id."""


def not_told(environ: Mapping[str, str], *, job: bool, workflow: bool) -> tuple[str, ...]:
    """Name the variables that are missing or make no sense; ``job``, ``workflow``: whether these were given otherwise."""
    wanted = [*_REQUIRED, *(() if job else ("GITHUB_JOB",)), *(() if workflow else ("GITHUB_WORKFLOW_REF",))]
    missing = [name for name in wanted if not environ.get(name, "").strip()]
    for name in ("GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_RUN_NUMBER"):
        value = environ.get(name, "")
        if value and _number(value) is None:
            missing.append(name)
    if "GITHUB_REPOSITORY" not in missing and len(environ["GITHUB_REPOSITORY"].split("/")) != 2:
        missing.append("GITHUB_REPOSITORY")
    return tuple(missing)


def workflow_path(environ: Mapping[str, str]) -> str:
    """Return the path of the run's own workflow file; empty where it lies in another repository."""
    repository = environ.get("GITHUB_REPOSITORY", "")
    place = environ.get("GITHUB_WORKFLOW_REF", "").partition("@")[0]
    return place.removeprefix(f"{repository}/") if place.lower().startswith(f"{repository}/".lower()) else ""


def workflow_elsewhere(environ: Mapping[str, str]) -> tuple[str, str] | None:
    """Return repository and path of the run's own workflow file where it lies in another repository, as a required one does."""
    found = _ELSEWHERE.fullmatch(environ.get("GITHUB_WORKFLOW_REF", "").partition("@")[0])
    return (found[1], found[2]) if found and not workflow_path(environ) else None


def this_job(given: Given) -> ThisJob:
    """Read the job as values. The caller has made sure that :func:`not_told` names nothing. Raises NoSuchJob."""
    environ = given.environ
    name = given.job or environ["GITHUB_JOB"]
    offered = _id_token(environ, name)
    file = given.file.value.parsed if isinstance(given.file, Known) else None
    written, unread = _written(file, name, given) if isinstance(file, Workflow) else ((), None)
    if not isinstance(file, Workflow) or unread is not None:
        whole = alone = _attempt(given, unread or given.file, (Job(1, name, "in_progress", None, log=_RUNNING),))
    else:
        placed = _with_calls(file, given) if any(job.caller for job in written) else file
        ready = {
            id(job): _as_it_runs(_inherited(file, job, given.caller, given.path), environ, offered, job)
            for job in written
        }
        file = replace(
            placed,
            jobs=tuple(next((ready[id(own)] for own in written if own == job), job) for job in placed.jobs),
            env=_env(placed, environ),
            inputs=(inputs := _inputs(placed, given)),
            given_inputs=_given_inputs(inputs, called=given.path != workflow_path(environ)),
        )
        own_jobs = tuple(ready.values())
        others = tuple(job for job in file.jobs if job not in own_jobs and not job.uses)
        whole = _attempt(given, _with_parsed(given.file, file), ())
        alone = replace(whole, workflow_file=_with_parsed(given.file, replace(file, jobs=own_jobs)))
        own = tuple(leg for job in own_jobs for leg in _legs(job, whole))
        whole = replace(whole, jobs=Known((*own, *(leg for job in others for leg in _legs(job, whole)))))
        alone = replace(alone, jobs=Known(own))
    return ThisJob(
        attempt=whole,
        alone=alone,
        job=name,
        workflow_ref=environ.get("GITHUB_WORKFLOW_REF", ""),
        ref=environ["GITHUB_REF"],
        id_token=offered,
    )


def run_of(given: Given) -> Attempt:
    """Return the run without its jobs, for whoever reads what its workflow file calls and uses."""
    return _attempt(given, given.file, ())


def _written(file: Workflow, name: str, given: Given) -> tuple[tuple[WorkflowJob, ...], Unreadable | None]:
    """Return the job as it is written, once for each call of the workflow in which it is; or what has to be read for that.

    The runner tells a called job's own id alone: where that is the id of several jobs, all are judged. Raises NoSuchJob.
    """
    own = tuple(job for job in file.jobs if job.id == name and not job.uses)
    if own and given.job is not None:
        return own, None
    jobs = _with_calls(file, given).jobs
    called = tuple(job for job in jobs if job.caller and not job.uses and name in (job.id, job.id.rpartition(" / ")[2]))
    unread = [job for job in jobs if job.uses]
    if not unread and not own and not called:
        raise NoSuchJob(name)
    if not unread:
        return (*own, *called), None
    calls = ", ".join(dict.fromkeys(job.uses or "" for job in unread))[:_LONGEST_CALLS]
    why = (
        f"the workflow file calls {calls}, which {'was' if len(unread) == 1 else 'were'} not read and may hold this job"
    )
    return (), Unreadable(f"the workflow in which job {name} is written", why, _READ_CALLS, "contents: read")


def _with_calls(file: Workflow, given: Given) -> Workflow:
    """Return the file with the workflows that it calls in place, as far as they were read."""
    repository = given.environ["GITHUB_REPOSITORY"]
    return with_called(file, files_called(given.called, repository), repository)


def _with_parsed(file: Reading[WorkflowFile], workflow: Workflow) -> Reading[WorkflowFile]:
    return mapped(file, lambda known: replace(known, parsed=workflow))


def _id_token(environ: Mapping[str, str], job: str) -> IdToken:
    """Return what the runner offers the job that asks; unknown for another job, or outside a runner."""
    if environ.get("GITHUB_ACTIONS") != "true" or job != environ.get("GITHUB_JOB"):
        return IdToken.NOT_KNOWN
    # One of the two is enough: a careful step takes the other one away from its children.
    return IdToken.OFFERED if any(environ.get(name) for name in TOKEN_VARIABLES) else IdToken.NOT_OFFERED


def _inherited(file: Workflow, job: WorkflowJob, caller: Workflow | None, path: str) -> WorkflowJob:
    """Return a called workflow's job with the permissions of the job that calls it, where it states none itself."""
    stated, _ = effective_permissions(file, job)
    calls = [item for item in caller.jobs if own_path(item.uses) == path] if caller else []
    if stated is not None or caller is None or len(calls) != 1:
        return job
    return replace(job, permissions=effective_permissions(caller, calls[0])[0])


def _as_it_runs(job: WorkflowJob, environ: Mapping[str, str], offered: IdToken, written: WorkflowJob) -> WorkflowJob:
    """Return the job with what the runner shows: the token's permission, and its environment with expressions filled in."""
    permissions = job.permissions
    if offered is IdToken.OFFERED:
        others = tuple(pair for pair in permissions or () if pair[0] != "id-token")
        permissions = (*others, ("id-token", "write"))
    # The environment of this process is that of the job that asks, not of another one.
    own_id = written.id.rpartition(" / ")[2]
    env = _filled(job.env, environ, written) if own_id == environ.get("GITHUB_JOB") else job.env
    return replace(job, permissions=permissions, env=env)


def _env(file: Workflow, environ: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return _filled(file.env, environ, *file.jobs)


def _inputs(file: Workflow, given: Given) -> tuple[tuple[str, str | None], ...]:
    """Return the inputs of the dispatch as the event tells them; a default counts only where the dispatch left one out.

    Without the event's payload, or for a called workflow, no input is known: a default would be a guess.
    """
    dispatched = given.environ["GITHUB_EVENT_NAME"] == "workflow_dispatch" and given.path == workflow_path(
        given.environ
    )
    told = given.event.get("inputs") if given.event is not None else None
    if not dispatched or given.event is None or not isinstance(told, Mapping | None):
        return tuple((name, None) for name, _ in file.inputs)
    values = {
        name: scrub(_as_text(value)) for name, value in (told or {}).items() if isinstance(value, str | bool | int)
    }
    return tuple((name, values.get(name, default)) for name, default in file.inputs)


def _given_inputs(inputs: tuple[tuple[str, str | None], ...], *, called: bool) -> tuple[tuple[str, str], ...]:
    """Return what was given; an input of a called workflow that nobody tells stays an expression, whatever the event."""
    return tuple(
        (name, f"${{{{ inputs.{name} }}}}" if value is None else value)
        for name, value in inputs
        if called or value is not None
    )


def _as_text(value: object) -> str:
    """Return a value as an expression shows it: truth values in small letters."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _filled(
    block: tuple[tuple[str, str], ...], environ: Mapping[str, str], *jobs: WorkflowJob
) -> tuple[tuple[str, str], ...]:
    """Return the block with the values that this process has in its environment, where the file has an expression.

    Not where a step or job sets the same name for itself, since then the process may have that one; and no secret.
    """
    own = {name for job in jobs for step in job.steps for name, _ in step.env}
    own |= {name for job in jobs for name, _ in job.env if (name, _) not in block}
    return tuple(
        (name, scrub(environ[name]))
        if "${{" in value and "secrets" not in value and name in environ and name not in own
        else (name, value)
        for name, value in block
    )


def _legs(written: WorkflowJob, attempt: Attempt) -> tuple[Job, ...]:
    """Return the job once for each leg of its matrix: the runner does not tell which leg it is, so all of them are judged."""
    legs = legs_of(written, run_values(attempt)) if written.matrix is not None else ()
    names = tuple(dict.fromkeys(leg.name for leg in legs if leg.known))
    if not 0 < len(names) == len(legs) <= _MOST_LEGS:
        return (_job(written, written.id),)
    return tuple(_job(written, name) for name in names)


def _job(written: WorkflowJob, name: str) -> Job:
    """Return the job with all its steps before it, so that the role in force at the registry is the last one assumed."""
    steps = enumerate(written.steps, 1)
    ahead = tuple(Step(number, step.name or default_name(step), "queued", None) for number, step in steps)
    return Job(written.line, name, "in_progress", None, steps=ahead, log=_RUNNING)


def _attempt(given: Given, file: Reading[WorkflowFile], jobs: tuple[Job, ...]) -> Attempt:
    environ, now = given.environ, given.now
    ref = environ["GITHUB_REF"]
    run, attempt = int(environ["GITHUB_RUN_ID"]), _number(environ.get("GITHUB_RUN_ATTEMPT")) or 1
    repository = given.repository or _repository(environ, given.event)
    page = f"{repository.html_url}/actions/runs/{run}/attempts/{attempt}" if repository.html_url else ""
    return Attempt(
        repository=repository,
        run_id=run,
        attempt=attempt,
        run_number=_number(environ.get("GITHUB_RUN_NUMBER")) or 0,
        workflow_name=environ.get("GITHUB_WORKFLOW", ""),
        # A called file's own ref is the run's only where the run's repository calls it by path.
        workflow_path=f"{_own_path(given)}@{ref}",
        event=environ["GITHUB_EVENT_NAME"],
        head_branch=_ref_name(ref, repository.default_branch),
        head_sha=environ.get("GITHUB_SHA", ""),
        status="in_progress",
        conclusion=None,
        title="",
        actor=environ.get("GITHUB_ACTOR", ""),
        actor_id=_number(environ.get("GITHUB_ACTOR_ID")),
        created_at=now,
        started_at=None,
        updated_at=None,
        html_url=page,
        head_repository=_told(given.event, "pull_request", "head", "repo", "full_name"),
        jobs=Known(jobs),
        workflow_file=file,
        called_workflows=given.called,
        oidc_customization=given.customization,
    )


def _own_path(given: Given) -> str:
    """Return the file's path where its ref is the run's ref; else empty, which leaves ``job_workflow_ref`` unknown."""
    if given.path == workflow_path(given.environ):
        return given.path
    called = given.caller is not None and any(own_path(job.uses) == given.path for job in given.caller.jobs)
    return given.path if called else ""


def _ref_name(ref: str, default_branch: str | None) -> str:
    """Return the ref as ``github.ref_name`` has it: bare; ``5/merge``; a tag called like the default branch in full."""
    for prefix in ("refs/heads/", "refs/tags/", "refs/pull/"):
        name = ref.removeprefix(prefix)
        if name != ref:
            return ref if prefix == "refs/tags/" and name == default_branch else name
    return ref


def _repository(environ: Mapping[str, str], event: Mapping[str, Any] | None) -> Repository:
    name = environ["GITHUB_REPOSITORY"]
    server = environ.get("GITHUB_SERVER_URL", "").rstrip("/")
    return Repository(
        full_name=name,
        id=_number(environ.get("GITHUB_REPOSITORY_ID")),
        owner_id=_number(environ.get("GITHUB_REPOSITORY_OWNER_ID")),
        created_at=_created(event),
        default_branch=_told(event, "repository", "default_branch"),
        html_url=f"{server}/{name}" if server.startswith("https://") else "",
    )


def _created(event: Mapping[str, Any] | None) -> datetime | None:
    """Return the repository's day of creation; a push event tells it in another form, which is left aside."""
    told = _told(event, "repository", "created_at")
    try:
        moment = datetime.fromisoformat(told) if told else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None and is_usable(moment) else None


def _told(event: Mapping[str, Any] | None, *path: str) -> str | None:
    value: Any = event
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) and value else None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
