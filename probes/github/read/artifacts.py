"""Read a run's artifacts and the small JSON files in them. An archive is foreign, so it is opened with limits.

Nothing is ever unpacked to disk, so a member's name leads nowhere; sizes and ratios are bounded against bombs.
"""

from __future__ import annotations

import hashlib
import io
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass, replace
from datetime import timedelta

from diagnosis.facts.reading import Known, Reading, Unreadable
from diagnosis.facts.runs import Artifact, Attempt
from diagnosis.json_members import JsonMembers
from diagnosis.logs.scrubbed_names import scrub_name, scrub_words
from probes.github.http.client import Client
from probes.github.http.errors import ReadFailure
from probes.github.http.room import NoRoom, take_text
from probes.github.http.storage import download
from probes.github.read.answers import members, required_number


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """What of a run's artifacts is read at most."""

    artifacts: int = 8
    archive_bytes: int = 2_000_000
    members: int = 200
    member_bytes: int = 512_000
    total_bytes: int = 4_000_000
    ratio: int = 200
    """Unpacked to packed size of one member."""


LIMITS = ArchiveLimits()

# zipfile raises whatever the bytes lead it to, NotImplementedError and LookupError among them.
_WHAT_BYTES_LEAD_TO = (
    *(zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, ValueError, RuntimeError, LookupError),
)

DAMAGED = "it is no zip archive, or a damaged one"


def read_artifacts(client: Client, attempt: Attempt, limits: ArchiveLimits = LIMITS) -> Reading[tuple[Artifact, ...]]:
    """Read the artifacts that this attempt made, with the JSON files of the small ones.

    GitHub keeps artifacts by run, not by attempt: they are told apart by their time of creation.
    """
    path = f"/repos/{attempt.repository.full_name}/actions/runs/{attempt.run_id}/artifacts"
    try:
        found = client.whole_list(path, "artifacts", most_pages=3)
        artifacts = [item for entry in found if _made_by(attempt, item := _artifact(members(entry)))]
    except ReadFailure as failure:
        return failure.reading(f"the artifacts of run {attempt.run_id}")
    read = [
        with_members(client, attempt, artifact, limits)
        if position < limits.artifacts
        else _left_out(artifact, f"planescope opens the first {limits.artifacts} artifacts of a run")
        for position, artifact in enumerate(artifacts)
    ]
    return Known(tuple(read))


def with_members(client: Client, attempt: Attempt, artifact: Artifact, limits: ArchiveLimits) -> Artifact:
    """Return the artifact with the text of its small JSON files, or with why they were not read."""
    if artifact.expired:
        return _left_out(artifact, "it has expired: GitHub keeps artifacts for 90 days by default")
    if artifact.size_bytes > limits.archive_bytes:
        return _left_out(artifact, f"it is larger than {limits.archive_bytes / 1_000_000:g} MB")
    path = f"/repos/{attempt.repository.full_name}/actions/artifacts/{artifact.id}/zip"
    try:
        archive = download(client, path, limit=limits.archive_bytes)
    except ReadFailure as failure:
        return replace(artifact, unread=(failure.reading(f"the artifact {artifact.name}"),))
    found = members_of(archive, limits)
    try:
        for _name, text in found.files:
            take_text(client.line.watch.room, text)
    except NoRoom as full:
        return replace(artifact, unread=(full.reading(f"the artifact {artifact.name}"),))
    unread = tuple(_unread(f"{artifact.name}: {name}" if name else artifact.name, why) for name, why in found.problems)
    return replace(artifact, files=found.files, digests=found.digests, unread=unread)


@dataclass(frozen=True, slots=True)
class Members:
    """What was read of an archive, by name."""

    files: tuple[tuple[str, str], ...] = ()
    """The texts of its JSON files, scrubbed."""
    problems: tuple[tuple[str, str], ...] = ()
    """Why JSON files were not read; of the archive as a whole under an empty name."""
    digests: tuple[tuple[str, str], ...] = ()
    """The SHA-256 of its small files of any kind."""


def json_members(
    archive: bytes, limits: ArchiveLimits = LIMITS
) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """Return ``(name, text)`` of an archive's JSON files, scrubbed, and ``(name, why)`` of those that were not read."""
    found = members_of(archive, limits)
    return found.files, found.problems


def members_of(archive: bytes, limits: ArchiveLimits = LIMITS) -> Members:
    """Read an archive's small files: each is hashed, and of JSON files the text is kept."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            return _members(opened, limits)
    except _WHAT_BYTES_LEAD_TO:
        return Members(problems=(("", DAMAGED),))


def _members(opened: zipfile.ZipFile, limits: ArchiveLimits) -> Members:
    entries = [entry for entry in opened.infolist() if not entry.is_dir()]
    if len(opened.infolist()) > limits.members:
        return Members(problems=(("", f"it has more than {limits.members} members"),))
    # Not left to zipfile: whether a member without a name is an error there depends on Python's release.
    if not all(entry.filename for entry in opened.infolist()):
        return Members(problems=(("", DAMAGED),))
    files: list[tuple[str, str]] = []
    problems: list[tuple[str, str]] = []
    digests: list[tuple[str, str]] = []
    total = 0
    # JSON first: what else lies there must not take its room.
    for entry in sorted(entries, key=lambda each: not _is_json(each)):
        name = scrub_name(entry.filename)
        why = _refused(entry, limits)
        if why is None:
            try:
                with opened.open(entry) as member:
                    # One byte more than the directory promises, since the directory may lie.
                    body = member.read(limits.member_bytes + 1)
            except _WHAT_BYTES_LEAD_TO:
                if _is_json(entry):
                    raise
                continue
            total += len(body)
            if len(body) > limits.member_bytes or total > limits.total_bytes:
                why = "it is larger than the archive says, or the archive's JSON is too much in all"
            else:
                digests.append((name, hashlib.sha256(body).hexdigest()))
                if _is_json(entry):
                    files.append((name, scrub_words(body.decode("utf-8-sig", errors="replace"))))
        if why is not None and _is_json(entry):
            problems.append((name[:200], why))
        if total > limits.total_bytes and not _is_json(entry):
            break
    return Members(tuple(files), tuple(problems), tuple(digests))


def _is_json(entry: zipfile.ZipInfo) -> bool:
    return entry.filename.lower().endswith(".json")


def _refused(entry: zipfile.ZipInfo, limits: ArchiveLimits) -> str | None:
    """Say why a member is not opened; None where it may be."""
    name = entry.filename
    if name.startswith(("/", "\\")) or "\\" in name or "\0" in name or ":" in name or ".." in name.split("/"):
        return "its name points outside the archive"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "it is a symbolic link"
    if entry.flag_bits & 0x1:
        return "it is encrypted"
    if entry.file_size > limits.member_bytes:
        return f"it is larger than {limits.member_bytes // 1000} kB"
    if entry.file_size > limits.ratio * max(entry.compress_size, 1):
        return "it unpacks to far more than it should"
    return None


def _artifact(entry: JsonMembers) -> Artifact:
    return Artifact(
        id=required_number(entry, "id", "artifact"),
        name=entry.maybe_text("name") or "",
        size_bytes=entry.maybe_integer("size_in_bytes") or 0,
        expired=entry.maybe_flag("expired") or False,
        created_at=entry.maybe_moment("created_at"),
    )


def _made_by(attempt: Attempt, artifact: Artifact) -> bool:
    """Return whether the artifact falls into the attempt's time, a little after its end included; an undated one may."""
    if artifact.created_at is None or attempt.started_at is None:
        return True
    if artifact.created_at < attempt.started_at - timedelta(seconds=5):
        return False
    ended = attempt.updated_at if attempt.complete else None
    return ended is None or artifact.created_at <= ended + timedelta(minutes=2)


def _left_out(artifact: Artifact, why: str) -> Artifact:
    return replace(artifact, unread=(_unread(artifact.name, why),))


def _unread(what: str, why: str) -> Unreadable:
    return Unreadable(f"the artifact {what}", why, "download it from the run's page on GitHub", lasting=True)
