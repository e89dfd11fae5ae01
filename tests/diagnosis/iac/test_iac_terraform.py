"""Terraform plans and configuration: what the files settle is known, and nothing else is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from diagnosis.facts.reading import Unreadable
from diagnosis.iac.node import Open
from diagnosis.iac.proposal import DocumentKind, Given, OpenDocument, Proposal, ProposedDocument, WholeDocument
from diagnosis.iac.read import read_files

GIVEN = Given("123456789012", "eu-west-1")
PUSH = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ecr:PutImage", "Resource": "*"}]}
WIDE = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ecr:*", "Resource": "*"}]}
TRUST = 'jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = %s }] })'


def statements(document: ProposedDocument) -> list[dict[str, Any]]:
    assert isinstance(document.document, WholeDocument), document.document
    found: list[dict[str, Any]] = json.loads(document.document.text)["Statement"]
    return found


def why_open(document: ProposedDocument) -> str:
    found = document.document
    assert not isinstance(found, WholeDocument)
    return found.why if isinstance(found, Unreadable) else "; ".join(place.why for place in found.opens)


def by_address(proposal: Proposal) -> dict[str, ProposedDocument]:
    return {each.address: each for each in proposal.documents}


def test_a_module_is_read_where_it_is_called_with_what_the_call_sets() -> None:
    module = """\
variable "repository" {}
variable "branch" { default = "main" }
data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = ["arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:sub"
      values   = ["repo:${var.repository}:ref:refs/heads/${var.branch}"]
    }
  }
}
resource "aws_iam_role" "this" {
  name               = "release"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}
output "role" { value = aws_iam_role.this.arn }
"""
    root = """\
module "shop" {
  source     = "../modules/role"
  repository = "octo/shop"
}
resource "aws_ecr_repository_policy" "shop" {
  repository = "shop"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "ecr:PutImage", Principal = { AWS = module.shop.role } }]
  })
}
"""
    files = {"infra/modules/role/main.tf": module, "infra/prod/main.tf": root}
    proposal = read_files(files, GIVEN)
    assert not proposal.gaps
    found = by_address(proposal)
    [trust] = statements(found["module.shop.aws_iam_role.this"])
    assert trust["Condition"]["StringEquals"] == {
        "token.actions.githubusercontent.com:sub": ["repo:octo/shop:ref:refs/heads/main"]
    }
    assert found["module.shop.aws_iam_role.this"].file == "infra/modules/role/main.tf"
    [statement] = statements(found["aws_ecr_repository_policy.shop"])
    assert statement["Principal"] == {"AWS": "arn:aws:iam::123456789012:role/release"}
    # By itself the module has no values, not even its defaults.
    [alone] = read_files({"infra/modules/role/main.tf": module}, GIVEN).documents
    assert "the variable branch has no value here" in why_open(alone)
    [gap] = read_files({"infra/prod/main.tf": root}, GIVEN).gaps
    assert gap.elsewhere


def test_the_instances_that_the_files_settle_are_read_one_by_one() -> None:
    text = f"""\
locals {{
  teams = {{ blue = "octo/shop", red = "octo/web" }}
}}
data "aws_iam_policy_document" "trust" {{
  for_each = local.teams
  statement {{
    sid     = each.value
    actions = ["sts:AssumeRole"]
  }}
}}
resource "aws_iam_role" "team" {{
  for_each           = local.teams
  name               = "release-${{each.key}}"
  assume_role_policy = data.aws_iam_policy_document.trust[each.key].json
}}
resource "aws_iam_role_policy_attachment" "read" {{
  for_each   = toset(["blue"])
  role       = aws_iam_role.team[each.key].name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}}
resource "aws_iam_role" "none" {{
  count              = 0
  assume_role_policy = {TRUST % '"*"'}
}}
resource "aws_iam_role" "some" {{
  count              = var.number
  assume_role_policy = {TRUST % '"*"'}
}}
"""
    proposal = read_files({"main.tf": text}, GIVEN)
    roles = {role.address: role for role in proposal.roles}
    assert set(roles) == {'aws_iam_role.team["blue"]', 'aws_iam_role.team["red"]', "aws_iam_role.some"}
    assert roles['aws_iam_role.team["red"]'].name == "release-red"
    assert roles['aws_iam_role.team["blue"]'].managed == ("arn:aws:iam::aws:policy/ReadOnlyAccess",)
    assert roles['aws_iam_role.team["red"]'].managed == ()
    assert statements(by_address(proposal)['aws_iam_role.team["red"]'])[0]["Sid"] == "octo/web"
    assert roles["aws_iam_role.some"].only_if == "how many there are is not settled (count)"


def test_texts_of_other_files_are_read_where_they_are_named() -> None:
    text = """\
resource "aws_iam_role" "release" {
  name               = "release"
  assume_role_policy = templatefile("${path.module}/trust.json.tftpl", { subject = "repo:octo/shop:*" })
}
resource "aws_iam_role_policy" "push" {
  role   = aws_iam_role.release.name
  policy = file("${path.module}/policies/push.json")
}
"""
    template = json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Sid": "${subject}"}]}, indent=1)
    files = {"tf/main.tf": text, "tf/trust.json.tftpl": template, "tf/policies/push.json": json.dumps(PUSH, indent=1)}
    proposal = read_files(files, GIVEN)
    assert [each.file for each in proposal.documents] == ["tf/trust.json.tftpl", "tf/policies/push.json"]
    assert statements(proposal.documents[0])[0]["Sid"] == "repo:octo/shop:*"
    assert proposal.documents[1].owners[0].name == "release"
    assert proposal.documents[1].document.line_of(("Statement", 0, "Action")) == ("tf/policies/push.json", 6)  # type: ignore[union-attr]
    assert "is not among the files" in why_open(read_files({"tf/main.tf": text}).documents[1])


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ("var.policy", "the variable policy has no value here"),
        ("data.aws_iam_policy_document.gone.json", "is not in the files"),
        ("data.aws_iam_policy_document.merged.json", "source_policy_documents"),
        ("data.aws_iam_policy_document.dynamic.json", "dynamic block"),
        ("data.aws_iam_policy_document.twice.json", "stands in two condition blocks"),
        ("module.policies.push", "not among the files"),
        ('templatefile("${var.where}/x.json", {})', "the variable where"),
        ("data.http.policy.response_body", "is not known before it is there"),
        ("merge({}, {})", "the function merge"),
        ('var.wide ? jsonencode({ Statement = [] }) : "{}"', "has no value"),
        ('"{not json"', "not JSON"),
        ('jsonencode(["a"])', "no JSON object"),
        ("jsonencode({ Statement = [for each in var.x : each] })", "the variable x"),
        ('"{\\"Statement\\": ${var.statements}}"', "the variable statements"),
        ('"{\\"Statement\\": [], \\"Statement\\": []}"', "stands twice"),
    ],
)
def test_what_the_files_do_not_settle_is_not_read_with_the_reason(document: str, why: str) -> None:
    data = """
data "aws_iam_policy_document" "merged" { source_policy_documents = [var.other] }
data "aws_iam_policy_document" "dynamic" {
  dynamic "statement" {
    for_each = var.statements
    content {}
  }
}
data "aws_iam_policy_document" "twice" {
  statement {
    actions = ["ecr:*"]
    condition {
      test     = "StringEquals"
      variable = "aws:SourceVpc"
      values   = ["a"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceVpc"
      values   = ["b"]
    }
  }
}
"""
    text = f'resource "aws_iam_role_policy" "p" {{\n  role = "release"\n  policy = {document}\n}}\n{data}'
    [found] = read_files({"main.tf": text}, GIVEN).documents
    assert why in why_open(found)
    assert found.line == 3 or "data" in document


def test_a_block_that_is_not_understood_leaves_the_others_legible() -> None:
    text = f"""\
resource "aws_iam_role" "good" {{
  lifecycle {{ ignore_changes = [tags] }}
  assume_role_policy = {TRUST % '"*"'}
}}
resource "aws_iam_role" "bad" {{
  assume_role_policy = = 1
}}
resource "aws_iam_role" "other" {{
  assume_role_policy = {TRUST % '"*"'}
  lifecycle {{ ignore_changes = [assume_role_policy] }}
}}
"""
    proposal = read_files({"main.tf": text})
    assert [each.address for each in proposal.documents] == ["aws_iam_role.good", "aws_iam_role.other"]
    assert proposal.documents[0].only_if == ""
    assert "ignore_changes" in proposal.documents[1].only_if
    [gap] = proposal.gaps
    assert (gap.line, gap.reading.what) == (6, "resource aws_iam_role bad of main.tf")


def plan(*changes: dict[str, Any], **more: Any) -> dict[str, str]:
    return {
        "plan.json": json.dumps(
            {"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": changes, **more}
        )
    }


def change(address: str, before: object, after: object, **more: Any) -> dict[str, Any]:
    actions = ["delete"] if after is None else ["create"] if before is None else ["update"]
    inner = {"actions": actions, "before": before, "after": after, "after_unknown": {}, **more}
    kind = address.split("[")[0].split(".")[-2]
    return {"address": address, "mode": "managed", "type": kind, "change": inner}


def test_a_plan_is_its_own_base() -> None:
    text = lambda policy: {"name": "push", "role": "release", "policy": json.dumps(policy)}  # noqa: E731
    files = plan(
        change("module.ci.aws_iam_role_policy.push", text(PUSH), text(WIDE)),
        change('aws_iam_role_policy.old["a"]', text(PUSH), None),
        change("aws_iam_role_policy.next", text(PUSH), None, actions=["forget"]),
    )
    proposal = read_files(files)
    assert not proposal.gaps
    assert proposal.before is not None
    after = by_address(proposal)
    assert statements(after["module.ci.aws_iam_role_policy.push"])[0]["Action"] == "ecr:*"
    assert statements(by_address(proposal.before)["module.ci.aws_iam_role_policy.push"])[0]["Action"] == "ecr:PutImage"
    assert [each.address for each in proposal.removed()] == ['aws_iam_role_policy.old["a"]']
    # What Terraform only forgets stays at AWS.
    assert "aws_iam_role_policy.next" in after


def test_what_a_plan_does_not_know_yet_is_open_and_finds_its_role_by_the_configuration() -> None:
    role = change("aws_iam_role.r", None, {"name_prefix": "ci-", "inline_policy": [], "managed_policy_arns": None})
    role["change"]["after_unknown"] = {"arn": True, "name": True, "inline_policy": True, "managed_policy_arns": True}
    push = change("aws_iam_role_policy.push", None, {"name": "push", "policy": json.dumps(PUSH)})
    push["change"]["after_unknown"] = {"role": True}
    login = change("aws_iam_policy.login", None, {"name": "login"})
    login["change"]["after_unknown"] = {"policy": True, "arn": True}
    attach = change("aws_iam_role_policy_attachment.a", None, {})
    attach["change"]["after_unknown"] = {"role": True, "policy_arn": True}
    resources = [
        {"address": "aws_iam_role.r", "expressions": {"name_prefix": {"constant_value": "ci-"}}},
        {
            "address": "aws_iam_role_policy.push",
            "expressions": {"role": {"references": ["aws_iam_role.r.id", "aws_iam_role.r"]}},
        },
        {"address": "aws_iam_policy.login", "expressions": {"policy": {"references": ["aws_ecr_repository.x.arn"]}}},
        {
            "address": "aws_iam_role_policy_attachment.a",
            "expressions": {
                "role": {"references": ["aws_iam_role.r.name", "aws_iam_role.r"]},
                "policy_arn": {"references": ["aws_iam_policy.login.arn", "aws_iam_policy.login"]},
            },
        },
    ]
    proposal = read_files(plan(role, push, login, attach, configuration={"root_module": {"resources": resources}}))
    [found] = proposal.roles
    assert isinstance(found.name, Open)
    assert found.managed == ("aws_iam_policy.login",)
    assert [each.name for each in proposal.policies_of(found)] == ["push", "login"]
    [managed] = [each for each in proposal.documents if each.kind is DocumentKind.MANAGED]
    assert why_open(managed) == "it is known only after the plan is applied"


def test_what_the_provider_only_read_at_aws_is_no_proposal() -> None:
    values = {"name": "r", "assume_role_policy": "{}", "inline_policy": [{"name": "push", "policy": json.dumps(WIDE)}]}
    role = change("aws_iam_role.r", values, values)
    resources = [{"address": "aws_iam_role.r", "expressions": {"name": {}, "assume_role_policy": {}}}]
    proposal = read_files(plan(role, configuration={"root_module": {"resources": resources}}))
    assert [each.kind for each in proposal.documents] == [DocumentKind.TRUST]


@pytest.mark.parametrize("more", [{"errored": True}, {"complete": False}, {"deferred_changes": [{}]}])
def test_a_plan_that_is_not_whole_says_so(more: dict[str, Any]) -> None:
    assert read_files(plan(**more)).gaps


def test_an_open_value_within_a_text_may_bring_signs_of_its_own() -> None:
    text = 'resource "aws_iam_role_policy" "p" {\n  role = "r"\n  policy = "{\\"Statement\\": [{\\"Sid\\": \\"${var.x}\\"}]}"\n}\n'
    [found] = read_files({"main.tf": text}).documents
    assert isinstance(found.document, OpenDocument)
    assert found.document.within_text
