"""Whoever may assume a role beside GitHub's workflows: what is open, what is bounded, and by what."""

from __future__ import annotations

import json
from datetime import date

import pytest
from claims_world import ISSUER, REPOSITORY, SUB, exactly, trust
from hypothesis import given
from hypothesis import strategies as st

from diagnosis.callers.admission_verdict import Admission
from diagnosis.callers.who_gets_in import who_gets_in
from diagnosis.facts.case import StatedException
from diagnosis.gates import Verdict
from diagnosis.policy import read_document

MAIN = "repo:acme/shop:ref:refs/heads/main"
ROLE, WEB, SAML = "sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"
OTHER, OWN = "210987654321", "111122223333"
COGNITO = "cognito-identity.amazonaws.com"
OPEN, BOUNDED, NOT_KNOWN = Verdict.FAIL, Verdict.PASS, Verdict.UNKNOWN


def beside_an_exact_one(*doors) -> Admission:
    own = json.loads(exactly(MAIN))["Statement"][0]
    statements = [own, *({"Effect": "Allow", **each} for each in doors)]
    admission = who_gets_in(read_document(trust(statements=statements)), REPOSITORY)
    assert isinstance(admission, Admission)
    return admission


def door(principal, action, operator=None, key="", value=""):
    made = {"Principal": principal, "Action": action}
    return made if operator is None else {**made, "Condition": {operator: {key: value}}}


def parn(value):
    return ("ArnLike", "aws:PrincipalArn", value)


BY_A_STAR = [
    (ROLE, parn("arn:aws:iam::*:role/ci-*"), OPEN),
    (ROLE, parn("arn:aws:iam::2*:user/x"), OPEN),
    (ROLE, ("StringLike", "aws:PrincipalArn", "*:role/ci-*"), OPEN),
    (ROLE, ("StringLike", "aws:PrincipalArn", "*/deploy"), OPEN),
    (ROLE, parn(f"arn:aws:iam::{OTHER}:role/ci"), BOUNDED),
    (ROLE, parn(f"arn:aws:iam::{OTHER}:*"), OPEN),
    (ROLE, parn(f"arn:aws:iam::{OWN}:*"), BOUNDED),
    (ROLE, parn([f"arn:aws:iam::{OWN}:role/ci", f"arn:aws:iam::{OTHER}:role/*"]), OPEN),
    (ROLE, ("StringLike", "aws:PrincipalAccount", "21098*"), OPEN),
    (ROLE, ("StringEquals", "aws:PrincipalAccount", OTHER), OPEN),
    (ROLE, ("StringEquals", "aws:PrincipalAccount", OWN), BOUNDED),
    (ROLE, ("StringEquals", "aws:PrincipalOrgID", "o-1"), BOUNDED),
    # An account in no organization carries neither key.
    (ROLE, ("StringEqualsIfExists", "aws:PrincipalOrgID", "o-1"), OPEN),
    (ROLE, ("ForAllValues:StringEquals", "aws:PrincipalOrgID", "o-1"), OPEN),
    (ROLE, ("ForAllValues:StringLike", "aws:PrincipalOrgPaths", "o-1/r-1/*"), OPEN),
    (ROLE, ("Null", "aws:PrincipalOrgID", "true"), OPEN),
    (ROLE, ("StringLike", "aws:PrincipalOrgID", "o-*"), OPEN),
    (ROLE, ("StringNotEquals", "aws:PrincipalOrgID", "o-1"), OPEN),
    (ROLE, ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-1/r-1/*"), BOUNDED),
    (ROLE, ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "*"), OPEN),
    (ROLE, ("StringLike", "aws:userid", "AROAEXAMPLEIDEXAMPLE1:*"), BOUNDED),
    (ROLE, ("StringLike", "aws:userid", "*:deploy"), OPEN),
    (ROLE, ("IpAddress", "aws:SourceIp", "192.0.2.0/24"), NOT_KNOWN),
    (ROLE, ("StringEquals", "sts:ExternalId", "x"), NOT_KNOWN),
    (ROLE, ("StringEquals", "gitlab.com:sub", "project_path:acme/shop"), BOUNDED),
    (WEB, ("StringLike", "gitlab.com:sub", "project_path:*"), OPEN),
    (WEB, ("StringLike", "gitlab.com:sub", "project_path:acme/*"), BOUNDED),
    (WEB, ("StringEquals", SUB, MAIN), BOUNDED),
    (WEB, ("StringLike", SUB, "repo:*"), OPEN),
    (WEB, ("StringEqualsIfExists", SUB, MAIN), OPEN),
    (SAML, ("StringEquals", "SAML:aud", "https://signin.aws.amazon.com/saml"), OPEN),
    (SAML, ("StringEquals", "SAML:sub", "ops"), NOT_KNOWN),
]


@pytest.mark.parametrize(("action", "condition", "verdict"), BY_A_STAR)
def test_a_star_is_open_unless_a_condition_bounds_who_may_be_a_stranger(action, condition, verdict):
    admission = beside_an_exact_one(door("*", action, *condition))
    assert admission.verdict is verdict, admission.reason
    if verdict is BOUNDED:
        assert any(condition[1] in note or "its own account" in note for note in admission.notes)


def test_a_star_that_is_held_to_an_account_is_that_accounts_door():
    made = door("*", ROLE, "StringEquals", "aws:PrincipalAccount", OTHER)
    [told] = beside_an_exact_one(made).doors
    assert (told.kind.value, told.principal) == ("account", OTHER)
    assert told.text == f"Statement[1] lets whomever the other account {OTHER} permits assume the role."
    stated = StatedException(f"arn:aws:iam::{OTHER}:root", "break-glass", date(2027, 3, 31))
    own = json.loads(exactly(MAIN))["Statement"][0]
    document = read_document(trust(statements=[own, {"Effect": "Allow", **made}]))
    excepted = who_gets_in(document, REPOSITORY, exceptions=(stated,), today=date(2027, 1, 1))
    assert isinstance(excepted, Admission)
    assert excepted.verdict is BOUNDED


@pytest.mark.parametrize("action", [ROLE, WEB, SAML, "sts:*", "*"])
def test_a_star_without_conditions_is_open_by_every_operation(action):
    assert beside_an_exact_one(door("*", action)).verdict is OPEN
    assert beside_an_exact_one(door({"AWS": "*"}, action)).verdict is OPEN
    assert beside_an_exact_one({"NotPrincipal": {"AWS": OTHER}, "Action": action}).verdict is OPEN


@pytest.mark.parametrize("action", ["sts:TagSession", "sts:SetSourceIdentity"])
def test_a_star_that_lets_nobody_assume_the_role_is_no_door(action):
    assert beside_an_exact_one(door("*", action)).doors == ()
    assert beside_an_exact_one({"NotPrincipal": {"AWS": OTHER}, "Action": action}).doors == ()


BY_AN_ACCOUNT = [
    ((), OPEN),
    (("StringEquals", "sts:ExternalId", "x"), OPEN),
    (("StringEquals", "aws:PrincipalTag/team", "ops"), OPEN),
    (("Bool", "aws:MultiFactorAuthPresent", "true"), OPEN),
    (("StringLike", "sts:RoleSessionName", "ci-*"), OPEN),
    (("StringEquals", "aws:PrincipalOrgID", "o-1"), OPEN),
    (("StringLike", "aws:userid", "*:deploy"), OPEN),
    (parn(f"arn:aws:iam::{OTHER}:role/*"), OPEN),
    (parn(f"arn:aws:iam::{OTHER}:role/ci-*"), BOUNDED),
    (parn([f"arn:aws:iam::{OTHER}:role/a", f"arn:aws:iam::{OTHER}:role/b"]), BOUNDED),
    (("StringLike", "aws:userid", "AROAEXAMPLEIDEXAMPLE1:*"), BOUNDED),
    (("StringEquals", "aws:SourceVpc", "vpc-1"), NOT_KNOWN),
]


@pytest.mark.parametrize(("condition", "verdict"), BY_AN_ACCOUNT)
def test_another_account_is_open_unless_some_of_its_identities_are_named(condition, verdict):
    assert beside_an_exact_one(door({"AWS": OTHER}, ROLE, *condition)).verdict is verdict
    assert beside_an_exact_one(door({"AWS": OWN}, ROLE, *condition)).verdict is BOUNDED


OTHERS = [
    (door({"Federated": "*"}, WEB), OPEN, "refuses to save"),
    (door({"Federated": "*"}, WEB, "StringEquals", SUB, MAIN), NOT_KNOWN, "refuses to save"),
    (door({"Federated": "*"}, SAML), OPEN, "refuses to save"),
    (door({"AWS": f"arn:aws:iam::{OTHER}:role/*"}, ROLE), NOT_KNOWN, "with a wildcard"),
    (door({"AWS": "arn:aws:iam::*:root"}, ROLE), OPEN, "the other account *"),
    (door({"AWS": f"arn:aws:sts::{OTHER}:assumed-role/ci/build"}, ROLE), BOUNDED, "of the other account"),
    (door({"AWS": "AROAEXAMPLEIDEXAMPLE1"}, ROLE), BOUNDED, "that was deleted"),
    (
        door({"AWS": f"arn:aws:iam::{OTHER}:role/a"}, ROLE, *parn(f"arn:aws:iam::{OTHER}:role/b")),
        BOUNDED,
        "names, and its conditions refuse,",
    ),
    (door({"CanonicalUser": "79a59df900b949e55d96a1e698fbaced"}, ROLE), BOUNDED, "lets 79a59df"),
    (door({"Service": "*"}, ROLE), OPEN, "every AWS service"),
    (door({"Service": "*"}, ROLE, "StringEquals", "aws:SourceAccount", OWN), BOUNDED, "bounded by aws:SourceAccount"),
    (door({"Service": "*"}, ROLE, "StringLike", "aws:SourceAccount", "*"), OPEN, "every AWS service"),
    (door({"Service": "ec2.amazonaws.com"}, ROLE), BOUNDED, "the AWS service ec2"),
    (door({"Federated": f"arn:aws:iam::{OWN}:saml-provider/corp"}, SAML), BOUNDED, "whose assertion names it"),
    (door({"Federated": "cognito-identity.amazonaws.com"}, WEB), OPEN, "nothing bounds its subject"),
    # Whoever has an identity pool of its own logs in there as it likes.
    (door({"Federated": COGNITO}, WEB, "ForAnyValue:StringLike", f"{COGNITO}:amr", "unauthenticated"), OPEN, "nothing"),
    (door({"Federated": COGNITO}, WEB, "StringEquals", f"{COGNITO}:aud", "eu-west-1:pool"), BOUNDED, "bounded by"),
    (
        door({"Federated": "accounts.google.com"}, WEB, "StringEquals", "accounts.google.com:aud", "x"),
        BOUNDED,
        "bounded by its conditions",
    ),
    (
        door({"Federated": f"arn:aws:iam::{OTHER}:oidc-provider/gitlab.com"}, WEB),
        BOUNDED,
        "AWS lets no role trust that",
    ),
]


@pytest.mark.parametrize(("made", "verdict", "words"), OTHERS)
def test_every_other_sort_of_principal_is_told_and_judged(made, verdict, words):
    admission = beside_an_exact_one(made)
    assert admission.verdict is verdict, admission.reason
    assert [words in item.text for item in admission.doors] == [True]


CHOSEN = [
    ("StringLike", "aws:PrincipalTag/team", "*"),
    ("StringEquals", "aws:PrincipalTag/team", "ops"),
    ("StringEquals", "aws:RequestTag/team", "ops"),
    ("Null", "aws:PrincipalTag/team", "false"),
    ("StringLike", "sts:RoleSessionName", "ci-*"),
    ("StringEquals", "sts:SourceIdentity", "ci"),
    ("Bool", "aws:MultiFactorAuthPresent", "true"),
    ("NumericLessThan", "aws:MultiFactorAuthAge", "3600"),
    ("NumericLessThanEquals", "sts:DurationSeconds", "3600"),
    ("StringEquals", "aws:PrincipalType", "AssumedRole"),
    ("StringLike", "aws:UserAgent", "aws-cli*"),
    ("StringEquals", "aws:RequestedRegion", "eu-west-1"),
]
NAMES = [("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/x?y*"), ("StringLike", "aws:userid", "*:x-??")]


def held(conditions, effect="Allow"):
    block: dict[str, dict[str, str]] = {}
    for operator, key, value in conditions:
        block.setdefault(operator, {})[key] = value
    return {"Effect": effect, "Principal": "*", "Action": ROLE, "Condition": block}


@given(st.lists(st.sampled_from(CHOSEN + NAMES), max_size=4))
def test_what_a_stranger_chooses_keeps_no_stranger_out(conditions):
    assert [item.harmful for item in beside_an_exact_one(held(conditions)).doors] == [True]


@given(st.lists(st.sampled_from(CHOSEN), min_size=1, max_size=4))
def test_a_deny_of_what_a_stranger_chooses_keeps_no_stranger_out(conditions):
    assert [item.harmful for item in beside_an_exact_one(held([]), held(conditions, "Deny")).doors] == [True]


def test_of_one_operation_the_answer_that_is_certain_is_told():
    condition = {
        "StringLike": {"gitlab.com:sub": "project_path:*"},
        "StringEqualsIfExists": {f"{ISSUER}:sub": MAIN, "aws:SourceVpc": "vpc-1"},
    }
    unsure = beside_an_exact_one({"Principal": "*", "Action": WEB, "Condition": condition})
    assert (unsure.verdict, [item.unsure for item in unsure.doors]) == (NOT_KNOWN, [True])
    del condition["StringEqualsIfExists"]["aws:SourceVpc"]
    sure = beside_an_exact_one({"Principal": "*", "Action": WEB, "Condition": condition})
    words = (
        f"every token of gitlab.com assume the role (Principal *): its conditions (gitlab.com:sub, {SUB}) bound nobody."
    )
    assert [item.text for item in sure.doors if item.harmful] == [f"Statement[1] lets {words}"]
