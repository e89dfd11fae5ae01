"""The page of the rules is the one that the rules make."""

from __future__ import annotations

from places import ROOT

from diagnosis.lint.page import page


def test_the_page_is_made_from_the_rules() -> None:
    written = (ROOT / "docs" / "policy-rules.md").read_text(encoding="utf-8")
    assert written == page(), "python -m diagnosis.lint.page > docs/policy-rules.md"
