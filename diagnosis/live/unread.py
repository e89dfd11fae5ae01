"""The live side where nothing could be read: four unknown verdicts with one reason and one way out."""

from __future__ import annotations

from diagnosis.account import AccountQuestion, AccountState
from diagnosis.gates import GATES, Verdict
from diagnosis.verdicts import Assessment, GateVerdict, Missing, Replay


def nothing_read(replay: Replay, gap: Missing, question: AccountQuestion) -> Assessment:
    """An assessment in which no gate could be judged."""
    return Assessment(
        gates=tuple(
            GateVerdict(gate=gate, verdict=Verdict.UNKNOWN, reason=f"Cannot be decided: {gap.why}.", missing=(gap,))
            for gate in GATES
        ),
        problems=(),
        subjects=(),
        needs=replay.needs,
        account=AccountState(question=question),
    )
