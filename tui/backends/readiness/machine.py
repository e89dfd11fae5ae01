"""What this machine has: Python and the libraries, settings, the cache folder, the demo's extra, git and gh."""

from __future__ import annotations

import importlib.util
import sys
from importlib import metadata
from pathlib import Path

from diagnosis.documents.exit_code import ExitCode
from probes.programs import find_program
from probes.store.attempts import default_path
from probes.store.ownership import fault_of_file, fault_of_folder
from tui import __version__
from tui.backend import BackendProblem
from tui.readiness.check import Check, What, missing, note, ready
from tui.settings import read_settings, settings_path

_LIBRARIES = ("textual", "boto3", "PyGithub")
_OLDEST, _NEWEST = (3, 11), (3, 15)
"""The versions of Python that are tested."""


def python() -> Check:
    """Look at Python and the libraries."""
    version = ".".join(map(str, sys.version_info[:3]))
    libraries = ", ".join(f"{name} {_version(name)}" for name in _LIBRARIES)
    sentence = f"planescope {__version__} on Python {version}; {libraries}."
    if not _OLDEST <= sys.version_info[:2] <= _NEWEST:
        return note(
            What.PYTHON,
            sentence,
            f"It is tested on Python {'.'.join(map(str, _OLDEST))} to {'.'.join(map(str, _NEWEST))}.",
        )
    return ready(What.PYTHON, sentence)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "(not installed)"


def settings() -> Check:
    """Look at the settings file."""
    try:
        found = read_settings()
    except BackendProblem as problem:
        return missing(
            What.SETTINGS,
            problem.sentence,
            problem.way_out or "Correct it.",
            "planescope settings",
            code=ExitCode.USAGE,
        )
    if not found.exists:
        return ready(What.SETTINGS, f"None, and none is needed; they would lie in {settings_path()}.")
    return ready(What.SETTINGS, f"{found.path} is in force.")


def cache() -> Check:
    """Look at whether the local store is this user's alone."""
    path = default_path()
    try:
        folder = _nearest(path.parent)
        # Above a folder that is not made yet anybody may write; it is made for this user alone.
        fault = (fault_of_folder(folder) if folder == path.parent else "") or fault_of_file(path)
    except OSError as error:
        fault = f"it cannot be looked at ({error.strerror})"
    if fault:
        return note(
            What.CACHE,
            f"The local store {path} is not used: {fault}.",
            f"Make {path.parent} yours alone (chmod 700); without a store, runs are read again at each start.",
        )
    return ready(
        What.CACHE, f"{path.parent} is yours alone." if path.parent.exists() else f"{path.parent}, made when needed."
    )


def _nearest(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that exists."""
    return next((each for each in (folder, *folder.parents) if each.exists()), folder)


def demo() -> Check:
    """Look at whether the extra of the embedded account is installed."""
    if importlib.util.find_spec("moto") is None:
        return note(
            What.DEMO,
            "The embedded account needs the library moto, which is not installed.",
            "Install planescope with its extra.",
            "pip install 'planescope[demo]'",
        )
    return ready(What.DEMO, "The extra of the embedded account is installed.")


def git() -> Check:
    """Look for git."""
    found = find_program("git")
    if found is None:
        return note(What.GIT, "It was not found in PATH.", "Without it the repository has to be named (--repo).")
    return ready(What.GIT, f"{found}.")


def gh() -> Check:
    """Look for gh."""
    found = find_program("gh")
    if found is None:
        return note(
            What.GH, "It was not found in PATH.", "It is one of several sources of a token, and none is lost with it."
        )
    return ready(What.GH, f"{found}.")


CHECKS = (python, settings, cache, demo, git, gh)
"""All that asks nobody."""
