"""The session factory: endpoints, profiles, regions, credentials, clients, and what it never shows."""

from __future__ import annotations

import itertools
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from arns import arn_of
from aws_endpoint import Endpoint, Fault, pointed_at
from aws_worlds import NOON, QUESTION, REGION, access, forget, noon

from diagnosis.facts.reading import Absent, Known, Unreadable
from probes.aws.read.account import read_account
from probes.aws.session.access import AwsAccess, GivenCredentials, Patience, isolated_session
from probes.aws.session.errors import AwsCallError, Failure
from probes.aws.session.operations import GET_CALLER_IDENTITY, GET_ROLE
from probes.embedded.in_process_aws import InProcessAws
from probes.ledger import Ledger


def machine(**kwargs: Any) -> AwsAccess:
    """Access as a user has it: botocore's own chain."""
    return AwsAccess(ledger=kwargs.pop("ledger", Ledger(noon)), clock=noon, **kwargs)


def test_the_endpoint_of_the_environment_alone_points_the_tool_at_another_aws(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pointed_at(endpoint.url, monkeypatch) as aws:
        state = read_account(QUESTION, aws)
    for part in ("identity", "provider", "role", "boundary", "repository", "image", "evidence_objects"):
        assert isinstance(getattr(state, part), Known), (part, getattr(state, part))
    assert "s3:ListObjectsV2" in endpoint.requests
    assert any(path.startswith("/evidence-of-releases") for path in endpoint.paths), "the bucket is in the path"


def test_a_profile_may_name_the_endpoint_and_the_region_too(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text(
        f"[profile releases]\nregion = {REGION}\nendpoint_url = {endpoint.url}\n"
        "aws_access_key_id = AKIAPROFILE000000000\naws_secret_access_key = profile-secret\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    aws = machine(profile="releases")
    assert aws.region == REGION
    state = read_account(replace(QUESTION, region=None), aws)
    assert isinstance(state.role, Known)
    assert isinstance(state.repository, Known)
    assert isinstance(state.evidence_objects, Known)
    assert any("AKIAPROFILE000000000" in headers.get("Authorization", "") for headers in endpoint.headers)
    assert any(f"/{REGION}/ecr/" in headers.get("Authorization", "") for headers in endpoint.headers)


def test_the_region_of_the_question_decides_where_the_registry_is_asked(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    with pointed_at(endpoint.url, monkeypatch, region="us-west-2") as aws:
        read_account(QUESTION, aws)
    scopes = {headers["Authorization"].split("Credential=")[1].split("/")[2:4][0] for headers in endpoint.headers}
    regional = [headers["Authorization"] for headers in endpoint.headers if "/ecr/" in headers["Authorization"]]
    assert regional
    assert all(f"/{REGION}/ecr/" in authorization for authorization in regional)
    assert scopes <= {REGION, "us-east-1"}


@pytest.mark.parametrize("url", ["nonsense", "http://", "ftp//x"])
def test_an_endpoint_that_is_no_address_is_said_to_be_wrong(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    with pointed_at(url, monkeypatch) as aws:
        state = read_account(QUESTION, aws)
    assert isinstance(state.role, Unreadable)
    assert "AWS_ENDPOINT_URL" in state.role.why + state.role.how


def test_an_endpoint_where_nobody_listens_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    with pointed_at("http://127.0.0.1:9", monkeypatch) as aws:
        state = read_account(QUESTION, aws)
    assert isinstance(state.role, Unreadable)
    assert "could not be reached" in state.role.why


def test_no_region_anywhere_is_no_crash(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    with pointed_at(endpoint.url, monkeypatch) as aws:
        state = read_account(replace(QUESTION, region=None), aws)
    assert isinstance(state.role, Known)
    # The registry was asked in a region where the repository is not.
    assert isinstance(state.repository, Absent)


def test_a_region_that_cannot_be_is_an_answer_too(monkeypatch: pytest.MonkeyPatch, full: InProcessAws) -> None:
    for region in ("", "moon-1", "../x", "eu west 2", "a" * 300):
        state = read_account(replace(QUESTION, region=region), access(full))
        assert not isinstance(state.repository, Known)


def test_one_client_a_service_is_built_by_many_threads(full: InProcessAws) -> None:
    aws = access(full)
    found: list[int] = []
    barrier = threading.Barrier(8)

    def take() -> None:
        barrier.wait()
        found.append(id(aws.client("iam", REGION)))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert id(aws.client("iam", REGION)) in found
    assert id(aws.client("iam", "us-east-1")) not in found


def test_timeouts_are_short_and_retries_bounded(full: InProcessAws) -> None:
    config = access(full).client("ecr", REGION).meta.config
    assert config.connect_timeout <= 5
    assert config.read_timeout <= 10
    assert config.retries["total_max_attempts"] == 2
    assert "planescope" in config.user_agent_extra


def test_a_call_with_wrong_parameters_is_an_error_value_not_a_crash(full: InProcessAws) -> None:
    with pytest.raises(AwsCallError) as caught:
        access(full).ask(GET_ROLE, NoSuchParameter=1)
    assert caught.value.kind is Failure.BROKEN


def test_a_server_that_never_ends_a_listing_is_left(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = itertools.count()

    def page() -> bytes:
        return (
            "<ListRolePoliciesResponse xmlns='https://iam.amazonaws.com/doc/2010-05-08/'><ListRolePoliciesResult>"
            f"<PolicyNames/><IsTruncated>true</IsTruncated><Marker>{next(numbers)}</Marker>"
            "</ListRolePoliciesResult></ListRolePoliciesResponse>"
        ).encode()

    endpoint.faults["iam:ListRolePolicies"] = Fault(body=page)
    with pointed_at(endpoint.url, monkeypatch) as aws:
        state = read_account(QUESTION, aws)
    assert isinstance(state.inline_policies, Unreadable)
    assert "pages" in state.inline_policies.why


def test_two_accounts_are_read_by_an_access_each(full: InProcessAws) -> None:
    """The role lives here, the repository in another account; each access asks its own."""
    elsewhere = "444455556666"
    other = InProcessAws(elsewhere)
    forget(elsewhere)
    session = isolated_session(GivenCredentials("builder", "builder"))
    other.answer_for(session)
    session.create_client("ecr", region_name=REGION).create_repository(repositoryName="shared/base")
    role_ledger, registry_ledger = Ledger(noon), Ledger(noon)
    state = read_account(
        replace(QUESTION, registry_id=elsewhere, repository="shared/base"),
        access(full, ledger=role_ledger),
        registry=access(other, ledger=registry_ledger),
    )
    assert isinstance(state.role, Known)
    assert isinstance(state.repository, Known)
    assert str(state.repository.value.arn) == f"arn:aws:ecr:{REGION}:{elsewhere}:repository/shared/base"
    assert isinstance(state.image, Absent)
    assert {entry.service for entry in registry_ledger.entries()} == {"ecr"}
    assert "ecr" not in {entry.service for entry in role_ledger.entries()}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_motos_own_server_is_read_like_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another hand's server, another account id, and nothing but the environment to find it by."""
    import boto3
    from moto.server import ThreadedMotoServer

    account = "123456789012"  # what moto takes where a key names no other
    forget(account)
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    try:
        _, port = server.get_host_and_port()
        url = f"http://127.0.0.1:{port}"
        given = {"aws_access_key_id": "t", "aws_secret_access_key": "t", "region_name": REGION, "endpoint_url": url}
        iam = boto3.client("iam", **given)
        iam.create_role(RoleName="Release", AssumeRolePolicyDocument="{}")
        ecr = boto3.client("ecr", **given)
        ecr.create_repository(repositoryName="shop/api")
        boto3.client("s3", **given).create_bucket(
            Bucket="evidence-of-releases", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        boto3.client("s3", **given).put_object(Bucket="evidence-of-releases", Key="runs/7/a.json", Body=b"{}")
        question = replace(QUESTION, role_arn=arn_of(f"arn:aws:iam::{account}:role/Release"), registry_id=account)
        with pointed_at(url, monkeypatch, patience=Patience(connect=5, read=20)) as aws:
            state = read_account(question, aws)
    finally:
        server.stop()
        forget(account)
    assert isinstance(state.role, Known)
    assert isinstance(state.repository, Known)
    assert isinstance(state.evidence_objects, Known)
    assert isinstance(state.provider, Absent)
    assert isinstance(state.image, Absent)
    assert isinstance(state.scps, Absent)
    assert state.read_at == NOON


def test_the_ledger_counts_with_its_own_clock(full: InProcessAws) -> None:
    ticks = itertools.count()
    ledger = Ledger(noon, lambda: float(next(ticks)))
    access(full, ledger=ledger).ask(GET_CALLER_IDENTITY)
    (entry,) = ledger.entries()
    assert (entry.started_at, entry.duration) == (NOON, 1.0)
