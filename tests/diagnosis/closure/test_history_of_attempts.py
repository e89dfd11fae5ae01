"""What was done between the attempts: observed, stated, or not on record; and the subject as it was presented."""

from __future__ import annotations

from dataclasses import replace

import pytest
from chain_builders import (
    ENGINEER,
    FIXES,
    NO_CASE,
    PROVIDER_ARN,
    ROLE_ARN,
    STATED,
    SUBJECT,
    account,
    chain,
    event,
    failed,
    minutes,
    session,
    success,
    trail,
    workflow,
)

from diagnosis.causes import Cause
from diagnosis.closure.history import history_of
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.trail import TrailEvent
from diagnosis.gates import Gate, Owner, Plane
from diagnosis.verdicts.chronology import AttemptHistory, Traced
from diagnosis.verdicts.replay import Replay
from probes.workflow_file import workflow_file


def of(
    replays: tuple[Replay, ...], *events: TrailEvent, case: Case = NO_CASE, **parts: object
) -> tuple[AttemptHistory, ...]:
    return history_of(replays, account(*events, **parts), case)


def test_a_change_at_the_failing_gate_becomes_the_remediation() -> None:
    first, second, third = of(chain(), *FIXES)
    assert [item.traced for item in (first, second, third)] == [Traced.OBSERVED, Traced.OBSERVED, Traced.NOT_NEEDED]
    assert first.statement == f"CreateOpenIDConnectProvider on {PROVIDER_ARN} by {ENGINEER} at 2026-03-02T10:05:00Z"
    assert "PutRolePolicy Push on release" in second.statement
    assert first.observed[0].evidence.address == "cloudtrail:LookupEvents"
    assert first.observed[0].evidence.origin.value == "live"


def test_what_was_observed_comes_before_what_is_stated() -> None:
    assert of(chain(), *FIXES, case=STATED)[0].traced is Traced.OBSERVED


def test_without_a_trail_the_statement_stays_a_statement() -> None:
    denied = Unreadable("CloudTrail events", "denied", "grant it", "cloudtrail:LookupEvents")
    first, second, _ = of(chain(), case=STATED, trail=denied)
    assert [first.traced, second.traced] == [Traced.STATED, Traced.STATED]
    assert first.statement == "Created the provider. (log.md:10)"
    assert not first.silence_proves


@pytest.mark.parametrize(
    "other",
    [
        event("CreateOpenIDConnectProvider", 5, PROVIDER_ARN, error_code="AccessDenied"),
        event("CreateOpenIDConnectProvider", 0.5, PROVIDER_ARN),
        event("CreateOpenIDConnectProvider", 10.5, PROVIDER_ARN),
        event("UpdateAssumeRolePolicy", 5),
        event("PutRolePolicy", 5, detail="Push"),
        session(5),
        event("PutImage", 5, "shop", detail="v1"),
    ],
    ids=["refused", "before the failure", "after the next start", "another gate", "another plane", "a use", "a push"],
)
def test_lookalikes_of_the_remediation_are_none(other: TrailEvent) -> None:
    first = of(chain(), other)[0]
    assert first.traced is Traced.NOT_ON_RECORD
    assert first.statement == ""


def test_another_ref_is_an_observed_fix_of_role_assumption_and_of_nothing_else() -> None:
    role = (failed(1, 0, Gate.ROLE_ASSUMPTION, Cause.SUBJECT_NOT_ADMITTED, branch="dev"), success(2, 10))
    provider = (failed(1, 0, Gate.OIDC_TRUST, Cause.OIDC_PROVIDER_ABSENT, branch="dev"), success(2, 10))
    assert of(role)[0].traced is Traced.OBSERVED
    assert "ran on refs/heads/main, not on refs/heads/dev" in of(role)[0].statement
    assert of(provider)[0].traced is Traced.NOT_ON_RECORD


@pytest.mark.parametrize(
    ("cause", "owner", "expected"),
    [
        (Cause.ID_TOKEN_NOT_GRANTED, Owner.RELEASE_ENGINEERING, Traced.OBSERVED),
        (Cause.OIDC_PROVIDER_ABSENT, Owner.CLOUD_SECURITY, Traced.NOT_ON_RECORD),
    ],
)
def test_a_changed_workflow_file_mends_what_is_its_owners(cause: Cause, owner: Owner, expected: Traced) -> None:
    before = failed(1, 0, Gate.OIDC_TRUST, cause, owner, workflow_file=workflow_file(Known("a"), "release.yml"))
    after = success(2, 10, workflow_file=workflow_file(Known("b"), "release.yml"), head_sha="d" * 40)
    assert of((before, after))[0].traced is expected


def test_a_cancelled_attempt_tried_nothing_and_ends_no_interval() -> None:
    cancelled = failed(2, 3, None, conclusion=Cause.CANCELLED)
    first, *_ = of((chain()[0], cancelled, success(3, 20)), FIXES[0])
    assert first.traced is Traced.OBSERVED


def test_a_passing_fault_needs_no_remediation() -> None:
    assert of((failed(1, 0, Gate.OIDC_TRUST, Cause.TRANSIENT), success(2, 10)))[0].traced is Traced.NOT_NEEDED


def test_registry_state_is_mended_by_registry_events() -> None:
    replays = (failed(1, 0, None, Cause.REPOSITORY_ABSENT), success(2, 10))
    assert of(replays, event("CreateRepository", 5, "shop"))[0].traced is Traced.OBSERVED
    assert of(replays, event("SetRepositoryPolicy", 5, "shop"))[0].traced is Traced.NOT_ON_RECORD
    assert of(replays, event("CreateRepository", 5, "shop"))[0].observed[0].plane is Plane.REGISTRY_STATE


@pytest.mark.parametrize(
    ("parts", "proves"),
    [
        ({}, True),
        ({"trail": trail(complete=False)}, False),
        ({"trail": trail(since=5)}, False),
        ({"trail": trail(until=5)}, False),
        ({"read_at": minutes(12)}, False),
    ],
    ids=["whole", "cut off", "begins too late", "ends too early", "not yet delivered"],
)
def test_silence_proves_only_where_the_trail_is_whole(parts: dict[str, object], proves: bool) -> None:
    state = replace(account(), **parts)
    assert history_of(chain(), state, Case())[0].silence_proves is proves


def subject_of(*events: TrailEvent, replay: Replay | None = None) -> AttemptHistory:
    own = replay or success(3, 20)
    return history_of((replace(own, workflow=workflow()),), account(*events), Case())[0]


def test_the_presented_subject_and_role_are_told() -> None:
    seen = subject_of(session(20.5))
    assert (seen.subject, seen.role) == (SUBJECT, ROLE_ARN)
    assert seen.subject_evidence is not None
    assert seen.subject_evidence.text == f"subject as presented: {SUBJECT}"


def test_a_refused_request_shows_the_subject_too() -> None:
    seen = subject_of(session(20.5, target="", error_code="AccessDenied"))
    assert seen.subject == SUBJECT
    assert seen.subject_evidence is not None
    assert "refused: AccessDenied" in seen.subject_evidence.text


@pytest.mark.parametrize(
    "events",
    [
        (session(30),),
        (session(20.5, "repo:octo-org/another:ref:refs/heads/main"),),
        (session(20.5, target=ROLE_ARN.replace("release", "other")),),
        (session(20.5, "repo:octo-org/octo-repo:ref:refs/heads/dev"),),
        (),
    ],
    ids=["at another time", "another repository", "another role", "another run of the repository", "none"],
)
def test_a_subject_that_need_not_be_the_runs_is_not_told(events: tuple[TrailEvent, ...]) -> None:
    assert subject_of(*events).subject is None


def test_of_two_runs_at_once_the_possible_subject_counts() -> None:
    assert subject_of(session(20.5), session(20.6, "repo:octo-org/octo-repo:ref:refs/heads/dev")).subject == SUBJECT


def test_the_presented_form_settles_what_could_not_be_computed() -> None:
    unread = Unreadable("OIDC customization", "denied", "grant it")
    immutable = "repo:octo-org@2/octo-repo@1:ref:refs/heads/main"
    replay = success(3, 20, oidc_customization=unread)
    assert subject_of(session(20.5, immutable), replay=replay).subject == immutable
