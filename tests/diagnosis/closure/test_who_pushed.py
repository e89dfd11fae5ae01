"""Who pushed the image: the closing run in its own time and session; whatever else is told for what it is, and nobody accused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from compliant_chain import (
    ACCOUNT,
    CLOSING,
    DIGEST,
    EVENTS,
    FIRST,
    NAME,
    SECOND,
    TAG,
    ComplyingRelease,
    Run,
    event,
    minutes,
    session_arn,
    session_event,
)

from diagnosis.closure.pushing_session import foreign_session
from diagnosis.diagnose import conclude
from diagnosis.facts.account import Image
from diagnosis.facts.reading import Known
from diagnosis.facts.trail import Trail, TrailEvent
from diagnosis.gates import Verdict
from diagnosis.verdicts.closure import Closure, ClosureStatus

BASE = ComplyingRelease()
SHARED = session_arn(903)


def closure_of(release: ComplyingRelease) -> Closure:
    closure = release.diagnosis().closure
    assert closure is not None
    return closure


def pushed_at(at: float, **changes: object) -> ComplyingRelease:
    """The release whose image was pushed at this minute, by an event of that time."""
    account = replace(BASE.account, image=Known(Image(DIGEST, (TAG,), minutes(at))))
    events = (*EVENTS[:4], event("PutImage", at, NAME, SHARED, detail=TAG))
    return replace(BASE, account=account, events=events, **changes)  # type: ignore[arg-type] # fields by name


def keyed(*keys: str) -> ComplyingRelease:
    """The release whose sessions and push show by which key they were made: the second, the closing one, the push."""
    second, closing, push = keys
    events = (
        EVENTS[0],
        replace(EVENTS[1], session=second),
        EVENTS[2],
        replace(EVENTS[3], session=closing),
        replace(EVENTS[4], session=push),
    )
    return replace(BASE, events=events)


@pytest.mark.parametrize(
    ("release", "verdict", "told"),
    [
        (BASE, Verdict.PASS, "run 903"),
        (pushed_at(17), Verdict.FAIL, "run 902, whose outcome is failure"),
        (pushed_at(45), Verdict.FAIL, "in no run of the workflow"),
        (pushed_at(34.1), Verdict.UNKNOWN, "just outside of run 903"),
        (pushed_at(-9), Verdict.UNKNOWN, "before the chain began"),
        (pushed_at(45, neighbours=(Run(904, 43),)), Verdict.UNKNOWN, "run 904 of the same workflow"),
        # The chain was looked at while it was open; a later run closed it.
        (replace(BASE, runs=(FIRST, SECOND), neighbours=(CLOSING,)), Verdict.UNKNOWN, "run 903 of the same workflow"),
        (replace(pushed_at(17), runs=(FIRST, SECOND)), Verdict.UNKNOWN, "run 902"),
        (keyed("a", "b", "b"), Verdict.PASS, "run 903"),
        (keyed("a", "b", "c"), Verdict.UNKNOWN, "with the key of another session"),
        (keyed("a", "b", "a"), Verdict.FAIL, "opened at 2026-03-02T10:15:30Z"),
        (replace(BASE, events=EVENTS[:4]), Verdict.UNKNOWN, "who pushed is not proved"),
        (
            replace(BASE, events=(*EVENTS[:4], event("PutImage", 31.5, NAME, session_arn(902), detail=TAG))),
            Verdict.FAIL,
            "opened no session of that name",
        ),
        (
            replace(BASE, events=(*EVENTS, session_event(31, subject="repo:acme/shop:ref:refs/heads/other"))),
            Verdict.UNKNOWN,
            "Another session of the role",
        ),
    ],
)
def test_the_push_is_the_closing_runs_own(release: ComplyingRelease, verdict: Verdict, told: str) -> None:
    closure = closure_of(release)
    found = next(item for item in closure.rules if item.rule == "no-side-channel")
    assert found.verdict is verdict, found.reason
    assert told in found.reason
    accused = {item.slug for item in closure.integrity} & {"side-channel-publish"}
    assert bool(accused) is (verdict is Verdict.FAIL)
    if verdict is not Verdict.FAIL:
        assert closure.status is not ClosureStatus.NON_COMPLIANT


def test_a_sessions_name_alone_is_no_proof() -> None:
    unseen = tuple(each for each in EVENTS if each.name != "AssumeRoleWithWebIdentity")

    def verdict(*digests: str) -> Verdict:
        replays = ComplyingRelease(events=unseen).diagnosis().replays
        told = replace(replays[-1].facts, digest=None, tag=replays[-1].facts.tag)
        if digests:
            told = replace(told, digest=replace(replays[-1].facts.digest, value=digests[0]))  # type: ignore[type-var]
        closing = replace(replays[-1], facts=told, sessions=())
        account = replace(BASE.account, trail=Known(Trail(minutes(-60), minutes(95), unseen)))
        doubt = foreign_session([EVENTS[4]], closing, account, BASE.case)
        return doubt.verdict if doubt else Verdict.PASS

    # CloudTrail shows no opening of it: then the run's record has to tell what was pushed.
    assert verdict(DIGEST) is Verdict.PASS
    assert verdict("sha256:" + "9" * 64) is Verdict.UNKNOWN
    assert verdict() is Verdict.UNKNOWN


def test_where_the_neighbours_were_not_read_nobody_is_accused() -> None:
    release = pushed_at(45)
    diagnosis = release.diagnosis()
    assert diagnosis.closure is not None
    account = diagnosis.live.account if diagnosis.live else None
    again = conclude(diagnosis.replays, account, release.case, made_at=release.made_at).closure
    assert again is not None
    found = next(item for item in again.rules if item.rule == "no-side-channel")
    assert found.verdict is Verdict.UNKNOWN
    assert "whether another run of the workflow pushed it is not known" in found.reason


@pytest.mark.parametrize("stated", [{"digest": "sha256:" + "0" * 64}, {"tag": "v9"}])
def test_a_case_that_states_another_image_contradicts_the_release(stated: dict[str, str]) -> None:
    closure = closure_of(replace(BASE, case=replace(BASE.case, **stated)))  # type: ignore[arg-type] # fields by name
    short = {item.rule: item.verdict for item in closure.rules if item.verdict is not Verdict.PASS}
    assert short == {"tag-and-digest": Verdict.FAIL}


def test_a_session_of_the_same_subject_is_not_the_runs_own_for_that() -> None:
    before = tuple(each for each in EVENTS if each.at < minutes(30))

    def found(*events: TrailEvent, told: bool = True) -> Verdict:
        replays = ComplyingRelease(events=(*before, *events)).diagnosis().replays
        facts = replays[-1].facts if told else replace(replays[-1].facts, digest=None)
        sessions = tuple(replace(each, facts=facts) for each in replays[-1].sessions)
        closing = replace(replays[-1], facts=facts, sessions=sessions)
        account = replace(BASE.account, trail=Known(Trail(minutes(-60), minutes(95), (*before, *events))))
        doubt = foreign_session([events[-1]], closing, account, BASE.case)
        return doubt.verdict if doubt else Verdict.PASS

    def opened(run: int, at: float = 30.5, key: str = "", **more: object) -> TrailEvent:
        return session_event(at, detail=f"session release-{run}", session=key, **more)

    def pushed(run: int = 903, key: str = "") -> TrailEvent:
        return event("PutImage", 31.5, NAME, session_arn(run), detail=TAG, session=key)

    other_role = {"target": f"arn:aws:iam::{ACCOUNT}:role/other"}
    passes: tuple[tuple[TrailEvent, ...], ...] = (
        (opened(903), pushed()),
        (opened(903, key="a"), pushed(key="a")),
        # Each workflow of a ref presents the same subject: beside it says nothing of this push.
        (opened(903), opened(910), pushed()),
        (opened(903, key="a"), opened(910, key="b"), pushed(key="a")),
    )
    turns: tuple[tuple[TrailEvent, ...], ...] = (
        (opened(903, key="a"), opened(910, key="b"), pushed(910, key="b")),
        (opened(910, key="b"), pushed(910, key="b")),
        (opened(903), opened(910), pushed(910)),
        (opened(903), opened(910, **other_role), pushed(910)),
    )
    assert [found(*each) for each in passes] == [Verdict.PASS] * len(passes)
    assert Verdict.PASS not in [found(*each) for each in turns]
    # Of two under one name nothing but the run's record tells which it was; nor is one its own that was opened afterwards.
    assert found(opened(903), opened(903, 31), pushed()) is Verdict.PASS
    assert found(opened(903), opened(903, 31), pushed(), told=False) is Verdict.UNKNOWN
    assert found(opened(903, 33), pushed(), told=False) is Verdict.UNKNOWN
