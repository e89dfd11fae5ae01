"""YAML of the repository as plain values: bounded, with nothing constructed."""

from __future__ import annotations

import pytest
from cost import cost
from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples

from diagnosis.steps.yaml_text import member, text_of, texts_of, yaml_mapping, yaml_values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: [x, 2.0]\nc: {d: yes}", {"a": "1", "b": ["x", "2.0"], "c": {"d": "yes"}}),
        ("x: &a {i: 1}\ny: {<<: *a, j: 2}", {"x": {"i": "1"}, "y": {"i": "1", "j": "2"}}),
        ("y: {<<: [{i: 1}, {i: 2, k: 3}], k: 4}", {"y": {"i": "1", "k": "4"}}),
        ("a: !!python/object/apply:os.system ['x']", {"a": ["x"]}),
        ("a: 1\n---\nb: 2", {"a": "1"}),
        ("a: [", None),
        ("a: *gone", None),
        ("", None),
    ],
)
def test_values(text: str, expected: object) -> None:
    assert yaml_values(text) == expected


def test_what_repeats_itself_without_end_is_no_value() -> None:
    levels = "".join(f"l{n + 1}: &l{n + 1} [{', '.join([f'*l{n}'] * 9)}]\n" for n in range(9))
    assert yaml_values(f"l0: &l0 [x]\n{levels}") is None
    assert cost(lambda: yaml_values("[" * 5_000)) < 500


def test_members_are_reached_by_name_or_not_at_all() -> None:
    top = yaml_mapping("a: {b: [x, {y: z}]}\nc: d")
    assert texts_of(member(top, "a", "b")) == ["x"]
    assert texts_of(member(top, "c")) == ["d"]
    assert text_of(member(top, "c", "d")) is None
    assert yaml_mapping("[1]") == {}


@given(st.text(alphabet="ab:-{}[]'\"\n &*#!|>%@,?", max_size=100))
@settings(max_examples=examples(300), deadline=None)
def test_no_text_is_too_strange(text: str) -> None:
    yaml_values(text)
