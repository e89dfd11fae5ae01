"""Read the other workflow files of the repository at a run's commit, in at most two requests.

One request lists the folder with the ids of its files; a file whose id was read before, at whatever commit, costs nothing.
One file that is left is read like any other; more than one are read by one question in GraphQL.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from diagnosis.facts.reading import Known, Reading, Unreadable
from diagnosis.facts.runs import Attempt
from diagnosis.facts.workflow import UnparsableWorkflow, WorkflowFile
from diagnosis.json_members import JsonMembers
from probes.github.http.client import Client
from probes.github.http.errors import BrokenAnswer, Forbidden, ReadFailure
from probes.github.http.pace import Watch
from probes.github.http.workers import Workers
from probes.github.read.answers import members
from probes.github.read.file_text import clean_text, read_text, too_large
from probes.github.read.kept_texts import Blob, KeptTexts
from probes.github.read.workflow_text import FileAt, called_file, contents_path, file_of
from probes.workflow_file import parse_workflow

WHAT = "the repository's other workflows"
FOLDER = ".github/workflows"
MOST_FILES = 100
LARGEST_FILE = 512 * 1024
"""Bytes."""
MOST_BYTES = 1_000_000
"""Of all of them together: parsing more would take longer than a diagnosis may."""
_MOST_LISTED = 1000
"""GitHub lists no more of a folder, and does not say so."""
_BLOB = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_BY_HAND = "read them in the repository"
_NO_FILES = {"symlink": "a symbolic link stands there", "submodule": "a submodule stands there"}


@dataclass(frozen=True, slots=True)
class _Entry:
    """One workflow file as the folder lists it."""

    path: str
    kind: str
    """``file``, ``symlink``, ``submodule``."""
    blob: Blob
    size: int


class OtherWorkflows:
    """Reads the other workflows of attempts. Safe to share between threads."""

    def __init__(self, workers: Workers, kept: KeptTexts) -> None:
        self._workers = workers
        self._kept = kept
        self._parsed: dict[tuple[Blob, str], WorkflowFile] = {}
        """A hundred files take seconds, and a chain is judged again and again while it runs."""

    def add(self, attempt: Attempt, watch: Watch) -> Attempt:
        """Return the attempt with the other workflows of its repository. Raises Cancelled only."""
        return replace(attempt, other_workflows=self._read(attempt, watch))

    def at(self, repository: str, commit: str, watch: Watch) -> Reading[tuple[WorkflowFile, ...]]:
        """Return all workflow files of a commit of a repository (``owner/name``). Raises Cancelled only."""
        return self._read_folder(FileAt(repository, FOLDER, commit), frozenset(), watch)

    def _read(self, attempt: Attempt, watch: Watch) -> Reading[tuple[WorkflowFile, ...]]:
        refused = _refused(attempt)
        if refused is not None:
            return refused
        folder = FileAt(attempt.repository.full_name, FOLDER, attempt.head_sha)
        return self._read_folder(folder, _own_paths(attempt), watch)

    def _read_folder(self, folder: FileAt, own: frozenset[str], watch: Watch) -> Reading[tuple[WorkflowFile, ...]]:
        """Return the files of the folder but the ``own`` ones."""
        # A name that no file has: a step may ask for what stands at the folder's own path as for a text.
        name = replace(folder, path=f"{FOLDER}/")
        listed = self._kept.known([name]).get(name)
        if listed is None:
            task = partial(_list, folder=folder)
            listed = self._workers.in_parallel("listing the workflows", {folder: task}, watch)[folder]
            self._kept.keep({name: listed})
        entries = _entries(listed)
        if not isinstance(entries, tuple):
            return entries
        others = [entry for entry in entries if entry.path not in own]
        if len(others) > MOST_FILES:
            return Unreadable(WHAT, f"there are more than {MOST_FILES}", _BY_HAND, lasting=True)
        texts = self._texts(folder, others, watch)
        return texts if isinstance(texts, Unreadable) else self._files(others, texts, watch)

    def _texts(self, folder: FileAt, entries: Sequence[_Entry], watch: Watch) -> dict[Blob, Reading[str]] | Unreadable:
        """Return the texts of the files that are worth asking for, by id; or why they could not be read."""
        wanted = {entry.blob: entry for entry in entries if entry.kind == "file" and entry.size <= LARGEST_FILE}
        found = self._kept.known(wanted)
        lacking = [entry for blob, entry in wanted.items() if blob not in found]
        if not lacking:
            return found
        task = (
            partial(_read_one, place=folder, entry=lacking[0])
            if len(lacking) == 1
            else partial(_read_all, folder=folder, entries=lacking)
        )
        read = self._workers.in_parallel("reading the other workflows", {folder: task}, watch)[folder]
        if isinstance(read, Unreadable):
            return read
        self._kept.keep(read)
        return found | read

    def _files(
        self, entries: Sequence[_Entry], texts: Mapping[Blob, Reading[str]], watch: Watch
    ) -> Reading[tuple[WorkflowFile, ...]]:
        """Parse the files, each once; one that cannot be read as a workflow says why, as one that cannot be parsed does."""
        files: list[WorkflowFile] = []
        room = MOST_BYTES
        for entry in entries:
            watch.check()
            text = texts.get(entry.blob) if entry.kind == "file" else None
            if isinstance(text, Known):
                room -= len(text.value)
            if isinstance(text, Known) and room >= 0:
                files.append(self._file(entry, text))
            else:
                files.append(WorkflowFile("", UnparsableWorkflow(entry.path, _why_not(entry, text))))
        return Known(tuple(files))

    def _file(self, entry: _Entry, text: Known[str]) -> WorkflowFile:
        place = entry.blob, entry.path
        if place not in self._parsed:
            self._parsed[place] = WorkflowFile(text.value, parse_workflow(text.value, entry.path))
        return self._parsed[place]


def _refused(attempt: Attempt) -> Unreadable | None:
    """Say why there is no commit whose workflows are those of the repository; None where the run's own is one."""
    own = file_of(attempt)
    if isinstance(own, Unreadable):
        return Unreadable(WHAT, own.why, own.how, own.permission, lasting=own.lasting)
    if not attempt.head_sha:
        return Unreadable(WHAT, "the run names no commit", _BY_HAND, lasting=True)
    if attempt.from_fork:
        # Whoever made the fork could have left them out.
        return Unreadable(
            WHAT, "the run's commit lies in a fork, whose files are not the repository's", _BY_HAND, lasting=True
        )
    return None


def _own_paths(attempt: Attempt) -> frozenset[str]:
    """Return the paths of the files that the run itself ran, at the run's commit."""
    places = [file_of(attempt), *(called_file(called) for called in attempt.called_workflows)]
    repository = attempt.repository.full_name.lower()
    return frozenset(
        place.path
        for place in places
        if isinstance(place, FileAt) and (place.repository.lower(), place.commit) == (repository, attempt.head_sha)
    )


def _list(client: Client, folder: FileAt) -> Reading[str]:
    """Return the workflow files of the folder as JSON text: ``[name, kind, id, size]`` each."""
    try:
        answer = client.object_or_list(contents_path(folder), {"ref": folder.commit})
    except ReadFailure as failure:
        return failure.reading(WHAT)
    if not isinstance(answer, tuple):
        return Unreadable(WHAT, "no folder stands there", _BY_HAND, lasting=True)
    if len(answer) >= _MOST_LISTED:
        return Unreadable(WHAT, "GitHub does not list more of the folder", _BY_HAND, lasting=True)
    found: list[tuple[str, str, str, int]] = []
    for raw in answer:
        entry = members(raw)
        name, kind, blob = (entry.maybe_text(each) or "" for each in ("name", "type", "sha"))
        if not name or not _BLOB.fullmatch(blob):
            return BrokenAnswer("GitHub lists a file without its name or its id", "try again").reading(WHAT)
        if kind != "dir" and name.lower().endswith((".yml", ".yaml")):
            found.append((name, kind, blob, entry.maybe_integer("size") or 0))
    return Known(json.dumps(sorted(found)))


def _entries(listed: Reading[str]) -> tuple[_Entry, ...] | Unreadable:
    """Return what was listed; a reading that was kept may be of anything."""
    if not isinstance(listed, Known):
        return listed if isinstance(listed, Unreadable) else Unreadable(WHAT, "they were not listed", _BY_HAND)
    rows: list[tuple[str, str, str, int]] = json.loads(listed.value)
    return tuple(_Entry(f"{FOLDER}/{name}", kind, Blob(blob), size) for name, kind, blob, size in rows)


def _read_one(client: Client, place: FileAt, entry: _Entry) -> dict[Blob, Reading[str]] | Unreadable:
    reading = read_text(client, replace(place, path=entry.path), most=LARGEST_FILE, readable=False)
    if isinstance(reading, Known) or (isinstance(reading, Unreadable) and reading.lasting):
        return {entry.blob: reading}
    why = reading.why if isinstance(reading, Unreadable) else "it is gone"
    return replace(reading, what=WHAT, why=why) if isinstance(reading, Unreadable) else Unreadable(WHAT, why, _BY_HAND)


def _read_all(client: Client, folder: FileAt, entries: Sequence[_Entry]) -> dict[Blob, Reading[str]] | Unreadable:
    """Read many files by one question; GitHub answers it to those who are signed in only."""
    try:
        if not client.access.token and not client.access.is_loopback:
            raise Forbidden("GitHub hands out several files at once to those who are signed in only", "give a token")
        found = client.folder_at(folder.repository, f"{folder.commit}:{folder.path}")
    except ReadFailure as failure:
        return failure.reading(WHAT)
    if found is None:
        return BrokenAnswer("GitHub lists the folder and does not find it", "try again").reading(WHAT)
    objects = {name: entry.get("object") for entry in found if isinstance(name := entry.get("name"), str)}
    readings: dict[Blob, Reading[str]] = {}
    for entry in entries:
        name = entry.path.rpartition("/")[2]
        if name not in objects:
            return BrokenAnswer("GitHub lists a file and does not hand it out", "try again").reading(WHAT)
        reading = _blob_text(client, entry, objects[name])
        if isinstance(reading, Unreadable) and not reading.lasting:
            return reading
        readings[entry.blob] = reading
    return readings


def _blob_text(client: Client, entry: _Entry, value: Any) -> Reading[str]:
    def lasting(why: str) -> Unreadable:
        return Unreadable(entry.path, why, "read the file in the repository", lasting=True)

    # Foreign text is cleaned once it is whole: the readers of members would take it in pieces.
    blob = JsonMembers(value) if isinstance(value, Mapping) else JsonMembers({})
    if not blob.value:
        return lasting("no file stands there")
    if blob.maybe_text("oid") != entry.blob:
        return BrokenAnswer("GitHub's answer is of another state of the folder", "try again").reading(WHAT)
    if blob.value.get("isTruncated") is True:
        return lasting("it is larger than GitHub hands out at once")
    text = blob.value.get("text")  # that of an empty file is empty, and no less there
    if blob.value.get("isBinary") is True or (isinstance(text, str) and "\0" in text):
        return lasting("it is no text")
    if not isinstance(text, str):
        return BrokenAnswer("GitHub's answer holds a file without its text", "try again").reading(WHAT)
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError:
        return lasting("it is no text in UTF-8")
    if size > LARGEST_FILE:
        return lasting(too_large(LARGEST_FILE))
    return Known(clean_text(client, text))


def _why_not(entry: _Entry, text: Reading[str] | None) -> str:
    """Say why a file is not among those that were parsed."""
    if entry.kind != "file":
        return _NO_FILES.get(entry.kind, "something else than a file stands there")
    if isinstance(text, Known):
        return f"the workflow files are longer than {MOST_BYTES // 1_000_000} MB together"
    return text.why if isinstance(text, Unreadable) else too_large(LARGEST_FILE)
