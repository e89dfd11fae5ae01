"""Read the workflow file as it stood at a run's commit, the reusable workflows that it called, its local actions."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.facts.runs import Attempt, CalledWorkflow
from diagnosis.json_members import JsonMembers
from diagnosis.logs.scrubbed_values import scrub_text
from probes.github.http.client import Client
from probes.github.http.endpoints import address_part
from probes.github.http.errors import NotFound, ReadFailure

_NOT_THERE = "the file is not there at this commit, or the token may not see it"
_WHERE = re.compile(r"(?:(?P<repository>[^/@]+/[^/@]+)/)?(?P<path>\.github/workflows/[^@]+?)(?:@(?P<ref>.+))?")


@dataclass(frozen=True, slots=True)
class FileAt:
    """A file of a repository at a commit: what it holds never changes."""

    repository: str
    path: str
    commit: str


def file_of(attempt: Attempt) -> FileAt | Absent | Unreadable:
    """Return where the attempt's workflow file stands, as far as the run tells."""
    what = f"the workflow file of run {attempt.run_id}"
    found = _WHERE.fullmatch(attempt.workflow_path)
    if found is None:
        return Absent(f"{what}: GitHub made this workflow itself ({attempt.workflow_path[:80] or 'no path'})")
    if not attempt.head_sha:
        return Unreadable(what, "the run names no commit", "read the file in the repository", lasting=True)
    if attempt.event == "pull_request_target":
        return Unreadable(
            what,
            "a pull_request_target run uses the file of the base branch, at a commit that the run does not name",
            "read the file in the base branch",
            lasting=True,
        )
    repository = found["repository"] or attempt.repository.full_name
    # A workflow that lives elsewhere (a required one) is not at this run's commit.
    commit = attempt.head_sha if repository == attempt.repository.full_name else found["ref"] or "HEAD"
    return FileAt(repository, found["path"], commit)


def called_file(called: CalledWorkflow) -> FileAt | None:
    """Return where a called workflow stands; None where GitHub's record of it cannot be read."""
    found = _WHERE.fullmatch(called.path)
    if found is None or not found["repository"] or not called.commit:
        return None
    return FileAt(found["repository"], found["path"], called.commit)


def contents_path(place: FileAt) -> str:
    """Return the address of a file or folder, without its ``ref``. Raises ReadFailure for what is no path."""
    return f"/repos/{place.repository}/contents/{address_part(place.path, safe='/')}"


def read_file(client: Client, file: FileAt) -> Reading[str]:
    """Return the file's text, secrets replaced."""
    what = f"{file.path} of {file.repository} at {file.commit[:12]}"
    try:
        answer = client.object(contents_path(file), {"ref": file.commit})
    except NotFound as failure:
        # With rights on the repository this would be knowledge; GitHub answers the same without them.
        return Unreadable(what, _NOT_THERE, failure.how, failure.permission)
    except ReadFailure as failure:
        return failure.reading(what)
    # Encoded text is decoded before it is searched for secrets, so it is taken as it came.
    value = JsonMembers(answer)
    if value.maybe_text("encoding") != "base64":
        return Unreadable(
            what,
            "GitHub gives files of more than 1 MB in another way",
            "read the file in the repository",
            lasting=True,
        )
    try:
        body = base64.b64decode(value.maybe_text("content") or "", validate=False)
        return Known(scrub_text(client.without_token(body.decode("utf-8-sig"))))
    except ValueError:
        # Of base64, or of UTF-8: what is none of either is no file's text.
        return Unreadable(what, "it is no text in UTF-8", "read the file in the repository", lasting=True)


def read_action(client: Client, folder: FileAt) -> tuple[str, Reading[str]]:
    """Return path and text of the action's file in a folder: ``action.yml``, else ``action.yaml``."""
    base = f"{folder.path}/" if folder.path else ""
    first, second = (
        FileAt(folder.repository, f"{base}{name}", folder.commit) for name in ("action.yml", "action.yaml")
    )
    found = read_file(client, first)
    if isinstance(found, Unreadable) and found.why == _NOT_THERE:
        other = read_file(client, second)
        if not isinstance(other, Unreadable) or other.why != _NOT_THERE:
            return second.path, other
    return first.path, found
