"""What planescope concludes, as values: gate verdicts, replays, forecast, remediations, closure, the whole diagnosis.

These are the shapes that screens, the command line and the packet show. How each is reached stands in the module of its
name (:mod:`diagnosis.replay.attempt`, :mod:`diagnosis.assessment`, :mod:`diagnosis.forecast`, …).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from diagnosis.account import AccountState
from diagnosis.chronology import AttemptHistory, Drift
from diagnosis.evidence import Evidence
from diagnosis.gates import Checkpoint, Gate, Owner, Plane, Verdict
from diagnosis.remediation import Change as Change  # these shapes are told here with the others
from diagnosis.remediation import ChangeKind as ChangeKind
from diagnosis.remediation import OwnerChange
from diagnosis.remediation import Remediation as Remediation
from diagnosis.runs import Attempt


@dataclass(frozen=True, slots=True)
class Missing:
    """What could not be read, why, and the way to obtain it."""

    what: str
    why: str
    how: str
    permission: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a log, an annotation or a step says went wrong."""

    plane: Plane
    checkpoint: Checkpoint | None
    """None: the plane is known, the place inside it is not (or the plane has no checkpoints)."""
    cause: str | None
    """A slug of the catalogue of causes, or None where the evidence cannot name one."""
    candidates: tuple[str, ...] = ()
    """The causes that the evidence cannot separate."""
    action: str | None = None
    """The denied IAM action, where the text names it: ``ecr:PutImage``."""
    principal: str | None = None
    resource: str | None = None
    sentence: str = ""
    """One sentence for people: what this means, not what the log said."""
    tell_apart: str = ""
    """The cheapest read-only step that would separate the candidates."""
    evidence: Evidence | None = None

    @property
    def gate(self) -> Gate | None:
        """The gate that failed, if this is an access failure with a known place."""
        return self.checkpoint.gate if self.checkpoint else None


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """The verdict at one gate, with its reason and proof."""

    gate: Gate
    verdict: Verdict
    reason: str
    """One sentence that an engineer can act on."""
    checkpoint: Checkpoint | None = None
    cause: str | None = None
    candidates: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    """The IAM actions that are denied or missing, where the verdict is about actions."""
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[Missing, ...] = ()
    owner: Owner = Owner.CLOUD_SECURITY


@dataclass(frozen=True, slots=True)
class Fact:
    """Something read off the run, and where."""

    value: str
    found_in: Evidence


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a run tells about its own release, each with where it was found; None where it does not tell."""

    role_arn: Fact | None = None
    region: Fact | None = None
    audience: Fact | None = None
    registry: Fact | None = None
    """Registry host: ``123456789012.dkr.ecr.eu-west-2.amazonaws.com``."""
    repository: Fact | None = None
    """ECR repository name."""
    tag: Fact | None = None
    digest: Fact | None = None
    principal: Fact | None = None
    """The assumed-role ARN that the log names."""
    environment: Fact | None = None
    session_role: Fact | None = None
    """The role's ARN by the session that the run had, where its input is masked; its path is not known."""


class NeedKind(StrEnum):
    """How much a release needs an action."""

    REQUIRED = "required"
    CUSTOMARY = "customary"
    """Documented sets grant it with the rest, but clients get by without it: lacking alone, it fails nothing. It is
    asked for with the rest where none of the rest is granted."""
    TOLERATED = "tolerated"
    """Older sets grant it too: never asked for, and nothing beyond the need where it is granted."""


@dataclass(frozen=True, slots=True)
class Need:
    """One IAM action that the release needs, on which resource, and which step needs it."""

    action: str
    resource: str | None
    """``*`` for actions without resource level, the exact ARN, or None where the ARN is not known."""
    checkpoint: Checkpoint
    because: str
    """The step that needs it, in words."""
    step: str = ""
    order: int = 0
    """In which order a run would meet it."""
    kind: NeedKind = NeedKind.REQUIRED


@dataclass(frozen=True, slots=True)
class Replay:
    """A recorded attempt with its verdict at each gate."""

    attempt: Attempt
    gates: tuple[GateVerdict, ...]
    """Four, in gate order."""
    stopped_by: Finding | None
    """What stopped the run, gate or not; None for a success or where nothing tells."""
    facts: RunFacts = RunFacts()
    needs: tuple[Need, ...] = ()
    notes: tuple[str, ...] = ()
    retries: int = 0
    """Retries that the log shows at the failing step."""

    def at(self, gate: Gate) -> GateVerdict:
        """The verdict at one gate."""
        return self.gates[gate.order]


@dataclass(frozen=True, slots=True)
class Assessment:
    """Today's verdict at each gate for one run's claims and needs, from the account state as read."""

    gates: tuple[GateVerdict, ...]
    problems: tuple[Problem, ...]
    """Every cause found, in the order in which reruns would meet them; gates hold the first of each."""
    subjects: tuple[str, ...]
    """The subject claims that the run would present (more than one where it is not certain which)."""
    needs: tuple[Need, ...]
    account: AccountState
    notes: tuple[str, ...] = ()
    opinions: tuple[Opinion, ...] = ()
    """What AWS's own tools say beside the verdicts."""

    def at(self, gate: Gate) -> GateVerdict:
        """The verdict at one gate."""
        return self.gates[gate.order]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a tool of AWS says about a question that was judged here; it never changes a verdict."""

    gate: Gate
    source: str
    """``policy-simulator`` or ``access-analyzer``."""
    about: str
    """The action, or the finding's id; empty where the source could not be asked at all."""
    says: str
    """In the source's own words; ``not-applicable`` or ``unreadable`` where it says nothing."""
    judged: str
    """What was judged here: ``allowed``, ``denied``, ``undecided``; empty where the source is not about a verdict."""
    agrees: bool | None
    """None where the two cannot be compared."""
    sentence: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One cause that stands in the way today; the unit of forecast and remediation."""

    checkpoint: Checkpoint | None
    """None for registry state, which belongs to no gate."""
    plane: Plane
    cause: str
    reason: str
    actions: tuple[str, ...] = ()
    resource: str | None = None
    evidence: tuple[Evidence, ...] = ()
    owner: Owner = Owner.CLOUD_SECURITY

    @property
    def gate(self) -> Gate | None:
        """The gate at which a rerun would meet it."""
        return self.checkpoint.gate if self.checkpoint else None


@dataclass(frozen=True, slots=True)
class Path:
    """A choice of one remediation a cause, with the proof: all gates judged again on the changed model."""

    title: str
    remediations: tuple[Remediation, ...]
    gates: tuple[GateVerdict, ...]
    """Four, judged after all changes of the path were applied in memory."""
    newly_admitted: tuple[str, ...] = ()
    """Subjects and actions that the path opens beyond the need; expected empty."""
    proves: str = ""
    does_not_prove: str = ""
    still: tuple[Problem, ...] = ()
    """What the path would leave in the way; empty for one that opens everything."""
    owners: tuple[OwnerChange, ...] = ()
    """The same remediations, one change for each owner."""

    @property
    def opens_all(self) -> bool:
        """Whether every gate passes after the path's changes, and nothing of the registry's state is left in the way."""
        return not self.still and all(verdict.verdict is Verdict.PASS for verdict in self.gates)


class ClosureStatus(StrEnum):
    """The state of a chain of attempts."""

    CLOSED = "closed"
    OPEN = "open"
    UNPROVEN = "unproven"
    NON_COMPLIANT = "non-compliant"


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    """One rule of closure with its verdict."""

    rule: str
    """A slug."""
    title: str
    verdict: Verdict
    reason: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class IntegrityFinding:
    """Green for the wrong reason, or a doubt about it."""

    slug: str
    reason: str
    evidence: tuple[Evidence, ...] = ()
    breaks_closure: bool = False


@dataclass(frozen=True, slots=True)
class Closure:
    """The judgement of a chain."""

    status: ClosureStatus
    sentence: str
    rules: tuple[RuleVerdict, ...]
    integrity: tuple[IntegrityFinding, ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Everything that a screen, a document or a packet shows about one chain of attempts."""

    title: str
    replays: tuple[Replay, ...]
    """In order of time."""
    subject: Replay | None
    """The attempt whose claims and needs the live side is judged for; the latest, unless chosen."""
    live: Assessment | None
    """None where the live side was not read at all."""
    forecast: tuple[Problem, ...] = ()
    paths: tuple[Path, ...] = ()
    """The first is the recommended one: it widens least."""
    closure: Closure | None = None
    unknown: tuple[Missing, ...] = ()
    made_at: datetime | None = None
    moment: str = ""
    """In the demo: which moment of the incident this is."""
    history: tuple[AttemptHistory, ...] = ()
    """What was done after each attempt, one entry for each replay."""
    drift: tuple[Drift, ...] = ()
    """Where today's account is no longer what a run met."""

    @property
    def after_fix(self) -> tuple[GateVerdict, ...]:
        """The gates after the recommended path; empty where there is none."""
        return self.paths[0].gates if self.paths else ()

    @property
    def remediations(self) -> tuple[Remediation, ...]:
        """All offers, the recommended first, each once."""
        seen: dict[str, Remediation] = {}
        for path in self.paths:
            for remediation in path.remediations:
                seen.setdefault(remediation.id, remediation)
        return tuple(seen.values())
