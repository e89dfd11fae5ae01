"""The section *Evidence*: what the chosen cell says and what proves it."""

from __future__ import annotations

from textual.content import Content

from diagnosis.causes import tell_apart_of
from diagnosis.gates import Gate, Verdict
from diagnosis.verdicts.gate_verdict import GateVerdict
from diagnosis.verdicts.release import missing_of
from tui.foreign_text import foreign, foreign_line
from tui.widgets.base import signs
from tui.widgets.base.blocks import GAP, Block, assemble, bullet, field, heading, paragraph
from tui.widgets.detail.anchor_blocks import anchor_blocks
from tui.widgets.detail.evidence_blocks import candidate_blocks, evidence_blocks, missing_blocks, title_block
from tui.widgets.detail.run_blocks import needs_blocks, run_blocks
from tui.widgets.detail.selection import Selection
from tui.widgets.detail.session_blocks import gap_blocks, live_sessions, recorded_gaps, recorded_sessions
from tui.widgets.timeline.columns import Side
from tui.widgets.timeline.since import since_lines

_SIDE_WORDS = {
    Side.RECORDED: "recorded",
    Side.NOW: "live",
    Side.AFTER_FIX: "judged again in memory, after the changes of the path",
}
_JUDGED = paragraph(("◆ ", "$accent"), ("NOW, forecast and fix are judged for this attempt.", "$text-muted"))


def blocks_of(view: Selection) -> list[Block]:
    """Return the blocks for any cell: a gate, a recorded outcome, or the outcome of a rerun."""
    if view.cell.gate is not None:
        verdict = view.verdict
        return _gate(view, verdict) if verdict is not None else _empty(view)
    if view.column.replay is not None:
        told = run_blocks(view.column.replay, view.column.title)
        judged = [_JUDGED] if view.column.replay is view.diagnosis.subject else []
        return [*told[:1], *judged, *told[1:], *anchor_blocks(view.diagnosis.anchors)]
    return _rerun(view)


def _empty(view: Selection) -> list[Block]:
    # Only service authorization has a row that not every column fills: not every release asks for it.
    why = view.column.why_empty or "As far as it is known here, nothing asks this gate."
    blocks = [title_block([(view.column.title, "bold $text")]), GAP, paragraph(why)]
    return blocks + (recorded_gaps(view.column.replay) if view.column.replay is not None else [])


def _gate(view: Selection, verdict: GateVerdict) -> list[Block]:
    gate = verdict.gate
    blocks = [
        title_block([
            (f"{view.column.title} ", "bold $text"),
            ("· ", "$text-muted"),
            (f"{gate.label} ", "bold $text"),
            ("· ", "$text-muted"),
            signs.verdict_mark(verdict.verdict),
            (f"   {gate.plane.label}", signs.PLANE_STYLES[gate.plane]),
            (f" · {_SIDE_WORDS[view.column.side]}", "$text-muted"),
        ]),
        paragraph(foreign(verdict.reason)),
    ]  # fmt: skip
    blocks += _since(view, verdict)
    blocks += _where(verdict)
    if view.blocked_by is not None and not verdict.evidence:
        blocks.append(field("Blocked by", (view.blocked_by.gate.label, "bold $text"), ", which this proves:"))
    blocks += evidence_blocks(view.evidence)
    blocks += _candidates(verdict)
    if verdict.missing:
        blocks += [GAP, heading("Missing", "bold $text-warning"), *missing_blocks(verdict.missing)[1:]]
    elif not verdict.evidence and verdict.verdict is not Verdict.BLOCKED and view.column.side is not Side.AFTER_FIX:
        blocks += [GAP, paragraph(("No single line or call proves this; the reason above is derived.", "$text-muted"))]
    return blocks + _by_job(view, verdict)


def _by_job(view: Selection, verdict: GateVerdict) -> list[Block]:
    """Return each job's verdict at the gate, where the release has several sessions; and what nobody could read, if that is new."""
    gate, live = verdict.gate, view.diagnosis.live
    if view.column.replay is not None:
        return recorded_sessions(view.column.replay, gate)
    if view.column.side is not Side.NOW or live is None:
        return []
    gaps = live.gaps if gate is Gate.SERVICE_AUTHORIZATION else ()
    return live_sessions(view.diagnosis, gate) + gap_blocks(
        gap for gap in gaps if missing_of(gap) not in verdict.missing
    )


def _where(verdict: GateVerdict) -> list[Block]:
    """Return cause, checkpoint and owner on one line; then the actions."""
    owner = "" if verdict.verdict in (Verdict.PASS, Verdict.BLOCKED) else f" · {verdict.owner.value}"
    place = f" at {verdict.checkpoint.value}" if verdict.checkpoint is not None else ""
    blocks: list[Block] = []
    if verdict.cause:
        blocks.append(field("Cause", foreign_line(verdict.cause, "bold $text"), (f"{place}{owner}", "$text-muted")))
    elif place:
        blocks.append(field("Checkpoint", (f"{place.removeprefix(' at ')}{owner}", "$text-muted")))
    elif owner:
        blocks.append(field("Owner", verdict.owner.value))
    if any(action not in verdict.reason for action in verdict.actions):
        blocks.append(field("Actions", foreign_line(", ".join(verdict.actions))))
    return blocks


def _candidates(verdict: GateVerdict) -> list[Block]:
    """Return what else the evidence would fit, and the cheapest read that tells them apart."""
    if not verdict.candidates:
        return []
    return [GAP, *candidate_blocks(verdict.candidates), field("Tell apart", tell_apart_of(None, verdict.candidates))]


def _since(view: Selection, verdict: GateVerdict) -> list[Block]:
    """Return what the sign behind a verdict of NOW stands for."""
    if view.column.side is not Side.NOW:
        return []
    mark = signs.drift_mark(view.diagnosis.drift, verdict.gate)[1:]
    lines = since_lines(view.diagnosis, reasons=False, gate=verdict.gate)
    return [Block(foreign(line), assemble(" " if place else mark, " ")) for place, line in enumerate(lines)]


def _rerun(view: Selection) -> list[Block]:
    outcome = view.column.outcome
    mark = Content.styled(f"{outcome.sign} {outcome.word}", signs.VERDICT_STYLES[outcome.verdict])
    blocks = [title_block([(f"{view.column.title} ", "bold $text"), mark])]
    if view.column.why_empty:
        return [*blocks, GAP, paragraph(view.column.why_empty)]
    for verdict in view.column.gates:
        blocks += [
            field(verdict.gate.label, signs.verdict_mark(verdict.verdict), "  ", foreign(verdict.reason), width=24)
        ]
    live = view.diagnosis.live
    if view.column.side is Side.NOW and live is not None:
        blocks += [GAP, heading("The run would present")]
        blocks += [bullet(foreign_line(subject)) for subject in live.subjects]
        blocks += [bullet(foreign(endpoint.note)) for endpoint in view.diagnosis.endpoints]
        blocks += [bullet(foreign(note)) for note in live.notes]
        blocks += needs_blocks(live.needs) + gap_blocks(live.gaps)
    if view.column.side is Side.AFTER_FIX and view.path is not None:
        blocks += [GAP, heading("After these changes, in memory only")]
        blocks += [bullet(foreign_line(remediation.title)) for remediation in view.path.remediations]
    return blocks
