"""Policies made in pairs, narrower, equal or wider by construction, in every form of code: only what is wider is told as such."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from conform_change import (
    APP,
    BASE,
    GRANTS,
    POLICY,
    PUSH,
    RELEASE,
    TRUST,
    WORKFLOW,
    Files,
    allow,
    conformance,
    policy_text,
    subject_trust,
    told,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples, spread

from diagnosis.findings.finding import Level

_PAIRS = [
    (action, resource)
    for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
    for resource in ("arn:aws:s3:::one/*", "arn:aws:s3:::one/a/*", "arn:aws:s3:::two/*")
]
_REFS = ["refs/heads/main", "refs/heads/dev", "refs/tags/v1", "refs/tags/v1.2"]
_PATTERNS = {
    "refs/heads/main": {"refs/heads/main"},
    "refs/heads/dev": {"refs/heads/dev"},
    "refs/tags/v1": {"refs/tags/v1"},
    "refs/tags/v1*": {"refs/tags/v1", "refs/tags/v1.2", "more of v1"},
    "refs/tags/*": {"refs/tags/v1", "refs/tags/v1.2", "more of v1", "more tags"},
}
"""What a pattern holds of the refs that are told apart here."""


def _statements(pairs: Sequence[tuple[str, str]], *, one_each: bool) -> list[dict[str, Any]]:
    """The pairs as statements: one for each, or one for each resource."""
    if one_each:
        return [allow([action], [resource]) for action, resource in pairs]
    by_resource: dict[str, list[str]] = {}
    for action, resource in pairs:
        by_resource.setdefault(resource, []).append(action)
    return [allow(actions, resource) for resource, actions in by_resource.items()]


def _json(trust: str, policy: str) -> Files:
    return {TRUST: trust, POLICY: policy}


def _template(trust: str, policy: str) -> Files:
    role = {
        "RoleName": "release",
        "AssumeRolePolicyDocument": json.loads(trust),
        "Policies": [{"PolicyName": "release", "PolicyDocument": json.loads(policy)}],
    }
    tree = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": role}},
    }
    return {"infra/template.json": json.dumps(tree, indent=1)}


def _configuration(trust: str, policy: str) -> Files:
    def literal(text: str) -> str:
        return json.dumps(json.loads(text)).replace('": ', '" = ').replace("${", "$${")

    return {
        "infra/role.tf": f'resource "aws_iam_role" "r" {{\n  name = "release"\n  assume_role_policy = '
        f"jsonencode({literal(trust)})\n}}\n"
        f'resource "aws_iam_role_policy" "p" {{\n  name = "release"\n  role = aws_iam_role.r.id\n'
        f"  policy = jsonencode({literal(policy)})\n}}\n"
    }


_FORMS: tuple[Callable[[str, str], Files], ...] = (_json, _template, _configuration)


def _files(form: Callable[[str, str], Files], trust: str = BASE[TRUST], policy: str = BASE[POLICY]) -> Files:
    return {WORKFLOW: RELEASE, **form(trust, policy)}


@settings(max_examples=examples(80), deadline=None)
@given(
    before=st.sets(st.sampled_from(_PAIRS)),
    after=st.sets(st.sampled_from(_PAIRS)),
    forms=st.tuples(st.sampled_from(_FORMS), st.sampled_from(_FORMS)),
    one_each=st.booleans(),
)
def test_grants_are_wider_by_what_the_base_does_not_hold(
    before: set[tuple[str, str]],
    after: set[tuple[str, str]],
    forms: tuple[Callable[[str, str], Files], Callable[[str, str], Files]],
    one_each: bool,
) -> None:
    old = policy_text(*GRANTS, *_statements(sorted(before), one_each=False))
    new = policy_text(*_statements(sorted(after), one_each=one_each), *GRANTS)
    # What stands below a folder that is held is held.
    held = before | {
        (action, "arn:aws:s3:::one/a/*") for action, resource in before if resource == "arn:aws:s3:::one/*"
    }
    found = conformance(_files(forms[1], policy=new), _files(forms[0], policy=old))
    counted = told(found) | told(found, Level.UNKNOWN)
    assert counted == ({"widened-grants"} if after - held else set())


@settings(max_examples=examples(80), deadline=None)
@given(
    before=st.sets(st.sampled_from(sorted(_PATTERNS))),
    after=st.sets(st.sampled_from(sorted(_PATTERNS))),
    forms=st.tuples(st.sampled_from(_FORMS), st.sampled_from(_FORMS)),
)
def test_callers_are_wider_by_whom_the_base_refuses(
    before: set[str],
    after: set[str],
    forms: tuple[Callable[[str, str], Files], Callable[[str, str], Files]],
) -> None:
    def trust(refs: set[str]) -> str:
        named = sorted(refs | {"refs/heads/main"})
        return policy_text(*(subject_trust(f"repo:octo-org/shop:ref:{ref}", "StringLike") for ref in named))

    def held(refs: set[str]) -> set[str]:
        return {each for ref in refs for each in _PATTERNS[ref]} | {"refs/heads/main"}

    found = conformance(_files(forms[1], trust(after)), _files(forms[0], trust(before)))
    counted = told(found) | told(found, Level.UNKNOWN)
    assert counted == ({"widened-trust"} if held(after) - held(before) else set())


@pytest.mark.parametrize("form", _FORMS)
@pytest.mark.parametrize("lost", spread((*PUSH, "ecr:GetAuthorizationToken"), 2))
def test_a_grant_that_the_release_needs_is_named_when_it_is_taken_away(
    form: Callable[[str, str], Files], lost: str
) -> None:
    left = policy_text(
        *(GRANTS[:1] if lost != "ecr:GetAuthorizationToken" else ()),
        allow([action for action in PUSH if action != lost], APP, Sid="Push"),
    )
    found = conformance(_files(form, policy=left), _files(form))
    assert told(found) == {"release-denied"}
    (denied,) = (each for each in found.findings if each.level is Level.ERROR)
    assert f"would be denied {lost} on {APP if lost in PUSH else '*'}, which the base branch allows" in denied.sentence
    assert "release.yml (a push to the default branch), job “release”, step “" in denied.sentence
    assert denied.place.file == next(path for path in form(BASE[TRUST], left) if path != TRUST)
    assert denied.place.line is not None
    assert [place.file for place in denied.related] == [WORKFLOW]
