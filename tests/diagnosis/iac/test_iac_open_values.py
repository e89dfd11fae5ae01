"""What is said of a document with open values holds for every value that they may have."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from thoroughness import examples

from diagnosis.facts.reading import Unreadable
from diagnosis.iac.bounds import bounds
from diagnosis.iac.lint import LintedProposal, lint_proposed
from diagnosis.iac.proposal import Given, OpenDocument, Proposal, WholeDocument
from diagnosis.iac.read import read_files
from diagnosis.policy import Layers, Request, Unparsable, evaluate, read_document

QUIET = list(HealthCheck)
KEY = "token.actions.githubusercontent.com"
PROVIDER = f"arn:aws:iam::123456789012:oidc-provider/{KEY}"
SUBJECTS = ["repo:octo/shop:*", "repo:octo/shop:ref:refs/heads/main", "*", "repo:octo/*", "octo", "ref:refs/heads/main"]
ACTIONS = ["ecr:PutImage", "ecr:GetAuthorizationToken", "ecr:*", "ecr:PutImages", "iam:PassRole", "s3:GetObject"]
RESOURCES = [
    "*",
    "arn:aws:ecr:eu-west-1:123456789012:repository/shop",
    "arn:aws:s3:::octo/*",
    "arn:aws:iam::123456789012:role/x",
]
VALUES = st.sampled_from(
    [*SUBJECTS, *ACTIONS, *RESOURCES, "", "x", "**", "${aws:username}", "123456789012", "a b", "Allow"]
)


@st.composite
def trusts(draw: st.DrawFn) -> dict[str, Any]:
    condition = draw(
        st.dictionaries(
            st.sampled_from(["StringEquals", "StringLike", "StringNotEquals", "ForAllValues:StringLike"]),
            st.dictionaries(
                st.sampled_from([f"{KEY}:sub", f"{KEY}:aud", "aws:SourceIp"]),
                st.lists(st.sampled_from([*SUBJECTS, "sts.amazonaws.com"]), min_size=1, max_size=2),
                min_size=1,
            ),
            max_size=2,
        )
    )
    statement = {
        "Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"])),
        "Principal": {"Federated": [PROVIDER]},
        "Action": ["sts:AssumeRoleWithWebIdentity"],
        **({"Condition": condition} if condition else {}),
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


@st.composite
def grants(draw: st.DrawFn) -> dict[str, Any]:
    made = []
    for _ in range(draw(st.integers(1, 3))):
        actions = draw(st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=3))
        resources = draw(st.lists(st.sampled_from(RESOURCES), min_size=1, max_size=2))
        element, target = (
            draw(st.sampled_from(["Action", "Action", "NotAction"])),
            draw(st.sampled_from(["Resource", "NotResource"])),
        )
        made.append({"Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"])), element: actions, target: resources})
    return {"Version": "2012-10-17", "Statement": made}


def leaves(value: Any, steps: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from leaves(each, (*steps, name))
    elif isinstance(value, list):
        for at, each in enumerate(value):
            yield from leaves(each, (*steps, at))
    else:
        yield steps


def with_open(policy: dict[str, Any], steps: tuple[Any, ...], part: tuple[int, int]) -> dict[str, Any]:
    """The policy as a template with a part of one of its texts a parameter's."""
    copy = json.loads(json.dumps(policy))
    value = copy
    for step in steps[:-1]:
        value = value[step]
    text = value[steps[-1]]
    start, end = sorted((part[0] % (len(text) + 1), part[1] % (len(text) + 1)))
    value[steps[-1]] = {"Fn::Join": ["", [text[:start], {"Ref": "P"}, text[end:]]]}
    role = "AssumeRolePolicyDocument" if "Principal" in policy["Statement"][0] else "PolicyDocument"
    kind = "AWS::IAM::Role" if role.startswith("Assume") else "AWS::IAM::ManagedPolicy"
    return {"Parameters": {"P": {"Type": "String"}}, "Resources": {"R": {"Type": kind, "Properties": {role: copy}}}}


def allows(text: str, action: str, resource: str) -> bool | None:
    """Whether the policy alone allows it; None where the text has no meaning, so that AWS would not keep it."""
    document = read_document(text)
    if isinstance(document.policy, Unparsable):
        # A policy without a statement allows nothing.
        return False if not json.loads(text)["Statement"] else None
    request = Request("arn:aws:sts::123456789012:assumed-role/r/s", action, resource)
    return evaluate(request, Layers(identity=(document.policy,))).allowed


def read(template: dict[str, Any], value: str | None = None) -> Proposal:
    return read_files({"t.json": json.dumps(template)}, Given(parameters={} if value is None else {"P": value}))


def found(linted: LintedProposal | Unreadable) -> set[tuple[str, str]]:
    findings = linted.report.findings if isinstance(linted, LintedProposal) else ()
    return {(each.rule.value, each.place.path) for each in findings}


@settings(max_examples=examples(320), deadline=None, suppress_health_check=QUIET)
@given(st.one_of(trusts(), grants()), st.data())
def test_a_finding_around_an_open_value_is_there_for_every_value(policy: dict[str, Any], data: st.DataObject) -> None:
    steps = data.draw(st.sampled_from([each for each in leaves(policy) if each != ("Version",)]))
    template = with_open(policy, steps, data.draw(st.tuples(st.integers(0, 40), st.integers(0, 40))))
    [proposed] = read(template).documents
    assert isinstance(proposed.document, OpenDocument)
    around = lint_proposed(proposed)
    value = data.draw(VALUES)
    [settled] = read(template, value).documents
    assert isinstance(settled.document, WholeDocument)
    exact = lint_proposed(settled)
    assert found(around) <= found(exact)


@settings(max_examples=examples(320), deadline=None, suppress_health_check=QUIET)
@given(grants(), st.data())
def test_the_bounds_hold_between_them_what_any_value_makes(policy: dict[str, Any], data: st.DataObject) -> None:
    steps = data.draw(st.sampled_from([each for each in leaves(policy) if each[-1] not in ("Version", "Effect")]))
    template = with_open(policy, steps, data.draw(st.tuples(st.integers(0, 40), st.integers(0, 40))))
    [proposed] = read(template).documents
    assert isinstance(proposed.document, OpenDocument)
    limits = bounds(proposed.document)
    assert limits is not None
    [settled] = read(template, data.draw(VALUES)).documents
    assert isinstance(settled.document, WholeDocument)
    for action in ACTIONS:
        for resource in (
            "arn:aws:ecr:eu-west-1:123456789012:repository/shop",
            "arn:aws:s3:::octo/a",
            "arn:aws:iam::123456789012:role/x",
        ):
            least, exact, most = (
                allows(text, action, resource) for text in (limits.least, settled.document.text, limits.most)
            )
            if exact is not None:
                assert least is not None
                assert most is not None
                assert least <= exact <= most
