"""Where one read is denied, another may still prove the answer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from aws_endpoint import Endpoint, Fault, pointed_at
from aws_worlds import QUESTION

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
