"""The chronology that CloudTrail gives, and what of an event is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from aws_endpoint import Endpoint, Fault
from aws_worlds import ACCOUNT, NOON, PROVIDER_ARN, REGION, ROLE_ARN
from further_worlds import (
    ASKED,
    SINCE,
    Time,
    cloudtrail,
    event,
    read,
    trail_of,
)

from diagnosis.facts.reading import Unreadable


def test_the_chronology_holds_what_concerns_the_release_oldest_first(
    surrounded: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    trail = trail_of(read(surrounded, monkeypatch))
    assert [(found.name, found.target, found.took_effect) for found in trail.events] == [
        ("CreateOpenIDConnectProvider", PROVIDER_ARN, True),
        ("AssumeRoleWithWebIdentity", "", False),
        ("AssumeRoleWithWebIdentity", ROLE_ARN, True),
        ("PutRolePolicy", "Release", True),
        ("UpdateAssumeRolePolicy", "Release", False),
        ("CreatePolicyVersion", f"arn:aws:iam::{ACCOUNT}:policy/Pull", True),
        ("PutImage", "shop/api", True),
    ]
    session = trail.events[2]
    assert session.subject == session.principal == "repo:o/r:ref:refs/heads/dev"
    assert session.detail == "session GitHubActions"
    put = trail.events[3]
    assert (put.detail, put.principal) == ("Push", f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin/jo")
    assert put.at == datetime(2026, 3, 1, 11, 5, tzinfo=UTC)
    assert put.service == "iam"
    assert trail.events[-1].detail == "v1"
    assert (trail.since, trail.until, trail.complete) == (SINCE, NOON, True)


def test_nothing_secret_of_an_event_is_kept(surrounded: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    text = repr(read(surrounded, monkeypatch).trail)
    assert [word for word in ("ASIASECRET", "IQoJsecret", "document") if word in text] == []


def test_lookups_of_one_region_keep_to_two_calls_a_second(
    surrounded: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    pause = Time()
    read(surrounded, monkeypatch, pause=pause)
    lookups = surrounded.requests.count("cloudtrail:LookupEvents")
    assert len(pause.slept) == lookups
    assert min(pause.slept) >= 0.5


def test_iam_is_looked_up_in_its_own_region_and_the_registry_in_its_own(
    surrounded: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(surrounded, monkeypatch)
    scopes = {
        headers["Authorization"].split("Credential=")[1].split("/")[2]
        for operation, headers in zip(surrounded.requests, surrounded.headers, strict=True)
        if operation == "cloudtrail:LookupEvents"
    }
    assert scopes == {REGION, "us-east-1"}


def test_pages_are_followed_and_an_endless_listing_is_cut_and_said(
    surrounded: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [
        event("PutImage", 0, "ecr", eventID=f"e{number}", requestParameters={"repositoryName": "shop/api"})
        for number in range(120)
    ]
    surrounded.scripts["cloudtrail:LookupEvents"] = cloudtrail(many)
    trail = trail_of(read(surrounded, monkeypatch))
    assert len(trail.events) == 120
    assert trail.complete
    surrounded.scripts["cloudtrail:LookupEvents"] = lambda _: {"Events": [], "NextToken": "again"}
    trail = trail_of(read(surrounded, monkeypatch))
    assert trail.events == ()
    assert not trail.complete


def test_a_throttled_lookup_is_tried_again(surrounded: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    surrounded.faults["cloudtrail:LookupEvents"] = Fault(status=400, body=b'{"__type": "ThrottlingException"}', times=2)
    trail = trail_of(read(surrounded, monkeypatch))
    assert len(trail.events) == 7
    assert trail.complete


def test_an_event_that_cannot_be_read_makes_the_trail_incomplete(
    surrounded: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    for junk in (
        "",
        "{",
        "[]",
        "null",
        '{"eventName": "PutImage", "requestParameters": {"repositoryName": "shop/api"}}',
    ):
        surrounded.scripts["cloudtrail:LookupEvents"] = lambda _, junk=junk: {
            "Events": [{"EventId": "x", "CloudTrailEvent": junk}]
        }
        assert not trail_of(read(surrounded, monkeypatch)).complete


def test_a_window_that_cloudtrail_no_longer_keeps(surrounded: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    old = replace(ASKED, since=NOON - timedelta(days=200), until=NOON - timedelta(days=199))
    state = read(surrounded, monkeypatch, old)
    assert isinstance(state.trail, Unreadable)
    assert "90 days" in state.trail.why
    half = replace(ASKED, since=NOON - timedelta(days=200), until=NOON)
    trail = trail_of(read(surrounded, monkeypatch, half))
    assert not trail.complete
    assert trail.since == NOON - timedelta(days=90)
    none = read(surrounded, monkeypatch, replace(ASKED, since=None))
    assert isinstance(none.trail, Unreadable)
    assert "window" in none.trail.why
