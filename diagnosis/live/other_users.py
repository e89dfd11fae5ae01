"""Find who else uses the role: the jobs of the repository's other workflows that assume it, by their files alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.workflow import UnparsableWorkflow, Workflow
from diagnosis.live.run_claims import RunClaims
from diagnosis.names.arn import Arn
from diagnosis.steps.job_images import job_images
from diagnosis.steps.kinds import Purpose
from diagnosis.steps.matrix import legs_of
from diagnosis.steps.needs import gaps_of, needs_of
from diagnosis.steps.read_job import ReadJob, read_job
from diagnosis.steps.repository_files import Files
from diagnosis.steps.role_sessions import role_sessions
from diagnosis.steps.variables import is_legible, repository_values
from diagnosis.verdicts.gate_verdict import Missing
from diagnosis.verdicts.release import Need, StepGap
from diagnosis.verdicts.replay import RunFacts


@dataclass(frozen=True, slots=True)
class OtherUsers:
    """What the other workflows use of one role, and what of them is not known."""

    needs: tuple[Need, ...] = ()
    gaps: tuple[StepGap, ...] = ()
    unread: tuple[Missing, ...] = ()
    notes: tuple[str, ...] = ()


def other_users(run: RunClaims) -> OtherUsers:
    """Return the uses of the run's role in the other workflows of its repository, as they stood at the run's commit.

    A role that both files name by the same expression (``${{ secrets.ROLE }}``) is the same; one that is not legible and
    written differently may be.
    """
    reading = run.attempt.other_workflows
    if not isinstance(reading, Known):
        gap = reading if isinstance(reading, Unreadable) else None
        return OtherUsers(unread=(Missing(gap.what, gap.why, gap.how, gap.permission),) if gap else ())
    needs: list[Need] = []
    gaps: list[StepGap] = []
    unread: list[Missing] = []
    users: list[str] = []
    for file in reading.value:
        if isinstance(file.parsed, UnparsableWorkflow):
            unread.append(_unparsable(file.parsed))
            continue
        for part in _parts(file.parsed, run):
            needs += _needs(part, run)
            gaps += gaps_of(part)
            users.append(file.parsed.path)
    named = ", ".join(dict.fromkeys(users))
    notes = (f"The role serves other workflows of the repository too: {named}.",) if users else ()
    return OtherUsers(tuple(needs), tuple(gaps), tuple(unread), notes)


def needs_of_any_run(run: RunClaims) -> tuple[Need, ...]:
    """Return the uses of the run's role in its own workflow as the file alone tells them: what each run gives anew is open.

    The resource of a use that depends on such a value (an input, the run's id) is a pattern, or None.
    """
    if not isinstance(run.workflow, Workflow):
        return ()
    files, anew = Files.of(run.attempt.files), replace(run.workflow, given_inputs=())
    return tuple(need for part in _parts(anew, run, files) for need in _needs(part, run))


def _unparsable(file: UnparsableWorkflow) -> Missing:
    return Missing(f"the workflow {file.path}", f"it cannot be parsed: {file.why}", "correct the file, or look into it")


def _parts(workflow: Workflow, run: RunClaims, files: Files | None = None) -> Iterator[ReadJob]:
    """Yield the sessions of a workflow's jobs that have the run's role, or may have it."""
    role, written = run.role_arn, run.release.step.input("role-to-assume") if run.release.step else None
    known = repository_values(run.attempt.repository)
    legs = [(job, leg) for job in workflow.jobs for leg in legs_of(job, known)]
    reads = [read_job(None, job, workflow, None, run.case, known, leg, files) for job, leg in legs]
    images = job_images(reads)
    for read in reads:
        if not any(step.does(Purpose.ASSUME) for step in read.steps):
            continue
        for part in role_sessions(images.beside(read)):
            named = [op.target for step in part.steps for op in step.operations if op.purpose is Purpose.ASSUME]
            if any(_may_be(target, role, written) for target in named):
                yield part


def _may_be(target: str | None, role: Arn | None, written: str | None) -> bool:
    """Return whether a role as written is the run's: the same ARN or expression; an expression beside a literal ARN may be."""
    if not target:
        return False
    if is_legible(target):
        return Arn.parse(target) == role
    return target == written or written is None or is_legible(written)


def _needs(part: ReadJob, run: RunClaims) -> tuple[Need, ...]:
    named = (op.region for step in part.steps for op in step.operations if op.purpose is Purpose.ASSUME)
    region = next((text for text in named if text and is_legible(text)), run.account.question.region)
    return needs_of(part, RunFacts(), Case(role_arn=run.role_arn, region=region))
