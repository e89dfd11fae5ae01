"""One table for every condition operator, with the values at its edges, from the IAM reference of operators."""

from __future__ import annotations

import pytest

from diagnosis.policy import Effect, Outcome, Policy, Request, parse_policy
from diagnosis.policy.evaluation.evaluate import evaluate
from diagnosis.policy.evaluation.layers import Layers
from diagnosis.policy.language.conditions import ConditionResult, compile_condition
from diagnosis.policy.language.operators import OPERATORS

M, F, A = ConditionResult.MATCHED, ConditionResult.FAILED, ConditionResult.KEY_ABSENT


def result(
    operator: str,
    wanted: object,
    met: tuple[str, ...] | None,
    *,
    multivalued: bool = False,
    version: str = "2012-10-17",
) -> ConditionResult:
    """What one condition says; ``met`` None leaves the key out of the request."""
    policy = parse_policy(
        {
            "Version": version,
            "Statement": {
                "Effect": "Allow",
                "Action": "*",
                "Resource": "*",
                "Condition": {operator: {"test:key": wanted}},
            },
        }
    )
    assert isinstance(policy, Policy), policy
    context = {} if met is None else {"test:key": met}
    several = frozenset({"test:key"}) if multivalued else frozenset()
    request = Request(
        "arn:aws:iam::111122223333:user/u", "a:b", "*", None, {**context, "test:other": ("x*y",)}, several
    )
    (condition,) = policy.statements[0].conditions
    return condition.test(request.keys)


STRINGS = [
    ("StringEquals", "main", "main", M),
    ("StringEquals", "main", "Main", F),
    ("StringEquals", "main", "main ", F),
    ("StringEquals", "ma*", "main", F),
    ("StringEquals", "ma*", "ma*", M),
    ("StringEquals", ["a", "b"], "b", M),
    ("StringEquals", ["a", "b"], "c", F),
    ("StringEquals", [], "c", F),
    ("StringEquals", "", "", M),
    ("StringNotEquals", "main", "dev", M),
    ("StringNotEquals", "main", "main", F),
    ("StringNotEquals", "main", "Main", M),
    ("StringNotEquals", ["a", "b"], "b", F),
    ("StringNotEquals", ["a", "b"], "c", M),
    ("StringNotEquals", [], "c", M),
    ("StringEqualsIgnoreCase", "Main", "mAIN", M),
    ("StringEqualsIgnoreCase", "main", "dev", F),
    ("StringEqualsIgnoreCase", "ma*", "MAIN", F),
    ("StringNotEqualsIgnoreCase", "Main", "mAIN", F),
    ("StringNotEqualsIgnoreCase", "main", "dev", M),
    ("StringLike", "ma*", "main", M),
    ("StringLike", "ma*", "ma", M),
    ("StringLike", "ma*", "Main", F),
    ("StringLike", "m??n", "main", M),
    ("StringLike", "m?n", "main", F),
    ("StringLike", "main?", "main", F),
    ("StringLike", "*", "", M),
    ("StringLike", "*/x/*/y", "a/x/b/c/y", M),
    ("StringLike", "a*b*c", "a-b-b-c", M),
    ("StringLike", "a*b*c", "a-c-b", F),
    ("StringLike", "*ab", "aab", M),
    ("StringLike", "a.c", "abc", F),
    ("StringLike", "line*end", "line\nend", M),
    ("StringLike", "(a|b)+", "(a|b)+", M),
    ("StringNotLike", "ma*", "main", F),
    ("StringNotLike", "ma*", "dev", M),
    ("StringNotLike", ["ma*", "de?"], "dev", F),
]

NUMBERS = [
    ("NumericEquals", "10", "10", M),
    ("NumericEquals", "10", "10.0", M),
    ("NumericEquals", "10", "010", M),
    ("NumericEquals", 10, "10", M),
    ("NumericEquals", 1.5, "1.50", M),
    ("NumericEquals", "10", "11", F),
    ("NumericEquals", "10", "ten", F),
    ("NumericEquals", ["1", "2"], "2", M),
    ("NumericNotEquals", "10", "11", M),
    ("NumericNotEquals", "10", "10.0", F),
    ("NumericNotEquals", ["1", "2"], "2", F),
    ("NumericNotEquals", "10", "ten", F),
    ("NumericLessThan", "10", "9.999", M),
    ("NumericLessThan", "10", "10", F),
    ("NumericLessThan", "-1", "-2", M),
    ("NumericLessThanEquals", "10", "10", M),
    ("NumericLessThanEquals", "10", "10.0001", F),
    ("NumericGreaterThan", "10", "10.1", M),
    ("NumericGreaterThan", "10", "10", F),
    ("NumericGreaterThan", "9", "10", M),
    ("NumericGreaterThanEquals", "10", "10", M),
    ("NumericGreaterThanEquals", "10", "9", F),
]

DATES = [
    ("DateEquals", "2026-07-15T00:00:00Z", "2026-07-15T00:00:00Z", M),
    ("DateEquals", "2026-07-15T00:00:00Z", "2026-07-15T02:00:00+02:00", M),
    ("DateEquals", "2026-07-15", "2026-07-15T00:00:00Z", M),
    ("DateEquals", "2026-07", "2026-07-01", M),
    ("DateEquals", "2026-07-15T00:00:00Z", "1784073600", M),
    ("DateEquals", "1784073600", "2026-07-15T00:00:00Z", M),
    ("DateEquals", "2026-07-15T00:00Z", "2026-07-15T00:00:00.5Z", F),
    ("DateEquals", "2026-07-15T00:00:00Z", "soon", F),
    ("DateEquals", "2026-13-01", "2026-12-01", F),
    ("DateNotEquals", "2026-07-15T00:00:00Z", "2026-07-15T00:00:01Z", M),
    ("DateNotEquals", "2026-07-15T00:00:00Z", "1784073600", F),
    ("DateLessThan", "2026-07-15T00:00:00Z", "2026-07-14T23:59:59Z", M),
    ("DateLessThan", "2026-07-15T00:00:00Z", "2026-07-15T00:00:00Z", F),
    ("DateLessThanEquals", "2026-07-15T00:00:00Z", "2026-07-15T00:00:00Z", M),
    ("DateLessThanEquals", "2026-07-15T00:00:00Z", "2026-07-15T00:00:01Z", F),
    ("DateGreaterThan", "2026-07-15T00:00:00Z", "2026-07-15T00:00:00.001Z", M),
    ("DateGreaterThan", "2026-07-15T00:00:00Z", "2026-07-15T00:00:00Z", F),
    ("DateGreaterThanEquals", "2026-07-15T00:00:00Z", "2026-07-15T00:00:00Z", M),
    ("DateGreaterThanEquals", "2026-07-15T00:00:00Z", "1784073599", F),
]

OTHERS = [
    ("Bool", "true", "true", M),
    ("Bool", "true", "TRUE", M),
    ("Bool", True, "true", M),
    ("Bool", "true", "false", F),
    ("Bool", ["true", "false"], "false", M),
    ("Bool", "true", "1", F),
    ("Bool", "yes", "true", F),
    ("Bool", "true ", "true", F),
    ("BinaryEquals", "QUJD", "QUJD", M),
    ("BinaryEquals", "QUJD", "qujd", F),
    ("BinaryEquals", "QUJD", "QUJE", F),
    ("BinaryEquals", "QUJD", "not base64!", F),
    ("IpAddress", "203.0.113.0/24", "203.0.113.0", M),
    ("IpAddress", "203.0.113.0/24", "203.0.113.255", M),
    ("IpAddress", "203.0.113.0/24", "203.0.114.0", F),
    ("IpAddress", "203.0.113.7/24", "203.0.113.9", M),
    ("IpAddress", "203.0.113.7", "203.0.113.7", M),
    ("IpAddress", "203.0.113.7", "203.0.113.8", F),
    ("IpAddress", "0.0.0.0/0", "10.1.2.3", M),
    ("IpAddress", "0.0.0.0/0", "2001:db8::1", F),
    ("IpAddress", "2001:DB8:1234:5678::/64", "2001:db8:1234:5678::1", M),
    ("IpAddress", "2001:DB8:1234:5678::/64", "2001:db8:1234:5679::1", F),
    ("IpAddress", "2001:db8::1", "2001:0db8:0000::0001", M),
    ("IpAddress", ["10.0.0.0/8", "2001:db8::/32"], "2001:db8::5", M),
    ("IpAddress", "10.0.0.0/8", "example.com", F),
    ("NotIpAddress", "10.0.0.0/8", "11.0.0.0", M),
    ("NotIpAddress", "10.0.0.0/8", "10.255.255.255", F),
    ("NotIpAddress", "10.0.0.0/8", "2001:db8::1", M),
    ("NotIpAddress", ["10.0.0.0/8", "2001:db8::/32"], "2001:db8::1", F),
    ("NotIpAddress", "10.0.0.0/8", "example.com", F),
]

ARN = "arn:aws:sns:us-east-2:111122223333:topic"
ARNS = [
    ("ArnEquals", ARN, ARN, M),
    ("ArnEquals", "arn:aws:sns:*:111122223333:*", ARN, M),
    ("ArnEquals", "arn:aws:sns:us-east-?:111122223333:t*c", ARN, M),
    ("ArnEquals", ARN.upper().replace("ARN:", "arn:"), ARN, F),
    ("ArnLike", "arn:aws:sns:*:*:Topic", ARN, F),
    ("ArnLike", "arn:*:*:*:*:*", ARN, M),
    # The reference's own example: StringLike would match here, ArnLike does not.
    (
        "ArnLike",
        "arn:aws:someservice:*:111122223333:finance/*",
        "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt",
        F,
    ),
    (
        "StringLike",
        "arn:aws:someservice:*:111122223333:finance/*",
        "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt",
        M,
    ),
    ("ArnLike", "arn:aws:logs:*:111122223333:log-group:*", "arn:aws:logs:eu-west-1:111122223333:log-group:a:b", M),
    ("ArnLike", "arn:aws:sns:us-east-2", ARN, F),
    ("ArnLike", "*", ARN, F),
    ("ArnLike", "arn:aws:sns:*:*:*", "topic", F),
    ("ArnNotEquals", ARN, ARN, F),
    ("ArnNotEquals", "arn:aws:sqs:*:*:*", ARN, M),
    ("ArnNotLike", "arn:aws:sns:*:*:*", ARN, F),
    ("ArnNotLike", ["arn:aws:sqs:*:*:*", "arn:aws:s3:*:*:*"], ARN, M),
    ("ArnNotLike", "arn:aws:sns:*:*:*", "topic", F),
    ("ArnNotLike", "arn:aws:sns:us-east-1:*", ARN, M),
    ("ArnNotLike", "arn:aws:sns:us-east-1:*", "topic", F),
]


@pytest.mark.parametrize(("operator", "wanted", "met", "expected"), STRINGS)
def test_string_operators(operator: str, wanted: object, met: str, expected: ConditionResult) -> None:
    assert result(operator, wanted, (met,)) is expected


@pytest.mark.parametrize(("operator", "wanted", "met", "expected"), NUMBERS)
def test_numeric_operators(operator: str, wanted: object, met: str, expected: ConditionResult) -> None:
    assert result(operator, wanted, (met,)) is expected


@pytest.mark.parametrize(("operator", "wanted", "met", "expected"), DATES)
def test_date_operators(operator: str, wanted: object, met: str, expected: ConditionResult) -> None:
    assert result(operator, wanted, (met,)) is expected


@pytest.mark.parametrize(("operator", "wanted", "met", "expected"), OTHERS)
def test_boolean_binary_and_address_operators(
    operator: str, wanted: object, met: str, expected: ConditionResult
) -> None:
    assert result(operator, wanted, (met,)) is expected


@pytest.mark.parametrize(("operator", "wanted", "met", "expected"), ARNS)
def test_arn_operators(operator: str, wanted: object, met: str, expected: ConditionResult) -> None:
    assert result(operator, wanted, (met,)) is expected


def test_every_operator_stands_in_a_table() -> None:
    tables = STRINGS + NUMBERS + DATES + OTHERS + ARNS
    tested = {row[0].lower() for row in tables}
    assert tested == set(OPERATORS)
    for name in tested:
        outcomes = {row[3] for row in tables if row[0].lower() == name}
        assert outcomes == {M, F}, f"{name} has no case of both kinds"


@pytest.mark.parametrize("operator", sorted(operator.name for operator in OPERATORS.values()))
def test_an_absent_key_fails_unless_the_operator_is_negated(operator: str) -> None:
    negated = "Not" in operator
    assert result(operator, "1", None) is (M if negated else A)
    assert result(f"{operator}IfExists", "1", None) is M
    assert result(f"ForAllValues:{operator}", "1", None) is M
    assert result(f"ForAnyValue:{operator}", "1", None) is A
    assert result(f"ForAnyValue:{operator}IfExists", "1", None) is M


@pytest.mark.parametrize(
    ("wanted", "met", "expected"),
    [
        ("true", None, M),
        ("true", ("x",), F),
        ("true", ("",), F),
        ("false", None, A),
        ("false", ("x",), M),
        (True, None, M),
        (["true", "false"], None, M),
        (["true", "false"], ("x",), M),
        ([], ("x",), F),
        ("True", None, M),
        ("maybe", None, A),
    ],
)
def test_null_asks_whether_the_key_is_absent(
    wanted: object, met: tuple[str, ...] | None, expected: ConditionResult
) -> None:
    assert result("Null", wanted, met) is expected


def test_a_key_without_any_value_is_null() -> None:
    assert result("Null", "true", ()) is M
    assert result("StringEquals", "x", ()) is A
    assert result("ForAllValues:StringEquals", "x", ()) is M


@pytest.mark.parametrize(
    ("operator", "wanted", "met", "expected"),
    [
        ("ForAllValues:StringEquals", ["a", "b"], ("a",), M),
        ("ForAllValues:StringEquals", ["a", "b"], ("a", "b"), M),
        ("ForAllValues:StringEquals", ["a", "b"], ("a", "c"), F),
        ("ForAllValues:StringLike", ["a*"], ("a1", "a2"), M),
        ("ForAllValues:StringNotEquals", ["a", "b"], ("c", "d"), M),
        ("ForAllValues:StringNotEquals", ["a", "b"], ("c", "a"), F),
        ("ForAllValues:StringEquals", ["a"], ("",), M),
        ("ForAnyValue:StringEquals", ["a", "b"], ("c", "b"), M),
        ("ForAnyValue:StringEquals", ["a", "b"], ("c", "d"), F),
        ("ForAnyValue:StringNotEquals", ["a", "b"], ("a", "c"), M),
        ("ForAnyValue:StringNotEquals", ["a", "b"], ("a", "b"), F),
        ("ForAnyValue:NumericLessThan", ["5"], ("9", "4"), M),
        ("ForAllValues:NumericLessThan", ["5"], ("9", "4"), F),
        ("forallvalues:stringequals", ["a"], ("a",), M),
    ],
)
def test_set_operators_over_a_list(
    operator: str, wanted: object, met: tuple[str, ...], expected: ConditionResult
) -> None:
    assert result(operator, wanted, met, multivalued=True) is expected


@pytest.mark.parametrize("operator", ["StringEquals", "StringNotEquals", "StringLikeIfExists"])
def test_a_list_needs_a_set_operator(operator: str) -> None:
    assert result(operator, "a", ("a",), multivalued=True) is F
    assert result(operator, "z", ("a", "b"), multivalued=True) is F


def test_set_operators_take_single_values_too() -> None:
    assert result("ForAnyValue:StringLike", ["x", "repo:o/*"], ("repo:o/r:ref:refs/heads/main",)) is M
    assert result("ForAllValues:StringEquals", ["x"], ("y",)) is F


def test_operator_names_know_no_case_but_must_exist() -> None:
    assert result("stringlike", "a*", ("ab",)) is M
    for unknown in ("StringIs", "NullIfExists", "ForSomeValues:StringEquals", "StringEqualsIfExist", "", "Bool:"):
        assert compile_condition(unknown, "k", ("v",), "", variables=True) is None


def test_conditions_are_joined_by_and() -> None:
    policy = parse_policy(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Action": "*",
                "Resource": "*",
                "Condition": {"StringEquals": {"k:a": "1", "k:b": "2"}, "Bool": {"k:c": "true"}},
            },
        }
    )
    assert isinstance(policy, Policy)
    assert policy.statements[0].effect is Effect.ALLOW
    every = {"k:a": ("1",), "k:b": ("2",), "k:c": ("true",)}

    def outcome(context: dict[str, tuple[str, ...]]) -> Outcome:
        request = Request("arn:aws:iam::111122223333:user/u", "s:Act", "*", None, context)
        return evaluate(request, Layers(identity=(policy,))).outcome

    assert outcome(every) is Outcome.ALLOWED
    for key in every:
        assert outcome({name: values for name, values in every.items() if name != key}) is Outcome.IMPLICIT_DENY


def test_key_names_know_no_case() -> None:
    policy = parse_policy(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Action": "*",
                "Resource": "*",
                "Condition": {"StringEquals": {"AWS:PrincipalTag/Team": "a"}},
            },
        }
    )
    assert isinstance(policy, Policy)
    request = Request("arn:aws:iam::111122223333:user/u", "s:Act", "*", None, {"aws:principaltag/TEAM": ("a",)})
    assert evaluate(request, Layers(identity=(policy,))).allowed
