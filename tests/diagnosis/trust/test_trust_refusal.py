"""The judgement of a trust policy: each cause with its lookalike, and what must stay unknown."""

from __future__ import annotations

import json

import pytest
from arns import arn_of
from claims_world import ACCOUNT, AUD, ISSUER, PROVIDER, ROLE, SUB, attempt, exactly, job, trust, workflow
from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples

from diagnosis.claims.subject_claim import claims_of
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import OidcCustomization
from diagnosis.names.arn import Arn
from diagnosis.policy import read_document
from diagnosis.trust.admission import TrustOutcome, admitted_refs, judge_trust

MAIN = "repo:acme/shop:ref:refs/heads/main"
DEV = "repo:acme/shop:ref:refs/heads/dev"
IMMUTABLE_MAIN = "repo:acme@123/shop@456:ref:refs/heads/main"
FILE = workflow()
UNREAD = Unreadable("customization", "403", "give the token actions: read")
IMMUTABLE = Known(OidcCustomization(use_immutable_subject=True))


def claims(options=None, **fields):
    return claims_of(attempt(**fields), **{"workflow": FILE, **(options or {})})


def judged(policy, options=None, *, provider=PROVIDER, **fields):
    return judge_trust(
        read_document(policy), claims(options, **fields), arn_of(provider), arn_of(ROLE), session_name="GitHubActions"
    )


def with_principal(principal, subject=MAIN):
    document = json.loads(exactly(subject))
    document["Statement"][0]["Principal"] = principal
    return json.dumps(document)


@pytest.mark.parametrize(
    ("policy", "run"),
    [
        (exactly(MAIN), {}),
        (exactly(DEV, MAIN), {}),
        (exactly("repo:acme/shop:*", operator="StringLike"), {}),
        (exactly("repo:acme/shop:environment:prod"), {"environment": "prod"}),
        (exactly("repo:acme/shop:environment:a%3Ab"), {"environment": "a:b"}),
        (exactly("repo:acme/shop:pull_request"), {"event": "pull_request"}),
        (exactly(IMMUTABLE_MAIN), {"oidc_customization": IMMUTABLE}),
        (trust({"StringEquals": {f"{ISSUER}:repository_id": "456", AUD: "sts.amazonaws.com"}}), {}),
        (trust({"StringEquals": {SUB: MAIN}, "Bool": {"aws:SecureTransport": "true"}}), {}),
        (trust({"StringEquals": {SUB: MAIN}, "StringLike": {"sts:RoleSessionName": "GitHub*"}}), {}),
    ],
)
def test_admitted(policy, run):
    judgement = judged(policy, **run)
    assert judgement.outcome is TrustOutcome.ALLOWED, judgement.reason
    assert judgement.cause is None


@pytest.mark.parametrize("last", ["admitted", "left out"])
def test_what_admits_some_of_many_possible_environments_decides_nothing(last):
    jobs = [job(id=f"j{number}", environment=f"e{number}") for number in range(60)]
    wanted = [f"repo:acme/shop:environment:e{number}" for number in range(60)]
    listed = wanted[:40] if last == "left out" else wanted[40:]
    assert judged(exactly(*listed), {"workflow": workflow(*jobs)}).outcome is TrustOutcome.UNKNOWN


@pytest.mark.parametrize(
    ("cause", "policy", "run"),
    [
        # the subject is simply another
        ("subject-not-admitted", exactly(MAIN, DEV), {"head_branch": "migrate-dev"}),
        ("subject-not-admitted", exactly(MAIN), {"event": "release", "head_branch": "v1.0.0"}),
        ("subject-not-admitted", exactly("repo:acme/other:ref:refs/heads/main"), {}),
        ("subject-not-admitted", exactly("repo:acme/shop:environment:prod"), {"environment": "staging"}),
        ("subject-not-admitted", exactly(MAIN, "repo:acme/shop:environment:prod"), {"head_branch": "dev"}),
        ("subject-typo", exactly(f"{MAIN} "), {}),
        ("subject-typo", exactly("repo:acme/shop:ref:main"), {}),
        ("subject-not-admitted", exactly("repo:acme@9/shop@9:ref:refs/heads/main"), {"oidc_customization": IMMUTABLE}),
        ("claim-pin", trust({"StringEquals": {SUB: MAIN, f"{ISSUER}:workflow": "Other"}}), {}),
        ("condition-key-not-carried", trust({"StringEquals": {SUB: MAIN, f"{ISSUER}:repository_owner": "acme"}}), {}),
        # another shape of the same run
        ("subject-shape", exactly(MAIN), {"environment": "prod"}),
        ("subject-shape", exactly(MAIN), {"event": "pull_request", "head_branch": "fix"}),
        ("subject-shape", exactly("repo:acme/shop:environment:prod"), {}),
        ("subject-shape", exactly("repo:acme/shop:environment:*", operator="StringLike"), {}),
        ("subject-shape", exactly("repo:acme/shop:pull_request"), {}),
        ("subject-shape", exactly("repo:acme/shop:ref:refs/heads/*", operator="StringLike"), {"environment": "prod"}),
        (
            "subject-shape",
            exactly(MAIN),
            {"oidc_customization": Known(OidcCustomization(False, ("repo",), use_immutable_subject=False))},
        ),
        # with and without ids
        ("subject-immutable-form", exactly(MAIN), {"oidc_customization": IMMUTABLE}),
        ("subject-immutable-form", exactly(IMMUTABLE_MAIN), {}),
        (
            "subject-immutable-form",
            exactly("repo:acme-123/shop-456:ref:refs/heads/main"),
            {"oidc_customization": IMMUTABLE},
        ),
        (
            "subject-immutable-form",
            exactly("repo:acme/*", operator="StringLike"),
            {"oidc_customization": IMMUTABLE},
        ),
        ("subject-immutable-form", exactly(IMMUTABLE_MAIN), {"repository": {"id": None}}),
        # the operator
        ("condition-operator", exactly("repo:acme/shop:*"), {}),
        ("condition-operator", exactly("repo:acme/shop:ref:refs/heads/mai?"), {}),
        ("subject-typo", exactly("repo:Acme/Shop:ref:refs/heads/main"), {}),
        ("subject-typo", exactly("repo:ACME/shop:*", operator="StringLike"), {}),
        ("condition-operator", exactly("repo:acme/shop:*", operator="ArnLike"), {}),
        ("condition-operator", exactly("repo:acme/shop:*", operator="ForAnyValue:StringEquals"), {}),
        # the principal
        ("principal-wrong", with_principal({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}), {}),
        ("principal-wrong", with_principal({"AWS": PROVIDER}), {}),
        ("principal-wrong", with_principal({"Federated": PROVIDER.replace(ACCOUNT, "444455556666")}), {}),
        ("principal-wrong", with_principal({"Federated": PROVIDER.replace("arn:aws:", "arn:aws-cn:")}), {}),
        ("principal-wrong", with_principal({"Federated": PROVIDER.replace("/token", "/https://token")}), {}),
        ("principal-wrong", with_principal({"Federated": f"{PROVIDER}/"}), {}),
        ("principal-wrong", with_principal({"Federated": ISSUER}), {}),
        # the audience
        ("audience-not-admitted", exactly(MAIN, aud="sts.amazonaws.com.cn"), {}),
        ("audience-not-admitted", exactly(MAIN, aud="sts.amazonaws.com/"), {}),
        ("audience-not-admitted", exactly(MAIN, aud="https://github.com/acme"), {}),
    ],
)
def test_the_cause_of_a_refusal(cause, policy, run):
    judgement = judged(policy, **run)
    assert judgement.outcome is TrustOutcome.DENIED
    assert (judgement.cause, judgement.causes) == (cause, (cause,)), judgement.reason
    assert judgement.reason.endswith(".")


def test_two_faults_at_once_are_both_named_in_the_order_in_which_they_are_met():
    document = json.loads(exactly(DEV))
    document["Statement"][0]["Principal"] = {"Federated": f"{PROVIDER}/"}
    judgement = judged(json.dumps(document))
    assert judgement.causes == ("principal-wrong", "subject-not-admitted")
    assert judgement.cause == "principal-wrong"


def test_a_pattern_under_equals_in_the_wrong_form_is_both():
    judgement = judged(exactly("repo:acme/shop:*"), oidc_customization=IMMUTABLE)
    assert judgement.causes == ("condition-operator", "subject-immutable-form")


def test_a_statement_for_somebody_else_is_no_wrong_principal():
    ec2 = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ours = json.loads(exactly(DEV))["Statement"][0]
    assert judged(trust(statements=[ec2, ours])).cause == "subject-not-admitted"


def test_the_action_is_told_apart():
    document = json.loads(exactly(MAIN))
    document["Statement"][0]["Action"] = "sts:AssumeRoleWithSAML"
    assert judged(json.dumps(document)).cause == "trust-action"


def test_a_key_that_github_never_carries():
    judgement = judged(trust({"StringEquals": {SUB: MAIN}, "Bool": {"aws:MultiFactorAuthPresent": "true"}}))
    assert (judgement.outcome, judgement.cause) == (TrustOutcome.DENIED, "condition-key-not-carried")


def test_an_explicit_deny_is_named_with_its_sid():
    allow = json.loads(exactly(MAIN))["Statement"][0]
    deny = {
        "Sid": "NotToday",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sts:*",
        "Condition": {"StringEquals": {f"{ISSUER}:actor": "octocat"}},
    }
    judgement = judged(trust(statements=[allow, deny]))
    assert judgement.cause == "trust-explicit-deny"
    assert "NotToday" in judgement.reason
    assert judgement.decisions[0].statement == "NotToday"


def test_a_policy_without_any_allow_admits_nobody():
    deny = {"Effect": "Deny", "Principal": {"Federated": "arn:x"}, "Action": "sts:*"}
    assert judged(trust(statements=[deny])).cause == "subject-not-admitted"


def test_the_nearest_listed_subject_is_shown_with_the_difference():
    judgement = judged(exactly(MAIN, DEV), head_branch="migrate-dev")
    assert judgement.nearest.met == "repo:acme/shop:ref:refs/heads/migrate-dev"
    assert judgement.nearest.wanted == DEV
    assert "migrate-dev" in judgement.nearest.difference
    assert DEV in judgement.reason


# what stays unknown


def test_possible_subjects_that_disagree_leave_it_unknown():
    judgement = judged(exactly(MAIN), oidc_customization=UNREAD)
    assert judgement.outcome is TrustOutcome.UNKNOWN
    assert [decision.outcome for decision in judgement.decisions] == [TrustOutcome.ALLOWED, TrustOutcome.DENIED]
    assert judgement.cause is None
    assert judgement.candidates == ("subject-immutable-form",)
    assert judgement.missing
    assert IMMUTABLE_MAIN in judgement.reason


def test_possible_subjects_that_agree_are_a_verdict():
    both = judged(exactly(MAIN, IMMUTABLE_MAIN), oidc_customization=UNREAD)
    assert both.outcome is TrustOutcome.ALLOWED
    assert both.notes
    neither = judged(exactly(DEV), oidc_customization=UNREAD)
    assert neither.outcome is TrustOutcome.DENIED


def test_a_custom_subject_that_is_listed_keeps_a_refusal_open_while_the_template_is_not_read():
    policy = exactly("job_workflow_ref:acme/ci/.github/workflows/p.yml@refs/heads/main")
    assert judged(policy, oidc_customization=UNREAD).outcome is TrustOutcome.UNKNOWN
    assert judged(policy).outcome is TrustOutcome.DENIED


@pytest.mark.parametrize(
    "key", [f"{ISSUER}:actor_id", f"{ISSUER}:enterprise_id", "aws:SourceIp", "aws:CurrentTime", "aws:ResourceTag/team"]
)
def test_a_condition_on_what_no_record_tells_makes_it_unknown(key):
    judgement = judged(trust({"StringEquals": {SUB: MAIN}, "StringLike": {key: "1"}}))
    assert judgement.outcome is TrustOutcome.UNKNOWN
    assert key in judgement.reason
    # With another subject the answer does not depend on it.
    assert judged(trust({"StringEquals": {SUB: DEV}, "StringLike": {key: "1"}})).outcome is TrustOutcome.DENIED


@pytest.mark.parametrize(
    ("actor", "how"),
    [
        ("octocat", "gh api users/octocat --jq .id"),
        ("dependabot[bot]", "gh api users/dependabot%5Bbot%5D --jq .id"),
        ("x; rm -rf .", "print the token's claims in a run"),
        ("", "print the token's claims in a run"),
    ],
)
def test_a_pin_on_an_account_id_that_was_not_read_says_how_to_learn_it(actor, how):
    pinned = trust({"StringEquals": {SUB: MAIN, f"{ISSUER}:actor_id": "77"}})
    judgement = judged(pinned, actor=actor)
    assert judgement.outcome is TrustOutcome.UNKNOWN
    assert how in judgement.missing[-1].how
    assert judged(pinned, actor=actor, actor_id=77).outcome is TrustOutcome.ALLOWED
    assert judged(pinned, actor=actor, actor_id=78).outcome is TrustOutcome.DENIED


@pytest.mark.parametrize("claim", ["actor", "actor_id"])
def test_whom_the_token_of_a_run_names_that_another_one_ran_again_is_unknown(claim):
    pinned = trust({"StringEquals": {SUB: MAIN, f"{ISSUER}:{claim}": ["octocat", "77"]}})
    assert judged(pinned, actor="octocat", actor_id=77).outcome is TrustOutcome.ALLOWED
    again = judged(pinned, actor="octocat", actor_id=77, first_actor="hubot")
    assert again.outcome is TrustOutcome.UNKNOWN
    assert claim in again.reason


def test_a_deny_on_what_no_record_tells_makes_it_unknown():
    allow = json.loads(exactly(MAIN))["Statement"][0]
    deny = {**allow, "Effect": "Deny", "Condition": {"StringNotEquals": {f"{ISSUER}:actor_id": "1"}}}
    assert judged(trust(statements=[allow, deny])).outcome is TrustOutcome.UNKNOWN


def test_an_unknown_subject_is_unknown_unless_the_policy_does_not_ask_for_it():
    open_ = claims({"workflow": None})
    assert (
        judge_trust(read_document(exactly(MAIN)), open_, arn_of(PROVIDER), arn_of(ROLE)).outcome is TrustOutcome.UNKNOWN
    )
    by_id = trust({"StringEquals": {f"{ISSUER}:repository_id": "456"}})
    assert judge_trust(read_document(by_id), open_, arn_of(PROVIDER), arn_of(ROLE)).outcome is TrustOutcome.ALLOWED


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"Statement": 3}', '{"a": 1, "a": 2}', "[" * 100_000])
def test_a_document_without_meaning_is_unknown(text):
    judgement = judged(text)
    assert judgement.outcome is TrustOutcome.UNKNOWN
    assert "unparsable" in judgement.reason
    assert judgement.missing


def test_an_absent_claim_under_for_all_values_admits():
    policy = trust({"StringEquals": {SUB: MAIN}, "ForAllValues:StringEquals": {f"{ISSUER}:environment": "prod"}})
    assert judged(policy).outcome is TrustOutcome.ALLOWED


# admitted refs


def test_the_refs_that_are_admitted_already():
    policy = exactly(MAIN, DEV, "repo:acme/other:ref:refs/heads/other", "repo:acme/shop:environment:prod")
    judgement = judged(policy, head_branch="migrate-dev")
    assert judgement.admitted_refs == ("refs/heads/main", "refs/heads/dev")
    assert admitted_refs(read_document(policy), attempt().repository) == ("refs/heads/main", "refs/heads/dev")


def test_a_listed_ref_that_another_condition_refuses_is_no_admitted_ref():
    policy = trust({"StringEquals": {SUB: [MAIN, DEV], f"{ISSUER}:actor": "somebody"}})
    assert judged(policy, head_branch="x").admitted_refs == ()
    assert admitted_refs(read_document(policy), attempt().repository) == ()


def test_admitted_refs_follow_the_form_of_the_run():
    policy = exactly(MAIN, "repo:acme@123/shop@456:ref:refs/heads/dev")
    assert judged(policy, head_branch="x").admitted_refs == ("refs/heads/main",)
    assert judged(policy, head_branch="x", oidc_customization=IMMUTABLE).admitted_refs == ("refs/heads/dev",)


def test_refs_by_the_ref_claim_are_found_too():
    policy = trust({"StringLike": {SUB: "repo:acme/shop:*"}, "StringEquals": {f"{ISSUER}:ref": "refs/heads/main"}})
    judgement = judged(policy, head_branch="x")
    assert (judgement.outcome, judgement.admitted_refs) == (TrustOutcome.DENIED, ("refs/heads/main",))


@pytest.mark.parametrize(
    ("policy", "run", "words"),
    [
        (exactly(MAIN), {"environment": "prod"}, "environment prod"),
        (exactly(MAIN), {"event": "pull_request"}, "pull_request event"),
        (exactly("repo:acme/shop:environment:prod"), {}, "the job has neither"),
        (
            trust({"StringEquals": {SUB: MAIN, f"{ISSUER}:workflow": "Other"}}),
            {},
            "workflow Other, on purpose; the run has Release",
        ),
        (exactly(MAIN, aud="urn:x"), {}, "wants token.actions.githubusercontent.com:aud StringEquals urn:x"),
        (exactly(MAIN).replace(PROVIDER, f"{PROVIDER}/"), {}, "exact ARN"),
    ],
)
def test_the_reason_says_what_to_look_at(policy, run, words):
    assert words in judged(policy, **run).reason


def test_the_reason_speaks_of_the_statement_that_was_meant():
    other = json.loads(exactly("repo:acme/other:ref:refs/heads/main"))["Statement"][0]
    meant = {**json.loads(exactly(MAIN, aud="urn:x"))["Statement"][0], "Sid": "Meant"}
    judgement = judged(trust(statements=[{**meant, "Effect": "Deny", "Sid": "Never"}, other, meant]))
    assert judgement.cause == "audience-not-admitted"
    assert "Meant wants" in judgement.reason


_VALUES = [MAIN, DEV, "repo:acme/shop:*", "repo:acme/*", "*", "repo:acme@*/shop@*:*", "repo:Acme/shop:pull_request"]
_CONDITIONS = st.dictionaries(
    st.sampled_from(["StringEquals", "StringLike", "StringNotLike", "ForAllValues:StringLike", "StringLikeIfExists"]),
    st.dictionaries(
        st.sampled_from([SUB, AUD, f"{ISSUER}:actor", f"{ISSUER}:actor_id", f"{ISSUER}:environment", "aws:SourceIp"]),
        st.sampled_from([*_VALUES, "sts.amazonaws.com", "octocat", ["prod", MAIN]]),
        min_size=1,
        max_size=2,
    ),
    max_size=2,
)
_STATEMENTS = st.builds(
    lambda effect, principal, action, condition: {
        "Effect": effect,
        "Principal": principal,
        "Action": action,
        **({"Condition": condition} if condition else {}),
    },
    st.sampled_from(["Allow", "Allow", "Deny"]),
    st.sampled_from([{"Federated": PROVIDER}, {"Federated": f"{PROVIDER}/"}, {"AWS": "*"}, "*"]),
    st.sampled_from(["sts:AssumeRoleWithWebIdentity", "sts:*", "sts:AssumeRole", ["sts:TagSession"]]),
    _CONDITIONS,
)
_ORDER = {TrustOutcome.DENIED: 0, TrustOutcome.UNKNOWN: 1, TrustOutcome.ALLOWED: 2}


@settings(max_examples=examples(60))
@given(st.lists(_STATEMENTS, max_size=3), _STATEMENTS, st.sampled_from([Known(OidcCustomization()), UNREAD, IMMUTABLE]))
def test_a_further_deny_never_opens_and_a_further_allow_never_closes(listed, more, customization):
    before = judged(trust(statements=listed), oidc_customization=customization).outcome
    after = judged(trust(statements=[*listed, more]), oidc_customization=customization).outcome
    if more["Effect"] == "Deny":
        assert _ORDER[after] <= _ORDER[before]
    else:
        assert _ORDER[after] >= _ORDER[before]


@settings(max_examples=examples(60))
@given(st.lists(_STATEMENTS, max_size=3), st.sampled_from([Known(OidcCustomization()), UNREAD, IMMUTABLE]))
def test_a_refusal_always_has_a_cause_and_an_admission_none(listed, customization):
    judgement = judged(trust(statements=listed), oidc_customization=customization)
    if judgement.outcome is TrustOutcome.DENIED:
        assert judgement.cause or judgement.candidates
    else:
        assert judgement.cause is None
    assert judgement.reason
    for ref in judgement.admitted_refs:
        again = judged(trust(statements=listed), {"ref_override": ref}, oidc_customization=customization)
        assert TrustOutcome.ALLOWED in {decision.outcome for decision in again.decisions}


@given(st.text(), *[st.builds(Arn, *[st.text()] * 5)] * 2)
def test_nothing_raises_on_foreign_text(policy, provider, role):
    judge_trust(read_document(policy), claims(), provider, role)
    judge_trust(read_document(exactly(MAIN)), claims(), provider, role)


@given(st.recursive(st.none() | st.text(max_size=5) | st.integers(), lambda x: st.lists(x, max_size=3), max_leaves=6))
def test_nothing_raises_on_a_mangled_statement(junk):
    for element in ("Effect", "Principal", "Action", "Condition", "Version"):
        document = json.loads(exactly(MAIN))
        target = document if element == "Version" else document["Statement"][0]
        target[element] = junk
        assert judged(json.dumps(document)).reason
