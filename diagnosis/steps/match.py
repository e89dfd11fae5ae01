"""Match the sections of the log, the steps of the API and the steps of the workflow file that are the same step.

The API knows numbers, names, times and conclusions; the log knows heads, inputs and output; the file knows what was
asked for. Names serve to pair a step of the API with the file's step of that name, never to say what a step is.
Sections are paired with steps in order, by head, kind and time; a head inside a script's own output is that script's
output. What does not fit is left unpaired: nothing is proved by a pairing that is not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from diagnosis.facts.runs import Step
from diagnosis.facts.workflow import WorkflowStep
from diagnosis.logs.job_log import JobLog, Section, SectionKind
from diagnosis.logs.log_text import LogLine
from diagnosis.steps.actions.kind_of_action import is_composite_candidate
from diagnosis.steps.expressions.text import texts_around

MOST_SECTIONS = 1_000
"""Sections that are paired; a log with more heads (a forged or broken one) keeps the rest unpaired."""
MOST_STEPS = 500
"""Steps of a job, and of an action, that are paired."""
_SLACK = timedelta(seconds=1.5)
"""The API's times are whole seconds."""
_SAME_CLOCK = timedelta(seconds=5)
"""How far the log's two ends may lie from those of the steps; beyond it the times are of another clock and tell nothing."""
_NOT_RUN = frozenset({"skipped"})


@dataclass(frozen=True, slots=True)
class Matched:
    """One step of a job with everything that is known of it."""

    step: Step | None
    """None where the API listed no steps and the log alone speaks."""
    written: WorkflowStep | None = None
    sections: tuple[Section, ...] = ()
    """The first is the step's own; further ones are those of a composite action."""

    @property
    def lines(self) -> tuple[LogLine, ...]:
        """All lines of the step."""
        if len(self.sections) == 1:
            return self.sections[0].lines
        return tuple(line for section in self.sections for line in section.lines)

    @property
    def output(self) -> tuple[LogLine, ...]:
        """What the step printed, heads left out."""
        if len(self.sections) == 1:
            return self.sections[0].output
        return tuple(line for section in self.sections for line in section.output)

    @property
    def name(self) -> str:
        """The step's displayed name, or its head where there is none."""
        if self.step is not None:
            return self.step.name
        return f"Run {self.sections[0].head}" if self.sections else ""

    @property
    def ran(self) -> bool:
        """Whether the step was carried out at all."""
        return (self.step.conclusion not in _NOT_RUN) if self.step is not None else bool(self.sections)

    @property
    def succeeded(self) -> bool:
        """Whether GitHub recorded a success."""
        return self.step is not None and self.step.conclusion == "success"

    @property
    def is_post(self) -> bool:
        """Whether this is the cleanup of an earlier step."""
        if self.sections:
            return self.sections[0].kind is SectionKind.POST
        return self.written is None and self.name.startswith("Post ")


def match_steps(steps: Sequence[Step], written: Sequence[WorkflowStep], log: JobLog | None) -> tuple[Matched, ...]:
    """Match the steps of a job with the file and the log; in order, each with its part of both."""
    ordered = sorted(steps, key=lambda step: step.number)[:MOST_STEPS]
    pairs = _pair_with_file(ordered, list(written)[:MOST_STEPS])
    matched = [Matched(step, pairs.get(index)) for index, step in enumerate(ordered)]
    if log is None:
        return tuple(matched)
    if not matched:
        return tuple(Matched(None, sections=(section,)) for section in log.sections[:MOST_SECTIONS])
    sections = log.sections[:MOST_SECTIONS]
    owners = _pair_with_sections(matched, sections)
    return tuple(
        replace(
            step, sections=_own([section for section, owner in zip(sections, owners, strict=True) if owner == at], step)
        )
        for at, step in enumerate(matched)
    )


def with_inner_steps(matched: Iterable[Matched]) -> tuple[Matched, ...]:
    """Return the steps of a job, each followed by those steps of its action that the log does not show."""
    return tuple(each for step in matched for each in (step, *_not_shown(step)))


def default_name(step: WorkflowStep) -> str:
    """Return the name that GitHub displays for a step without one."""
    first = (step.run or "").strip().split("\n", maxsplit=1)[0]
    return f"Run {step.uses or next(iter(first.splitlines()), '')}"


def fits_head(step: WorkflowStep, head: str) -> bool:
    """Return whether a head of the log (what stands after ``Run``) can be that of this step."""
    return _fits(default_name(step), f"Run {head}")


def _fits(pattern: str, text: str) -> bool:
    """Return whether a text can be what the pattern becomes once its expressions are evaluated."""
    text = text.strip()
    first, *rest = texts_around(pattern.strip())
    if not rest:
        return first == text
    if not text.startswith(first):
        return False
    at = len(first)
    for part in rest[:-1]:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return len(text) >= at + len(rest[-1]) and text.endswith(rest[-1])


def _pair_with_file(steps: list[Step], written: list[WorkflowStep]) -> dict[int, WorkflowStep]:
    """Pair steps by name in the longest common subsequence: index of an API step -> step of the file."""
    fits = [[_fits(own.name or default_name(own), step.name) for own in written] for step in steps]
    best = [[0] * (len(written) + 1) for _ in range(len(steps) + 1)]
    for row in range(len(steps) - 1, -1, -1):
        for column in range(len(written) - 1, -1, -1):
            here = best[row + 1][column + 1] + 1 if fits[row][column] else 0
            best[row][column] = max(here, best[row + 1][column], best[row][column + 1])
    pairs: dict[int, WorkflowStep] = {}
    row = column = 0
    while row < len(steps) and column < len(written):
        if fits[row][column] and best[row][column] == best[row + 1][column + 1] + 1:
            pairs[row] = written[column]
            row, column = row + 1, column + 1
        elif best[row + 1][column] >= best[row][column + 1]:
            row += 1
        else:
            column += 1
    return pairs


def _pair_with_sections(steps: list[Matched], sections: Sequence[Section]) -> list[int]:
    """Return the step of each section: never backwards, by the highest sum of :func:`_score`."""
    lowest = float("-inf")
    candidates = [at for at, step in enumerate(steps) if step.ran]
    if not candidates:
        return [-1] * len(sections)
    back: list[list[int]] = []
    scores: list[float] = []
    one_clock = _one_clock(steps, sections)
    times = [(section.begun_at if one_clock else None, section) for section in sections]
    for order, (begun, section) in enumerate(times):
        row: list[float] = []
        chosen: list[int] = []
        best_before, best_at = (0.0, -1) if order == 0 else (lowest, -1)
        for place, at in enumerate(candidates):
            opened = best_before + _score(steps[at], section, begun, opens=True)
            origin = best_at
            if order:
                joined = scores[place] + _score(steps[at], section, begun, opens=False)
                if joined >= opened:
                    opened, origin = joined, place
                if scores[place] > best_before:
                    best_before, best_at = scores[place], place
            row.append(opened)
            chosen.append(origin)
        scores = row
        back.append(chosen)
    place = max(range(len(scores)), key=scores.__getitem__) if scores else -1
    owners: list[int] = []
    for chosen in reversed(back):
        owners.append(candidates[place])
        place = chosen[place]
    return owners[::-1]


def _one_clock(steps: Sequence[Matched], sections: Sequence[Section]) -> bool:
    """Return whether the log begins and ends when the steps do; a log that is cut off may end before."""
    ran = [step.step for step in steps if step.ran and step.step is not None]
    begun = min((step.started_at for step in ran if step.started_at), default=None)
    ended = max((step.completed_at for step in ran if step.completed_at), default=None)
    first = next((at for section in sections if (at := section.begun_at)), None)
    last = next((at for section in reversed(sections) if (at := section.begun_at)), None)
    if begun is None or ended is None or first is None or last is None:
        return True
    whole = sections[-1].kind is SectionKind.COMPLETE
    late = abs(last - ended) if whole else last - ended
    return abs(first - begun) <= _SAME_CLOCK and late <= _SAME_CLOCK


def _score(step: Matched, section: Section, begun: datetime | None, *, opens: bool) -> float:
    """Return how well a section fits a step, as the step's own beginning or as a further part of it."""
    score = 0.0
    known = step.step
    if known is not None and begun is not None and known.started_at is not None:
        ended = known.completed_at or known.started_at
        early, late = known.started_at - _SLACK, max(ended, known.started_at) + _SLACK
        off = max((early - begun).total_seconds(), (begun - late).total_seconds(), 0.0)
        score += 2.0 if off == 0 else -2.0 - min(off / 5.0, 6.0)
    if not opens:
        return score - (0.5 if section.kind is SectionKind.RUN else 1.0)
    return score + _head_score(step, section)


def _head_score(step: Matched, section: Section) -> float:
    first = step.step is not None and step.step.number == 1
    if section.kind is SectionKind.SETUP:
        return 4.0 if first else -1.0
    if section.kind is SectionKind.COMPLETE:
        return 3.0 if step.name == "Complete job" else -3.0
    is_post = step.name.startswith("Post ") and step.written is None
    if section.kind is SectionKind.POST:
        return 3.0 if is_post else -4.0
    if is_post or (first and step.written is None and not step.name.startswith("Run ")):
        return -4.0
    if step.written is not None:
        return 5.0 if _fits(default_name(step.written), f"Run {section.head}") else -6.0
    if step.name.startswith("Run "):
        return 4.0 if step.name == f"Run {section.head}" else -2.0
    return 0.0


def _own(sections: list[Section], step: Matched) -> tuple[Section, ...]:
    """Join what a script or a plain action printed into one section; keep the parts of a composite action apart."""
    if not sections:
        return ()
    first, rest = sections[0], sections[1:]
    composite = first.kind is SectionKind.RUN and is_composite_candidate(first.uses)
    if step.written is not None and step.written.run is not None:
        composite = False
    if composite or not rest:
        return tuple(sections)
    further = tuple(line for section in rest for line in section.lines)
    return (replace(first, lines=first.lines + further, output=first.output + further),)


def _not_shown(step: Matched) -> Iterator[Matched]:
    """Yield the inner steps that did not run, or that no log shows. A step that succeeded shows all of them in its log."""
    own = step.written
    if own is None or not own.inner or step.is_post or (step.sections and step.succeeded):
        return
    inner = own.with_inner[1:]
    # A step beyond the bound is paired with no head, so it counts as one that is not shown.
    names = [default_name(each) for each in inner[:MOST_STEPS]]
    shown = [section.head for section in step.sections[1:] if section.kind is SectionKind.RUN]
    begun = 0
    for head in shown[:MOST_STEPS]:
        begun = next((at + 1 for at in range(begun, len(names)) if _fits(names[at], f"Run {head}")), begun)
    if begun or not shown:
        # A head that is none of these steps' leaves it open how far the action got.
        yield from (Matched(None, each) for each in inner[begun:])
