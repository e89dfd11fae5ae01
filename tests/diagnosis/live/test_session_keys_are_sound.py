"""Whatever a judgement says for certain holds in every request that the session could make."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from arns import arn_of
from hypothesis import given, settings
from hypothesis import strategies as st
from judged_worlds import ACCOUNT, REGION, REPOSITORY_ARN, ROLE_ARN, TRUST, account, policy
from thoroughness import examples

from diagnosis.facts.account import NamedPolicy, Role
from diagnosis.facts.reading import Known
from diagnosis.gates import Checkpoint
from diagnosis.live.entitlement import Entitlement, judge_needs
from diagnosis.policy import Layers, Request, Unparsable, evaluate
from diagnosis.verdicts.release import Need

READ_AT = account().read_at
assert READ_AT is not None
NOW = READ_AT.isoformat()
CERTAIN = {
    "aws:PrincipalArn": ROLE_ARN,
    "aws:PrincipalAccount": ACCOUNT,
    "aws:PrincipalType": "AssumedRole",
    "aws:SecureTransport": "true",
    "aws:ViaAWSService": "false",
    "aws:RequestedRegion": REGION,
    "aws:CurrentTime": NOW,
    "aws:TokenIssueTime": NOW,
    "aws:PrincipalOrgID": "o-1",
    "aws:PrincipalTag/team": "shop",
}
"""What every request carries."""
POSSIBLE: dict[str, tuple[str | None, ...]] = {
    "aws:MultiFactorAuthPresent": (None, "false"),
    "aws:SourceIp": (None, "10.0.0.1", "192.0.2.9"),
    "aws:ResourceAccount": (None, ACCOUNT),
    "aws:ResourceTag/team": (None, "shop", "x"),
    "aws:userid": ("AROA1:GitHubActions", "AROA2:GitHubActions"),
}
"""What a request may carry beside: each of these, None for no such key."""
ABSENT = (
    "aws:MultiFactorAuthAge",
    "aws:SourceIdentity",
    "aws:CalledVia",
    "aws:PrincipalTag/x",
    "s3:prefix",
    "sts:ExternalId",
)

TEXTS = st.sampled_from(
    [
        "shop",
        "x",
        "*",
        "o-1",
        ACCOUNT,
        "999999999999",
        "AssumedRole",
        "*:GitHubActions",
        "AROA1:*",
        REGION,
        "${aws:PrincipalType}",
    ]
)
DATES = st.sampled_from(["2020-01-01T00:00:00Z", "2040-01-01T00:00:00Z", NOW])
KEYS = st.sampled_from([*CERTAIN, *POSSIBLE, *ABSENT])


def conditions() -> st.SearchStrategy[dict[str, dict[str, str]]]:
    suffix = st.sampled_from(["", "IfExists"])
    texts = st.tuples(
        st.builds(
            lambda base, end: base + end,
            st.sampled_from(["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"]),
            suffix,
        ),
        KEYS,
        TEXTS,
    )
    flags = st.tuples(
        st.builds(lambda end: "Bool" + end, suffix),
        st.sampled_from(["aws:MultiFactorAuthPresent", "aws:SecureTransport", "aws:ViaAWSService"]),
        st.sampled_from(["true", "false"]),
    )
    dates = st.tuples(
        st.sampled_from(["DateLessThan", "DateGreaterThan"]),
        st.sampled_from(["aws:CurrentTime", "aws:TokenIssueTime"]),
        DATES,
    )
    nulls = st.tuples(st.just("Null"), KEYS, st.sampled_from(["true", "false"]))
    return st.lists(texts | flags | dates | nulls, max_size=2).map(
        lambda rows: {operator: {key: value} for operator, key, value in rows}
    )


STATEMENTS = st.builds(
    lambda effect, condition: {
        "Effect": effect,
        "Action": "ecr:*",
        "Resource": REPOSITORY_ARN,
        **({"Condition": condition} if condition else {}),
    },
    st.sampled_from(["Allow", "Allow", "Deny"]),
    conditions(),
)
NEED = Need("ecr:PutImage", REPOSITORY_ARN, Checkpoint.REGISTRY_PUSH, "the push")


@settings(max_examples=examples(600), deadline=None)
@given(st.lists(STATEMENTS, min_size=1, max_size=3))
def test_what_is_said_for_certain_holds_in_every_possible_request(listed: list[dict[str, object]]) -> None:
    document = policy(*listed)
    assert not isinstance(document.policy, Unparsable)
    role = Role(arn_of(ROLE_ARN), "release", TRUST, 3600, tags=(("team", "shop"),))
    state = account(
        inline_policies=Known((NamedPolicy("random", document),)),
        organization=Known("o-1"),
        role=Known(role),
        question=replace(account().question, region=REGION),
    )
    (judged,) = judge_needs((NEED,), state, "GitHubActions")
    answers = set()
    for values in product(*POSSIBLE.values()):
        more = {key: (value,) for key, value in zip(POSSIBLE, values, strict=True) if value is not None}
        context = {**{key: (value,) for key, value in CERTAIN.items()}, **more}
        session = f"arn:aws:sts::{ACCOUNT}:assumed-role/release/GitHubActions"
        request = Request(session, NEED.action, REPOSITORY_ARN, ACCOUNT, context)
        answers.add(evaluate(request, Layers(identity=(document.policy,))).allowed)
    if judged.entitlement is Entitlement.ALLOWED:
        assert answers == {True}
    elif judged.entitlement is Entitlement.DENIED:
        assert answers == {False}
    else:
        # Each condition is taken by itself: that two of them exclude each other is not seen, so one answer may remain.
        assert judged.missing
