"""No patch that leaves grants by a wildcard that the account's own document does not hold; the unproved leaves without one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from live_worlds import WORLDS, _judged, diagnosis_of_world
from made_attempts import with_workflow
from mcp_sources import ISSUER, trust_of
from seeded_defects import DEFECTS, Defect, broken
from small_world import HOME
from thoroughness import some

from diagnosis.policy import PolicyDocument, has_resource_level, read_document
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.remediation import ChangeKind
from tui.mcp.fix import FORMATS, Proof, fix_object, proof_of
from tui.mcp.wildcards import wildcards_added, wildcards_of

_DOCUMENT = re.compile(r"<<'POLICY'\n(.*?)\nPOLICY\n", re.DOTALL)

WITHOUT_TEXTS: dict[str, Any] = dict.fromkeys((*FORMATS, "difference"), "")


def granted(document: Any) -> Iterator[tuple[str, str]]:
    """Each action and resource that a policy document allows."""
    statements = document.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        if statement.get("Effect") != "Allow":
            continue
        assert "NotAction" not in statement
        for action in _texts(statement.get("Action", [])):
            for resource in _texts(statement.get("Resource", [""])):
                yield action, resource


def _texts(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def held(diagnosis: Diagnosis) -> set[str]:
    """Every text with a wildcard that stands in some document of the account."""
    return set(re.findall(r'"([^"]*[*?][^"]*)"', repr(diagnosis.live).replace("'", '"')))


def worlds() -> list[str]:
    return [defect.name for defect in DEFECTS]


@pytest.mark.parametrize("name", [*some(list(WORLDS), 4), *some(worlds(), 6)])
def test_no_patch_grants_by_a_wildcard_of_its_own(name: str) -> None:
    check(diagnosis_of_world(name) if name in WORLDS else _of_defects(name), name)


@given(st.lists(st.sampled_from(DEFECTS), min_size=2, max_size=3, unique_by=lambda defect: defect.name))
def test_no_patch_of_several_faults_at_once_does(defects: list[Defect]) -> None:
    names = [defect.name for defect in defects]
    try:
        diagnosis = _of_defects(*names)
    except AssertionError:
        # One of them takes away what another would change.
        assume(False)
        return
    check(diagnosis, " + ".join(names))


def check(diagnosis: Diagnosis, name: str) -> None:
    """No patch that is offered grants by a wildcard that no document of the account holds."""
    fix: Any = fix_object(diagnosis)
    own = held(diagnosis)
    for path in fix["paths"]:
        for change in path["changes"]:
            for text in _DOCUMENT.findall(change.get("aws_cli") or ""):
                for action, resource in granted(json.loads(text)):
                    assert "*" not in action or action in own, (name, action)
                    alone = resource == "*" and has_resource_level(action) is False
                    assert "*" not in resource or alone or resource in own, (name, action, resource)
    # The offers of the repository's own are bounded: nothing had to be withheld.
    assert [each for each in fix["not_offered"] if each["withheld"]] == []


def _of_defects(*names: str) -> Diagnosis:
    world = broken([defect for defect in DEFECTS if defect.name in names])
    return _judged(world, [with_workflow(world.attempt, world.workflow)])


def _worlds_offer() -> tuple[Diagnosis, Any]:
    diagnosis = _of_defects("no push")
    for path in diagnosis.paths:
        for remediation in path.remediations:
            if any(change.kind is ChangeKind.PUT_INLINE_POLICY for change in remediation.changes):
                return diagnosis, remediation
    raise AssertionError("no offer edits an inline policy")


def _policy(*statements: dict[str, Any]) -> PolicyDocument:
    return read_document(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


@pytest.mark.parametrize(
    ("statement", "is_wild"),
    [
        ({"Action": "ecr:*", "Resource": HOME.repository_arn}, True),
        ({"Action": "ecr:Put?mage", "Resource": HOME.repository_arn}, True),
        ({"Action": "ecr:PutImage", "Resource": "*"}, True),
        ({"Action": "ecr:PutImage", "Resource": f"{HOME.repository_arn}*"}, True),
        ({"Action": ["ecr:PutImage", "*"], "Resource": HOME.repository_arn}, True),
        ({"NotAction": "iam:*", "Resource": HOME.repository_arn}, True),
        ({"Action": "ecr:PutImage", "NotResource": HOME.repository_arn}, True),
        ({"Action": "nobody:Knows", "Resource": "*"}, True),
        ({"Action": "ecr:PutImage", "Resource": f"{HOME.repository_arn}/${{aws:PrincipalTag/team}}"}, True),
        ({"Action": "ecr:GetAuthorizationToken", "Resource": "*"}, False),
        ({"Action": "ecr:PutImage", "Resource": HOME.repository_arn}, False),
        ({"Action": "ecr:*", "Resource": "*", "Effect": "Deny"}, False),
    ],
)
def test_a_change_that_would_grant_by_a_wildcard_is_withheld(statement: dict[str, Any], is_wild: bool) -> None:
    diagnosis, remediation = _worlds_offer()
    document = _policy({"Effect": "Allow", **statement})
    changes = tuple(
        replace(change, document=document) if change.document is not None else change for change in remediation.changes
    )
    widened = replace(remediation, changes=changes, **WITHOUT_TEXTS)
    account = diagnosis.live.account if diagnosis.live else None
    assert bool(wildcards_added(widened, account)) is is_wild
    paths = tuple(
        replace(path, remediations=tuple(widened if each.id == widened.id else each for each in path.remediations))
        for path in diagnosis.paths
    )
    fix: Any = fix_object(replace(diagnosis, paths=paths))
    ids = [change["id"] for path in fix["paths"] for change in path["changes"]]
    assert (widened.id not in ids) is is_wild
    assert any(each["withheld"] for each in fix["not_offered"]) is is_wild


SUBJECT = f"{ISSUER}:sub"
EXACT = {"StringEquals": {SUBJECT: "repo:o/r:ref:refs/heads/main"}}


@pytest.mark.parametrize(
    ("condition", "is_wild"),
    [
        (EXACT, False),
        ({"StringLike": {SUBJECT: ["repo:o/r:ref:refs/heads/main"]}}, False),
        ({"StringLike": {SUBJECT: "repo:o/r:*"}}, True),
        ({"ForAnyValue:StringLike": {SUBJECT.upper(): ["repo:o/r:ref:refs/tags/v?"]}}, True),
        ({**EXACT, "StringLikeIfExists": {f"{ISSUER}:job_workflow_ref": "o/*"}}, True),
        ({**EXACT, "StringNotLike": {f"{ISSUER}:actor": "bot*"}}, False),
        ({"StringEquals": {SUBJECT: "repo:${aws:username}"}}, True),
        # Each token has the subject that it has.
        ({"StringEquals": {SUBJECT: f"${{{SUBJECT}}}"}}, True),
        ({"StringNotEquals": {SUBJECT: "repo:o/r:ref:refs/heads/x"}}, True),
        ({"StringEqualsIfExists": {SUBJECT: "repo:o/r:ref:refs/heads/main"}}, True),
        ({"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com"}}, True),
        (None, True),
    ],
)
def test_a_trust_that_would_admit_by_a_pattern_or_any_subject_is_told(condition: Any, is_wild: bool) -> None:
    statement: dict[str, Any] = json.loads(trust_of("repo:o/r:ref:refs/heads/main"))["Statement"][0]
    document = _policy({**statement, "Condition": condition} if condition else {**statement, "Condition": {}})
    before = _policy({**statement, "Condition": EXACT})
    assert bool(list(wildcards_of(document, (before,)))) is is_wild
    # What the account's own document admits by already may stay.
    assert list(wildcards_of(document, (document,))) == []


@pytest.mark.parametrize("member", [*FORMATS, "difference"])
def test_a_text_that_says_more_than_its_document_is_withheld(member: str) -> None:
    diagnosis, remediation = _worlds_offer()
    assert diagnosis.live is not None
    said = f'+  "Resource": "{HOME.repository_arn}*",'
    widened = replace(remediation, **{member: getattr(remediation, member) + "\n" + said})
    assert wildcards_added(widened, diagnosis.live.account) == (f"{HOME.repository_arn}*",)
    # What the document in force holds stands beside the change, or is taken away.
    told = replace(remediation, difference=remediation.difference + "\n" + said.replace("+", "-", 1) + "\n" + said)
    assert wildcards_added(told, diagnosis.live.account) == ()


def test_what_the_own_document_grants_may_stand_in_its_patch() -> None:
    diagnosis, remediation = _worlds_offer()
    assert diagnosis.live is not None
    account = diagnosis.live.account
    inline: Any = account.inline_policies
    wild = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::shared/*"}
    before = replace(inline.value[0], document=_policy(wild))
    own = replace(account, inline_policies=replace(inline, value=(before,)))
    after = _policy(
        {**wild, "Sid": "AsBefore"}, {"Effect": "Allow", "Action": "ecr:PutImage", "Resource": HOME.repository_arn}
    )
    changes = tuple(replace(change, document=after) for change in remediation.changes)
    assert wildcards_added(replace(remediation, changes=changes, **WITHOUT_TEXTS), own) == ()
    assert wildcards_added(replace(remediation, changes=changes, **WITHOUT_TEXTS), account) == (
        "s3:get* on arn:aws:s3:::shared/*",
    )


@pytest.mark.parametrize("name", some(list(WORLDS), 4))
def test_what_is_not_proved_leaves_without_a_patch(name: str) -> None:
    diagnosis = diagnosis_of_world(name)
    # The same paths as if they stopped at a gate.
    stopped = tuple(
        replace(path, gates=tuple(replace(each, verdict=type(each.verdict).FAIL) for each in path.gates))
        for path in diagnosis.paths
    )
    fix: Any = fix_object(replace(diagnosis, paths=stopped))
    assert fix["paths"] == []
    assert [each["proof"] for each in fix["not_offered"]] == [Proof.NOT_PROVED.value] * len(stopped)
    changes = [change for each in fix["not_offered"] for change in each["changes"]]
    assert not {*FORMATS, "difference"} & {name for change in changes for name in change}
    for path in diagnosis.paths:
        assert proof_of(path) is not Proof.NOT_PROVED or not (path.opens_all or path.passes_run)
