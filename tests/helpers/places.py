"""Where tests find what they read: the checkout, its test data, the reference folder beside it."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"
SHARED = ROOT.parent / "shared"
"""The reference folder, absent beside most clones; tests that need it are marked ``shared``."""


def has_reference_folder(place: Path = SHARED) -> bool:
    """Return whether the reference folder is there; another folder of its name is not it."""
    return (place / "cases" / "policies.jsonl").is_file()
