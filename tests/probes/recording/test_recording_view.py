"""A recording at a moment: what is later is absent, what is under way is unfinished."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from made_recordings import rich_recording
from synthetic_recordings import WORKFLOW_PATH, Shape, synthetic_recording

from probes.embedded.moments import LATER, MOMENTS, STAGES, load_incident
from probes.recording.case_at import case_at
from probes.recording.format import RecordedRun, Recording
from probes.recording.view import RecordingView

INCIDENT = load_incident()
RUN_1, RUN_2, RUN_3 = 21985402789, 21985472266, 21985500168


def at(hour: int, minute: int, second: int) -> datetime:
    return datetime(2026, 2, 13, hour, minute, second, tzinfo=UTC)


def test_without_a_moment_everything_is_shown_newest_first():
    runs = RecordingView(INCIDENT).runs
    assert [run.id for run in runs] == [21993925506, RUN_3, RUN_2, RUN_1]


def test_a_run_under_way_has_no_conclusion_no_log_and_unfinished_steps():
    view = RecordingView(INCIDENT, at(11, 36, 40))
    (run,) = view.runs
    assert run.latest.run["status"] == "in_progress"
    assert run.latest.run["conclusion"] is None
    (job,) = run.latest.jobs
    assert job.job["status"] == "in_progress"
    assert job.job["conclusion"] is None
    assert job.log is None
    assert job.annotations == ()
    states = {step["name"]: (step["status"], step["conclusion"]) for step in job.job["steps"]}
    assert states["Checkout"] == ("completed", "success")
    assert states["Configure AWS credentials via OIDC"] == ("in_progress", None)
    assert states["Complete job"] == ("queued", None)


def test_a_run_that_has_just_been_created_is_queued():
    (run,) = RecordingView(INCIDENT, at(11, 36, 26)).runs
    assert run.latest.run["status"] == "queued"
    assert run.latest.jobs == ()


def test_artifacts_appear_when_they_were_uploaded():
    before = RecordingView(INCIDENT, at(11, 40, 55)).run_by_id[RUN_3]
    after = RecordingView(INCIDENT, STAGES[2].at).run_by_id[RUN_3]
    assert before.artifacts == ()
    assert [item.artifact["name"] for item in after.artifacts] == ["m1-p-1-packaging-ci-evidence"]


def test_a_branch_has_the_head_it_had():
    then = RecordingView(INCIDENT, STAGES[0].at).branches["migrate-dev"]["commit"]["sha"]
    later = RecordingView(INCIDENT, LATER.at).branches["migrate-dev"]["commit"]["sha"]
    assert then == "799d398a7daf34857cf363c9a1a629c40ec25d5e"
    assert later == INCIDENT.run(21993925506).attempts[0].run["head_sha"]


def test_a_workflow_is_listed_once_it_was_made():
    names = [[workflow["name"] for workflow in RecordingView(INCIDENT, moment.at).workflows] for moment in MOMENTS]
    assert names[0] == names[2] == ["dev-min-m1-packaging"]
    assert names[3] == ["dev-min-m1-packaging", "dev-min-m2f-topic-readiness"]


def test_a_rerun_is_absent_before_it_began():
    (run,) = rich_recording().runs
    first, second = run.attempts
    rerun = RecordedRun(
        attempts=(
            type(first)({**first.run, "run_started_at": "2026-05-01T10:00:00Z"}, first.jobs),
            type(second)({**second.run, "run_started_at": "2026-05-01T12:00:00Z"}, second.jobs),
        )
    )
    recording = Recording(repository={"full_name": "example/widgets"}, runs=(rerun,))
    early = RecordingView(recording, datetime(2026, 5, 1, 11, 0, tzinfo=UTC))
    assert [attempt.number for attempt in early.runs[0].attempts] == [1]
    assert early.job_by_id.keys() == {71}
    assert [attempt.number for attempt in RecordingView(recording).runs[0].attempts] == [1, 2]


@pytest.mark.parametrize(
    "ref", ["main", "refs/heads/main", None, "799d398a7daf34857cf363c9a1a629c40ec25d5e", "799d398"]
)
def test_a_file_is_found_by_branch_commit_or_short_commit(ref):
    file = RecordingView(INCIDENT).file(".github/workflows/dev_min_m1_packaging.yml", ref)
    assert file is not None
    assert file.commit.startswith("799d398")


@pytest.mark.parametrize("ref", ["no-such-branch", "", "79", "799d398b"])
def test_a_file_is_not_found_at_another_ref(ref):
    file = RecordingView(INCIDENT).file(".github/workflows/dev_min_m2f_topic_readiness.yml", ref)
    assert file is None


def test_the_case_knows_only_what_was_known():
    stage_1, stage_2, stage_3 = (case_at(INCIDENT, stage.at) for stage in STAGES)
    assert stage_1.runs == (RUN_1,)
    assert stage_1.changes == ()
    assert stage_1.digest is None
    assert stage_1.evidence_root is None
    assert stage_1.decision_log_entry is None
    assert stage_1.expected_account == "230372904534"
    assert [change.after_run for change in stage_2.changes] == [RUN_1]
    assert stage_2.runs == (RUN_1, RUN_2)
    assert [change.after_run for change in stage_3.changes] == [RUN_1, RUN_2]
    assert stage_3.runs == (RUN_1, RUN_2, RUN_3)
    assert stage_3.digest
    assert stage_3.decision_log_entry
    assert case_at(INCIDENT, None) is INCIDENT.case.case
    assert any("No run exists for it" in note for note in stage_1.notes)


def test_a_synthetic_recording_has_the_shape_that_was_asked_for():
    shape = Shape(runs=40, jobs=2, log_bytes=20_000, success_every=5)
    recording = synthetic_recording(shape)
    view = RecordingView(recording)
    assert len(view.runs) == 40
    assert len(view.job_by_id) == 80
    assert view.runs[0].created_at == shape.newest
    conclusions = [run.latest.run["conclusion"] for run in view.runs]
    assert conclusions.count("success") == 8
    for run in view.runs:
        first = run.latest.jobs[0]
        data = first.log.read()
        assert 18_000 < len(data) <= 20_500
        failed = run.latest.run["conclusion"] == "failure"
        assert (b"##[error]" in data) is failed
        assert bool(first.annotations) is failed
        assert view.file(WORKFLOW_PATH, run.latest.run["head_sha"]) is not None
    half = RecordingView(recording, shape.newest - timedelta(minutes=20))
    assert len(half.runs) == 20
    assert synthetic_recording(shape) == recording
