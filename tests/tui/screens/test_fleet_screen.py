"""The fleet's screen: lines as they come, order, filter, details, a workflow opened and left, stop, export, and each state."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from backend_double import NOW, BackendDouble
from fleet_double import FleetDouble, FleetsDouble, fleet_lines, place_of
from hostile_text import HOSTILE, hostile
from opened_screens import open_screen
from thoroughness import some
from words_shown import words_of

from diagnosis.closure.corrections import Correction, Kind
from diagnosis.facts.account import CredentialsProblem
from diagnosis.fleet.order import Sort, ordered
from diagnosis.fleet.row import WorkflowRow
from diagnosis.gates import Verdict
from tui.app import PlanescopeApp
from tui.backend import BackendProblem
from tui.fleet_backend import FleetLines
from tui.screens.dialogs.ask import AskScreen
from tui.screens.dialogs.choose import ChooseScreen
from tui.screens.fleet.screen import FleetScreen
from tui.screens.ledger import LedgerScreen
from tui.screens.timeline.screen import TimelineScreen
from tui.widgets.base.page import Page
from tui.widgets.base.top_line import TopLine
from tui.widgets.fleet.fleet_list import FleetList


async def shown(app: Any) -> tuple[FleetScreen, FleetList]:
    await open_screen(app, FleetScreen)
    screen = app.app.screen
    return screen, screen.query_one(FleetList)


def names(listed: FleetList) -> list[tuple[str, str]]:
    return [line.key for line in listed.items]


def details(screen: FleetScreen) -> str:
    return words_of(screen.query_one("#fleet-page", Page))


async def test_every_line_is_there_worst_first_with_its_details_and_the_sums(opened: Any) -> None:
    double = FleetDouble(fleet_lines(24))
    async with opened(fleets=FleetsDouble(double), size=(200, 50)) as app:
        screen, listed = await shown(app)
        assert app.app.fleets.asked == ["EsosaOrumwese"], "the owner of the dashboard's repository is offered"
        workflows = [line.row for line in listed.items if isinstance(line.row, WorkflowRow)]
        assert workflows == list(ordered(double.lines.rows, Sort.GRAVITY))
        others = [line.row for line in listed.items if not isinstance(line.row, WorkflowRow)]
        # Eight of nine statuses that are not "read", and one repository of which a workflow cannot be parsed.
        assert {place.repository for place in others} == {
            place.repository for place in double.lines.repositories if place.status.value != "read" or place.open_users
        }
        failing = sum(row.verdict is Verdict.FAIL for row in workflows)
        assert all(line.row in workflows for line in listed.items[:failing]), (
            "what is not read stands behind what fails"
        )
        assert f"{len(workflows)} release workflows in" in app.text
        assert "not read: 1 empty" in app.text
        first = workflows[0]
        told = details(screen)
        for words in (first.stops[0].cause, first.stops[0].reason, "ecr:PutImage", first.wave.today, "Used by"):
            assert words in told, words
        listed.cursor = names(listed).index(("octo-org/partly", ""))
        await app.pilot.pause()
        assert ".github/workflows/x.yml cannot be parsed: a tab" in details(screen)


async def test_the_order_and_its_reverse_are_those_of_the_table(opened: Any) -> None:
    double = FleetDouble(FleetLines(fleet_lines(24).repositories[:10], fleet_lines(24).rows))
    async with opened(fleets=FleetsDouble(double)) as app:
        screen, listed = await shown(app)
        kept = listed.chosen.key if listed.chosen else None
        for by in [*list(Sort)[1:], Sort.GRAVITY]:
            await app.pilot.press("s")
            assert screen.model.by is by
            assert [line.row for line in listed.items] == list(ordered(double.lines.rows, by)), by
            assert listed.chosen is not None
            assert listed.chosen.key == kept, "the cursor stays on its line"
        await app.pilot.press("R")
        assert [line.row for line in listed.items] == list(ordered(double.lines.rows, Sort.GRAVITY))[::-1]


async def test_a_filter_finds_words_and_fields_and_esc_takes_it_away_first(opened: Any) -> None:
    async with opened(fleets=FleetsDouble(FleetDouble(fleet_lines(24)))) as app:
        screen, listed = await shown(app)
        whole = len(listed.items)
        await app.pilot.press("slash", *"gate:oidc")
        rows = [line.row for line in listed.items]
        assert rows
        assert all(isinstance(row, WorkflowRow) and row.fails_at is not None for row in rows)
        assert {row.fails_at.value for row in rows} == {"oidc-trust"}
        await app.pilot.press("enter", "slash", "end", *" zzz")
        assert not listed.items
        assert "No line has all of: gate:oidc zzz" in app.text
        await app.pilot.press("escape")
        assert len(listed.items) == whole
        for words, holds in (
            ("verdict:pass", lambda row: row.verdict is Verdict.PASS),
            ("wave:breaks", lambda row: row.wave.effect is not None and row.wave.effect.value == "breaks"),
            ("status:rate", lambda row: row.status.value == "rate-limited"),
            ("release-3", lambda row: any(use.role.name == "release-3" for use in row.roles)),
            ("nofield:x", lambda _row: False),
        ):
            screen.query_one("#fleet-filter").value = words
            await app.pilot.pause()
            assert all(holds(line.row) for line in listed.items), words
            assert bool(listed.items) is (words != "nofield:x")
        await app.pilot.press("escape")
        assert app.app.screen is screen, "the first esc takes the filter, the next one goes back"
        await app.pilot.press("escape")
        assert app.app.screen is app.main


async def test_a_workflow_opens_in_the_dashboard_and_esc_comes_back_to_its_line(opened: Any) -> None:
    inner = BackendDouble(2)
    double = FleetDouble(fleet_lines(24), dashboard=lambda: inner)
    async with opened(fleets=FleetsDouble(double)) as app:
        screen, listed = await shown(app)
        behind = app.main
        await app.pilot.press("s", "j", "j", "j")
        place = listed.cursor
        await app.pilot.press("enter")
        await app.until(lambda: app.main is not behind)
        await app.rest()
        assert isinstance(app.app.screen, TimelineScreen)
        assert double.opened == [listed.chosen.row if listed.chosen else None]
        assert app.main.diagnosis is not None
        assert inner.asked == [(None, None)], "the newest chain"
        # Corrections that no file holds are told before they go.
        inner.corrected.append(Correction(Kind.DROP, 1, 1))
        await app.pilot.press("escape")
        assert app.app.screen is app.main
        await app.pilot.press("escape")
        await app.until(lambda: app.app.screen is screen)
        assert listed.cursor == place
        assert screen.model.by is Sort.NAME
        assert app.main is behind
        assert inner.closed.wait(10)
        await app.pilot.press("escape")
        assert app.app.screen is behind
        # The fleet that was left comes back as it was, without being read again.
        await app.pilot.press("O", "enter")
        assert app.app.screen is screen
        assert (listed.cursor, double.reads) == (place, 1)


async def test_a_dashboard_that_cannot_be_opened_says_why_and_esc_comes_back(opened: Any) -> None:
    def refused() -> Any:
        raise BackendProblem("There is no token for github.com.", "Set GH_TOKEN.")

    async with opened(fleets=FleetsDouble(FleetDouble(dashboard=refused))) as app:
        screen, _ = await shown(app)
        await app.pilot.press("enter")
        await app.until(lambda: "There is no token for github.com." in app.text)
        await app.pilot.press("escape")
        await app.until(lambda: app.app.screen is screen)
        screen.query_one(FleetList).cursor = names(screen.query_one(FleetList)).index(("octo-org/no-access-6", ""))
        await app.pilot.press("enter")
        assert app.app.screen is screen
        assert any("No workflow stands on this line." in each.message for each in app.app._notifications)


async def test_lines_show_as_they_come_and_x_stops_and_r_goes_on(opened: Any) -> None:
    double = FleetDouble(fleet_lines(24))
    double.hang.set()
    async with opened(fleets=FleetsDouble(double)) as app:
        await app.pilot.press("O", "enter")
        await app.until(lambda: isinstance(app.app.screen, FleetScreen) and app.app.screen.query_one(FleetList).items)
        screen = app.app.screen
        listed = screen.query_one(FleetList)
        await app.until(lambda: screen.query_one(TopLine).progress and "x stops" in app.text)
        assert 0 < len(listed.items) < len(double.lines.rows)
        assert "Judged as soon as all repositories are read" in details(screen), "what only all of them tell"
        await app.pilot.press("j", "slash", *"octo", "enter", "s")
        assert screen.reading, "nothing blocks"
        await app.pilot.press("x")
        await app.until(lambda: not screen.reading)
        assert "stopped, r goes on" in app.text
        before = names(listed)
        assert before
        double.hang.clear()
        await app.pilot.press("escape", "r")
        await app.until(lambda: not screen.reading)
        assert set(before) < set(names(listed))
        assert double.reads == 2


async def test_the_address_the_text_and_the_ledger_of_a_line(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened() as app:
        calls: list[str] = []
        monkeypatch.setattr(app.app, "open_url", calls.append)
        _, listed = await shown(app)
        assert listed.chosen is not None
        address = listed.chosen.row.newest.url
        await app.pilot.press("o", "c")
        assert (calls, app.app.clipboard) == ([address], address)
        await app.pilot.press("y")
        assert "The next run would be stopped" in app.app.clipboard
        assert "\x1b" not in app.app.clipboard
        await app.pilot.press("L")
        assert isinstance(app.app.screen, LedgerScreen)
        await app.pilot.press("escape", "z")
        await app.until(lambda: isinstance(app.app.focused, Page))
        assert not listed.region.height or not listed.parent.display
        await app.pilot.press("escape")
        await app.until(lambda: app.app.focused is listed)


async def test_the_lines_are_written_to_a_new_file(
    opened: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with opened() as app:
        screen, _ = await shown(app)
        for form, ending in (("json", "jsonl"), ("csv", "csv")):
            await app.pilot.press("e")
            assert isinstance(app.app.screen, ChooseScreen)
            await app.pilot.press(*form, "enter")
            await app.until(lambda: isinstance(app.app.screen, AskScreen))
            await app.pilot.press("enter")
            place = tmp_path / f"planescope-fleet.{ending}"
            await app.until(place.exists)
            await app.until(lambda: app.app.screen is screen)
            assert f'["{ending}", "gravity", ' in place.read_text(encoding="utf-8")


async def test_another_fleet_takes_the_place_of_one_and_nonsense_is_asked_again(opened: Any) -> None:
    first, second = FleetDouble(fleet_lines(6)), FleetDouble(fleet_lines(12))
    async with opened(fleets=FleetsDouble(first, second)) as app:
        screen, listed = await shown(app)
        await app.pilot.press("O", "ctrl+u", *"nonsense", "enter")
        await app.until(lambda: "nonsense is no organization. Name one." in app.text)
        assert isinstance(app.app.screen, AskScreen)
        assert app.app.screen.query_one("#answer").value == "nonsense"
        await app.pilot.press("ctrl+u", *"other", "enter")
        await app.until(lambda: app.app.screen is screen and not screen.reading)
        assert len([line for line in listed.items if line.key[1]]) == 12
        assert first.closed.is_set()


async def test_every_state_says_what_is_and_what_to_do(opened: Any) -> None:
    problem = FleetDouble()
    problem.problem = BackendProblem("GitHub does not know octo-org.", "Check its name.")
    empty, nothing = FleetDouble(FleetLines((place_of(1),))), FleetDouble(FleetLines())
    unsigned = FleetDouble(fleet_lines(3))
    unsigned.credentials_problem = CredentialsProblem("no AWS credentials were found", "run `aws sso login`")
    limited = FleetDouble(FleetLines(tuple(each for each in fleet_lines(1).repositories if each.status.passing)))
    gaps = FleetDouble(FleetLines(gaps=("slice 3/8 is missing", "b"), notes=("left out: 2 forks",)))
    async with opened(fleets=FleetsDouble(problem, empty, nothing, unsigned, limited, gaps), size=(110, 30)) as app:
        screen, _ = await shown(app)
        assert "GitHub does not know octo-org." in details(screen)
        assert "Nothing was read." in app.text
        for told in (
            ["No workflow of this repository takes AWS credentials."],
            ["There is no repository in it."],
            ["no AWS credentials were found", "aws sso login"],
            ["3 not read, r asks again", "not read: 1 rate limited, 1 unreachable, 1 fault"],
            ["? slice 3/8 is missing (+1 more)", "– left out: 2 forks"],
        ):
            await app.pilot.press("O", "ctrl+u", "x", "enter")
            await app.until(lambda: app.app.screen is screen and not screen.reading)
            await app.pilot.pause()
            for words in told:
                assert words in app.text, words


async def test_hostile_words_are_shown_and_obeyed_nowhere(opened: Any) -> None:
    lines = fleet_lines(12)
    rows = tuple(hostile(row, frozenset({"role", "newest", "read_at"})) for row in lines.rows)
    places = tuple(hostile(place, frozenset({"read_at"})) for place in lines.repositories)
    double = FleetDouble(FleetLines(places, rows, (HOSTILE,), (HOSTILE,)))
    double.title = double.origin_note = double.limit_note = HOSTILE
    async with opened(fleets=FleetsDouble(double), size=(230, 60)) as app:
        screen, listed = await shown(app)
        assert app.text.count(HOSTILE) > 5
        for place in some(range(len(listed.items)), 5):
            listed.cursor = place
            await app.pilot.pause()
            assert HOSTILE in details(screen)
            assert "planescope migrate" not in details(screen), "no command to copy is made of what a shell would obey"
            for strip in screen._compositor.render_strips():
                for segment in strip:
                    assert segment.style is None or segment.style.link is None
                    assert not any(
                        "quit" in str(value) for value in ((segment.style and segment.style.meta) or {}).values()
                    )
        assert app.app.is_running


async def test_a_list_without_a_cell_draws_nothing_and_fails_at_nothing(opened: Any) -> None:
    async with opened() as app:
        _, listed = await shown(app)
        listed.styles.width = 1  # the scrollbar's
        await app.pilot.pause()
        assert listed.scrollable_content_region.width == 0
        assert listed.render_line(0).cell_length <= 1


async def test_the_app_that_begins_with_a_fleet_has_no_dashboard_behind_it() -> None:
    inner, double = BackendDouble(1), FleetDouble(fleet_lines(6))
    double.dashboard = lambda: inner
    app = PlanescopeApp(lambda: BackendDouble(1), clock=lambda: NOW, refresh_seconds=0, fleet=lambda: double)
    app.animation_level = "none"
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        for _ in range(500):
            await pilot.pause(0.01)
            if isinstance(app.screen, FleetScreen) and not app.screen.reading:
                break
        await pilot.press("escape")
        assert any("There is no dashboard behind this" in each.message for each in app._notifications)
        await pilot.press("O")
        assert any("No other fleet can be opened here." in each.message for each in app._notifications)
        await pilot.press("enter")
        for _ in range(500):
            await pilot.pause(0.01)
            if app.timeline is not None and app.timeline.diagnosis is not None:
                break
        await pilot.press("q")
        await pilot.pause()
    assert inner.closed.wait(10)
    assert double.closed.wait(10)
    assert not [thread for thread in threading.enumerate() if thread.name == "planescope fleet"]
