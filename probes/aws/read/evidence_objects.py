"""Read the evidence under an ``s3://bucket/prefix/`` root: which objects lie there, their digests, small JSON texts."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from diagnosis.facts.account import EvidenceObject
from diagnosis.facts.reading import Known, Reading, Unreadable
from diagnosis.json_members import JsonMembers
from diagnosis.logs.scrubbed_names import scrub_words
from probes.aws.read.readings import absent, attempt, known
from probes.aws.session.access import AwsAccess
from probes.aws.session.errors import BrokenAnswer
from probes.aws.session.operations import GET_OBJECT, HEAD_OBJECT, LIST_OBJECTS, Operation

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class EvidenceLimits:
    """How much of an evidence root is read at most."""

    objects: int = 60
    object_bytes: int = 1_000_000
    total_bytes: int = 8_000_000
    text_bytes: int = 512_000
    asked_for_digests: int = 20


LIMITS = EvidenceLimits()
_HOW = "name a narrower evidence root, or look at the object itself"


def read_evidence_objects(
    aws: AwsAccess, root: str, region: str | None = None, limits: EvidenceLimits = LIMITS
) -> Reading[tuple[EvidenceObject, ...]]:
    """List the objects under the root and read the small ones; ``Absent`` where there are none, or no such bucket."""
    what = f"evidence objects under {root}"
    bucket, _, prefix = root.removeprefix("s3://").partition("/")
    if not root.startswith("s3://") or not bucket:
        return Unreadable(what=what, why="the evidence root is no s3:// address", how="correct it in the case file")

    def body() -> Reading[tuple[EvidenceObject, ...]]:
        objects = _listed(aws, bucket, prefix, region)
        if not objects:
            return absent(what, LIST_OBJECTS, root, aws.clock())
        return known(objects, LIST_OBJECTS, f"{root} {len(objects)} objects", aws.clock())

    found = attempt(what, LIST_OBJECTS, aws, body, "NoSuchBucket")
    return (
        replace(found, value=_Objects(aws, bucket, region, limits).read(found.value))
        if isinstance(found, Known)
        else found
    )


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
                found.append(EvidenceObject(key, entry.maybe_integer("Size"), entry.maybe_moment("LastModified")))
    return tuple(found)


class _Objects:
    """Reads the objects of one root, one after the other, within the limits."""

    def __init__(self, aws: AwsAccess, bucket: str, region: str | None, limits: EvidenceLimits) -> None:
        self._aws, self._bucket, self._region, self._limits = aws, bucket, region, limits
        self._bytes = self._objects = self._digests = 0
        self._denied: Unreadable | None = None

    def read(self, objects: tuple[EvidenceObject, ...]) -> tuple[EvidenceObject, ...]:
        """Return the objects with what was read of them, in their order."""
        return tuple(map(self._one, objects))

    def _one(self, item: EvidenceObject) -> EvidenceObject:
        what = f"the evidence object {item.key}"
        if self._denied is not None:
            # What one was refused the others would be too: they need the same permission.
            gap = replace(self._denied, what=what)
            return replace(item, sha256=gap, text=gap)
        if item.size is None or item.size > self._limits.object_bytes:
            gap = Unreadable(what, f"it is larger than {self._limits.object_bytes // 1000} kB", _HOW, lasting=True)
            return replace(item, sha256=self._kept_digest(item, what, gap), text=gap)
        if self._objects >= self._limits.objects or self._bytes + item.size > self._limits.total_bytes:
            gap = Unreadable(what, "more lies under the root than is read", _HOW, lasting=True)
            return replace(item, sha256=gap, text=gap)
        self._objects, self._bytes = self._objects + 1, self._bytes + item.size
        size = item.size

        def body() -> Reading[bytes]:
            _, content = self._aws.body(GET_OBJECT, size, region=self._region, Bucket=self._bucket, Key=item.key)
            if len(content) != size:
                raise BrokenAnswer("the object is not as long as the listing says")
            return known(content, GET_OBJECT, item.key, self._aws.clock())

        return self._with(item, self._asked(what, body, GET_OBJECT), what)

    def _with(self, item: EvidenceObject, content: Reading[bytes], what: str) -> EvidenceObject:
        if not isinstance(content, Known):
            return replace(item, sha256=content, text=content)
        digest = Known(hashlib.sha256(content.value).hexdigest(), content.source)
        return replace(item, sha256=digest, text=_text(item.key, content, what, self._limits.text_bytes))

    def _kept_digest(self, item: EvidenceObject, what: str, gap: Unreadable) -> Reading[str]:
        """Return the SHA-256 that S3 keeps of a large object, where it keeps one of the whole."""
        if self._digests >= self._limits.asked_for_digests:
            return gap
        self._digests += 1

        def body() -> Reading[str]:
            answer = self._aws.ask(
                HEAD_OBJECT, region=self._region, Bucket=self._bucket, Key=item.key, ChecksumMode="ENABLED"
            )
            digest = _hexadecimal(answer)
            why = f"{gap.why}, and S3 keeps no SHA-256 of the whole object"
            return known(digest, HEAD_OBJECT, item.key, self._aws.clock()) if digest else replace(gap, why=why)

        return self._asked(what, body, HEAD_OBJECT)

    def _asked(self, what: str, body: Callable[[], Reading[_T]], operation: Operation) -> Reading[_T]:
        found = attempt(what, operation, self._aws, body, "NoSuchKey")
        if isinstance(found, Unreadable) and found.permission:
            self._denied = found
        return found


def _hexadecimal(answer: JsonMembers) -> str:
    """Return the checksum of an answer in hexadecimal; empty where it has none, or one of parts (``…-3``)."""
    if answer.maybe_text("ChecksumType") == "COMPOSITE":
        return ""
    try:
        digest = base64.b64decode(answer.maybe_text("ChecksumSHA256") or "", validate=True)
    except (binascii.Error, ValueError):
        return ""
    return digest.hex() if len(digest) == hashlib.sha256().digest_size else ""


def _text(key: str, content: Known[bytes], what: str, most: int) -> Reading[str]:
    def gap(why: str) -> Unreadable:
        return Unreadable(what, why, _HOW, lasting=True)

    if not key.lower().endswith(".json"):
        return gap("it is no JSON file")
    if len(content.value) > most:
        return gap(f"it is larger than {most // 1000} kB")
    try:
        text = content.value.decode("utf-8-sig")
    except UnicodeDecodeError:
        return gap("it is no text in UTF-8")
    return Known(scrub_words(text), content.source)
