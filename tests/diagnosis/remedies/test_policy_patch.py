"""The smallest edits of a permission document."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from diagnosis.policy import Layers, Outcome, PolicyDocument, Request, evaluate, write_document
from diagnosis.policy.language.quotas import size
from diagnosis.remedies.edits.policy_patch import difference, extended, grants

ARN = "arn:aws:ecr:eu-west-2:123456789012:repository/shop"
OTHER = "arn:aws:ecr:eu-west-2:123456789012:repository/other"
SESSION = "arn:aws:sts::123456789012:assumed-role/release/GitHubActions"

ACTIONS = ("ecr:PutImage", "ecr:BatchGetImage", "ecr:InitiateLayerUpload", "ecr:DescribeImages")


def allowed(document: PolicyDocument, action: str, resource: str) -> bool:
    policy = document.compiled()
    request = Request(
        principal=SESSION,
        action=action,
        resource=resource,
        resource_account="123456789012",
        context={},
        wildcard_only_action=resource == "*",
    )
    return evaluate(request, Layers(identity=(policy,))).outcome is Outcome.ALLOWED


def test_the_token_stands_alone_on_the_star() -> None:
    made = grants([("ecr:PutImage", ARN), ("ecr:GetAuthorizationToken", "*")])
    assert [(s["Action"], s["Resource"]) for s in made] == [
        ("ecr:GetAuthorizationToken", "*"),
        ("ecr:PutImage", ARN),
    ]


def test_a_missing_action_joins_the_plain_statement_on_its_resource() -> None:
    before = write_document(
        {
            "Version": "2012-10-17",
            "Statement": [{"Sid": "a", "Effect": "Allow", "Action": "ecr:PutImage", "Resource": ARN}],
        }
    )
    after = extended(before, [("ecr:BatchGetImage", ARN)]).tree
    assert after["Statement"] == [
        {"Sid": "a", "Effect": "Allow", "Action": ["ecr:PutImage", "ecr:BatchGetImage"], "Resource": ARN}
    ]


def test_a_conditional_statement_is_left_alone() -> None:
    conditional = {
        "Sid": "a",
        "Effect": "Allow",
        "Action": "ecr:PutImage",
        "Resource": ARN,
        "Condition": {"Bool": {"aws:SecureTransport": "true"}},
    }
    before = write_document({"Version": "2012-10-17", "Statement": conditional})
    after = extended(before, [("ecr:BatchGetImage", ARN)]).tree
    assert after["Statement"][0] == conditional
    assert after["Statement"][1]["Action"] == "ecr:BatchGetImage"


def test_a_broad_statement_on_the_star_does_not_take_the_token() -> None:
    broad = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    after = extended(write_document({"Statement": [broad]}), [("ecr:GetAuthorizationToken", "*")]).tree
    assert after["Statement"][0] == broad
    assert len(after["Statement"]) == 2


def test_new_sids_do_not_collide() -> None:
    before = write_document(
        {"Statement": [{"Sid": "RegistryLogin", "Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}
    )
    after = extended(before, [("ecr:GetAuthorizationToken", "*")]).tree
    assert [s["Sid"] for s in after["Statement"]] == ["RegistryLogin", "RegistryLogin2"]


def test_what_is_no_variable_becomes_none() -> None:
    home = {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::homes/${aws:username}/*"}
    after = extended(write_document({"Id": "homes", "Statement": home}), [("ecr:PutImage", ARN)]).tree
    assert after["Statement"][0] == home
    assert set(after) == {"Id", "Statement"}
    assert extended(None, [("ecr:PutImage", ARN)]).tree["Version"] == "2012-10-17"


@given(
    st.lists(st.tuples(st.sampled_from(ACTIONS), st.sampled_from([ARN, OTHER])), max_size=6),
    st.lists(st.tuples(st.sampled_from(ACTIONS), st.sampled_from([ARN, OTHER])), min_size=1, max_size=6),
)
def test_an_extension_grants_the_needed_pairs_and_no_others(
    before: list[tuple[str, str]], needed: list[tuple[str, str]]
) -> None:
    start = extended(None, before) if before else None
    after = extended(start, needed)
    for action in ACTIONS:
        for resource in (ARN, OTHER):
            assert allowed(after, action, resource) == ((action, resource) in {*before, *needed})


@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.sampled_from([ARN, OTHER])), min_size=1, max_size=6))
def test_extending_twice_changes_nothing(needed: list[tuple[str, str]]) -> None:
    once = extended(None, needed)
    assert extended(once, needed) == once


def test_a_difference_shows_only_what_changes() -> None:
    before = extended(None, [("ecr:PutImage", ARN)])
    shown = difference(before, extended(before, [("ecr:BatchGetImage", ARN)]), "policy")
    added = [line for line in shown.splitlines() if line.startswith("+") and not line.startswith("+++")]
    assert any("ecr:BatchGetImage" in line for line in added)
    assert not any("Version" in line for line in added)


def test_white_space_does_not_count_towards_the_limit() -> None:
    assert size('{ "a" :\n 1 }') == len('{"a":1}')
