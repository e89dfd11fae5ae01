"""Gather the files that a user names, or that stand in folders that are named, for the readers of infrastructure code."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from diagnosis.iac.files import LARGEST_PLAN, MOST_FILES, may_hold
from tui.backend import BackendProblem
from tui.policy_file import name_of

STANDARD_INPUT = "-"
NEVER_COMMITTED = frozenset({".git", ".terraform", "node_modules", ".venv", "__pycache__"})
"""Folders that tools fill; what stands in them is somebody else's."""
_MOST_NEIGHBOURS = 500
_OF_TERRAFORM = (".tf", ".tofu")


@dataclass
class GatheredFiles:
    """The texts of files by a key that begins at the root of the file system, so that files find each other."""

    texts: dict[str, str] = field(default_factory=dict)
    named: dict[str, Path] = field(default_factory=dict)
    """The files that were asked for, by key, as they were named; the others are only there to be referred to."""
    from_folders: set[str] = field(default_factory=set)
    """Those of them that nobody named by themselves."""
    problems: list[BackendProblem] = field(default_factory=list)


def gather(paths: Sequence[Path]) -> GatheredFiles:
    """Read the files and, of each folder, those that may hold an IAM document. What cannot be read is a problem."""
    found = GatheredFiles()
    for path in paths:
        if str(path) == STANDARD_INPUT:
            _add(path, found, named=True)
        elif path.is_dir():
            _gather_folder(path, found)
        else:
            _add(path, found, named=True)
    for key, path in list(found.named.items()):
        if key.lower().endswith(_OF_TERRAFORM) and key not in found.from_folders:
            _add_neighbours(path, found)
    return found


def key_of(path: Path) -> str:
    """Return what a file is known by."""
    if str(path) == STANDARD_INPUT:
        return STANDARD_INPUT
    return os.path.normpath(path.absolute()).replace(os.sep, "/").lstrip("/")


def _gather_folder(folder: Path, found: GatheredFiles) -> None:
    files = 0
    for path in _files_in(folder):
        if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
            continue
        files += 1
        if files > MOST_FILES:
            found.problems.append(
                BackendProblem(f"{name_of(folder)} holds more than {MOST_FILES} such files.", "Name folders in it.")
            )
            return
        _add(path, found, named=True)
        found.from_folders.add(key_of(path))


def _files_in(folder: Path) -> Iterator[Path]:
    for inside, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name.lower() not in NEVER_COMMITTED)
        for name in sorted(names):
            path = Path(inside, name)
            if may_hold(path.relative_to(folder).as_posix()) and path.is_file():
                yield path


def _add_neighbours(path: Path, found: GatheredFiles) -> None:
    """Add what a Terraform file may refer to: the other files of its folder, and texts below it."""
    for count, other in enumerate(_files_in(path.absolute().parent)):
        if count >= _MOST_NEIGHBOURS:
            break
        if other.parent == path.absolute().parent or not other.name.lower().endswith(_OF_TERRAFORM):
            _add(other, found, named=False)


def _add(path: Path, found: GatheredFiles, *, named: bool) -> None:
    key = key_of(path)
    if named:
        found.named.setdefault(key, path)
    if key in found.texts:
        return
    try:
        found.texts[key] = read_text(path)
    except BackendProblem as problem:
        if named:
            found.problems.append(problem)


def read_text(path: Path) -> str:
    """Read one file. Raises BackendProblem (exit code 2)."""
    try:
        if str(path) == STANDARD_INPUT:
            raw = sys.stdin.buffer.read(LARGEST_PLAN + 1)
        else:
            with path.open("rb") as file:
                raw = file.read(LARGEST_PLAN + 1)
    except (OSError, ValueError) as fault:
        # A name with a NUL in it is a ValueError.
        why = getattr(fault, "strerror", None) or fault
        raise BackendProblem(f"{name_of(path)} cannot be read ({why}).") from None
    if len(raw) > LARGEST_PLAN:
        raise BackendProblem(f"{name_of(path)} is larger than {LARGEST_PLAN} bytes.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise BackendProblem(f"{name_of(path)} is not UTF-8 at byte {fault.start}.") from None
