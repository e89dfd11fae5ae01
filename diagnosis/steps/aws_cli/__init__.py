"""What a command of the AWS CLI calls: ``aws SERVICE OPERATION …`` as IAM actions on resources."""

from diagnosis.steps.aws_cli.read import operations_of_aws

__all__ = ["operations_of_aws"]
