"""From the list of runs: a pasted address, following, workflows, saved filters, lines to copy."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from backend_double import PROBLEM, BackendDouble, many_row
from incident_names import REPOSITORY, RUN_IDS
from textual import events
from thoroughness import some

from tui.backend import RunPage, RunPlace, RunQuery, Update
from tui.remembered import Remembered
from tui.screens.dialogs.choose import ChooseScreen
from tui.widgets.runs.run_list import RunList

HOME = f"https://github.com/{REPOSITORY}"
KEYS = [(identity, 1) for identity in RUN_IDS]


async def filtered(app: Any, text: str) -> None:
    """Type a filter, faster than key by key, and apply it."""
    await app.press("slash")
    entry = app.main.query_one("#filter")
    entry.value = text
    entry.cursor_position = len(text)
    await app.press("enter")


async def pasted(app: Any, text: str) -> None:
    app.app.post_message(events.Paste(text))
    await app.pilot.pause()
    await app.rest()


PLACES = {
    f"  {HOME}/actions/runs/{RUN_IDS[0]}?pr=1#x\r\n": RunPlace(RUN_IDS[0]),
    f"{HOME}/actions/runs/{RUN_IDS[0]}/attempts/2/job/7": RunPlace(RUN_IDS[0], 2, 7),
    f"see {HOME.upper()}/actions/runs/{RUN_IDS[0]}, please".replace("HTTPS", "https"): RunPlace(RUN_IDS[0]),
    str(RUN_IDS[0]): RunPlace(RUN_IDS[0]),
    "#1": RunPlace(RUN_IDS[0]),
}


async def test_a_pasted_address_opens_exactly_that_run(opened: Any) -> None:
    async with opened(BackendDouble(3)) as app:
        # Anywhere on the screen, and into the filter.
        for into, (text, place) in [*product(["screen"], PLACES.items()), *product(["filter"], [*PLACES.items()][::2])]:
            app.backend.places.clear()
            if into == "filter":
                await app.press("slash")
            await pasted(app, text)
            if into == "filter" and not app.backend.places:
                await app.press("enter")
            assert app.backend.places == [place], text
            key = (RUN_IDS[0], place.attempt or 1)
            assert app.backend.asked[-1] == (key, key)
            assert app.main.runs.filter.words == ()
            assert app.main.query_one(RunList).chosen.key[0] == RUN_IDS[0]


async def test_what_is_pasted_and_opens_nothing_says_why(opened: Any) -> None:
    said = {
        "https://ghe.example/other/[b]/actions/runs/5": "names no run",
        f"{HOME}/actions/runs/5 and {HOME}/actions/runs/6": "names 2 runs",
        "[red]lo\x1b[2Jgin[/red]": "names no run",
        "#99": "is #99",
    }
    async with opened(BackendDouble(3)) as app:
        for text, words in said.items():
            app.app.clear_notifications()
            await pasted(app, text)
            assert words in " ".join(app.text.replace("│", " ").split()), text
        assert (app.backend.places, len(app.backend.asked)) == ([], 1)
        await other_repositories_are_told(app)
        app.backend.problems["find_run"] = PROBLEM
        await pasted(app, f"{HOME}/actions/runs/77")
        assert PROBLEM.sentence in app.text


async def other_repositories_are_told(app: Any) -> None:
    ways = {
        "https://github.com/other/place/actions/runs/5": "planescope --repo other/place",
        f"https://ghe.example/{REPOSITORY}/actions/runs/5/job/7": (
            f"planescope --repo {REPOSITORY} --github-url https://ghe.example"
        ),
    }
    for address, command in ways.items():
        await pasted(app, address)
        assert "Run 5 belongs to " in app.text
        await app.press("enter")
        assert app.app.clipboard == command
    assert (app.backend.places, len(app.backend.asked)) == ([], 1)


async def test_a_number_of_several_workflows_shows_them(opened: Any) -> None:
    backend = BackendDouble(3)
    backend.rows = lambda row: replace(row, number=7, workflow=f"w{row.number}", workflow_path=f"w{row.number}.yml")
    async with opened(backend) as app:
        await filtered(app, "#7")
        assert "3 workflows have a run #7" in app.text
        assert "w1: " in app.text
        assert len(app.main.query_one(RunList).items) == 3


async def test_a_click_opens_a_run_and_esc_clears_a_filter_and_then_closes(opened: Any) -> None:
    async with opened(BackendDouble(3), size=(80, 24)) as app:
        await app.press("b")
        await app.pilot.click(RunList, offset=(5, 4))
        await app.rest()
        assert app.backend.asked[-1] == (KEYS[0], KEYS[0])
        await filtered(app, "absent")
        assert "No run passes this filter. esc clears it." in app.text
        await app.press("escape")
        assert len(app.main.query_one(RunList).items) == 3
        assert app.main.has_class("-runs-open")
        await app.press("escape")
        assert not app.main.has_class("-runs-open")
        # What GitHub does not take is said, and not asked.
        await filtered(app, "status:fail")
        assert "did you mean failure?" in app.text
        assert app.app.focused.id == "filter"
        assert len(app.backend.queries) == 1
        await app.press("tab", "enter")
        assert app.backend.queries[-1] == (RunQuery(status="failure"), 1)


class Polled(BackendDouble):
    """Polls bring what a test says."""

    def __init__(self, first: list[int]) -> None:
        super().__init__(1)
        self.first = first
        self.states: dict[int, tuple[str, str | None]] = {}
        self.total = 1_000

    def page_of(self, numbers: list[int]) -> RunPage:
        rows = [many_row(number) for number in numbers]
        shown = [
            replace(row, status=s[0], conclusion=s[1]) if (s := self.states.get(row.number)) else row for row in rows
        ]
        return RunPage(tuple(shown), 1_000, 2)

    def list_runs(self, query: RunQuery, page: int, **_: Any) -> RunPage:
        self.queries.append((query, page))
        last = self.first[-1]
        return self.page_of(self.first if page == 1 else list(range(last - 1, last - 101, -1)))

    def poll(self, query: RunQuery, selected: Any, **_: Any) -> Update:
        self.polled += 1
        return Update(self.page_of(self.first), None, self.further)


async def test_rows_follow_active_runs_and_the_selection_stays(opened: Any) -> None:
    backend = Polled(list(range(1000, 900, -1)))
    backend.states[1000] = backend.states[850] = ("in_progress", None)
    async with opened(backend, size=(120, 40)) as app:
        runs = app.main.query_one(RunList)
        runs.focus()
        await app.press("G")
        runs.cursor -= 30
        await app.until(lambda: len(runs.items) == 200)
        chosen = runs.chosen
        assert app.main.runs.pages.active
        backend.first = list(range(1003, 903, -1))
        backend.states[1000] = ("completed", "success")
        backend.further = (replace(many_row(850), status="completed", conclusion="failure"),)
        app.main.reader.poll(RunQuery())
        await app.until(lambda: backend.polled == 1)
        await app.rest()
        assert [row.number for row in runs.items[:3]] == [1003, 1002, 1001]
        assert len(runs.items) == 203, "pages that were read stay"
        assert runs.chosen == chosen
        ended = {row.number: row.conclusion for row in runs.items if row.number in (1000, 850)}
        assert ended == {1000: "success", 850: "failure"}
        assert not app.main.runs.pages.active
        backend.first = list(range(1004, 904, -1))
        await app.press("r")
        assert (len(runs.items), runs.chosen) == (204, chosen), "reading again keeps both, too"


async def test_following_opens_each_newest_run_until_it_is_stopped(opened: Any) -> None:
    backend = Polled([5, 4])
    async with opened(backend) as app:
        await app.press("f")
        assert backend.asked[-1][0] == many_row(5).key
        assert "following the newest run" in app.text
        backend.first = [6, 5, 4]
        app.main.reader.poll(RunQuery())
        await app.until(lambda: backend.asked[-1][0] == many_row(6).key)
        await app.rest()
        assert app.main.query_one(RunList).cursor == 0
        asked = len(backend.asked)
        app.main.query_one(RunList).focus()
        await app.press("j", "enter")
        assert not app.main.following
        backend.first = [7, 6, 5, 4]
        app.main.reader.poll(RunQuery())
        await app.until(lambda: backend.polled == 2)
        await app.rest()
        assert len(backend.asked) == asked + 1, "the user's own choice alone"
        await app.press("f", "f")
        assert not app.main.following


async def test_the_workflow_picker_lists_finds_and_filters(opened: Any) -> None:
    async with opened(BackendDouble(3)) as app:
        await app.press("B")
        await app.until(lambda: "[bold]nightly[/]" in app.text)
        assert "disabled manually" in app.text
        await app.press(*"prod", "enter")
        assert app.backend.queries[-1] == (RunQuery(workflow="release.yml"), 1)
        assert app.main.query_one("#filter").value == "workflow:release.yml"
        await app.press("B")
        await app.until(lambda: "All workflows" in app.text)
        await app.press("enter")
        assert app.backend.queries[-1] == (RunQuery(), 1)
        app.backend.problems["workflows"] = PROBLEM
        await app.press("B")
        await app.until(lambda: PROBLEM.sentence in app.text)
        assert isinstance(app.app.screen, ChooseScreen)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "remembered.json"


async def test_filters_are_saved_chosen_deleted_and_in_the_palette(opened: Any, place: Path) -> None:
    async with opened(BackendDouble(3), remembered=Remembered(place)) as app:
        await app.press("F")
        assert "None yet." in app.text
        assert "by a name." in app.text, "all of it, on as many lines as it takes"
        assert "Delete" not in app.text
        await app.press("escape")
        await filtered(app, "branch:dev x[1]")
        await app.press("F", "enter", *"my [b]", "enter")
        assert "Saved as my [b]" in app.text
        await app.press("escape")
        assert app.backend.queries[-1] == (RunQuery(), 1)
        await app.press("F", "enter")
        assert app.backend.queries[-1] == (RunQuery(branch="dev"), 1)
        await app.press("escape")
        await app.pilot.press("ctrl+p")
        app.app.screen.query_one("CommandInput").value = "filter the runs: my"
        await app.until(lambda: "Filter the runs: my [b]" in app.text)
        await app.pilot.press("enter")
        await app.until(lambda: app.main.runs.text == "branch:dev x[1]")
        await app.rest()
        app.main.remembered.settle()
    again = Remembered(place)
    async with opened(BackendDouble(3), remembered=again) as app:
        assert app.backend.queries == [(RunQuery(branch="dev"), 1)], "the last filter is there again"
        assert again.repositories == (f"github.com/{REPOSITORY}",)
        await app.press("F", "ctrl+r")
        assert app.main.saved_filters == ()


async def test_lines_that_start_a_run_again_are_copied_and_never_run(opened: Any) -> None:
    async with opened(BackendDouble(2)) as app:
        await app.press("R")
        assert "Rerun failed jobs" in app.text
        await app.press("enter")
        assert app.app.clipboard == f"gh run rerun {RUN_IDS[1]} --failed -R {REPOSITORY}"
        assert [note.message for note in app.app._notifications] == [
            f"Copied: {app.app.clipboard}\nNow in the clipboard"
        ]
        await app.press("R", *"all", "enter")
        assert app.app.clipboard == f"gh run rerun {RUN_IDS[1]} -R {REPOSITORY}"


@pytest.mark.parametrize("size", some([(80, 24), (120, 40), (200, 60)], 3))
async def test_long_and_hostile_names_keep_their_ends_and_stay_data(opened: Any, size: tuple[int, int]) -> None:
    backend = BackendDouble(2)
    ends = {1: "-from-alice", 2: "-from-bob"}
    backend.rows = lambda row: replace(
        row,
        status=("in_progress", "completed")[row.number % 2],
        conclusion=None,
        ref=f"feature/PAY-20391-{'very-' * 20}long{ends[row.number]}",
        title=f"[/red]\x1b[2J{'word ' * 40}end {row.number}",
    )
    async with opened(backend, size=size) as app:
        if size[0] == 80:
            await app.press("b")
        assert "-from-alice" in app.text
        assert "-from-bob" in app.text
        assert "\x1b" not in app.text
        line = next(line for line in app.text.splitlines() if "◐ #2 " in line)
        assert size[0] > 80 or "in progress" in line, "no colour is needed"
