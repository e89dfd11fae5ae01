"""The section *Forecast*: everything that would still fail, in the order in which reruns would meet it."""

from __future__ import annotations

from textual.content import Content

from diagnosis.gates import Verdict
from diagnosis.verdicts.assessment import Problem
from diagnosis.verdicts.run_end import end_of
from tui.foreign_text import defused, foreign, foreign_line
from tui.job_names import job_names
from tui.widgets.base import signs
from tui.widgets.base.blocks import GAP, Block, field, heading, paragraph
from tui.widgets.detail.evidence_blocks import evidence_blocks
from tui.widgets.detail.selection import Selection
from tui.widgets.timeline.columns import attempt_title, place_of, rerun_outcome


def blocks_of(view: Selection) -> list[Block]:
    """Return a numbered list; the first item is what stops the next rerun."""
    diagnosis = view.diagnosis
    subject = f" of {attempt_title(diagnosis.subject)}" if diagnosis.subject else ""
    if diagnosis.live is None:
        return [paragraph("The live side was not read: nothing can be foretold. r reads again.")]
    problems = diagnosis.forecast
    if not problems:
        outcome = rerun_outcome(diagnosis.live.gates, diagnosis.subject)
        style = signs.VERDICT_STYLES[outcome.verdict]
        passes = all(verdict.verdict is Verdict.PASS for verdict in diagnosis.live.gates)
        words = "would pass every gate now." if passes else "meets nothing that is known to fail."
        if passes and outcome.verdict is not Verdict.PASS and diagnosis.subject is not None:
            words += f" But {defused(end_of(diagnosis.subject).sentence())}: that may happen again."
        return [paragraph((f"{outcome.sign} ", style), f"A rerun{subject} {words}")]
    blocks = [
        heading(
            f"A rerun{subject} would still meet {len(problems)} {'thing' if len(problems) == 1 else 'things'}, in this order"
        ),
        paragraph(("Each would show only after the one before is mended.", "$text-muted")),
    ]
    several = len(diagnosis.live.sessions) > 1
    for number, problem in enumerate(problems, 1):
        blocks += _problem(number, problem, several=several)
    return blocks


def _problem(number: int, problem: Problem, *, several: bool) -> list[Block]:
    lead = Content.styled(f"{number} ", "bold $text-accent")
    blocks = [
        GAP,
        Block(
            Content("").join([
                Content.styled(place_of(problem), "bold $text"),
                Content.styled(f"  {problem.plane.label}", signs.PLANE_STYLES[problem.plane]),
                Content.styled(" · ", "$text-muted"),
                foreign_line(problem.cause, "$text-muted"),
            ]),
            lead,
        ),
        paragraph(foreign(problem.reason), indent=2),
    ]  # fmt: skip
    if problem.actions:
        blocks.append(field("  Actions", foreign_line(", ".join(problem.actions))))
    if problem.resource:
        blocks.append(field("  Resource", foreign_line(problem.resource)))
    if several and problem.jobs:
        blocks.append(field("  Jobs" if len(problem.jobs) > 1 else "  Job", foreign_line(job_names(problem.jobs))))
    blocks.append(field("  Owner", problem.owner.value))
    return blocks + [
        Block(block.content, Content("  ") + block.first, None if block.rest is None else Content("  ") + block.rest)
        for block in evidence_blocks(problem.evidence)[1:]
    ]
