"""Find what a job's log shows to have run and the workflow file does not have: heads that are those of no step of the file.

Where there is one, the file does not tell all that ran, so that what is proved from the file alone is not proved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnosis.facts.uses import is_own
from diagnosis.facts.workflow import WorkflowStep
from diagnosis.logs.job_log import Section, SectionKind
from diagnosis.steps.actions.kind_of_action import is_composite_candidate
from diagnosis.steps.expressions.text import texts_around
from diagnosis.steps.match import MOST_SECTIONS, default_name, fits_head
from diagnosis.steps.read_job import ReadJob

_MASK = "***"
_ONE_PROGRAM = re.compile(
    r"(?:actions/(?:checkout|cache|github-script|setup-[\w-]+|upload-artifact|download-artifact)|docker/[\w-]+)@.*",
    re.IGNORECASE,
)
"""Actions that are known to have no steps of their own."""


def unwritten_heads(read: ReadJob) -> tuple[str, ...]:
    """Return the heads in a job's log that no step of the workflow file can have; none where either was not read."""
    return tuple(dict.fromkeys(_unwritten(read)))


def _unwritten(read: ReadJob) -> Iterator[str]:
    if read.log is None or read.written is None:
        return
    within = _within_actions(read)
    steps = read.written.all_steps
    for section in read.log.sections[:MOST_SECTIONS]:
        if _is_of_a_step(section) and section.first_line not in within:
            head = section.head
            if not any(fits_head(step, head) or _fits_masked(step, head) for step in steps):
                yield head if len(head) <= 100 else f"{head[:100]}…"


def _is_of_a_step(section: Section) -> bool:
    """Return whether the runner wrote the head: a group of the same name that a program prints has neither shell nor action."""
    uses = section.uses or ""
    of_action = "@" in uses or uses.startswith(("./", "docker://"))
    return section.kind is SectionKind.RUN and (section.script is not None or of_action)


def _within_actions(read: ReadJob) -> set[int]:
    """Return the first lines of what actions of other repositories run themselves, which the file cannot have."""
    own = [step.matched.sections for step in read.steps if step.matched.sections]
    return {
        section.first_line
        for first, *further in own
        if is_composite_candidate(first.uses) and not is_own(first.uses)
        if not _ONE_PROGRAM.fullmatch(first.uses or "")
        for section in further
    }


def _fits_masked(step: WorkflowStep, head: str) -> bool:
    """Return whether a head in which something is masked may be that of a step: it begins and ends alike."""
    if _MASK not in head:
        return False
    written, shown = texts_around(default_name(step).strip()), f"Run {head}".strip().split(_MASK)
    before, behind = min(len(written[0]), len(shown[0])), min(len(written[-1]), len(shown[-1]))
    begins = written[0][:before] == shown[0][:before]
    return begins and written[-1][len(written[-1]) - behind :] == shown[-1][len(shown[-1]) - behind :]
