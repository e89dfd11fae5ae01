"""A policy document as a value: source text, compiled policy and plain JSON, made in one place."""

from __future__ import annotations

import ast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from parsed_modules import parsed_modules

from diagnosis.policy import Policy, Unparsable, read_document, write_document
from diagnosis.policy.language.tree import JsonObject, statements, with_own_sids

TEXT = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "ecr:*", "Resource": "*"}}'
READS_JSON = {
    "diagnosis/steps/expressions/json_text.py",
    "diagnosis/policy/language/document.py",
    "diagnosis/policy/language/strict_json.py",
    "diagnosis/lint/places.py",  # a single key, for its place
    # These read other JSON than policies: whatever comes from outside, a CloudFormation template of our own,
    # and the parameters of an AWS CLI command.
    "diagnosis/json_members.py",
    "diagnosis/logs/scrubbed_values.py",
    "diagnosis/remedies/bundle.py",
    "diagnosis/steps/aws_cli/words.py",
    "diagnosis/steps/actions/container_service.py",  # task definitions
    "diagnosis/closure/build_inputs.py",  # the exec form of a Dockerfile's instruction
    "diagnosis/closure/steps/constants/jq_filter.py",  # a literal of jq
    "diagnosis/steps/infrastructure/cdk.py",
    "diagnosis/steps/infrastructure/terraform_plan.py",
    "diagnosis/steps/infrastructure/terraform_state.py",
    # A member of a JSON text that a script asks jq for, the scripts of package.json, a bake file.
    "diagnosis/steps/script/command_output.py",
    "diagnosis/steps/tools/bake.py",
    "diagnosis/steps/tools/scripts.py",
}
PARSES_POLICIES = {
    "diagnosis/policy/language/document.py",
    "diagnosis/policy/language/parsing.py",
    "diagnosis/policy/evaluation/rows.py",
    "diagnosis/lint/document.py",  # reads on past the faults that it tells
}


def test_a_document_is_its_text_what_it_means_and_its_json() -> None:
    document = read_document(TEXT)
    assert document.text == TEXT
    assert isinstance(document.policy, Policy)
    assert document.tree["Version"] == "2012-10-17"
    assert document == read_document(TEXT)
    assert document != read_document(TEXT.replace(" ", ""))


def test_an_edit_leaves_the_document_as_it_was() -> None:
    document = read_document(TEXT)
    edited = document.editable()
    edited["Version"] = "2008-10-17"
    assert document.tree["Version"] == "2012-10-17"
    assert document.editable()["Version"] == "2012-10-17"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", '"x"', "{}", '{"Statement": [{}]}', '{"Statement": [], "Statement": []}']
)
def test_what_is_no_policy_says_why_and_is_not_edited(text: str) -> None:
    document = read_document(text)
    assert isinstance(document.policy, Unparsable)
    assert document.tree == {}
    with pytest.raises(ValueError, match=r"\w"):
        document.editable()


@given(st.text())
def test_any_text_gives_a_value(text: str) -> None:
    assert read_document(text).text == text


def test_a_document_is_written_as_people_write_it_or_compact() -> None:
    tree: JsonObject = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ecr:*", "Resource": "*"}]}
    assert '\n  "Version"' in write_document(tree).text
    assert " " not in write_document(tree, compact=True).text
    assert write_document(tree).tree == tree


@given(st.from_regex(r"-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,4})?", fullmatch=True))
@example("1.10")
@example("1e999")
@example("-0")
@example("9" * 5_000)
def test_an_edited_document_keeps_its_numbers_letter_by_letter(number: str) -> None:
    condition = f'{{"NumericLessThan": {{"aws:MultiFactorAuthAge": {number}}}}}'
    document = read_document(
        f'{{"Statement": {{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {condition}}}}}'
    )
    again = write_document(document.editable())
    assert again.compiled() == document.compiled()
    assert again.compiled().statements[0].conditions[0].values == (number,)


def test_repeated_sids_are_numbered_and_what_was_given_is_not_changed() -> None:
    given_items: list[JsonObject] = [{"Sid": "A"}, {"Sid": "A"}, {}]
    assert with_own_sids(given_items) == [{"Sid": "A"}, {"Sid": "A2"}, {}]
    assert given_items == [{"Sid": "A"}, {"Sid": "A"}, {}]


def test_statements_are_one_or_a_list_of_them() -> None:
    assert statements({"Statement": {"Effect": "Allow"}}) == [{"Effect": "Allow"}]
    assert statements({"Statement": [{"Effect": "Allow"}, "junk"]}) == [{"Effect": "Allow"}]


def test_policies_are_parsed_in_one_place_and_no_other_module_of_the_diagnosis_reads_their_json() -> None:
    reading, parsing = set(), set()
    for place, tree in parsed_modules().items():
        calls = {_name(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        if place.startswith("diagnosis/") and calls & {"json.loads", "loads"}:
            reading.add(place)
        if "parse_policy" in calls:
            parsing.add(place)
    assert reading == READS_JSON
    assert parsing == PARSES_POLICIES


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return f"{function.value.id}.{function.attr}"
    return function.id if isinstance(function, ast.Name) else ""


@given(st.text())
def test_a_written_document_can_be_copied_from_a_terminal_without_a_loss(text: str) -> None:
    tree: JsonObject = {"Statement": [{"Sid": text, "Effect": "Allow", "Action": "ecr:*", "Resource": [text, "é\x85"]}]}
    for compact in (False, True):
        document = write_document(tree, compact=compact)
        assert all(map(str.isprintable, document.text.split("\n")))
        assert document.tree == tree or isinstance(document.policy, Unparsable)
