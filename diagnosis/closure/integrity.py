"""Find what makes a success prove less than it seems to: green for the wrong reason.

Each check looks at facts that were read. A check that lacks its facts finds nothing here; the closure rules say what
was missing, so that silence is never taken for proof.
"""

from __future__ import annotations

from collections.abc import Sequence

from diagnosis.causes import Integrity
from diagnosis.closure.judged_chain import Chain
from diagnosis.closure.side_channel import judge_push
from diagnosis.closure.stated_clock import order_conflicts, trail_conflicts
from diagnosis.closure.widening import widenings
from diagnosis.facts.evidence import Evidence, EvidenceKind
from diagnosis.facts.runs import Attempt
from diagnosis.gates import Verdict
from diagnosis.verdicts.closure import IntegrityFinding
from diagnosis.verdicts.replay import Replay


def integrity_findings(chain: Chain) -> tuple[IntegrityFinding, ...]:
    """Find all integrity findings of one chain, each once."""
    replays = chain.replays
    findings: list[IntegrityFinding] = []
    findings += ref_changed(replays)
    findings += chain.proofs.findings
    findings += side_channel(chain)
    findings += widenings(chain)
    findings += order_conflicts(replays, chain.case)
    findings += trail_conflicts(replays, chain.history, chain.case)
    return tuple(findings)


def ref_changed(replays: Sequence[Replay]) -> list[IntegrityFinding]:
    """Find a closing run that proves another subject than one that failed."""
    if not replays or replays[-1].attempt.conclusion != "success":
        return []
    closing = replays[-1].attempt
    others = [replay.attempt for replay in replays[:-1] if replay.attempt.ref != closing.ref]
    if not others:
        return []
    refs = ", ".join(dict.fromkeys(attempt.ref for attempt in others))
    came_back = replays[0].attempt.ref == closing.ref
    way = f"went over {refs} too" if came_back else f"began on {refs}"
    return [
        IntegrityFinding(
            slug=Integrity.REF_CHANGED_IN_CHAIN,
            reason=f"The chain {way} and closed on {closing.ref}: the success proves {closing.ref} only.",
            evidence=tuple(_run_evidence(attempt) for attempt in (*others, closing)),
        )
    ]


def _run_evidence(attempt: Attempt) -> Evidence:
    return Evidence(
        kind=EvidenceKind.RUN,
        text=f"run {attempt.run_id} attempt {attempt.attempt} on {attempt.ref}: {attempt.conclusion or attempt.status}",
        address=attempt.html_url,
        origin=attempt.origin,
        at=attempt.started_at,
    )


def side_channel(chain: Chain) -> list[IntegrityFinding]:
    """Find an image that the closing run did not push."""
    push = judge_push(chain)
    if push.verdict is not Verdict.FAIL:
        return []
    return [IntegrityFinding(Integrity.SIDE_CHANNEL_PUBLISH, push.reason, push.evidence, breaks_closure=True)]
