"""Two attempts side by side: what is said of them, what changed between, and the keys of the screen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from backend_double import BackendDouble
from incident_between import COMPARISON, between_of
from incident_names import RUN_IDS
from incident_values import attempt_of, diagnosis_of, replay_of
from textual.content import Content
from words_shown import words_of

from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.github_context import CommitsBetween, Relation
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.gates import Gate, Plane, Verdict
from diagnosis.verdicts.chronology import AttemptHistory, ObservedChange, Traced
from diagnosis.verdicts.gate_verdict import GateVerdict
from diagnosis.verdicts.release import Need
from probes.workflow_file import workflow_file
from tui.backend import BackendProblem, Between
from tui.screens.compare import CompareScreen
from tui.screens.log.screen import LogScreen
from tui.widgets.base.blocks import Pair, layout
from tui.widgets.base.page import Page
from tui.widgets.compare.comparison_blocks import between_blocks
from tui.widgets.compare.rows import gates_of, job_rows, need_rows, run_rows, sentence_of
from tui.widgets.log.job_log import JobLog


@pytest.mark.parametrize(
    ("earlier", "later", "sentence"),
    [
        (1, 2, "#1 stopped at OIDC trust; #2 got further and stopped at Registry authorization."),
        (2, 1, "#2 stopped at Registry authorization; #1 did not even get there: it stopped at OIDC trust."),
        (2, 3, "#2 stopped at Registry authorization; #3 shows no gate that failed and ended in success."),
        (1, 1, "Both stopped at OIDC trust, for the same cause."),
        (3, 1, "#3 shows no gate that failed; #1 stopped at OIDC trust."),
        (3, 3, "#3 shows no gate that failed; neither does #3."),
    ],
)
def test_one_sentence_says_what_became_of_the_failure(earlier: int, later: int, sentence: str) -> None:
    assert sentence_of(replay_of(earlier), replay_of(later)) == sentence


def test_an_unknown_cause_is_never_called_the_same() -> None:
    one = replay_of(1)
    failed = GateVerdict(Gate.OIDC_TRUST, Verdict.FAIL, "Refused.")
    other = replace(one, gates=(failed, *one.gates[1:]))
    assert sentence_of(other, other) == "Both stopped at OIDC trust; the cause is not known of both."
    assert not gates_of(one, other)[0].same


def test_rows_tell_what_differs_and_leave_out_what_neither_tells() -> None:
    rows = {row.label: row for row in run_rows(replay_of(1), replay_of(2), None)}
    assert (rows["Took"].earlier, rows["Took"].later) == ("81 s", "18 s")
    assert rows["Retries"].earlier == "11"
    assert rows["Retries"].later == "none"
    assert rows["Role"].same
    assert not rows["Ref"].same
    assert "Digest" not in rows
    assert rows["Subject"].earlier == "being read"
    claims = Between(Unreadable("c", "w", "h"), (), (("repo:a",), ("repo:b", "repo:c")))
    rows = {row.label: row for row in run_rows(replay_of(1), replay_of(2), claims)}
    assert (rows["Subject"].earlier, rows["Subject"].later) == ("repo:a", "repo:b\nor repo:c")


def test_needs_and_jobs_of_one_side_only_are_named() -> None:
    one = replay_of(1)
    more = Need("ecr:BatchGetImage", "arn:x", one.needs[0].checkpoint, "step")
    (row,) = need_rows(one, replace(one, needs=(*one.needs, more)))
    assert (row.earlier, row.later) == ("–", "ecr:BatchGetImage on arn:x")
    assert need_rows(one, replay_of(2))[0].same
    gone = replace(one, attempt=attempt_of(1, jobs=Known(())))
    (job,) = job_rows(one, gone)
    assert job.earlier == "failure, took 81 s\n✘ step 4: Configure AWS credentials via OIDC"
    assert job.later == "–"


def test_what_was_done_in_between_is_observed_or_stated_and_only_in_between() -> None:
    seen = Evidence(EvidenceKind.API_CALL, "PutRolePolicy", None, Origin.LIVE)
    change = ObservedChange("PutRolePolicy Push", None, "someone", Plane.AUTHORIZATION, (), seen)
    history = (
        AttemptHistory(RUN_IDS[0], 1, Traced.STATED, "Created the provider."),
        AttemptHistory(RUN_IDS[1], 1, Traced.OBSERVED, "Put the policy.", (change,)),
        AttemptHistory(RUN_IDS[2], 1, Traced.NOT_NEEDED, "after the end"),
    )
    diagnosis = replace(diagnosis_of(3), history=history)
    one, two, three = diagnosis.replays
    first = words_of(between_blocks(diagnosis, one, two, None, "◐ asking"))
    assert "stated: Created the provider." in first
    assert "Put the policy." not in first
    assert "◐ asking" in first
    whole = words_of(between_blocks(diagnosis, one, three, None))
    assert "observed: PutRolePolicy Push by someone" in whole
    assert "after the end" not in whole
    assert "Nothing is on record" in words_of(between_blocks(diagnosis_of(2), one, two, None))


def test_a_changed_workflow_file_is_shown_line_by_line_and_an_unread_one_is_not_the_same() -> None:
    diagnosis = diagnosis_of(2)
    one, two = diagnosis.replays
    assert "the same in both attempts" not in words_of(between_blocks(diagnosis, one, two, None))
    old, new = (
        replace(replay, attempt=replace(replay.attempt, workflow_file=workflow_file(Known(text), "release.yml")))
        for replay, text in ((one, "on: push\npermissions: {}\n"), (two, "on: push\npermissions:\n  id-token: write\n"))
    )
    changed = replace(diagnosis, replays=(old, new))
    said = words_of(between_blocks(changed, old, new, None))
    assert "- permissions: {}" in said
    assert "+   id-token: write" in said
    assert "the same in both attempts" in words_of(
        between_blocks(changed, old, replace(new, attempt=old.attempt), None)
    )


def test_commits_pull_requests_and_environments_are_told_with_their_doubts() -> None:
    diagnosis = diagnosis_of(2)
    one, two = diagnosis.replays
    said = words_of(between_blocks(diagnosis, one, two, between_of(one, two)))
    for part in (
        "1 commit; the later run stands ahead",
        "f00dfeed Name the subject of dev  someone",
        "#812 Name the subject of dev  named by a commit's title only",
        "Files that differ: 2",
        "the pull requests of earlier commits",
        "Environment dev  as it is now; GitHub keeps no history of it",
        "listed refs may deploy: branch dev, tag v*",
        "required reviewers: someone, team/release; not by who started the run",
    ):
        assert part in said
    refused = Unreadable("the commits", "GitHub refused", "give a token", "contents: read")
    said = words_of(between_blocks(diagnosis, one, two, Between(refused, (("dev", refused),))))
    assert said.count("contents: read") == 3  # the workflow file was not read either
    same = Between(Known(CommitsBetween("a" * 40, Relation.IDENTICAL)))
    assert f"both ran on {'a' * 12}" in words_of(between_blocks(diagnosis, one, two, same))


def test_the_sides_of_a_pair_never_run_into_each_other() -> None:
    lines = layout([Pair(Content("left " * 30), Content("x "), right=Content("r" * 200))], 60)
    assert {line.plain.index("│") for line in lines} == {29}
    assert max(line.cell_length for line in lines) <= 60


async def test_the_keys_choose_both_sides_open_both_logs_and_come_back(opened: Any, monkeypatch: Any) -> None:
    async with opened(BackendDouble(3), size=(120, 40)) as app:
        await app.press("a")
        screen = app.app.screen
        assert isinstance(screen, CompareScreen)
        await app.until(lambda: screen.between is not None)
        assert screen.places == (1, 2)
        assert "#2 stopped at Registry authorization; #3" in app.text
        await app.press("left_square_bracket")
        await app.until(lambda: screen.between is not None)
        assert screen.places == (0, 2)
        await app.press("left")
        assert screen.places == (0, 1)
        await app.press("left", "right_square_bracket")
        assert screen.places == (1, 2)
        await app.until(lambda: screen.between is not None)
        keys = [(run, 1) for run in RUN_IDS]
        # What was read once is not asked again.
        assert app.backend.compared == [(keys[1], keys[2]), (keys[0], keys[2]), (keys[0], keys[1])]
        seen: list[str] = []
        monkeypatch.setattr(app.app, "open_url", seen.append)
        await app.press("o")
        assert seen == [COMPARISON]
        await app.press("V")
        assert isinstance(app.app.screen, LogScreen)
        assert app.app.screen.source.name == "#2"
        assert app.app.screen.query_one(JobLog).proof is not None
        await app.press("escape", "v")
        assert app.app.screen.source.name == "#3"
        await app.press("escape", "escape")
        assert app.app.screen is app.main


async def test_a_backend_that_cannot_tell_leaves_the_record_on_screen_and_r_asks_again(opened: Any) -> None:
    backend = BackendDouble(2)
    backend.problems["between"] = BackendProblem("GitHub is away.", "Try again.")
    async with opened(backend, size=(200, 60)) as app:
        await app.press("left", "a")
        screen = app.app.screen
        await app.until(lambda: "GitHub is away. Try again." in words_of(screen.query_one("#compare-between", Page)))
        assert "oidc-provider-absent" in app.text
        await app.press("r")
        await app.until(lambda: screen.between is not None)
        assert "f00dfeed" in app.text


async def test_one_attempt_has_nothing_to_compare(opened: Any) -> None:
    async with opened() as app:
        assert "a Compare" not in app.text
        await app.press("a")
        assert app.app.screen is app.main
