"""What kept a run from succeeding: one entry for each job that did not end well, and whose reason it was."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from diagnosis.verdicts.gate_verdict import Finding


class Reason(StrEnum):
    """Whose reason a failure is."""

    GATE = "gate"
    """A gate refused."""
    ANOTHER = "another-reason"
    """No gate's: tests, a build, the network, the registry's state, an identity that is not the run's, a cancellation."""
    UNKNOWN = "unknown"
    """Nothing legible tells; a gate's is not excluded."""


@dataclass(frozen=True, slots=True)
class Stop:
    """How one job ended that did not succeed."""

    reason: Reason
    conclusion: str
    """As GitHub recorded it of the job, or of the run where no job tells."""
    job: str = ""
    """The job's name, foreign text; empty for the run as a whole."""
    step: str = ""
    """The step's name, foreign text; empty where none is known."""
    finding: Finding | None = None
    """What its log, its annotations or its conclusion tell; None where nothing was read."""

    @property
    def place(self) -> str:
        """``JOB › STEP`` on one line, as far as known."""
        return " › ".join(" ".join(part.split()) for part in (self.job, self.step) if part.strip())
