"""Needs on a pattern of resources, and on one that is not known: what is said for certain holds for each of them."""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judged_worlds import ACCOUNT, REGION, account, policy
from thoroughness import examples

from diagnosis.facts.account import NamedPolicy, ResourcePolicy
from diagnosis.facts.reading import Absent, Known
from diagnosis.gates import Checkpoint
from diagnosis.live.entitlement import Entitlement, NeedJudgement, judge_needs
from diagnosis.verdicts.release import Need

ALLOWED, DENIED, UNDECIDED = Entitlement.ALLOWED, Entitlement.DENIED, Entitlement.UNDECIDED
BUCKET = "arn:aws:s3:::b"
ROLES = f"arn:aws:iam::{ACCOUNT}:role"


def judged(action: str, resource: str | None, *identity: dict[str, object], **own: object) -> NeedJudgement:
    bucket = Known(NamedPolicy("bucket", policy(own["bucket"]))) if own.get("bucket") else Absent("bucket policy")
    boundary = Known(NamedPolicy("boundary", policy(own["boundary"]))) if own.get("boundary") else Absent("boundary")
    state = account(
        inline_policies=Known((NamedPolicy("own", policy(*identity)),)),
        boundary=boundary,
        resource_policies=(ResourcePolicy(BUCKET, bucket),),
    )
    (found,) = judge_needs(
        (Need(action, resource, Checkpoint.SERVICE_AUTHORIZATION, "a step"),), state, "GitHubActions"
    )
    return found


def rule(effect: str, resources: object, element: str = "Resource", action: str = "s3:*") -> dict[str, object]:
    return {"Effect": effect, "Action": action, element: resources}


@pytest.mark.parametrize(
    ("resource", "statements", "wanted"),
    [
        (f"{BUCKET}/a/*", [rule("Allow", f"{BUCKET}/*")], ALLOWED),
        (f"{BUCKET}/a/*", [rule("Allow", f"{BUCKET}/a/*")], ALLOWED),
        (f"{BUCKET}/a/*", [rule("Allow", "*")], ALLOWED),
        (f"{BUCKET}/a/*", [rule("Allow", f"{BUCKET}/a/b/*")], UNDECIDED),
        (f"{BUCKET}/a/*", [rule("Allow", f"{BUCKET}/c/*")], DENIED),
        (f"{BUCKET}/a/*", [rule("Allow", BUCKET)], DENIED),
        (f"{BUCKET}/a/*", [rule("Allow", "*"), rule("Deny", f"{BUCKET}/a/secret*")], UNDECIDED),
        (f"{BUCKET}/a/*", [rule("Allow", "*"), rule("Deny", f"{BUCKET}/c*")], ALLOWED),
        (f"{BUCKET}/a/*", [rule("Allow", "*"), rule("Deny", f"{BUCKET}/a*")], DENIED),
        (f"{BUCKET}/a/*", [rule("Allow", "*"), rule("Deny", f"{BUCKET}/a/*", "NotResource")], ALLOWED),
        (f"{BUCKET}/a/*", [rule("Allow", "*"), rule("Deny", f"{BUCKET}/a/b/*", "NotResource")], UNDECIDED),
        (f"{BUCKET}/a/*", [rule("Allow", f"{BUCKET}/c/*", "NotResource")], ALLOWED),
        (f"{BUCKET}/a/*", [rule("Allow", f"{BUCKET}/a/c", "NotResource")], UNDECIDED),
        (f"{BUCKET}/?", [rule("Allow", f"{BUCKET}/*")], ALLOWED),
        (f"{BUCKET}/*", [rule("Allow", f"{BUCKET}/?")], UNDECIDED),
        (f"{BUCKET}/a/*", [rule("Allow", f"{BUCKET}/${{aws:PrincipalTag/team}}/*")], UNDECIDED),
    ],
)
def test_a_pattern_is_allowed_as_a_whole_denied_as_a_whole_or_undecided(
    resource: str, statements: list[dict[str, object]], wanted: Entitlement
) -> None:
    found = judged("s3:PutObject", resource, *statements)
    assert found.entitlement is wanted
    assert bool(found.missing) is (wanted is UNDECIDED)
    assert bool(found.stopped_by) is (wanted is DENIED)


@pytest.mark.parametrize(
    ("action", "statements", "wanted"),
    [
        ("iam:PassRole", [rule("Allow", "*", action="iam:PassRole")], ALLOWED),
        ("iam:PassRole", [rule("Allow", f"{ROLES}/*", action="iam:PassRole")], ALLOWED),
        ("iam:PassRole", [rule("Allow", f"{ROLES}/task", action="iam:PassRole")], UNDECIDED),
        ("iam:PassRole", [rule("Allow", "*", action="iam:GetRole")], DENIED),
        ("iam:PassRole", [rule("Allow", "arn:aws:iam::999999999999:role/*", action="iam:PassRole")], DENIED),
        ("lambda:UpdateFunctionCode", [rule("Allow", "*", action="lambda:*")], ALLOWED),
        (
            "lambda:UpdateFunctionCode",
            [rule("Allow", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:a", action="lambda:*")],
            UNDECIDED,
        ),
        ("lambda:UpdateFunctionCode", [rule("Allow", "*", action="s3:*")], DENIED),
        ("nowhere:DoThings", [rule("Allow", "*", action="*")], ALLOWED),
        ("nowhere:DoThings", [rule("Allow", "*", action="s3:*")], DENIED),
        # The bucket is not known, so that its policy is not.
        ("s3:PutObject", [rule("Allow", "*")], UNDECIDED),
        ("s3:PutObject", [rule("Allow", "*"), rule("Deny", "*")], DENIED),
    ],
)
def test_a_resource_that_is_not_known_may_be_any_of_the_account(
    action: str, statements: list[dict[str, object]], wanted: Entitlement
) -> None:
    found = judged(action, None, *statements)
    assert found.entitlement is wanted
    assert bool(found.missing) is (wanted is UNDECIDED)


def test_a_repository_that_is_not_known_stays_undecided() -> None:
    assert judged("ecr:PutImage", None, rule("Allow", "*", action="*")).entitlement is UNDECIDED


@pytest.mark.parametrize(
    ("granted", "asked"),
    [("*?a" * 60, "*a?" * 60), ("x" * 900 + "*y", "x" * 5000 + "*"), ("*a*b*c*d*e*f*g", "a*b*c*d*e*f*g*")],
)
def test_what_is_too_entangled_is_left_open(granted: str, asked: str) -> None:
    found = judged("iam:PassRole", f"{ROLES}/{asked}", rule("Allow", f"arn:aws:iam::*:role/{granted}", action="iam:*"))
    assert found.entitlement is UNDECIDED


LETTERS = "ab/"
TAILS = ["".join(signs) for length in range(4) for signs in product(LETTERS, repeat=length)]
PATTERNS = st.text(alphabet="ab/*?", min_size=0, max_size=4).map(lambda text: f"{BUCKET}/{text}")
STATEMENTS = st.builds(
    rule,
    st.sampled_from(["Allow", "Allow", "Deny"]),
    st.lists(PATTERNS, min_size=1, max_size=2),
    st.sampled_from(["Resource", "Resource", "NotResource"]),
)
OF_BUCKET = st.builds(
    lambda effect, patterns: {**rule(effect, patterns), "Principal": {"AWS": ACCOUNT}},
    st.sampled_from(["Allow", "Deny"]),
    st.lists(PATTERNS, min_size=1, max_size=2),
)


@settings(max_examples=examples(400), deadline=None)
@given(
    PATTERNS,
    st.lists(STATEMENTS, min_size=1, max_size=3),
    st.none() | OF_BUCKET,
    st.none() | st.builds(rule, st.just("Allow"), st.lists(PATTERNS, min_size=1, max_size=2)),
)
def test_what_is_said_of_a_pattern_holds_for_every_resource_of_it(
    resource: str,
    statements: list[dict[str, object]],
    bucket: dict[str, object] | None,
    boundary: dict[str, object] | None,
) -> None:
    own = {"bucket": bucket, "boundary": boundary}
    said = judged("s3:PutObject", resource, *statements, **own).entitlement
    if said is UNDECIDED:
        return
    held = [f"{BUCKET}/{tail}" for tail in TAILS if fnmatchcase(f"{BUCKET}/{tail}", resource)]
    for place in held[:: max(1, len(held) // 12)]:
        assert judged("s3:PutObject", place, *statements, **own).entitlement is said, place


@settings(max_examples=examples(200), deadline=None)
@given(PATTERNS, st.lists(PATTERNS, min_size=1, max_size=3))
def test_one_grant_is_told_exactly(resource: str, granted: list[str]) -> None:
    """Of a single Allow statement nothing is left open but a pattern that it holds in part."""
    said = judged("s3:PutObject", resource, rule("Allow", granted)).entitlement
    held = [f"{BUCKET}/{tail}" for tail in TAILS if fnmatchcase(f"{BUCKET}/{tail}", resource)]
    each = {any(fnmatchcase(place, pattern) for pattern in granted) for place in held}
    if len(each) == 2:
        assert said is UNDECIDED
    elif each and "*" not in resource:
        assert said is (ALLOWED if each == {True} else DENIED)
