"""A sound policy has no finding; with one planted fault it has exactly that finding, in its place, with its correction."""

from __future__ import annotations

import json
from typing import Any

import pytest
from lint_documents import (
    KEY,
    LOGIN,
    PROVIDER,
    REPOSITORY,
    changed,
    linted,
    policy,
    push,
    sound_policies,
    told,
    trust,
    trust_statement,
)
from planted_faults import AUD, EKS, MAIN, PLANTED, SUB, allow, and_, bounded, second, trusting
from thoroughness import examples, some

from diagnosis.lint.document import Expected
from diagnosis.lint.lint import lint
from diagnosis.lint.rule import Rule, Severity
from diagnosis.policy import PolicyKind, Unparsable

SOUND = list(sound_policies(examples(400)))
EACH = [(rule, document) for rule, documents in PLANTED.items() for document in documents]


def test_a_sound_policy_has_no_finding_and_its_kind_is_recognised() -> None:
    for kind, document in SOUND:
        report = linted(document)
        assert [(found.rule, found.place.path, found.sentence) for found in report.findings] == []
        assert report.kind is kind


@pytest.mark.parametrize(("rule", "document"), EACH, ids=[f"{rule}-{number}" for number, (rule, _) in enumerate(EACH)])
def test_one_planted_fault_gives_exactly_its_finding(rule: str, document: dict[str, Any]) -> None:
    findings = linted(document).findings
    assert [(found.rule.value, found.sentence) for found in findings if found.rule.value != rule] == []
    assert len(findings) == 1
    assert findings[0].sentence.endswith(".")
    assert findings[0].correction.endswith((".", "}"))
    assert findings[0].place.line is not None


def test_every_rule_is_planted_here_or_tried_below() -> None:
    below = {"duplicate-json-key", "too-long", "size", "size-quota", "principal-unwanted"}
    assert set(PLANTED) | below | {"expected-region", "expected-account"} == {rule.value for rule in Rule}


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (trust(StringEquals=AUD), "Statement[0].Condition"),
        (bounded("*", "StringLike"), f'Statement[0].Condition.StringLike."{SUB}"'),
        (bounded("repo:octo-org/shop:*"), f'Statement[0].Condition.StringEquals."{SUB}"'),
        (bounded([MAIN, "repo:octo-org/shop:branch:x"]), f'Statement[0].Condition.StringEquals."{SUB}"[1]'),
        (and_("StringEquals", f"{KEY}:iss", "x"), f'Statement[0].Condition.StringEquals."{KEY}:iss"'),
        (second({"AWS": ["123456789012", "12345"]}), "Statement[1].Principal.AWS[1]"),
        (second("*"), "Statement[1].Principal"),
        (allow("ecr:PutImages", REPOSITORY), "Statement[0].Action"),
        (allow(["ecr:PutImage", "ecr:PutImages"], REPOSITORY), "Statement[0].Action[1]"),
        (push([REPOSITORY, "shop"]), "Statement[1].Resource[1]"),
        (policy({**LOGIN, "Sid": "A"}, {**push()["Statement"][1], "Sid": "A"}), "Statement[1].Sid"),
        ({**push(), "Statement": {**LOGIN, "Action": "ecr:GetAuthorisationToken"}}, "Statement.Action"),
    ],
)
def test_a_finding_names_its_place_as_jq_takes_it(document: dict[str, Any], path: str) -> None:
    assert [found.place.path for found in linted(document).findings] == [path]


@pytest.mark.parametrize("rule", list(Rule))
def test_a_rule_says_what_is_wrong_and_where_that_is_documented(rule: Rule) -> None:
    record = rule.record
    assert record.sentence.endswith(".")
    assert record.reference.startswith(("https://docs.aws.amazon.com/", "https://docs.github.com/"))
    assert not record.refused or record.severity is Severity.ERROR


def test_the_severities_come_in_their_order() -> None:
    document = policy({"Effect": "Allow", "Action": ["ecr:PutImages", "iam:PassRole"], "Resource": "*"})
    assert told({"Statement": document["Statement"]}) == ["pass-role-any", "action-unknown", "version-missing"]


def test_a_fault_planted_in_any_sound_policy_is_found_beside_nothing_else() -> None:
    for kind, document in some(SOUND, 2):
        position = len(document["Statement"])
        planted = {"Effect": "Allow", "Action": "ecr:PutImages", "Resource": REPOSITORY}
        if kind is PolicyKind.TRUST:
            planted = trust_statement(StringEquals={**AUD, f"{KEY}:repository": "octo-org/shop"})
        report = linted(changed(document, "Statement", value=[*document["Statement"], planted]))
        wanted = "provider-control" if kind is PolicyKind.TRUST else "action-unknown"
        assert [finding.rule.value for finding in report.findings] == [wanted]
        assert report.findings[0].place.path.startswith(f"Statement[{position}]")


@pytest.mark.parametrize("action", ["sts:*", "sts:Assume*", "STS:*", ["sts:TagSession", "sts:Assume*"], "*"])
def test_a_trust_policy_is_known_by_a_pattern_of_actions_too(action: object) -> None:
    document = policy({**trust_statement(StringEquals=AUD), "Action": action})
    assert linted(document).kind is PolicyKind.TRUST
    assert "provider-control" in told(document)


@pytest.mark.parametrize("action", ["*", "ecr:*", "s3:*"])
def test_a_policy_of_a_repository_is_no_trust_policy(action: str) -> None:
    document = policy({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": action})
    assert linted(document).kind is PolicyKind.RESOURCE


def test_an_issuer_of_one_enterprise_is_private_and_needs_no_bound_to_be_saved() -> None:
    for issuer in (f"{KEY}/octo-corp", "token.actions.octo.ghe.com", "github.octo.example/_services/token"):
        principal = {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{issuer}"}
        statement = {**trust_statement(StringEquals={f"{issuer}:aud": "sts.amazonaws.com"}), "Principal": principal}
        assert told(policy(statement)) == ["subject-unbounded"]


def test_another_shared_provider_is_judged_by_its_own_claim() -> None:
    for issuer, claim in (("gitlab.com", "sub"), ("oidc.vercel.com", "aud")):
        principal = {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{issuer}"}
        bare = {**trust_statement(StringEquals={f"{issuer}:other": "x"}), "Principal": principal}
        assert told(policy(bare)) == ["provider-control"]
        bound = {**trust_statement(StringEquals={f"{issuer}:{claim}": "x"}), "Principal": principal}
        assert told(policy(bound)) == []


def test_what_is_expected_of_arns_is_compared() -> None:
    wrong = push("arn:aws:ecr:us-east-1:123456789012:repository/shop")
    report = linted(wrong, expected=Expected("123456789012", "eu-west-1"))
    assert [finding.rule for finding in report.findings] == [Rule.EXPECTED_REGION]
    assert "us-east-1" in report.findings[0].sentence
    assert report.findings[0].correction == f"Write {REPOSITORY}."
    report = linted(push(), expected=Expected("210987654321"))
    assert [finding.rule for finding in report.findings] == [Rule.EXPECTED_ACCOUNT]
    assert linted(push(), expected=Expected("123456789012", "eu-west-1")).findings == ()
    report = linted(trust(), expected=Expected("210987654321"))
    assert [finding.rule for finding in report.findings] == [Rule.EXPECTED_ACCOUNT]
    assert report.findings[0].correction == f"Write {PROVIDER.replace('123456789012', '210987654321')}."
    assert linted(trust(), expected=Expected("123456789012")).findings == ()


def test_sizes_are_those_of_the_kind() -> None:
    subjects = [f"repo:octo-org/shop:ref:refs/heads/branch-number-{number}" for number in range(50)]
    assert told(bounded(subjects)) == ["size-quota"]
    assert told(bounded([f"{each}-{number}" for each in subjects for number in range(3)])) == ["size"]
    names = [f"arn:aws:ecr:eu-west-1:123456789012:repository/team/service-{number}" for number in range(120)]
    assert told(push(names)) == ["size-quota"]
    assert told(push([*names, *(f"{each}-more" for each in names)])) == ["size"]
    assert told(push(names), PolicyKind.BOUNDARY) == ["size"]
    assert "too-long" in told(push("x" * 40_000))


@pytest.mark.parametrize(
    ("kind", "limit"), [(PolicyKind.SCP, 10_240), (PolicyKind.RCP, 5_120), (PolicyKind.SESSION, 2_048)]
)
def test_white_space_counts_where_aws_counts_it(kind: PolicyKind, limit: int) -> None:
    text = json.dumps(push("arn:aws:ecr:eu-west-1:123456789012:repository/a"))
    room = limit - len(text)
    assert "size-quota" not in told(text + " " * room, kind)
    assert "size-quota" in told(text + " " * (room + 1), kind)
    assert "size-quota" not in told(text + " " * (room + 1))


def test_a_key_that_stands_twice_is_told_with_its_line_and_the_rest_is_read() -> None:
    lines = (
        '{"Version": "2012-10-17",',
        ' "Statement": [',
        '  {"Effect": "Deny",',
        '   "Effect": "Allow",',
        '   "Action": "ecr:PutImages", "Resource": "*"}]}',
    )
    text = "\n".join(lines)
    first, second = sorted(linted(text).findings, key=lambda finding: finding.rule.value)
    assert (second.rule, second.place.path, second.place.line, second.place.column) == (
        Rule.DUPLICATE_JSON_KEY,
        "Statement[0].Effect",
        4,
        4,
    )
    assert (first.rule, first.place.line) == (Rule.ACTION_UNKNOWN, 5)


def test_several_faults_of_form_are_all_told_with_their_own_places() -> None:
    document = policy(
        {"Effect": "allow", "Action": "ecr:PutImage", "Resource": REPOSITORY},
        {"Effect": "Allow", "Resource": "*"},
        {"Effect": "Allow", "Action": "ecr:PutImages", "Resource": REPOSITORY, "Effects": 1},
        {**LOGIN, "Condition": {"StringIs": {"a:b": "c"}}},
    )
    found = {finding.rule.value: finding.place.path for finding in linted(document).findings}
    assert found == {
        "effect-invalid": "Statement[0].Effect",
        "action-missing": "Statement[1]",
        "element-unknown": "Statement[2].Effects",
        "action-unknown": "Statement[2].Action",
        "operator-unknown": "Statement[3].Condition.StringIs",
    }


def test_a_policy_with_a_principal_is_refused_where_its_kind_has_none() -> None:
    document = {**push()["Statement"][1], "Principal": {"AWS": "123456789012"}}
    assert told(policy(document), PolicyKind.IDENTITY) == ["principal-unwanted"]
    assert told(policy(document)) == []
    assert linted(policy(document)).kind is PolicyKind.RESOURCE


def test_a_text_that_is_no_json_object_is_no_policy() -> None:
    for text in ("", "{", "[]", "3", '"x"', "{'Version': 1}"):
        assert isinstance(lint(text), Unparsable)


def test_deny_statements_of_a_sound_document_are_not_judged_as_grants() -> None:
    denied = {"Effect": "Deny", "Action": ["iam:PassRole", "iam:PutRolePolicy"], "Resource": "*"}
    assert told(policy(denied)) == []


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("shop:latest", "shop"),
        ("shop/api:v1.2", "shop/api"),
        ("shop-*:latest", "shop-*"),
        (f"shop@sha256:{'0' * 64}", "shop"),
        ("*:latest", "NAME"),
        ("Shop/API", "shop/api"),
        ("shop/", "shop"),
        ("shop api", "NAME"),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop:v1", "shop"),
    ],
)
def test_what_no_repository_of_ecr_is_named_is_corrected_to_its_name_and_to_no_more(name: str, right: str) -> None:
    begin = REPOSITORY.removesuffix("shop")
    for document in (
        push(begin + name),
        policy({**push()["Statement"][1], "Resource": ["arn:aws:s3:::b", begin + name]}),
    ):
        (found,) = (each for each in linted(document).findings if each.rule is Rule.ARN_RESOURCE)
        assert found.correction == f"Write {begin}{right}."


@pytest.mark.parametrize(
    "name", ["*", "shop-*", "sho?", "${aws:PrincipalTag/Team}/api", "a/b_c/d.e-f", "shop/*", "*/api"]
)
def test_what_a_repository_of_ecr_can_be_named_has_no_finding(name: str) -> None:
    assert told(push(REPOSITORY.removesuffix("shop") + name)) == []


@pytest.mark.parametrize(
    "document",
    [
        second("*", StringEquals={"aws:PrincipalOrgID": "o-a1b2c3d4e5"}),
        second("*", StringEquals={"aws:PrincipalAccount": "210987654321"}),
        second("*", ArnLike={"aws:PrincipalArn": "arn:aws:iam::210987654321:role/*"}),
        second("*", StringEquals={"sts:ExternalId": "x-1"}),
        policy(
            *second("*")["Statement"],
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sts:AssumeRole",
                "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
            },
        ),
        trusting(EKS, StringLike={f"{EKS}:sub": "system:serviceaccount:shop:*"}),
        trusting("gitlab.com", StringLike={"gitlab.com:sub": "project_path:octo/*:ref_type:branch:ref:main"}),
        trusting("oidc.vercel.com", StringEquals={"oidc.vercel.com:aud": "https://vercel.com/octo"}),
        trusting("api.pulumi.com/oidc", StringEquals={"api.pulumi.com/oidc:aud": "aws:octo"}),
        trusting("oidc.example.com", StringEquals={"oidc.example.com:sub": "ci"}),
    ],
)
def test_a_door_that_is_bounded_has_no_finding(document: dict[str, Any]) -> None:
    assert told(document) == []


def test_a_door_that_a_document_of_any_size_leaves_open_is_told() -> None:
    document = second("*", StringNotEquals={"aws:PrincipalOrgID": ["o-1" * 9] * 800})
    assert {"principal-anybody", "size"} <= set(told(document))


@pytest.mark.parametrize(
    "document",
    [
        policy({"Effect": "Deny", "Action": "ecr:*", "Resource": "*"}),
        policy(LOGIN, {"Effect": "Allow", "Action": "ecr:*", "Resource": REPOSITORY}),
        policy(LOGIN, {"Effect": "Allow", "Action": "ecr:*", "Resource": f"{REPOSITORY}/*"}),
        allow("s3:*", ["arn:aws:s3:::shop", "arn:aws:s3:::shop/*"]),
        allow("ecr:*", Condition={"StringEquals": {"aws:ResourceTag/team": "shop"}}),
        allow("kms:*", Condition={"StringEquals": {"kms:ViaService": "ecr.eu-west-1.amazonaws.com"}}),
        allow("dynamodb:*", Condition={"StringEquals": {"aws:CalledViaLast": "cloudformation.amazonaws.com"}}),
        allow(["ecr:Describe*", "ecr:List*"]),
        # Nothing of these services can be granted on single resources.
        allow(["ssmmessages:*", "ec2messages:*", "pricing:*", "tag:*", "support:*"]),
        # Only reads can.
        allow(["health:*", "controlcatalog:*"]),
    ],
)
def test_all_actions_of_a_service_on_some_resources_are_no_grant_of_everything(document: dict[str, Any]) -> None:
    assert "service-allowed" not in told(document)


def test_what_all_of_a_service_means_is_shown_by_its_writes() -> None:
    [finding] = linted(allow("ecr:*")).findings
    assert finding.sentence.endswith(
        "all that the service can do, ecr:SetRepositoryPolicy and ecr:DeleteRepository among it."
    )
    [finding] = linted(allow("sts:*")).findings
    assert "sts:AssumeRole" in finding.sentence


def test_all_actions_of_iam_are_told_by_what_they_open() -> None:
    assert told(allow("iam:*")) == ["pass-role-any", "self-escalation"]
