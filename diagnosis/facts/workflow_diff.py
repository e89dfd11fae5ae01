"""Which lines of the workflow files differ between two attempts: the history of a workflow, as the runs saw it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.facts.runs import Attempt
from diagnosis.facts.workflow import WorkflowFile

_MOST_LINES = 5_000
"""Of a file; what follows is compared as one block."""


@dataclass(frozen=True, slots=True)
class ChangedLines:
    """Lines that stand where other lines stood. All text is foreign."""

    before_line: int
    """1-based number of the first line before; where nothing was removed, of the line behind the insertion."""
    before: tuple[str, ...]
    after_line: int
    after: tuple[str, ...]

    @property
    def summary(self) -> str:
        """``lines 12-14 changed``, by the numbers of the file afterwards; for removed lines by those before."""
        if not self.after:
            return f"{_span(self.before_line, len(self.before))} removed"
        return f"{_span(self.after_line, len(self.after))} {'changed' if self.before else 'added'}"


@dataclass(frozen=True, slots=True)
class FileChange:
    """How one workflow file differs between two commits."""

    path: str
    """As the later attempt names it."""
    before_commit: str
    after_commit: str
    lines: tuple[ChangedLines, ...]
    """In the order of the file; empty where it is the same."""


def changed_lines(before: str, after: str) -> tuple[ChangedLines, ...]:
    """Return what differs between two texts, line by line; blank space at the end of a line and kinds of line break do not."""
    old, new = _lines(before), _lines(after)
    return tuple(
        ChangedLines(i1 + 1, tuple(old[i1:i2]), j1 + 1, tuple(new[j1:j2]))
        for kind, i1, i2, j1, j2 in _differences(old, new)
        if kind != "equal"
    )


def workflow_changes(before: Attempt, after: Attempt) -> Reading[tuple[FileChange, ...]]:
    """Return the run's own file and the workflows that it called, compared; files that are the same are left out.

    ``Unreadable`` where one of the texts is: a difference that cannot be seen is not a file that stayed the same.
    """
    changes: list[FileChange] = []
    own = _change(after.workflow_path, before.head_sha, after.head_sha, before.workflow_file, after.workflow_file)
    if isinstance(own, Unreadable):
        return own
    changes.append(own)
    earlier = {_name(called.path): called for called in before.called_workflows}
    for called in after.called_workflows:
        old = earlier.pop(_name(called.path), None)
        found = _change(
            _name(called.path),
            old.commit if old else "",
            called.commit,
            old.file if old else Absent(called.path),
            called.file,
        )
        if isinstance(found, Unreadable):
            return found
        changes.append(found)
    for path, gone in earlier.items():
        found = _change(path, gone.commit, "", gone.file, Absent(path))
        if isinstance(found, Unreadable):
            return found
        changes.append(found)
    return Known(tuple(change for change in changes if change.lines))


def _change(
    path: str, before_commit: str, after_commit: str, before: Reading[WorkflowFile], after: Reading[WorkflowFile]
) -> FileChange | Unreadable:
    for reading in (before, after):
        if isinstance(reading, Unreadable):
            return reading
    old = before.value.text if isinstance(before, Known) else ""
    new = after.value.text if isinstance(after, Known) else ""
    return FileChange(path, before_commit, after_commit, changed_lines(old, new))


def _name(path: str) -> str:
    """Return ``owner/name/.github/workflows/file.yml@ref`` without the ref, which may change while the file does not."""
    return path.partition("@")[0]


def _lines(text: str) -> list[str]:
    lines = [line.rstrip() for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines if len(lines) <= _MOST_LINES else [*lines[:_MOST_LINES], "\n".join(lines[_MOST_LINES:])]


def _differences(old: list[str], new: list[str]) -> Iterator[tuple[str, int, int, int, int]]:
    """Return difflib's opcodes. What both begin and end with is set aside first: most of a file stays as it was."""
    first = next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    last = 0
    while last < min(len(old), len(new)) - first and old[-1 - last] == new[-1 - last]:
        last += 1
    matcher = SequenceMatcher(None, old[first : len(old) - last], new[first : len(new) - last])
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        yield kind, i1 + first, i2 + first, j1 + first, j2 + first


def _span(first: int, count: int) -> str:
    return f"line {first}" if count == 1 else f"lines {first}-{first + count - 1}"
