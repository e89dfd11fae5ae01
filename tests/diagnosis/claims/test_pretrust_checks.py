"""The checks before the trust policy: token, role ARN, provider, audience; each cause with its lookalike."""

from __future__ import annotations

import pytest
from arns import arn_of
from claims_world import ACCOUNT, ISSUER, PROVIDER, ROLE, attempt, job, workflow
from hypothesis import given
from hypothesis import strategies as st

from diagnosis.claims.pretrust import (
    check_audience,
    check_provider,
    check_role_arn,
    check_token,
    grants_id_token,
)
from diagnosis.facts.account import OidcProvider
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.facts.workflow import UnparsableWorkflow
from diagnosis.gates import Verdict
from diagnosis.names.arn import Arn

WRITE = (("id-token", "write"), ("contents", "read"))
READ = (("contents", "read"),)
OTHER = "444455556666"
UNREAD = Unreadable("providers", "AccessDenied", "grant it", "iam:ListOpenIDConnectProviders")
NONE = Absent("provider")


def provider(arn=PROVIDER, url=ISSUER, audiences=("sts.amazonaws.com",)):
    return Known(OidcProvider(arn_of(arn), url, audiences))


# the token


@pytest.mark.parametrize(
    ("of_workflow", "of_job", "verdict"),
    [
        (WRITE, None, Verdict.PASS),
        (None, WRITE, Verdict.PASS),
        (READ, WRITE, Verdict.PASS),
        (WRITE, READ, Verdict.FAIL),
        (WRITE, (), Verdict.FAIL),
        (READ, None, Verdict.FAIL),
        (None, None, Verdict.FAIL),
        ((("*", "write-all"),), None, Verdict.PASS),
        ((("*", "read-all"),), None, Verdict.FAIL),
        ((("id-token", "read"),), None, Verdict.FAIL),
        ((("id-token", "none"),), None, Verdict.FAIL),
    ],
)
def test_the_jobs_permissions_replace_those_of_the_workflow(of_workflow, of_job, verdict):
    file = workflow(job(permissions=of_job), permissions=of_workflow)
    check = check_token(attempt(), file)
    assert check.verdict is verdict
    assert check.cause == (None if verdict is Verdict.PASS else "id-token-not-granted")


def test_a_job_that_lost_the_workflows_grant_is_told_so():
    check = check_token(attempt(), workflow(job(permissions=READ, line=12), permissions=WRITE))
    assert "replace" in check.reason
    assert check.line == 12


@pytest.mark.parametrize("file", [None, UnparsableWorkflow("x.yml", "bad indent")])
def test_an_unread_file_is_unknown(file):
    check = check_token(attempt(), file)
    assert check.verdict is Verdict.UNKNOWN
    assert check.missing[0].permission == "contents: read"


@pytest.mark.parametrize(
    ("event", "head", "verdict"),
    [
        ("pull_request", "mallory/shop", Verdict.FAIL),
        ("pull_request_review", "mallory/shop", Verdict.FAIL),
        ("pull_request_target", "mallory/shop", Verdict.PASS),
        ("pull_request", "acme/shop", Verdict.PASS),
        ("push", "acme/shop", Verdict.PASS),
    ],
)
def test_a_pull_request_from_a_fork_has_no_token(event, head, verdict):
    check = check_token(attempt(event=event, head_repository=head), workflow(permissions=WRITE))
    assert check.verdict is verdict


def test_a_called_workflow_can_only_take_away():
    caller = workflow(job(uses="acme/ci/.github/workflows/p.yml@v1", steps=(), permissions=WRITE))
    assert check_token(attempt(), caller).verdict is Verdict.UNKNOWN
    assert check_token(attempt(), caller, called=workflow()).verdict is Verdict.PASS
    assert check_token(attempt(), caller, called=workflow(permissions=WRITE)).verdict is Verdict.PASS
    taken = check_token(attempt(), caller, called=workflow(job(permissions=READ), permissions=WRITE))
    assert (taken.verdict, taken.cause) == (Verdict.FAIL, "id-token-not-granted")
    assert "called workflow" in taken.reason


def test_a_caller_without_the_grant_fails_whatever_is_called():
    caller = workflow(job(uses="acme/ci/.github/workflows/p.yml@v1", steps=()))
    check = check_token(attempt(), caller, called=workflow(permissions=WRITE))
    assert check.verdict is Verdict.FAIL
    assert "calling job" in check.reason


def test_jobs_that_differ_leave_it_unknown_until_one_is_named():
    first, second = job(permissions=WRITE), job(id="b", permissions=READ)
    file = workflow(first, second)
    assert check_token(attempt(), file).verdict is Verdict.UNKNOWN
    assert check_token(attempt(), file, first).verdict is Verdict.PASS
    assert check_token(attempt(), file, second).verdict is Verdict.FAIL


@given(st.lists(st.tuples(st.text(), st.text()), max_size=4))
def test_no_permissions_block_raises(permissions):
    assert grants_id_token(tuple(permissions)) in (True, False)


# the role's ARN


@pytest.mark.parametrize(
    ("arn", "options", "verdict", "cause"),
    [
        (ROLE, {}, Verdict.PASS, None),
        (ROLE, {"expected_account": ACCOUNT}, Verdict.PASS, None),
        (ROLE, {"expected_account": OTHER}, Verdict.FAIL, "role-account-wrong"),
        (ROLE, {"region": "eu-west-2"}, Verdict.PASS, None),
        (ROLE, {"region": "cn-north-1"}, Verdict.FAIL, "role-account-wrong"),
        (ROLE.replace("aws", "aws-us-gov", 1), {"region": "us-gov-west-1"}, Verdict.PASS, None),
        (f"arn:aws:iam::{ACCOUNT}:user/x", {}, Verdict.FAIL, "role-absent"),
        ("arn:aws:iam::***:role/release", {"expected_account": ACCOUNT}, Verdict.UNKNOWN, None),
        (None, {}, Verdict.UNKNOWN, None),
    ],
)
def test_the_role_arn(arn, options, verdict, cause):
    check = check_role_arn(arn_of(arn) if arn else None, **options)
    assert (check.verdict, check.cause) == (verdict, cause)


# the provider


@pytest.mark.parametrize(
    ("reading", "options", "verdict", "cause"),
    [
        (provider(), {}, Verdict.PASS, None),
        (NONE, {}, Verdict.FAIL, "oidc-provider-absent"),
        (NONE, {"expected_account": ACCOUNT}, Verdict.FAIL, "oidc-provider-absent"),
        # The lookalike: the very same words in the log, another account.
        (NONE, {"expected_account": OTHER}, Verdict.FAIL, "role-account-wrong"),
        (NONE, {"caller_account": OTHER}, Verdict.UNKNOWN, None),
        (NONE, {"caller_account": ACCOUNT}, Verdict.FAIL, "oidc-provider-absent"),
        (UNREAD, {}, Verdict.UNKNOWN, None),
        (provider(url="github.acme.example/_services/token"), {}, Verdict.FAIL, "oidc-provider-absent"),
        (provider(url=f"https://{ISSUER}"), {}, Verdict.PASS, None),
        (provider(url=f"{ISSUER}/acme"), {}, Verdict.FAIL, "oidc-provider-absent"),
        (provider(url=f"{ISSUER}/acme"), {"issuer": f"{ISSUER}/acme"}, Verdict.PASS, None),
        (provider(arn=PROVIDER.replace(ACCOUNT, OTHER)), {}, Verdict.FAIL, "oidc-provider-absent"),
        (provider(arn=PROVIDER.replace("arn:aws:", "arn:aws-cn:")), {}, Verdict.FAIL, "oidc-provider-absent"),
    ],
)
def test_the_provider(reading, options, verdict, cause):
    check = check_provider(reading, arn_of(ROLE), **options)
    assert (check.verdict, check.cause) == (verdict, cause)


def test_without_an_expected_account_the_wrong_account_stays_a_candidate():
    assert check_provider(NONE, arn_of(ROLE)).candidates == ("role-account-wrong",)
    assert check_provider(NONE, arn_of(ROLE), expected_account=ACCOUNT).candidates == ()


def test_a_provider_that_could_not_be_read_names_the_permission():
    assert check_provider(UNREAD, arn_of(ROLE)).missing[0].permission == "iam:ListOpenIDConnectProviders"


# the audience


@pytest.mark.parametrize(
    ("reading", "audience", "verdict"),
    [
        (provider(), "sts.amazonaws.com", Verdict.PASS),
        (provider(), "sts.amazonaws.com.cn", Verdict.FAIL),
        (provider(), "STS.amazonaws.com", Verdict.FAIL),
        (provider(), "sts.amazonaws.com/", Verdict.FAIL),
        (provider(audiences=()), "sts.amazonaws.com", Verdict.FAIL),
        (provider(audiences=("a", "sts.amazonaws.com")), "sts.amazonaws.com", Verdict.PASS),
        (provider(), None, Verdict.UNKNOWN),
        (provider(), "${{ vars.AUD }}", Verdict.UNKNOWN),
        (NONE, "sts.amazonaws.com", Verdict.UNKNOWN),
        (UNREAD, "sts.amazonaws.com", Verdict.UNKNOWN),
    ],
)
def test_the_audience(reading, audience, verdict):
    check = check_audience(reading, audience)
    assert check.verdict is verdict
    assert check.cause == ("audience-not-admitted" if verdict is Verdict.FAIL else None)


ARNS = st.builds(Arn, st.text(), st.text(), st.text(), st.text(), st.text())


@given(arn=ARNS, url=st.text(), role=st.none() | ARNS, audience=st.none() | st.text())
def test_nothing_raises_on_foreign_text(arn, url, role, audience):
    reading = Known(OidcProvider(arn, url, (url,)))
    check_role_arn(role, expected_account=url, region=url)
    check_provider(reading, role, issuer=url)
    check_audience(reading, audience)
