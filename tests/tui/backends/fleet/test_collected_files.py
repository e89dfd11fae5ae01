"""Files of several slices become one fleet: the newer of two tells, and what is missing, unfinished or of another kind is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from diagnosis.documents.fleet import Fleet, Header, header_object, lines, repository_object, role_object
from diagnosis.fleet.row import RepositoryRow, RoleRecord, Status
from diagnosis.fleet.slices import Slice
from diagnosis.names.arn import Arn
from diagnosis.policy.language.strict_json import json_text
from tui.backend import BackendProblem
from tui.backends.fleet.collect import collect

AT = datetime(2026, 11, 30, tzinfo=UTC)
ROLE = Arn.iam("aws", "111122223333", "role", "release")


def _header(number: int, of: int = 3, **changes: object) -> Header:
    whole = Header("1.0", "ab", f"octo, slice {number}/{of}", Slice(number, of), AT, ("octo",), (("forks", 2),))
    return replace(whole, **changes)  # type: ignore[arg-type]


def _place(name: str, status: Status = Status.READ, *, hours: int = 0) -> RepositoryRow:
    return RepositoryRow(f"octo/{name}", status, "", "", 1, 0, (), AT + timedelta(hours=hours))


def _role(why_not: str = "", *, hours: int = 0) -> RoleRecord:
    return RoleRecord(ROLE, why_not, "" if why_not else "{}", (), AT + timedelta(hours=hours))


def _file(
    path: Path, header: Header, *places: RepositoryRow, roles: tuple[RoleRecord, ...] = (), torn: bool = False
) -> Path:
    if torn:
        told = [header_object(header), *map(role_object, roles), *map(repository_object, places)]
    else:
        told = list(lines(Fleet(header, (), places, roles)))
    path.write_text("".join(json_text(line) + "\n" for line in told), encoding="utf-8")
    return path


def test_slices_make_one_fleet(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        _file(tmp_path / f"{number}.jsonl", _header(number), _place(f"r{number}"), roles=(_role(),))
    found = collect([tmp_path])
    assert (found.notes, found.gaps) == ((), ())
    assert sorted(place.repository for place in found.repositories) == ["octo/r1", "octo/r2", "octo/r3"]
    assert len(found.roles) == 1
    header = found.header
    assert (header.asked, header.slice.of, header.owners, header.left_out) == ("octo", 1, ("octo",), (("forks", 2),))


def test_what_is_missing_is_a_gap_and_proves_nothing_of_the_owner(tmp_path: Path) -> None:
    one = _file(tmp_path / "1.jsonl", _header(1), _place("a"))
    three = _file(tmp_path / "3.jsonl", _header(3), _place("b"), torn=True)
    found = collect([one, three])
    assert found.gaps == (
        f"the file {three} was not finished: go on with it by --resume",
        "slice 2/3 of octo is missing",
    )
    assert found.header.owners == ()
    (gap,) = collect([_file(tmp_path / "9.jsonl", _header(1, 60), _place("a"))]).gaps
    assert gap.startswith("slices 2/60, 3/60, ")
    assert " more of octo are missing" in gap


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        (_place("a"), _place("A", hours=1), "octo/A"),
        (_place("a", hours=1), _place("A"), "octo/a"),
        # One that was read tells more than a newer one that was not.
        (_place("a"), _place("A", Status.NO_ACCESS, hours=9), "octo/a"),
        (_place("a", Status.NO_ACCESS, hours=9), _place("A"), "octo/A"),
    ],
)
def test_of_two_lines_one_counts_and_it_is_said(
    first: RepositoryRow, second: RepositoryRow, kept: str, tmp_path: Path
) -> None:
    one, two = (_file(tmp_path / f"{number}", _header(number, 2), place) for number, place in ((1, first), (2, second)))
    found = collect([one, two])
    assert [place.repository for place in found.repositories] == [kept]
    (note,) = found.notes
    assert note.startswith("two files tell of octo/")
    assert note.endswith("the newer counts")


def test_many_that_stand_twice_are_a_number(tmp_path: Path) -> None:
    places = [_place(f"r{number}") for number in range(30)]
    found = collect([_file(tmp_path / f"{number}", _header(number, 2), *places) for number in (1, 2)])
    assert found.notes[-1].endswith("more repositories: the newer counts")
    assert len(found.notes) < 30


def test_files_of_different_kinds_are_merged_and_told_apart(tmp_path: Path) -> None:
    one = _file(tmp_path / "1", _header(1, 1), _place("a"), roles=(_role("denied", hours=9),))
    two = _file(
        tmp_path / "2", _header(1, 1, tool="2.0", options="cd", left_out=(("forks", 1),)), _place("b"), roles=(_role(),)
    )
    found = collect([one, two])
    assert found.notes == (
        "the files were written by planescope 1.0, 2.0: their lines may be judged otherwise",
        "the files were asked for with different options",
    )
    assert (found.header.options, found.header.left_out) == ("", (("forks", 3),))
    # A role that one of them read is known.
    assert [record.why_not for record in found.roles] == [""]


def test_a_folder_without_files_says_so(tmp_path: Path) -> None:
    with pytest.raises(BackendProblem, match="holds no file whose name ends in"):
        collect([tmp_path])
