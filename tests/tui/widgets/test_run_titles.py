"""Two runs of one chain are never both ``#1``: a chain of several workflows names them wherever a run is named."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from incident_values import attempt_of, diagnosis_of, replay_of
from live_worlds import diagnosis_of_world, live_backend

from diagnosis.verdicts.replay import Replay
from tui.widgets.timeline.columns import columns_of
from tui.widgets.timeline.run_titles import RunTitles


def run(number: int, name: str, path: str) -> Replay:
    return replay_of(1, attempt_of(1, run_id=number, run_number=1, workflow_name=name, workflow_path=path))


NAMES = st.text("abc é日-", max_size=30)


PATHS = st.sampled_from(["a.yml", "b.yml", "dir/a.yml", "c.yml"])


@given(st.dictionaries(PATHS, NAMES, min_size=2), st.integers(8, 40))
def test_runs_of_several_workflows_never_share_a_title(by_path: dict[str, str], width: int) -> None:
    replays = [run(place, name, path) for place, (path, name) in enumerate(by_path.items(), 1)]
    titles = RunTitles(replays)
    assert len({titles.of(replay) for replay in replays}) == len(replays)
    short = [titles.fitting(replay, width) for replay in replays]
    assert len(set(short)) == len(replays)
    for title in short:
        assert title.startswith("#1")


def test_a_chain_of_one_workflow_needs_no_name() -> None:
    assert [column.title for column in columns_of(diagnosis_of(2))] == ["#1", "#2", "NOW", "AFTER FIX"]


def test_a_title_is_inert() -> None:
    replays = [run(1, "\x1b[2J[red]", "a.yml"), run(2, "b", "b.yml")]
    assert "\x1b" not in RunTitles(replays).of(replays[0])


async def test_the_workflow_stands_in_every_place_that_names_a_run(opened: Any) -> None:
    for size in ((80, 24), (120, 40)):
        async with opened(live_backend("two workflows"), size=size) as app:
            head = next(line for line in app.text.splitlines() if "◆#1" in line)
            assert "#1 Ni" in head
            assert "◆#1 Re" in head
            await app.press("1")
            assert re.search(r"#1 Release · |#1 Release ›", app.text)
            await app.press("3")
            assert "A rerun of #1 Release would" in app.text
            assert "#1 Release" in next(line for line in app.text.splitlines() if "Stopped" in line)


def test_what_changed_since_names_the_runs_as_the_timeline_does() -> None:
    diagnosis = diagnosis_of_world("many runs")
    one = replace(diagnosis, replays=diagnosis.replays[:1])
    assert RunTitles(one.replays).of(one.replays[0]) == "#41"


async def test_a_log_is_named_as_its_run(opened: Any) -> None:
    async with opened(live_backend("two workflows")) as app:
        await app.press("v")
        assert "Log of #1 Release › " in app.text


async def test_a_repository_without_runs_is_told_what_happens_next(opened: Any) -> None:
    async with opened(live_backend("nothing"), size=(80, 24)) as app:
        assert "no run to diagnose yet" in app.text
        assert "unknown" not in app.text.lower().replace("5 unknown", "")
