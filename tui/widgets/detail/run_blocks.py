"""A recorded attempt as blocks: who started it, which step failed, what stopped it, and what its release needs."""

from __future__ import annotations

from textual.content import Content

from diagnosis.facts.reading import Absent, Known
from diagnosis.facts.runs import Annotation, Attempt, Job
from diagnosis.verdicts.gate_verdict import Finding, Missing
from diagnosis.verdicts.release import Certainty, Need
from diagnosis.verdicts.replay import Fact, Replay
from tui.foreign_text import foreign, foreign_line
from tui.widgets.base import signs, times
from tui.widgets.base.blocks import GAP, Block, bullet, field, heading, paragraph
from tui.widgets.detail.evidence_blocks import (
    candidate_blocks,
    evidence_blocks,
    missing_blocks,
    origin_label,
    title_block,
)
from tui.widgets.detail.session_blocks import recorded_gaps


def run_blocks(replay: Replay, title: str) -> list[Block]:
    """Return everything that the record says about one attempt; ``title`` is its name in the timeline."""
    attempt = replay.attempt
    sign, style = signs.conclusion_sign(attempt.status, attempt.conclusion)
    word = (attempt.conclusion or attempt.status).replace("_", " ")
    duration = attempt.duration_seconds
    blocks = [
        title_block([(f"{title} ", "bold $text"), (f"{sign} ", style), foreign_line(word, style)]),
        paragraph(foreign_line(attempt.title)),
        GAP,
        field("Run", f"{attempt.run_id} attempt {attempt.attempt}  ", origin_label(attempt.origin)),
        field("Workflow", foreign_line(f"{attempt.workflow_name}  "), foreign_line(attempt.workflow_path, "$text-muted")),
        field("Ref", foreign_line(attempt.head_branch or "–"), foreign_line(f"  {attempt.head_sha[:12]}", "$text-muted")),
        field("Started", f"{times.utc(attempt.started_at or attempt.created_at, '%d %b %Y %H:%M:%S')} UTC"
              + (f", took {times.seconds_text(duration)}" if duration is not None else "")),
        field("Event", foreign_line(f"{attempt.event} by {attempt.actor}")),
    ]  # fmt: skip
    if attempt.html_url:
        blocks.append(field("Address", foreign_line(attempt.html_url, "$text-accent")))
    if replay.retries:
        blocks.append(field("Retries", str(replay.retries)))
    blocks += _stopped(replay.stopped_by)
    blocks += _jobs(attempt)
    blocks += _facts(replay)
    blocks += needs_blocks(replay.needs)
    blocks += recorded_gaps(replay)
    if replay.notes:
        blocks += [GAP, heading("Notes"), *(bullet(foreign(note)) for note in replay.notes)]
    if attempt.reconstructed:
        blocks += [GAP, heading("Reconstructed, not part of the public record", "bold $text-warning")]
        blocks += [bullet(foreign(words)) for words in attempt.reconstructed]
    return blocks


def _stopped(finding: Finding | None) -> list[Block]:
    if finding is None:
        return []
    blocks = [GAP, heading("Stopped by"), field("Plane", (finding.plane.label, signs.PLANE_STYLES[finding.plane]))]
    if finding.checkpoint is not None:
        blocks.append(field("Checkpoint", finding.checkpoint.value))
    if finding.cause:
        blocks.append(field("Cause", foreign_line(finding.cause)))
    if finding.candidates:
        blocks += candidate_blocks(finding.candidates)
    if finding.tell_apart:
        blocks.append(field("Tell apart", foreign(finding.tell_apart)))
    for label, value in (("Action", finding.action), ("Principal", finding.principal), ("Resource", finding.resource)):
        if value:
            blocks.append(field(label, foreign_line(value)))
    blocks.append(paragraph(foreign(finding.sentence)))
    return blocks + (evidence_blocks([finding.evidence]) if finding.evidence is not None else [])


def _facts(replay: Replay) -> list[Block]:
    facts = replay.facts
    named: tuple[tuple[str, Fact[object] | None], ...] = (
        ("Role", facts.role_arn),
        ("Region", facts.region),
        ("Audience", facts.audience),
        ("Registry", facts.registry),
        ("Repository", facts.repository),
        ("Tag", facts.tag),
        ("Digest", facts.digest),
        ("Principal", facts.principal),
        ("Environment", facts.environment),
    )
    found = [field(label, foreign_line(str(fact.value))) for label, fact in named if fact is not None]
    return [GAP, heading("Read off the run"), *found] if found else []


def needs_blocks(needs: tuple[Need, ...]) -> list[Block]:
    """Return the actions that a release needs, each with its resource."""
    if not needs:
        return []
    blocks = [GAP, heading(f"This release needs {len(needs)} actions")]
    for need in needs:
        where = Content("") if need.resource is None else foreign_line(f" on {need.resource}", "$text-muted")
        seen = (
            foreign_line(f" · observed: {need.source}", "$text-muted") if need.certainty is Certainty.OBSERVED else ""
        )
        blocks.append(bullet(foreign_line(need.action), where, seen))
    return blocks


def _jobs(attempt: Attempt) -> list[Block]:
    """Return the jobs with their failed steps and annotations, or why they are not known."""
    if not isinstance(attempt.jobs, Known):
        if isinstance(attempt.jobs, Absent):
            return [GAP, heading("Jobs"), paragraph(foreign(attempt.jobs.what))]
        gap = attempt.jobs
        return [GAP, heading("Jobs"), *missing_blocks([Missing(gap.what, gap.why, gap.how, gap.permission)])[1:]]
    blocks = [GAP, heading("Jobs")]
    for job in attempt.jobs.value:
        sign, style = signs.conclusion_sign(job.status, job.conclusion)
        blocks.append(bullet(foreign_line(job.name), sign=Content.styled(sign, style)))
        blocks += [
            bullet(foreign_line(f"step {step.number}: {step.name}"), sign=Content.styled("✘", "$text-error"), indent=2)
            for step in job.steps
            if step.failed
        ]
        blocks += [bullet(foreign(_said(note), "$text-muted"), sign="!", indent=2) for note in _annotations(job)]
    return blocks


def _annotations(job: Job) -> tuple[Annotation, ...]:
    return job.annotations.value if isinstance(job.annotations, Known) else ()


def _said(note: Annotation) -> str:
    where = f" ({note.path}:{note.line})" if note.path and note.line is not None else ""
    return f"{note.level}: {f'{note.title}: ' if note.title else ''}{note.message}{where}"
