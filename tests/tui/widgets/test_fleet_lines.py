"""A fleet's lines as values and as drawn: what a width has room for, what is cut with a sign, and what a filter finds."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta

import pytest
from backend_double import NOW
from fleet_double import HOSTILE_NAME, fleet_lines, place_of, row_of
from thoroughness import THOROUGH

from diagnosis.fleet.order import Sort, Totals, totals
from diagnosis.fleet.row import NewestRun, Status, WorkflowRow
from tui.widgets.fleet.columns import Drawing, columns_for, drawing_of, head_line, line_of, newest_sign
from tui.widgets.fleet.lines import Filter, FleetModel, lines_of
from tui.widgets.fleet.row_blocks import blocks_of, text_of
from tui.widgets.fleet.totals_line import totals_lines

LINES = fleet_lines(24)


@pytest.mark.parametrize("width", [24, 78, 118, 134, 180])
def test_a_line_tells_repository_workflow_gate_and_signs_and_what_is_cut_carries_a_sign(width: int) -> None:
    lines = lines_of(LINES.repositories, LINES.rows)
    drawing = drawing_of([line.row for line in lines], NOW, width < 100, Drawing(NOW))
    assert drawing.owner == ("octo-org" if width < 100 else "")
    told = set()
    for line in lines:
        drawn = line_of(line.row, width, drawing).plain
        told.add(drawn.split("  ")[0])
        assert not {"\x1b", "\u202e"} & set(drawn)
        if width < 78:
            continue
        assert len(drawn.rstrip()) <= width
        name = drawing.name(line.key[0])
        assert name in drawn or "…" in drawn
        if isinstance(line.row, WorkflowRow):
            row = line.row
            signs = (row.verdict, row.next_run, row.callers.verdict, row.wave.verdict)
            assert all(verdict.sign in drawn for verdict in signs)
            assert [column.heading for column, _ in columns_for(width)][:3] == ["Repository", "Workflow", "Next run"]
    assert len(lines) - len(told) < 12 or width < 78, "names that are cut stay apart"
    assert HOSTILE_NAME not in head_line(width, Sort.GRAVITY, reverse=False, owner=HOSTILE_NAME).plain


@pytest.mark.parametrize("by", list(Sort))
def test_the_order_is_told_in_the_heading_whether_its_column_has_room_or_not(by: Sort) -> None:
    for width in (78, 180):
        assert head_line(width, by, reverse=False).plain.count("▾") == 1
        assert head_line(width, by, reverse=True).plain.count("▴") == 1


@pytest.mark.parametrize("width", [40, 78, 118, 180])
def test_no_sum_is_cut(width: int) -> None:
    found = totals(LINES.rows, LINES.repositories)
    lines = [line.plain for line in totals_lines(found, width)]
    assert all(len(line) <= width for line in lines)
    text = " ".join(lines)
    assert f"{found.stopped} stopped" in text
    assert all(str(count) in text for _, count in found.failing)
    nothing = Totals(1, 1, (), 0, 0, 0, (), 0, 0, 0)
    assert [line.plain for line in totals_lines(nothing, 118)] == ["0 release workflows in 1 repository"]


def test_a_repository_that_is_read_again_replaces_all_that_was_known_of_it() -> None:
    model = FleetModel()
    unread = replace(place_of(0, Status.RATE_LIMITED), repository="octo-org/api")
    model.add((unread,), lines_of((unread,), ()))
    assert [line.key for line in model.shown()] == [("octo-org/api", "")]
    read, row = replace(place_of(0), repository="octo-org/api"), replace(row_of(0), repository="octo-org/api")
    model.add((read,), lines_of((read,), (row,)))
    assert [line.row for line in model.shown()] == [row]
    assert (model.total, model.places) == (1, [read])


def test_what_a_workflow_tells_itself_makes_no_line_of_its_repository() -> None:
    row = replace(row_of(7), repository="octo-org/api")
    told = f"{row.workflow} assumes ${{{{ vars.ROLE }}}}, which is not known"
    place = replace(place_of(0), repository="octo-org/api", open_users=(told,))
    assert [line.key[1] for line in lines_of((place,), (row,))] == [row.workflow]
    more = replace(place, open_users=(told, ".github/workflows/x.yml cannot be parsed: a tab"))
    extra = [line.row for line in lines_of((more,), (row,)) if not line.key[1]]
    assert [place.open_users for place in extra if not isinstance(place, WorkflowRow)] == [more.open_users[1:]]


def test_a_run_that_has_not_ended_is_not_said_to_have_failed_or_to_be_unknown() -> None:
    run = NewestRun(1, "in_progress", NOW - timedelta(hours=1), "")
    assert [newest_sign(replace(run, conclusion=each))[0] for each in ("queued", "in_progress", "success")] == list(
        "……✔"
    )


def test_no_command_to_copy_holds_what_a_shell_would_obey() -> None:
    breaking = next(row for row in LINES.rows if row.wave.breaks and row.repository == "octo-org/shop")
    assert f"planescope migrate --repo octo-org/shop --role {breaking.wave.role}" in text_of(breaking, NOW)
    for changed in (
        replace(breaking, repository="octo-org/x;rm -rf ~"),
        replace(breaking, wave=replace(breaking.wave, role="arn:aws:iam::1:role/$(x)")),
    ):
        assert "planescope migrate" not in text_of(changed, NOW)
    odd = replace(breaking, stops=(replace(row_of(1).stops[0], cause="no-such-cause"),), roles=breaking.roles * 40)
    assert any("28 more roles" in block.content.plain for block in blocks_of(odd, NOW))


def test_five_thousand_lines_are_sorted_and_filtered_within_a_key() -> None:
    many = fleet_lines(5_000 if THOROUGH else 500)
    model = FleetModel()
    model.replace(many.repositories, lines_of(many.repositories, many.rows))
    began = time.process_time()
    for by in Sort:
        model.sort(by, reverse=False)
        model.filter = Filter("gate:oidc service-")
        assert model.shown()
    assert (time.process_time() - began) / len(Sort) < 0.25
