"""The reader's own credentials: where they come from, what is wrong with them, and that nothing shows them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aws_endpoint import Endpoint, Fault
from aws_worlds import QUESTION, REGION, ROLE_ARN, access, noon

from diagnosis.facts.account import CredentialsProblem
from diagnosis.facts.reading import Known, Unreadable
from probes.aws.read.account import read_account
from probes.aws.session.access import AwsAccess, GivenCredentials
from probes.aws.session.errors import AwsCallError
from probes.aws.session.operations import GET_CALLER_IDENTITY, GET_ROLE
from probes.embedded.in_process_aws import InProcessAws
from probes.ledger import Ledger


def machine(**kwargs: Any) -> AwsAccess:
    """Access as a user has it: botocore's own chain."""
    return AwsAccess(ledger=kwargs.pop("ledger", Ledger(noon)), clock=noon, **kwargs)


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
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
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


def test_building_access_touches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nonesuch")
    machine(profile="alsonot")


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


def test_a_registry_without_credentials_leaves_the_role_readable(full: InProcessAws) -> None:
    state = read_account(QUESTION, access(full), registry=machine(profile="nonesuch"))
    assert isinstance(state.role, Known)
    assert isinstance(state.evidence_objects, Known)
    for reading in (state.repository, state.repository_policy, state.image):
        assert isinstance(reading, Unreadable)
        assert "nonesuch" in reading.why
    assert state.credentials_problem is not None


def test_a_new_sign_in_is_found_by_the_next_reading(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
    aws = machine(profile="late")
    assert read_account(QUESTION, aws).credentials_problem is not None
    keys = "aws_access_key_id = AKIALATE000000000000\naws_secret_access_key = late-secret\n"
    (tmp_path / "config").write_text(f"[profile late]\n{keys}")
    endpoint.faults["sts:GetCallerIdentity"] = Fault(
        status=403, body=b"<E><Error><Code>ExpiredToken</Code></Error></E>", times=1
    )
    expired = read_account(QUESTION, aws)
    assert isinstance(expired.role, Known)
    assert expired.credentials_problem is not None
    assert "expired" in expired.credentials_problem.sentence
    (tmp_path / "config").write_text(f"[profile late]\n{keys.replace('AKIALATE', 'AKIANEWS')}")
    renewed = read_account(QUESTION, aws)
    assert renewed.credentials_problem is None
    assert isinstance(renewed.identity, Known)
    assert "AKIANEWS000000000000" in endpoint.headers[-1]["Authorization"]


@pytest.mark.parametrize(
    ("given", "environment", "command"),
    [
        ("day", {}, "`aws sso login --profile day`"),
        (None, {"AWS_PROFILE": "night shift"}, "`aws sso login --profile 'night shift'`"),
        (None, {}, "`aws sso login`"),
    ],
)
def test_the_way_to_sign_in_names_the_profile(
    given: str | None, environment: dict[str, str], command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    problem = machine(profile=given)._of_profile(
        CredentialsProblem("expired", "sign in again (`aws sso login`, or keys)")
    )
    assert command in problem.way_out
