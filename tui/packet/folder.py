"""Write the evidence packet to disk, whole or not at all."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from diagnosis.documents.packet import Packet
from diagnosis.documents.redaction import Leak, leaks
from probes.whole_writes import exit_code_of, way_out_of
from tui.packet.files import SUMS, PacketProblem
from tui.packet.pages import pages_of
from tui.packet.whole_folder import write_folder


@dataclass(frozen=True, slots=True)
class Written:
    """Where a packet was written."""

    directory: Path
    files: tuple[str, ...]


def write(packet: Packet, directory: Path) -> Written:
    """Write the packet into a new or empty directory, or in the place of an older one. A leak stops it before that.

    Raises PacketProblem; then nothing was written, and an older packet is as it was.
    """
    files = pages_of(packet)
    found = leaks(files)
    if found:
        raise PacketProblem(_leak_sentence(found))
    files[SUMS] = "".join(
        f"{hashlib.sha256(text.encode()).hexdigest()}  {name}\n" for name, text in sorted(files.items())
    )
    try:
        write_folder(directory, files)
    except OSError as error:
        why = f"The packet could not be written to {directory}: {error.strerror or error}."
        raise PacketProblem(f"{why} {way_out_of(error, 'Choose another folder.')}", exit_code_of(error)) from error
    return Written(directory=directory, files=tuple(files))


def _leak_sentence(found: tuple[Leak, ...]) -> str:
    first = found[0]
    return (
        f"The packet was not written: {first.file} line {first.line} holds {first.what}. "
        "Remove it at its source (a log line or a case file) and export again."
    )
