"""Tell whether a file or folder is this user's alone: what others can write is no memory of what planescope read.

A store decides what is not asked again. Whoever can put an entry into it can say what GitHub answered, so it counts only in a
folder of the user's own that nobody else can write, as a plain file that has no other name.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

LARGEST_FILE = 2_000_000_000
"""Bytes: far more than the store ever holds, a hundredth of what a sparse file can claim to be."""
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def fault_of_folder(folder: Path) -> str:
    """Return why a folder cannot hold the store, as the end of a sentence; empty where it can. Raises OSError."""
    if not _is_own(folder.lstat()):
        return "its folder belongs to somebody else"
    found = folder.stat()
    if not stat.S_ISDIR(found.st_mode):
        return "its folder is none"
    if not _is_own(found):
        return "its folder belongs to somebody else"
    if _has_modes() and found.st_mode & _OTHERS_WRITE:
        return "others can write to its folder"
    return ""


def fault_of_file(file: Path) -> str:
    """Return why a file is none that planescope has made, as the end of a sentence; empty where it may be, or is absent.

    One that others can only read is closed to them. Raises OSError.
    """
    try:
        found = file.lstat()
    except FileNotFoundError:
        return ""
    if not stat.S_ISREG(found.st_mode):
        return "it is a link" if stat.S_ISLNK(found.st_mode) else "it is no file"
    if not _is_own(found):
        return "it belongs to somebody else"
    if found.st_nlink > 1:
        return "it has a second name"
    if _has_modes() and found.st_mode & _OTHERS_WRITE:
        return "others can write to it"
    if found.st_size > LARGEST_FILE:
        return "it is larger than a store can be"
    if _has_modes() and found.st_mode & _OTHERS:
        # An earlier version made it, or it was copied here.
        with suppress(FileNotFoundError):
            file.chmod(0o600)
    return ""


def _is_own(found: os.stat_result) -> bool:
    """Return whether it is the user's; where files have no such owner, everything is."""
    return not hasattr(os, "geteuid") or found.st_uid == os.geteuid()


def _has_modes() -> bool:
    return os.name == "posix"
