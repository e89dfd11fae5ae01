"""Read a recording from its directory. Every fault of its files becomes one RecordingError; nothing is guessed."""

from __future__ import annotations

import re
import stat
from pathlib import Path, PurePosixPath

from diagnosis.documents.exit_code import ExitCode
from diagnosis.json_members import JsonMembers
from probes.recording.format import (
    FORMAT,
    INDEX,
    LARGEST_FILE,
    SCHEMA_VERSION,
    AbsentFile,
    Content,
    JsonObject,
    RecordedAnswer,
    RecordedArtifact,
    RecordedAttempt,
    RecordedBranch,
    RecordedFile,
    RecordedFolder,
    RecordedJob,
    RecordedLog,
    RecordedRun,
    Recording,
    RecordingError,
    Refusal,
    RefusedAddress,
)
from probes.recording.read.account import read_account
from probes.recording.read.case import read_case
from probes.recording.read.json_file import WAY_OUT, faults_in, load_object, origin_of, reconstructed_in

_FULL_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,200}")
_LONGEST_NAME = 500
_LARGEST_ID = 2**63 - 1


def read_recording(path: Path) -> Recording:
    """Read the recording in a directory (or whose ``recording.json`` is named).

    Logs and artifact members are only looked for here and read when they are asked for. Raises RecordingError with one
    sentence for anything that is missing, cut off, of another schema version, or not what the format says.
    """
    folder = path.parent if path.name == INDEX else path
    if not folder.is_dir():
        code = ExitCode.BROKEN if folder.exists() else ExitCode.USAGE
        raise RecordingError(f"{path} is no recording: name the directory that holds {INDEX}", code)
    index = load_object(folder / INDEX, INDEX)
    _check_version(index)
    with faults_in(INDEX):
        return _recording(index, folder)


def _recording(index: JsonMembers, folder: Path) -> Recording:
    files = _Files(folder)
    github = index.object("github")
    repository = github.object("repository")
    if not _FULL_NAME.fullmatch(repository.text("full_name")):
        raise repository.fault("full_name", "is not `owner/name`")
    runs = sorted(
        (_read_run(files, github, name) for name in github.texts("runs", ())), key=lambda run: (run.created_at, run.id)
    )
    if len({run.id for run in runs}) < len(runs):
        raise github.fault("runs", "lists the same run twice")
    account = read_account(index.object("account"), files.content) if index.has("account") else None
    return Recording(
        title=index.text("title", ""),
        origin=origin_of(index),
        reconstructed=reconstructed_in(index),
        api_url=github.text("api_url", "https://api.github.com").rstrip("/"),
        repository=repository.value,
        workflows=tuple(_workflow(entry) for entry in github.objects("workflows", ())),
        branches=tuple(
            RecordedBranch(_branch(entry), entry.optional_moment("since")) for entry in github.objects("branches", ())
        ),
        commits=tuple(_commit(entry) for entry in github.objects("commits", ())),
        comparisons=tuple(
            (entry.text("base"), entry.text("head"), entry.mapping("comparison"))
            for entry in github.objects("comparisons", ())
        ),
        files=tuple(
            RecordedFile(
                path=entry.text("path"),
                commit=entry.text("commit"),
                content=files.content(entry, "file"),
                origin=origin_of(entry),
                reconstructed=reconstructed_in(entry),
                repository=entry.text("repository", ""),
            )
            for entry in github.objects("files", ())
        ),
        absent=tuple(AbsentFile(entry.text("path"), entry.text("commit")) for entry in github.objects("absent", ())),
        folders=tuple(
            RecordedFolder(
                path=entry.text("path"),
                commit=entry.text("commit"),
                unread=tuple(_unread(item) for item in entry.objects("unread", ())),
                origin=origin_of(entry),
                reconstructed=reconstructed_in(entry),
            )
            for entry in github.objects("folders", ())
        ),
        oidc_customization=_object_or_refusal(github, "oidc_customization"),
        environments=github.mappings("environments", ()),
        runs=tuple(runs),
        answers=tuple(_answer(entry) for entry in github.objects("answers", ())),
        refused=tuple(
            RefusedAddress(entry.text("path"), _refusal(entry.object("unreadable")), entry.text("ref", ""))
            for entry in github.objects("refused", ())
        ),
        recorded_at=index.optional_moment("recorded_at"),
        case=read_case(index.object("case")) if index.has("case") else read_case(JsonMembers({}, "case")),
        account=account,
    )


def _check_version(index: JsonMembers) -> None:
    if index.value.get("format") != FORMAT:
        raise RecordingError(f"{INDEX} is no planescope recording: its member `format` is not {FORMAT!r}; {WAY_OUT}")
    with faults_in(INDEX):
        version = index.integer("schema_version")
    if version == SCHEMA_VERSION:
        return
    way = (
        "use a newer planescope"
        if version > SCHEMA_VERSION
        else "make the recording again with `planescope record` of this version"
    )
    raise RecordingError(
        f"{INDEX} has schema version {version}, but this planescope reads version {SCHEMA_VERSION}: {way}"
    )


class _Files:
    """The files of the recording, by the names that its members give them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str, entry: JsonMembers, member: str) -> Path:
        """Return where the file lies that a member names. Raises JsonFault where that is outside the recording."""
        parts = PurePosixPath(name).parts
        # A recording comes from elsewhere: a name must not reach another file of this machine.
        odd = not name.isprintable() or "\\" in name or ":" in name or len(name) > _LONGEST_NAME
        inside = parts and not name.startswith("/") and ".." not in parts
        if odd or not inside or not self._is_inside(name):
            raise entry.fault(member, f"names the file {name[:_LONGEST_NAME]!r}, which is outside the recording")
        return self.folder / name

    def _is_inside(self, name: str) -> bool:
        """Return whether a file lies in the recording, with every link on its way followed."""
        try:
            return (self.folder / name).resolve().is_relative_to(self.folder.resolve())
        except (OSError, RuntimeError):
            # A link that leads back to itself.
            return False

    def content(self, entry: JsonMembers, member: str) -> Content:
        """Return the content that a member names. Raises JsonFault where the file is not there."""
        name = entry.text(member)
        file = self.path(name, entry, member)
        try:
            found = file.stat()
        except OSError:
            raise entry.fault(member, f"names the file {name!r}, which is missing from the recording") from None
        if not stat.S_ISREG(found.st_mode):
            raise entry.fault(member, f"names {name!r}, which is no file")
        if found.st_size > LARGEST_FILE:
            raise entry.fault(member, f"names the file {name!r}, which is larger than a file of a recording can be")
        return file


def _read_run(files: _Files, github: JsonMembers, name: str) -> RecordedRun:
    run = load_object(files.path(name, github, "runs"), name)
    with faults_in(name):
        return _run(files, run)


def _run(files: _Files, run: JsonMembers) -> RecordedRun:
    attempts = tuple(sorted((_attempt(files, entry) for entry in run.objects("attempts")), key=lambda a: a.number))
    if not attempts:
        raise run.fault("attempts", "is empty")
    if len({(attempt.run["id"], attempt.number) for attempt in attempts}) < len(attempts):
        raise run.fault("attempts", "holds the same attempt twice")
    if len({attempt.run["id"] for attempt in attempts}) > 1:
        raise run.fault("attempts", "belong to different runs")
    return RecordedRun(
        attempts=attempts,
        artifacts=tuple(_artifact(files, entry) for entry in run.objects("artifacts", ())),
        origin=origin_of(run),
        reconstructed=reconstructed_in(run),
    )


def _attempt(files: _Files, entry: JsonMembers) -> RecordedAttempt:
    run = entry.object("run")
    # What the replay cannot do without; all else may be absent, as in GitHub's own answers.
    _identity(run, "id")
    _identity(run, "run_attempt")
    run.text("status")
    run.text("event")
    run.text("head_sha")
    run.text("path")
    run.moment("created_at")
    _times(run, "run_started_at", "updated_at")
    return RecordedAttempt(run.value, tuple(_job(files, job) for job in entry.objects("jobs")))


def _job(files: _Files, entry: JsonMembers) -> RecordedJob:
    job = entry.object("job")
    _identity(job, "id")
    job.text("name")
    job.text("status")
    _times(job, "created_at", "started_at", "completed_at")
    for step in job.objects("steps", ()):
        step.integer("number")
        step.text("name")
        _times(step, "started_at", "completed_at")
    log = entry.object("log") if entry.has("log") else None
    return RecordedJob(job.value, _log(files, log) if log else None, entry.mappings("annotations", ()))


def _log(files: _Files, log: JsonMembers) -> RecordedLog | Refusal:
    if log.has("unreadable"):
        return _refusal(log.object("unreadable"))
    return RecordedLog(
        content=files.content(log, "file"),
        origin=origin_of(log),
        reconstructed=reconstructed_in(log),
        verbatim=log.texts("verbatim", ()),
        steps=tuple(
            (step.integer("number"), step.integer("first_line"), step.integer("last_line"))
            for step in log.objects("steps", ())
        ),
        held_steps=tuple(step.integer("number") for step in log.objects("held_steps", ())),
    )


def _artifact(files: _Files, entry: JsonMembers) -> RecordedArtifact:
    artifact = entry.object("artifact")
    _identity(artifact, "id")
    artifact.text("name")
    _times(artifact, "created_at")
    if entry.has("unreadable"):
        return RecordedArtifact(artifact.value, _refusal(entry.object("unreadable")))
    members = tuple((member.text("name"), files.content(member, "file")) for member in entry.objects("files", ()))
    if sum(file.stat().st_size for _, file in members if isinstance(file, Path)) > LARGEST_FILE:
        raise entry.fault("files", "are larger together than an artifact can be")
    unread = tuple((member.text("what"), member.text("why")) for member in entry.objects("unread", ()))
    return RecordedArtifact(artifact.value, members, unread)


def _workflow(workflow: JsonMembers) -> JsonObject:
    _identity(workflow, "id")
    workflow.text("path")
    _times(workflow, "created_at")
    return workflow.value


def _identity(entry: JsonMembers, name: str) -> None:
    """Require a number as GitHub gives them."""
    if not 0 < entry.integer(name) <= _LARGEST_ID:
        raise entry.fault(name, "is no number that GitHub gives")


def _times(entry: JsonMembers, *names: str) -> None:
    """Require that these members, where they are there, are times: the replay reckons with them."""
    for name in names:
        entry.optional_moment(name)


def _commit(commit: JsonMembers) -> JsonObject:
    commit.text("sha")
    return commit.value


def _branch(entry: JsonMembers) -> JsonObject:
    branch = entry.object("branch")
    branch.text("name")
    branch.object("commit").text("sha")
    return branch.value


def _object_or_refusal(fields: JsonMembers, name: str) -> JsonObject | Refusal | None:
    if not fields.has(name):
        return None
    section = fields.object(name)
    return _refusal(section.object("unreadable")) if section.has("unreadable") else section.value


def _unread(entry: JsonMembers) -> JsonObject:
    entry.text("name")
    entry.text("sha")
    return entry.value


def _answer(entry: JsonMembers) -> RecordedAnswer:
    if entry.has("object"):
        return RecordedAnswer(entry.text("path"), entry.mapping("object"))
    return RecordedAnswer(entry.text("path"), entry.mappings("items"), entry.text("member", ""))


def _refusal(unreadable: JsonMembers) -> Refusal:
    status = unreadable.integer("status")
    if not 400 <= status <= 599:
        raise unreadable.fault("status", "is no refusal (400 to 599)")
    return Refusal(
        status,
        unreadable.text("message", ""),
        how=unreadable.text("how") if unreadable.has("how") else None,
        permission=unreadable.text("permission") if unreadable.has("permission") else None,
    )
