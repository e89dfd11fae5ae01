"""Policies that are right have no error: AWS's own managed ones, the documented kinds of example, and those of the cases."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from lint_documents import linted, told
from places import SHARED
from thoroughness import some

from diagnosis.lint.rule import Severity
from diagnosis.policy import PolicyKind

HARD = (Severity.ERROR, Severity.SECURITY_WARNING)

EXAMPLES: dict[str, dict[str, Any]] = {
    "own home in a bucket": {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": "arn:aws:s3:::home-folders/${aws:username}/*",
    },
    "listing the own home": {
        "Effect": "Allow",
        "Action": "s3:ListBucket",
        "Resource": "arn:aws:s3:::home-folders",
        "Condition": {"StringLike": {"s3:prefix": ["", "home/", "home/${aws:username}/*"]}},
    },
    "instances with the own tag": {
        "Effect": "Allow",
        "Action": ["ec2:StartInstances", "ec2:StopInstances"],
        "Resource": "arn:aws:ec2:*:*:instance/*",
        "Condition": {"StringEquals": {"aws:ResourceTag/Owner": "${aws:username}"}},
    },
    "denied outside some regions": {
        "Effect": "Deny",
        "NotAction": ["cloudfront:*", "iam:*", "route53:*", "support:*"],
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]}},
    },
    "denied without MFA": {
        "Effect": "Deny",
        "NotAction": ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "sts:GetSessionToken"],
        "Resource": "*",
        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    },
    "within dates": {
        "Effect": "Allow",
        "Action": "dynamodb:GetItem",
        "Resource": "arn:aws:dynamodb:us-east-2:123456789012:table/books",
        "Condition": {
            "DateGreaterThan": {"aws:CurrentTime": "2026-04-01T00:00:00Z"},
            "DateLessThan": {"aws:CurrentTime": "2026-06-30T23:59:59Z"},
        },
    },
    "denied from elsewhere": {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {
            "NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "203.0.113.0/24"]},
            "Bool": {"aws:ViaAWSService": "false"},
        },
    },
    "tags at creation": {
        "Effect": "Allow",
        "Action": "ecr:CreateRepository",
        "Resource": "*",
        "Condition": {
            "StringEquals": {"aws:RequestTag/team": "shop"},
            "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]},
        },
    },
    "a repository by its tag": {
        "Effect": "Allow",
        "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        "Resource": "arn:aws:ecr:*:123456789012:repository/*",
        "Condition": {"StringEquals": {"ecr:ResourceTag/team": "shop"}},
    },
    "logs of a function": {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/shop:*",
    },
    "a short ARN": {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:*"},
    "a queue": {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:*:123456789012:orders"},
    "roles under a path": {
        "Effect": "Allow",
        "Action": ["iam:GetRole", "iam:ListRolePolicies"],
        "Resource": "arn:aws:iam::123456789012:role/teams/shop/*",
    },
    "a key for one service": {
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "Condition": {"StringEquals": {"kms:ViaService": "ecr.eu-west-1.amazonaws.com"}},
    },
    "a public registry": {
        "Effect": "Allow",
        "Action": ["ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken"],
        "Resource": "*",
    },
    "China": {
        "Effect": "Allow",
        "Action": "ecr:PutImage",
        "Resource": "arn:aws-cn:ecr:cn-north-1:123456789012:repository/shop",
    },
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_documented_kinds_of_example_have_no_finding(name: str) -> None:
    assert told({"Version": "2012-10-17", "Statement": [EXAMPLES[name]]}) == []


RESOURCE: dict[str, dict[str, Any]] = {
    "pull by another account": {
        "Effect": "Allow",
        "Principal": {"AWS": ["arn:aws:iam::210987654321:root", "123456789012"]},
        "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
    },
    "pull by a function": {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        "Condition": {"StringLike": {"aws:sourceArn": "arn:aws:lambda:eu-west-1:123456789012:function:*"}},
    },
    "the organization": {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "ecr:BatchGetImage",
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
    },
    "no plain transport": {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::shop", "arn:aws:s3:::shop/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    },
    "all but one role": {
        "Effect": "Deny",
        "NotPrincipal": {"AWS": ["arn:aws:iam::123456789012:role/ops", "arn:aws:iam::123456789012:root"]},
        "Action": "ecr:DeleteRepository",
    },
}


@pytest.mark.parametrize("name", RESOURCE)
def test_policies_of_resources_have_no_finding(name: str) -> None:
    report = linted({"Version": "2012-10-17", "Statement": [RESOURCE[name]]})
    assert (report.kind, report.findings) == (PolicyKind.RESOURCE, ())


TRUST: dict[str, dict[str, Any]] = {
    "a service": {"Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
    "another account": {
        "Principal": {"AWS": "arn:aws:iam::210987654321:root"},
        "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
        "Condition": {"StringEquals": {"sts:ExternalId": "x-1"}, "Bool": {"aws:MultiFactorAuthPresent": "true"}},
    },
    "SAML": {
        "Principal": {"Federated": "arn:aws:iam::123456789012:saml-provider/corp"},
        "Action": "sts:AssumeRoleWithSAML",
        "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
    },
    "a cluster": {
        "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/AB12"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {"oidc.eks.eu-west-1.amazonaws.com/id/AB12:sub": "system:serviceaccount:shop:api"},
        },
    },
    "an identity pool": {
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {"cognito-identity.amazonaws.com:aud": "eu-west-1:abc"},
            "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
        },
    },
}


@pytest.mark.parametrize("name", TRUST)
def test_trust_in_others_than_github_has_no_finding(name: str) -> None:
    report = linted({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **TRUST[name]}]})
    assert (report.kind, report.findings) == (PolicyKind.TRUST, ())


def test_the_managed_policies_of_aws_have_next_to_no_error() -> None:
    # AWS wrote them, and they work: an error in one is a false alarm, or a leftover that has no effect. Their size is
    # beyond what customers may save.
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    managed = json.loads(aws_managed_policies_data)
    asked = some(sorted(managed), 25)
    errors: Counter[str] = Counter()
    for name in asked:
        report = linted(managed[name]["Document"], PolicyKind.IDENTITY)
        found = {each.rule.value for each in report.findings if each.severity is Severity.ERROR}
        errors.update(found - {"size", "too-long"})
    assert sum(errors.values()) <= len(asked) // 50, errors


@pytest.mark.shared
def test_the_policies_of_the_decision_cases_that_allow_have_no_error() -> None:
    for name in ("trust_cases", "ecr_cases"):
        for line in (SHARED / "iam" / f"{name}.jsonl").read_text().splitlines():
            row = json.loads(line)
            documents = [
                *(row.get("identity_policies") or ()),
                *([row["resource_policy"]] if row["resource_policy"] else []),
            ]
            if row["expected"] != "Allowed":
                continue
            for document in documents:
                found = {each.rule.value for each in linted(document).findings if each.severity is Severity.ERROR}
                # Trust policies that were saved before AWS asked for a bound still work.
                assert found <= {"provider-control"}, (row["id"], found)


RIGHT = {
    "L01": "provider-control",
    "L03": "provider-control",
    "N07": "provider-control",
    "L05": "key-in-two-cases",
    "L06": "action-unknown service-unknown",
    "L10": "pass-role-any",
    "L11": "arn-resource",
    "P52": "not-principal-allow",
    "E12": "action-form",
    "E06": "",
    "E24": "",
    "T01": "key-not-carried",
    "T12": "subject-form",
    "T14": "subject-form",
    "T24": "",
    "T27": "key-not-carried provider-control",
    "T28": "conditions-exclude",
    "N04": "key-not-carried",
    "N05": "subject-form",
    "P12": "",
    "P16": "",
    "P20": "",
    "P24": "subject-any-owner",
    "P36": "key-not-carried",
    "P47": "claim-form",
    "P57": "key-not-carried",
    "P62": "key-not-carried",
    "D1": "principal-anybody",
    "D4": "principal-anybody",
    "D5": "",
}


@pytest.mark.shared
def test_the_cases_are_told_and_those_that_are_right_are_not() -> None:
    rows = {row["id"]: row for row in map(json.loads, (SHARED / "cases" / "policies.jsonl").read_text().splitlines())}
    for name, rules in RIGHT.items():
        row = rows[name]
        report = linted(row.get("document") or row.get("policy") or row["trust"])
        hard = [each.rule.value for each in report.findings if each.severity in HARD]
        assert sorted(set(hard)) == rules.split(), (name, hard)
        assert hard == [each.rule.value for each in report.findings][: len(hard)]
