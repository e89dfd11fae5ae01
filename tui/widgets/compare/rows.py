"""Two recorded attempts compared, as values: the rows in which they agree and differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from diagnosis.facts.evidence import Evidence, EvidenceKind
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Job
from diagnosis.gates import Gate, Verdict
from diagnosis.verdicts.chronology import AttemptHistory
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.gate_verdict import GateVerdict, gates_shown, maybe_verdict_at
from diagnosis.verdicts.replay import Replay
from tui.backend import Between
from tui.widgets.base import times
from tui.widgets.timeline.run_titles import RunTitles

NOT_TOLD = "not told"
NONE = "none"
READING = "being read"


@dataclass(frozen=True, slots=True)
class Row:
    """One property of both attempts. Both values are foreign text."""

    label: str
    earlier: str
    later: str

    @property
    def same(self) -> bool:
        """Whether the two agree."""
        return self.earlier == self.later


@dataclass(frozen=True, slots=True)
class GatePair:
    """One gate in both attempts."""

    gate: Gate
    earlier: GateVerdict | None
    """None where the attempt asked nothing of this gate."""
    later: GateVerdict | None

    @property
    def same(self) -> bool:
        """Whether verdict and cause agree; the proving lines are each attempt's own."""
        one, other = ((side.verdict, side.cause) if side else None for side in (self.earlier, self.later))
        return one == other


def gates_of(earlier: Replay, later: Replay) -> tuple[GatePair, ...]:
    """Return the gates of both attempts in order."""
    sides = (earlier.gates, later.gates)
    return tuple(GatePair(gate, *(maybe_verdict_at(side, gate) for side in sides)) for gate in gates_shown(*sides))


def sentence_of(earlier: Replay, later: Replay) -> str:
    """Say in one sentence what became of the failure from one attempt to the other."""
    before, after = _failing(earlier), _failing(later)
    titles = RunTitles((earlier, later))
    first, second = titles.of(earlier), titles.of(later)
    if before is None:
        ended = f"{second} stopped at {after.gate.label}" if after else f"neither does {second}"
        return f"{first} shows no gate that failed; {ended}."
    if after is None:
        ended = (later.attempt.conclusion or later.attempt.status).replace("_", " ")
        return f"{first} stopped at {before.gate.label}; {second} shows no gate that failed and ended in {ended}."
    if before.gate is not after.gate:
        further = "got further and" if after.gate.order > before.gate.order else "did not even get there: it"
        return f"{first} stopped at {before.gate.label}; {second} {further} stopped at {after.gate.label}."
    if before.cause is None or after.cause is None:
        return f"Both stopped at {before.gate.label}; the cause is not known of both."
    return f"Both stopped at {before.gate.label}, for {'the same' if before.cause == after.cause else 'another'} cause."


def _failing(replay: Replay) -> GateVerdict | None:
    return next((verdict for verdict in replay.gates if verdict.verdict is Verdict.FAIL), None)


def proof_of(verdict: GateVerdict) -> Evidence | None:
    """Return the line that proves a verdict, else its first evidence."""
    lines = (piece for piece in verdict.evidence if piece.kind is EvidenceKind.LOG_LINE)
    return next(lines, next(iter(verdict.evidence), None))


def run_rows(earlier: Replay, later: Replay, between: Between | None) -> tuple[Row, ...]:
    """Return how each attempt was started, what it presented, and how it ended."""
    return tuple(
        Row(label, one, other)
        for (label, one), (_, other) in zip(
            _run(earlier, 0, between), _run(later, 1, between), strict=True
        )
        if (one, other) not in ((NOT_TOLD, NOT_TOLD), (NONE, NONE))
    )  # fmt: skip


def _run(replay: Replay, side: int, between: Between | None) -> Iterator[tuple[str, str]]:
    attempt, facts = replay.attempt, replay.facts
    seconds = attempt.duration_seconds
    yield "Ended", (attempt.conclusion or attempt.status).replace("_", " ")
    yield "Took", NOT_TOLD if seconds is None else times.seconds_text(seconds)
    yield "Started", f"{times.utc(attempt.started_at or attempt.created_at, '%d %b %H:%M:%S')} UTC"
    yield "Run", f"{attempt.run_id} attempt {attempt.attempt}"
    yield "Ref", attempt.head_branch or NOT_TOLD
    yield "Commit", attempt.head_sha[:12] or NOT_TOLD
    yield "Event", f"{attempt.event} by {attempt.actor}"
    yield "Workflow", attempt.workflow_path
    yield "Subject", READING if between is None else "\nor ".join(between.subjects[side]) or NOT_TOLD
    for label, fact in (
        ("Audience", facts.audience),
        ("Environment", facts.environment),
        ("Role", facts.role_arn),
        ("Session", facts.principal),
        ("Region", facts.region),
        ("Registry", facts.registry),
        ("Repository", facts.repository),
        ("Tag", facts.tag),
        ("Digest", facts.digest),
    ):
        yield label, str(fact.value) if fact is not None else NOT_TOLD
    yield "Retries", str(replay.retries) if replay.retries else NONE


def need_rows(earlier: Replay, later: Replay) -> tuple[Row, ...]:
    """Return the actions that only one of the two needs, or one row where both need the same."""
    one, other = (tuple(_needed(replay)) for replay in (earlier, later))
    if set(one) == set(other):
        return (Row("Needs", f"{len(one)} actions", f"{len(one)} actions"),) if one else ()
    return (Row("Only here", _but(one, other), _but(other, one)),)


def _needed(replay: Replay) -> Iterator[str]:
    for need in replay.needs:
        yield f"{need.action} on {need.resource}" if need.resource else need.action


def _but(these: Sequence[str], those: Sequence[str]) -> str:
    return "\n".join(item for item in these if item not in those) or "–"


def job_rows(earlier: Replay, later: Replay) -> tuple[Row, ...]:
    """Return jobs by name, with their durations and the steps that failed."""
    one, other = _jobs(earlier), _jobs(later)
    return tuple(Row(name, one.get(name, "–"), other.get(name, "–")) for name in dict.fromkeys([*one, *other]))


def _jobs(replay: Replay) -> dict[str, str]:
    found = replay.attempt.jobs
    return {job.name: _job(job) for job in found.value} if isinstance(found, Known) else {}


def _job(job: Job) -> str:
    words = [job.conclusion or job.status]
    if job.started_at is not None and job.completed_at is not None:
        words[0] += f", took {times.seconds_text((job.completed_at - job.started_at).total_seconds())}"
    return "\n".join([*words, *(f"✘ step {step.number}: {step.name}" for step in job.steps if step.failed)])


def history_between(diagnosis: Diagnosis, earlier: Replay, later: Replay) -> tuple[AttemptHistory, ...]:
    """Return what was done after the earlier attempt and before the later one."""
    keys = [replay.attempt.key for replay in diagnosis.replays]
    inside = keys[keys.index(earlier.attempt.key) : keys.index(later.attempt.key)]
    return tuple(item for item in diagnosis.history if (item.run, item.attempt) in inside)
