"""What lies under the evidence root: small objects are hashed and read over the wire, and a gap is each object's own."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from aws_endpoint import Fault
from aws_worlds import REGION, access
from fault_worlds import World, error, read_with

from diagnosis.facts.account import EvidenceObject
from diagnosis.facts.reading import Known, Reading, Unreadable
from probes.aws.read.evidence_objects import LIMITS, read_evidence_objects
from probes.embedded.in_process_aws import InProcessAws

BUCKET = "evidence"
BASE = f"s3://{BUCKET}/run/"


def value(reading: Reading[Any]) -> Any:
    assert isinstance(reading, Known), reading
    return reading.value


def gap(reading: Reading[Any]) -> Unreadable:
    assert isinstance(reading, Unreadable), reading
    return reading


def test_an_object_is_hashed_over_the_wire_and_its_fault_is_its_own(world: World) -> None:
    (found,) = value(world.truth.evidence_objects)
    assert (found.size, value(found.text), value(found.sha256)) == (2, "{}", hashlib.sha256(b"{}").hexdigest())
    denied = Fault(status=403, body=error("AccessDenied")["s3"])
    faults = (
        (denied, "s3:GetObject", "planescope permissions"),
        (Fault(body=b"{ }"), None, ""),
        (Fault(body=b"{", declared_length=2), None, ""),
        (Fault(status=500, body=error("InternalError")["s3"]), None, ""),
    )
    for fault, permission, way in faults:
        (item,) = value(read_with(world, "s3:GetObject", fault).evidence_objects)
        assert gap(item.sha256).permission == permission
        assert way in gap(item.sha256).how
        assert isinstance(item.text, Unreadable)
    # Bytes that are no text are no fault: they are hashed.
    (item,) = value(read_with(world, "s3:GetObject", Fault(body=b"\0\xff")).evidence_objects)
    assert value(item.sha256) == hashlib.sha256(b"\0\xff").hexdigest()
    assert "no text" in gap(item.text).why


def test_what_is_read_is_bounded_and_scrubbed(aws: InProcessAws, build: Any) -> None:
    s3 = build("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    secret = "ghp_" + "a1B2c3D4e5F6" * 3
    large = b"x" * 2_000
    for key, body, more in (
        ("a.json", f'{{"token": "{secret}"}}'.encode(), {}),
        ("b.txt", b"text", {}),
        ("kept.bin", large, {"ChecksumAlgorithm": "SHA256"}),
        ("large.json", large, {"ChecksumAlgorithm": "CRC32"}),
        ("sub/c.json", b"\xef\xbb\xbf{}", {}),
    ):
        s3.put_object(Bucket=BUCKET, Key=f"run/{key}", Body=body, **more)

    def read(**limits: int) -> dict[str, EvidenceObject]:
        found = value(read_evidence_objects(access(aws), BASE, REGION, replace(LIMITS, object_bytes=1_000, **limits)))
        return {item.key.removeprefix("run/"): item for item in found}

    found = read()
    assert secret not in value(found["a.json"].text)
    assert value(found["a.json"].sha256) == hashlib.sha256(f'{{"token": "{secret}"}}'.encode()).hexdigest()
    assert gap(found["b.txt"].text).lasting
    assert isinstance(found["b.txt"].sha256, Known)
    assert value(found["sub/c.json"].text) == "{}"
    assert value(found["kept.bin"].sha256) == hashlib.sha256(large).hexdigest()
    assert "keeps no SHA-256" in gap(found["large.json"].sha256).why
    few = read(objects=1, asked_for_digests=0)
    assert [key for key, item in few.items() if isinstance(item.sha256, Known)] == ["a.json"]
