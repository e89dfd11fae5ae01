"""A clone whose branch widens a trust policy."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from mcp_sources import trust_of

_NOBODY = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}


def clone_with_a_change(folder: Path) -> Path:
    """Make the clone; its base is ``main``."""
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "trust.json").write_text(trust_of("repo:octo-org/shop:ref:refs/heads/main"))
    commit(folder)
    git(folder, "checkout", "-q", "-b", "change")
    (folder / "trust.json").write_text(trust_of("repo:octo-org/shop:ref:refs/heads/*"))
    commit(folder)
    return folder


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "-c", "user.name=a test", "-c", "user.email=a@example.com", "commit", "-q", "-m", "a change")


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, env={**os.environ, **_NOBODY}, check=True, capture_output=True)
