"""Record the workflow files, local actions and other files of attempts: each at its commit, once, or absent, or refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import quote

from diagnosis.facts.reading import Absent, Known, Reading, Unreadable, mapped
from diagnosis.facts.runs import Attempt
from probes.github.http.client import Json
from probes.github.read.other_workflows import FOLDER
from probes.github.read.workflow_text import FileAt, called_file, file_of
from probes.recording.format import AbsentFile, RecordedFile, RecordedFolder, Refusal
from probes.recording.record.objects import Cleaner


class RecordedFiles:
    """Collects the files from attempts as they were read."""

    def __init__(self, cleaner: Cleaner) -> None:
        self._cleaner = cleaner
        self._own = ""
        self._texts: dict[FileAt, str] = {}
        self._unread: dict[FileAt, Unreadable] = {}
        self._absent: dict[FileAt, None] = {}
        self._folders: dict[FileAt, tuple[Json, ...]] = {}

    def add(self, attempt: Attempt) -> None:
        """Take the attempt's own file, those of workflows that it called, of its actions, and those that its steps use."""
        self._own = attempt.repository.full_name
        self._take(file_of(attempt), mapped(attempt.workflow_file, lambda file: file.text))
        for called in attempt.called_workflows:
            self._take(called_file(called), mapped(called.file, lambda file: file.text))
        for action in attempt.local_actions:
            self._take(FileAt(self._own, action.path, attempt.head_sha), mapped(action.file, lambda file: file.text))
        for used in attempt.files:
            place = FileAt(self._own, used.path, attempt.head_sha)
            self._take(place, used.text)
            if isinstance(used.text, Absent):
                self._absent[place] = None

    def add_others(self, attempt: Attempt, listed: Sequence[Json]) -> None:
        """Take the other workflows of the attempt's commit; ``listed`` is the folder as GitHub listed it."""
        folder = FileAt(self._own, FOLDER, attempt.head_sha)
        if isinstance(attempt.other_workflows, Unreadable):
            self._unread[folder] = attempt.other_workflows
        if not isinstance(attempt.other_workflows, Known):
            return
        empty = {entry.get("name") for entry in listed if entry.get("size") == 0}
        unread: set[str] = set()
        for file in attempt.other_workflows.value:
            path = file.parsed.path
            if file.text or path.rpartition("/")[2] in empty:
                self._texts[FileAt(self._own, path, attempt.head_sha)] = file.text
            else:
                unread.add(path.rpartition("/")[2])
        entries = ({name: entry.get(name) for name in ("name", "type", "size", "sha")} for entry in listed)
        self._folders[folder] = tuple(entry for entry in entries if entry["name"] in unread)

    def take(self, place: FileAt, text: str) -> None:
        """Take a file of the repository that no attempt uses."""
        self._own = self._own or place.repository
        self._texts[place] = text

    def folders(self) -> tuple[RecordedFolder, ...]:
        """Return the folders of which every file is known."""
        return tuple(
            RecordedFolder(place.path, place.commit, tuple(map(self._cleaner.object, unread)))
            for place, unread in self._folders.items()
        )

    def _take(self, place: object, reading: Reading[str]) -> None:
        if isinstance(place, FileAt) and isinstance(reading, Known):
            self._texts[place] = reading.value
        elif isinstance(place, FileAt) and isinstance(reading, Unreadable):
            self._unread[place] = reading

    def read(self) -> tuple[RecordedFile, ...]:
        """Return the files that were read, cleaned."""
        return tuple(
            RecordedFile(
                path=self._cleaner.text(place.path),
                commit=place.commit,
                content=self._cleaner.text(text).encode(),
                repository="" if place.repository.lower() == self._own.lower() else place.repository,
            )
            for place, text in self._texts.items()
        )

    def absent(self) -> tuple[AbsentFile, ...]:
        """Return the files that are not there."""
        return tuple(AbsentFile(self._cleaner.text(place.path), place.commit) for place in self._absent)

    def refused(self, refusal_of: Callable[[str, Unreadable], Refusal]) -> dict[tuple[str, str], Refusal]:
        """Return the refusals of the files that were never read, by path and commit."""
        return {
            (_address(place, self._cleaner.text(place.path)), place.commit): refusal_of(
                _address(place, quote(place.path, errors="replace")), reading
            )
            for place, reading in self._unread.items()
            if place not in self._texts and place not in self._folders
        }


def _address(place: FileAt, path: str) -> str:
    return f"/repos/{place.repository}/contents/{path}"
