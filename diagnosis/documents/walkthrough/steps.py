"""The steps of a walkthrough, as values. Nothing heavy is imported here: the screens know these."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from diagnosis.gates import Gate, Verdict


class Kind(StrEnum):
    """What a step tells."""

    PLANES = "planes"
    """The problem: two planes, each of which stops a release alone."""
    ATTEMPT = "attempt"
    """One attempt, with the line that proves what became of it."""
    FIX = "fix"
    """What was done after an attempt."""
    TODAY = "today"
    """What the next run would meet, where today's account does not pass every gate."""
    PROPOSAL = "proposal"
    """The change that is offered, judged on a model."""
    CLOSURE = "closure"
    """Whether the chain is closed, and the anchors that can be checked."""
    NON_CLAIMS = "non-claims"
    """What none of this says."""


class Column(StrEnum):
    """In which column of the timeline a step's cell lies."""

    RECORDED = "recorded"
    NOW = "now"
    AFTER_FIX = "after-fix"


@dataclass(frozen=True, slots=True)
class Place:
    """The cell of the timeline that a step is about."""

    column: Column
    gate: Gate | None
    """None for the row of outcomes."""
    run: int = 0
    attempt: int = 0
    """Which recorded attempt it is; both 0 in the other columns."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A word that is shown large, in the style of a verdict: ``fail``, ``success``, ``closed``."""

    word: str
    """Foreign text where GitHub gave it."""
    verdict: Verdict
    where: str = ""
    """Whose word it is: ``run 7004``, ``NOW``."""


@dataclass(frozen=True, slots=True)
class Note:
    """One point below the speaker's line. Foreign text."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Proof:
    """A line that proves the step, and where it stands. Foreign text."""

    text: str
    address: str
    """An https address, an AWS call or a place in a policy; empty where there is none."""
    origin: str = ""
    """``recorded``, ``reconstructed``, ``live`` or ``stated``; for an anchor how far it was checked."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A gate whose verdict at NOW is another one than at the step before."""

    gate: Gate
    before: Verdict
    after: Verdict


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the telling."""

    kind: Kind
    title: str
    line: str
    """What the speaker says: a few sentences, none of which claims more than the diagnosis."""
    place: Place | None = None
    shown: tuple[Shown, ...] = ()
    """One word, or before and after."""
    notes: tuple[Note, ...] = ()
    proofs: tuple[Proof, ...] = ()
    moment: int = 0
    """Index of the moment at which the account stands."""
    account: str = ""
    """What the account is at this step, in a sentence."""
    moved: tuple[Moved, ...] = ()
    """How NOW changed since the step before."""


@dataclass(frozen=True, slots=True)
class Walkthrough:
    """The whole story."""

    title: str
    """The repository. Foreign text."""
    status: str
    """The state of the chain: ``closed``, ``open``, ``unproven``, ``non-compliant`` or ``not judged``."""
    first_run: int
    """The run with which the chain begins; 0 where no run was read."""
    steps: tuple[Step, ...]
    origin: str = ""
    """What kind of facts these are: an embedded incident, a recording, a server in GitHub's place; empty for live ones."""
