"""Build evidence from a recorded attempt: a log line, a step's conclusion, an annotation, a line of the workflow file.

A line's address is GitHub's own: ``{job page}#step:{number of the step}:{line within the step}``.
"""

from __future__ import annotations

from dataclasses import dataclass

from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.runs import Annotation, Attempt
from diagnosis.logs.job_log import time_of
from diagnosis.logs.log_text import LogLine
from diagnosis.logs.scrub import scrub
from diagnosis.steps.read_job import ReadJob, ReadStep

LONGEST_TEXT = 2_000
"""Characters of a line that are kept as evidence."""


@dataclass(frozen=True, slots=True)
class EvidenceBuilder:
    """Builds evidence for one attempt, with the address of the page on GitHub where each piece can be seen."""

    attempt: Attempt

    def line(self, read: ReadJob, step: ReadStep | None, line: LogLine) -> Evidence:
        """Return a line of the job's log, with up to two lines around it."""
        before, after = read.log.around(line.number) if read.log else ((), ())
        return Evidence(
            EvidenceKind.LOG_LINE,
            _short(line.text),
            address=self._line_address(read, step, line.number),
            origin=self._line_origin(read, line),
            at=time_of(line),
            line=line.number,
            before=tuple(_short(text) for text in before),
            after=tuple(_short(text) for text in after),
        )

    def _line_origin(self, read: ReadJob, line: LogLine) -> Origin:
        """Return the origin of a line: one quoted whole from a public source is a record, even where its log is not."""
        if read.job is None:
            return self.attempt.origin
        words = line.text.removeprefix("##[error]").removeprefix("Error: ").strip()
        return Origin.RECORDED if words in read.job.log_verbatim else read.job.log_origin

    def conclusion(self, read: ReadJob, step: ReadStep) -> Evidence:
        """Return a step's conclusion as the API gives it; it stays when the log is gone."""
        known = step.matched.step
        return Evidence(
            EvidenceKind.STEP,
            f"step {step.number} “{_short(step.name)}”: {step.conclusion or (known.status if known else 'unknown')}",
            address=f"{self._page(read)}#step:{step.number}:1" if step.number is not None else self._page(read),
            origin=self.attempt.origin,
            at=known.completed_at if known else None,
        )

    def job(self, read: ReadJob, text: str) -> Evidence:
        """Return what the API says of the job as a whole."""
        return Evidence(
            EvidenceKind.RUN,
            text,
            address=self._page(read),
            origin=self.attempt.origin,
            at=read.job.completed_at if read.job else None,
        )

    def run(self, text: str) -> Evidence:
        """Return what the API says of the run as a whole."""
        return Evidence(
            EvidenceKind.RUN,
            text,
            address=self.attempt.html_url or None,
            origin=self.attempt.origin,
            at=self.attempt.updated_at,
        )

    def annotation(self, read: ReadJob, annotation: Annotation) -> Evidence:
        """Return a check-run annotation."""
        return Evidence(
            EvidenceKind.ANNOTATION,
            _short(scrub(annotation.message or annotation.title)),
            address=self._page(read),
            origin=self.attempt.origin,
            at=read.job.completed_at if read.job else None,
            line=annotation.line,
        )

    def file(self, text: str, line: int = 0, path: str = "") -> Evidence:
        """Return a line of the workflow file at the run's commit, or of the file at ``path``."""
        repository = self.attempt.repository
        root = repository.html_url or self.attempt.html_url.split("/actions/")[0]
        at = f"#L{line}" if line else ""
        path = path or self.attempt.workflow_path.split("@")[0]
        return Evidence(
            EvidenceKind.WORKFLOW_FILE,
            _short(text),
            address=f"{root}/blob/{self.attempt.head_sha}/{path}{at}" if root else None,
            origin=self.attempt.origin,
            line=line or None,
        )

    def _page(self, read: ReadJob) -> str | None:
        return (read.job.html_url if read.job else "") or self.attempt.html_url or None

    def _line_address(self, read: ReadJob, step: ReadStep | None, number: int) -> str | None:
        page = self._page(read)
        if page is None or step is None or step.number is None or not step.sections:
            return page
        return f"{page}#step:{step.number}:{max(1, number - step.sections[0].first_line + 1)}"


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"
