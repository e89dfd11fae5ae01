"""Listing runs and reading attempts over the wire, with the real client."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tiny_github import TinyGitHub, World, job_object, run_object, said

from diagnosis.facts.reading import Absent, Known, Unreadable
from probes.github.http.errors import Cancelled, GitHubProblem
from probes.github.read.attempt_parts import Depth
from probes.github.read.runs import RunFilter
from probes.github.source import GitHubSource
from probes.workflow_file import workflow_file

RUNS = "/repos/example/widgets/actions/runs"


def serve_run(tiny: TinyGitHub, *jobs: dict, **changes: object) -> None:
    run = run_object(**changes)
    tiny.answers[f"{RUNS}/7"] = said(run)
    tiny.answers[f"{RUNS}/7/attempts/1"] = said(run)
    tiny.answers[f"{RUNS}/7/attempts/1/jobs"] = said({"total_count": len(jobs), "jobs": list(jobs)})


def test_a_run_becomes_a_frozen_attempt_with_every_field(tiny_world: World) -> None:
    tiny_world.server.answers[RUNS] = said({"total_count": 1, "workflow_runs": [run_object()]})

    (attempt,) = tiny_world.source.list_runs().attempts

    assert attempt.key == (7, 1)
    assert attempt.run_number == 3
    assert (attempt.workflow_name, attempt.workflow_path) == ("release", ".github/workflows/release.yml")
    assert (attempt.event, attempt.head_branch, attempt.head_sha) == ("push", "main", "a" * 40)
    assert (attempt.status, attempt.conclusion, attempt.title) == ("completed", "failure", "fix [skip ci] [/red]")
    assert attempt.first_actor == "first"
    assert (attempt.actor, attempt.actor_id) == ("second", 22), "who started this attempt, not who started the first"
    assert attempt.created_at == datetime(2026, 5, 1, 10, tzinfo=UTC)
    assert attempt.duration_seconds == 300
    assert attempt.repository.id == 2002
    assert attempt.repository.owner_id == 1001
    assert attempt.repository.created_at == datetime(2024, 1, 1, tzinfo=UTC)
    assert attempt.repository.default_branch == "main"
    assert not attempt.from_fork
    assert isinstance(attempt.jobs, Unreadable), "a listed run says that its jobs were not read"


def test_a_fork_is_told_by_its_head_repository(tiny_world: World) -> None:
    fork = run_object(head_repository={"full_name": "stranger/widgets"})
    tiny_world.server.answers[RUNS] = said({"total_count": 1, "workflow_runs": [fork]})
    assert tiny_world.source.list_runs().attempts[0].from_fork


def test_each_filter_becomes_githubs_own_parameter(tiny_world: World) -> None:
    path = "/repos/example/widgets/actions/workflows/release.yml/runs"
    tiny_world.server.answers[path] = said({"total_count": 0, "workflow_runs": []})

    page = tiny_world.source.list_runs(
        RunFilter(
            workflow=".github/workflows/release.yml",
            branch="feature/a b",
            actor="octo",
            event="push",
            status="failure",
            commit="b" * 40,
            created=">=2026-01-01",
        ),
        page=2,
    )

    assert page.attempts == ()
    assert page.next_page is None
    asked = tiny_world.server.paths()[-1]
    assert asked == (
        f"{path}?actor=octo&branch=feature%2Fa+b&created=%3E%3D2026-01-01&event=push&head_sha={'b' * 40}"
        "&page=2&per_page=100&status=failure"
    )


def test_a_workflow_is_found_by_its_shown_name(tiny_world: World) -> None:
    workflows = {"total_count": 1, "workflows": [{"id": 44, "name": "Release it"}]}
    tiny_world.server.answers["/repos/example/widgets/actions/workflows"] = said(workflows)
    tiny_world.server.answers["/repos/example/widgets/actions/workflows/44/runs"] = said(
        {"total_count": 1, "workflow_runs": [run_object()]}
    )

    assert len(tiny_world.source.list_runs(RunFilter(workflow="Release it")).attempts) == 1
    with pytest.raises(GitHubProblem, match="Did you mean `Release it`") as caught:
        tiny_world.source.list_runs(RunFilter(workflow="Release"))
    assert caught.value.exit_code == 2


def test_an_unknown_status_is_refused_with_the_nearest_known(tiny_world: World) -> None:
    with pytest.raises(GitHubProblem, match="Did you mean `failure`"):
        tiny_world.source.list_runs(RunFilter(status="failed"))


def test_pages_follow_githubs_link_and_count(tiny_world: World) -> None:
    def page(asked: object) -> object:
        number = 1 if "?page=1&" in asked.path else 2
        runs = [run_object(run_id) for run_id in (range(100) if number == 1 else range(100, 130))]
        link = {"Link": f'<{tiny_world.server.url}{RUNS}?page=2>; rel="next"'} if number == 1 else {"Link": ""}
        return said({"total_count": 130, "workflow_runs": runs}, **link)

    tiny_world.server.answers[RUNS] = page

    first = tiny_world.source.list_runs()
    assert (len(first.attempts), first.total, first.next_page) == (100, 130, 2)
    second = tiny_world.source.list_runs(page=2)
    assert (len(second.attempts), second.next_page) == (30, None)


def test_a_server_without_links_is_paged_by_its_count(world: World) -> None:
    page = world.source.list_runs()
    assert (len(page.attempts), page.total, page.next_page) == (3, 3, None)
    assert [attempt.conclusion for attempt in page.attempts] == ["success", "failure", "failure"]


def test_jobs_of_more_than_one_page_are_all_read(tiny_world: World) -> None:
    serve_run(tiny_world.server)

    def jobs(asked: object) -> object:
        first = "?page=1&" in asked.path
        numbers = range(1, 101) if first else range(101, 121)
        items = [job_object(number, f"test ({number})", conclusion="success") for number in numbers]
        return said({"total_count": 120, "jobs": items})

    tiny_world.server.answers[f"{RUNS}/7/attempts/1/jobs"] = jobs
    attempt = tiny_world.source.attempt(7, depth=Depth.JOBS)
    assert isinstance(attempt.jobs, Known)
    assert [job.id for job in attempt.jobs.value] == list(range(1, 121))


def test_a_job_and_its_steps_keep_what_github_says(tiny_world: World) -> None:
    serve_run(tiny_world.server, job_object())
    attempt = tiny_world.source.attempt(7, depth=Depth.JOBS)
    assert isinstance(attempt.jobs, Known)
    (job,) = attempt.jobs.value
    assert (job.id, job.name, job.conclusion) == (71, "publish", "failure")
    assert [(step.number, step.name, step.failed) for step in job.steps] == [
        (1, "Set up job", False),
        (4, "Push", True),
    ]


def test_a_complete_attempt_has_all_its_parts(world: World) -> None:
    run = world.source.list_runs().attempts[0]
    attempt = world.source.attempt(run.run_id)

    assert isinstance(attempt.jobs, Known)
    (job,) = attempt.jobs.value
    assert isinstance(job.log, Known)
    assert job.log.value.startswith("\ufeff2026-06-01T12:00:00.0000000Z Current runner version")
    assert isinstance(attempt.workflow_file, Known)
    assert "aws-actions/configure-aws-credentials" in attempt.workflow_file.value.text
    assert isinstance(attempt.oidc_customization, Known)
    assert attempt.oidc_customization.value.use_default
    assert isinstance(attempt.artifacts, Known)
    assert attempt.artifacts.value[0].files == (("evidence.json", '{"verdict": "PASS"}'),)


def test_the_fewest_requests_bring_the_verdicts_of_a_list(world: World) -> None:
    listed = world.source.list_runs().attempts
    world.source.complete(listed, Depth.VERDICT)

    operations = [entry.operation for entry in world.ledger.entries()]
    assert operations.count("repos/get") == 1
    assert operations.count("actions/list-workflow-runs-for-repo") == 1
    assert operations.count("actions/get-workflow-run") == 0, "the list has brought the runs"
    assert operations.count("actions/list-jobs-for-workflow-run-attempt") == 3
    assert operations.count("actions/download-job-logs-for-workflow-run") == 3
    assert operations.count("download") == 3
    assert operations.count("checks/list-annotations") == 0, "the logs hold the same sentences"
    assert operations.count("actions/get-custom-oidc-sub-claim-for-repo") == 1


def test_what_cannot_change_is_not_asked_twice(world: World) -> None:
    run = world.source.list_runs().attempts[0]
    world.source.attempt(run.run_id)
    before = len(world.ledger.entries())
    world.source.attempt(run.run_id)
    again = [entry.operation for entry in world.ledger.entries()[before:]]
    assert "repos/get-content" not in again
    assert "actions/get-custom-oidc-sub-claim-for-repo" not in again
    assert "repos/get" not in again


def test_every_attempt_of_a_run_is_read_in_order(tiny_world: World) -> None:
    tiny = tiny_world.server
    for number in (1, 2, 3):
        tiny.answers[f"{RUNS}/7/attempts/{number}"] = said(run_object(attempt=number))
        jobs = {"total_count": 1, "jobs": [job_object(70 + number)]}
        tiny.answers[f"{RUNS}/7/attempts/{number}/jobs"] = said(jobs)
    tiny.answers[f"{RUNS}/7"] = said(run_object(attempt=3, conclusion="success"))

    attempts = tiny_world.source.attempts_of(7, Depth.JOBS)

    assert [attempt.key for attempt in attempts] == [(7, 1), (7, 2), (7, 3)]
    assert [attempt.jobs.value[0].id for attempt in attempts if isinstance(attempt.jobs, Known)] == [71, 72, 73]
    assert [attempt.conclusion for attempt in attempts] == ["failure", "failure", "success"]


def test_an_attempt_that_github_no_longer_has_stays_in_the_chain_as_unknown(tiny_world: World) -> None:
    tiny = tiny_world.server
    tiny.answers[f"{RUNS}/7"] = said(run_object(attempt=2, conclusion="success"))
    tiny.answers[f"{RUNS}/7/attempts/2/jobs"] = said({"total_count": 1, "jobs": [job_object(72)]})

    lost, latest = tiny_world.source.attempts_of(7, Depth.JOBS)

    assert (lost.key, lost.conclusion, lost.complete) == ((7, 1), None, False)
    assert isinstance(lost.jobs, Unreadable)
    assert (latest.key, latest.conclusion) == ((7, 2), "success")


def test_an_unknown_repository_run_or_attempt_is_one_sentence(tiny_world: World, make_source: Callable) -> None:
    with pytest.raises(GitHubProblem, match=r"has no workflow run 8, or GitHub has deleted it") as run:
        tiny_world.source.attempt(8)
    with pytest.raises(GitHubProblem, match=r"no workflow run 7 with an attempt 9"):
        tiny_world.source.attempt(7, 9)
    del tiny_world.server.answers["/repos/example/widgets"]
    with pytest.raises(GitHubProblem, match=r"shows no repository example/widgets") as repository:
        make_source(tiny_world.server.url).list_runs()
    assert run.value.exit_code == repository.value.exit_code == 2
    assert run.value.way_out
    assert repository.value.way_out


@pytest.mark.parametrize("name", ["widgets", "a/b/c", "a/..", "a b/c", "a/b?x=1", "", "../x", "a/b\n"])
def test_a_name_that_is_no_repository_is_refused_before_any_request(name: str, world: World) -> None:
    with pytest.raises(GitHubProblem, match="names no repository"):
        GitHubSource(name, world.source.access, world.ledger)


def test_a_job_that_was_skipped_or_still_runs_has_no_log_to_ask_for(tiny_world: World) -> None:
    serve_run(
        tiny_world.server,
        job_object(71, "skipped", conclusion="skipped", steps=[]),
        job_object(72, "running", status="in_progress", conclusion=None),
    )
    attempt = tiny_world.source.attempt(7, depth=Depth.EVERYTHING)
    assert isinstance(attempt.jobs, Known)
    skipped, running = attempt.jobs.value
    assert isinstance(skipped.log, Absent)
    assert isinstance(running.log, Unreadable)
    assert "not ended" in running.log.why
    assert not [path for path in tiny_world.server.paths() if path.endswith("/logs")]


def test_hostile_shapes_never_crash_and_never_invent(tiny_world: World) -> None:
    odd = run_object(
        run_attempt="two", head_branch=["x"], repository="gone", actor=None, triggering_actor=7, conclusion={}
    )
    tiny_world.server.answers[RUNS] = said({"total_count": "many", "workflow_runs": [odd]})
    (attempt,) = tiny_world.source.list_runs().attempts
    assert (attempt.attempt, attempt.head_branch, attempt.conclusion, attempt.actor) == (1, None, None, "")
    assert attempt.actor_id is None
    for broken in ({"workflow_runs": 3}, {"workflow_runs": [1]}, [], {"workflow_runs": [{"id": 1}]}, {}):
        tiny_world.server.answers[RUNS] = said(broken)
        with pytest.raises(GitHubProblem, match="GitHub's answer"):
            tiny_world.source.list_runs()


def test_progress_counts_up_to_the_whole(world: World) -> None:
    seen: list[tuple[str, int, int]] = []
    world.source.complete(world.source.list_runs().attempts, progress=lambda *step: seen.append(step))
    assert ("reading logs", 3, 3) in seen
    assert {what for what, _, _ in seen} == {"reading jobs", "reading logs"}
    assert all(0 <= done <= total for _, done, total in seen)


def test_cancelling_stops_before_the_next_request(world: World) -> None:
    listed = world.source.list_runs().attempts
    asked = len(world.server.requests)
    with pytest.raises(Cancelled):
        world.source.complete(listed, cancelled=lambda: True)
    assert len(world.server.requests) == asked
    assert world.source.complete(listed), "the source goes on working"


def test_a_label_is_put_on_listed_and_on_complete_attempts(world: World, make_source: Callable) -> None:
    source = make_source(world.server.url, label=lambda attempt: replace(attempt, reconstructed=("times",)))
    (first, *_) = source.list_runs().attempts
    assert first.reconstructed == ("times",)
    assert source.attempt(first.run_id).reconstructed == ("times",)


def test_a_called_workflow_is_read_at_the_commit_that_github_recorded(tiny_world: World) -> None:
    called = {"path": "example/shared/.github/workflows/push.yml@main", "sha": "c" * 40, "ref": "refs/heads/main"}
    serve_run(tiny_world.server, job_object(), referenced_workflows=[called, {"path": "nonsense"}])
    content = {"encoding": "base64", "content": base64.b64encode(b"jobs: {}").decode()}
    tiny_world.server.answers["/repos/example/shared/contents/.github/workflows/push.yml"] = said(content)

    first, second = tiny_world.source.attempt(7, depth=Depth.VERDICT).called_workflows

    assert first.file == workflow_file(Known("jobs: {}"), called["path"])
    assert first.ref == "refs/heads/main"
    assert f"/repos/example/shared/contents/.github/workflows/push.yml?ref={'c' * 40}" in tiny_world.server.paths()
    assert isinstance(second.file, Unreadable)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"path": "dynamic/pages/pages-build-deployment"}, Absent),
        ({"event": "pull_request_target"}, Unreadable),
        ({"head_sha": ""}, Unreadable),
    ],
)
def test_a_workflow_file_that_cannot_be_located_is_not_guessed(
    changes: dict[str, str], kind: type, tiny_world: World
) -> None:
    serve_run(tiny_world.server, job_object(), **changes)
    attempt = tiny_world.source.attempt(7, depth=Depth.VERDICT)
    assert isinstance(attempt.workflow_file, kind)
    assert not [path for path in tiny_world.server.paths() if "/contents/" in path]


def test_only_jobs_that_decide_cost_a_log(tiny_world: World) -> None:
    file = b"""
jobs:
  lint: {runs-on: x, steps: [{run: pytest}]}
  publish: {runs-on: x, steps: [{uses: aws-actions/amazon-ecr-login@v2}]}
"""
    content = {"encoding": "base64", "content": base64.b64encode(file).decode()}
    tiny_world.server.answers["/repos/example/widgets/contents/.github/workflows/release.yml"] = said(content)
    serve_run(
        tiny_world.server,
        job_object(71, "lint", conclusion="success"),
        job_object(72, "publish", conclusion="success"),
        job_object(73, "other"),
    )
    attempt = tiny_world.source.attempt(7, depth=Depth.VERDICT)
    asked = [path.split("/")[-2] for path in tiny_world.server.paths() if path.endswith("/logs")]
    assert sorted(asked) == ["72", "73"]
    assert isinstance(attempt.jobs, Known)
    lint = attempt.jobs.value[0]
    assert isinstance(lint.log, Unreadable)
    assert lint.html_url in lint.log.how
