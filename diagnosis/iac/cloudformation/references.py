"""What ``Ref`` and ``Fn::GetAtt`` give for a resource of the same template: names and ARNs, as far as its properties tell.

Source: AWS CloudFormation Template Reference, "Return values" of each resource type.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from diagnosis.iac.arns import bucket_arn, iam_arn, provider_arn, repository_arn
from diagnosis.iac.node import Node, Open, Sort, Value
from diagnosis.iac.proposal import Given

Property: TypeAlias = Callable[[str], Value]

# What these give is written by somebody, not by AWS.
_OF_OTHERS = ("AWS::CloudFormation::", "AWS::SSM::", "AWS::SecretsManager::")
_SHOWN = 100


def type_of(resource: Node) -> str:
    """Return a resource's type; empty where it has none."""
    node = resource.get("Type")
    return (node.text or "") if node is not None else ""


def reference(name: str, resource: Node, read: Property, given: Given) -> Value:
    """Return what ``Ref`` gives."""
    match type_of(resource):
        case "AWS::IAM::Role":
            return _named(read("RoleName"), name)
        case "AWS::ECR::Repository":
            return _named(read("RepositoryName"), name)
        case "AWS::S3::Bucket":
            return _named(read("BucketName"), name)
        case "AWS::IAM::ManagedPolicy" | "AWS::IAM::OIDCProvider":
            return attribute(name, "Arn", resource, read, given)
        case kind:
            return _of_aws(kind, name, "its name", Sort.NAME)


def attribute(name: str, what: str, resource: Node, read: Property, given: Given) -> Value:
    """Return what ``Fn::GetAtt`` gives for an attribute."""
    match type_of(resource), what:
        case "AWS::IAM::Role", "Arn":
            return iam_arn(given, "role", read("Path") or "/", _named(read("RoleName"), name))
        case "AWS::IAM::ManagedPolicy", "PolicyArn" | "Arn":
            return iam_arn(given, "policy", read("Path") or "/", _named(read("ManagedPolicyName"), name))
        case "AWS::IAM::OIDCProvider", "Arn":
            url = read("Url")
            return Open(f"the provider {name[:_SHOWN]} has no address") if url is None else provider_arn(given, url)
        case "AWS::ECR::Repository", "Arn":
            return repository_arn(given, _named(read("RepositoryName"), name))
        case "AWS::S3::Bucket", "Arn":
            return bucket_arn(given, _named(read("BucketName"), name))
        case kind, _ if what.endswith("Arn"):
            return _of_aws(kind, name, f"its {what[:_SHOWN]}", Sort.ARN)
        case kind, "Id" | "Name" | "RoleId":
            return _of_aws(kind, name, f"its {what}", Sort.NAME)
        case _:
            return Open(f"{what[:_SHOWN]} of {name[:_SHOWN]} is known once the stack is there")


def _of_aws(kind: str, name: str, what: str, sort: Sort) -> Open:
    why = f"the resource {name[:_SHOWN]} is not there yet, nor is {what}"
    return Open(why, sort if kind.startswith("AWS::") and not kind.startswith(_OF_OTHERS) else Sort.ANY)


def _named(value: Value, name: str) -> Value:
    return Open(f"AWS makes up the name of {name[:_SHOWN]}", Sort.NAME) if value is None else value
