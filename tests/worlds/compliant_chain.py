"""A release whose chain of attempts is compliant in every respect: fail, fix, fail, fix, success, all of it recorded and read.

It is a value over real parts: the workflow is YAML text, the logs are written as the runner writes them, the account and
CloudTrail are as they are read, and :meth:`ComplyingRelease.diagnosis` judges all of it as the command line does. A test
changes one place of it with :func:`dataclasses.replace` and looks which rules of closure no longer pass.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from arns import arn_of
from replay_builders import LogWriter, Spec, denied
from small_world import EIGHT, ISSUER, allow, policy

from diagnosis.diagnose import conclude, question_of, replays_of
from diagnosis.facts.account import (
    AccountQuestion,
    AccountState,
    CallerIdentity,
    EcrRepository,
    EvidenceObject,
    Image,
    NamedPolicy,
    OidcProvider,
    RegistryDetails,
    Role,
)
from diagnosis.facts.case import Case, StatedChange
from diagnosis.facts.closure_facts import BetweenCommits, ClosureFacts, DecisionLog, EvidenceFile, EvidenceRoot
from diagnosis.facts.github_context import CommitsBetween, Relation
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.facts.runs import Artifact, Attempt, Job, OidcCustomization, Repository, RepositoryFile, Step
from diagnosis.facts.trail import Trail, TrailEvent
from diagnosis.facts.workflow import Workflow, WorkflowFile, WorkflowStep
from diagnosis.verdicts.diagnosis import Diagnosis
from probes.workflow_file import parse_workflow

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
ACCOUNT, REGION, NAME, TAG = "111122223333", "eu-central-1", "shop/web", "v1.4.0"
HOST = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
IMAGE = f"{HOST}/{NAME}:{TAG}"
REPOSITORY_ARN = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{NAME}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/release"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
DIGEST = "sha256:" + "4b" * 32
OTHER_DIGEST = "sha256:" + "5c" * 32
COMMIT = "c0ffee" + "0" * 34
OTHER_COMMIT = "beef" + "1" * 36
SUBJECT = "repo:acme/shop:ref:refs/heads/main"
ENGINEER = f"arn:aws:iam::{ACCOUNT}:user/engineer"
SESSION_NAME = "release-{run}"
PATH = ".github/workflows/release.yml"
REPOSITORY = Repository("acme/shop", 5, 6, datetime(2024, 1, 1, tzinfo=UTC), "main", "https://github.com/acme/shop")
EVIDENCE_ROOT = "s3://acme-evidence/releases/v1.4.0/"
ENTRY = "## 2026-03-02T10:45:00Z Release v1.4.0: provider created, push policy attached"

WORKFLOW = f"""\
name: Release
on:
  workflow_dispatch:
permissions:
  contents: read
  id-token: write
jobs:
  release:
    runs-on: ubuntu-24.04
    timeout-minutes: 20
    steps:
      - name: Checkout
        uses: actions/checkout@v4
      - name: Get credentials
        uses: aws-actions/configure-aws-credentials@v4
        with:
          role-to-assume: {ROLE}
          aws-region: {REGION}
          role-session-name: release-${{{{ github.run_id }}}}
      - name: Registry
        uses: aws-actions/amazon-ecr-login@v2
      - name: Build and push
        run: |
          docker build -t {IMAGE} .
          docker push {IMAGE}
      - name: Read the digest back
        id: digest
        run: |
          digest=$(aws ecr describe-images --repository-name {NAME} --image-ids imageTag={TAG} \\
            --query 'imageDetails[0].imageDigest' --output text)
          echo "digest=$digest" >> "$GITHUB_OUTPUT"
      - name: Evidence
        env:
          DIGEST: ${{{{ steps.digest.outputs.digest }}}}
        run: |
          jq -n --arg run "$GITHUB_RUN_ID" --arg commit "$GITHUB_SHA" --arg digest "$DIGEST" \\
            '{{run_id: $run, commit: $commit, image_tag: "{TAG}", image_digest: $digest}}' > receipt.json
      - name: Keep the evidence
        uses: actions/upload-artifact@v4
        with:
          name: evidence
          path: receipt.json
"""
DOCKERFILE = "FROM scratch\nCOPY site /site\n"


def minutes(number: float) -> datetime:
    """A moment of the chain, in minutes from its beginning."""
    return START + timedelta(minutes=number)


def receipt(**members: object) -> str:
    """The evidence file as the closing run wrote it, with these members instead."""
    told = {"run_id": "903", "commit": COMMIT, "image_tag": TAG, "image_digest": DIGEST}
    return json.dumps({**told, **members})


@dataclass(frozen=True)
class Run:
    """One attempt of the chain: where it stopped, when, and on what."""

    number: int
    at: float
    """Its beginning, in minutes from that of the chain; it lasts four."""
    stops_at: str = ""
    """The name of the step that failed; empty for a success."""
    error: str = ""
    branch: str = "main"
    commit: str = COMMIT
    path: str = PATH
    conclusion: str | None = None
    """Another conclusion than the steps have."""
    skips: tuple[str, ...] = ()
    """Steps that were skipped although nothing failed."""
    prints: tuple[tuple[str, str], ...] = ()
    """``(step, line)``: what a step printed beside the usual."""
    log_read: bool = True

    @property
    def succeeded(self) -> bool:
        return not self.stops_at


FIRST = Run(
    901,
    0,
    "Get credentials",
    "##[error]Could not assume role with OIDC: No OpenIDConnect provider found in your account for https://" + ISSUER,
)
SECOND = Run(
    902, 15, "Registry", "##[error]" + denied("ecr:GetAuthorizationToken", "*").replace("GitHubActions", "release-902")
)
CLOSING = Run(903, 30)


def event(name: str, at: float, target: str = "release", principal: str = ENGINEER, **more: object) -> TrailEvent:
    """A CloudTrail event, in minutes from the chain's beginning."""
    service = "ecr" if "Image" in name or "Repository" in name else "iam"
    made = TrailEvent(name, service, minutes(at), principal, target, f"{name}-{at}")
    return replace(made, **more)  # type: ignore[arg-type] # fields by name


def session_event(at: float, **more: object) -> TrailEvent:
    """The role's session as it was opened."""
    made = TrailEvent("AssumeRoleWithWebIdentity", "sts", minutes(at), SUBJECT, ROLE, f"session-{at}", subject=SUBJECT)
    return replace(made, **more)  # type: ignore[arg-type] # fields by name


def session_arn(run: int = 903) -> str:
    """The principal of the calls that a run's session made."""
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/release/{SESSION_NAME.format(run=run)}"


EVENTS = (
    event("CreateOpenIDConnectProvider", 10, PROVIDER),
    session_event(15.5),
    event("PutRolePolicy", 25, detail="push"),
    session_event(30.5),
    event("PutImage", 31.5, NAME, session_arn(), detail=TAG),
)
TRUST = policy(
    {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": SUBJECT}},
    }
)
PERMISSIONS = policy(allow("ecr:GetAuthorizationToken", "*"), allow(EIGHT, REPOSITORY_ARN))
LOG = f"""# Decisions

{ENTRY}

Run 901 was refused for want of the provider; it was created. Run 902 lacked the permission to log in; the policy `push` was put
on the role. Run 903 published {TAG}.
"""


def _account() -> AccountState:
    return AccountState(
        question=AccountQuestion(),
        read_at=minutes(300),
        identity=Known(CallerIdentity(ACCOUNT)),
        provider=Known(OidcProvider(arn_of(PROVIDER), ISSUER, ("sts.amazonaws.com",), minutes(10))),
        role=Known(Role(arn_of(ROLE), "release", TRUST, 3600, created_at=minutes(-90_000))),
        inline_policies=Known((NamedPolicy("push", PERMISSIONS),)),
        attached_policies=Known(()),
        boundary=Absent("permissions boundary"),
        scps=Absent("service control policies"),
        rcps=Absent("resource control policies"),
        organization=Absent("organization"),
        repository=Known(EcrRepository(arn_of(REPOSITORY_ARN), NAME, "IMMUTABLE")),
        repository_policy=Absent("repository policy"),
        image=Known(Image(DIGEST, (TAG,), minutes(31.5))),
        registry_details=Known(RegistryDetails(image_count=12, image_quota=100_000, lifecycle_policy=False)),
        evidence_objects=Known((EvidenceObject("releases/v1.4.0/receipt.json"),)),
        trail=Known(Trail(minutes(-60), minutes(95), EVENTS)),
    )


def _case() -> Case:
    return Case(
        title="Release v1.4.0",
        repository="acme/shop",
        workflow="release.yml",
        runs=(901, 902, 903),
        role_arn=arn_of(ROLE),
        expected_account=ACCOUNT,
        tag=TAG,
        digest=DIGEST,
        decision_log="docs/decisions.md",
        decision_log_commit=COMMIT,
        decision_log_entry=ENTRY,
        evidence_root=EVIDENCE_ROOT,
        evidence_artifacts=("receipt.json",),
        changes=(
            StatedChange(901, "Created the OIDC provider.", "docs/decisions.md:5", "2026-03-02T10:10:00Z"),
            StatedChange(902, "Put the inline policy push on the role.", "docs/decisions.md:6", "2026-03-02T10:25:00Z"),
        ),
    )


@dataclass(frozen=True)
class ComplyingRelease:
    """The release with everything around it."""

    workflow: str = WORKFLOW
    runs: tuple[Run, ...] = (FIRST, SECOND, CLOSING)
    receipt: str = field(default_factory=receipt)
    """The evidence file in the closing run's artifact."""
    kept: str | None = None
    """The same file under the evidence root; None for the same text, empty where nothing lies there."""
    files: tuple[tuple[str, str], ...] = (("Dockerfile", DOCKERFILE),)
    """Files of the repository at the runs' commit."""
    account: AccountState = field(default_factory=_account)
    events: tuple[TrailEvent, ...] = EVENTS
    case: Case = field(default_factory=_case)
    log: str = LOG
    """The decision log."""
    neighbours: tuple[Run, ...] = ()
    """Other runs of the workflow in that time."""
    changed_files: tuple[str, ...] = ("docs/notes.md",)
    """Where attempts ran on different commits: what differs between them."""
    made_at: datetime = START + timedelta(days=1)
    logged: str | None = None
    """The workflow that the logs show, where it is another."""

    def diagnosis(self) -> Diagnosis:
        """Judge the chain as the command line does."""
        parsed = parse_workflow(self.workflow, PATH)
        attempts = [self._attempt(run, parsed) for run in self.runs]
        replays = replays_of(attempts, self.case)
        question = question_of(replays[-1], self.case, replays)
        account = self.account
        if isinstance(account.trail, Known):
            events = tuple(sorted(self.events, key=lambda each: each.at))
            account = replace(account, trail=Known(replace(account.trail.value, events=events)))
        asked = replace(account, question=question)
        return conclude(replays, asked, self.case, made_at=self.made_at, facts=self._facts(attempts, parsed))

    def _facts(self, attempts: list[Attempt], parsed: object) -> ClosureFacts:
        text = self.receipt if self.kept is None else self.kept
        file = EvidenceFile(
            "receipt.json", len(text), minutes(33), Known(hashlib.sha256(text.encode()).hexdigest()), Known(text)
        )
        pairs = [
            (one.head_sha, two.head_sha) for one, two in itertools.pairwise(attempts) if one.head_sha != two.head_sha
        ]
        return ClosureFacts(
            neighbours=Known(tuple(self._attempt(run, parsed) for run in self.neighbours)),
            commits=tuple(
                BetweenCommits(
                    base, head, Known(CommitsBetween(head, Relation.AHEAD, total=1, files=self.changed_files))
                )
                for base, head in pairs
            ),
            decision_log=Known(
                DecisionLog(
                    "docs/decisions.md",
                    COMMIT,
                    self.log,
                    hashlib.sha256(self.log.encode()).hexdigest(),
                    f"https://github.com/acme/shop/blob/{COMMIT}/docs/decisions.md",
                    minutes(50),
                )
            ),
            durable_evidence=Known(EvidenceRoot(EVIDENCE_ROOT, (file,) if text else ())),
        )

    def _attempt(self, run: Run, parsed: object) -> Attempt:
        assert isinstance(parsed, Workflow)
        ran = parse_workflow(self.logged, PATH) if self.logged else parsed
        assert isinstance(ran, Workflow)
        job = _job(run, ran)
        conclusion = run.conclusion or ("success" if run.succeeded else "failure")
        files = (("receipt.json", self.receipt),)
        digests = (("receipt.json", hashlib.sha256(self.receipt.encode()).hexdigest()),)
        artifact = Artifact(
            77, "evidence", 400, expired=False, created_at=minutes(run.at + 3), files=files, digests=digests
        )
        return Attempt(
            repository=REPOSITORY,
            run_id=run.number,
            attempt=1,
            run_number=run.number - 890,
            workflow_name="Release",
            workflow_path=run.path,
            event="workflow_dispatch",
            head_branch=run.branch,
            head_sha=run.commit,
            status="completed",
            conclusion=conclusion,
            title="Release",
            actor="octocat",
            created_at=minutes(run.at),
            started_at=minutes(run.at),
            updated_at=minutes(run.at + 4),
            html_url=f"https://github.com/acme/shop/actions/runs/{run.number}",
            head_repository="acme/shop",
            jobs=Known((job,)),
            workflow_file=Known(WorkflowFile(self.workflow, parsed)),
            oidc_customization=Known(OidcCustomization(use_immutable_subject=False)),
            artifacts=Known((artifact,) if run.succeeded else ()),
            files=tuple(RepositoryFile(path, Known(text)) for path, text in self.files),
            other_workflows=Known(()),
        )


_AWS_ENV = {
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "***",
    "AWS_SECRET_ACCESS_KEY": "***",
    "AWS_SESSION_TOKEN": "***",
}


def _filled(text: str, run: Run) -> str:
    """The text with the expressions filled in that the workflow uses."""
    known = {"github.run_id": str(run.number), "github.sha": run.commit, "steps.digest.outputs.digest": DIGEST}
    for name, value in known.items():
        text = text.replace(f"${{{{ {name} }}}}", value)
    return text


def _output(step: WorkflowStep, run: Run) -> list[str]:
    """What a step prints that goes well."""
    uses, script = step.uses or "", step.run or ""
    if uses.startswith("aws-actions/configure"):
        name = SESSION_NAME.format(run=run.number)
        return ["Assuming role with OIDC", f"Authenticated as assumedRoleId AROAEXAMPLEEXAMPLE123:{name}"]
    if uses.startswith("aws-actions/amazon-ecr-login"):
        return [f"Logging into registry {HOST}"]
    if uses.startswith("actions/checkout"):
        return ["Syncing repository: acme/shop", "[command]/usr/bin/git log -1 --format=%H", run.commit]
    if "docker push" in script or "docker buildx" in script:
        return [
            f"The push refers to repository [{HOST}/{NAME}]",
            "1f0c2b5f6d7a: Preparing",
            "1f0c2b5f6d7a: Pushed",
            f"{TAG}: digest: {DIGEST} size: 1786",
        ]
    return []


def _job(run: Run, workflow: Workflow) -> Job:
    """The job as it ran: its steps one after the other, the rest skipped after the one that failed."""
    written = workflow.jobs[0]
    writer = LogWriter(minutes(run.at))
    writer.set_up(id_token=True)
    steps = [_step(1, "Set up job", "success", minutes(run.at), minutes(run.at))]
    env: dict[str, str] = {}
    stopped = False
    for number, step in enumerate(written.steps, 2):
        shown = step.name or f"Run {step.uses or (step.run or '').strip().splitlines()[0]}"
        begun = writer.at
        conclusion = "skipped" if stopped or shown in run.skips else "success"
        if conclusion == "success":
            own = {name: _filled(value, run) for name, value in step.env}
            spec = Spec(
                uses=step.uses,
                run=step.run,
                inputs={name: _filled(value, run) for name, value in step.inputs},
                env={**own, **env},
                output=[*_output(step, run), *(line for name, line in run.prints if name == shown)],
            )
            if shown == run.stops_at:
                stopped, conclusion = True, "failure"
                spec = replace(spec, output=[run.error])
            writer.step(spec)
            writer.at = max(writer.at, begun + timedelta(seconds=20))
        if (step.uses or "").startswith("aws-actions/configure") and conclusion == "success":
            env = dict(_AWS_ENV)
        steps.append(_step(number, shown, conclusion, begun, writer.at))
    writer.say("Cleaning up orphan processes")
    steps.append(_step(len(steps) + 1, "Complete job", "success", writer.at, writer.at))
    return Job(
        id=run.number * 10,
        name=written.name or written.id,
        status="completed",
        conclusion="failure" if stopped else "success",
        started_at=minutes(run.at),
        completed_at=writer.at,
        html_url=f"https://github.com/acme/shop/actions/runs/{run.number}/job/{run.number * 10}",
        steps=tuple(steps),
        annotations=Known(()),
        log=Known(writer.text())
        if run.log_read
        else Unreadable("job log", "GitHub no longer keeps it (410)", "use a recording of the run", "actions: read"),
    )


def _step(number: int, name: str, conclusion: str, begun: datetime, ended: datetime) -> Step:
    return Step(number, name, "completed", conclusion, begun.replace(microsecond=0), ended.replace(microsecond=0))
