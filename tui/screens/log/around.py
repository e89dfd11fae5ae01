"""What stands around a log: whose it is, what of it is not here, the cursor's line with its step, and its address on GitHub."""

from __future__ import annotations

from textual.content import Content

from diagnosis.facts.evidence import Origin
from diagnosis.facts.reading import Absent, Unreadable
from diagnosis.facts.runs import Job
from diagnosis.verdicts.gate_verdict import Missing
from tui.foreign_text import foreign_line
from tui.screens.log.source import LogSource
from tui.screens.log.step_places import StepPlaces
from tui.widgets.base.blocks import Block, heading, paragraph
from tui.widgets.detail.evidence_blocks import missing_blocks, origin_label
from tui.widgets.log.log_index import LogIndex


def title(source: LogSource, number: int) -> Content:
    """Return whose log it is, and that of which of its jobs; where its lines were made up, that too."""
    job = source.jobs[number] if source.jobs else None
    which = f" ({number + 1} of {len(source.jobs)})" if len(source.jobs) > 1 else ""
    told = Content(f"Log of {source.name} › ") + foreign_line(job.name if job else "no job") + Content(which)
    if job is not None and job.log_origin is not Origin.RECORDED:
        told += Content(" · ") + origin_label(job.log_origin)
    return told


def left_out(job: Job | None, index: LogIndex) -> str:
    """Say what of the log is not here; empty where all of it is."""
    notes = []
    if job is not None and job.log_steps:
        steps = ", ".join(str(number) for number in job.log_steps)
        notes.append(f"Too large to be read whole: step {steps} was read, no other.")
    if index.left_out:
        notes.append(
            f"Too large to be read whole: {index.left_out:,} lines are left out where it says so; of long steps the"
            " beginning, the end and what speaks of a failure are here."
        )
    return " " + " ".join(notes) if notes else ""


def line(number: int, words: str, places: StepPlaces) -> Content:
    """Return a line, counted from 0, as it stands below the log, where nothing cuts it at the edge, with the step that wrote it."""
    found = places.step_of(number)
    step = Content(f" · step {found[0].number} ") + foreign_line(found[0].name, width=40) if found else Content("")
    return (Content(f" {number + 1:,}") + step + Content("  ")).stylize("$text-muted") + foreign_line(words)


def why_none(source: LogSource, job: Job | None) -> list[Block]:
    """Return why there is no log to show."""
    reading = job.log if job is not None else source.attempt.jobs
    blocks = [heading("This log cannot be shown")]
    if isinstance(reading, Unreadable):
        return blocks + missing_blocks([Missing(reading.what, reading.why, reading.how, reading.permission)])
    if isinstance(reading, Absent):
        return [*blocks, paragraph(foreign_line(f"GitHub has none: {reading.what}."))]
    return [*blocks, paragraph("GitHub gave an empty log, as it does for a job that was not run again.")]


def address(source: LogSource, job: Job | None, places: StepPlaces, line: int, *, is_proof: bool) -> tuple[str, str]:
    """Return GitHub's address of a line, or of the job or run where the step is not known; and which of these it is."""
    if is_proof and source.proof is not None and source.proof.address:
        return source.proof.address, f"line {line + 1:,}"
    exact = places.address(job, line) if job is not None else None
    if exact:
        return exact, f"line {line + 1:,}"
    if job is not None and job.html_url:
        return job.html_url, "the job; which step wrote this line is not known"
    return source.attempt.html_url, "the run"
