"""What of a change stands in the place of what: moved, renamed or written in another form it is compared, and widens nothing."""

from __future__ import annotations

import json

import pytest
from conform_change import BASE, GRANTS, POLICY, RELEASE, TRUST, WORKFLOW, Files, allow, conformance, policy_text, told

from diagnosis.findings.finding import Level

_TRUST, _GRANTS = json.loads(BASE[TRUST]), json.loads(BASE[POLICY])
_EDGE = {"Version": "2012-10-17", "Statement": [allow("ecr:*", "*")]}
_MORE = policy_text(*GRANTS, allow("s3:GetObject", "arn:aws:s3:::b/*"))


def template(name: str = "release", logical: str = "Release", *, edge: bool = False) -> str:
    properties = {
        "RoleName": name,
        "AssumeRolePolicyDocument": _TRUST,
        "Policies": [{"PolicyName": "push", "PolicyDocument": _GRANTS}],
    }
    resources: dict[str, object] = {logical: {"Type": "AWS::IAM::Role", "Properties": properties}}
    if edge:
        properties["PermissionsBoundary"] = {"Ref": "Edge"}
        resources["Edge"] = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": _EDGE}}
    return json.dumps({"Resources": resources}, indent=1)


def code(text: str, path: str = "infra/stack.json", run: str = RELEASE) -> Files:
    return {WORKFLOW: run, path: text}


_OTHER_RUN = RELEASE.replace("role/release", "role/publish")
SAME: dict[str, tuple[Files, Files]] = {
    "documents in another folder": (BASE, {WORKFLOW: RELEASE, "aws/t.json": BASE[TRUST], "aws/p.json": BASE[POLICY]}),
    "documents that become a template's": (BASE, code(template())),
    "a template's that become documents": (code(template()), BASE),
    "a template in another file": (code(template()), code(template(), "cloud/release.json")),
    "a role under another name": (code(template()), code(template("publish", "Publish"), run=_OTHER_RUN)),
    "a role under another name with its boundary": (
        code(template(edge=True)),
        code(template("publish", "Publish", edge=True), run=_OTHER_RUN),
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_what_was_moved_is_what_it_was(name: str) -> None:
    base, head = SAME[name]
    assert told(conformance(head, base)) == set()


WIDER: dict[str, tuple[Files, Files]] = {
    "moved and widened": (BASE, {WORKFLOW: RELEASE, "aws/trust.json": BASE[TRUST], "aws/policy.json": _MORE}),
    "a template's that becomes a wider document": (code(template()), {**BASE, POLICY: _MORE}),
}


@pytest.mark.parametrize("name", WIDER)
def test_what_was_moved_and_reaches_further_is_refused(name: str) -> None:
    base, head = WIDER[name]
    assert "widened-grants" in told(conformance(head, base))


def test_a_role_under_another_name_without_its_boundary_is_new_and_not_passed_over() -> None:
    found = conformance(code(template("publish", "Publish"), run=_OTHER_RUN), code(template(edge=True)))
    assert (told(found), told(found, Level.NOTE)) == (set(), {"widening-needed"})
