"""Actions that deploy AWS Lambda functions: the calls that their documentation names.

Sources: README.md and index.js of aws-actions/aws-lambda-deploy; README.md and action.yml of appleboy/lambda-action;
Lambda Developer Guide, "Create a Lambda function using a container image", on the permissions for the image.
"""

from __future__ import annotations

from diagnosis.names.ecr_address import EcrAddress
from diagnosis.names.lambda_function import function_template
from diagnosis.steps.actions.action_use import ActionUse
from diagnosis.steps.actions.own_keys import uses_own_keys
from diagnosis.steps.kinds import Operation, Purpose, StepKind
from diagnosis.steps.service_calls import bucket_arn, calls, name_in, object_arn, pass_role

_KIND = StepKind.AWS_ACTION
_CONFIGURED = ("memory_size", "timeout", "handler", "role", "runtime", "environment", "layers", "description")


def lambda_deploy(use: ActionUse) -> tuple[Operation, ...]:
    """Read aws-lambda-deploy: it looks the function up, updates its configuration and its code, or creates it."""
    function = function_arn(use.text("function-name"))
    operations = [*calls(_KIND, function, "lambda:GetFunctionConfiguration", "lambda:UpdateFunctionCode")]
    if not use.is_true("dry-run"):
        operations += calls(_KIND, function, "lambda:UpdateFunctionConfiguration")
        operations += calls(_KIND, function, "lambda:CreateFunction", "lambda:PublishVersion", tolerated=True)
        operations += pass_role(_KIND, use.text("role"), service="lambda")
    if use.text("package-type").lower() == "image":
        operations += image_of_function(use.text("image-uri"))
    elif use.given("s3-bucket"):
        bucket = bucket_arn(use.text("s3-bucket"))
        name = name_in(use.text("function-name"))
        key = use.text("s3-key") or (f"lambda-deployments/{name}/*" if name else None)
        operations += calls(_KIND, bucket, "s3:ListBucket")
        operations += calls(_KIND, object_arn(use.text("s3-bucket"), key), "s3:PutObject", "s3:GetObject")
        creating = ("s3:CreateBucket", "s3:PutBucketPublicAccessBlock", "s3:PutEncryptionConfiguration")
        operations += calls(_KIND, bucket, *creating, "s3:PutBucketVersioning", tolerated=True)
    return tuple(operations)


def lambda_upload(use: ActionUse) -> tuple[Operation, ...]:
    """Read appleboy/lambda-action: it updates the code of a function, and its configuration where inputs set some of it."""
    own = uses_own_keys(use)
    if own is not None:
        return own
    function = function_arn(use.text("function_name"))
    operations = [*calls(_KIND, function, "lambda:UpdateFunctionCode")]
    if any(use.text(name) not in ("", "0") for name in _CONFIGURED):
        operations += calls(_KIND, function, "lambda:UpdateFunctionConfiguration")
        operations += pass_role(_KIND, use.text("role"), service="lambda")
    operations += calls(
        _KIND,
        function,
        "lambda:GetFunction",
        "lambda:GetFunctionConfiguration",
        "lambda:CreateFunction",
        tolerated=True,
    )
    if use.given("image_uri"):
        operations += image_of_function(use.text("image_uri"))
    elif use.given("s3_bucket"):
        operations += calls(_KIND, object_arn(use.text("s3_bucket"), use.text("s3_key") or None), "s3:GetObject")
    return tuple(operations)


def image_of_function(image: str) -> tuple[Operation, ...]:
    """Return what a principal needs that gives a function the image: Lambda reads it on the caller's word."""
    address = EcrAddress.find(image)
    if address is None or address.public:
        return ()
    return tuple(
        Operation(_KIND, Purpose.CALL, address.repository, action, address.region, address.account)
        for action in ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
    )


def function_arn(value: str) -> str | None:
    """Return the ARN of a function that is given by its name or ARN."""
    return function_template(value.strip())
