"""Record the workflow files and local actions of attempts: each at its commit, once, or refused."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from diagnosis.facts.reading import Known, Reading, Unreadable
from diagnosis.facts.runs import Attempt
from diagnosis.facts.workflow import ActionFile, WorkflowFile
from probes.github.read.workflow_text import FileAt, called_file, file_of
from probes.recording.format import RecordedFile, Refusal
from probes.recording.record.objects import Cleaner


class RecordedFiles:
    """Collects the files from attempts as they were read."""

    def __init__(self, cleaner: Cleaner) -> None:
        self._cleaner = cleaner
        self._own = ""
        self._texts: dict[FileAt, str] = {}
        self._unread: dict[FileAt, Unreadable] = {}

    def add(self, attempt: Attempt) -> None:
        """Take the attempt's own file, those of the workflows that it called, and those of its actions."""
        self._own = attempt.repository.full_name
        self._take(file_of(attempt), attempt.workflow_file)
        for called in attempt.called_workflows:
            self._take(called_file(called), called.file)
        for action in attempt.local_actions:
            self._take(FileAt(self._own, action.path, attempt.head_sha), action.file)

    def _take(self, place: object, reading: Reading[WorkflowFile] | Reading[ActionFile]) -> None:
        if isinstance(place, FileAt) and isinstance(reading, Known):
            self._texts[place] = reading.value.text
        elif isinstance(place, FileAt) and isinstance(reading, Unreadable):
            self._unread[place] = reading

    def read(self) -> tuple[RecordedFile, ...]:
        """Return the files that were read, cleaned."""
        return tuple(
            RecordedFile(
                path=place.path,
                commit=place.commit,
                content=self._cleaner.text(text).encode(),
                repository="" if place.repository.lower() == self._own.lower() else place.repository,
            )
            for place, text in self._texts.items()
        )

    def refused(self, refusal_of: Callable[[str, Unreadable], Refusal]) -> dict[tuple[str, str], Refusal]:
        """Return the refusals of the files that were never read, by path and commit."""
        return {
            (_address(place, place.path), place.commit): refusal_of(_address(place, quote(place.path)), reading)
            for place, reading in self._unread.items()
            if place not in self._texts
        }


def _address(place: FileAt, path: str) -> str:
    return f"/repos/{place.repository}/contents/{path}"
