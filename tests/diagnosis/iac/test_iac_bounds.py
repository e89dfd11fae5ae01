"""Between which documents one with open values lies: what can be left open, and what leaves no bounds at all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from diagnosis.iac.bounds import bounds
from diagnosis.iac.proposal import OpenDocument
from diagnosis.iac.read import read_files

KEY = "token.actions.githubusercontent.com"
OPEN: Any = {"Ref": "P"}
APP = "arn:aws:ecr:eu-west-1:123456789012:repository/app"


def within(text: str) -> Any:
    """A text with an open part where the star stands."""
    return {"Fn::Join": ["", [*[text.split("*")[0]], OPEN, text.split("*")[1]]]}


def limits(*statements: Any, **more: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]] | None:
    policy = {"Version": "2012-10-17", **more, "Statement": list(statements)}
    resource = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": policy}}
    template = {
        "Parameters": {"P": {"Type": "String"}},
        "Resources": {"R": resource, "Bucket": {"Type": "AWS::S3::Bucket"}},
    }
    [proposed] = read_files({"t.json": json.dumps(template)}).documents
    assert isinstance(proposed.document, OpenDocument)
    found = bounds(proposed.document)
    return found and (json.loads(found.least)["Statement"], json.loads(found.most)["Statement"])


def allow(**elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "ecr:PutImage", "Resource": APP, **elements}


@pytest.mark.parametrize(
    ("statement", "widest"),
    [
        (allow(Action=within("ecr:Put*")), {"Action": ["ecr:Put*"]}),
        (allow(Action=["ecr:PutImage", within("e*:PutImage")]), {"Action": ["ecr:PutImage", "*"]}),
        (allow(Action=OPEN), {"Action": ["*"]}),
        (allow(Resource=within(APP.replace("app", "*"))), {"Resource": [APP.replace("app", "*")]}),
        # An open part in the front of an ARN may hold colons of its own.
        (allow(Resource=within("arn:aws:ecr:*:1:repository/app")), {"Resource": ["*"]}),
        (allow(Resource=OPEN), {"Resource": ["*"]}),
        ({"Effect": "Allow", "Action": "ecr:*", "NotResource": OPEN}, {"Resource": "*", "Action": "ecr:*"}),
        ({"Effect": "Allow", "NotAction": OPEN, "Resource": APP}, {"Action": "*", "Resource": APP}),
        (
            allow(Condition={"StringLike": {f"{KEY}:sub": within("repo:octo/*:x"), f"{KEY}:aud": "a"}}),
            {"Condition": {"StringLike": {f"{KEY}:sub": ["repo:octo/*:x"], f"{KEY}:aud": "a"}}},
        ),
        (
            allow(Condition={"StringEquals": {f"{KEY}:sub": within("repo:octo/*:x"), f"{KEY}:aud": "a"}}),
            {"Condition": {"StringEquals": {f"{KEY}:aud": "a"}}},
        ),
        (
            allow(Condition={"ArnLike": {"aws:SourceArn": within(APP.replace("app", "*"))}}),
            {"Condition": {"ArnLike": {"aws:SourceArn": [APP.replace("app", "*")]}}},
        ),
        (allow(Condition={"ArnLike": {"aws:SourceArn": within("arn:*:x")}}), {}),
        (allow(Condition={"StringNotLike": {f"{KEY}:sub": within("repo:*")}}), {}),
        (allow(Condition={"StringLike": {f"{KEY}:sub": OPEN}}), {}),
        (allow(Condition={"Bool": {"aws:SecureTransport": OPEN}}), {}),
    ],
)
def test_a_statement_with_an_open_value_is_none_at_least_and_the_widest_at_most(
    statement: dict[str, Any], widest: dict[str, Any]
) -> None:
    whole = {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}
    closed = {name: each for name, each in statement.items() if name in ("Effect", "Action", "Resource")}
    expected = {**{name: each for name, each in closed.items() if not isinstance(each, dict)}, **widest}
    found = limits(whole, statement)
    assert found is not None
    least, most = found
    assert least == [whole]
    assert most[0] == whole
    assert most[1] == expected
    # Of a denial it is the other way round.
    turned = limits(whole, {**statement, "Effect": "Deny"})
    assert turned == ([whole, {**expected, "Effect": "Deny"}], [whole])


def test_names_that_decide_nothing_may_be_open() -> None:
    found = limits(allow(Sid=OPEN), Id=OPEN)
    assert found == ([allow()], [allow()])
    found = limits(allow(Sid=OPEN, Action=OPEN))
    assert found == ([], [allow(Action=["*"])])


@pytest.mark.parametrize(
    ("statements", "more"),
    [
        ([OPEN], {}),
        ([allow(Effect=OPEN)], {}),
        ([allow(Effect="Maybe", Sid=OPEN)], {}),
        ([{"Action": OPEN, "Resource": "*"}], {}),
        ([allow(Principal={"AWS": OPEN})], {}),
        ([allow(NotPrincipal=OPEN)], {}),
        ([allow(Sid="a")], {"Version": OPEN}),
    ],
)
def test_what_has_no_bounds(statements: list[Any], more: dict[str, Any]) -> None:
    assert limits(*statements, **more) is None
