"""Wildcards, ARNs by segment, actions: the compiled matchers against tables and against a naive matcher."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnosis.policy import Policy, Request, parse_policy
from diagnosis.policy.language.matching import action_matcher, glob_pattern, matches_everything, resource_matcher
from diagnosis.policy.language.variables import read_pieces

REPOSITORY = "arn:aws:ecr:eu-west-2:111122223333:repository/team/app"


def naive(pattern: str, value: str) -> bool:
    """Globbing by the book: one row of the table for each character of the pattern."""
    reached = {0}
    for sign in pattern:
        if sign == "*":
            reached = set(range(min(reached), len(value) + 1)) if reached else set()
        else:
            reached = {at + 1 for at in reached if at < len(value) and sign in ("?", value[at])}
    return len(value) in reached


@given(st.text("ab*?:.", max_size=12), st.text("ab:.\n", max_size=14))
def test_the_compiled_glob_agrees_with_the_naive_one(pattern: str, value: str) -> None:
    pieces = read_pieces(pattern, variables=False, wildcards=True)
    compiled = re.fullmatch(glob_pattern(pieces), value, re.DOTALL) is not None
    assert compiled == naive(pattern, value)


def test_a_hostile_pattern_ends() -> None:
    matcher = resource_matcher("arn:aws:s3:::" + "a*" * 4000 + "b", variables=False)
    assert not matcher("arn:aws:s3:::" + "a" * 20_000, {})
    many_stars = resource_matcher(":".join(["*a*a*b*"] * 40), variables=False)
    assert not many_stars(":".join(["a" * 50] * 60), {})


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("*", True),
        ("**", True),
        (REPOSITORY, True),
        ("arn:aws:ecr:eu-west-2:111122223333:repository/*", True),
        ("arn:aws:ecr:*:*:*", True),
        ("arn:aws:ecr:eu-*:1111*:repository/*/app", True),
        ("arn:aws:ecr:eu-west-?:111122223333:repository/team/???", True),
        ("arn:aws:ecr:eu-west-?:111122223333:repository/team/??", False),
        ("arn:aws:ECR:EU-west-2:111122223333:repository/team/app", True),
        ("arn:aws:ecr:eu-west-2:111122223333:repository/team/App", False),
        ("arn:aws:ecr:eu-west-2:111122223333:repository/team", False),
        ("arn:aws:ecr:eu-west-2:111122223333:repository/team/app/", False),
        ("arn:aws:ecr::111122223333:repository/team/app", False),
        ("arn:aws:ecr:eu-west-2::repository/team/app", False),
        ("arn:aws-cn:ecr:eu-west-2:111122223333:repository/team/app", False),
        ("arn:aws*:ecr:eu-west-2:111122223333:repository/team/app", True),
        ("arn:aws:ecr:eu-west-2:999988887777:repository/team/app", False),
        # A star inside a segment stays there.
        ("arn:aws:ecr:eu*-3:111122223333:repository/team/app", False),
        ("arn:aws:e*t*app:111122223333:repository/team/app", False),
        # An incomplete ARN is completed with stars, field by field.
        ("arn:aws:ecr", True),
        ("arn:aws:ecr:*", True),
        ("arn:aws:ecr:eu-west-2", True),
        ("arn:aws:s3:*", False),
        ("arn:aws:ecr:*:repository/team/app", False),
        ("arn:*", True),
        ("", False),
        ("repository/team/app", False),
    ],
)
def test_resource_patterns(pattern: str, matches: bool) -> None:
    assert resource_matcher(pattern, variables=True)(REPOSITORY, {}) is matches


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("arn:aws:logs:*:111122223333:log-group:x", True),
        # "If the * is the last character of a segment, it can expand to match beyond the colon boundaries."
        ("arn:aws:logs:*:log-group:x", True),
        ("arn:aws:logs:*:a:b:log-group:x", False),
        ("arn:aws:logs:eu*:111122223333:log-group:x", True),
        ("arn:aws:logs:eu-west-2:*:x:log-stream:y", False),
        ("arn:aws:logs:eu-west-2:111122223333:log-group:*", True),
        ("arn:aws:logs:eu-west-2:111122223333:log-group:?", True),
        ("arn:aws:logs:eu-west-2:111122223333:log-group", False),
    ],
)
def test_resource_names_with_colons(pattern: str, matches: bool) -> None:
    assert resource_matcher(pattern, variables=False)("arn:aws:logs:eu-west-2:111122223333:log-group:x", {}) is matches


def test_a_star_that_ends_a_segment_may_take_further_segments() -> None:
    value = "arn:aws:svc:us-east-2:999999999999:store/abc:111122223333:finance/document"
    assert resource_matcher("arn:aws:svc:*:111122223333:finance/*", variables=False)(value, {})
    assert not resource_matcher("arn:aws:svc:*2:111122223333:finance/*", variables=False)(value, {})
    assert not resource_matcher("arn:aws:svc:*:111122223333:sales/*", variables=False)(value, {})


def test_a_star_takes_as_many_segments_as_there_are() -> None:
    value = f"arn:aws:s3:::bucket/{'a:' * 500}end"
    assert resource_matcher("arn:aws:s3*:*:a:end", variables=False)(value, {})
    assert resource_matcher("arn:aws:s3:*:*:a:a:e?d", variables=False)(value, {})
    assert not resource_matcher("arn:aws:s3*:*:b:end", variables=False)(value, {})


def _by_every_cut(pattern: list[str], parts: list[str]) -> bool:
    """Say whether the parts can be dealt out to the pattern's segments, by trying each way."""
    if not pattern:
        return not parts
    most = len(parts) if pattern[0].endswith("*") else min(1, len(parts))
    return any(
        fnmatchcase(":".join(parts[:taken]), pattern[0]) and _by_every_cut(pattern[1:], parts[taken:])
        for taken in range(1, most + 1)
    )


@given(
    st.lists(st.text("ab*?", max_size=3), min_size=5, max_size=8),
    st.lists(st.text("ab", max_size=2), min_size=5, max_size=10),
)
def test_segments_are_matched_as_by_trying_every_way_to_deal_them_out(pattern: list[str], parts: list[str]) -> None:
    found = resource_matcher(":".join(["arn", *pattern]), variables=False)(":".join(["arn", *parts]), {})
    # The last field of an ARN is one text, colons and all, which its stars may cross wherever they stand.
    last = ":".join(pattern[4:])
    as_one = all(map(fnmatchcase, parts[:4], pattern[:4])) and fnmatchcase(":".join(parts[4:]), last)
    assert found is (as_one or _by_every_cut(pattern, parts))


def test_only_stars_match_everything() -> None:
    assert [text for text in ("*", "***", "", "a*", "?", "*:*", "arn:*") if matches_everything(text)] == ["*", "***"]


@pytest.mark.parametrize(
    ("patterns", "action", "matches"),
    [
        (["*"], "ecr:putimage", True),
        (["*:*"], "ecr:putimage", True),
        (["ecr:*"], "ecr:putimage", True),
        (["ECR:PUTIMAGE"], "ecr:putimage", True),
        (["ecr:Put*"], "ecr:putimage", True),
        (["ecr:*Image"], "ecr:putimage", True),
        (["ecr:?utImage"], "ecr:putimage", True),
        (["ecr:P*t*g?"], "ecr:putimage", True),
        (["ecr:Put"], "ecr:putimage", False),
        (["ecr:PutImages"], "ecr:putimage", False),
        (["ecr-public:*"], "ecr:putimage", False),
        (["ecr*"], "ecr:putimage", False),
        (["s3:*", "ecr:BatchGetImage"], "ecr:putimage", False),
        (["s3:*", "ecr:PutImage"], "ecr:putimage", True),
        ([], "ecr:putimage", False),
    ],
)
def test_action_patterns(patterns: list[str], action: str, matches: bool) -> None:
    assert action_matcher(patterns)(action) is matches


def test_an_action_without_resource_level_needs_a_pattern_for_everything() -> None:
    def covers(element: str, pattern: str) -> bool:
        policy = parse_policy({"Statement": {"Effect": "Allow", "Action": "*", element: pattern}})
        assert isinstance(policy, Policy)
        resources = policy.statements[0].resources
        assert resources is not None
        login = Request("p", "ecr:GetAuthorizationToken", "*", None, {}, wildcard_only_action=True)
        return resources.covers(login, deny=False)

    assert covers("Resource", "*")
    assert not covers("Resource", "arn:aws:ecr:*:*:*")
    assert not covers("Resource", REPOSITORY)
    assert not covers("NotResource", "*")
    assert covers("NotResource", REPOSITORY)


@pytest.mark.parametrize(
    ("element", "pattern"),
    [
        ("Resource", "*:repository/team/app"),
        ("Resource", "arn?aws:ecr:eu-west-2:111122223333:repository/team/app"),
        ("Action", "e*:PutImage"),
        ("Action", "*:PutImage"),
    ],
)
def test_a_pattern_that_aws_would_refuse_opens_nothing_and_still_shuts(element: str, pattern: str) -> None:
    def covers(effect: str) -> bool:
        parts = {"Effect": effect, "Action": "*", "Resource": "*", element: pattern}
        policy = parse_policy({"Version": "2012-10-17", "Statement": parts})
        assert isinstance(policy, Policy)
        assert policy.rejections_as()
        return policy.statements[0].applies_to_identity(Request("p", "ecr:PutImage", REPOSITORY))

    assert not covers("Allow")
    assert covers("Deny")
