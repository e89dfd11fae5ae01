"""What closure asks beside the attempts and the account: neighbouring runs, commits, the decision log, the evidence files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from diagnosis.facts.evidence import Origin
from diagnosis.facts.github_context import CommitsBetween
from diagnosis.facts.reading import Reading, Unreadable
from diagnosis.facts.runs import Attempt


@dataclass(frozen=True, slots=True)
class DecisionLog:
    """A decision log as it stood at one commit, or as it lies in a local folder."""

    path: str
    commit: str | None
    """The commit at which it was read; None for a file that was read from the disk."""
    text: str
    """Its text, secrets replaced; foreign text."""
    sha256: str
    """Of the whole file as it was read, before anything was replaced; hexadecimal."""
    url: str = ""
    """Where a reader can open it."""
    committed_at: datetime | None = None
    """When the commit that last changed the file was made, where that was read."""
    read_at: datetime | None = None
    """When it was read: no entry can be younger."""
    origin: Origin = Origin.RECORDED
    """``RECONSTRUCTED`` in a recording whose log was written around the public facts."""


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A file that a release left behind as evidence."""

    name: str
    """Its path below the root."""
    size: int
    """In bytes."""
    modified_at: datetime | None = None
    sha256: Reading[str] = Unreadable(
        "the file's digest", "it was not read", "name the evidence root and diagnose again"
    )
    """Of the whole file, hexadecimal."""
    text: Reading[str] = Unreadable("the file", "it was not read", "name the evidence root and diagnose again")
    """The text of a small JSON file, secrets replaced; foreign text."""


@dataclass(frozen=True, slots=True)
class EvidenceRoot:
    """A place that holds evidence: a local folder, a prefix in S3, or an artifact of a run."""

    address: str
    files: tuple[EvidenceFile, ...]
    complete: bool = True
    """False where more files lie there than were listed."""


@dataclass(frozen=True, slots=True)
class BetweenCommits:
    """What lies between the commits of two attempts of a chain."""

    base: str
    head: str
    found: Reading[CommitsBetween]


_WHY = "it was not read"
_NEIGHBOURS = Unreadable("the workflow's other runs", _WHY, "diagnose the chain online")
_DECISION_LOG = Unreadable("the decision log", _WHY, "name it in the case file (decision_log)")
_LOCAL = Unreadable("the local evidence", _WHY, "name it in the case file (evidence_local)")
_DURABLE = Unreadable("the durable evidence", _WHY, "name it in the case file (evidence_root)")


@dataclass(frozen=True, slots=True)
class ClosureFacts:
    """Everything that closure asks beside the attempts and the account; what was not read says so."""

    neighbours: Reading[tuple[Attempt, ...]] = _NEIGHBOURS
    """Other runs of the chain's workflow in its time, and to the image's push where no attempt pushed; without their parts."""
    elsewhere: frozenset[int] = frozenset()
    """Of these the ones that are known to have released to another target."""
    commits: tuple[BetweenCommits, ...] = ()
    """For each pair of neighbouring attempts of the chain that ran on different commits."""
    decision_log: Reading[DecisionLog] = _DECISION_LOG
    local_evidence: Reading[EvidenceRoot] = _LOCAL
    durable_evidence: Reading[EvidenceRoot] = _DURABLE


NOTHING_READ = ClosureFacts()
