"""What is said before a log is saved, and the name of its file: the log as it is held, secrets already replaced."""

from __future__ import annotations

import re
from collections.abc import Callable

from diagnosis.facts.runs import Attempt, Job
from tui.foreign_text import foreign_line
from tui.screens.dialogs.saving import Saving
from tui.widgets.base.blocks import field
from tui.widgets.log.log_index import LogIndex

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 60


def saving_of(attempt: Attempt, job: Job, index: LogIndex, told: Callable[[str], None]) -> Saving:
    """Return how a job's log is saved; ``told`` is what the screen is to say meanwhile, in the end nothing."""
    blocks = [
        field("Log of", foreign_line(job.name)),
        field("Lines", f"{index.count:,}, as they are held here: secrets replaced" + _gaps(job, index)),
    ]
    return Saving("Save the log", blocks, _name_of(attempt, job), index.text, told)


def _name_of(attempt: Attempt, job: Job) -> str:
    """Return a name that tells the run and the job; foreign words keep letters, digits and ``._-`` only."""
    name = _NOT_IN_NAMES.sub("-", job.name).strip("-.")[:_LONGEST_NAME] or f"job-{job.id}"
    return f"planescope-log-{attempt.name}-{name}.txt"


def _gaps(job: Job, index: LogIndex) -> str:
    if job.log_steps:
        return f"; of step {', '.join(map(str, job.log_steps))} alone"
    return f"; {index.left_out:,} of them left out" if index.left_out else ""
