"""Merge the files of a fleet's slices into one: what is missing, what stands twice, and what only all of them tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from diagnosis.documents.fleet import Fleet, Header
from diagnosis.fleet.row import RepositoryRow, RoleRecord, WorkflowRow
from diagnosis.fleet.slices import WHOLE
from tui import __version__
from tui.backend import BackendProblem
from tui.backends.fleet.engine import read_found, read_whole

MOST_FILES = 2_000
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class SliceFile:
    """One file that was read."""

    path: Path
    fleet: Fleet
    finished: bool


def collect(paths: Iterable[Path]) -> Fleet:
    """Merge files, and those in folders, and judge the whole. Raises BackendProblem for one that is none of a fleet."""
    read = [_read(path) for path in _files(paths)]
    notes, lacking = list(_differences(read)), [*_unfinished(read), *_missing_slices(read)]
    # What each file says of itself holds for all of them together.
    notes += [note for file in read for note in file.fleet.notes]
    gaps = [*lacking, *(gap for file in read for gap in file.fleet.gaps)]
    places: dict[str, tuple[RepositoryRow, SliceFile]] = {}
    twice: list[str] = []
    for file in read:
        for place in file.fleet.repositories:
            key = place.repository.lower()
            known = places.get(key)
            if known is not None and known[1] is not file:
                newer = _is_newer(place, known[0])
                kept, other = (file, known[1]) if newer else (known[1], file)
                twice.append(f"two files tell of {place.repository} ({kept.path} and {other.path}): the newer counts")
                if not newer:
                    continue
            places[key] = (place, file)
    rows: list[WorkflowRow] = []
    for file in read:
        rows += (row for row in file.fleet.rows if places.get(row.repository.lower(), (None, file))[1] is file)
    if len(twice) > _SHOWN:
        twice = [*twice[:_SHOWN], f"two files tell of {len(twice) - _SHOWN} more repositories: the newer counts"]
    merged = Fleet(
        _header(read, complete=not lacking),
        tuple(rows),
        tuple(place for place, _ in places.values()),
        _roles(read),
        tuple(dict.fromkeys((*notes, *twice))),
        tuple(dict.fromkeys(gaps)),
    )
    return merged.settled()


def _is_newer(place: RepositoryRow, known: RepositoryRow) -> bool:
    """Return whether a line stands before another of the same repository: one that was read before one that was not."""
    return (place.status.settled, place.read_at) > (known.status.settled, known.read_at)


def _files(paths: Iterable[Path]) -> list[Path]:
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted(place for place in path.rglob("*.jsonl") if place.is_file())
            if not inside:
                raise BackendProblem(f"{path} holds no file whose name ends in .jsonl.", "Name the files themselves.")
            found |= dict.fromkeys(inside)
        else:
            found[path] = None
    if len(found) > MOST_FILES:
        raise BackendProblem(f"{len(found)} files are more than planescope merges.", f"Give at most {MOST_FILES}.")
    return list(found)


def _read(path: Path) -> SliceFile:
    found = read_found(path)
    return SliceFile(path, read_whole(path, found), found.finished and not found.torn)


def _unfinished(read: Sequence[SliceFile]) -> Iterator[str]:
    for file in read:
        if not file.finished:
            yield f"the file {file.path} was not finished: go on with it by --resume"


def _missing_slices(read: Sequence[SliceFile]) -> Iterator[str]:
    """Yield which slices of each fleet are not among the files."""
    groups: dict[tuple[str, int], list[Header]] = {}
    for file in read:
        header = file.fleet.header
        groups.setdefault((header.options, header.slice.of), []).append(header)
    for (_, count), headers in groups.items():
        lacking = sorted(set(range(1, count + 1)) - {header.slice.number for header in headers})
        if lacking:
            shown = ", ".join(f"{number}/{count}" for number in lacking[: 4 * _SHOWN])
            more = f" and {len(lacking) - 4 * _SHOWN} more" if len(lacking) > 4 * _SHOWN else ""
            asked = headers[0].asked.partition(", slice")[0]
            yield (
                f"slice {shown}{more} of {asked} is missing"
                if len(lacking) == 1
                else (f"slices {shown}{more} of {asked} are missing")
            )


def _differences(read: Sequence[SliceFile]) -> Iterator[str]:
    tools = sorted({file.fleet.header.tool for file in read})
    if len(tools) > 1:
        yield f"the files were written by planescope {', '.join(tools)}: their lines may be judged otherwise"
    if len({file.fleet.header.options for file in read}) > 1:
        yield "the files were asked for with different options"


def _header(read: Sequence[SliceFile], *, complete: bool) -> Header:
    headers = [file.fleet.header for file in read]
    # Each slice lists the owners by itself: one whose token saw less proves nothing of them.
    owners = dict.fromkeys(
        owner
        for header in headers
        for owner in header.owners
        if complete and all(owner in each.owners for each in headers if each.options == header.options)
    )
    left_out: dict[str, int] = {}
    seen: set[str] = set()
    for header in headers:
        # Every slice lists the owners as a whole.
        if header.options not in seen:
            seen.add(header.options)
            for reason, count in header.left_out:
                left_out[reason] = left_out.get(reason, 0) + count
    return Header(
        tool=__version__,
        options=headers[0].options if len(seen) == 1 else "",
        asked="; ".join(dict.fromkeys(header.asked.partition(", slice")[0] for header in headers)),
        slice=WHOLE,
        began_at=min(header.began_at for header in headers),
        owners=tuple(owners),
        left_out=tuple(sorted(left_out.items())),
        endpoints=tuple(dict.fromkeys(each for header in headers for each in header.endpoints)),
    )


def _roles(read: Sequence[SliceFile]) -> tuple[RoleRecord, ...]:
    """Return each role once: one that was read before one that was not, then the newer."""
    found: dict[str, RoleRecord] = {}
    for file in read:
        for record in file.fleet.roles:
            known = found.get(str(record.role))
            if known is None or (not record.why_not, record.read_at) > (not known.why_not, known.read_at):
                found[str(record.role)] = record
    return tuple(found.values())
