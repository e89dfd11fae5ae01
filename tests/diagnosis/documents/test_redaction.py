"""What may leave: masked account ids, and a scan that stops everything else."""

from __future__ import annotations

import pytest
from made_attempts import made_attempt
from made_secrets import chance, marked_secrets

from diagnosis.diagnose import conclude, replays_of
from diagnosis.documents.packet import packet
from diagnosis.documents.redaction import MASK, accounts_in, leaks, masked
from diagnosis.facts.case import Case
from diagnosis.names.arn import Arn


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("arn:aws:iam::123456789012:role/release", f"arn:aws:iam::{MASK}:role/release"),
        ("arn:aws-cn:ecr:cn-north-1:123456789012:repository/a", f"arn:aws-cn:ecr:cn-north-1:{MASK}:repository/a"),
        ("123456789012.dkr.ecr.eu-west-2.amazonaws.com/shop:1", f"{MASK}.dkr.ecr.eu-west-2.amazonaws.com/shop:1"),
        ("account 123456789012.", f"account {MASK}."),
        ("arn:aws:ecs:eu-west-1:123456789012:service/main/api", f"arn:aws:ecs:eu-west-1:{MASK}:service/main/api"),
        ("arn:aws:lambda:eu-west-1:123456789012:function:f:live", f"arn:aws:lambda:eu-west-1:{MASK}:function:f:live"),
        ("arn:aws:ssm:eu-west-1:123456789012:parameter/a/b", f"arn:aws:ssm:eu-west-1:{MASK}:parameter/a/b"),
        ("arn:aws:kms:eu-west-1:123456789012:key/*", f"arn:aws:kms:eu-west-1:{MASK}:key/*"),
        ("arn:aws:s3:::shop-releases/a", "arn:aws:s3:::shop-releases/a"),
        ("https://sqs.eu-west-1.amazonaws.com/123456789012/jobs", f"https://sqs.eu-west-1.amazonaws.com/{MASK}/jobs"),
        ("ap-123456789012.s3-accesspoint.eu-west-1.amazonaws.com", f"ap-{MASK}.s3-accesspoint.eu-west-1.amazonaws.com"),
    ],
)
def test_account_ids_are_masked(text: str, expected: str) -> None:
    assert masked(text) == expected


ACCOUNT = "123456789012"
SOURCES = (
    f"arn:aws:iam::{ACCOUNT}:role/release",
    f"arn:aws-cn:iam::{ACCOUNT}",
    f"{ACCOUNT}.dkr-ecr-fips.us-east-2.on.aws",
)
PLACES = (
    "s3://evidence-{}/releases/",
    "repository/container-assets-{}-eu-west-1",
    "arn:aws:s3:::logs-{}",
    "account:{}",
    "arn%3Aaws%3Aiam%3A%3A{}%3Arole/release",
    "https://{}.signin.example/console",
    "role_{}_release",
    "/{}/",
)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("place", PLACES)
def test_a_known_account_is_masked_wherever_it_stands(source: str, place: str) -> None:
    text = place.format(ACCOUNT)
    assert masked(text, accounts_in(source)) == place.format(MASK)
    assert ACCOUNT not in masked(f"{text} of {source}")


def test_a_packet_shows_no_account_that_case_or_run_name() -> None:
    said = tuple(place.format(ACCOUNT) for place in PLACES)
    attempt = made_attempt(reconstructed=said)
    for case in (
        Case(role_arn=Arn.parse(SOURCES[0])),
        Case(registry_id=ACCOUNT),
        Case(expected_account=ACCOUNT),
    ):
        diagnosis = conclude(replays_of([attempt], case), None, case, title=" ".join(said))
        assert ACCOUNT not in repr(packet(diagnosis, case))
        assert ACCOUNT in repr(packet(diagnosis, case, mask_accounts=False))


@pytest.mark.parametrize(
    "text",
    [
        "https://github.com/o/r/actions/runs/219854027891",
        "sha256:d71cbe335ec0ced59a40721f0e1f6016b276ec17f34e52708d3fd02c04d79f56",
        "git-799d398a7daf34857cf363c9a1a629c40ec25d5e",
        "run 21985402789",
        "2026-02-13T11:36:26Z",
    ],
)
def test_what_is_no_account_id_stays(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("key AKIAIOSFODNN7EXAMPLE", "an AWS access key id"),
        ("ghp_" + "a" * 36, "a GitHub token"),
        ("github_pat_" + "A1" * 20, "a GitHub token"),
        ("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJyZXBvIn0.c2lnbmF0dXJl", "a JSON web token"),
        ("-----BEGIN RSA PRIVATE KEY-----", "a private key"),
        ("Authorization: Bearer abcdefghijk", "an authorization header"),
        ("aws_secret_access_key = wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY", "a secret access key"),
        ('{"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]}', "a policy document"),
        ('"text": "{\\"Statement\\": [{}]}"', "a policy document"),
    ],
)
def test_a_leak_is_found_and_not_repeated(text: str, what: str) -> None:
    (leak,) = leaks({"packet.md": f"first line\n{text}"})
    assert (leak.what, leak.file, leak.line) == (what, "packet.md", 2)
    assert text not in repr(leak)


def test_a_whole_log_is_a_leak_and_an_excerpt_is_none() -> None:
    line = "2026-02-13T11:36:26.1234567Z words\n"
    assert leaks({"a": line * 5}) == ()
    assert [leak.what for leak in leaks({"a": line * 200})] == ["a whole log"]


def test_whatever_the_scrubber_would_replace_stops_a_packet() -> None:
    for secret in marked_secrets(chance(2)):
        (leak,) = leaks({"packet.json": f'{{\n  "title": "see {secret}"\n}}'})
        assert (leak.file, leak.line) == ("packet.json", 2)
        assert secret not in repr(leak)
    for text, what in (
        ("db_password=xX" + "rjDaZBtqis3i", "a credential"),
        ("https://user:hunter2" + "hunter2@wiki/x", "a password in an address"),
        ("?sig=AbCdEf0123456789" + "AbCdEf0123456789%3D", "a signed address"),
        ("Cookie: session=nuBdSFah" + "gqlwMkhYfj", "a cookie"),
        ("cGFzc3dvcmQ9" + "dDFGUWN6bU8wQ0Z2OFI=", "a credential in Base64"),
    ):
        assert [(leak.line, leak.what) for leak in leaks({"a": f"one\n{text}\n"})] == [(2, what)]
