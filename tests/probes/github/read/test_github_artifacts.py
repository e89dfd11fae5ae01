"""Archives are foreign: small JSON files come out, nothing else, and nothing gets out of hand."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_github import Said, World, job_object, run_object, said

from diagnosis.facts.reading import Known
from probes.github.read.artifacts import ArchiveLimits, json_members

RUNS = "/repos/example/widgets/actions/runs"


def archive(*members: tuple[str | zipfile.ZipInfo, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as opened:
        for name, body in members:
            opened.writestr(name, body)
    return out.getvalue()


def test_json_members_come_out_and_others_stay_in() -> None:
    files, problems = json_members(
        archive(("a/b.json", b'{"x": 1}'), ("readme.md", b"#"), ("C.JSON", b"\xef\xbb\xbf[]"), ("folder.json/", b""))
    )
    assert files == (("a/b.json", '{"x": 1}'), ("C.JSON", "[]"))
    assert problems == ()


@pytest.mark.parametrize(
    "name", ["../up.json", "a/../../up.json", "/etc/passwd.json", "C:\\x.json", "\\\\server\\x.json", "a\\..\\b.json"]
)
def test_a_name_that_points_outside_is_refused_and_said(name: str) -> None:
    entry = zipfile.ZipInfo("placeholder")
    entry.filename = name
    files, problems = json_members(archive((entry, b"{}"), ("good.json", b"{}")))
    assert files == (("good.json", "{}"),)
    assert [why for _, why in problems] == ["its name points outside the archive"]


def test_a_link_is_refused() -> None:
    link = zipfile.ZipInfo("link.json")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert json_members(archive((link, b"/etc/passwd")))[1] == (("link.json", "it is a symbolic link"),)


def test_sizes_numbers_and_ratios_are_bounded() -> None:
    limits = ArchiveLimits(member_bytes=1000, total_bytes=1500, members=5, ratio=50)
    large = archive(("large.json", bytes(range(256)) * 8), compression=zipfile.ZIP_STORED)
    assert json_members(large, limits)[1] == (("large.json", "it is larger than 1 kB"),)
    bomb = archive(("bomb.json", b" " * 900))
    assert json_members(bomb, limits)[1] == (("bomb.json", "it unpacks to far more than it should"),)
    many = archive(*((f"{n}.json", b"{}") for n in range(6)))
    assert json_members(many, limits) == ((), (("", "it has more than 5 members"),))
    body = bytes(range(32, 126)) * 10
    files, problems = json_members(
        archive(("1.json", body[:900]), ("2.json", body[:900]), compression=zipfile.ZIP_STORED), limits
    )
    assert [name for name, _ in files] == ["1.json"]
    assert [name for name, _ in problems] == ["2.json"]


def test_a_directory_that_lies_about_a_size_is_found_out() -> None:
    honest = archive(("a.json", b"x" * 5000), compression=zipfile.ZIP_STORED)
    lying = honest.replace((5000).to_bytes(4, "little"), (50).to_bytes(4, "little"))
    files, problems = json_members(lying, ArchiveLimits(member_bytes=1000))
    assert files == ()
    assert len(problems) == 1


def test_an_encrypted_member_is_refused() -> None:
    body = bytearray(archive(("a.json", b"{}"), compression=zipfile.ZIP_STORED))
    body[6] |= 1
    body[body.index(b"PK\x01\x02") + 8] |= 1
    assert json_members(bytes(body))[1] == (("a.json", "it is encrypted"),)


def test_a_member_without_a_name_makes_it_a_damaged_archive() -> None:
    named = archive(("a.json", b"{}"))
    length = named.index(b"PK\x01\x02") + 28
    nameless = named[:length] + b"\x00\x00" + named[length + 2 :]
    end = nameless.index(b"PK\x05\x06")
    nameless = nameless[: end - len("a.json")] + nameless[end:]
    size = int.from_bytes(named[named.index(b"PK\x05\x06") + 12 :][:4], "little") - len("a.json")
    end -= len("a.json")
    nameless = nameless[: end + 12] + size.to_bytes(4, "little") + nameless[end + 16 :]
    assert json_members(nameless) == ((), (("", "it is no zip archive, or a damaged one"),))


def test_secrets_inside_are_replaced() -> None:
    token = "ghp_" + "a1B2" * 9
    ((_, text),), _ = json_members(archive(("a.json", f'{{"t": "{token}"}}'.encode())))
    assert token not in text


@given(
    st.binary(max_size=400)
    | st.builds(
        lambda a, b, c: a[:b] + bytes([c]) + a[b + 1 :],
        st.just(archive(("a.json", b'{"a": 1}'), ("b.json", b"[]"))),
        st.integers(0, 250),
        st.integers(0, 255),
    )
)
def test_no_bytes_make_it_raise(body: bytes) -> None:
    files, problems = json_members(body)
    assert all(isinstance(text, str) for _, text in files)
    assert all(why for _, why in problems)


def serve(world: World, *artifacts: dict[str, Any], run: dict[str, Any] | None = None) -> None:
    tiny = world.server
    tiny.answers[f"{RUNS}/7"] = said(run or run_object())
    tiny.answers[f"{RUNS}/7/attempts/1/jobs"] = said({"jobs": [job_object(conclusion="skipped")]})
    tiny.answers[f"{RUNS}/7/attempts/2/jobs"] = said({"jobs": [job_object(conclusion="skipped")]})
    tiny.answers[f"{RUNS}/7/artifacts"] = said({"total_count": len(artifacts), "artifacts": list(artifacts)})
    for artifact in artifacts:
        path = f"/repos/example/widgets/actions/artifacts/{artifact['id']}/zip"
        tiny.answers[path] = Said(302, b"", {"Location": f"{tiny.storage}/zip/{artifact['id']}"})
        tiny.answers[f"/zip/{artifact['id']}"] = Said(200, archive(("a.json", b"{}")))


def artifact(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "id": number,
        "name": f"evidence-{number}",
        "size_in_bytes": 200,
        "expired": False,
        "created_at": "2026-05-01T11:04:00Z",
        **changes,
    }


def read(world: World) -> Any:
    attempt = world.source.attempt(7)
    assert isinstance(attempt.artifacts, Known)
    return attempt.artifacts.value


def test_an_artifact_is_read_through_the_storage(tiny_world: World) -> None:
    serve(tiny_world, artifact())
    (found,) = read(tiny_world)
    assert (found.name, found.size_bytes, found.files, found.unread) == ("evidence-1", 200, (("a.json", "{}"),), ())
    assert found.created_at == datetime(2026, 5, 1, 11, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"expired": True}, "it has expired"), ({"size_in_bytes": 50_000_000}, "it is larger than 2 MB")],
)
def test_an_artifact_that_is_gone_or_large_is_listed_and_not_fetched(
    changes: dict[str, Any], why: str, tiny_world: World
) -> None:
    serve(tiny_world, artifact(**changes))
    (found,) = read(tiny_world)
    assert found.files == ()
    assert why in found.unread[0].why
    assert not [path for path in tiny_world.server.paths() if path.endswith("/zip")]


def test_an_archive_larger_than_announced_is_not_taken_in(tiny_world: World) -> None:
    serve(tiny_world, artifact())
    tiny_world.server.answers["/zip/1"] = Said(200, b"x" * 2_100_000)
    (found,) = read(tiny_world)
    assert "larger than" in found.unread[0].why


def test_only_so_many_archives_are_opened(tiny_world: World) -> None:
    serve(tiny_world, *(artifact(number) for number in range(1, 11)))
    found = read(tiny_world)
    assert [bool(one.files) for one in found] == [True] * 8 + [False] * 2
    assert all(one.unread for one in found[8:])


def test_an_attempt_shows_its_own_artifacts_only(tiny_world: World) -> None:
    earlier, own = artifact(1, created_at="2026-05-01T11:04:00Z"), artifact(2, created_at="2026-05-01T12:04:00Z")
    serve(tiny_world, earlier, own, artifact(3, created_at=None), run=run_object(attempt=2))
    assert [one.id for one in read(tiny_world)] == [2, 3]


def test_a_broken_list_entry_makes_the_list_unreadable(tiny_world: World, make_source: Callable) -> None:
    serve(tiny_world, artifact())
    tiny_world.server.answers[f"{RUNS}/7/artifacts"] = said({"artifacts": [{"name": "no id"}]})
    assert not isinstance(tiny_world.source.attempt(7).artifacts, Known)
