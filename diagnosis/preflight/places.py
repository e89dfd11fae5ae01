"""Find the place in the workflow file of what a preflight says: the step that meets a problem, or that nobody could decide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from diagnosis.documents.preflight import Placed
from diagnosis.facts.evidence import EvidenceKind
from diagnosis.facts.reading import Known
from diagnosis.facts.workflow import Workflow, WorkflowJob, WorkflowStep
from diagnosis.findings.finding import Place
from diagnosis.gates import Plane, Verdict
from diagnosis.names.arn import Arn
from diagnosis.steps.match import default_name
from diagnosis.verdicts.assessment import Assessment, Problem
from diagnosis.verdicts.gate_verdict import GateVerdict
from diagnosis.verdicts.release import Need, StepGap
from diagnosis.verdicts.replay import Replay


def placed(own: Replay, live: Assessment, assuming: WorkflowStep | None) -> tuple[Placed, ...]:
    """Return each problem, then each gate that is unknown, with its place.

    ``own``: the job that is judged. ``assuming``: its step that assumes the role, where the file tells which.
    """
    # A required workflow lies in another repository, and is no file of this one.
    path = own.attempt.workflow_path.partition("@")[0]
    if not isinstance(own.workflow, Workflow):
        places = _Places(path, (), None)
    else:
        places = _Places(path, own.workflow.jobs, assuming, _called_here(own))
    needs, gaps = (*own.needs, *live.needs), live.gaps
    found = [Placed(problem, places.of_problem(problem, needs)) for problem in live.problems]
    open_gates = [gate for gate in live.gates if gate.verdict is Verdict.UNKNOWN]
    return (*found, *(Placed(gate, places.of_gate(gate, needs, gaps)) for gate in open_gates))


class _Places:
    """The steps of the job that is judged, by the names under which they are told."""

    def __init__(
        self,
        path: str,
        jobs: Iterable[WorkflowJob],
        assuming: WorkflowStep | None,
        called: Iterable[Workflow] = (),
    ) -> None:
        self._path = path
        self._jobs = tuple(jobs)
        self._assuming = assuming
        self._by_name: dict[str, Place] = {}
        # In the place of its call a step has no line; in its own file it has.
        for workflow in (*called, None):
            for job in workflow.jobs if workflow else self._jobs:
                for step in job.steps:
                    for each in step.with_inner:
                        for name in _names(each):
                            place = Place(workflow.path, each.line) if workflow else self._at(each, step)
                            if place.line is not None or name not in self._by_name:
                                self._by_name[name] = place

    def of_problem(self, problem: Problem, needs: Iterable[Need]) -> Place:
        """Return the step that meets a problem; else the line that proves it, else the job's."""
        if problem.step and problem.step in self._by_name:
            return self._by_name[problem.step]
        lines = (item.line for item in problem.evidence if item.kind is EvidenceKind.WORKFLOW_FILE and item.line)
        line = next(lines, None)
        if line is not None:
            return Place(self._path, line)
        if problem.plane is Plane.AUTHENTICATION:
            return self._of_assumption(problem.role_arn)
        return self._of_need(
            needs, lambda need: need.action in problem.actions and need.resource == problem.resource
        ) or (
            self._of_need(needs, lambda need: need.action in problem.actions or need.checkpoint is problem.checkpoint)
            or self._of_assumption()
        )

    def of_gate(self, gate: GateVerdict, needs: Iterable[Need], gaps: Iterable[StepGap]) -> Place:
        """Return the step that keeps a gate from being decided, or that it is about."""
        if gate.gate.plane is Plane.AUTHENTICATION:
            return self._of_assumption()
        for gap in gaps:
            if gap.step in self._by_name:
                return self._by_name[gap.step]
        return self._of_need(needs, lambda need: need.checkpoint.gate is gate.gate) or self._of_assumption()

    def _of_need(self, needs: Iterable[Need], fits: Callable[[Need], bool]) -> Place | None:
        return next((self._by_name[need.step] for need in needs if fits(need) and need.step in self._by_name), None)

    def _of_assumption(self, role: Arn | None = None) -> Place:
        """Return the step that assumes the role, else the job."""
        steps = (step for job in self._jobs for step in job.all_steps if role is not None)
        assuming = next((step for step in steps if step.input("role-to-assume") == str(role)), self._assuming)
        if assuming is not None:
            own = self._at(assuming, assuming)
            named = (self._by_name[name] for name in _names(assuming) if name in self._by_name)
            return own if own.line else next(named, own)
        return Place(self._path, next((job.line for job in self._jobs if job.line), None))

    def _at(self, step: WorkflowStep, outer: WorkflowStep) -> Place:
        """Return a step's place: of one of a local action in the action's file, where its line is known."""
        if step.file and step.line:
            return Place(step.file, step.line)
        return Place(self._path, outer.line or None)


def _called_here(own: Replay) -> list[Workflow]:
    """Return the workflows of the repository itself that the run calls at its own commit, where a job of one is judged."""
    if not isinstance(own.workflow, Workflow) or not any(job.caller for job in own.workflow.jobs):
        return []
    home = f"{own.attempt.repository.full_name}/".lower()
    return [
        called.file.value.parsed
        for called in own.attempt.called_workflows
        if called.path.lower().startswith(home) and called.path.partition("@")[2] in ("", own.attempt.head_sha)
        if isinstance(called.file, Known) and isinstance(called.file.value.parsed, Workflow)
    ]


def _names(step: WorkflowStep) -> Iterator[str]:
    if step.name:
        yield step.name
    yield default_name(step)
