"""An account with what a whole release uses: several roles and repositories, and resources with policies of their own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from arns import arn_of
from aws_endpoint import Endpoint, Fault
from aws_worlds import ACCOUNT, QUESTION, REGION, TRUST, allow, fill, forget, noon, organization
from botocore.config import Config

from diagnosis.facts.account import AccountQuestion, AccountState
from probes.aws.read.account import read_account
from probes.aws.session.access import NO_CONFIGURED_ENDPOINTS, AwsAccess, GivenCredentials, Patience, isolated_session
from probes.embedded.in_process_aws import InProcessAws
from probes.ledger import Ledger

DEPLOY_ARN = f"arn:aws:iam::{ACCOUNT}:role/Deploy"
OTHER = "444455556666"
TOOLS, WEB = (arn_of(f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{name}") for name in ("shop/tools", "shop/web"))
BUCKET, PLAIN, NO_BUCKET = (f"arn:aws:s3:::{name}" for name in ("release-state", "plain-bucket", "absent-bucket"))
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:db-??????"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:deployed"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs"
ALIAS = f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/state"


def deny(resource: str) -> str:
    statement = {"Sid": "No", "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def fill_release(client: Callable[[str], Any]) -> str:
    """Put a second role, two repositories and five resources with policies beside what :func:`fill` makes; the key's ARN."""
    iam, ecr, s3, kms = client("iam"), client("ecr"), client("s3"), client("kms")
    iam.create_role(RoleName="Deploy", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.put_role_policy(RoleName="Deploy", PolicyName="Deploy", PolicyDocument=allow("ecs:UpdateService"))
    iam.attach_role_policy(RoleName="Deploy", PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/Pull")
    for name in ("shop/tools", "shop/web"):
        ecr.create_repository(repositoryName=name)
    ecr.set_repository_policy(repositoryName="shop/tools", policyText=deny("*"))
    for bucket in ("release-state", "plain-bucket"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_policy(Bucket="release-state", Policy=deny("arn:aws:s3:::release-state/*"))
    key: str = kms.create_key(Policy=deny("*"))["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/state", TargetKeyId=key)
    secrets = client("secretsmanager")
    secrets.create_secret(Name="db", SecretString="x")
    secrets.put_resource_policy(SecretId="db", ResourcePolicy=deny("*"))
    client("sns").create_topic(Name="deployed", Attributes={"Policy": deny("*")})
    client("sqs").create_queue(QueueName="jobs", Attributes={"Policy": deny("*")})
    return key


def question(key: str) -> AccountQuestion:
    """The first role with the repository of :data:`QUESTION`, and a second role with its own repository."""
    deploy = AccountQuestion(
        role_arn=arn_of(DEPLOY_ARN),
        region=REGION,
        registry_id=ACCOUNT,
        repository="shop/web",
        repositories=(TOOLS,),
        resources=(ALIAS, PLAIN),
    )
    return replace(
        QUESTION, repositories=(TOOLS,), resources=(BUCKET, NO_BUCKET, key, SECRET, TOPIC, QUEUE), beside=(deploy,)
    )


AFFECTED: dict[str, set[str]] = {
    "iam:GetRole": {"deploy role", "deploy boundary"},
    "iam:ListRolePolicies": {"deploy inline_policies"},
    "iam:GetRolePolicy": {"deploy inline_policies"},
    "iam:ListAttachedRolePolicies": {"deploy attached_policies"},
    "iam:GetPolicy": {"deploy attached_policies"},
    "iam:GetPolicyVersion": {"deploy attached_policies"},
    "ecr:DescribeRepositories": {"tools", "deploy repository"},
    "ecr:GetRepositoryPolicy": {"tools policy", "deploy repository_policy"},
    "s3:GetBucketPolicy": {"bucket", "no bucket", "plain bucket"},
    "kms:GetKeyPolicy": {"key", "alias"},
    "kms:DescribeKey": {"alias"},
    "secretsmanager:GetResourcePolicy": {"secret"},
    "sns:GetTopicAttributes": {"topic"},
    "sqs:GetQueueAttributes": {"queue"},
}
"""Which further parts hang on which call."""


def further_parts(state: AccountState, key: str) -> dict[str, Any]:
    """The readings of all that the release has beyond the first role and repository."""
    deploy = state.beside[0]
    policies = {item.arn: item.policy for item in (*state.resource_policies, *deploy.resource_policies)}
    names = {
        "bucket": BUCKET,
        "no bucket": NO_BUCKET,
        "plain bucket": PLAIN,
        "key": key,
        "alias": ALIAS,
        "secret": SECRET,
        "topic": TOPIC,
        "queue": QUEUE,
    }
    tools = next(item for item in state.repositories if item.arn == TOOLS)
    of_deploy = ("role", "boundary", "inline_policies", "attached_policies", "repository", "repository_policy")
    return {
        **{name: policies[arn] for name, arn in names.items()},
        "tools": tools.repository,
        "tools policy": tools.policy,
        **{f"deploy {name}": getattr(deploy, name) for name in of_deploy},
    }


@dataclass(frozen=True)
class ReleaseWorld:
    endpoint: Endpoint
    aws: AwsAccess
    ledger: Ledger
    key: str
    truth: AccountState
    calls: tuple[str, ...]
    """The requests of one reading without a fault."""

    def read(self, faults: dict[str, Fault], **kwargs: Any) -> AccountState:
        self.aws.credentials_refused = None
        self.endpoint.faults = faults
        try:
            return read_account(question(self.key), self.aws, **kwargs)
        finally:
            self.endpoint.faults = {}


@contextmanager
def release_world() -> Iterator[ReleaseWorld]:
    environment = pytest.MonkeyPatch()
    inside = InProcessAws(ACCOUNT)
    forget(ACCOUNT)
    session = isolated_session(GivenCredentials("builder", "builder"))
    inside.answer_for(session)
    config = Config(**NO_CONFIGURED_ENDPOINTS)

    def client(service: str) -> Any:
        return session.create_client(service, region_name=REGION, config=config)

    fill(client)
    key = fill_release(client)
    with Endpoint() as endpoint:
        endpoint.scripts |= organization()
        for name, value in (
            ("AWS_ENDPOINT_URL", endpoint.url),
            ("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT00000"),
            ("AWS_SECRET_ACCESS_KEY", "environment-secret"),
            ("AWS_CONFIG_FILE", "/nonexistent"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent"),
        ):
            environment.setenv(name, value)
        ledger = Ledger(noon)
        aws = AwsAccess(ledger=ledger, clock=noon, patience=Patience(connect=5, read=10, attempts=1))
        truth = read_account(question(key), aws)
        yield ReleaseWorld(endpoint, aws, ledger, key, truth, tuple(endpoint.requests))
    environment.undo()
    forget(ACCOUNT)
