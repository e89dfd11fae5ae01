"""A repository policy that lets others push makes the release one way to publish among several."""

from __future__ import annotations

from dataclasses import replace

import pytest
from compliant_chain import ACCOUNT, ROLE, ComplyingRelease
from small_world import policy

from diagnosis.facts.account import NamedPolicy
from diagnosis.facts.reading import Known
from diagnosis.gates import Verdict

OTHER = "999988887777"
IN_ORGANIZATION = {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}}


@pytest.mark.parametrize(
    ("principal", "more", "verdict"),
    [
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, {}, Verdict.PASS),
        ({"AWS": [ROLE, f"arn:aws:iam::{OTHER}:role/mirror"]}, {}, Verdict.PASS),
        ({"AWS": OTHER}, {"Action": "ecr:BatchGetImage"}, Verdict.PASS),
        ({"AWS": OTHER}, {"Effect": "Deny"}, Verdict.PASS),
        ("*", {}, Verdict.FAIL),
        ({"AWS": OTHER}, {}, Verdict.FAIL),
        ({"AWS": [ROLE, f"arn:aws:iam::{OTHER}:root"]}, {"Action": "ecr:*"}, Verdict.FAIL),
        ({"AWS": "*"}, {}, Verdict.FAIL),
        ({"Service": "codebuild.amazonaws.com"}, {}, Verdict.PASS),
        ("*", {"Action": None, "NotAction": "ecr:Get*"}, Verdict.FAIL),
        ("*", {"Action": None, "NotAction": ["ecr:*"]}, Verdict.PASS),
        (None, {"NotPrincipal": {"AWS": ROLE}}, Verdict.FAIL),
        (None, {"NotPrincipal": {"AWS": ROLE}, "Effect": "Deny"}, Verdict.PASS),
        ("*", IN_ORGANIZATION, Verdict.UNKNOWN),
        ({"AWS": OTHER}, IN_ORGANIZATION, Verdict.UNKNOWN),
        ({"AWS": "*"}, IN_ORGANIZATION, Verdict.UNKNOWN),
        (None, {"NotPrincipal": {"AWS": ROLE}, **IN_ORGANIZATION}, Verdict.UNKNOWN),
    ],
)
def test_others_who_may_push_turn_the_scope(principal: object, more: dict[str, object], verdict: Verdict) -> None:
    base = ComplyingRelease()
    statement = {"Effect": "Allow", "Principal": principal, "Action": ["ecr:PutImage", "ecr:UploadLayerPart"], **more}
    statement = {name: value for name, value in statement.items() if value is not None}
    account = replace(base.account, repository_policy=Known(NamedPolicy("repository policy", policy(statement))))
    closure = replace(base, account=account).diagnosis().closure
    assert closure is not None
    short = {item.rule: item.verdict for item in closure.rules if item.verdict is not Verdict.PASS}
    assert short == ({} if verdict is Verdict.PASS else {"scope-bounded": verdict})
