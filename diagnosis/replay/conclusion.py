"""What was concluded about a recorded attempt, apart from the attempt itself: small, and enough to have the replay back."""

from __future__ import annotations

from dataclasses import dataclass, fields

from diagnosis.facts.runs import Attempt
from diagnosis.steps.resolved_workflow import resolved_workflow
from diagnosis.verdicts.gate_verdict import Finding, GateVerdict
from diagnosis.verdicts.release import Need
from diagnosis.verdicts.replay import JobSession, Replay, RunFacts
from diagnosis.verdicts.stop import Stop


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A :class:`Replay` without its attempt and without the workflow, which the attempt's files give; else member by member."""

    gates: tuple[GateVerdict, ...]
    stopped_by: Finding | None
    facts: RunFacts
    needs: tuple[Need, ...]
    notes: tuple[str, ...]
    retries: int
    sessions: tuple[JobSession, ...]
    inputs: tuple[tuple[str, str], ...]
    stops: tuple[Stop, ...]


_MEMBERS = tuple(field.name for field in fields(Conclusion))


def conclusion_of(replay: Replay) -> Conclusion:
    """Return what a replay concludes. Raises ValueError for the view of one session, which is made anew when it is needed."""
    if replay.session is not None:
        raise ValueError("the view of a session is no conclusion about the attempt")
    return Conclusion(**{name: getattr(replay, name) for name in _MEMBERS})


def replay_from(conclusion: Conclusion, attempt: Attempt) -> Replay:
    """Return the replay of the attempt that this was concluded about."""
    members = {name: getattr(conclusion, name) for name in _MEMBERS}
    return Replay(attempt=attempt, workflow=resolved_workflow(attempt), **members)
