"""Fixtures of the AWS probes' tests: no test reads this machine's AWS configuration."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from aws_endpoint import Endpoint
from aws_worlds import ACCOUNT, fill, forget
from botocore.config import Config
from botocore_events import work_out_events_once
from fault_worlds import World, whole_world
from further_worlds import surround

from probes.aws.session.access import NO_CONFIGURED_ENDPOINTS, GivenCredentials, isolated_session
from probes.embedded.in_process_aws import InProcessAws

work_out_events_once()


@pytest.fixture(autouse=True)
def _no_aws_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def aws() -> Iterator[InProcessAws]:
    """An empty account inside this process."""
    account = InProcessAws(ACCOUNT)
    forget(ACCOUNT)
    yield account
    forget(ACCOUNT)


@pytest.fixture
def build(aws: InProcessAws) -> Any:
    """Clients that may change the account: ``build("iam")``."""
    session = isolated_session(GivenCredentials("builder", "builder"))
    aws.answer_for(session)

    def client(service: str) -> Any:
        return session.create_client(service, region_name="eu-west-2", config=Config(**NO_CONFIGURED_ENDPOINTS))

    return client


@pytest.fixture
def full(aws: InProcessAws, build: Any) -> InProcessAws:
    """An account with everything that a question asks about."""
    fill(build)
    return aws


@pytest.fixture
def endpoint(full: InProcessAws) -> Iterator[Endpoint]:
    """The same account behind an HTTP endpoint on loopback."""
    with Endpoint() as server:
        yield server


@pytest.fixture
def surrounded(endpoint: Endpoint) -> Endpoint:
    """The account behind the endpoint, with the services that moto does not have."""
    return surround(endpoint)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """The world of the fault tests, once for all tests of a file."""
    with whole_world() as found:
        yield found
