"""Write the evidence packet to disk, whole or not at all, and check one offline."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from diagnosis.documents.packet import SCHEMA, Packet
from diagnosis.documents.redaction import Leak, leaks
from diagnosis.gates import ALL_GATES, GATES
from diagnosis.json_members import JsonFault, JsonMembers
from tui.atomic_write import write_atomically
from tui.packet.pages import json_page, markdown_page

SUMS = "SHA256SUMS"


class PacketProblem(Exception):  # noqa: N818 - it names what the user has
    """The packet cannot be written or is not sound; the text is one sentence that names the way out."""


@dataclass(frozen=True, slots=True)
class Written:
    """Where a packet was written."""

    directory: Path
    files: tuple[str, ...]


def write(packet: Packet, directory: Path) -> Written:
    """Write the packet into the directory (made if absent). A leak stops it before anything is written."""
    files = {"packet.md": markdown_page(packet), "packet.json": json_page(packet)}
    found = leaks(files)
    if found:
        raise PacketProblem(_leak_sentence(found))
    files[SUMS] = "".join(
        f"{hashlib.sha256(text.encode()).hexdigest()}  {name}\n" for name, text in sorted(files.items())
    )
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            write_atomically(directory / name, text)
    except OSError as error:
        raise PacketProblem(
            f"The packet could not be written to {directory}: {error.strerror or error}. Choose another folder."
        ) from error
    return Written(directory=directory, files=tuple(files))


def _leak_sentence(found: tuple[Leak, ...]) -> str:
    first = found[0]
    return (
        f"The packet was not written: {first.file} line {first.line} holds {first.what}. "
        "Remove it at its source (a log line or a case file) and export again."
    )


def verify(directory: Path) -> tuple[str, ...]:
    """Check a packet and return what is wrong, as sentences; empty for a sound one. Works offline.

    Checks the sums of all files, the schema, that the attempts hold verdicts, and that nothing leaks.
    """
    sums_file = directory / SUMS
    if not sums_file.is_file():
        raise PacketProblem(f"{directory} holds no {SUMS}: it is not a planescope packet.")
    wrong: list[str] = []
    texts: dict[str, str] = {}
    for line in sums_file.read_text(encoding="utf-8", errors="replace").splitlines():
        digest, _, name = line.partition("  ")
        path = directory / name
        if not name or "/" in name or not path.is_file():
            wrong.append(f"{name or 'a line of ' + SUMS} is missing.")
            continue
        content = path.read_bytes()
        texts[name] = content.decode("utf-8", errors="replace")
        if hashlib.sha256(content).hexdigest() != digest:
            wrong.append(f"{name} was changed after the packet was made.")
    wrong += [f"{name} is not part of the packet." for name in ("packet.md", "packet.json") if name not in texts]
    wrong += _wrong_content(texts.get("packet.json"))
    wrong += [f"{leak.file} line {leak.line} holds {leak.what}." for leak in leaks(texts)]
    return tuple(dict.fromkeys(wrong))


def _wrong_content(text: str | None) -> list[str]:
    if text is None:
        return []
    try:
        content = JsonMembers.parse(text)
        if content.maybe_text("schema") != SCHEMA:
            return [f"packet.json is not of schema {SCHEMA}; export it again with this version."]
        attempts = content.objects("attempts", ())
    except JsonFault as fault:
        return [f"packet.json {fault}." if not fault.place else f"packet.json: {fault}."]
    if not attempts:
        return ["packet.json holds no attempts."]
    return [
        f"attempt {number} lacks a verdict at each gate."
        for number, attempt in enumerate(attempts, 1)
        if not _has_each_gate(attempt.maybe_list("verdicts"))
    ]


def _has_each_gate(verdicts: Sequence[object]) -> bool:
    """Return whether there is one verdict at each gate, in order: the four, or these and service authorization."""
    named = [pair[0] if isinstance(pair, list) and len(pair) == 2 else None for pair in verdicts]
    return named in ([gate.value for gate in GATES], [gate.value for gate in ALL_GATES])
