"""Read the ECR repository, its policy, and the image that carries the run's tag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from diagnosis.facts.account import EcrRepository, Image, NamedPolicy
from diagnosis.facts.reading import Known, Reading, Unreadable
from diagnosis.json_members import JsonMembers
from diagnosis.names.arn import Arn
from diagnosis.policy import read_document
from diagnosis.policy.language.size_limits import REPOSITORY
from probes.aws.read.readings import absent, attempt, known
from probes.aws.session.access import AwsAccess
from probes.aws.session.answers import maybe_moment
from probes.aws.session.errors import BrokenAnswer
from probes.aws.session.operations import (
    DESCRIBE_IMAGES,
    DESCRIBE_REPOSITORIES,
    GET_REPOSITORY_POLICY,
    LIST_TAGS_FOR_RESOURCE,
)

_NO_REPOSITORY = "RepositoryNotFoundException"


@dataclass(frozen=True, slots=True)
class RepositoryPlace:
    """Which repository: registry None is the reader's own account."""

    name: str
    region: str | None
    registry_id: str | None

    @property
    def params(self) -> dict[str, Any]:
        """The registry parameter, where one is known."""
        return {"registryId": self.registry_id} if self.registry_id else {}


def read_repository(aws: AwsAccess, place: RepositoryPlace) -> Reading[EcrRepository]:
    """Read the repository's settings; ``Absent`` where the registry has none of that name."""

    def body() -> Reading[EcrRepository]:
        answer = aws.ask(DESCRIBE_REPOSITORIES, region=place.region, repositoryNames=[place.name], **place.params)
        return _described(answer, place, aws)

    return attempt(f"ECR repository {place.name}", DESCRIBE_REPOSITORIES, aws, body, _NO_REPOSITORY)


def read_repositories(
    aws: AwsAccess, places: Sequence[RepositoryPlace]
) -> tuple[tuple[RepositoryPlace, Reading[EcrRepository]], ...]:
    """Read the settings of repositories of one registry and region by one call; where one is missing, each by its own."""
    if len(places) > 1:
        first = places[0]

        def body() -> Reading[JsonMembers]:
            names = [place.name for place in places]
            answer = aws.ask(DESCRIBE_REPOSITORIES, region=first.region, repositoryNames=names, **first.params)
            return known(answer, DESCRIBE_REPOSITORIES, " ".join(names), aws.clock())

        # AWS answers for none of them where it has not got all.
        found = attempt("ECR repositories", DESCRIBE_REPOSITORIES, aws, body, _NO_REPOSITORY)
        if isinstance(found, Unreadable):
            return tuple((place, replace(found, what=f"ECR repository {place.name}")) for place in places)
        if isinstance(found, Known):
            return tuple((place, _of_the_list(found.value, place, aws)) for place in places)
    return tuple((place, read_repository(aws, place)) for place in places)


def _of_the_list(answer: JsonMembers, place: RepositoryPlace, aws: AwsAccess) -> Reading[EcrRepository]:
    what = f"ECR repository {place.name}"
    return attempt(what, DESCRIBE_REPOSITORIES, aws, lambda: _described(answer, place, aws))


def _described(answer: JsonMembers, place: RepositoryPlace, aws: AwsAccess) -> Reading[EcrRepository]:
    for entry in answer.objects("repositories"):
        if entry.maybe_text("repositoryName") != place.name:
            continue
        if place.registry_id and entry.filled_text("registryId") != place.registry_id:
            continue
        repository = EcrRepository(
            arn=entry.arn("repositoryArn"),
            name=place.name,
            tag_mutability=entry.filled_text("imageTagMutability"),
            kms_key=entry.maybe_object("encryptionConfiguration").maybe_text("kmsKey"),
            created_at=maybe_moment(entry, "createdAt"),
        )
        return known(repository, DESCRIBE_REPOSITORIES, str(repository.arn), aws.clock())
    # AWS answers a missing name with an error; a list without it is no answer to the question.
    raise BrokenAnswer("the repository asked for is not in the list")


def read_repository_policy(aws: AwsAccess, place: RepositoryPlace) -> Reading[NamedPolicy]:
    """Read the repository's resource-based policy; ``Absent`` where it has none."""

    def body() -> Reading[NamedPolicy]:
        answer = aws.ask(GET_REPOSITORY_POLICY, region=place.region, repositoryName=place.name, **place.params)
        policy = NamedPolicy(
            name=f"repository policy of {place.name}",
            document=read_document(answer.filled_text("policyText"), REPOSITORY),
        )
        return known(policy, GET_REPOSITORY_POLICY, place.name, aws.clock())

    return attempt(
        f"repository policy of {place.name}",
        GET_REPOSITORY_POLICY,
        aws,
        body,
        "RepositoryPolicyNotFoundException",
        _NO_REPOSITORY,
    )


def read_image(aws: AwsAccess, place: RepositoryPlace, tag: str) -> Reading[Image]:
    """Read the image that carries the tag now."""
    what = f"image {place.name}:{tag}"

    def body() -> Reading[Image]:
        answer = aws.ask(
            DESCRIBE_IMAGES,
            region=place.region,
            repositoryName=place.name,
            imageIds=[{"imageTag": tag}],
            **place.params,
        )
        details = answer.objects("imageDetails")
        if not details:
            return absent(what, DESCRIBE_IMAGES, f"{place.name} {tag}", aws.clock())
        entry = details[0]
        tags = entry.texts("imageTags") if entry.has("imageTags") else ()
        if tag not in tags:
            raise BrokenAnswer("the image answered does not carry the tag")
        image = Image(
            digest=entry.filled_text("imageDigest"), tags=tags, pushed_at=maybe_moment(entry, "imagePushedAt")
        )
        return known(image, DESCRIBE_IMAGES, f"{place.name} {tag} {image.digest}", aws.clock())

    return attempt(what, DESCRIBE_IMAGES, aws, body, "ImageNotFoundException", _NO_REPOSITORY)


def read_repository_tags(aws: AwsAccess, repository: Arn) -> Reading[tuple[tuple[str, str], ...]]:
    """Read the tags of the repository, as ``(key, value)``."""
    what = f"tags of {repository.name}"

    def body() -> Reading[tuple[tuple[str, str], ...]]:
        answer = aws.ask(LIST_TAGS_FOR_RESOURCE, region=repository.region, resourceArn=str(repository))
        entries = answer.objects("tags") if answer.has("tags") else ()
        tags = tuple((entry.filled_text("Key"), entry.maybe_text("Value") or "") for entry in entries)
        return known(tags, LIST_TAGS_FOR_RESOURCE, str(repository), aws.clock())

    return attempt(what, LIST_TAGS_FOR_RESOURCE, aws, body, _NO_REPOSITORY)
