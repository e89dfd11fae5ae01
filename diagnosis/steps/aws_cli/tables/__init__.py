"""Names of the AWS CLI, as data."""
