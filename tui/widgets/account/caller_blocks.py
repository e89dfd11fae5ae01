"""Who gets in by the trust policy, as a table: class of callers, smallest token, statement, and whether it is expected."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual.content import Content

from diagnosis.account_view.view import SessionView
from diagnosis.facts.reading import Known
from diagnosis.gates import Gate
from diagnosis.policy import Policy
from diagnosis.trust.question import TrustOutcome
from diagnosis.verdicts.gate_verdict import Missing
from tui.foreign_text import foreign, foreign_line
from tui.widgets.account.table_row import Row
from tui.widgets.base import signs
from tui.widgets.base.blocks import GAP, Block, assemble, bullet, field, heading

if TYPE_CHECKING:
    from diagnosis.callers.admission_verdict import Admitted
    from diagnosis.callers.door import Door

_WEIGHTS = (2, 4, 8, 3, 4)
_COLUMNS = ("", "Who", "Smallest token", "By statement", "Expected")
_LABELS = ("", "smallest token", "by statement", "expected")
_RANK = {TrustOutcome.ALLOWED: 0, TrustOutcome.UNKNOWN: 1, TrustOutcome.DENIED: 2}
_WORDS = {
    TrustOutcome.ALLOWED: ("✔ gets in", "$text-success"),
    TrustOutcome.UNKNOWN: ("? depends", "$text-warning"),
    TrustOutcome.DENIED: ("◌ refused", "$text-muted"),
}
_UNWANTED = ("✘ gets in", "bold $text-error")


def caller_blocks(view: SessionView) -> list[Block]:
    """Return the verdict on who gets in, this run itself, and everybody else."""
    admission = view.admission
    if isinstance(admission, Missing):
        blocks = [
            Block(
                assemble(("Not known: ", "bold $text-warning"), foreign(f"{admission.what}: {admission.why}"), "."),
                Content.styled("? ", "bold $text-warning"),
            )
        ]
        if admission.permission:
            blocks.append(field("Permission", foreign_line(admission.permission)))
        return [*blocks, field("To obtain it", foreign(admission.how))]
    blocks = [
        Block(foreign(admission.reason), signs.verdict_mark(admission.verdict) + Content("  "), Content("  ")),
        GAP,
        replace(_row(*(Content.styled(word, "bold $text-muted") for word in _COLUMNS)), head=True),
        *_this_run(view),
    ]
    harmful = set(admission.too_open)
    listed = sorted(admission.probes, key=lambda item: (item not in harmful, _RANK[item.outcome]))
    blocks += [_caller(item) for item in listed if item.outcome is not TrustOutcome.DENIED]
    if admission.doors:
        blocks += [GAP, heading("Second doors: who comes in beside GitHub's workflows")]
        blocks += [_door(door) for door in admission.doors]
    refused = [item.who for item in listed if item.outcome is TrustOutcome.DENIED]
    if refused:
        names = Content(", ").join([foreign_line(who) for who in refused])
        blocks += [GAP, Block(assemble(("Refused: ", "$text-muted"), names, "."), Content.styled("◌ ", "$text-muted"))]
    if admission.notes:
        blocks += [GAP, *(bullet(foreign(note)) for note in admission.notes)]
    return blocks


def _this_run(view: SessionView) -> list[Block]:
    verdict = view.at(Gate.ROLE_ASSUMPTION)
    if verdict is None:
        return []
    statement = _statement_of_run(view)
    return [
        _row(
            signs.verdict_mark(verdict.verdict),
            Content.styled("this run", "bold $text"),
            foreign_line(subject),
            foreign_line(statement),
            Content("yes"),
        )
        for subject in view.subjects[:3] or ("not known",)
    ]


def _statement_of_run(view: SessionView) -> str:
    found: dict[str, None] = {}
    for mark in view.decides(Gate.ROLE_ASSUMPTION):
        reading = view.documents[mark.document].reading
        policy = reading.value.policy if isinstance(reading, Known) else None
        if isinstance(policy, Policy) and mark.statement is not None:
            found[policy.statements[mark.statement].name] = None
    return ", ".join(found) or "–"


def _caller(item: Admitted) -> Block:
    unwanted = item.harmful and item.outcome is TrustOutcome.ALLOWED
    expected = ("no: a release role should refuse it", "bold $text-error") if unwanted else ("yes: may be meant", "")
    if item.harmful and item.outcome is TrustOutcome.UNKNOWN:
        expected = ("no, if it gets in", "$text-warning")
    return _row(
        Content.styled(*(_UNWANTED if unwanted else _WORDS[item.outcome])),
        foreign_line(item.who),
        foreign_line(item.subject or "–"),
        foreign_line(item.statement or "–"),
        Content.styled(*expected),
    )


def _door(door: Door) -> Block:
    expected = Content("bounded")
    if door.excepted is not None:
        expected = assemble("stated until ", foreign_line(door.excepted.expires.isoformat()))
    elif door.harmful:
        expected = Content.styled("no: close it", "bold $text-error")
    elif door.unsure:
        expected = Content.styled("no, if it gets in", "$text-warning")
    return _row(
        Content.styled(*(_UNWANTED if door.harmful else _WORDS[door.outcome])),
        foreign_line(door.principal),
        foreign_line(door.action),
        foreign_line(door.statement),
        expected,
    )


def _row(first: Content, *cells: Content) -> Row:
    return Row(first, cells=cells, weights=_WEIGHTS, labels=_LABELS)
