"""A piece of evidence: the words, where they stand, and what kind of fact they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EvidenceKind(StrEnum):
    """What was looked at."""

    LOG_LINE = "log-line"
    ANNOTATION = "annotation"
    STEP = "step"
    """A step's conclusion as GitHub recorded it; it stays when the log is gone."""
    RUN = "run"
    WORKFLOW_FILE = "workflow-file"
    ARTIFACT = "artifact"
    API_CALL = "api-call"
    POLICY = "policy"
    """A statement of a policy document that was read by a probe."""
    STATED = "stated"
    """Somebody said so (case file, decision log); nothing observed it."""


class Origin(StrEnum):
    """Whose fact it is. Recorded and live facts are never mixed in one verdict."""

    RECORDED = "recorded"
    RECONSTRUCTED = "reconstructed"
    """Part of a recording, written around the public facts to make it whole; shown as such."""
    LIVE = "live"
    STATED = "stated"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The proof of a verdict: text plus the address at which anybody can check it.

    ``text`` is foreign text (already scrubbed of secrets): it is data and never reaches a markup parser.
    """

    kind: EvidenceKind
    text: str
    address: str | None = None
    """An https address on GitHub, or ``service:Operation`` for an AWS call, or a JSON path into a policy."""
    origin: Origin = Origin.RECORDED
    at: datetime | None = None
    line: int | None = None
    """1-based line within the job's log or the workflow file."""
    before: tuple[str, ...] = ()
    """Up to two lines before, for context; log text without timestamps."""
    after: tuple[str, ...] = ()
