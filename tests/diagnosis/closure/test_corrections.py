"""A chain is corrected by hand: an attempt left out, a run added, a place where another chain begins; and told by its target."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from chain_builders import attempt, failed, success
from hypothesis import given, settings
from hypothesis import strategies as st
from made_attempts import with_workflow
from thoroughness import examples

from diagnosis.closure.chain import chain_of, in_order
from diagnosis.closure.corrections import (
    Correction,
    Kind,
    NoCorrectionError,
    apart_by_hand,
    corrected,
    corrected_case,
    left_out_by_hand,
)
from diagnosis.closure.history import history_of
from diagnosis.closure.release_target import of_one_target
from diagnosis.facts.case import AttemptName, Case, StatedChange
from diagnosis.facts.evidence import Evidence, EvidenceKind
from diagnosis.facts.runs import Attempt, Repository
from diagnosis.facts.workflow import UnparsableWorkflow
from diagnosis.gates import Gate
from diagnosis.names.ecr_address import EcrAddress
from diagnosis.verdicts.replay import Fact, Replay

SHOWN = (attempt(1, 0), attempt(2, 10), attempt(2, 12, attempt=2), attempt(3, 20, "success"))
KEYS = tuple(each.key for each in SHOWN)


def after(*corrections: Correction, selected: tuple[int, int] | None = None) -> tuple[tuple[int, int], ...]:
    """The chain of all attempts after these corrections, each made on what is shown then."""
    case = Case()
    for correction in corrections:
        case = corrected_case(case, correction, corrected(SHOWN, case, selected))
    return tuple(each.key for each in corrected(SHOWN, case, selected))


def test_what_is_left_out_is_gone_and_what_is_added_is_back() -> None:
    assert after() == KEYS
    assert after(Correction(Kind.DROP, 2, 1)) == (KEYS[0], *KEYS[2:])
    assert after(Correction(Kind.DROP, 1)) == KEYS[1:]
    assert after(Correction(Kind.DROP, 1), Correction(Kind.ADD, 1)) == KEYS
    assert after(Correction(Kind.SPLIT, 2, 2)) == KEYS[2:]
    assert after(Correction(Kind.SPLIT, 2, 2), selected=(2, 1)) == KEYS[:2]
    assert after(Correction(Kind.SPLIT, 2), Correction(Kind.SPLIT, 3)) == KEYS[3:]
    # One that is left out and looked at all the same stands alone.
    case = corrected_case(Case(), Correction(Kind.DROP, 2, 1), SHOWN)
    assert case.left_out == (AttemptName(2, 1),)
    assert [each.key for each in corrected(SHOWN, case, (2, 1))] == [(2, 1)]


def test_what_was_decided_by_hand_is_told() -> None:
    case = Case(left_out=(AttemptName(2, 1), AttemptName(9)), splits=(AttemptName(1),))
    assert [f"{each.what}: {each.why}" for each in apart_by_hand(case, (SHOWN[0], *SHOWN[2:]))] == [
        "run 2, attempt 1: it was left out of this chain by hand",
        "what came before run 1, attempt 1: by hand, this chain begins with that attempt",
    ]
    assert apart_by_hand(Case(), SHOWN) == ()


def test_what_was_left_out_is_missing_from_the_chain_that_it_may_have_begun_or_ended() -> None:
    two, three = (attempt(11, 0), attempt(12, 10)), (*SHOWN[:2], attempt(3, 20))
    ended = (*two, attempt(13, 20, "success"))

    def told(case: Case, shown: tuple[Attempt, ...]) -> list[str]:
        missing = left_out_by_hand(case, shown)
        assert left_out_by_hand(case.of_chain(shown), shown) == missing, "the rule sees the same"
        return [f"{each.what}: {each.why.partition(',')[0]}" for each in missing]

    def out(*runs: int, **members: Any) -> Case:
        return Case(left_out=tuple(map(AttemptName, runs)), **members)

    for case, shown, expected in (
        (out(9), two, ["run 9: it was left out by hand"]),
        (out(20), two, ["run 20: it was left out by hand"]),
        (out(20), ended, []),
        (out(9, 20, runs=(11, 12)), two, []),
        (out(9, 20, runs=(9, 11, 12)), two, ["run 9: it was left out of this chain by hand"]),
        (out(9, runs=(9, 10)), two, []),
        (out(2, 9, runs=(1, 2, 3, 8, 9), splits=(AttemptName(8),)), (three[0], three[2]),
            ["run 2: it was left out of this chain by hand"]),
        (out(11), two[:1], []),
        (out(9, workflow="another.yml"), two, []),
        (out(9, repository="another/one"), two, []),
    ):  # fmt: skip
        assert told(case, shown) == expected, case


def test_a_stated_change_answers_the_attempt_that_it_names() -> None:
    replays = (
        *(failed(2, number, Gate.OIDC_TRUST, attempt=number) for number in (1, 2)),
        success(3, 20),
    )
    for named, answered in ((1, 0), (2, 1), (None, 1)):
        case = Case(changes=(StatedChange(2, "made it", "log", after_attempt=named),))
        found = [entry.statement for entry in history_of(replays, None, case)]
        assert [place for place, statement in enumerate(found) if statement] == [answered]


def test_a_run_that_is_added_joins_those_that_are_shown() -> None:
    assert corrected_case(Case(), Correction(Kind.ADD, 9), SHOWN).runs == (1, 2, 3, 9)
    named = Case(runs=(3, 1))
    assert corrected_case(named, Correction(Kind.ADD, 9), SHOWN).runs == (3, 1, 9)


@pytest.mark.parametrize(
    ("case", "correction", "shown", "said"),
    [
        (Case(), Correction(Kind.ADD, 2), SHOWN, "in the chain already"),
        (Case(runs=(7,)), Correction(Kind.ADD, 9), SHOWN, "names other runs"),
        (Case(), Correction(Kind.DROP, 1), SHOWN[:1], "this attempt alone"),
        (Case(), Correction(Kind.SPLIT, 1), SHOWN, "begins with this attempt already"),
    ],
)
def test_a_correction_that_changes_nothing_says_so(
    case: Case, correction: Correction, shown: tuple[Attempt, ...], said: str
) -> None:
    with pytest.raises(NoCorrectionError, match=said):
        corrected_case(case, correction, shown)


@settings(max_examples=examples(200))
@given(st.lists(st.tuples(st.sampled_from([Kind.DROP, Kind.SPLIT]), st.sampled_from(KEYS)), max_size=4))
def test_nothing_is_lost_by_correcting(changes: list[tuple[Kind, tuple[int, int]]]) -> None:
    """Whatever is corrected, every attempt is still found from itself, and each stands in one chain."""
    case = Case()
    for kind, key in changes:
        try:
            case = corrected_case(case, Correction(kind, *key), SHOWN)
        except NoCorrectionError:
            continue
    found = {key: tuple(each.key for each in corrected(SHOWN, case, key)) for key in KEYS}
    assert all(key in chain for key, chain in found.items())
    for one, other in permutations(found.values(), 2):
        assert one == other or not set(one) & set(other)
    assert all(list(chain) == sorted(chain, key=KEYS.index) for chain in found.values())


def test_a_chain_is_of_one_file_of_one_repository() -> None:
    path = ".github/workflows/release.yml"
    mixed = [
        attempt(1, 0, workflow_path=f"{path}@refs/heads/a"),
        attempt(2, 1, workflow_path=f"{path}@refs/heads/b"),
        attempt(3, 2, repository=Repository("octo-org/other")),
        attempt(4, 3, "success", workflow_path=path, repository=Repository("Octo-Org/octo-repo")),
    ]
    assert [each.run_id for each in chain_of(in_order(mixed), (1, 1))] == [1, 2, 4]
    assert [each.run_id for each in chain_of(in_order(mixed), (3, 1))] == [3]


TEXT = "on:\n  workflow_dispatch:\n    inputs:\n      target:\nenv:\n  REPOSITORY: ${{ inputs.target }}\n"


def to(replay: Replay, repository: str | None, text: str = TEXT) -> Replay:
    proof = Evidence(EvidenceKind.WORKFLOW_FILE, "where it says so")
    registry = EcrAddress.parse("123456789012.dkr.ecr.eu-west-1.amazonaws.com")
    facts = replace(
        replay.facts,
        repository=Fact(repository, proof) if repository else None,
        registry=Fact(registry, proof) if registry and repository else None,
    )
    own = with_workflow(replay.attempt, UnparsableWorkflow(replay.attempt.workflow_path, "not needed here", 1), text)
    return replace(replay, facts=facts, attempt=own)


def test_a_workflow_of_two_targets_is_two_chains() -> None:
    shop, tool = (to(failed(run, run, Gate.OIDC_TRUST), name) for run, name in ((1, "shop"), (2, "tool")))
    vague, last = to(failed(3, 3, Gate.OIDC_TRUST), None), to(success(4, 4), "shop")
    one = of_one_target((shop, tool, vague, last), None)
    assert one.replays == (shop, vague, last)
    assert [each.what for each in one.apart] == [
        "run 2, attempt 1",
        "where run 3, attempt 1, would have released",
    ]
    assert "released to ECR repository tool" in one.apart[0].why
    assert of_one_target((shop, tool, vague, last), (2, 1)).replays == (tool, vague)
    assert of_one_target((shop, tool, vague, last), (3, 1)).replays == (shop, tool, vague, last)


def test_another_target_by_another_text_or_setting_is_a_remedy() -> None:
    wrong = to(failed(1, 1, Gate.REGISTRY_AUTHORIZATION), "shpo")
    for text in (TEXT + "# mended\n", "env:\n  REPOSITORY: ${{ vars.REPOSITORY }}\n"):
        first = wrong if text.startswith("on") else to(wrong, "shpo", text)
        right = to(success(2, 2), "shop", text)
        assert of_one_target((first, right), None).replays == (first, right)


def test_an_environment_that_follows_the_ref_alone_is_no_other_target() -> None:
    proof = Evidence(EvidenceKind.WORKFLOW_FILE, "where it says so")

    def on(replay: Replay, environment: str, repository: str, text: str) -> Replay:
        made = to(replay, repository, text)
        return replace(made, facts=replace(made.facts, environment=Fact(environment, proof)))

    def kept(text: str, repositories: tuple[str, str] = ("shop", "shop")) -> int:
        first = on(failed(1, 1, Gate.OIDC_TRUST, branch="fix"), "fix", repositories[0], text)
        return len(of_one_target((first, on(success(2, 2), "main", repositories[1], text)), None).replays)

    assert kept("environment: ${{ github.ref_name }}") == 2
    assert kept("environment: ${{ inputs.stage }}") == 1
    assert kept("environment: ${{ github.ref_name }}", ("shop", "shop-prod")) == 1
    assert kept("environment: main") == 2, "nothing in the text can have chosen it"
