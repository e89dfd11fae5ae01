"""The file of a fleet: wherever it was cut off, what is whole of it is kept, and nothing else passes for a file of a fleet."""

from __future__ import annotations

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
from probes.fleet_file import FleetFileError, FleetJournal, holds_nothing, read_fleet_file

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
