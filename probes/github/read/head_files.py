"""Read a repository's workflow files as they stand now, with the commit that they stand at: one request for all of them.

GitHub answers that in GraphQL, to those who are signed in. To others it takes a request for the commit, one for the folder,
and one for each file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from diagnosis.facts.reading import Known, Reading, Unreadable
from diagnosis.facts.runs import Repository
from diagnosis.json_members import JsonMembers
from probes.github.http.client import Client, Json
from probes.github.http.errors import BrokenAnswer, NotFound, Rejected
from probes.github.read.answers import members
from probes.github.read.file_text import clean_text, read_text, too_large
from probes.github.read.other_workflows import FOLDER, LARGEST_FILE, MOST_FILES
from probes.github.read.workflow_text import FileAt, contents_path

_BY_HAND = "read the file in the repository"
_CONFLICT = "409"


@dataclass(frozen=True, slots=True)
class HeadFiles:
    """The workflow files at the head of the default branch."""

    commit: str
    """Empty where the repository has none."""
    files: tuple[tuple[str, Reading[str]], ...] = ()
    """Path and text, secrets replaced, by path."""
    left_out: int = 0
    """Files beyond the bound."""


def read_head_files(client: Client, repository: Repository) -> HeadFiles:
    """Read them. Raises ReadFailure where nothing of the repository can be read; one file that cannot be says why."""
    if client.access.token or client.access.is_loopback:
        commit, entries = client.head_folder(repository.full_name, FOLDER)
        return _by_query(client, commit, entries or ())
    return _one_by_one(client, repository)


def _by_query(client: Client, commit: str, entries: Sequence[Json]) -> HeadFiles:
    if not all(isinstance(entry.get("name"), str) and "object" in entry for entry in entries):
        raise BrokenAnswer("GitHub's answer holds a file without its name or its text", "try again")
    named = {str(entry["name"]): entry["object"] for entry in entries}
    paths = sorted(name for name in named if name.lower().endswith((".yml", ".yaml")))
    # A folder of that name, or a submodule, is no file and has no text.
    files = [(f"{FOLDER}/{name}", value) for name in paths if (value := named[name])]
    kept = files[:MOST_FILES]
    return HeadFiles(commit, tuple((path, _text(client, path, value)) for path, value in kept), len(files) - len(kept))


def _text(client: Client, path: str, value: Any) -> Reading[str]:
    # Foreign text is cleaned once it is whole: the readers of members would take it in pieces.
    blob = JsonMembers(value) if isinstance(value, Mapping) else JsonMembers({})
    text = blob.value.get("text")
    if blob.value.get("isTruncated") is True:
        return Unreadable(path, "it is larger than GitHub hands out at once", _BY_HAND, lasting=True)
    if blob.value.get("isBinary") is True or (isinstance(text, str) and "\0" in text):
        return Unreadable(path, "it is no text", _BY_HAND, lasting=True)
    if not isinstance(text, str):
        return BrokenAnswer("GitHub's answer holds a file without its text", "try again").reading(path)
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError:
        return Unreadable(path, "it is no text in UTF-8", _BY_HAND, lasting=True)
    if size > LARGEST_FILE:
        return Unreadable(path, too_large(LARGEST_FILE), _BY_HAND, lasting=True)
    return Known(clean_text(client, text))


def _one_by_one(client: Client, repository: Repository) -> HeadFiles:
    try:
        parameters: dict[str, str | int] = {"per_page": 1}
        if repository.default_branch:
            parameters["sha"] = repository.default_branch
        page = client.page(f"/repos/{repository.full_name}/commits", None, 1, parameters)
    except Rejected as failure:
        if _CONFLICT in failure.why:
            return HeadFiles("")  # "Git Repository is empty."
        raise
    commit = (members(page.items[0]).maybe_text("sha") or "") if page.items else ""
    if not commit:
        return HeadFiles("")
    folder = FileAt(repository.full_name, FOLDER, commit)
    try:
        listed = client.object_or_list(contents_path(folder), {"ref": commit})
    except NotFound:
        return HeadFiles(commit)
    entries = [members(entry) for entry in listed] if isinstance(listed, tuple) else []
    names = sorted(entry.maybe_text("name") or "" for entry in entries if entry.maybe_text("type") == "file")
    paths = [f"{FOLDER}/{name}" for name in names if name.lower().endswith((".yml", ".yaml"))]
    files = tuple((path, _file(client, FileAt(folder.repository, path, commit))) for path in paths[:MOST_FILES])
    return HeadFiles(commit, files, max(0, len(paths) - MOST_FILES))


def _file(client: Client, place: FileAt) -> Reading[str]:
    return read_text(client, place, most=LARGEST_FILE, readable=False)
