"""Nobody is left out of a role's possible users: whoever the trust policy admits and was not read leaves them open."""

from __future__ import annotations

import json

import pytest
from arns import arn_of
from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples

from diagnosis.claims.claim_set import DEFAULT_TEMPLATE, ContextKind, SubjectContext, SubjectForm, finished
from diagnosis.fleet.possible_users import Coverage, possible_users
from diagnosis.policy import PolicyDocument, read_document
from diagnosis.trust.question import TrustOutcome, TrustPolicy, caller_of

ISSUER = "token.actions.githubusercontent.com"
ROLE = arn_of("arn:aws:iam::111122223333:role/release")
PROVIDER = arn_of(f"arn:aws:iam::111122223333:oidc-provider/{ISSUER}")
READ = ("octo/shop", "octo/api")
OPEN = {"octo/unread": "it was not read"}
FLEET = Coverage(frozenset(READ), OPEN, frozenset({"octo"}))
NAMED = Coverage(frozenset(READ), OPEN)
"""The same without a list of all of the owner."""
STRANGERS = ("octo/unread", "evil/shop", "octopus/shop", "octo-evil/shop", "o/s", "octo/shop-2", "octo/other")


def trust(conditions: dict[str, object], principal: object = None) -> PolicyDocument:
    """A trust policy of one statement."""
    statement = {
        "Effect": "Allow",
        "Principal": principal or {"Federated": str(PROVIDER)},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": conditions,
    }
    return read_document(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


def admits(document: PolicyDocument, repository: str) -> bool:
    """Whether some token of the repository certainly gets in."""
    policy = TrustPolicy(document.compiled())
    owner, _, name = repository.partition("/")
    for form, prefix in (
        (SubjectForm.CLASSIC, f"repo:{repository}"),
        (SubjectForm.IMMUTABLE, f"repo:{owner}@7/{name}@9"),
    ):
        for context in (
            SubjectContext(ContextKind.REF, "refs/heads/main"),
            SubjectContext(ContextKind.ENVIRONMENT, "production"),
        ):
            claims = {"aud": "sts.amazonaws.com", "repository": repository, "repository_owner": owner}
            token = finished(claims, set(), "", form, DEFAULT_TEMPLATE, prefix, context)
            if policy.ask(token, caller_of(PROVIDER, ROLE)).outcome is TrustOutcome.ALLOWED:
                return True
    return False


PIECES = st.sampled_from(
    [
        "repo:",
        "octo",
        "/",
        "shop",
        "api",
        "@7",
        "@9",
        ":",
        "ref:refs/heads/main",
        "environment:production",
        "*",
        "?",
        "o",
        "s",
    ]
)
SUBJECTS = st.one_of(
    st.sampled_from([f"repo:{name}:ref:refs/heads/main" for name in (*READ, *STRANGERS)]),
    st.sampled_from(
        [f"repo:{name}:*" for name in ("octo/*", "octo*", "*/shop", "octo/sho?", "octo@7/shop@9", "octo@*/*")]
    ),
    st.lists(PIECES, min_size=1, max_size=7).map("".join),
)
OPERATORS = st.sampled_from(
    [
        *("StringEquals", "StringLike", "StringEqualsIgnoreCase", "ForAnyValue:StringLike"),
        *("ForAllValues:StringLike", "StringLikeIfExists", "StringNotLike", "StringNotEquals", "Null"),
    ]
)
KEYS = st.sampled_from([f"{ISSUER}:sub", f"{ISSUER}:SUB", f"{ISSUER}:repository", f"{ISSUER}:aud"])


@given(st.lists(st.tuples(OPERATORS, KEYS, st.lists(SUBJECTS, min_size=1, max_size=3)), min_size=1, max_size=3))
@settings(max_examples=examples(500), deadline=None)
def test_whom_the_policy_admits_is_read_or_leaves_its_users_open(
    conditions: list[tuple[str, str, list[str]]],
) -> None:
    blocks: dict[str, dict[str, object]] = {}
    for operator, key, values in conditions:
        told: object = "false" if operator == "Null" else ["sts.amazonaws.com"] if key.endswith("aud") else values
        blocks.setdefault(operator, {})[key] = told
    document = trust(dict(blocks))
    for coverage, strangers in ((FLEET, STRANGERS[:-2]), (NAMED, STRANGERS)):
        if not possible_users(document, ROLE, coverage):
            assert [name for name in strangers if admits(document, name)] == []


@pytest.mark.parametrize(
    ("subject", "open_ones"),
    [
        ("repo:octo/shop:ref:refs/heads/main", 0),
        ("repo:Octo/Shop:*", 0),
        ("repo:octo@7/shop@9:ref:refs/heads/main", 0),
        ("repo:octo/*:ref:refs/heads/main", 1),
        ("repo:octo/s*:*", 0),
        ("repo:octo/unread:*", 1),
        ("repo:evil/shop:*", 1),
        ("repo:*", 1),
        ("repository_owner:octo:*", 1),
    ],
)
def test_a_subject_that_reaches_only_what_was_read_leaves_nobody_open(subject: str, open_ones: int) -> None:
    found = possible_users(trust({"StringLike": {f"{ISSUER}:sub": subject}}), ROLE, FLEET)
    assert len(found) == open_ones, found


def test_whoever_comes_in_beside_github_is_a_possible_user() -> None:
    own = {"StringEquals": {f"{ISSUER}:sub": "repo:octo/shop:ref:refs/heads/main"}}
    beside = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999988887777:root"}, "Action": "sts:AssumeRole"}
    one = trust(own)
    two = read_document(json.dumps({"Version": "2012-10-17", "Statement": [*one.editable()["Statement"], beside]}))  # type: ignore[misc]
    assert (len(possible_users(one, ROLE, FLEET)), len(possible_users(two, ROLE, FLEET))) == (0, 1)
    assert possible_users(trust({}), ROLE, FLEET)
    assert possible_users(read_document("{"), ROLE, FLEET)
