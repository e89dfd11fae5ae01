"""A release over the wire: a repository's files, one run and an account, served by a loopback GitHub and moto, and diagnosed."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from arns import arn_of
from botocore.config import Config
from botocore.session import Session
from log_frames import raw
from moto.core.base_backend import BackendDict
from moto.iam.models import iam_backends
from ruamel.yaml import YAML

from diagnosis.documents.diagnosis import document
from diagnosis.documents.judged_exit import exit_code
from diagnosis.facts.account import AccountQuestion, AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.evidence import Origin
from diagnosis.names.arn import Arn
from diagnosis.policy.language.strict_json import json_text
from diagnosis.verdicts.diagnosis import Diagnosis
from probes.aws.read.account import read_account
from probes.aws.read.role_usage import read_usage
from probes.aws.session.access import NO_CONFIGURED_ENDPOINTS, AwsAccess, GivenCredentials, isolated_session
from probes.embedded.github.server import GitHubServer
from probes.embedded.in_process_aws import InProcessAws
from probes.github.http.credentials import GitHubAccess
from probes.github.source import GitHubSource
from probes.ledger import Ledger
from probes.recording.format import (
    JsonObject,
    RecordedAttempt,
    RecordedBranch,
    RecordedFile,
    RecordedFolder,
    RecordedJob,
    RecordedLog,
    RecordedRun,
    Recording,
)
from probes.recording.view import RecordingView
from tui.backends.repository import RepositoryBackend

ACCOUNT = "111122223333"
REGION = "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/release"
REPOSITORY = "octo-lab/shop"
ISSUER = "token.actions.githubusercontent.com"
SHA = "c0ffee" + "0" * 34
CREATED = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
REFUSED = "Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity"
WORKFLOW = ".github/workflows/release.yml"
_numbers = itertools.count(700_000_000)


@dataclass(frozen=True)
class Ran:
    """A job of the run as GitHub lists it."""

    name: str
    job: str
    """Its id in the file."""
    conclusion: str = "failure"
    file: str = ""
    """The called workflow in which it is written; empty for the workflow of the run."""
    fails_at: str = "aws-actions/configure-aws-credentials"
    """The beginning of the ``uses`` or of the script of the step that fails."""
    error: str = REFUSED
    shown: tuple[tuple[str, str], ...] = ()
    """Expressions as the log shows their values: ``("${{ secrets.ROLE }}", "***")``."""


@dataclass(frozen=True)
class RoleFacts:
    """A role of an account, with its trusted subjects and its one inline policy."""

    arn: str = ROLE
    subjects: tuple[str, ...] = (f"repo:{REPOSITORY}:ref:refs/heads/main",)
    statements: tuple[Mapping[str, Any], ...] = ()
    trusts: tuple[Mapping[str, Any], ...] = ()
    """Further statements of its trust policy."""
    boundary: tuple[Mapping[str, Any], ...] = ()
    """The statements of its permissions boundary; none: it has no boundary."""

    @property
    def trust(self) -> dict[str, Any]:
        """Its trust policy; without a subject nobody comes in with GitHub's token."""
        own = trust(self.subjects, self.account)
        return {**own, "Statement": [*(own["Statement"] if self.subjects else ()), *self.trusts]}

    @property
    def account(self) -> str:
        """The account id in its ARN."""
        return self.arn.split(":")[4]

    @property
    def name(self) -> str:
        """Its name without the path."""
        return self.arn.rpartition("/")[2]


@dataclass(frozen=True)
class WireRelease:
    """Everything that is served."""

    files: Mapping[str, str]
    jobs: tuple[Ran, ...]
    """Of the last attempt."""
    roles: tuple[RoleFacts, ...] = (RoleFacts(),)
    repositories: tuple[str, ...] = ("app",)
    """Names, of the first account; an ARN for one of another account."""
    buckets: tuple[str, ...] = ()
    repository_policies: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    """By the repository as it stands in ``repositories``."""
    bucket_policies: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    second_answers: bool = False
    """Whether the reader has a second set of credentials, for the account of the registry."""
    event: str = "push"
    branch: str = "main"
    conclusion: str = "failure"
    case: Case = field(default_factory=Case)
    path: str = WORKFLOW
    earlier: tuple[tuple[Ran, ...], ...] = ()
    """The jobs of the attempts before, each of which failed."""

    def diagnosis(self) -> Diagnosis:
        """The diagnosis, read over HTTP and through boto3."""
        with ExitStack() as stack:
            aws = stack.enter_context(_Accounts(self))
            return self.read(aws.read)

    def read(self, account: Callable[[AccountQuestion], AccountState]) -> Diagnosis:
        """The diagnosis with GitHub read over HTTP and an account that answers in its own way."""
        with ExitStack() as stack:
            server = stack.enter_context(_WholeRepository(self._recording()))
            ledger = Ledger()
            backend = RepositoryBackend(
                GitHubSource(REPOSITORY, GitHubAccess(url=server.url), ledger),
                lambda question, _progress, _cancelled, _search: account(question),
                case=self.case,
                ledger=ledger,
                title=REPOSITORY,
                clock=lambda: CREATED + timedelta(days=1),
            )
            stack.callback(backend.close)
            found = backend.diagnose_runs([1], progress=lambda _: None, cancelled=lambda: False)
            assert not server.errors, list(server.errors)
            return found

    def github(self) -> GitHubServer:
        """The GitHub of it by itself, to be closed."""
        return _WholeRepository(self._recording())

    def document(self) -> dict[str, Any]:
        """The same as JSON, with the exit code."""
        found = self.diagnosis()
        return {**document(found), "exit": exit_code(found)}

    def _recording(self) -> Recording:
        api, web = f"https://api.github.com/repos/{REPOSITORY}", f"https://github.com/{REPOSITORY}"
        owner = {"login": REPOSITORY.partition("/")[0], "id": 1001, "type": "Organization"}
        small = {
            "id": 2002,
            "name": REPOSITORY.partition("/")[2],
            "full_name": REPOSITORY,
            "owner": owner,
            "private": False,
            "html_url": web,
            "url": api,
        }
        run: JsonObject = {
            "id": 1,
            "name": "Release",
            "path": self.path,
            "workflow_id": 3003,
            "run_number": 1,
            "run_attempt": 1,
            "event": self.event,
            "head_branch": self.branch,
            "head_sha": SHA,
            "display_title": "Release",
            "status": "completed",
            "conclusion": self.conclusion,
            "created_at": _iso(CREATED),
            "run_started_at": _iso(CREATED),
            "updated_at": _iso(CREATED + timedelta(seconds=90)),
            "actor": owner,
            "triggering_actor": owner,
            "repository": small,
            "head_repository": small,
            "url": f"{api}/actions/runs/1",
            "html_url": f"{web}/actions/runs/1",
            "jobs_url": f"{api}/actions/runs/1/jobs",
            "logs_url": f"{api}/actions/runs/1/logs",
            "artifacts_url": f"{api}/actions/runs/1/artifacts",
        }
        workflow = {"id": 3003, "name": "Release", "path": self.path, "state": "active", "url": f"{api}/w/3003"}
        called = re.findall(r"uses: *['\"]?\./(\.github/workflows/[\w.-]+)", "\n".join(self.files.values()))
        run["referenced_workflows"] = [
            {"path": f"{REPOSITORY}/{path}@{SHA}", "sha": SHA} for path in dict.fromkeys(called) if path in self.files
        ]
        tree = YAML(typ="safe").load(io.StringIO(self.files[self.path]))
        attempts: list[RecordedAttempt] = []
        for nth, listed in enumerate((*self.earlier, self.jobs), 1):
            last = nth == len(self.earlier) + 1
            of_attempt = {**run, "run_attempt": nth, "conclusion": self.conclusion if last else "failure"}
            jobs = tuple(
                self._job(of_attempt, ran, tree, number) for number, ran in enumerate(listed, 1 + 100 * (nth - 1))
            )
            attempts.append(RecordedAttempt(of_attempt, jobs))
        return Recording(
            repository={**small, "default_branch": "main", "created_at": "2024-01-01T00:00:00Z"},
            runs=(RecordedRun(tuple(attempts), origin=Origin.RECONSTRUCTED),),
            workflows=({**workflow, "created_at": "2024-01-01T00:00:00Z"},),
            branches=(RecordedBranch({"name": self.branch, "commit": {"sha": SHA}, "protected": False}),),
            files=tuple(RecordedFile(path, SHA, text.encode()) for path, text in self.files.items()),
            folders=(RecordedFolder(".github/workflows", SHA),),
            oidc_customization={"use_default": True},
        )

    def _job(self, run: JsonObject, ran: Ran, tree: Mapping[str, Any], number: int) -> RecordedJob:
        if ran.file:
            tree = YAML(typ="safe").load(io.StringIO(self.files[ran.file]))
        written = tree["jobs"][ran.job]
        steps = list(written.get("steps", ()))
        failing = next((at for at, step in enumerate(steps) if _begins(step, ran.fails_at)), len(steps))
        listed: list[dict[str, Any]] = [_step(1, "Set up job", "success")]
        lines = ["Current runner version: '2.331.0'", "Prepare all required actions"]
        for at, step in enumerate(steps):
            skipped = ran.conclusion == "skipped" or (ran.conclusion == "failure" and at > failing)
            failed = ran.conclusion == "failure" and at == failing
            listed.append(_step(at + 2, _shown(step), "failure" if failed else "skipped" if skipped else "success"))
            if not skipped:
                lines += list(_head(step, tree, written, ran.shown))
                lines += [f"##[error]{ran.error}"] if failed else []
        job_id = 10 + number
        api = f"https://api.github.com/repos/{REPOSITORY}"
        job: dict[str, Any] = {
            "id": job_id,
            "run_id": 1,
            "run_attempt": run["run_attempt"],
            "name": ran.name,
            "status": "completed",
            "conclusion": ran.conclusion,
            "head_sha": SHA,
            "created_at": _iso(CREATED),
            "started_at": _iso(CREATED),
            "completed_at": _iso(CREATED + timedelta(seconds=80)),
            "steps": [] if ran.conclusion == "skipped" else listed,
            "labels": ["ubuntu-latest"],
            "url": f"{api}/actions/jobs/{job_id}",
            "html_url": f"{run['html_url']}/job/{job_id}",
            "run_url": run["url"],
            "check_run_url": f"{api}/check-runs/{job_id}",
        }
        return RecordedJob(job, RecordedLog(raw(lines).encode(), Origin.RECONSTRUCTED), ())


def _begins(step: Mapping[str, Any], text: str) -> bool:
    return str(step.get("uses") or step.get("run") or "").startswith(text)


def _step(number: int, name: str, conclusion: str) -> dict[str, Any]:
    at = CREATED + timedelta(seconds=number)
    return {
        "number": number,
        "name": name,
        "status": "completed",
        "conclusion": conclusion,
        "started_at": _iso(at),
        "completed_at": _iso(at),
    }


def _shown(step: Mapping[str, Any]) -> str:
    if step.get("name"):
        return str(step["name"])
    text = str(step.get("uses") or step.get("run") or "").strip()
    return f"Run {text.splitlines()[0] if text else ''}"


def _head(
    step: Mapping[str, Any], tree: Mapping[str, Any], job: Mapping[str, Any], shown: Sequence[tuple[str, str]]
) -> Iterator[str]:
    """The head of a step as the runner prints it, expressions replaced as ``shown`` says; others stay out of it."""

    def filled(value: object) -> str:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        for expression, result in shown:
            text = text.replace(expression, result)
        return text

    script = str(step.get("run") or "").rstrip("\n").split("\n")
    yield f"##[group]Run {step.get('uses') or script[0]}"
    if step.get("uses"):
        given = {name: filled(value) for name, value in (step.get("with") or {}).items()}
        if given:
            yield "with:"
            yield from (f"  {name}: {value}" for name, value in given.items() if "${{" not in value)
    else:
        yield from (f"\x1b[36;1m{filled(line)}\x1b[0m" for line in script)
        yield "shell: /usr/bin/bash -e {0}"
    env = {**(tree.get("env") or {}), **(job.get("env") or {}), **(step.get("env") or {})}
    known = {name: filled(value) for name, value in env.items() if "${{" not in filled(value)}
    if known:
        yield "env:"
        yield from (f"  {name}: {value}" for name, value in known.items())
    yield "##[endgroup]"


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def trust(subjects: Sequence[str], account: str = ACCOUNT) -> dict[str, Any]:
    """A trust policy for exactly these subjects."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": f"arn:aws:iam::{account}:oidc-provider/{ISSUER}"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": list(subjects)}},
            }
        ],
    }


@contextmanager
def served(release: WireRelease) -> Iterator[str]:
    """Serve the GitHub side of a release; yields the address of its API."""
    with _WholeRepository(release._recording()) as server:
        yield server.url
        assert not server.errors, list(server.errors)


class LiveWorld:
    """A release that is served: its GitHub may be another one at each reading, its account is changed by boto3's clients."""

    def __init__(self, accounts: _Accounts) -> None:
        self._accounts = accounts
        self._reader = accounts._access(accounts._ids[0])

    def client(self, service: str) -> Any:
        """A client of the first account that may change it."""
        return self._accounts._client(service, self._accounts._ids[0])

    @contextmanager
    def backend(self, release: WireRelease, now: datetime) -> Iterator[RepositoryBackend]:
        """The backend of a release's GitHub side, and of this account, at a time."""
        access = self._reader
        access.clock = lambda: now
        with served(release) as url:
            ledger = Ledger()
            made = RepositoryBackend(
                GitHubSource(REPOSITORY, GitHubAccess(url=url), ledger),
                lambda question, _progress, _cancelled, _search: read_account(question, access),
                case=release.case,
                ledger=ledger,
                title=REPOSITORY,
                clock=lambda: now,
                read_usage=lambda state, _progress, _cancelled: read_usage(state, access),
            )
            try:
                yield made
            finally:
                made.close()


@contextmanager
def live_world(release: WireRelease) -> Iterator[LiveWorld]:
    """The account of a release, in moto until the end."""
    with _Accounts(release) as accounts:
        yield LiveWorld(accounts)


class _WholeRepository(GitHubServer):
    """A GitHub whose repository has the recording's files and no other."""

    def __init__(self, recording: Recording) -> None:
        super().__init__(recording)
        self._view = _WholeView(recording)


class _WholeView(RecordingView):
    def is_absent(self, path: str, ref: str | None) -> bool:
        return self.file(path, ref) is None


class _Accounts:
    """The accounts in moto, in this process; they are emptied again at the end."""

    def __init__(self, release: WireRelease) -> None:
        self._release = release
        self._homes = [_parsed(name) for name in release.repositories]
        first = release.roles[0].account if release.roles else ACCOUNT
        ids = (first, *(role.account for role in release.roles), *(arn.account for arn in self._homes))
        self._ids = tuple(dict.fromkeys(ids))
        self._aws = {account: InProcessAws(account) for account in self._ids}
        self._sessions = {account: self._session(account) for account in self._ids}

    def _session(self, account: str) -> Session:
        session = isolated_session(GivenCredentials("builder", "no secret: it lives in this process"))
        self._aws[account].answer_for(session)
        return session

    def __enter__(self) -> Self:
        self._forget()
        for account in self._ids:
            self._client("iam", account).create_open_id_connect_provider(
                Url=f"https://{ISSUER}", ClientIDList=["sts.amazonaws.com"], ThumbprintList=[]
            )
        for role in self._release.roles:
            self._make_role(role)
        for name, arn in zip(self._release.repositories, self._homes, strict=True):
            ecr = self._client("ecr", arn.account, arn.region)
            ecr.create_repository(repositoryName=arn.resource_id)
            if name in self._release.repository_policies:
                text = _policy(self._release.repository_policies[name])
                ecr.set_repository_policy(repositoryName=arn.resource_id, policyText=text)
        s3 = self._client("s3", self._ids[0])
        for bucket in self._release.buckets:
            s3.create_bucket(Bucket=bucket)
            if bucket in self._release.bucket_policies:
                s3.put_bucket_policy(Bucket=bucket, Policy=_policy(self._release.bucket_policies[bucket]))
        return self

    def _make_role(self, role: RoleFacts) -> None:
        iam = self._client("iam", role.account)
        edge: dict[str, str] = {}
        if role.boundary:
            made = iam.create_policy(PolicyName=f"{role.name}-edge", PolicyDocument=_policy(role.boundary))
            edge = {"PermissionsBoundary": made["Policy"]["Arn"]}
        document = json_text(role.trust)
        iam.create_role(RoleName=role.name, AssumeRolePolicyDocument=document, **edge)
        if role.statements:
            iam.put_role_policy(RoleName=role.name, PolicyName="release", PolicyDocument=_policy(role.statements))

    def __exit__(self, *_: object) -> None:
        self._forget()

    def read(self, question: AccountQuestion) -> AccountState:
        """The accounts as the probes read them with the first account's credentials, and the registry's where there are such."""
        registry = question.registry_id
        second = registry if self._release.second_answers and registry in self._ids[1:] else None
        return read_account(
            question, self._access(self._ids[0]), registry=self._access(second) if second is not None else None
        )

    def _access(self, account: str) -> AwsAccess:
        return AwsAccess(**self.access_options(account))

    def access_options(self, account: str) -> dict[str, Any]:
        """What access to an account of this process is built with."""
        iam = self._client("iam", account)
        iam.create_user(UserName="reader")
        key = iam.create_access_key(UserName="reader")["AccessKey"]
        return {
            "ledger": Ledger(),
            "clock": lambda: CREATED + timedelta(days=1),
            "region": REGION,
            "credentials": GivenCredentials(key["AccessKeyId"], key["SecretAccessKey"]),
            "prepare": self._aws[account].answer_for,
        }

    def _client(self, service: str, account: str, region: str = REGION) -> Any:
        config = Config(retries={"total_max_attempts": 1}, **NO_CONFIGURED_ENDPOINTS)
        return self._sessions[account].create_client(service, region_name=region, config=config)

    def _forget(self) -> None:
        for backends in _backends():
            for account in self._ids:
                for backend in backends[account].values():
                    backend.reset()


@contextmanager
def accounts_of(roles: Sequence[RoleFacts], repositories: Sequence[str]) -> Iterator[Callable[[str], dict[str, Any]]]:
    """Yield what access to an account is built with, while the roles and repositories stand in theirs."""
    with _Accounts(WireRelease({}, (), tuple(roles), tuple(repositories))) as accounts:
        yield accounts.access_options


def _policy(statements: Sequence[Mapping[str, Any]]) -> str:
    return json_text({"Version": "2012-10-17", "Statement": list(statements)})


def repository_arn(name: str) -> str:
    """The ARN of a repository of the first account by its name; an ARN stands for itself."""
    return name if name.startswith("arn:") else f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{name}"


def _parsed(name: str) -> Arn:
    return arn_of(repository_arn(name))


def _backends() -> Iterator[BackendDict]:
    from moto.ecr.models import ecr_backends
    from moto.s3.models import s3_backends
    from moto.sts.models import sts_backends

    yield from (iam_backends, ecr_backends, s3_backends, sts_backends)


def with_statements(release: WireRelease, *statements: Mapping[str, Any]) -> WireRelease:
    """The release with these statements on its first role."""
    first, *rest = release.roles
    return replace(release, roles=(replace(first, statements=tuple(statements)), *rest))
