"""Bad policies: what has no meaning is unparsable with its place, what AWS would refuse says so."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnosis.policy import Effect, Policy, PolicyKind, Unparsable, parse_policy

ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def unparsable(source: object) -> Unparsable:
    policy = parse_policy(source)  # type: ignore[arg-type]  # foreign documents are of any shape
    assert isinstance(policy, Unparsable), policy
    return policy


def parsed(source: object, kind: PolicyKind | None = None) -> Policy:
    policy = parse_policy(source, kind)  # type: ignore[arg-type]  # as above
    assert isinstance(policy, Policy), policy
    return policy


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("", 1, 1, "not JSON"),
        ('{"Statement": [}', 1, 16, "not JSON"),
        ('{\n  "Version": "2012-10-17",\n  "Statement": [],\n}', 3, 18, "comma stands before the closing bracket"),
        ('{"Statement": [1 , ]}', 1, 18, "comma stands before the closing bracket"),
        ('{"Statement": []} x', 1, 19, "not JSON"),
        ("{'Statement': []}", 1, 2, "not JSON"),
        ('{"Statement": [],\n "Statement": []}', 2, 2, "'Statement' stands twice"),
        (
            '{"Statement": [{"Effect": "Deny",\n"Action": "*", "Resource": "*",\n  "Effect": "Allow"}]}',
            3,
            3,
            "'Effect'",
        ),
        ('{"a": [{"k": "x: }", "l": 1}, {"k": 1}], "\\u0061": 1}', 1, 42, "'a' stands twice"),
        ("[" * 100_000, 1, 41, "nested deeper"),
        ('{"Statement":' * 50 + "{}" + "}" * 50, 1, 521, "nested deeper"),
        ('{"Statement": NaN}', 1, 15, "NaN"),
        ('{"Sid": "NaN -Infinity",\n "Statement": -Infinity}', 2, 15, "-Infinity"),
    ],
)
def test_bad_json_gives_line_and_column(text: str, line: int | None, column: int | None, words: str) -> None:
    fault = unparsable(text)
    assert (fault.line, fault.column) == (line, column)
    assert words in fault.why
    if line is not None:
        assert f"line {line}, column {column}" in fault.text


@pytest.mark.parametrize(
    ("document", "path", "words"),
    [
        ([], "", "the document must be a JSON object"),
        ("7", "", "the document must be a JSON object"),
        ({}, "Statement", "needs a Statement"),
        ({"Statement": "x"}, "Statement", "a statement must be a JSON object"),
        ({"Statement": [ALLOW, 3]}, "Statement[1]", "a statement must be a JSON object"),
        ({"statement": [ALLOW]}, "statement", "unknown element 'statement'"),
        ({"Statement": [ALLOW], "Comment": "x"}, "Comment", "unknown element 'Comment'"),
        ({"Version": "2012-10-18", "Statement": []}, "Version", "Version must be"),
        ({"Version": ["2012-10-17"], "Statement": []}, "Version", "Version must be"),
        ({"Id": 3, "Statement": []}, "Id", "Id must be a string"),
        ({"Statement": [{**ALLOW, "Effects": "Allow"}]}, "Statement[0].Effects", "unknown element 'Effects'"),
        ({"Statement": [{**ALLOW, "Effect": "allow"}]}, "Statement[0].Effect", "Allow or Deny"),
        ({"Statement": [{"Action": "*", "Resource": "*"}]}, "Statement[0].Effect", "Allow or Deny"),
        ({"Statement": [{"Effect": "Allow", "Resource": "*"}]}, "Statement[0]", "Action or NotAction"),
        ({"Statement": {"Effect": "Allow", "Resource": "*"}}, "Statement", "Action or NotAction"),
        ({"Statement": [{**ALLOW, "NotAction": "*"}]}, "Statement[0]", "either Action or NotAction"),
        ({"Statement": [{**ALLOW, "NotResource": "*"}]}, "Statement[0]", "either Resource or NotResource"),
        (
            {"Statement": [{**ALLOW, "Principal": "*", "NotPrincipal": "*"}]},
            "Statement[0]",
            "either Principal or NotPrincipal",
        ),
        ({"Statement": [{**ALLOW, "Action": 3}]}, "Statement[0].Action", "string or a list of strings"),
        ({"Statement": [{**ALLOW, "Action": ["a:b", None]}]}, "Statement[0].Action", "string or a list of strings"),
        ({"Statement": [{**ALLOW, "Resource": {"a": 1}}]}, "Statement[0].Resource", "string or a list"),
        ({"Statement": [{**ALLOW, "Sid": 1}]}, "Statement[0].Sid", "Sid must be a string"),
        ({"Statement": [{**ALLOW, "Principal": "arn:aws:iam::111122223333:root"}]}, "Statement[0].Principal", "object"),
        ({"Statement": [{**ALLOW, "Principal": {"aws": "*"}}]}, "Statement[0].Principal.aws", "unknown principal type"),
        ({"Statement": [{**ALLOW, "Principal": {"AWS": [1]}}]}, "Statement[0].Principal.AWS", "string or a list"),
        ({"Statement": [{**ALLOW, "Condition": "x"}]}, "Statement[0].Condition", "Condition must be a JSON object"),
        (
            {"Statement": [{**ALLOW, "Condition": {"StringIs": {"k:v": "x"}}}]},
            "Statement[0].Condition.StringIs",
            "unknown condition operator 'StringIs'",
        ),
        (
            {"Statement": [{**ALLOW, "Condition": {"NullIfExists": {}}}]},
            "Statement[0].Condition.NullIfExists",
            "unknown condition operator",
        ),
        (
            {"Statement": [{**ALLOW, "Condition": {"StringEquals": "x"}}]},
            "Statement[0].Condition.StringEquals",
            "a condition operator must be a JSON object",
        ),
        (
            {"Statement": [{**ALLOW, "Condition": {"StringEquals": {"k:v": None}}}]},
            "Statement[0].Condition.StringEquals.k:v",
            "a string, a number or a boolean",
        ),
        (
            {"Statement": [{**ALLOW, "Condition": {"StringEquals": {"k:v": [["x"]]}}}]},
            "Statement[0].Condition.StringEquals.k:v",
            "a string, a number or a boolean",
        ),
        ({"Statement": [{**ALLOW, "Action": "s3:" + "x" * 40_000}]}, "Statement[0].Action", "longer than"),
    ],
)
def test_what_has_no_meaning_gives_its_path(document: object, path: str, words: str) -> None:
    fault = unparsable(json.dumps(document))
    assert words in fault.why
    assert (fault.path or "") == path
    if isinstance(document, dict):
        assert parse_policy(document) == fault


@pytest.mark.parametrize(
    ("document", "kind", "words"),
    [
        ({"Statement": []}, None, "no statement"),
        ({"Statement": [{**ALLOW, "Sid": "a"}, {**ALLOW, "Sid": "a"}]}, None, "used twice"),
        ({"Statement": [{**ALLOW, "Action": "GetObject"}]}, None, "is no action"),
        ({"Statement": [{**ALLOW, "Action": "s*:GetObject"}]}, None, "is no action"),
        ({"Statement": [{**ALLOW, "Resource": "bucket"}]}, None, 'must be an ARN or "*"'),
        ({"Statement": [{**ALLOW, "Resource": "arn:aws:s3:${aws:x}::b"}]}, None, "before its fifth colon"),
        ({"Statement": [{**ALLOW, "Condition": {"NumericEquals": {"k:v": "ten"}}}]}, None, "is no number"),
        ({"Statement": [{**ALLOW, "Condition": {"DateLessThan": {"k:v": "soon"}}}]}, None, "is no date"),
        ({"Statement": [{**ALLOW, "Condition": {"IpAddress": {"k:v": "10.0.0.0/40"}}}]}, None, "is no address"),
        ({"Statement": [{**ALLOW, "Condition": {"ArnLike": {"k:v": "*"}}}]}, None, "is no ARN"),
        ({"Statement": [{**ALLOW, "Condition": {"Bool": {"k:v": "yes"}}}]}, None, "is no boolean"),
        ({"Statement": [{**ALLOW, "Condition": {"Null": {"k:v": "yes"}}}]}, None, "Null takes true or false"),
        ({"Statement": [{**ALLOW, "Principal": "*"}]}, PolicyKind.IDENTITY, "has no Principal"),
        ({"Statement": [{**ALLOW, "Principal": "*"}]}, PolicyKind.TRUST, "has no Resource"),
        ({"Statement": [ALLOW]}, PolicyKind.TRUST, "needs a Principal"),
        ({"Statement": [{"Effect": "Allow", "Action": "*"}]}, PolicyKind.IDENTITY, "needs Resource"),
        ({"Statement": [{**ALLOW, "Sid": "with space"}]}, PolicyKind.IDENTITY, "letters and digits"),
        ({"Statement": [{**ALLOW, "Resource": "arn:aws:s3"}]}, PolicyKind.SESSION, "fewer than six fields"),
        (
            {"Statement": [{"Effect": "Allow", "Action": "*", "Principal": {"AWS": "arn:aws:iam::1:role/*"}}]},
            PolicyKind.RESOURCE,
            "only a lone * is one",
        ),
        (
            {"Statement": [{"Effect": "Allow", "Action": "*", "Principal": {"AWS": "AROAEXAMPLEEXAMPLE1"}}]},
            PolicyKind.TRUST,
            "deleted role or user",
        ),
        (
            {"Statement": [{"Effect": "Allow", "Action": "*", "Principal": {"Service": "*"}}]},
            PolicyKind.TRUST,
            "cannot be a wildcard",
        ),
        (
            {"Statement": [{"Effect": "Allow", "Action": "*", "Principal": {"Federated": "github.com"}}]},
            PolicyKind.TRUST,
            "no provider ARN",
        ),
    ],
)
def test_what_aws_would_refuse_is_said(document: object, kind: PolicyKind | None, words: str) -> None:
    reasons = parsed(document, kind).rejections_as(kind)
    assert any(words in reason.text for reason in reasons), reasons


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ({"Statement": ALLOW}, PolicyKind.IDENTITY),
        ({"Version": "2008-10-17", "Statement": [{**ALLOW, "Resource": "arn:aws:s3:::${aws:username}/*"}]}, None),
        ({"Version": "2012-10-17", "Id": "x", "Statement": [{**ALLOW, "Sid": "One"}]}, PolicyKind.IDENTITY),
        ({"Statement": [{**ALLOW, "Condition": {}}]}, PolicyKind.IDENTITY),
        ({"Statement": [{**ALLOW, "Action": ["*", "s3:Get?bject*"]}]}, PolicyKind.IDENTITY),
        ({"Statement": [{**ALLOW, "Resource": ["arn:aws:s3:::b", "arn:aws:s3"]}]}, PolicyKind.IDENTITY),
        (
            {
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": "sts:AssumeRole",
                        "Principal": {
                            "AWS": ["111122223333", "arn:aws:iam::111122223333:role/a/b"],
                            "Service": "ec2.amazonaws.com",
                            "Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com",
                        },
                    }
                ]
            },
            PolicyKind.TRUST,
        ),
    ],
)
def test_good_policies_are_not_refused(document: object, kind: PolicyKind | None) -> None:
    assert parsed(document, kind).rejections_as(kind) == ()


def test_the_policy_carries_version_statements_and_places() -> None:
    policy = parsed('{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Deny","Action":"*","Resource":"*"}]}')
    (statement,) = policy.statements
    assert (policy.version, statement.sid, statement.index, statement.effect, statement.path) == (
        "2012-10-17",
        "A",
        0,
        Effect.DENY,
        "Statement[0]",
    )
    without = parsed({"Statement": ALLOW})
    assert without.version == "2008-10-17"
    assert without.statements[0].path == without.statements[0].name == "Statement"


def test_numbers_and_booleans_compare_as_they_were_written() -> None:
    text = '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"k:v":[1.0,true,12]}}}}'
    assert parsed(text).statements[0].conditions[0].values == ("1.0", "true", "12")


def test_a_hundred_kilobytes_of_junk_are_refused_quickly() -> None:
    for junk in ('{"a":' * 20_000, "[" * 100_000, '"' + '\\"' * 50_000, "{" * 100_000, "\x00" * 100_000, "9" * 100_000):
        assert isinstance(parse_policy(junk), Unparsable)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["Version", "Statement", "Effect", "Action", "Resource", "Principal", "Condition", "AWS", "x"]
            )
            | st.text(max_size=8),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(JSON)
def test_any_json_is_parsed_or_refused(tree: object) -> None:
    assert isinstance(parse_policy(json.dumps(tree)), Policy | Unparsable)
    if isinstance(tree, dict):
        assert isinstance(parse_policy(tree), Policy | Unparsable)


@given(st.text(max_size=200))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    assert isinstance(parse_policy(text), Policy | Unparsable)
