"""A condition on a key whose value is not known in full is decided only where every possible value gives the same."""

from __future__ import annotations

import json
from string import ascii_letters, digits

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples

from diagnosis.policy import Unparsable, read_document
from diagnosis.policy.language.condition_bounds import OPEN, SHUT, bounded, keys_asked
from diagnosis.policy.language.conditions import ConditionResult, compile_condition
from diagnosis.policy.language.key_states import KeyState, settle
from diagnosis.policy.request import ContextValue

REFERENCE = KeyState("a reference", form="?*/?*/?*@?*")
NUMBER = KeyState("a number", form="?*", alphabet=frozenset("0123456789"))
NAMED = KeyState("a session name", form="octo-*", alphabet=frozenset(f"{ascii_letters}{digits}-"))
FALSE_OR_NOTHING = KeyState("false or nothing", carried=None, values=("false",))


def settled(operator, values, state, variables=True):
    condition = compile_condition(operator, "some:key", values, "", variables=variables)
    outcome = settle(condition, state).settled
    return None if outcome is None else outcome.holds


@pytest.mark.parametrize(
    ("operator", "values", "state", "holds"),
    [
        ("StringEquals", ["Deploy"], REFERENCE, False),
        ("ForAllValues:StringEquals", ["Deploy"], REFERENCE, False),
        ("StringNotEquals", ["Deploy"], REFERENCE, True),
        ("StringEquals", ["o/r/f@main"], REFERENCE, None),
        ("StringLike", ["*deploy*"], REFERENCE, None),
        ("StringLike", ["*"], REFERENCE, True),
        ("StringLike", ["?*/*@*"], REFERENCE, True),
        ("StringLike", ["octo-*"], NAMED, True),
        ("StringLike", ["octo-?*"], NAMED, None),
        ("StringEquals", ["octo-*"], NAMED, False),
        ("StringNotLike", ["o*"], NAMED, False),
        ("StringNotLike", ["*"], REFERENCE, False),
        ("Null", ["true"], REFERENCE, False),
        ("Null", ["false"], REFERENCE, True),
        ("StringEquals", ["octo-org/shop"], NUMBER, False),
        ("StringEquals", ["456"], NUMBER, None),
        ("StringLike", ["o*"], NUMBER, False),
        ("StringEquals", ["${aws:username}"], REFERENCE, None),
        ("BoolIfExists", ["false"], FALSE_OR_NOTHING, True),
        ("BoolIfExists", ["true"], FALSE_OR_NOTHING, None),
        ("Bool", ["true"], FALSE_OR_NOTHING, False),
        ("Bool", ["false"], FALSE_OR_NOTHING, None),
        ("Null", ["true"], FALSE_OR_NOTHING, None),
        ("DateLessThan", ["2020-01-01"], REFERENCE, None),
    ],
)
def test_what_every_possible_value_answers_alike_is_decided(operator, values, state, holds):
    assert settled(operator, values, state) is holds


def test_a_variable_is_plain_text_in_version_2008():
    assert settled("StringEquals", ["${aws:username}"], REFERENCE, variables=False) is False


TEXT = st.text(alphabet="ab/@*?", max_size=6)
OPERATORS = st.sampled_from(
    [
        f"{prefix}{base}{suffix}"
        for prefix in ("", "ForAllValues:", "ForAnyValue:")
        for base in ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase")
        for suffix in ("", "IfExists")
    ]
)


@settings(max_examples=examples(2000))
@given(
    operator=OPERATORS,
    values=st.lists(TEXT, min_size=1, max_size=2),
    form=TEXT.filter(bool),
    members=st.lists(st.text(alphabet="ab/@AB", max_size=6), min_size=1, max_size=8),
    carried=st.sampled_from([True, None]),
)
def test_a_decided_condition_gives_that_outcome_for_every_member_of_the_form(operator, values, form, members, carried):
    holds = settled(operator, values, KeyState("x", carried=carried, form=form))
    if holds is None:
        return
    condition = compile_condition(operator, "some:key", values, "", variables=True)
    own = compile_condition("StringLike", "some:key", [form], "", variables=False)
    for member in [*members, form.replace("*", "a").replace("?", "b"), form.replace("*", "").replace("?", "/")]:
        context = {"some:key": ContextValue((member,), False)}
        # An empty value is a null data set to ForAllValues, and no claim is empty.
        if member and own.test(context) is ConditionResult.MATCHED:
            assert (condition.test(context) is ConditionResult.MATCHED) is holds
    if carried is None:
        assert (condition.test({}) is ConditionResult.MATCHED) is holds


def policy(version, condition, resource="*"):
    statement = {"Effect": "Allow", "Action": "ecr:*", "Resource": resource, "Condition": condition}
    found = read_document(json.dumps({"Version": version, "Statement": [statement]})).policy
    assert not isinstance(found, Unparsable)
    return found


def test_version_2008_asks_for_no_variable():
    old = policy("2008-10-17", {"StringEquals": {"aws:a": "${aws:b}"}}, "arn:aws:ecr:::repository/${aws:c}")
    assert keys_asked(old) == {"aws:a"}
    assert bounded(old, {"aws:a"}, SHUT) == (old, ())
    new = policy("2012-10-17", {"StringEquals": {"aws:a": "${aws:b}"}}, "arn:aws:ecr:::repository/${aws:c}")
    assert keys_asked(new) == {"aws:a", "aws:b", "aws:c"}
    assert bounded(new, {"aws:a"}, SHUT)[1] == ("aws:b", "aws:c")


def test_a_statement_with_a_condition_that_never_holds_applies_on_neither_side():
    found = policy("2012-10-17", {"StringEquals": {"some:ref": "bare", "aws:SourceIp": "10.0.0.1"}})
    for side in (OPEN, SHUT):
        kept, unsure = bounded(found, set(), side, {"some:ref": REFERENCE})
        assert unsure == ()
        assert any(item.test({}) is ConditionResult.FAILED for item in kept.statements[0].conditions)


def test_a_key_that_is_certainly_absent_is_decided_without_a_value():
    absent = KeyState("nothing", carried=False, form="?*")
    assert settled("StringEquals", ["x"], absent) is False
    assert settled("StringNotEquals", ["x"], absent) is True
    assert settled("StringEqualsIfExists", ["x"], absent) is True
