"""The forecast names exactly what was seeded, and every path is proved on the model."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seeded_defects import DEFECTS, ELSEWHERE_DEFECTS, NOT_MODELLED, Defect, broken, compatible
from small_world import EIGHT, GROUNDS, HOME, HOSTS, Ground, sound_world, two_role_world
from thoroughness import examples, some

from diagnosis.documents.judged_exit import exit_code
from diagnosis.facts.reading import Unreadable
from diagnosis.gates import Verdict
from diagnosis.policy.language.tree import statements

subsets = st.sets(st.sampled_from(DEFECTS), max_size=6).map(tuple).filter(compatible)


def ids(defect: Defect) -> str:
    return defect.name


@pytest.mark.parametrize("ground", GROUNDS.values(), ids=GROUNDS)
def test_the_sound_world_passes_every_gate(ground: Ground) -> None:
    world = sound_world(ground)
    diagnosis = replace(world, attempt=replace(world.attempt, conclusion="success")).diagnosis()
    assert diagnosis.live is not None
    assert [verdict.verdict for verdict in diagnosis.live.gates] == [Verdict.PASS] * 4, diagnosis.unknown
    assert diagnosis.forecast == ()
    assert diagnosis.paths == ()
    assert exit_code(diagnosis) == 0


def test_the_release_role_is_judged_where_other_roles_are_assumed_too() -> None:
    diagnosis = two_role_world().diagnosis()
    assert diagnosis.live is not None
    assert str(diagnosis.live.account.question.role_arn) == HOME.role_arn
    assert [verdict.verdict for verdict in diagnosis.live.gates] == [Verdict.PASS] * 4, diagnosis.unknown


@pytest.mark.parametrize("defect", [*DEFECTS, *ELSEWHERE_DEFECTS], ids=ids)
def test_each_defect_alone_is_named(defect: Defect) -> None:
    diagnosis = broken([defect]).diagnosis()
    assert {problem.cause for problem in diagnosis.forecast} == {defect.cause}
    assert exit_code(diagnosis) == 1


@pytest.mark.parametrize("ground", HOSTS.values(), ids=HOSTS)
def test_every_form_of_host_is_asked_about_in_the_registrys_own_account_and_region(ground: Ground) -> None:
    diagnosis = sound_world(ground).diagnosis()
    assert diagnosis.live is not None
    question = diagnosis.live.account.question
    assert (question.registry_id, question.region, question.repository) == (ground.registry, ground.region, "shop/api")
    assert str(question.repository_arn) == ground.repository_arn
    assert [verdict.verdict for verdict in diagnosis.live.gates] == [Verdict.PASS] * 4, diagnosis.unknown


ON_HOSTS = {
    f"{defect.name}, {name}": (defect, ground)
    for name, ground in HOSTS.items()
    for defect in DEFECTS
    if ground.registry == ground.account or not defect.of_one_account
}


# The step shares no factor with the defects of a form, so that the short run meets every defect and every host too.
ON_SOME_HOSTS = dict(some(list(ON_HOSTS.items()), 9))


@pytest.mark.parametrize(("defect", "ground"), ON_SOME_HOSTS.values(), ids=ON_SOME_HOSTS)
def test_each_defect_is_named_and_mended_whatever_the_form_of_the_host(defect: Defect, ground: Ground) -> None:
    diagnosis = broken([defect], ground).diagnosis()
    assert {problem.cause for problem in diagnosis.forecast} == {defect.cause}
    # A new repository of another account has no policy yet: the path admits the role too.
    assert {problem.cause for problem in diagnosis.paths[0].still} == {defect.cause} & NOT_MODELLED
    assert diagnosis.paths[0].newly_admitted == ()


@pytest.mark.parametrize(
    "pair", some([p for p in combinations(DEFECTS, 2) if compatible(p)], 8), ids=lambda p: "+".join(d.name for d in p)
)
def test_two_defects_are_both_named(pair: tuple[Defect, Defect]) -> None:
    diagnosis = broken(pair).diagnosis()
    assert {problem.cause for problem in diagnosis.forecast} == {defect.cause for defect in pair}


@settings(max_examples=examples(150), deadline=None)
@given(subsets)
def test_the_forecast_names_exactly_the_seeded_defects(chosen: tuple[Defect, ...]) -> None:
    diagnosis = broken(chosen).diagnosis()
    assert {problem.cause for problem in diagnosis.forecast} == {defect.cause for defect in chosen}


@settings(max_examples=examples(150), deadline=None)
@given(subsets)
def test_the_first_path_opens_everything_that_can_be_modelled(chosen: tuple[Defect, ...]) -> None:
    diagnosis = broken(chosen).diagnosis()
    if not chosen:
        assert diagnosis.paths == ()
        return
    path = diagnosis.paths[0]
    left = {problem.cause for problem in path.still}
    assert left == {defect.cause for defect in chosen} & NOT_MODELLED
    assert path.newly_admitted == ()
    if not left:
        assert path.opens_all


@settings(max_examples=examples(100), deadline=None)
@given(subsets)
def test_no_remediation_grants_a_wildcard_where_an_arn_is_known(chosen: tuple[Defect, ...]) -> None:
    for remediation in broken(chosen).diagnosis().remediations:
        for change in remediation.changes:
            if change.document is None or change.kind.value != "put-inline-policy":
                continue
            for statement in statements(change.document.tree):
                if statement["Effect"] == "Deny":
                    continue
                if statement.get("Resource") == "*":
                    assert statement["Action"] in ("ecr:GetAuthorizationToken", ["ecr:GetAuthorizationToken"])
                actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
                assert set(actions) <= {*EIGHT, "ecr:GetAuthorizationToken"}


PARTS = (
    "identity",
    "provider",
    "role",
    "inline_policies",
    "attached_policies",
    "boundary",
    "scps",
    "rcps",
    "registry_details",
    "repository",
    "repository_policy",
    "image",
)


@settings(max_examples=examples(300), deadline=None)
@given(subsets, st.sets(st.sampled_from(PARTS), min_size=1, max_size=2))
def test_with_one_or_two_reads_denied_the_answer_is_unknown_or_stays_right(
    chosen: tuple[Defect, ...], parts: set[str]
) -> None:
    world = broken(chosen)
    full = world.diagnosis()
    denied = {part: Unreadable(part, "access was denied", "grant it", permission="x:Y") for part in parts}
    blind = world.with_account(**denied).diagnosis()
    assert full.live is not None
    assert blind.live is not None
    for seen, unseen in zip(full.live.gates, blind.live.gates, strict=True):
        assert unseen.verdict is seen.verdict or unseen.verdict is Verdict.UNKNOWN, (seen, unseen)
    named = {problem.cause for problem in blind.forecast}
    assert named <= {problem.cause for problem in full.forecast}
    if named < {problem.cause for problem in full.forecast}:
        assert blind.unknown
        assert exit_code(blind) != 0


@pytest.mark.parametrize("defect", ELSEWHERE_DEFECTS, ids=ids)
def test_the_first_path_opens_other_grounds_too(defect: Defect) -> None:
    path = broken([defect]).diagnosis().paths[0]
    assert {problem.cause for problem in path.still} == {defect.cause} & NOT_MODELLED
    assert path.newly_admitted == ()


def test_without_a_role_nothing_is_said_of_its_permissions() -> None:
    gone = Unreadable("role", "the run names no role", "give it in the case file")
    unread = dict.fromkeys(
        ("provider", "role", "inline_policies", "attached_policies", "boundary", "scps", "rcps"), gone
    )
    keys = (("aws-access-key-id", "${{ secrets.KEY }}"), ("aws-secret-access-key", "${{ secrets.SECRET }}"))
    diagnosis = sound_world().with_inputs(*keys, without=["role-to-assume"]).with_account(**unread).diagnosis()
    assert [problem.cause for problem in diagnosis.forecast] == ["static-credentials"]
    assert diagnosis.live is not None
    assert [verdict.verdict.value for verdict in diagnosis.live.gates] == ["fail", "unknown", "unknown", "unknown"]


def test_a_role_assumed_from_another_is_not_asked_about_the_token() -> None:
    world = sound_world().with_inputs(("role-chaining", "true"))
    verdicts = world.diagnosis().live
    assert verdicts is not None
    assert [verdict.verdict.value for verdict in verdicts.gates][1] == "unknown"


def test_an_audience_that_nobody_can_read_is_not_guessed() -> None:
    world = sound_world().with_inputs(("audience", "${{ vars.AUDIENCE }}"))
    live = world.diagnosis().live
    assert live is not None
    assert [verdict.verdict.value for verdict in live.gates][:2] == ["unknown", "unknown"]
