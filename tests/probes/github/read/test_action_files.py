"""The files of local actions over the wire: only where a step uses one, each once for a commit, in either spelling."""

from __future__ import annotations

import base64
from dataclasses import replace

from tiny_github import TinyGitHub, World, job_object, run_object, said

from diagnosis.facts.reading import Known, Unreadable
from diagnosis.steps.local_actions import DEEPEST, MOST_ACTIONS
from probes.github.read.attempt_parts import Depth
from probes.workflow_file import action_file

RUNS = "/repos/example/widgets/actions/runs"
CONTENTS = "/repos/example/widgets/contents/"
WORKFLOW = "on: push\njobs:\n  publish:\n    steps: [{uses: ./one}, {uses: ./two/}, {uses: ./one}, {uses: a/b@v1}]\n"


def serve(tiny: TinyGitHub, workflow: str = WORKFLOW, **files: str) -> None:
    for number in (7, 8):
        run = run_object(number)
        tiny.answers[f"{RUNS}/{number}"] = tiny.answers[f"{RUNS}/{number}/attempts/1"] = said(run)
        jobs = {"total_count": 1, "jobs": [job_object(number)]}
        tiny.answers[f"{RUNS}/{number}/attempts/1/jobs"] = said(jobs)
    for path, text in {".github/workflows/release.yml": workflow, **files}.items():
        content = {"encoding": "base64", "content": base64.b64encode(text.encode()).decode()}
        tiny.answers[CONTENTS + path] = said(content)


def composite(*uses: str) -> str:
    return f"runs: {{using: composite, steps: [{', '.join(f'{{uses: {each}}}' for each in uses)}]}}"


def asked(world: World) -> list[str]:
    paths = [path.partition("?")[0].removeprefix(CONTENTS) for path in world.server.paths() if CONTENTS in path]
    return sorted(path for path in paths if "workflows" not in path)


def test_each_action_is_asked_for_once_and_those_within_it_after_it(tiny_world: World) -> None:
    files = {
        "one/action.yml": composite("./three", "./one"),
        "two/action.yaml": composite(),
        "three/action.yml": "a: b",
    }
    serve(tiny_world.server, **files)
    first, second = tiny_world.source.attempts([(7, None), (8, None)], depth=Depth.VERDICT)
    assert {item.path: item.file for item in first.local_actions} == {
        path: action_file(Known(text), path) for path, text in files.items()
    }
    assert second.local_actions == first.local_actions
    assert asked(tiny_world) == ["one/action.yml", "three/action.yml", "two/action.yaml", "two/action.yml"]
    assert all(f"?ref={'a' * 40}" in path for path in tiny_world.server.paths() if CONTENTS in path)


def test_a_missing_or_refused_file_is_a_gap_with_a_reason(tiny_world: World) -> None:
    serve(tiny_world.server)
    tiny_world.server.answers[f"{CONTENTS}two/action.yml"] = said({"message": "Resource not accessible"}, 403)
    one, two = tiny_world.source.attempt(7, depth=Depth.VERDICT).local_actions
    assert (one.path, two.path) == ("one/action.yml", "two/action.yml")
    assert isinstance(one.file, Unreadable)
    assert isinstance(two.file, Unreadable)
    assert "not there at this commit" in one.file.why
    assert asked(tiny_world) == ["one/action.yaml", "one/action.yml", "two/action.yml"]


def test_no_file_is_asked_for_where_no_step_uses_a_local_action_or_no_verdict_is_wanted(tiny_world: World) -> None:
    serve(tiny_world.server)
    assert tiny_world.source.attempt(7, depth=Depth.LOGS).local_actions == ()
    serve(tiny_world.server, "on: push\njobs:\n  publish:\n    steps: [{uses: a/b@v1}]\n")
    assert tiny_world.source.attempt(7, depth=Depth.VERDICT).local_actions == ()
    assert asked(tiny_world) == []


def test_files_and_levels_are_bounded(tiny_world: World) -> None:
    many = ", ".join(f"{{uses: ./a{number}}}" for number in range(MOST_ACTIONS + 5))
    serve(tiny_world.server, f"on: push\njobs:\n  publish:\n    steps: [{many}]\n")
    assert len(tiny_world.source.attempt(7, depth=Depth.VERDICT).local_actions) == MOST_ACTIONS
    chain = {f"b{level}/action.yml": composite(f"./b{level + 1}") for level in range(DEEPEST + 3)}
    serve(tiny_world.server, "on: push\njobs:\n  publish:\n    steps: [{uses: ./b0}]\n", **chain)
    deep = tiny_world.source.complete([replace(tiny_world.source.attempt(8, depth=Depth.RUN), head_sha="b" * 40)])
    assert [item.path for item in deep[0].local_actions] == list(chain)[:DEEPEST]
