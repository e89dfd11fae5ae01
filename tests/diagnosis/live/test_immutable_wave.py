"""A repository of the immutable wave gets a verdict, a forecast and a proved path, whatever GitHub's flag says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from small_world import NOW, World, sound_world, trust

from diagnosis.causes import Cause
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import Job, OidcCustomization, Step
from diagnosis.gates import Gate, Verdict
from diagnosis.policy.language.tree import statements

CLASSIC = "repo:octo-org/octo-repo:ref:refs/heads/release"
PREFIX = "repo:octo-org@583231/octo-repo@456789"
IMMUTABLE = f"{PREFIX}:ref:refs/heads/release"
UNREAD = Unreadable("OIDC subject customization", "403", "give the token actions: read", "actions: read")


def world(customization: object, *listed: str, operator: str = "StringEquals") -> World:
    made = sound_world().with_trust(trust(list(listed), operator))
    reading = Known(customization) if isinstance(customization, OidcCustomization) else UNREAD
    return replace(made, attempt=replace(made.attempt, oidc_customization=reading))


def assumption(diagnosis):
    return next(gate for gate in diagnosis.live.gates if gate.gate is Gate.ROLE_ASSUMPTION)


@pytest.mark.parametrize(
    ("flag", "listed", "operator"),
    [
        (False, CLASSIC, "StringEquals"),
        (True, CLASSIC, "StringEquals"),
        (None, CLASSIC, "StringEquals"),
        (False, "repo:octo-org/*", "StringLike"),
    ],
)
def test_a_prefix_with_ids_fails_a_classic_trust_and_the_path_that_lists_it_opens_everything(flag, listed, operator):
    told = OidcCustomization(use_immutable_subject=flag, sub_claim_prefix=PREFIX)
    diagnosis = world(told, listed, operator=operator).diagnosis()
    assert diagnosis.live.subjects == (IMMUTABLE,)
    assert assumption(diagnosis).verdict is Verdict.FAIL
    assert diagnosis.forecast[0].cause is Cause.SUBJECT_IMMUTABLE_FORM
    best = diagnosis.paths[0]
    assert best.opens_all
    (change,) = best.remediations[0].changes
    assert IMMUTABLE in change.document.text


def test_a_prefix_with_ids_passes_a_trust_that_lists_it():
    told = OidcCustomization(use_immutable_subject=False, sub_claim_prefix=PREFIX)
    diagnosis = world(told, IMMUTABLE).diagnosis()
    assert assumption(diagnosis).verdict is Verdict.PASS
    assert not diagnosis.forecast


def test_both_forms_listed_pass_where_the_form_was_not_read():
    assert assumption(world(None, CLASSIC, IMMUTABLE).diagnosis()).verdict is Verdict.PASS


def test_one_form_listed_is_unknown_where_the_form_was_not_read():
    gate = assumption(world(None, CLASSIC).diagnosis())
    assert gate.verdict is Verdict.UNKNOWN
    assert Cause.SUBJECT_IMMUTABLE_FORM in gate.candidates


def test_what_refuses_either_form_is_proved_where_the_form_was_not_read():
    made = world(None, CLASSIC)
    made = replace(made.with_job(environment="prod"), attempt=replace(made.attempt, environment="prod"))
    diagnosis = made.diagnosis()
    gate = assumption(diagnosis)
    assert (gate.verdict, gate.cause) == (Verdict.FAIL, Cause.SUBJECT_SHAPE)
    assert [item.cause for item in diagnosis.forecast] == [Cause.SUBJECT_SHAPE]


def refused(made: World) -> World:
    """The world's run as STS refused it."""
    words = "Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity"
    log = f"2026-10-01T12:00:05.0000000Z ##[error]{words}\n"
    steps = (
        Step(1, "Checkout", "completed", "success", NOW, NOW),
        Step(2, "Credentials", "completed", "failure", NOW, NOW),
    )
    job = Job(1, "Release", "completed", "failure", NOW, NOW, steps=steps, log=Known(log))
    return replace(made, attempt=replace(made.attempt, jobs=Known((job,)), conclusion="failure"))


@pytest.mark.parametrize("listed", [CLASSIC, IMMUTABLE])
def test_a_refused_run_whose_form_was_not_read_is_offered_both_in_one_statement(listed):
    diagnosis = refused(world(None, listed)).diagnosis()
    assert assumption(diagnosis).verdict is Verdict.UNKNOWN
    (path,) = diagnosis.paths
    assert path.opens_all
    (change,) = path.remediations[0].changes
    (statement,) = statements(change.document.tree)
    block = statement["Condition"]["StringEquals"]
    assert set(block["token.actions.githubusercontent.com:sub"]) == {CLASSIC, IMMUTABLE}
    assert "is the classic form" in path.remediations[0].words


def test_a_run_that_was_not_refused_is_offered_no_change_for_a_form_that_was_not_read():
    assert world(None, CLASSIC).diagnosis().paths == ()
