"""Whatever GitHub answers, what was recorded of it can be read back and replays the same attempts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recording_worlds import attempts, ids, recorded, replayed, small_world, source_of
from thoroughness import examples

from probes.embedded.github.server import GitHubServer
from probes.github.http.errors import GitHubProblem
from probes.recording.checked import write_checked
from probes.recording.read.recording import read_recording

odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 2**70),
    st.floats(allow_nan=False),
    st.text(max_size=12),
    st.sampled_from(
        ["2026-01-01", "now", "2026-06-01T12:00:00", "0001-01-01T00:00:00+05:00", "[/red]", "\x1b[31m", "\u2028"]
    ),
    st.just([]),
    st.just({}),
    st.just([{"a": 1}, "b"]),
)
RUN = (
    *("name", "run_attempt", "event", "head_branch", "head_sha", "path", "status", "conclusion", "workflow_id"),
    *("run_started_at", "updated_at", "actor", "display_title", "head_repository", "referenced_workflows"),
    *("repository", "run_number", "created_at"),
)
JOB = ("name", "status", "conclusion", "started_at", "completed_at", "created_at", "steps", "labels", "html_url")
STEP = ("number", "name", "status", "conclusion", "started_at")
ARTIFACT = ("name", "size_in_bytes", "expired", "created_at", "id")


def changes(names: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(names), odd, max_size=3)


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(run=changes(RUN), job=changes(JOB), step=changes(STEP), artifact=changes(ARTIFACT))
def test_odd_members_are_recorded_so_that_the_replay_reads_the_same(
    run: dict[str, Any], job: dict[str, Any], step: dict[str, Any], artifact: dict[str, Any]
) -> None:
    world = small_world()
    (first, second) = world.runs
    attempt = first.attempts[0]
    (release, other) = attempt.jobs
    changed = {**release.job, "steps": [{**release.job["steps"][0], **step}, *release.job["steps"][1:]], **job}
    mangled = replace(
        world,
        runs=(
            replace(
                first,
                attempts=(replace(attempt, jobs=(replace(release, job=changed), other)),),
                artifacts=(replace(second.artifacts[0], artifact={**second.artifacts[0].artifact, **artifact}),),
            ),
        ),
    )
    with GitHubServer(mangled) as server:
        # The server itself relies on a sound recording, so the run is changed on its way out.
        _say(server, run)
        with source_of(server, world.full_name) as source:
            try:
                told = attempts(source, ids(mangled))
            except GitHubProblem:
                return
            made, _ = recorded(server, world.full_name, ids(mangled))
    with TemporaryDirectory() as folder:
        write_checked(made, Path(folder) / "kept")
        with replayed(read_recording(Path(folder) / "kept")) as again:
            assert attempts(again, ids(mangled)) == told


def _say(server: GitHubServer, run: dict[str, Any]) -> None:
    view = server.view
    (only,) = view.runs
    odd_run = {**only.latest.run, **run}
    changed = replace(only, attempts=(replace(only.latest, run=odd_run),))
    view.__dict__["runs"] = (changed,)
    view.__dict__["run_by_id"] = {changed.id: changed}
