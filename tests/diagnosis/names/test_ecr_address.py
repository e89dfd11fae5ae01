"""An address of ECR gives account and region whatever the form of its host, and nothing that only looks like one is taken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnosis.documents.redaction import MASK, masked
from diagnosis.names.ecr_address import EcrAddress, hosts_quoted_in
from diagnosis.names.partition import PARTITIONS, partition_of

COMMERCIAL = ("us-east-1", "eu-west-2", "ap-southeast-4", "us-gov-west-1", "ca-central-1")
CHINESE = ("cn-north-1", "cn-northwest-1")
accounts = st.from_regex(r"[0-9]{12}", fullmatch=True)
names = st.from_regex(r"[a-z0-9]{1,8}(?:[._/-][a-z0-9]{1,8}){0,3}", fullmatch=True)
tags = st.none() | st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True)
digests = st.none() | st.just("sha256:" + "a" * 64)


def _hosts(region):
    china = region in CHINESE
    yield f"dkr.ecr.{region}.amazonaws.com{'.cn' if china else ''}"
    yield f"dkr-ecr.{region}.on.{'amazonwebservices.com.cn' if china else 'aws'}"
    if not china:
        yield f"dkr.ecr-fips.{region}.amazonaws.com"
        yield f"dkr-ecr-fips.{region}.on.aws"


HOSTS = tuple((region, rest) for region in (*COMMERCIAL, *CHINESE) for rest in _hosts(region))
hosts = st.sampled_from(HOSTS)


@given(accounts, hosts, names, tags, digests)
def test_an_address_of_any_form_is_parsed_whole_and_written_back(account, host, name, tag, digest):
    region, rest = host
    text = f"{account}.{rest}/{name}{f':{tag}' if tag else ''}{f'@{digest}' if digest else ''}"
    address = EcrAddress.parse(text)
    assert address is not None
    assert str(address) == text
    assert (address.account, address.region) == (account, region)
    assert (address.repository, address.tag, address.digest) == (name, tag, digest)
    assert EcrAddress.find(f"pushing https://{text} now") == address
    arn = address.repository_arn
    assert str(arn) == f"arn:{partition_of(region).name}:ecr:{region}:{account}:repository/{name}"


@given(accounts, hosts)
def test_a_host_alone_is_an_address_without_a_repository(account, host):
    address = EcrAddress.parse(f"{account}.{host[1]}")
    assert address is not None
    assert (address.account, address.region, address.repository, address.public) == (account, host[0], None, False)
    assert address.legible_host == f"{account}.{host[1]}"


@given(st.text())
def test_no_text_makes_reading_fail(text):
    found = EcrAddress.parse(text)
    assert found is None or str(found) == text
    list(EcrAddress.find_all(text))


LOOKALIKES = (
    "{}.evil.example",
    "{}evil.example",
    "{}-evil.example",
    "{}@evil.example",
    "{}_",
    "x{}",
    "9{}",
    "x.{}",
    "x-{}",
    "evil.example/{}",
    "https://evil.example/{}",
)


@given(accounts, hosts, st.sampled_from(LOOKALIKES))
def test_a_host_inside_another_name_is_none_of_ecrs(account, host, form):
    text = form.format(f"{account}.{host[1]}")
    assert EcrAddress.parse(text) is None
    assert EcrAddress.find(text) is None
    assert EcrAddress.find(f"docker push {text}/shop/api:v1") is None


@pytest.mark.parametrize(
    "host",
    [
        "123456789012.notdkr.ecr.eu-west-1.amazonaws.com",
        "123456789012.dkr.notecr.eu-west-1.amazonaws.com",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.org",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com.cn",
        "123456789012.dkr.ecr.cn-north-1.amazonaws.com",
        "123456789012.dkr.ecr.eu-west-1.on.aws",
        "123456789012.dkr-ecr.eu-west-1.amazonaws.com",
        "123456789012.dkr-ecr.cn-north-1.on.aws",
        "12345678901.dkr.ecr.eu-west-1.amazonaws.com",
        "123456789012.dkr.ecr.nowhere.amazonaws.com",
        "123456789012_dkr.ecr.eu-west-1.amazonaws.com",
        "public.ecr.aws.evil.example",
        "notpublic.ecr.aws",
        "public.ecr.awsx",
    ],
)
def test_lookalikes_are_none(host):
    assert EcrAddress.parse(host) is None
    assert EcrAddress.find(f"{host}/shop/api:v1") is None


@pytest.mark.parametrize("host", ["public.ecr.aws", "ecr-public.aws.com"])
def test_the_public_registry_has_neither_account_nor_region(host):
    address = EcrAddress.parse(f"{host}/octo/tools:v1")
    assert address is not None
    assert (address.account, address.region, address.repository, address.tag) == (None, None, "octo/tools", "v1")
    assert address.public
    assert address.legible_host == host
    assert address.repository_arn is None


@pytest.mark.parametrize(
    ("text", "account", "region"),
    [
        ("***.dkr.ecr.eu-west-1.amazonaws.com/shop/api", None, "eu-west-1"),
        ("123456789012.dkr-ecr.***.on.aws/shop/api", "123456789012", None),
        ("***.dkr-ecr-fips.***.on.aws/shop/api", None, None),
    ],
)
def test_a_masked_part_is_not_known(text, account, region):
    address = EcrAddress.parse(text)
    assert address is not None
    assert (address.account, address.region, address.repository) == (account, region, "shop/api")
    assert address.legible_host is None
    assert str(address) == text


@pytest.mark.parametrize("rest", ["$NAME:v1", "${{ env.NAME }}", "Shop/API", "shop//", "***"])
def test_a_name_that_is_none_is_not_guessed(rest):
    address = EcrAddress.find(f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/{rest}")
    assert address is not None
    assert EcrAddress.parse(f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/{rest}") is None
    assert address.repository in (None, "shop")


@given(accounts, st.sampled_from((*COMMERCIAL, *CHINESE)))
def test_all_hosts_of_an_account_and_region_are_one_registry(account, region):
    forms = [EcrAddress.parse(f"{account}.{rest}") for place, rest in HOSTS if place == region]
    other = EcrAddress.private(account, "eu-north-1")
    for each in forms:
        assert each is not None
        assert each.same_registry(EcrAddress.private(account, region))
        assert not each.same_registry(other)


def test_masked_registries_are_never_certainly_the_same():
    masked_one = EcrAddress.parse("***.dkr.ecr.eu-west-1.amazonaws.com")
    assert masked_one is not None
    assert not masked_one.same_registry(masked_one)


def test_the_plain_host_of_every_partition_is_parsed_again():
    for partition in PARTITIONS:
        region = f"{(*partition.region_prefixes, 'us-')[0]}east-1"
        address = EcrAddress.private("123456789012", region, "shop/api")
        assert EcrAddress.parse(str(address)) == address
        assert partition_of(region) is partition


@given(accounts, hosts)
def test_messages_are_searched_for_hosts_of_every_form(account, host):
    assert hosts_quoted_in(f"Logging into registry {account}.{host[1]}") == {f"{account}.{host[1]}"}


@given(accounts, hosts)
def test_the_account_in_a_host_of_any_form_leaves_masked(account, host):
    text = f"pushed docker://{account}.{host[1]}/shop/api"
    assert masked(text) == f"pushed docker://{MASK}.{host[1]}/shop/api"
