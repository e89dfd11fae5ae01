"""What ``Ref`` and ``Fn::GetAtt`` give for a resource of the same template: names and ARNs, as far as its properties tell.

Source: AWS CloudFormation Template Reference, "Return values" of each resource type.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from diagnosis.iac.node import Node, Open, Sort, Value, parts_of

Property: TypeAlias = Callable[[str], Value]


@dataclass(frozen=True, slots=True)
class Pseudo:
    """A pseudo parameter in a text."""

    name: str


Parts: TypeAlias = "list[Value | Pseudo]"
"""Of a text."""

_PARTITION = Pseudo("AWS::Partition")
_ACCOUNT = Pseudo("AWS::AccountId")
_REGION = Pseudo("AWS::Region")
# What these give is written by somebody, not by AWS.
_OF_OTHERS = ("AWS::CloudFormation::", "AWS::SSM::", "AWS::SecretsManager::", "AWS::Lambda::Function.")
_EXACT = {"Arn", "Id", "Name", "PolicyArn", "TopicArn", "RoleId"}


def type_of(resource: Node) -> str:
    """Return a resource's type; empty where it has none."""
    node = resource.get("Type")
    return (node.text or "") if node is not None else ""


def reference(name: str, resource: Node, read: Property) -> Parts:
    """Return what ``Ref`` gives."""
    match type_of(resource):
        case "AWS::IAM::Role":
            return [_named(read("RoleName"), name)]
        case "AWS::ECR::Repository":
            return [_named(read("RepositoryName"), name)]
        case "AWS::S3::Bucket":
            return [_named(read("BucketName"), name)]
        case "AWS::IAM::ManagedPolicy":
            return _policy(name, read)
        case "AWS::IAM::OIDCProvider":
            return _provider(name, read)
        case kind:
            return [_of_aws(kind, name, "its name")]


def attribute(name: str, what: str, resource: Node, read: Property) -> Parts:
    """Return what ``Fn::GetAtt`` gives for an attribute."""
    match type_of(resource), what:
        case "AWS::IAM::Role", "Arn":
            path = read("Path") or "/"
            return ["arn:", _PARTITION, ":iam::", _ACCOUNT, ":role", path, _named(read("RoleName"), name)]
        case "AWS::ECR::Repository", "Arn":
            own = _named(read("RepositoryName"), name)
            return ["arn:", _PARTITION, ":ecr:", _REGION, ":", _ACCOUNT, ":repository/", own]
        case "AWS::S3::Bucket", "Arn":
            return ["arn:", _PARTITION, ":s3:::", _named(read("BucketName"), name)]
        case "AWS::IAM::ManagedPolicy", "PolicyArn":
            return _policy(name, read)
        case "AWS::IAM::OIDCProvider", "Arn":
            return _provider(name, read)
        case kind, _ if what in _EXACT or what.endswith("Arn"):
            return [_of_aws(kind, name, f"its {what}", Sort.ARN if what.endswith("Arn") else Sort.NAME)]
        case _:
            return [Open(f"{what[:100]} of {name[:100]} is known once the stack is there")]


def _of_aws(kind: str, name: str, what: str, sort: Sort = Sort.NAME) -> Open:
    why = f"the resource {name[:100]} is not there yet, nor is {what}"
    return Open(why, sort if kind.startswith("AWS::") and not kind.startswith(_OF_OTHERS) else Sort.ANY)


def _named(value: Value, name: str) -> Value:
    return Open(f"AWS makes up the name of {name[:100]}", Sort.NAME) if value is None else value


def _policy(name: str, read: Property) -> Parts:
    path = read("Path") or "/"
    return ["arn:", _PARTITION, ":iam::", _ACCOUNT, ":policy", path, _named(read("ManagedPolicyName"), name)]


def _provider(name: str, read: Property) -> Parts:
    url = read("Url")
    if url is None:
        return [Open(f"the provider {name[:100]} has no address")]
    first, *rest = parts_of(url)
    host = without_scheme(first) if isinstance(first, str) else first
    return ["arn:", _PARTITION, ":iam::", _ACCOUNT, ":oidc-provider/", host, *rest]


def without_scheme(url: str) -> str:
    """Return a provider's address as its ARN holds it."""
    return url.removeprefix("https://")
