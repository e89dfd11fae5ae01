"""What `planescope conform` says of a change: its findings, and what they were found in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from diagnosis.findings.finding import Finding, verdict_of
from diagnosis.gates import Verdict

ALREADY = "already so on the base branch"
"""Among the details of a finding that the base has as well."""


@dataclass(frozen=True, slots=True)
class Conformance:
    """The judgement."""

    repository: str
    base: str
    findings: tuple[Finding, ...]
    documents: int
    """How many documents of this side were judged."""
    releases: tuple[str, ...]
    """The releases whose next run was judged."""
    judged_at: datetime
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """``fail`` with an error, ``unknown`` where something could not be judged, else ``pass``."""
        return verdict_of(self.findings)
