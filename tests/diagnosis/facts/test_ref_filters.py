"""A push filter lets a branch or a tag through as GitHub's cheat sheet says; what cannot be read decides nothing."""

from __future__ import annotations

import pytest
from cost import cost

from diagnosis.facts.ref_filters import may_push


@pytest.mark.parametrize(
    ("pattern", "fits", "misses"),
    [
        ("feature/*", ["feature/my-branch"], ["feature/beta-a/my-branch", "features/a"]),
        ("feature/**", ["feature/beta-a/my-branch", "feature/x"], ["main"]),
        ("releases/mona-the-octocat", ["releases/mona-the-octocat"], ["releases/mona"]),
        ("*", ["main", "releases"], ["all/the/branches"]),
        ("**", ["all/the/branches", "x"], []),
        ("*feature", ["mona-feature", "feature"], ["feature-x", "a/feature"]),
        ("v2*", ["v2", "v2.0", "v2.9"], ["v1"]),
        ("v[12].[0-9]+.[0-9]+", ["v1.10.1", "v2.0.0"], ["v3.0.0", "v1.x.0"]),
        ("v?.1", ["v.1", ".1"], ["v2.1", "vv.1"]),
        ("a.b", ["a.b"], ["axb"]),
        ("+x", ["+x"], ["x"]),
        ("a\\*", ["a*"], ["ab"]),
    ],
)
def test_patterns(pattern: str, fits: list[str], misses: list[str]) -> None:
    for name in fits:
        assert may_push({"branches": [pattern]}, "branches", name) is True, name
    for name in misses:
        assert may_push({"branches": [pattern]}, "branches", name) is False, name


def test_a_later_pattern_takes_away_and_gives_back() -> None:
    filters = {"branches": ["releases/**", "!releases/**-alpha", "releases/x-alpha"]}
    assert [
        may_push(filters, "branches", name) for name in ("releases/10", "releases/10-alpha", "releases/x-alpha")
    ] == [*(True, False, True)]


def test_what_is_not_filtered_starts_unless_the_other_kind_alone_is() -> None:
    assert may_push({}, "tags", "v1") is True
    assert may_push({"paths": ["x"]}, "tags", "v1") is True
    assert may_push({"branches": ["main"]}, "tags", "v1") is False
    assert may_push({"branches-ignore": ["x"]}, "tags", "v1") is False
    assert may_push({"branches-ignore": ["x*"]}, "branches", "x1") is False
    assert may_push({"branches-ignore": ["x*"]}, "branches", "y") is True


@pytest.mark.parametrize("pattern", ["[", "[z-a]", "*" * 40 + "x", "*a" * 60, "a" * 300, "**?", "${{ x }}"])
def test_a_strange_pattern_never_raises_and_costs_little(pattern: str) -> None:
    assert may_push({"tags": [pattern]}, "tags", "b") in (True, False, None)
    assert cost(lambda: may_push({"tags": [pattern]}, "tags", "a" * 200)) < 50
