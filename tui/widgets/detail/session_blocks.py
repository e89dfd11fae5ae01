"""The sessions of a release: each job's verdict at a gate, and the steps that nobody could read."""

from __future__ import annotations

from collections.abc import Iterable

from diagnosis.gates import Gate
from diagnosis.names.arn import Arn
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.gate_verdict import GateVerdict, maybe_verdict_at
from diagnosis.verdicts.release import Certainty, StepGap
from diagnosis.verdicts.replay import Replay
from tui.foreign_text import foreign, foreign_line
from tui.job_names import job_names
from tui.widgets.base import signs
from tui.widgets.base.blocks import GAP, Block, bullet, heading

MOST_JOBS = 40


def live_sessions(diagnosis: Diagnosis, gate: Gate) -> list[Block]:
    """Return today's verdict of each job at a gate; nothing where the release has one session."""
    sessions = diagnosis.live.sessions if diagnosis.live else ()
    if len(sessions) < 2:
        return []
    roles = {session.role_arn for session in sessions}
    rows = [
        (
            job_names(session.jobs),
            _role(session.role_arn) if len(roles) > 1 else "",
            maybe_verdict_at(session.gates, gate),
        )
        for session in sessions
    ]
    return _rows(rows)


def recorded_sessions(replay: Replay, gate: Gate) -> list[Block]:
    """Return what the run showed of each job at a gate; nothing where the release has one session."""
    if len(replay.sessions) < 2:
        return []
    roles = {session.facts.role_arn.value for session in replay.sessions if session.facts.role_arn}
    rows = [
        (
            session.job,
            _role(session.facts.role_arn.value if session.facts.role_arn else None) if len(roles) > 1 else "",
            maybe_verdict_at(session.gates, gate),
        )
        for session in replay.sessions
    ]
    return _rows(rows)


def recorded_gaps(replay: Replay) -> list[Block]:
    """Return the steps of all sessions that are not understood."""
    return gap_blocks(dict.fromkeys(gap for session in replay.sessions for gap in session.gaps))


def gap_blocks(gaps: Iterable[StepGap]) -> list[Block]:
    """Return the steps that run with the session and are not understood, each with the way to know them.

    Those that are known by what CloudTrail shows of the last green run stand apart.
    """
    listed = tuple(gaps)
    unknown, seen = [gap for gap in listed if gap.is_open], [gap for gap in listed if not gap.is_open]
    return [
        *_steps("Steps that no proof covers", "bold $text-warning", unknown),
        *_steps("Steps that are known by CloudTrail alone", "bold $text", seen),
    ]


def _steps(title: str, style: str, gaps: list[StepGap]) -> list[Block]:
    words = {Certainty.NOT_JUDGED: "not judged", Certainty.OPAQUE: "not readable", Certainty.OBSERVED: "observed"}
    rows = [
        bullet(
            foreign_line(f"{gap.step}{f' of job {gap.job}' if gap.job else ''}: ", "bold $text"),
            foreign_line(gap.what),
            (f" · {words.get(gap.certainty, '')}: ", "$text-muted"),
            foreign_line(gap.why),
            (" · ", "$text-muted"),
            foreign_line(gap.how, "$text-muted"),
        )
        for gap in gaps
    ]
    return [GAP, heading(title, style), *rows] if rows else []


def _rows(rows: list[tuple[str, str, GateVerdict | None]]) -> list[Block]:
    blocks: list[Block] = [GAP, heading("By job")]
    for job, role, verdict in rows[:MOST_JOBS]:
        mark = signs.verdict_mark(verdict.verdict) if verdict is not None else ("– not asked", "$text-muted")
        said = foreign(f" {verdict.reason}") if verdict is not None else ""
        blocks.append(bullet(foreign_line(f"{job}{role} ", "bold $text"), mark, said))
    if len(rows) > MOST_JOBS:
        blocks.append(bullet((f"and {len(rows) - MOST_JOBS} more", "$text-muted")))
    return blocks


def _role(role: Arn | None) -> str:
    return f" ({role.name} of {role.account})" if role is not None else " (role not known)"
