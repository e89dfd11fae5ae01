"""Random sound trust policies with other users of the role and one planted fault: the first path opens for this run alone.

Each world holds the statement that is meant for the run, with or without pins, among statements of other repositories,
environments, patterns and second doors. One fault is planted in ours. The first path that is offered must let the run
in, take nothing away, let nobody else in, keep every pin, and touch one statement.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from small_world import ISSUER, Ground, World, policy, sound_world
from thoroughness import THOROUGH

from diagnosis.callers.comparison import compare_trust
from diagnosis.facts.reading import Known
from diagnosis.gates import Gate, Verdict
from diagnosis.live.run_claims import RunClaims
from diagnosis.policy import PolicyDocument
from diagnosis.policy.language.tree import JsonObject, as_list, conditions, statements
from diagnosis.verdicts.diagnosis import Path
from diagnosis.verdicts.remediation import ChangeKind

SUB, AUD = f"{ISSUER}:sub", f"{ISSUER}:aud"
RUN = {
    "ref": "refs/heads/release",
    "actor": "octocat",
    "workflow": "Release",
    "repository": "octo-org/octo-repo",
    "repository_id": "456789",
    "job_workflow_ref": "octo-org/octo-repo/.github/workflows/release.yml@refs/heads/release",
}
"""What the run of the small world presents."""


def statement(subjects: list[str], pins: dict[str, str], operator: str = "StringEquals") -> JsonObject:
    block: JsonObject = {AUD: "sts.amazonaws.com", **{f"{ISSUER}:{name}": value for name, value in pins.items()}}
    condition: JsonObject = {"StringEquals": block}
    listed = subjects[0] if len(subjects) == 1 else [*subjects]
    if operator == "StringEquals":
        block[SUB] = listed
    else:
        condition[operator] = {SUB: listed}
    return {
        "Effect": "Allow",
        "Principal": {"Federated": Ground().provider_arn},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }


OTHERS: tuple[JsonObject, ...] = (
    statement(["repo:octo-org/other:ref:refs/heads/main"], {}),
    statement(["repo:octo-org/site:environment:production"], {"ref": "refs/heads/main"}),
    statement(["repo:octo-org/site:ref:refs/heads/main"], {"actor": "hubot", "workflow": "Site"}),
    statement(["repo:octo-org/tools-*:ref:refs/heads/main"], {}, "StringLike"),
    statement(["repo:octo-org/other:environment:shared", "repo:octo-org/third:pull_request"], {}),
    {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:role/deployer"},
        "Action": "sts:AssumeRole",
    },
    {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"},
)


def listed(ours: JsonObject) -> tuple[JsonObject, JsonObject, list[str]]:
    """The block that holds the subject, all conditions, and the subjects."""
    condition = ours["Condition"]
    assert isinstance(condition, dict)
    for block in condition.values():
        if isinstance(block, dict) and SUB in block:
            return block, condition, [str(value) for value in as_list(block[SUB])]
    raise AssertionError("it lists subjects")


def write(ours: JsonObject, subjects: list[str]) -> None:
    block, _, _ = listed(ours)
    block[SUB] = subjects[0] if len(subjects) == 1 else [*subjects]


def misspelt(change: Callable[[str], str]) -> Callable[[JsonObject], None]:
    def plant(ours: JsonObject) -> None:
        _, _, subjects = listed(ours)
        write(ours, [change(subjects[0]), *subjects[1:]])

    return plant


def extra(operator: str, key: str, value: str) -> Callable[[JsonObject], None]:
    def plant(ours: JsonObject) -> None:
        condition = ours["Condition"]
        assert isinstance(condition, dict)
        block = condition.setdefault(operator, {})
        assert isinstance(block, dict)
        block[key] = value

    return plant


def another_branch(ours: JsonObject) -> None:
    _, _, subjects = listed(ours)
    write(ours, ["repo:octo-org/octo-repo:ref:refs/heads/main", *subjects[1:]])


def another_form(ours: JsonObject) -> None:
    _, _, subjects = listed(ours)
    write(ours, [subjects[0].replace("octo-org/octo-repo", "octo-org@583231/octo-repo@456789"), *subjects[1:]])


def key_of_another_host(ours: JsonObject) -> None:
    condition = ours["Condition"]
    assert isinstance(condition, dict)
    for block in condition.values():
        if isinstance(block, dict) and AUD in block:
            block[AUD.replace("github", "githb")] = block.pop(AUD)
            return


def wrong_provider(ours: JsonObject) -> None:
    ours["Principal"] = {"Federated": f"{Ground().provider_arn}/"}


def wrong_action(ours: JsonObject) -> None:
    ours["Action"] = "sts:AssumeRole"


FAULTS: dict[str, tuple[str, Callable[[JsonObject], None]]] = {
    "iss": ("condition-key-not-carried", extra("StringEquals", f"{ISSUER}:iss", f"https://{ISSUER}")),
    "owner": ("condition-key-not-carried", extra("StringLike", f"{ISSUER}:repository_owner", "octo-*")),
    "age": ("condition-key-not-carried", extra("NumericLessThan", "aws:TokenIssueTime", "3600")),
    "host": ("condition-key-not-carried", key_of_another_host),
    "no ref:": ("subject-typo", misspelt(lambda text: text.replace(":ref:refs", ":refs"))),
    "branch:": ("subject-typo", misspelt(lambda text: text.replace(":ref:refs/heads/", ":branch:"))),
    "no repo:": ("subject-typo", misspelt(lambda text: text.removeprefix("repo:"))),
    "space": ("subject-typo", misspelt(lambda text: f"{text} ")),
    "case": ("subject-typo", misspelt(lambda text: text.replace("octo-org", "Octo-Org"))),
    "url": ("subject-typo", misspelt(lambda text: f"repo:https://github.com/{text.removeprefix('repo:')}")),
    "%3A": ("subject-typo", misspelt(lambda text: text.replace(":ref:", ":ref%3A"))),
    "no owner": ("subject-typo", misspelt(lambda text: text.replace("octo-org/", ""))),
    "workflow_ref": (
        "condition-key-not-carried",
        extra("StringEquals", f"{ISSUER}:workflow_ref", RUN["job_workflow_ref"]),
    ),
    "two operators": ("subject-typo", extra("StringLike", SUB, "repo:octo-org/octo-repo:environment:*")),
    "branch": ("subject-not-admitted", another_branch),
    "form": ("subject-immutable-form", another_form),
    "actor": ("claim-pin", extra("StringEquals", f"{ISSUER}:actor", "hubot")),
    "ref": ("claim-pin", extra("StringEquals", f"{ISSUER}:ref", "refs/heads/main")),
    "workflow": ("claim-pin", extra("StringEquals", f"{ISSUER}:workflow", "Deploy")),
    "provider": ("principal-wrong", wrong_provider),
    "action": ("trust-action", wrong_action),
}


@dataclass(frozen=True)
class Planted:
    """One world, with what is to be found in it."""

    world: World
    before: PolicyDocument
    place: int
    cause: str
    pins: frozenset[str]


def planted(name: str, seed: int) -> Planted:
    cause, plant = FAULTS[name]
    chance = random.Random(f"{name}{seed}")  # noqa: S311 - a seed, no secret
    pins = {key: RUN[key] for key in chance.sample(sorted(RUN), chance.choice((0, 0, 1, 2)))}
    subjects = ["repo:octo-org/octo-repo:ref:refs/heads/release"]
    # Of two subjects one may meet both operators.
    if chance.random() < 0.4 and name != "two operators":
        subjects.append(chance.choice(("repo:octo-org/octo-repo:environment:prod", "repo:octo-org/other:pull_request")))
    # Beside another operator on the subject a list under the same operator would be one condition.
    operators = ["StringEquals", "ForAnyValue:StringLike"] + ["StringLike"] * (name != "two operators")
    ours = statement(subjects, pins, chance.choice(operators))
    plant(ours)
    others = [copy.deepcopy(item) for item in chance.sample(OTHERS, chance.randint(1, 3))]
    place = chance.randint(0, len(others))
    document = policy(*others[:place], ours, *others[place:])
    return Planted(sound_world().with_trust(document), document, place, cause, frozenset(pins))


CASES = [(name, seed) for name in FAULTS for seed in range(12 if THOROUGH else 1)]


def trusts(path: Path) -> Iterator[PolicyDocument]:
    for remediation in path.remediations:
        for change in remediation.changes:
            if change.kind is ChangeKind.REPLACE_TRUST_POLICY and change.document is not None:
                yield change.document


def role_gate(path: Path) -> Verdict:
    return next(gate.verdict for gate in path.gates if gate.gate is Gate.ROLE_ASSUMPTION)


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_the_first_path_opens_for_this_run_alone(name: str, seed: int) -> None:
    made = planted(name, seed)
    diagnosis = made.world.diagnosis()
    assert made.cause in [problem.cause for problem in diagnosis.forecast], diagnosis.live.gates[1].reason
    assert diagnosis.paths
    # No path is a way whose own gate still fails.
    assert {role_gate(path) for path in diagnosis.paths} == {Verdict.PASS}
    run = RunClaims.of(diagnosis.subject, diagnosis.live.account, made.world.case)
    for path in diagnosis.paths[:1]:
        for document in trusts(path):
            check(made, document, run)


def check(made: Planted, document: PolicyDocument, run: RunClaims) -> None:
    compared = compare_trust(made.before, document, run.attempt.repository, meant=run.claims.sets)
    assert compared.takes_nothing_away
    old, new = statements(made.before.tree), statements(document.tree)
    assert new[: made.place] == old[: made.place]
    assert new[made.place + 1 : len(old)] == old[made.place + 1 :]
    changed = [item for item in new if item not in old]
    assert len(changed) == 1
    assert len(new) - len(old) == (new[made.place] == old[made.place])
    asked = {key.rpartition(":")[2] for _, key, _ in conditions(changed[0])}
    assert made.pins <= asked, "a pin was dropped"
    assert {"sub", "aud"} <= asked
    exact = {value for _, key, values in conditions(changed[0]) if key == SUB for value in values}
    known = {value for _, key, values in conditions(old[made.place]) if key == SUB for value in values}
    # No pattern, and no subject beside this run's, comes in.
    assert exact - known <= set(run.subjects)
    if len(known) == 1:
        assert compared.admits_nothing_new, [item.text for item in compared.newly_admitted]


@pytest.mark.parametrize("name", ["iss", "host", "action"])
def test_a_pattern_of_a_statement_that_was_shut_is_not_opened_unasked(name: str) -> None:
    ours = statement(["repo:octo-org/octo-repo:*"], {}, "StringLike")
    FAULTS[name][1](ours)
    world = sound_world().with_trust(policy(ours))
    diagnosis = world.diagnosis()
    first = diagnosis.paths[0]
    # How far it would open is told as well, though it shows only once the statement is mended.
    assert [problem.cause for problem in diagnosis.forecast] == [FAULTS[name][0], "trust-too-open"]
    assert first.opens_all
    assert first.newly_admitted == ()
    (document,) = trusts(first)
    assert len(statements(document.tree)) == 1
    assert "octo-repo:*" not in document.text


def test_a_role_that_other_repositories_use_by_a_pattern_keeps_it() -> None:
    ours = statement(["repo:octo-org/octo-repo:ref:refs/heads/dev"], {})
    shared = statement(["repo:octo-org/*:environment:shared"], {}, "StringLike")
    diagnosis = sound_world().with_trust(policy(ours, shared)).diagnosis()
    for path in diagnosis.paths:
        for document in trusts(path):
            assert json.dumps(shared) in json.dumps(statements(document.tree))


def test_the_world_itself_is_sound() -> None:
    """Without a fault none of the generated policies keeps the run out."""
    ours = statement(["repo:octo-org/octo-repo:ref:refs/heads/release"], RUN)
    world = sound_world().with_trust(policy(ours, *OTHERS))
    gate = world.diagnosis().live.gates[1]
    assert gate.verdict is Verdict.PASS, gate.reason
    assert isinstance(replace(world).account.role, Known)
