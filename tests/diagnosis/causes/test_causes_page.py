"""The page of the documentation is the catalogue's own."""

from __future__ import annotations

from pathlib import Path

from diagnosis.causes import Cause, Integrity
from diagnosis.causes.page import page

PAGE = Path(__file__).resolve().parents[3] / "docs" / "causes.md"


def test_the_page_is_as_the_catalogue_makes_it() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m diagnosis.causes.page > docs/causes.md"


def test_the_page_holds_every_cause_and_every_integrity_finding() -> None:
    text = page()
    assert [line[5:-1] for line in text.splitlines() if line.startswith("### ")] == [
        *map(str, Cause),
        *map(str, Integrity),
    ]
