"""The zip file of a packet: one form, which every reader takes alike, and every other is refused with a sentence."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from deploying_release import released
from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import THOROUGH, examples

from diagnosis.documents.packet import packet
from diagnosis.facts.case import Case
from tui.cli.main import planescope
from tui.packet.archive import ArchiveFault, packed, unpacked
from tui.packet.contents import TOOL, contents_of
from tui.packet.files import EVERY_FILE, MANIFEST, PacketProblem
from tui.packet.verify.verify import verify

FILES = contents_of(packet(released().diagnosis(), Case(), tool=TOOL)).files
ARCHIVE = packed(FILES)
SMALL = {"packet.json": b"{}\n", "packet.md": b"# x\n", "MANIFEST.sha256": b"none\n"}


def zipped(
    *entries: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_STORED, comment: bytes = b""
) -> bytes:
    """An archive as the standard library makes it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, body in entries:
            archive.writestr(name, body)
        archive.comment = comment
    return buffer.getvalue()


def test_it_is_a_zip_file_to_everybody_else() -> None:
    with zipfile.ZipFile(io.BytesIO(ARCHIVE)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == FILES
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o100600}
    assert unpacked(ARCHIVE, EVERY_FILE) == FILES


def test_no_file_of_it_is_larger_than_one_of_a_folder(tmp_path: Path) -> None:
    place = tmp_path / "packet.zip"
    place.write_bytes(packed({**FILES, MANIFEST: b"x" * 5_000}))
    assert f"{MANIFEST} is larger than a file of a packet can be." in verify(place).broken


def hostile() -> dict[str, tuple[bytes, str]]:
    """Archives that are not the one, and a word of what is said of each."""
    json, md = ("packet.json", b"{}"), ("packet.md", b"# x")
    link = zipfile.ZipInfo("packet.md")
    link.external_attr = 0o120777 << 16
    plain = packed(SMALL)
    first = len(packed({"packet.json": SMALL["packet.json"]})) - 22 - 46 - len("packet.json")
    hidden = bytearray(plain)
    hidden[hidden.rindex(b"packet.md")] = ord("P")
    overlapping = bytearray(plain)
    struct.pack_into("<I", overlapping, overlapping.rindex(b"packet.md") - 4, 0)
    encrypted, lying, afterwards = bytearray(plain), bytearray(plain), bytearray(plain)
    encrypted[6] |= 1
    afterwards[6] |= 8
    struct.pack_into("<II", lying, 18, 2**32 - 1, 2**32 - 1)
    return {
        "compressed": (zipped(json, md, method=zipfile.ZIP_DEFLATED), "compressed"),
        "a bomb": (zipped(("packet.json", bytes(50_000_000)), method=zipfile.ZIP_DEFLATED), "compressed"),
        "absolute": (zipped(json, ("/etc/passwd", b"x")), "leads out of the folder"),
        "above": (zipped(json, ("../packet.md", b"x")), "leads out of the folder"),
        "above, as Windows writes it": (zipped(json, ("a\\..\\..\\packet.md", b"x")), "leads out of the folder"),
        "a drive": (zipped(("C:packet.md", b"x")), "leads out of the folder"),
        "a folder": (zipped(json, ("packet.md/", b"")), "no part of a packet"),
        "foreign": (zipped(json, ("appendix.md", b"x")), "no part of a packet"),
        "capitals": (zipped(("PACKET.JSON", b"{}")), "no part of a packet"),
        "twice": (plain[:first] + plain, "twice"),
        "a link": (zipped(json, (link, b"/etc/passwd")), "link"),
        "a comment": (zipped(json, md, comment=b"hello"), "comment"),
        "something after it": (plain + b"x", "after its end"),
        "something before it": (b"#!/bin/sh\n" + plain, "before its first file"),
        "something between": (plain[:first] + b"x" + plain[first:], "between its files"),
        "a file that only some readers see": (bytes(hidden), "other files in its directory"),
        "overlapping": (bytes(overlapping), "not the archive"),
        "encrypted": (bytes(encrypted), "encrypted"),
        "a size that comes later": (bytes(afterwards), "more than one way"),
        "a size that is a lie": (bytes(lying), "more than one way"),
        "a larger size": (plain[:18] + struct.pack("<II", 10**9, 10**9) + plain[26:], "ends before"),
        "a second directory": (plain[:-22] + b"PK\x06\x06" + bytes(52) + plain[-22:], "second directory"),
        "cut short": (plain[:-30], "cut short"),
        "cut in the first header": (plain[:20], "cut short"),
        "empty": (zipped(), "no zip file"),
        "nothing": (b"", "no zip file"),
        "of another order": (zipped(("packet.md", b"x"), ("packet.json", b"{}")), "not the archive"),
    }  # fmt: skip


def test_every_other_form_is_refused_with_a_sentence(tmp_path: Path) -> None:
    place = tmp_path / "packet.zip"
    for kind, (archive, words) in hostile().items():
        place.write_bytes(archive)
        with pytest.raises(PacketProblem, match=words) as told:
            verify(place)
        assert told.value.exit_code == 6, kind
    result = CliRunner().invoke(planescope, ["packet", "verify", str(place)])
    assert (result.exit_code, list(tmp_path.iterdir())) == (6, [place])


def test_what_a_zip_holds_is_checked_as_a_folder_is(tmp_path: Path) -> None:
    place = tmp_path / "packet.zip"
    place.write_bytes(ARCHIVE)
    assert verify(place).verdict == "agrees"
    for name in FILES:
        place.write_bytes(packed({each: body for each, body in FILES.items() if each != name}))
        if name == "MANIFEST.sha256":
            with pytest.raises(PacketProblem, match="holds no MANIFEST"):
                verify(place)
        else:
            assert f"{name} is missing" in " ".join(verify(place).broken)
    place.write_bytes(packed({**FILES, "packet.md": b"\xff"}))
    assert "not UTF-8" in " ".join(verify(place).broken)
    (tmp_path / "link").symlink_to(place)
    with pytest.raises(PacketProblem, match="a link"):
        verify(tmp_path / "link")


def test_one_flipped_bit_at_any_position_is_found_in_the_zip_and_in_each_file() -> None:
    for position in range(len(ARCHIVE)) if THOROUGH else random.Random(7).sample(range(len(ARCHIVE)), 300):  # noqa: S311 - no secret
        turned = bytearray(ARCHIVE)
        turned[position] ^= 1 << position % 8
        try:
            files = unpacked(bytes(turned), EVERY_FILE)
        except ArchiveFault:
            continue
        pytest.fail(f"position {position}: {[name for name in files if files[name] != FILES[name]]}")


def test_one_flipped_bit_in_a_file_of_the_folder_is_found(tmp_path: Path) -> None:
    for name, body in FILES.items():
        (tmp_path / name).write_bytes(body)
    chosen = random.Random(8)  # noqa: S311 - no secret
    for name, body in FILES.items():
        for position in chosen.sample(range(len(body)), 200 if THOROUGH else 2):
            (tmp_path / name).write_bytes(body[:position] + bytes([body[position] ^ 1]) + body[position + 1 :])
            assert verify(tmp_path).verdict == "broken", (name, position)
        (tmp_path / name).write_bytes(body)
    assert verify(tmp_path).verdict == "agrees"


@settings(max_examples=examples(300), deadline=None)
@given(body=st.binary(max_size=200), begins=st.booleans())
def test_any_bytes_are_an_archive_or_a_sentence(body: bytes, begins: bool) -> None:
    try:
        found = unpacked(b"PK\x03\x04" + body if begins else body, EVERY_FILE)
    except ArchiveFault:
        return
    assert packed(found) == body
