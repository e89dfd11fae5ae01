"""Say what of the live side could not be read: all of it, or parts that no gate depends on."""

from __future__ import annotations

from diagnosis.facts.account import AccountQuestion, AccountState
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.gates import ALL_GATES, GATES, Checkpoint, Gate, Verdict
from diagnosis.verdicts.assessment import Assessment
from diagnosis.verdicts.gate_verdict import GateVerdict, Missing
from diagnosis.verdicts.replay import Replay


def nothing_read(replay: Replay, gap: Missing, question: AccountQuestion) -> Assessment:
    """Return an assessment in which no gate could be judged."""
    return Assessment(
        gates=tuple(
            GateVerdict(gate=gate, verdict=Verdict.UNKNOWN, reason=f"Cannot be decided: {gap.why}.", missing=(gap,))
            for gate in (ALL_GATES if _uses_services(replay) else GATES)
        ),
        problems=(),
        subjects=(),
        needs=replay.needs,
        account=AccountState(question=question),
        gaps=tuple(dict.fromkeys(gap for session in replay.sessions for gap in session.gaps)),
    )


def _uses_services(replay: Replay) -> bool:
    """Return whether the release has a gate of its own for other services than the registry."""
    needs = (*replay.needs, *(need for session in replay.sessions for need in session.needs))
    return (
        any(gate.gate is Gate.SERVICE_AUTHORIZATION for gate in replay.gates)
        or any(need.checkpoint is Checkpoint.SERVICE_AUTHORIZATION for need in needs)
        or any(session.gaps for session in replay.sessions)
    )


def unread_beside(account: AccountState) -> tuple[Missing, ...]:
    """Return the parts that no gate depends on and that could not be read.

    These are history, registry details, second opinions and other roles, which are looked for only where the run's own
    role does not serve.
    """
    never_asked = AccountState(account.question)
    readings: list[Unreadable] = []
    for name in ("trail", "registry_details", "second_opinions", "other_roles"):
        reading = getattr(account, name)
        if isinstance(reading, Unreadable) and reading != getattr(never_asked, name):
            readings.append(reading)
    if isinstance(account.registry_details, Known):
        readings += account.registry_details.value.unread
    if isinstance(account.other_roles, Known):
        readings += account.other_roles.value.unread
    return tuple(dict.fromkeys(Missing(item.what, item.why, item.how, item.permission) for item in readings))
