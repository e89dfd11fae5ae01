"""Everything that a screen, a document or a packet shows about one chain of attempts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from diagnosis.facts.endpoints import Endpoint
from diagnosis.gates import GATES, Gate, Verdict
from diagnosis.verdicts.anchor import Anchor
from diagnosis.verdicts.assessment import Assessment, Problem
from diagnosis.verdicts.chronology import AttemptHistory, Drift
from diagnosis.verdicts.closure import Closure
from diagnosis.verdicts.gate_verdict import GateVerdict, Missing, gates_shown
from diagnosis.verdicts.remediation import OwnerChange, Remediation
from diagnosis.verdicts.replay import Replay


@dataclass(frozen=True, slots=True)
class Path:
    """A choice of one remediation a cause, with the proof: all gates judged again on the changed model.

    What opens stands first, what tightens (see ``Remediation.tightens``) last.
    """

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
    """The same remediations, one change for each owner; those that tighten only where none opens."""
    not_covered: tuple[str, ...] = ()
    """The steps of the release that no proof covers, since they were not understood."""

    @property
    def opens_all(self) -> bool:
        """Whether every gate passes after the path's changes, and nothing of the registry's state is left in the way."""
        return not self.still and all(verdict.verdict is Verdict.PASS for verdict in self.gates)

    @property
    def all_gates(self) -> str:
        """The gates in words: ``all four gates``, or five where the release uses other services too."""
        return f"all {'five' if len(self.gates) > len(GATES) else 'four'} gates"

    @property
    def opens_all_understood(self) -> bool:
        """Whether nothing stays in the way but what no proof covers: steps that were not understood."""
        left = [verdict for verdict in self.gates if verdict.verdict is not Verdict.PASS]
        open_ = all(verdict.verdict is Verdict.UNKNOWN for verdict in left) and not self.still
        return bool(self.not_covered) and open_ and {verdict.gate for verdict in left} <= {Gate.SERVICE_AUTHORIZATION}

    @property
    def passes_run(self) -> bool:
        """Whether one more run passes what AWS enforces; least privilege decides closure, and no run fails by it."""
        enforced = (verdict for verdict in self.gates if verdict.gate is not Gate.LEAST_PRIVILEGE)
        return all(problem.gate is Gate.LEAST_PRIVILEGE for problem in self.still) and all(
            verdict.verdict is Verdict.PASS for verdict in enforced
        )


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
    endpoints: tuple[Endpoint, ...] = ()
    """The servers that were asked in github.com's or AWS's place; every output names them."""
    anchors: tuple[Anchor, ...] = ()
    """What of the chain can be checked, and how far it was: runs, decision log, evidence, image."""

    @property
    def gates(self) -> tuple[Gate, ...]:
        """The gates that have a row: the four, and service authorization where an attempt, today or a path has a verdict there."""
        sides = [replay.gates for replay in self.replays] + [path.gates for path in self.paths]
        return gates_shown(*sides, self.live.gates if self.live else ())

    @property
    def refused_unjudged(self) -> tuple[Gate, ...]:
        """The gates at which the subject was refused and that nobody judged today, as service authorization may be."""
        judged = {verdict.gate for verdict in self.live.gates} if self.live else set()
        refused = self.subject.gates if self.subject else ()
        return tuple(each.gate for each in refused if each.verdict is Verdict.FAIL and each.gate not in judged)

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
