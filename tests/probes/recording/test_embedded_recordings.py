"""What holds for the recording of every embedded incident: its bytes, its times, its labels, and no credential in it."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime

import pytest

from diagnosis.facts.evidence import Origin
from probes.embedded.github.storage import archive, step_log
from probes.embedded.moments import INCIDENTS, load_incident
from probes.recording.format import moment_of

RECORDINGS = {name: load_incident(incident) for name, incident in INCIDENTS.items()}
EVERY = pytest.mark.parametrize("recording", [pytest.param(each, id=name) for name, each in RECORDINGS.items()])
JOBS = pytest.mark.parametrize(
    ("run", "job"),
    [
        pytest.param(run, job, id=f"{name}-{run.id}")
        for name, recording in RECORDINGS.items()
        for run in recording.runs
        for attempt in run.attempts
        for job in attempt.jobs
    ],
)
STAMP = re.compile(rb"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7})Z ")


@JOBS
def test_a_log_has_githubs_bytes(run, job):
    data = job.log.read()
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.endswith(b"\n")
    assert b"\r" not in data
    assert b"GITHUB_TOKEN Permissions" in data
    assert b"Id-Token: write" in data
    lines = data.removeprefix(b"\xef\xbb\xbf").splitlines()
    stamps = [STAMP.match(line) for line in lines]
    assert all(stamps)
    times = [match[1] for match in stamps]
    assert times == sorted(times)
    assert lines[-1].endswith(b" Cleaning up orphan processes")
    depth = 0
    for line in lines:
        depth += line.count(b" ##[group]") - line.count(b" ##[endgroup]")
        assert depth in (0, 1)
    assert depth == 0


@JOBS
def test_the_lines_of_a_step_lie_in_the_times_of_the_step(run, job):
    lines = job.log.read().removeprefix(b"\xef\xbb\xbf").splitlines()
    steps = {step["number"]: step for step in job.job["steps"]}
    covered = []
    for number, first, last in job.log.steps:
        covered += range(first, last + 1)
        step = steps[number]
        assert step["conclusion"] != "skipped"
        for line in lines[first - 1 : last]:
            at = datetime.fromisoformat(line[:26].decode()).replace(tzinfo=UTC)
            assert moment_of(step["started_at"]) <= at
            assert (at - moment_of(step["completed_at"])).total_seconds() < 1
    assert covered == list(range(1, len(lines) + 1))
    ran = {number for number, step in steps.items() if step["conclusion"] != "skipped"}
    assert {number for number, _, _ in job.log.steps} == ran


@JOBS
def test_run_job_and_steps_are_nested_in_time(run, job):
    whole = run.attempts[0].run
    marks = [whole["created_at"], job.job["created_at"], job.job["started_at"]]
    for step in job.job["steps"]:
        marks += [step["started_at"], step["completed_at"]]
    marks += [job.job["completed_at"], whole["updated_at"]]
    assert marks == sorted(marks)


@JOBS
def test_the_error_of_a_failed_step_is_its_annotation_and_only_the_ends_of_steps_follow(run, job):
    failed = [entry for entry in job.job["steps"] if entry["conclusion"] == "failure"]
    assert len(failed) == len(job.annotations) == (run.attempts[0].run["conclusion"] == "failure")
    for step, annotation in zip(failed, job.annotations, strict=True):
        line = step_log(job.log, step["number"]).decode().splitlines()[annotation["start_line"] - 1]
        assert line.endswith("##[error]" + annotation["message"])
        later = [entry for entry in job.job["steps"] if step["number"] < entry["number"]]
        assert all(
            entry["conclusion"] == "skipped" or entry["name"].startswith(("Post ", "Complete")) for entry in later
        )


@EVERY
def test_everything_written_around_the_facts_is_labelled_with_a_reason(recording):
    for run in recording.runs:
        assert run.reconstructed
        assert all(entry.what and entry.why for entry in run.reconstructed)
    logs = [job.log for run in recording.runs for attempt in run.attempts for job in attempt.jobs]
    for log in logs:
        assert log.origin is Origin.RECONSTRUCTED
        assert log.reconstructed
        text = log.read().decode()
        assert all(piece in text for piece in log.verbatim)
    for written in (*recording.files, *recording.folders):
        assert written.origin is Origin.RECONSTRUCTED
        assert written.reconstructed


@EVERY
def test_artifacts_have_the_size_and_digest_of_what_is_served(recording):
    artifacts = [(run, item) for run in recording.runs for item in run.artifacts]
    assert artifacts
    for run, item in artifacts:
        data = archive(item)
        assert len(data) == item.artifact["size_in_bytes"]
        digest = hashlib.sha256(data).hexdigest()
        assert item.artifact["digest"] == f"sha256:{digest}"
        text = run.attempts[0].jobs[0].log.read().decode()
        assert f"SHA256 digest of uploaded artifact zip is {digest}" in text


@JOBS
def test_no_log_holds_a_credential(run, job):
    text = job.log.read().decode()
    assert not re.search(r"A(?:KIA|SIA)[A-Z0-9]{16}", text)
    assert not re.search(r"gh[pousr]_[A-Za-z0-9]{20}|github_pat_|eyJ[A-Za-z0-9_-]{10}", text)
    secret = [line for line in text.splitlines() if re.search(r"(?:SECRET|TOKEN|API_KEY|token)[A-Z_]*: ", line)]
    assert all(line.endswith(": ***") for line in secret)
