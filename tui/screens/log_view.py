"""The whole log of a job, opened at the line that proves the verdict."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Input, Log, Static

from diagnosis.facts.evidence import Evidence, Origin
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.facts.runs import Attempt, Job
from diagnosis.verdicts.gate_verdict import Missing
from diagnosis.verdicts.replay import Replay
from tui import keymap
from tui.foreign_text import defused, defused_line, foreign_line
from tui.screens.present_size import PresentSize
from tui.widgets.base.blocks import Block, heading, paragraph
from tui.widgets.base.key_line import KeyLine
from tui.widgets.base.page import Page
from tui.widgets.detail.evidence_blocks import missing_blocks, origin_label
from tui.widgets.timeline.columns import attempt_title

_STAMP = re.compile(r"^\ufeff?\d{4}-\d\d-\d\dT(\d\d:\d\d:\d\d)\.\d+Z ?")


@dataclass(frozen=True, slots=True)
class LogSource:
    """The jobs of an attempt, where to begin, and the proving line (1-based) of that job."""

    attempt: Attempt
    name: str
    jobs: tuple[Job, ...]
    start: int = 0
    proof: Evidence | None = None

    @classmethod
    def of(cls, replay: Replay, proof: Evidence | None) -> LogSource:
        """Begin at the job that holds the proving line, else at the first that failed, else at the first."""
        attempt = replay.attempt
        jobs = attempt.jobs.value if isinstance(attempt.jobs, Known) else ()
        places = [index for index, job in enumerate(jobs) if proof is not None and _holds(job, proof)]
        places += [index for index, job in enumerate(jobs) if job.conclusion == "failure"]
        return cls(attempt, attempt_title(replay), jobs, places[0] if places else 0, proof)


def log_lines(text: str) -> list[str]:
    """Return the lines of a log as GitHub counts them: by line feed."""
    lines = text.split("\n")
    return lines[:-1] if lines and not lines[-1] else lines


def _holds(job: Job, proof: Evidence) -> bool:
    if not isinstance(job.log, Known) or proof.line is None:
        return False
    lines = log_lines(job.log.value)
    return 0 < proof.line <= len(lines) and proof.text.strip() in lines[proof.line - 1]


class JobLog(Log):
    """A log whose proving line, errors and found lines stand out by sign and style."""

    proof: int | None = None
    found: int | None = None
    errors: frozenset[int] = frozenset()

    def render_line(self, y: int) -> Strip:
        """Draw a line as Textual does, with our style on the lines that matter."""
        strip = super().render_line(y)
        line = y + self.scroll_offset.y
        if line == self.found:
            return self._over(strip, "job-log--found")
        if line == self.proof:
            return self._over(strip, "job-log--proof")
        return self._over(strip, "job-log--error") if line in self.errors else strip

    def _over(self, strip: Strip, name: str) -> Strip:
        style = self.get_component_rich_style(name, partial=True)
        return Strip(Segment.apply_style(strip, post_style=style), strip.cell_length)

    COMPONENT_CLASSES: ClassVar[set[str]] = {"job-log--proof", "job-log--error", "job-log--found"}


class LogScreen(PresentSize, Screen[None]):
    """Show the log of one job at a time."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings("log")
    AUTO_FOCUS = "JobLog"

    def __init__(self, source: LogSource) -> None:
        super().__init__()
        self.source = source
        self.index = source.start
        self._lines: list[str] = []
        self._found: list[int] = []
        self._place = -1

    def compose(self) -> ComposeResult:
        """Lay out the log, or the reason why there is none, and the search below it."""
        with Vertical(classes="panel"):
            yield JobLog(auto_scroll=False)
            yield Page(id="no-log")
            yield Static(id="log-line", markup=False)
            yield Input(id="find", placeholder="words to find", compact=True)
        yield KeyLine()

    def on_mount(self) -> None:
        """Show the first job."""
        self._show_job()

    @property
    def job(self) -> Job | None:
        """The job shown."""
        return self.source.jobs[self.index] if self.source.jobs else None

    def _show_job(self) -> None:
        job, log = self.job, self.query_one(JobLog)
        self._lines = log_lines(job.log.value) if job is not None and isinstance(job.log, Known) else []
        self.set_class(not self._lines, "-empty")
        self._title()
        log.clear()
        if not self._lines:
            self.query_one(Page).show(self._why())
            self.query_one(Page).focus()
            return
        on_job = job is not None and self.source.proof is not None and _holds(job, self.source.proof)
        line = self.source.proof.line if on_job and self.source.proof is not None else None
        log.proof = line - 1 if line is not None else None
        log.errors = frozenset(i for i, text in enumerate(self._lines) if "##[error]" in text)
        log.write_lines([self._shown(index, text) for index, text in enumerate(self._lines)])
        log.focus()
        self.call_after_refresh(self.action_proof)

    def _shown(self, index: int, text: str) -> str:
        stamp = _STAMP.match(text)
        time, words = (stamp.group(1), text[stamp.end() :]) if stamp else (" " * 8, text.removeprefix("\ufeff"))
        mark = "▶" if index == self.query_one(JobLog).proof else " "
        return f"{mark}{index + 1:>6} {time} {defused_line(words.rstrip(chr(13)))}"

    def _title(self) -> None:
        panel, job = self.query_one(Vertical), self.job
        name = foreign_line(job.name if job else "no job")
        which = f" ({self.index + 1} of {len(self.source.jobs)})" if len(self.source.jobs) > 1 else ""
        title = Content(f"Log of {self.source.name} › ") + name + Content(which)
        if job is not None and job.log_origin is not Origin.RECORDED:
            title += Content(" · ") + origin_label(job.log_origin)
        panel.border_title = title
        found = f"found {self._place + 1} of {len(self._found)} · " if self._found else ""
        panel.border_subtitle = f"{found}{len(self._lines):,} lines"

    def _why(self) -> list[Block]:
        job = self.job
        reading = job.log if job is not None else self.source.attempt.jobs
        blocks = [heading("This log cannot be shown")]
        if isinstance(reading, Unreadable):
            return blocks + missing_blocks([Missing(reading.what, reading.why, reading.how, reading.permission)])
        if isinstance(reading, Absent):
            return [*blocks, paragraph(foreign_line(f"GitHub has none: {reading.what}."))]
        return [*blocks, paragraph("GitHub gave an empty log, as it does for a job that was not run again.")]

    def _go(self, line: int) -> None:
        """Bring a line into view, and show it below the log, where nothing cuts it at the edge."""
        words = _STAMP.sub("", self._lines[line]) if 0 <= line < len(self._lines) else ""
        self.query_one("#log-line", Static).update(foreign_line(f" {line + 1}  {words}" if words.strip() else ""))
        log = self.query_one(JobLog)
        log.scroll_to(x=0, y=max(0, line - log.scrollable_content_region.height // 3), animate=False, force=True)
        log.refresh()

    def action_proof(self) -> None:
        """Go to the proving line, else to the first error, else to the end."""
        log = self.query_one(JobLog)
        first_error = min(log.errors, default=len(self._lines) - 1)
        self._go(log.proof if log.proof is not None else first_error)

    def action_find(self) -> None:
        """Open the search."""
        self.add_class("-finding")
        self.query_one("#find", Input).focus()

    @on(Input.Submitted, "#find")
    def _find(self, event: Input.Submitted) -> None:
        word = event.value.casefold()
        self._found = [i for i, text in enumerate(self._lines) if word and word in defused(text).casefold()]
        self._place = -1
        self.set_class(bool(word), "-finding")
        self.query_one(JobLog).focus()
        if word and not self._found:
            self.app.notify("Not found in this log.", severity="warning", markup=False, timeout=4)
        self.action_step(1)

    def action_step(self, by: int) -> None:
        """Go to the next or the previous line found; after the last comes the first."""
        log = self.query_one(JobLog)
        if not self._found:
            log.found = None
        else:
            self._place = (self._place + by) % len(self._found)
            log.found = self._found[self._place]
            self._go(log.found)
        log.refresh()
        self._title()

    def action_job(self, by: int) -> None:
        """Show another job of the attempt."""
        if len(self.source.jobs) > 1:
            self.index = (self.index + by) % len(self.source.jobs)
            self._found, self._place = [], -1
            self.query_one(JobLog).found = None
            self._show_job()

    def action_scroll_lines(self, by: int) -> None:
        """Scroll by one line."""
        log = self.query_one(JobLog)
        log.scroll_to(y=log.scroll_offset.y + by, animate=False)

    def action_edge(self, side: int) -> None:
        """Go to the top or to the end."""
        self.query_one(JobLog).scroll_to(y=0 if side < 0 else len(self._lines), animate=False)

    def action_open_address(self) -> None:
        """Open the job on GitHub."""
        job = self.job
        address = (
            self.source.proof.address if self.source.proof is not None and self.index == self.source.start else None
        )
        address = address or (job.html_url if job else "") or self.source.attempt.html_url
        if address.startswith("https://"):
            self.app.open_url(address)

    def action_close(self) -> None:
        """Close the search, then the log."""
        if self.query_one("#find", Input).has_focus:
            self.remove_class("-finding")
            self.query_one(JobLog).focus()
        else:
            self.dismiss(None)
