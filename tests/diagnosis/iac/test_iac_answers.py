"""Answers of the AWS CLI and documents alone: which document each is, and what leaves one unread or in doubt."""

from __future__ import annotations

import json
from typing import Any

import pytest

from diagnosis.facts.reading import Unreadable
from diagnosis.iac.lint import LintedProposal, lint_proposed
from diagnosis.iac.proposal import DocumentKind
from diagnosis.iac.read import read_files

POLICY: dict[str, Any] = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "a:b", "Resource": "*"}]}
TRUST: dict[str, Any] = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}]}
ARN = "arn:aws:iam::123456789012:role/release"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"Role": {"RoleName": "r", "Arn": ARN, "AssumeRolePolicyDocument": TRUST}}, DocumentKind.TRUST),
        ({"RoleName": "r", "Arn": ARN, "AssumeRolePolicyDocument": TRUST}, DocumentKind.TRUST),
        ({"RoleName": "r", "PolicyName": "p", "PolicyDocument": POLICY}, DocumentKind.INLINE),
        ({"PolicyVersion": {"VersionId": "v1", "Document": POLICY}}, DocumentKind.MANAGED),
        ({"repositoryName": "app", "policyText": json.dumps(POLICY)}, DocumentKind.REPOSITORY),
        ({"registryId": "1", "policyText": json.dumps(POLICY)}, DocumentKind.REGISTRY),
        ({"Policy": json.dumps(POLICY)}, DocumentKind.IDENTITY),
        ({"Document": POLICY}, DocumentKind.IDENTITY),
        (POLICY, DocumentKind.IDENTITY),
        (TRUST, DocumentKind.TRUST),
    ],
)
def test_what_an_answer_holds(answer: dict[str, Any], kind: DocumentKind) -> None:
    (found,) = read_files({"a.json": json.dumps(answer)}).documents
    assert found.kind is kind


@pytest.mark.parametrize(
    ("statement", "judged", "whole"),
    [
        # Around an open name everything else is judged; an open effect or principal leaves its statement out.
        ({"Effect": "Allow", "Action": "a:c", "Resource": {"Ref": "P"}}, True, False),
        ({"Effect": {"Ref": "P"}, "Action": "a:c", "Resource": "*"}, False, False),
        ({"Effect": "Allow", "Action": "a:c", "Resource": "*", "Condition": {"Ref": "P"}}, False, False),
        ({"Effect": "Allow", "Action": "a:c", "Resource": "*", "Condition": {"Bool": {"Ref": "P"}}}, False, False),
        ({"Ref": "P"}, False, False),
        ({"Effect": "Allow", "Action": "a:c", "Resource": {"Fn::GetAtt": ["Repo", "Arn"]}}, True, True),
    ],
)
def test_a_statement_with_what_is_open_is_judged_around_it(statement: Any, judged: bool, whole: bool) -> None:
    policy = {"Version": "2012-10-17", "Statement": [statement, {"Effect": "Allow", "Action": "a:b", "Resource": "*"}]}
    resources = {
        "R": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": policy}},
        "Repo": {"Type": "AWS::ECR::Repository"},
    }
    text = json.dumps({"Parameters": {"P": {"Type": "String"}}, "Resources": resources})
    (proposed,) = read_files({"t.json": text}).documents
    found = lint_proposed(proposed)
    assert isinstance(found, LintedProposal)
    assert any(each.place.path.startswith("Statement[0]") for each in found.report.findings) is judged
    assert found.is_whole is whole
    # A statement that is judged keeps its own number, whichever are left out before it.
    assert any(each.place.path.startswith("Statement[1]") for each in found.report.findings)


@pytest.mark.parametrize("listed", [{"Ref": "P"}, None])
def test_a_document_that_is_open_itself_is_not_judged(listed: Any) -> None:
    policy = {"Version": {"Ref": "P"}} if listed is None else {"Version": "2012-10-17", "Statement": listed}
    resource = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": policy}}
    (proposed,) = read_files({"t.json": json.dumps({"Resources": {"R": resource}})}).documents
    assert isinstance(lint_proposed(proposed), Unreadable)
