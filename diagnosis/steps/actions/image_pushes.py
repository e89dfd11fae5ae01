"""Read the actions that build, push, join or attest images.

Sources: action.yml and README.md of docker/build-push-action, depot/build-push-action, redhat-actions/push-to-registry,
redhat-actions/buildah-build, int128/docker-manifest-create-action, Noelware/docker-manifest-action, actions/attest and
actions/attest-build-provenance, docker/metadata-action.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from diagnosis.names.ecr_address import EcrAddress
from diagnosis.steps.actions.action_use import ActionUse
from diagnosis.steps.actions.dockerfiles import bases_of_build_push, bases_of_folder
from diagnosis.steps.actions.input_lists import parts_of
from diagnosis.steps.actions.kind_of_action import action_kind
from diagnosis.steps.actions.own_keys import uses_own_keys
from diagnosis.steps.kinds import Operation, Purpose, StepKind
from diagnosis.steps.service_calls import arn_of, bounded, calls, name_in
from diagnosis.steps.tools.call import cache_in_s3, may_be_ecr

_TAG_OR_DIGEST = re.compile(r"[:@][^/]*$")


def build_push(use: ActionUse) -> tuple[Operation, ...]:
    """Read docker/build-push-action: it pushes its tags or the names of its outputs, and pulls and pushes caches."""
    kind, inputs = StepKind.BUILD_PUSH_ACTION, use.inputs
    if use.given("repository") and not use.given("outputs"):
        return _build_push_of_old(use)
    operations = [
        *bases_of_build_push(use),
        *(Operation(kind, Purpose.PULL, target=source) for source in _cache_references(inputs.get("cache-from", ""))),
    ]
    outputs = inputs.get("outputs", "")
    pushes = inputs.get("push", "").lower() == "true" or "push=true" in outputs or "type=registry" in outputs
    if pushes or "$" in inputs.get("push", "") or any(_may_push(line) for line in outputs.splitlines()):
        targets = parts_of(inputs.get("tags", "")) or _names_in_outputs(outputs) or [""]
        operations.extend(Operation(kind, Purpose.PUSH, target=target or None) for target in targets)
    operations.extend(
        Operation(kind, Purpose.PUSH, target=target) for target in _cache_references(inputs.get("cache-to", ""))
    )
    operations.extend(cache_in_s3(kind, (inputs.get("cache-from", ""), inputs.get("cache-to", ""))))
    return tuple(operations) or (Operation(kind),)


def _may_push(output: str) -> bool:
    """Return whether an output pushes for all that is legible of it."""
    if "$" not in output:
        return False
    kind = re.search(r"(?:^|,)\s*type=(\w+)", output)
    return kind is None or (kind[1] == "image" and re.search(r"\bpush=(?:(?!\bpush=)[^,$])*\$", output) is not None)


def _build_push_of_old(use: ActionUse) -> tuple[Operation, ...]:
    """Read docker/build-push-action as its first version took it: registry, repository and bare tags; it pushes by default."""
    bases = bases_of_folder(use, StepKind.BUILD_PUSH_ACTION)
    if use.text("push").lower() == "false":
        return bases or (Operation(StepKind.BUILD_PUSH_ACTION),)
    name = "/".join(part for part in (use.text("registry").rstrip("/"), use.text("repository")) if part)
    targets = [f"{name}:{tag}" for tag in parts_of(use.text("tags"))] or [name]
    return bases + tuple(Operation(StepKind.BUILD_PUSH_ACTION, Purpose.PUSH, target=target) for target in targets)


def build_push_of_organization(use: ActionUse) -> tuple[Operation, ...]:
    """Read cloudposse/github-action-docker-build-push: one image, and caches like docker/build-push-action's."""
    image = use.text("image_name") or "/".join(
        each for each in (use.text("organization"), use.text("repository")) if each
    )
    target = "/".join(part for part in (use.text("registry").rstrip("/"), image) if part)
    return (
        *bases_of_folder(use),
        *_pulls(_cache_references(use.text("cache-from"))),
        *_pushes([target]),
        *_pushes(_cache_references(use.text("cache-to"))),
    )


def push_chart(use: ActionUse) -> tuple[Operation, ...]:
    """Read appany/helm-oci-chart-releaser: the chart's name is the last part of its repository."""
    parts = (use.text("registry").rstrip("/"), use.text("repository").strip("/"), use.text("name"))
    return _pushes(["/".join(part for part in parts if part)])


def copy_image(use: ActionUse) -> tuple[Operation, ...]:
    """Read akhilerm/tag-push-action: one source, several destinations."""
    return bounded(_pulls(parts_of(use.text("src"))) + _pushes(parts_of(use.text("dst"))))


def tag_image(use: ActionUse) -> tuple[Operation, ...]:
    """Read shrink/actions-docker-registry-tag: the manifest of one tag is put under others."""
    name = "/".join(part for part in (use.text("registry").rstrip("/"), use.text("repository")) if part)
    return _pulls([f"{name}:{use.text('target')}"]) + _pushes(f"{name}:{tag}" for tag in parts_of(use.text("tags")))


def create_repository(use: ActionUse) -> tuple[Operation, ...]:
    """Read int128/create-ecr-repository-action: it looks the repository up, and makes it where it is not there."""
    kind, name = StepKind.PUSH_ACTION, use.text("repository")
    service = "ecr-public" if use.is_true("public") else "ecr"
    found = [Operation(kind, Purpose.CALL, name or None, f"{service}:DescribeRepositories")]
    if use.given("lifecycle-policy"):
        found.append(Operation(kind, Purpose.CALL, name or None, f"{service}:PutLifecyclePolicy"))
    made = arn_of(service, "repository/", name_in(name), region="" if service == "ecr-public" else "{region}")
    return (*found, *calls(kind, made, f"{service}:CreateRepository", tolerated=True))


def address_of_repository(use: ActionUse) -> dict[str, str]:
    """Return the output of the action that makes a repository: its address, by the one registry that was logged in to."""
    hosts = {value for name, value in use.values.items() if name.endswith("outputs.registry")}
    name = use.text("repository")
    return {"outputs.repository-uri": f"{hosts.pop()}/{name}"} if len(hosts) == 1 and name else {}


def read_scan(use: ActionUse) -> tuple[Operation, ...]:
    """Read alexjurkiewicz/ecr-scan-image: it reads what ECR's scan of an image found, and may start one."""
    kind, name = StepKind.PUSH_ACTION, use.text("repository")
    started = calls(kind, arn_of("ecr", "repository/", name_in(name)), "ecr:StartImageScan", tolerated=True)
    return (Operation(kind, Purpose.CALL, name or None, "ecr:DescribeImageScanFindings"), *started)


def push_image(use: ActionUse) -> tuple[Operation, ...]:
    """Read an action that builds or pushes one image, by the names that its inputs commonly have."""
    inputs = use.inputs
    kind = action_kind(use.uses)
    bases = bases_of_folder(use, StepKind.KANIKO if kind is StepKind.KANIKO else StepKind.PUSH_ACTION)
    registry, image = inputs.get("registry", ""), use.text("image", "repo", "name")
    if inputs.get("push", "true").lower() == "false":
        return bases or (Operation(StepKind.PUSH_ACTION),)
    tags = parts_of(inputs.get("tags", inputs.get("tag", "")))
    target = next((tag for tag in tags if EcrAddress.find(tag)), "/".join(part for part in (registry, image) if part))
    return (*bases, Operation(StepKind.PUSH_ACTION, Purpose.PUSH, target=target or None))


def push_with_keys(use: ActionUse) -> tuple[Operation, ...]:
    """Read kciter/aws-ecr-action: account, region and repository are inputs; it logs in, and may make the repository."""
    own = uses_own_keys(use, may_push=True)
    if own is not None:
        return own
    kind, region, account = StepKind.PUSH_ACTION, name_in(use.text("region")), name_in(use.text("account_id"))
    repository = use.text("repo")
    host = EcrAddress.private(account, region).host if account and region else None
    tags = parts_of(use.text("tags")) or ["latest"]
    operations = [Operation(kind, Purpose.LOGIN, action="ecr:GetAuthorizationToken", region=region)]
    operations += _pulls(parts_of(use.text("cache_from")))
    for setting, action in (
        ("create_repo", "ecr:DescribeRepositories"),
        ("set_repo_policy", "ecr:SetRepositoryPolicy"),
        ("image_scanning_configuration", "ecr:PutImageScanningConfiguration"),
    ):
        if use.is_true(setting):
            operations.append(Operation(kind, Purpose.CALL, repository or None, action, region, account))
    return (*operations, *_pushes(f"{host}/{repository}:{tag}" if host and repository else "" for tag in tags))


def push_one_image(use: ActionUse) -> tuple[Operation, ...]:
    """Read jwalton/gh-ecr-push: an image named without its registry, pushed or pulled, after a login of its own."""
    own = uses_own_keys(use, may_push=True)
    if own is not None:
        return own
    kind, region = StepKind.PUSH_ACTION, name_in(use.text("region")) or "us-east-1"
    purpose = Purpose.PULL if use.text("direction").lower() == "pull" else Purpose.PUSH
    login = Operation(kind, Purpose.LOGIN, action="ecr:GetAuthorizationToken", region=region)
    return (login, Operation(kind, purpose, target=use.text("image") or None, region=region))


def build_with_stages(use: ActionUse) -> tuple[Operation, ...]:
    """Read whoan/docker-build-with-cache-action: the image and its stages are pulled, and pushed; it makes repositories."""
    kind, registry = StepKind.PUSH_ACTION, use.text("registry").rstrip("/")
    if use.given("compose_file"):
        return (Operation(kind, Purpose.PUSH),)
    bases = bases_of_folder(use)
    image = "/".join(part for part in (registry, use.text("image_name")) if part)
    stages = use.text("stages_image_name")
    names = (image, "/".join(part for part in (registry, stages) if part) if stages else f"{image}-stages")
    pulled = _pulls(names) if use.text("pull_image_and_stages").lower() != "false" else ()
    pushed = _pushes(names) if use.text("push_image_and_stages").lower() != "false" else ()
    return bases + pulled + pushed or (Operation(kind),)


def build_with_buildah(use: ActionUse) -> tuple[Operation, ...]:
    """Read redhat-actions/buildah-build: an image that stays on the runner, from Containerfiles or from an image that it names."""
    named = use.text("base-image")
    files = parts_of(use.text("containerfiles", "dockerfiles"))
    uses = [replace(use, inputs={**use.inputs, "dockerfile": file}) for file in files]
    pulled = _pulls([named]) if may_be_ecr(named) else ()
    found = (*(pull for each in uses for pull in bases_of_folder(each)), *pulled)
    return bounded(found) or (Operation(StepKind.OTHER),)


def build_with_kaniko(use: ActionUse) -> tuple[Operation, ...]:
    """Read aevea/action-kaniko, or a container of kaniko: what it pushes, and the repository of its cache."""
    made = [replace(found, kind=StepKind.KANIKO) for found in push_image(use)]
    bases = [found for found in made if found.purpose is Purpose.PULL]
    pushed = [found for found in made if found.purpose is Purpose.PUSH]
    return (*bases, *pushed, *_kaniko_cache(use, [each.target or "" for each in pushed])) or (
        Operation(StepKind.KANIKO),
    )


def build_with_kaniko_tags(use: ActionUse) -> tuple[Operation, ...]:
    """Read int128/kaniko-action: it pushes all its tags, where it is told to push."""
    tags = parts_of(use.text("tags"))
    pushed = (
        [replace(found, kind=StepKind.KANIKO) for found in _pushes(tags or [""])] if use.may_be_true("push") else []
    )
    bases = bases_of_folder(use, StepKind.KANIKO)
    return (*bases, *pushed, *_kaniko_cache(use, tags)) or (Operation(StepKind.KANIKO),)


def _kaniko_cache(use: ActionUse, targets: list[str]) -> tuple[Operation, ...]:
    """Return the reads and writes of kaniko's cache: the repository that is named, else ``cache`` below the first target's."""
    if not use.may_be_true("cache"):
        return ()
    named = use.text("cache-repository", "cache_repository", "cache_registry")
    if not named and targets and targets[0]:
        named = f"{_TAG_OR_DIGEST.sub('', targets[0])}/cache"
    purposes = (Purpose.PULL, Purpose.PUSH)
    return tuple(Operation(StepKind.KANIKO, purpose, target=named) for purpose in purposes) if named else ()


def push_to_registry(use: ActionUse) -> tuple[Operation, ...]:
    """Read redhat-actions/push-to-registry: white space between tags, each an address or a tag of the one image."""
    registry, image = use.text("registry").rstrip("/"), use.text("image")
    tags = use.words("tags") or ["latest"]
    if all("/" in tag for tag in tags):
        targets = tags
    else:
        targets = ["/".join(part for part in (registry, f"{image}:{tag}" if image else "") if part) for tag in tags]
    return _pushes(targets)


def create_manifest(use: ActionUse) -> tuple[Operation, ...]:
    """Read int128/docker-manifest-create-action: it reads the sources, or the tags with suffixes, and pushes the tags."""
    tags = parts_of(use.text("tags"))
    sources = parts_of(use.text("sources")) or [tag + end for tag in tags for end in parts_of(use.text("suffixes"))]
    if use.text("push").lower() == "false":
        return _pulls(sources) or (Operation(StepKind.PUSH_ACTION),)
    return bounded(_pulls(sources) + _pushes(tags))


def join_manifests(use: ActionUse) -> tuple[Operation, ...]:
    """Read Noelware/docker-manifest-action, whose inputs changed their names with its versions."""
    if use.given("base-image"):
        made, sources = use.text("base-image"), use.text("extra-images")
    elif use.given("tags", "outputs"):
        made, sources = use.text("tags", "outputs"), use.text("inputs")
    else:
        made, sources = use.text("inputs"), use.text("images")
    pushed = () if use.text("push").lower() == "false" and use.given("tags", "outputs") else _pushes(parts_of(made))
    return bounded(_pulls(parts_of(sources)) + pushed) or (Operation(StepKind.PUSH_ACTION),)


def attest(use: ActionUse) -> tuple[Operation, ...]:
    """Read actions/attest and its sisters: with ``push-to-registry`` the attestation goes into the subject's repository."""
    if not use.may_be_true("push-to-registry"):
        return (Operation(StepKind.OTHER),)
    return (Operation(StepKind.PUSH_ACTION, Purpose.PUSH, target=use.text("subject-name") or None),)


def pull_images(use: ActionUse) -> tuple[Operation, ...]:
    """Read the scanners that fetch the image they look at, where it lies in ECR."""
    image = use.text("image-ref", "image", "image_path", "artifact_path", "imageid")
    return _pulls([image]) if may_be_ecr(image) else (Operation(StepKind.OTHER),)


def images_of_metadata(use: ActionUse) -> dict[str, str]:
    """Return the outputs of docker/metadata-action: it makes tags of the images that it is given."""
    images: list[str] = []
    for line in use.lines("images"):
        parts = parts_of(line)
        if "enable=false" not in parts:
            images += [part.removeprefix("name=") for part in parts if "=" not in part or part.startswith("name=")]
    return {"outputs.tags": "\n".join(images)} if images else {}


def _pushes(targets: Iterable[str]) -> tuple[Operation, ...]:
    return tuple(Operation(StepKind.PUSH_ACTION, Purpose.PUSH, target=target or None) for target in targets)


def _pulls(targets: Iterable[str]) -> tuple[Operation, ...]:
    return tuple(Operation(StepKind.PUSH_ACTION, Purpose.PULL, target=target) for target in targets)


def _cache_references(text: str) -> list[str]:
    """Return the registry references of ``cache-from`` or ``cache-to``: ``type=registry,ref=…``, or a bare address."""
    found = re.findall(r"ref=([^\s,]+)", text)
    bare = [line.strip() for line in text.splitlines() if line.strip() and "=" not in line]
    return found + bare


def _names_in_outputs(text: str) -> list[str]:
    return re.findall(r"name=([^\s,]+)", text)
