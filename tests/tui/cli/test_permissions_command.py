"""``planescope permissions``: the policy and the guard are made from one list."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from arns import arn_of
from click.testing import CliRunner, Result

from diagnosis.facts.account import AccountQuestion
from diagnosis.policy import Layers, Outcome, Policy, Request, evaluate, has_resource_level, parse_policy
from probes.aws.session.guard import reading_guard
from probes.aws.session.operations import OPERATIONS, Scope, Variant
from probes.aws.session.permissions import operations_of, reader_policy
from tui.cli.commands.permissions import SCHEMA, permissions_command

ROLE = "arn:aws:iam::111122223333:role/ci/Release"
REPOSITORY = "arn:aws:ecr:eu-west-2:111122223333:repository/shop/api"
ROOT = "s3://evidence-of-releases/runs/7/"
READER = "arn:aws:iam::111122223333:user/reader"


def run(*options: str) -> Result:
    return CliRunner().invoke(permissions_command, list(options))


def printed(*options: str) -> Any:
    result = run(*options)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def granted(policy: dict[str, Any]) -> set[str]:
    return {action for statement in policy["Statement"] for action in statement["Action"]}


@pytest.mark.parametrize("variant", list(Variant))
def test_the_policy_grants_exactly_what_the_guard_lets_through(variant: Variant) -> None:
    guard = reading_guard(lambda _service, _operation: None)
    policy = printed("--variant", variant.value)
    listed = operations_of(variant)
    assert granted(policy) == {operation.action for operation in listed}
    assert all(guard.permits(operation.service, operation.name) for operation in listed)
    if variant is Variant.FULL:
        assert set(listed) == set(OPERATIONS)


def test_minimal_is_part_of_full() -> None:
    minimal, full = printed("--variant", "minimal"), printed("--variant", "full")
    assert granted(minimal) < granted(full)
    assert printed() == minimal


def decide(policy: dict[str, Any], action: str, resource: str, **context: tuple[str, ...]) -> Outcome:
    parsed = parse_policy(policy)
    assert isinstance(parsed, Policy), parsed
    # IAM counts its managed policies (account "aws") as the caller's own, and buckets name no account.
    request = Request(
        READER,
        action,
        resource,
        resource_account="111122223333",
        context=context,
        wildcard_only_action=not has_resource_level(action),
    )
    return evaluate(request, Layers(identity=(parsed,))).outcome


@pytest.mark.parametrize("bounded", [True, False])
def test_every_listed_call_is_allowed_where_it_is_made_and_nothing_that_writes(*, bounded: bool) -> None:
    options = ("--role", ROLE, "--repository", REPOSITORY, "--evidence-root", ROOT) if bounded else ()
    policy = printed("--variant", "full", *options)
    places = {
        Scope.ANY: "*",
        Scope.PROVIDER: "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com",
        Scope.ROLE: ROLE,
        Scope.POLICY: "arn:aws:iam::aws:policy/ReadOnlyAccess",
        Scope.REPOSITORY: REPOSITORY,
        Scope.BUCKET: "arn:aws:s3:::evidence-of-releases",
        Scope.EVIDENCE: "arn:aws:s3:::evidence-of-releases/runs/7/receipt.json",
        Scope.KEY: "arn:aws:kms:eu-west-2:111122223333:key/1",
        Scope.USED_BUCKET: "arn:aws:s3:::artifacts",
        Scope.SECRET: "arn:aws:secretsmanager:eu-west-2:111122223333:secret:db-AbCdEf",
        Scope.TOPIC: "arn:aws:sns:eu-west-2:111122223333:deployed",
        Scope.QUEUE: "arn:aws:sqs:eu-west-2:111122223333:deployed",
    }
    for operation in OPERATIONS:
        if operation.scope is Scope.KEY:
            # The key's own policy must let the account's policies decide; the statement here is one half.
            assert operation.action in granted(policy)
            continue
        context = {"s3:prefix": ("runs/7/",)} if operation.scope is Scope.BUCKET else {}
        decision = decide(policy, operation.action, places[operation.scope], **context)
        assert decision is Outcome.ALLOWED, operation.address
    for action, resource in (
        ("ecr:GetAuthorizationToken", "*"),
        ("ecr:PutImage", REPOSITORY),
        ("ecr:BatchGetImage", REPOSITORY),
        ("iam:PutRolePolicy", ROLE),
        ("iam:UpdateAssumeRolePolicy", ROLE),
        ("sts:AssumeRole", ROLE),
        ("s3:PutObject", "arn:aws:s3:::evidence-of-releases/runs/7/receipt.json"),
        ("kms:Decrypt", places[Scope.KEY]),
        ("secretsmanager:GetSecretValue", places[Scope.SECRET]),
        ("sqs:ReceiveMessage", places[Scope.QUEUE]),
    ):
        assert decide(policy, action, resource) is Outcome.IMPLICIT_DENY, action


def test_what_is_named_bounds_the_policy_to_it() -> None:
    policy = printed("--variant", "full", "--role", ROLE, "--repository", REPOSITORY, "--evidence-root", ROOT)
    for action, resource in (
        ("iam:GetRole", "arn:aws:iam::111122223333:role/Other"),
        ("iam:GetRole", "arn:aws:iam::444455556666:role/ci/Release"),
        ("ecr:DescribeImages", "arn:aws:ecr:eu-west-2:111122223333:repository/shop/web"),
        ("ecr:DescribeImages", "arn:aws:ecr:eu-west-1:111122223333:repository/shop/api"),
        ("iam:GetPolicy", "arn:aws:iam::444455556666:policy/P"),
        ("s3:ListBucket", "arn:aws:s3:::another"),
        ("s3:GetObject", "arn:aws:s3:::evidence-of-releases/other.json"),
    ):
        assert decide(policy, action, resource) is Outcome.IMPLICIT_DENY, (action, resource)
    bucket = "arn:aws:s3:::evidence-of-releases"
    assert decide(policy, "s3:ListBucket", bucket, **{"s3:prefix": ("runs/8/",)}) is Outcome.IMPLICIT_DENY


def test_a_registry_in_another_account_makes_two_policies() -> None:
    other = REPOSITORY.replace("111122223333", "444455556666")
    document = printed("--variant", "full", "--role", ROLE, "--repository", other, "--json")
    by_account = {entry["account"]: entry["policy"] for entry in document["policies"]}
    assert set(by_account) == {"111122223333", "444455556666"}
    assert "ecr:DescribeImages" in granted(by_account["444455556666"])
    assert "ecr:DescribeImages" not in granted(by_account["111122223333"])
    assert not {action for action in granted(by_account["444455556666"]) if action.startswith(("iam:", "s3:", "org"))}
    assert {"cloudtrail:LookupEvents", "sts:GetCallerIdentity"} <= granted(by_account["444455556666"])


def test_json_says_why_for_each_call() -> None:
    document = printed("--json", "--variant", "full")
    assert document["schema"] == SCHEMA
    assert document["variant"] == "full"
    assert {entry["operation"] for entry in document["operations"]} == {operation.name for operation in OPERATIONS}
    assert all(entry["why"] and entry["action"] for entry in document["operations"])
    assert [entry["account"] for entry in document["policies"]] == [None]


def test_why_lists_each_call() -> None:
    text = run("--why", "--variant", "full").stdout
    flat = re.sub(r"\s+", "", text)
    for operation in OPERATIONS:
        assert re.sub(r"\s", "", operation.action)[:20] in flat


@pytest.mark.parametrize(
    "options",
    [
        ("--role", "arn:aws:iam::111122223333:role/*"),
        ("--role", "Release"),
        ("--role", ROLE + "\n"),
        ("--repository", "arn:aws:ecr:eu-west-2:111122223333:repository/*"),
        ("--repository", "shop/api"),
        ("--evidence-root", "s3://*/x"),
        ("--evidence-root", "s3://bucket-x/${aws:username}/"),
        ("--evidence-root", "evidence/runs"),
        ("--variant", "everything"),
    ],
)
def test_what_would_widen_the_policy_is_bad_input(options: tuple[str, ...]) -> None:
    result = run(*options)
    assert result.exit_code == 2
    assert result.stdout == ""


@pytest.mark.parametrize("variant", list(Variant))
def test_the_policy_fits_into_a_managed_policy(variant: Variant) -> None:
    """AWS takes 6,144 characters, white space not counted."""
    question = AccountQuestion(
        role_arn=arn_of("arn:aws-us-gov:iam::111122223333:role/" + "p" * 500),
        region="us-gov-west-1",
        registry_id="111122223333",
        repository="r" * 250,
        evidence_root="s3://" + "b" * 63 + "/" + "k" * 500,
    )
    text = json.dumps(reader_policy(variant, question))
    assert len(re.sub(r"\s", "", text)) < 6144


def test_partitions_are_those_of_the_role() -> None:
    policy = printed("--role", "arn:aws-cn:iam::111122223333:role/Release", "--variant", "full")
    resources = [statement["Resource"] for statement in policy["Statement"]]
    flat = [entry for found in resources for entry in (found if isinstance(found, list) else [found])]
    assert all(entry == "*" or entry.startswith("arn:aws-cn:") for entry in flat)


def test_no_statement_has_a_wildcard_action() -> None:
    for variant in Variant:
        assert not any("*" in action for action in granted(reader_policy(variant)))
