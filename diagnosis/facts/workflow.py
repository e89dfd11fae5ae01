"""A workflow file as values: what its jobs ask for, step by step, with line numbers.

The probes parse a file once, where they read it; everything else takes it from here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

ANY_NAMES = "${{ … }}"
"""Stands in the place of a name in an ``env`` that is one expression: which variables it sets the run alone knows."""


@dataclass(frozen=True, slots=True)
class WorkflowInput:
    """An input that a workflow declares for one of its triggers."""

    name: str
    trigger: str
    """``workflow_dispatch`` or ``workflow_call``."""
    kind: str = "string"
    """``string``, ``boolean``, ``number``, ``choice`` or ``environment``."""
    default: str | None = None
    """As text; what is given where the caller, or who dispatches the workflow, gives nothing."""


@dataclass(frozen=True, slots=True)
class WorkflowStep:
    """One step as written in the file."""

    name: str | None
    uses: str | None
    """``owner/action@ref``, a path, or ``docker://image``."""
    run: str | None
    inputs: tuple[tuple[str, str], ...] = ()
    """The ``with:`` block; expressions are left as written."""
    env: tuple[tuple[str, str], ...] = ()
    condition: str | None = None
    """The ``if:`` text."""
    continue_on_error: bool | str = False
    line: int = 0
    """1-based line of the step in the file."""
    file: str = ""
    """The path of the action's file in which the step is written; empty for a step of a workflow file."""
    inner: tuple[WorkflowStep, ...] = ()
    """The steps of the local composite action that this step uses, its inputs filled in."""
    outputs: tuple[tuple[str, str], ...] = ()
    """The outputs that such an action hands on once this step is done, by their path (``steps.ID.outputs.NAME``); expressions
    are left as written."""
    unread: str = ""
    """Why the steps of the local action are not known, where its file was asked for in vain."""
    working_directory: str | None = None
    """Where its script runs (``defaults.run`` included), as written; None for the workspace."""
    shell: str | None = None
    """The shell of its script (``defaults.run`` included), as written; None for the runner's own."""
    id: str | None = None
    """The name by which expressions ask for its outputs."""

    @property
    def with_inner(self) -> tuple[WorkflowStep, ...]:
        """The step, then those of its action, and of theirs."""
        return (self, *(each for step in self.inner for each in step.with_inner))

    def input(self, key: str) -> str | None:
        """Return the value of a ``with:`` key, keys compared case-insensitively as the runner does."""
        wanted = key.lower()
        return next((value for name, value in self.inputs if name.lower() == wanted), None)


@dataclass(frozen=True, slots=True)
class JobImage:
    """An image that GitHub pulls for a job before its first step: of its container, or of a service beside it."""

    image: str
    username: str = ""
    password: str = ""
    """The credentials that it is pulled with; expressions are left as written, empty where none are given."""
    env: tuple[tuple[str, str], ...] = ()
    """The variables that its container is given; expressions are left as written."""
    options: str = ""
    """What is given to ``docker create``, as written."""


@dataclass(frozen=True, slots=True)
class WorkflowJob:
    """One job as written in the file."""

    id: str
    name: str | None
    steps: tuple[WorkflowStep, ...] = ()
    permissions: tuple[tuple[str, str], ...] | None = None
    """None: not stated at the job; ``(("*", "write-all"),)`` for the short form."""
    environment: str | None = None
    condition: str | None = None
    continue_on_error: bool | str = False
    uses: str | None = None
    """A reusable workflow that this job calls."""
    env: tuple[tuple[str, str], ...] = ()
    line: int = 0
    inputs: tuple[tuple[str, str], ...] = ()
    """The ``with:`` block that a calling job hands to the called workflow."""
    caller: WorkflowJob | None = None
    """The job that calls the workflow in which this one is written; None for a job of the run's own file."""
    needs: tuple[str, ...] = ()
    """The ids of the jobs that must be done before."""
    outputs: tuple[tuple[str, str], ...] = ()
    """What it hands on to the jobs that need it; expressions are left as written."""
    matrix: str | None = None
    """``strategy.matrix`` as JSON text, with the kinds that YAML gives its values; expressions are left as written."""
    runs_on: str | None = None
    """The label of the runner, where one is named alone; as written."""
    labels: tuple[str, ...] = ()
    """All labels of the runner, as written; of a group of runners ``group:NAME`` is one. Empty where the file states none."""
    handed_on: tuple[tuple[str, str], ...] | None = None
    """The secrets that a calling job hands on, by name; None where it hands on its own (``inherit``), or calls nothing."""
    images: tuple[JobImage, ...] = ()
    """The images of its container and of its services, as written."""

    @property
    def all_steps(self) -> tuple[WorkflowStep, ...]:
        """Its steps, each followed by those of the local action that it uses."""
        return tuple(each for step in self.steps for each in step.with_inner)


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow file."""

    path: str
    name: str | None
    jobs: tuple[WorkflowJob, ...]
    permissions: tuple[tuple[str, str], ...] | None = None
    env: tuple[tuple[str, str], ...] = ()
    triggers: tuple[str, ...] = ()
    inputs: tuple[tuple[str, str | None], ...] = ()
    """``workflow_dispatch`` and ``workflow_call`` inputs with their defaults."""
    push_filters: tuple[str, ...] = ()
    """The names of the filters of ``on: push``: ``branches``, ``tags``, ``paths`` and so on."""
    push_patterns: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """The patterns of those filters, by name."""
    declared_inputs: tuple[WorkflowInput, ...] = ()
    """The inputs of each trigger by itself."""
    given_inputs: tuple[tuple[str, str], ...] = ()
    """What whoever dispatched this run gave, where the event's payload tells."""
    outputs: tuple[tuple[str, str], ...] = ()
    """What a called workflow hands on to its caller; expressions are left as written."""

    def job_named(self, shown_name: str) -> WorkflowJob | None:
        """Return the job whose id or name is what the API shows (a matrix suffix ``(a, b)`` is cut off)."""
        base = shown_name.split(" / ")[-1]
        for candidate in (shown_name, shown_name.rsplit(" (", 1)[0], base, base.rsplit(" (", 1)[0]):
            for job in self.jobs:
                if candidate in (job.name, job.id) or (job.caller and candidate == (job.name or "").split(" / ")[-1]):
                    return job
        return None


@dataclass(frozen=True, slots=True)
class Action:
    """The file of an action (``action.yml``)."""

    path: str
    steps: tuple[WorkflowStep, ...] = ()
    """Of a composite action; every other kind has none."""
    inputs: tuple[tuple[str, str], ...] = ()
    """Name and default; without one the value is empty, as the runner has it."""
    outputs: tuple[tuple[str, str], ...] = ()
    image: str = ""
    """Of a docker action that runs a ready image, ``docker://IMAGE``; empty for every other kind."""
    line: int = 0
    """1-based line of ``runs`` in the file."""


@dataclass(frozen=True, slots=True)
class UnparsableWorkflow:
    """The file could not be read as a workflow or an action; gates that need it are unknown."""

    path: str
    why: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class WorkflowFile:
    """A workflow file as it stood at one commit: its text, and the values that the text was parsed into."""

    text: str
    """The source, secrets replaced; foreign text."""
    parsed: Workflow | UnparsableWorkflow
    """The file by itself: calls of other workflows and local actions are not resolved."""

    def under(self, path: str) -> WorkflowFile:
        """Return the same file under another path: GitHub names a file with or without the ref."""
        return self if self.parsed.path == path else replace(self, parsed=replace(self.parsed, path=path))


@dataclass(frozen=True, slots=True)
class ActionFile:
    """The file of an action as it stood at one commit: its text, and the values that the text was parsed into."""

    text: str
    """The source, secrets replaced; foreign text."""
    parsed: Action | UnparsableWorkflow
