"""Clean GitHub's objects for a recording: scrubbed, without members that hold secrets or addresses of people."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from diagnosis.facts.runs import Artifact, Attempt, Job, Step
from diagnosis.logs.scrub import scrub
from probes.github.http.client import Json
from probes.github.read.answers import members
from probes.recording.format import moment_of

_LEFT_OUT = re.compile(r"token|secret|password|credential|email|private_key|gravatar", re.IGNORECASE)
"""Names of members that are never kept: a private repository's answer holds a ``temp_clone_token``, a commit holds the
addresses of its people. No verdict rests on any of them."""

_DEEPEST = 40


class Cleaner:
    """Cleans whatever goes into a recording. ``token`` is the one secret that is known for certain."""

    def __init__(self, token: str) -> None:
        self._token = token

    def text(self, text: str) -> str:
        """Return the text without secrets, and without what no file can hold."""
        if self._token:
            text = text.replace(self._token, "***")
        return scrub(text).encode("utf-8", errors="replace").decode()

    def object(self, value: Json) -> dict[str, Any]:
        """Return the object with every text cleaned."""
        return self._members(value, 1)

    def _members(self, value: Json, depth: int) -> dict[str, Any]:
        return {
            self.text(name): self._value(member, depth)
            for name, member in value.items()
            if not _LEFT_OUT.search(name) or not isinstance(member, str)
        }

    def _value(self, value: Any, depth: int) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if depth > _DEEPEST:
            return None
        if isinstance(value, dict):
            return self._members(value, depth + 1)
        if isinstance(value, list):
            return [self._value(item, depth + 1) for item in value]
        return value


def run_object(cleaner: Cleaner, raw: Json, attempt: Attempt) -> dict[str, Any]:
    """Return a run object; members that the format needs are there in any case."""
    value = cleaner.object(raw)
    value |= {
        "id": attempt.run_id,
        "run_attempt": attempt.attempt,
        "status": attempt.status,
        "event": attempt.event,
        "head_sha": attempt.head_sha,
        "path": cleaner.text(attempt.workflow_path),
    }
    _time(value, "created_at")
    _time(value, "run_started_at")
    _time(value, "updated_at")
    return value


def job_object(cleaner: Cleaner, raw: Json, job: Job) -> dict[str, Any]:
    """Return a job object with its steps."""
    value = cleaner.object(raw)
    value |= {"id": job.id, "name": cleaner.text(job.name), "status": job.status}
    _time(value, "created_at")
    _time(value, "started_at")
    _time(value, "completed_at")
    steps = value.get("steps")
    kept = [entry for entry in steps if isinstance(entry, dict)] if isinstance(steps, list) else []
    value["steps"] = [_step(cleaner, entry, step) for entry, step in zip(kept, job.steps, strict=False)]
    return value


def artifact_object(cleaner: Cleaner, raw: Json) -> dict[str, Any] | None:
    """Return an artifact object; None for one without an id."""
    value = cleaner.object(raw)
    if members(value).maybe_integer("id") is None:
        return None
    if not isinstance(value.get("name"), str):
        value["name"] = ""
    _time(value, "created_at")
    return value


def workflow_objects(cleaner: Cleaner, listed: Iterable[Json], runs: Iterable[Json]) -> tuple[dict[str, Any], ...]:
    """Return the workflows of these runs: as GitHub lists them, else as far as the run tells (a deleted workflow)."""
    known = {
        identity: cleaner.object(entry)
        for entry in listed
        if (identity := members(entry).maybe_integer("id")) is not None
    }
    found: dict[int, dict[str, Any]] = {}
    for run in runs:
        identity = members(run).maybe_integer("workflow_id")
        if identity is not None and identity not in found:
            told = {"name": members(run).maybe_text("name") or "", "state": "unknown", **known.get(identity, {})}
            found[identity] = {**told, "id": identity, "path": members(run).maybe_text("path") or ""}
            _time(found[identity], "created_at")
    return tuple(found.values())


def whole_gap(artifact: Artifact) -> int | None:
    """Return which of the artifact's gaps concerns all of it; None where its archive was opened."""
    whole = f"the artifact {artifact.name}"
    return next((position for position, gap in enumerate(artifact.unread) if gap.what == whole), None)


def _step(cleaner: Cleaner, entry: dict[str, Any], step: Step) -> dict[str, Any]:
    value = {**entry, "number": step.number, "name": cleaner.text(step.name)}
    _time(value, "started_at")
    _time(value, "completed_at")
    return value


def _time(value: dict[str, Any], name: str) -> None:
    """Keep a time as GitHub wrote it; where the format knows no such time, as the readers understand it, or not at all."""
    try:
        moment_of(value[name])
    except (KeyError, TypeError, ValueError, AttributeError):
        understood = members(value).maybe_moment(name)
        if understood is not None:
            value[name] = understood.isoformat()
        else:
            value.pop(name, None)
