"""Where one read is denied, another may still prove the answer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from aws_endpoint import Endpoint, Fault, pointed_at
from aws_worlds import QUESTION, REGION

from diagnosis.facts.reading import Absent, Known, Unreadable
from probes.aws.read.account import read_account


def test_an_unlistable_provider_is_proved_absent_by_the_list_alone(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    denied = Fault(
        status=403, body=b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
    )
    endpoint.faults["iam:GetOpenIDConnectProvider"] = denied
    with pointed_at(endpoint.url, monkeypatch) as aws:
        there = read_account(QUESTION, aws).provider
        elsewhere = read_account(replace(QUESTION, issuer="token.actions.ghe.example.org"), aws).provider
        endpoint.faults["iam:ListOpenIDConnectProviders"] = denied
        neither = read_account(replace(QUESTION, issuer="token.actions.ghe.example.org"), aws).provider
    assert isinstance(there, Unreadable)
    assert there.permission == "iam:GetOpenIDConnectProvider"
    assert isinstance(elsewhere, Absent)
    assert elsewhere.source is not None
    assert elsewhere.source.address == "iam:ListOpenIDConnectProviders"
    assert isinstance(neither, Unreadable)
    assert neither.permission == "iam:GetOpenIDConnectProvider"


def test_objects_are_asked_for_one_by_one_where_listing_is_denied(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    from probes.aws.read.evidence_objects import read_evidence_objects

    endpoint.faults["s3:ListObjectsV2"] = Fault(
        status=403, body=b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"
    )
    root = "s3://evidence-of-releases/runs/7/"
    with pointed_at(endpoint.url, monkeypatch) as aws:
        found = read_evidence_objects(aws, root, REGION, expected=["receipt.json", "absent.json"])
        none = read_evidence_objects(aws, root, REGION, expected=["absent.json"])
        unasked = read_evidence_objects(aws, root, REGION)
        endpoint.faults["s3:HeadObject"] = Fault(status=403)
        denied = read_evidence_objects(aws, root, REGION, expected=["receipt.json"])
    assert isinstance(found, Known)
    assert [(entry.key, entry.size_bytes) for entry in found.value] == [("runs/7/receipt.json", 2)]
    assert isinstance(none, Absent)
    assert isinstance(unasked, Unreadable)
    assert unasked.permission == "s3:ListBucket"
    assert isinstance(denied, Unreadable)
    assert denied.permission == "s3:GetObject"


def test_a_bucket_in_another_region_is_followed_there(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint.faults["s3:ListObjectsV2"] = Fault(
        status=301,
        headers={"x-amz-bucket-region": "eu-central-1"},
        body=b"<Error><Code>PermanentRedirect</Code><Message>elsewhere</Message></Error>",
        times=1,
    )
    with pointed_at(endpoint.url, monkeypatch) as aws:
        state = read_account(QUESTION, aws)
    assert isinstance(state.evidence_objects, Known)
    signed = [headers["Authorization"] for headers in endpoint.headers if "/s3/" in headers["Authorization"]]
    assert "/eu-west-2/s3/" in signed[0]
    assert "/eu-central-1/s3/" in signed[-1]
