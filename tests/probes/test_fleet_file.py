"""The file of a fleet: wherever it was cut off, what is whole of it is kept, and nothing else passes for a file of a fleet."""

from __future__ import annotations

import errno
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import THOROUGH, examples

from diagnosis.documents.fleet import Header, repository_object, role_object
from diagnosis.documents.json_values import Object
from diagnosis.fleet.row import RepositoryRow, RoleRecord, Status
from diagnosis.fleet.slices import WHOLE
from diagnosis.names.arn import Arn
from probes.fleet_file import LARGEST_LINE, FleetFileError, FleetJournal, holds_nothing, read_fleet_file

AT = datetime(2026, 11, 30, tzinfo=UTC)
HEADER = Header("1.0", "ab", "some", WHOLE, AT)


def piece(number: int) -> list[Object]:
    """A role and a repository."""
    role = RoleRecord(Arn.iam("aws", "111122223333", "role", f"r{number}"), "", "{}", (), AT)
    return [role_object(role), repository_object(RepositoryRow(f"octo/ü{number}", Status.READ, "", "", 1, 0, (), AT))]


def written(path: Path, count: int = 3) -> bytes:
    """A file of so many repositories."""
    journal = FleetJournal.begin(path, HEADER)
    for number in range(count):
        journal.append(piece(number))
    journal.close()
    return path.read_bytes()


def test_wherever_a_file_was_cut_off_its_whole_pieces_are_kept_and_gone_on_with(tmp_path: Path) -> None:
    whole = written(tmp_path / "whole")
    ends = [len(written(tmp_path / f"of{count}", count)) for count in range(4)]
    for cut in range(0, len(whole), 1 if THOROUGH else 37):
        torn = tmp_path / "torn"
        torn.write_bytes(whole[:cut])
        assert holds_nothing(torn) is (cut < ends[0])
        if cut < ends[0]:
            continue
        found = read_fleet_file(torn)
        pieces = sum(end <= cut for end in ends) - 1
        assert (len(found.lines), found.whole_bytes, found.finished) == (2 * pieces, ends[pieces], False)
        assert found.torn is (cut != ends[pieces])
        journal = FleetJournal.take_up(torn, found)
        for number in range(pieces, 3):
            journal.append(piece(number))
        journal.close()
        assert torn.read_bytes() == whole


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode()), st.booleans())
@settings(max_examples=examples(120), deadline=None)
def test_whatever_stands_in_a_file_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, behind: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.unlink(missing_ok=True)
    path.write_bytes((written(path, 1) if behind else b"") + body)
    try:
        found = read_fleet_file(path)
    except FleetFileError as error:
        assert error.sentence  # noqa: PT017 - one of two right ends
        assert error.way_out  # noqa: PT017
    else:
        assert behind
        assert len(found.lines) >= 2


def test_a_file_that_is_there_is_never_begun_anew(tmp_path: Path) -> None:
    written(tmp_path / "kept")
    with pytest.raises(FileExistsError):
        FleetJournal.begin(tmp_path / "kept", HEADER)


@pytest.mark.skipif(sys.platform == "win32", reason="no such lock there")
def test_two_runs_do_not_write_one_file(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    first = FleetJournal.begin(kept, HEADER)
    for _ in range(2):
        with pytest.raises(FleetFileError, match="Another run"):
            FleetJournal.take_up(kept, read_fleet_file(kept))
        first.append(piece(1))
        first.close()
        first = FleetJournal.take_up(kept, read_fleet_file(kept))
    first.close()


def test_where_there_is_no_room_the_file_is_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = tmp_path / "begun"
    before = written(begun, 1)
    journal = FleetJournal.take_up(begun, read_fleet_file(begun))
    real = os.write

    def full(descriptor: int, data: bytes) -> int:
        """Take a part, and then no more."""
        if len(data) > 20:
            return real(descriptor, data[:20])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("probes.fleet_file.os.write", full)
        with pytest.raises(OSError, match="No space left"):
            journal.append(piece(1))
        assert begun.read_bytes() == before
        # A file that could not be begun is not left behind.
        with pytest.raises(OSError, match="No space left"):
            FleetJournal.begin(tmp_path / "new", HEADER)
        assert not (tmp_path / "new").exists()
    journal.append(piece(1))
    journal.close()
    journal.close()
    assert begun.read_bytes() == written(tmp_path / "two", 2)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "is empty"),
        (b"[]\n", "is no file of planescope fleet"),
        (b"\xff\n", "is no file of planescope fleet"),
        (b"x" * (LARGEST_LINE + 2), "has a line that is longer"),
    ],
)
def test_what_is_none_of_a_fleet_is_refused(body: bytes, said: str, tmp_path: Path) -> None:
    file = tmp_path / "any"
    file.write_bytes(body)
    with pytest.raises(FleetFileError, match=said):
        read_fleet_file(file)


def test_a_damaged_line_within_a_file_is_told_by_its_number(tmp_path: Path) -> None:
    file = tmp_path / "any"
    lines = written(tmp_path / "whole").splitlines(keepends=True)
    file.write_bytes(b"".join((*lines[:2], b"{\n", *lines[2:])))
    with pytest.raises(FleetFileError, match=r"Line 3 of .* is damaged"):
        read_fleet_file(file)
