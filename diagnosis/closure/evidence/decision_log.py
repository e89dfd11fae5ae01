"""Judge a chain's decision log: the entry is in the file, and its time agrees with the runs.

A clock with a zone is a moment; one without is tried in every zone, and the reason says in which it can be true. It passes
where it can be true in UTC, the runs' own clock; in another zone alone it proves nothing until the zone is written beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from diagnosis.closure.catalogue import DECISION_LOG, DECISION_LOG_CLOCK
from diagnosis.closure.evidence.log_entry import LogEntry, NoEntry, find_entry
from diagnosis.facts.case import Case
from diagnosis.facts.closure_facts import ClosureFacts, DecisionLog
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.reading import Absent, Known
from diagnosis.facts.runs import Attempt
from diagnosis.facts.written_clock import WrittenClock, zones_in_words
from diagnosis.gates import Verdict
from diagnosis.verdicts.closure import RuleVerdict
from diagnosis.verdicts.replay import Replay

_MINUTE = timedelta(minutes=1)
_LATE = timedelta(days=7)
"""An entry that is dated later than that after the chain tells what was remembered, not what was recorded."""


def entry_of(case: Case, facts: ClosureFacts) -> LogEntry | NoEntry | None:
    """Return the case's entry in the log as it was read; None where no log was read or no entry is named."""
    if not isinstance(facts.decision_log, Known) or not case.decision_log_entry:
        return None
    return find_entry(facts.decision_log.value, case.decision_log_entry)


def log_address(log: DecisionLog, entry: LogEntry | None = None) -> str:
    """Return where a reader can open the log, at the entry's lines where the file at the commit is GitHub's own."""
    if not log.url or entry is None or log.commit is None or log.origin is Origin.RECONSTRUCTED:
        return log.url
    # GitHub draws a Markdown file; only its plain view has lines.
    plain = "?plain=1" if log.path.lower().endswith((".md", ".markdown", ".mdown")) else ""
    return f"{log.url}{plain}#L{entry.first_line}-L{entry.last_line}"


def judge_decision_log(case: Case, facts: ClosureFacts) -> RuleVerdict:
    """Judge whether the log was read and holds the entry, with a time in its heading."""
    reading = facts.decision_log
    if not case.decision_log:
        return _log(
            Verdict.UNKNOWN,
            "No decision log is named.",
            "Name the file in the case file (decision_log), and its entry.",
        )
    stated = _stated(case)
    if isinstance(reading, Absent):
        reason = f"There is no {reading.what}."
        return _log(Verdict.FAIL, reason, "Name the file at a commit that has it (decision_log_commit).", (stated,))
    if not isinstance(reading, Known):
        reason = f"The decision log could not be read: {reading.why}."
        lacking = f" (it lacks {reading.permission})" if reading.permission else ""
        return _log(Verdict.UNKNOWN, reason, f"To read it: {reading.how}{lacking}.", (stated,))
    entry = entry_of(case, facts)
    if entry is None:
        reason = "The decision log was read, but no entry of it is named."
        return _log(Verdict.UNKNOWN, reason, "Name the entry's heading in the case file (decision_log_entry).")
    log = reading.value
    if isinstance(entry, NoEntry):
        verdict = Verdict.FAIL if entry.absent else Verdict.UNKNOWN
        reason = f"`{case.decision_log_entry}` is not anchored in {_place(log)}: {entry.why}."
        return _log(verdict, reason, "Name the heading as it stands in the file (decision_log_entry).", (stated,))
    proof = (_evidence(log, entry),)
    if not any(clock.names_a_time for clock in entry.clocks):
        reason = (
            f"The entry is in {_place(log)}, line {entry.first_line}, but its heading names no time that is understood."
        )
        return _log(Verdict.UNKNOWN, reason, "Write day, time and zone into the entry's heading.", proof)
    digest = f"sha256 {entry.sha256}" if entry.sha256 else "not hashed, since secrets in the file were replaced"
    lines = f"lines {entry.first_line} to {entry.last_line}"
    made_up = " File and commit are a reconstruction around the heading." if log.origin is Origin.RECONSTRUCTED else ""
    return _log(Verdict.PASS, f"The entry is in {_place(log)}, {lines} ({digest}).{made_up}", "", proof)


def judge_clock(replays: Sequence[Replay], case: Case, facts: ClosureFacts) -> RuleVerdict:
    """Judge whether the entry's time can be that of an entry about this chain."""
    entry = entry_of(case, facts)
    if not isinstance(entry, LogEntry) or not isinstance(facts.decision_log, Known) or not replays:
        return _clock(
            Verdict.UNKNOWN,
            "No entry of a decision log was read whose time could be compared.",
            "Name decision log and entry in the case file, where they can be read.",
        )
    log = facts.decision_log.value
    proof = (_evidence(log, entry),)
    if not entry.clocks:
        reason = "The entry's heading names no time that is understood."
        return _clock(Verdict.UNKNOWN, reason, "Write day, time and zone into the entry's heading.", proof)
    judged = [_judged(clock, replays, log) for clock in entry.clocks]
    passed = [each for each in judged if each[0] is Verdict.PASS]
    if len(passed) < len(judged) and any(each[0] is not Verdict.FAIL for each in judged) and len(judged) > 1:
        reason = f"The heading holds {len(judged)} times that do not agree. {' '.join(each[1] for each in judged)}"
        return _clock(Verdict.UNKNOWN, reason, "Leave one time in the entry's heading.", proof)
    verdict, reason, step = judged[0]
    return _clock(verdict, reason, step, proof)


def _judged(clock: WrittenClock, replays: Sequence[Replay], log: DecisionLog) -> tuple[Verdict, str, str]:
    last = replays[-1].attempt
    closed = last.conclusion == "success"
    since = _ended(last) if closed else replays[0].attempt.started_at or replays[0].attempt.created_at
    after = f"run {last.run_id} ended" if closed else "the chain began"
    # The commit of a reconstruction is none that happened.
    committed = log.committed_at if log.origin is not Origin.RECONSTRUCTED else None
    until = min((at for at in (committed, log.read_at) if at is not None), default=None)
    earliest, latest = since - _MINUTE if since else None, until + _MINUTE if until else None
    fitting = clock.zones_between(earliest, latest)
    window = f"after {after} ({since:%Y-%m-%dT%H:%M:%SZ})" if since else "after the chain"
    if committed is not None and until == committed:
        window += f" and before it was committed ({committed:%Y-%m-%dT%H:%M:%SZ})"
    elif not fitting:
        window += " and before it was read"
    written = f"The entry is dated {clock.text}"
    if not fitting:
        where = "" if clock.offset is not None else ", in whichever zone"
        return (
            Verdict.FAIL,
            f"{written}{where}: that is not {window}. Its clock and the runs' contradict each other.",
            "Name the entry that was written when this chain was closed.",
        )
    if since is None:
        return Verdict.UNKNOWN, f"{written}; when {after} is not known.", "Diagnose the chain online."
    if not clock.names_a_time:
        reason = f"{written}, a day without a time: whether that is {window} is not known."
        return Verdict.UNKNOWN, reason, "Write the time and its zone into the entry's heading."
    if clock.offset is not None:
        return _near(clock, clock.offset, since, f"{written}, which is {window}", after)
    utc = timedelta()
    named = f"`{clock.zone_written}` names more than one zone" if clock.zone_written else "it names no zone"
    if utc not in fitting:
        reason = (
            f"{written} and {named}: in UTC that is not {window}; "
            f"it can be true in {zones_in_words(fitting)} alone, and nothing tells that it was written there."
        )
        return Verdict.UNKNOWN, reason, "Write the zone beside the entry's time."
    others = [zone for zone in clock.zones if zone not in fitting]
    told = f", and contradicts the runs in {zones_in_words(others)}" if others else ""
    said = f"{written} and {named}: it is {window} in {zones_in_words(fitting)}{told}"
    return _near(clock, utc, since, said, after)


def _near(clock: WrittenClock, offset: timedelta, since: datetime, said: str, after: str) -> tuple[Verdict, str, str]:
    """Pass a time that fits, unless it lies so long after the chain that the entry need not be about it."""
    late = clock.within(offset)[0] - since
    if late > _LATE:
        reason = f"{said}. But that is {late.days} days after {after}: it need not be about this chain."
        return Verdict.UNKNOWN, reason, "Name the entry that was written when this chain was closed."
    return Verdict.PASS, f"{said}.", ""


def _ended(attempt: Attempt) -> datetime | None:
    """Return when an attempt's last job ended; GitHub may touch the run itself later."""
    jobs = attempt.jobs.value if isinstance(attempt.jobs, Known) else ()
    ends = [job.completed_at for job in jobs if job.completed_at is not None]
    return max(ends) if ends else attempt.updated_at


def _place(log: DecisionLog) -> str:
    return f"{log.path} at {log.commit[:12]}" if log.commit else log.path


def _stated(case: Case) -> Evidence:
    return Evidence(
        EvidenceKind.STATED, case.decision_log_entry or case.decision_log or "", case.decision_log, Origin.STATED
    )


def _evidence(log: DecisionLog, entry: LogEntry) -> Evidence:
    clock = entry.clocks[0] if len(entry.clocks) == 1 else None
    return Evidence(
        EvidenceKind.STATED,
        entry.heading,
        log_address(log, entry) or log.path,
        log.origin,
        clock.moment if clock else None,
        entry.first_line,
    )


def _log(verdict: Verdict, reason: str, next_step: str, evidence: tuple[Evidence, ...] = ()) -> RuleVerdict:
    return DECISION_LOG.verdict(verdict, reason, evidence, next_step)


def _clock(verdict: Verdict, reason: str, next_step: str, evidence: tuple[Evidence, ...] = ()) -> RuleVerdict:
    return DECISION_LOG_CLOCK.verdict(verdict, reason, evidence, next_step)
