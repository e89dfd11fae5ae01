"""Read which evidence objects lie under an ``s3://bucket/prefix/`` root; never what they hold."""

from __future__ import annotations

from diagnosis.facts.account import EvidenceObject
from diagnosis.facts.reading import Reading, Unreadable
from probes.aws.read.readings import absent, attempt, known
from probes.aws.session.access import AwsAccess
from probes.aws.session.errors import BrokenAnswer
from probes.aws.session.operations import LIST_OBJECTS


def read_evidence_objects(aws: AwsAccess, root: str, region: str | None = None) -> Reading[tuple[EvidenceObject, ...]]:
    """List the objects under the root; ``Absent`` where there are none, or no such bucket."""
    what = f"evidence objects under {root}"
    bucket, _, prefix = root.removeprefix("s3://").partition("/")
    if not root.startswith("s3://") or not bucket:
        return Unreadable(what=what, why="the evidence root is no s3:// address", how="correct it in the case file")

    def body() -> Reading[tuple[EvidenceObject, ...]]:
        objects = _listed(aws, bucket, prefix, region)
        if not objects:
            return absent(what, LIST_OBJECTS, root, aws.clock())
        return known(objects, LIST_OBJECTS, f"{root} {len(objects)} objects", aws.clock())

    return attempt(what, LIST_OBJECTS, aws, body, "NoSuchBucket")


def _listed(aws: AwsAccess, bucket: str, prefix: str, region: str | None) -> tuple[EvidenceObject, ...]:
    found: list[EvidenceObject] = []
    for page in aws.pages(LIST_OBJECTS, region=region, Bucket=bucket, Prefix=prefix):
        # An empty listing has no `Contents`; these members tell it from a body that was lost on the way.
        if not page.has("KeyCount") and not page.has("IsTruncated"):
            raise BrokenAnswer("the listing is empty of everything")
        for entry in page.objects("Contents") if page.has("Contents") else ():
            key = entry.filled_text("Key")
            if not key.startswith(prefix):
                raise BrokenAnswer("the listing holds objects outside the root")
            if not key.endswith("/"):
                found.append(EvidenceObject(key))
    return tuple(found)
