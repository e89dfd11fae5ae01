"""What infrastructure code proposes as IAM and ECR documents: policies, CloudFormation, Terraform plans and configuration.

:func:`diagnosis.iac.read.read_files` takes the texts of the files and returns one :class:`~diagnosis.iac.proposal.Proposal`
for all forms. A value that the files do not settle (a parameter, a resource that does not exist yet) is *open*: a document
with one has no text to be judged, only bounds, so that nobody takes a placeholder for the value.
"""
