# The bucket, the key and the lock table are given by the workflow (-backend-config).
terraform {
  required_version = ">= 1.6"

  backend "s3" {
    region  = "eu-west-2"
    encrypt = true
  }

  required_providers {
    confluent = {
      source  = "confluentinc/confluent"
      version = "~> 2.0"
    }
  }
}
