"""An ARN is read once, keeps its exact text, and answers for its parts."""

from __future__ import annotations

import pytest
from arns import arn_of
from hypothesis import given
from hypothesis import strategies as st

from diagnosis.names.arn import Arn, is_account_id
from diagnosis.names.partition import partition_of

WORDS = st.text(st.characters(exclude_characters=":", codec="utf-8"), max_size=12)


@given(st.lists(WORDS, min_size=4, max_size=4), st.text())
def test_whatever_is_parsed_is_written_back_letter_by_letter(parts, resource):
    text = ":".join(("arn", *parts, resource))
    assert str(arn_of(text)) == text
    assert Arn.parse(str(arn_of(text))) == arn_of(text)


@given(st.text())
def test_no_text_makes_parsing_fail_and_only_arns_are_arns(text):
    found = Arn.parse(text)
    assert found is None or str(found) == text


@pytest.mark.parametrize(
    "text", [None, "", "release", "arn:aws:iam::1", "ARN:aws:iam::1:role/x", " arn:aws:iam::1:role/x", "*"]
)
def test_what_is_no_arn_gives_none(text):
    assert Arn.parse(text) is None


def test_a_role_with_a_path_tells_type_name_and_path():
    role = arn_of("arn:aws-cn:iam::111122223333:role/team/ci/release")
    assert (role.partition, role.service, role.region, role.account) == ("aws-cn", "iam", "", "111122223333")
    assert (role.resource_type, role.resource_id, role.name, role.path) == (
        "role",
        "team/ci/release",
        "release",
        "/team/ci/",
    )
    assert role.is_role
    assert role.has_account


@pytest.mark.parametrize(
    "text", ["arn:aws:iam::111122223333:role/", "arn:aws:iam::111122223333:user/x", "arn:aws:sts::1:role/x"]
)
def test_what_is_no_role_is_none(text):
    assert not arn_of(text).is_role


def test_a_session_names_its_role_without_the_path():
    session = arn_of("arn:aws:iam::111122223333:role/team/release").session("run-7")
    assert str(session) == "arn:aws:sts::111122223333:assumed-role/release/run-7"
    assert session.session_name == "run-7"
    assert str(session.role_of_session()) == "arn:aws:iam::111122223333:role/release"
    assert arn_of("arn:aws:iam::111122223333:role/release").role_of_session() is None
    assert arn_of("arn:aws:sts::111122223333:assumed-role/release").role_of_session() is None


def test_arns_are_built_beside_each_other():
    role = arn_of("arn:aws-us-gov:iam::111122223333:role/release")
    assert str(role.beside("policy", "team/push")) == "arn:aws-us-gov:iam::111122223333:policy/team/push"
    repository = Arn.ecr_repository("aws", "eu-west-1", "111122223333", "shop/api")
    assert str(repository) == "arn:aws:ecr:eu-west-1:111122223333:repository/shop/api"
    assert repository.resource_id == "shop/api"


def test_a_policy_of_awss_own_is_told_from_a_customers():
    assert arn_of("arn:aws:iam::aws:policy/AdministratorAccess").is_owned_by_aws
    assert arn_of("arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess").is_owned_by_aws
    assert not arn_of("arn:aws:iam::111122223333:policy/aws").is_owned_by_aws


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("arn:aws:iam::1:role/release", "/"),
        ("arn:aws:iam::1:role/ci/release", "/ci/"),
        ("arn:aws:iam::1:policy/a/b/c", "/a/b/"),
        ("arn:aws:iam::1:root", "/"),
    ],
)
def test_the_path_of_an_arn(text, path):
    assert arn_of(text).path == path


def test_a_masked_account_is_no_account():
    assert not arn_of("arn:aws:iam::***:role/release").has_account
    assert is_account_id("111122223333")
    assert not is_account_id("11112222333")
    assert not is_account_id("١١١١٢٢٢٢٣٣٣٣")


def test_two_roles_differ_by_their_path_alone():
    role = arn_of("arn:aws:iam::111122223333:role/release")
    assert role.same_but_for_path(arn_of("arn:aws:iam::111122223333:role/team/release"))
    assert not role.same_but_for_path(arn_of("arn:aws:iam::999900001111:role/release"))


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-west-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("eusc-de-east-1", "aws-eusc"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
    ],
)
def test_a_region_tells_its_partition(region, partition):
    assert partition_of(region).name == partition


@pytest.mark.parametrize(
    ("text", "bucket"),
    [
        ("arn:aws:s3:::evidence/runs/7.json", "arn:aws:s3:::evidence"),
        ("arn:aws-cn:s3:::evidence", "arn:aws-cn:s3:::evidence"),
        ("arn:aws:s3:eu-west-1:111122223333:accesspoint/a", None),
        ("arn:aws:s3:::", None),
        ("arn:aws:sqs:eu-west-1:111122223333:evidence", None),
    ],
)
def test_the_bucket_of_an_object(text: str, bucket: str | None) -> None:
    found = arn_of(text).bucket
    assert (str(found) if found else None) == bucket


def test_a_resource_with_a_colon_has_a_kind_and_a_name() -> None:
    assert arn_of("arn:aws:secretsmanager:eu-west-1:1:secret:db-AbCdEf").kind_and_name == ("secret", "db-AbCdEf")
    assert arn_of("arn:aws:sns:eu-west-1:1:topic").kind_and_name == ("topic", "")
