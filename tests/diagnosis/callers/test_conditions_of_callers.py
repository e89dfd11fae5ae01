"""A condition on a claim is a set of patterns, whatever its operator; the search answers as the evaluator does."""

from __future__ import annotations

import json

import pytest
from arns import arn_of
from claims_world import ISSUER, PROVIDER, REPOSITORY, ROLE, SUB, exactly, trust

from diagnosis.callers import search
from diagnosis.callers.admission_verdict import Admission
from diagnosis.callers.comparison import compare_trust
from diagnosis.callers.who_gets_in import who_gets_in
from diagnosis.claims.claim_set import ClaimSet
from diagnosis.gates import Verdict
from diagnosis.policy import read_document
from diagnosis.trust.admission import TrustOutcome
from diagnosis.trust.question import Caller, TrustPolicy

MAIN = "repo:acme/shop:ref:refs/heads/main"
IMMUTABLE = "repo:acme@123/shop@456:ref:refs/heads/main"
IN, OUT, EITHER = TrustOutcome.ALLOWED, TrustOutcome.DENIED, TrustOutcome.UNKNOWN
WHATEVER = {"StringEquals": {SUB: MAIN}}


def main_branch(document, **options):
    admission = who_gets_in(read_document(document), REPOSITORY, **options)
    assert isinstance(admission, Admission)
    return next(item for item in admission.probes if item.probe == "default-branch")


def claim(name):
    return f"{ISSUER}:{name}"


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [
        ({"ArnLike": {SUB: "repo:acme/*"}}, OUT),
        ({"ArnEquals": {SUB: MAIN}}, OUT),
        ({"ArnNotLike": {SUB: "repo:acme/*"}}, OUT),
        ({"Null": {SUB: "true"}}, OUT),
        ({"Null": {SUB: "false"}}, IN),
        ({"Null": {claim("environment"): "true"}}, IN),
        ({"StringEqualsIgnoreCase": {SUB: MAIN.upper()}}, IN),
        ({"StringNotEqualsIgnoreCase": {SUB: [MAIN.upper(), IMMUTABLE.upper()]}}, OUT),
        ({"NumericEquals": {claim("repository_id"): "456"}}, IN),
        ({"NumericEquals": {claim("repository_id"): "456.0"}}, IN),
        ({"NumericEquals": {claim("repository_id"): ["1", "456.5"]}}, OUT),
        ({"NumericNotEquals": {claim("repository_id"): "456"}}, OUT),
        ({"NumericNotEquals": {claim("repository_id"): "1"}}, IN),
        ({"NumericNotEquals": {claim("repository_id"): "one"}}, OUT),
        ({"NumericLessThan": {claim("repository_id"): "500"}}, EITHER),
        ({"Bool": {claim("repository_id"): "true"}}, EITHER),
        ({"StringLike": {SUB: "${aws:PrincipalTag/team}"}}, OUT),
        ({"StringLike": {SUB: "${aws:PrincipalTag/team, 'repo:acme/*'}"}}, OUT),
        ({"StringLike": {SUB: f"${{aws:PrincipalTag/team, '{MAIN}'}}"}}, IN),
        ({"StringEquals": {SUB: "${aws:SourceIp}"}}, EITHER),
        ({"StringLike": {SUB: "repo:${" + claim("repository") + "}:*"}}, EITHER),
        ({"StringLike": {SUB: "repo:acme/shop:ref:${*}"}}, OUT),
        ({**WHATEVER, "Bool": {"aws:SecureTransport": "true"}}, IN),
        ({**WHATEVER, "Bool": {"aws:SecureTransport": "false"}}, OUT),
        ({**WHATEVER, "ArnEquals": {"aws:FederatedProvider": PROVIDER}}, EITHER),
        ({**WHATEVER, "ArnEqualsIfExists": {"aws:FederatedProvider": PROVIDER}}, IN),
        ({**WHATEVER, "ArnNotEquals": {"aws:FederatedProvider": PROVIDER}}, EITHER),
        ({**WHATEVER, "StringEqualsIfExists": {"aws:ResourceAccount": "111122223333"}}, IN),
        ({**WHATEVER, "StringEquals": {"aws:ResourceAccount": "210987654321"}}, OUT),
        ({**WHATEVER, "StringEquals": {"aws:PrincipalTag/team": "ops"}}, OUT),
        ({**WHATEVER, "StringEqualsIfExists": {"aws:PrincipalTag/team": "ops"}}, IN),
        ({**WHATEVER, "StringLike": {"sts:RoleSessionName": "ci-*"}}, IN),
        ({**WHATEVER, "IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, EITHER),
    ],
)
def test_each_operator_lets_in_whom_the_evaluator_lets_in(condition, outcome):
    document = trust(condition)
    found = main_branch(document)
    assert found.outcome is outcome, found.reason
    if found.outcome is IN:
        token = ClaimSet(found.claims, "")
        caller = Caller(arn_of(PROVIDER), arn_of(ROLE), ISSUER, dict(found.claims).get("sts:rolesessionname", "s"))
        assert TrustPolicy(read_document(document).policy).ask(token, caller).outcome is IN


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"Action": "sts:*"}, IN),
        ({"Action": "sts:AssumeRole"}, OUT),
        ({"Action": ["sts:TagSession", "sts:assumerolewithWEBidentity"]}, IN),
        ({"Action": None, "NotAction": "sts:AssumeRoleWithWebIdentity"}, OUT),
        ({"Action": None, "NotAction": "sts:AssumeRole"}, IN),
        ({"Effect": "Deny"}, OUT),
    ],
)
def test_a_statement_counts_where_it_speaks_of_the_operation(changes, outcome):
    document = json.loads(exactly(MAIN))
    statement = {**document["Statement"][0], **changes}
    document["Statement"] = [{name: value for name, value in statement.items() if value is not None}]
    admission = who_gets_in(read_document(json.dumps(document)), REPOSITORY)
    told = {item.probe: item.outcome for item in admission.probes}
    assert told.get("default-branch", OUT) is outcome


def test_a_provider_of_another_account_lets_nobody_in():
    document = exactly(MAIN)
    assert main_branch(document, role_arn=arn_of(ROLE)).outcome is IN
    other = exactly(MAIN).replace("111122223333", "210987654321")
    admission = who_gets_in(read_document(other), REPOSITORY, role_arn=arn_of(ROLE))
    assert {item.outcome for item in admission.probes} <= {OUT}


def test_what_would_take_too_long_is_unknown_and_undecided(monkeypatch):
    monkeypatch.setattr(search, "MOST_PLACES", 40)
    policy = read_document(exactly("repo:acme/*", "repo:*/shop:*", operator="StringLike"))
    admission = who_gets_in(policy, REPOSITORY)
    assert admission.verdict is Verdict.UNKNOWN
    assert any("too many to be searched whole" in item.reason for item in admission.probes)
    other = exactly("repo:acme/sh*", "repo:*/tool:*", operator="StringLike")
    found = compare_trust(policy, read_document(other), REPOSITORY)
    assert found.undecided
    assert not found.takes_nothing_away
    assert not found.admits_nothing_new


def test_more_unknown_conditions_than_can_be_tried_leave_the_answer_open():
    conditions = {"IpAddress": {f"aws:SourceIp{number}": "192.0.2.0/24" for number in range(12)}}
    statements = [
        {**json.loads(trust({**WHATEVER, "StringEquals": {SUB: MAIN, f"x:y{number}": "z"}}))["Statement"][0]}
        for number in range(8)
    ]
    document = trust(statements=[*statements, json.loads(trust({**WHATEVER, **conditions}))["Statement"][0]])
    assert main_branch(document).outcome is EITHER
