"""CloudFormation and SAM templates: functions are worked out as far as the template settles them, and no further."""

from __future__ import annotations

import json
from typing import Any

import pytest

from diagnosis.facts.reading import Unreadable
from diagnosis.iac.node import Open, Sort
from diagnosis.iac.proposal import DocumentKind, Given, OpenDocument, WholeDocument
from diagnosis.iac.read import read_files

ACCOUNT = "123456789012"
GIVEN = Given(ACCOUNT, "eu-west-1", parameters={"Team": "blue", "Repos": "octo/a, octo/b"})
HEAD = """\
Parameters:
  Team: {Type: String}
  Repos: {Type: CommaDelimitedList}
  Other: {Type: String, Default: x}
  Stored: {Type: "AWS::SSM::Parameter::Value<String>"}
Mappings: {Teams: {blue: {name: sky}}}
Conditions:
  IsBlue: !Equals [!Ref Team, blue]
  IsRed: !Not [!Condition IsBlue]
  Both: !And [!Condition IsBlue, !Equals [!Ref Other, x]]
  Either: !Or [!Condition IsBlue, !Equals [!Ref Other, x]]
  Circle: !Not [!Condition Circle]
Resources:
  Topic: {Type: AWS::SNS::Topic}
  Made: {Type: Custom::Maker}
  Repo: {Type: AWS::ECR::Repository, Properties: {RepositoryName: !Sub "${Team}-shop"}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: "*", Action: "sts:AssumeRole", Sid: %s}]
"""


def sid(expression: str, given: Given = GIVEN) -> Any:
    proposal = read_files({"t.yaml": HEAD % expression}, given)
    document = next(each.document for each in proposal.documents if each.kind is DocumentKind.TRUST)
    if isinstance(document, OpenDocument):
        return document.opens[0]
    assert isinstance(document, WholeDocument), document
    return json.loads(document.text)["Statement"][0].get("Sid")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("!Ref Team", "blue"),
        ('!Sub "${Team}/${!Team}/${AWS::Region}"', "blue/${Team}/eu-west-1"),
        ("!Sub ['${a}-${Team}', {a: !Ref AWS::AccountId}]", f"{ACCOUNT}-blue"),
        ("!Join ['/', [a, !Ref Team, !FindInMap [Teams, !Ref Team, name]]]", "a/blue/sky"),
        ('{"Fn::Join": ["", ["a", {"Ref": "Team"}]]}', "ablue"),
        ("!Select [1, !Ref Repos]", "octo/b"),
        ("!Join [',', !Split ['/', 'a/b']]", "a,b"),
        ("!GetAtt Repo.Arn", f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/blue-shop"),
        ("!If [IsBlue, a, b]", "a"),
        ("!If [IsRed, a, b]", "b"),
        ("!If [Either, a, b]", "a"),
        ("!If [Both, a, a]", "a"),
        ("!If [IsRed, a, !Ref AWS::NoValue]", None),
        ("!Ref AWS::NoValue", None),
        ("!Ref AWS::URLSuffix", "amazonaws.com"),
    ],
)
def test_what_the_template_settles_is_known(expression: str, value: object) -> None:
    assert sid(expression) == value


@pytest.mark.parametrize(
    ("expression", "sort"),
    [
        ("!Ref Other", Sort.ANY),
        ("!Ref Stored", Sort.ANY),
        ("!Ref Nobody", Sort.ANY),
        ("!GetAtt Nobody.Arn", Sort.ANY),
        ("!GetAtt Made.Arn", Sort.ANY),
        ("!GetAtt Topic.TopicArn", Sort.ARN),
        ("!GetAtt Role.RoleId", Sort.NAME),
        ("!Ref Role", Sort.NAME),
        ("!If [Both, a, b]", Sort.ANY),
        ("!If [Circle, a, b]", Sort.ANY),
        ("!If [Nowhere, a, b]", Sort.ANY),
        ("!If [Both, !GetAtt Repo.Arn, !GetAtt Topic.TopicArn]", Sort.ARN),
        ("!ImportValue x", Sort.ANY),
        ("!Transform {Name: x}", Sort.ANY),
        ("!Base64 x", Sort.ANY),
        ("!Unknown x", Sort.ANY),
        ("!Select [9, !Ref Repos]", Sort.ANY),
        ("!FindInMap [Teams, !Ref Other, name]", Sort.ANY),
        ('"{{resolve:ssm:/x}}"', Sort.ANY),
        ('!Sub "a-{{resolve:secretsmanager:${Team}}}"', Sort.ANY),
        ("{Fn::Sub: [a]}", Sort.ANY),
        ("!Sub []", Sort.ANY),
        ("{a: b, a: c}", Sort.ANY),
    ],
)
def test_what_it_does_not_settle_is_open(expression: str, sort: Sort) -> None:
    found = sid(expression)
    assert found.sort is sort
    assert (found.steps[:3], found.line) == (("Statement", 0, "Sid"), 21)


def test_without_an_account_it_is_open_and_exact() -> None:
    assert sid("!GetAtt Repo.Arn", Given(parameters={"Team": "x"})).sort is Sort.REGION


SAM = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Handler:
    Type: AWS::Serverless::Function
    Properties:
      Policies:
        - AWSLambdaBasicExecutionRole
        - Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "*"}]
        - S3ReadPolicy: {BucketName: x}
  Bucket:
    Type: AWS::S3::BucketPolicy
    Properties: {PolicyDocument: {Statement: [{Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: "*"}]}}
  Guard:
    Type: AWS::Organizations::Policy
    Properties:
      Name: guard
      Type: SERVICE_CONTROL_POLICY
      Content: {Statement: [{Effect: Deny, Action: "*", Resource: "*"}]}
  Nested: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: x}}
"""


def test_the_roles_of_sam_and_the_policies_of_other_resources_are_read_too() -> None:
    proposal = read_files({"t.yaml": SAM})
    assert [(each.kind, each.address) for each in proposal.documents] == [
        (DocumentKind.INLINE, "Handler.Policies[1]"),
        (DocumentKind.RESOURCE, "Bucket.PolicyDocument"),
        (DocumentKind.SERVICE_CONTROL, "Guard"),
    ]
    [role] = proposal.roles
    assert (role.address, role.managed) == ("HandlerRole", ("AWSLambdaBasicExecutionRole",))
    assert [(gap.elsewhere, gap.reading.why) for gap in proposal.gaps] == [
        (False, "the policy template S3ReadPolicy is SAM's own"),
        (True, "it stands for another template"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Transform: Mine\n" + HEAD % "x",
        HEAD.replace("Properties:\n      AssumeRole", "Properties:\n      Fn::Transform: {Name: x}\n      AssumeRole")
        % "x",
        HEAD.replace("  Role:\n", "  Fn::ForEach::Roles:\n") % "x",
        HEAD.replace("    Type: AWS::IAM::Role\n", "    Type: AWS::IAM::Role\n    Type: AWS::IAM::Role\n") % "x",
        HEAD.replace("  Role:\n", "  Role: {Type: x}\n  Role:\n") % "x",
        HEAD.replace("    Type: AWS::IAM::Role\n", "") % "x",
        HEAD % "x" + "Resources: {}\n",
        HEAD % "*unknown",
    ],
)
def test_what_may_hold_a_document_that_is_not_read_is_told(text: str) -> None:
    proposal = read_files({"t.yaml": text}, GIVEN)
    assert proposal.gaps or any(isinstance(each.document, Unreadable) for each in proposal.documents)


def test_a_resource_whose_condition_fails_is_not_there_and_one_that_is_not_settled_says_so() -> None:
    def roles(condition: str) -> list[str]:
        text = (
            HEAD.replace("    Type: AWS::IAM::Role\n", f"    Type: AWS::IAM::Role\n    Condition: {condition}\n") % "x"
        )
        return [role.only_if for role in read_files({"t.yaml": text}, GIVEN).roles]

    assert roles("IsBlue") == [""]
    assert roles("IsRed") == []
    assert roles("Both") == ["the condition Both is not settled by the template"]


def test_the_answers_of_the_cli_tell_role_account_and_provider() -> None:
    trust = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}
    role = {
        "RoleName": "r",
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/ci/r",
        "MaxSessionDuration": 3600,
        "AssumeRolePolicyDocument": trust,
        "PermissionsBoundary": {"PermissionsBoundaryArn": f"arn:aws:iam::{ACCOUNT}:policy/b"},
    }
    proposal = read_files({"role.json": json.dumps({"Role": role}, indent=1)})
    [found] = proposal.roles
    assert (str(found.arn), found.max_session, found.boundary) == (
        role["Arn"],
        3600,
        f"arn:aws:iam::{ACCOUNT}:policy/b",
    )
    assert proposal.trust_of(found) is not None
    repository = {"registryId": ACCOUNT, "repositoryName": "shop", "policyText": json.dumps(trust)}
    [document] = read_files({"policy.json": json.dumps(repository)}).documents
    assert (document.kind, document.account, document.owners[0].name) == (DocumentKind.REPOSITORY, ACCOUNT, "shop")
    provider = {"Url": "token.actions.githubusercontent.com", "ClientIDList": ["sts.amazonaws.com"]}
    [told] = read_files({"provider.json": json.dumps(provider)}).providers
    assert not isinstance(told.audiences, Open)
    assert told.audiences == ("sts.amazonaws.com",)
