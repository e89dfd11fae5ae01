"""Made-up recordings of any size, for benchmarks and tests: every run fails at a gate, in turn, or succeeds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from diagnosis.facts.evidence import Origin
from probes.recording.format import (
    JsonObject,
    Reconstruction,
    RecordedAttempt,
    RecordedBranch,
    RecordedFile,
    RecordedFolder,
    RecordedJob,
    RecordedLog,
    RecordedRun,
    Recording,
)

WORKFLOW_PATH = ".github/workflows/release.yml"

_WORKFLOW = b"""name: release
on: push
permissions:
  contents: read
  id-token: write
jobs:
  publish:
    runs-on: ubuntu-latest
    steps:
      - name: Configure AWS credentials
        uses: aws-actions/configure-aws-credentials@v4
        with:
          role-to-assume: arn:aws:iam::111122223333:role/release
          aws-region: eu-west-1
      - name: Login to ECR
        uses: aws-actions/amazon-ecr-login@v2
      - name: Push
        run: docker push 111122223333.dkr.ecr.eu-west-1.amazonaws.com/widgets:${GITHUB_SHA}
"""

_PRINCIPAL = "arn:aws:sts::111122223333:assumed-role/release/GitHubActions"
_REPOSITORY_ARN = "arn:aws:ecr:eu-west-1:111122223333:repository/widgets"

_FAILURES: tuple[tuple[int, str], ...] = (
    (2, "Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity"),
    (
        2,
        (
            "Could not assume role with OIDC: No OpenIDConnect provider found in your account for "
            "https://token.actions.githubusercontent.com"
        ),
    ),
    (
        3,
        (
            f"User: {_PRINCIPAL} is not authorized to perform: ecr:GetAuthorizationToken on resource: * because no "
            "identity-based policy allows the ecr:GetAuthorizationToken action"
        ),
    ),
    (
        4,
        (
            f"denied: User: {_PRINCIPAL} is not authorized to perform: ecr:InitiateLayerUpload on resource: "
            f"{_REPOSITORY_ARN} because no identity-based policy allows the ecr:InitiateLayerUpload action"
        ),
    ),
)
"""``(number of the step that fails, its error)``."""

_STEPS = ("Set up job", "Configure AWS credentials", "Login to ECR", "Push", "Complete job")


@dataclass(frozen=True, slots=True)
class Shape:
    """How large the recording is to be."""

    runs: int = 100
    jobs: int = 3
    """Per run; the first job is the one that fails."""
    log_bytes: int = 200_000
    """Of each job's log, about."""
    success_every: int = 0
    """Every n-th run succeeds; 0: none does."""
    full_name: str = "example/widgets"
    newest: datetime = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
    """The runs are one minute apart and end here."""


def synthetic_recording(shape: Shape) -> Recording:
    """A recording of this shape; the same for the same shape. Logs are shared between runs, not copied."""
    maker = _Maker(shape)
    return Recording(
        title=f"{shape.runs} made-up runs",
        origin=Origin.RECONSTRUCTED,
        reconstructed=(Reconstruction("everything", "made up by planescope for measurements and tests"),),
        repository=maker.repository,
        workflows=(maker.workflow,),
        branches=(RecordedBranch({"name": "main", "commit": {"sha": maker.sha(shape.runs)}, "protected": True}),),
        files=tuple(RecordedFile(WORKFLOW_PATH, maker.sha(n), _WORKFLOW) for n in range(1, shape.runs + 1)),
        folders=tuple(RecordedFolder(".github/workflows", maker.sha(n)) for n in range(1, shape.runs + 1)),
        oidc_customization={"use_default": True},
        runs=tuple(maker.run(number) for number in range(1, shape.runs + 1)),
    )


class _Maker:
    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.api = f"https://api.github.com/repos/{shape.full_name}"
        self.web = f"https://github.com/{shape.full_name}"
        owner, _, name = shape.full_name.partition("/")
        self.owner = {"login": owner, "id": 1001, "type": "Organization"}
        self.small_repository = {
            "id": 2002,
            "name": name,
            "full_name": shape.full_name,
            "owner": self.owner,
            "private": False,
            "html_url": self.web,
            "url": self.api,
        }
        self.repository: JsonObject = {
            **self.small_repository,
            "default_branch": "main",
            "created_at": "2024-01-01T00:00:00Z",
        }
        self.workflow: JsonObject = {
            "id": 3003,
            "name": "release",
            "path": WORKFLOW_PATH,
            "state": "active",
            "created_at": "2024-01-01T00:00:00Z",
            "url": f"{self.api}/actions/workflows/3003",
        }
        self.logs = {kind: self._log(kind) for kind in range(-1, len(_FAILURES))}

    @staticmethod
    def sha(number: int) -> str:
        """A commit id."""
        return hashlib.sha256(b"commit %d" % number).hexdigest()[:40]

    def run(self, number: int) -> RecordedRun:
        shape = self.shape
        run_id = 9_000_000_000 + number
        created = shape.newest - timedelta(minutes=shape.runs - number)
        success = bool(shape.success_every) and number % shape.success_every == 0
        kind = -1 if success else number % len(_FAILURES)
        end = created + timedelta(seconds=30)
        conclusion = "success" if success else "failure"
        address = f"{self.api}/actions/runs/{run_id}"
        run: JsonObject = {
            "id": run_id,
            "name": "release",
            "path": WORKFLOW_PATH,
            "workflow_id": 3003,
            "run_number": number,
            "run_attempt": 1,
            "event": "push",
            "head_branch": "main",
            "head_sha": self.sha(number),
            "display_title": f"Change {number}",
            "status": "completed",
            "conclusion": conclusion,
            "created_at": _iso(created),
            "run_started_at": _iso(created),
            "updated_at": _iso(end),
            "actor": self.owner,
            "triggering_actor": self.owner,
            "repository": self.small_repository,
            "head_repository": self.small_repository,
            "url": address,
            "html_url": f"{self.web}/actions/runs/{run_id}",
            "jobs_url": f"{address}/jobs",
            "logs_url": f"{address}/logs",
            "artifacts_url": f"{address}/artifacts",
        }
        jobs = tuple(self._job(run, created, index, kind if index == 0 else -1) for index in range(shape.jobs))
        return RecordedRun((RecordedAttempt(run, jobs),), origin=Origin.RECONSTRUCTED)

    def _job(self, run: JsonObject, created: datetime, index: int, kind: int) -> RecordedJob:
        job_id = int(run["id"]) * 10 + index
        failing = _FAILURES[kind] if kind >= 0 else None
        steps = [
            {
                "number": number,
                "name": name,
                "status": "completed",
                "conclusion": _conclusion(number, failing[0] if failing else None),
                "started_at": _iso(created + timedelta(seconds=number * 4)),
                "completed_at": _iso(created + timedelta(seconds=number * 4 + 3)),
            }
            for number, name in enumerate(_STEPS, start=1)
        ]
        address = f"{self.api}/actions/jobs/{job_id}"
        job: dict[str, Any] = {
            "id": job_id,
            "run_id": run["id"],
            "run_attempt": 1,
            "name": "publish" if index == 0 else f"check {index}",
            "status": "completed",
            "conclusion": "failure" if failing else "success",
            "head_sha": run["head_sha"],
            "created_at": _iso(created + timedelta(seconds=1)),
            "started_at": _iso(created + timedelta(seconds=3)),
            "completed_at": _iso(created + timedelta(seconds=25)),
            "steps": steps,
            "labels": ["ubuntu-latest"],
            "runner_name": "GitHub Actions 1",
            "url": address,
            "html_url": f"{run['html_url']}/job/{job_id}",
            "run_url": run["url"],
            "check_run_url": f"{self.api}/check-runs/{job_id}",
        }
        annotation = {
            "path": ".github",
            "start_line": 1,
            "end_line": 1,
            "annotation_level": "failure",
            "message": failing[1] if failing else "",
        }
        return RecordedJob(job, self.logs[kind], (annotation,) if failing else ())

    def _log(self, kind: int) -> RecordedLog:
        """A log of the wanted size: build output, then the failure in the last lines, as in life."""
        stamp = "2026-06-01T12:00:00.0000000Z "
        filler = f"{stamp}#8 21.70 Collecting a-package-with-a-rather-long-name==1.2.3 (from -r requirements.txt)\n"
        head = f"\ufeff{stamp}Current runner version: '2.331.0'\n"
        tail = ["Complete job name: publish"]
        if kind >= 0:
            step, error = _FAILURES[kind]
            uses = {2: "aws-actions/configure-aws-credentials@v4", 3: "aws-actions/amazon-ecr-login@v2"}
            tail += [f"##[group]Run {uses.get(step, 'docker push')}", "##[endgroup]", f"##[error]{error}"]
        text = head + filler * max(0, (self.shape.log_bytes - 600) // len(filler))
        text += "".join(f"{stamp}{line}\n" for line in tail)
        return RecordedLog(text.encode(), Origin.RECONSTRUCTED)


def _conclusion(step: int, failing: int | None) -> str:
    if failing is None or step < failing or step == len(_STEPS):
        return "success"
    return "failure" if step == failing else "skipped"


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
