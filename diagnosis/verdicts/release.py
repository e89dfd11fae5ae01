"""What a release is: every job that takes AWS credentials, with its role session and what its steps use at AWS."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from diagnosis.gates import Checkpoint
from diagnosis.verdicts.gate_verdict import Missing


class Certainty(StrEnum):
    """How sure a use is."""

    OBSERVED = "observed"
    """The log or CloudTrail shows the call."""
    NEEDED = "needed"
    """The step's text says so: a command, a documented action, a file of the repository at this commit."""
    OPAQUE = "opaque"
    """The step runs with the session and cannot be read."""
    NOT_JUDGED = "not-judged"
    """The tool is known, and what it calls beyond what is listed depends on what nobody can read here."""


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
    """One use: an IAM action that the release needs, on which resource, and which step needs it."""

    action: str
    resource: str | None
    """``*`` for actions without resource level, the exact ARN (a pattern where only a prefix is known), or None where the ARN
    is not known."""
    checkpoint: Checkpoint
    because: str
    """The step that needs it, in words."""
    step: str = ""
    order: int = 0
    """In which order a run would meet it."""
    kind: NeedKind = NeedKind.REQUIRED
    certainty: Certainty = Certainty.NEEDED
    source: str = ""
    """Where that is read, for people: ``line 12 of release.yml``, ``Makefile``, ``log``, ``CloudTrail``."""
    job: str = ""
    """The job's name as GitHub shows it; empty where only one counts."""
    context: tuple[tuple[str, str], ...] = ()
    """Condition keys that the call certainly carries, with their values: ``("iam:PassedToService", "ecs-tasks.amazonaws.com")``."""


@dataclass(frozen=True, slots=True)
class StepGap:
    """A step that runs with the session and whose calls are not, or not all, known: opaque, or not judged."""

    step: str
    """The step's displayed name."""
    what: str
    """What stands there: a script's path, an action, a program, a tool."""
    why: str
    how: str
    """What would make it readable; of an observed one, what the observation leaves out."""
    certainty: Certainty = Certainty.OPAQUE
    """``OPAQUE`` or ``NOT_JUDGED``; ``OBSERVED`` for one whose management calls CloudTrail shows in full."""
    may_push: bool = False
    """Whether it is a tool that may use the registry, so that nothing about the registry is complete without it."""
    job: str = ""
    source: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it may make calls of which nothing is known; data events aside."""
        return self.certainty is not Certainty.OBSERVED


def missing_of(gap: StepGap) -> Missing:
    """Return a step that is not understood as what could not be read."""
    kind = "what it calls is not all known" if gap.certainty is Certainty.NOT_JUDGED else "it cannot be read"
    job = f" of job “{gap.job}”" if gap.job else ""
    return Missing(f"what step “{gap.step}”{job} calls: {gap.what}", f"{kind}: {gap.why}", gap.how)
