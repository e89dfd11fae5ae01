"""Which resources of Terraform hold a document, whose it is, and what may hold one and is not read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from diagnosis.iac.node import Open, Sort
from diagnosis.iac.proposal import DocumentKind, Given, OpenDocument, Proposal, WholeDocument
from diagnosis.iac.read import read_files

GIVEN = Given("123456789012", "eu-west-1")
POLICY = 'jsonencode({ Statement = [{ Effect = "Allow", Action = "a:b", Resource = "*" }] })'
TRUST = 'jsonencode({ Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = "*" }] })'
FOR_ALL = 'jsonencode({ Statement = [{ Effect = "Allow", Action = "a:b", Principal = "*", Resource = "*" }] })'
ROLE = f"""
resource "aws_iam_role" "r" {{
  name = "release"
  assume_role_policy = {TRUST}
}}
resource "aws_iam_policy" "p" {{
  name = "p"
  policy = {POLICY}
}}
"""
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


def read(kind: str, body: str) -> Proposal:
    return read_files({"main.tf": f'{ROLE}resource "{kind}" "x" {{\n{body}\n}}\n'}, GIVEN)


@pytest.mark.parametrize(
    ("kind", "member", "text", "expected"),
    [
        ("aws_iam_role_policy", "policy", POLICY, DocumentKind.INLINE),
        ("aws_iam_user_policy", "policy", POLICY, DocumentKind.INLINE),
        ("aws_ecr_repository_policy", "policy", FOR_ALL, DocumentKind.REPOSITORY),
        ("aws_ecr_registry_policy", "policy", FOR_ALL, DocumentKind.REGISTRY),
        ("aws_organizations_policy", "content", POLICY, DocumentKind.SERVICE_CONTROL),
        ("aws_kms_key", "policy", FOR_ALL, DocumentKind.RESOURCE),
        ("aws_s3_bucket_policy", "policy", FOR_ALL, DocumentKind.RESOURCE),
        ("aws_vpc_endpoint", "policy", FOR_ALL, DocumentKind.RESOURCE),
        ("aws_ssoadmin_permission_set_inline_policy", "inline_policy", POLICY, DocumentKind.IDENTITY),
    ],
)
def test_a_resource_that_holds_a_document(kind: str, member: str, text: str, expected: DocumentKind) -> None:
    found = {each.address: each for each in read(kind, f"{member} = {text}").documents}
    assert found[f"{kind}.x"].kind is expected


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        ("SERVICE_CONTROL_POLICY", DocumentKind.SERVICE_CONTROL),
        ("RESOURCE_CONTROL_POLICY", DocumentKind.RESOURCE_CONTROL),
        ("TAG_POLICY", None),
    ],
)
def test_policies_of_an_organization(type_: str, expected: DocumentKind | None) -> None:
    found = read("aws_organizations_policy", f'type = "{type_}"\ncontent = {POLICY}').documents
    kinds = [each.kind for each in found if each.address == "aws_organizations_policy.x"]
    assert kinds == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("aws_cloudformation_stack", 'template_body = "{}"', "it has a template of its own"),
        ("awscc_iam_role", 'role_name = "x"', "resources of the provider awscc are not read"),
        ("aws_sqs_queue", "policy = var.policy", "the variable policy has no value here"),
        (
            "aws_iam_role_policy_attachment",
            f'role = var.role\npolicy_arn = "{ADMIN}"',
            "the role is not settled",
        ),
    ],
)
def test_what_may_hold_or_give_a_document_and_is_not_read_is_a_gap(kind: str, body: str, said: str) -> None:
    (gap,) = read(kind, body).gaps
    assert said in gap.reading.why
    assert gap.file == "main.tf"


@pytest.mark.parametrize(
    ("kind", "body", "managed", "exclusive"),
    [
        (
            "aws_iam_role_policy_attachment",
            "role = aws_iam_role.r.name\npolicy_arn = aws_iam_policy.p.arn",
            ("aws_iam_policy.p",),
            (False, False),
        ),
        (
            "aws_iam_role_policy_attachment",
            f'role = "release"\npolicy_arn = "{ADMIN}"',
            (ADMIN,),
            (False, False),
        ),
        (
            "aws_iam_policy_attachment",
            f'name = "all"\nroles = ["release", "other"]\npolicy_arn = "{ADMIN}"',
            (ADMIN,),
            (False, False),
        ),
        (
            "aws_iam_role_policy_attachments_exclusive",
            f'role_name = aws_iam_role.r.name\npolicy_arns = [aws_iam_policy.p.arn, "{ADMIN}"]',
            ("aws_iam_policy.p", ADMIN),
            (False, True),
        ),
        (
            "aws_iam_role_policies_exclusive",
            "role_name = aws_iam_role.r.name\npolicy_names = []",
            (),
            (True, False),
        ),
    ],
)
def test_what_a_role_is_given_beside_its_own(
    kind: str, body: str, managed: tuple[str, ...], exclusive: tuple[bool, bool]
) -> None:
    (role,) = read(kind, body).roles
    assert role.managed == managed
    assert (role.only_these, role.only_these_attachments) == exclusive


def test_a_policy_of_a_list_that_is_not_settled_is_not_left_out() -> None:
    (role,) = read("aws_iam_role_policy_attachment", "role = aws_iam_role.r.name\npolicy_arn = var.more").roles
    assert [isinstance(each, Open) for each in role.managed] == [True]


def test_inline_policies_within_a_role_are_its_own() -> None:
    inline = f'inline_policy {{\n name = "a"\n policy = {POLICY}\n}}\ninline_policy {{}}'
    body = f'name = "inner"\nassume_role_policy = {TRUST}\n{inline}'
    found = read("aws_iam_role", body)
    inner = [each for each in found.documents if each.kind is DocumentKind.INLINE]
    assert [(each.name, each.owners[0].address) for each in inner] == [("a", "aws_iam_role.x")]


# ------------------------------------------------------------------------------------------------- plans


def plan(**root: Any) -> Proposal:
    return read_files({"plan.json": json.dumps({"format_version": "1.2", "terraform_version": "1.9.0", **root})})


def _change(address: object, **inner: Any) -> dict[str, Any]:
    return {"address": address, "type": "aws_iam_role_policy", "mode": inner.pop("mode", "managed"), "change": inner}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([_change(None, actions=["create"])], "it has no address, type or change"),
        ([_change("a.b", actions=["update"], after=None)], "it tells neither what comes nor that it goes"),
        ([_change("a.b", after=None)], "it tells neither what comes nor that it goes"),
        ({}, "its resource_changes are no list"),
    ],
)
def test_a_change_that_is_not_told_is_a_gap(changes: object, said: str) -> None:
    (gap,) = plan(resource_changes=changes).gaps
    assert gap.reading.why == said


def test_what_only_the_planned_values_tell_is_there_before_and_after() -> None:
    policy = {"Statement": [{"Effect": "Allow", "Action": "a:b", "Resource": "*"}]}
    own = {"address": "module.a.aws_iam_role_policy.x", "type": "aws_iam_role_policy", "mode": "managed"}
    own["values"] = {"name": "x", "role": "release", "policy": json.dumps(policy)}  # type: ignore[assignment]
    read_only = {**own, "address": "data.y", "mode": "data"}
    values = {"root_module": {"child_modules": [{"resources": [own, read_only, None]}, None]}}
    found = plan(planned_values=values, resource_changes=[_change("data.z", mode="data", actions=["read"])])
    assert [each.address for each in found.documents] == [own["address"]]
    assert found.before is not None
    assert [each.address for each in found.before.documents] == [own["address"]]
    assert not found.gaps


# ------------------------------------------------------------------------------------------------- CloudFormation's references

_STACK: dict[str, Any] = {
    "Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r", "Path": "/team/"}},
    "Made": {"Type": "AWS::IAM::Role", "Properties": {}},
    "Repo": {"Type": "AWS::ECR::Repository", "Properties": {"RepositoryName": "app"}},
    "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "logs"}},
    "Edge": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"ManagedPolicyName": "edge"}},
    "Provider": {"Type": "AWS::IAM::OIDCProvider", "Properties": {"Url": "https://idp.example"}},
    "Lost": {"Type": "AWS::IAM::OIDCProvider", "Properties": {}},
    "Own": {"Type": "Custom::Thing", "Properties": {}},
    "Topic": {"Type": "AWS::SNS::Topic", "Properties": {}},
}


def _referred(reference: dict[str, Any]) -> Any:
    policy = {"Statement": [{"Effect": "Allow", "Action": "a:b", "Resource": reference}]}
    holder = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": policy}}
    text = json.dumps({"Resources": {**_STACK, "Holder": holder}})
    found = next(each for each in read_files({"t.json": text}, GIVEN).documents if each.address == "Holder")
    if isinstance(found.document, WholeDocument):
        return json.loads(found.document.text)["Statement"][0]["Resource"]
    assert isinstance(found.document, OpenDocument)
    return found.document.opens[0].sort


_IN = "arn:aws:iam::123456789012"


@pytest.mark.parametrize(
    ("name", "what", "expected"),
    [
        ("Role", "", "r"),
        ("Role", "Arn", f"{_IN}:role/team/r"),
        ("Role", "RoleId", Sort.NAME),
        ("Made", "", Sort.NAME),
        ("Repo", "", "app"),
        ("Repo", "Arn", "arn:aws:ecr:eu-west-1:123456789012:repository/app"),
        ("Bucket", "", "logs"),
        ("Bucket", "Arn", "arn:aws:s3:::logs"),
        ("Edge", "", f"{_IN}:policy/edge"),
        ("Edge", "PolicyArn", f"{_IN}:policy/edge"),
        ("Provider", "", f"{_IN}:oidc-provider/idp.example"),
        ("Lost", "Arn", Sort.ANY),
        ("Topic", "", Sort.NAME),
        ("Topic", "TopicArn", Sort.ARN),
        ("Topic", "Other", Sort.ANY),
        # What others make of their own resources is not AWS's to say.
        ("Own", "", Sort.ANY),
        ("Own", "Arn", Sort.ANY),
    ],
)
def test_what_a_reference_comes_to(name: str, what: str, expected: object) -> None:
    assert _referred({"Fn::GetAtt": [name, what]} if what else {"Ref": name}) == expected
