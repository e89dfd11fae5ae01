"""Find who else uses the role: the jobs of the repository's other workflows that assume it, by their files alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.uses import is_own
from diagnosis.facts.workflow import Action, UnparsableWorkflow, Workflow
from diagnosis.live.run_claims import RunClaims
from diagnosis.names.arn import Arn
from diagnosis.steps.called_workflows import address_of, may_have_token, unread_call, with_called
from diagnosis.steps.job_images import job_images
from diagnosis.steps.kinds import Purpose
from diagnosis.steps.local_actions import actions_by_folder, folders_of, with_actions
from diagnosis.steps.match import default_name
from diagnosis.steps.matrix import legs_of
from diagnosis.steps.needs import gaps_of, is_never, needs_of
from diagnosis.steps.read_job import ReadJob, read_job
from diagnosis.steps.repository_files import Files
from diagnosis.steps.role_sessions import role_sessions
from diagnosis.steps.variables import is_legible, repository_values
from diagnosis.verdicts.gate_verdict import Missing
from diagnosis.verdicts.release import Need, StepGap
from diagnosis.verdicts.replay import RunFacts

_NOT_READ = Unreadable("the repository's other workflows", "they were not read", "look through them", "contents: read")
MOST_JOBS = 1000
"""Of the other workflows together, with the legs of each and with what they call in its place."""
_OF_OTHERS = "the run does not use it, so it was not read"


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
        gap = reading if isinstance(reading, Unreadable) else _NOT_READ
        return OtherUsers(unread=(Missing(gap.what, gap.why, gap.how, gap.permission),))
    known = [file.parsed for file in reading.value if isinstance(file.parsed, Workflow)]
    placed = _Placed.of(run, known)
    needs: list[Need] = []
    gaps: list[StepGap] = []
    unread: list[Missing] = []
    users: list[str] = []
    room = MOST_JOBS
    for file in reading.value:
        if isinstance(file.parsed, UnparsableWorkflow):
            unread.append(_unparsable(file.parsed))
            continue
        whole = placed.whole(file.parsed) if room > 0 else file.parsed
        room -= sum(len(legs_of(job)) for job in whole.jobs)
        if room < 0:
            why = f"no more than {MOST_JOBS} jobs of the other workflows are read"
            unread.append(Missing(f"the workflow {file.parsed.path}", why, "look through it"))
            continue
        for part in _parts(whole, run):
            needs += _needs(part, run)
            gaps += gaps_of(part)
            users.append(file.parsed.path)
        told = {(gap.what, gap.job) for gap in gaps}
        gaps += (gap for gap in _hidden(whole) if (gap.what, gap.job) not in told)
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


@dataclass(frozen=True, slots=True)
class _Placed:
    """Puts what the workflows use in place, as far as it was read: the workflows that they call, the actions of the repository."""

    repository: str
    called: Mapping[str, Workflow]
    actions: Mapping[str, Action | str]

    @classmethod
    def of(cls, run: RunClaims, others: Sequence[Workflow]) -> _Placed:
        """Gather what was read: the folder itself, the run's own workflow, and what the run calls and uses."""
        attempt, own = run.attempt, run.attempt.workflow_file
        repository = attempt.repository.full_name
        files: dict[str, Workflow] = {}
        for item in attempt.called_workflows:
            if isinstance(item.file, Known) and isinstance(item.file.value.parsed, Workflow):
                address, _, ref = item.path.partition("@")
                at_home = address.lower().startswith(f"{repository}/".lower()) and item.commit == attempt.head_sha
                files[f"{address.lower()}@{'' if at_home else ref}"] = item.file.value.parsed
        read = (own.value.parsed,) if isinstance(own, Known) and isinstance(own.value.parsed, Workflow) else ()
        files |= {f"{repository}/{each.path}@".lower(): each for each in (*read, *others)}
        calls = {_called(job.uses, place) for place, file in files.items() for job in file.jobs if job.uses}
        refs: dict[str, set[str]] = {}
        for call in calls:
            address, _, ref = call.partition("@")
            refs.setdefault(address, set()).add(ref)
        # Another ref of a file may be another file.
        called = {
            address: file
            for place, file in files.items()
            for address, _, ref in (place.partition("@"),)
            if refs.get(address) == {ref}
        }
        folders = folders_of(step for file in files.values() for job in file.jobs for step in job.steps)
        return cls(repository, called, dict.fromkeys(folders, _OF_OTHERS) | actions_by_folder(attempt.local_actions))

    def whole(self, workflow: Workflow) -> Workflow:
        """Return a workflow with everything in place that was read."""
        return with_actions(with_called(workflow, self.called, self.repository), self.actions)


def _called(uses: str, place: str) -> str:
    """Return the called file as ``owner/name/path@ref``; no ref stands for the run's commit, as in the ``place`` of the caller."""
    home = "/".join(place.split("/")[:2])
    ref = place.partition("@")[2] if is_own(uses) else uses.partition("@")[2]
    return f"{address_of(uses, home)}@{ref}"


def _hidden(workflow: Workflow) -> Iterator[StepGap]:
    """Yield what may take the role where nobody looked: a workflow that is called, an action of the repository."""
    for job in workflow.jobs:
        if not may_have_token(workflow, job) or is_never(job.condition):
            continue
        if job.uses:
            yield unread_call(job)
        elif job.permissions or workflow.permissions:
            # What GitHub gives where no permissions are stated holds no ID token.
            for step in job.all_steps:
                if step.unread:
                    name = step.name or default_name(step)
                    how = f"look whether {step.uses} takes the role"
                    yield StepGap(name, step.uses or "", step.unread, how, may_push=True, job=job.name or job.id)


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
