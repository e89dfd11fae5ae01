"""Conditions on what the request holds beside the subject: decided where the request or its shape tells, else unknown."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from arns import arn_of
from claims_world import ISSUER, PROVIDER, ROLE, SUB, attempt, trust, workflow

from diagnosis.claims.claim_set import claims_from_subject
from diagnosis.claims.subject_claim import claims_of
from diagnosis.policy import Unparsable, read_document
from diagnosis.trust.admission import TrustOutcome, judge_trust
from diagnosis.trust.question import TrustPolicy, caller_of

MAIN = "repo:acme/shop:ref:refs/heads/main"
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def judged(condition, *, session_name="GitHubActions", at=NOW):
    document = read_document(trust({**condition, "StringEquals": {SUB: MAIN, **condition.get("StringEquals", {})}}))
    claims = claims_of(attempt(), workflow=workflow())
    return judge_trust(document, claims, arn_of(PROVIDER), arn_of(ROLE), session_name=session_name, at=at)


@pytest.mark.parametrize(
    "condition",
    [
        {"StringLike": {"sts:RoleSessionName": "GitHub*"}},
        {"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}},
        {"NumericLessThan": {"aws:EpochTime": "1900000000"}},
        {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}},
        {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}},
        {"Null": {"sts:SourceIdentity": "true"}},
        {"StringLike": {f"{ISSUER}:actor": "*"}},
    ],
)
def test_what_the_request_tells_admits(condition):
    assert judged(condition).outcome is TrustOutcome.ALLOWED


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"NumericLessThan": {"aws:TokenIssueTime": "3600"}}, "no AWS credentials yet"),
        ({"StringEquals": {"sts:SourceIdentity": "octocat"}}, "source identity"),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, "not signed"),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, "no AWS credentials yet"),
        ({"StringLike": {"sts:RoleSessionName": "octo-*"}}, "set its role-session-name"),
        ({"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}, "at another time"),
        ({"StringEquals": {"accounts.google.com:aud": "x"}}, "accounts.google.com"),
    ],
)
def test_what_the_request_never_satisfies_refuses_and_says_why(condition, words):
    judgement = judged(condition)
    assert judgement.outcome is TrustOutcome.DENIED
    (asked,) = (key for block in condition.values() for key in block)
    other = {"sts:RoleSessionName": "session-name-not-admitted", "aws:CurrentTime": "trust-condition"}
    assert judgement.cause == other.get(asked, "condition-key-not-carried")
    assert words in judgement.reason


@pytest.mark.parametrize(
    ("condition", "unknown"),
    [
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {}),
        ({"StringLike": {"sts:RoleSessionName": "octo-*"}}, {"session_name": None}),
        ({"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}, {"at": None}),
        ({"StringEquals": {"aws:ResourceTag/team": "a"}}, {}),
    ],
)
def test_what_no_record_tells_stays_unknown(condition, unknown):
    assert judged(condition, **unknown).outcome is TrustOutcome.UNKNOWN


def test_a_session_name_that_nobody_knows_still_is_one():
    never = judged({"StringLike": {"sts:RoleSessionName": "octo/*"}}, session_name=None)
    assert never.outcome is TrustOutcome.DENIED


@pytest.mark.parametrize(
    ("wanted", "outcome"),
    [("octo-*", TrustOutcome.ALLOWED), ("shop-*", TrustOutcome.DENIED), ("octo-12*", TrustOutcome.UNKNOWN)],
)
def test_a_session_name_that_is_partly_computed_is_known_in_part(wanted, outcome):
    document = read_document(trust({"StringEquals": {SUB: MAIN}, "StringLike": {"sts:RoleSessionName": wanted}}))
    claims = claims_of(attempt(), workflow=workflow())
    judgement = judge_trust(document, claims, arn_of(PROVIDER), arn_of(ROLE), session_name="", session_form="octo-*")
    assert judgement.outcome is outcome


@pytest.mark.parametrize(
    ("key", "value", "outcome"),
    [
        ("job_workflow_ref", "DeployToProduction", TrustOutcome.DENIED),
        ("job_workflow_ref", "acme/shop/.github/workflows/x.yml@refs/heads/main", TrustOutcome.UNKNOWN),
        ("repository_id", "acme/shop", TrustOutcome.DENIED),
        ("actor_id", "77", TrustOutcome.UNKNOWN),
        ("ref", "main", TrustOutcome.DENIED),
        ("workflow", "release", TrustOutcome.UNKNOWN),
    ],
)
@pytest.mark.parametrize("operator", ["StringEquals", "ForAllValues:StringEquals", "ForAnyValue:StringLike"])
def test_a_claim_that_is_always_carried_has_its_shape_though_nobody_knows_its_value(key, value, outcome, operator):
    policy = read_document(
        trust({"StringLike": {SUB: "repo:acme/shop:*"}, operator: {f"{ISSUER}:{key}": value}})
    ).policy
    assert not isinstance(policy, Unparsable)
    claims = claims_from_subject("repo:acme/shop:pull_request", "sts.amazonaws.com")
    assert TrustPolicy(policy).ask(claims, caller_of(arn_of(PROVIDER))).outcome is outcome


def test_one_policy_is_asked_about_tokens_of_which_more_and_less_is_known():
    """The bracket is made once for each set of known keys: answers do not leak from one token to the next."""
    policy = read_document(trust({"StringLike": {SUB: "*", f"{ISSUER}:workflow": "release"}})).policy
    asked, caller = TrustPolicy(policy), caller_of(arn_of(PROVIDER))
    unknown = claims_from_subject("repo:acme/shop:pull_request", "sts.amazonaws.com")
    known = replace(unknown, claims=(*unknown.claims, ("workflow", "release")), unknown=())
    assert asked.ask(unknown, caller).outcome is TrustOutcome.UNKNOWN
    assert asked.ask(known, caller).outcome is TrustOutcome.ALLOWED
    assert asked.ask(unknown, caller).outcome is TrustOutcome.UNKNOWN
