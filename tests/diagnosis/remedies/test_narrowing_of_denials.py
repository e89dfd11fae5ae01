"""A narrowed Deny no longer stops the needed pairs, and stops everything else as before."""

from __future__ import annotations

import pytest
from arns import arn_of
from hypothesis import given
from hypothesis import strategies as st

from diagnosis.policy import Layers, Outcome, PolicyDocument, Request, evaluate, read_document, write_document
from diagnosis.policy.language.tree import statements
from diagnosis.remedies.edits.narrowing import narrowed

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/release"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/release/GitHubActions"
OTHER_SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/other/GitHubActions"
ARN = f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/shop"
OTHER = f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/other"
TOKEN = ("ecr:GetAuthorizationToken", "*")
ASKED = ("ecr:PutImage", "ecr:BatchGetImage", "ecr:DeleteRepository", "s3:GetObject")
GRID = [(action, resource) for action in ASKED for resource in (ARN, OTHER)] + [TOKEN]

patterns = st.lists(
    st.sampled_from(
        ["ecr:PutImage", "ecr:Put*", "ecr:*", "*", "ecr:BatchGetImage", "s3:*", "ecr:GetAuthorizationToken"]
    ),
    min_size=1,
    max_size=3,
    unique=True,
)
resources = st.sampled_from(["*", ARN, OTHER, [ARN, OTHER], ["*", OTHER], "arn:aws:ecr:*:*:repository/*"])
needs = st.lists(
    st.sampled_from([("ecr:PutImage", ARN), ("ecr:BatchGetImage", ARN), ("ecr:BatchGetImage", OTHER), TOKEN]),
    min_size=1,
    unique=True,
)


def denied(
    document: PolicyDocument, pair: tuple[str, str], session: str = SESSION, *, by_principal: bool = False
) -> bool:
    policy = document.compiled()
    action, resource = pair
    role = ROLE if session == SESSION else ROLE.replace("release", "other")
    request = Request(
        principal=session,
        action=action,
        resource=resource,
        resource_account=ACCOUNT,
        context={"aws:PrincipalArn": (role,)},
        wildcard_only_action=resource == "*",
    )
    layers = Layers(resource=policy) if by_principal else Layers(identity=(policy,))
    return evaluate(request, layers).outcome is Outcome.EXPLICIT_DENY


@given(st.booleans(), st.booleans(), patterns, resources, needs)
def test_a_roles_own_deny_leaves_out_exactly_the_need(
    negated: bool, elsewhere: bool, actions: list[str], resource: object, wanted: list[tuple[str, str]]
) -> None:
    places = {"NotResource" if elsewhere else "Resource": resource}
    statement = {"Effect": "Deny", "NotAction" if negated else "Action": actions, **places}
    before = write_document({"Version": "2012-10-17", "Statement": [statement]})
    after = narrowed(before, wanted, SESSION, arn_of(ROLE), of_role=True)
    if after is None:
        assert not any(denied(before, pair) for pair in wanted)
        return
    assert not any(denied(after, pair) for pair in wanted)
    if statements(after.tree):
        for pair in GRID:
            if pair not in wanted:
                assert denied(after, pair) == denied(before, pair), (pair, after)
    else:
        assert not any(denied(before, pair) for pair in GRID if pair not in wanted)


@given(patterns, resources, needs)
def test_a_shared_deny_excepts_this_role_for_the_need_alone_and_nobody_else(
    actions: list[str], resource: object, wanted: list[tuple[str, str]]
) -> None:
    statement = {"Effect": "Deny", "Principal": "*", "Action": actions, "Resource": resource}
    before = write_document({"Version": "2012-10-17", "Statement": [statement]})
    exact = [pair for pair in wanted if pair[1] != "*"]
    after = narrowed(before, exact, SESSION, arn_of(ROLE), of_role=False)
    if after is None:
        return
    assert not any(denied(after, pair, by_principal=True) for pair in exact)
    for pair in GRID[:-1]:
        then, now = (denied(document, pair, OTHER_SESSION, by_principal=True) for document in (before, after))
        assert then == now
        if pair not in exact:
            assert denied(after, pair, by_principal=True) == denied(before, pair, by_principal=True), pair


def test_an_exception_joins_those_that_stand_already() -> None:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "ecr:PutImage",
        "Condition": {"ArnNotEquals": {"aws:principalarn": "arn:aws:iam::123456789012:role/other"}},
    }
    after = narrowed(
        write_document({"Statement": [statement]}), [("ecr:PutImage", ARN)], SESSION, arn_of(ROLE), of_role=False
    )
    assert after is not None
    (condition,) = [item["Condition"]["ArnNotEquals"] for item in statements(after.tree)]
    assert condition == {"aws:principalarn": ["arn:aws:iam::123456789012:role/other", ROLE]}


@pytest.mark.parametrize(
    ("condition", "operator"),
    [
        ({}, "ArnEquals"),
        ({"StringEquals": {"aws:PrincipalTag/a": "b"}}, "ArnEquals"),
        ({"ArnEquals": {"aws:PrincipalArn": [ROLE, "arn:aws:iam::123456789012:role/other"]}}, "ArnLike"),
        ({"ArnLike": {"aws:principalarn": "arn:aws:iam::123456789012:role/*"}}, "ArnEquals"),
    ],
)
def test_what_stays_denied_to_the_role_keeps_the_conditions_of_the_statement(
    condition: dict[str, dict[str, object]], operator: str
) -> None:
    statement = {"Effect": "Deny", "Principal": "*", "Action": ["ecr:PutImage", "ecr:DeleteRepository"]}
    before = write_document({"Statement": [{**statement, "Condition": condition} if condition else statement]})
    after = narrowed(before, [("ecr:PutImage", ARN)], SESSION, arn_of(ROLE), of_role=False)
    if "aws:PrincipalTag/a" in str(condition):
        assert after is None  # it does not deny the session, which has no such tag
        return
    assert after is not None
    _, rest = statements(after.tree)
    assert rest["Action"] == "ecr:DeleteRepository"
    assert rest["Condition"][operator]["aws:PrincipalArn"] == ROLE
    assert {name: rest["Condition"][name] for name in condition} == condition
    assert denied(after, ("ecr:DeleteRepository", ARN), by_principal=True)


def test_other_statements_and_their_order_stay() -> None:
    allow = {"Sid": "A", "Effect": "Allow", "Action": "ecr:*", "Resource": ARN}
    deny = {"Sid": "D", "Effect": "Deny", "Action": ["ecr:PutImage", "ecr:DeleteRepository"], "Resource": "*"}
    after = narrowed(
        write_document({"Statement": [allow, deny]}), [("ecr:PutImage", ARN)], SESSION, arn_of(ROLE), of_role=True
    )
    assert after is not None
    first, second, third = statements(after.tree)
    assert first == allow
    assert second["Action"] == "ecr:DeleteRepository"
    assert (third["Action"], third["NotResource"], third["Sid"]) == ("ecr:PutImage", ARN, "D2")


@pytest.mark.parametrize("text", ["[]", "3", '"x"'])
def test_what_is_no_policy_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="JSON object"):
        narrowed(read_document(text), [TOKEN], SESSION, arn_of(ROLE), of_role=True)


@pytest.mark.parametrize("of_role", [True, False])
def test_a_denial_of_many_services_that_cannot_be_written_out_stays(of_role: bool) -> None:
    statement = {"Effect": "Deny", "Action": "*:*", "Resource": "*", **({} if of_role else {"Principal": "*"})}
    document = write_document({"Version": "2012-10-17", "Statement": [statement]})
    assert narrowed(document, [("ecr:PutImage", ARN)], SESSION, arn_of(ROLE), of_role=of_role) is None
