"""A secret in a policy is not kept; where it could decide nothing is decided, and the document is never written back."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from diagnosis.callers.comparison import compare_trust
from diagnosis.claims.claim_set import DEFAULT_TEMPLATE, ContextKind, SubjectContext, SubjectForm, finished
from diagnosis.facts.account import NamedPolicy
from diagnosis.facts.runs import Repository
from diagnosis.grants.comparison import compare_grants
from diagnosis.logs.scrubbed_values import MARK
from diagnosis.policy import Layers, Request, Unparsable, evaluate, read_document, write_document
from diagnosis.policy.evaluation.rows import RowFault, read_row
from diagnosis.policy.language.condition_bounds import OPEN, SHUT, bounded
from diagnosis.remedies.edits.policy_edit import Edit, rendered
from diagnosis.remedies.edits.policy_patch import extended

TOKEN = "".join(("gh", "p_", "0aB" * 12))
OTHER = "".join(("gh", "p_", "1cD" * 12))
ALLOW: dict[str, Any] = {"Effect": "Allow", "Action": "ecr:PutImage", "Resource": "*"}
REQUEST = Request(
    principal="arn:aws:sts::123456789012:assumed-role/release/x",
    action="ecr:PutImage",
    resource="arn:aws:ecr:eu-west-1:123456789012:repository/shop",
    context={"aws:SourceIp": ("10.0.0.1",), "aws:PrincipalTag/team": (TOKEN,)},
)
KNOWN = frozenset(key.lower() for key in REQUEST.context)


def document(**more: Any) -> Any:
    return read_document(json.dumps({"Version": "2012-10-17", "Statement": [{**ALLOW, **more}]}))


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
@pytest.mark.parametrize("operator", ["StringEquals", "StringNotEquals", "StringLike", "ForAllValues:StringEquals"])
def test_a_condition_with_a_value_that_was_not_kept_stays_open(effect: str, operator: str) -> None:
    policy = document(Effect=effect, Condition={operator: {"aws:PrincipalTag/team": ["core", TOKEN]}}).compiled()
    (path,) = policy.not_kept
    assert path == f"Statement[0].Condition.{operator}.aws:PrincipalTag/team"
    allowing = document().compiled()
    outcomes = set()
    for side in (OPEN, SHUT):
        taken, unsure = bounded(policy, KNOWN, side)
        assert len(unsure) == 1
        outcomes.add(evaluate(REQUEST, Layers(identity=(taken, *([allowing] if effect == "Deny" else ())))).allowed)
    assert outcomes == {True, False}


def test_the_name_of_a_statement_decides_nothing() -> None:
    named = document(Sid=TOKEN)
    assert evaluate(REQUEST, Layers(identity=(named.compiled(),))).allowed
    assert named.not_kept == ("Statement[0].Sid",)
    assert TOKEN not in f"{named!r}{named.text}{named.tree}{named.policy!r}"


@pytest.mark.parametrize(
    "changed",
    [
        {"Resource": f"arn:aws:s3:::{TOKEN}"},
        {"Action": ["ecr:PutImage", TOKEN]},
        {"Principal": {"AWS": TOKEN}},
        {"NotResource": [TOKEN], "Resource": None},
        {"Condition": {"StringEquals": {f"aws:RequestTag/{TOKEN}": "x"}}},
        {"Condition": {TOKEN: {"aws:SourceIp": "x"}}},
        {TOKEN: "x"},
        {"Effect": TOKEN},
    ],
)
def test_any_other_value_that_was_not_kept_leaves_no_meaning(changed: dict[str, Any]) -> None:
    statement = {name: value for name, value in {**ALLOW, **changed}.items() if value is not None}
    read = read_document(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert isinstance(read.policy, Unparsable)
    assert TOKEN not in f"{read.text}{read.policy.text}"


def test_a_faulty_text_gets_no_meaning_by_what_stands_for_a_secret() -> None:
    read = read_document(json.dumps({"Statement": [{**ALLOW, "Sid": TOKEN}]})[:-1])
    assert isinstance(read.policy, Unparsable)
    assert TOKEN not in f"{read.text}{read.policy.text}"


def test_two_documents_whose_secrets_differ_are_not_taken_for_the_same() -> None:
    provider = {"Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"}
    condition = {"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:octo-org/shop:*"}}

    def trusting(value: str) -> Any:
        door = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
        bounded_door = {**door, "Condition": {"StringEquals": {"sts:ExternalId": value}}}
        own = {"Effect": "Allow", "Principal": provider, "Action": "sts:AssumeRoleWithWebIdentity"}
        return read_document(json.dumps({"Statement": [{**own, "Condition": condition}, bounded_door]}))

    compared = compare_trust(trusting(TOKEN), trusting(OTHER), Repository("octo-org/shop"))
    assert compared.undecided
    grants = [[document(Condition={"StringEquals": {"aws:SourceVpc": value}})] for value in (TOKEN, OTHER)]
    assert compare_grants(grants[:1], grants[1:]).undecided


@pytest.mark.parametrize(
    "more", [{"Sid": TOKEN}, {"Condition": {"StringEquals": {"aws:SourceVpc": TOKEN}}}], ids=["sid", "condition"]
)
def test_a_change_of_such_a_document_says_that_it_cannot_be_applied(more: dict[str, Any]) -> None:
    before = document(**more)
    after = extended(before, [("ecr:BatchGetImage", "arn:aws:ecr:eu-west-1:123456789012:repository/shop")])
    told = rendered([Edit(NamedPolicy("push", before), before, after)], "release")
    assert MARK not in f"{told.aws_cli}{told.terraform}{told.cloudformation}"
    for text in (told.aws_cli, told.terraform):
        assert "cannot be applied as it stands" in text
        assert before.not_kept[0] in text
        assert re.fullmatch("# .*", text)
    assert told.cloudformation == ""


def test_a_written_document_keeps_nothing_either() -> None:
    assert TOKEN not in write_document({"Statement": [{**ALLOW, "Sid": TOKEN}]}).text


def test_a_row_is_not_decided_where_a_secret_could_decide() -> None:
    row = {
        "id": TOKEN,
        "request": {"principal": "*", "action": "ecr:PutImage", "resource": "*"},
        "identity_policies": [{"Statement": [{**ALLOW, "Condition": {"StringEquals": {"aws:SourceVpc": TOKEN}}}]}],
    }
    found = read_row(json.dumps(row))
    assert isinstance(found, RowFault)
    assert "not kept" in found.error
    assert TOKEN not in repr(found)
    row["request"]["context"] = {"aws:SourceVpc": [TOKEN]}  # type: ignore[index]
    row["identity_policies"] = [{"Statement": [ALLOW]}]
    assert isinstance(read_row(json.dumps(row)), RowFault)


def test_a_claim_that_was_not_kept_is_not_known_and_admits_nobody() -> None:
    context = SubjectContext(ContextKind.REF, "refs/heads/[scrubbed:github-token]")
    claims = {"ref": context.value, "repository": "octo-org/shop", "actor": "[scrubbed:jwt]"}
    found = finished(claims, (), "", SubjectForm.CLASSIC, DEFAULT_TEMPLATE, "repo:octo-org/shop", context)
    assert set(found.unknown) == {"actor", "ref", "sub"}
    assert found.subject is None
