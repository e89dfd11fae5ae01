"""Every value of a text has its path, line and column, whatever the text's layout."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples

from diagnosis.lint.lint import LintReport, lint
from diagnosis.lint.places import path_text, read_places

TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


def ways(value: Any, steps: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    """Each value of a tree with the way to it."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(steps, value), *(found for step, each in inner for found in ways(each, (*steps, step)))]


@settings(max_examples=examples(200), deadline=None)
@given(TREES, st.sampled_from([None, 0, 1, 3]), st.booleans())
def test_each_value_stands_where_its_place_says(tree: Any, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(tree, indent=indent, ensure_ascii=ascii_only)
    places = read_places(text)
    lines = text.split("\n")
    found = ways(tree)
    assert set(places.offsets) == {steps for steps, _ in found}
    assert places.repeated == ()
    for steps, value in found:
        place = places.at(*steps)
        assert place.line is not None
        assert place.column is not None
        rest = "\n".join([lines[place.line - 1][place.column - 1 :], *lines[place.line :]])
        shown = steps[-1] if steps and isinstance(steps[-1], str) else value
        decoded, _ = json.JSONDecoder().raw_decode(rest)
        assert decoded == shown


def test_a_path_is_one_that_jq_takes() -> None:
    assert path_text(("Statement", 2, "Condition", "StringEquals", "token.actions.githubusercontent.com:sub", 0)) == (
        'Statement[2].Condition.StringEquals."token.actions.githubusercontent.com:sub"[0]'
    )
    assert path_text(()) == ""


@settings(max_examples=examples(300), deadline=None)
@given(TREES)
def test_junk_in_the_place_of_statements_gives_findings_and_no_exception(tree: Any) -> None:
    for document in (
        tree,
        {"Statement": tree},
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Condition": tree}]},
    ):
        report = lint(json.dumps(document))
        if isinstance(report, LintReport):
            assert report.findings
