"""The files of the run's repository that its steps use: looked up by path, each known, absent, unreadable or not asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.facts.runs import RepositoryFile

LONGEST_FILE = 200_000
"""Characters read of one file; a longer one is not read, for half of it could mislead."""
_WORKSPACE = (
    "${{github.workspace}}/",
    "${{ github.workspace }}/",
    "$GITHUB_WORKSPACE/",
    "${GITHUB_WORKSPACE}/",
    "/github/workspace/",
)
_CHECKED_OUT = re.compile(r"(?:/home/runner/work|/Users/runner/work|/__w|[A-Z]:\\a)[/\\]([^/\\]+)[/\\]\1[/\\]")
"""Where the hosted runners check a repository out."""
_MOST_MISSED = 200
WRITTEN = "script.written:"
"""How the names of values begin that note which files of the workspace a script of the job has written, by their path."""


@dataclass(frozen=True, slots=True)
class Files:
    """A lookup by path from the root of the workspace, which is the repository's unless it was checked out below it.

    ``missed``, where it is given, notes the paths that are looked up and were never asked for: it is how the next files
    to fetch are found. Everything else is a value.
    """

    known: Mapping[str, Reading[str]] = field(default_factory=dict)
    missed: dict[str, None] | None = field(default=None, compare=False)
    root: str = ""
    """Where in the workspace the repository was checked out."""

    @classmethod
    def of(cls, files: Iterable[RepositoryFile]) -> Files:
        """Return the lookup over an attempt's files."""
        return cls({file.path: file.text for file in files})

    def at(self, path: str) -> Reading[str] | None:
        """Return the reading of a file by its path in the workspace; None where it was not asked for."""
        if self.root:
            if not path.startswith(f"{self.root}/"):
                return None
            path = path.removeprefix(f"{self.root}/")
        found = self.known.get(path)
        if found is None and self.missed is not None and len(self.missed) < _MOST_MISSED:
            self.missed[path] = None
        return found

    def written(self, path: str, text: str | None) -> Files:
        """Return the lookup after a script has written a file of the workspace; None: nobody can tell what."""
        return self._with({path: text})

    def as_left(self, values: Iterable[str]) -> Files:
        """Return the lookup over the files as the job's scripts have left them; what they wrote is among the values' names."""
        left = {name.removeprefix(WRITTEN): None for name in values if name.startswith(WRITTEN)}
        return self._with(left) if left else self

    def _with(self, texts: Mapping[str, str | None]) -> Files:
        known = dict(self.known)
        for path, text in texts.items():
            if self.root and not path.startswith(f"{self.root}/"):
                continue
            name = path.removeprefix(f"{self.root}/") if self.root else path
            unread = Unreadable(name, "a script of the job writes it", "put what it writes into the repository")
            known[name] = unread if text is None else Known(text)
        return replace(self, known=known)

    def text(self, path: str | None) -> str | None:
        """Return the text of a file that was read and is short enough; None in every other case."""
        found = self.at(path) if path is not None else None
        return found.value if isinstance(found, Known) and len(found.value) <= LONGEST_FILE else None

    def first(self, folder: str, names: Iterable[str]) -> tuple[str, str] | None:
        """Return path and text of the first of these names that is there, in a tool's order of preference.

        None where none is there, and where one that comes earlier is not known, for then it could be that one.
        """
        paths = [path for name in names if (path := path_in(folder, name)) is not None]
        readings = [(path, self.at(path)) for path in paths]
        for path, reading in readings:
            if isinstance(reading, Known):
                return (path, reading.value) if len(reading.value) <= LONGEST_FILE else None
            if not isinstance(reading, Absent):
                return None
        return None


NO_FILES = Files()
"""Nothing was asked for."""


def path_in(folder: str | None, path: str) -> str | None:
    """Return the path from the repository's root of a file named from a folder of it (``""``: the root itself).

    None where it lies outside, where the folder is not known, or where a part is not legible.
    """
    text = path.strip()
    for start in _WORKSPACE:
        if text.startswith(start):
            folder, text = "", text.removeprefix(start)
            break
    checkout = _CHECKED_OUT.match(text)
    if checkout:
        folder, text = "", text[checkout.end() :]
    if folder is None or text.startswith(("/", "~")) or any(sign in text for sign in "$*?`\0\n") or "://" in text:
        return None
    parts: list[str] = []
    for part in f"{folder}/{text}".replace("\\", "/").split("/"):
        if part in ("", "."):
            continue
        if part == "..":
            if not parts:
                return None
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)
