"""The section *Closure*: whether the chain is closed, rule by rule, and findings on its integrity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual.content import Content

from diagnosis.facts.evidence import Evidence
from tui.foreign_text import foreign, foreign_line
from tui.widgets.base import signs
from tui.widgets.base.blocks import GAP, Block, assemble, bullet, heading, paragraph
from tui.widgets.detail.selection import Selection
from tui.widgets.timeline.columns import attempt_title


def blocks_of(view: Selection) -> list[Block]:
    """Return status, rules and findings."""
    closure = view.diagnosis.closure
    if closure is None:
        return [paragraph("This chain was not judged for closure.")]
    sign, style = signs.CLOSURE_STYLES[closure.status]
    runs = {replay.attempt.html_url: attempt_title(replay) for replay in view.diagnosis.replays}
    blocks = [
        heading(assemble((f"{sign} {closure.status.value}", style))),
        paragraph(foreign(closure.sentence)),
        GAP,
    ]
    for rule in closure.rules:
        blocks.append(Block(assemble(foreign_line(rule.title, "bold $text")), _mark(signs.verdict_mark(rule.verdict))))
        blocks.append(paragraph(foreign(rule.reason, "$text-muted"), indent=11))
        blocks += _proofs(rule.evidence, runs, indent=11)
    if closure.integrity:
        blocks += [GAP, heading("Integrity: green for the wrong reason?", "bold $text-warning")]
    for finding in closure.integrity:
        note = "  breaks closure" if finding.breaks_closure else ""
        blocks.append(
            bullet(
                foreign_line(finding.slug, "bold $text"),
                (note, "bold $text-error"),
                sign=Content.styled("!", "$text-warning"),
            )
        )
        blocks.append(paragraph(foreign(finding.reason), indent=2))
        blocks += _proofs(finding.evidence, runs, indent=2)
    return blocks


def _proofs(evidence: Iterable[Evidence], runs: Mapping[str, str], *, indent: int) -> list[Block]:
    """Return where the proof lies: attempts of this timeline by the names that it gives them, anything else by its address."""
    addresses = list(dict.fromkeys(piece.address for piece in evidence if piece.address))
    named = [runs[address] for address in addresses if address in runs]
    blocks = [paragraph(foreign_line(", ".join(named), "$text-accent"), indent=indent)] if named else []
    others = [address for address in addresses if address not in runs]
    return blocks + [paragraph(foreign_line(address, "$text-accent"), indent=indent) for address in others]


def _mark(mark: Content) -> Content:
    return mark.truncate(11, pad=True)
