"""The lines that start a run again fit the run, and every foreign name in them is one word of the shell."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from incident_names import REPOSITORY, RUN_IDS
from incident_values import diagnosis_of

from diagnosis.facts.runs import Repository
from diagnosis.facts.workflow import UnparsableWorkflow, Workflow, WorkflowInput
from diagnosis.verdicts.remediation import ChangeKind
from diagnosis.verdicts.replay import Replay
from tui.widgets.runs.gh_lines import gh_lines, why_none

REPLAY = diagnosis_of(2).replays[-1]
SOON = REPLAY.attempt.created_at + timedelta(days=1)
LATE = REPLAY.attempt.created_at + timedelta(days=31)
DISPATCHED = Workflow(".github/workflows/x.yml", "x", (), triggers=("workflow_dispatch", "push"))
FILE = "dev_min_m1_packaging.yml"


def replay_of(workflow: Any = DISPATCHED, inputs: tuple[tuple[str, str], ...] = (), **changes: Any) -> Replay:
    return replace(REPLAY, attempt=replace(REPLAY.attempt, **changes), workflow=workflow, inputs=inputs)


def path_of(*kinds: ChangeKind) -> Any:
    changes = [SimpleNamespace(kind=kind, target="refs/heads/main") for kind in kinds]
    return SimpleNamespace(remediations=[SimpleNamespace(changes=changes)])


def lines(replay: Replay, now: Any = SOON, *kinds: ChangeKind) -> list[str]:
    return [each.line for each in gh_lines(replay, path_of(*kinds) if kinds else None, now)]


RUN = f"gh run rerun {RUN_IDS[1]}"
ANEW = f"gh workflow run {FILE} --ref dev -R {REPOSITORY}"


def test_a_failed_run_starts_again_by_its_failed_jobs_first_then_whole_then_anew() -> None:
    assert lines(replay_of()) == [f"{RUN} --failed -R {REPOSITORY}", f"{RUN} -R {REPOSITORY}", ANEW]


def test_where_workflow_or_ref_change_only_a_new_run_fits_since_a_rerun_keeps_both() -> None:
    assert lines(replay_of(), SOON, ChangeKind.EDIT_WORKFLOW) == [ANEW]
    other = ANEW.replace("--ref dev", "--ref main")
    assert lines(replay_of(), SOON, ChangeKind.DISPATCH_ON_REF) == [other]
    assert lines(replay_of(head_repository="o/fork"), SOON, ChangeKind.DISPATCH_ON_REF) == [other]
    assert lines(replay_of(None), SOON, ChangeKind.EDIT_WORKFLOW) == []
    assert "a rerun keeps both" in why_none(replay_of(None), path_of(ChangeKind.EDIT_WORKFLOW), SOON)
    assert lines(replay_of(), SOON, ChangeKind.CREATE_PROVIDER)[0].startswith(RUN)


@pytest.mark.parametrize("workflow", [
    None, UnparsableWorkflow("x", "y"), replace(DISPATCHED, triggers=("push",)),
])  # fmt: skip
def test_only_a_file_that_says_so_is_dispatched(workflow: Any) -> None:
    assert all("workflow run" not in line for line in lines(replay_of(workflow)))
    assert lines(replay_of(workflow), LATE) == []
    assert "older than 30 days" in why_none(replay_of(workflow), None, LATE)


def test_what_is_old_active_green_or_of_a_fork_gets_what_github_would_take() -> None:
    assert lines(replay_of(), LATE) == [ANEW]
    assert "older than 30 days" in gh_lines(replay_of(), None, LATE)[0].words
    pushed = gh_lines(replay_of(conclusion="success"), None, SOON, "v1")
    assert [each.line for each in pushed] == [ANEW]
    assert "has the tag v1, which cannot be pushed again" in pushed[0].words
    assert "the tag v1" in why_none(replay_of(None), None, SOON, "v1")
    assert lines(replay_of(status="in_progress", conclusion=None)) == [ANEW]
    assert lines(replay_of(conclusion="success"))[0] == f"{RUN} -R {REPOSITORY}"
    assert ANEW not in lines(replay_of(head_repository="somebody/fork"))
    assert ANEW in lines(replay_of(head_repository=REPOSITORY.upper()))
    assert "not over" in why_none(replay_of(None, status="queued"), None, SOON)


def test_a_server_of_ones_own_is_named() -> None:
    found = lines(replay_of(html_url=f"https://ghe.example:8443/{REPOSITORY}/actions/runs/5"))
    assert all(f"-R ghe.example:8443/{REPOSITORY}" in line for line in found)


def test_inputs_that_are_known_go_along_and_those_that_are_not_are_told() -> None:
    declared = tuple(WorkflowInput(name, "workflow_dispatch", default="d") for name in ("one", "two", "three"))
    replay = replay_of(replace(DISPATCHED, declared_inputs=declared), (("one", "a b"), ("two", "d"), ("other", "x")))
    assert lines(replay)[-1] == f"{ANEW} -f 'one=a b'"
    assert "for three is not known" in gh_lines(replay, None, SOON)[-1].words


def test_what_reads_otherwise_than_it_is_gives_no_line() -> None:
    for ref in ("a\x1b[2Jb", "a\nb", "a\u202eb", "-x", "", "[scrubbed:github-token]"):
        assert all("workflow run" not in line for line in lines(replay_of(head_branch=ref))), ref
    assert lines(replay_of(workflow_path=".github/workflows/-x.yml"))[-1].startswith("gh run")


_names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(ref=_names, file=_names, value=_names)
def test_foreign_names_are_single_words_of_the_shell(ref: str, file: str, value: str) -> None:
    declared = (WorkflowInput("name", "workflow_dispatch"),)
    replay = replay_of(
        replace(DISPATCHED, declared_inputs=declared), (("name", value),),
        head_branch=ref, workflow_path=f".github/workflows/{file}.yml", repository=Repository("o/r"),
    )  # fmt: skip
    for line in lines(replay):
        words = shlex.split(line)
        if words[1] == "workflow":
            assert words[3:] == [
                replay.attempt.workflow_file_name, "--ref", ref, "-R", "o/r", "-f", f"name={value}",
            ]  # fmt: skip
        else:
            assert words[:4] == ["gh", "run", "rerun", str(RUN_IDS[1])]


async def test_the_remediation_ends_with_the_line_that_starts_the_run_again(opened: Any) -> None:
    async with opened(size=(200, 60)) as app:
        await app.press("2", "p", "z")
        await app.press("G")
        assert f"gh run rerun {RUN_IDS[0]} --failed -R {REPOSITORY}" in app.text
