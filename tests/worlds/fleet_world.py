"""A fleet over the wire: repositories on a loopback GitHub, the roles of one account in moto, read as the command reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from fleet_github import FleetGitHub, FleetRepository
from wire_release import ACCOUNT, ISSUER, REGION, RoleFacts, accounts_of

from diagnosis.documents.fleet import Fleet
from diagnosis.facts.account import CredentialsProblem
from diagnosis.json_members import JsonMembers
from probes.aws.session.access import AwsAccess
from probes.aws.session.errors import AwsCallError, Failure
from probes.aws.session.operations import Operation
from probes.aws.session.shared_answers import SharedAnswers
from probes.github.http.body import Timeouts
from probes.github.http.client import Client
from probes.github.http.credentials import GitHubAccess
from probes.github.http.pace import Pace
from probes.github.http.workers import Workers
from probes.ledger import Ledger
from tui.backend import no_progress
from tui.backends.fleet.accounts import Accounts, AwsOptions
from tui.backends.fleet.engine import FleetRun, FleetWatch, open_journal
from tui.backends.fleet.reader import FleetReader
from tui.backends.fleet.targets import FleetOptions, targets_of

PUSH = (
    *("ecr:BatchCheckLayerAvailability", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload"),
    *("ecr:PutImage", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
)
CI = "on: [push]\njobs: {t: {runs-on: x, steps: [{run: make test}]}}\n"
MAIN = {"release.yml": ("push", "main", "success")}
"""The newest run of a release."""
QUICK = Timeouts(connect=2.0, read=5.0, answer=5.0, backoff=0.001)


def arn(role: str) -> str:
    """The ARN of a role of the account."""
    return f"arn:aws:iam::{ACCOUNT}:role/{role}"


def release(role: str, image: str = "app", *, on: str = "{push: {branches: [main]}}", job: str = "") -> str:
    """A release workflow: a role, a login, a push; ``job`` is a further member of its job."""
    return f"""on: {on}
permissions: {{id-token: write, contents: read}}
jobs:
  release:
    runs-on: ubuntu-latest
{job}    steps:
      - uses: aws-actions/configure-aws-credentials@v4
        with: {{role-to-assume: "{role if "{{" in role else arn(role)}", aws-region: {REGION}}}
      - uses: aws-actions/amazon-ecr-login@v2
      - run: docker push {ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{image}:1
"""


def push(*images: str) -> tuple[Mapping[str, Any], ...]:
    """Statements that allow a push to these images and no more; without one, all of the registry everywhere."""
    places = [f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{image}" for image in images]
    own = {"Effect": "Allow", "Action": list(PUSH) if images else "ecr:*", "Resource": places or "*"}
    return ({"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}, own)


def on_main(*repositories: str) -> tuple[str, ...]:
    """The subjects of these repositories' default branches."""
    return tuple(f"repo:{name}:ref:refs/heads/main" for name in repositories)


def role(name: str, subjects: Sequence[str], statements: Sequence[Mapping[str, Any]] = push("app")) -> RoleFacts:
    """A role with its subjects and its one policy."""
    return RoleFacts(arn(name), tuple(subjects), tuple(statements))


def trusting_all_of(name: str, pattern: str, statements: Sequence[Mapping[str, Any]]) -> RoleFacts:
    """A role that trusts whatever subject is like a pattern."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com"},
            "StringLike": {f"{ISSUER}:sub": pattern},
        },
    }
    return replace(role(name, (), statements), trusts=(statement,))


def many(count: int) -> tuple[list[FleetRepository], list[RoleFacts]]:
    """Of each four three share a role, and the last releases nothing."""
    repositories: list[FleetRepository] = []
    roles: list[RoleFacts] = []
    for first in range(0, count, 4):
        *sharing, library = (f"octo/r{first + nth:03}" for nth in range(4))
        files = {"release.yml": release(f"role{first:03}"), "ci.yml": CI}
        repositories += [FleetRepository(name, files, runs=MAIN) for name in sharing]
        repositories.append(FleetRepository(library, {"ci.yml": CI}))
        roles.append(role(f"role{first:03}", on_main(*sharing)))
    return repositories, roles


class _SignedOut(SharedAnswers):
    """Access whose session has expired."""

    def credentials_problem(self) -> CredentialsProblem:
        return CredentialsProblem("the sign-in session has expired", "sign in again")


class _Throttled(SharedAnswers):
    """Access that AWS throttles."""

    def ask(self, operation: Operation, *, region: str | None = None, **params: object) -> JsonMembers:
        if operation.client_name == "iam":
            raise AwsCallError(operation, Failure.THROTTLED, "AWS throttled the call", "try again")
        return super().ask(operation, region=region, **params)


class FleetWorld:
    """A GitHub and an account, read as often as wanted; ``server`` has a ``url`` and an ``owner``."""

    def __init__(self, server: Any, access: Callable[[str], dict[str, Any]] | None) -> None:
        self.server = server
        self.asked_of_aws: list[str] = []
        self._aws = cache(access) if access else None

    def read(
        self,
        output: Path | None = None,
        *,
        resume: bool = False,
        jobs: int = 4,
        signed_in: bool = True,
        throttled: bool = False,
        by_account: Mapping[str, str] | None = None,
        **asked: Any,
    ) -> Fleet:
        """Read the fleet of the server's owner, or what is named."""
        options = FleetOptions(**{"owners": (self.server.owner,), "jobs": jobs, **asked})
        ledger = Ledger()
        access = GitHubAccess(url=self.server.url, token="ghp_0123456789abcdefghijklmnopqrstuvwxyz")
        pace = Pace(throttled=False, clock=ledger.clock)
        workers = Workers(lambda: Client(access, ledger, pace, QUICK), 2 * jobs)
        watch = FleetWatch(ledger)

        def make(profile: str | None, **_: Any) -> AwsAccess:
            # A profile is named like its account.
            given = self._aws(profile or ACCOUNT) if self._aws else {}
            made = _Throttled if throttled else SharedAnswers if signed_in else _SignedOut
            return made(**{**given, "ledger": ledger})

        accounts = Accounts(AwsOptions(by_account=by_account or {}, live=self._aws is not None), ledger, make)
        reader = FleetReader(access, accounts, ledger, workers, pace, cancelled=watch.stopped, cache=False)
        run = FleetRun(options, reader, watch, ledger, pace, progress=no_progress)
        try:
            targets = targets_of(options, reader.ask, lambda _what: None)
            journal, before = None, None
            if output is not None:
                journal, before = open_journal(output, run.header(targets), resume=resume)
            return run.run(targets, journal, before)
        finally:
            watch.ended.set()
            workers.close()
            self.asked_of_aws = [
                f"{entry.service} {entry.operation} {entry.target}"
                for entry in ledger.entries()
                if entry.service != "github"
            ]


@contextmanager
def fleet_world(
    repositories: Sequence[FleetRepository],
    roles: Sequence[RoleFacts] = (),
    images: Sequence[str] = ("app",),
    **server: Any,
) -> Iterator[FleetWorld]:
    """Yield a world; without roles there is no account."""
    with FleetGitHub(list(repositories), **server) as github:
        if not roles:
            yield FleetWorld(github, None)
            return
        with accounts_of(roles, images) as access:
            yield FleetWorld(github, access)


def by_repository(fleet: Fleet) -> dict[str, Any]:
    """The rows by the name of their repository; of several workflows the last."""
    return {row.repository: row for row in fleet.rows}
