"""Tell the version of the rules that judge: what one version concluded says nothing about what another would."""

from __future__ import annotations

import hashlib
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path

import diagnosis
from probes import workflow_file
from probes.store import codec, content, decoding


@cache
def rules_version() -> str | None:
    """Return a digest of all code that judges and parses, and of what it runs on; None where its text cannot be read.

    It is read once for a process (some hundred files, a few milliseconds), so call it early: code that is exchanged while
    a session runs must not give its name to what the former code concluded.
    """
    files = _files()
    if not files:
        return None
    digest = hashlib.sha256(f"{sys.version} ruamel.yaml {version('ruamel.yaml')}".encode())
    try:
        for name, path in files:
            text = path.read_bytes()
            digest.update(f"\n{name} {len(text)}\n".encode())
            digest.update(text)
    except OSError:
        return None
    return digest.hexdigest()[:32]


def _files() -> list[tuple[str, Path]]:
    """Return the files with the names under which they count, in order; none where the code lies in no folder."""
    home = Path(diagnosis.__path__[0])
    own = [(str(path.relative_to(home)), path) for path in sorted(home.rglob("*.py"))]
    beside = [(module.__name__, Path(str(module.__file__))) for module in (workflow_file, codec, content, decoding)]
    return [*own, *beside] if own else []
