"""What may let others in and is not read is unknown where the change touches it, with a way, and only there."""

from __future__ import annotations

import json

import pytest
from conform_change import BASE, POLICY, RELEASE, WORKFLOW, Files, allow, conformance, policy_text, told
from thoroughness import spread

from diagnosis.findings.finding import Level

_ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
_ROLE = 'resource "aws_iam_role" "r" {\n  name = "docs"\n}\n'
_BY_VARIABLE = _ROLE + (
    'resource "aws_iam_role_policy_attachment" "a" {\n  for_each = toset(var.arns)\n  role = aws_iam_role.r.name\n'
    "  policy_arn = each.value\n}\n"
)
_COUNTED = _ROLE + 'resource "aws_iam_role_policy_attachment" "a" {\n  policy_arn = var.arns[0]\n  role = var.role\n}\n'
_MODULE = 'module "m" {\n  source = "git::https://git.example/m.git?ref=%s"\n  subjects = %s\n}\n'
_STACK = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://b.s3.amazonaws.com/t.json"}}


def _tf(text: str, values: str = "") -> Files:
    return {"infra/main.tf": text, **({"infra/prod.tfvars": values} if values else {})}


def _template(subject: object, default: str, other: str = "1") -> Files:
    stack = {**_STACK, "Properties": {**_STACK["Properties"], "Parameters": {"Subject": subject}}}  # type: ignore[dict-item]
    tree = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Parameters": {name: {"Type": "String", "Default": value} for name, value in (("S", default), ("O", other))},
        "Resources": {"Nested": stack},
    }
    return {"infra/t.json": json.dumps(tree, indent=1)}


def _resource(kind: str, body: str) -> Files:
    return _tf(f'resource "{kind}" "x" {{\n{body}\n}}\n')


_APP = {
    "cdk.json": "{}",
    "bin/app.ts": "import { S } from '../lib/own';\nimport { App } from 'aws-cdk-lib';\n",
    "src/page.ts": "1\n",
}
_REST = json.loads(policy_text(allow("s3:GetObject", "arn:aws:s3:::a/*")))
_TOUCHED: dict[str, tuple[Files, Files]] = {
    "module, another version": (_tf(_MODULE % ("v1", '["a"]')), _tf(_MODULE % ("v2", '["a"]'))),
    "module, another argument": (_tf(_MODULE % ("v1", '["a"]')), _tf(_MODULE % ("v1", '["*"]'))),
    "module, another local value": (
        _tf('locals { s = ["a"] }\n' + _MODULE % ("v1", "local.s")),
        _tf('locals { s = ["*"] }\n' + _MODULE % ("v1", "local.s")),
    ),
    "variable, another value": (_tf(_BY_VARIABLE, "arns = []\n"), _tf(_BY_VARIABLE, f'arns = [\n  "{_ADMIN}",\n]\n')),
    "variable, another default": (
        _tf(_BY_VARIABLE + 'variable "arns" { default = [] }'),
        _tf(_BY_VARIABLE + f'variable "arns" {{ default = ["{_ADMIN}"] }}'),
    ),
    "attachment, another value": (_tf(_COUNTED, "arns = []\n"), _tf(_COUNTED, f'arns = ["{_ADMIN}"]\n')),
    "stack, another argument": (_template("a", "d"), _template("*", "d")),
    "stack, another default": (_template({"Ref": "S"}, "d"), _template({"Ref": "S"}, "*")),
    "JSON of Terraform": ({"x.tf.json": '{"locals": {"a": 1}}'}, {"x.tf.json": '{"locals": {"a": 2}}'}),
    "attached to a user": ({}, _resource("aws_iam_user_policy_attachment", f'user = "u"\npolicy_arn = "{_ADMIN}"')),
    "who may call": ({}, _resource("aws_lambda_permission", 'principal = "*"')),
    "no block any more": (_resource("aws_s3_bucket_public_access_block", "bucket = 1"), {}),
    "a command": ({}, _resource("null_resource", 'provisioner "local-exec" { command = "aws iam add-user-to-group" }')),
    "a program": ({"a.py": "import aws_cdk\n"}, {"a.py": "import aws_cdk\nbucket.grant_write(role)\n"}),
    "a part of a program": ({**_APP, "lib/own.ts": "1\n"}, {**_APP, "lib/own.ts": "bucket.grantWrite(role);\n"}),
    "a list of a framework": (
        {"serverless.yml": "service: s\n"},
        {"serverless.yml": "service: s\nprovider: {iam: {}}\n"},
    ),
    "a script": ({}, {"deploy.sh": f"aws iam attach-role-policy --role-name release --policy-arn {_ADMIN}\n"}),
    "a script of an environment": ({}, {"envs/test/up.sh": f"aws iam attach-role-policy --policy-arn {_ADMIN}\n"}),
    "a list of an environment": (
        {"live/test/terragrunt.hcl": "inputs = {}\n"},
        {"live/test/terragrunt.hcl": "inputs = {b = 1}\n"},
    ),
    "a long script": ({}, {"deploy.sh": "# text\n" * 90_000 + f"aws iam attach-role-policy --policy-arn {_ADMIN}\n"}),
    "an odd name": ({}, {"iam/policy.txt": json.dumps(_REST)}),
    "an odd folder": ({}, {".github/iam/policy.json": policy_text(allow("s3:GetObject", "arn:aws:s3:::a/*"))}),
}
_NOT_TOUCHED: dict[str, tuple[Files, Files]] = {
    "module, moved": (
        _tf(_MODULE % ("v1", '["a"]')),
        _tf("# why\n\n" + (_MODULE % ("v1", '["a"]')).replace("  s", "    s")),
    ),
    "module, another local value": (
        _tf('locals { s = ["a"] }\n' + _MODULE % ("v1", '["a"]')),
        _tf('locals { s = ["*"] }\n' + _MODULE % ("v1", '["a"]')),
    ),
    "variable, another one": (
        _tf(_BY_VARIABLE, 'arns = []\ntype = "s"\n'),
        _tf(_BY_VARIABLE, 'type = "m"\narns = []\n'),
    ),
    "stack, another parameter": (_template({"Ref": "S"}, "d"), _template({"Ref": "S"}, "d", "2")),
    "a grant less": (_resource("aws_lambda_permission", 'principal = "*"'), {}),
    "tags": (_resource("aws_iam_user", 'name = "u"'), _resource("aws_iam_user", 'name = "u"\ntags = { a = "b" }')),
    "no part of a program": (_APP, {**_APP, "src/page.ts": "2\n"}),
    "another program": ({"a.py": "import boto3\n"}, {"a.py": "import boto3\nboto3.client('s3').list_buckets()\n"}),
    "prose": ({}, {"README.md": "aws iam put-role-policy\n"}),
    "a test": ({}, {"tests/test_it.py": '{"Effect": "Allow", "Action": "*"}\n'}),
    "a manifest": ({"k.yaml": "kind: Pod\n"}, {"k.yaml": "kind: Pod\ntolerations: [{effect: NoSchedule}]\n"}),
    "a rule of a network": ({}, _resource("aws_network_acl", "vpc_id = 1")),
    "a policy of another sort": ({}, {"deploy.sh": "aws ecr put-lifecycle-policy --repository-name app\n"}),
    "bucket": (_resource("aws_s3_bucket", 'bucket = "a"'), _resource("aws_s3_bucket", 'bucket = "b"')),
}


@pytest.mark.parametrize("name", spread(tuple(_TOUCHED), 5))
def test_what_is_not_read_is_unknown_where_the_change_touches_it(name: str) -> None:
    base, head = ({**BASE, **files} for files in _TOUCHED[name])
    found = conformance(head, base)
    unsure = [each for each in found.findings if each.level is not Level.NOTE]
    assert unsure
    assert all(each.correction and each.place.file for each in unsure)
    # Where nothing of it is touched nothing is told.
    again = conformance({**head, "docs/a.txt": "more\n"}, head)
    assert told(again) | told(again, Level.UNKNOWN) == set()


@pytest.mark.parametrize("name", spread(tuple(_NOT_TOUCHED), 4))
def test_what_is_not_touched_is_not_told(name: str) -> None:
    base, head = ({**BASE, **files} for files in _NOT_TOUCHED[name])
    found = conformance(head, base)
    assert [each.sentence for each in found.findings if each.level is not Level.NOTE] == []


def test_what_a_role_is_beside_its_policies_may_widen() -> None:
    def role(more: str, provider: str = "") -> Files:
        text = (
            f'resource "aws_iam_role" "r" {{\n  name = "release"\n  assume_role_policy = file("t.json")\n{more}\n}}\n'
        )
        known = f'resource "aws_iam_openid_connect_provider" "g" {{\n  url = "https://gitlab.com"\n{provider}\n}}\n'
        own = {"infra/main.tf": text + (known if provider else ""), "infra/t.json": BASE["iam/trust.json"]}
        return {WORKFLOW: RELEASE, POLICY: BASE[POLICY], **own}

    hour, day = role("  max_session_duration = 3600"), role("  max_session_duration = 43200")
    assert "widened-grants" in told(conformance(day, hour), Level.NOTE)
    assert "widened-grants" not in told(conformance(hour, day), Level.NOTE)
    asked = day[WORKFLOW].replace("aws-region: us-east-1", "aws-region: us-east-1, role-duration-seconds: 43200")
    assert "widened-grants" not in told(conformance({**day, WORKFLOW: asked}, hour), Level.NOTE)
    old, new = (role("", f"  thumbprint_list = {json.dumps(each)}") for each in (["a" * 40], ["a" * 40, "b" * 40]))
    assert "widened-provider" in told(conformance(new, old))
    assert "widened-provider" not in told(conformance(old, new))
    tagging = BASE["iam/trust.json"].replace(
        '"sts:AssumeRoleWithWebIdentity"', '["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]'
    )
    assert told(conformance({**BASE, "iam/trust.json": tagging})) == {"widened-trust"}
