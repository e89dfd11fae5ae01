"""Recorded attempts made up for tests: steps as one writes them, turned into API steps, a raw log and a workflow file.

The log is written as the runner writes it: byte order mark, seven decimals, heads in groups, echoed scripts in cyan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from made_attempts import made_attempt, with_workflow

from diagnosis.facts.reading import Known, Reading, Unreadable
from diagnosis.facts.runs import Annotation, Attempt, Job, Repository, Step
from diagnosis.facts.workflow import Workflow, WorkflowJob, WorkflowStep

BEGIN = datetime(2026, 3, 2, 9, 0, 0, tzinfo=UTC)
ACCOUNT = "111122223333"
REGION = "eu-central-1"
HOST = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
REPOSITORY = "shop/web"
IMAGE = f"{HOST}/{REPOSITORY}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/release"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/release/GitHubActions"
REPOSITORY_ARN = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{REPOSITORY}"
DIGEST = "sha256:" + "4b" * 32
EXPIRED = Unreadable("job log", "GitHub no longer keeps it (410)", "use a recording of the run", "actions: read")


@dataclass(frozen=True)
class Spec:
    """One step of a made-up job."""

    name: str | None = None
    uses: str | None = None
    run: str | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    written_inputs: Mapping[str, str] | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    output: Sequence[str] = ()
    conclusion: str = "success"
    condition: str | None = None
    continue_on_error: bool = False
    seconds: float = 3.0
    post: bool = False
    nested: Sequence[Spec] = ()

    @property
    def shown(self) -> str:
        """The name that GitHub displays."""
        if self.name:
            return self.name
        return f"Run {self.uses or (self.run or '').strip().splitlines()[0]}"


class LogWriter:
    """Writes a raw job log line by line; the clock runs on with each."""

    def __init__(self, at: datetime = BEGIN) -> None:
        self.at = at
        self.lines: list[str] = []

    def say(self, *texts: str) -> None:
        for text in texts:
            self.at += timedelta(microseconds=1_300)
            self.lines.append(f"{self.at:%Y-%m-%dT%H:%M:%S}.{self.at.microsecond:06d}4Z {text}")

    def unstamped(self, text: str) -> None:
        self.lines.append(text)

    def group(self, title: str, *body: str) -> None:
        self.say(f"##[group]{title}", *body, "##[endgroup]")

    def pairs(self, title: str, values: Mapping[str, str]) -> None:
        if not values:
            return
        self.say(title)
        for key, value in values.items():
            first, *more = value.split("\n")
            self.say(f"  {key}: {first}")
            for line in more:
                self.unstamped(line)

    def set_up(self, id_token: bool) -> None:
        self.say("Current runner version: '2.331.0'")
        self.group("Operating System", "Ubuntu", "24.04.3", "LTS")
        self.group("GITHUB_TOKEN Permissions", "Contents: read", *(["Id-Token: write"] if id_token else []))
        self.say("Prepare workflow directory", "Complete job name: release")

    def head(self, spec: Spec) -> None:
        if spec.uses is not None:
            self.say(f"##[group]Run {spec.uses}")
            self.pairs("with:", spec.inputs)
        else:
            script = (spec.run or "").rstrip("\n")
            self.say(f"##[group]Run {script.strip().splitlines()[0] if script.strip() else ''}")
            self.say(*(f"\x1b[36;1m{line}\x1b[0m" for line in script.split("\n")), "shell: /usr/bin/bash -e {0}")
        self.pairs("env:", spec.env)
        self.say("##[endgroup]")

    def step(self, spec: Spec) -> None:
        self.head(spec)
        for inner in spec.nested:
            self.step(inner)
        self.say(*spec.output)

    def text(self) -> str:
        return "\ufeff" + "\n".join(self.lines) + "\n"


def job_of(
    *specs: Spec,
    name: str = "release",
    conclusion: str | None = None,
    log: Reading[str] | None = None,
    annotations: Sequence[str] = (),
    id_token: bool = True,
    job_id: int = 71,
) -> Job:
    """A job in which the steps ran one after the other; by default it failed if a step did."""
    writer = LogWriter()
    steps = [_api_step(1, "Set up job", "success", writer.at, writer.at + timedelta(seconds=2))]
    writer.set_up(id_token)
    writer.at = BEGIN + timedelta(seconds=2)
    number = 1
    for spec in specs:
        number += 1
        begun = writer.at
        if spec.conclusion != "skipped":
            writer.step(spec)
            writer.at = max(writer.at, begun + timedelta(seconds=spec.seconds))
        steps.append(_api_step(number, spec.shown, spec.conclusion, begun, writer.at))
    for spec in reversed([spec for spec in specs if spec.post]):
        number += 3
        begun = writer.at
        writer.say("Post job cleanup.")
        writer.at += timedelta(seconds=1)
        steps.append(_api_step(number, f"Post {spec.shown}", "success", begun, writer.at))
    writer.say("Cleaning up orphan processes")
    steps.append(_api_step(number + 1, "Complete job", "success", writer.at, writer.at))
    failed = any(spec.conclusion == "failure" for spec in specs)
    return Job(
        id=job_id,
        name=name,
        status="completed",
        conclusion=conclusion or ("failure" if failed else "success"),
        started_at=BEGIN,
        completed_at=writer.at,
        html_url=f"https://github.com/acme/shop/actions/runs/900/job/{job_id}",
        steps=tuple(steps),
        annotations=Known(tuple(Annotation("failure", text) for text in annotations)),
        log=Known(writer.text()) if log is None else log,
    )


def _api_step(number: int, name: str, conclusion: str, begun: datetime, ended: datetime) -> Step:
    if conclusion == "skipped":
        return Step(number, name, "completed", conclusion, begun.replace(microsecond=0), begun.replace(microsecond=0))
    return Step(number, name, "completed", conclusion, begun.replace(microsecond=0), ended.replace(microsecond=0))


def attempt_of(*jobs: Job, conclusion: str | None = None, **changes: object) -> Attempt:
    """An attempt with these jobs."""
    failed = any(job.conclusion not in ("success", "skipped") for job in jobs)
    values = {
        "repository": Repository("acme/shop", 5, 6, html_url="https://github.com/acme/shop"),
        "run_number": 12,
        "workflow_name": "release",
        "head_sha": "c0ffee" + "0" * 34,
        "conclusion": conclusion or ("failure" if failed else "success"),
        "updated_at": BEGIN + timedelta(minutes=5),
        "html_url": "https://github.com/acme/shop/actions/runs/900",
        "jobs": Known(tuple(jobs)),
        "oidc_customization": Unreadable(
            "OIDC subject customization", "it was not read", "open the attempt", "actions: read"
        ),
    }
    return made_attempt(900, BEGIN, **{**values, **changes})


def written_job(*specs: Spec, name: str = "release", **changes: object) -> WorkflowJob:
    """The job as the workflow file has it."""
    steps = tuple(
        WorkflowStep(
            name=spec.name,
            uses=spec.uses,
            run=spec.run,
            inputs=tuple((spec.inputs if spec.written_inputs is None else spec.written_inputs).items()),
            env=tuple(spec.env.items()),
            condition=spec.condition,
            continue_on_error=spec.continue_on_error,
            line=10 * place,
        )
        for place, spec in enumerate(specs, start=1)
    )
    return replace(WorkflowJob(id=name, name=None, steps=steps, line=5), **changes)  # type: ignore[arg-type] # as above


def file_of(*jobs: WorkflowJob, id_token: bool = True, **changes: object) -> Workflow:
    """The workflow file with these jobs."""
    permissions = (("contents", "read"), *((("id-token", "write"),) if id_token else ()))
    made = Workflow(".github/workflows/release.yml", "release", jobs, permissions=permissions)
    return replace(made, **changes)  # type: ignore[arg-type] # as above


CHECKOUT = Spec(
    uses="actions/checkout@v4", inputs={"fetch-depth": "1"}, output=["Syncing repository: acme/shop"], post=True
)
CONFIGURE = Spec(
    name="Get credentials",
    uses="aws-actions/configure-aws-credentials@v4",
    inputs={"role-to-assume": ROLE, "aws-region": REGION, "audience": "sts.amazonaws.com"},
    output=["Assuming role with OIDC", "Authenticated as assumedRoleId AROAEXAMPLEEXAMPLE123:GitHubActions"],
    post=True,
)
AWS_ENV = {
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "***",
    "AWS_SECRET_ACCESS_KEY": "***",
    "AWS_SESSION_TOKEN": "***",
}
LOGIN = Spec(
    name="Registry",
    uses="aws-actions/amazon-ecr-login@v2",
    inputs={"mask-password": "true", "registry-type": "private"},
    env=AWS_ENV,
    output=[f"Logging into registry {HOST}"],
    post=True,
)
PUSH = Spec(
    name="Ship it",
    run=f"set -euo pipefail\ndocker push {IMAGE}:1.4.0",
    env=AWS_ENV,
    output=[
        f"The push refers to repository [{IMAGE}]",
        "1f0c2b5f6d7a: Preparing",
        "1f0c2b5f6d7a: Pushed",
        f"1.4.0: digest: {DIGEST} size: 1786",
    ],
)
READ_BACK = Spec(
    name="Read the digest back",
    run=f'DIGEST="$(aws ecr describe-images --repository-name {REPOSITORY} --image-ids imageTag=1.4.0)"',
    env=AWS_ENV,
    output=[DIGEST],
)
RELEASE = (CHECKOUT, CONFIGURE, LOGIN, PUSH, READ_BACK)


def as_they_went_well(steps: Sequence[WorkflowStep]) -> list[Spec]:
    """The steps of a file as they run and succeed; the one that takes the credentials prints what such a step prints."""
    return [
        replace(CONFIGURE, name=step.name, inputs=dict(step.inputs))
        if (step.uses or "").startswith("aws-actions/configure")
        else Spec(name=step.name, uses=step.uses, run=step.run, inputs=dict(step.inputs))
        for step in steps
    ]


def denied(action: str, resource: str = REPOSITORY_ARN) -> str:
    """AWS's sentence for a denial without an allowing identity-based policy."""
    return (
        f"User: {SESSION} is not authorized to perform: {action} on resource: {resource} "
        f"because no identity-based policy allows the {action} action"
    )


def failing(spec: Spec, *output: str, exit_code: int | None = None) -> Spec:
    """The step, failed, with what it printed. A script ends in the runner's own line, an action in its error."""
    end = [f"##[error]Process completed with exit code {exit_code}."] if exit_code is not None else []
    return replace(spec, conclusion="failure", output=[*output, *end])


def skipped(*specs: Spec) -> tuple[Spec, ...]:
    """The steps that a failure kept from running."""
    return tuple(replace(spec, conclusion="skipped") for spec in specs)


def recorded(*specs: Spec, **changes: object) -> Attempt:
    """An attempt of one job with these steps, whose workflow file has them too."""
    return with_workflow(attempt_of(job_of(*specs), **changes), file_of(written_job(*specs)))
