"""The IAM and ECR documents of a CloudFormation or SAM template."""
