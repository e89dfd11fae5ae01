"""What a command of the AWS CLI calls: ``aws SERVICE OPERATION …`` as IAM actions on resources."""

from diagnosis.steps.aws_cli.read import operations_of_aws
from diagnosis.steps.aws_cli.resources import filled

__all__ = ["filled", "operations_of_aws"]
