"""Actions that read secrets and parameters, upload objects, clear caches, or tell other services of AWS something.

Sources: README.md and sources of aws-actions/aws-secretsmanager-get-secrets, dkershner6/aws-ssm-getparameters-action,
chetan/invalidate-cloudfront-action, aws-actions/action-cloudwatch-metrics,
aws-actions/vulnerability-scan-github-action-for-amazon-inspector and aws-actions/cloudformation-aws-iam-policy-validator.
"""

from __future__ import annotations

import re

from diagnosis.names.arn import Arn
from diagnosis.steps.actions.action_use import ActionUse
from diagnosis.steps.kinds import Operation, StepKind
from diagnosis.steps.service_calls import (
    EVERYTHING,
    arn_in,
    arn_of,
    bounded,
    calls,
    name_in,
    not_judged,
    object_arn,
)

_KIND = StepKind.AWS_ACTION
_CHECKS = {
    "VALIDATE_POLICY": "access-analyzer:ValidatePolicy",
    "CHECK_NO_NEW_ACCESS": "access-analyzer:CheckNoNewAccess",
    "CHECK_ACCESS_NOT_GRANTED": "access-analyzer:CheckAccessNotGranted",
    "CHECK_NO_PUBLIC_ACCESS": "access-analyzer:CheckNoPublicAccess",
}


def get_secrets(use: ActionUse) -> tuple[Operation, ...]:
    """Read aws-secretsmanager-get-secrets: one secret a line, by ARN, name or prefix, an alias before it."""
    operations: list[Operation] = []
    for line in use.lines("secret-ids"):
        secret = line.rpartition(",")[2].strip()
        if secret.endswith("*"):
            operations += calls(_KIND, EVERYTHING, "secretsmanager:ListSecrets")
            resource = arn_of("secretsmanager", "secret:", name_in(secret.removesuffix("*")), "*")
        else:
            resource = secret_arn(secret)
        operations += calls(_KIND, resource, "secretsmanager:GetSecretValue")
    return bounded(tuple(operations))


def secret_arn(secret: str) -> str | None:
    """Return the ARN of a secret that is given by name or ARN; the six signs after a name are Secrets Manager's own."""
    return arn_in(secret, "secretsmanager") or (
        arn_of("secretsmanager", "secret:", name_in(secret), "-??????") if Arn.parse(secret) is None else None
    )


def one_secret(use: ActionUse) -> tuple[Operation, ...]:
    """Read the actions that fetch one secret by its name."""
    return calls(
        _KIND, secret_arn(use.text("secret_name", "secret-name", "secret-id")), "secretsmanager:GetSecretValue"
    )


def get_parameters(use: ActionUse) -> tuple[Operation, ...]:
    """Read aws-ssm-getparameters-action: pairs ``/name = VARIABLE``, between commas."""
    pairs = [pair for pair in re.split(r"[,\n]", use.text("parameterpairs")) if pair.strip()]
    names = [pair.partition("=")[0] for pair in pairs]
    return bounded(tuple(found for name in names for found in calls(_KIND, parameter_arn(name), "ssm:GetParameters")))


def one_parameter(use: ActionUse) -> tuple[Operation, ...]:
    """Read the actions that fetch one parameter by its name."""
    return calls(_KIND, parameter_arn(use.text("ssm_parameter", "ssm-parameter", "parameter")), "ssm:GetParameter")


def parameters_below(use: ActionUse) -> tuple[Operation, ...]:
    """Read the actions that fetch all parameters below a path."""
    path = use.text("ssm-path", "ssm_path", "path")
    return calls(_KIND, parameter_arn(path), "ssm:GetParametersByPath")


def parameter_arn(value: str) -> str | None:
    """Return the ARN of a parameter that is given by name or ARN; a leading slash is no part of the ARN's id."""
    name = name_in(value)
    if name is None or Arn.parse(name) is not None:
        return arn_in(value, "ssm")
    stem = re.sub(r":[\w.-]+$", "", name).lstrip("/")  # a version or a label may follow
    return arn_of("ssm", "parameter/", stem or None)


def invalidate_cache(use: ActionUse) -> tuple[Operation, ...]:
    """Read invalidate-cloudfront-action: the distribution is a variable of the environment."""
    return calls(
        _KIND, distribution_arn(use.env("DISTRIBUTION") or use.env("DISTRIBUTION_ID")), "cloudfront:CreateInvalidation"
    )


def distribution_arn(identifier: str) -> str | None:
    """Return the ARN of a CloudFront distribution; it has no region."""
    return arn_of("cloudfront", "distribution/", name_in(identifier), region="")


def upload_site(use: ActionUse) -> tuple[Operation, ...]:
    """Read reggionick/s3-deploy: it puts the files of a folder into a bucket, and clears a distribution where one is named."""
    uploaded = calls(_KIND, object_arn(use.text("bucket"), "*"), "s3:PutObject")
    cleared: tuple[Operation, ...] = ()
    if use.given("dist-id"):
        cleared = calls(_KIND, distribution_arn(use.text("dist-id")), "cloudfront:CreateInvalidation")
    return (
        *uploaded,
        *cleared,
        *not_judged(
            _KIND,
            use.uses,
            "whether it lists, deletes or opens objects depends on what the bucket holds",
            "CloudTrail's data events of a green run show the calls",
        ),
    )


def put_metric(_use: ActionUse) -> tuple[Operation, ...]:
    """Read action-cloudwatch-metrics: one metric, an action without resource level for a metric outside a data set."""
    return calls(_KIND, EVERYTHING, "cloudwatch:PutMetricData")


def scan_image(_use: ActionUse) -> tuple[Operation, ...]:
    """Read the scan of Amazon Inspector: it sends a bill of materials that it made on the runner."""
    return calls(_KIND, EVERYTHING, "inspector-scan:ScanSbom")


def check_policies(use: ActionUse) -> tuple[Operation, ...]:
    """Read the policy validators of IAM Access Analyzer: one check a step."""
    action = _CHECKS.get(use.text("policy-check-type").upper())
    if action is None:
        return tuple(found for each in _CHECKS.values() for found in calls(_KIND, EVERYTHING, each, tolerated=True))
    return calls(_KIND, EVERYTHING, action)


def cluster_access(use: ActionUse) -> tuple[Operation, ...]:
    """Read the actions that speak to an EKS cluster by its name: what they do inside is Kubernetes' to allow."""
    cluster = arn_of("eks", "cluster/", name_in(use.text("cluster_name", "cluster-name", "eks-cluster")))
    region = use.text("aws_region", "aws-region", "region") or None
    return calls(_KIND, cluster, "eks:DescribeCluster", region=region)
