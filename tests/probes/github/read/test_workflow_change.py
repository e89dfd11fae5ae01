"""The history of a workflow file as the runs saw it: which lines changed, and never silence for what was not read."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_github import run_object

from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.facts.runs import Attempt, CalledWorkflow, Repository
from diagnosis.facts.workflow_diff import ChangedLines, changed_lines, workflow_changes
from probes.github.read.runs import attempt_of
from probes.workflow_file import workflow_file

OLD = "on: push\npermissions:\n  contents: read\njobs:\n  a:\n    steps: []\n"
NEW = OLD.replace("  contents: read\n", "  contents: read\n  id-token: write\n")


def attempt(sha: str, text: Reading[str]) -> Attempt:
    made = attempt_of(run_object(head_sha=sha), Repository("example/widgets"))
    return replace(made, workflow_file=workflow_file(text, made.workflow_path))


def test_an_added_line_is_found_at_its_place() -> None:
    (change,) = changed_lines(OLD, NEW)
    assert change == ChangedLines(4, (), 4, ("  id-token: write",))
    assert change.summary == "line 4 added"


@pytest.mark.parametrize(
    ("before", "after", "summaries"),
    [
        ("a\nb\nc\n", "a\nc\n", ["line 2 removed"]),
        ("a\nb\nc\n", "a\nB\nC\n", ["lines 2-3 changed"]),
        ("a\nb\nc\nd\n", "x\na\nb\nd\ny\n", ["line 1 added", "line 3 removed", "line 5 added"]),
        ("", "a\nb\n", ["lines 1-2 added"]),
        ("a\n", "", ["line 1 removed"]),
        ("a\r\nb  \n", "a\nb\n", []),
        ("a\n\n\n", "a", []),
    ],
)
def test_lines_are_counted_in_the_file_that_has_them(before: str, after: str, summaries: list[str]) -> None:
    assert [change.summary for change in changed_lines(before, after)] == summaries


texts = st.lists(st.sampled_from(["a", "b", "c: 1", "  d", ""]), max_size=30).map("\n".join)


@given(texts, texts)
def test_the_changes_carried_out_on_the_old_text_give_the_new_one(before: str, after: str) -> None:
    lines = before.rstrip("\n").split("\n") if before.strip("\n") else []
    for change in reversed(changed_lines(before, after)):
        first = change.before_line - 1
        assert tuple(lines[first : first + len(change.before)]) == change.before
        lines[first : first + len(change.before)] = change.after
    assert "\n".join(lines).rstrip("\n") == after.rstrip("\n")


def test_a_very_long_file_is_compared_in_bounded_time() -> None:
    long = "\n".join(f"line {number}" for number in range(20_000))
    changes = changed_lines(long, long + "\none more")
    assert len(changes) == 1
    assert changed_lines(long, long) == ()


def test_the_own_file_and_the_called_ones_are_compared_by_name() -> None:
    def called(path: str, commit: str, text: str) -> CalledWorkflow:
        return CalledWorkflow(
            f"example/shared/.github/workflows/{path}", commit, None, workflow_file(Known(text), path)
        )

    before = replace(
        attempt("a" * 40, Known(OLD)),
        called_workflows=(called("push.yml@v1", "c1", "x\n"), called("old.yml@v1", "c1", "y\n")),
    )
    after = replace(
        attempt("b" * 40, Known(NEW)),
        called_workflows=(called("push.yml@v2", "c2", "x\n"), called("new.yml@v2", "c2", "z\n")),
    )
    reading = workflow_changes(before, after)
    assert isinstance(reading, Known)
    assert [
        (change.path.rpartition("/")[2], change.before_commit, change.after_commit) for change in reading.value
    ] == [
        ("release.yml", "a" * 40, "b" * 40),
        ("new.yml", "", "c2"),
        ("old.yml", "c1", ""),
    ]
    assert workflow_changes(after, after) == Known(())


def test_a_text_that_was_not_read_is_no_text_that_stayed() -> None:
    gone = Unreadable("the workflow file", "it was not read", "open the attempt", "contents: read")
    assert workflow_changes(attempt("a", gone), attempt("b", Known(NEW))) is gone
    assert workflow_changes(attempt("a", Known(OLD)), attempt("b", gone)) is gone
    shared = CalledWorkflow("example/shared/.github/workflows/push.yml@v1", "c1", None, gone)
    before = replace(attempt("a", Known(OLD)), called_workflows=(shared,))
    assert workflow_changes(before, attempt("b", Known(OLD))) is gone
    assert workflow_changes(attempt("b", Known(OLD)), before) is gone


def test_a_file_that_github_made_itself_differs_from_none() -> None:
    assert workflow_changes(attempt("a", Absent("file")), attempt("b", Absent("file"))) == Known(())
