"""Where tests find what they read: the checkout, its test data, the reference folder beside it."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"
SHARED = ROOT.parent / "shared"
"""Absent in most clones; tests that need it are marked ``shared``."""
