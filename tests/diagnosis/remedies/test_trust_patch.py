"""The smallest edit that admits one more subject: it admits that one, and nothing else."""

from __future__ import annotations

import json

import pytest
from arns import arn_of
from claims_world import AUD, ISSUER, PROVIDER, ROLE, SUB, attempt, exactly, trust, workflow
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from thoroughness import examples

from diagnosis.callers.who_gets_in import newly_admitted
from diagnosis.claims.claim_set import claims_from_subject
from diagnosis.claims.subject_claim import PossibleClaims, claims_of
from diagnosis.names.arn import Arn
from diagnosis.policy import read_document
from diagnosis.remedies.edits.trust_patch import minimal_trust_patch
from diagnosis.trust.admission import TrustOutcome, judge_trust

MAIN = "repo:acme/shop:ref:refs/heads/main"
DEV = "repo:acme/shop:ref:refs/heads/dev"
NEW = "repo:acme/shop:ref:refs/heads/migrate-dev"


def outcome(policy, subject):
    possible = PossibleClaims((claims_from_subject(subject, "sts.amazonaws.com"),))
    return judge_trust(read_document(policy), possible, arn_of(PROVIDER), arn_of(ROLE)).outcome


def patched(policy, subject=NEW, **options):
    after = minimal_trust_patch(read_document(policy), subject, provider_arn=arn_of(PROVIDER), **options)
    return after and after.text


def statements(text):
    return json.loads(text)["Statement"]


@pytest.mark.parametrize("operator", ["StringEquals", "StringLike"])
def test_the_subject_joins_the_list_under_the_same_operator(operator):
    before = exactly(MAIN, DEV, operator=operator)
    after = patched(before)
    (one,) = statements(after)
    assert one["Condition"][operator][SUB] == [MAIN, DEV, NEW]
    # Nothing else moved.
    one["Condition"][operator][SUB] = [MAIN, DEV]
    assert statements(before) == [one]


def test_a_single_value_becomes_a_list():
    (one,) = statements(patched(exactly(MAIN)))
    assert one["Condition"]["StringEquals"][SUB] == [MAIN, NEW]


def test_the_other_statements_stay_as_they_are():
    ec2 = {"Sid": "Ec2", "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ours = statements(exactly(MAIN))[0]
    after = statements(patched(trust(statements=[ec2, ours])))
    assert after[0] == ec2
    assert len(after) == 2


@pytest.mark.parametrize(
    "before",
    [
        trust({"StringEquals": {AUD: "sts.amazonaws.com", SUB: MAIN, f"{ISSUER}:actor": "octocat"}}),
        trust({"StringEquals": {SUB: MAIN}, "StringLike": {SUB: "repo:acme/*"}}),
        trust({"StringEqualsIfExists": {SUB: MAIN}}),
        trust({"ForAllValues:StringEquals": {SUB: MAIN}}),
        exactly(MAIN, aud="another"),
        exactly(MAIN).replace(PROVIDER, f"{PROVIDER}/"),
        exactly(MAIN).replace("sts:AssumeRoleWithWebIdentity", "sts:AssumeRole"),
        trust(statements=[]),
    ],
)
def test_where_no_statement_fits_one_is_added(before):
    after = patched(before)
    old = statements(before)
    *kept, new = statements(after)
    assert kept == old
    assert new == {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {AUD: "sts.amazonaws.com", SUB: NEW}},
    }
    assert outcome(after, NEW) is TrustOutcome.ALLOWED


def test_a_document_with_one_statement_object_is_taken_too():
    document = json.loads(exactly(MAIN))
    document["Statement"] = document["Statement"][0]
    assert outcome(patched(json.dumps(document)), NEW) is TrustOutcome.ALLOWED


def test_a_pattern_under_equals_is_mended_by_the_exact_subject_never_by_a_pattern():
    after = patched(exactly("repo:acme/shop:*"))
    assert outcome(after, NEW) is TrustOutcome.ALLOWED
    assert outcome(after, MAIN) is TrustOutcome.DENIED


def test_a_wildcard_in_a_name_never_becomes_a_pattern():
    odd = "repo:acme/shop:environment:prod*"
    after = patched(exactly(MAIN, operator="StringLike"), odd)
    assert outcome(after, odd) is TrustOutcome.ALLOWED
    assert outcome(after, "repo:acme/shop:environment:prod-eu") is TrustOutcome.DENIED


def test_a_name_like_a_policy_variable_means_itself():
    odd = "repo:acme/shop:ref:refs/heads/${aws:username}"
    after = patched(exactly(MAIN), odd)
    assert "${$}{aws:username}" in after
    assert outcome(after, odd) is TrustOutcome.ALLOWED


def test_the_provider_is_read_off_the_policy_where_none_is_given():
    assert minimal_trust_patch(read_document(exactly(MAIN)), NEW).text == patched(exactly(MAIN))
    assert minimal_trust_patch(read_document(trust(statements=[])), NEW) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"Statement": 3}'])
def test_an_unparsable_policy_has_no_patch(text):
    assert patched(text) is None


def test_an_admitted_subject_needs_no_patch():
    assert patched(exactly(NEW)) is None
    assert patched(exactly("repo:acme/shop:*", operator="StringLike")) is None


def test_a_deny_cannot_be_mended_by_adding():
    allow = statements(exactly(MAIN))[0]
    deny = {**allow, "Effect": "Deny", "Condition": {"StringNotEquals": {SUB: MAIN}}}
    assert patched(trust(statements=[allow, deny])) is None


def test_the_text_is_stable():
    after = patched(exactly(MAIN))
    assert after == json.dumps(json.loads(after), indent=2, ensure_ascii=False)
    assert patched(after) is None


def test_the_patched_policy_admits_the_run_itself():
    run = claims_of(attempt(head_branch="migrate-dev"), workflow=workflow())
    after = patched(exactly(MAIN, DEV), run.subjects[0])
    assert judge_trust(read_document(after), run, arn_of(PROVIDER), arn_of(ROLE)).outcome is TrustOutcome.ALLOWED
    assert newly_admitted(read_document(exactly(MAIN, DEV)), read_document(after), attempt().repository) == ()


subjects = st.builds(
    lambda owner, name, context: f"repo:{owner}/{name}:{context}",
    st.sampled_from(["acme", "acme@1"]),
    st.sampled_from(["shop", "shop@2"]),
    st.one_of(
        st.just("pull_request"),
        st.text("abc*?${}-/", min_size=1, max_size=8).map("ref:refs/heads/".__add__),
        st.text("abc*?%{}-", min_size=1, max_size=8).map("environment:".__add__),
    ),
)


@settings(max_examples=examples(60))
@given(
    listed=st.lists(subjects, min_size=1, max_size=3),
    operator=st.sampled_from(["StringEquals", "StringLike", "ForAnyValue:StringEquals"]),
    new=subjects,
    other=subjects,
)
@example(  # beside a pattern that leaves the answer open the subject gets a statement of its own
    listed=["repo:acme/shop:ref:refs/heads/${}"],
    operator="StringEquals",
    new="repo:acme/shop:pull_request",
    other="repo:acme/shop:ref:refs/heads/a",
)
def test_an_added_subject_admits_just_it(listed, operator, new, other):
    before = exactly(*listed, operator=operator)
    after = patched(before, new)
    if after is None:
        assert outcome(before, new) is TrustOutcome.ALLOWED
        return
    assert outcome(after, new) is TrustOutcome.ALLOWED
    assume(other != new)
    assert outcome(after, other) is outcome(before, other)


@given(st.text(), st.text(), st.builds(Arn, *[st.text()] * 5))
def test_nothing_raises_on_foreign_text(policy, subject, provider):
    minimal_trust_patch(read_document(policy), subject, provider_arn=provider)
    minimal_trust_patch(read_document(exactly(MAIN)), subject, provider_arn=provider)
