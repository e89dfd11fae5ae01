"""A row that cannot be read as a request is refused with the member that is wrong; numbers and lists are taken as text."""

from __future__ import annotations

import pytest

from diagnosis.policy.evaluation.rows import Row, RowFault, read_row
from diagnosis.policy.language.strict_json import JsonFault, outer_member, read_json

REQUEST = {
    "principal": "arn:aws:sts::111122223333:assumed-role/release/x",
    "action": "ecr:PutImage",
    "resource": "arn:aws:ecr:eu-west-1:111122223333:repository/a",
}


def row(**more: object) -> dict[str, object]:
    return {"id": "one", "request": {**REQUEST, **more}, "identity_policies": []}


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        ({"id": "one", "request": []}, "request must be an object"),
        (row(resource_account=[]), "request.resource_account must be a string"),
        (row(wildcard_only_action="yes"), "request.wildcard_only_action must be true or false"),
        (row(principal=""), "request.principal must be a string"),
        (row(multivalued_keys="aws:TagKeys"), "request.multivalued_keys must be a list"),
        (row(context=[]), "request.context must be an object"),
        (row(context={1: "a"}), "request.context must have string keys"),
        (row(context={"a": {}}), "a value of request.context must hold strings"),
        (row(context={"a": ["x"] * 100_000}), "a key of request.context has more than"),
        ({**row(), "identity_policies": {"a": 1}}, "identity_policies must be a list of policy documents"),
        ({**row(), "identity_policies": [1]}, "identity_policies[0] must be a policy document"),
        ({**row(), "scps": "all"}, "scps must be a list of levels"),
        ({**row(), "scps": ["all"]}, "scps[0] must be an object"),
    ],
)
def test_what_is_wrong_is_named(tree: object, words: str) -> None:
    fault = read_row(tree)
    assert isinstance(fault, RowFault)
    assert words in fault.error


def test_numbers_and_truths_are_read_as_the_text_that_a_policy_compares() -> None:
    tree = read_json(
        '{"id": 7, "request": {"principal": "p", "action": "a:B", "resource": "*", "resource_account": 111122223333,'
        ' "context": {"n": 4.50, "t": true, "l": [1, "b"]}}, "scps": [{"policies": []}]}'
    )
    read = read_row(tree)
    assert isinstance(read, Row)
    assert read.request.resource_account == "111122223333"
    assert read.request.context == {"n": ("4.50",), "t": ("true",), "l": ("1", "b")}
    assert read.layers.scps == (("0", ()),)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('{"a": [1, {"b": 1}], "c": {"d": 1},\n "a": 2}', 2, "a"),
        ('{"a": [],\n "b": NaN}', 2, "NaN"),
        ('{"a": "NaN \\" [",\n "b": -Infinity}', 2, "-Infinity"),
        ('{"a": 1,\n}', 1, "a comma stands before the closing bracket"),
    ],
)
def test_what_is_no_json_is_refused_at_its_place(text: str, line: int, words: str) -> None:
    fault = read_json(text)
    assert isinstance(fault, JsonFault)
    assert fault.line == line
    assert words in fault.why


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"id": "a", "request": {', "a"),
        ('{"request": {"id": "inner"}, "id": 3, ', "3"),
        ('{"request": {"id": "inner"}', None),
        ('{"id": {"id": "a"}}', None),
        ('{"id": "\\ud83"}', None),
        ("]]]", None),
    ],
)
def test_the_id_of_a_broken_row_is_told_as_far_as_it_can_be_read(text: str, found: object) -> None:
    member = outer_member(text, "id")
    assert getattr(member, "text", member) == found
