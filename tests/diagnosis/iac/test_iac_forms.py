"""What each form of infrastructure code proposes, in the shapes that public modules have."""

from __future__ import annotations

import json

from diagnosis.iac.node import Sort
from diagnosis.iac.proposal import DocumentKind, Given, OpenDocument, Proposal, ProposedDocument, WholeDocument
from diagnosis.iac.read import read_files

KEY = "token.actions.githubusercontent.com"
ACCOUNT = "123456789012"
GIVEN = Given(ACCOUNT, "eu-west-1", parameters={"GitHubOrg": "octo", "RepositoryName": "shop", "OIDCProviderArn": ""})
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{KEY}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {f"{KEY}:aud": "sts.amazonaws.com", f"{KEY}:sub": "repo:octo/shop:ref:refs/heads/main"}
            },
        }
    ],
}
PUSH = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ecr:PutImage", "Resource": "*"}]}
TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  GitHubOrg: {Type: String}
  RepositoryName: {Type: String, Default: shop}
  OIDCProviderArn: {Type: String, Default: ""}
Conditions:
  CreateOIDCProvider: !Equals [!Ref OIDCProviderArn, ""]
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: release
      Path: /ci/
      MaxSessionDuration: 3600
      PermissionsBoundary: !Ref Bound
      ManagedPolicyArns: [!Ref Push, "arn:aws:iam::aws:policy/ReadOnlyAccess"]
      AssumeRolePolicyDocument:
        Statement:
          - Effect: Allow
            Action: sts:AssumeRoleWithWebIdentity
            Principal:
              Federated: !If [CreateOIDCProvider, !Ref Github, !Ref OIDCProviderArn]
            Condition:
              StringLike:
                token.actions.githubusercontent.com:sub: !Sub repo:${GitHubOrg}/${RepositoryName}:*
      Policies:
        - PolicyName: own
          PolicyDocument:
            Version: 2012-10-17
            Statement: [{Effect: Allow, Action: "ecr:PutImage", Resource: !GetAtt Repo.Arn}]
  Push:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: {Version: 2012-10-17, Statement: {Effect: Allow, Action: ecr:GetAuthorizationToken, Resource: "*"}}
  Bound:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: {Version: 2012-10-17, Statement: {Effect: Allow, Action: "ecr:*", Resource: "*"}}
  Repo:
    Type: AWS::ECR::Repository
    Properties:
      RepositoryName: shop
      RepositoryPolicyText: {Version: 2012-10-17, Statement: []}
  Github:
    Type: AWS::IAM::OIDCProvider
    Condition: CreateOIDCProvider
    Properties:
      Url: https://token.actions.githubusercontent.com
      ClientIdList: [sts.amazonaws.com]
"""
CONFIGURATION = """\
data "aws_caller_identity" "me" {}
locals {
  branches = ["main", "release"]
}
resource "aws_iam_openid_connect_provider" "github" {
  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}
data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.github.arn]
    }
    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:sub"
      values   = [for each in local.branches : "repo:octo/shop:ref:refs/heads/${each}"]
    }
  }
}
resource "aws_iam_role" "release" {
  name               = "release"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}
resource "aws_iam_role_policy" "push" {
  name = "push"
  role = aws_iam_role.release.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["ecr:PutImage"]
      Resource = "arn:aws:ecr:eu-west-1:${data.aws_caller_identity.me.account_id}:repository/shop"
    }]
  })
}
resource "aws_iam_policy" "login" {
  name   = "login"
  policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [{
        "Effect": "Allow",
        "Action": "ecr:GetAuthorizationToken",
        "Resource": "*"
      }]
    }
  EOT
}
resource "aws_iam_role_policy_attachment" "login" {
  role       = aws_iam_role.release.name
  policy_arn = aws_iam_policy.login.arn
}
"""


def only(proposal: Proposal, kind: DocumentKind, name: str = "") -> ProposedDocument:
    [found] = [each for each in proposal.documents if each.kind is kind and name in (each.name, "")]
    return found


def tree(document: ProposedDocument) -> dict[str, object]:
    assert isinstance(document.document, WholeDocument), document.document
    found = json.loads(document.document.text)
    assert isinstance(found, dict)
    return found


def test_a_template_proposes_its_roles_documents_and_provider() -> None:
    proposal = read_files({"role.yaml": TEMPLATE}, GIVEN)
    assert not proposal.gaps
    [role] = proposal.roles
    assert str(role.arn) == f"arn:aws:iam::{ACCOUNT}:role/ci/release"
    assert (role.max_session, role.boundary) == (3600, "Bound")
    assert role.managed == ("Push", "arn:aws:iam::aws:policy/ReadOnlyAccess")
    trust = proposal.trust_of(role)
    assert trust is not None
    [statement] = tree(trust)["Statement"]  # type: ignore[misc]
    assert statement["Principal"] == {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{KEY}"}
    assert statement["Condition"] == {"StringLike": {f"{KEY}:sub": "repo:octo/shop:*"}}
    assert trust.document.line_of(("Statement", 0, "Condition", "StringLike")) == ("role.yaml", 24)  # type: ignore[union-attr]
    assert {each.address for each in proposal.policies_of(role)} == {"Role.Policies[0]", "Push"}
    assert only(proposal, DocumentKind.BOUNDARY).address == "Bound"
    assert only(proposal, DocumentKind.REPOSITORY).owners[0].name == "shop"
    [provider] = proposal.providers
    assert (provider.url, provider.audiences, provider.only_if) == (KEY, ("sts.amazonaws.com",), "")


def test_a_parameter_has_no_value_unless_it_is_given_not_even_its_default() -> None:
    proposal = read_files({"role.yaml": TEMPLATE})
    trust = only(proposal, DocumentKind.TRUST).document
    assert isinstance(trust, OpenDocument)
    assert [place.why for place in trust.opens if "RepositoryName" in place.why]
    assert not trust.is_harmless
    own = only(proposal, DocumentKind.INLINE).document
    assert isinstance(own, OpenDocument)
    assert {place.sort for place in own.opens} == {Sort.ACCOUNT, Sort.REGION}
    assert own.is_harmless


def test_a_folder_of_terraform_proposes_what_its_files_settle_together() -> None:
    head, _, tail = CONFIGURATION.partition('resource "aws_iam_role" ')
    files = {"tf/data.tf": head, "tf/role.tf": f'resource "aws_iam_role" {tail}'}
    proposal = read_files(files, GIVEN)
    assert not proposal.gaps
    [role] = proposal.roles
    trust = proposal.trust_of(role)
    assert trust is not None
    [statement] = tree(trust)["Statement"]  # type: ignore[misc]
    values = statement["Condition"]["StringEquals"][f"{KEY}:sub"]
    assert values == ["repo:octo/shop:ref:refs/heads/main", "repo:octo/shop:ref:refs/heads/release"]
    assert trust.document.line_of(("Statement", 0, "Condition")) == ("tf/data.tf", 16)  # type: ignore[union-attr]
    assert role.managed == ("aws_iam_policy.login",)
    assert [each.name for each in proposal.policies_of(role)] == ["push", "login"]
    login = only(proposal, DocumentKind.MANAGED, "login").document
    action = login.line_of(("Statement", 0, "Action"))  # type: ignore[union-attr]
    assert action is not None
    assert files["tf/role.tf"].split("\n")[action[1] - 1].strip() == '"Action": "ecr:GetAuthorizationToken",'
