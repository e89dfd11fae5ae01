"""The world of the fault tests: one whole account behind one endpoint, and which part hangs on which call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from aws_endpoint import Endpoint, Fault
from aws_worlds import ACCOUNT, QUESTION, REGION, access, fill, forget, noon, organization
from botocore.config import Config

from diagnosis.facts.account import AccountState
from diagnosis.facts.reading import Unreadable
from probes.aws.read.account import read_account
from probes.aws.session.access import NO_CONFIGURED_ENDPOINTS, AwsAccess, GivenCredentials, Patience, isolated_session
from probes.embedded.in_process_aws import InProcessAws
from probes.ledger import Ledger

AFFECTED: dict[str, set[str]] = {
    "sts:GetCallerIdentity": {"identity"},
    "iam:GetOpenIDConnectProvider": {"provider"},
    "iam:GetRole": {"role", "boundary"},
    "iam:ListRolePolicies": {"inline_policies"},
    "iam:GetRolePolicy": {"inline_policies"},
    "iam:ListAttachedRolePolicies": {"attached_policies"},
    "iam:GetPolicy": {"attached_policies", "boundary"},
    "iam:GetPolicyVersion": {"attached_policies", "boundary"},
    "ecr:DescribeRepositories": {"repository"},
    "ecr:GetRepositoryPolicy": {"repository_policy"},
    "ecr:DescribeImages": {"image"},
    "organizations:DescribeOrganization": {"organization", "scps", "rcps"},
    "organizations:ListRoots": {"scps", "rcps"},
    "organizations:ListParents": {"scps", "rcps"},
    "organizations:ListPoliciesForTarget": {"scps", "rcps"},
    "organizations:DescribePolicy": {"scps", "rcps"},
    "s3:ListObjectsV2": {"evidence_objects"},
}
PARTS = sorted(set().union(*AFFECTED.values()))


def in_rounds(operations: Iterable[str] = tuple(AFFECTED)) -> list[list[str]]:
    """The operations in few rounds, so that one reading meets several faults and each part still meets one alone.

    The identity stands apart from the role: where both fail, it is not certain whose account answered.
    """
    rounds: list[tuple[list[str], set[str]]] = []
    for operation in operations:
        parts = AFFECTED[operation] | ({"role"} if operation == "sts:GetCallerIdentity" else set())
        for members, taken in rounds:
            if not parts & taken:
                members.append(operation)
                taken.update(parts)
                break
        else:
            rounds.append(([operation], set(parts)))
    return [members for members, _ in rounds]


@dataclass(frozen=True)
class World:
    endpoint: Endpoint
    aws: AwsAccess
    hasty: AwsAccess
    stubborn: AwsAccess
    embedded: AwsAccess
    """The same account without the wire: new regions never lead to a real address."""
    ledger: Ledger
    truth: AccountState


@contextmanager
def whole_world() -> Iterator[World]:
    """One whole account behind one endpoint, read once without a fault."""
    environment = pytest.MonkeyPatch()
    inside = InProcessAws(ACCOUNT)
    forget(ACCOUNT)
    session = isolated_session(GivenCredentials("builder", "builder"))
    inside.answer_for(session)
    config = Config(**NO_CONFIGURED_ENDPOINTS)
    fill(lambda service: session.create_client(service, region_name=REGION, config=config))
    with Endpoint() as endpoint:
        endpoint.scripts |= organization()
        environment.setenv("AWS_ENDPOINT_URL", endpoint.url)
        environment.setenv("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT00000")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "environment-secret")
        environment.setenv("AWS_CONFIG_FILE", "/nonexistent")
        environment.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
        ledger = Ledger(noon)

        def ready(ledger: Ledger, patience: Patience) -> AwsAccess:
            """Access whose clients are built while the environment still names the endpoint."""
            aws = AwsAccess(ledger=ledger, clock=noon, patience=patience)
            read_account(QUESTION, aws)
            return aws

        aws = ready(ledger, Patience(connect=5, read=10, attempts=1))
        hasty = ready(Ledger(noon), Patience(connect=1, read=1, attempts=1))
        stubborn = ready(Ledger(noon), Patience(connect=5, read=10, attempts=2))
        yield World(endpoint, aws, hasty, stubborn, access(inside), ledger, read_account(QUESTION, aws))
    environment.undo()
    forget(ACCOUNT)


def error(code: str, message: str = "no") -> dict[str, bytes]:
    """An error in the form of each protocol."""
    xml = (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        f"<RequestId>r</RequestId></ErrorResponse>"
    )
    s3 = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    text = f'{{"__type":"{code}","message":"{message}"}}'
    return {"iam": xml.encode(), "sts": xml.encode(), "s3": s3.encode(), "json": text.encode()}


def of(bodies: dict[str, bytes], operation: str) -> bytes:
    return bodies.get(operation.split(":", 1)[0], bodies["json"])


def read_with(world: World, operation: str, fault: Fault) -> AccountState:
    return read_with_all(world, {operation: fault})


def read_with_all(world: World, faults: dict[str, Fault]) -> AccountState:
    # The same access for all: what it remembers of credentials must not colour the next reading.
    world.aws.credentials_refused = None
    world.endpoint.faults = faults
    try:
        return read_account(QUESTION, world.aws)
    finally:
        world.endpoint.faults = {}


def check(world: World, operation: str, state: AccountState, fault: object) -> list[Unreadable]:
    """The parts of this call are unreadable and say why; all others are as they were."""
    return [reading for _, reading in check_all(world, [operation], state, fault)]


def check_all(
    world: World, operations: Iterable[str], state: AccountState, fault: object
) -> list[tuple[str, Unreadable]]:
    """Each operation's parts are unreadable and say why, by operation; all others are as they were."""
    broken = {part: operation for operation in operations for part in AFFECTED[operation]}
    found = []
    for part in PARTS:
        reading, true = getattr(state, part), getattr(world.truth, part)
        if operation := broken.get(part):
            assert isinstance(reading, Unreadable), (operation, part, fault, reading)
            assert reading.why, (operation, part)
            assert reading.how, (operation, part)
            found.append((operation, reading))
        else:
            assert reading == true, (part, fault)
    return found
