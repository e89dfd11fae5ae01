"""The embedded account: what it is at each moment, read through the same guarded session as any other account."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from places import ROOT, SHARED

from diagnosis.facts.account import AccountState
from diagnosis.facts.reading import Absent, Known, Unreadable
from probes.aws.read.account import read_account
from probes.aws.read.further_facts import read_further_facts
from probes.aws.session.errors import OperationRefused
from probes.embedded.aws_account import EmbeddedAccount
from probes.embedded.moments import MOMENTS, load_incident
from probes.ledger import Ledger
from probes.recording.account import AccountFacts

INCIDENT = "230372904534"
DIGEST = "sha256:d71cbe335ec0ced59a40721f0e1f6016b276ec17f34e52708d3fd02c04d79f56"
TAG = "git-799d398a7daf34857cf363c9a1a629c40ec25d5e"


def now() -> datetime:
    return datetime(2026, 2, 13, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def facts() -> AccountFacts:
    account = load_incident().account
    assert account is not None
    return account


@pytest.fixture
def embedded(facts: AccountFacts) -> Iterator[EmbeddedAccount]:
    with EmbeddedAccount(facts) as account:
        yield account


def read(account: EmbeddedAccount, ledger: Ledger | None = None) -> AccountState:
    return read_account(account.question(), account.access(ledger=ledger or Ledger(now), clock=now))


def test_at_the_first_moment_the_role_trusts_two_refs_and_may_do_nothing(embedded: EmbeddedAccount) -> None:
    state = read(embedded)
    assert embedded.moment == "1"
    assert isinstance(state.identity, Known)
    assert state.identity.value.account == INCIDENT
    assert state.identity.source is not None
    assert state.identity.source.text.endswith(f"arn:aws:iam::{INCIDENT}:user/planescope-reader")
    assert isinstance(state.provider, Absent)
    assert isinstance(state.role, Known)
    assert str(state.role.value.arn) == f"arn:aws:iam::{INCIDENT}:role/GitHubAction-AssumeRoleWithAction"
    condition = state.role.value.trust_policy.tree["Statement"][0]["Condition"]["StringEquals"]
    assert [subject.rsplit("/", 1)[-1] for subject in condition["token.actions.githubusercontent.com:sub"]] == [
        "main",
        "dev",
    ]
    assert isinstance(state.inline_policies, Known)
    assert state.inline_policies.value == ()
    assert isinstance(state.attached_policies, Known)
    assert state.attached_policies.value == ()
    assert isinstance(state.boundary, Absent)
    assert isinstance(state.scps, Absent)
    assert isinstance(state.repository, Known)
    assert str(state.repository.value.arn) == f"arn:aws:ecr:eu-west-2:{INCIDENT}:repository/fraud-platform-dev-min"
    assert isinstance(state.repository_policy, Absent)
    assert isinstance(state.image, Absent)
    assert isinstance(state.evidence_objects, Absent)
    assert state.credentials_problem is None


def test_at_the_second_moment_the_provider_exists_and_nothing_else_changed(embedded: EmbeddedAccount) -> None:
    first = read(embedded)
    embedded.move_to(2)
    second = read(embedded)
    assert isinstance(second.provider, Known)
    assert second.provider.value.audiences == ("sts.amazonaws.com",)
    assert second.provider.value.created_at == embedded.facts.provider_created_at
    for part in ("role", "inline_policies", "image", "evidence_objects"):
        assert getattr(second, part) == getattr(first, part), part


def test_at_the_third_moment_policy_image_and_evidence_are_there(embedded: EmbeddedAccount) -> None:
    embedded.move_to("3")
    state = read(embedded)
    assert isinstance(state.inline_policies, Known)
    (policy,) = state.inline_policies.value
    assert policy.name == "GitHubActionsEcrPushDevMin"
    statements = policy.document.tree["Statement"]
    assert statements[0]["Action"] == ["ecr:GetAuthorizationToken"]
    assert len(statements[1]["Action"]) == 8
    assert isinstance(state.image, Known)
    assert (state.image.value.digest, state.image.value.tags) == (DIGEST, (TAG,))
    assert state.image.value.pushed_at == embedded.facts.image.pushed_at
    assert isinstance(state.evidence_objects, Known)
    assert {entry.key.rsplit("/", 1)[-1] for entry in state.evidence_objects.value} == {
        "build_command_surface_receipt.json",
        "packaging_provenance.json",
        "security_secret_injection_checks.json",
        "ci_m1_outputs.json",
    }


def test_the_image_lies_in_the_window_of_the_run_that_pushed_it(embedded: EmbeddedAccount) -> None:
    run = load_incident().run(21985500168)
    assert run is not None
    attempt = run.attempts[0].run
    start, end = (datetime.fromisoformat(attempt[name]) for name in ("run_started_at", "updated_at"))
    embedded.move_to(3)
    state = read(embedded)
    assert isinstance(state.image, Known)
    assert state.image.value.pushed_at is not None
    assert start < state.image.value.pushed_at < end
    provider_made = embedded.facts.provider_created_at
    assert start - timedelta(minutes=5) < provider_made < start


def test_every_way_through_the_moments_leads_to_the_same_account(embedded: EmbeddedAccount) -> None:
    seen: dict[str, AccountState] = {}
    for key in ["1", "2", "3", "later", "3", "2", "1", "later", "1", "3", "1", "2", "2"]:
        embedded.move_to(key)
        state = read(embedded)
        assert state == seen.setdefault(key, state), key
    assert seen["later"].image == seen["3"].image
    assert seen["1"] != seen["2"] != seen["3"]


def test_every_moment_of_the_demo_is_known_and_no_other(embedded: EmbeddedAccount) -> None:
    for moment in MOMENTS:
        embedded.move_to(moment.key)
        assert embedded.moment == moment.key
    for unknown in ("4", 0, "", "latest"):
        with pytest.raises(KeyError):
            embedded.move_to(unknown)
    assert embedded.moment == MOMENTS[-1].key


def test_the_reading_session_cannot_change_the_account(embedded: EmbeddedAccount) -> None:
    before = read(embedded)
    ledger = Ledger(now)
    aws = embedded.access(ledger=ledger, clock=now)
    role = embedded.facts.role_name
    for service, method, params in (
        ("iam", "put_role_policy", {"RoleName": role, "PolicyName": "P", "PolicyDocument": "{}"}),
        ("iam", "delete_role", {"RoleName": role}),
        ("ecr", "get_authorization_token", {}),
        ("s3", "delete_bucket", {"Bucket": embedded.facts.evidence.bucket}),
    ):
        with pytest.raises(OperationRefused):
            getattr(aws.client(service), method)(**params)
    assert read(embedded) == before
    assert [entry.result for entry in ledger.entries()] == ["refused"] * 4


def test_moving_stands_in_no_ledger(embedded: EmbeddedAccount) -> None:
    ledger = Ledger(now)
    aws = embedded.access(ledger=ledger, clock=now)
    embedded.move_to(3)
    assert ledger.entries() == ()
    read_account(embedded.question(), aws)
    assert {entry.operation for entry in ledger.entries()} <= {
        "GetCallerIdentity",
        "GetOpenIDConnectProvider",
        "GetRole",
        "ListRolePolicies",
        "GetRolePolicy",
        "ListAttachedRolePolicies",
        "DescribeOrganization",
        "DescribeRepositories",
        "GetRepositoryPolicy",
        "DescribeImages",
        "ListObjectsV2",
        "GetObject",
    }


def test_what_moto_does_not_have_is_said_and_never_asked_of_the_network(embedded: EmbeddedAccount) -> None:
    aws = embedded.access(ledger=Ledger(now), clock=now)
    question = embedded.question()
    state = read_further_facts(read_account(question, aws), aws, pause=lambda _seconds: None)
    assert isinstance(state.second_opinions, Unreadable)
    assert isinstance(state.registry_details, Known)
    assert state.registry_details.value.image_count == 0
    assert state.registry_details.value.unread


def test_nothing_of_this_machine_reaches_the_embedded_account(
    facts: AccountFacts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text("[broken", encoding="utf-8")
    strange = {
        "AWS_PROFILE": "of-somebody",
        "AWS_DEFAULT_PROFILE": "of-somebody",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL_IAM": "http://127.0.0.1:9",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_ACCESS_KEY_ID": "AKIAOFSOMEBODY000000",
        "AWS_SECRET_ACCESS_KEY": "secret-of-somebody",
        "AWS_SESSION_TOKEN": "token-of-somebody",
        "AWS_REGION": "us-gov-west-1",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_USE_DUALSTACK_ENDPOINT": "true",
        "AWS_CA_BUNDLE": "/nonexistent",
        "AWS_RETRY_MODE": "nonsense",
        "HTTPS_PROXY": "http://127.0.0.1:9",
    }
    for name, value in strange.items():
        monkeypatch.setenv(name, value)
    before = dict(os.environ)
    with EmbeddedAccount(facts) as account:
        account.move_to(3)
        state = read(account)
        assert isinstance(state.image, Known)
        assert isinstance(state.evidence_objects, Known)
        assert isinstance(state.scps, Absent)
        assert dict(os.environ) == before
        assert "somebody" not in repr(state)
    assert dict(os.environ) == before


def test_without_any_network_and_home_in_a_process_of_its_own(tmp_path: Path) -> None:
    """Sockets are forbidden there: whatever tries to open one fails the test."""
    program = """
import socket
def refuse(*args, **kwargs):
    raise AssertionError("the embedded account opened a socket")
socket.socket.connect = refuse
socket.getaddrinfo = refuse
from datetime import UTC, datetime
from diagnosis.facts.reading import Known
from probes.aws.read.account import read_account
from probes.embedded.aws_account import EmbeddedAccount
from probes.embedded.moments import load_incident
from probes.ledger import Ledger
clock = lambda: datetime.now(UTC)
with EmbeddedAccount(load_incident().account) as account:
    account.move_to(3)
    state = read_account(account.question(), account.access(ledger=Ledger(clock), clock=clock))
    print(type(state.image).__name__, type(state.role).__name__, type(state.evidence_objects).__name__)
"""
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env={"PATH": "", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.stderr == ""
    assert result.stdout.split() == ["Known", "Known", "Known"]


def test_a_second_account_starts_clean_after_the_first(facts: AccountFacts) -> None:
    with EmbeddedAccount(facts) as first:
        first.move_to(3)
        first.builder("iam").create_role(RoleName="LeftOver", AssumeRolePolicyDocument="{}")
    with EmbeddedAccount(facts) as second:
        assert second.moment == "1"
        assert isinstance(read(second).image, Absent)
        roles = second.builder("iam").list_roles()["Roles"]
        assert [role["RoleName"] for role in roles] == [facts.role_name]


def test_a_closed_account_answers_nobody(facts: AccountFacts) -> None:
    account = EmbeddedAccount(facts)
    with pytest.raises(RuntimeError, match="not open"):
        account.access(ledger=Ledger(now), clock=now)
    with account:
        pass
    with pytest.raises(RuntimeError, match="not open"):
        account.builder("iam")


def test_a_remediation_carried_out_on_the_embedded_account_is_seen(embedded: EmbeddedAccount) -> None:
    trust = json.loads(embedded.facts.at("1").trust_policy)
    condition = trust["Statement"][0]["Condition"]["StringEquals"]
    condition["token.actions.githubusercontent.com:sub"].append("repo:o/r:ref:refs/heads/migrate-dev")
    embedded.builder("iam").update_assume_role_policy(
        RoleName=embedded.facts.role_name, PolicyDocument=json.dumps(trust)
    )
    state = read(embedded)
    assert isinstance(state.role, Known)
    assert "migrate-dev" in state.role.value.trust_policy.text
    embedded.move_to(1)
    state = read(embedded)
    assert isinstance(state.role, Known)
    assert "migrate-dev" not in state.role.value.trust_policy.text


@pytest.mark.shared
def test_the_facts_are_those_of_the_public_record(facts: AccountFacts) -> None:
    shared = SHARED / "incident" / "incident.json"
    record = json.loads(shared.read_text(encoding="utf-8"))
    assert facts.account_id == record["identity"]["account_id"]
    assert str(facts.role_arn) == record["identity"]["role_arn"]
    assert str(facts.provider_arn) == record["identity"]["provider_arn"]
    assert (facts.image.tag, facts.image.digest) == (record["image"]["tag"], record["image"]["digest"])
    assert f"s3://{facts.evidence.bucket}/{facts.evidence.prefix}" == record["evidence"]["durable"]
    granted = {
        action
        for statement in json.loads(facts.at("3").inline_policies[0].document)["Statement"]
        for action in statement["Action"]
    }
    assert granted == {action for statement in record["ecr_policy"]["statements"] for action in statement["actions"]}
