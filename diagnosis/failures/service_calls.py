"""Name the IAM action of a call that a client reports by service and operation, as far as that is certain.

Most operations are the action of the same name. Those that are not stand in a short table (source: the service
authorization reference, and the S3 User Guide, "Required permissions for Amazon S3 API operations"). Every name is looked up
in the reference: one that is not there is not claimed. A client that names the operation alone (the AWS CLI, boto3)
leaves the service open; it is told where only one service that releases use has such an operation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from diagnosis.policy.language.actions import action_facts, expand_actions

_SDK_NAMES: Mapping[str, str] = {
    "apigatewayv2": "apigateway",
    "cloudwatchlogs": "logs",
    "cloudwatchevents": "events",
    "cognitoidentityprovider": "cognito-idp",
    "cognitoidentity": "cognito-identity",
    "configservice": "config",
    "databasemigrationservice": "dms",
    "directoryservice": "ds",
    "dynamodbstreams": "dynamodb",
    "dynamodbv2": "dynamodb",
    "efs": "elasticfilesystem",
    "elasticloadbalancingv2": "elasticloadbalancing",
    "emr": "elasticmapreduce",
    "eventbridge": "events",
    "identitymanagement": "iam",
    "opensearch": "es",
    "opensearchservice": "es",
    "eksauth": "eks-auth",
    "resourcegroupstaggingapi": "tag",
    "s3control": "s3",
    "sesv2": "ses",
    "simpleemailservice": "ses",
    "simplesystemsmanagement": "ssm",
    "simplenotificationservice": "sns",
    "simplequeueservice": "sqs",
    "sfn": "states",
    "stepfunctions": "states",
    "bedrockruntime": "bedrock",
    "securitytoken": "sts",
    "securitytokenservice": "sts",
    "ecrpublic": "ecr-public",
}
"""IAM prefixes by the names that SDKs give their services (small letters, no blanks), where the two differ."""

_DIFFERENT: Mapping[tuple[str, str], str] = {
    ("s3", "HeadObject"): "GetObject",
    ("s3", "HeadBucket"): "ListBucket",
    ("s3", "ListObjects"): "ListBucket",
    ("s3", "ListObjectsV2"): "ListBucket",
    ("s3", "ListObjectVersions"): "ListBucketVersions",
    ("s3", "ListBuckets"): "ListAllMyBuckets",
    ("s3", "ListMultipartUploads"): "ListBucketMultipartUploads",
    ("s3", "ListParts"): "ListMultipartUploadParts",
    ("s3", "CreateMultipartUpload"): "PutObject",
    ("s3", "UploadPart"): "PutObject",
    ("s3", "CompleteMultipartUpload"): "PutObject",
    ("s3", "DeleteObjects"): "DeleteObject",
    ("s3", "GetBucketEncryption"): "GetEncryptionConfiguration",
    ("s3", "PutBucketEncryption"): "PutEncryptionConfiguration",
    ("s3", "GetBucketLifecycleConfiguration"): "GetLifecycleConfiguration",
    ("s3", "PutBucketLifecycleConfiguration"): "PutLifecycleConfiguration",
    ("s3", "GetBucketReplication"): "GetReplicationConfiguration",
    ("s3", "PutBucketReplication"): "PutReplicationConfiguration",
    ("s3", "GetPublicAccessBlock"): "GetBucketPublicAccessBlock",
    ("s3", "PutPublicAccessBlock"): "PutBucketPublicAccessBlock",
    ("s3", "GetBucketNotificationConfiguration"): "GetBucketNotification",
    ("s3", "PutBucketNotificationConfiguration"): "PutBucketNotification",
    ("lambda", "Invoke"): "InvokeFunction",
    ("bedrock", "Converse"): "InvokeModel",
    ("bedrock", "ConverseStream"): "InvokeModelWithResponseStream",
}
"""Operations whose action has another name. ``CopyObject`` is left out: it needs two, and the answer does not say which."""

_OF_RELEASES = (
    "s3 lambda ecs eks ssm secretsmanager cloudformation iam kms dynamodb logs ec2 apprunner codedeploy codebuild "
    "codepipeline cloudfront route53 elasticloadbalancing autoscaling application-autoscaling elasticbeanstalk rds "
    "sns sqs events states acm apigateway cognito-idp amplify batch glue athena kinesis firehose sagemaker "
    "cloudwatch ses elasticfilesystem elasticache servicediscovery appconfig codecommit codeartifact organizations "
    "sso bedrock redshift elasticmapreduce es imagebuilder wafv2 config cloudtrail "
)
"""Services that releases deploy to or read from, by their prefixes."""


def prefix_of(service: str | None) -> str | None:
    """Return the IAM prefix of a service by the name that an SDK gives it; None where it is not known."""
    if not service:
        return None
    folded = re.sub(r"^(?:amazon|aws)", "", re.sub(r"[^a-z0-9]", "", service.lower()))
    return _SDK_NAMES.get(folded) or next((name for name in _spellings(folded, service) if _exists(name)), None)


def _spellings(folded: str, service: str) -> tuple[str, ...]:
    return folded, service.strip().lower().replace(" ", "-")


@lru_cache(maxsize=256)
def _exists(prefix: str) -> bool:
    return bool(expand_actions((f"{prefix}:*",)))


def action_of_call(service: str | None, operation: str) -> str | None:
    """Return the IAM action of an operation of a service (an IAM prefix); None where the reference does not know it."""
    if not service:
        return None
    facts = action_facts(f"{service}:{_DIFFERENT.get((service, operation), operation)}")
    return facts.name if facts else None


@lru_cache(maxsize=512)
def service_with(operation: str) -> str | None:
    """Return the one service, of those that releases use, that has an operation; None where none or several have it."""
    having = {service for service, own in _DIFFERENT if own == operation}
    having |= {service for service in _OF_RELEASES.split() if action_of_call(service, operation)}
    return next(iter(having)) if len(having) == 1 else None


_STATE = (
    (re.compile(r"(?i)(?:get existing|list\w{0,3}|select\w{0,3}) workspaces?\b|inspecting states"), "s3:ListBucket"),
    (re.compile(r"(?i)\b(?:sav|upload|persist|writ)\w{0,3} (?:the )?(?:remote )?state\b"), "s3:PutObject"),
    (re.compile(r"(?i)\b(?:refresh|load|read|lock)\w{0,3} (?:the )?(?:remote )?state\b"), "s3:GetObject"),
)
STATE_WORDS = (
    "rror loading state",
    "rror refreshing state",
    "existing workspaces",
    "nspecting states",
    "o save state",
    "pload state",
)


def state_action(text: str) -> str | None:
    """Return the S3 action that Terraform was at with its state, by the words of its error; None where it is about none."""
    return next((action for words, action in _STATE if words.search(text)), None)


def in_aws_words(action: str) -> str:
    """Return the action in AWS's letter case: SNS and SQS print it in another. One that is not known stays as it is."""
    service, _, name = action.partition(":")
    facts = action_facts(action) if "*" not in action else None
    return facts.name if facts else f"{service.lower()}:{name}"
