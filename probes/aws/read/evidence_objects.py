"""The evidence objects under an ``s3://bucket/prefix/`` root: listed, or one by one where listing is denied."""

from __future__ import annotations

from collections.abc import Sequence

from diagnosis.facts.account import EvidenceObject
from diagnosis.facts.reading import Reading, Unreadable
from probes.aws.read.readings import absent, attempt, known
from probes.aws.session.access import AwsAccess
from probes.aws.session.answers import maybe_moment, parts, text
from probes.aws.session.errors import AwsCallError, BrokenAnswer, Failure
from probes.aws.session.operations import HEAD_OBJECT, LIST_OBJECTS


def read_evidence_objects(
    aws: AwsAccess, root: str, region: str | None = None, expected: Sequence[str] = ()
) -> Reading[tuple[EvidenceObject, ...]]:
    """The objects under the root, never their content; ``expected`` are names below the root, for the fallback."""
    what = f"evidence objects under {root}"
    bucket, _, prefix = root.removeprefix("s3://").partition("/")
    if not root.startswith("s3://") or not bucket:
        return Unreadable(what=what, why="the evidence root is no s3:// address", how="correct it in the case file")

    def body() -> Reading[tuple[EvidenceObject, ...]]:
        try:
            objects = _listed(aws, bucket, prefix, region)
            operation = LIST_OBJECTS
        except AwsCallError as failure:
            if failure.kind is not Failure.DENIED or not expected:
                raise
            objects = _one_by_one(aws, bucket, [prefix + name for name in expected], region)
            operation = HEAD_OBJECT
        if not objects:
            return absent(what, operation, root, aws.clock())
        return known(objects, operation, f"{root} {len(objects)} objects", aws.clock())

    return attempt(what, LIST_OBJECTS, aws, body, "NoSuchBucket")


def _listed(aws: AwsAccess, bucket: str, prefix: str, region: str | None) -> tuple[EvidenceObject, ...]:
    found: list[EvidenceObject] = []
    for page in aws.pages(LIST_OBJECTS, region=region, Bucket=bucket, Prefix=prefix):
        # An empty listing has no `Contents`; these members tell it from a body that was lost on the way.
        if "KeyCount" not in page and "IsTruncated" not in page:
            raise BrokenAnswer("the listing is empty of everything")
        for entry in parts(page, "Contents") if "Contents" in page else ():
            key = text(entry, "Key")
            if not key.startswith(prefix):
                raise BrokenAnswer("the listing holds objects outside the root")
            if not key.endswith("/"):
                found.append(EvidenceObject(key, _size(entry.get("Size")), maybe_moment(entry, "LastModified")))
    return tuple(found)


def _one_by_one(aws: AwsAccess, bucket: str, keys: Sequence[str], region: str | None) -> tuple[EvidenceObject, ...]:
    found: list[EvidenceObject] = []
    for key in keys:
        try:
            answer = aws.ask(HEAD_OBJECT, region=region, Bucket=bucket, Key=key)
        except AwsCallError as failure:
            if failure.code in {"404", "NoSuchKey", "NotFound"}:
                continue
            raise
        found.append(EvidenceObject(key, _size(answer.get("ContentLength")), maybe_moment(answer, "LastModified")))
    return tuple(found)


def _size(value: object) -> int:
    if not isinstance(value, int):
        raise BrokenAnswer("an object has no size")
    return value
