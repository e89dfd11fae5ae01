"""A fault of the role's permissions is named, and its patch opens the release and changes nothing for others."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from permission_faults import FAULTS, LOGIN, OTHERS, REPO, SAMPLES, Fault, own, shared
from places import SHARED
from small_world import ACCOUNT, EIGHT, HOME, Ground, World, allow, policy, sound_world, trust
from thoroughness import examples

from diagnosis.facts.account import AccountState, NamedPolicy
from diagnosis.facts.reading import Absent, Known
from diagnosis.gates import Gate, Verdict
from diagnosis.grants.comparison import compare_grants
from diagnosis.policy import Layers, Policy, PolicyDocument, Request, evaluate, read_document
from diagnosis.remedies.changed_account import applied
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.remediation import Remediation

NEEDED = ((LOGIN, "*"), *((action, REPO) for action in EIGHT))


def documents(account: AccountState) -> list[PolicyDocument]:
    return [
        item.document
        for reading in (account.inline_policies, account.attached_policies)
        if isinstance(reading, Known)
        for item in reading.value
    ]


def is_allowed(account: AccountState, action: str, resource: str) -> bool:
    """Plain evaluation, which knows nothing of remedies; MFA is absent in a job."""
    own_policies = [document.policy for document in documents(account)]
    request = Request(
        f"arn:aws:sts::{ACCOUNT}:assumed-role/release/x",
        action,
        resource,
        ACCOUNT,
        {"iam:PassedToService": ("ecs-tasks.amazonaws.com",)} if action == "iam:PassRole" else {},
        wildcard_only_action=resource == "*",
    )
    return evaluate(request, Layers(identity=tuple(p for p in own_policies if isinstance(p, Policy)))).allowed


def opening_of(diagnosis: Diagnosis) -> tuple[Remediation, ...]:
    return tuple(item for item in diagnosis.paths[0].remediations if not item.tightens)


def after_opening(world: World, diagnosis: Diagnosis) -> AccountState:
    return applied([change for item in opening_of(diagnosis) for change in item.changes], world.account)


def check_opening(world: World) -> AccountState:
    """What every opening patch must keep to; returns the account after it."""
    diagnosis = world.diagnosis()
    path = diagnosis.paths[0]
    assert path.passes_run
    assert path.newly_admitted == ()
    marks = [bool(item.tightens) for item in path.remediations]
    assert marks == sorted(marks)
    after = after_opening(world, diagnosis)
    assert all(is_allowed(after, *pair) for pair in NEEDED)
    before = {pair: is_allowed(world.account, *pair) for pair in SAMPLES}
    assert {pair: is_allowed(after, *pair) for pair in SAMPLES} == before
    # A misspelled name grants nothing.
    void = ("ecr: BatchGetImage", "ecr:BatchGetImages", "ec:BatchGetImage")
    assert compare_grants([documents(world.account)], [documents(after)], meant=NEEDED, void=void).equivalent
    return after


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_named_and_corrected_as_an_expert_would(fault: Fault) -> None:
    world = shared(fault)
    diagnosis = world.diagnosis()
    assert diagnosis.live is not None
    assert fault.says in diagnosis.live.at(Gate.REGISTRY_AUTHORIZATION).reason
    (remediation,) = opening_of(diagnosis)
    after = check_opening(world)
    (document,) = documents(after)
    if fault.in_place:
        assert len(document.tree["Statement"]) == len(fault.statements)  # type: ignore[arg-type] # a list
    assert fault.stays in document.text
    assert any(fault.warns in text for text in remediation.warnings) or not fault.warns
    narrowed = any(statement["Effect"] == "Deny" for statement in fault.statements)
    assert ("stays as it is" in remediation.words) is not narrowed


chosen = st.sets(st.sampled_from(sorted(OTHERS)), max_size=4).map(sorted)


@settings(max_examples=examples(100), deadline=None)
@given(st.sampled_from(FAULTS), chosen)
def test_the_patch_opens_and_changes_nothing_for_other_users(fault: Fault, others: list[str]) -> None:
    world = shared(fault, others)
    if all(is_allowed(world.account, *pair) for pair in NEEDED):
        return  # what others were given serves the release too
    check_opening(world)


@settings(max_examples=examples(60), deadline=None)
@given(chosen)
def test_exact_grants_of_others_are_no_excess_and_no_tightening_takes_them(others: list[str]) -> None:
    world = shared(None, others)
    diagnosis = world.diagnosis()
    assert diagnosis.live is not None
    wide = {"AWS's reading of all registries", "every role"} & set(others)
    assert (diagnosis.live.at(Gate.LEAST_PRIVILEGE).verdict is Verdict.FAIL) is bool(wide)
    if not wide:
        assert diagnosis.paths == ()
        return
    (path,) = diagnosis.paths
    assert path.passes_run
    assert path.opens_all
    assert all(item.tightens for item in path.remediations)
    after = applied([change for item in path.remediations for change in item.changes], world.account)
    assert all(is_allowed(after, *pair) for pair in NEEDED)
    gone = [pair for pair in SAMPLES if is_allowed(world.account, *pair) and not is_allowed(after, *pair)]
    exact = shared(None, [name for name in others if name not in wide]).account
    assert not any(is_allowed(exact, *pair) for pair in gone)


def test_what_is_tightened_says_what_it_takes_away_and_that_somebody_may_be_locked_out() -> None:
    world = shared(FAULTS[0], ["every role"])
    opening, tightening = world.diagnosis().paths[0].remediations
    assert (opening.id, tightening.id) == ("mend-role-permissions", "bound-role-permissions")
    assert not opening.tightens
    assert "locked out" in tightening.tightens[0]
    told = " ".join(tightening.tightens)
    assert "iam:PassRole on arn:aws:iam::" in told
    assert "sqs:" not in told
    assert tightening.title.startswith("Tighten")
    assert world.diagnosis().paths[0].owners[0].remediations == ("mend-role-permissions",)


@pytest.mark.parametrize(
    ("actions", "services"),
    [(["s3:GetObject", "iam:PassRole"], "iam"), (["ecs:*", "iam:PassRole"], "iam"), ("ecr:*", None)],
)
def test_a_tightening_does_not_prove_that_others_pass_who_use_what_it_takes_of_other_services(
    actions: str | list[str], services: str | None
) -> None:
    world = sound_world().with_policy(policy(*own(EIGHT, HOME.repository_arn, "*", allow(actions, "*"))))
    (path,) = world.diagnosis().paths
    assert [item.id for item in path.remediations] == ["bound-role-permissions"]
    assert path.does_not_prove.startswith(f"That whoever else uses {services} through" if services else "")
    assert bool(path.does_not_prove) is bool(services)


def test_the_gravest_grant_is_told_first_and_by_name() -> None:
    world = shared(None, ["an ECS deployment beside ours", "every role", "AWS's reading of all registries"])
    live = world.diagnosis().live
    assert live is not None
    least = live.at(Gate.LEAST_PRIVILEGE)
    assert least.cause == "self-escalation"
    assert "iam:PassRole" in least.reason
    assert {problem.cause for problem in live.problems} == {"self-escalation", "wildcard-escalation"}


def test_a_tag_condition_leaves_the_gates_unknown_and_nothing_is_offered() -> None:
    tagged = {**allow(EIGHT, "*"), "Condition": {"StringEquals": {"aws:ResourceTag/Project": "shop"}}}
    world = shared(None).with_policy(policy(allow(LOGIN, "*"), tagged))
    diagnosis = world.diagnosis()
    assert diagnosis.live is not None
    assert [verdict.verdict.value for verdict in diagnosis.live.gates] == ["pass", "pass", "unknown", "unknown"]
    assert diagnosis.paths == ()
    assert "change of model" in " ".join(missing.how for missing in diagnosis.unknown)


def test_beside_a_tag_that_does_not_match_naming_the_repository_is_a_change_of_model() -> None:
    tagged = {**allow(EIGHT, "*"), "Condition": {"StringEquals": {"aws:ResourceTag/Project": "shop"}}}
    world = shared(None).with_policy(policy(allow(LOGIN, "*"), tagged))
    diagnosis = world.with_account(repository_tags=Known((("Project", "other"),))).diagnosis()
    (remediation,) = diagnosis.paths[0].remediations
    assert any("change of model" in warning for warning in remediation.warnings)
    document = remediation.changes[0].document
    assert document is not None
    assert json.dumps(tagged["Condition"]) in json.dumps(document.tree)


@pytest.mark.parametrize("resource", [None, {"AWS": "arn:aws:iam::210987654321:root"}])
def test_a_repository_policy_that_does_not_mention_the_role_denies_nothing(resource: object) -> None:
    world = shared(FAULTS[-6])
    if resource:
        admits = {"Effect": "Allow", "Principal": resource, "Action": ["ecr:BatchGetImage"]}
        world = world.with_account(repository_policy=Known(NamedPolicy("shop/api", policy(admits))))
    diagnosis = world.diagnosis()
    assert {problem.cause for problem in diagnosis.forecast} <= {"push-scope", "pull-scope"}
    assert [item.id for item in diagnosis.paths[0].remediations] == ["mend-role-permissions"]


def test_what_shows_only_after_another_is_mended_is_told_too() -> None:
    denial = {"Sid": "NoCi", "Effect": "Deny", "Principal": "*", "Action": "ecr:PutImage"}
    repository = Known(NamedPolicy("shop/api", policy(denial)))
    gone = dict.fromkeys(("role", "inline_policies", "attached_policies", "boundary"), Absent("role release"))
    diagnosis = shared(None).with_account(**gone, repository_policy=repository).diagnosis()
    assert [problem.cause for problem in diagnosis.forecast] == ["role-absent", "repository-policy-deny"]
    refused = shared(FAULTS[0]).with_trust(trust("repo:octo-org/octo-repo:ref:refs/heads/main"))
    diagnosis = refused.with_account(repository_policy=repository).diagnosis()
    causes = [problem.cause for problem in diagnosis.forecast]
    assert set(causes) == {"subject-not-admitted", "push-scope", "pull-scope", "repository-policy-deny"}
    assert len({(problem.cause, problem.checkpoint) for problem in diagnosis.forecast}) == len(causes)
    assert all(path.opens_all for path in diagnosis.paths)


def test_a_boundary_and_a_policy_that_lack_the_same_action_are_told_once_each() -> None:
    world = shared(None).with_policy(policy(*own(EIGHT[1:])))
    edge = NamedPolicy("edge", policy(allow([LOGIN, *EIGHT[1:]], "*")))
    diagnosis = world.with_account(boundary=Known(edge)).diagnosis()
    assert [(problem.cause, problem.actions) for problem in diagnosis.forecast] == [
        ("push-scope", (EIGHT[0],)),
        ("boundary", (EIGHT[0],)),
    ]
    assert HOME.repository_arn in diagnosis.forecast[0].reason


SIGNED: dict[str, tuple[str, tuple[str, ...]]] = {
    "E06": ("repository/shop-* is granted, repository/shop is needed", ("mend-role-permissions",)),
    "E12": ("a space in its name", ("mend-role-permissions",)),
    "E15": ("multi-factor sign-in", ("mend-role-permissions",)),
    "E17": ("aws:ResourceTag/Project", ()),
    "E24": ("region us-east-1 is granted, eu-west-1 is needed", ("mend-role-permissions",)),
    "E31": ("are allowed on their exact resources", ()),
}
"""By public policy: words of the registry gate, and what is offered."""


@pytest.mark.shared
@pytest.mark.parametrize("name", SIGNED)
def test_public_policies_are_mended_as_an_expert_would_sign(name: str) -> None:
    rows = (SHARED / "cases" / "policies.jsonl").read_text().splitlines()
    row = next(item for item in map(json.loads, rows) if item["id"] == name)
    world = sound_world(Ground(repository="shop", branch="main"))
    world = world.with_job(steps=tuple(step for step in world.workflow.jobs[0].steps if step.name != "Digest"))
    world = world.with_policy(read_document(json.dumps(row["policy"]))).with_trust(
        read_document(json.dumps(row["trust"]))
    )
    diagnosis = world.diagnosis()
    assert diagnosis.live is not None
    words, offered = SIGNED[name]
    assert words in diagnosis.live.at(Gate.REGISTRY_AUTHORIZATION).reason
    assert tuple(item.id for path in diagnosis.paths for item in path.remediations) == offered
    assert diagnosis.live.at(Gate.LEAST_PRIVILEGE).verdict is (Verdict.UNKNOWN if name == "E17" else Verdict.PASS)
    for path in diagnosis.paths:
        after = applied([change for item in path.remediations for change in item.changes], world.account)
        void = ("ecr: BatchGetImage",)
        assert compare_grants([documents(world.account)], [documents(after)], void=void).takes_nothing_away


ON_CONDITION = {
    "another region": ("aws:RequestedRegion", "us-east-1"),
    "a tag of the role's": ("aws:PrincipalTag/team", "shop"),
    "a session name of others": ("aws:userid", "AROAEXAMPLE:deploy"),
    "a second factor": ("aws:MultiFactorAuthPresent", "true"),
}


@pytest.mark.parametrize(("key", "value"), ON_CONDITION.values(), ids=ON_CONDITION)
@pytest.mark.parametrize("which", [0, 1], ids=["login", "push"])
def test_a_grant_under_a_condition_that_is_not_met_is_told_and_the_new_one_warned_of(
    key: str, value: str, which: int
) -> None:
    operator = "Bool" if value == "true" else "StringEquals"
    statements = own()
    statements[which] = {**statements[which], "Condition": {operator: {key: value}}}
    diagnosis = sound_world().with_policy(policy(*statements)).diagnosis()
    gate = diagnosis.live.gates[2]
    if gate.verdict is Verdict.UNKNOWN:
        return
    told = (
        f"{statements[which]['Sid']} of release grants it where {key} {operator} {value}, which the run does not meet"
    )
    assert told in gate.reason
    mend = next(item for path in diagnosis.paths for item in path.remediations if item.id == "mend-role-permissions")
    assert any(text.startswith(told) and "no such condition" in text for text in mend.warnings)


def test_a_condition_that_is_met_or_on_another_resource_is_not_told() -> None:
    elsewhere = {
        **allow(EIGHT, REPO.replace("api", "web")),
        "Condition": {"StringEquals": {"aws:RequestedRegion": "x"}},
    }
    statements = [{**own()[0], "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}}, elsewhere]
    diagnosis = sound_world().with_policy(policy(*statements)).diagnosis()
    assert "grants it where" not in diagnosis.live.gates[2].reason
    assert not [text for item in diagnosis.remediations for text in item.warnings if "grants it where" in text]
