"""Make a packet of a diagnosis: gather what was found, mask it, and add the sentences that follow from it."""

from __future__ import annotations

from dataclasses import fields

from diagnosis.documents.audience import Audience
from diagnosis.documents.headline import headline, in_short, run_name
from diagnosis.documents.packet.attempts import attempt_entry, session_entries
from diagnosis.documents.packet.chain import anchor_entries, closure_entry, exception_entries
from diagnosis.documents.packet.content import Facts, Packet
from diagnosis.documents.packet.interview import interview_of
from diagnosis.documents.packet.masking import accounts_of, written
from diagnosis.documents.packet.readings import AWS_SPECIFIC, NON_CLAIMS, readings_of
from diagnosis.documents.packet.statements import quotes_of
from diagnosis.documents.packet.today import (
    fix_entry,
    forecast_entry,
    gap_words,
    gaps_of,
    gate_entries,
    unknown_of,
    uses_of,
)
from diagnosis.documents.packet.withheld import withheld_of
from diagnosis.facts.case import Case
from diagnosis.gates import Verdict
from diagnosis.verdicts.diagnosis import Diagnosis


def packet(
    diagnosis: Diagnosis,
    case: Case,
    *,
    mask_accounts: bool = True,
    audience: Audience = Audience.AUDITOR,
    tool: str = "planescope",
) -> Packet:
    """Return the packet of one chain. ``tool``: the name and version of what makes it."""
    accounts = accounts_of(diagnosis, case) if mask_accounts else None
    found = _facts(diagnosis, case, audience, tool, accounts)
    return completed(written(found, accounts))


def completed(facts: Facts) -> Packet:
    """Return the packet of these facts: every sentence in it follows from them."""
    return Packet(
        **{field.name: getattr(facts, field.name) for field in fields(Facts)},
        readings=readings_of(facts),
        interview=interview_of(facts) if facts.audience is Audience.INTERVIEWER else None,
        non_claims=NON_CLAIMS,
        aws_specific=AWS_SPECIFIC,
    )


def _facts(diagnosis: Diagnosis, case: Case, audience: Audience, tool: str, accounts: frozenset[str] | None) -> Facts:
    first = diagnosis.replays[0].attempt if diagnosis.replays else None
    subject, live = diagnosis.subject, diagnosis.live
    told = headline(diagnosis)
    gaps = gaps_of(diagnosis)
    return Facts(
        title=diagnosis.title,
        audience=audience,
        repository=first.repository.full_name if first else "",
        workflow=first.workflow_path if first else "",
        made_at=diagnosis.made_at,
        tool=tool,
        outcome=told.line() if told.run else "",
        other_red_runs=tuple(f"{run_name(each)}: {in_short(end)}" for each, end in told.others),
        attempts=tuple(attempt_entry(replay, diagnosis, case) for replay in diagnosis.replays),
        sessions=session_entries(diagnosis.replays),
        judged_run=subject.attempt.run_id if subject else 0,
        now=gate_entries(live.gates) if live else (),
        now_read_at=live.account.read_at if live else None,
        forecast=tuple(map(forecast_entry, diagnosis.forecast)),
        fix=fix_entry(diagnosis.paths[0]) if diagnosis.paths and _matters(diagnosis) else None,
        quotes=quotes_of(live),
        closure=closure_entry(diagnosis.closure, subject.attempt if subject else None) if diagnosis.closure else None,
        anchors=anchor_entries(diagnosis, case),
        exceptions=exception_entries(case),
        drift=tuple(f"{item.kind.value}: {item.reason}" for item in diagnosis.drift),
        uses=uses_of(diagnosis),
        unknown=unknown_of(diagnosis, gaps),
        not_covered=tuple(dict.fromkeys(map(gap_words, gaps))),
        reconstructed=tuple(
            dict.fromkeys(text for replay in diagnosis.replays for text in replay.attempt.reconstructed)
        ),
        withheld=withheld_of(diagnosis, accounts),
    )


def _matters(diagnosis: Diagnosis) -> bool:
    """Return whether a fix is of any interest: a gate does not pass today, or a rerun would meet something."""
    gates = diagnosis.live.gates if diagnosis.live else ()
    return bool(diagnosis.forecast) or any(verdict.verdict is not Verdict.PASS for verdict in gates)
