"""A release over the wire: a repository's files, one run and an account, served by a loopback GitHub and moto, and diagnosed."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from botocore.config import Config
from log_frames import raw
from moto.core.base_backend import BackendDict
from moto.iam.models import iam_backends
from ruamel.yaml import YAML

from diagnosis.documents.diagnosis import document
from diagnosis.documents.exit_code import exit_code
from diagnosis.facts.account import AccountQuestion, AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.evidence import Origin
from diagnosis.policy.language.strict_json import json_text
from diagnosis.verdicts.diagnosis import Diagnosis
from probes.aws.read.account import read_account
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
    RecordedJob,
    RecordedLog,
    RecordedRun,
    Recording,
)
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
    fails_at: str = "aws-actions/configure-aws-credentials"
    """The beginning of the ``uses`` or of the script of the step that fails."""
    error: str = REFUSED
    shown: tuple[tuple[str, str], ...] = ()
    """Expressions as the log shows their values: ``("${{ secrets.ROLE }}", "***")``."""


@dataclass(frozen=True)
class RoleFacts:
    """A role of the account, with its trusted subjects and its one inline policy."""

    arn: str = ROLE
    subjects: tuple[str, ...] = (f"repo:{REPOSITORY}:ref:refs/heads/main",)
    statements: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class WireRelease:
    """Everything that is served."""

    files: Mapping[str, str]
    jobs: tuple[Ran, ...]
    roles: tuple[RoleFacts, ...] = (RoleFacts(),)
    repositories: tuple[str, ...] = ("app",)
    buckets: tuple[str, ...] = ()
    event: str = "push"
    branch: str = "main"
    conclusion: str = "failure"
    case: Case = field(default_factory=Case)
    path: str = WORKFLOW

    def diagnosis(self) -> Diagnosis:
        """The diagnosis, read over HTTP and through boto3."""
        with ExitStack() as stack:
            server = stack.enter_context(GitHubServer(self._recording()))
            aws = stack.enter_context(_Account(self))
            ledger = Ledger()
            backend = RepositoryBackend(
                GitHubSource(REPOSITORY, GitHubAccess(url=server.url), ledger),
                lambda question, _progress, _cancelled, _search: aws.read(question),
                case=self.case,
                ledger=ledger,
                title=REPOSITORY,
                clock=lambda: CREATED + timedelta(days=1),
            )
            stack.callback(backend.close)
            found = backend.diagnose_runs([1], progress=lambda _: None, cancelled=lambda: False)
            assert not server.errors, list(server.errors)
            return found

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
        tree = YAML(typ="safe").load(io.StringIO(self.files[self.path]))
        jobs = tuple(self._job(run, ran, tree, number) for number, ran in enumerate(self.jobs, 1))
        return Recording(
            repository={**small, "default_branch": "main", "created_at": "2024-01-01T00:00:00Z"},
            runs=(RecordedRun((RecordedAttempt(run, jobs),), origin=Origin.RECONSTRUCTED),),
            workflows=({**workflow, "created_at": "2024-01-01T00:00:00Z"},),
            branches=(RecordedBranch({"name": self.branch, "commit": {"sha": SHA}, "protected": False}),),
            files=tuple(RecordedFile(path, SHA, text.encode()) for path, text in self.files.items()),
            oidc_customization={"use_default": True},
        )

    def _job(self, run: JsonObject, ran: Ran, tree: Mapping[str, Any], number: int) -> RecordedJob:
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
            "run_attempt": 1,
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


class _Account:
    """The account in moto, in this process; it is emptied again at the end."""

    def __init__(self, release: WireRelease) -> None:
        self._release = release
        self._aws = InProcessAws(ACCOUNT)
        self._session = isolated_session(GivenCredentials("builder", "no secret: it lives in this process"))
        self._aws.answer_for(self._session)

    def __enter__(self) -> Self:
        self._forget()
        iam, ecr, s3 = (self._client(name) for name in ("iam", "ecr", "s3"))
        iam.create_open_id_connect_provider(
            Url=f"https://{ISSUER}", ClientIDList=["sts.amazonaws.com"], ThumbprintList=[]
        )
        for role in self._release.roles:
            name = role.arn.rpartition("/")[2]
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=json_text(trust(role.subjects)))
            if role.statements:
                policy = {"Version": "2012-10-17", "Statement": list(role.statements)}
                iam.put_role_policy(RoleName=name, PolicyName="release", PolicyDocument=json_text(policy))
        for repository in self._release.repositories:
            ecr.create_repository(repositoryName=repository)
        for bucket in self._release.buckets:
            s3.create_bucket(Bucket=bucket)
        return self

    def __exit__(self, *_: object) -> None:
        self._forget()

    def read(self, question: AccountQuestion) -> AccountState:
        """The account as the probes read it."""
        iam = self._client("iam")
        iam.create_user(UserName="reader")
        key = iam.create_access_key(UserName="reader")["AccessKey"]
        access = AwsAccess(
            ledger=Ledger(),
            clock=lambda: CREATED + timedelta(days=1),
            region=REGION,
            credentials=GivenCredentials(key["AccessKeyId"], key["SecretAccessKey"]),
            prepare=self._aws.answer_for,
        )
        return read_account(question, access)

    def _client(self, service: str) -> Any:
        config = Config(retries={"total_max_attempts": 1}, **NO_CONFIGURED_ENDPOINTS)
        return self._session.create_client(service, region_name=REGION, config=config)

    def _forget(self) -> None:
        for backends in _backends():
            for backend in backends[ACCOUNT].values():
                backend.reset()


def _backends() -> Iterator[BackendDict]:
    from moto.ecr.models import ecr_backends
    from moto.s3.models import s3_backends
    from moto.sts.models import sts_backends

    yield from (iam_backends, ecr_backends, s3_backends, sts_backends)


def with_statements(release: WireRelease, *statements: Mapping[str, Any]) -> WireRelease:
    """The release with these statements on its first role."""
    first, *rest = release.roles
    return replace(release, roles=(replace(first, statements=tuple(statements)), *rest))
