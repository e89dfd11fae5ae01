"""Foreign JSON is read with every kind checked, and a fault names the member by its place."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnosis.json_members import JsonFault, JsonMembers

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
STRICT = [
    "text",
    "filled_text",
    "integer",
    "flag",
    "moment",
    "object",
    "texts",
    "integers",
    "objects",
    "optional_moment",
]
LENIENT = ["text", "integer", "flag", "moment", "object", "objects", "texts", "list"]


@given(JUNK)
def test_a_strict_read_gives_the_kind_or_a_fault_and_a_lenient_one_never_fails(value: Any) -> None:
    found = JsonMembers({"a": value})
    for name in STRICT:
        with suppress(JsonFault):
            getattr(found, name)("a")
    for name in LENIENT:
        getattr(found, f"maybe_{name}")("a")


@given(st.text(max_size=40) | JUNK.map(json.dumps))
def test_any_text_is_an_object_or_a_fault(text: str) -> None:
    with suppress(JsonFault):
        assert isinstance(JsonMembers.parse(text).value, dict)


@pytest.mark.parametrize(
    ("read", "sentence"),
    [
        (lambda v: v.objects("runs")[1].object("log").text("file"), "member `runs[1].log.file` is missing"),
        (lambda v: v.objects("runs")[1].integer("id"), "member `runs[1].id` is not a number"),
        (lambda v: v.objects("runs")[0].moment("at"), "member `runs[0].at` is no UTC time ('noon')"),
        (lambda v: v.texts("names"), "member `names[1]` is not a text"),
        (lambda v: v.integers("numbers"), "member `numbers[1]` is not a number"),
        (lambda v: v.filled_text("empty"), "member `empty` is missing"),
        (lambda v: v.flag("empty"), "member `empty` is not true or false"),
    ],
)
def test_a_fault_names_the_member_by_its_place(read: Any, sentence: str) -> None:
    runs = [{"at": "noon"}, {"id": True, "log": {}}]
    value = JsonMembers({"runs": runs, "names": ["a", 1], "numbers": [1, False], "empty": ""})
    with pytest.raises(JsonFault) as caught:
        read(value)
    assert str(caught.value) == sentence


def test_texts_are_cleaned_wherever_they_stand() -> None:
    value = JsonMembers.parse('{"a": "x", "b": {"c": "x"}, "d": [{"e": ["x"]}]}', clean=str.upper)
    assert value.text("a") == value.object("b").text("c") == value.maybe_objects("d")[0].texts("e")[0] == "X"
    assert value.maybe_text("a") == value.maybe_object("b").maybe_text("c") == "X"


def test_defaults_stand_for_what_is_absent_and_never_for_what_is_of_another_kind() -> None:
    value = JsonMembers({"a": 1, "n": None})
    assert (value.text("b", "x"), value.texts("b", ()), value.text("n", "x"), value.has("n")) == ("x", (), "x", False)
    with pytest.raises(JsonFault):
        value.text("a", "x")


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_a_time_that_cannot_be_reckoned_with_is_none(text: str) -> None:
    members = JsonMembers({"at": text})
    assert members.maybe_moment("at") is None
    with pytest.raises(JsonFault, match="is no UTC time"):
        members.moment("at")


def test_a_time_needs_a_zone_where_it_decides() -> None:
    value = JsonMembers(
        {"a": "2026-02-13T11:36:26", "b": "2026-02-13T12:36:26+01:00", "c": "0001-01-01T00:00:00+05:00"}
    )
    noon = datetime(2026, 2, 13, 11, 36, 26, tzinfo=UTC)
    assert value.moment("b") == value.maybe_moment("b") == value.maybe_moment("a") == noon
    assert value.maybe_moment("c") is None
    for name in ("a", "c"):
        with pytest.raises(JsonFault):
            value.moment(name)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1, "a": 1}', "a member twice"),
        ('{"x": [{"b": null, "conclusion": "failure", "conclusion": "success"}]}', "a member twice"),
        ('{"a": NaN}', "NaN is no value"),
        ('{"a": [-Infinity]}', "-Infinity is no value"),
    ],
)
def test_what_readers_of_json_take_in_different_ways_is_refused(text: str, words: str) -> None:
    with pytest.raises(JsonFault, match=words):
        JsonMembers.parse(text)
