"""Which job's log is shown first, and where it proves the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from diagnosis.facts.evidence import Evidence
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt, Job
from diagnosis.logs.log_text import plain
from diagnosis.verdicts.replay import Replay
from tui.widgets.log.line_offsets import LineOffsets
from tui.widgets.timeline.run_titles import RunTitles

_LOOKED_THROUGH = 4_000_000
"""Characters of a log of which it is tried whether it holds the proof; a larger one must be known by its address."""

_LONGEST = 64_000


@dataclass(frozen=True, slots=True)
class LogSource:
    """The jobs of an attempt, where to begin, and the proving line (1-based) of that job."""

    attempt: Attempt
    name: str
    jobs: tuple[Job, ...]
    start: int = 0
    proof: Evidence | None = None

    @classmethod
    def of(cls, replay: Replay, proof: Evidence | None, among: Sequence[Replay] = ()) -> LogSource:
        """Begin at the job that holds the proving line, else at the first that failed, else at the first.

        ``among``: the chain, whose other workflows may have a run of the same number.
        """
        attempt = replay.attempt
        jobs = attempt.jobs.value if isinstance(attempt.jobs, Known) else ()
        return cls(attempt, RunTitles(among or (replay,)).of(replay), jobs, _start(jobs, proof), proof)


def _start(jobs: Sequence[Job], proof: Evidence | None) -> int:
    places = range(len(jobs))
    tests = (
        lambda job: proof is not None and _is_page_of(job, proof),
        lambda job: proof is not None and _may_hold(job, proof),
        lambda job: job.conclusion == "failure",
    )
    return next((place for test in tests for place in places if test(jobs[place])), 0)


def _is_page_of(job: Job, proof: Evidence) -> bool:
    """Return whether the proof's address is a line of this job's page, and the log known."""
    page = (proof.address or "").partition("#")[0]
    return bool(page) and page == job.html_url and isinstance(job.log, Known)


def _may_hold(job: Job, proof: Evidence) -> bool:
    if not isinstance(job.log, Known) or len(job.log.value) > _LOOKED_THROUGH:
        return False
    lines = LineOffsets(job.log.value)
    lines.look(len(job.log.value))
    return holds(lines, proof)


def holds(lines: LineOffsets, proof: Evidence | None) -> bool:
    """Return whether the proving line stands in a log where the proof says."""
    if proof is None or proof.line is None or not 0 < proof.line <= lines.count:
        return False
    raw, words = lines.raw(proof.line - 1, _LONGEST), proof.text.removesuffix("…").strip()
    # A proof quotes a long line in part, and without its colours.
    return words in raw or words in plain(raw)
