"""The recording format, version 1, and its values.

A recording is a directory::

    recording.json               index: header, repository, workflows, branches, commits, case, account
    runs/<run id>.json           one run: its attempts, jobs, annotations, artifacts
    logs/<run id>/<job id>.txt   a job's log, byte for byte as GitHub serves it
    artifacts/<id>/<member>      the members of an artifact, unpacked
    files/<commit>/<path>        a file of the repository at a commit

Only ``recording.json`` has a fixed name; every other file is named by a member ``file`` or ``files``, relative to the
directory, and may not leave it. Objects under a member that is called as GitHub calls the resource (``run``, ``job``,
``artifact``, ``workflow``, ``branch``, ``commit``, …) are GitHub's own REST answers with GitHub's own addresses; what
stands beside them is planescope's: origin, labels, file names.

``origin`` is ``recorded`` (GitHub's API answered this) or ``reconstructed`` (written around the facts that are known).
``reconstructed`` lists ``{"what", "why"}``: what of the object is no fact, and for which reason it was written so.
``absent`` lists files that were looked for at a commit and are not there; any other file that is not among ``files`` was
not asked for, and a replay says so. ``folders`` names the folders whose files at a commit are all among ``files``, but for
those in its ``unread``; no other folder is listed on replay.
A log that is reconstructed names in ``verbatim`` the pieces of text that are quoted from a source word for word.
What GitHub refused at recording time is kept as ``{"unreadable": {"status", "message"}}`` and refused again on replay:
in place of the content, or, where the format has no such place, by its address in ``github.refused``. With ``how``
and ``permission`` beside it, ``message`` is planescope's own sentence of that time, and it is shown again word for word.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from diagnosis.documents.exit_code import ExitCode
from diagnosis.facts.case import Case
from diagnosis.facts.evidence import Origin
from diagnosis.json_members import is_usable
from probes.recording.account import AccountFacts

FORMAT = "planescope-recording"
SCHEMA_VERSION = 1
INDEX = "recording.json"

JsonObject: TypeAlias = Mapping[str, Any]
"""An answer of GitHub's REST API, as decoded JSON. Never changed after it was read."""

Content: TypeAlias = bytes | Path
"""Bytes in memory, or the file that holds them: a log of 300 MB is read when it is asked for."""


class RecordingError(Exception):
    """A recording cannot be used. The message is one sentence that names the file, the fault and the way out.

    ``exit_code`` is how a command ends that needed it: with :attr:`ExitCode.BROKEN` unless it is about a place to write to.
    """

    def __init__(self, sentence: str, exit_code: ExitCode = ExitCode.BROKEN) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """One thing that no public record holds and that was written to make the recording whole."""

    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.what}: {self.why}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What GitHub refused when the recording was made: answered again in the same way."""

    status: int
    """GitHub's status; 424 where no answer of GitHub came (a timeout, a broken connection)."""
    message: str
    how: str | None = None
    """The way to obtain it. Where it is there, ``message`` is the reason in planescope's words, not GitHub's."""
    permission: str | None = None


@dataclass(frozen=True, slots=True)
class RecordedLog:
    """A job's log."""

    content: Content
    origin: Origin = Origin.RECORDED
    reconstructed: tuple[Reconstruction, ...] = ()
    verbatim: tuple[str, ...] = ()
    """Text inside the log that is quoted word for word from a source."""
    steps: tuple[tuple[int, int, int], ...] = ()
    """``(step number, first line, last line)``, lines from 1; empty where the boundaries are not known."""
    held_steps: tuple[int, ...] = ()
    """The numbers of the steps that it holds, where it was too large to be recorded whole."""

    def read(self) -> bytes:
        """Read the bytes as GitHub serves them. OSError where the file went away after the recording was opened."""
        return read_content(self.content)


@dataclass(frozen=True, slots=True)
class RecordedJob:
    """A job of an attempt."""

    job: JsonObject
    log: RecordedLog | Refusal | None = None
    """None: not recorded, GitHub's 404 on replay."""
    annotations: tuple[JsonObject, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordedAttempt:
    """One attempt: the run object as GitHub gives it for this attempt, and the attempt's jobs."""

    run: JsonObject
    jobs: tuple[RecordedJob, ...] = ()

    @property
    def number(self) -> int:
        """The attempt, from 1."""
        return int(self.run["run_attempt"])


@dataclass(frozen=True, slots=True)
class RecordedArtifact:
    """An artifact of a run, with its members (empty where only its name was recorded)."""

    artifact: JsonObject
    files: tuple[tuple[str, Content], ...] | Refusal = ()
    unread: tuple[tuple[str, str], ...] = ()
    """``(what, why)`` of the members that were not read although the archive was: no part of what is served."""


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A workflow run with all its attempts, the first first."""

    attempts: tuple[RecordedAttempt, ...]
    artifacts: tuple[RecordedArtifact, ...] = ()
    origin: Origin = Origin.RECORDED
    reconstructed: tuple[Reconstruction, ...] = ()

    @property
    def id(self) -> int:
        """The run id."""
        return int(self.attempts[0].run["id"])

    @property
    def created_at(self) -> datetime:
        """When the run was created, UTC."""
        return moment_of(self.attempts[0].run["created_at"])


@dataclass(frozen=True, slots=True)
class RecordedFile:
    """A file of the repository at a commit."""

    path: str
    commit: str
    content: Content
    origin: Origin = Origin.RECORDED
    reconstructed: tuple[Reconstruction, ...] = ()
    repository: str = ""
    """``owner/name`` of a called workflow that lives elsewhere; empty for the recording's own repository."""


@dataclass(frozen=True, slots=True)
class RecordedFolder:
    """A folder of the repository at a commit of which every file is known: among the recording's files, or named here."""

    path: str
    commit: str
    unread: tuple[JsonObject, ...] = ()
    """GitHub's entries of the files that are in it and could not be read: ``name``, ``type``, ``size``, ``sha``."""
    origin: Origin = Origin.RECORDED
    reconstructed: tuple[Reconstruction, ...] = ()


@dataclass(frozen=True, slots=True)
class AbsentFile:
    """A file that was looked for at a commit and is not there."""

    path: str
    commit: str


@dataclass(frozen=True, slots=True)
class RefusedAddress:
    """An address that GitHub refused."""

    path: str
    """Below the API's base address, without its query."""
    refusal: Refusal
    ref: str = ""
    """The query's ``ref``, for a file."""


LAST_SUCCESS = "?status=success"
"""Behind the address of a workflow's list of runs: the success that was found beside the recorded runs."""


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """An answer for which the format has no place of its own."""

    path: str
    """Below the API's base address, without its query; see :data:`LAST_SUCCESS` for the one with a mark behind it."""
    answer: JsonObject | tuple[JsonObject, ...]
    """An object, or the items of a list."""
    member: str = ""
    """Of a list: the member that holds it; empty for a bare list."""


@dataclass(frozen=True, slots=True)
class RecordedBranch:
    """A branch as it stood from ``since`` on; the same branch may be listed once for each head it had."""

    branch: JsonObject
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class RecordedCase:
    """The case that belongs to the recording, and from when on each of its statements was known."""

    case: Case = field(default_factory=Case)
    known_at: tuple[tuple[str, datetime], ...] = ()
    """``(field of Case, UTC)``; a field that is not named was known from the start."""
    changes_known_at: tuple[datetime | None, ...] = ()
    """One for each change of the case, in its order."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A whole recording."""

    repository: JsonObject
    runs: tuple[RecordedRun, ...]
    """In order of creation."""
    title: str = ""
    origin: Origin = Origin.RECORDED
    reconstructed: tuple[Reconstruction, ...] = ()
    api_url: str = "https://api.github.com"
    """The address under which GitHub's own links in the objects stand; replaced on replay."""
    workflows: tuple[JsonObject, ...] = ()
    branches: tuple[RecordedBranch, ...] = ()
    commits: tuple[JsonObject, ...] = ()
    comparisons: tuple[tuple[str, str, JsonObject], ...] = ()
    """``(base, head, comparison)``."""
    files: tuple[RecordedFile, ...] = ()
    absent: tuple[AbsentFile, ...] = ()
    """What is neither here nor among the files was not asked for, and replay does not say that it is absent."""
    folders: tuple[RecordedFolder, ...] = ()
    """The folders that a replay may list; of every other one nobody knows what it holds."""
    oidc_customization: JsonObject | Refusal | None = None
    environments: tuple[JsonObject, ...] = ()
    case: RecordedCase = field(default_factory=RecordedCase)
    answers: tuple[RecordedAnswer, ...] = ()
    refused: tuple[RefusedAddress, ...] = ()
    recorded_at: datetime | None = None
    """When it was recorded (UTC); None for one that was written by hand."""
    account: AccountFacts | None = None
    """The AWS side of an embedded incident; None for recordings of GitHub alone."""

    @property
    def full_name(self) -> str:
        """``owner/name``."""
        return str(self.repository["full_name"])

    def run(self, run_id: int) -> RecordedRun | None:
        """Return the run of this id, or None."""
        return next((run for run in self.runs if run.id == run_id), None)


LARGEST_FILE = 300_000_000
"""Bytes of a log, an artifact with all its members, or a file; GitHub's own logs are cut off below."""


def read_content(content: Content) -> bytes:
    """Read the bytes of a content, from memory or from its file. Raises OSError, also for what is no file, or too large."""
    return content if isinstance(content, bytes) else read_file(content, LARGEST_FILE)


def read_file(file: Path, most: int) -> bytes:
    """Read a file: no pipe, which would be waited for, no device, which never ends, and no more than ``most`` bytes.

    Raises OSError.
    """
    handle = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as opened:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "it is no file", str(file))
        body = b"" if found.st_size > most else opened.read(most + 1)
    if found.st_size > most or len(body) > most:
        raise OSError(errno.EFBIG, f"it is larger than {most} bytes", str(file))
    return body


def moment_of(text: str) -> datetime:
    """Read GitHub's timestamp (``2026-02-13T11:36:26Z``) as an aware UTC datetime; ValueError for anything else."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        moment = datetime.min.replace(tzinfo=UTC)
    if not is_usable(moment):
        raise ValueError(f"{text!r} is before or after all years")
    return moment
