"""What was concluded about a completed attempt is kept, and counts for the same content, options and rules alone."""

from __future__ import annotations

import re
import sqlite3
import sys
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest
from judged_attempts import every_attempt, incident_attempts
from places import ROOT
from replay_builders import CONFIGURE, LOGIN, PUSH, denied, failing, recorded
from store_worlds import NOW, SCOPE, TOKEN, store_at

from diagnosis.facts.case import Case
from diagnosis.facts.evidence import Evidence, EvidenceKind
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt, OidcCustomization, RepositoryFile
from diagnosis.replay.attempt import replay
from diagnosis.replay.conclusion import Conclusion, conclusion_of, replay_from
from diagnosis.verdicts.replay import Replay
from probes.store import conclusions
from probes.store.attempts import AttemptStore
from probes.store.conclusions import SHARE, key_of
from probes.store.content import content_key
from probes.store.decoding import CodecError
from probes.store.overview import clear, overview
from probes.store.rules import RESTS_ON, rules_version

ATTEMPT = recorded(CONFIGURE, LOGIN, failing(PUSH, denied("ecr:PutImage")))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "attempts-v1.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[AttemptStore]:
    with closing(store_at(path)) as opened:
        yield opened
        assert opened.note == ""


def keep(store: AttemptStore, attempt: Attempt = ATTEMPT, case: Case = Case(), **options: Any) -> None:
    key = key_of(attempt, case)
    assert key is not None
    scope = options.pop("scope", SCOPE)
    store.conclusions.save(scope, [(key, conclusion_of(replay(attempt, case)))], **options)


def kept(store: AttemptStore, attempt: Attempt = ATTEMPT, case: Case = Case(), **options: Any) -> Conclusion | None:
    key = key_of(attempt, case)
    assert key is not None
    return store.conclusions.read(options.get("scope", SCOPE), key)


def test_a_conclusion_is_a_replay_without_what_its_attempt_gives() -> None:
    left_out = {field.name for field in fields(Replay)} - {field.name for field in fields(Conclusion)}
    assert left_out == {"attempt", "workflow", "session"}
    judged = replay(ATTEMPT)
    with pytest.raises(ValueError, match="session"):
        conclusion_of(judged.of_session(judged.sessions[0]))


def test_from_the_store_is_letter_by_letter_what_is_concluded_anew(store: AttemptStore) -> None:
    looked_at = 0
    for attempt, case in every_attempt():
        if key_of(attempt, case) is None:
            continue
        anew = replay(attempt, case)
        keep(store, attempt, case)
        found = kept(store, attempt, case)
        assert found is not None, attempt.key
        again = replay_from(found, attempt)
        assert again == anew
        assert repr(again) == repr(anew)
        looked_at += 1
    assert looked_at > 15


def _with_log(attempt: Attempt, log: str) -> Attempt:
    assert isinstance(attempt.jobs, Known)
    return replace(attempt, jobs=Known((replace(attempt.jobs.value[0], log=Known(log)), *attempt.jobs.value[1:])))


OTHERS = {
    "log": _with_log(ATTEMPT, "another log\n"),
    "no jobs": replace(ATTEMPT, jobs=Known(())),
    "title": replace(ATTEMPT, title="another"),
    "file": replace(ATTEMPT, files=(RepositoryFile("Makefile", Known("release:\n\tmake\n")),)),
    "customization": replace(ATTEMPT, oidc_customization=Known(OidcCustomization(use_default=False))),
    "source": replace(ATTEMPT, artifacts=Known((), Evidence(EvidenceKind.RUN, "x"))),
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_content_never_hits(store: AttemptStore, name: str) -> None:
    keep(store)
    assert kept(store) is not None
    assert kept(store, OTHERS[name]) is None


@pytest.mark.parametrize("case", [Case(tag="v1"), Case(region="eu-west-1"), Case(plans=("{}",)), Case(runs=(1,))])
def test_other_options_never_hit_and_stand_beside_the_first(store: AttemptStore, case: Case) -> None:
    keep(store)
    assert kept(store, case=case) is None
    keep(store, case=case)
    assert kept(store) is not None
    assert kept(store, case=case) is not None


def test_other_rules_or_another_shape_never_hit(store: AttemptStore, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(store)
    with monkeypatch.context() as changed:
        changed.setattr(conclusions, "rules_version", lambda: "of another version")
        assert kept(store) is None
        keep(store)
    assert kept(store) is None, "what other rules concluded has taken its place"
    keep(store)
    monkeypatch.setattr(conclusions, "FORMAT", "0-0")
    assert kept(store) is None


def test_what_other_rules_concluded_goes_with_the_next_write(
    store: AttemptStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(conclusions, "rules_version", lambda: "of another version")
        keep(store)
        keep(store, case=Case(tag="v1"))
    assert len(sizes(store)) == 2
    keep(store, replace(ATTEMPT, run_id=7))
    assert len(sizes(store)) == 1


def test_without_readable_rules_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conclusions, "rules_version", lambda: None)
    assert key_of(ATTEMPT, Case()) is None


def test_the_version_of_the_rules_is_that_of_their_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import diagnosis
    from probes.store import rules

    real = rules_version()
    monkeypatch.setattr(diagnosis, "__path__", [str(tmp_path)])
    anew = rules.rules_version.__wrapped__
    assert anew() is None
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "scrub.py").write_text("a = 1\n")
    first = anew()
    assert first == anew()
    (tmp_path / "logs" / "scrub.py").write_text("a = 2\n")
    second = anew()
    (tmp_path / "logs" / "scrub.py").rename(tmp_path / "scrub.py")
    assert len({first, second, anew(), real}) == 4


def test_the_version_of_the_rules_counts_all_that_they_run_on() -> None:
    beside = ("probes.workflow_file", "probes.store.codec", "probes.store.content", "probes.store.decoding")
    files = [*(ROOT / "diagnosis").rglob("*.py"), *(ROOT / f"{name.replace('.', '/')}.py" for name in beside)]
    lines = re.compile(r"^ *(?:from ([\w.]+) import|import ([\w.]+))", re.MULTILINE)
    imported = {name for file in files for pair in lines.findall(file.read_text(encoding="utf-8")) for name in pair}
    ours = {name for name in imported if name.partition(".")[0] in ("probes", "tui")}
    assert ours <= set(beside), "code that judges, and whose change would not be noticed"
    packages = {name.partition(".")[0].replace("_", "-") for name in imported - ours - {"", "diagnosis"}}
    packages -= {"diagnosis", *(name.replace("_", "-") for name in sys.stdlib_module_names)}
    assert packages == {name.partition(".")[0] for name in RESTS_ON}
    texts = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "diagnosis" / "logs").rglob("*.py"))
    used = {name for pair in lines.findall(texts) for name in pair if name.startswith("diagnosis")}
    assert all(name.startswith("diagnosis.logs.") for name in used), "what the scrubber's version would not notice"


@pytest.mark.parametrize("package", RESTS_ON)
def test_another_version_of_a_package_is_another_version_of_the_rules(
    package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from probes.store import rules

    def other(name: str) -> str:
        if name == package:
            raise PackageNotFoundError
        return version(name)

    monkeypatch.setattr(rules, "version", other)
    assert rules.rules_version.__wrapped__() not in (None, rules_version())
    assert rules.scrubber_version.__wrapped__() != rules.scrubber_version()


def test_the_version_of_the_scrubber_is_that_of_its_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import diagnosis
    from probes.store import rules

    monkeypatch.setattr(diagnosis, "__path__", [str(tmp_path)])
    anew = rules.scrubber_version.__wrapped__
    assert anew() != anew(), "what cannot be told is of no other process"
    (tmp_path / "logs" / "secrets").mkdir(parents=True)
    (tmp_path / "logs" / "secrets" / "forges.py").write_text("a = 1\n")
    first = anew()
    assert first == anew()
    (tmp_path / "logs" / "secrets" / "forges.py").write_text("a = 2\n")
    assert anew() != first


def test_every_writing_of_a_value_is_its_own() -> None:
    values: list[Any] = [
        ("a", "b"),
        ("ab",),
        ("a", ("b",)),
        (("a",), "b"),
        "ab",
        ("1",),
        (1,),
        (True,),
        (None,),
        ("None",),
        (),
    ]
    assert len({content_key(value) for value in values}) == len(values)
    assert content_key("a", "b") != content_key("ab")
    assert content_key("\ud800") == content_key("\ud800")
    with pytest.raises(CodecError):
        content_key({"a": 1})


@pytest.mark.parametrize(
    "body",
    [b"", b"no zlib", zlib.compress(b"{}"), zlib.compress(b'{"":"Conclusion"}'), zlib.compress(b"[" * 100_000),
     zlib.compress(b"\x80\x04}."), zlib.compress(b" " * 30_000_000), 7, "text"],
    ids=["empty", "no zlib", "empty object", "no members", "deep", "a pickle", "a bomb", "a number", "a text"],
)  # fmt: skip
def test_what_does_not_decode_is_none(store: AttemptStore, path: Path, body: object) -> None:
    keep(store)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE conclusions SET body = ?", (body,))
        connection.commit()
    assert kept(store) is None


def test_another_entrys_body_is_of_no_use_where_it_is_cut(store: AttemptStore, path: Path) -> None:
    keep(store)
    with closing(sqlite3.connect(path)) as connection:
        (whole,) = connection.execute("SELECT body FROM conclusions").fetchone()
        connection.execute("UPDATE conclusions SET body = ?", (whole[:-9],))
        connection.commit()
    assert kept(store) is None


def test_without_a_token_nothing_is_served_that_was_concluded_with_one(store: AttemptStore) -> None:
    keep(store)
    assert kept(store, scope=replace(SCOPE, with_token=False)) is None
    assert kept(store, scope=replace(SCOPE, repository="other/one")) is None
    assert kept(store, scope=replace(SCOPE, host="https://ghe.example")) is None
    keep(store, scope=replace(SCOPE, with_token=False))
    assert kept(store, scope=replace(SCOPE, with_token=False)) is not None


def test_a_conclusion_that_holds_a_secret_is_not_kept(store: AttemptStore, path: Path) -> None:
    key = key_of(ATTEMPT, Case())
    assert key is not None
    found = conclusion_of(replay(ATTEMPT))
    with_token = replace(found, notes=(f"a {TOKEN} b",))
    store.conclusions.save(SCOPE, [(key, with_token)])
    store.conclusions.save(SCOPE, [(key, replace(found, notes=("the word",)))], secret="the word")
    assert kept(store) is None
    keep(store)
    assert TOKEN.encode() not in path.read_bytes()


def test_the_oldest_give_way_and_their_room_is_part_of_the_whole(path: Path) -> None:
    with closing(store_at(path)) as store:
        keep(store)
        (entry,) = sizes(store)
    path.unlink()
    room = int(entry * 2.5)
    with closing(store_at(path, limit_bytes=room * SHARE)) as store:
        for number in range(1, 5):
            keep(store, replace(ATTEMPT, run_id=number))
        assert sum(sizes(store)) <= room
        assert [kept(store, replace(ATTEMPT, run_id=number)) is not None for number in range(1, 5)] == [
            False,
            False,
            True,
            True,
        ]
    path.unlink()
    with closing(store_at(path, limit_bytes=entry * SHARE)) as store:
        store.save(SCOPE, [ATTEMPT], "full")
        keep(store)
        (attempts,) = store.database.read(lambda c: c.execute("SELECT sum(bytes) FROM attempts").fetchone()) or (0,)
        assert attempts + sum(sizes(store)) <= entry * SHARE


@pytest.mark.parametrize("what", ["conclusions", "texts"])
def test_what_is_kept_beside_the_attempts_takes_their_room_at_once(what: str, path: Path) -> None:
    def size(store: AttemptStore, *tables: str) -> int:
        statements = [f"SELECT bytes FROM {table}" for table in tables]  # noqa: S608
        rows = [store.database.read(lambda c, asked=asked: c.execute(asked).fetchall()) for asked in statements]
        assert all(rows)
        return sum(each for found in rows for (each,) in found or ())

    limit = 40_000
    with closing(store_at(path, limit_bytes=limit)) as store:
        attempts = [replace(ATTEMPT, run_id=number, title=str(number)) for number in range(1, 60)]
        store.save(SCOPE, attempts, "full")
        assert limit * 0.9 < size(store, "attempts") <= limit, "the attempts alone fill it"
        if what == "texts":
            store.texts.save(SCOPE, {"file": Known(" ".join(str(number) for number in range(2000)))})
        else:
            keep(store)
        assert size(store, "attempts", what) <= limit


def sizes(store: AttemptStore) -> list[int]:
    return [
        size for (size,) in store.database.read(lambda c: c.execute("SELECT bytes FROM conclusions").fetchall()) or ()
    ]


def test_the_overview_counts_them_and_clearing_takes_them_away(store: AttemptStore) -> None:
    store.save(SCOPE, [ATTEMPT], "full")
    (before,) = overview(store).repositories
    keep(store)
    keep(store, case=Case(tag="v1"))
    (found,) = overview(store).repositories
    assert (before.conclusions, found.conclusions, found.attempts) == (0, 2, 1)
    assert found.size == before.size + sum(sizes(store))
    clear(store, "another/one")
    assert len(sizes(store)) == 2
    clear(store, SCOPE.repository)
    assert sizes(store) == []


def test_attempts_of_the_incidents_are_told_apart() -> None:
    attempts, case = incident_attempts("release")
    keys = {key_of(attempt, case) for attempt in attempts}
    assert len(keys) == len(attempts) > 2
    assert all(key is not None for key in keys)
    assert NOW.tzinfo is not None
