"""What a check of a packet says of one that was made up, changed, filled with odd files, or that is hostile to its reader."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner
from deploying_release import released
from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples

from diagnosis.documents.packet import SCHEMA, completed, packet
from diagnosis.facts.case import Case
from tui.cli.main import planescope
from tui.packet.contents import TOOL
from tui.packet.files import MANIFEST, PAGES, STATEMENT, SUMMED, PacketProblem
from tui.packet.from_json import NotAPacketError, packet_of
from tui.packet.pages import json_page, markdown_page, pages_of
from tui.packet.verify.lying import LARGEST_FILE
from tui.packet.verify.report import Sign
from tui.packet.verify.verify import verify
from tui.packet.write import Form, write

MADE = packet(released().diagnosis(), Case(), tool=TOOL)
JSON = json_page(MADE)
posix = pytest.mark.skipif(os.name != "posix", reason="links, pipes and names of POSIX")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packets") / "sound"
    write(MADE, folder)
    return folder


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "packet"))


def summed(folder: Path, *names: str) -> None:
    """Write the sums anew, as whoever forges a packet can."""
    lines = (f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names or SUMMED)
    (folder / MANIFEST).write_text("".join(lines))


def said(place: Path) -> str:
    """What is broken, as sentences."""
    return " ".join(verify(place).broken)


def test_a_packet_that_agrees_with_itself_says_no_more_than_that(folder: Path) -> None:
    root = f"sha256:{hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()}"
    assert (verify(folder).verdict, verify(folder).root) == ("agrees", root)
    result = CliRunner().invoke(planescope, ["packet", "verify", str(folder)])
    assert result.exit_code == 0
    assert "agrees with itself" in result.output
    assert "does not say who made it" in result.output
    assert "Unsigned: whoever had the folder could have rewritten it" in result.output
    assert f"! root         {root}" in result.output
    assert "unchanged" not in result.output
    assert "sound" not in result.output


def test_the_root_hash_of_another_channel_is_compared(folder: Path) -> None:
    root = verify(folder).root
    assert root is not None
    assert [verify(folder, root=word).verdict for word in (root, root[7:].upper(), f" {root}\n")] == ["agrees"] * 3
    assert [verify(folder, root=word).verdict for word in ("", "sha256:", root[:-1], "0" * 64)] == ["broken"] * 4
    (folder / "packet.md").write_text("another")
    summed(folder)
    assert "not the one that was given" in " ".join(verify(folder, root=root).broken)


def test_the_same_packet_makes_the_same_bytes_and_the_json_says_what_the_text_says(
    folder: Path, tmp_path: Path
) -> None:
    again = write(MADE, tmp_path / "again")
    assert again.root == verify(folder).root
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()
    }
    found = verify(folder)
    told = json.loads(CliRunner().invoke(planescope, ["packet", "verify", str(folder), "--json"]).stdout)
    jsonschema.validate(told, json.loads(CliRunner().invoke(planescope, ["schema", "packet-verify"]).stdout))
    assert [each["sentence"] for each in told["checks"]] == [line.sentence for line in found.lines]
    assert (told["verdict"], told["root"], told["made_by"]) == ("agrees", found.root, TOOL)


def test_the_statement_covers_each_page_and_fits_the_json(folder: Path) -> None:
    statement = json.loads((folder / STATEMENT).read_text())
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert {each["name"]: each["digest"]["sha256"] for each in statement["subject"]} == {
        **{name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in PAGES},
        **{f"withheld: {each.name}": each.sha256 for each in MADE.withheld},
    }
    assert MADE.withheld
    assert statement["predicate"]["closure"] == MADE.status
    statement["predicate"]["closure"] = "closed"
    (folder / STATEMENT).write_text(json.dumps(statement, indent=2) + "\n")
    summed(folder)
    assert "says something else than packet.json" in said(folder)
    (folder / STATEMENT).write_text("{}")
    summed(folder)
    assert "is no in-toto Statement" in said(folder)


def test_what_another_version_made_is_no_forgery_and_not_known_to_be_none(folder: Path) -> None:
    write(replace(MADE, tool="planescope 99.1"), folder, Form(force=True))
    assert verify(folder).verdict == "agrees", "its pages are those that this version makes as well"
    page = folder / "packet.md"
    old = hashlib.sha256(page.read_bytes()).hexdigest()
    page.write_text(page.read_text() + "\n")
    new = hashlib.sha256(page.read_bytes()).hexdigest()
    (folder / STATEMENT).write_text((folder / STATEMENT).read_text().replace(old, new))
    summed(folder)
    found = verify(folder)
    assert (found.verdict, found.exit_code) == ("unknown", 3)
    assert any("99.1" in line.sentence for line in found.lines if line.sign is Sign.UNKNOWN)
    text = (folder / "packet.json").read_text()
    for edited, verdict in (
        (text.replace(SCHEMA, "planescope.packet/98", 1), "unknown"),
        (text.replace('"incorrect": "', '"incorrect": "Or else: ', 1), "unknown"),
        (text + "]", "broken"),
    ):
        (folder / "packet.json").write_text(edited)
        summed(folder)
        assert "does not cover packet.json" in said(folder)
        statement = (folder / STATEMENT).read_text()
        new = hashlib.sha256(edited.encode()).hexdigest()
        (folder / STATEMENT).write_text(statement.replace(hashlib.sha256(text.encode()).hexdigest(), new))
        summed(folder)
        assert verify(folder).verdict == verdict
        (folder / STATEMENT).write_text(statement)


def test_of_a_packet_of_the_schema_before_its_maker_is_told(tmp_path: Path) -> None:
    (tmp_path / "packet.md").write_text("# Evidence packet")
    (tmp_path / "packet.json").write_text('{"schema":"planescope.packet/1"}')
    (tmp_path / "SHA256SUMS").write_text("")
    found = verify(tmp_path)
    assert (found.verdict, found.exit_code) == ("unknown", 3)
    assert "planescope 0.1.0 or earlier" in found.lines[-1].sentence


def test_a_packet_is_read_back_as_it_was() -> None:
    again = packet_of(JSON)
    assert json_page(again) == JSON
    assert markdown_page(again) == markdown_page(MADE)


def test_one_made_from_nothing_is_none(tmp_path: Path) -> None:
    for name in PAGES:
        (tmp_path / name).write_text("# All gates passed\n")
    (tmp_path / STATEMENT).write_text("{}")
    (tmp_path / "packet.json").write_text(
        '{"schema":"planescope.packet/2","attempts":[{"verdicts":["a","b","c","d"]}]}'
    )
    summed(tmp_path)
    assert "packet.json lacks `title`" in said(tmp_path)
    result = CliRunner().invoke(planescope, ["packet", "verify", str(tmp_path)])
    assert result.exit_code == 6


@pytest.mark.parametrize(
    "edit", [lambda t: t.replace("fail", "pass"), lambda t: t + "\n", lambda t: t.replace("\n", "\r\n"), lambda _: ""]
)
def test_a_page_that_the_json_does_not_make_is_told(edit: Callable[[str], str], folder: Path) -> None:
    page = folder / "packet.md"
    page.write_bytes(edit(page.read_text()).encode())
    assert "packet.md has another sum" in said(folder)
    summed(folder)
    assert "packet.md is not the page" in said(folder)


def test_a_changed_json_is_told(folder: Path) -> None:
    page = folder / "packet.json"
    page.write_text(page.read_text().replace('"unknown"\n', '"pass"\n'))
    summed(folder)
    assert "packet.md is not the page" in said(folder)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[" * 200_000, "cannot be read"),
        ('{"a":' * 200_000, "cannot be read"),
        ("", "cannot be read"),
        ("[]", "holds no JSON object"),
        ("{}", "not of schema"),
        ('{"schema":"planescope.packets/2"}', "not of schema"),
        ('{"schema":"planescope.packet/2","attempts":[{"verdicts":5}]}', "lacks `title`"),
        (JSON.replace('"title": ', '"title": "x", "title": ', 1), "cannot be read"),
        (JSON.replace('"title": ""', '"title": NaN', 1), "cannot be read"),
        (JSON.replace('"title": ""', '"title": 5', 1), "is not a text at `title`"),
        (JSON.replace('"run": ', '"run": 1e400, "run": ', 1), "cannot be read"),
        (JSON.replace('"attempt": 1', f'"attempt": {"9" * 5000}', 1), "is not a number at `attempts[0].attempt`"),
        (JSON.replace('"attempt": 1', '"attempt": true', 1), "is not a number"),
        (JSON.replace('"schema"', '"extra": 1, "schema"', 1), "a member that the schema does not know"),
        (
            JSON.replace('"oidc-trust",\n          "unknown"', '"oidc-trust",\n          "passed"', 1),
            "holds what is none of pass, fail, blocked, unknown",
        ),
    ],
    ids=map(str, itertools.count()),
)
def test_what_is_no_packets_json_is_one_sentence(content: str, words: str, folder: Path) -> None:
    (folder / "packet.json").write_text(content)
    summed(folder)
    assert words in said(folder)


@posix
@pytest.mark.parametrize("kind", ["file", "hidden", "folder", "link", "pipe", "many", "capitals"])
def test_a_file_that_is_no_part_of_it_is_named(kind: str, folder: Path) -> None:
    if kind == "folder":
        (folder / "appendix").mkdir()
    elif kind == "link":
        (folder / "appendix").symlink_to("/etc/passwd")
    elif kind == "pipe":
        os.mkfifo(folder / "appendix")
    elif kind == "many":
        for number in range(1000):
            (folder / f"appendix-{number}").touch()
    else:
        (folder / {"file": "appendix", "hidden": ".appendix", "capitals": "Packet.md"}[kind]).write_text("# All passed")
    wrong = verify(folder).broken
    assert any("is not part of the packet" in sentence for sentence in wrong)
    assert len(wrong) < 60


@posix
@pytest.mark.parametrize("name", [*SUMMED, MANIFEST])
@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "device", "gone", "large", "bytes"])
def test_each_file_may_be_anything(kind: str, name: str, folder: Path, tmp_path: Path) -> None:
    file = folder / name
    kept = tmp_path / "kept"
    file.rename(kept)
    if kind == "link":
        file.symlink_to(kept)
    elif kind == "pipe":
        os.mkfifo(file)
    elif kind == "folder":
        file.mkdir()
    elif kind == "device":
        file.symlink_to("/dev/zero")
    elif kind == "large":
        with file.open("wb") as big:
            big.truncate(LARGEST_FILE * 100)
    elif kind == "bytes":
        file.write_bytes(b"\xff\xfe\x00" * 100)
    if kind == "gone" and name == MANIFEST:
        with pytest.raises(PacketProblem, match="holds no MANIFEST") as told:
            verify(folder)
        assert told.value.exit_code == 6
    else:
        assert name in said(folder)


@posix
@pytest.mark.parametrize(
    "line",
    [
        "0" * 64 + "  " + "a" * 5000,
        "0" * 64 + "  ../../etc/passwd",
        "0" * 64 + "  /etc/passwd",
        "0" * 64 + "  packet.md/../packet.md",
        "0" * 64 + "  \x1b]52;c;aGk=\x07\u202e",
        "0" * 64 + "  packet.md",
        "packet.md",
        "\x00" * 100,
        "x" * 1_000_000,
    ],
    ids=map(str, itertools.count()),
)
def test_each_line_of_the_sums_is_a_page_once(line: str, folder: Path) -> None:
    with (folder / MANIFEST).open("a") as file:
        file.write(line + "\n")
    wrong = verify(folder).broken
    assert wrong
    assert all(len(sentence) < 400 for sentence in wrong)
    result = CliRunner().invoke(planescope, ["packet", "verify", str(folder)])
    assert result.exit_code == 6
    assert "\x1b" not in result.output
    assert "\x07" not in result.output


def test_a_sum_that_is_missing_or_of_another_file_is_told(folder: Path) -> None:
    summed(folder, "packet.md")
    assert "holds no sum of packet.json" in said(folder)
    (folder / "appendix.md").write_text("x")
    summed(folder, "packet.md", "packet.json", "appendix.md")
    assert "line 3 is not the sum of a file" in said(folder)


@posix
def test_a_secret_is_found_in_every_file_and_name(folder: Path) -> None:
    key = "AKIA" + "QX7NP3LMZ2RTYV5K"
    (folder / "appendix.md").write_text(f"one\n{key}\n")
    os.truncate(folder / "appendix.md", LARGEST_FILE * 100)
    for end in "ab":
        (folder / ("x" * 100 + end)).write_text(key if end == "a" else "")
    (folder / key).write_text("")
    (folder / os.fsdecode(b"\xff\x1b[2J")).write_text("")
    found = said(folder)
    assert "appendix.md line 2 holds" in found
    assert "… line 1 holds" in found, "names that look alike when they are shown"
    assert key not in found
    result = CliRunner().invoke(planescope, ["packet", "verify", str(folder)])
    assert result.exit_code == 6
    assert "\x1b" not in result.output
    assert key not in result.output


def test_a_page_made_of_any_texts_steers_nothing_and_can_be_written() -> None:
    hostile = "\ud800\x1b[2J|\n# "

    def with_hostile(value: Any, name: str = "") -> Any:
        if isinstance(value, tuple):
            return tuple(with_hostile(member, name) for member in value)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            members = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
            return dataclasses.replace(value, **{key: with_hostile(member, key) for key, member in members.items()})
        return value + hostile if isinstance(value, str) and not isinstance(value, StrEnum) else value

    made = completed(with_hostile(MADE))
    assert packet_of(json_page(made)) == made
    for page in pages_of(made).values():
        assert "\x1b" not in page
        assert "\n# " not in page
        assert page.encode().decode() == page


def test_a_sentence_that_its_facts_do_not_make_is_told() -> None:
    assert MADE.closure is None or MADE.closure.status != "closed"
    for member, forged in (
        ("readings", {"correct": "Both planes were mended, and the same workflow then published.", "incorrect": "x"}),
        ("non_claims", []),
        ("aws_specific", "It holds for every cloud."),
        ("interview", {"one_line": "", "telling": [], "hooks": [], "bullets": [], "bullets_note": "", "portfolio": ""}),
    ):
        with pytest.raises(NotAPacketError, match=f"its own facts do not make: `{member}`"):
            packet_of(json.dumps({**json.loads(JSON), member: forged}))


def test_what_is_no_folder_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path, tmp_path / "absent", tmp_path / "file"):
        with pytest.raises(PacketProblem) as told:
            verify(path)
        assert told.value.exit_code == 2


TREE: dict[str, Any] = json.loads(JSON)
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just([]), st.just({}), st.just([[]])
)


def _places(value: Any, trail: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for name, member in members for place in ((*trail, name), *_places(member, (*trail, name)))]


@settings(max_examples=examples(400), deadline=None)
@given(place=st.sampled_from(_places(TREE)), junk=JUNK, remove=st.booleans())
def test_a_member_that_is_replaced_or_removed_is_another_packet_or_none(
    place: tuple[Any, ...], junk: object, remove: bool
) -> None:
    value = json.loads(JSON)
    owner = value
    for part in place[:-1]:
        owner = owner[part]
    if remove:
        del owner[place[-1]]
    else:
        owner[place[-1]] = junk
    try:
        read = packet_of(json.dumps(value))
    except NotAPacketError:
        return
    # An equal value may have been drawn, or a time that the page does not show.
    assert json.loads(json_page(read)) == value


@settings(max_examples=examples(200), deadline=None)
@given(text=st.text(st.sampled_from('{}[]",:0123456789eE.-tfn\\ \x00\ud800'), max_size=60))
def test_any_text_is_a_packet_or_a_sentence(text: str) -> None:
    with pytest.raises(NotAPacketError):
        packet_of(text)
