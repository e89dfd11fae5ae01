"""Whatever is offered is for a cause that is told, and changes something."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import pytest
from deploying_release import released
from hypothesis import given, settings
from hypothesis import strategies as st
from permission_faults import FAULTS as PERMISSION_FAULTS
from permission_faults import shared
from policy_faults import FAULTS as POLICY_FAULTS
from policy_faults import faulty
from seeded_defects import DEFECTS, Defect, broken, compatible
from small_world import World, sound_world
from thoroughness import examples, some

from diagnosis.diagnose import replays_of
from diagnosis.gates import Gate, Verdict
from diagnosis.remedies.changed_account import applied
from diagnosis.remedies.offer import Offer
from diagnosis.remedies.paths import MAKERS, TIGHTENING
from diagnosis.remedies.proof import Baseline
from diagnosis.remedies.release_paths import paths
from diagnosis.verdicts.remediation import ChangeKind

PAIRS = [pair for pair in combinations(DEFECTS, 2) if compatible(pair)]
NOT_MODELLED = frozenset({"push-a-new-tag", "correct-role-arn"})
"""They name a value that nobody but an engineer can choose."""


def baseline_of(world: World) -> Baseline:
    (replay,) = replays_of((world.run,), world.case)
    live = world.diagnosis().live
    assert live is not None
    return Baseline(replay, live, world.case)


def offers_for_a_part(baseline: Baseline) -> Iterator[tuple[Offer, set[str]]]:
    """Every offer that a maker makes when it is told no problem, one of them, or all; and the causes that it is told."""
    present = baseline.present
    for told in ((), *((problem,) for problem in present.problems), present.problems):
        for make in (*MAKERS, *TIGHTENING):
            for offer in make(replace(present, problems=told)) or ():
                yield offer, {problem.cause for problem in told}


def check_offers(world: World) -> None:
    baseline = baseline_of(world)
    for offer, causes in offers_for_a_part(baseline):
        remediation = offer.remediation
        assert set(remediation.causes) <= causes, remediation.id
        assert remediation.changes
        after = baseline.after((offer,))
        alike = applied(remediation.changes, baseline.live.account) == baseline.live.account and (
            after.replay == baseline.replay
        )
        elsewhere = any(change.kind is ChangeKind.OUTSIDE for change in remediation.changes)
        assert not alike or elsewhere or offer.dispatch_ref or remediation.id in NOT_MODELLED, remediation.id


def check_paths(world: World) -> None:
    """Each change of a path is for what is told at first or shows after the changes before it, and adds to these."""
    baseline = baseline_of(world)
    seen = {problem.cause for problem in baseline.present.problems}
    for path in paths(baseline.replay, baseline.live, baseline.case):
        done: tuple[Offer, ...] = ()
        for remediation in path.remediations:
            assert remediation.id not in {offer.remediation.id for offer in done}
            assert set(remediation.causes) <= seen | {problem.cause for problem in baseline.situation(done).problems}
            done = (*done, Offer(remediation))


@pytest.mark.parametrize("defect", some(DEFECTS, 2), ids=lambda defect: defect.name)
def test_an_offer_is_for_a_cause_that_is_told_and_changes_something(defect: Defect) -> None:
    check_offers(broken([defect]))


@pytest.mark.parametrize("fault", some(POLICY_FAULTS, 3), ids=lambda fault: fault.name)
def test_so_is_one_for_a_policy_as_people_write_it(fault: object) -> None:
    check_offers(faulty(fault))  # type: ignore[arg-type] # a fault of the list


@pytest.mark.parametrize("fault", some(PERMISSION_FAULTS, 3), ids=lambda fault: fault.name)
def test_so_is_one_for_the_role_s_permissions(fault: object) -> None:
    check_offers(shared(fault, []))  # type: ignore[arg-type] # a fault of the list


@settings(max_examples=examples(60), deadline=None)
@given(st.sampled_from(PAIRS))
def test_nothing_in_a_path_is_for_what_is_in_order(pair: tuple[Defect, Defect]) -> None:
    world = broken(pair)
    check_offers(world)
    check_paths(world)


def test_where_nothing_is_wrong_nothing_is_offered() -> None:
    baseline = baseline_of(sound_world())
    assert list(offers_for_a_part(baseline)) == []
    assert paths(baseline.replay, baseline.live, baseline.case) == ()


def test_a_role_that_pushes_nothing_leaves_the_registry_gate_as_it_is_today() -> None:
    diagnosis = released(granted=True).diagnosis()
    assert diagnosis.live is not None
    (path,) = diagnosis.paths
    assert [verdict.gate for verdict in path.gates] == [verdict.gate for verdict in diagnosis.live.gates]
    open_ = [verdict.gate for verdict in path.gates if verdict.verdict is not Verdict.PASS]
    assert open_ == [Gate.SERVICE_AUTHORIZATION], "the step that nobody can read may call anything"
    assert path.opens_all_understood
    assert not path.opens_all


@pytest.mark.parametrize(
    ("script", "proves"), [(True, ""), (False, "That a rerun of the same workflow passes every gate.")]
)
def test_a_path_after_which_a_gate_stays_open_proves_no_run(script: bool, proves: str) -> None:
    (path,) = released(script=script, granted=True).diagnosis().paths
    assert path.passes_run == bool(proves)
    assert path.proves == proves
