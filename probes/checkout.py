"""The files of the checkout that a job, or a user, stands in.

It is the runner's own working folder, so nobody is asked. What lies outside of it, by a link too, is not read.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.logs.scrubbed_values import scrub_text
from probes.repository_tree import FOLDER, LARGEST_FILE, LONGEST_PATH, OF_GIT, RepositoryTree

__all__ = ["LARGEST_FILE", "Checkout"]
NEVER_COMMITTED = frozenset({OF_GIT, ".terraform", "node_modules", ".venv", "__pycache__"})
"""Folders that tools fill; what stands in them is somebody else's."""


class Checkout(RepositoryTree):
    """A folder in which a repository may be checked out; ``own`` is the path of the workflow file that proves that it is."""

    def __init__(self, root: Path, own: str) -> None:
        super().__init__()
        self._root = root
        self._own = own

    def _text(self, path: str, most: int) -> Reading[str]:
        what = f"{path[:LONGEST_PATH]} of the checkout"
        parts = path.split("/")
        if len(path) > LONGEST_PATH or "\0" in path or "\\" in path or any(part in ("", ".", "..") for part in parts):
            return Unreadable(what, "it is no path within the repository", "read the file in the repository")
        try:
            place, root = self._root.joinpath(*parts), self._root.resolve()
            actual = place.resolve()
            if not actual.is_relative_to(root):
                return Unreadable(what, "it is a link out of the checkout", "read the file in the repository")
            if any(part.lower() == OF_GIT for part in (*parts, *actual.relative_to(root).parts)):
                return Unreadable(
                    what, "it is git's own file, none of the repository", "read the file in the repository"
                )
            if not place.is_file():
                return self._not_there(what, place)
            with _opened(root, actual.relative_to(root).parts) as file:
                raw = file.read(most + 1)
        except (OSError, ValueError, RuntimeError):
            return Unreadable(what, "it cannot be read", "see who may read it")
        if len(raw) > most:
            return Unreadable(what, f"it is larger than {most // 1024} KB", "read the file in the repository")
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = "\0"
        return (
            Unreadable(what, "it is no text", "read the file in the repository")
            if "\0" in text
            else Known(scrub_text(text))
        )

    def _not_there(self, what: str, place: Path) -> Reading[str]:
        if place.exists():
            return Unreadable(what, "it is no file", "read it in the repository")
        if self._is_whole():
            return Absent(what)
        return Unreadable(what, "the repository is not, or not whole, in the checkout", self.not_whole)

    def _is_whole(self) -> bool:
        """Return whether the run's repository stands here with all its files: a sparse checkout leaves some out."""
        try:
            sparse = (self._root / ".git" / "info" / "sparse-checkout").exists()
            return bool(self._own) and (self._root / self._own).is_file() and not sparse
        except OSError:
            return False

    def _workflow_names(self) -> list[str] | None:
        try:
            return [place.name for place in (self._root / FOLDER).iterdir() if not place.is_dir()]
        except OSError:
            return None


def _opened(root: Path, parts: tuple[str, ...]) -> BinaryIO:
    """Open a file folder by folder, none of them by a link. Raises OSError.

    What was looked at may be another thing by now: a link out of the folder, or a pipe in which a read waits for ever.
    """
    if os.open not in os.supports_dir_fd:
        return root.joinpath(*parts).open("rb")
    held = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for name in parts[:-1]:
            inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=held)
            os.close(held)
            held = inner
        number = os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=held)
    finally:
        os.close(held)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise OSError(errno.EINVAL, "it is no file")
    return os.fdopen(number, "rb")
