"""A policy with conditions on unknown values is bracketed: what stays the same on both sides is certain."""

from __future__ import annotations

import pytest

from diagnosis.policy import Effect, Layers, Outcome, PolicyDocument, Request, evaluate, read_document, write_document
from diagnosis.policy.language.condition_bounds import OPEN, SHUT, bounded, keys_asked

REQUEST = Request(
    "arn:aws:sts::111122223333:assumed-role/r/s", "ecr:PutImage", "arn:aws:ecr:eu-west-2:111122223333:repository/a"
)
FROM_OFFICE = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}


def statement(effect: str, **more: object) -> dict[str, object]:
    return {"Effect": effect, "Action": "ecr:*", "Resource": "*", **more}


def policy(*statements: dict[str, object], version: str = "2012-10-17") -> PolicyDocument:
    return write_document({"Version": version, "Statement": [*statements]})  # type: ignore[list-item] # plain JSON


def outcome(document: PolicyDocument, side: str) -> Outcome:
    return evaluate(REQUEST, Layers(identity=(bounded(document.compiled(), frozenset(), side)[0],))).outcome


def test_a_policy_that_asks_for_known_values_only_is_itself_on_both_sides() -> None:
    compiled = policy(statement("Allow", Condition=FROM_OFFICE)).compiled()
    for side in (OPEN, SHUT):
        assert bounded(compiled, {"aws:sourceip"}, side) == (compiled, ())


@pytest.mark.parametrize(
    ("effect", "opened", "shut"),
    [
        ("Allow", Outcome.ALLOWED, Outcome.IMPLICIT_DENY),
        ("Deny", Outcome.ALLOWED, Outcome.EXPLICIT_DENY),
    ],
)
def test_an_unknown_value_opens_on_one_side_and_shuts_on_the_other(effect: str, opened: Outcome, shut: Outcome) -> None:
    rest = [statement("Allow")] if effect == "Deny" else []
    document = policy(statement(effect, Condition=FROM_OFFICE), *rest)
    assert bounded(document.compiled(), frozenset(), OPEN)[1] == ("aws:SourceIp",)
    assert (outcome(document, OPEN), outcome(document, SHUT)) == (opened, shut)


def test_a_resource_with_an_unknown_variable_is_taken_for_every_resource() -> None:
    document = policy(statement("Allow", Resource="arn:aws:ecr:*:*:repository/${aws:PrincipalTag/team}"))
    assert (outcome(document, OPEN), outcome(document, SHUT)) == (Outcome.ALLOWED, Outcome.IMPLICIT_DENY)


@pytest.mark.parametrize(
    "variable", ["${aws:PrincipalTag/team, '%s'}" % ("x" * 600), "${%saws:PrincipalTag/team}" % (" " * 600)]
)
def test_a_variable_of_any_length_is_one(variable: str) -> None:
    rest = statement("Allow")
    document = policy(statement("Deny", Resource=f"arn:aws:ecr:*:*:repository/{variable}"), rest)
    assert (outcome(document, OPEN), outcome(document, SHUT)) == (Outcome.ALLOWED, Outcome.EXPLICIT_DENY)


def test_a_statement_keeps_its_place_where_one_before_it_is_left_out() -> None:
    document = policy(statement("Deny", Condition=FROM_OFFICE), statement("Deny", Action="ecr:PutImage"))
    (kept,) = bounded(document.compiled(), frozenset(), OPEN)[0].statements
    assert (kept.effect, kept.path) == (Effect.DENY, "Statement[1]")


def test_a_policy_of_which_nothing_is_left_stays_a_policy_that_allows_nothing() -> None:
    narrowed, _ = bounded(policy(statement("Deny", Condition=FROM_OFFICE)).compiled(), frozenset(), OPEN)
    assert evaluate(REQUEST, Layers(identity=(narrowed,))).outcome is Outcome.IMPLICIT_DENY
    assert narrowed.rejections_as() == ()


def test_the_keys_asked_are_conditions_and_variables_that_the_version_has() -> None:
    parts = statement("Allow", Resource="arn:aws:s3:::b/${aws:username}", Condition=FROM_OFFICE)
    assert keys_asked(policy(parts).compiled()) == {"aws:sourceip", "aws:username"}
    assert keys_asked(policy(parts, version="2008-10-17").compiled()) == {"aws:sourceip"}
    assert keys_asked(read_document('{"Statement": []}').compiled()) == frozenset()
