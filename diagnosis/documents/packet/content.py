"""What an evidence packet holds, as values: the documented, versioned schema of ``packet.json``.

Every member is data of the diagnosis, or a sentence that :mod:`diagnosis.documents.packet.readings` and
:mod:`diagnosis.documents.packet.interview` make of the other members alone: who holds a packet can make them again.
It holds no policy document and no whole log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from diagnosis.documents.audience import Audience
from diagnosis.facts.evidence import EvidenceKind, Origin
from diagnosis.gates import ALL_GATES, GATES, Gate, Plane, Verdict
from diagnosis.verdicts.anchor import AnchorKind, AnchorState
from diagnosis.verdicts.closure import ClosureStatus, SubjectState
from diagnosis.verdicts.run_end import End

SCHEMA = "planescope.packet/2"


class RemediationSource(StrEnum):
    """How a remediation is known."""

    OBSERVED = "observed"
    STATED = "stated"
    PROPOSED = "proposed"
    NOT_NEEDED = "none needed"
    NOT_ON_RECORD = "none on record"


@dataclass(frozen=True, slots=True)
class Proof:
    """One piece of evidence: a line of text, and where it stands."""

    text: str
    """On one line; foreign text."""
    address: str
    """An https address that a reader can open, the AWS call (``iam:GetRole``), or a place in a policy; empty if there is none."""
    kind: EvidenceKind
    origin: Origin
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class GateEntry:
    """The verdict at one gate, with its reason."""

    gate: Gate
    verdict: Verdict
    reason: str
    cause: str = ""
    """The slug; empty where none is known. ``planescope explain --cause SLUG`` tells what it means."""
    candidates: tuple[str, ...] = ()
    """The causes that the evidence cannot separate."""
    owner: str = ""
    """Who acts on it; empty for a gate that passes."""


@dataclass(frozen=True, slots=True)
class RemediationEntry:
    """What was done after an attempt, and how that is known."""

    source: RemediationSource
    text: str
    rationale: str = ""
    """Why it is enough and not too much, where that is known."""


@dataclass(frozen=True, slots=True)
class AttemptEntry:
    """One attempt: where it stands, its verdicts, the reason, the proof, and what was done after it."""

    run: int
    attempt: int
    url: str
    workflow: str
    """The workflow file of this attempt."""
    ref: str
    commit: str
    started_at: datetime | None
    conclusion: str
    """As GitHub recorded it."""
    end: End
    """How it ended, beside its verdicts."""
    published: bool
    """Whether the run itself shows that an image was pushed: a success, and a push that its registry gate proves."""
    verdicts: tuple[tuple[Gate, Verdict], ...]
    """In gate order: four, and service authorization where the attempt has such uses."""
    reason: str
    """Why it ended as it did, in a few sentences."""
    cause: str
    proof: Proof | None
    """The line that proves the reason; none where nothing legible tells."""
    remediation: RemediationEntry
    owner: str = ""
    """Who acts on the failed gate."""


@dataclass(frozen=True, slots=True)
class SessionEntry:
    """One role session of one job of an attempt, with what the run showed of it."""

    run: int
    attempt: int
    job: str
    role: str
    """The role's ARN; empty where the run does not tell it."""
    ran: bool
    verdicts: tuple[tuple[Gate, Verdict], ...]


@dataclass(frozen=True, slots=True)
class ForecastEntry:
    """One thing that the next run would meet, in the order in which reruns would."""

    gate: Gate | None
    """None for the registry's state, which belongs to no gate."""
    plane: Plane
    cause: str
    reason: str
    owner: str
    actions: tuple[str, ...] = ()
    resource: str = ""
    jobs: tuple[str, ...] = ()
    step: str = ""


@dataclass(frozen=True, slots=True)
class ChangeEntry:
    """One bounded change of a proposed path, as words; nothing of it was made."""

    title: str
    words: str
    owner: str
    verify: str
    """How to prove it."""
    widens: tuple[str, ...] = ()
    tightens: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FixEntry:
    """The recommended path: a proposal that was judged on a model of the account, in memory."""

    title: str
    gates: tuple[GateEntry, ...]
    """The gates after the changes, on the model."""
    opens_all: bool
    passes_run: bool
    """Whether one more run passes what AWS enforces."""
    changes: tuple[ChangeEntry, ...]
    proves: str = ""
    does_not_prove: str = ""
    newly_admitted: tuple[str, ...] = ()
    not_covered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Quote:
    """The statement of a policy that decided, or came nearest: cut to a few lines, never the document."""

    gate: Gate
    policy: str
    """Which document it stands in, in words."""
    statement: str
    """Its Sid, or ``Statement[2]``."""
    lines: tuple[str, ...]
    """``Effect: Allow`` and its like, in words of the policy language."""
    cut: bool
    """Whether the statement says more than is quoted."""
    decides: str
    """What it decided, in one sentence."""


@dataclass(frozen=True, slots=True)
class RuleEntry:
    """One rule of closure with its verdict."""

    rule: str
    title: str
    sentence: str
    """What the rule asks."""
    verdict: Verdict
    reason: str
    next_step: str
    breach: bool
    """Whether a failure of it makes the chain non-compliant, not only unproven."""
    evidence: tuple[Proof, ...]


@dataclass(frozen=True, slots=True)
class FindingEntry:
    """Green for the wrong reason, or a doubt about it."""

    finding: str
    reason: str
    breaks_closure: bool
    evidence: tuple[Proof, ...] = ()


@dataclass(frozen=True, slots=True)
class SubjectEntry:
    """What the chain shows of one subject's access gates, and of nothing else."""

    subject: str
    """The ref, or ``environment NAME``."""
    state: SubjectState
    reason: str
    evidence: tuple[Proof, ...] = ()


@dataclass(frozen=True, slots=True)
class ClosureEntry:
    """The judgement of the chain."""

    status: ClosureStatus
    sentence: str
    rules: tuple[RuleEntry, ...]
    integrity: tuple[FindingEntry, ...]
    next_steps: tuple[str, ...]
    """What would bring the chain to ``closed``, the first to do first."""
    subjects: tuple[SubjectEntry, ...]
    """The access gates subject by subject; the chain has a status of its own."""


@dataclass(frozen=True, slots=True)
class Use:
    """One use of AWS that the judged release has."""

    action: str
    resource: str
    """``*``, an ARN, or ``not known``."""
    step: str
    job: str
    certainty: str


@dataclass(frozen=True, slots=True)
class AnchorEntry:
    """A pointer that can be checked: what, where, and how far it was checked."""

    kind: AnchorKind
    value: str
    state: AnchorState
    reason: str
    url: str = ""
    sha256: str = ""


class StatedKind(StrEnum):
    """What the people of a release account for in its case file."""

    ESCALATION = "escalation"
    """A grant beyond the need that was made on the way."""
    SECOND_DOOR = "second door"
    """A principal that may assume the role on purpose."""


@dataclass(frozen=True, slots=True)
class ExceptionEntry:
    """Something beyond the rules that the case file states, with its reason and its end."""

    kind: StatedKind
    what: str
    rationale: str
    """Empty where none is stated; then it accounts for nothing."""
    expires: str
    """The last day on which it may stand (``2026-03-31``); empty where none is stated."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """What is not known, why, and the way to obtain it."""

    what: str
    why: str
    how: str
    permission: str = ""


@dataclass(frozen=True, slots=True)
class Withheld:
    """A document that was read, decided, and is not in the packet: only its digest is."""

    name: str
    sha256: str
    """Of the canonical text, hexadecimal."""
    why: str
    """Why it is left out, and what the canonical text is."""


@dataclass(frozen=True, slots=True)
class Readings:
    """How the packet is to be read, and how not."""

    correct: str
    incorrect: str


@dataclass(frozen=True, slots=True)
class Hook:
    """A question that a reader may ask, the answer, and where it is proved."""

    question: str
    answer: str
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Interview:
    """What may be said of the chain in an interview and a CV; no more than it proves."""

    one_line: str
    telling: tuple[tuple[str, str], ...]
    """``(topic, sentence)``, in the order of telling."""
    hooks: tuple[Hook, ...]
    bullets: tuple[str, ...]
    """For a CV; none where nothing can honestly be claimed yet."""
    bullets_note: str
    """What the bullets leave out, and why; or why there are none."""
    portfolio: str
    """The address to link to."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything of a packet that was found; the sentences about it are made of these members alone."""

    title: str
    audience: Audience
    repository: str
    workflow: str
    made_at: datetime | None
    tool: str
    """The version of planescope that made it."""
    outcome: str
    """What the gates say when the packet is made, and how the judged run ended: one line."""
    other_red_runs: tuple[str, ...]
    """The other runs that did not succeed, each with how it ended."""
    attempts: tuple[AttemptEntry, ...]
    """The chain, in order of time."""
    sessions: tuple[SessionEntry, ...]
    """Of every attempt, in the order of its jobs."""
    judged_run: int
    """The run whose claims and needs NOW and AFTER FIX are judged for; 0 where there is none."""
    now: tuple[GateEntry, ...]
    """What the account says today; empty where it was not read."""
    now_read_at: datetime | None
    forecast: tuple[ForecastEntry, ...]
    fix: FixEntry | None
    """The recommended path; None where nothing has to be changed, or nothing can be offered."""
    quotes: tuple[Quote, ...]
    closure: ClosureEntry | None
    anchors: tuple[AnchorEntry, ...]
    exceptions: tuple[ExceptionEntry, ...]
    """What goes beyond the rules and is stated in the case file."""
    drift: tuple[str, ...]
    """Where the account is no longer what a run met."""
    uses: tuple[Use, ...]
    """What the release that was judged uses at AWS, as far as it is known."""
    unknown: tuple[Unknown, ...]
    not_covered: tuple[str, ...]
    """The steps whose calls are not, or not all, known: nothing here speaks of them."""
    reconstructed: tuple[str, ...]
    """What a recording had to reconstruct."""
    withheld: tuple[Withheld, ...]

    @property
    def columns(self) -> tuple[Gate, ...]:
        """The gates that have a column: the four, and service authorization where an attempt, today or the fix has it."""
        listed = (*(each.verdicts for each in self.attempts), *(each.verdicts for each in self.sessions))
        present = {gate for verdicts in listed for gate, _ in verdicts}
        present |= {entry.gate for entry in (*self.now, *(self.fix.gates if self.fix else ()))}
        return tuple(gate for gate in ALL_GATES if gate in GATES or gate in present)

    @property
    def several_sessions(self) -> bool:
        """Whether an attempt has more than one session, so that they are worth a table."""
        return len(self.sessions) > len({(each.run, each.attempt) for each in self.sessions})

    @property
    def status(self) -> str:
        """The state of the chain in one word; ``not judged`` where closure was not judged."""
        return self.closure.status.value if self.closure else "not judged"


@dataclass(frozen=True, slots=True)
class Packet(Facts):
    """The whole packet: what was found, and the sentences that follow from it."""

    readings: Readings
    interview: Interview | None
    """For an interviewer only."""
    non_claims: tuple[str, ...]
    aws_specific: str
