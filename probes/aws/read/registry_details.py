"""Read what else of a registry can stop a push: how full the repository is, its key, and what may create it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

from diagnosis.facts.account import EcrRepository, RegistryDetails
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.policy import PolicyDocument, read_document
from diagnosis.policy.language.size_limits import KEY
from probes.aws.read.ecr import RepositoryPlace
from probes.aws.read.readings import attempt, known
from probes.aws.session.access import AwsAccess
from probes.aws.session.errors import AwsCallError, BrokenAnswer
from probes.aws.session.operations import (
    DESCRIBE_CREATION_TEMPLATES,
    DESCRIBE_IMAGES,
    DESCRIBE_KEY,
    GET_DEFAULT_SERVICE_QUOTA,
    GET_KEY_POLICY,
    GET_LIFECYCLE_POLICY,
    GET_SERVICE_QUOTA,
    Operation,
)

T = TypeVar("T")

_IMAGES_PER_REPOSITORY = "L-03A36CE1"  # the code of that quota in Service Quotas
_PAGE = 1000


def read_registry_details(
    aws: AwsAccess, place: RepositoryPlace, repository: Reading[EcrRepository]
) -> Reading[RegistryDetails]:
    """Read all details that can be read; those that cannot are None and stand in ``unread``.

    ``repository`` is the repository as read before: it names the key, and an absent one has no images to count.
    """
    unread: list[Unreadable] = []

    def take(what: str, operation: Operation, body: Callable[[], T]) -> T | None:
        reading = attempt(what, operation, aws, lambda: known(body(), operation, place.name, aws.clock()))
        if isinstance(reading, Unreadable):
            unread.append(reading)
        return reading.value if isinstance(reading, Known) else None

    there = isinstance(repository, Known)
    key = repository.value.kms_key if isinstance(repository, Known) else None
    details = RegistryDetails(
        image_count=take("number of images", DESCRIBE_IMAGES, lambda: _count(aws, place)) if there else None,
        image_quota=take("quota of images", GET_SERVICE_QUOTA, lambda: _quota(aws, place.region)),
        lifecycle_policy=(
            take("lifecycle policy", GET_LIFECYCLE_POLICY, lambda: _has_lifecycle(aws, place)) if there else None
        ),
        key_policy=take("policy of the KMS key", GET_KEY_POLICY, lambda: _key_policy(aws, place, key)) if key else None,
        key_state=take("state of the KMS key", DESCRIBE_KEY, lambda: _key_state(aws, place, key)) if key else None,
        creation_template_prefixes=take(
            "repository creation templates", DESCRIBE_CREATION_TEMPLATES, lambda: _templates(aws, place)
        ),
        unread=tuple(unread),
    )
    if not isinstance(repository, (Known, Absent)):
        details = _with(details, repository)
    nothing = all(getattr(details, name) is None for name in RegistryDetails.__dataclass_fields__ if name != "unread")
    if nothing and details.unread:
        first = details.unread[0]
        return Unreadable("registry details", first.why, first.how, first.permission, first.source)
    return known(details, GET_SERVICE_QUOTA, place.name, aws.clock())


def _with(details: RegistryDetails, missing: Unreadable) -> RegistryDetails:
    """Mark images and key as unread, since the repository itself could not be read."""
    values: dict[str, Any] = {name: getattr(details, name) for name in RegistryDetails.__dataclass_fields__}
    for what in ("number of images", "lifecycle policy", "KMS key"):
        values["unread"] = (*values["unread"], Unreadable(what, missing.why, missing.how, missing.permission))
    return RegistryDetails(**values)


def _count(aws: AwsAccess, place: RepositoryPlace) -> int:
    pages = aws.pages(DESCRIBE_IMAGES, region=place.region, repositoryName=place.name, maxResults=_PAGE, **place.params)
    return sum(len(page.objects("imageDetails")) for page in pages)


def _quota(aws: AwsAccess, region: str | None) -> int:
    asked = {"ServiceCode": "ecr", "QuotaCode": _IMAGES_PER_REPOSITORY}
    try:
        answer = aws.ask(GET_SERVICE_QUOTA, region=region, **asked)
    except AwsCallError as failure:
        if failure.code != "NoSuchResourceException":
            raise
        answer = aws.ask(GET_DEFAULT_SERVICE_QUOTA, region=region, **asked)
    value = answer.object("Quota").value.get("Value")
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 1 <= value < math.inf:
        raise BrokenAnswer("the quota is no number")
    return int(value)


def _has_lifecycle(aws: AwsAccess, place: RepositoryPlace) -> bool:
    try:
        answer = aws.ask(GET_LIFECYCLE_POLICY, region=place.region, repositoryName=place.name, **place.params)
    except AwsCallError as failure:
        if failure.code == "LifecyclePolicyNotFoundException":
            return False
        raise
    return bool(answer.filled_text("lifecyclePolicyText"))


def _key_policy(aws: AwsAccess, place: RepositoryPlace, key: str | None) -> PolicyDocument:
    answer = aws.ask(GET_KEY_POLICY, region=place.region, KeyId=key, PolicyName="default")
    return read_document(answer.filled_text("Policy"), KEY)


def _key_state(aws: AwsAccess, place: RepositoryPlace, key: str | None) -> str:
    return aws.ask(DESCRIBE_KEY, region=place.region, KeyId=key).object("KeyMetadata").filled_text("KeyState")


def _templates(aws: AwsAccess, place: RepositoryPlace) -> tuple[str, ...]:
    pages = aws.pages(DESCRIBE_CREATION_TEMPLATES, region=place.region)
    return tuple(entry.filled_text("prefix") for page in pages for entry in page.objects("repositoryCreationTemplates"))
