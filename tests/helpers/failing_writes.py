"""Let the nth call that writes fail, so that a test can break a piece of writing at each of its places."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CALLS = ("open", "fsync", "rename", "replace", "mkdir")
"""Of `os`: what every writer goes through, `pathlib` and `tempfile` too. A write that fails shows in the fsync after it."""


class Failing:
    """Counts the calls that write below a folder, and lets one of them fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path, at: int, error: BaseException) -> None:
        self.count = 0
        self._at = at
        self._error = error
        self._folder = str(folder)
        for name in CALLS:
            monkeypatch.setattr(os, name, self._counted(name, getattr(os, name)))

    @property
    def failed(self) -> bool:
        """Whether the call was reached."""
        return self.count >= self._at

    def _counted(self, name: str, original: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            writes = name != "open" or args[1] & (os.O_CREAT | os.O_WRONLY | os.O_RDWR)
            ours = name == "fsync" or str(args[0]).startswith(self._folder)
            if writes and ours:
                self.count += 1
                if self.count == self._at:
                    raise self._error
            # To wait for a disk at each place proves nothing.
            return None if name == "fsync" else original(*args, **kwargs)

        return call


def full_disk() -> OSError:
    """The error of a full disk."""
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def tree(folder: Path) -> dict[str, bytes | None]:
    """Everything below a folder, by name: the bytes of files."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in _below(folder)}


def _below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from _below(path)
