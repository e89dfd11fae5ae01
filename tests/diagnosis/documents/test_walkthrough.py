"""A walkthrough has the steps that fit its chain, in the order of telling, and says no more than the diagnosis."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace

import pytest
from compliant_chain import ACCOUNT, ComplyingRelease
from red_runs import AT_GATE, GOOD, TESTS, WITHOUT_LOG, world

from diagnosis.documents.walkthrough.steps import Column, Kind, Walkthrough
from diagnosis.documents.walkthrough.telling import walkthrough
from diagnosis.facts.case import Case
from diagnosis.gates import Gate, Verdict
from diagnosis.verdicts.closure import ClosureStatus
from diagnosis.verdicts.diagnosis import Diagnosis

WHOLE = ComplyingRelease()
COMPLYING = WHOLE.diagnosis()
ONE_FAILED = replace(COMPLYING, replays=COMPLYING.replays[:1], subject=COMPLYING.replays[0], closure=None, history=())


def told(diagnosis: Diagnosis, case: Case = WHOLE.case, **more: bool) -> Walkthrough:
    return walkthrough([diagnosis], case, **more)


def kinds(made: Walkthrough) -> list[str]:
    return [step.kind.value for step in made.steps]


def test_fail_fix_fail_fix_success_is_told_in_seven_steps_each_with_its_evidence() -> None:
    made = told(COMPLYING)
    assert kinds(made) == ["planes", "attempt", "fix", "attempt", "fix", "closure", "non-claims"]
    assert made.status == "closed"
    first, second = made.steps[1], made.steps[3]
    assert first.place is not None
    assert second.place is not None
    assert (first.place.gate, second.place.gate) == (Gate.OIDC_TRUST, Gate.REGISTRY_AUTHORIZATION)
    assert all(step.proofs and step.proofs[0].address.startswith("https://") for step in (first, second))
    for fix, gate in ((made.steps[2], Gate.OIDC_TRUST), (made.steps[4], Gate.REGISTRY_AUTHORIZATION)):
        assert fix.line.startswith("Observed after run ")
        assert fix.place is not None
        assert (fix.place.column, fix.place.gate) == (Column.NOW, gate)
        assert [each.verdict for each in fix.shown] == [Verdict.FAIL, Verdict.PASS]
    closure = made.steps[5]
    assert "every rule of closure is proved" in closure.line
    anchored = " ".join(proof.text for proof in closure.proofs)
    assert all(name in anchored for name in ("Image tag", "Image digest", "Decision log"))
    assert sum(note.label == "Not claimed" for note in made.steps[6].notes) == 4


OTHERS: dict[str, tuple[Callable[[], Diagnosis], str, str]] = {
    "one-failure": (lambda: ONE_FAILED, "planes attempt closure non-claims", "Closure was not judged"),
    "at-a-gate": (world(AT_GATE).diagnosis, "planes attempt closure non-claims", "failed at role assumption"),
    "no-gate": (world(GOOD, TESTS).diagnosis, "planes attempt closure non-claims", "for another reason"),
    "not-legible": (world(WITHOUT_LOG).diagnosis, "planes attempt closure non-claims", "is not known"),
    "running": (
        world(GOOD, conclusion=None, status="in_progress").diagnosis,
        "planes attempt closure non-claims",
        "has not ended",
    ),
    "success": (world(GOOD, conclusion="success").diagnosis, "planes closure non-claims", "published its image"),
    "green-though-refused": (
        world(AT_GATE, conclusion="success").diagnosis,
        "planes attempt closure non-claims",
        "success, though role assumption failed",
    ),
    "account-not-read": (
        lambda: replace(ONE_FAILED, live=None),
        "planes attempt today closure non-claims",
        "The account was not read",
    ),
    "no-run": (
        lambda: replace(ONE_FAILED, replays=(), subject=None, live=None),
        "planes closure non-claims",
        "No run was read",
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_chain_has_the_steps_that_fit_it(name: str) -> None:
    make, expected, said = OTHERS[name]
    made = told(make(), Case())
    assert kinds(made) == expected.split()
    assert said in " ".join(f"{step.title} {step.line}" for step in made.steps)


def test_three_failures_are_three_attempts_with_what_was_done_after_each_but_the_last() -> None:
    one, two = COMPLYING.replays[:2]
    third = replace(two, attempt=replace(two.attempt, run_id=904))
    made = told(replace(COMPLYING, replays=(one, two, third), subject=third, closure=None))
    assert kinds(made) == ["planes", "attempt", "fix", "attempt", "fix", "attempt", "closure", "non-claims"]
    assert [step.title.partition(":")[0] for step in made.steps if step.kind is Kind.ATTEMPT] == [
        f"Attempt {number} of 3" for number in (1, 2, 3)
    ]


def test_what_nobody_observed_is_told_as_stated_and_what_nobody_stated_as_not_on_record() -> None:
    unread = replace(COMPLYING, history=())
    stated, silent = told(unread).steps[2], told(unread, replace(WHOLE.case, changes=())).steps[2]
    assert "observed by nothing that was read" in stated.line
    assert stated.title == "The stated fix after attempt 1: OIDC trust"
    assert silent.line.startswith("Nothing is on record of what was done after run ")
    assert not silent.title.startswith("The fix")


@pytest.mark.parametrize("status", list(ClosureStatus))
@pytest.mark.parametrize("passing", [True, False])
def test_a_chain_that_is_not_closed_is_never_told_as_closed(status: ClosureStatus, passing: bool) -> None:
    closure = COMPLYING.closure
    assert closure is not None
    verdict = Verdict.PASS if passing else Verdict.UNKNOWN
    rules = (replace(closure.rules[0], verdict=verdict), *closure.rules[1:])
    made = told(replace(COMPLYING, closure=replace(closure, status=status, rules=rules)))
    said = " ".join([step.line for step in made.steps] + [note.text for step in made.steps for note in step.notes])
    proved = status is ClosureStatus.CLOSED and passing
    assert ("every rule of closure is proved" in said) == proved
    closing = next(step for step in made.steps if step.kind is Kind.CLOSURE)
    assert closing.shown[0].word == status.value
    assert (closing.shown[0].verdict is Verdict.PASS) == proved


def test_the_account_moves_between_the_steps_only_where_it_was_read_at_several_moments() -> None:
    assert COMPLYING.live is not None
    shut = tuple(
        replace(gate, verdict=Verdict.FAIL) if gate.gate is Gate.OIDC_TRUST else gate for gate in COMPLYING.live.gates
    )
    before = replace(ONE_FAILED, live=replace(COMPLYING.live, gates=shut), moment="Stage 1 of 2: it failed.")
    after = replace(COMPLYING, moment="Stage 2 of 2: it works.")
    made = walkthrough([before, after], WHOLE.case)
    assert [step.moment for step in made.steps] == [0, 0, 1, 1, 1, 1, 1]
    moved = {number: step.moved for number, step in enumerate(made.steps) if step.moved}
    assert [(each.gate, each.before, each.after) for each in moved.pop(2)] == [
        (Gate.OIDC_TRUST, Verdict.FAIL, Verdict.PASS)
    ]
    assert not moved
    assert made.steps[1].account == "The account now, at stage 1 of 2: it failed."
    live = told(COMPLYING)
    assert {step.moment for step in live.steps} == {0}
    assert all("the same at every step" in step.account for step in live.steps)


def test_account_ids_are_masked_in_every_text_where_that_is_asked() -> None:
    assert ACCOUNT.encode() in pickle.dumps(told(COMPLYING))
    assert ACCOUNT.encode() not in pickle.dumps(told(COMPLYING, mask_accounts=True))
    # One that a single text names as an account is masked in the others too.
    other = "444455556666"
    named = replace(COMPLYING.replays[0], attempt=replace(COMPLYING.replays[0].attempt, head_branch=f"release-{other}"))
    changes = (replace(WHOLE.case.changes[0], text=f"Created arn:aws:iam::{other}:role/x"), *WHOLE.case.changes[1:])
    chain = replace(COMPLYING, replays=(named, *COMPLYING.replays[1:]))
    for masked in (False, True):
        made = told(chain, replace(WHOLE.case, changes=changes), mask_accounts=masked)
        assert (other.encode() in pickle.dumps(made)) != masked
