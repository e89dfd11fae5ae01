"""Each rule of closure with what passes it, what fails it, and what leaves it unknown; and the state of the chain."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from chain_builders import (
    DIGEST,
    ENGINEER,
    FIXES,
    SESSION,
    STATED,
    SUBJECT,
    account,
    chain,
    closed,
    event,
    failed,
    live,
    minutes,
    rule,
    session,
    success,
    trail,
    workflow,
)

from diagnosis.causes import Cause
from diagnosis.closure.history import history_of
from diagnosis.closure.judge import judge_closure
from diagnosis.facts.account import AccountState, EvidenceObject, Image, RegistryDetails
from diagnosis.facts.case import Case, StatedChange
from diagnosis.facts.closure_facts import ClosureFacts
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.facts.workflow import WorkflowStep
from diagnosis.gates import GATES, Gate, Verdict
from diagnosis.verdicts.closure import ClosureStatus
from diagnosis.verdicts.gate_verdict import GateVerdict
from diagnosis.verdicts.replay import Replay

DENIED = Unreadable("CloudTrail events", "denied", "grant it", "cloudtrail:LookupEvents")
WHOLE_CASE = replace(
    STATED,
    decision_log="log.md",
    decision_log_entry="2026-03-02 10:30",
    evidence_root="s3://bucket/evidence/",
    evidence_artifacts=("a.json",),
)


def sessions() -> tuple[object, ...]:
    return tuple(session(at) for at in (0.5, 10.5, 20.5))


def whole_account(**parts: object) -> AccountState:
    events = (*FIXES, *sessions(), event("PutImage", 21, "shop", SESSION, detail="v1"))
    text = json.dumps({"run_id": "3"})
    objects = Known((EvidenceObject("evidence/a.json", len(text), None, Known("5" * 64), Known(text)),))
    return account(*events, **{"evidence_objects": objects, **parts})  # type: ignore[arg-type] # events of our own


def verdict(slug: str, *arguments: object, **more: object) -> Verdict:
    return rule(closed(*arguments, **more), slug).verdict  # type: ignore[arg-type] # handed on


def test_a_chain_in_which_everything_is_proved_is_closed() -> None:
    closure = closed(chain(), whole_account(), WHOLE_CASE)
    assert [item.rule for item in closure.rules if item.verdict is not Verdict.PASS] == []
    assert closure.status is ClosureStatus.CLOSED
    assert closure.sentence == "Every rule of closure is proved."
    assert closure.integrity == ()


@pytest.mark.parametrize("part", ["trail", "image", "evidence_objects"])
def test_any_unread_part_leaves_it_unproven(part: str) -> None:
    closure = closed(chain(), whole_account(**{part: DENIED}), WHOLE_CASE)
    assert closure.status is ClosureStatus.UNPROVEN


def test_without_an_account_it_is_unproven() -> None:
    assert closed(chain(), None, WHOLE_CASE).status is ClosureStatus.UNPROVEN


def test_a_chain_without_success_is_open() -> None:
    closure = closed(chain()[:2], account(*FIXES, image=Absent("image")))
    assert closure.status is ClosureStatus.OPEN
    assert rule(closure, "chain-complete").verdict is Verdict.FAIL


def test_it_succeeded_once_is_not_closed() -> None:
    closure = closed((success(3, 20),), whole_account(), WHOLE_CASE)
    assert closure.status is ClosureStatus.UNPROVEN
    assert "It succeeded once" in rule(closure, "chain-complete").reason


def test_both_planes_must_have_failed() -> None:
    assert verdict("both-planes", chain(), account()) is Verdict.PASS
    assert verdict("both-planes", chain()[1:], account()) is Verdict.UNKNOWN
    assert verdict("both-planes", chain()[:2], account()) is Verdict.FAIL


def test_a_failure_at_its_own_boundary() -> None:
    first, second, third = chain()
    went_on = replace(first, gates=(*first.gates[:2], GateVerdict(GATES[2], Verdict.PASS, "went on"), first.gates[3]))
    assert verdict("own-boundary", (first, second, third), account()) is Verdict.PASS
    assert verdict("own-boundary", (went_on, second, third), account()) is Verdict.FAIL
    vague = failed(1, 0, None)
    assert verdict("own-boundary", (vague, third), account()) is Verdict.UNKNOWN
    assert verdict("own-boundary", (failed(1, 0, None, Cause.REPOSITORY_ABSENT), third), account()) is Verdict.PASS


def test_one_workflow() -> None:
    first, second, third = chain()
    other = replace(first, attempt=replace(first.attempt, workflow_path=".github/workflows/other.yml"))
    assert verdict("same-workflow", (first, second, third), account()) is Verdict.PASS
    assert verdict("same-workflow", (other, second, third), account()) is Verdict.FAIL


def test_one_subject() -> None:
    on_dev = failed(1, 0, Gate.OIDC_TRUST, Cause.OIDC_PROVIDER_ABSENT, branch="dev")
    assert verdict("same-subject", chain(), account()) is Verdict.PASS
    assert verdict("same-subject", (on_dev, *chain()[1:]), account()) is Verdict.FAIL
    assert verdict("same-subject", chain()[:2], account()) is Verdict.UNKNOWN


def test_the_presented_subjects_are_surer_than_the_ref() -> None:
    every = closed(chain(), account(*FIXES, *sessions()))  # type: ignore[arg-type] # events of our own
    assert f"Every attempt presented {SUBJECT}" in rule(every, "same-subject").reason
    replays = tuple(
        replace(item, attempt=replace(item.attempt, environment="prod" if place == 2 else None))
        for place, item in enumerate(chain())
    )
    in_environment = "repo:octo-org/octo-repo:environment:prod"
    state = account(session(0.5), session(10.5), session(20.5, in_environment))
    told = rule(closed(replays, state), "same-subject")
    assert told.verdict is Verdict.FAIL
    assert in_environment in told.reason


def test_remediations_traced() -> None:
    assert verdict("remediation-traced", chain(), account(*FIXES)) is Verdict.PASS
    stated = rule(closed(chain(), account(trail=DENIED), STATED), "remediation-traced")
    assert stated.verdict is Verdict.UNKNOWN
    assert "CloudTrail was not read" in stated.reason
    assert [item.kind.value for item in stated.evidence] == ["stated", "stated"]
    half = rule(closed(chain(), account(FIXES[0]), STATED), "remediation-traced")
    assert half.verdict is Verdict.UNKNOWN
    assert "run 2" in half.reason
    nothing = rule(closed(chain(), account()), "remediation-traced")
    assert nothing.verdict is Verdict.UNKNOWN
    assert "No remediation is on record for run 1" in nothing.reason


def test_the_fix_touches_only_the_failing_plane() -> None:
    assert verdict("fix-in-plane", chain(), account(*FIXES)) is Verdict.PASS
    too_much = rule(closed(chain(), account(*FIXES, event("PutRolePolicy", 6, detail="Early"))), "fix-in-plane")
    assert too_much.verdict is Verdict.FAIL
    assert "Run 1 had failed at the authentication plane" in too_much.reason
    assert "authorization" in too_much.reason
    assert verdict("fix-in-plane", chain(), account(trail=DENIED)) is Verdict.UNKNOWN
    assert verdict("fix-in-plane", chain(), account(trail=trail(*FIXES, complete=False))) is Verdict.UNKNOWN
    assert verdict("fix-in-plane", chain()[2:], account()) is Verdict.UNKNOWN


def test_the_positive_path_is_the_closing_runs_own() -> None:
    assert verdict("positive-path", chain(), account()) is Verdict.PASS
    last = chain()[2]
    gates = (replace(last.gates[0], verdict=Verdict.UNKNOWN), *last.gates[1:])
    assert verdict("positive-path", (*chain()[:2], replace(last, gates=gates)), account()) is Verdict.UNKNOWN
    assert verdict("positive-path", chain()[:2], account()) is Verdict.UNKNOWN


def test_static_keys_are_a_breach() -> None:
    keyed = workflow(WorkflowStep("Deploy", None, "aws s3 ls", env=(("AWS_SECRET_ACCESS_KEY", "${{ secrets.KEY }}"),)))
    closure = closed(chain(), whole_account(), WHOLE_CASE, keyed)
    assert rule(closure, "no-static-credentials").verdict is Verdict.FAIL
    assert closure.status is ClosureStatus.NON_COMPLIANT
    # A name alone, without a value, is no key; and a workflow that was not read tells nothing.
    empty = workflow(WorkflowStep("Deploy", None, "aws s3 ls", env=(("AWS_SECRET_ACCESS_KEY", ""),)))
    assert verdict("no-static-credentials", chain(), account(), Case(), empty) is Verdict.PASS
    history = history_of(chain(), None, Case())
    unread = judge_closure(chain(), chain()[-1], None, Case(), history)
    assert rule(unread, "no-static-credentials").verdict is Verdict.UNKNOWN
    assert rule(unread, "no-override").verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Known(Image(DIGEST, ("v1",), minutes(21))), Verdict.PASS),
        (Known(Image("sha256:" + "b" * 64, ("v1",), minutes(21))), Verdict.FAIL),
        (Absent("image"), Verdict.UNKNOWN),
        (DENIED, Verdict.UNKNOWN),
    ],
)
def test_one_tag_and_digest(image: object, expected: Verdict) -> None:
    assert verdict("tag-and-digest", chain(), account(image=image)) is expected


def test_an_expired_image_is_told_from_a_deleted_one() -> None:
    expiring = account(image=Absent("image"), registry_details=Known(RegistryDetails(1, lifecycle_policy=True)))
    assert "expired by the repository's lifecycle policy" in rule(closed(chain(), expiring), "tag-and-digest").reason


def test_a_push_in_no_run_is_a_side_channel() -> None:
    outside = account(image=Known(Image(DIGEST, ("v1",), minutes(40))))
    closure = closed(chain(), outside, facts=ClosureFacts(neighbours=Known(())))
    assert rule(closure, "no-side-channel").verdict is Verdict.FAIL
    assert closure.status is ClosureStatus.NON_COMPLIANT


@pytest.mark.parametrize(
    ("events", "expected", "told"),
    [
        ((event("PutImage", 21, "shop", SESSION, detail="v1"),), Verdict.PASS, SESSION),
        ((event("PutImage", 21, "shop", ENGINEER, detail="v1"),), Verdict.FAIL, ENGINEER),
        ((event("PutImage", 15, "shop", ENGINEER, detail="v1"),), Verdict.FAIL, ENGINEER),
        ((event("PutImage", 15, "shop", ENGINEER, detail="v2"),), Verdict.UNKNOWN, "who pushed is not proved"),
        (
            (event("PutImage", 15, "shop", ENGINEER, detail="v1", error_code="AccessDenied"),),
            Verdict.UNKNOWN,
            "not proved",
        ),
        ((event("PutImage", 21, "shop", SESSION.replace("release", "other"), detail="v1"),), Verdict.FAIL, "other"),
    ],
    ids=["the role", "somebody else", "somebody else before", "another tag", "a refused push", "another role"],
)
def test_who_pushed_counts(events: tuple[object, ...], expected: Verdict, told: str) -> None:
    found = rule(closed(chain(), account(*events)), "no-side-channel")  # type: ignore[arg-type] # events of our own
    assert found.verdict is expected
    assert told in found.reason


def test_evidence_objects() -> None:
    case = replace(Case(), evidence_root="s3://b/p/", evidence_artifacts=("a.json", "b.json"))
    some = account(evidence_objects=Known((EvidenceObject("p/a.json"),)))
    both = account(evidence_objects=Known((EvidenceObject("p/a.json"), EvidenceObject("p/b.json"))))
    assert verdict("evidence-present", chain(), both, case) is Verdict.PASS
    assert "b.json" in rule(closed(chain(), some, case), "evidence-present").reason
    assert verdict("evidence-present", chain(), some, case) is Verdict.FAIL
    assert verdict("evidence-present", chain(), account(), case) is Verdict.FAIL
    assert verdict("evidence-present", chain(), account(evidence_objects=DENIED), case) is Verdict.UNKNOWN
    assert verdict("evidence-present", chain(), account(), Case()) is Verdict.UNKNOWN


def test_a_decision_log_entry() -> None:
    entry = Case(decision_log="log.md", decision_log_entry="2026-03-02 10:30")
    assert verdict("decision-log", chain(), account(), entry) is Verdict.PASS
    assert verdict("decision-log-clock", chain(), account(), entry) is Verdict.PASS
    unread = ClosureFacts(decision_log=DENIED)
    assert verdict("decision-log", chain(), account(), entry, facts=unread) is Verdict.UNKNOWN
    assert verdict("decision-log", chain(), account(), Case(decision_log="log.md")) is Verdict.UNKNOWN
    assert verdict("decision-log", chain(), account()) is Verdict.UNKNOWN


def test_an_unbounded_scope_today_is_a_breach() -> None:
    state = account(*FIXES)
    history = history_of(chain(), state, Case())
    subject = replace(chain()[-1], workflow=workflow())
    closure = judge_closure(chain(), subject, live(state, Gate.LEAST_PRIVILEGE), Case(), history)
    assert rule(closure, "scope-bounded").verdict is Verdict.FAIL
    assert closure.status is ClosureStatus.NON_COMPLIANT


ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.mark.parametrize(
    ("events", "case", "expected"),
    [
        (FIXES, Case(), Verdict.PASS),
        ((event("AttachRolePolicy", 12, detail=ADMIN),), Case(), Verdict.FAIL),
        (
            (event("AttachRolePolicy", 12, detail=ADMIN), event("DetachRolePolicy", 25, detail=ADMIN)),
            Case(),
            Verdict.FAIL,
        ),
        ((event("AttachRolePolicy", 12, detail=ADMIN, error_code="AccessDenied"),), Case(), Verdict.PASS),
        ((event("AttachRolePolicy", 12, detail="arn:aws:iam::123456789012:policy/push"),), Case(), Verdict.PASS),
        (
            (event("AttachRolePolicy", 12, detail=ADMIN),),
            Case(changes=(StatedChange(2, "AdministratorAccess until noon, ticket 7", "log.md"),)),
            Verdict.UNKNOWN,
        ),
        ((event("DeleteRolePermissionsBoundary", 12),), Case(), Verdict.FAIL),
        (
            (event("PutRolePolicy", 12, detail="Push"), event("PutRolePolicy", 15, detail="Push")),
            Case(),
            Verdict.UNKNOWN,
        ),
    ],
    ids=["bounded", "broad", "broad for a while", "refused", "of the account's own", "stated", "no boundary", "twice"],
)
def test_no_undocumented_widening(events: tuple[object, ...], case: Case, expected: Verdict) -> None:
    assert verdict("no-undocumented-widening", chain(), account(*events), case) is expected  # type: ignore[arg-type] # ours


def test_widening_needs_a_whole_trail() -> None:
    assert verdict("no-undocumented-widening", chain(), account(trail=DENIED)) is Verdict.UNKNOWN
    assert verdict("no-undocumented-widening", chain(), account(trail=trail(complete=False))) is Verdict.UNKNOWN


def test_the_same_evidence_gives_the_same_closure() -> None:
    assert closed(chain(), whole_account(), WHOLE_CASE) == closed(chain(), whole_account(), WHOLE_CASE)


def test_a_chain_without_attempts_is_open_and_raises_nothing() -> None:
    nothing: tuple[Replay, ...] = ()
    assert closed(nothing, account()).status is ClosureStatus.OPEN
