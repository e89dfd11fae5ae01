"""What the dashboard remembers: kept whole and private, never a token, and nobody else's file is touched."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from backend_double import BackendDouble
from hypothesis import given
from hypothesis import strategies as st
from thoroughness import spread

from tui.app import PlanescopeApp
from tui.remembered import MOST_REPOSITORIES, SCHEMA, Remembered, read

REPOSITORY = "github.com/octo-org/widgets"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "remembered.json"


def settled(remembered: Remembered) -> None:
    while (writer := remembered._writer) is not None:
        writer.join()


def test_what_is_remembered_is_there_at_the_next_start(path: Path) -> None:
    first = Remembered(path)
    first.opened("ghe.example/o/older")
    first.opened(REPOSITORY)
    first.keep_filter(REPOSITORY, "branch:release/2.0 login")
    assert first.save_filter(REPOSITORY, "mine", "actor:me")
    assert first.save_filter(REPOSITORY, "red", "status:failure")
    first.delete_filter(REPOSITORY, "mine")
    first.keep_theme("nord")
    settled(first)
    again = Remembered(path)
    assert (again.theme, again.note, again.repositories) == ("nord", "", (REPOSITORY, "ghe.example/o/older"))
    assert again.of(REPOSITORY).filter == "branch:release/2.0 login"
    assert again.of(REPOSITORY).saved == {"red": "status:failure"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == [path.name], "nothing else is left behind"


def test_two_windows_lose_nothing_of_each_other(path: Path) -> None:
    one, two = Remembered(path), Remembered(path)
    one.opened("github.com/o/one")
    settled(one)
    two.opened("github.com/o/two")
    settled(two)
    assert Remembered(path).repositories == ("github.com/o/two", "github.com/o/one")


def test_a_name_means_one_repository_however_it_is_spelled(path: Path) -> None:
    remembered = Remembered(path)
    remembered.opened(REPOSITORY)
    remembered.keep_filter(REPOSITORY.upper(), "branch:dev")
    remembered.opened(REPOSITORY.title())
    assert remembered.repositories == (REPOSITORY.title(),)
    assert remembered.of(REPOSITORY).filter == "branch:dev"


def test_without_a_path_it_holds_for_this_start_alone() -> None:
    remembered = Remembered()
    remembered.opened(REPOSITORY)
    assert remembered.save_filter(REPOSITORY, "mine", "actor:me")
    assert remembered.repositories == (REPOSITORY,)
    assert not remembered.kept
    assert remembered._writer is None


TOKEN = "ghp_" + "a1B2c3D4e5" * 3 + "f6G7h8"


@pytest.mark.parametrize("text", [f"branch:{TOKEN}", TOKEN, "x" * 501, "a\nb", "\x1b[2Jx"])
def test_a_token_or_what_steers_a_terminal_is_never_written(path: Path, text: str) -> None:
    remembered = Remembered(path)
    remembered.opened(REPOSITORY)
    remembered.keep_filter(REPOSITORY, text)
    assert not remembered.save_filter(REPOSITORY, "mine", text)
    assert not remembered.save_filter(REPOSITORY, text, "mine")
    remembered.keep_theme(text)
    settled(remembered)
    assert text not in path.read_text()
    assert TOKEN not in path.read_text()
    assert (remembered.theme, remembered.of(REPOSITORY).filter) == (None, "")


FOREIGN: dict[str, bytes] = {
    "empty": b"",
    "cut off": b'{"schema": "planescope.remembered/1", "repos',
    "binary": bytes(range(256)),
    "another tool's": b'{"version": 3}',
    "a later version's": b'{"schema": "planescope.remembered/2", "theme": "x"}',
    "a list": b"[]",
    "deep": b"[" * 200_000,
    "large": b" " * 4_000_001,
}


@pytest.mark.parametrize("body", FOREIGN.values(), ids=FOREIGN.keys())
def test_a_broken_or_foreign_file_is_ignored_with_a_word_and_left_alone(path: Path, body: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(body)
    remembered = Remembered(path)
    remembered.opened(REPOSITORY)
    settled(remembered)
    assert str(path) in remembered.note
    assert path.read_bytes() == body


def test_a_place_that_holds_no_file_is_told_and_left_alone(path: Path) -> None:
    path.mkdir(parents=True)
    assert Remembered(path).note
    path.rmdir()
    os.mkfifo(path)
    assert "is no file" in Remembered(path).note


def test_a_folder_that_takes_no_file_is_told_once(path: Path) -> None:
    path.parent.parent.joinpath("state").write_text("in the way")
    remembered = Remembered(path)
    remembered.opened(REPOSITORY)
    settled(remembered)
    assert "cannot be written" in remembered.note
    remembered.keep_theme("nord")
    assert remembered._writer is None


def test_the_oldest_repositories_are_forgotten(path: Path) -> None:
    remembered = Remembered(path)
    for number in range(MOST_REPOSITORIES + 5):
        remembered.opened(f"github.com/o/r{number}")
    settled(remembered)
    names = Remembered(path).repositories
    assert len(names) == MOST_REPOSITORIES
    assert names[0] == f"github.com/o/r{MOST_REPOSITORIES + 4}"


_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.just(REPOSITORY),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["name", "filter", "saved", "x"]), inner),
    max_leaves=12,
)


@given(theme=_JSON, repositories=_JSON)
def test_any_values_in_the_file_give_texts_or_nothing(
    tmp_path_factory: pytest.TempPathFactory, theme: Any, repositories: Any
) -> None:
    path = tmp_path_factory.getbasetemp() / "any-remembered.json"
    path.write_text(json.dumps({"schema": SCHEMA, "theme": theme, "repositories": repositories}))
    memory, note = read(path)
    assert not note
    assert memory.theme is None or memory.theme.isprintable()
    for name, kept in memory.repositories.items():
        assert name.count("/") == 2
        assert all(isinstance(each, str) for each in (kept.filter, *kept.saved, *kept.saved.values()))


@pytest.mark.parametrize("name", spread(["", "o/r", "a/../b", "github.com/o/r/x", "github.com/o/r\n", "\x1b/o/r"]))
def test_what_is_no_repository_is_not_remembered(name: str) -> None:
    remembered = Remembered()
    remembered.opened(name)
    remembered.keep_filter(name, "x")
    assert remembered.repositories == ()


async def test_the_theme_chosen_last_is_there_at_the_next_start_unless_the_settings_name_one(
    opened: Any, path: Path
) -> None:
    remembered = Remembered(path)
    async with opened(remembered=remembered) as app:
        assert remembered.theme is None, "to start is no choice"
        await app.press("t")
    settled(remembered)
    assert PlanescopeApp(lambda: BackendDouble(1), remembered=Remembered(path)).theme == "planescope-light"
    assert PlanescopeApp(lambda: BackendDouble(1), remembered=Remembered(path), theme="dark").theme == "planescope-dark"


@pytest.fixture
def not_ours(path: Path) -> Path:
    path.parent.mkdir()
    path.write_text("[bold]not ours[/bold]")
    return path


async def test_a_file_that_cannot_be_used_is_said(opened: Any, not_ours: Path) -> None:
    async with opened(remembered=Remembered(not_ours)) as app:
        assert "What was remembered is not used" in app.text
