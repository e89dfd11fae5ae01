"""Every key of the main screen does what the help says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from backend_double import BackendDouble
from incident_names import RUN_IDS
from incident_offers import POLICY_CHANGE, PROVIDER_CHANGE
from live_worlds import live_backend
from words_shown import words_of

from tui.backend import ExportChoice
from tui.screens.dialogs.export import ExportScreen
from tui.screens.dialogs.exported import ExportedScreen
from tui.screens.help import HelpScreen
from tui.screens.ledger import LedgerScreen
from tui.screens.log.screen import LogScreen
from tui.widgets.base.key_line import KeyLine
from tui.widgets.base.page import Page
from tui.widgets.detail.details import Details
from tui.widgets.detail.selection import RemediationForm, Section
from tui.widgets.runs.run_list import RunList
from tui.widgets.summary.summary import Summary
from tui.widgets.timeline.columns import Cell
from tui.widgets.timeline.timeline import Timeline

KEY_1, KEY_2 = (RUN_IDS[0], 1), (RUN_IDS[1], 1)


async def test_one_look_tells_the_whole_path_the_fix_for_each_owner_and_the_proof(opened: Any) -> None:
    async with opened(size=(80, 24)) as app:
        for size in ((80, 24), (120, 40), (200, 60)):
            await app.pilot.resize_terminal(*size)
            await app.rest()
            text = app.text
            assert "#1 migrate-dev in AUTHENTICATION at OIDC trust" in text
            assert "still broken" in text
            assert all(way in text for way in ("i Account", "v Log", "b Runs", "? Help", "q Quit"))
            for place in ("→ role-assumption", "→ registry-auth", "→ registry-push", "→ registry-pull"):
                assert place in text, (size, place)
            assert "✔ one more run then passes all four gates  path 1 of 2" in text
            owners = (
                ("cloud security / IAM", "platform / release engineering") if size[0] == 200 else ("Cloud", "Platform")
            )
            for owner in owners:
                assert owner in text, (size, owner)
            outcomes = next(line for line in text.splitlines() if "Outcome" in line)
            assert outcomes.index("✘ stops") < outcomes.index("✔ passes")
            assert "No OpenIDConnect provider" in text


MOVES = (
    (["right"], Cell(1, 0)), (["l", "l"], Cell(2, 0)), (["down"], Cell(0, 1)), (["j", "j", "k"], Cell(0, 1)),
    (["up"], Cell(0, 0)), (["left"], Cell(0, 0)), (["j"] * 9, Cell(0, 4)), (["end"], Cell(2, 0)),
    (["dollar_sign", "home"], Cell(0, 0)), (["end", "0"], Cell(0, 0)), (["l", "h"], Cell(0, 0)),
)  # fmt: skip


async def test_the_cursor_moves_and_stops_at_the_edges(opened: Any) -> None:
    async with opened() as app:
        timeline = app.main.query_one(Timeline)
        for keys, cell in MOVES:
            timeline.go_to(Cell(0, 0))
            await app.press(*keys)
            assert timeline.cell == cell, keys
            assert app.main.query_one(Details).view.cell == cell, keys


async def test_the_details_follow_the_cursor(opened: Any) -> None:
    async with opened() as app:
        page = app.main.query_one("#page", Page)
        assert "Could not assume role with OIDC" in words_of(page)
        assert "reconstructed" in words_of(page)
        await app.press("right", "down")
        assert "Could not assume" not in words_of(page)
        assert "Statement[0].Condition.StringEquals" in words_of(page)
        await app.press("down", "down")
        assert "service control policies" in words_of(page)
        assert "organizations:ListPoliciesForTarget" in words_of(page)
        await app.press("down")
        assert "The run would present" in words_of(page)


async def test_numbers_choose_the_section(opened: Any) -> None:
    async with opened() as app:
        for key, section, words in (
            ("2", Section.REMEDIATION, "Create the OIDC provider"),
            ("3", Section.FORECAST, "would still meet 5 things"),
            ("4", Section.CLOSURE, "the chain is open"),
            ("5", Section.UNKNOWN, "1 thing could not be read"),
            ("1", Section.EVIDENCE, "oidc-provider-absent"),
        ):
            await app.press(key)
            assert app.main.query_one(Details).section is section
            assert words in words_of(app.main.query_one("#page", Page))


async def test_space_judges_now_for_the_attempt_under_the_cursor(opened: Any) -> None:
    async with opened(BackendDouble(2)) as app:
        assert "for #2" in app.text
        await app.press("left", "space")
        assert app.backend.asked[-1] == (None, KEY_1)
        assert "for #1" in app.text
        assert "mended; now fails at Role assumption" in app.text


async def test_space_on_now_judges_nothing(opened: Any) -> None:
    async with opened() as app:
        await app.press("right", "space")
        assert len(app.backend.asked) == 1


async def test_without_a_run_nothing_is_offered_that_needs_one(opened: Any) -> None:
    async with opened(live_backend("nothing")) as app:
        offered = {binding.binding.action for binding in app.main.active_bindings.values() if binding.enabled}
        assert not offered & {"judge", "view_log", "leave_out", "split", "compare", "account"}
        assert offered >= {"filter", "add_run", "walkthrough"}
        assert not app.main.query_one(Details).border_subtitle


async def test_enter_goes_to_the_details_and_escape_comes_back(opened: Any) -> None:
    async with opened() as app:
        await app.press("2", "enter")
        assert app.app.focused is app.main.query_one("#page")
        assert app.main.query_one(Details).section is Section.EVIDENCE
        await app.press("escape")
        assert app.app.focused is app.main.query_one(Timeline)


async def test_enter_in_the_list_diagnoses_that_run(opened: Any) -> None:
    async with opened(BackendDouble(2)) as app:
        app.main.query_one(RunList).focus()
        await app.press("down", "enter")
        assert app.backend.asked[-1] == (KEY_1, KEY_1)


async def test_p_shows_the_next_path_everywhere(opened: Any) -> None:
    async with opened() as app:
        assert "path 1/2" in app.text
        await app.press("2", "p")
        assert "path 2/2" in app.text
        assert "Admit migrate-dev in the trust policy" in words_of(app.main.query_one("#page", Page))
        assert app.main.query_one(Summary).path_index == 1
        await app.press("p")
        assert "path 1/2" in app.text


async def test_p_is_not_offered_where_there_is_one_path(opened: Any) -> None:
    async with opened(BackendDouble(2)) as app:
        assert "p Path" not in app.text
        await app.press("p")
        assert app.main.panel.path_index == 0


async def test_d_shows_the_next_form_that_exists_and_y_copies_it(opened: Any) -> None:
    async with opened() as app:
        await app.press("2", "y")
        assert PROVIDER_CHANGE.aws_cli in app.app.clipboard
        assert POLICY_CHANGE.aws_cli in app.app.clipboard
        await app.press("d", "y")
        assert app.main.panel.form is RemediationForm.TERRAFORM
        assert PROVIDER_CHANGE.terraform in app.app.clipboard
        assert "aws iam" not in app.app.clipboard
        assert "Copied: Terraform" in app.text


async def test_what_has_no_such_form_is_copied_as_a_comment(opened: Any) -> None:
    async with opened() as app:
        await app.press("d", "y")
        lines = app.app.clipboard.splitlines()
        where = next(i for i, line in enumerate(lines) if "Dispatch the next run on dev" in line)
        assert lines[where].startswith("# ")
        assert lines[where + 1].startswith("# ")


async def test_a_title_with_a_line_feed_cannot_smuggle_a_command_into_the_clipboard(opened: Any) -> None:
    backend = BackendDouble(1)

    def smuggle(diagnosis: Any) -> Any:
        path = diagnosis.paths[0]
        change = replace(path.remediations[0], title="x\nrm -rf ~", words="y\nrm -rf ~", aws_cli="", terraform="")
        return replace(diagnosis, paths=(replace(path, remediations=(change,)),))

    backend.change = smuggle
    async with opened(backend) as app:
        await app.press("y")
        assert all(line.startswith("#") for line in app.app.clipboard.splitlines())


async def test_c_copies_the_address_of_the_proof(opened: Any) -> None:
    async with opened() as app:
        await app.press("c")
        assert (
            app.app.clipboard
            == f"https://github.com/EsosaOrumwese/fraud-detection-system/actions/runs/{RUN_IDS[0]}/job/63411#step:4:24"
        )
        await app.press("right", "c")
        assert app.app.clipboard == "iam:ListOpenIDConnectProviders"


async def test_o_opens_https_addresses_and_nothing_else(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = BackendDouble(1)
    async with opened(backend) as app:
        seen: list[str] = []
        monkeypatch.setattr(app.app, "open_url", seen.append)
        await app.press("o")
        assert seen == [app.main.query_one(Details).view.address]

    def elsewhere(diagnosis: Any) -> Any:
        replay = diagnosis.replays[0]
        verdict = replay.gates[0]
        proof = replace(verdict.evidence[0], address="file:///etc/passwd")
        attempt = replace(replay.attempt, html_url="javascript:alert(1)")
        changed = replace(replay, attempt=attempt, gates=(replace(verdict, evidence=(proof,)), *replay.gates[1:]))
        return replace(diagnosis, replays=(changed,), subject=changed)

    backend.change = elsewhere
    async with opened(backend) as app:
        seen.clear()
        monkeypatch.setattr(app.app, "open_url", seen.append)
        await app.press("o")
        assert seen == []
        assert "no address on the web" in app.text


async def test_brackets_move_the_demo_and_now_changes_with_it(opened: Any) -> None:
    async with opened() as app:
        assert "stage 1/3" in app.text
        await app.press("right_square_bracket")
        assert "stage 2/3" in app.text
        assert [column.title for column in app.main.query_one(Timeline).columns] == ["#1", "#2", "NOW", "AFTER FIX"]
        assert "for #2" in app.text
        await app.press("right_square_bracket")
        assert "every gate passes" in app.text
        await app.press("right_square_bracket")
        assert "This is the last stage." in app.text
        await app.press("left_square_bracket", "left_square_bracket")
        assert "stage 1/3" in app.text
        assert len(app.main.query_one(RunList).items) == 1


async def test_a_live_repository_has_no_stage_keys(opened: Any) -> None:
    backend = BackendDouble(1)
    backend.moments, backend.origin_note = (), ""
    async with opened(backend) as app:
        assert "Stage" not in app.text
        await app.press("right_square_bracket")
        assert app.backend.stage == 1


async def test_r_reads_runs_and_account_again_for_what_is_shown(opened: Any) -> None:
    async with opened(BackendDouble(2)) as app:
        app.main.query_one(RunList).focus()
        await app.press("down", "enter")
        lists = len(app.backend.queries)
        await app.press("r")
        assert app.backend.asked[-1] == (KEY_1, KEY_1)
        assert len(app.backend.queries) == lists + 1


async def test_r_keeps_the_subject_that_was_chosen_and_follows_the_latest_otherwise(opened: Any) -> None:
    async with opened(BackendDouble(2)) as app:
        await app.press("r")
        assert app.backend.asked[-1] == (None, None)
        await app.press("left", "space", "r")
        assert app.backend.asked[-1] == (None, KEY_1)


async def test_a_refresh_keeps_the_cursor_where_it_was(opened: Any) -> None:
    async with opened() as app:
        await app.press("right", "down")
        await app.press("r")
        assert app.main.query_one(Timeline).cell == Cell(1, 1)


async def test_e_asks_first_then_writes_the_packet_and_says_where_and_what_is_masked(opened: Any) -> None:
    async with opened() as app:
        await app.press("e")
        assert isinstance(app.app.screen, ExportScreen)
        assert "● masked" in app.text
        await app.press("escape")
        assert not app.backend.exported
        for keys, masked in (([], True), (["m"], False), (["m", "m"], True)):
            await app.press("e", *keys)
            assert ("Account ids name your accounts" in app.text) is not masked
            await app.press("enter")
            await app.until(lambda: isinstance(app.app.screen, ExportedScreen))
            assert ("Account ids are masked." in app.text) is masked
            assert ("Account ids stand in it as they are." in app.text) is not masked
            if masked:
                assert "planescope-packet-21985402789" in app.text
                assert "packet.md" in app.text
                await app.pilot.press("c")
                assert app.app.clipboard == "planescope-packet-21985402789"
            await app.press("escape")
            assert app.app.screen is app.main
        assert len(app.backend.exported) == 3
        assert [choice.masked for _, choice in app.backend.choices] == [True, False, True]


async def test_an_export_is_offered_a_name_that_is_free_as_a_folder_or_a_zip_file(
    opened: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "planescope-packet-21985402789").mkdir()
    async with opened() as app:
        for keys, zipped, name in (
            ([], False, "planescope-packet-21985402789-2"),
            (["z", "a"], True, "planescope-packet-21985402789.zip"),
        ):
            await app.press("e", *keys)
            assert name in app.text
            await app.press("enter")
            await app.until(lambda: isinstance(app.app.screen, ExportedScreen))
            place, choice = app.backend.choices[-1]
            assert (place, choice.zipped, choice.force) == (tmp_path / name, zipped, False)
            assert choice.audience == ("incident" if zipped else "auditor")
            await app.press("escape")


async def test_an_export_takes_a_typed_place_and_replaces_an_older_packet_only_when_told(
    opened: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    older = tmp_path / "may"
    older.mkdir()
    (older / "packet.json").write_text("{}")
    async with opened() as app:
        await app.press("e", "f", *(["backspace"] * 40), *"may", "enter")
        assert isinstance(app.app.screen, ExportScreen)
        assert not app.backend.exported
        assert "A packet of " in app.text
        assert "Not written" in app.text
        await app.press("n", "enter")
        await app.until(lambda: isinstance(app.app.screen, ExportedScreen))
        assert app.backend.choices[-1] == (tmp_path / "may-2", ExportChoice())
        await app.pilot.press("h")
        assert app.app.clipboard.startswith("sha256:")
        await app.press("escape", "e", "f", *(["backspace"] * 40), *"may", "escape", "x")
        await app.until(lambda: isinstance(app.app.screen, ExportedScreen))
        assert app.backend.choices[-1] == (older, ExportChoice(force=True))
        await app.press("escape", "e", "f", *(["backspace"] * 40), *"out.zip", "enter")
        await app.until(lambda: isinstance(app.app.screen, ExportedScreen))
        assert app.backend.choices[-1] == (tmp_path / "out.zip", ExportChoice(zipped=True))


@pytest.mark.usefixtures("painted")
async def test_a_click_opens_the_cell_under_the_cursor_and_an_address(
    opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(size=(80, 40)) as app:
        timeline = app.main.query_one(Timeline)
        column = next(left for index, left, _ in timeline._drawing.columns if index == 0)
        line = next(line for line, row in timeline._drawing.rows if row == 0)
        await app.press("2")
        left, top = timeline.content_region.offset - timeline.region.offset
        await app.pilot.click(timeline, offset=(column + left + 1, line + top))
        await app.rest()
        assert app.app.focused is app.main.query_one("#page")
        assert app.main.query_one(Details).section is Section.EVIDENCE
        seen: list[str] = []
        monkeypatch.setattr(app.app, "open_url", seen.append)
        page = app.main.query_one("#page", Page)
        address = app.main.query_one(Details).view.address
        lines = [line.plain for line in page.sheet._lines(page.sheet.content_size.width)]
        place = next(number for number, text in enumerate(lines) if text.strip().startswith("https://"))
        page.scroll_to(y=place, animate=False, force=True)
        await app.pilot.pause()
        for number in (place, place + 1):  # it is folded here
            await app.pilot.click(page.sheet, offset=(8, number))
        await app.rest()
        assert seen == [address, address]
        await app.pilot.click(page.sheet, offset=(8, place - 1))
        assert len(seen) == 2


async def test_esc_closes_what_is_open_and_says_when_nothing_is(opened: Any) -> None:
    async with opened() as app:
        await app.press("z", "escape")
        assert app.main.query_one("#centre").display
        await app.press("tab", "escape")
        assert app.app.focused is app.main.query_one(Timeline)
        assert "Nothing is open" not in app.text
        await app.press("escape")
        assert "Nothing is open" in app.text


async def test_other_screens_open_and_close(opened: Any) -> None:
    async with opened() as app:
        for key, screen in (("L", LedgerScreen), ("question_mark", HelpScreen), ("v", LogScreen)):
            await app.press(key)
            assert isinstance(app.app.screen, screen)
            await app.press("escape")
            assert app.app.screen is app.main


async def test_t_changes_between_dark_and_light(opened: Any) -> None:
    async with opened() as app:
        for key, theme in (("t", "light"), ("t", "dark"), ("ctrl+t", "light"), ("ctrl+t", "dark")):
            await app.press(key)
            assert app.app.theme == f"planescope-{theme}"


async def test_z_gives_the_screen_to_the_details_and_back(opened: Any) -> None:
    async with opened() as app:
        await app.press("z")
        assert not app.main.query_one("#centre").display
        assert app.main.query_one("#detail").size.width > 110
        await app.press("escape")
        assert app.main.query_one("#centre").display


async def test_b_hides_and_shows_the_runs(opened: Any) -> None:
    async with opened() as app:
        await app.press("b")
        assert not app.main.query_one("#runs-panel").display
        assert app.app.focused is app.main.query_one(Timeline)
        await app.press("b")
        assert app.main.query_one("#runs-panel").display
        assert app.app.focused is app.main.query_one(RunList)


async def test_on_a_narrow_screen_the_runs_take_the_place_of_the_timeline(opened: Any) -> None:
    async with opened(BackendDouble(2), size=(80, 24)) as app:
        assert not app.main.query_one("#runs-panel").display
        await app.press("b")
        assert app.main.query_one("#runs-panel").display
        assert not app.main.query_one("#work").display
        await app.press("down", "enter")
        assert app.main.query_one("#work").display
        assert app.backend.asked[-1] == (KEY_1, KEY_1)


async def test_tab_goes_through_the_parts(opened: Any) -> None:
    async with opened() as app:
        seen = []
        for _ in range(3):
            await app.press("tab")
            seen.append(app.app.focused.id)
        assert seen == ["page", "runs", "timeline"]
        await app.press("shift+tab")
        assert app.app.focused.id == "runs"


async def test_q_leaves(opened: Any) -> None:
    async with opened() as app:
        await app.pilot.press("q")
        await app.until(lambda: not app.app.is_running)
    assert app.backend.closed.wait(5)


@pytest.mark.usefixtures("painted")
async def test_the_mouse_chooses_cells_sections_and_runs(opened: Any) -> None:
    async with opened(BackendDouble(2)) as app:
        timeline = app.main.query_one(Timeline)
        drawing = timeline._drawing
        column = next(left for index, left, _ in drawing.columns if index == 2)
        line = next(line for line, row in drawing.rows if row == 2)
        await app.pilot.click(timeline, offset=(column + 2 + 2, line + 1))
        await app.rest()
        assert timeline.cell == Cell(2, 2)
        bar = app.main.query_one("SectionBar")
        await app.pilot.click(bar, offset=(bar._places[2][0] + 2, 0))
        await app.rest()
        assert app.main.query_one(Details).section is Section.FORECAST
        line = app.main.query_one(KeyLine)
        await app.pilot.click(line, offset=(next(left for left, _, key in line._places if key == "question_mark"), 0))
        await app.until(lambda: isinstance(app.app.screen, HelpScreen))
        await app.press("escape")
        await app.pilot.click(RunList, offset=(5, 3))
        await app.pilot.click(RunList, offset=(5, 3))
        await app.rest()
        assert app.backend.asked[-1] == (KEY_1, KEY_1)


async def test_a_click_on_a_part_of_the_summary_shows_the_section_that_tells_more(opened: Any) -> None:
    async with opened(live_backend("five changes"), size=(80, 24)) as app:
        summary = app.app.screen.query_one(Summary)
        wanted = {"Rerun": "forecast", "Stopped": "evidence", "Registry": "remediation", "Change": "remediation"}
        labels = [line.split()[0] for line in str(summary.render()).splitlines()]
        for label, section in wanted.items():
            await app.pilot.click(Summary, offset=(12, labels.index(label) + summary.gutter.top))
            assert app.app.screen.query_one(Details).section.value == section
