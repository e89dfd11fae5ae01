"""What a command of the AWS CLI calls: ``aws SERVICE OPERATION …`` as IAM actions on resources."""

from diagnosis.steps.aws_cli.read import files_of_aws, operations_of_aws

__all__ = ["files_of_aws", "operations_of_aws"]
