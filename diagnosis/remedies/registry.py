"""Mending the registry's state: no permission is missing, so none is offered."""

from __future__ import annotations

from diagnosis.gates import Owner, Plane
from diagnosis.remedies.offer import Choice, Offer, Situation, rerun_words
from diagnosis.remedies.rendering import cloudformation, shell, terraform_resource
from diagnosis.verdicts import Change, ChangeKind, Remediation


def repository_or_tag(situation: Situation) -> Choice | None:
    """The repository that is absent, or the tag that is taken."""
    if situation.of("repository-absent"):
        return _create(situation)
    if situation.of("tag-immutable"):
        return _new_tag(situation)
    return None


def _create(situation: Situation) -> Choice | None:
    question = situation.account.question
    name, arn = question.repository, question.repository_arn
    if not name or not arn:
        return None
    remediation = Remediation(
        id="create-repository",
        causes=("repository-absent",),
        plane=Plane.REGISTRY_STATE,
        checkpoint=None,
        title="Create the repository, or correct its name",
        words=f"The repository {name} is not in registry {question.registry_id}, {question.region}. First compare the name, "
        "the account and the region with the intended ones; if they are right, create it.",
        owner=Owner.REGISTRY,
        verify=rerun_words(situation.run),
        changes=(Change(ChangeKind.CREATE_REPOSITORY, arn),),
        aws_cli=shell(
            "aws",
            "ecr",
            "create-repository",
            "--repository-name",
            name,
            "--region",
            question.region or "",
            "--image-tag-mutability",
            "IMMUTABLE",
        ),
        terraform=terraform_resource(
            "aws_ecr_repository", name, {"name": name, "image_tag_mutability": "IMMUTABLE"}, {}
        ),
        cloudformation=cloudformation(
            name, "AWS::ECR::Repository", {"RepositoryName": name, "ImageTagMutability": "IMMUTABLE"}
        ),
    )
    return (Offer(remediation),)


def _new_tag(situation: Situation) -> Choice:
    tag = situation.account.question.tag or ""
    remediation = Remediation(
        id="push-a-new-tag",
        causes=("tag-immutable",),
        plane=Plane.REGISTRY_STATE,
        checkpoint=None,
        title="Release a new commit",
        words=f"The tag {tag} is taken in an immutable repository, which is as it should be. Do not make the repository "
        "mutable and do not delete the image: release a new commit, whose tag is free.",
        owner=Owner.RELEASE_ENGINEERING,
        verify="Run the same workflow for the new commit.",
        changes=(Change(ChangeKind.EDIT_WORKFLOW, "tag"),),
    )
    return (Offer(remediation),)
