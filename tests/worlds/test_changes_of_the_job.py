"""What is offered on the side of the workflow: the session's name, the environment, another ref."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from small_world import ISSUER, NOW, World, sound_world, trust, trust_statement
from small_world import policy as policy_of

from diagnosis.facts.reading import Known
from diagnosis.facts.trail import Trail, TrailEvent
from diagnosis.gates import Verdict
from diagnosis.policy import PolicyDocument
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.remediation import ChangeKind, Remediation

SUB, AUD = f"{ISSUER}:sub", f"{ISSUER}:aud"
REPO = "repo:octo-org/octo-repo"


def offered(diagnosis: Diagnosis, ident: str) -> Remediation | None:
    return next((item for path in diagnosis.paths for item in path.remediations if item.id == ident), None)


def named(operator: str, values: object) -> PolicyDocument:
    """A trust policy that admits the small world's run under a session name."""
    statement = trust_statement()
    condition = {**statement["Condition"], operator: {"sts:RoleSessionName": values}}  # type: ignore[dict-item] # JSON by hand
    if operator == "StringEquals":
        condition["StringEquals"] = {**statement["Condition"]["StringEquals"], "sts:RoleSessionName": values}  # type: ignore[index] # JSON by hand
    return policy_of({**statement, "Condition": condition})


@pytest.mark.parametrize(
    ("operator", "values", "name"),
    [
        ("StringEquals", "deploy", "deploy"),
        ("StringLike", "octo-*", "octo-GitHubActions"),
        ("StringLike", "release-???", "release-xxx"),
        ("StringEquals", ["not a name", "deploy"], "deploy"),
        ("StringNotEquals", "GitHubActions", "GitHubActions-release"),
        ("StringNotLike", "GitHub*", "release"),
        ("StringNotLike", "*", None),
        ("StringEquals", "not a name", None),
    ],
)
def test_the_session_is_given_a_name_that_the_trust_policy_admits(
    operator: str, values: object, name: str | None
) -> None:
    diagnosis = sound_world().with_trust(named(operator, values)).diagnosis()
    assert diagnosis.live.gates[1].cause == "session-name-not-admitted"
    item = offered(diagnosis, "name-the-session")
    assert (item.changes[0].values if item else None) == ((name,) if name else None)
    if item is not None:
        assert not item.widens
        assert diagnosis.paths[0].opens_all


def test_two_conditions_on_the_name_are_met_together() -> None:
    statement = trust_statement()
    both = {"StringLike": {"sts:RoleSessionName": ["a-*", "b-*"]}, "StringNotLike": {"sts:RoleSessionName": "a-*"}}
    document = policy_of({**statement, "Condition": {**statement["Condition"], **both}})  # type: ignore[dict-item] # JSON by hand
    diagnosis = sound_world().with_trust(document).diagnosis()
    item = offered(diagnosis, "name-the-session")
    assert item is not None
    assert item.changes[0].values == ("b-GitHubActions",)


def test_a_name_that_the_step_has_is_shown_as_removed() -> None:
    world = sound_world().with_inputs(("role-session-name", "mine")).with_trust(named("StringEquals", "deploy"))
    item = offered(world.diagnosis(), "name-the-session")
    assert item is not None
    assert item.difference.splitlines() == [
        "   with:",
        "-    role-session-name: mine",
        "+    role-session-name: deploy",
    ]


def in_environment(world: World, name: str | None) -> World:
    return world.with_job(environment=name)


@pytest.mark.parametrize(
    ("environment", "listed", "ident"),
    [
        ("prod", f"{REPO}:ref:refs/heads/release", "remove-environment"),
        (None, f"{REPO}:environment:prod", "set-environment"),
        # A pattern names no environment, and another repository's is no help.
        (None, f"{REPO}:environment:*", None),
        (None, "repo:octo-org/other:environment:prod", None),
        ("prod", f"{REPO}:ref:refs/heads/other", None),
    ],
)
def test_the_job_is_given_the_shape_that_is_listed(environment: str | None, listed: str, ident: str | None) -> None:
    diagnosis = in_environment(sound_world().with_trust(trust(listed, "StringLike")), environment).diagnosis()
    assert diagnosis.live.gates[1].verdict is Verdict.FAIL
    found = {item.id for path in diagnosis.paths for item in path.remediations} & {
        "remove-environment",
        "set-environment",
    }
    assert found == ({ident} if ident else set())


def test_what_was_seen_of_the_old_subject_says_nothing_about_the_job_in_another_environment() -> None:
    world = sound_world()
    subject = f"{REPO}:ref:refs/heads/release"
    seen = TrailEvent("AssumeRoleWithWebIdentity", "sts", NOW, subject, world.ground.role_arn, "e-1", subject=subject)
    trail = Trail(NOW - timedelta(days=1), NOW + timedelta(days=1), (seen,))
    world = world.with_account(trail=Known(trail)).with_trust(trust(f"{REPO}:environment:prod"))
    path = next(path for path in world.diagnosis().paths if path.remediations[0].id == "set-environment")
    assert path.opens_all


def test_a_workflow_that_cannot_be_dispatched_is_pushed_instead() -> None:
    world = sound_world().with_trust(trust(f"{REPO}:ref:refs/heads/main"))
    for triggers, warned in ((("push",), True), (("workflow_dispatch",), False)):
        changed = replace(world, workflow=replace(world.workflow, triggers=triggers))
        item = offered(changed.diagnosis(), "dispatch-on-main")
        assert item is not None
        assert any("no workflow_dispatch trigger" in text for text in item.warnings) is warned


@pytest.mark.parametrize("operator", ["StringNotEquals", "StringNotLike"])
def test_a_deny_that_leaves_some_out_leaves_the_run_out_too(operator: str) -> None:
    deny = trust_statement(f"{REPO}:ref:refs/heads/main", operator, Effect="Deny", Sid="Stop")
    del deny["Condition"]["StringEquals"]  # type: ignore[attr-defined] # JSON by hand
    diagnosis = sound_world().with_trust(policy_of(trust_statement(), deny)).diagnosis()
    item = offered(diagnosis, "admit-subject")
    assert item is not None
    document = next(change.document for change in item.changes if change.kind is ChangeKind.REPLACE_TRUST_POLICY)
    assert document is not None
    assert document.text.count(f"{REPO}:ref:refs/heads/release") == 2
    assert any("Deny was written on purpose" in text for text in item.warnings)


@pytest.mark.parametrize("condition", [{}, {"StringLike": {SUB: "repo:*"}}])
def test_a_deny_of_everybody_leaves_the_run_out_by_a_condition_of_its_own(condition: dict[str, object]) -> None:
    deny = {**trust_statement(), "Effect": "Deny", "Sid": "Stop", "Condition": condition}
    diagnosis = sound_world().with_trust(policy_of(trust_statement(), deny)).diagnosis()
    item = offered(diagnosis, "admit-subject")
    assert item is not None
    assert '"StringNotEquals"' in item.difference
    assert diagnosis.paths[0].opens_all


def test_a_deny_and_a_list_that_both_refuse_are_changed_together() -> None:
    deny = trust_statement(f"{REPO}:ref:refs/heads/main", "StringNotEquals", Effect="Deny", Sid="Stop")
    del deny["Condition"]["StringEquals"]  # type: ignore[attr-defined] # JSON by hand
    allow = trust_statement(f"{REPO}:ref:refs/heads/main")
    diagnosis = sound_world().with_trust(policy_of(allow, deny)).diagnosis()
    item = offered(diagnosis, "admit-subject")
    assert item is not None
    document = item.changes[0].document
    assert document is not None
    assert document.text.count(f"{REPO}:ref:refs/heads/release") == 2


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ((), ()),
        ((trust_statement(f"{REPO}:ref:refs/heads/dev"),), ("the branch dev",)),
        ((trust_statement(f"{REPO}:ref:refs/heads/dev", audience="x"),), ()),
    ],
)
def test_an_audience_that_the_provider_lists_anew_lets_in_whom_it_kept_out(
    others: tuple[dict[str, object], ...], told: tuple[str, ...]
) -> None:
    world = sound_world().with_trust(policy_of(trust_statement(), *others))
    assert isinstance(world.account.provider, Known)
    world = world.with_account(provider=Known(replace(world.account.provider.value, audiences=("x",))))
    path = next(path for path in world.diagnosis().paths if path.remediations[0].id == "add-provider-audience")
    assert tuple(text.partition(":")[0] for text in path.remediations[0].widens) == told
    assert path.passes_run
    assert any("Every role that trusts" in text for text in path.remediations[0].warnings)


def test_an_audience_that_others_request_stays_beside_the_runs() -> None:
    world = sound_world().with_trust(trust(audience="x"))
    assert isinstance(world.account.provider, Known)
    both = replace(world.account.provider.value, audiences=("x", "sts.amazonaws.com"))
    diagnosis = world.with_account(provider=Known(both)).diagnosis()
    item = next(
        item
        for path in diagnosis.paths
        for item in path.remediations
        if any(change.kind is ChangeKind.REPLACE_TRUST_POLICY for change in item.changes)
    )
    assert "admit the audience sts.amazonaws.com" in item.words
    assert "beside x" in item.words
    document = item.changes[0].document
    assert document is not None
    assert document.text.count('"x"') == 1
