"""What the store gives back, to whom, and what it never takes."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import zlib
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from store_worlds import ENDED, NOW, SCOPE, TOKEN, listed, made_attempt, saved, store_at

from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import Artifact, Attempt, CalledWorkflow, LocalAction, OidcCustomization, Repository
from probes.store import attempts as store_module
from probes.store import texts as texts_module
from probes.store.attempts import Scope
from probes.store.overview import clear, overview
from probes.store.rules import scrubber_version
from probes.workflow_file import action_file, workflow_file

ANONYMOUS = replace(SCOPE, with_token=False)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "attempts-v1.sqlite3"


def taken(path: Path, attempt: Attempt, scope: Scope = SCOPE, depth: str = "full") -> Attempt | None:
    with closing(store_at(path)) as store:
        found = store.parts(scope, listed(attempt), depth)
        assert store.note == ""
    return found


def raw(path: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT * FROM attempts").fetchall()


def test_a_completed_attempt_comes_back_with_its_parts(path: Path) -> None:
    called = CalledWorkflow(
        "o/r/.github/workflows/c.yml@main",
        "c" * 40,
        None,
        workflow_file(Known("on: push"), "o/r/.github/workflows/c.yml@main"),
    )
    attempt = made_attempt(
        workflow_file=workflow_file(Known("on: push\n"), ".github/workflows/release.yml"),
        artifacts=Known((Artifact(5, "evidence", 10, expired=False, files=(("a.json", "{}"),)),)),
        called_workflows=(called,),
        local_actions=(LocalAction("ship/action.yml", action_file(Known("runs: {}"), "ship/action.yml")),),
    )
    saved(path, [attempt])
    unread = (replace(called, file=Unreadable("", "", "")),)
    assert taken(path, replace(attempt, called_workflows=unread, local_actions=())) == attempt


def test_the_customization_of_today_is_never_stored(path: Path) -> None:
    attempt = made_attempt(oidc_customization=Known(OidcCustomization(use_default=False)))
    saved(path, [attempt])
    found = taken(path, replace(attempt, oidc_customization=Known(OidcCustomization())))
    assert found is not None
    assert found.oidc_customization == Known(OidcCustomization())
    assert "use_default" not in raw(path)[0][-2]


def test_the_run_itself_is_told_by_github_and_only_its_parts_by_the_store(path: Path) -> None:
    saved(path, [made_attempt(title="old title")])
    found = taken(path, made_attempt(title="new title"))
    assert found is not None
    assert found.title == "new title"


@pytest.mark.parametrize(
    "other",
    [
        {"created_at": ENDED - timedelta(days=1)},
        {"started_at": ENDED + timedelta(seconds=1)},
        {"head_sha": "b" * 40},
        {"run_number": 4},
        {"conclusion": "success"},
        {"repository": Repository("Example/Widgets", id=9)},
        {"attempt": 2},
        {"run_id": 8},
    ],
)
def test_another_run_under_the_same_number_gets_nothing(path: Path, other: dict[str, Any]) -> None:
    saved(path, [made_attempt()])
    assert taken(path, made_attempt(**other)) is None


def test_hosts_repositories_and_depths_are_kept_apart(path: Path) -> None:
    saved(path, [made_attempt()])
    assert taken(path, made_attempt()) is not None
    assert taken(path, made_attempt(), replace(SCOPE, repository="example/WIDGETS")) is not None, "names in any case"
    assert taken(path, made_attempt(), replace(SCOPE, host="https://ghe.example.com/api/v3")) is None
    assert taken(path, made_attempt(), replace(SCOPE, repository="example/other")) is None
    assert taken(path, made_attempt(), depth="jobs") is None


def test_without_a_token_nothing_is_served_that_was_read_with_one(path: Path) -> None:
    saved(path, [made_attempt(log="for members\n")])
    assert taken(path, made_attempt(), ANONYMOUS) is None
    with closing(store_at(path)) as store:
        assert store.earlier(ANONYMOUS, made_attempt(attempt=2)) == {}
    saved(path, [made_attempt(log="for all\n")], ANONYMOUS)
    (public, private) = taken(path, made_attempt(), ANONYMOUS), taken(path, made_attempt())
    assert public is not None
    assert private is not None
    assert public == made_attempt(log="for all\n")
    assert private == made_attempt(log="for members\n"), "a token sees what was read with one first"


def test_with_a_token_what_is_public_is_served_too(path: Path) -> None:
    saved(path, [made_attempt()], ANONYMOUS)
    assert taken(path, made_attempt()) is not None


@pytest.mark.parametrize(
    "unfinished",
    [
        made_attempt(status="in_progress", conclusion=None),
        made_attempt(jobs=Unreadable("jobs", "a timeout", "try again")),
        made_attempt(jobs=Known((replace(made_attempt().jobs.value[0], status="in_progress"),))),  # type: ignore[union-attr]  # Known, as made
        made_attempt(updated_at=NOW - timedelta(seconds=30)),
        made_attempt(run_id=2**70),
        made_attempt(attempt=2**64),
        made_attempt(run_id=-1),
    ],
)
def test_what_may_change_is_not_stored(path: Path, unfinished: Attempt) -> None:
    saved(path, [unfinished, made_attempt(99)])
    assert [row[2] for row in raw(path)] == [99]
    assert taken(path, unfinished) is None


def test_an_archive_that_timed_out_is_read_again_and_an_expired_one_is_not(path: Path) -> None:
    def with_gap(*, lasting: bool) -> Attempt:
        gap = Unreadable("the artifact a", "why", "how", lasting=lasting)
        return made_attempt(artifacts=Known((Artifact(5, "a", 10, expired=lasting, unread=(gap,)),)))

    saved(path, [with_gap(lasting=True)])
    kept = taken(path, made_attempt())
    assert kept is not None
    assert isinstance(kept.artifacts, Known)
    saved(path, [with_gap(lasting=False)])
    asked_again = taken(path, made_attempt())
    assert asked_again is not None
    assert isinstance(asked_again.artifacts, Unreadable)


def test_whether_a_gap_lasts_is_remembered(path: Path) -> None:
    job = made_attempt().jobs.value[0]  # type: ignore[union-attr]  # Known, as made
    for lasting in (True, False):
        saved(path, [made_attempt(jobs=Known((replace(job, log=Unreadable("log", "w", "h", lasting=lasting)),)))])
        found = taken(path, made_attempt())
        assert found is not None
        assert isinstance(found.jobs, Known)
        log = found.jobs.value[0].log
        assert isinstance(log, Unreadable)
        assert log.lasting is lasting


def test_earlier_attempts_of_the_same_run_are_known_without_asking(path: Path) -> None:
    saved(path, [made_attempt(attempt=1), made_attempt(attempt=2), made_attempt(run_id=8, attempt=1)])
    saved(path, [made_attempt(attempt=1)], depth="logs")
    with closing(store_at(path)) as store:
        found = store.earlier(SCOPE, made_attempt(attempt=3))
        assert sorted(found) == [1, 2]
        assert found[2] == listed(made_attempt(attempt=2))
        assert store.earlier(SCOPE, made_attempt(attempt=3, head_sha="b" * 40)) == {}, "another run under its number"
        assert store.earlier(SCOPE, made_attempt(run_id=2**70)) == {}


def test_a_bit_that_turned_on_the_disk_makes_a_run_none(path: Path) -> None:
    saved(path, [made_attempt(attempt=1)])
    (head,) = (row[-2] for row in raw(path))
    with closing(store_at(path)) as store:
        assert list(store.earlier(SCOPE, made_attempt(attempt=2))) == [1]
        for place in range(0, len(head), 5):
            turned = f"{head[:place]}{chr(ord(head[place]) ^ 1)}{head[place + 1 :]}"
            store.database.write(lambda c, turned=turned: c.execute("UPDATE attempts SET head = ?", (turned,)))
            assert store.earlier(SCOPE, made_attempt(attempt=2)) == {}, turned
        assert store.note == ""


@pytest.mark.parametrize(("after", "kept"), [(0, False), (110, False), (600, True)])
def test_whether_an_attempt_was_over_is_told_by_the_moment_when_it_was_read(path: Path, after: int, kept: bool) -> None:
    attempt = made_attempt()
    assert attempt.updated_at is not None
    with closing(store_at(path)) as store:
        # By this machine's clock it has been over for days.
        store.save(SCOPE, [attempt], "full", read_at=attempt.updated_at + timedelta(seconds=after))
    assert (taken(path, attempt) is not None) is kept


def test_a_text_counts_under_its_own_name_alone(path: Path) -> None:
    with closing(store_at(path)) as store:
        store.texts.save(SCOPE, {"a": Known("text of a"), "b": Known("text of b")})
        assert store.texts.read(SCOPE, ["a", "b"]) == {"a": Known("text of a"), "b": Known("text of b")}
        other = "UPDATE texts SET body = (SELECT body FROM texts WHERE name = 'a')"
        store.database.write(lambda connection: connection.execute(other))
        assert store.texts.read(SCOPE, ["a", "b"]) == {"a": Known("text of a")}


@pytest.mark.parametrize("module", [store_module, texts_module], ids=["attempts", "texts"])
def test_what_is_kept_hangs_on_the_scrubber(module: ModuleType) -> None:
    assert module.FORMAT.endswith(f"-{scrubber_version()}")


def test_all_that_another_version_kept_goes_with_the_next_attempt(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as earlier, closing(store_at(path)) as store:
        earlier.setattr(texts_module, "FORMAT", "0-of-another-planescope")
        store.texts.save(SCOPE, {"a": Known("what an earlier scrubber missed")})
    saved(path, [made_attempt()])
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM texts").fetchone() == (0,)


def test_no_secret_is_on_the_disk(path: Path) -> None:
    key = "AKIA" + "Q3EGRLPT5HWMZ2VB"
    odd = "no-known-shape-0d5c93ab"
    attempt = made_attempt(title=f"use {key}", actor=odd, log=f"it printed {odd}\n")
    with closing(store_at(path)) as store:
        store.save(SCOPE, [attempt], "full", secret=odd)
        # Before the file is closed what was written may lie in SQLite's log.
        files = [file.read_bytes() for file in path.parent.iterdir()]
    row = raw(path)[0]
    text = row[-2] + zlib.decompress(row[-1]).decode()
    assert "it printed ***" in text
    for secret in (key, odd):
        assert secret not in text
        assert not any(secret.encode() in content for content in files)


def test_the_oldest_give_way_when_the_store_is_full(path: Path) -> None:
    size = 0
    noise = "".join(f"{n * 2654435761 % 2**32:08x}" for n in range(4000))
    for number in range(1, 11):
        with closing(store_at(path, limit_bytes=90_000)) as store:
            store._clock = lambda number=number: NOW + timedelta(minutes=number)  # type: ignore[misc]  # a later save
            store.save(SCOPE, [made_attempt(number, log=noise + str(number))], "full")
            size = sum(file.stat().st_size for file in path.parent.iterdir())
    kept = sorted(row[2] for row in raw(path))
    assert kept == list(range(kept[0], 11)), "the newest stay"
    assert 3 <= len(kept) <= 9
    assert sum(row[8] for row in raw(path)) <= 90_000
    assert size < 400_000, "the file shrinks, too"


def test_an_entry_larger_than_all_is_left_out(path: Path) -> None:
    noise = "".join(f"{n * 2654435761 % 2**32:08x}" for n in range(4000))
    saved(path, [made_attempt(1, log=noise), made_attempt(2)], limit_bytes=5000)
    assert [row[2] for row in raw(path)] == [2]


def test_values_of_another_shape_are_not_read_and_are_replaced(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "FORMAT", "0-of-another-planescope")
    saved(path, [made_attempt(log="old\n")])
    monkeypatch.undo()
    assert taken(path, made_attempt()) is None
    saved(path, [made_attempt(log="new\n")])
    assert taken(path, made_attempt()) == made_attempt(log="new\n")
    assert len(raw(path)) == 1


def test_what_an_earlier_version_kept_leaves_the_file_and_its_free_pages(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "FORMAT", "0-of-another-planescope")
    saved(path, [made_attempt(number) for number in (1, 2)])
    monkeypatch.undo()
    missed = "what an earlier scrubber missed " * 400
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE attempts SET head = ?", (missed,))
        connection.commit()
    path.chmod(0o644)
    saved(path, [made_attempt(3)])
    assert [row[2] for row in raw(path)] == [3]
    assert not any(missed[:30].encode() in file.read_bytes() for file in path.parent.iterdir())
    assert os.name != "posix" or stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE attempts SET parts = x'00'",
        "UPDATE attempts SET parts = substr(parts, 1, length(parts) - 9)",
        "UPDATE attempts SET head = '{}'",
        "UPDATE attempts SET head = '[[['",
        "UPDATE attempts SET head = replace(head, 'a', 'b')",
        "UPDATE attempts SET parts = 7, head = 7",
    ],
)
def test_an_entry_that_is_damaged_inside_is_none(path: Path, damage: str) -> None:
    saved(path, [made_attempt()])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(damage)
        connection.commit()
    assert taken(path, made_attempt()) is None
    with closing(store_at(path)) as store:
        assert store.earlier(SCOPE, made_attempt(attempt=2)) in ({}, {1: listed(made_attempt())})


def test_an_entry_of_other_json_is_none(path: Path) -> None:
    saved(path, [made_attempt()])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE attempts SET parts = ?", (zlib.compress(json.dumps({"jobs": 1}).encode()),))
        connection.commit()
    assert taken(path, made_attempt()) is None


def test_what_lies_in_the_store_and_taking_it_out(path: Path) -> None:
    other = replace(SCOPE, repository="example/other")
    enterprise = replace(SCOPE, host="https://ghe.example.com/api/v3")
    with closing(store_at(path)) as store:
        assert overview(store).repositories == ()
        assert not path.exists(), "looking makes no file"
        assert clear(store) == 0
    saved(path, [made_attempt(1), made_attempt(2)])
    saved(path, [made_attempt(1)], depth="logs")
    saved(path, [made_attempt(1)], other)
    saved(path, [made_attempt(1)], enterprise)
    with closing(store_at(path)) as store:
        found = overview(store)
        counts = {(entry.host, entry.repository): entry.attempts for entry in found.repositories}
        assert counts == {
            ("https://api.github.com", "example/widgets"): 2,
            ("https://api.github.com", "example/other"): 1,
            ("https://ghe.example.com/api/v3", "example/widgets"): 1,
        }
        assert found.size >= path.stat().st_size
        assert all(entry.oldest == entry.newest == NOW for entry in found.repositories)
        assert clear(store, "Example/OTHER") == 1
        assert clear(store, "example/none") == 0
        assert clear(store) == 4
        assert overview(store).repositories == ()
    assert b"a log" not in path.read_bytes()


def test_the_file_is_its_users_alone(path: Path) -> None:
    saved(path, [made_attempt()])
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_a_token_is_no_part_of_a_scope() -> None:
    assert TOKEN not in repr(SCOPE)
