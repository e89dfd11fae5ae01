"""Whatever happens to the file, planescope goes on, says once what is wrong, and loses nothing but time."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from store_worlds import SCOPE, listed, made_attempt, saved, store_at

from probes.store.attempts import AttemptStore
from probes.store.overview import clear, overview


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "attempts-v1.sqlite3"


def has(store: AttemptStore, run_id: int = 7) -> bool:
    return store.parts(SCOPE, listed(made_attempt(run_id)), "full") is not None


def _random(path: Path) -> None:
    path.write_bytes(os.urandom(50_000))


def _text(path: Path) -> None:
    path.write_text("this is no database\n" * 100)


def _truncated(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2 + 100])


def _holes(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for start in range(4096, len(content), 4096):
        content[start : start + 200] = bytes(200)
    path.write_bytes(content)


def _another_database(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE mine (a)")
        connection.commit()


def _newer_version(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 2")


def _without_the_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE attempts")
        connection.commit()


DAMAGES: list[Callable[[Path], None]] = [_random, _text, _truncated, _holes, _another_database, _newer_version]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_set_aside_and_begun_anew_with_a_note(damage: Callable[[Path], None], path: Path) -> None:
    saved(path, [made_attempt(number, log="x" * 9000) for number in range(1, 30)])
    damage(path)
    before = path.read_bytes()
    with closing(store_at(path)) as store:
        first = has(store, 1)
        store.save(SCOPE, [made_attempt(50)], "full")
        store.save(SCOPE, [made_attempt(51)], "full")
        assert not first or damage is _truncated
        assert has(store, 50)
        assert has(store, 51)
        assert "was damaged: it was set aside as attempts-v1.sqlite3.damaged and begun anew" in store.note
        assert store.note.count(".") >= 1
    assert path.with_name(path.name + ".damaged").read_bytes() == before
    with closing(store_at(path)) as store:
        assert has(store, 51), "the new file is a good one"
        assert store.note == ""
        assert clear(store) == 2
    assert not path.with_name(path.name + ".damaged").exists(), "clearing takes that one away, too"


def test_a_damaged_schema_whose_words_are_no_text_is_set_aside(path: Path) -> None:
    saved(path, [made_attempt()])
    content = path.read_bytes()
    assert b"CREATE TABLE attempts" in content
    path.write_bytes(content.replace(b"CREATE TABLE attempts", b"CREATE TABLE\xa0attempts"))
    with closing(store_at(path)) as store:
        assert store.parts(SCOPE, listed(made_attempt()), "full") is None
        assert "set aside" in store.note
        store.save(SCOPE, [made_attempt()], "full")
        assert store.parts(SCOPE, listed(made_attempt()), "full") == made_attempt()


def test_a_text_that_is_none_costs_its_own_entry_alone(path: Path) -> None:
    saved(path, [made_attempt(number) for number in (1, 2)])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE attempts SET head = CAST(x'7bff7d' AS TEXT) WHERE run = 1")
        connection.commit()
    with closing(store_at(path)) as store:
        found = [store.parts(SCOPE, listed(made_attempt(number)), "full") for number in (1, 2)]
        assert found == [None, made_attempt(2)]
        assert store.note == ""


def test_a_store_without_its_table_is_left_alone_and_not_used(path: Path) -> None:
    saved(path, [made_attempt()])
    _without_the_table(path)
    with closing(store_at(path)) as store:
        assert not has(store)
        assert "planescope works without it" in store.note


def test_a_log_of_the_damaged_file_is_not_played_into_the_new_one(path: Path) -> None:
    saved(path, [made_attempt()])
    _random(path)
    path.with_name(path.name + "-wal").write_bytes(os.urandom(4096))
    path.with_name(path.name + "-shm").write_bytes(os.urandom(4096))
    with closing(store_at(path)) as store:
        store.save(SCOPE, [made_attempt(2)], "full")
        assert has(store, 2)


def test_a_second_planescope_that_meets_the_damage_does_not_set_the_new_file_aside(path: Path) -> None:
    saved(path, [made_attempt()])
    with closing(store_at(path)) as late, closing(store_at(path)) as early:
        assert has(late)
        assert has(early)
        _random(path)
        os.utime(path)
        early.database._set_aside()
        early.save(SCOPE, [made_attempt(5)], "full")
        inode = path.stat().st_ino
        late.database._set_aside()
        assert path.stat().st_ino == inode, "the file that the first one began is left in place"
        assert has(late, 5)
        assert late.note == ""


def test_a_full_disk_stops_writing_once_and_reading_goes_on(path: Path) -> None:
    saved(path, [made_attempt()])
    with closing(store_at(path)) as store:
        assert has(store)
        connection = store.database._connection
        assert connection is not None
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
        noise = "".join(f"{n * 2654435761 % 2**32:08x}" for n in range(9000))
        store.save(SCOPE, [made_attempt(8, log=noise)], "full")
        assert (
            store.note == f"The local store {path} cannot be written (the disk is full); what is read now is not kept."
        )
        store.save(SCOPE, [made_attempt(9)], "full")
        assert has(store), "what was stored is still served"
        assert not has(store, 8)
        assert not has(store, 9)
        assert clear(store) is None
    saved(path, [made_attempt(9)])


def test_a_file_that_may_only_be_read_is_read(path: Path) -> None:
    saved(path, [made_attempt()])
    with closing(store_at(path)) as store:
        assert has(store)
        assert store.database._connection is not None
        store.database._connection.execute("PRAGMA query_only = 1")
        store.save(SCOPE, [made_attempt(9)], "full")
        assert "it is read-only" in store.note
        assert has(store)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="an administrator may write everywhere")
def test_a_folder_without_rights_switches_the_store_off(path: Path) -> None:
    path.parent.chmod(0o500)
    try:
        _is_off(path / "deeper" / "file.sqlite3")
    finally:
        path.parent.chmod(0o700)


def test_a_folder_that_is_a_file_switches_the_store_off(path: Path) -> None:
    path.write_text("a file")
    _is_off(path / "attempts.sqlite3")


def test_a_path_that_is_a_folder_switches_the_store_off(path: Path) -> None:
    path.mkdir()
    _is_off(path)
    assert path.is_dir(), "nobody's folder is moved"


def _is_off(path: Path) -> None:
    with closing(store_at(path)) as store:
        store.save(SCOPE, [made_attempt()], "full")
        assert not has(store)
        assert store.note.endswith("planescope works without it.")
        note = store.note
        store.save(SCOPE, [made_attempt()], "full")
        assert store.earlier(SCOPE, made_attempt(attempt=2)) == {}
        assert store.note == note, "said once"


def test_a_writer_that_holds_the_file_for_long_costs_this_piece_only(path: Path) -> None:
    saved(path, [made_attempt()])
    with closing(sqlite3.connect(path, isolation_level=None)) as other, closing(store_at(path)) as store:
        other.execute("BEGIN IMMEDIATE")
        store.save(SCOPE, [made_attempt(8)], "full")
        assert has(store), "readers do not wait for a writer"
        assert not has(store, 8)
        assert clear(store) is None
        other.execute("COMMIT")
        assert store.note == "", "nothing is wrong with the store"
        store.save(SCOPE, [made_attempt(8)], "full")
        assert has(store, 8)


def test_an_interrupt_in_the_middle_leaves_nothing_of_the_piece_and_the_store_usable(path: Path) -> None:
    def interrupted(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM attempts")
        raise KeyboardInterrupt

    saved(path, [made_attempt(1)])
    with closing(store_at(path)) as store:
        with pytest.raises(KeyboardInterrupt):
            store.database.write(interrupted)
        store.save(SCOPE, [made_attempt(2)], "full")
        assert all(store.parts(SCOPE, listed(made_attempt(number)), "full") is not None for number in (1, 2))
        assert store.note == ""


def test_after_closing_it_is_empty_and_silent(path: Path) -> None:
    store = store_at(path)
    store.save(SCOPE, [made_attempt()], "full")
    store.close()
    store.close()
    assert not has(store)
    store.save(SCOPE, [made_attempt(8)], "full")
    assert overview(store).repositories == ()
    assert store.note == ""


def test_many_threads_share_one_store(path: Path) -> None:
    wrong: list[object] = []
    with closing(store_at(path)) as store:

        def work(base: int) -> None:
            for number in range(base, base + 20):
                store.save(SCOPE, [made_attempt(number)], "full")
                if not has(store, number):
                    wrong.append(number)

        threads = [threading.Thread(target=work, args=(base,)) for base in range(100, 900, 100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
        assert overview(store).repositories[0].attempts == 160
