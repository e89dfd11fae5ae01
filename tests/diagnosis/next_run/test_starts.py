"""How a workflow is started next: by its newest run, else by its triggers and the names that its filters let through."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from replay_builders import attempt_of
from thoroughness import examples

from diagnosis.facts.reading import Absent
from diagnosis.facts.ref_filters import example_name, may_push
from diagnosis.facts.workflow import Workflow
from diagnosis.next_run.starts import next_start, next_starts, starts_of
from probes.workflow_file import parse_workflow

PATH = ".github/workflows/release.yml"


def _workflow(on: str) -> Workflow:
    found = parse_workflow(f"on:\n{on}\njobs: {{a: {{runs-on: x, steps: [{{run: x}}]}}}}\n", PATH)
    assert isinstance(found, Workflow), found
    return found


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("  push: {branches: [main]}", [("push", "refs/heads/main", False)]),
        ("  push:", [("push", "refs/heads/main", False)]),
        ("  push: {branches: ['release/**']}", [("push", "refs/heads/release/1", True)]),
        ("  push: {tags: ['v*']}", [("push", "refs/tags/v1", True)]),
        ("  push: {tags: ['v[0-9]+.[0-9]+']}", [("push", "refs/tags/v0.0", True)]),
        ("  push: {tags: ['v*', '!v1*']}", [("push", None, True)]),
        (
            "  push: {branches: [main], tags: ['v*']}",
            [("push", "refs/heads/main", False), ("push", "refs/tags/v1", True)],
        ),
        ("  push: {branches-ignore: [main]}", [("push", None, True)]),
        ("  release: {types: [published]}", [("release", "refs/tags/v1.0.0", True)]),
        ("  workflow_dispatch:", [("workflow_dispatch", "refs/heads/main", False)]),
        ("  pull_request:", [("pull_request", None, False)]),
        ("  workflow_call:", []),
        ("  merge_group:", [("merge_group", f"refs/heads/gh-readonly-queue/main/pr-1-{'0' * 40}", True)]),
        ("  deployment:", [("deployment", None, True)]),
        ("  schedule: [{cron: '0 4 * * 1'}]", [("schedule", "refs/heads/main", False)]),
    ],
)
def test_a_workflow_is_started_by_its_triggers(on: str, expected: list[tuple[str, str | None, bool]]) -> None:
    found = starts_of(_workflow(on), "main")
    assert [(start.event, start.ref, start.example) for start in found] == expected


def test_the_newest_run_tells_best() -> None:
    workflow = _workflow("  push: {branches: ['**']}\n  workflow_dispatch:")
    old, new = (
        attempt_of(run_id=number, event=event, head_branch=branch, created_at=datetime(2026, 6, number, tzinfo=UTC))
        for number, event, branch in ((1, "push", "main"), (2, "workflow_dispatch", "next"))
    )
    elsewhere = attempt_of(
        run_id=3, workflow_path=".github/workflows/other.yml", created_at=datetime(2026, 6, 3, tzinfo=UTC)
    )
    found = next_start(workflow, "main", [old, elsewhere, new])
    assert found is not None
    assert (found.event, found.ref, found.source) == ("workflow_dispatch", "refs/heads/next", "like run 2")
    # A run by an event that the file no longer has cannot come again.
    found = next_start(_workflow("  push: {branches: [main]}"), "main", [new])
    assert found is not None
    assert (found.event, found.ref) == ("push", "refs/heads/main")


@given(st.lists(st.text(alphabet="av1/*?+[]-!.", min_size=1, max_size=8), min_size=1, max_size=3))
@settings(max_examples=examples(200), deadline=None)
def test_an_example_is_let_through_by_the_filters(patterns: list[str]) -> None:
    name = example_name(patterns)
    assert name is None or may_push({"tags": patterns}, "tags", name)


@pytest.mark.parametrize(
    ("on", "branch", "starts"),
    [
        ("  push: {tags: ['v*']}", "v1.2", ["push refs/tags/v1.2"]),
        ("  push: {branches: [main], tags: ['v*']}", "v1.2", ["push refs/tags/v1.2", "push refs/heads/main"]),
        ("  push: {branches: [main], tags: ['v*']}", "main", ["push refs/heads/main", "push refs/tags/v1"]),
        ("  push: {branches: [v1.2]}", "v1.2", ["push refs/heads/v1.2"]),
        ("  push:\n  pull_request:", "next", ["push refs/heads/next", "push refs/heads/main", "pull_request None"]),
    ],
)
def test_every_way_is_told_and_a_run_of_a_tag_is_one_of_a_tag(on: str, branch: str, starts: list[str]) -> None:
    ran = attempt_of(run_id=1, event="push", head_branch=branch, workflow_file=Absent("the file"))
    found = next_starts(_workflow(on), "main", [ran])
    assert [f"{start.event} {start.ref}" for start in found] == starts
    assert found[0] == next_start(_workflow(on), "main", [ran])
