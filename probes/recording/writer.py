"""Write a recording to a directory, in the format that :mod:`probes.recording.format` describes."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from diagnosis.documents.exit_code import ExitCode
from diagnosis.facts.case import Case
from diagnosis.policy.language.strict_json import json_text
from probes.recording.format import (
    FORMAT,
    INDEX,
    SCHEMA_VERSION,
    Content,
    Reconstruction,
    RecordedAnswer,
    RecordedArtifact,
    RecordedCase,
    RecordedFile,
    RecordedFolder,
    RecordedJob,
    RecordedLog,
    RecordedRun,
    Recording,
    RecordingError,
    Refusal,
    read_content,
)
from probes.stages import stage_in
from probes.whole_writes import exit_code_of, parents_of, settle, write_new


def write_recording(recording: Recording, folder: Path) -> None:
    """Write the recording into a new directory, for the user alone; it appears whole or not at all.

    The texts are written as they are: secrets must have been scrubbed before. Raises RecordingError where the directory
    is there already or cannot be written, ValueError for a recording with an account, which only embedded ones have.
    """
    if recording.account is not None:
        raise ValueError("an account is part of an embedded recording, which is kept by hand")
    try:
        ensure_new(folder)
        with parents_of(folder), stage_in(folder.parent) as part:
            _Writer(part).write(recording)
            put_in_place(part, folder)
    except OSError as error:
        raise unwritten(folder, error) from None


def ensure_new(folder: Path) -> None:
    """Raise RecordingError if a recording cannot be written there: asked before anything is read."""
    if os.path.lexists(folder) and (not folder.is_dir() or any(folder.iterdir())):
        raise RecordingError(f"{folder} is there already; name another directory for the recording", ExitCode.USAGE)


def put_in_place(part: Path, folder: Path) -> None:
    """Give a whole directory its name, in which at most an empty one may stand. Raises OSError, RecordingError."""
    if sys.platform == "win32" and folder.exists():
        folder.rmdir()
    try:
        part.rename(folder)
    except OSError:
        # Somebody else may have been faster.
        ensure_new(folder)
        raise
    settle(folder.parent)


def unwritten(folder: Path, error: OSError) -> RecordingError:
    """Return the error for a directory that cannot be written."""
    return RecordingError(
        f"the recording cannot be written to {folder} ({error.strerror or error}); name a directory with room and rights",
        exit_code_of(error),
    )


class _Writer:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, recording: Recording) -> None:
        github = {
            "api_url": recording.api_url,
            "repository": recording.repository,
            "workflows": recording.workflows,
            "branches": [
                {"since": _time(entry.since), "branch": entry.branch} if entry.since else {"branch": entry.branch}
                for entry in recording.branches
            ],
            "commits": recording.commits,
            "comparisons": [
                {"base": base, "head": head, "comparison": value} for base, head, value in recording.comparisons
            ],
            "files": [self._file(number, file) for number, file in enumerate(recording.files, start=1)],
            "absent": [{"path": entry.path, "commit": entry.commit} for entry in recording.absent],
            "folders": [_folder(entry) for entry in recording.folders],
            "oidc_customization": _or_refusal(recording.oidc_customization),
            "environments": recording.environments,
            "runs": [self._run(run) for run in recording.runs],
            "answers": [_answer(entry) for entry in recording.answers],
            "refused": [
                {"path": entry.path, **({"ref": entry.ref} if entry.ref else {}), **_refused(entry.refusal)}
                for entry in recording.refused
            ],
        }
        index = {
            "format": FORMAT,
            "schema_version": SCHEMA_VERSION,
            "title": recording.title,
            "origin": recording.origin.value,
            "recorded_at": _time(recording.recorded_at),
            "reconstructed": _reconstructed(recording.reconstructed),
            "github": github,
            "case": _case(recording.case),
        }
        self._json(INDEX, index)

    def _run(self, run: RecordedRun) -> str:
        name = f"runs/{run.id}.json"
        attempts = [
            {"run": attempt.run, "jobs": [self._job(run.id, job) for job in attempt.jobs]} for attempt in run.attempts
        ]
        value = {
            "origin": run.origin.value,
            "reconstructed": _reconstructed(run.reconstructed),
            "attempts": attempts,
            "artifacts": [self._artifact(item) for item in run.artifacts],
        }
        self._json(name, value)
        return name

    def _job(self, run_id: int, job: RecordedJob) -> dict[str, Any]:
        entry: dict[str, Any] = {"job": job.job, "annotations": job.annotations}
        if isinstance(job.log, Refusal):
            entry["log"] = _or_refusal(job.log)
        elif job.log is not None:
            entry["log"] = self._log(f"logs/{run_id}/{int(job.job['id'])}.txt", job.log)
        return entry

    def _log(self, name: str, log: RecordedLog) -> dict[str, Any]:
        return {
            "file": self._content(name, log.content),
            "origin": log.origin.value,
            "reconstructed": _reconstructed(log.reconstructed),
            "verbatim": log.verbatim,
            "steps": [{"number": n, "first_line": first, "last_line": last} for n, first, last in log.steps],
            **({"held_steps": [{"number": number} for number in log.held_steps]} if log.held_steps else {}),
        }

    def _artifact(self, item: RecordedArtifact) -> dict[str, Any]:
        if isinstance(item.files, Refusal):
            return {"artifact": item.artifact, **_refused(item.files)}
        folder = f"artifacts/{int(item.artifact['id'])}"
        # A member's name comes from a zip file: it is kept as a name, never used as a path.
        files = [
            {"name": name, "file": self._content(f"{folder}/{number}", content)}
            for number, (name, content) in enumerate(item.files, start=1)
        ]
        unread = [{"what": what, "why": why} for what, why in item.unread]
        return {"artifact": item.artifact, "files": files, **({"unread": unread} if unread else {})}

    def _file(self, number: int, file: RecordedFile) -> dict[str, Any]:
        return {
            **({"repository": file.repository} if file.repository else {}),
            "path": file.path,
            "commit": file.commit,
            "file": self._content(f"files/{number}", file.content),
            "origin": file.origin.value,
            "reconstructed": _reconstructed(file.reconstructed),
        }

    def _content(self, name: str, content: Content) -> str:
        folder = self.folder
        *folders, last = name.split("/")
        for each in folders:
            folder /= each
            folder.mkdir(mode=0o700, exist_ok=True)
        write_new(folder / last, read_content(content))
        return name

    def _json(self, name: str, value: Mapping[str, Any]) -> None:
        text = json_text(value, indent=1) + "\n"  # people print it: what is not drawn stands as an escape
        self._content(name, text.encode())


def _case(recorded: RecordedCase) -> dict[str, Any]:
    defaults = asdict(Case())
    value = {name: member for name, member in asdict(recorded.case).items() if member != defaults[name]}
    if recorded.case.role_arn is not None:
        value["role_arn"] = str(recorded.case.role_arn)
    if "changes" in value:
        value["changes"] = [
            {name: member for name, member in {**change, "known_at": _time(known)}.items() if member is not None}
            for change, known in zip(value["changes"], recorded.changes_known_at, strict=True)
        ]
    for name in ("exceptions", "escalations", "widenings"):
        if name in value:
            value[name] = [_with_day(item) for item in value[name]]
    for name in ("left_out", "splits"):
        if name in value:
            value[name] = [str(each) for each in getattr(recorded.case, name)]
    if recorded.known_at:
        value["known_at"] = {name: _time(moment) for name, moment in recorded.known_at}
    return value


def _with_day(item: dict[str, Any]) -> dict[str, Any]:
    """Return what has an expiry, with its day as text; without one where there is none."""
    left = {name: member for name, member in item.items() if name != "expires"}
    return left if item["expires"] is None else {**left, "expires": item["expires"].isoformat()}


def _reconstructed(entries: Sequence[Reconstruction]) -> list[dict[str, str]]:
    return [{"what": entry.what, "why": entry.why} for entry in entries]


def _folder(entry: RecordedFolder) -> dict[str, Any]:
    return {
        "path": entry.path,
        "commit": entry.commit,
        "unread": entry.unread,
        "origin": entry.origin.value,
        "reconstructed": _reconstructed(entry.reconstructed),
    }


def _answer(entry: RecordedAnswer) -> dict[str, Any]:
    if isinstance(entry.answer, tuple):
        return {"path": entry.path, "member": entry.member, "items": entry.answer}
    return {"path": entry.path, "object": entry.answer}


def _or_refusal(value: Mapping[str, Any] | Refusal | None) -> Mapping[str, Any] | None:
    return _refused(value) if isinstance(value, Refusal) else value


def _refused(refusal: Refusal) -> dict[str, Any]:
    return {"unreadable": {name: member for name, member in asdict(refusal).items() if member is not None}}


def _time(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
