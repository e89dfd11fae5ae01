"""The reports of a fleet and of a change in a terminal and in a step's summary: each line says what it is and why, and they end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from diagnosis.documents.fleet import Fleet, Header
from diagnosis.findings.finding import Finding, Level, Place
from diagnosis.fleet.row import (
    Callers,
    NewestRun,
    RepositoryRow,
    Scope,
    StartRow,
    Status,
    Stop,
    TooBroad,
    Wave,
    WorkflowRow,
)
from diagnosis.fleet.slices import Slice
from diagnosis.gates import Gate, Verdict
from diagnosis.migration.effects import Effect
from diagnosis.verdicts.conform_rule import ConformRule
from diagnosis.verdicts.conformance import ALREADY, Conformance
from tui.cli.reports import conform, fleet

AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
GATES = tuple((gate, Verdict.PASS, "") for gate in tuple(Gate)[:3])
BOUNDED = Callers(Verdict.PASS, 1, 0, 0, 0, "", "only main gets in")
SOUND = WorkflowRow(
    repository="octo/shop",
    workflow=".github/workflows/release.yml",
    event="push",
    ref="refs/heads/main",
    source="like run 1",
    newest=NewestRun(1, "success", AT, "https://x"),
    roles=(),
    unknown_roles=(),
    gates=GATES,
    stops=(),
    callers=BOUNDED,
    too_broad=(),
    wave=Wave(Effect.STAYS, "", "", "", "it stays"),
    unknown=(),
    read_at=AT,
    scope=Scope(Verdict.PASS, 0, "", "nothing is too much"),
)
_STOP = Stop(None, "registry", "image-exists", "The tag is taken.")
_OPEN_GATES = (*GATES[:2], (GATES[2][0], Verdict.UNKNOWN, "The trust policy was not read."))
_REFUSED = (*GATES[:2], (GATES[2][0], Verdict.FAIL, "The subject is refused."))


def _row(**changes: Any) -> WorkflowRow:
    return replace(SOUND, **changes)


@pytest.mark.parametrize(
    ("row", "verdict", "cells", "because"),
    [
        (_row(), Verdict.PASS, ("passes", "bounded 1", "0", "success"), ""),
        (_row(newest=None, scope=None), Verdict.UNKNOWN, ("passes", "bounded 1", "…", "none"), ""),
        (_row(stops=(_STOP,)), Verdict.FAIL, ("registry-state", "bounded 1", "0", "success"), "The tag is taken."),
        (
            _row(gates=_REFUSED),
            Verdict.FAIL,
            (GATES[2][0].value, "bounded 1", "0", "success"),
            "The subject is refused.",
        ),
        (
            _row(gates=_OPEN_GATES, starts=(StartRow("push", "v1", "", Verdict.UNKNOWN),)),
            Verdict.UNKNOWN,
            ("unknown", "bounded 1", "0", "success"),
            "Started by push refs/heads/main: The trust policy was not read.",
        ),
        (
            _row(stops=(_STOP,), ref="", starts=(StartRow("push", "", "", Verdict.FAIL),)),
            Verdict.FAIL,
            ("registry-state", "bounded 1", "0", "success"),
            "Started by push: The tag is taken.",
        ),
        (
            _row(state="disabled_manually", source="nothing starts it", gates=_OPEN_GATES),
            Verdict.PASS,
            ("disabled", "bounded 1", "0", "success"),
            "Nothing starts it.",
        ),
        (
            _row(too_broad=(TooBroad("c", "Every branch gets in."),)),
            Verdict.FAIL,
            ("passes", "bounded 1", "0", "success"),
            "Every branch gets in.",
        ),
        (
            _row(callers=Callers(Verdict.FAIL, 0, 0, 2, 1, "", "Anybody gets in.")),
            Verdict.FAIL,
            ("passes", "open 0+2", "0", "success"),
            "Anybody gets in.",
        ),
        (
            _row(callers=Callers(Verdict.UNKNOWN, 0, 0, 0, 0, "", "It was not read.")),
            Verdict.UNKNOWN,
            ("passes", "unknown", "0", "success"),
            "It was not read.",
        ),
        (
            _row(wave=Wave(Effect.BREAKS, "a", "b", "", "It breaks.")),
            Verdict.PASS,
            ("passes", "bounded 1", "0", "success"),
            "It breaks.",
        ),
        (
            _row(scope=Scope(Verdict.FAIL, 7, "", "Too much.")),
            Verdict.FAIL,
            ("passes", "bounded 1", "7", "success"),
            "Too much.",
        ),
        (
            _row(scope=Scope(Verdict.UNKNOWN, 7, "", "Who knows.")),
            Verdict.UNKNOWN,
            ("passes", "bounded 1", "7?", "success"),
            "Who knows.",
        ),
        (_row(scope=Scope(Verdict.UNKNOWN, 0, "", "")), Verdict.UNKNOWN, ("passes", "bounded 1", "?", "success"), ""),
    ],
)
def test_a_line_of_the_fleet(row: WorkflowRow, verdict: Verdict, cells: tuple[str, ...], because: str) -> None:
    found = (fleet.next_run(row), fleet.callers(row), fleet.beyond(row), fleet.newest(row))
    assert (row.verdict, found, fleet.because(row)) == (verdict, cells, because)


def test_what_becomes_of_the_access() -> None:
    assert fleet.wave(_row(wave=Wave(Effect.BREAKS, "", "", "", ""))) == "breaks"
    assert fleet.wave(_row(wave=Wave(None, "", "", "", ""))) == "unknown"


def _place(name: str, status: Status, **more: Any) -> RepositoryRow:
    facts: dict[str, Any] = {"reason": "", "way_out": "", "workflows": 1, "releases": 1, "open_users": (), **more}
    return RepositoryRow(name, status, read_at=AT, **facts)


def _fleet(*rows: WorkflowRow, places: tuple[RepositoryRow, ...] = ()) -> Fleet:
    return Fleet(Header("1.0", "ab", "named repositories", Slice(1, 1), AT), rows, places, ())


def _shown(width: int, **of: Any) -> str:
    text = StringIO()
    fleet.show(_fleet(*of["rows"], places=of["places"]), Console(file=text, width=width, color_system=None))
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines())


def test_a_fleet_in_a_terminal_has_one_line_for_each_and_says_what_was_not_read() -> None:
    rows = (_row(), _row(repository="octo/[red]long" + "x" * 60, gates=_REFUSED))
    places = (
        _place("octo/shop", Status.READ, open_users=("a file is no YAML",)),
        _place("octo/gone", Status.NOT_FOUND, reason="GitHub knows no such repository.", way_out="Look at its name."),
    )
    for width in (80, 160):
        text = _shown(width, rows=rows, places=places)
        # What may be copied is not wrapped; the table is of the terminal's width.
        assert all(len(line) <= width for line in text.splitlines() if line[:1] in "✘✔")
        assert "? octo/shop: a file is no YAML" in text
        assert "octo/gone" in text
        assert "GitHub knows no such repository." in " ".join(text.split())
        assert ("The subject is refused." in text) is (width == 160)
        # What does not pass stands first, and is the one to look at.
        assert f"planescope --repo '{rows[1].repository}' --workflow release.yml" in text
    assert "More of one line" not in _shown(80, rows=rows[:1], places=())
    assert "next run" not in _shown(80, rows=(), places=places)


def test_a_summary_of_a_fleet_tells_what_does_not_pass_and_ends() -> None:
    rows = [_row(), *(_row(repository=f"octo/<b>{number}", gates=_REFUSED) for number in range(203))]
    page = fleet.summary(_fleet(*rows, places=(_place("octo/gone", Status.NOT_FOUND, reason="Hidden."),)))
    assert page.count("\n| ✘ fail |") == 200
    assert "\n3 more are in the report.\n" in page
    assert "- ? " in page
    assert "<b>" not in page
    assert "| ✔" not in page


# ------------------------------------------------------------------------------------------------- a change


def _finding(level: Level, *details: str, **more: Any) -> Finding:
    rule = ConformRule.WIDENED_TRUST
    return Finding(
        rule, level, more.pop("place", Place("a.json", 3)), f"{level.value} is said.", "Do this.", details, **more
    )


def _judged(*findings: Finding, base: str = "main", releases: int = 1) -> Conformance:
    names = tuple(f"r{number}" for number in range(releases))
    return Conformance("octo/shop", base, findings, 2, names, AT, ("A note.",))


def _told(judged: Conformance, *, everything: bool = False) -> str:
    text = StringIO()
    conform.show(judged, Console(file=text, width=100, color_system=None), everything=everything)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines())


def test_a_change_is_told_with_its_places_and_what_was_so_before_as_a_number() -> None:
    error = _finding(Level.ERROR, *(f"d{number}" for number in range(10)), related=(Place("b.yml", 7),))
    before = _finding(Level.UNKNOWN, ALREADY, place=Place(member="role release"))
    text = _told(_judged(error, before))
    assert text.startswith("octo/shop against main\n  A note.\n")
    assert "error  widened-trust  a.json:3\n  error is said.\n    - d0\n" in text
    assert "    - d7\n    - and 2 more\n    see b.yml" in text
    assert "→ Do this." in text
    assert f"1 finding is {ALREADY}; with --all they are listed, and count." in text
    assert "role release" not in text
    assert text.endswith("✘ fail: 1 error, 1 unknown. This change must not be merged as it is.")
    assert "role release" in _told(_judged(error, before), everything=True)
    assert f"2 findings are {ALREADY}" in _told(_judged(error, before, before))


def test_a_change_without_a_base_and_with_many_releases() -> None:
    text = _told(_judged(base="", releases=14))
    assert "without a base: everything is new" in text
    assert " r11 and 2 more." in " ".join(text.split())
    assert "no findings. Nothing is widened, nothing breaks: this change conforms." in " ".join(text.split())
    assert "next runs: none." in _told(_judged(releases=0))


def test_a_summary_of_a_change_ends() -> None:
    before = _finding(Level.NOTE, ALREADY)
    page = conform.summary(_judged(*[_finding(Level.ERROR, "<b>")] * 53, before, base=""))
    assert page.count("\n| error |") == 50
    assert "\n3 more are in the report.\n" in page
    assert f"1 finding: {ALREADY}." in page
    assert "53 errors, 1 note." in page
    assert "<b>" not in page
