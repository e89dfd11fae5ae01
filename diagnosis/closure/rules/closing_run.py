"""The closing run: whether it proves the gates itself, with a session that it opened by its own token."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from diagnosis.causes import Cause
from diagnosis.closure.catalogue import (
    POSITIVE_PATH,
    SHORT_LIVED_SESSION,
)
from diagnosis.closure.judged_chain import Chain
from diagnosis.facts.reading import Known
from diagnosis.gates import Gate, Verdict
from diagnosis.live.observed_subject import SESSION_EVENT, session_evidence
from diagnosis.verdicts.closure import RuleVerdict

CLOCKS_DIFFER = timedelta(minutes=1)
"""GitHub's clock and AWS's may differ by some seconds."""


def positive_path(chain: Chain) -> RuleVerdict:
    """Judge whether the closing run passed every gate that AWS enforces, by its own record."""
    closing = chain.closing
    if closing is None:
        return POSITIVE_PATH.not_yet()
    proved = [verdict for verdict in closing.gates if verdict.gate is not Gate.LEAST_PRIVILEGE]
    short = [verdict for verdict in proved if verdict.verdict is not Verdict.PASS]
    if short:
        return POSITIVE_PATH.unknown(f"{short[0].gate.label}: {short[0].reason}")
    done = chain.proofs.carried_out
    if done.verdict is not Verdict.PASS:
        return POSITIVE_PATH.verdict(done.verdict, done.reason, done.evidence)
    return POSITIVE_PATH.passes(
        f"{_listed([verdict.gate.label for verdict in proved])} are proved by the closing run itself.",
        [evidence for verdict in proved for evidence in verdict.evidence[:1]],
    )


def short_lived_session(chain: Chain) -> RuleVerdict:
    """Judge whether the closing run opened its session with its own token: by CloudTrail, else by its own record."""
    closing, account = chain.closing, chain.account
    if closing is None:
        return SHORT_LIVED_SESSION.not_yet()
    gate = closing.at(Gate.ROLE_ASSUMPTION)
    if gate.cause is Cause.STATIC_CREDENTIALS:
        return SHORT_LIVED_SESSION.fails("The closing run authenticated with static keys.", gate.evidence)
    if gate.verdict is not Verdict.PASS:
        return SHORT_LIVED_SESSION.unknown(f"That the closing run assumed a role is not proved: {gate.reason}")
    attempt = closing.attempt
    trail = account.trail if account is not None else None
    begin, end = attempt.started_at or attempt.created_at, attempt.updated_at
    if not isinstance(trail, Known) or end is None:
        return SHORT_LIVED_SESSION.passes(
            "The closing run assumed the role with its token, by its own record (CloudTrail was not read).",
            gate.evidence,
        )
    opened = [
        event
        for event in trail.value.events
        if event.name == SESSION_EVENT
        and event.took_effect
        and begin - CLOCKS_DIFFER <= event.at <= end + CLOCKS_DIFFER
    ]
    if opened:
        proof = [session_evidence(event) for event in opened]
        return SHORT_LIVED_SESSION.passes("CloudTrail shows the session being opened by web identity.", proof)
    whole = trail.value.complete and trail.value.since <= begin and end <= trail.value.until
    if whole and any(event.name == SESSION_EVENT for event in trail.value.events):
        return SHORT_LIVED_SESSION.unknown(
            "CloudTrail shows sessions by web identity, and none in the closing run's time."
        )
    return SHORT_LIVED_SESSION.passes(
        "The closing run assumed the role with its token, by its own record (CloudTrail, not whole, shows no session).",
        gate.evidence,
    )


def _listed(names: Sequence[str]) -> str:
    first, *rest = names
    words = [first, *(name[:1].lower() + name[1:] for name in rest)]
    return f"{', '.join(words[:-1])} and {words[-1]}" if rest else first
