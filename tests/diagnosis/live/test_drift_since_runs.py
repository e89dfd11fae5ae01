"""Where today's account is no longer what a run met: pointed at, never mixed with a verdict."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from arns import arn_of
from judged_worlds import (
    ACCOUNT,
    GRANTS,
    ISSUER,
    NAME,
    NOW,
    PROVIDER_ARN,
    ROLE_ARN,
    RUN,
    TRUST,
    account,
    diagnosis,
)

from diagnosis.closure.drift import drift_of
from diagnosis.facts.account import AccountState, Image, NamedPolicy, OidcProvider, Role
from diagnosis.facts.evidence import Evidence, EvidenceKind
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.facts.trail import Trail, TrailEvent
from diagnosis.gates import GATES, Gate, Verdict
from diagnosis.verdicts.chronology import Drift, DriftKind
from diagnosis.verdicts.gate_verdict import GateVerdict
from diagnosis.verdicts.replay import Fact, Replay

ENGINEER = f"arn:aws:iam::{ACCOUNT}:user/engineer"
DIGEST = "sha256:" + "a" * 64
END = NOW + timedelta(minutes=2)


def recorded(verdicts: str, **facts: object) -> Replay:
    """A replay with four verdicts by their first letters; the facts of the file, and more."""
    by_letter = {verdict.value[0]: verdict for verdict in Verdict}
    own = diagnosis(account()).replays[0]
    gates = tuple(GateVerdict(gate, by_letter[letter], "then") for gate, letter in zip(GATES, verdicts, strict=True))
    return replace(own, gates=gates, facts=replace(own.facts, **facts))  # type: ignore[arg-type] # fields by name


def drifts(replay: Replay, state: AccountState, *earlier: Replay) -> tuple[Drift, ...]:
    live = diagnosis(state).live
    assert live is not None
    return drift_of((*earlier, replay), replay, live)


def test_an_account_that_is_as_it_was_has_not_drifted() -> None:
    assert drifts(recorded("pppu"), account()) == ()


def test_passed_then_and_fails_now() -> None:
    found = drifts(recorded("pppu"), account(inline_policies=Known(())))
    assert [(item.kind, item.gate) for item in found] == [(DriftKind.BROKEN_SINCE, Gate.REGISTRY_AUTHORIZATION)]
    assert "passed in run 7 and fails today" in found[0].reason


def test_failed_then_and_passes_now() -> None:
    found = drifts(recorded("pfbb"), account())
    assert [(item.kind, item.gate) for item in found] == [(DriftKind.MENDED_SINCE, Gate.ROLE_ASSUMPTION)]


@pytest.mark.parametrize("verdicts", ["fbbb", "uuuu", "pppu"])
def test_what_is_not_known_today_has_not_drifted(verdicts: str) -> None:
    denied = Unreadable("part", "denied", "grant it")
    unread = dict.fromkeys(("provider", "role", "inline_policies", "attached_policies", "repository_policy"), denied)
    assert drifts(recorded(verdicts), account(**unread)) == ()


def test_another_refs_role_assumption_is_another_question() -> None:
    earlier = recorded("pfbb")
    earlier = replace(earlier, attempt=replace(earlier.attempt, run_id=5, head_branch="dev"))
    assert drifts(recorded("pppu"), account(), earlier) == ()
    provider = replace(earlier, gates=recorded("fbbb").gates)
    assert [item.run for item in drifts(recorded("pppu"), account(), provider)] == [5]


def test_another_roles_gates_are_another_question() -> None:
    other = Fact(arn_of(ROLE_ARN + "-other"), Evidence(EvidenceKind.WORKFLOW_FILE, "role"))
    earlier = recorded("fbbb", role_arn=other)
    assert drifts(recorded("pppu"), account(), earlier) == ()


def made_at(at: datetime) -> dict[str, object]:
    return {
        "provider": Known(OidcProvider(arn_of(PROVIDER_ARN), ISSUER, ("sts.amazonaws.com",), at)),
        "role": Known(Role(arn_of(ROLE_ARN), "release", TRUST, 3600, created_at=at)),
    }


def test_a_provider_and_a_role_made_after_the_run() -> None:
    found = drifts(recorded("pppu"), account(**made_at(END + timedelta(hours=1))))
    assert {item.kind for item in found} == {DriftKind.PROVIDER_CHANGED, DriftKind.ROLE_CHANGED}
    assert drifts(recorded("pppu"), account(**made_at(END - timedelta(hours=1)))) == ()


def trail(*events: TrailEvent) -> Known[Trail]:
    return Known(Trail(NOW - timedelta(hours=1), END + timedelta(hours=1), events))


def event(name: str, minutes: float, target: str = "release", **more: object) -> TrailEvent:
    made = TrailEvent(name, "iam", END + timedelta(minutes=minutes), ENGINEER, target, f"{name}{minutes}", detail="x")
    return replace(made, **more)  # type: ignore[arg-type] # fields by name


@pytest.mark.parametrize(
    ("events", "kinds"),
    [
        ((event("PutRolePolicy", 5),), [DriftKind.ROLE_CHANGED]),
        ((event("UpdateAssumeRolePolicy", 5),), [DriftKind.ROLE_CHANGED]),
        ((event("DeleteOpenIDConnectProvider", 5, PROVIDER_ARN),), [DriftKind.PROVIDER_CHANGED]),
        ((event("SetRepositoryPolicy", 5, NAME),), [DriftKind.REPOSITORY_CHANGED]),
        ((event("PutRolePolicy", 5), event("PutRolePolicy", 9)), [DriftKind.ROLE_CHANGED]),
        ((event("PutRolePolicy", -1),), []),
        ((event("PutRolePolicy", 5, error_code="AccessDenied"),), []),
        ((event("AssumeRoleWithWebIdentity", 5),), []),
        ((event("PutImage", 5, NAME),), []),
    ],
)
def test_what_was_changed_since(events: tuple[TrailEvent, ...], kinds: list[DriftKind]) -> None:
    assert [item.kind for item in drifts(recorded("pppu"), account(trail=trail(*events)))] == kinds


def test_of_several_changes_the_last_is_told() -> None:
    (found,) = drifts(recorded("pppu"), account(trail=trail(event("PutRolePolicy", 5), event("PutRolePolicy", 9))))
    assert found.at == END + timedelta(minutes=9)
    assert ENGINEER in found.reason


def pushed() -> Replay:
    proof = Evidence(EvidenceKind.LOG_LINE, "v1: digest")
    run = replace(RUN, conclusion="success")
    return replace(recorded("pppu", digest=Fact(DIGEST, proof), tag=Fact("v1", proof)), attempt=run)


@pytest.mark.parametrize(
    ("image", "told"),
    [
        (Known(Image(DIGEST, ("v1",), NOW)), None),
        (Known(Image("sha256:" + "b" * 64, ("v1",), NOW)), "the tag holds sha256:bbbb"),
        (Absent("image"), "the tag is not in the registry today"),
        (Unreadable("image", "denied", "grant it"), None),
    ],
)
def test_the_image_of_the_run(image: object, told: str | None) -> None:
    found = [item for item in drifts(pushed(), account(image=image)) if item.kind is DriftKind.IMAGE_CHANGED]
    assert [told in item.reason for item in found if told] == ([True] if told else [])
    assert bool(found) is (told is not None)


def test_verdicts_stay_what_they_were() -> None:
    replay = recorded("pppu")
    drifts(replay, account(inline_policies=Known((NamedPolicy("x", GRANTS),))))
    assert [verdict.verdict.value[0] for verdict in replay.gates] == list("pppu")
