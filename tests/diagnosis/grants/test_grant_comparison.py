"""What two sets of permission policies grant differently, against plain evaluation of every request of a small world."""

from __future__ import annotations

from functools import cache
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_world import allow, policy
from thoroughness import THOROUGH

from diagnosis.grants.comparison import compare_grants
from diagnosis.policy import (
    Layers,
    Outcome,
    Policy,
    PolicyDocument,
    Request,
    evaluate,
    has_resource_level,
    read_document,
)
from diagnosis.policy.language.matching import action_matcher

REPO = "arn:aws:ecr:eu-west-1:123456789012:repository/"
SESSION = "arn:aws:sts::123456789012:assumed-role/release/x"


def deny(actions: object, resource: object, **more: object) -> dict[str, object]:
    return {"Effect": "Deny", "Action": actions, "Resource": resource, **more}


def lost(before: PolicyDocument, after: PolicyDocument) -> list[tuple[tuple[str, ...], str]]:
    return [(item.actions, item.resource) for item in compare_grants([[before]], [[after]]).no_longer_granted]


def test_the_same_policy_is_equivalent_however_it_is_written() -> None:
    one = policy(allow(["ecr:PutImage", "ecr:BatchGetImage"], [REPO + "a", REPO + "b"]))
    other = policy(
        allow("ecr:batchgetimage", [REPO + "b", REPO + "a"]),
        allow("ECR:PutImage", REPO + "a"),
        allow("ecr:PutImage", REPO + "b"),
    )
    assert compare_grants([[one]], [[other]]).equivalent


def test_a_pattern_within_another_one_is_lost_by_its_rest_alone() -> None:
    wide, narrow = policy(allow("ecr:PutImage", REPO + "team-*")), policy(allow("ecr:PutImage", REPO + "team-a*"))
    assert lost(narrow, wide) == []
    ((actions, resource),) = lost(wide, narrow)
    assert actions == ("ecr:PutImage",)
    assert resource.startswith(REPO + "team-")
    assert not resource.startswith(REPO + "team-a")


def test_the_smallest_example_where_no_pattern_spells_one() -> None:
    before = policy(allow("ecr:PutImage", REPO + "*"))
    after = policy(
        allow("ecr:PutImage", [REPO + "x*", REPO + "?"]), allow("ecr:PutImage", "arn:aws:ecr:*:*:repository/shop")
    )
    ((_, resource),) = lost(before, after)
    assert resource == REPO


def test_many_patterns_are_compared_one_by_one() -> None:
    letters = policy(
        allow("ecr:PutImage", [f"arn:aws:ecr:*:*:repository/{sign}*" for sign in "abcdefghijklmnopqrstuvwxyz"])
    )
    everything = policy(allow("ecr:PutImage", "arn:aws:ecr:*:*:repository/*"))
    found = compare_grants([[everything]], [[letters]])
    assert found.grants_nothing_new
    ((_, resource),) = lost(everything, letters)
    assert resource.startswith("arn:aws:ecr:")
    assert not resource.partition("repository/")[2][:1].islower()


def test_actions_without_resource_level_count_on_a_star_alone() -> None:
    on_a_repository = policy(allow(["ecr:GetAuthorizationToken", "ecr:PutImage"], REPO + "a"))
    assert lost(on_a_repository, policy(allow("ecr:PutImage", REPO + "a"))) == []
    everywhere = policy(allow("ecr:GetAuthorizationToken", "*"))
    assert lost(everywhere, on_a_repository) == [(("ecr:GetAuthorizationToken",), "*")]


def test_a_denial_takes_away_and_its_exception_does_not() -> None:
    before = policy(allow("ecr:*", "*"))
    after = policy(allow("ecr:*", "*"), {"Effect": "Deny", "Action": "ecr:Delete*", "NotResource": REPO + "scratch*"})
    found = compare_grants([[before]], [[after]])
    assert found.newly_granted == ()
    assert {action for item in found.no_longer_granted for action in item.actions} == {
        "ecr:DeleteLifecyclePolicy", "ecr:DeletePullThroughCacheRule", "ecr:DeleteRegistryPolicy", "ecr:DeleteRepository",
        "ecr:DeleteRepositoryCreationTemplate", "ecr:DeleteRepositoryPolicy", "ecr:DeleteSigningConfiguration",
    }  # fmt: skip


def test_every_service_stands_for_one_that_no_policy_names() -> None:
    everything = policy(allow("*", "*"))
    after = policy(allow(["ecr:*", "iam:*"], "*"))
    names = {action.partition(":")[0] for actions, _ in lost(everything, after) for action in actions}
    assert "s3" in names
    assert not names & {"ecr", "iam"}


def test_a_condition_that_takes_further_values_takes_nothing_away() -> None:
    def under(*teams: str) -> PolicyDocument:
        return policy(
            {**allow("ecr:PutImage", "*"), "Condition": {"StringEquals": {"aws:PrincipalTag/team": list(teams)}}}
        )

    assert compare_grants([[under("a")]], [[under("a", "b")]]).takes_nothing_away
    found = compare_grants([[under("a", "b")]], [[under("a")]])
    assert found.no_longer_granted[0].conditions == ("StringEquals aws:PrincipalTag/team a, b",)
    assert compare_grants([[under("a")]], [[policy(allow("ecr:PutImage", "*"))]]).takes_nothing_away


def test_a_known_key_decides_its_condition() -> None:
    before = policy(allow("ecr:PutImage", "*"))
    after = policy(
        *[*before.editable()["Statement"]],
        deny("ecr:*", "*", Condition={"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::1:role/r"}}),
    )  # type: ignore[misc] # our own statements
    assert not compare_grants([[before]], [[after]]).takes_nothing_away
    known = {"aws:PrincipalArn": ("arn:aws:iam::1:role/r",)}
    assert compare_grants([[before]], [[after]], known=known).equivalent


def test_all_layers_have_to_allow() -> None:
    grants, edge = policy(allow("ecr:*", "*")), policy(allow("ecr:Batch*", "*"))
    wider = policy(allow(["ecr:Batch*", "ecr:PutImage", "s3:*"], "*"))
    found = compare_grants([[grants], [edge]], [[grants], [wider]])
    assert [item.actions for item in found.newly_granted] == [("ecr:PutImage",)]
    assert found.takes_nothing_away


def test_what_is_meant_is_not_new_and_whatever_else_is() -> None:
    before, after = (
        policy(allow("ecr:BatchGetImage", REPO + "a")),
        policy(allow(["ecr:BatchGetImage", "ecr:PutImage"], REPO + "a*")),
    )
    found = compare_grants([[before]], [[after]], meant=[("ecr:PutImage", REPO + "a")])
    ((granted, resource),) = [(item.actions, item.resource) for item in found.newly_granted]
    assert granted == ("ecr:BatchGetImage", "ecr:PutImage")
    assert resource != REPO + "a"
    exact = policy(allow(["ecr:BatchGetImage", "ecr:PutImage"], REPO + "a"))
    assert compare_grants([[before]], [[exact]], meant=[("ecr:PutImage", REPO + "a")]).grants_nothing_new


def test_a_document_that_is_no_policy_is_undecided() -> None:
    found = compare_grants([[policy(allow("ecr:*", "*"))]], [[read_document("{")]])
    assert found.undecided
    assert not found.takes_nothing_away
    assert not found.grants_nothing_new


@pytest.mark.parametrize("pattern", ["i*m:*", "s*:*", "*:P*", "*:*e*", "?*:*"])
def test_a_wildcard_in_the_service_takes_away_what_it_stands_for(pattern: str) -> None:
    everything = allow("*", "*")
    matches = action_matcher([pattern])
    for after in (
        policy(everything, deny(pattern, "*")),
        policy({"Effect": "Allow", "NotAction": pattern, "Resource": "*"}),
    ):
        found = lost(policy(everything), after)
        assert {matches(action.lower()) for named, _ in found for action in named} == {True}
        assert compare_grants([[policy(everything)]], [[after]]).grants_nothing_new


def test_what_stands_for_no_action_that_is_known_stands_for_itself() -> None:
    assert lost(policy(allow("ecr:Frob*", REPO + "a")), policy()) == [(("ecr:Frob*",), REPO + "a")]


def test_every_action_is_told_by_what_writes_permissions() -> None:
    found = compare_grants([[policy(allow("ecr:*", "*"))]], [[policy(allow("*", "*"))]]).newly_granted
    assert any(grant.text.startswith("iam:Attach") for grant in found)


def test_examples_are_of_the_form_that_the_action_works_on() -> None:
    before = policy(allow(["iam:*", "s3:*", "sts:AssumeRole", "lambda:UpdateFunctionCode"], "*"))
    found = {action: place for named, place in lost(before, policy()) for action in named}
    assert found["iam:UpdateAssumeRolePolicy"] == "arn:aws:iam::111122223333:role/any"
    assert found["iam:CreateAccessKey"] == "arn:aws:iam::111122223333:user/any"
    assert found["iam:CreateAccountAlias"] == "*"
    assert found["s3:PutBucketPolicy"] == "arn:aws:s3:::any"
    assert found["s3:PutObject"] == "arn:aws:s3:::any/any"
    assert found["sts:AssumeRole"] == "arn:aws:iam::111122223333:role/any"
    assert found["lambda:UpdateFunctionCode"] == "arn:aws:lambda:us-east-1:111122223333:function:any"


def test_what_nobody_needs_a_permission_for_is_no_loss() -> None:
    assert lost(policy(allow("sts:GetCallerIdentity", "*")), policy()) == []


def test_a_policy_variable_in_what_changes_leaves_it_undecided() -> None:
    own = policy(
        allow("s3:GetObject", "arn:aws:s3:::home/${aws:username}/*"),
        allow("s3:GetObject", "arn:aws:s3:::home/public/*"),
    )
    assert compare_grants([[own]], [[own]]).equivalent
    denied = policy(*own.editable()["Statement"], deny("s3:*", "arn:aws:s3:::home/${aws:username}/*"))  # type: ignore[misc] # our own statements
    assert not compare_grants([[own]], [[denied]]).takes_nothing_away


ACTIONS = ("ecr:PutImage", "ecr:BatchGetImage", "ecr:GetAuthorizationToken", "s3:GetObject", "sqs:SendMessage")
NAMES = ("a", "b", "ab", "ba", "aa", "a:b", "b:a", "")
PLACES = [
    f"arn:aws:{service}:{region}:1:{name}" for service in ("ecr", "s3") for region in ("", "e", "f") for name in NAMES
]
TEAMS = ("a", "b", "c")
actions = st.sampled_from(
    [
        "ecr:PutImage", "ecr:*", "ecr:Put*", "*", "s3:GetObject", "ecr:GetAuthorizationToken", "ecr:Batch*", "sqs:*",
        "sq*:*",
    ]
)  # fmt: skip
resources = st.sampled_from(
    [
        "*", "arn:aws:ecr:e:1:a", "arn:aws:ecr:e:1:a*", "arn:aws:ecr:*:1:*b", "arn:aws:ecr:e:*", "arn:aws:*:e:1:a",
        "arn:aws:ecr:?:1:?", "arn:aws:s3::1:*", "arn:*", "arn:aws:ecr:*:a", "arn:aws:ecr:*:b", "a*", "arn:aws:ecr:E:1:A",
        "arn:aws:s3:*", "arn:aws:ecr:e:1:*:b",
    ]
)  # fmt: skip
conditions = st.none() | st.builds(
    lambda operator, values: {operator: {"aws:PrincipalTag/team": values}},
    st.sampled_from(["StringEquals", "StringNotEquals"]),
    st.lists(st.sampled_from(TEAMS), min_size=1, max_size=2, unique=True),
)


@st.composite
def statements(draw: st.DrawFn, *, conditional: bool) -> dict[str, object]:
    made: dict[str, object] = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"]))}
    made[draw(st.sampled_from(["Action", "Action", "Action", "NotAction"]))] = draw(
        st.lists(actions, min_size=1, max_size=2)
    )
    made[draw(st.sampled_from(["Resource", "Resource", "NotResource"]))] = draw(
        st.lists(resources, min_size=1, max_size=2)
    )
    condition = draw(conditions) if conditional else None
    return {**made, "Condition": condition} if condition else made


def documents(*, conditional: bool) -> st.SearchStrategy[PolicyDocument]:
    return st.lists(statements(conditional=conditional), min_size=1, max_size=3).map(lambda made: policy(*made))


@cache
def request_of(action: str, resource: str, team: str | None) -> Request:
    return Request(
        principal=SESSION,
        action=action,
        resource=resource,
        resource_account="123456789012",
        context={"aws:PrincipalTag/team": (team,)} if team else {},
        wildcard_only_action=resource == "*",
    )


def is_allowed(document: PolicyDocument, action: str, resource: str, team: str | None) -> bool:
    assert isinstance(document.policy, Policy)
    return evaluate(request_of(action, resource, team), Layers(identity=(document.policy,))).outcome is Outcome.ALLOWED


@cache
def requests() -> list[tuple[str, str]]:
    return [
        (action, place) for action in ACTIONS for place in (["*"] if has_resource_level(action) is False else PLACES)
    ]


@settings(max_examples=1200 if THOROUGH else 80, deadline=None)
@given(documents(conditional=False), documents(conditional=False))
def test_plain_documents_are_compared_as_every_request_is_decided(
    before: PolicyDocument, after: PolicyDocument
) -> None:
    found = compare_grants([[before]], [[after]])
    assert found.undecided == ()
    for grants, have, have_not in (
        (found.no_longer_granted, before, after),
        (found.newly_granted, after, before),
    ):
        for item in grants:
            # The documents can tell apart no two of the many actions of IAM, so a part of these will do.
            for action in item.actions[:: 1 + len(item.actions) // 40]:
                assert is_allowed(have, action, item.resource, None), (action, item.resource)
                assert not is_allowed(have_not, action, item.resource, None), (action, item.resource)
        differing = [
            pair for pair in requests() if is_allowed(have, *pair, None) and not is_allowed(have_not, *pair, None)
        ]
        assert bool(grants) or not differing
        named = {action for item in grants for action in item.actions}
        services = {name for name in ("ecr", "s3", "sqs") if f'"{name}:' in before.text + after.text}
        assert {action for action, _ in differing if action.partition(":")[0] in services} <= named


@settings(max_examples=600 if THOROUGH else 50, deadline=None)
@given(documents(conditional=True), documents(conditional=True))
def test_under_conditions_no_loss_is_missed(before: PolicyDocument, after: PolicyDocument) -> None:
    found = compare_grants([[before]], [[after]])
    for have, have_not, same in (
        (before, after, found.takes_nothing_away),
        (after, before, found.grants_nothing_new),
    ):
        if same:
            for (action, resource), team in product(requests(), (None, *TEAMS)):
                assert not is_allowed(have, action, resource, team) or is_allowed(have_not, action, resource, team)


@pytest.mark.parametrize("team", [None, "a"])
def test_a_known_value_makes_conditions_exact(team: str | None) -> None:
    under = {**allow("ecr:PutImage", "*"), "Condition": {"StringEquals": {"aws:PrincipalTag/team": "a"}}}
    known = {"aws:PrincipalTag/team": (team,)} if team else {}
    found = compare_grants([[policy(under)]], [[policy(allow("ecr:PutImage", "*"))]], known=known)
    assert found.grants_nothing_new is (team == "a")


ROLES = [f"arn:aws:iam::123456789012:role/{name}" for name in "abc"]


def of(*names: str, negated: bool = False, effect: str = "Allow", **more: object) -> dict[str, object]:
    element = "NotPrincipal" if negated else "Principal"
    return {"Effect": effect, element: {"AWS": list(names)}, "Action": "ecr:PutImage", **more}


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        (of(ROLES[0]), of(ROLES[0], ROLES[1]), True),
        (of(ROLES[0], ROLES[1]), of(ROLES[0]), False),
        (of(ROLES[0]), of("*"), True),
        (of("*"), of(ROLES[0]), False),
        (of(ROLES[0], ROLES[1], negated=True), of(ROLES[0], negated=True), True),
        (of(ROLES[0], negated=True), of(ROLES[0], ROLES[1], negated=True), False),
        (of(ROLES[0]), of(ROLES[1], negated=True), False),
    ],
)
def test_whom_a_repository_policy_admits_is_part_of_the_grant(
    before: dict[str, object], after: dict[str, object], kept: bool
) -> None:
    found = compare_grants([[policy(before)]], [[policy(after)]])
    assert found.takes_nothing_away is kept
    assert compare_grants([[policy(before)]], [[policy(before)]]).equivalent


def test_a_deny_without_resource_is_for_all_and_an_allow_without_one_gives_nothing() -> None:
    put = allow("ecr:PutImage", REPO + "a")
    silent = {"Effect": "Allow", "Action": "ecr:*"}
    assert compare_grants([[policy(put, silent)]], [[policy(put)]]).equivalent
    assert lost(policy(put), policy(put, of("*", effect="Deny"))) == [(("ecr:PutImage",), REPO + "a")]


def test_conditions_that_exclude_each_other_are_no_grant() -> None:
    teams = [{"StringEquals": {"aws:PrincipalTag/team": value}} for value in ("a", "b")]
    put = {**allow("ecr:PutImage", REPO + "a"), "Condition": teams[0]}
    assert lost(policy(put), policy(put, deny("ecr:*", "*", Condition=teams[1]))) == []
    assert lost(policy(put), policy(put, deny("ecr:*", "*", Condition=teams[0]))) != []


def test_patterns_that_are_too_many_are_not_compared_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diagnosis.grants.resources.MOST_STATES", 3)
    inside, outside = policy(allow("ecr:PutImage", REPO + "[a-*")), policy(allow("ecr:PutImage", REPO + "*"))
    found = compare_grants([[inside]], [[outside]])
    assert found.undecided == ("the resource patterns are too many to be compared whole",)
    assert not found.takes_nothing_away
    assert not found.grants_nothing_new


def test_before_the_fifth_colon_a_variable_grants_nothing() -> None:
    own = policy(allow("ecr:PutImage", "arn:aws:ecr:eu-west-1:${aws:PrincipalAccount}:repository/a"))
    assert lost(own, policy()) == []
