"""The section *Forecast*: everything that would still fail, in the order in which reruns would meet it."""

from __future__ import annotations

from textual.content import Content

from diagnosis.documents.credentials import NOT_SIGNED_IN, account_unread
from diagnosis.documents.forecast_labels import labels
from diagnosis.documents.outlook import tag_words
from diagnosis.gates import Gate
from diagnosis.verdicts.assessment import Problem
from diagnosis.verdicts.outlook import outlook_now
from diagnosis.verdicts.run_end import end_of
from tui.foreign_text import defused, foreign, foreign_line
from tui.job_names import job_names
from tui.widgets.base import signs
from tui.widgets.base.blocks import GAP, Block, bullet, field, heading, paragraph
from tui.widgets.detail.evidence_blocks import evidence_blocks
from tui.widgets.detail.selection import Selection
from tui.widgets.timeline.columns import rerun_outcome
from tui.widgets.timeline.run_titles import RunTitles
from tui.widgets.timeline.since import since_lines


def blocks_of(view: Selection) -> list[Block]:
    """Return a numbered list; the first item is what stops the next rerun."""
    diagnosis = view.diagnosis
    titles = RunTitles(diagnosis.replays)
    subject = f" of {titles.of(diagnosis.subject)}" if diagnosis.subject else ""
    if diagnosis.live is None:
        return [paragraph("The live side was not read: nothing can be foretold. r reads again.")]
    if account_unread(diagnosis):
        return [paragraph(f"The account was not read ({NOT_SIGNED_IN}): nothing can be foretold.")]
    return [*_problems(view, subject), *_since(view)]


def _problems(view: Selection, subject: str) -> list[Block]:
    diagnosis = view.diagnosis
    problems, now = diagnosis.forecast, outlook_now(diagnosis)
    if not problems:
        outcome = rerun_outcome(now)
        style = signs.VERDICT_STYLES[outcome.verdict]
        words = "would pass every gate now." if now.all_pass else "meets nothing that is known to fail."
        if now.all_pass and now.ended_elsewhere and diagnosis.subject is not None:
            words += f" But {defused(end_of(diagnosis.subject).sentence())}: that may happen again."
        tag = f" It {tag_words(now)}." if now.taken_tag else ""
        return [paragraph((f"{outcome.sign} ", style), foreign(f"A rerun{subject} {words}{tag}"))]
    met = sum(problem.gate is not Gate.LEAST_PRIVILEGE for problem in problems)
    things = f"{len(problems)} {'thing' if len(problems) == 1 else 'things'}, in this order"
    nothing = "passes" if now.passes_run else "meets nothing that is known to stop it"
    blocks = [heading(f"A rerun{subject} would still meet {things}" if met else f"A rerun{subject} {nothing}")]
    if met > 1:
        blocks.append(paragraph(("Each would show only after the one before is mended.", "$text-muted")))
    if met < len(problems):
        blocks.append(paragraph(("Least privilege stops no run; closure needs it.", "$text-muted")))
    live = diagnosis.live
    several = live is not None and len(live.sessions) > 1
    for number, (problem, label) in enumerate(zip(problems, labels(problems), strict=True), 1):
        blocks += _problem(number, problem, label, several=several)
    return blocks


def _since(view: Selection) -> list[Block]:
    """Return everything in which the account is no longer what the runs met."""
    lines = since_lines(view.diagnosis)
    head = [GAP, heading("Changed since the runs")] if lines else []
    return [*head, *(bullet(foreign(line)) for line in lines)]


def _problem(number: int, problem: Problem, label: str, *, several: bool) -> list[Block]:
    lead = Content.styled(f"{number} ", "bold $text-accent")
    blocks = [
        GAP,
        Block(
            Content("").join([
                foreign_line(label, "bold $text"),
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
