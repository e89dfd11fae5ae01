"""Who gets in: the probes, and the verdict over them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from arns import arn_of
from claims_world import AUD, ISSUER, PROVIDER, REPOSITORY, SUB, exactly, trust
from hypothesis import given
from hypothesis import strategies as st

from diagnosis.callers.admission_verdict import Admission
from diagnosis.callers.comparison import compare_trust
from diagnosis.callers.who_gets_in import who_gets_in
from diagnosis.causes import Cause
from diagnosis.claims.claim_set import claims_from_subject
from diagnosis.facts.case import StatedException
from diagnosis.facts.runs import Repository
from diagnosis.gates import Verdict
from diagnosis.policy import Unparsable, read_document
from diagnosis.trust.admission import TrustOutcome

MAIN = "repo:acme/shop:ref:refs/heads/main"
UNNUMBERED = Repository("acme/shop", default_branch="main")


def like(*subjects):
    return exactly(*subjects, operator="StringLike")


def inside(policy, repository=REPOSITORY):
    admission = who_gets_in(read_document(policy), repository)
    assert isinstance(admission, Admission)
    told = {item.probe for item in admission.probes if item.outcome is TrustOutcome.ALLOWED}
    return {probe for probe in told if not probe.startswith("listed-") and not probe.endswith("-by-pattern")}


OWN = {"default-branch", "classic-form"}
ANY_OF_REPOSITORY = OWN | {"another-branch", "tag", "pull-request", "fork-pull-request", "another-environment"}
FOREIGN = {"another-owner", "owner-name-begins-alike"}
SIBLINGS = {"another-repository", "repository-name-begins-alike"}
IMMUTABLE = {"immutable-form", "name-taken-over"}


@pytest.mark.parametrize(
    ("policy", "who"),
    [
        (exactly(MAIN), OWN),
        (exactly(MAIN, "repo:acme/shop:ref:refs/heads/dev"), OWN),
        (exactly("repo:acme@123/shop@456:ref:refs/heads/main"), {"default-branch", "immutable-form"}),
        (like("repo:acme/shop:*"), ANY_OF_REPOSITORY),
        (like("repo:acme/shop*"), ANY_OF_REPOSITORY | {"repository-name-begins-alike"}),
        (like("repo:acme/*"), ANY_OF_REPOSITORY | SIBLINGS),
        (like("repo:acme*"), ANY_OF_REPOSITORY | SIBLINGS | IMMUTABLE | {"owner-name-begins-alike"}),
        (like("*"), ANY_OF_REPOSITORY | SIBLINGS | FOREIGN | IMMUTABLE),
        (like("repo:acme/shop:ref:refs/heads/*"), OWN | {"another-branch"}),
        (like("repo:acme/shop:ref:refs/tags/*"), {"tag", "classic-form"}),
        (like("repo:acme/shop:ref:*"), OWN | {"another-branch", "tag"}),
        (like("repo:acme/shop:ref:refs/heads/release/*"), {"classic-form"}),
        (exactly("repo:acme/shop:pull_request"), {"pull-request", "fork-pull-request", "classic-form"}),
        (exactly("repo:acme/shop:environment:prod"), {"classic-form"}),
        (like("repo:acme/shop:environment:*"), {"another-environment", "classic-form"}),
        (like("repo:acme@*/shop@*:ref:refs/heads/main"), {"default-branch"} | IMMUTABLE),
        (like("repo:acme@123/*"), (ANY_OF_REPOSITORY | SIBLINGS | {"immutable-form"}) - {"classic-form"}),
        (trust({"StringEquals": {AUD: "sts.amazonaws.com"}}), ANY_OF_REPOSITORY | SIBLINGS | FOREIGN | IMMUTABLE),
        (trust(), ANY_OF_REPOSITORY | SIBLINGS | FOREIGN | IMMUTABLE),
        (trust({"StringEquals": {f"{ISSUER}:repository_id": "456"}}), ANY_OF_REPOSITORY | {"immutable-form"}),
        (
            trust({"StringEquals": {f"{ISSUER}:repository_owner_id": "123"}}),
            ANY_OF_REPOSITORY | SIBLINGS | {"immutable-form"},
        ),
        (
            trust({"StringEquals": {f"{ISSUER}:ref": "refs/heads/release/1"}}),
            SIBLINGS | FOREIGN | IMMUTABLE | {"classic-form"},
        ),
        (
            trust({"StringEquals": {f"{ISSUER}:workflow": "Release"}}),
            ANY_OF_REPOSITORY | SIBLINGS | FOREIGN | IMMUTABLE,
        ),
        (
            trust({"ForAllValues:StringEquals": {f"{ISSUER}:environment": "prod"}}),
            (ANY_OF_REPOSITORY | SIBLINGS | FOREIGN | IMMUTABLE) - {"another-environment"},
        ),
    ],
)
def test_who_gets_in(policy, who):
    assert inside(policy) == who


@pytest.mark.parametrize(
    ("policy", "verdict"),
    [
        (exactly(MAIN), Verdict.PASS),
        (exactly("repo:acme/shop:environment:prod"), Verdict.PASS),
        (like("repo:acme/shop:ref:refs/tags/v*"), Verdict.PASS),
        (like("repo:acme/shop:*"), Verdict.FAIL),
        (exactly("repo:acme/shop:*"), Verdict.PASS),
        (
            trust({"StringLike": {SUB: "repo:acme/shop:*"}, "StringEquals": {f"{ISSUER}:actor_id": "1"}}),
            Verdict.FAIL,
        ),
        (
            trust({"StringLike": {SUB: "repo:acme/shop:*"}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
            Verdict.UNKNOWN,
        ),
        (trust({"StringLike": {f"{ISSUER}:job_workflow_ref": "acme/ci/*"}}), Verdict.UNKNOWN),
        (
            trust(statements=[{"Effect": "Allow", "NotPrincipal": {"AWS": "111122223333"}, "Action": "sts:*"}]),
            Verdict.FAIL,
        ),
        # A ref listed by name opens no more than itself, whatever the environment; a pull request runs on refs/pull.
        (
            trust({"StringEquals": {f"{ISSUER}:repository_id": "456", f"{ISSUER}:ref": "refs/heads/main"}}),
            Verdict.PASS,
        ),
        (
            trust({"StringEquals": {f"{ISSUER}:repository_id": "456"}, "StringLike": {f"{ISSUER}:ref": "refs/tags/*"}}),
            Verdict.FAIL,
        ),
    ],
)
def test_the_verdict(policy, verdict):
    admission = who_gets_in(read_document(policy), REPOSITORY)
    assert admission.verdict is verdict, admission.reason
    assert admission.cause == ("trust-too-open" if verdict is Verdict.FAIL else None)
    assert admission.reason.endswith(".")


def test_a_deny_keeps_them_out():
    allow = json.loads(like("*"))["Statement"][0]
    deny = {
        "Effect": "Deny",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringNotEquals": {SUB: MAIN}},
    }
    assert inside(trust(statements=[allow, deny])) == OWN


def test_a_fork_is_said_to_have_no_token_of_its_own():
    admission = who_gets_in(read_document(like("repo:acme/shop:*")), REPOSITORY)
    fork = next(item for item in admission.probes if item.probe == "fork-pull-request")
    assert "no token" in fork.reason
    assert fork in admission.too_open


def test_a_workflow_that_others_may_call_is_shown():
    policy = trust({"StringEquals": {f"{ISSUER}:job_workflow_ref": "acme/ci/.github/workflows/p.yml@refs/heads/main"}})
    admission = who_gets_in(read_document(policy), REPOSITORY)
    caller = next(item for item in admission.probes if item.probe == "caller-of-the-workflow")
    assert caller.outcome is TrustOutcome.ALLOWED


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (trust({"StringEquals": {AUD: "sts.amazonaws.com"}}), "neither sub nor job_workflow_ref"),
        (trust({"ForAllValues:StringLike": {SUB: "repo:acme/*"}}), "ForAllValues"),
        (exactly("repo:acme/shop:*"), "acme/shop itself does not get in: A condition compares letter by letter"),
    ],
)
def test_the_notes(policy, words):
    assert any(words in note for note in who_gets_in(read_document(policy), REPOSITORY).notes)


def test_made_up_ids_are_said():
    assert any("not known" in note for note in who_gets_in(read_document(exactly(MAIN)), UNNUMBERED).notes)
    assert who_gets_in(read_document(exactly(MAIN)), REPOSITORY).notes == ()


def test_ids_are_taken_from_the_policys_own_subjects():
    policy = exactly("repo:acme@77/shop@88:ref:refs/heads/main")
    admission = who_gets_in(read_document(policy), UNNUMBERED)
    own = next(item for item in admission.probes if item.probe == "immutable-form")
    assert (own.outcome, own.subject) == (TrustOutcome.ALLOWED, "repo:acme@77/shop@88:ref:refs/heads/main")
    assert admission.notes == ()


def test_another_audience_does_not_hide_an_open_policy():
    assert (
        who_gets_in(read_document(exactly("*", operator="StringLike", aud="urn:other")), REPOSITORY).verdict
        is Verdict.FAIL
    )


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"sub": "repo:acme/shop:ref:main"}, "ref: stands in the place of ref:refs/heads/"),
        ({"sub": MAIN, "ref": "main"}, "a ref is written in full"),
        (
            {"sub": MAIN, "job_workflow_ref": ".github/workflows/release.yml@refs/heads/main"},
            "No token that GitHub mints for it meets",
        ),
        (
            {"sub": MAIN, "job_workflow_ref": "acme/shop/.github/workflows/r.yml"},
            "whatever the run has, that is not it",
        ),
    ],
)
def test_why_the_repository_itself_is_refused_names_the_slip(claims, words):
    statement = json.loads(exactly(MAIN))["Statement"][0]
    statement["Condition"]["StringEquals"] |= {f"{ISSUER}:{claim}": value for claim, value in claims.items()}
    admission = who_gets_in(read_document(trust(statements=[statement])), REPOSITORY)
    (note,) = (text for text in admission.notes if "itself does not get in" in text)
    assert words in note


def test_a_policy_for_somebody_else_admits_no_workflow():
    ec2 = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    admission = who_gets_in(read_document(trust(statements=[ec2])), REPOSITORY)
    assert (admission.verdict, admission.probes) == (Verdict.PASS, ())


def test_an_enterprise_server_has_no_immutable_probes():
    server = "github.acme.example/_services/token"
    policy = exactly(MAIN).replace(ISSUER, server)
    admission = who_gets_in(read_document(policy), REPOSITORY)
    assert {item.probe for item in admission.probes if item.outcome is TrustOutcome.ALLOWED} == OWN
    assert not any("immutable" in item.probe for item in admission.probes)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"Statement": 3}'])
def test_an_unparsable_policy_is_said(text):
    assert isinstance(who_gets_in(read_document(text), REPOSITORY), Unparsable)


def test_what_a_change_lets_in():
    same = compare_trust(read_document(exactly(MAIN)), read_document(like(MAIN)), REPOSITORY)
    assert same.equivalent
    wider = compare_trust(read_document(exactly(MAIN)), read_document(like("repo:acme/shop:ref:*")), REPOSITORY)
    assert [item.slug for item in wider.newly_admitted] == [
        "another-branch",
        "tag",
        "branch-by-pattern",
        "tag-by-pattern",
    ]
    assert wider.takes_nothing_away
    broken = compare_trust(read_document(exactly(MAIN)), read_document("{"), REPOSITORY)
    assert not broken.admits_nothing_new
    assert not broken.takes_nothing_away
    assert "unparsable" in broken.undecided[0]


def test_what_is_meant_is_not_new_and_a_pin_that_is_lost_is():
    pinned = {"StringEquals": {SUB: MAIN, f"{ISSUER}:actor": "octocat"}}
    run = claims_from_subject("repo:acme/shop:ref:refs/heads/dev", None)
    run = replace(run, claims=tuple(sorted({**dict(run.claims), "actor": "octocat"}.items())), unknown=())
    before = read_document(trust(pinned))
    kept = read_document(trust({"StringEquals": {SUB: [MAIN, run.subject], f"{ISSUER}:actor": "octocat"}}))
    assert compare_trust(before, kept, REPOSITORY, meant=(run,)).admits_nothing_new
    lost = json.loads(before.text)
    lost["Statement"].append(json.loads(exactly(run.subject))["Statement"][0])
    found = compare_trust(before, read_document(json.dumps(lost)), REPOSITORY, meant=(run,))
    assert [item.witness for item in found.newly_admitted] == [run.subject]
    assert dict(found.newly_admitted[0].claims)["actor"] != "octocat"


@pytest.mark.parametrize(
    ("principal", "kind", "harmful"),
    [
        ("*", "anybody", True),
        ({"AWS": "*"}, "anybody", True),
        ({"AWS": "arn:aws:iam::210987654321:root"}, "account", True),
        ({"AWS": "210987654321"}, "account", True),
        ({"AWS": "arn:aws:iam::111122223333:root"}, "account", False),
        ({"AWS": "arn:aws:iam::210987654321:role/ops"}, "identity", False),
        ({"Service": "lambda.amazonaws.com"}, "service", False),
    ],
)
def test_a_second_door_beside_an_exact_statement(principal, kind, harmful):
    door = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    admission = with_door(door)
    assert [(item.kind.value, item.harmful) for item in admission.doors] == [(kind, harmful)]
    assert admission.verdict is (Verdict.FAIL if harmful else Verdict.PASS)
    assert admission.cause is (Cause.SECOND_DOOR if harmful else None)
    assert harmful or admission.doors[0].text in admission.notes


@pytest.mark.parametrize(
    ("issuer", "condition", "harmful"),
    [
        ("gitlab.com", {}, True),
        ("gitlab.com", {"StringEquals": {"gitlab.com:aud": "https://gitlab.com"}}, True),
        ("gitlab.com", {"StringLike": {"gitlab.com:sub": "project_path:*:ref_type:branch:ref:main"}}, True),
        ("gitlab.com", {"StringLike": {"gitlab.com:sub": "project_path:acme/*:ref_type:branch:ref:main"}}, False),
        ("oidc.vercel.com", {}, True),
        ("oidc.vercel.com", {"StringEquals": {"oidc.vercel.com:aud": "https://vercel.com/acme"}}, False),
        ("oidc.vercel.com", {"StringLike": {"oidc.vercel.com:aud": "https://vercel.com/*"}}, True),
        (
            "oidc.example.net/id/AB",
            {"StringLike": {"oidc.example.net/id/AB:sub": "system:serviceaccount:*"}},
            True,
        ),
        (
            "oidc.example.net/id/AB",
            {"StringEquals": {"oidc.example.net/id/AB:sub": "system:serviceaccount:ci:runner"}},
            False,
        ),
    ],
)
def test_another_provider_is_a_second_door_unless_its_subject_is_bounded(issuer, condition, harmful):
    door = {
        "Effect": "Allow",
        "Principal": {"Federated": str(arn_of(PROVIDER).beside("oidc-provider", issuer))},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }
    admission = with_door(door)
    assert [item.harmful for item in admission.doors] == [harmful]
    assert admission.verdict is (Verdict.FAIL if harmful else Verdict.PASS)


@pytest.mark.parametrize(
    ("conditions", "verdict"),
    [
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}, Verdict.PASS),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/ci-*"}}, Verdict.PASS),
        ({"StringEquals": {"sts:ExternalId": "secret"}}, Verdict.UNKNOWN),
        ({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, Verdict.UNKNOWN),
        ({"Bool": {"aws:SecureTransport": "true"}}, Verdict.FAIL),
    ],
)
def test_conditions_may_bound_a_star(conditions, verdict):
    door = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole", "Condition": conditions}
    assert with_door(door).verdict is verdict


def test_an_exception_counts_until_it_expires():
    door = {"Effect": "Allow", "Principal": {"AWS": "210987654321"}, "Action": "sts:AssumeRole"}
    stated = StatedException("arn:aws:iam::210987654321:root", "break-glass, ticket 4711", date(2027, 3, 31))
    assert with_door(door, exceptions=(stated,), today=date(2027, 3, 31)).verdict is Verdict.PASS
    assert with_door(door, exceptions=(stated,), today=date(2027, 4, 1)).verdict is Verdict.FAIL
    assert with_door(door, exceptions=(stated,)).verdict is Verdict.FAIL
    world = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}
    assert (
        with_door(world, exceptions=(replace(stated, principal="*"),), today=date(2027, 1, 1)).verdict is Verdict.FAIL
    )


def test_a_requested_audience_is_what_the_caller_requests():
    policy = read_document(trust({"StringEquals": {AUD: "https://github.com/acme"}}))
    free = who_gets_in(policy, REPOSITORY)
    assert free.verdict is Verdict.FAIL
    assert any("itself does not get in" in note for note in free.notes)
    asked = who_gets_in(policy, REPOSITORY, audience="sts.amazonaws.com")
    assert asked.verdict is Verdict.PASS
    assert not [item for item in asked.probes if item.outcome is not TrustOutcome.DENIED]


def with_door(door, **options):
    own = json.loads(exactly(MAIN))["Statement"][0]
    admission = who_gets_in(read_document(trust(statements=[own, door])), REPOSITORY, **options)
    assert isinstance(admission, Admission)
    return admission


patterns = st.text("acme/shop:*?@123refsd-", max_size=20).map("repo:".__add__) | st.sampled_from(
    [MAIN, "*", "repo:acme/*"]
)


@given(st.lists(patterns, min_size=1, max_size=3), patterns)
def test_a_further_pattern_never_keeps_anybody_out(listed, more):
    assert inside(like(*listed)) <= inside(like(*listed, more))


@given(st.text(), st.text(), st.text())
def test_nothing_raises_on_foreign_text(text, name, subject):
    who_gets_in(read_document(text), Repository(name))
    who_gets_in(read_document(like(subject)), Repository(name))
    who_gets_in(
        read_document(trust(statements=[{"Effect": "Allow", "Principal": "*", "Action": subject}])), Repository(name)
    )


def test_other_repositories_that_are_listed_by_name_are_told():
    admission = who_gets_in(read_document(exactly(MAIN, "repo:acme/tools:ref:refs/heads/main")), REPOSITORY)
    assert admission.verdict is Verdict.PASS
    assert admission.notes == ("It also lists subjects of acme/tools.",)


NAMED_FOR_GITHUB = [
    f"arn:aws:iam::123456789012:oidc-provider/https://{ISSUER}",
    f"https://{ISSUER}",
    ISSUER,
    f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}/",
]


@pytest.mark.parametrize("name", NAMED_FOR_GITHUB)
def test_a_name_that_is_no_providers_arn_admits_nobody(name):
    document = json.loads(exactly(MAIN))
    document["Statement"][0]["Principal"] = {"Federated": name}
    admission = who_gets_in(read_document(json.dumps(document)), REPOSITORY)
    assert admission.verdict is Verdict.PASS
    assert not admission.probes or {item.outcome for item in admission.probes} == {TrustOutcome.DENIED}
    assert any("no token is admitted by it" in note for note in admission.notes)
    assert not any("bounded by its conditions" in note for note in admission.notes)


@pytest.mark.parametrize("other", [PROVIDER.replace(ISSUER, "gitlab.com"), "cognito-identity.amazonaws.com"])
def test_a_provider_whose_tokens_never_carry_what_is_asked_is_no_door(other):
    document = json.loads(exactly(MAIN))
    document["Statement"][0]["Principal"] = {"Federated": [PROVIDER, other]}
    admission = who_gets_in(read_document(json.dumps(document)), REPOSITORY)
    assert admission.verdict is Verdict.PASS
    assert [door.outcome for door in admission.doors] == [TrustOutcome.DENIED]
    assert "nobody gets in by it" in admission.doors[0].text


def test_a_statement_that_is_not_for_tokens_is_not_told_to_bound_a_subject():
    document = json.loads(exactly(MAIN))
    everybody_else = {"Effect": "Allow", "NotPrincipal": {"AWS": "arn:aws:iam::123456789012:user/bob"}}
    document["Statement"].append({**everybody_else, "Action": "sts:AssumeRole"})
    admission = who_gets_in(read_document(json.dumps(document)), REPOSITORY)
    assert admission.verdict is Verdict.FAIL
    assert not any("bounds neither sub" in note for note in admission.notes)
