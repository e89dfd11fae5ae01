"""The diagnosis as text: everything of it is whole in 80 columns, and whatever of it is foreign steers no terminal."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import cache

import pytest
from closure_shown import ANCHORS, chain
from permission_faults import FAULTS, shared

from diagnosis.causes import Cause, Integrity
from diagnosis.documents.closure import LACKING_WORDS
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.gates import Plane, Verdict
from diagnosis.verdicts.chronology import AttemptHistory, Traced
from diagnosis.verdicts.closure import Closure, ClosureStatus, IntegrityFinding
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.gate_verdict import Finding, Missing
from tui.cli.console import ReportConsole
from tui.cli.reports.diagnosis import show

STEERING = "\x1b[2J\x9b31m\u202e"


@cache
def made() -> Diagnosis:
    return shared(FAULTS[0]).diagnosis()


def report(diagnosis: Diagnosis, width: int = 80) -> list[str]:
    file = io.StringIO()
    show(diagnosis, ReportConsole(file=file, width=width, markup=False, highlight=False), remediation=False)
    return [line.rstrip() for line in file.getvalue().split("\n")]


def test_three_attempts_with_all_their_verdicts_are_whole_in_80_columns() -> None:
    replay = made().replays[0]
    runs = [
        replace(replay, attempt=replace(replay.attempt, run_id=21_985_400_000 + n, head_branch="main"))
        for n in range(3)
    ]
    table = report(replace(made(), replays=tuple(runs), paths=()))
    head = next(line for line in table if "21985400000" in line)
    assert head.split() == ["21985400000", "21985400001", "21985400002"]
    gates = [line for line in table[:14] if any(f"{verdict.sign} {verdict.value}" in line for verdict in Verdict)]
    assert len(gates) >= 4
    assert "…" not in "".join(table[:14])


@pytest.mark.parametrize("width", [80, 110, 200])
@pytest.mark.parametrize("count", [1, 4, 6, 12])
def test_what_has_no_room_in_the_table_are_whole_early_attempts_and_it_is_said(width: int, count: int) -> None:
    replay = made().replays[0]
    runs = [
        replace(replay, attempt=replace(replay.attempt, run_id=21_985_400_000 + n, head_branch="main"))
        for n in range(count)
    ]
    lines = report(replace(made(), replays=tuple(runs)), width)
    top = lines[: next(place for place, line in enumerate(lines) if line.startswith("Run "))]
    shown = next(line for line in top if "21985400" in line).split()
    assert shown == [str(21_985_400_000 + n) for n in range(count - len(shown), count)]
    assert "…" not in "".join(top)
    assert max(map(len, top)) <= width
    words = " ".join(word for line in top for word in line.split())
    for word in ("OIDC trust", "Role", "assumption", "authorization", "Least"):
        assert word in words
    assert ("no room in this table" in words) == (len(shown) < count)
    if len(shown) < count:
        assert (f"The {count - len(shown)} earliest attempts have" in words) == (count - len(shown) > 1)


def test_a_long_branch_takes_no_other_attempts_room_and_is_whole_below() -> None:
    branch = "dependabot/npm_and_yarn/web/eslint-plugin-that-has-a-long-name-9.1.0"
    replay = made().replays[0]
    runs = [
        replace(replay, attempt=replace(replay.attempt, run_id=21_985_400_000 + n, head_branch=branch + mark))
        for n, mark in enumerate(("", "名前" * 20, STEERING * 9))
    ]
    lines = report(replace(made(), replays=tuple(runs)), 120)
    assert any(line.split() == ["21985400000", "21985400001", "21985400002"] for line in lines)
    assert any("dependabot/…name-9.1.0" in line for line in lines)
    assert f"  on {branch}" in lines
    assert all(line.isprintable() for line in lines)


def test_what_was_done_after_an_attempt_is_told_with_how_that_is_known() -> None:
    attempt = made().replays[0].attempt
    stated = AttemptHistory(
        attempt.run_id, attempt.attempt, Traced.STATED, f"Added the ref{STEERING}", subject="repo:o/r:x"
    )
    lines = report(replace(made(), history=(stated,)))
    assert "  presented (CloudTrail): repo:o/r:x" in lines
    assert "  then (stated): Added the ref␛[2J⟨009B⟩31m⟨202E⟩" in lines
    silent = replace(stated, traced=Traced.NOT_ON_RECORD, statement="", subject=None)
    assert "  then: no remediation is on record" in report(replace(made(), history=(silent,)))


def test_an_attempt_that_no_gate_stopped_says_what_did() -> None:
    replay = made().replays[0]
    passed = tuple(replace(gate, verdict=Verdict.UNKNOWN, cause=None) for gate in replay.gates)
    line = Evidence(EvidenceKind.LOG_LINE, "No such file", "https://github.com/o/r/actions/runs/1", Origin.RECORDED)
    found = Finding(Plane.OTHER, None, Cause.OTHER_SERVICE, sentence="The build failed.", evidence=line)
    lines = report(replace(made(), replays=(replace(replay, gates=passed, stopped_by=found),)))
    assert any(line.startswith("  Stopped by no gate: ") and "other-service" in line for line in lines)
    assert "  │ No such file" in lines


def test_what_is_not_known_is_told_with_the_way_to_obtain_it() -> None:
    gap = Missing("SCPs", "access denied", "ask the management account", "organizations:ListPolicies")
    lines = report(replace(made(), unknown=(gap,)))
    at = lines.index("Not known")
    told = " ".join(" ".join(lines[at + 1 :]).split())
    assert told == (
        "? SCPs: access denied. To obtain it: ask the management account (permission organizations:ListPolicies)"
    )


def test_a_doubt_about_a_closed_chain_is_told_by_its_slug() -> None:
    doubt = IntegrityFinding(Integrity.CLOCK_CONFLICT, f"The log and the run disagree{STEERING}")
    lines = report(replace(made(), closure=Closure(ClosureStatus.UNPROVEN, "It is not proved.", (), (doubt,))))
    assert "Closure: unproven" in lines
    assert any("! The log and the run disagree␛[2J" in line and "(clock-conflict)" in line for line in lines)
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize("status", ClosureStatus)
def test_what_lacks_of_closure_stands_first_each_with_its_next_step(status: ClosureStatus) -> None:
    lines = report(replace(made(), closure=chain(status), anchors=ANCHORS), 200)
    assert all(line.isprintable() for line in lines)
    text = "\n".join(lines)[text_at(lines, f"Closure: {status.value}") :]
    order = [
        "So it stands", "? not proven refs/heads/first", "✔ closed refs/heads/second", LACKING_WORDS[status],
        "✘ fail Title 5 (rule-5) (breach)", "→ Step 5.", "│ at docs/5.md", "? unknown Title 3 (rule-3)", "→ Step 3.",
        "? unknown Nothing closed it.", "Title 2 (rule-2)", "→ Step 2.", "Title 4 (rule-4)", "→ Step 4.",
        "! gate-demoted, turned rule-5", "! Another ref was checked out. (ref-laundering, turned rule-3)",
        "Proved, 2 of 6 rules:", "✔ rule-1: Reason 1", "✔ rule-6", "Anchors: 1 verified, 1 stated, 1 unverifiable",
        "? unverifiable evidence-file s3://b/e.json: Access was denied.", "– stated decision-log docs/log.md",
        "✔ verified run run 1: It was read.", "│ at https://github.com/o/r/actions/runs/1",
    ]  # fmt: skip
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    assert ("asks: Asks 3." in text) == (status is not ClosureStatus.OPEN)


def text_at(lines: list[str], line: str) -> int:
    return sum(len(each) + 1 for each in lines[: lines.index(line)])


def test_a_diagnosis_without_attempts_says_so() -> None:
    assert "No attempts to show." in report(replace(made(), replays=()))
