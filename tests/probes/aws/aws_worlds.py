"""Worlds for the AWS probes: an account with everything in it, and an organization around it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from arns import arn_of
from moto.ecr.models import ecr_backends
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends
from moto.sts.models import sts_backends

from diagnosis.facts.account import AccountQuestion
from probes.aws.session.access import AwsAccess, GivenCredentials
from probes.embedded.in_process_aws import InProcessAws
from probes.ledger import Ledger

ACCOUNT = "111122223333"
REGION = "eu-west-2"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/ci/Release"
BOUNDARY_ARN = f"arn:aws:iam::{ACCOUNT}:policy/Boundary"
MANAGED_ARN = f"arn:aws:iam::{ACCOUNT}:policy/Pull"
PROVIDER_ARN = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
DIGEST = "sha256:" + "ab" * 32
ROOT = "s3://evidence-of-releases/runs/7/"
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

QUESTION = AccountQuestion(
    role_arn=arn_of(ROLE_ARN), region=REGION, registry_id=ACCOUNT, repository="shop/api", tag="v1", evidence_root=ROOT
)

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Federated": PROVIDER_ARN},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:o/r:ref:refs/heads/main"}},
        }
    ],
}


def forget(*accounts: str) -> None:
    """Empty these accounts of whatever an earlier test left, and no other: other tests keep theirs."""
    for backends in (
        iam_backends,
        ecr_backends,
        kms_backends,
        s3_backends,
        secretsmanager_backends,
        sns_backends,
        sqs_backends,
        sts_backends,
    ):
        for account in accounts:
            backends[account].reset()


def allow(action: str) -> str:
    """A policy that allows one action on everything, as JSON text."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})


def noon() -> datetime:
    """The clock of these tests."""
    return NOON


def access(aws: InProcessAws, *, ledger: Ledger | None = None, **kwargs: Any) -> AwsAccess:
    """Guarded access to a world inside this process."""
    credentials = kwargs.pop("credentials", GivenCredentials("AKIAWORLDOFTESTS", "secret-of-tests"))
    return AwsAccess(
        ledger=ledger or Ledger(noon), clock=noon, credentials=credentials, prepare=aws.answer_for, **kwargs
    )


def fill(client: Callable[[str], Any]) -> None:
    """Put a role with all its policies, a provider, a repository with an image, and evidence into an account."""
    iam, ecr, s3 = client("iam"), client("ecr"), client("s3")
    iam.create_policy(PolicyName="Boundary", PolicyDocument=allow("ecr:*"))
    iam.create_policy(PolicyName="Pull", PolicyDocument=allow("ecr:BatchGetImage"))
    iam.create_role(
        RoleName="Release",
        Path="/ci/",
        AssumeRolePolicyDocument=json.dumps(TRUST),
        PermissionsBoundary=BOUNDARY_ARN,
        Tags=[{"Key": "team", "Value": "releases"}],
    )
    iam.put_role_policy(RoleName="Release", PolicyName="Push", PolicyDocument=allow("ecr:PutImage"))
    iam.attach_role_policy(RoleName="Release", PolicyArn=MANAGED_ARN)
    iam.create_open_id_connect_provider(
        Url="https://token.actions.githubusercontent.com", ClientIDList=["sts.amazonaws.com"], ThumbprintList=[]
    )
    ecr.create_repository(repositoryName="shop/api", imageTagMutability="IMMUTABLE")
    ecr.set_repository_policy(repositoryName="shop/api", policyText=_REPOSITORY_POLICY)
    ecr.put_image(
        repositoryName="shop/api",
        imageManifest=json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}),
        imageTag="v1",
        imageDigest=DIGEST,
    )
    s3.create_bucket(Bucket="evidence-of-releases", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="evidence-of-releases", Key="runs/7/receipt.json", Body=b"{}")
    s3.put_object(Bucket="evidence-of-releases", Key="runs/70/other.json", Body=b"{}")


_REPOSITORY_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "Pull", "Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}],
    }
)


ROOT_ID, UNIT_ID, MANAGEMENT = "r-abcd", "ou-abcd-12345678", "999900001111"
ORGANIZATION_ID = "o-a1b2c3d4e5"
FULL_ACCESS = allow("*")
NO_ECR = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Sid": "NoEcr", "Effect": "Deny", "Action": "ecr:*", "Resource": "*"}]}
)


def organization() -> dict[str, Callable[[dict[str, Any]], dict[str, Any]]]:
    """Answers of an organization: root, one unit, the account; a denying policy on the unit.

    Written from the API reference, because moto names the accounts of its organizations itself.
    """
    policies = {
        "p-full": ("FullAWSAccess", FULL_ACCESS),
        "p-noecr": ("NoEcr", NO_ECR),
        "p-rcp": ("RCPFullAWSAccess", FULL_ACCESS),
    }
    scps = {ROOT_ID: ["p-full"], UNIT_ID: ["p-full", "p-noecr"], ACCOUNT: ["p-full"]}
    hanging = {
        "SERVICE_CONTROL_POLICY": scps,
        "RESOURCE_CONTROL_POLICY": {target: ["p-rcp"] for target in scps},
    }
    kinds = [{"Type": kind, "Status": "ENABLED"} for kind in hanging]

    def summary(identifier: str) -> dict[str, Any]:
        return {
            "Id": identifier,
            "Arn": f"arn:aws:organizations::{MANAGEMENT}:policy/o-x/service_control_policy/{identifier}",
            "Name": policies[identifier][0],
            "Type": "SERVICE_CONTROL_POLICY",
            "AwsManaged": identifier == "p-full",
        }

    return {
        "organizations:DescribeOrganization": lambda _: {
            "Organization": {"Id": ORGANIZATION_ID, "FeatureSet": "ALL", "MasterAccountId": MANAGEMENT}
        },
        "organizations:ListRoots": lambda _: {"Roots": [{"Id": ROOT_ID, "PolicyTypes": kinds}]},
        "organizations:ListParents": lambda asked: {
            "Parents": [{"Id": UNIT_ID if asked["ChildId"] == ACCOUNT else ROOT_ID, "Type": "ROOT"}]
        },
        "organizations:ListPoliciesForTarget": lambda asked: {
            "Policies": [summary(entry) for entry in hanging[asked["Filter"]][asked["TargetId"]]]
        },
        "organizations:DescribePolicy": lambda asked: {
            "Policy": {"PolicySummary": summary(asked["PolicyId"]), "Content": policies[asked["PolicyId"]][1]}
        },
    }
