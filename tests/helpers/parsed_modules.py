"""The modules of the packages as syntax trees, parsed once for all the tests that look into the source."""

from __future__ import annotations

import ast
import gc
from collections.abc import Mapping
from functools import cache

from places import ROOT

PACKAGES = ("diagnosis", "probes", "tui")


@cache
def parsed_modules() -> Mapping[str, ast.Module]:
    """Return the tree of every module by its path from the root: ``diagnosis/gates.py``."""
    files = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    # Nothing of a tree is garbage, and to look for it takes most of the time; they stay to the end, so it never need be looked for.
    gc.disable()
    try:
        found = {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in files}
        gc.freeze()
    finally:
        gc.enable()
    return found
