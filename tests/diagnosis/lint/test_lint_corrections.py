"""What a finding says to write is right itself, and what comes near to a fault without being one has no finding."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from lint_documents import KEY, LOGIN, PUSH, REPOSITORY, changed, linted, policy, push, told, trust
from planted_faults import AUD, MAIN, allow, bounded, federated, second, trusting

from diagnosis.lint.document import Expected
from diagnosis.lint.rule import Rule
from diagnosis.lint.rules.condition_logic import exclude
from diagnosis.lint.rules.subjects import why_no_subject
from diagnosis.policy import ConditionResult
from diagnosis.policy.language.conditions import compile_condition
from diagnosis.policy.request import ContextValue

SHOP = "repo:octo-org/shop"
CLUSTER = "arn:aws:ecs:eu-west-1:123456789012"


def corrected(document: dict[str, Any], rule: str) -> str:
    """The correction of the one finding, which is of this rule."""
    [finding] = linted(document).findings
    assert finding.rule.value == rule
    return finding.correction


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (f"{SHOP}:Ref:refs/heads/main", MAIN),
        (f"{SHOP}:REF:refs/heads/rel-*", f"{SHOP}:ref:refs/heads/rel-*"),
        (f"{SHOP}:Environment:Prod", f"{SHOP}:environment:Prod"),
        (f"{SHOP}:branch:main", MAIN),
        (f"{SHOP}:heads:main", MAIN),
        (f"{SHOP}:tag:v1", f"{SHOP}:ref:refs/tags/v1"),
        (f"{SHOP}:tags:v*", f"{SHOP}:ref:refs/tags/v*"),
        (f"{SHOP}:ref:main", MAIN),
        (f"{SHOP}:ref:main*", f"{MAIN}*"),
        (f"{SHOP}:ref:", f"{SHOP}:ref:refs/heads/BRANCH"),
        (f"{SHOP}:refs/heads/main", MAIN),
        (f"{SHOP}:environment:", f"{SHOP}:environment:NAME"),
        (f"{SHOP}:", f"{SHOP}:ref:refs/heads/BRANCH"),
        (f"{SHOP}%3Aref:refs/heads/main", MAIN),
        (f"{SHOP}%3Aref%3Arefs/heads/main", MAIN),
        (f"{SHOP}%3aref%3arefs/heads/*", f"{SHOP}:ref:refs/heads/*"),
        (f"{SHOP}%3Aenvironment:a%3Ab", f"{SHOP}:environment:a%3Ab"),
        ("REPO:octo-org/shop:ref:refs/heads/main", MAIN),
        ("octo-org/shop:ref:refs/heads/main", MAIN),
        ("https://github.com/octo-org/shop:ref:refs/heads/main", MAIN),
        (f'"{MAIN}"', MAIN),
    ],
)
def test_a_miswritten_subject_is_corrected_to_one_that_a_token_may_present(written: str, meant: str) -> None:
    document = bounded(written, "StringLike")
    assert corrected(document, "subject-form") == f"Write {meant}."
    assert told(bounded(meant, "StringLike")) == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (f"{SHOP}:branches", f"Write {SHOP}:ref:refs/heads/BRANCH."),
        (f"{SHOP}:job:x", f"Write {SHOP}:ref:refs/… or {SHOP}:environment:…."),
        ("repo:octo-org", "Write repo:OWNER/REPO:ref:refs/heads/BRANCH."),
        ("repo:octo org/*", "Write repo:OWNER/REPO:…."),
        ("repo:octo-org/shop/x:pull_request", "Write repo:OWNER/REPO:pull_request."),
        ("repo:octo-org:*", "Write repo:octo-org/REPO:*."),
        ("repo:octo-org:ref:refs/heads/main", "Write repo:octo-org/REPO:ref:refs/heads/main."),
        ("repo:octo-org@42:environment:*", "Write repo:octo-org@42/REPO:environment:*."),
    ],
)
def test_where_the_subject_that_is_meant_cannot_be_told_its_form_is_shown(written: str, meant: str) -> None:
    assert corrected(bounded(written, "StringLike"), "subject-form") == meant


@pytest.mark.parametrize(
    "pattern",
    [
        "r*:octo-org/shop:ref:refs/heads/main",
        f"{SHOP}:r*",
        f"{SHOP}:ref:ref*",
        f"{SHOP}:environment:*",
        f"{SHOP}:environment:a%3Ab",
        f"{SHOP}:pull_request",
        f"{SHOP}:actor:octocat",
        "repo_property_team:shop",
        "pull_request",
        "repo:octo-org/sh*",
    ],
)
def test_a_pattern_that_some_subject_meets_is_no_fault_of_form(pattern: str) -> None:
    assert why_no_subject(pattern) is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("arn:aws:ecr:eu-west-1:123456789012:repositori/shop", REPOSITORY),
        ("arn:aws:ecr:eu-west-1:123456789012:shop", REPOSITORY),
        ("arn:aws:ecr:eu-west-1:123456789012:repository//shop", REPOSITORY),
        ("arn:aws:ecr:eu-west-1:123456789012:repository/Shop", REPOSITORY),
        ("arn:aws:ecr:eu-west-1:123456789012:repository/shop:v1", REPOSITORY),
    ],
)
def test_a_miswritten_repository_is_corrected_to_one_that_has_no_finding(written: str, meant: str) -> None:
    assert corrected(push(written), "arn-resource") == f"Write {meant}."
    assert told(push(meant)) == []


@pytest.mark.parametrize(
    ("action", "resource", "rule", "correction"),
    [
        ("ecs:UpdateService", f"{CLUSTER}:servce/main/shop", "arn-resource", f"Write {CLUSTER}:service/main/shop."),
        (
            "sqs:SendMessage",
            "arn:aws:sqs::123456789012:q",
            "arn-region",
            "Write the region, such as eu-west-1, or * for any.",
        ),
        (
            "sns:Publish",
            "arn:aws:sns:eu-west-1::t",
            "arn-account",
            "Write the account, such as 123456789012, or * for any.",
        ),
        ("s3:GetObject", "arn:aws:s3::123456789012:b/k", "arn-account", "Write arn:aws:s3:::b/k."),
        ("s3:ListBucket", "arn:aws:s3:eu-west-1:123456789012:b", "arn-region", "Write arn:aws:s3:::b."),
        (
            "iam:GetRole",
            "arn:aws:iam:eu-west-1:123456789012:role/x",
            "arn-region",
            "Write arn:aws:iam::123456789012:role/x.",
        ),
        ("ecr:PutImage", "arn:aws:ecr:::repository/shop", "arn-region", "Write region and account, or * for any."),
        (
            "s3:GetObject",
            "arn:aws:s3:shop",
            "arn-region",
            "Write a region such as eu-west-1, or * for every one.",
        ),
        (
            "ecr:PutImage",
            "arn:aws:ecr:eu-west-1:123456789012:repository/",
            "arn-resource",
            "Write it as arn:PARTITION:ecr:REGION:ACCOUNT:repository/REPOSITORYNAME.",
        ),
        (
            "kms:Decrypt",
            "arn:aws:kms:eu-west-1:123456789012:foo",
            "arn-resource",
            "Write it as arn:PARTITION:kms:REGION:ACCOUNT:alias/ALIAS or arn:PARTITION:kms:REGION:ACCOUNT:key/KEYID.",
        ),
    ],
)
def test_the_field_of_an_arn_that_is_to_blame_is_corrected(
    action: str, resource: str, rule: str, correction: str
) -> None:
    assert corrected(allow(action, resource), rule) == correction


@pytest.mark.parametrize(
    ("name", "correction"),
    [
        ("arn:aws:iam::123456789012:role/${aws:username}", "Write the ARN out."),
        (f"arn:aws:iam::123456789012:oidc-provider/{KEY}", "Put the provider under Federated."),
        ("arn:aws:s3:::shop", "Write the ARN of a role, a user, or arn:aws:iam::ACCOUNT:root."),
        ("arn:awsx:iam::123456789012:role/x", "Write the ARN of a role, a user, or arn:aws:iam::ACCOUNT:root."),
        ("arn:aws:iam::123456789012:policy/x", "Write the ARN of a role, a user, or arn:aws:iam::ACCOUNT:root."),
        ("arn:aws:iam::1234:role/x", "Write the account's twelve digits."),
        ("arn:aws:iam:eu-west-1:123456789012:role/x", "Leave the region empty: two colons before the account."),
        ("arn:aws:iam::123456789012:group/devs", "Name the users or a role."),
    ],
)
def test_what_is_no_principal_of_aws_is_told_with_the_one_that_would_be(name: str, correction: str) -> None:
    assert corrected(second({"AWS": name}, StringEquals={"sts:ExternalId": "x"}), "principal-form") == correction


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("arn:aws:iam::123456789012:oidc-provider/", "provider-form"),
        (f"arn:aws:iam::1234:oidc-provider/{KEY}", "provider-form"),
        (f"arn:aws:iam:eu-west-1:123456789012:oidc-provider/{KEY}", "provider-form"),
        (f"arn:awsx:iam::123456789012:oidc-provider/{KEY}", "provider-form"),
        (f"arn:aws:sts::123456789012:oidc-provider/{KEY}", "principal-form"),
    ],
)
def test_a_provider_that_is_none_is_told_once(name: str, rule: str) -> None:
    assert told(federated(name)) == [rule]


@pytest.mark.parametrize("written", [KEY, f"https://{KEY}", f"https://{KEY}/"])
def test_an_issuer_in_the_place_of_its_provider_is_corrected_to_the_providers_arn(written: str) -> None:
    meant = f"Write arn:aws:iam::ACCOUNT:oidc-provider/{KEY}."
    assert corrected(federated(written), "principal-form") == meant
    [finding] = linted(federated(written), expected=Expected("210987654321")).findings
    assert finding.correction == meant.replace("ACCOUNT", "210987654321")


def test_of_a_text_that_is_no_provider_nothing_else_is_told() -> None:
    for name in ("x", "github.example", "arn:aws:iam::123456789012:role/x"):
        assert told(federated(name)) == ["principal-form"]


def test_a_pattern_of_roles_is_corrected_to_a_condition_on_them() -> None:
    pattern = "arn:aws:iam::123456789012:role/ci-*"
    assert corrected(second({"AWS": pattern}, StringEquals={"sts:ExternalId": "x"}), "principal-form") == (
        f'Write arn:aws:iam::123456789012:root, with the condition "ArnLike": {{"aws:PrincipalArn": "{pattern}"}}.'
    )
    meant = second({"AWS": "arn:aws:iam::123456789012:root"}, ArnLike={"aws:PrincipalArn": pattern})
    assert told(meant) == []


def test_no_more_is_told_of_a_list_than_what_is_redundant_in_it() -> None:
    assert told(push([REPOSITORY, f"{REPOSITORY}-*", f"{REPOSITORY}-api"])) == ["resource-redundant"]
    assert told(push([REPOSITORY, "arn:aws:ecr:eu-west-1:123456789012:repository/${aws:PrincipalTag/team}"])) == []
    assert told(bounded([MAIN, f"{MAIN}*"])) == ["wildcard-literal"]


NARROW = {"Effect": "Allow", "Action": list(PUSH), "Resource": REPOSITORY}


@pytest.mark.parametrize(
    "wide",
    [
        {**NARROW, "Effect": "Deny"},
        {
            "Effect": "Allow",
            "NotAction": "iam:*",
            "Resource": REPOSITORY,
            "Condition": {"Bool": {"aws:SecureTransport": "true"}},
        },
        {**NARROW, "Resource": f"{REPOSITORY}-x"},
    ],
)
def test_a_statement_that_another_does_not_say_whole_is_not_redundant(wide: dict[str, Any]) -> None:
    assert Rule.STATEMENT_REDUNDANT not in told(policy(LOGIN, NARROW, wide))


def test_a_statement_that_another_says_whole_is_redundant() -> None:
    within = {**NARROW, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}
    [finding] = linted(policy(LOGIN, within, NARROW)).findings
    assert (finding.rule, finding.place.path) == (Rule.STATEMENT_REDUNDANT, "Statement[1]")
    [finding] = linted(policy(LOGIN, NARROW, NARROW)).findings
    assert (finding.rule, finding.place.path) == (Rule.STATEMENT_REDUNDANT, "Statement[2]")


@pytest.mark.parametrize(
    ("action", "correction"),
    [
        ("ecrr:PutImage", "Write ecr:PutImage."),
        ("ecrr:Put*", "Write ecr:Put*."),
        ("ecr:PutImagee*", "Write ecr:PutImage*."),
    ],
)
def test_a_misspelt_pattern_of_actions_is_corrected_as_a_pattern(action: str, correction: str) -> None:
    assert corrected(allow(action, REPOSITORY), "service-unknown" if "rr" in action else "action-unknown") == correction


@pytest.mark.parametrize("action", ["qqqqq:Get*", "qqqqq:GetThings"])
def test_a_service_that_resembles_none_is_taken_for_a_new_one(action: str) -> None:
    assert told(allow(action)) == ["service-undocumented"]


def test_actions_beside_negated_ones_are_compared_with_no_resource() -> None:
    document = policy({"Effect": "Deny", "NotAction": "sts:GetCallerIdentity", "Resource": REPOSITORY})
    assert told(document) == []


STRINGS = (
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
)
NUMBERS = (
    "NumericEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
)
TAG = "aws:PrincipalTag/team"


@pytest.mark.parametrize(
    ("operators", "values", "met"),
    [
        (
            (*STRINGS, "Null", "StringLikeIfExists"),
            (("a",), ("A",), ("a*",), ("b", "a?")),
            ("a", "A", "ab", "b", "", None),
        ),
        ((*NUMBERS, "Null"), (("1",), ("2",), ("1", "3")), ("0", "1", "1.5", "2", "3", "4", None)),
    ],
)
def test_conditions_that_are_told_to_exclude_each_other_are_met_by_no_request(
    operators: tuple[str, ...], values: tuple[tuple[str, ...], ...], met: tuple[str | None, ...]
) -> None:
    values = (*values, ("true",), ("false",))
    tried = [
        (name, each) for name in operators for each in values if (name == "Null") is (each[0] in ("true", "false"))
    ]
    compiled = {each: compile_condition(each[0], TAG, list(each[1]), "", variables=True) for each in tried}
    keys = {value: {} if value is None else {TAG.lower(): ContextValue((value,), multivalued=False)} for value in met}
    held = {
        (each, value): condition.test(keys[value]) is ConditionResult.MATCHED
        for each, condition in compiled.items()
        for value in met
    }
    excluding = 0
    for one, other in itertools.combinations(tried, 2):
        if exclude(compiled[one], compiled[other]):
            excluding += 1
            assert not any(held[one, value] and held[other, value] for value in met), (one, other)
    assert excluding > 10


def test_a_bound_of_a_date_is_compared_as_a_moment() -> None:
    def between(after: str, before: str) -> list[str]:
        condition = {"DateGreaterThan": {"aws:CurrentTime": after}, "DateLessThan": {"aws:CurrentTime": before}}
        return told(allow("ecr:PutImage", REPOSITORY, Condition=condition))

    assert between("2026-05-01T00:00:00Z", "2026-04-01T00:00:00Z") == ["conditions-exclude"]
    assert between("2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z") == []
    assert between("junk", "2026-04-01T00:00:00Z") == ["condition-value"]


def test_tokens_of_an_enterprise_server_need_a_bound_too() -> None:
    issuer = "github.octo.example/_services/token"
    assert told(trusting(issuer, StringEquals={f"{issuer}:aud": "sts.amazonaws.com"})) == ["subject-unbounded"]
    bound = {f"{issuer}:aud": "sts.amazonaws.com", f"{issuer}:sub": MAIN}
    assert told(trusting(issuer, StringEquals=bound)) == []


def test_a_document_of_very_many_statements_is_not_compared_statement_by_statement() -> None:
    statement = {"Effect": "Allow", "Action": "ecr:PutImage", "Resource": REPOSITORY}
    assert set(told(policy(*[statement] * 1_000))) == {"size"}


def test_a_document_may_hold_one_statement_without_a_list() -> None:
    document = changed(trust(), "Statement", value=trust(StringEquals=AUD)["Statement"][0])
    assert told(document) == ["provider-control"]
