"""The smallest edit that admits one more subject: it admits that one, and nothing else."""

from __future__ import annotations

import json

import pytest
from arns import arn_of
from claims_world import AUD, ISSUER, PROVIDER, ROLE, SUB, attempt, exactly, trust, workflow
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from thoroughness import examples

from diagnosis.callers.comparison import compare_trust
from diagnosis.claims.subject_claim import PossibleClaims, claims_of
from diagnosis.names.arn import Arn
from diagnosis.policy import read_document
from diagnosis.remedies.edits.trust_patch import PatchAim, PatchKind, opening_patches
from diagnosis.trust.admission import TrustOutcome, judge_trust
from diagnosis.trust.question import caller_of

MAIN = "repo:acme/shop:ref:refs/heads/main"
DEV = "repo:acme/shop:ref:refs/heads/dev"
NEW = "repo:acme/shop:ref:refs/heads/migrate-dev"


def claims(subject):
    return claims_of(attempt(), workflow=workflow()).sets[0].presenting(subject)


def outcome(policy, subject):
    possible = PossibleClaims((claims(subject),))
    return judge_trust(read_document(policy), possible, arn_of(PROVIDER), arn_of(ROLE)).outcome


def patches(policy, subject=NEW, provider=PROVIDER):
    aim = PatchAim((claims(subject),), caller_of(arn_of(provider), arn_of(ROLE)), attempt().repository)
    document = read_document(policy)
    return () if aim.admitted_by(document) else opening_patches(document, document, aim)


def patched(policy, subject=NEW):
    found = patches(policy, subject)
    return found[0].document.text if found else None


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
        exactly("repo:acme/other:ref:refs/heads/main"),
        exactly("repo:other/*", operator="StringLike"),
        trust(statements=[]),
    ],
)
def test_where_every_statement_is_anothers_one_is_added(before):
    after = patched(before)
    *kept, new = statements(after)
    assert kept == statements(before)
    assert new == {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {AUD: "sts.amazonaws.com", SUB: NEW}},
    }
    assert outcome(after, NEW) is TrustOutcome.ALLOWED


ACTOR, REF = f"{ISSUER}:actor", f"{ISSUER}:ref"


@pytest.mark.parametrize(
    ("before", "kind", "condition"),
    [
        # One value joins beside a pin that holds the run's own.
        (
            {"StringEquals": {AUD: "sts.amazonaws.com", SUB: MAIN, ACTOR: "octocat"}},
            PatchKind.JOINED,
            {"StringEquals": {AUD: "sts.amazonaws.com", SUB: [MAIN, NEW], ACTOR: "octocat"}},
        ),
        # The pin joins, and its one subject stays.
        (
            {"StringEquals": {SUB: NEW, ACTOR: "hubot"}},
            PatchKind.JOINED,
            {"StringEquals": {SUB: NEW, ACTOR: ["hubot", "octocat"]}},
        ),
        # Two values, or one beside a list of others, would admit every pair.
        (
            {"StringEquals": {AUD: "sts.amazonaws.com", SUB: MAIN, ACTOR: "hubot"}},
            PatchKind.COPIED,
            {"StringEquals": {AUD: "sts.amazonaws.com", SUB: NEW, ACTOR: "octocat"}},
        ),
        (
            {"StringEquals": {SUB: [MAIN, NEW], ACTOR: "hubot"}},
            PatchKind.COPIED,
            {"StringEquals": {SUB: NEW, ACTOR: "octocat", AUD: "sts.amazonaws.com"}},
        ),
        (
            {"StringEquals": {SUB: MAIN, ACTOR: ["hubot", "octocat"]}},
            PatchKind.COPIED,
            {"StringEquals": {SUB: NEW, ACTOR: "octocat", AUD: "sts.amazonaws.com"}},
        ),
        (
            {"StringEquals": {SUB: MAIN, AUD: "another"}},
            PatchKind.COPIED,
            {"StringEquals": {SUB: NEW, AUD: "sts.amazonaws.com"}},
        ),
        # What nobody can meet goes, and nothing else changes.
        (
            {"StringEquals": {SUB: NEW, f"{ISSUER}:iss": "https://x"}},
            PatchKind.CORRECTED,
            {"StringEquals": {SUB: NEW}},
        ),
        (
            {"StringEquals": {SUB: [MAIN, NEW]}, "Bool": {"aws:MultiFactorAuthPresent": "true"}},
            PatchKind.CORRECTED,
            {"StringEquals": {SUB: [MAIN, NEW]}},
        ),
        # As written it would let others in: the subject is written out.
        (
            {"StringLike": {SUB: "repo:acme/*"}, "StringEquals": {f"{ISSUER}:repository_owner": "acme"}},
            PatchKind.BOUND,
            {"StringEquals": {SUB: NEW, AUD: "sts.amazonaws.com"}},
        ),
        (
            {"StringLike": {SUB: [MAIN, "acme/shop:ref:refs/heads/*"]}},
            PatchKind.BOUND,
            {"StringLike": {SUB: [MAIN, NEW]}},
        ),
        # AWS counts IfExists as no bound and would not save it; every token holds a subject.
        ({"StringEqualsIfExists": {SUB: MAIN}}, PatchKind.JOINED, {"StringEquals": {SUB: [MAIN, NEW]}}),
        (
            {"StringEquals": {SUB: MAIN}, "StringLike": {SUB: "repo:acme/*"}},
            PatchKind.JOINED,
            {"StringEquals": {SUB: [MAIN, NEW]}, "StringLike": {SUB: "repo:acme/*"}},
        ),
    ],
)
def test_the_statement_that_is_meant_is_corrected_or_copied_with_every_condition(before, kind, condition):
    others = statements(exactly("repo:acme/other:ref:refs/heads/main"))
    text = trust(statements=[*others, *statements(trust(before)), *others])
    first = patches(text)[0]
    after = statements(first.document.text)
    assert first.kind is kind
    changed = after.pop() if kind is PatchKind.COPIED else after.pop(1)
    assert changed["Condition"] == condition
    assert after == [item for item in statements(text) if item in after]
    assert first.takes_nothing_away
    assert outcome(first.document.text, NEW) is TrustOutcome.ALLOWED


def test_a_wrong_provider_and_a_wrong_action_are_corrected_where_they_stand():
    for right, wrong in ((PROVIDER, f"{PROVIDER}/"), ("sts:AssumeRoleWithWebIdentity", "sts:AssumeRole")):
        first = patches(exactly(NEW).replace(right, wrong))[0]
        (one,) = statements(first.document.text)
        assert first.kind is PatchKind.CORRECTED
        assert one["Principal"] == {"Federated": PROVIDER}
        assert right in json.dumps(one)


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": "arn:aws:iam::111122223333:root"},
        {"AWS": PROVIDER},
        {"Federated": PROVIDER.replace("111122223333", "444455556666")},
    ],
)
def test_a_principal_that_no_token_comes_by_lets_nobody_in_and_is_corrected_where_it_stands(principal):
    document = json.loads(exactly(NEW))
    document["Statement"][0]["Principal"] = principal
    first = patches(json.dumps(document))[0]
    (one,) = statements(first.document.text)
    assert one["Principal"] == {"Federated": PROVIDER}
    assert first.takes_nothing_away
    # Beside another action the same principal may be in use.
    document["Statement"][0]["Action"] = ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"]
    if principal.get("AWS", "").endswith(":root"):
        kept, _ = statements(patches(json.dumps(document))[0].document.text)
        assert kept == document["Statement"][0]


@pytest.mark.parametrize(
    "condition", [{"Bool": {"aws:SecureTransport": "false"}}, {"StringEquals": {f"{ISSUER}:environment": "prod"}}]
)
def test_a_condition_that_the_run_cannot_meet_is_never_left_out(condition):
    assert patches(trust({"StringLike": {SUB: MAIN}, **condition})) == ()


def test_a_document_with_one_statement_object_is_taken_too():
    document = json.loads(exactly(MAIN))
    document["Statement"] = document["Statement"][0]
    assert outcome(patched(json.dumps(document)), NEW) is TrustOutcome.ALLOWED


def test_the_pattern_that_was_meant_is_offered_second_and_says_whom_it_lets_in():
    dead = {"StringLike": {SUB: "repo:acme/shop:*"}, "StringEquals": {f"{ISSUER}:iss": "https://x"}}
    bound, written = patches(trust(dead))
    assert (bound.kind, written.kind) == (PatchKind.BOUND, PatchKind.CORRECTED)
    assert bound.opens_for_the_run_alone
    assert written.comparison.newly_admitted


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
    compared = compare_trust(
        read_document(exactly(MAIN, DEV)), read_document(after), attempt().repository, meant=run.sets
    )
    assert compared.admits_nothing_new
    assert compared.takes_nothing_away


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


@settings(max_examples=examples(100))
@given(st.text(), st.text(min_size=1), st.builds(Arn, *[st.text()] * 5))
def test_nothing_raises_on_foreign_text(policy, subject, provider):
    aim = PatchAim((claims(subject),), caller_of(provider), attempt().repository)
    for text in (policy, exactly(MAIN)):
        opening_patches(read_document(text), read_document(text), aim)
