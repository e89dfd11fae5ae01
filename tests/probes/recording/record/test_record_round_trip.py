"""Diagnosing a recording is diagnosing what it was recorded from: the same attempts, the same document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import github_faults as faults
import pytest
from recording_worlds import (
    AT,
    QUICK,
    around,
    attempts,
    backend_on,
    diagnosed,
    ids,
    recorded,
    replayed,
    small_world,
    source_of,
)
from synthetic_recordings import Shape, synthetic_recording
from thoroughness import some

from diagnosis.facts.case import AttemptName, Case, StatedChange, StatedEscalation, StatedException, StatedWidening
from diagnosis.facts.evidence import Origin
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.facts.runs import Attempt
from diagnosis.facts.workflow import Workflow, WorkflowFile
from probes.aws.read.account import read_account
from probes.embedded.aws_account import EmbeddedAccount
from probes.embedded.github.faults import Fault
from probes.embedded.github.server import GitHubServer
from probes.embedded.moments import LATER, MOMENTS, load_incident
from probes.github.read.attempt_parts import Depth
from probes.github.read.logs import job_texts
from probes.github.read.logs.job_logs import read_log_or_steps
from probes.github.read.runs import RunFilter
from probes.github.source import GitHubSource
from probes.ledger import Ledger
from probes.recording.checked import write_checked
from probes.recording.format import LAST_SUCCESS, AbsentFile, RecordedFolder, RecordedLog
from probes.recording.read.recording import read_recording
from tui.backends.live import LiveOptions, live_backend
from tui.backends.repository import RepositoryBackend

EXCEPTIONS = (StatedException("210987654321", "break-glass", date(2027, 3, 31)),)


def test_the_incident_recorded_and_replayed_gives_the_same_document_with_the_account_asked(tmp_path: Path) -> None:
    incident = load_incident()
    assert incident.account is not None
    ledger = Ledger()
    with GitHubServer(incident, LATER) as server, EmbeddedAccount(incident.account) as account:
        access = account.access(ledger=ledger, clock=lambda: LATER.at)

        def asked(backend: RepositoryBackend) -> dict[str, Any]:
            backend._read_account = lambda question, *_: read_account(question, access)
            return diagnosed(backend, ids(incident))

        made, recorder = recorded(server, incident.full_name, ids(incident))
        write_checked(made, tmp_path / "kept")
        for moment in MOMENTS:
            account.move_to(moment.key)
            live = live_backend(LiveOptions(incident.full_name, github_url=server.url), Case())
            replay = backend_on(tmp_path / "kept")
            try:
                assert asked(replay) == asked(live)
            finally:
                live.close()
                replay.close()
    script = f"scripts/dev_min/check_topic_readiness.sh of {incident.full_name} at 3f6b1c0d9e2a"
    assert {gap.reading.what for gap in recorder.gaps} == {"the commits between two runs", script}, (
        "the incident has no commits, and no scripts"
    )


@pytest.mark.parametrize("depth", [Depth.JOBS, Depth.VERDICT, Depth.FULL, Depth.EVERYTHING])
def test_every_attempt_reads_back_as_it_was_read(depth: Depth) -> None:
    world = small_world()
    with GitHubServer(world) as server, source_of(server, world.full_name) as source:
        made, recorder = recorded(server, world.full_name, ids(world))
        with replayed(made) as again:
            assert attempts(again, ids(world), depth) == attempts(source, ids(world), depth)
            assert around(again, ids(world)) == around(source, ids(world))
    assert [gap.reading.what for gap in recorder.gaps] == ["the artifact old"] * 1
    assert not any(gap.passing for gap in recorder.gaps)


def test_a_called_workflow_of_another_repository_is_in_the_recording() -> None:
    world = small_world()
    with GitHubServer(world) as server:
        made, _ = recorded(server, world.full_name, ids(world))
    with replayed(made) as again:
        (*_, last) = again.attempts_of(ids(world)[1])
    called = last.called_workflows[0].file
    assert isinstance(called, Known)
    assert called.value.text == "on: workflow_call\njobs: {}\n"


def test_local_actions_are_in_the_recording_and_one_that_is_not_there_stays_unknown() -> None:
    world = small_world()
    used = b"on: push\njobs: {publish: {steps: [{uses: ./ship}, {uses: ./gone}]}}\n"
    files = tuple(replace(file, content=file.content if file.repository else used) for file in world.files)
    ship = (replace(file, path="ship/action.yaml", content=b"runs: {}\n") for file in files if not file.repository)
    world = replace(world, files=(*files, *ship))
    with GitHubServer(world) as server, source_of(server, world.full_name) as source:
        made, recorder = recorded(server, world.full_name, ids(world))
        told = attempts(source, ids(world))
    assert "gone/action.yml of example/widgets" in " ".join(gap.reading.what for gap in recorder.gaps)
    with replayed(made) as again:
        found = attempts(again, ids(world))
    assert found == told
    assert [action.path for action in found[0].local_actions] == ["ship/action.yaml", "gone/action.yml"]
    ship = found[0].local_actions[0].file
    assert isinstance(ship, Known)
    assert ship.value.text == "runs: {}\n"


def test_files_that_steps_use_are_in_the_recording_and_what_nobody_asked_for_is_not_absent(tmp_path: Path) -> None:
    world = small_world()
    own = next(file for file in world.files if not file.repository)
    heads = {str(attempt.run["head_sha"]) for run in world.runs for attempt in run.attempts}
    used = {"push.sh": b"echo $((1+1))\n", "lib/a b.mk": b"push:\n", "tool": b"\x7fELF\0", "closed.sh": b"no\n"}
    files = (replace(own, path=path, commit=head, content=text) for path, text in used.items() for head in heads)
    gone = tuple(AbsentFile("gone.sh", head) for head in heads)
    world = replace(world, files=(*world.files, *files), absent=gone)
    names = (*used, "gone.sh", "never.sh")

    def wanted(attempt: Attempt) -> tuple[str, ...]:
        return tuple(name for name in names if name not in {file.path for file in attempt.files})

    with GitHubServer(world) as server, source_of(server, world.full_name, wanted=wanted) as source:
        server.fault(r"/contents/closed\.sh", faults.no_permission("contents=read"))
        made, recorder = recorded(server, world.full_name, ids(world), wanted=wanted)
        told = attempts(source, ids(world))
    write_checked(made, tmp_path / "kept")
    with replayed(read_recording(tmp_path / "kept"), wanted=wanted) as again:
        found = attempts(again, ids(world))
    assert found == told
    texts = {file.path: file.text for file in found[0].files}
    assert list(texts) == list(names)
    assert [type(text) for text in texts.values()] == [Known, Known, Unreadable, Unreadable, Absent, Unreadable]
    assert texts["never.sh"].why == "the recording does not hold it"
    assert {"tool", "closed.sh", "never.sh"} <= {gap.reading.what.partition(" of ")[0] for gap in recorder.gaps}

    def more(attempt: Attempt) -> tuple[str, ...]:
        return (*wanted(attempt), "later.sh")

    with replayed(read_recording(tmp_path / "kept"), wanted=more) as again:
        (*_, later) = attempts(again, ids(world))[0].files
    assert isinstance(later.text, Unreadable), "a recording of before does not hold what is asked for today"
    assert "record the run again" in later.text.how


def test_the_other_workflows_are_in_the_recording_and_those_of_before_stay_unread(tmp_path: Path) -> None:
    world = small_world()
    own = next(file for file in world.files if not file.repository)
    heads = list(dict.fromkeys(str(attempt.run["head_sha"]) for run in world.runs for attempt in run.attempts))
    used = {"a.yml": b"on: push\njobs: {a: {steps: []}}\n", "b.yaml": b"on: [\n", "empty.yml": b"", "bin.yml": b"\xff"}
    files = (
        replace(own, path=f".github/workflows/{name}", commit=heads[0], content=text) for name, text in used.items()
    )
    big = {"name": "big.yml", "type": "file", "size": 9_000_000, "sha": "b" * 40}
    link = {"name": "link.yml", "type": "symlink", "size": 9, "sha": "c" * 40}
    folders = (
        RecordedFolder(".github/workflows", heads[0], (big, link)),
        RecordedFolder(".github/workflows", heads[1], ({**big, "size": 9},)),
    )
    whole = replace(world, files=(*world.files, *files), folders=folders)

    def others(source: GitHubSource) -> list[Reading[tuple[WorkflowFile, ...]]]:
        return [source.with_other_workflows(each).other_workflows for each in attempts(source, ids(world))]

    with GitHubServer(whole) as server, source_of(server, whole.full_name) as source:
        made, recorder = recorded(server, whole.full_name, ids(whole))
        told = others(source)
    assert [gap.reading for gap in recorder.gaps if "other workflows" in gap.reading.what] == []
    write_checked(made, tmp_path / "kept")
    with replayed(read_recording(tmp_path / "kept")) as again:
        assert others(again) == told
    first, second = told[0], told[-1]
    assert isinstance(first, Known)
    assert isinstance(second, Known)
    found = {file.parsed.path.rpartition("/")[2]: file.parsed for file in first.value}
    assert found.keys() == {*used, "big.yml", "link.yml"}
    assert [type(file) for file in found.values()].count(Workflow) == 1
    assert [file.parsed.path for file in second.value] == [".github/workflows/big.yml"]
    with replayed(replace(made, folders=())) as again:
        for reading in others(again):
            assert isinstance(reading, Unreadable), "a recording of before says nothing of them"
            assert reading.why == "the recording does not hold it"
    with GitHubServer(whole) as server:
        server.fault(r"/contents/\.github/workflows\?", faults.no_permission("contents=read"))
        refused, recorder = recorded(server, whole.full_name, ids(whole))
        with source_of(server, whole.full_name) as source:
            told = others(source)
    assert "the repository's other workflows" in [gap.reading.what for gap in recorder.gaps]
    with replayed(refused) as again:
        assert others(again) == told
        assert all(isinstance(reading, Unreadable) for reading in told)


FAULTS: dict[str, tuple[str, Callable[[], Fault]]] = {
    "log expired": (r"/actions/jobs/\d+/logs", faults.gone),
    "log absent": (r"/actions/jobs/\d+/logs", faults.not_found),
    "log for others only": (r"/actions/jobs/\d+/logs", faults.admin_rights),
    "log expired in the storage": (r"/storage/logs/", faults.gone),
    "log absent in the storage": (r"/storage/logs/", faults.not_found),
    "log empty": (r"/storage/logs/", faults.empty),
    "log breaks off": (r"/storage/logs/", faults.cut_off),
    "log server at fault": (r"/storage/logs/", faults.server_error),
    "jobs refused": (r"/attempts/\d+/jobs", faults.no_permission),
    "jobs absent": (r"/attempts/\d+/jobs", faults.not_found),
    "jobs at fault": (r"/attempts/2/jobs", faults.server_error),
    "jobs are no JSON": (r"/attempts/\d+/jobs", faults.broken_json),
    "annotations refused": (r"/annotations", lambda: faults.no_permission("checks=read")),
    "file refused": (r"/contents/", lambda: faults.no_permission("contents=read")),
    "file absent": (r"/contents/", faults.not_found),
    "file at fault": (r"/contents/", lambda: faults.server_error(502)),
    "called file absent": (r"/repos/platform/", faults.not_found),
    "customization absent": (r"/customization/sub", faults.not_found),
    "customization refused": (r"/customization/sub", faults.admin_rights),
    "artifacts refused": (r"/actions/runs/\d+/artifacts", faults.no_permission),
    "archive expired": (r"/artifacts/\d+/zip", faults.gone),
    "archive breaks off": (r"/storage/artifacts/", faults.cut_off),
    "archive is none": (r"/storage/artifacts/", faults.broken_json),
    "environments refused": (r"/environments\?", faults.no_permission),
    "refs of an environment absent": (r"/deployment-branch-policies", faults.not_found),
    "comparison absent": (r"/compare/", faults.not_found),
    "comparison at fault": (r"/compare/.*&page=2|/compare/.*page=2&", faults.server_error),
    "pull requests refused": (r"/pulls", lambda: faults.no_permission("pull_requests=read")),
    "list of workflows refused": (r"/actions/workflows", faults.no_permission),
    "attempt lost": (r"/runs/\d+2/attempts/1(/|\?|$)", faults.not_found),
}


@pytest.mark.parametrize("named", some([*FAULTS], 4))
def test_what_could_not_be_read_is_unknown_for_the_same_reason_on_replay(named: str, tmp_path: Path) -> None:
    path, fault = FAULTS[named]
    world = small_world()
    with GitHubServer(world) as server:
        server.fault(path, fault())
        with source_of(server, world.full_name, token="t0ken") as source:
            told = attempts(source, ids(world)), around(source, ids(world))
        made, _ = recorded(server, world.full_name, ids(world), token="t0ken")
        live = RepositoryBackend(
            source_of(server, world.full_name, token="t0ken"),
            lambda *_: _not_asked(),
            case=Case(),
            ledger=Ledger(),
            title=world.full_name,
        )
        live.in_place_of_github = server.url
        expected = diagnosed(live, ids(world))
        live.close()
    write_checked(made, tmp_path / "kept")
    with replayed(read_recording(tmp_path / "kept")) as again:
        assert (attempts(again, ids(world)), around(again, ids(world))) == told
    backend = backend_on(tmp_path / "kept")
    assert diagnosed(backend, ids(world)) == expected
    backend.close()


def _not_asked() -> Any:
    from diagnosis.verdicts.gate_verdict import Missing

    return Missing("the live state of the account", "it was not asked (--no-live)", "leave --no-live out")


def test_a_timeout_is_recorded_as_passing_and_keeps_its_words() -> None:
    world = small_world()
    with GitHubServer(world) as server:
        server.fault(r"/check-runs/\d+/annotations", faults.hang(3))
        made, recorder = recorded(server, world.full_name, ids(world)[:1], timeouts=QUICK)
    assert recorder.gaps
    assert all(gap.passing for gap in recorder.gaps)
    with replayed(made) as again:
        ((job, *_),) = [
            a.jobs.value for a in attempts(again, ids(world)[:1], Depth.EVERYTHING) if isinstance(a.jobs, Known)
        ]
    assert isinstance(job.annotations, Unreadable)
    assert "did not answer within 0.4 seconds" in job.annotations.why


def test_a_missing_permission_is_named_again_although_the_replay_has_no_token() -> None:
    world = small_world()
    with GitHubServer(world) as server:
        server.fault(r"/check-runs/\d+/annotations", faults.no_permission("checks=read"))
        made, recorder = recorded(server, world.full_name, ids(world)[:1], token="t0ken")
    assert {gap.reading.permission for gap in recorder.gaps} == {"checks: read"}
    assert not any(gap.passing for gap in recorder.gaps), "recording again would bring the same"
    with replayed(made) as again:
        jobs = attempts(again, ids(world)[:1], Depth.EVERYTHING)[0].jobs
    assert isinstance(jobs, Known)
    assert isinstance(jobs.value[0].annotations, Unreadable)
    assert "the token from GH_TOKEN lacks the permission `checks: read`" in jobs.value[0].annotations.why


def test_more_jobs_than_a_diagnosis_reads_are_all_recorded() -> None:
    world = synthetic_recording(Shape(runs=1, jobs=45, log_bytes=800))
    with GitHubServer(world) as server:
        made, _ = recorded(server, world.full_name, ids(world))
    assert sum(hasattr(job.log, "read") for job in made.runs[0].attempts[0].jobs) == 45


def test_runs_can_be_listed_by_workflow_on_replay() -> None:
    world = small_world()
    for refused in (False, True):
        with GitHubServer(world) as server:
            if refused:
                server.fault(r"/actions/workflows", faults.not_found())
            made, _ = recorded(server, world.full_name, ids(world))
        with replayed(made) as again:
            from probes.github.read.runs import RunFilter

            listed = again.list_runs(RunFilter(workflow="release.yml"))
        assert [attempt.run_id for attempt in listed.attempts] == ids(world)[::-1]


def test_the_head_of_the_recording_says_what_it_is() -> None:
    world = small_world()
    case = Case(
        title="why",
        runs=(1,),
        changes=(StatedChange(1, "made it", "log.md:3"),),
        exceptions=EXCEPTIONS,
    )
    with GitHubServer(world) as server:
        made, _ = recorded(server, world.full_name, ids(world), case=case)
    assert made.origin is Origin.RECORDED
    assert made.recorded_at == AT
    assert made.case.case == case
    assert made.title.startswith("2 runs of example/widgets on 127.0.0.1")
    assert all(run.origin is Origin.RECORDED for run in made.runs)


def test_a_recording_written_and_read_is_the_recording(tmp_path: Path) -> None:
    world = small_world()
    with GitHubServer(world) as server:
        server.fault(r"/check-runs/\d+/annotations", faults.no_permission("checks=read"))
        case = Case(
            title="c",
            decision_log_commit="799d398a",
            left_out=(AttemptName(1, 2), AttemptName(2)),
            splits=(AttemptName(1),),
            changes=(StatedChange(1, "made it", "log.md:3", after_attempt=2),),
            exceptions=EXCEPTIONS,
            widenings=(StatedWidening("r", ("a",), ("b:c",), ("d",), "why", EXCEPTIONS[0].expires), StatedWidening()),
            escalations=(StatedEscalation("ecr:*"), StatedEscalation("PowerUser", "t-1", EXCEPTIONS[0].expires)),
        )
        made, _ = recorded(server, world.full_name, ids(world), case=case)
    write_checked(made, tmp_path / "kept")
    read = read_recording(tmp_path / "kept")
    for name in (
        *("environments", "comparisons", "answers"),
        "repository",
        "workflows",
        "refused",
        "recorded_at",
        "oidc_customization",
        "case",
        "origin",
        "api_url",
    ):
        assert getattr(read, name) == getattr(made, name), name
    assert [len(run.attempts) for run in read.runs] == [1, 2]


def test_an_active_run_is_recorded_as_it_stood() -> None:
    incident = load_incident()
    during = datetime(2026, 2, 13, 11, 36, 50, tzinfo=UTC)
    (first, *_) = ids(incident)
    with GitHubServer(incident, during) as server, source_of(server, incident.full_name) as source:
        made, recorder = recorded(server, incident.full_name, [first])
        with replayed(made) as again:
            assert attempts(again, [first]) == attempts(source, [first])
            assert attempts(again, [first])[0].status == "in_progress"
    assert isinstance(recorder.gaps, list)


def test_recording_a_recording_changes_nothing() -> None:
    world = replace(small_world(), api_url="https://api.github.com")
    with GitHubServer(world) as server:
        once, _ = recorded(server, world.full_name, ids(world))
    with GitHubServer(once) as server:
        twice, _ = recorded(server, world.full_name, ids(world))
    assert [run.attempts for run in twice.runs] == [run.attempts for run in _moved(once, server.url).runs]


def _moved(recording: Any, url: str) -> Any:
    """The recording with GitHub's own links turned to another address."""
    import json

    def turned(value: Any) -> Any:
        return json.loads(json.dumps(value).replace(recording.api_url, url))

    return replace(
        recording,
        runs=tuple(
            replace(
                run,
                attempts=tuple(
                    replace(a, run=turned(a.run), jobs=tuple(replace(job, job=turned(job.job)) for job in a.jobs))
                    for a in run.attempts
                ),
            )
            for run in recording.runs
        ),
    )


def test_of_a_comparison_only_what_is_read_is_kept() -> None:
    world = small_world()
    with GitHubServer(world) as server:
        made, recorder = recorded(server, world.full_name, ids(world))
    ((_, _, comparison),) = made.comparisons
    assert len(comparison["commits"]) == 130, "both pages"
    assert comparison["files"] == [{"filename": "a.py"}]
    assert not any("commits" in gap.reading.what for gap in recorder.gaps)


def test_a_log_that_is_too_large_is_recorded_by_the_steps_that_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    world = synthetic_recording(Shape(runs=1, jobs=1, log_bytes=3000))
    ((job,),) = (attempt.jobs for attempt in world.runs[0].attempts)
    log = job.log
    assert isinstance(log, RecordedLog)
    at = [job.job["steps"][n]["started_at"] for n in range(5)]
    lines = b"".join(
        f"{time[:-1]}.0000000Z {'x' * 90} step {n}\n".encode() for n, time in enumerate(at) for _ in range(9)
    )
    steps = tuple((n + 1, n * 9 + 1, n * 9 + 9) for n in range(5))
    run = world.runs[0]
    large = replace(job, log=replace(log, content=lines, steps=steps))
    world = replace(world, runs=(replace(run, attempts=(replace(run.attempts[0], jobs=(large,)),)),))
    monkeypatch.setattr(read_log_or_steps, "__kwdefaults__", {"limit": 3000})
    monkeypatch.setattr(job_texts, "LARGEST_RECORDED_LOG", 3000)
    with GitHubServer(world) as server, source_of(server, world.full_name) as source:
        told = attempts(source, ids(world))
        made, _ = recorded(server, world.full_name, ids(world))
    jobs = told[0].jobs
    assert isinstance(jobs, Known)
    assert jobs.value[0].log_steps, "some steps were read"
    with replayed(made) as again:
        assert attempts(again, ids(world)) == told


def test_the_last_success_is_kept_beside_the_recorded_runs(tmp_path: Path) -> None:
    world = synthetic_recording(Shape(runs=4, jobs=2, log_bytes=900, success_every=3))
    first, _, third, _ = ids(world)
    with GitHubServer(world) as server, source_of(server, world.full_name) as source:
        made, _ = recorded(server, world.full_name, [first])
        (subject,) = source.attempts([(first, None)], Depth.RUN)
        before = source.green_run(subject)
        write_checked(made, tmp_path / "kept")
        whole, _ = recorded(server, world.full_name, [first, third])
    assert isinstance(before, Known)
    assert before.value.run_id == third
    with replayed(read_recording(tmp_path / "kept")) as again:
        assert again.green_run(subject) == before
        assert [attempt.run_id for attempt in again.list_runs(RunFilter(status="success")).attempts] == []
    assert not [answer for answer in whole.answers if LAST_SUCCESS in answer.path]
