"""Read the AWS account: one file for each part of it."""
