"""Say with whose credentials GitHub pulls a job's own images from ECR: those of its container and of its services.

It pulls them before the first step, with the ``credentials`` of the image. A password that is an output of another job is the
token that this job's login got, so the role of that session is asked for the pull. Whose any other password is, nothing
here tells. What is public needs no credentials.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from diagnosis.facts.workflow import JobImage, WorkflowStep
from diagnosis.names.ecr_address import EcrAddress, masked, speaks_of_ecr
from diagnosis.steps.kinds import Operation, Purpose, StepKind
from diagnosis.steps.match import Matched
from diagnosis.steps.needs import is_never
from diagnosis.steps.read_job import ReadJob, ReadStep
from diagnosis.steps.static_key_steps import takes_role
from diagnosis.steps.variables import is_legible, with_expressions, written_values
from diagnosis.verdicts.release import StepGap

_NAME = r"(?:\.([\w-]{1,200})|\[\s*'([^']{1,400})'\s*\])"
_OUTPUT = re.compile(rf"\$\{{\{{\s*needs{_NAME}\.outputs{_NAME}\s*\}}\}}")
_OF_A_STEP = re.compile(r"\$\{\{\s*steps\b")
_USERNAME = "AWS"
"""The username of every token of ECR."""
_MOST_HOPS = 10


@dataclass(frozen=True, slots=True)
class JobImages:
    """What the pulls of jobs' own images add to the jobs of a release."""

    pulls: Mapping[str, tuple[ReadStep, ...]] = field(default_factory=dict)
    """By the id of the job whose login gave the token."""
    gaps: Mapping[str, tuple[StepGap, ...]] = field(default_factory=dict)
    """By the name of the job that has the image."""

    def beside(self, read: ReadJob) -> ReadJob:
        """Return a job together with the pulls that are made with its token."""
        pulls = self.pulls.get(read.written.id, ()) if read.written is not None else ()
        return replace(read, steps=(*read.steps, *pulls)) if pulls else read

    def of_job(self, read: ReadJob) -> tuple[StepGap, ...]:
        """Return the images of a job that are pulled with credentials whose role is not known."""
        return self.gaps.get(read.name, ())


NO_IMAGES = JobImages()


def job_images(reads: Sequence[ReadJob]) -> JobImages:
    """Return what the images of these jobs, which are those of one release, add to it; a job that never runs adds nothing."""
    pulls: dict[str, dict[ReadStep, None]] = {}
    gaps: dict[str, dict[StepGap, None]] = {}
    by_job: dict[str, list[ReadJob]] = {}
    for read in reads:
        if read.written is not None:
            by_job.setdefault(read.written.id, []).append(read)
    givers: dict[str, str | None] = {}
    for read in reads:
        written = read.written
        if written is None or not written.images or read.runs is False or is_never(written.condition):
            continue
        for image in written.images:
            target = _target(image, read)
            if target is None:
                continue
            if image.password not in givers:
                givers[image.password] = _giver(image.password, by_job)
            giver = givers[image.password]
            if giver is not None:
                pulls.setdefault(giver, {})[_pull(read, target)] = None
            else:
                gaps.setdefault(read.name, {})[_gap(read, target)] = None
    return JobImages(
        {name: tuple(found) for name, found in pulls.items()}, {name: tuple(found) for name, found in gaps.items()}
    )


def _target(image: JobImage, read: ReadJob) -> str | None:
    """Return the image as far as it is legible where it is, or may be, of a private registry of ECR; None for any other."""
    values = written_values(read.workflow, read.written, None, read.values) if read.workflow else dict(read.values)
    target = masked(with_expressions(image.image, values)).removeprefix("docker://")
    address = EcrAddress.find(target)
    if address is not None:
        return None if address.public else target
    if is_legible(target) or Operation(StepKind.OTHER, Purpose.PULL, target=target).elsewhere:
        return None
    username = with_expressions(image.username, values)
    return target if username == _USERNAME or speaks_of_ecr(f"{image.image} {target}") else None


def _giver(password: str, jobs: Mapping[str, Sequence[ReadJob]]) -> str | None:
    """Return the id of the job whose login the password is an output of; None where it leads to no login with a role."""
    for _ in range(_MOST_HOPS):
        found = _OUTPUT.fullmatch(password.strip())
        job_id = (found[1] or found[2]) if found else ""
        reads = jobs.get(job_id, ())
        if found is None or not reads:
            return None
        outputs = reads[0].written.outputs if reads[0].written is not None else ()
        password = dict(outputs).get(found[3] or found[4], "")
        if _OF_A_STEP.match(password.strip()):
            return job_id if all(_logs_in(read) for read in reads) else None
    return None


def _logs_in(read: ReadJob) -> bool:
    """Return whether a job takes a role and asks ECR for a token."""
    each = [operation for step in read.steps for operation in step.operations]
    return any(map(takes_role, each)) and any(
        (one.purpose is Purpose.LOGIN and (one.action or "").startswith("ecr:"))
        or one.action == "ecr:GetAuthorizationToken"
        for one in each
    )


def _pull(read: ReadJob, target: str) -> ReadStep:
    step = WorkflowStep(name=_step(read), uses=None, run=None)
    condition = read.written.condition if read.written is not None else None
    operation = Operation(StepKind.OTHER, Purpose.PULL, target=target)
    return ReadStep(Matched(None, step), (operation,), condition, runs=read.runs)


def _step(read: ReadJob) -> str:
    return f"container image of job {read.name}"


def _gap(read: ReadJob, target: str) -> StepGap:
    return StepGap(
        _step(read),
        target,
        "it is pulled with credentials whose role is not known here",
        "take the password from an output of a job that logs in to the registry with a role",
        job=read.name,
    )
