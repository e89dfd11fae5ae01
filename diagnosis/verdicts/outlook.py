"""What one more run would come to: the one value from which timeline, summary, sections and text report take their words.

Trust, assumption, registry and services are enforced by AWS: they stop a run. Least privilege stops none; closure needs it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from diagnosis.gates import Gate, Verdict
from diagnosis.verdicts.assessment import Problem
from diagnosis.verdicts.diagnosis import Diagnosis, Path
from diagnosis.verdicts.gate_verdict import GateVerdict
from diagnosis.verdicts.run_end import End, end_of

_LEAST = Gate.LEAST_PRIVILEGE


class Prospect(StrEnum):
    """What is known of one more run, the best first."""

    PASSES = "passes"
    """Every gate passes."""
    PASSES_OPEN = "passes, least privilege open"
    """Everything that AWS enforces passes; least privilege does not, and so closure stays open."""
    UNPROVEN = "unproven"
    """Nothing is known that would stop it, and not everything is proved."""
    STOPS = "stops"
    """Something stops it."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What one more run would come to, and at what."""

    prospect: Prospect
    gates: tuple[GateVerdict, ...]
    stops_at: tuple[str, ...] = ()
    """The gates that fail, and the planes beside the gates that something is left in the way of."""
    unproven: tuple[str, ...] = ()
    """The gates that AWS enforces and that could not be decided, or were not judged."""
    ended_elsewhere: bool = False
    """Whether something else than a gate ended the run, which may end the next one too."""
    taken_tag: str = ""
    """The tag of the run, where its own image has it for good: one more run needs another. Foreign text."""

    @property
    def opened(self) -> int:
        """How many gates pass."""
        return sum(each.verdict is Verdict.PASS for each in self.gates)

    @property
    def all_pass(self) -> bool:
        """Whether every gate passes: all that were judged, and none is left that was not."""
        return bool(self.gates) and self.opened == len(self.gates) and not self.unproven

    @property
    def not_proved(self) -> tuple[str, ...]:
        """All gates that could not be decided, least privilege among them."""
        return (*self.unproven, *([_LEAST.label] if self.least_privilege is Verdict.UNKNOWN else []))

    @property
    def least_privilege(self) -> Verdict | None:
        """The verdict at least privilege; None where it was not judged."""
        return next((each.verdict for each in self.gates if each.gate is _LEAST), None)

    @property
    def passes_run(self) -> bool:
        """Whether everything that AWS enforces passes, and nothing else is known to end the run."""
        return self.prospect in (Prospect.PASSES, Prospect.PASSES_OPEN)


def outlook_of(
    gates: Iterable[GateVerdict],
    problems: Iterable[Problem],
    *,
    ended_elsewhere: bool = False,
    unjudged: Iterable[Gate] = (),
    taken_tag: str = "",
) -> Outlook:
    """Return what a run would come to that meets these gates and these problems; where nothing was judged, nothing is proved.

    ``unjudged`` are the gates that the run asks something at, and that have no verdict.
    """
    judged = tuple(gates)
    enforced = [each for each in judged if each.gate is not _LEAST]
    stops = [each.gate.label for each in enforced if each.verdict is Verdict.FAIL]
    stops += [problem.plane.label for problem in problems if problem.gate is None]
    unknown = [each.gate for each in enforced if each.verdict is Verdict.UNKNOWN]
    told = {each.gate for each in judged}
    unproven = tuple(gate.label for gate in (*unknown, *(gate for gate in unjudged if gate not in told)))
    if stops or any(each.verdict is Verdict.BLOCKED for each in enforced):
        prospect = Prospect.STOPS
    elif unproven or not enforced or ended_elsewhere:
        prospect = Prospect.UNPROVEN
    elif all(each.verdict is Verdict.PASS for each in judged):
        prospect = Prospect.PASSES
    else:
        prospect = Prospect.PASSES_OPEN
    return Outlook(prospect, judged, tuple(dict.fromkeys(stops)), unproven, ended_elsewhere, taken_tag)


def outlook_now(diagnosis: Diagnosis) -> Outlook:
    """Return what a rerun of the subject would come to, as the account stands."""
    subject, live = diagnosis.subject, diagnosis.live
    elsewhere = subject is not None and end_of(subject).end in (End.ANOTHER, End.UNKNOWN)
    return outlook_of(
        live.gates if live else (),
        diagnosis.forecast,
        ended_elsewhere=elsewhere,
        unjudged=diagnosis.refused_unjudged,
        taken_tag=taken_tag(diagnosis),
    )


def outlook_after(diagnosis: Diagnosis, path: Path) -> Outlook:
    """Return what a rerun would come to after the changes of a path.

    What ended the run where nothing tells of it is as a rule what the path mends; what is known to be another reason is not.
    """
    subject = diagnosis.subject
    elsewhere = subject is not None and end_of(subject).end is End.ANOTHER
    return outlook_of(
        path.gates,
        path.still,
        ended_elsewhere=elsewhere,
        unjudged=diagnosis.refused_unjudged,
        taken_tag=taken_tag(diagnosis),
    )


def taken_tag(diagnosis: Diagnosis) -> str:
    """Return the tag that the subject pushed itself and that nobody can push again; empty where one more run may push it."""
    subject, live = diagnosis.subject, diagnosis.live
    pushed = subject is not None and end_of(subject).end is End.SUCCESS
    return live.account.taken_tag if pushed and live is not None else ""
