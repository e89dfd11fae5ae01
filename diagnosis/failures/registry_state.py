"""Rules for pushes and pulls that fail although nothing is forbidden: absent repository, immutable tag, quota, unfit manifest."""

from __future__ import annotations

import re

from diagnosis.causes import Cause
from diagnosis.failures.denial_sentence import operation_of
from diagnosis.failures.registry_address import registry_of
from diagnosis.failures.rule import LogContext, Registry, Rule, Seen, Weight, holding, lighter, other, says, state

_ABSENT = state(Cause.REPOSITORY_ABSENT)
_PROBED = state(Cause.REPOSITORY_ABSENT, weight=Weight.PASSING)
_QUOTA = re.compile(
    r"exceeds the maximum allowed|maximum allowed number of|[Qq]uota|limit (?:has been )?(?:reached|exceeded)"
)
_ECR_WORDS = re.compile(r"registry with id|in the registry|repository with name|ecr|ECR")


_NOT_THE_REPOSITORY = re.compile(
    r"(?:ScanNotFound|ImageNotFound|ReferencedImagesNotFound|PolicyNotFound|TemplateNotFound|UploadNotFound|TagNotFound)\w*"
    r"|does not exist (?:with)?in the repository|(?:[Ss]can|[Pp]olicy) (?:for .{1,80} )?does not exist"
)
"""What is absent from a repository that exists: a scan, an image, a policy."""


def _scan_absent(text: str, _scene: LogContext) -> Seen | None:
    return state(Cause.SCAN_ABSENT) if re.search(r"ScanNotFoundException|[Ii]mage scan does not exist", text) else None


_IMAGE_GONE = re.compile(
    r"ImageNotFoundException|ReferencedImagesNotFoundException|image with imageId .{1,400}does not exist"
)


def _image_gone(text: str, _scene: LogContext) -> Seen | None:
    return state(Cause.IMAGE_ABSENT) if _IMAGE_GONE.search(text) else None


def _absent(text: str, context: LogContext) -> Seen | None:
    if "RepositoryNotFoundException" in text and operation_of(text) == "DescribeRepositories":
        return _PROBED  # the usual probe before a repository is created
    if "RepositoryNotFoundException" not in text and _NOT_THE_REPOSITORY.search(text):
        return None
    if "RepositoryNotFoundException" in text or ("repository with name" in text and "does not exist" in text):
        return _ABSENT
    if "name unknown" not in text and "NAME_UNKNOWN" not in text:
        return None
    named = registry_of(text)
    if "not known to registry" in text and named is None:
        return other(Cause.OTHER_REGISTRY)  # the reference registry's words; ECR names repository and registry id
    return other(Cause.OTHER_REGISTRY) if (named or context.registry) is Registry.OTHER else _ABSENT


def _not_created(text: str, _scene: LogContext) -> Seen | None:
    """Recognize a script's own words for a repository that it could not create; only AWS's hidden answer says why."""
    if re.search(r"(?:[Cc]ould not|[Ff]ailed to|[Uu]nable to|[Cc]annot) create", text):
        return state(None, Cause.REPOSITORY_ABSENT, Cause.REGISTRY_ADMINISTRATION)
    return None


def _immutable(text: str, _scene: LogContext) -> Seen | None:
    if "immutable release" in text:
        return None  # GitHub's: a release whose tag may not move
    if "immutable" in text and ("tag" in text or "Tag" in text or "overwritten" in text):
        return state(Cause.TAG_IMMUTABLE)
    return None


def _quota(text: str, context: LogContext) -> Seen | None:
    if "LimitExceededException" in text and "CreateRepository" in text:
        return state(Cause.REGISTRY_QUOTA)
    if not _QUOTA.search(text):
        return None
    if "LimitExceededException" in text and "PutImage" in text:
        return state(Cause.IMAGE_QUOTA)
    if "images" in text or "tags per image" in text or _ECR_WORDS.search(text):
        if (registry_of(text) or context.registry) is Registry.OTHER and not _ECR_WORDS.search(text):
            return other(Cause.OTHER_REGISTRY)
        return state(Cause.IMAGE_QUOTA)
    return None


_PULLED = re.compile(
    r"(?:failed to resolve (?:ref|source|image)|CannotPullContainer|[Ff]ailed to pull|manifest for)\b"
    r"(?:(?!(?:failed to (?:resolve (?:ref|source|image)|pull)|Failed to pull|CannotPullContainer|manifest for)\b).){0,600}"
    r"\bnot found\W*$"
)


_NOT_FOUND = re.compile(r": not found\W*$")


def _not_found(text: str, context: LogContext) -> Seen | None:
    """Recognize what container runtimes say of a manifest that is not there, some with its address alone."""
    missing = _NOT_FOUND.search(text)
    address = text[: missing.start()].split()[-1:] if missing else []
    is_image = bool(address) and "/" in address[0] and registry_of(address[0]) is Registry.ECR
    if not (is_image or _PULLED.search(text)):
        return None
    seen = _image_absent(text, context)
    return lighter(seen, Weight.OUTCOME) if seen and context.reads_cache(text) else seen


def _image_absent(text: str, context: LogContext) -> Seen | None:
    if (registry_of(text) or context.registry) is Registry.OTHER:
        return other(Cause.OTHER_REGISTRY)
    if "Requested image not found" in text or "ImageNotFoundException" in text or "Source image" in text:
        return state(Cause.IMAGE_ABSENT)
    return state(Cause.IMAGE_ABSENT) if (registry_of(text) or context.registry) else other(Cause.IMAGE_ABSENT)


def _upstream(text: str, context: LogContext) -> Seen | None:
    """Recognize ECR's words for what its pull-through cache met; other caches have an upstream registry too."""
    return state(Cause.PULL_THROUGH_UPSTREAM) if (registry_of(text) or context.registry) is Registry.ECR else None


_NO_REPOSITORY = re.compile(r"\brepository (?P<name>[^\s\"']{1,400}) not found(?P<pull>: does not exist or no pull)?")


def _repository_not_found(text: str, _scene: LogContext) -> Seen | None:
    """Judge older Docker's words for 404, which it uses for a refused pull too."""
    found = _NO_REPOSITORY.search(text)
    if not found or registry_of(found["name"]) not in (Registry.ECR, Registry.ECR_PUBLIC):
        return None
    return state(None, Cause.REPOSITORY_ABSENT, Cause.PULL_SCOPE, Cause.NOT_LOGGED_IN) if found["pull"] else _ABSENT


_REFUSED = state(Cause.MANIFEST_REFUSED)


def _refused(text: str, context: LogContext) -> Seen:
    """Judge words of the registry protocol, which every registry uses."""
    return other(Cause.OTHER_REGISTRY) if (registry_of(text) or context.registry) is Registry.OTHER else _REFUSED


RULES: tuple[Rule, ...] = (
    Rule(("immutable",), _immutable),
    holding(state(Cause.TAG_IMMUTABLE), "ImageTagAlreadyExistsException"),
    holding(state(Cause.IMAGE_EXISTS), "ImageAlreadyExistsException"),
    Rule(("exceeds the maximum allowed", "maximum allowed number of", "LimitExceededException"), _quota),
    holding(state(Cause.REPOSITORY_EXISTS, weight=Weight.OUTCOME), "RepositoryAlreadyExistsException"),
    Rule(("ScanNotFound", "can does not exist"), _scan_absent),
    Rule(("ImageNotFoundException", "ImagesNotFoundException", "image with imageId"), _image_gone),
    holding(state(Cause.PULL_THROUGH_UPSTREAM), "UnableToGetUpstream", "UnableToAccessSecret", "UnableToDecryptSecret"),
    Rule(("upstream registry", "credentials for the upstream"), _upstream),
    Rule(("RepositoryNotFoundException", "name unknown", "NAME_UNKNOWN", "does not exist"), _absent),
    Rule(("ECR repository",), _not_created),
    Rule(
        ("manifest unknown", "MANIFEST_UNKNOWN", "ImageNotFoundException", "Requested image not found", "Source image"),
        _image_absent,
    ),
    Rule(("not found",), _not_found),
    Rule(("not found",), _repository_not_found),
    Rule(("ImageManifest",), says(r"Invalid parameter at \\?['\"]ImageManifest", _REFUSED)),
    holding(_REFUSED, "InvalidLayerException", "LayersNotFoundException", "LayerPartTooSmallException"),
    Rule(("manifest invalid", "MANIFEST_INVALID", "digest invalid: ", "blob upload unknown"), _refused),
)
