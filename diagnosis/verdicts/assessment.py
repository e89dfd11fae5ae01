"""What the account says today about one run: a verdict at each gate, every cause in the way, other tools' opinions."""

from __future__ import annotations

from dataclasses import dataclass

from diagnosis.causes import Cause
from diagnosis.facts.account import AccountState
from diagnosis.facts.evidence import Evidence
from diagnosis.gates import Checkpoint, Gate, Owner, Plane
from diagnosis.names.arn import Arn
from diagnosis.verdicts.gate_verdict import GateVerdict, verdict_at
from diagnosis.verdicts.release import Need, StepGap


@dataclass(frozen=True, slots=True)
class Assessment:
    """Today's verdict at each gate for one run's claims and needs, from the account state as read: the worst of its sessions."""

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
    beyond: tuple[BeyondGrant, ...] = ()
    """What the role is granted beyond every known use, and what is no problem by itself: complete, by statement and service."""
    withheld: tuple[BeyondGrant, ...] = ()
    """What would be too much of the registry, were every user of the role and its needs known; as long as not, nobody can tell."""
    sessions: tuple[SessionAssessment, ...] = ()
    """The sessions by themselves, in the order of the jobs; empty where the account was not read."""
    gaps: tuple[StepGap, ...] = ()
    """The steps of the release that run with its credentials and are not, or not all, understood: no proof covers them."""

    def at(self, gate: Gate) -> GateVerdict:
        """Return the verdict at one of the four gates."""
        return verdict_at(self.gates, gate)


@dataclass(frozen=True, slots=True)
class BeyondGrant:
    """What one statement grants of one service beyond every known use, and what is no excess by itself."""

    service: str
    actions: tuple[str, ...]
    """All of them, in AWS's letter case, sorted: wildcards expanded with the action catalogue. A wildcard of a service that
    the catalogue does not know stands for itself."""
    resources: tuple[str, ...]
    """The resource patterns on which they are granted, as written."""
    policy: str
    statement: str
    """Sid, or ``Statement[2]``."""
    needed_elsewhere: bool = False
    """The actions are needed, on less than these resources."""
    all_but: bool = False
    """Granted on everything but these resources."""
    conditional: bool = False
    """The statement has conditions, so that it may grant less."""


@dataclass(frozen=True, slots=True)
class SessionAssessment:
    """Today's verdicts for one job's session with one role; the legs of a matrix that need the same are judged as one."""

    jobs: tuple[str, ...]
    """The jobs, as GitHub shows them."""
    role_arn: Arn | None
    gates: tuple[GateVerdict, ...]
    """In gate order; a gate of which the session asks nothing, while others do, is not among them."""
    problems: tuple[Problem, ...]
    subjects: tuple[str, ...]
    needs: tuple[Need, ...]
    gaps: tuple[StepGap, ...] = ()


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
    cause: Cause
    reason: str
    actions: tuple[str, ...] = ()
    resource: str | None = None
    evidence: tuple[Evidence, ...] = ()
    jobs: tuple[str, ...] = ()
    """The jobs that meet it, as GitHub shows them."""
    role_arn: Arn | None = None
    """Whose session meets it."""
    step: str = ""
    """The step that meets it, where one does."""

    @property
    def owner(self) -> Owner:
        """Who has to act on it."""
        return self.cause.owner

    @property
    def gate(self) -> Gate | None:
        """The gate at which a rerun would meet it."""
        return self.checkpoint.gate if self.checkpoint else None
