"""What a proposed document would do: the gates before and after, and side by side what is newly and no longer admitted."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from textual.content import Content

from diagnosis.gates import Gate, Verdict
from diagnosis.verdicts.gate_verdict import GateVerdict, gates_shown, maybe_verdict_at
from tui.foreign_text import foreign, foreign_line
from tui.widgets.account.gate_bar import SHORT_GATES
from tui.widgets.base import signs
from tui.widgets.base.blocks import EMPTY, GAP, Block, Pair, assemble, bullet, heading
from tui.widgets.timeline.columns import attempt_title

if TYPE_CHECKING:
    from diagnosis.what_if.admitted import Admitted
    from diagnosis.what_if.outcome import RunOutcome, WhatIf
    from diagnosis.what_if.proposal import Placed

MOST = 40
"""Callers or grants of one side."""


def outcome_blocks(result: WhatIf) -> list[Block]:
    """Return the whole judgement, what matters most first."""
    words = {
        Verdict.PASS: "Every run would pass every gate.",
        Verdict.FAIL: "AWS would refuse to save it." if result.refused else "A run would fail at a gate.",
    }
    said = words.get(result.verdict, "Unknown remains.")
    blocks = [Block(Content.styled(said, "bold $text"), signs.verdict_mark(result.verdict) + Content("  "))]
    blocks.append(Block(_changes(result), Content("  ")))
    for item in result.proposals:
        blocks += _placed(item)
    blocks += [GAP, *_runs(result.runs)]
    blocks += _admitted(result.opens, result.closes, result.nothing)
    bad, doubtful = Content.styled("✘", "$text-error"), Content.styled("?", "$text-warning")
    if result.newly_denied:
        blocks += [GAP, heading("Known uses that would newly be denied", "bold $text-error")]
        for need in result.newly_denied[:MOST]:
            step = f" (step “{need.step}”)" if need.step else ""
            where = need.resource or "a resource that is not known"
            blocks.append(bullet(foreign_line(f"{need.action} on {where}{step}"), sign=bad))
    if result.missing:
        blocks += [GAP, heading("Not known", "bold $text-warning")]
        for gap in result.missing:
            more = f" ({gap.permission})" if gap.permission else ""
            text = foreign(f"{gap.what}: {gap.why}. To obtain it: {gap.how}{more}")
            blocks.append(bullet(text, sign=doubtful))
    return blocks


def _changes(result: WhatIf) -> Content:
    """Say how many verdicts of all runs would be others."""
    better = worse = 0
    for outcome in result.runs:
        for before, after in (sides for _, *sides in _sides(outcome)):
            if before is not None and after is not None and before.verdict is not after.verdict:
                better += after.verdict is Verdict.PASS
                worse += before.verdict is Verdict.PASS
    if not better and not worse:
        return Content.styled(
            "No gate of any run would pass that does not today, nor the other way round.", "$text-muted"
        )
    return assemble(
        (f"{better} newly pass", "$text-success" if better else "$text-muted"),
        (" · ", "$text-muted"),
        (f"{worse} no longer pass", "bold $text-error" if worse else "$text-muted"),
    )


def _placed(item: Placed) -> list[Block]:
    over = item.characters > item.limit
    blocks = [
        Block(
            assemble(
                foreign(item.place),
                (f" · {item.characters:,} of {item.limit:,} characters", "bold $text-error" if over else "$text-muted"),
            ),
            Content("  "),
        )
    ]
    bad, doubtful = Content.styled("✘", "bold $text-error"), Content.styled("!", "bold $text-warning")
    blocks += [bullet("AWS would refuse it: ", foreign(reason), sign=bad) for reason in item.refused_because]
    blocks += [bullet(foreign(warning), sign=doubtful) for warning in item.warnings]
    for finding in item.findings:
        if not finding.refused:
            where = f"{finding.place.path}: " if finding.place.path else ""
            text = foreign(f"{where}{finding.sentence} {finding.correction}")
            blocks.append(bullet((f"{finding.severity.value}: ", "$text-muted"), text, sign=doubtful))
    return blocks


def _sides(outcome: RunOutcome) -> list[tuple[Gate, GateVerdict | None, GateVerdict | None]]:
    if outcome.before is None or outcome.after is None:
        return []
    before, after = outcome.before.gates, outcome.after.gates
    return [
        (gate, maybe_verdict_at(before, gate), maybe_verdict_at(after, gate)) for gate in gates_shown(before, after)
    ]


def _runs(runs: tuple[RunOutcome, ...]) -> list[Block]:
    """Return the gates of every run before and after, and why a gate would not pass, each reason once."""
    blocks: list[Block] = [heading("Gates before → after")]
    told: dict[tuple[Gate, str], tuple[GateVerdict, list[str]]] = {}
    for outcome in runs:
        name = attempt_title(outcome.replay)
        head = assemble(
            (f"{name} ", "bold $text"), foreign_line(outcome.replay.attempt.head_branch or "", "$text-muted")
        )
        blocks.append(Block(head))
        if outcome.before is None or outcome.after is None:
            blocks.append(bullet(foreign(outcome.why_not), sign=Content.styled("?", "$text-warning"), indent=2))
            continue
        blocks.append(Block(Content("  ").join([_pair(*sides) for sides in _sides(outcome)]), Content("  ")))
        for gate, before, after in _sides(outcome):
            changed = before is None or after is None or before.verdict is not after.verdict
            if after is not None and (changed or after.verdict is not Verdict.PASS):
                told.setdefault((gate, after.reason), (after, []))[1].append(name)
    for (gate, reason), (after, names) in told.items():
        said = assemble((f"{gate.label} ({', '.join(names)}): ", "$text-muted"), foreign(reason))
        blocks.append(bullet(said, sign=Content.styled(after.verdict.sign, signs.VERDICT_STYLES[after.verdict])))
    return blocks


def _pair(gate: Gate, before: GateVerdict | None, after: GateVerdict | None) -> Content:
    """Return a gate with both signs; where they differ the line says so by its style too."""
    marks = [
        (side.verdict.sign, signs.VERDICT_STYLES[side.verdict]) if side is not None else ("–", "$text-muted")
        for side in (before, after)
    ]
    changed = (before.verdict if before else None) is not (after.verdict if after else None)
    return assemble(
        (SHORT_GATES[gate].replace(" ", "\xa0"), "bold $text" if changed else "$text"), "\xa0", marks[0], "→", marks[1]
    )


def _admitted(opens: Admitted, closes: Admitted, nothing: str) -> list[Block]:
    """Return both sides as pairs of lines."""
    blocks: list[Block] = [
        GAP,
        Pair(Content.styled("Newly admitted", "bold $text"), right=Content.styled("No longer admitted", "bold $text")),
    ]
    sides = [_side(opens, "+", nothing), _side(closes, "-", nothing)]
    return [*blocks, *(Pair(left, right=right) for left, right in zip_longest(*sides, fillvalue=EMPTY))]


def _side(admitted: Admitted, sign: str, nothing: str) -> list[Content]:
    if admitted.nothing:
        return [Content.styled(nothing, "$text-muted")]
    lines: list[Content] = []
    told = (
        ("caller ", "bold $text-warning", admitted.callers),
        ("needed ", "$text-success", admitted.needed),
        ("beyond the need ", "bold $text-error", admitted.beyond),
    )
    for label, style, listed in told:
        lines += [assemble((f"{sign} {label}", style), foreign_line(text)) for text in listed[:MOST]]
        if len(listed) > MOST:
            lines.append(Content.styled(f"{sign} {label}and {len(listed) - MOST} more", style))
    for item in admitted.actions[:MOST]:
        shown = ", ".join(item.actions[:4]) + (f" and {len(item.actions) - 4} more" if len(item.actions) > 4 else "")
        where = f" on {item.examples[0]}" if item.examples else ""
        under = f" if {'; '.join(item.conditions)}" if item.conditions else ""
        lines.append(
            assemble(foreign_line(f"{sign} {item.service} ", "bold $text"), foreign_line(f"{shown}{where}{under}"))
        )
    return lines
