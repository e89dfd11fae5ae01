"""The section *Unknown*: every gap of the diagnosis, with its reason and the way to fill it."""

from __future__ import annotations

from diagnosis.gates import Verdict
from diagnosis.verdicts.gate_verdict import Missing
from tui.widgets.base.blocks import Block, heading, paragraph
from tui.widgets.detail.evidence_blocks import missing_blocks
from tui.widgets.detail.selection import Selection


def all_missing(view: Selection) -> tuple[Missing, ...]:
    """Return the diagnosis's gaps, then those that only a cell names, each once."""
    seen = dict.fromkeys(view.diagnosis.unknown)
    live = view.diagnosis.live.gates if view.diagnosis.live else ()
    for gates in (*(replay.gates for replay in view.diagnosis.replays), live):
        for verdict in gates:
            if verdict.verdict is Verdict.UNKNOWN:
                seen.update(dict.fromkeys(verdict.missing))
    return tuple(seen)


def blocks_of(view: Selection) -> list[Block]:
    """Return all gaps, or a sentence that there are none."""
    missing = all_missing(view)
    if not missing:
        return [paragraph(("✔ ", "$text-success"), "Nothing was left unread.")]
    count = f"{len(missing)} {'thing' if len(missing) == 1 else 'things'}"
    return [heading(f"{count} could not be read", "bold $text-warning"), *missing_blocks(missing)]
