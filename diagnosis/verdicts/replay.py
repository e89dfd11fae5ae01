"""What a recorded attempt shows: its verdict at each gate, the facts that it tells, the actions that it needs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from diagnosis.facts.evidence import Evidence
from diagnosis.facts.runs import Attempt
from diagnosis.facts.workflow import UnparsableWorkflow, Workflow
from diagnosis.gates import Checkpoint, Gate
from diagnosis.names.arn import Arn
from diagnosis.names.ecr_address import EcrAddress
from diagnosis.verdicts.gate_verdict import Finding, GateVerdict

V_co = TypeVar("V_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Fact(Generic[V_co]):
    """Something read off the run, and where."""

    value: V_co
    found_in: Evidence


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a run tells about its own release, each with where it was found; None where it does not tell."""

    role_arn: Fact[Arn] | None = None
    region: Fact[str] | None = None
    audience: Fact[str] | None = None
    registry: Fact[EcrAddress] | None = None
    """The registry under the host that the run uses, without a repository. Its account is None in the public registry, and
    where it is masked and certainly not the role's."""
    repository: Fact[str] | None = None
    """ECR repository name."""
    tag: Fact[str] | None = None
    digest: Fact[str] | None = None
    principal: Fact[str] | None = None
    """The assumed-role ARN that the log names."""
    environment: Fact[str] | None = None
    session_role: Fact[Arn] | None = None
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
    workflow: Workflow | UnparsableWorkflow | None = None
    """The workflow that the attempt ran, with called workflows and local actions in place; None where it was not read."""

    def at(self, gate: Gate) -> GateVerdict:
        """Return the verdict at one gate."""
        return self.gates[gate.order]
