"""Conditions of permission policies on what is known of the session's requests: decided, and unknown where it is not."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from arns import arn_of
from judged_worlds import REPOSITORY_ARN, ROLE_ARN, TRUST, account, diagnosis, policy

from diagnosis.facts.account import NamedPolicy, Role, ScpLevel
from diagnosis.facts.reading import Absent, Known, Reading
from diagnosis.gates import Checkpoint, Gate, Verdict
from diagnosis.live.entitlement import Entitlement, judge_needs
from diagnosis.live.session_keys import asks_for_repository_tags
from diagnosis.policy import read_document
from diagnosis.verdicts.gate_verdict import GateVerdict
from diagnosis.verdicts.release import Need

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN
LOGIN = {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}
ROLE = Role(arn_of(ROLE_ARN), "release", TRUST, 3600, tags=(("team", "shop"),), id="AROAEXAMPLE")
LEVELS = tuple(
    ScpLevel(level, (NamedPolicy("all", policy({"Effect": "Allow", "Action": "*", "Resource": "*"})),))
    for level in ("r-1", "ou-2", "123456789012")
)


def gate(statements: tuple[dict[str, object], ...], **parts: object) -> GateVerdict:
    found = account(
        role=parts.pop("role", Known(ROLE)),
        inline_policies=Known((NamedPolicy("conditional", policy(*statements)),)),
        **parts,
    )
    live = diagnosis(found).live
    assert live is not None
    return live.at(Gate.REGISTRY_AUTHORIZATION)


def allowed_if(condition: dict[str, object], **parts: object) -> Verdict:
    grant = {"Effect": "Allow", "Action": "ecr:*", "Resource": REPOSITORY_ARN, "Condition": condition}
    return gate((LOGIN, grant), **parts).verdict


ORGANIZATION = {"organization": Known("o-1")}
NO_ORGANIZATION = {"organization": Absent("organization")}
TAGS = {"repository_tags": Known((("Project", "shop"),))}
NO_TIME = {"read_at": None}


@pytest.mark.parametrize(
    ("condition", "parts", "verdict"),
    [
        ({"DateGreaterThan": {"aws:TokenIssueTime": "2026-01-01T00:00:00Z"}}, {}, PASS),
        ({"DateLessThan": {"aws:TokenIssueTime": "2026-01-01T00:00:00Z"}}, {}, FAIL),
        ({"DateLessThan": {"aws:TokenIssueTime": "2026-01-01T00:00:00Z"}}, NO_TIME, UNKNOWN),
        ({"Null": {"aws:TokenIssueTime": "false"}}, NO_TIME, PASS),
        ({"DateLessThan": {"aws:CurrentTime": "2099-01-01T00:00:00Z"}}, {}, PASS),
        ({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, {}, FAIL),
        ({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, NO_TIME, UNKNOWN),
        ({"NumericGreaterThan": {"aws:EpochTime": "1700000000"}}, {}, PASS),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, ORGANIZATION, PASS),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-2"}}, ORGANIZATION, FAIL),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, NO_ORGANIZATION, FAIL),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, {}, UNKNOWN),
        (
            {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/r-1/ou-2/*"}},
            {**ORGANIZATION, "scps": Known(LEVELS)},
            PASS,
        ),
        (
            {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/r-1/ou-3/*"}},
            {**ORGANIZATION, "scps": Known(LEVELS)},
            FAIL,
        ),
        ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/*"}}, ORGANIZATION, UNKNOWN),
        ({"StringEquals": {"aws:ResourceOrgID": "o-1"}}, NO_ORGANIZATION, FAIL),
        ({"StringNotEqualsIfExists": {"aws:ResourceOrgID": "o-1"}}, NO_ORGANIZATION, PASS),
        ({"ForAnyValue:StringLike": {"aws:ResourceOrgPaths": "o-1/*"}}, NO_ORGANIZATION, FAIL),
        ({"StringEquals": {"aws:ResourceOrgID": "o-2"}}, ORGANIZATION, FAIL),
        ({"StringEquals": {"aws:ResourceOrgID": "o-1"}}, {}, UNKNOWN),
        ({"StringEquals": {"aws:SourceIdentity": "octocat"}}, {}, FAIL),
        ({"StringNotEquals": {"aws:SourceIdentity": "octocat"}}, {}, PASS),
        ({"StringEquals": {"sts:SourceIdentity": "octocat"}}, {}, FAIL),
        ({"StringEquals": {"sts:RoleSessionName": "GitHubActions"}}, {}, FAIL),
        ({"StringLike": {"aws:userid": "AROAEXAMPLE:GitHub*"}}, {}, PASS),
        ({"StringLike": {"aws:userid": "AROAOTHER:*"}}, {}, FAIL),
        ({"StringLike": {"aws:userid": "AROAEXAMPLE:*"}}, {"role": Known(replace(ROLE, id=""))}, UNKNOWN),
        ({"StringLike": {"aws:userid": "*:somebody"}}, {"role": Known(replace(ROLE, id=""))}, FAIL),
        ({"StringEquals": {"aws:username": "octocat"}}, {}, FAIL),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, {}, FAIL),
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}, {}, UNKNOWN),
        ({"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}, {}, FAIL),
        ({"StringEquals": {"aws:ResourceTag/Project": "shop"}}, TAGS, PASS),
        ({"StringEquals": {"ecr:ResourceTag/Project": "other"}}, TAGS, FAIL),
        ({"StringEquals": {"aws:ResourceTag/Stage": "x"}}, TAGS, FAIL),
        ({"StringEquals": {"aws:ResourceTag/Project": "shop"}}, {}, UNKNOWN),
        ({"StringEquals": {"aws:PrincipalTag/team": "shop"}}, {}, PASS),
        ({"StringEquals": {"aws:PrincipalTag/other": "shop"}}, {}, FAIL),
        ({"StringEquals": {"aws:RequestTag/team": "shop"}}, {}, FAIL),
        ({"Bool": {"aws:ViaAWSService": "false"}}, {}, PASS),
        ({"Bool": {"aws:ViaAWSService": "true"}}, {}, FAIL),
        ({"ForAnyValue:StringEquals": {"aws:CalledVia": "cloudformation.amazonaws.com"}}, {}, FAIL),
        ({"Null": {"aws:CalledVia": "true"}}, {}, PASS),
        ({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, {}, PASS),
        ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, {}, FAIL),
        ({"StringEquals": {"aws:PrincipalType": "AssumedRole"}}, {}, PASS),
        ({"StringEquals": {"aws:PrincipalType": "User"}}, {}, FAIL),
        ({"Bool": {"aws:SecureTransport": "true"}}, {}, PASS),
        ({"StringLike": {"aws:FederatedProvider": "*:oidc-provider/token.actions.githubusercontent.com"}}, {}, PASS),
        ({"StringEquals": {"aws:FederatedProvider": "accounts.google.com"}}, {}, FAIL),
        ({"StringEquals": {"aws:ResourceAccount": "999999999999"}}, {}, FAIL),
        ({"StringEqualsIfExists": {"aws:ResourceAccount": "123456789012"}}, {}, PASS),
        ({"StringEquals": {"aws:ResourceAccount": "123456789012"}}, {}, UNKNOWN),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {}, UNKNOWN),
        ({"StringEquals": {"aws:SourceVpc": "vpc-1"}}, {}, UNKNOWN),
        ({"StringEquals": {"s3:prefix": "x"}}, {}, FAIL),
        ({"StringEquals": {"accounts.google.com:aud": "x"}}, {}, FAIL),
    ],
)
def test_a_grant_under_a_condition(
    condition: dict[str, object], parts: dict[str, Reading[object]], verdict: Verdict
) -> None:
    assert allowed_if(condition, **parts) is verdict


def test_without_a_sign_in_with_a_second_factor_a_deny_applies_for_certain() -> None:
    """Whether the session holds ``false`` or no such key at all, the Deny matches."""
    grant = {"Effect": "Allow", "Action": "ecr:*", "Resource": REPOSITORY_ARN}
    deny = {
        "Sid": "NoFactor",
        "Effect": "Deny",
        "NotAction": ["iam:*", "sts:GetSessionToken"],
        "Resource": "*",
        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    }
    found = gate((LOGIN, grant, deny))
    assert found.verdict is FAIL
    assert "NoFactor" in found.reason
    assert "no multi-factor sign-in" in found.reason
    only_if_there = {**deny, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}
    assert gate((LOGIN, grant, only_if_there)).verdict is UNKNOWN


def test_a_deny_that_revokes_older_sessions_spares_the_next_run() -> None:
    revoke = {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": "2026-05-01T00:00:00Z"}},
    }
    grant = {"Effect": "Allow", "Action": "ecr:*", "Resource": REPOSITORY_ARN}
    assert gate((LOGIN, grant, revoke)).verdict is PASS


def test_a_variable_under_version_2008_is_plain_text() -> None:
    def grant(version: str) -> Verdict:
        statement = {
            "Effect": "Allow",
            "Action": "ecr:*",
            "Resource": REPOSITORY_ARN,
            "Condition": {"StringEquals": {"aws:PrincipalAccount": "${aws:SourceVpc}"}},
        }
        document = read_document(json.dumps({"Version": version, "Statement": [LOGIN, statement]}))
        live = diagnosis(account(inline_policies=Known((NamedPolicy("old", document),)))).live
        assert live is not None
        return live.at(Gate.REGISTRY_AUTHORIZATION).verdict

    assert grant("2008-10-17") is FAIL
    assert grant("2012-10-17") is UNKNOWN


def test_what_is_unknown_says_how_it_is_learnt() -> None:
    statement = {
        "Effect": "Allow",
        "Action": "ecr:*",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:ResourceTag/Project": "shop"}},
    }
    found = gate((LOGIN, statement))
    assert found.verdict is UNKNOWN
    (missing,) = found.missing
    assert missing.permission == "ecr:ListTagsForResource"


def test_an_action_without_a_resource_meets_no_resource_tag() -> None:
    statement = {
        "Effect": "Allow",
        "Action": "*",
        "Resource": "*",
        "Condition": {"Null": {"aws:ResourceTag/a": "true"}},
    }
    found = account(inline_policies=Known((NamedPolicy("untagged", policy(statement)),)))
    login = Need("ecr:GetAuthorizationToken", "*", Checkpoint.REGISTRY_AUTH, "the login")
    (judged,) = judge_needs((login,), found, "GitHubActions")
    assert judged.entitlement is Entitlement.ALLOWED


@pytest.mark.parametrize("key", ["aws:ResourceTag/a", "ecr:resourcetag/a", "aws:PrincipalTag/a"])
def test_tags_are_worth_a_call_only_where_a_policy_asks_for_them(key: str) -> None:
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {key: "b"}}}
    assert asks_for_repository_tags(account()) is False
    found = account(scps=Known((ScpLevel("r-1", (NamedPolicy("scp", policy(statement)),)),)))
    assert asks_for_repository_tags(found) is ("principal" not in key.lower())
