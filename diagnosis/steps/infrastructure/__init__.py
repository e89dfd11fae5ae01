"""What the tools that make infrastructure call at AWS: what is certain as calls, the rest not judged, by name.

Terraform, OpenTofu and Terragrunt by the backend of their state, CDK by the roles of its bootstrap stack, SAM, the
Serverless Framework, Copilot and Pulumi by what every deployment of theirs does.
"""
