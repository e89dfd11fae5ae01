"""Answer what the embedded GitHub is asked about Actions: workflows, runs, attempts, jobs, logs, annotations, artifacts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote

from probes.embedded.github.answers import (
    Request,
    Response,
    failure,
    in_storage,
    json_answer,
    not_found,
    page,
    refused,
)
from probes.embedded.github.filters import select_runs
from probes.github.read.green_run import ONLY_SUCCESSES
from probes.recording.format import LAST_SUCCESS, JsonObject, RecordedAttempt, Refusal
from probes.recording.view import RecordingView

RUN = r"/actions/runs/(?P<run>\d{1,18})"
ATTEMPT = RUN + r"/attempts/(?P<attempt>\d{1,9})"
JOB = r"/actions/jobs/(?P<job>\d{1,18})"
WORKFLOW = r"/actions/workflows/(?P<workflow>[^/]+)"


def workflows(view: RecordingView, request: Request, _: re.Match[str]) -> Response:
    """Return the list of workflows."""
    return page(request, view.workflows, "workflows")


def workflow(view: RecordingView, request: Request, match: re.Match[str]) -> Response:
    """Return a workflow by id or file name."""
    return json_answer(request, _find_workflow(view, match["workflow"]))


def runs(view: RecordingView, request: Request, match: re.Match[str]) -> Response:
    """Return the runs of the repository or of a workflow, filtered."""
    found = [run.latest.run for run in view.runs]
    wanted = match.groupdict().get("workflow")
    if wanted is not None:
        of = _find_workflow(view, wanted)
        if of is None:
            return not_found()
        found = [run for run in found if run.get("workflow_id") == of["id"]]
        found += _green_beside(view, request)
    try:
        return page(request, select_runs(found, request.query), "workflow_runs")
    except ValueError:
        return failure(422, "Validation Failed")


def _green_beside(view: RecordingView, request: Request) -> Sequence[JsonObject]:
    """Return the last success that a recording keeps beside its runs, for the one question that looks for it."""
    asked = {name: request.query.get(name) for name in ONLY_SUCCESSES}
    answer = view.answers.get(unquote(request.path) + LAST_SUCCESS) if asked == ONLY_SUCCESSES else None
    return answer.answer if answer is not None and isinstance(answer.answer, tuple) else ()


def run(view: RecordingView, request: Request, match: re.Match[str]) -> Response:
    """Return a run, or one attempt of it."""
    attempt = _find_attempt(view, match)
    return json_answer(request, attempt.run if attempt else None)


def jobs(view: RecordingView, request: Request, match: re.Match[str]) -> Response:
    """Return the jobs of an attempt; of the latest, or of all with ``filter=all``, where none is named."""
    attempt = _find_attempt(view, match)
    if attempt is None:
        return not_found()
    every = "attempt" not in match.groupdict() and request.query.get("filter") == "all"
    attempts = view.run_by_id[int(match["run"])].attempts if every else (attempt,)
    return page(request, [job.job for entry in attempts for job in entry.jobs], "jobs")


def job(view: RecordingView, request: Request, match: re.Match[str]) -> Response:
    """Return a job."""
    found = view.job_by_id.get(int(match["job"]))
    return json_answer(request, found.job if found else None)


def job_log(view: RecordingView, request: Request, match: re.Match[str]) -> Response:
    """Return where a job's log lies, or that of one of its steps."""
    found = view.job_by_id.get(int(match["job"]))
    if found is None or found.log is None:
        return not_found()
    if isinstance(found.log, Refusal):
        return refused(found.log)
    step = match.groupdict().get("step")
    if step is None:
        return in_storage(request, f"logs/{match['job']}")
    known = any(number == int(step) for number, _, _ in found.log.steps)
    return in_storage(request, f"logs/{match['job']}/{step}") if known else not_found()


def check_run(view: RecordingView, request: Request, match: re.Match[str]) -> Response:
    """Return the check run that belongs to a job: it has the job's id."""
    found = view.job_by_id.get(int(match["job"]))
    if found is None:
        return not_found()
    address = f"{view.recording.api_url}/repos/{view.recording.full_name}/check-runs/{match['job']}"
    output = {"title": None, "summary": None, "text": None, "annotations_count": len(found.annotations)}
    members = ("id", "name", "status", "conclusion", "started_at", "completed_at", "head_sha", "html_url")
    value = {name: found.job.get(name) for name in members}
    return json_answer(request, {**value, "url": address, "output": output})


def job_annotations(view: RecordingView, request: Request, match: re.Match[str]) -> Response:
    """Return the annotations of a job's check run."""
    found = view.job_by_id.get(int(match["job"]))
    return page(request, found.annotations, None) if found else not_found()


def artifacts(view: RecordingView, request: Request, match: re.Match[str]) -> Response:
    """Return the artifacts of a run."""
    found = view.run_by_id.get(int(match["run"]))
    if found is None:
        return not_found()
    name = request.query.get("name")
    items = [item.artifact for item in found.artifacts if name is None or item.artifact["name"] == name]
    return page(request, items, "artifacts")


def artifact(view: RecordingView, request: Request, match: re.Match[str]) -> Response:
    """Return an artifact, or where its archive lies."""
    item = view.artifact_by_id.get(int(match["artifact"]))
    if item is None or not match["zip"]:
        return json_answer(request, item.artifact if item else None)
    if isinstance(item.files, Refusal):
        return refused(item.files)
    if item.artifact.get("expired"):
        return failure(410, "Artifact has expired")
    return in_storage(request, f"artifacts/{match['artifact']}")


def oidc_customization(view: RecordingView, request: Request, _: re.Match[str]) -> Response:
    """Return how the repository's OIDC subject is made."""
    return json_answer(request, view.recording.oidc_customization)


def _find_workflow(view: RecordingView, wanted: str) -> JsonObject | None:
    """Find a workflow by id or by file name, as GitHub takes both."""
    name = unquote(wanted)
    for entry in view.workflows:
        if name in (str(entry["id"]), str(entry["path"]).rsplit("/", 1)[-1], entry["path"]):
            return entry
    return None


def _find_attempt(view: RecordingView, match: re.Match[str]) -> RecordedAttempt | None:
    found = view.run_by_id.get(int(match["run"]))
    if found is None:
        return None
    number = match.groupdict().get("attempt")
    return found.latest if number is None else found.attempt(int(number))
