"""Each element that a token does not meet has its own fault, and each fault its own mend, where it stands."""

from __future__ import annotations

import json

import pytest
from arns import arn_of
from claims_world import AUD, ISSUER, PROVIDER, ROLE, SUB, attempt, exactly, trust, workflow

from diagnosis.causes import Cause
from diagnosis.claims.subject_claim import claims_of
from diagnosis.policy import read_document
from diagnosis.trust.admission import TrustOutcome, admitted_refs, judge_trust
from diagnosis.trust.faults import Fault, Mend, faults_of
from diagnosis.trust.mended import mend_condition, mended
from diagnosis.trust.question import TrustPolicy, caller_of

MAIN = "repo:acme/shop:ref:refs/heads/main"
FILE = "acme/shop/.github/workflows/release.yml@refs/heads/main"
STS = "sts.amazonaws.com"
CALLER = caller_of(arn_of(PROVIDER), arn_of(ROLE))
CLAIMS = claims_of(attempt(), workflow=workflow()).sets[0]


def faults(condition, **more):
    statement = {**json.loads(trust(condition))["Statement"][0], **more}
    if "NotPrincipal" in more:
        del statement["Principal"]
    policy = read_document(json.dumps({"Version": "2012-10-17", "Statement": [statement]})).compiled()
    return faults_of(policy, policy.statements[0], CLAIMS, CALLER), statement


def told(condition, **more):
    return [(fault.cause, fault.mend) for fault in faults(condition, **more)[0]]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"StringEquals": {SUB: MAIN, AUD: "sts.*"}}, [(Cause.CONDITION_OPERATOR, Mend.JOIN)]),
        (
            {"StringEquals": {SUB: MAIN, f"{ISSUER}:job_workflow_ref": "acme/*"}},
            [(Cause.CONDITION_OPERATOR, Mend.JOIN)],
        ),
        ({"StringEquals": {SUB: MAIN, f"{ISSUER}:environment": "prod*"}}, [(Cause.CLAIM_PIN, Mend.NONE)]),
        ({"NumericEquals": {SUB: "1"}}, [(Cause.CONDITION_OPERATOR, Mend.REMOVE)]),
        ({"StringEquals": {SUB: MAIN}, "DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, []),
        ({"StringEquals": {SUB: MAIN, f"{ISSUER}:iss": "x"}}, [(Cause.CONDITION_KEY_NOT_CARRIED, Mend.REMOVE)]),
    ],
)
def test_each_condition_has_its_own_fault(condition, expected):
    assert told(condition) == expected


def test_a_time_that_has_passed_is_told_as_one():
    judged = judge_trust(
        read_document(
            trust({"StringEquals": {SUB: MAIN}, "DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}})
        ),
        claims_of(attempt(), workflow=workflow()),
        arn_of(PROVIDER),
        arn_of(ROLE),
        at=attempt().created_at,
    )
    assert judged.outcome is TrustOutcome.DENIED
    assert "at another time" in judged.reason


def test_a_provider_that_not_principal_leaves_out_has_no_mend_in_place():
    (first, *_), _ = faults({"StringEquals": {SUB: MAIN}}, NotPrincipal={"Federated": PROVIDER})
    assert (first.cause, first.mend) == (Cause.PRINCIPAL_WRONG, Mend.NONE)


@pytest.mark.parametrize(
    ("operator", "key", "value", "outcome"),
    [
        ("ArnEqualsIfExists", "aws:FederatedProvider", PROVIDER, TrustOutcome.ALLOWED),
        ("ArnEqualsIfExists", "aws:FederatedProvider", f"{PROVIDER}x", TrustOutcome.UNKNOWN),
        ("StringEqualsIfExists", "aws:ResourceAccount", "111122223333", TrustOutcome.ALLOWED),
        ("StringEqualsIfExists", "aws:ResourceAccount", "444455556666", TrustOutcome.UNKNOWN),
    ],
)
def test_what_aws_may_carry_beside_the_token_is_known_if_it_is_carried(operator, key, value, outcome):
    policy = read_document(trust({"StringEquals": {SUB: MAIN}, operator: {key: value}})).compiled()
    assert TrustPolicy(policy).ask(CLAIMS, CALLER).outcome is outcome


def test_a_statement_is_mended_without_what_is_left_empty():
    found, statement = faults({"StringEquals": {f"{ISSUER}:iss": "x"}})
    assert "Condition" not in mended(statement, found, arn_of(PROVIDER), escape=True)
    assert "Condition" in statement


@pytest.mark.parametrize(
    "statement",
    [
        {},
        {"Condition": "text"},
        {"Condition": {"StringEquals": "text"}},
        {"Condition": {"StringEquals": {"other": "x"}}},
    ],
)
def test_a_fault_of_another_statement_mends_nothing(statement):
    before = json.dumps(statement)
    for mend in Mend:
        mend_condition(statement, Fault(Cause.CLAIM_PIN, "", mend, "StringEquals", SUB, MAIN, MAIN), escape=True)
    assert json.dumps(statement) == before


def test_a_fault_without_a_mend_changes_nothing():
    statement = {"Condition": {"StringEquals": {SUB: MAIN}}}
    for mend in (Mend.NONE, Mend.JOIN):
        mend_condition(statement, Fault(Cause.CLAIM_PIN, "", mend, "StringEquals", SUB), escape=True)
    assert statement == {"Condition": {"StringEquals": {SUB: MAIN}}}


def test_refs_are_admitted_by_the_issuers_own_provider_alone():
    repository = attempt().repository
    assert admitted_refs(read_document("{"), repository) == ()
    assert admitted_refs(read_document(exactly(MAIN)), repository) == ("refs/heads/main",)
    other = exactly(MAIN).replace(f"/{ISSUER}", "/gitlab.com")
    assert admitted_refs(read_document(other), repository) == ()
    nameless = attempt(repository={"id": None, "owner_id": None}).repository
    assert admitted_refs(read_document(exactly(MAIN)), nameless) == ("refs/heads/main",)
    immutable = exactly("repo:acme@123/shop@456:ref:refs/heads/main")
    assert admitted_refs(read_document(immutable), repository) == ("refs/heads/main",)
    assert admitted_refs(read_document(immutable), nameless) == ()
