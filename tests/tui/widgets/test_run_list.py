"""The list of runs: paged, filtered, ten thousand without a stall."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from backend_double import BackendDouble, many_row, row_of

from tui.backend import RunPage, RunQuery
from tui.widgets.runs.run_filter import RunFilter, described, parse
from tui.widgets.runs.run_list import RunList
from tui.widgets.runs.run_pages import RunPages


async def test_ten_thousand_runs_come_page_by_page_as_they_are_wanted(opened: Any) -> None:
    async with opened(BackendDouble(1, total=10_000)) as app:
        runs = app.main.query_one(RunList)
        assert len(runs.items) == 100
        assert [page for _, page in app.backend.queries] == [1]
        runs.focus()
        await app.press("G")
        await app.until(lambda: len(runs.items) == 200)
        await app.press("G")
        await app.until(lambda: len(runs.items) == 300)
        assert [page for _, page in app.backend.queries] == [1, 2, 3]
        assert "300 of 10,000 read" in app.text


async def test_only_the_lines_in_view_are_drawn(opened: Any) -> None:
    async with opened() as app:
        runs = app.main.query_one(RunList)
        drawn: list[int] = []
        real = runs.lines_of
        runs.lines_of = lambda item, width, *, chosen: drawn.append(item.number) or real(item, width, chosen=chosen)
        runs.show(tuple(many_row(number) for number in range(10_000, 0, -1)))
        runs.focus()
        await app.press("G")
        assert runs.chosen.number == 1
        assert len(set(drawn)) < 200


async def test_the_list_keys_move_and_stop_at_the_ends(opened: Any) -> None:
    async with opened(BackendDouble(1, total=50)) as app:
        runs = app.main.query_one(RunList)
        runs.focus()
        for keys, cursor in (
            (["down", "j", "j"], 3),
            (["k", "up"], 1),
            (["g"], 0),
            (["up"], 0),
            (["G"], 49),
            (["down"], 49),
            (["home"], 0),
            (["end"], 49),
        ):
            await app.press(*keys)
            assert runs.cursor == cursor
        await app.press("g", "pagedown")
        page = runs.cursor
        assert page == runs.scrollable_content_region.height // 2
        await app.press("ctrl+d", "pageup", "ctrl+u")
        assert runs.cursor == 0


async def test_the_wheel_reaches_the_next_page_too(opened: Any) -> None:
    async with opened(BackendDouble(1, total=1_000)) as app:
        runs = app.main.query_one(RunList)
        runs.scroll_to(y=180, animate=False, force=True)
        await app.until(lambda: len(runs.items) == 200)


async def test_words_that_few_runs_have_do_not_read_the_whole_repository(opened: Any) -> None:
    async with opened(BackendDouble(1, total=10_000)) as app:
        app.main.runs.apply("number 9990")
        await app.rest()
        assert len(app.backend.queries) == 1
        assert "1/100 of 10,000 · G more" in app.text
        runs = app.main.query_one(RunList)
        runs.focus()
        await app.press("G")
        assert [page for _, page in app.backend.queries] == [1, 2]
        app.main.runs.apply("absent")
        await app.press("G", "G")
        assert "among the 400 of 10,000 read" in " ".join(app.text.replace("│", " ").split())


async def test_slash_filters_by_words_while_typing(opened: Any) -> None:
    async with opened(BackendDouble(1, total=100)) as app:
        await app.press("slash", *"feature/7")
        runs = app.main.query_one(RunList)
        assert app.app.focused.id == "filter"
        assert {row.ref for row in runs.items} == {"feature/7", *(f"feature/7{n}" for n in range(10))}
        assert "11/100 runs" in app.text
        assert len(app.backend.queries) == 1
        await app.press("enter")
        assert app.app.focused is runs
        assert len(app.backend.queries) == 1
        await app.press("slash", "escape")
        assert len(runs.items) == 100


async def test_a_key_of_github_is_asked_of_github(opened: Any) -> None:
    async with opened(BackendDouble(2)) as app:
        await app.press("slash", *"branch:dev status:failure x", "enter")
        assert app.backend.queries[-1] == (RunQuery(branch="dev", status="failure"), 1)
        assert app.main.runs.filter.words == ("x",)
        assert "No run passes this filter." in app.text
        await app.press("slash", "escape")
        assert app.backend.queries[-1] == (RunQuery(), 1)


async def test_letters_typed_into_the_filter_are_no_commands(opened: Any) -> None:
    async with opened() as app:
        await app.press("slash", *"qteLrp")
        assert app.app.is_running
        assert app.main.query_one("#filter").value == "qteLrp"
        assert app.app.theme == "planescope-dark"


async def test_the_start_filter_is_shown_and_used(opened: Any) -> None:
    async with opened(BackendDouble(2), start_filter=RunQuery(branch="dev")) as app:
        assert app.backend.queries == [(RunQuery(branch="dev"), 1)]
        assert app.main.query_one("#filter").value == "branch:dev"
        assert [row.ref for row in app.main.query_one(RunList).items] == ["dev"]


async def test_the_runs_on_the_timeline_carry_a_mark(opened: Any) -> None:
    async with opened(BackendDouble(2)) as app:
        assert app.main.query_one(RunList).shown_chain == {row_of(1).key, row_of(2).key}


async def test_a_repository_without_runs_says_so(opened: Any) -> None:
    async with opened(BackendDouble(1, total=0)) as app:
        assert "No runs yet." in app.text


@pytest.mark.parametrize(("text", "query", "words"), [
    ("", RunQuery(), ()), ("login Failed", RunQuery(), ("login", "failed")), ("ref:dev", RunQuery(branch="dev"), ()),
    ("conclusion:failure by:me on:push", RunQuery(status="failure", actor="me", event="push"), ()),
    ("workflow:release.yml created:>2026-01-01", RunQuery(workflow="release.yml", created=">2026-01-01"), ()),
    ("branch:", RunQuery(), ("branch:",)), ("nope:x", RunQuery(), ("nope:x",)), ("BRANCH:Dev", RunQuery(branch="Dev"), ()),
])  # fmt: skip
def test_filter_text(text: str, query: RunQuery, words: tuple[str, ...]) -> None:
    assert parse(text) == RunFilter(query, words)


def test_a_query_reads_back() -> None:
    query = RunQuery(workflow="a.yml", branch="b", status="failure")
    assert parse(described(query)).query == query


def test_words_look_at_every_text_of_a_row() -> None:
    row = replace(row_of(1), title="Fix [skip ci]", actor="Someone")
    for word in ("[skip", "someone", "#1", "21985402789", "migrate", "failure", "workflow_dispatch"):
        assert parse(word).admits(row), word
    assert not parse("absent").admits(row)


def test_pages_hold_each_attempt_once_and_begin_anew_with_the_first() -> None:
    pages = RunPages()
    pages.add(RunPage((many_row(3), many_row(2)), 3, 2), 1)
    pages.add(RunPage((many_row(2), many_row(1)), 3, None), 2)
    assert [row.number for row in pages.rows.values()] == [3, 2, 1]
    pages.add(RunPage((many_row(4),), 4, 2), 1)
    assert [row.number for row in pages.rows.values()] == [4]
    assert pages.next_page == 2
