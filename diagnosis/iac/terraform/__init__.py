"""The IAM and ECR documents of Terraform plans and configuration."""
