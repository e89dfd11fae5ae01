"""An attempt that was read from the embedded GitHub is told what of it was reconstructed."""

from __future__ import annotations

from dataclasses import replace

from made_attempts import made_attempt

from diagnosis.facts.evidence import Origin
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt, Job, Repository
from probes.embedded.moments import load_incident
from probes.recording.labels import label_attempt

INCIDENT = load_incident()


def attempt_of(run_id: int) -> Attempt:
    recorded = next(run for run in INCIDENT.runs if run.id == run_id).attempts[0]
    run = recorded.run
    jobs = tuple(Job(job.job["id"], job.job["name"], "completed", "failure") for job in recorded.jobs)
    return made_attempt(
        run_id,
        repository=Repository(INCIDENT.full_name),
        workflow_path=run["path"],
        head_sha=run["head_sha"],
        jobs=Known(jobs),
    )


def test_run_log_and_workflow_file_tell_what_was_reconstructed():
    labelled = label_attempt(INCIDENT, attempt_of(21985402789))
    assert labelled.origin is Origin.RECORDED
    assert isinstance(labelled.jobs, Known)
    assert [job.log_origin for job in labelled.jobs.value] == [Origin.RECONSTRUCTED]
    (quoted,) = labelled.jobs.value[0].log_verbatim
    assert quoted.startswith("Could not assume role with OIDC: No OpenIDConnect provider found")
    words = "\n".join(labelled.reconstructed)
    assert "start and end of each step" in words
    assert "job log, every line but the verbatim text" in words
    assert ".github/workflows/dev_min_m1_packaging.yml, the whole text" in words
    assert len(set(labelled.reconstructed)) == len(labelled.reconstructed)


def test_an_attempt_of_no_recording_stays_as_it_is():
    attempt = replace(attempt_of(21985402789), run_id=1)
    assert label_attempt(INCIDENT, attempt) is attempt


def test_an_attempt_without_jobs_is_labelled_all_the_same():
    attempt = replace(attempt_of(21985402789), jobs=Attempt.__dataclass_fields__["jobs"].default)
    labelled = label_attempt(INCIDENT, attempt)
    assert labelled.jobs == attempt.jobs
    assert labelled.reconstructed
