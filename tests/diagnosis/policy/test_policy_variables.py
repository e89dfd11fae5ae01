"""Policy variables: where they are replaced, by what, and what an unknown one does."""

from __future__ import annotations

import pytest

from diagnosis.policy import Layers, Outcome, Policy, Request, evaluate, parse_policy

SESSION = "arn:aws:sts::111122223333:assumed-role/release/run"
BUCKET = "arn:aws:s3:::bucket/"


def outcome(
    statement: dict[str, object],
    context: dict[str, tuple[str, ...]],
    *,
    resource: str = f"{BUCKET}team/file",
    version: str | None = "2012-10-17",
    multivalued: frozenset[str] = frozenset(),
) -> Outcome:
    document: dict[str, object] = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", **statement}]}
    if version is not None:
        document["Version"] = version
    policy = parse_policy(document)
    assert isinstance(policy, Policy), policy
    request = Request(SESSION, "s3:GetObject", resource, "111122223333", context, multivalued)
    return evaluate(request, Layers(identity=(policy,))).outcome


TAG = {"aws:PrincipalTag/team": ("team",)}
OPEN, SHUT = Outcome.ALLOWED, Outcome.IMPLICIT_DENY


@pytest.mark.parametrize(
    ("pattern", "context", "expected"),
    [
        ("${aws:PrincipalTag/team}/*", TAG, OPEN),
        ("${AWS:principaltag/TEAM}/*", TAG, OPEN),
        ("${aws:PrincipalTag/team}/other", TAG, SHUT),
        ("${aws:PrincipalTag/team}/*", {}, SHUT),
        ("${aws:PrincipalTag/team}*", {"aws:PrincipalTag/team": ("",)}, SHUT),
        ("${aws:PrincipalTag/team, 'team'}/*", {}, OPEN),
        # A default is set off by a comma and a space; anything else is a name that no request carries.
        ("${aws:PrincipalTag/team,'team'}/*", {}, SHUT),
        ("${aws:PrincipalTag/team, 'other'}/*", TAG, OPEN),
        ("${aws:PrincipalTag/team,'team'}/*", TAG, SHUT),
        ("${aws:PrincipalTag/team, 'other'}/*", {}, SHUT),
        # The value is data: its star is a star and no wildcard.
        ("${aws:PrincipalTag/team}/*", {"aws:PrincipalTag/team": ("t*",)}, SHUT),
        ("${aws:PrincipalTag/team", TAG, SHUT),
        ("t${aws:nothing}eam/*", {}, SHUT),
    ],
)
def test_variables_in_resource(pattern: str, context: dict[str, tuple[str, ...]], expected: Outcome) -> None:
    assert outcome({"Resource": BUCKET + pattern}, context) is expected


@pytest.mark.parametrize(
    ("pattern", "resource", "expected"),
    [
        ("${*}", "*", OPEN),
        ("${*}", "x", SHUT),
        ("a${?}c", "a?c", OPEN),
        ("a${?}c", "abc", SHUT),
        ("${$}{aws:username}", "${aws:username}", OPEN),
        ("cost-${$}*", "cost-$10", OPEN),
    ],
)
def test_special_characters_are_literal(pattern: str, resource: str, expected: Outcome) -> None:
    assert outcome({"Resource": BUCKET + pattern}, {}, resource=BUCKET + resource) is expected
    like = {"Condition": {"StringLike": {"k:v": pattern}}}
    equal = {"Condition": {"StringEquals": {"k:v": pattern}}}
    assert outcome(like, {"k:v": (resource,)}) is expected
    if not pattern.endswith("*"):
        assert outcome(equal, {"k:v": (resource,)}) is expected


@pytest.mark.parametrize("version", ["2008-10-17", None])
def test_only_the_new_version_has_variables(version: str | None) -> None:
    pattern = BUCKET + "${aws:PrincipalTag/team}/file"
    assert outcome({"Resource": pattern}, TAG, version=version) is SHUT
    assert outcome({"Resource": pattern}, TAG, resource=pattern, version=version) is OPEN
    condition = {"Condition": {"StringEquals": {"k:v": "${aws:PrincipalTag/team}"}}}
    assert outcome(condition, {**TAG, "k:v": ("team",)}, version=version) is SHUT
    assert outcome(condition, {**TAG, "k:v": ("${aws:PrincipalTag/team}",)}, version=version) is OPEN


@pytest.mark.parametrize(
    ("operator", "value", "context", "expected"),
    [
        ("StringEquals", "${aws:PrincipalTag/team}", {**TAG, "k:v": ("team",)}, OPEN),
        ("StringEquals", "${aws:PrincipalTag/team}", {**TAG, "k:v": ("x",)}, SHUT),
        ("StringEquals", "${aws:PrincipalTag/team}", {"k:v": ("team",)}, SHUT),
        ("StringLike", "${aws:PrincipalTag/team}-*", {**TAG, "k:v": ("team-a",)}, OPEN),
        ("StringEqualsIgnoreCase", "${aws:PrincipalTag/team}", {**TAG, "k:v": ("TEAM",)}, OPEN),
        ("ArnLike", "arn:aws:sns:*:*:${aws:PrincipalTag/team}", {**TAG, "k:v": ("arn:aws:sns:a:1:team",)}, OPEN),
        ("ArnLike", "arn:aws:sns:*:*:${aws:PrincipalTag/team}", {"k:v": ("arn:aws:sns:a:1:team",)}, SHUT),
        # A variable without value is null, and every value differs from null.
        ("StringNotEquals", "${aws:PrincipalTag/team}", {"k:v": ("team",)}, OPEN),
        ("StringNotLike", "${aws:PrincipalTag/team}*", {"k:v": ("team",)}, OPEN),
        ("ArnNotLike", "arn:aws:sns:*:*:${aws:PrincipalTag/team}", {"k:v": ("arn:aws:sns:a:1:team",)}, OPEN),
        ("StringNotEquals", "${aws:PrincipalTag/team}", {**TAG, "k:v": ("team",)}, SHUT),
        # Not replaced: the other families compare the text as it stands.
        ("NumericEquals", "${k:number}", {"k:number": ("5",), "k:v": ("5",)}, SHUT),
        ("IpAddress", "${k:ip}", {"k:ip": ("10.0.0.1",), "k:v": ("10.0.0.1",)}, SHUT),
    ],
)
def test_variables_in_conditions(
    operator: str, value: str, context: dict[str, tuple[str, ...]], expected: Outcome
) -> None:
    assert outcome({"Condition": {operator: {"k:v": value}}}, context) is expected


def test_a_multivalued_key_is_no_variable() -> None:
    statement = {"Condition": {"StringEquals": {"k:v": "${aws:TagKeys}"}}}
    context = {"aws:TagKeys": ("team",), "k:v": ("team",)}
    assert outcome(statement, context) is OPEN
    assert outcome(statement, context, multivalued=frozenset({"aws:tagkeys"})) is SHUT


def test_a_variable_before_the_fifth_colon_is_replaced_by_nothing() -> None:
    statement = {"Resource": "arn:aws:s3:${aws:RequestedRegion}::bucket/*"}
    assert outcome(statement, {"aws:RequestedRegion": ("",)}) is SHUT


def test_an_unknown_variable_under_not_resource_opens_nothing_and_lifts_no_deny() -> None:
    excepted = {"NotResource": BUCKET + "${aws:PrincipalTag/team}/*"}
    statement = {"Effect": "Allow", "Action": "*", **excepted}
    policy = parse_policy({"Version": "2012-10-17", "Statement": statement})
    deny = parse_policy({"Version": "2012-10-17", "Statement": {**statement, "Effect": "Deny"}})
    everything = parse_policy({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
    assert isinstance(policy, Policy)
    assert isinstance(deny, Policy)
    assert isinstance(everything, Policy)
    request = Request(SESSION, "s3:GetObject", BUCKET + "x/file", "111122223333")
    allowed = evaluate(request, Layers(identity=(policy,)))
    assert allowed.outcome is Outcome.IMPLICIT_DENY
    assert "NotResource" in allowed.not_evaluated[0]
    assert evaluate(request, Layers(identity=(everything, deny))).outcome is Outcome.EXPLICIT_DENY
    elsewhere = Request(SESSION, "s3:GetObject", "arn:aws:s3:::elsewhere/file", "111122223333")
    assert evaluate(elsewhere, Layers(identity=(policy,))).allowed
