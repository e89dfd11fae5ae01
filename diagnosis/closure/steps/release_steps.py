"""The steps of a closing run that can touch what is published: those of the jobs that release, and of the jobs before them.

A job or step that GitHub recorded as skipped, or that its condition shuts off, did nothing. Each step comes with the values
that are known at it, and a script with what it runs, sets and writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from diagnosis.closure.steps.guards import asks
from diagnosis.closure.steps.shown_script import shows
from diagnosis.closure.steps.watched_script import Watched, watched
from diagnosis.facts.case import Case
from diagnosis.facts.evidence import Evidence, EvidenceKind
from diagnosis.facts.reading import Known
from diagnosis.facts.uses import is_own
from diagnosis.facts.workflow import Workflow, WorkflowJob, WorkflowStep
from diagnosis.steps.actions.action_use import ActionUse
from diagnosis.steps.actions.operations import operations_of_action
from diagnosis.steps.actions.scripts import script_of_action
from diagnosis.steps.checkout import checked_out
from diagnosis.steps.kinds import Operation, Purpose, StepKind
from diagnosis.steps.match import default_name
from diagnosis.steps.read_job import ReadJob, ReadStep, expand_expressions
from diagnosis.steps.read_run import Told, read_begun, read_not_begun
from diagnosis.steps.releasing_job import has_credential_step, releasing_job
from diagnosis.steps.repository_files import Files, path_in
from diagnosis.steps.unwritten_heads import unwritten_heads
from diagnosis.steps.variables import expand, is_legible, written_values
from diagnosis.verdicts.replay import Replay

_MOST_JOBS = 100
_PUBLISHES = (Purpose.PUSH, Purpose.SERVICE)


@dataclass(frozen=True)
class ReleaseStep:
    """One step of the release that may have run."""

    job: ReleaseJob
    written: WorkflowStep
    read: ReadStep | None
    place: int
    """Its position among the job's steps; those of a local action share that of the step that uses it."""

    @property
    def name(self) -> str:
        """The step's name, for people."""
        name = " ".join((self.written.name or default_name(self.written)).split())
        return name if len(name) <= 100 else f"{name[:100]}…"

    @cached_property
    def values(self) -> Mapping[str, str]:
        """What is known at the step: variables by their names, GitHub's contexts by their paths."""
        return written_values(self.job.workflow, self.job.read.written, self.written, self.job.values)

    @cached_property
    def inputs(self) -> Mapping[str, str]:
        """The action's inputs by lower-case name, filled in as far as file and log tell."""
        given = {name.lower(): expand(value, self.values) for name, value in self.written.inputs}
        for section in (
            self.read.sections if self.read is not None and self.read.matched.written is self.written else ()
        ):
            shown = {name.lower(): value for name, value, _ in section.inputs}
            for name, value in given.items():
                if not is_legible(value) and value and "***" not in shown.get(name, "***"):
                    given[name] = shown[name]
        return given

    @property
    def use(self) -> ActionUse:
        """The step's use of an action."""
        return ActionUse(self.written.uses or "", self.inputs, self.values, self.job.files)

    @cached_property
    def script(self) -> str:
        """The script that the step runs, GitHub's expressions filled in; empty where it runs none."""
        if self.written.run is not None:
            return expand_expressions(self.written.run, self.values)
        return (script_of_action(self.use) or "") if self.written.uses else ""

    @cached_property
    def watched(self) -> Watched:
        """What its script does."""
        if not self.script:
            return Watched()
        return watched(self.script, self.values, self.job.files, self.folder, self.written.shell)

    @property
    def folder(self) -> str | None:
        """Where its script runs, from the root of the repository."""
        where = self.written.working_directory
        return path_in("", expand(where, self.values)) if where else ""

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """What it does at AWS and at registries."""
        if self.written.uses:
            own = operations_of_action(self.written.uses, self.inputs, self.values, self.job.files)
            return (*own, *self.watched.operations)
        return self.watched.operations

    @property
    def opaque(self) -> tuple[Operation, ...]:
        """What of it cannot be read."""
        return tuple(each for each in self.operations if each.purpose is Purpose.OPAQUE)

    @property
    def unread(self) -> str:
        """Why what a local action does is not known; empty for every other step."""
        if not is_own(self.written.uses) or self.written.inner:
            return ""
        return self.written.unread or "its file was not read, or it runs a program of its own"

    @property
    def foreign(self) -> bool:
        """Whether it uses an action of another repository that is not known."""
        return bool(self.written.uses) and any(each.kind is StepKind.OTHER for each in self.opaque)

    def evidence(self, text: str) -> Evidence:
        """Return the place in the file that shows something."""
        short = " ".join(text.split())
        line = self.written.line or self.job.written.line or None
        address = self.written.file or self.job.workflow.path
        return Evidence(EvidenceKind.WORKFLOW_FILE, short[:200], address=address, line=line)


@dataclass(frozen=True)
class ReleaseJob:
    """One job of the release, or one that it needs."""

    read: ReadJob
    written: WorkflowJob
    workflow: Workflow
    files: Files
    publishes: bool
    """Whether it takes credentials or speaks to AWS; else its results are only handed on to one that does."""
    peers: Sequence[ReleaseJob] = ()
    """The jobs of the release, itself among them."""

    @cached_property
    def steps(self) -> tuple[ReleaseStep, ...]:
        """Its steps that may have run, those of local actions in the place of the step that uses them."""
        return tuple(self._steps())

    def _steps(self) -> Iterator[ReleaseStep]:
        reads = {id(each.matched.written): each for each in self.read.steps if each.matched.written is not None}
        for place, written in enumerate(self.written.steps):
            outer = reads.get(id(written))
            if _left_out(outer):
                continue
            for each in written.with_inner:
                own = reads.get(id(each), outer)
                if not each.inner and not _left_out(own):
                    yield ReleaseStep(self, each, own, place)
                    if (other := _other_script(each, own)) is not None:
                        # Which of the two ran is not known, so both count.
                        yield ReleaseStep(self, replace(each, run=other), own, place)

    @cached_property
    def values(self) -> Mapping[str, str]:
        """What is known in the job; an output that is up to how a command ends is not."""
        known = dict(self.read.values)
        for step in self.written.all_steps:
            script = step.run or ""
            if step.id and "output" in script.lower() and any(name.startswith(f"steps.{step.id}.") for name in known):
                for name in _unsettled_outputs(script, known):
                    known.pop(f"steps.{step.id}.outputs.{name}", None)
        return known

    @cached_property
    def last_publication(self) -> int:
        """The place of the last step that pushes or deploys, or may; past all steps where none is seen."""
        places = [
            step.place
            for step in self.steps
            if any(
                each.purpose in _PUBLISHES or (each.gap is not None and each.gap.may_push) for each in step.operations
            )
        ]
        return max(places) if self.publishes and places else len(self.written.steps)

    @cached_property
    def sets_profile(self) -> bool:
        """Whether a step sets up a profile of AWS's tools: by their own command, an action's input, or its file."""
        return any(
            step.use.given("aws-profile")
            or any(ran.program == "aws" and "configure" in ran.tail for ran in step.watched.ran)
            or any(".aws/" in wrote.target for wrote in step.watched.wrote)
            for step in self.steps
        )

    @property
    def hands_on(self) -> bool:
        """Whether other jobs may get something of it: outputs, an artifact, or what it leaves in a cache or a store."""
        hands = ("upload", "cache", "save", "stash")
        return bool(self.written.outputs) or any(
            any(word in (step.written.uses or "").lower() for word in hands)
            or step.foreign
            or not step.watched.read
            or any(ran.program in ("aws", "gsutil", "rclone", "oras", "docker") for ran in step.watched.ran)
            for step in self.steps
        )

    @property
    def name(self) -> str:
        """Its name, for people."""
        return self.written.name or self.written.id


@dataclass(frozen=True)
class Release:
    """What was read of the steps of a closing run."""

    jobs: tuple[ReleaseJob, ...] = ()
    others: tuple[ReleaseJob, ...] = ()
    """The run's other jobs, which only share the file."""
    not_read: tuple[str, ...] = ()
    """Jobs whose steps are not known, as clauses."""
    unwritten: tuple[str, ...] = ()
    """What ran by the logs and stands in no file, as clauses."""
    workflow: Workflow | None = None


def read_release(closing: Replay) -> Release:
    """Read the jobs of a closing run that release, and those that they need; without its workflow file, nothing."""
    workflow = closing.workflow
    if not isinstance(workflow, Workflow):
        return Release()
    reads = _reads(closing, workflow)
    decisive = releasing_job(workflow)
    publishing = {
        id(read.written)
        for read in reads
        if read.releases
        or (read.written is not None and (has_credential_step(read.written) or read.written is decisive))
    }
    wanted = _with_needs(workflow, publishing)
    own_files = Files.of(closing.attempt.files)
    jobs: list[ReleaseJob] = []
    others: list[ReleaseJob] = []
    for read in reads:
        if read.written is not None:
            actions = [
                ({name.lower(): expand(value, read.values) for name, value in step.inputs}, step.uses or "")
                for step in read.written.all_steps
                if step.uses
            ]
            files = checked_out(own_files, actions, read.values)
            made = ReleaseJob(read, read.written, workflow, files, id(read.written) in publishing, jobs)
            (jobs if id(read.written) in wanted else others).append(made)
    unwritten = tuple(
        f"the log of job {read.name} shows “Run {head}”, which no step of the workflow file is"
        for read in reads
        for head in unwritten_heads(read)
    )
    return Release(tuple(jobs), tuple(others), _not_read(closing, workflow), unwritten, workflow)


def _reads(closing: Replay, workflow: Workflow) -> Sequence[ReadJob]:
    """Read each job that may have run, once for each leg that GitHub lists."""
    attempt, told = closing.attempt, Told()
    for name, value in closing.inputs:
        told.shared.setdefault(f"inputs.{name}", value)
    listed = attempt.jobs.value[:_MOST_JOBS] if isinstance(attempt.jobs, Known) else ()
    begun = read_begun(attempt, [job for job in listed if job.conclusion != "skipped"], workflow, Case(), told)
    skipped = {job.name for job in listed if job.conclusion == "skipped"}
    waiting = read_not_begun(attempt, workflow, begun, Case(), told)
    left = [
        read
        for read in waiting
        if read.written is not None and not ({read.name, read.written.id, read.written.name} & skipped)
    ]
    # Where GitHub lists the jobs of a run that is over, what it does not list did not run; of names, only those can be told.
    return [*begun, *(read for read in left if read.runs is not False)]


def _with_needs(workflow: Workflow, publishing: set[int]) -> set[int]:
    by_id = {job.id: job for job in workflow.jobs}
    wanted = set(publishing)
    open_jobs = [job for job in workflow.jobs if id(job) in publishing]
    while open_jobs:
        for name in open_jobs.pop().needs:
            for job in (each for key, each in by_id.items() if key == name or key.startswith(f"{name} / ")):
                if id(job) not in wanted:
                    wanted.add(id(job))
                    open_jobs.append(job)
    return wanted


def _not_read(closing: Replay, workflow: Workflow) -> tuple[str, ...]:
    listed = closing.attempt.jobs.value if isinstance(closing.attempt.jobs, Known) else ()
    skipped = {job.name for job in listed if job.conclusion == "skipped"}
    found = [
        f"the workflow {job.uses} that the job {job.name or job.id} calls was not read"
        for job in workflow.jobs
        if job.uses and not ({job.id, job.name} & skipped)
    ]
    if len(listed) > _MOST_JOBS:
        found.append(f"no more than {_MOST_JOBS} jobs of a run are read")
    return tuple(found)


def _unsettled_outputs(script: str, values: Mapping[str, str]) -> Iterator[str]:
    """Yield the outputs that a script sets under a condition that asks how a command ended."""
    for wrote in watched(expand_expressions(script, values), values).wrote:
        if asks(wrote.guards) and "output" in wrote.target.lower():
            for line in (wrote.text or "").split("\n"):
                yield line.partition("=")[0].strip()


def _other_script(written: WorkflowStep, read: ReadStep | None) -> str | None:
    """Return the script that the log shows of a step, where it is another than the file's."""
    if read is None or read.matched.written is not written or written.run is None or written.file or not read.scripts:
        return None
    shown = read.scripts[0]
    return None if shows(shown.text, expand_expressions(written.run, shown.values)) else shown.text


def _left_out(read: ReadStep | None) -> bool:
    """Return whether a step certainly did nothing."""
    return read is not None and (read.runs is False or read.conclusion == "skipped")
