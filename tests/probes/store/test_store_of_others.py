"""A store that others have made or can write, or that is a bomb, is set aside or not used: in bounded time, with one sentence."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import time
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from store_worlds import SCOPE, listed, made_attempt, saved, store_at
from thoroughness import examples

from probes.store import ownership
from probes.store.attempts import default_path
from probes.store.ownership import LARGEST_FILE
from probes.store.texts import _TABLE as TEXTS
from probes.store.unpacking import unpacked
from tui.cli.main import planescope

posix = pytest.mark.skipif(os.name != "posix", reason="owners, modes, links and pipes of POSIX")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "attempts-v1.sqlite3"


def statements(path: Path, *texts: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for text in texts:
            connection.execute(text)
        connection.commit()


def _link(path: Path) -> None:
    path.rename(path.with_name("mine"))
    path.symlink_to("mine")


def _hard_link(path: Path) -> None:
    os.link(path, path.with_name("mine"))


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def _open_to_others(path: Path) -> None:
    path.chmod(0o666)


def _sparse(path: Path) -> None:
    os.truncate(path, LARGEST_FILE * 50)


def _pipe_beside(path: Path) -> None:
    os.mkfifo(path.with_name(path.name + "-wal"))


def _link_beside(path: Path) -> None:
    path.with_name(path.name + "-journal").symlink_to("/dev/zero")


FOREIGN: list[Callable[[Path], None]] = [
    *(_link, _hard_link, _pipe, _device, _open_to_others, _sparse, _pipe_beside, _link_beside),
]


@posix
@pytest.mark.parametrize("change", FOREIGN)
def test_a_file_that_planescope_did_not_make_is_set_aside_once(change: Callable[[Path], None], path: Path) -> None:
    saved(path, [made_attempt(1)])
    change(path)
    with closing(store_at(path)) as store:
        assert store.parts(SCOPE, listed(made_attempt(1)), "full") is None
        store.save(SCOPE, [made_attempt(2)], "full")
        assert store.parts(SCOPE, listed(made_attempt(2)), "full") is not None
        assert "could not be used, because" in store.note
        assert "set aside as attempts-v1.sqlite3.damaged and begun anew" in store.note
    with closing(store_at(path)) as store:
        assert store.parts(SCOPE, listed(made_attempt(2)), "full") is not None
        assert store.note == ""


RUNNING = (
    "CREATE TRIGGER t AFTER INSERT ON attempts BEGIN SELECT randomblob(1000000000); END",
    "CREATE VIEW v AS SELECT 1",
    "CREATE TABLE more (a TEXT NOT NULL, b TEXT AS (hex(randomblob(100000000))), PRIMARY KEY (a))",
    "CREATE TABLE more (a TEXT NOT NULL DEFAULT (randomblob(100000000)), PRIMARY KEY (a))",
    "CREATE TABLE more (a TEXT NOT NULL, PRIMARY KEY (a), CHECK (randomblob(100000000)))",
    "CREATE INDEX more ON attempts (lower(head))",
    "CREATE INDEX more ON attempts (stored_at) WHERE length(head) > 3",
    "CREATE VIRTUAL TABLE more USING fts5(a)",
)


@pytest.mark.parametrize("statement", RUNNING)
def test_a_file_with_anything_that_runs_is_set_aside(statement: str, path: Path) -> None:
    saved(path, [made_attempt(1)])
    try:
        statements(path, statement)
    except sqlite3.OperationalError:
        pytest.skip("this SQLite does not know it")
    with closing(store_at(path)) as store:
        assert store.parts(SCOPE, listed(made_attempt(1)), "full") is None
        assert "it holds more than the tables of a store" in store.note


def test_a_view_in_the_place_of_the_table_is_not_asked(path: Path) -> None:
    saved(path, [made_attempt(1)])
    statements(
        path,
        "DROP TABLE attempts",
        "CREATE VIEW attempts AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n FROM r) SELECT n AS head FROM r",
    )
    began = time.monotonic()
    with closing(store_at(path)) as store:
        assert store.parts(SCOPE, listed(made_attempt(1)), "full") is None
    assert time.monotonic() - began < 60


def test_every_table_of_ours_is_of_the_plain_form(path: Path) -> None:
    saved(path, [made_attempt(1)])
    statements(path, TEXTS)
    with closing(store_at(path)) as store:
        assert store.parts(SCOPE, listed(made_attempt(1)), "full") is not None
        assert store.note == ""


@pytest.mark.parametrize(
    "parts",
    [
        "a bomb",
        zlib.compress(b"[" + b"[]," * 700_000),
        zlib.compress(b"[" * 1_000_000),
        zlib.compress(b'{"jobs":1e999,"":"StoredParts"}'),
        zlib.compress(b"9" * 5000),
        zlib.compress(b"\xff\xfe"),
        zlib.compress(b"{}")[:-2],
        b"",
        b"\x00" * 100,
        "text",
        5,
        2.5,
    ],
    ids=map(str, range(12)),
)
def test_an_entry_of_another_kind_is_none(parts: object, path: Path) -> None:
    if parts == "a bomb":
        parts = zlib.compress(b" " * 300_000_000)  # not while the tests are collected, by each process
    saved(path, [made_attempt(1), made_attempt(2)])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE attempts SET parts = ? WHERE run = 1", (parts,))
        connection.commit()
    with closing(store_at(path)) as store:
        assert store.parts(SCOPE, listed(made_attempt(1)), "full") is None
        assert store.parts(SCOPE, listed(made_attempt(2)), "full") is not None


@pytest.mark.parametrize("head", [b"\xff", "[" * 100_000, "x" * 2_000_000, "null", "{}", 7])
def test_a_run_of_another_kind_is_none(head: object, path: Path) -> None:
    saved(path, [made_attempt(1)])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE attempts SET head = ?, stored_at = 'x', bytes = 'y'", (head,))
        connection.commit()
    with closing(store_at(path)) as store:
        assert store.parts(SCOPE, listed(made_attempt(1)), "full") is None
        assert store.earlier(SCOPE, made_attempt(1)) == {}
        store.save(SCOPE, [made_attempt(2)], "full")
        assert store.parts(SCOPE, listed(made_attempt(2)), "full") is not None


def test_a_packed_text_is_bounded() -> None:
    assert unpacked(zlib.compress(b"text")) == "text"
    with pytest.raises(ValueError, match="more than can be meant"):
        unpacked(zlib.compress(b"text" * 1000), most=100)


@posix
def test_a_folder_of_others_is_not_used(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved(path, [made_attempt(1)])
    for change, back, words in (
        (lambda: path.parent.chmod(0o777), lambda: path.parent.chmod(0o700), "others can write to its folder"),
        (lambda: path.parent.chmod(0o770), lambda: path.parent.chmod(0o700), "others can write to its folder"),
        (
            lambda: monkeypatch.setattr(
                ownership, "os", SimpleNamespace(geteuid=lambda: os.geteuid() + 1, name=os.name)
            ),
            lambda: monkeypatch.setattr(ownership, "os", os),
            "its folder belongs to somebody else",
        ),
    ):
        change()
        before = path.read_bytes()
        with closing(store_at(path)) as store:
            assert store.parts(SCOPE, listed(made_attempt(1)), "full") is None
            store.save(SCOPE, [made_attempt(2)], "full")
            assert words in store.note
            assert "planescope works without it" in store.note
        back()
        assert path.read_bytes() == before
        assert [each.name for each in path.parent.iterdir()] == [path.name]


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_set_aside(path: Path) -> None:
    saved(path, [made_attempt(1)])
    os.chown(path, 12345, 12345)
    with closing(store_at(path)) as store:
        assert store.parts(SCOPE, listed(made_attempt(1)), "full") is None
        assert "it belongs to somebody else" in store.note
    os.chown(path.parent, 12345, 12345)
    with closing(store_at(path)) as store:
        assert store.parts(SCOPE, listed(made_attempt(1)), "full") is None
        assert "its folder belongs to somebody else" in store.note


@posix
def test_a_file_that_others_could_read_is_closed(path: Path) -> None:
    saved(path, [made_attempt(1)])
    path.chmod(0o644)
    with closing(store_at(path)) as store:
        assert store.parts(SCOPE, listed(made_attempt(1)), "full") is not None
        assert store.note == ""
    assert path.stat().st_mode & 0o777 == 0o600


def test_work_that_does_not_end_is_ended(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probes.store.database._WORK_SECONDS", 0.1)
    endless = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n FROM r) SELECT count(*) FROM r"
    with closing(store_at(path)) as store:
        assert store.database.read(lambda connection: connection.execute(endless).fetchone()) is None
        assert "takes too long" in store.note


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="XDG folders")
def test_a_cache_folder_that_is_not_absolute_is_not_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for value in ("cache", "./cache", ".", "../x"):
        monkeypatch.setenv("XDG_CACHE_HOME", value)
        assert default_path() == tmp_path / "home/.cache/planescope/attempts-v1.sqlite3"
    monkeypatch.delenv("HOME")
    assert default_path().is_absolute()
    with closing(store_at(Path("cache/attempts-v1.sqlite3"))) as store:
        store.save(SCOPE, [made_attempt(1)], "full")
        assert "planescope works without it" in store.note
    assert list(tmp_path.iterdir()) == []


def test_the_list_of_what_is_stored_passes_over_what_is_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    path = default_path()
    path.parent.mkdir(parents=True, mode=0o700)
    saved(path, [made_attempt(1), made_attempt(2), made_attempt(3)])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE attempts SET stored_at = 1e300, bytes = 'x', repository = x'ff' WHERE run < 3")
        connection.commit()
    result = CliRunner().invoke(planescope, ["cache", "--json"])
    assert result.exit_code == 0
    assert [entry["attempts"] for entry in json.loads(result.output)["repositories"]] == [1]
    assert CliRunner().invoke(planescope, ["cache", "clear"]).exit_code == 0


@settings(max_examples=examples(64), deadline=None)
@given(data=st.data())
def test_whatever_bytes_are_changed_it_goes_on(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("store")
    path = folder / "attempts-v1.sqlite3"
    saved(path, [made_attempt(number, log="x" * 3000) for number in range(1, 4)])
    content = bytearray(path.read_bytes())
    for at in data.draw(st.lists(st.integers(0, len(content) - 1) | st.integers(0, 120), min_size=1, max_size=6)):
        content[at] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    for _ in range(2):
        with closing(store_at(path)) as store:
            found = store.parts(SCOPE, listed(made_attempt(1)), "full")
            assert found is None or found.run_id == 1
            store.earlier(SCOPE, made_attempt(1))
            store.save(SCOPE, [made_attempt(2)], "full")
            assert store.note.count("\n") == 0
