"""An entry of the case file accounts for the set that it names, while it is in force, and for nothing beyond it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from conform_change import (
    ACCOUNT,
    APP,
    AT,
    BASE,
    POLICY,
    REPOSITORY,
    TRUST,
    allow,
    conformance,
    edited,
    of_rule,
    policy_text,
    subject_trust,
    told,
)

from diagnosis.callers.comparison import compare_trust
from diagnosis.conform.accounted import Accounted
from diagnosis.facts.case import Case, StatedException, StatedWidening
from diagnosis.findings.finding import Level
from diagnosis.policy import read_document

TODAY = AT.date()
GRANTED = edited(POLICY, lambda all_: all_.append(allow(["s3:PutObject", "s3:GetObject"], "arn:aws:s3:::evidence/*")))
TAGS = edited(TRUST, lambda all_: all_.append(subject_trust("repo:octo-org/shop:ref:refs/tags/v*", "StringLike")))
ROOT = "arn:aws:iam::444455556666:root"
DOOR = edited(
    TRUST, lambda all_: all_.append({"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "sts:AssumeRole"})
)


def _case(expires: date | None = TODAY, rationale: str = "ticket 4713", **stated: object) -> Case:
    return Case(widenings=(StatedWidening(rationale=rationale, expires=expires, **stated),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("grants", "on", "left"),
    [
        (("s3:PutObject", "s3:GetObject"), ("arn:aws:s3:::evidence/*",), ()),
        (("s3:*Object",), ("arn:aws:s3:::evidence/*",), ()),
        (("s3:PutObject", "s3:GetObject"), ("arn:aws:s3:::*",), ()),
        (("s3:PutObject",), ("arn:aws:s3:::evidence/*",), ("s3:GetObject",)),
        (("s3:PutObject", "s3:GetObject"), ("arn:aws:s3:::evidence/2026/*",), ("s3:GetObject", "s3:PutObject")),
        (("s3:PutObject", "s3:GetObject"), ("arn:aws:s3:::evidence",), ("s3:GetObject", "s3:PutObject")),
        (("ecr:*",), ("*",), ("s3:GetObject", "s3:PutObject")),
    ],
)
def test_grants_are_accounted_for_as_sets(grants: tuple[str, ...], on: tuple[str, ...], left: tuple[str, ...]) -> None:
    found = conformance(GRANTED, case=_case(grants=grants, on=on))
    assert ("widened-grants" in told(found)) is bool(left)
    for action in left:
        assert any(action in detail for detail in of_rule(found, "widened-grants").details)
    if not left:
        assert told(found, Level.NOTE) == {"widening-stated"}


@pytest.mark.parametrize(
    ("admits", "passes"),
    [
        ("repo:octo-org/shop:ref:refs/tags/v*", True),
        ("repo:octo-org/shop:ref:refs/tags/*", True),
        ("repo:octo-org/shop:ref:refs/tags/v1*", False),
        ("repo:octo-org/shop:ref:refs/heads/*", False),
    ],
)
def test_callers_are_accounted_for_as_sets(admits: str, passes: bool) -> None:
    found = conformance(TAGS, case=_case(admits=(admits,)))
    assert ("widened-trust" not in told(found)) is passes


def test_a_second_door_is_stated_as_an_exception() -> None:
    found = conformance(DOOR, case=Case(exceptions=(StatedException(ROOT, "break-glass, ticket 4711", TODAY),)))
    assert told(found) == set()
    assert told(conformance(DOOR)) == {"second-door", "widened-trust"}


@pytest.mark.parametrize(
    ("case", "why"),
    [
        (_case(TODAY - timedelta(days=1), grants=("s3:*",), on=("*",)), "has expired on 2026-05-31"),
        (_case(None, grants=("s3:*",), on=("*",)), "lacks an expiry"),
        (_case(rationale=" ", grants=("s3:*",), on=("*",)), "lacks a rationale"),
        (_case(grants=("s3:*",)), "lacks what it names"),
    ],
)
def test_an_entry_that_is_not_whole_accounts_for_nothing_and_is_told(case: Case, why: str) -> None:
    found = conformance(GRANTED, case=case)
    assert "widened-grants" in told(found)
    void = of_rule(found, "entry-void")
    assert (void.level, void.place.file) == (Level.NOTE, "case.toml")
    assert why in void.sentence


def test_an_entry_is_for_the_role_that_it_names() -> None:
    stated = {"grants": ("s3:*",), "on": ("arn:aws:s3:::evidence/*",)}
    assert "widened-grants" not in told(conformance(GRANTED, case=_case(role="release", **stated)))
    assert "widened-grants" in told(conformance(GRANTED, case=_case(role="another", **stated)))


_READER, _OTHER = f"arn:aws:iam::{ACCOUNT}:role/reader", "arn:aws:iam::444455556666:root"
_DENIED = {"Effect": "Deny", "Principal": "*", "Action": "ecr:DeleteRepository"}


def _repository(*statements: dict[str, Any]) -> dict[str, str]:
    """The repository with a template of its ECR repository, whose policy has these statements."""
    text = {"Version": "2012-10-17", "Statement": [*statements]}
    policy = {"RepositoryName": "app", "RepositoryPolicyText": text}
    template = {"Resources": {"App": {"Type": "AWS::ECR::Repository", "Properties": policy}}}
    return {**BASE, "infra/app.json": json.dumps(template)}


def _may(principal: str, *actions: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": [*actions]}


_PULL = _may(_READER, "ecr:BatchGetImage")
_OPENED = _repository(_PULL, _DENIED, _may(_OTHER, "ecr:BatchGetImage", "ecr:PutImage"))
_STATED: dict[str, Any] = {"role": "infra/app.json", "grants": ("ecr:BatchGetImage", "ecr:PutImage"), "on": ("*",)}


@pytest.mark.parametrize(
    ("head", "case", "passes"),
    [
        (_OPENED, _case(**_STATED, admits=(_OTHER,)), True),
        (_OPENED, _case(**_STATED), False),
        (_OPENED, _case(**{**_STATED, "role": ""}, admits=(_OTHER,)), False),
        (_OPENED, _case(**{**_STATED, "role": "release"}, admits=(_OTHER,)), False),
        (_OPENED, _case(**{**_STATED, "grants": ("ecr:BatchGetImage",)}, admits=(_OTHER,)), False),
        (_OPENED, _case(**_STATED, admits=(_READER,)), False),
        (_OPENED, Case(exceptions=(StatedException(_OTHER, "break-glass, ticket 4711", TODAY),)), False),
        (_repository(_PULL), _case(grants=("ecr:*",), on=("*",)), False),
        (_repository(_PULL), _case(role="infra/app.json", grants=("ecr:DeleteRepository",), on=("*",)), True),
    ],
)
def test_what_is_stated_of_a_role_says_nothing_of_who_may_use_a_resource(
    head: dict[str, str], case: Case, passes: bool
) -> None:
    found = conformance(head, base=_repository(_PULL, _DENIED), case=case)
    assert ("widened-resource-policy" not in told(found)) is passes
    assert ("widening-stated" in told(found, Level.NOTE)) or not passes


def test_what_a_release_needs_is_told_with_the_step_and_what_goes_beyond_it_is_refused() -> None:
    more = edited(POLICY, lambda all_: all_[1].update(Resource=[APP, APP + "-next"]))
    needed = conformance(more, base=edited(POLICY, lambda all_: all_.pop()))
    note = of_rule(needed, "widening-needed")
    assert "needed by step “push” of job “release”" in note.details
    assert "widened-grants" in told(needed)
    assert all("app-next" in line for line in of_rule(needed, "widened-grants").details)


_ACCOUNT = "444455556666"


@pytest.mark.parametrize(
    ("principal", "admits"),
    [
        ({"AWS": f"arn:aws:iam::{_ACCOUNT}:root"}, _ACCOUNT),
        ({"AWS": f"arn:aws:iam::{_ACCOUNT}:role/ops"}, f"arn:aws:iam::{_ACCOUNT}:role/ops"),
        ({"Service": "ec2.amazonaws.com"}, "ec2.amazonaws.com"),
        ({"AWS": "*"}, "*"),
    ],
)
def test_each_sort_of_caller_is_taken_from_a_trust_policy_by_its_name(principal: dict[str, str], admits: str) -> None:
    def left(*names: str) -> int:
        made = Accounted(widenings=(StatedWidening(admits=names),)).taken_from(trust)
        return len(compare_trust(nobody, made, REPOSITORY).newly_admitted)

    admitted = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    trust, nobody = (read_document(policy_text(*statements)) for statements in ((admitted,), ()))
    assert left(admits) == 0
    assert left("repo:octo-org/shop:*") == left() > 0
