"""CloudTrail's subject settles today's claims of a run; control policies before a role; tags of the principal."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from arns import arn_of
from judged_worlds import (
    FILE,
    GRANTS,
    ISSUER,
    NOW,
    PROVIDER_ARN,
    REPOSITORY_ARN,
    ROLE_ARN,
    RUN,
    SUBJECT,
    TRUST,
    account,
    diagnosis,
    policy,
)

from diagnosis.facts.account import NamedPolicy, Role, ScpLevel
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import Attempt
from diagnosis.facts.trail import Trail, TrailEvent
from diagnosis.gates import Gate, Verdict
from diagnosis.policy import read_document
from diagnosis.verdicts.assessment import Assessment
from diagnosis.verdicts.gate_verdict import GateVerdict

UNREAD = Unreadable("OIDC customization", "denied", "grant it", "actions: read")
YOUNG = replace(RUN, oidc_customization=UNREAD)
"""Whether its subject carries ids is not known."""
IMMUTABLE = "repo:octo-org@2/octo-repo@1:ref:refs/heads/main"


def seen(subject: str, **more: object) -> Known[Trail]:
    event = TrailEvent("AssumeRoleWithWebIdentity", "sts", NOW, subject, ROLE_ARN, "e-1", subject=subject)
    event = replace(event, **more)  # type: ignore[arg-type] # fields by name
    return Known(Trail(NOW - timedelta(hours=1), NOW + timedelta(hours=1), (event,)))


def judged(run: Attempt = RUN, **parts: object) -> Assessment:
    live = diagnosis(account(**parts), run).live
    assert live is not None
    return live


def role_assumption(live: Assessment) -> GateVerdict:
    return live.at(Gate.ROLE_ASSUMPTION)


def test_without_the_event_the_form_is_not_certain() -> None:
    live = judged(YOUNG)
    assert role_assumption(live).verdict is Verdict.UNKNOWN
    assert len(live.subjects) == 2


@pytest.mark.parametrize(("subject", "verdict"), [(SUBJECT, Verdict.PASS), (IMMUTABLE, Verdict.FAIL)])
def test_the_event_settles_it(subject: str, verdict: Verdict) -> None:
    live = judged(YOUNG, trail=seen(subject))
    assert live.subjects == (subject,)
    assert role_assumption(live).verdict is verdict


def test_the_event_is_evidence_of_a_pass() -> None:
    evidence = role_assumption(judged(trail=seen(SUBJECT))).evidence
    assert f"subject as presented: {SUBJECT}" in [item.text for item in evidence]


def test_an_event_of_another_run_settles_nothing() -> None:
    other = "repo:octo-org/octo-repo:ref:refs/heads/dev"
    assert judged(trail=seen(other)).subjects == (SUBJECT,)
    assert (
        role_assumption(judged(YOUNG, trail=seen(SUBJECT, at=NOW + timedelta(minutes=30)))).verdict is Verdict.UNKNOWN
    )


def test_the_observed_form_counts_for_a_dispatch_on_another_ref_too() -> None:
    trusted = policy(
        {
            "Effect": "Allow",
            "Principal": {"Federated": PROVIDER_ARN},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": IMMUTABLE.replace("main", "rc")}
            },
        }
    )
    state = account(role=Known(Role(arn_of(ROLE_ARN), "release", trusted, 3600)), trail=seen(IMMUTABLE))
    path = diagnosis(state, YOUNG).paths[0]
    assert path.remediations[0].id == "dispatch-on-rc"
    assert path.opens_all


def levels(*denials: dict[str, object]) -> Known[tuple[ScpLevel, ...]]:
    everything = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    full = NamedPolicy("RCPFullAWSAccess", policy(everything))
    return Known((ScpLevel("r-root", (full,)), ScpLevel("ou-1", (full, NamedPolicy("Perimeter", policy(*denials))))))


def deny(action: object, **condition: object) -> dict[str, object]:
    made: dict[str, object] = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*"}
    return {**made, "Condition": condition} if condition else made


TOKEN = "sts:AssumeRoleWithWebIdentity"


@pytest.mark.parametrize(
    ("statement", "verdict"),
    [
        (deny(TOKEN), Verdict.FAIL),
        (deny("sts:*"), Verdict.FAIL),
        (deny("s3:*"), Verdict.PASS),
        (deny(TOKEN, StringNotLike={f"{ISSUER}:sub": "repo:octo-org/*"}), Verdict.PASS),
        (deny(TOKEN, StringNotLike={f"{ISSUER}:sub": "repo:another-org/*"}), Verdict.FAIL),
        (deny(TOKEN, StringNotEquals={"aws:SourceIp": "10.0.0.0/8"}), Verdict.UNKNOWN),
        (deny(TOKEN, Bool={"aws:SecureTransport": "false"}), Verdict.PASS),
    ],
    ids=["denies", "denies all of STS", "about S3", "our organization", "another", "an address", "plain http"],
)
def test_resource_control_policies_before_the_role(statement: dict[str, object], verdict: Verdict) -> None:
    live = judged(rcps=levels(statement))
    assert role_assumption(live).verdict is verdict
    if verdict is Verdict.FAIL:
        assert role_assumption(live).cause == "resource-control-policy"
        assert "Perimeter at ou-1" in role_assumption(live).reason


def test_unread_control_policies_are_never_taken_for_none() -> None:
    live = judged(rcps=Unreadable("resource control policies", "denied", "grant it"))
    assert role_assumption(live).verdict is Verdict.UNKNOWN
    assert live.at(Gate.REGISTRY_AUTHORIZATION).verdict is Verdict.UNKNOWN


def test_a_control_policy_of_the_registry_is_named_with_its_actions() -> None:
    live = judged(rcps=levels(deny("ecr:PutImage")))
    verdict = live.at(Gate.REGISTRY_AUTHORIZATION)
    assert (verdict.verdict, verdict.cause, verdict.actions) == (
        Verdict.FAIL,
        "resource-control-policy",
        ("ecr:PutImage",),
    )


def test_whether_one_binds_an_action_without_resource_is_left_open() -> None:
    live = judged(rcps=levels(deny("ecr:GetAuthorizationToken")))
    verdict = live.at(Gate.REGISTRY_AUTHORIZATION)
    assert verdict.verdict is Verdict.UNKNOWN
    assert "which has no resource" in verdict.missing[0].what


TAGGED = policy(
    {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
    {
        "Effect": "Allow",
        "Action": "ecr:*",
        "Resource": REPOSITORY_ARN,
        "Condition": {"StringEquals": {"aws:PrincipalTag/team": "shop"}},
    },
)


@pytest.mark.parametrize(
    ("tags", "verdict"),
    [((("team", "shop"),), Verdict.PASS), ((("team", "other"),), Verdict.FAIL), ((), Verdict.FAIL)],
)
def test_the_roles_tags_are_the_principals(tags: tuple[tuple[str, str], ...], verdict: Verdict) -> None:
    role = Role(arn_of(ROLE_ARN), "release", TRUST, 3600, tags=tags)
    live = judged(role=Known(role), inline_policies=Known((NamedPolicy("tagged", TAGGED),)))
    assert live.at(Gate.REGISTRY_AUTHORIZATION).verdict is verdict


@pytest.mark.parametrize(
    ("pattern", "verdict"), [("run-*", Verdict.PASS), ("other-*", Verdict.FAIL), ("run-1*", Verdict.UNKNOWN)]
)
def test_a_session_name_that_the_workflow_computes_is_known_as_far_as_it_is_written(
    pattern: str, verdict: Verdict
) -> None:
    step = FILE.jobs[0].steps[0]
    named = replace(step, inputs=(*step.inputs, ("role-session-name", "run-${{ steps.x.outputs.id }}")))
    job = replace(FILE.jobs[0], steps=(named, *FILE.jobs[0].steps[1:]))
    wants = read_document(
        TRUST.text.replace(
            '"StringEquals": {', f'"StringLike": {{"sts:RoleSessionName": "{pattern}"}}, "StringEquals": {{'
        )
    )
    state = account(role=Known(Role(arn_of(ROLE_ARN), "release", wants, 3600)))
    live = diagnosis(state, file=replace(FILE, jobs=(job,))).live
    assert live is not None
    assert role_assumption(live).verdict is verdict
    plain = diagnosis(state).live
    assert plain is not None
    assert role_assumption(plain).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("handed", "verdict"),
    [
        (("inline-session-policy", GRANTS.text), Verdict.PASS),
        (("inline-session-policy", policy({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}).text), Verdict.FAIL),
        (("inline-session-policy", "${{ vars.POLICY }}"), Verdict.UNKNOWN),
        (("inline-session-policy", "{"), Verdict.UNKNOWN),
        (("managed-session-policies", "arn:aws:iam::aws:policy/ReadOnlyAccess"), Verdict.UNKNOWN),
    ],
    ids=["the need", "another service", "an expression", "no policy", "managed"],
)
def test_a_session_policy_of_the_workflow_counts(handed: tuple[str, str], verdict: Verdict) -> None:
    step = replace(FILE.jobs[0].steps[0], inputs=(*FILE.jobs[0].steps[0].inputs, handed))
    job = replace(FILE.jobs[0], steps=(step, *FILE.jobs[0].steps[1:]))
    live = diagnosis(account(), file=replace(FILE, jobs=(job,))).live
    assert live is not None
    assert live.at(Gate.REGISTRY_AUTHORIZATION).verdict is verdict


@pytest.mark.parametrize(
    ("operator", "verdict"), [("StringNotEqualsIfExists", Verdict.FAIL), ("StringEquals", Verdict.PASS)]
)
def test_a_web_identity_has_no_organization_when_it_asks_for_the_role(operator: str, verdict: Verdict) -> None:
    """A control policy that keeps strangers out by the caller's organization keeps every web identity out."""
    denial = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Resource": "*",
        "Condition": {operator: {"aws:PrincipalOrgID": "o-1"}},
    }
    assert role_assumption(judged(rcps=levels(denial))).verdict is verdict
