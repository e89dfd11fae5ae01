"""Which step of the job wrote which part of its log, and GitHub's address of a line."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt, Job, Step
from diagnosis.logs.job_log import JobLog, Section, SectionKind
from diagnosis.logs.log_text import LogLine
from tui.widgets.log.log_index import LogIndex

_LONGEST_HEAD = 4_000
_MOST_SECTIONS = 1_000
"""Parts of a log that are matched with steps, as the diagnosis does."""


@dataclass(frozen=True, slots=True)
class StepPlaces:
    """Where the steps' parts of a log begin (lines from 0, in order), and the step of each; for a part of none, None."""

    starts: tuple[int, ...] = ()
    steps: tuple[Step | None, ...] = ()

    def step_of(self, line: int) -> tuple[Step, int] | None:
        """Return the step that wrote a line, and the line at which that step's log begins."""
        place = bisect_right(self.starts, line) - 1
        step = self.steps[place] if place >= 0 else None
        if step is None:
            return None
        return step, self.starts[self.steps.index(step)]

    def failing(self) -> int | None:
        """Return the line at which the log of the first step that failed begins."""
        return next(
            (start for start, step in zip(self.starts, self.steps, strict=True) if step is not None and step.failed),
            None,
        )

    def address(self, job: Job, line: int) -> str | None:
        """Return GitHub's address of a line, ``…/job/ID#step:N:L``; None where the step is not known."""
        found = self.step_of(line)
        if found is None or not job.html_url:
            return None
        step, first = found
        return f"{job.html_url}#step:{step.number}:{line - first + 1}"


def step_places(attempt: Attempt, job: Job, index: LogIndex) -> StepPlaces:
    """Match the parts of a log with the steps of its job, as the diagnosis does, from their first lines alone."""
    # Here and not above: it brings the readers of workflow files, which would delay the first paint.
    from diagnosis.steps.match import match_steps
    from diagnosis.steps.read_job import job_of_file

    sections = _sections(index)
    file = attempt.workflow_file
    written = job_of_file(file.value.parsed, job.name) if isinstance(file, Known) else None
    owners: dict[int, Step] = {}
    for matched in match_steps(job.steps, written.steps if written else (), JobLog((), sections)):
        if matched.step is not None:
            owners.update((line.number, matched.step) for line in matched.lines)
    starts = tuple(section.first_line - 1 for section in sections)
    return StepPlaces(starts, tuple(owners.get(start + 1) for start in starts))


def _sections(index: LogIndex) -> tuple[Section, ...]:
    starts = list(index.sections[:_MOST_SECTIONS])
    setup = [Section(SectionKind.SETUP, "", (_first(index, 0),), ())] if index.count and starts[:1] != [0] else []
    return (*setup, *(_section(_first(index, start)) for start in starts))


def _section(first: LogLine) -> Section:
    if first.text.startswith("##[group]"):
        head = first.text.removeprefix("##[group]Run ")
        # What the part is of, an action or a script, is told by the head alone: an action has no space and a version or path.
        action = " " not in head and ("@" in head or head.startswith(("./", "docker://")))
        return Section(
            SectionKind.RUN, head, (first,), (), uses=head if action else None, script=None if action else head
        )
    kind = SectionKind.POST if first.text.startswith("Post job") else SectionKind.COMPLETE
    return Section(kind, "", (first,), ())


def _first(index: LogIndex, line: int) -> LogLine:
    raw = index.lines.raw(line, _LONGEST_HEAD).removeprefix("\ufeff").rstrip("\r")
    at, _, text = raw.partition(" ")
    return LogLine(line + 1, text, at=at) if at.endswith("Z") and "T" in at else LogLine(line + 1, raw)
