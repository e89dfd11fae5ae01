"""Write the evidence packet to disk, as a folder or as one zip file, whole or not at all, and over nothing that is there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from diagnosis.documents.packet import Packet
from probes.whole_writes import exit_code_of, parents_of, way_out_of
from tui.atomic_write import PlaceTakenError, require_file, write_bytes_atomically
from tui.packet.archive import LARGEST_ARCHIVE, ArchiveFault, packed, unpacked
from tui.packet.contents import Sign, contents_of
from tui.packet.files import EVER_WRITTEN, PacketProblem
from tui.packet.leaving import require_clean
from tui.packet.whole_folder import write_folder


@dataclass(frozen=True, slots=True)
class Form:
    """How a packet lies on the disk."""

    zipped: bool = False
    force: bool = False
    """Whether it may take the place of an older packet; of anything else it never does."""
    sign: Sign | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """Where a packet was written, and the root hash by which another copy can be compared with it."""

    place: Path
    files: tuple[str, ...]
    root: str


def write(packet: Packet, place: Path, form: Form = Form()) -> Written:
    """Write the packet to a place where nothing is yet, or an empty folder. What must not leave stops it before that.

    Raises PacketProblem; then nothing was written, and what was there is as it was.
    """
    contents = contents_of(packet, form.sign)
    require_clean(contents.files)
    try:
        if form.zipped:
            _write_archive(place, packed(contents.files), force=form.force)
        else:
            write_folder(place, contents.files, known=EVER_WRITTEN, force=form.force)
    except PlaceTakenError as error:
        why = f"The packet was not written: {place}: {error.strerror}."
        raise PacketProblem(f"{why} Choose another name, or give --force to put it in the place of a packet.") from None
    except OSError as error:
        why = f"The packet could not be written to {place}: {error.strerror or error}."
        raise PacketProblem(f"{why} {way_out_of(error, 'Choose another place.')}", exit_code_of(error)) from error
    return Written(place, tuple(contents.files), contents.root)


def require_free(place: Path, form: Form) -> None:
    """Raise PacketProblem where something is that must not be replaced, before anybody waits for the packet."""
    if form.force or not os.path.lexists(place):
        return
    if form.zipped or (place.is_dir() and any(place.iterdir())):
        raise PacketProblem(f"{place} is there already. Choose another name, or give --force to replace a packet.")


def _write_archive(place: Path, archive: bytes, *, force: bool) -> None:
    """Write one file. Raises OSError, PlaceTakenError where something is there that it must not replace."""
    with parents_of(place):
        if force and os.path.lexists(place):
            _require_archive(place)
        write_bytes_atomically(place, archive, over=force)


def _require_archive(place: Path) -> None:
    """Raise OSError where something else than the archive of a packet would be replaced."""
    require_file(place)
    with place.open("rb") as file:
        body = file.read(LARGEST_ARCHIVE + 1)
    try:
        unpacked(body, EVER_WRITTEN)
    except ArchiveFault:
        raise PlaceTakenError("what is there is no packet of planescope, which alone is replaced", place) from None
