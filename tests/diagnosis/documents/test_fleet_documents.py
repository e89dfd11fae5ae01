"""The lines of a fleet: what was written is read back, what others wrote is refused by name, and no cell is a formula."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples

from diagnosis.documents.fleet import Fleet, Header, exit_code, header_object, lines
from diagnosis.documents.fleet_csv import COLUMNS, csv_text, safe_cell
from diagnosis.documents.fleet_lines import read_header, read_lines
from diagnosis.fleet.order import Sort, ordered
from diagnosis.fleet.row import (
    Callers,
    NewestRun,
    RepositoryRow,
    RoleRecord,
    RoleUse,
    Scope,
    Status,
    Stop,
    TooBroad,
    Wave,
    WorkflowRow,
    untold,
)
from diagnosis.fleet.slices import Slice, place_of
from diagnosis.gates import Gate, Verdict
from diagnosis.json_members import JsonFault, JsonMembers
from diagnosis.migration.effects import Effect
from diagnosis.names.arn import Arn
from diagnosis.policy.language.strict_json import json_text
from diagnosis.verdicts.gate_verdict import Missing

AT = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
HEADER = Header("1.0", "ab", "one named repository", Slice(2, 3), AT, ("octo",), (("forks", 2),))
TEXT = st.text(max_size=12)
NAME = st.text(min_size=1, max_size=12)
VERDICTS = st.sampled_from((Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN))
NUMBERS = st.integers(0, 99)
ROLES = st.integers(0, 3).map(lambda number: Arn.iam("aws", "111122223333", "role", f"r{number}"))
PAIRS = st.tuples(TEXT, st.none() | TEXT)
MISSING = st.builds(Missing, TEXT, TEXT.map(lambda text: text.rstrip(".")), TEXT, st.none() | NAME)
ROWS = st.builds(
    WorkflowRow,
    repository=NAME,
    workflow=NAME,
    event=TEXT,
    ref=TEXT,
    source=TEXT,
    newest=st.none() | st.builds(NewestRun, NUMBERS, TEXT, st.just(AT), TEXT),
    roles=st.lists(st.builds(RoleUse, ROLES, st.lists(PAIRS, max_size=2).map(tuple), NUMBERS), max_size=2).map(tuple),
    unknown_roles=st.lists(TEXT, max_size=2).map(tuple),
    gates=st.lists(st.tuples(st.sampled_from(Gate), VERDICTS, TEXT), max_size=3).map(tuple),
    stops=st.lists(
        st.builds(Stop, st.none() | st.sampled_from(Gate), TEXT, TEXT, TEXT, st.just(()), TEXT), max_size=2
    ).map(tuple),
    callers=st.builds(Callers, VERDICTS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, TEXT, TEXT),
    too_broad=st.lists(st.builds(TooBroad, TEXT, TEXT, TEXT), max_size=1).map(tuple),
    wave=st.builds(Wave, st.none() | st.sampled_from(Effect), TEXT, TEXT, TEXT, TEXT),
    unknown=st.lists(MISSING, max_size=2).map(tuple),
    read_at=st.just(AT),
    scope=st.none() | st.builds(Scope, VERDICTS, NUMBERS, TEXT, TEXT, st.just(("octo/x",))),
)
PLACES = st.builds(
    RepositoryRow,
    NAME,
    st.sampled_from(Status),
    TEXT,
    TEXT,
    NUMBERS,
    NUMBERS,
    st.lists(TEXT, max_size=1).map(tuple),
    st.just(AT),
)
RECORDS = st.builds(
    RoleRecord, ROLES, st.just(""), TEXT, st.lists(st.tuples(TEXT, TEXT), max_size=1).map(tuple), st.just(AT)
)
FLEETS = st.builds(
    Fleet,
    st.just(HEADER),
    st.lists(ROWS, max_size=3, unique_by=lambda row: (row.repository, row.workflow)).map(tuple),
    st.lists(PLACES, max_size=3, unique_by=lambda row: row.repository).map(tuple),
    st.lists(RECORDS, max_size=2, unique_by=lambda record: record.role).map(tuple),
    st.lists(TEXT, max_size=2, unique=True).map(tuple),
    st.lists(TEXT, max_size=2, unique=True).map(tuple),
)


def parsed(fleet: Fleet) -> list[JsonMembers]:
    """The lines as a file holds them and a reader finds them."""
    return [JsonMembers.parse(json_text(line)) for line in lines(fleet)]


@given(FLEETS)
@settings(max_examples=examples(120), deadline=None)
def test_what_was_written_is_read_back(fleet: Fleet) -> None:
    first, *rest = parsed(fleet)
    found = read_lines(read_header(first), rest)
    assert lines(found) == lines(fleet)
    assert set(found.rows) == set(fleet.rows)
    assert (found.header, found.totals, exit_code(found)) == (HEADER, fleet.totals, exit_code(fleet))
    assert [set(ordered(fleet.rows, by)) for by in Sort] == [set(fleet.rows)] * len(Sort)


def test_a_repository_that_was_read_again_has_no_line_of_a_workflow_that_is_gone() -> None:
    fleet = Fleet(HEADER, (_row("a.yml"), _row("b.yml")), (_place(workflows=2),))
    _, *first, _ = parsed(fleet)
    for rows in ((_row("b.yml"),), ()):
        _, *second, _ = parsed(Fleet(HEADER, rows, (_place(workflows=len(rows)),)))
        found = read_lines(HEADER, [*first, *second])
        assert [row.workflow for row in found.rows] == [row.workflow for row in rows]
        assert [place.workflows for place in found.repositories] == [len(rows)]


def _row(workflow: str) -> WorkflowRow:
    return WorkflowRow(
        *("octo/one", workflow, "push", "refs/heads/main", "", None, (), (), (), ()),
        Callers(Verdict.PASS, 0, 0, 0, 0, "", ""),
        (),
        Wave(None, "", "", "", ""),
        (),
        AT,
    )


def _place(workflows: int) -> RepositoryRow:
    return RepositoryRow("octo/one", Status.READ, "", "", workflows, workflows, (), AT)


@given(FLEETS, st.data())
@settings(max_examples=examples(120), deadline=None)
def test_a_line_of_others_is_read_or_refused(fleet: Fleet, data: st.DataObject) -> None:
    _, *rest = lines(fleet)
    line: dict[str, Any] = json.loads(json.dumps(data.draw(st.sampled_from(rest))))
    place = line
    while True:
        name = data.draw(st.sampled_from(sorted(place)))
        inner = place[name]
        if isinstance(inner, dict) and inner and data.draw(st.booleans()):
            place = inner
            continue
        place[name] = data.draw(st.none() | st.booleans() | st.integers() | TEXT | st.lists(st.integers(), max_size=1))
        break
    with contextlib.suppress(JsonFault):
        read_lines(HEADER, [JsonMembers(line)])


@pytest.mark.parametrize("change", [{"schema": "planescope.fleet/2"}, {"kind": "workflow"}, {"slice": "4/3"}])
def test_a_header_of_another_kind_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(JsonFault):
        read_header(JsonMembers({**header_object(HEADER), **change}))


@given(FLEETS)
@settings(max_examples=examples(100), deadline=None)
def test_no_cell_is_a_formula_and_each_line_stays_one(fleet: Fleet) -> None:
    written = list(csv.reader(io.StringIO(csv_text(fleet))))
    told = {
        place: [row.workflow for row in fleet.rows if row.repository == place.repository]
        for place in fleet.repositories
    }
    unread = sum(place.status is not Status.READ or bool(untold(place, told[place])) for place in fleet.repositories)
    assert len(written) == 1 + len(fleet.rows) + unread
    assert all(len(row) == len(COLUMNS) for row in written)
    assert not any(cell.lstrip()[:1] in set("=+-@|%＝＋－＠") and cell for row in written[1:] for cell in row)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "  =1", "\t=1", "＝1", "\r\n=1", "|calc", "%x"])
def test_what_a_spreadsheet_takes_for_a_formula_is_text(text: str) -> None:
    assert safe_cell(text)[0] == "'" or safe_cell(text)[0] not in "=+-@|%＝"
    assert "\n" not in safe_cell(text)


@given(st.text(min_size=1), st.integers(1, 40))
@settings(max_examples=examples(100), deadline=None)
def test_every_repository_lies_in_exactly_one_slice_however_it_is_spelt(name: str, count: int) -> None:
    inside = [number for number in range(1, count + 1) if Slice(number, count).holds(name)]
    assert inside == [place_of(name.lower(), count)]


@pytest.mark.parametrize(
    ("text", "found"), [("3/8", Slice(3, 8)), ("9/8", None), ("0/3", None), ("1/0", None), ("1", None)]
)
def test_a_slice_is_a_number_of_so_many(text: str, found: Slice | None) -> None:
    assert Slice.parse(text) == found
