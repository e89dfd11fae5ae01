"""The test files of a fresh clone, made ready once for all workers: pytest rewrites the assertions of a file before its first run.

Each worker of pytest-xdist collects every file at the same time as the others, so each would rewrite all of them, a third of what
collecting costs. They share them out instead: what one has written, the others read.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from _pytest.assertion import rewrite
from places import ROOT


def rewrite_share(config: pytest.Config, share: int, of: int) -> None:
    """Rewrite one share of the files that were not rewritten before; none where Python shall write nothing."""
    if sys.dont_write_bytecode or config.getoption("assertmode") != "rewrite":
        return
    for path in sorted((ROOT / "tests").rglob("test_*.py"))[share::of]:
        _rewrite(config, path)


def _rewrite(config: pytest.Config, path: Path) -> None:
    state = config.stash[rewrite.assertstate_key]
    kept = rewrite.get_cache_dir(path) / (path.stem + rewrite.PYC_TAIL)
    if rewrite._read_pyc(path, kept) is None and rewrite.try_makedirs(kept.parent):
        status, code = rewrite._rewrite_test(path, config)
        rewrite._write_pyc(state, code, status, kept)
