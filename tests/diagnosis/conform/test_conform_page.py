"""docs/conform.md is what the rules say."""

from __future__ import annotations

from places import ROOT

from diagnosis.conform.page import page


def test_the_page_is_made_from_the_rules() -> None:
    written = (ROOT / "docs" / "conform.md").read_text(encoding="utf-8")
    assert written == page(), "python -m diagnosis.conform.page > docs/conform.md"
