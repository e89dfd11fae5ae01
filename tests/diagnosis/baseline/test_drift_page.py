"""docs/drift.md is what the rules say."""

from __future__ import annotations

from places import ROOT

from diagnosis.baseline.page import page


def test_the_page_is_made_from_the_rules() -> None:
    written = (ROOT / "docs" / "drift.md").read_text(encoding="utf-8")
    assert written == page(), "python -m diagnosis.baseline.page > docs/drift.md"
