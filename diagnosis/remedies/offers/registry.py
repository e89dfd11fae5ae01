"""Offer what corrects the registry's state. No permission is missing there, so none is offered."""

from __future__ import annotations

import json

from diagnosis.causes import Cause
from diagnosis.facts.reading import Known
from diagnosis.gates import Owner, Plane
from diagnosis.names.arn import Arn
from diagnosis.remedies.offer import Choice, Offer, Situation, rerun_words
from diagnosis.remedies.rendering import shell, template, terraform_resource, with_file
from diagnosis.verdicts.remediation import Change, ChangeKind, Remediation

_QUOTA_CODE = "L-03A36CE1"
"""Images per repository, in Service Quotas."""


def repository_or_tag(situation: Situation) -> Choice | None:
    """Offer to create the repository that is absent, or to release under a tag that is free."""
    if situation.of(Cause.REPOSITORY_ABSENT):
        return _create(situation)
    if situation.of(Cause.TAG_IMMUTABLE):
        return _new_tag(situation)
    return None


def room_for_images(situation: Situation) -> Choice | None:
    """Offer to expire old images or to ask for a higher quota. Neither is modelled, since both take their time."""
    problems = situation.of(Cause.IMAGE_QUOTA)
    question = situation.account.question
    if not problems or not question.repository:
        return None
    details = situation.account.registry_details
    quota = details.value.image_quota if isinstance(details, Known) else None
    place = ["--registry-id", question.registry_id or "", "--repository-name", question.repository]
    place += ["--region", question.region or ""]
    option, policy = "--lifecycle-policy-text", json.dumps({"rules": [_expiry_rule()]}, indent=2)
    commands = [
        with_file(["aws", "ecr", "start-lifecycle-policy-preview", *place], option, policy, "lifecycle.json"),
        shell("aws", "ecr", "get-lifecycle-policy-preview", *place),
        shell("aws", "ecr", "put-lifecycle-policy", *place, option, "file://lifecycle.json"),
    ]
    more = ["aws", "service-quotas", "request-service-quota-increase", "--service-code", "ecr"]
    more += ["--quota-code", _QUOTA_CODE, "--region", question.region or ""]
    commands.append(shell(*more, "--desired-value", str(2 * (quota or 0))))
    remediation = Remediation(
        id="make-room-for-images",
        causes=(Cause.IMAGE_QUOTA,),
        plane=Plane.REGISTRY_STATE,
        checkpoint=None,
        title="Make room in the repository, or ask for a higher quota",
        words=f"{problems[0].reason} Let a lifecycle policy expire what no release needs (look at its preview first), or "
        f"ask AWS for a higher quota ({_QUOTA_CODE}). No permission is missing.",
        owner=Owner.REGISTRY,
        verify=rerun_words(situation.run),
        changes=(Change(ChangeKind.OUTSIDE, question.repository),),
        aws_cli="\n\n".join(commands if quota else commands[:-1]),
        warnings=("Expired images are gone: keep every digest that is deployed or named in evidence.",),
    )
    return (Offer(remediation),)


def _expiry_rule() -> dict[str, object]:
    """Return a lifecycle rule for untagged images only: it touches nothing that a tag names."""
    return {
        "rulePriority": 1,
        "description": "expire untagged images",
        "selection": {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 14},
        "action": {"type": "expire"},
    }


def open_key(situation: Situation) -> Choice | None:
    """Say who has to act where the repository's KMS key is disabled or its policy denies ECR."""
    problems = situation.of(Cause.KMS_KEY)
    if not problems:
        return None
    key = problems[0].resource or ""
    details = situation.account.registry_details
    state = details.value.key_state if isinstance(details, Known) else None
    region = situation.account.question.region or ""
    commands = {
        "Disabled": [shell("aws", "kms", "enable-key", "--key-id", key, "--region", region)],
        "PendingDeletion": [
            shell("aws", "kms", "cancel-key-deletion", "--key-id", key, "--region", region),
            shell("aws", "kms", "enable-key", "--key-id", key, "--region", region),
        ],
    }.get(state or "", [])
    remediation = Remediation(
        id="open-repository-key",
        causes=(Cause.KMS_KEY,),
        plane=Plane.REGISTRY_STATE,
        checkpoint=None,
        title="Let ECR use the repository's key again",
        words=f"{problems[0].reason} The key's owner must act; no permission of the role is missing, and none can help.",
        owner=Owner.REGISTRY,
        verify=rerun_words(situation.run),
        changes=(Change(ChangeKind.OUTSIDE, key),),
        aws_cli="\n\n".join(commands),
        warnings=("Somebody shut the key on purpose, perhaps: ask before opening it.",),
    )
    return (Offer(remediation),)


def _create(situation: Situation) -> Choice | None:
    arns = [
        arn for problem in situation.of(Cause.REPOSITORY_ABSENT) if (arn := Arn.parse(problem.resource)) is not None
    ]
    listed = [arn for arn in dict.fromkeys(arns) if arn.resource_id and arn.has_account and arn.region]
    if not listed:
        return None
    several = len(listed) > 1
    named = ", ".join(f"{arn.resource_id} is not in registry {arn.account}, {arn.region}" for arn in listed)
    settings = {"image_tag_mutability": "IMMUTABLE"}
    remediation = Remediation(
        id="create-repository",
        causes=(Cause.REPOSITORY_ABSENT,),
        plane=Plane.REGISTRY_STATE,
        checkpoint=None,
        title=f"Create the {len(listed)} repositories, or correct their names"
        if several
        else "Create the repository, or correct its name",
        words=f"The repository {named}. First compare the name, "
        f"the account and the region with the intended ones; if they are right, create {'them' if several else 'it'}.",
        owner=Owner.REGISTRY,
        verify=rerun_words(situation.run),
        changes=tuple(Change(ChangeKind.CREATE_REPOSITORY, arn) for arn in listed),
        aws_cli="\n\n".join(_creating(arn) for arn in listed),
        terraform="\n\n".join(
            terraform_resource("aws_ecr_repository", arn.resource_id, {"name": arn.resource_id, **settings}, {})
            for arn in listed
        ),
        cloudformation=template(
            [
                (
                    arn.resource_id,
                    "AWS::ECR::Repository",
                    {"RepositoryName": arn.resource_id, "ImageTagMutability": "IMMUTABLE"},
                )
                for arn in listed
            ],
            f"The {'repositories' if several else 'repository'} that the release pushes to.",
        ),
    )
    return (Offer(remediation),)


def _creating(arn: Arn) -> str:
    place = ["--registry-id", arn.account, "--repository-name", arn.resource_id, "--region", arn.region]
    return shell("aws", "ecr", "create-repository", *place, "--image-tag-mutability", "IMMUTABLE")


def _new_tag(situation: Situation) -> Choice:
    tag = situation.account.question.tag or ""
    remediation = Remediation(
        id="push-a-new-tag",
        causes=(Cause.TAG_IMMUTABLE,),
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
