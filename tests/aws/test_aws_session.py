"""The session factory: endpoints, profiles, regions, credentials, clients, and what it never shows."""

from __future__ import annotations

import itertools
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aws_worlds import (
    NOON,
    QUESTION,
    REGION,
    ROLE_ARN,
    Endpoint,
    Fault,
    access,
    noon,
    pointed_at,
)
from moto.core.base_backend import BackendDict

from diagnosis.reading import Absent, Known, Unreadable
from probes.aws.errors import AwsCallError, Failure
from probes.aws.operations import GET_CALLER_IDENTITY, GET_ROLE
from probes.aws.read_account import read_account
from probes.aws.session import AwsAccess, GivenCredentials, Patience, isolated_session
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


def test_without_credentials_everything_is_unreadable_and_nothing_is_sent(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
    ledger = Ledger(noon)
    state = read_account(QUESTION, machine(ledger=ledger))
    assert state.credentials_problem is not None
    assert "no AWS credentials were found" in state.credentials_problem.sentence
    assert "aws sso login" in state.credentials_problem.way_out
    for part in ("identity", "provider", "role", "boundary", "scps", "repository", "image", "evidence_objects"):
        reading = getattr(state, part)
        assert isinstance(reading, Unreadable), part
        assert reading.why == "no AWS credentials were found"
    assert endpoint.requests == []
    assert ledger.entries() == ()


@pytest.mark.parametrize(
    ("text", "environment", "sentence"),
    [
        ("", {"AWS_PROFILE": "nonesuch"}, "'nonesuch' is not in the AWS configuration"),
        ("[default\nbroken", {}, "configuration could not be read"),
        ("[default]\ncredential_process = false\n", {}, "gave no AWS credentials"),
        ("[default]\naws_access_key_id = AKIA\n", {}, "incomplete"),
        ("", {"AWS_ACCESS_KEY_ID": "AKIA"}, "incomplete"),
        (
            """[default]
sso_session = s
sso_account_id = 1
sso_role_name = r
[sso-session s]
sso_region = eu-west-2
sso_start_url = https://example.org/start
""",
            {},
            "sign-in session of this AWS profile is missing or has expired",
        ),
        ("[default]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = default\n", {}, "AWS credentials"),
        (
            "[default]\nrole_arn = arn:aws:iam::1:role/r\nweb_identity_token_file = /nonexistent/token\n",
            {},
            "AWS credentials",
        ),
    ],
)
def test_broken_credentials_are_told_with_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, environment: dict[str, str], sentence: str
) -> None:
    (tmp_path / "config").write_text(text)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    problem = machine().credentials_problem()
    assert problem is not None
    assert sentence in problem.sentence
    assert problem.way_out


def test_a_credential_process_that_speaks_is_not_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").write_text(
        "[default]\ncredential_process = sh -c 'echo top-secret-words >&2; echo more-secret; exit 1'\n"
    )
    problem = machine().credentials_problem()
    assert problem is not None
    assert "secret" not in problem.sentence + problem.way_out


def test_a_profile_that_assumes_a_role_is_served_by_the_chains_own_session(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").write_text(
        f"[profile base]\naws_access_key_id = AKIABASE000000000000\naws_secret_access_key = base-secret\n"
        f"[profile reader]\nrole_arn = {ROLE_ARN}\nsource_profile = base\nregion = {REGION}\n"
    )
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
    ledger = Ledger(noon)
    state = read_account(QUESTION, machine(profile="reader", ledger=ledger))
    assert isinstance(state.role, Known)
    exchanged = [entry for entry in ledger.entries() if entry.operation == "AssumeRole"]
    assert [(entry.target, entry.result) for entry in exchanged] == [(ROLE_ARN, "ok")]
    assert endpoint.requests.count("sts:AssumeRole") == 1
    assert "base-secret" not in repr(ledger.entries())


def test_a_role_that_may_not_be_assumed_is_a_credentials_problem(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").write_text(
        f"[profile base]\naws_access_key_id = AKIABASE000000000000\naws_secret_access_key = base-secret\n"
        f"[profile reader]\nrole_arn = {ROLE_ARN}\nsource_profile = base\n"
    )
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
    endpoint.faults["sts:AssumeRole"] = Fault(
        status=403, body=b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
    )
    state = read_account(QUESTION, machine(profile="reader"))
    assert state.credentials_problem is not None
    assert "refused the AssumeRole" in state.credentials_problem.sentence
    assert isinstance(state.role, Unreadable)


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


def test_building_access_touches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nonesuch")
    machine(profile="alsonot")


def test_timeouts_are_short_and_retries_bounded(full: InProcessAws) -> None:
    config = access(full).client("ecr", REGION).meta.config
    assert config.connect_timeout <= 5
    assert config.read_timeout <= 10
    assert config.retries["total_max_attempts"] == 2
    assert "planescope" in config.user_agent_extra


def test_nothing_shows_a_credential(full: InProcessAws) -> None:
    given = GivenCredentials("AKIAVERYSECRETKEY000", "very-secret-value")
    aws = access(full, credentials=given)
    aws.ask(GET_CALLER_IDENTITY)
    with pytest.raises(AwsCallError) as caught:
        aws.ask(GET_ROLE, RoleName="absent")
    shown = repr(given) + repr(aws) + repr(caught.value) + str(caught.value) + repr(aws.ledger.entries())
    assert [word for word in ("AKIAVERYSECRETKEY000", "very-secret-value") if word in shown] == []
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


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


def test_an_unlistable_provider_is_proved_absent_by_the_list_alone(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    denied = Fault(
        status=403, body=b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
    )
    endpoint.faults["iam:GetOpenIDConnectProvider"] = denied
    with pointed_at(endpoint.url, monkeypatch) as aws:
        there = read_account(QUESTION, aws).provider
        elsewhere = read_account(replace(QUESTION, issuer="token.actions.ghe.example.org"), aws).provider
        endpoint.faults["iam:ListOpenIDConnectProviders"] = denied
        neither = read_account(replace(QUESTION, issuer="token.actions.ghe.example.org"), aws).provider
    assert isinstance(there, Unreadable)
    assert there.permission == "iam:GetOpenIDConnectProvider"
    assert isinstance(elsewhere, Absent)
    assert elsewhere.source is not None
    assert elsewhere.source.address == "iam:ListOpenIDConnectProviders"
    assert isinstance(neither, Unreadable)
    assert neither.permission == "iam:GetOpenIDConnectProvider"


def test_objects_are_asked_for_one_by_one_where_listing_is_denied(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    from probes.aws.evidence_objects import read_evidence_objects

    endpoint.faults["s3:ListObjectsV2"] = Fault(
        status=403, body=b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"
    )
    root = "s3://evidence-of-releases/runs/7/"
    with pointed_at(endpoint.url, monkeypatch) as aws:
        found = read_evidence_objects(aws, root, REGION, expected=["receipt.json", "absent.json"])
        none = read_evidence_objects(aws, root, REGION, expected=["absent.json"])
        unasked = read_evidence_objects(aws, root, REGION)
        endpoint.faults["s3:HeadObject"] = Fault(status=403)
        denied = read_evidence_objects(aws, root, REGION, expected=["receipt.json"])
    assert isinstance(found, Known)
    assert [(entry.key, entry.size_bytes) for entry in found.value] == [("runs/7/receipt.json", 2)]
    assert isinstance(none, Absent)
    assert isinstance(unasked, Unreadable)
    assert unasked.permission == "s3:ListBucket"
    assert isinstance(denied, Unreadable)
    assert denied.permission == "s3:GetObject"


def test_two_accounts_are_read_by_an_access_each(full: InProcessAws) -> None:
    """The role lives here, the repository in another account; each access asks its own."""
    elsewhere = "444455556666"
    other = InProcessAws(elsewhere)
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
    assert state.repository.value.arn == f"arn:aws:ecr:{REGION}:{elsewhere}:repository/shared/base"
    assert isinstance(state.image, Absent)
    assert {entry.service for entry in registry_ledger.entries()} == {"ecr"}
    assert "ecr" not in {entry.service for entry in role_ledger.entries()}


def test_a_registry_without_credentials_leaves_the_role_readable(full: InProcessAws) -> None:
    state = read_account(QUESTION, access(full), registry=machine(profile="nonesuch"))
    assert isinstance(state.role, Known)
    assert isinstance(state.evidence_objects, Known)
    for reading in (state.repository, state.repository_policy, state.image):
        assert isinstance(reading, Unreadable)
        assert "nonesuch" in reading.why
    assert state.credentials_problem is not None


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_motos_own_server_is_read_like_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another hand's server, another account id, and nothing but the environment to find it by."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        given = {"aws_access_key_id": "t", "aws_secret_access_key": "t", "region_name": REGION, "endpoint_url": url}
        account = "123456789012"
        iam = boto3.client("iam", **given)
        iam.create_role(RoleName="Release", AssumeRolePolicyDocument="{}")
        ecr = boto3.client("ecr", **given)
        ecr.create_repository(repositoryName="shop/api")
        boto3.client("s3", **given).create_bucket(
            Bucket="evidence-of-releases", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        boto3.client("s3", **given).put_object(Bucket="evidence-of-releases", Key="runs/7/a.json", Body=b"{}")
        question = replace(QUESTION, role_arn=f"arn:aws:iam::{account}:role/Release", registry_id=account)
        with pointed_at(url, monkeypatch, patience=Patience(connect=5, read=20)) as aws:
            state = read_account(question, aws)
    finally:
        server.stop()
        BackendDict.reset()
    assert isinstance(state.role, Known)
    assert isinstance(state.repository, Known)
    assert isinstance(state.evidence_objects, Known)
    assert isinstance(state.provider, Absent)
    assert isinstance(state.image, Absent)
    assert isinstance(state.scps, Absent)
    assert state.read_at == NOON
