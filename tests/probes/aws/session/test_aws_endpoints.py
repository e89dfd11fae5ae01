"""Whom an access asks: AWS, or what a configured endpoint names; https, or this machine; and who it was is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aws_endpoint import Endpoint, Fault, pointed_at
from aws_worlds import QUESTION, noon
from botocore.httpsession import URLLib3Session
from raw_server import RawServer

from diagnosis.facts.reading import Known, Unreadable
from probes.aws.read.account import read_account
from probes.aws.read.further_facts import read_further_facts
from probes.aws.session.access import AwsAccess, Patience
from probes.aws.session.answer_bounds import EndpointRefused, Endpoints
from probes.aws.session.errors import AwsCallError, Failure
from probes.aws.session.operations import GET_CALLER_IDENTITY, GET_ROLE, LIST_OBJECTS
from probes.ledger import Ledger

ELSEWHERE = "http://aws.example.com:4566"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses to which something was sent; nothing leaves."""
    found: list[str] = []

    def send(_session: URLLib3Session, request: Any) -> Any:
        found.append(request.url)
        result = b"<GetCallerIdentityResult><Account>1</Account></GetCallerIdentityResult>"
        body = b"<GetCallerIdentityResponse>%s</GetCallerIdentityResponse>" % result
        return SimpleNamespace(status_code=200, headers={}, content=body)

    monkeypatch.setattr(URLLib3Session, "send", send)
    return found


def machine(monkeypatch: pytest.MonkeyPatch, **environ: str) -> None:
    for name, value in {"AWS_ACCESS_KEY_ID": "AKIAMACHINE000000000", "AWS_SECRET_ACCESS_KEY": "s", **environ}.items():
        monkeypatch.setenv(name, value)


def reader(**more: Any) -> AwsAccess:
    return AwsAccess(ledger=Ledger(noon), clock=noon, patience=Patience(attempts=1), region="eu-west-2", **more)


@pytest.mark.parametrize(
    "environ", [{"AWS_ENDPOINT_URL": ELSEWHERE}, {"AWS_ENDPOINT_URL_STS": ELSEWHERE}], ids=["all", "one service"]
)
def test_plain_http_to_another_machine_is_refused_before_it_is_sent(
    environ: dict[str, str], sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(monkeypatch, **environ)
    with pytest.raises(AwsCallError) as refused:
        reader().ask(GET_CALLER_IDENTITY)
    assert refused.value.kind is Failure.REFUSED
    assert ELSEWHERE in refused.value.why
    assert "--allow-http-endpoint" in refused.value.how
    assert sent == []


def test_a_profiles_endpoint_is_held_to_the_same(
    sent: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    keys = "aws_access_key_id = AKIAPROFILE000000000\naws_secret_access_key = s\n"
    config.write_text(
        f"[profile a]\n{keys}endpoint_url = {ELSEWHERE}\n"
        f"[profile b]\n{keys}services = b\n[services b]\nsts =\n  endpoint_url = {ELSEWHERE}\n"
    )
    machine(monkeypatch, AWS_CONFIG_FILE=str(config))
    for profile in ("a", "b"):
        with pytest.raises(AwsCallError, match="plain http"):
            reader(profile=profile).ask(GET_CALLER_IDENTITY)
    assert sent == []


def test_the_exchange_of_credentials_is_held_to_the_same(
    sent: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text(
        "[profile a]\nrole_arn = arn:aws:iam::111122223333:role/reader\nsource_profile = b\n"
        "[profile b]\naws_access_key_id = AKIAPROFILE000000000\naws_secret_access_key = s\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", ELSEWHERE)
    with pytest.raises(AwsCallError):
        reader(profile="a").ask(GET_ROLE, RoleName="release")
    assert sent == []


def test_the_option_lets_it_be_asked_and_it_is_named(sent: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, AWS_ENDPOINT_URL=ELSEWHERE)
    aws = reader(allow_http=True)
    assert aws.ask(GET_CALLER_IDENTITY).filled_text("Account") == "1"
    assert [url.startswith(ELSEWHERE) for url in sent] == [True]
    assert aws.foreign_endpoints == (ELSEWHERE,)


def test_awss_own_endpoints_are_not_named(sent: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch)
    aws = reader()
    aws.ask(GET_CALLER_IDENTITY)
    assert sent == ["https://sts.eu-west-2.amazonaws.com/"]
    assert aws.foreign_endpoints == ()


def test_an_account_that_stands_in_awss_place_says_so(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    with pointed_at(endpoint.url, monkeypatch) as aws:
        state = read_account(QUESTION, aws)
    assert isinstance(state.role, Known)
    assert state.endpoints == (endpoint.url,)


@pytest.mark.parametrize(
    ("url", "is_awss"),
    [
        ("https://iam.amazonaws.com", True),
        ("https://iam.amazonaws.com:443", True),
        ("https://iam.amazonaws.com:8443", False),
        ("https://iam.amazonaws.com:0", False),
        ("https://iam.amazonaws.com:99999", False),
        ("http://iam.amazonaws.com", False),
        ("http://iam.amazonaws.com:443", False),
    ],
)
def test_aws_itself_answers_at_one_port_and_in_https(url: str, is_awss: bool) -> None:
    endpoints = Endpoints(allow_http=True)
    endpoints.admit(f"{url}/x", url)
    assert endpoints.foreign == (() if is_awss else (url,))


def test_what_is_asked_in_the_second_reading_is_named(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    with pointed_at(endpoint.url, monkeypatch) as aws:
        state = read_further_facts(replace(read_account(QUESTION, aws), endpoints=()), aws, pause=lambda _: None)
    assert state.endpoints == (endpoint.url,)


def test_a_user_name_in_an_endpoint_is_not_shown() -> None:
    endpoints = Endpoints(allow_http=True)
    endpoints.admit("http://user:secret@aws.example.com/x?y=z", "http://user:secret@aws.example.com")
    assert endpoints.foreign == ("http://aws.example.com",)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "https://bucket.s3.eu-west-2.amazonaws.com.evil.example/",
        "https://abc.execute-api.us-east-1.amazonaws.com/",
        "http://169.254.169.254/latest/meta-data/",
        "http://bucket.s3.eu-west-2.amazonaws.com/",
        "https://10.0.0.1/",
    ],
)
def test_what_an_answer_leads_to_elsewhere_gets_no_signature(url: str) -> None:
    with pytest.raises(EndpointRefused):
        Endpoints().admit(url, "https://s3.eu-west-2.amazonaws.com")


def test_a_bucket_that_is_said_to_lie_elsewhere_leads_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore follows S3 into another region by what the answer says."""
    with RawServer(lambda wire, _asked: wire.answer(b"")) as foreign:
        region = f"127.0.0.1:{foreign.port}/#"
        moved = (
            b"<Error><Code>PermanentRedirect</Code><Message>m</Message><Endpoint>127.0.0.1:%d</Endpoint></Error>"
            % foreign.port
        )

        def lead(wire: Any, _asked: Any) -> None:
            wire.answer(moved, "301 Moved Permanently", f"x-amz-bucket-region: {region}", f"Location: {foreign.url}/")

        with RawServer(lead) as server:
            machine(monkeypatch, AWS_ENDPOINT_URL=server.url)
            with pytest.raises(AwsCallError):
                list(reader().pages(LIST_OBJECTS, Bucket="bucket", Prefix="runs/"))
    assert foreign.asked == []


@pytest.mark.parametrize(
    ("body", "headers", "words"),
    [
        (b" " * 2_000_000, {}, "larger than 1 MB"),
        (b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>', {}, "no AWS answer"),
        ('<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'.encode("utf-16"), {}, "no AWS answer"),
        (b"<a>" + b"<b/>" * 300_000 + b"</a>", {}, "larger than 1 MB"),
        (b"<a/>", {"Content-Length": "400"}, "cut off"),
    ],
    ids=["large", "declaration", "declaration in UTF-16", "elements", "short"],
)
def test_an_answer_that_would_cost_too_much_is_not_used(
    body: bytes, headers: dict[str, str], words: str, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = int(headers["Content-Length"]) if headers else None
    endpoint.faults["iam:GetRole"] = Fault(body=body, declared_length=declared)
    patience = Patience(connect=2, read=2, attempts=1, answer_bytes=1_000_000)
    with pointed_at(endpoint.url, monkeypatch, patience=patience) as aws, pytest.raises(AwsCallError) as failed:
        aws.ask(GET_ROLE, RoleName="release")
    assert failed.value.kind is Failure.BROKEN
    assert words in failed.value.why


def test_the_members_of_an_answer_are_counted_before_it_is_parsed(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint.faults["iam:GetRole"] = Fault(body=b"<a>" + b"<b/>" * 300_000 + b"</a>")
    with pointed_at(endpoint.url, monkeypatch) as aws, pytest.raises(AwsCallError, match="250000 members"):
        aws.ask(GET_ROLE, RoleName="release")


def test_a_page_of_a_proxy_still_tells_by_its_status(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    page = b"<!DOCTYPE html><html><body>Access denied by the proxy</body></html>"
    endpoint.faults["iam:GetRole"] = Fault(status=403, body=page)
    with pointed_at(endpoint.url, monkeypatch) as aws, pytest.raises(AwsCallError) as failed:
        aws.ask(GET_ROLE, RoleName="release")
    assert failed.value.kind is Failure.DENIED


def test_a_call_with_its_retries_has_one_time(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint.faults["iam:GetRole"] = Fault(drip=True)
    patience = Patience(connect=2, read=2, attempts=3, call=0.4)
    with pointed_at(endpoint.url, monkeypatch, patience=patience) as aws, pytest.raises(AwsCallError) as failed:
        aws.ask(GET_ROLE, RoleName="release")
    assert failed.value.kind is Failure.TIMED_OUT
    assert endpoint.requests.count("iam:GetRole") == 1


def test_all_calls_together_have_one_time(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint.faults = dict.fromkeys(("iam:GetRole", "sts:GetCallerIdentity"), Fault(drip=True))
    patience = Patience(connect=2, read=2, attempts=1, call=60, whole=0.4)
    with pointed_at(endpoint.url, monkeypatch, patience=patience) as aws:
        for operation, words in ((GET_ROLE, {"RoleName": "release"}), (GET_CALLER_IDENTITY, {})):
            with pytest.raises(AwsCallError, match="not answered in time"):
                aws.ask(operation, **words)


def test_the_pages_of_a_listing_have_one_size(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    more = b"<IsTruncated>true</IsTruncated><NextContinuationToken>%d</NextContinuationToken>"
    page = b"<ListBucketResult>" + more + b"%s</ListBucketResult>"
    tokens = iter(range(1000))
    endpoint.faults["s3:ListObjectsV2"] = Fault(body=lambda: page % (next(tokens), b" " * 10_000))
    patience = Patience(connect=2, read=2, attempts=1, listing_bytes=50_000)
    with (
        pointed_at(endpoint.url, monkeypatch, patience=patience) as aws,
        pytest.raises(AwsCallError, match="too many bytes"),
    ):
        list(aws.pages(LIST_OBJECTS, Bucket="bucket"))
    assert next(tokens) < 10


def test_what_botocore_keeps_to_itself_is_where_it_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bounds hang on these names; where botocore has others, no client is built."""
    machine(monkeypatch)
    aws = reader()
    http = aws.client("sts")._endpoint.http_session  # type: ignore[attr-defined]
    inner = http._inner
    pools = inner._manager.pool_classes_by_scheme
    assert {name: pool.ConnectionCls.__name__ for name, pool in pools.items()} == {
        "http": "BoundedAWSHTTPConnection",
        "https": "BoundedAWSHTTPSConnection",
    }
    assert inner._pool_classes_by_scheme is pools
    assert inner._get_proxy_manager("http://127.0.0.1:9").pool_classes_by_scheme is pools


def test_unreadable_says_why_an_endpoint_is_not_asked(sent: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, AWS_ENDPOINT_URL=ELSEWHERE)
    state = read_account(QUESTION, reader())
    assert isinstance(state.role, Unreadable)
    assert "plain http" in state.role.why
    assert sent == []
