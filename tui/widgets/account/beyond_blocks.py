"""What the role is granted beyond the need, as a table of actions and resources; where users of the role are not known, unknown."""

from __future__ import annotations

from dataclasses import replace

from textual.content import Content

from diagnosis.account_view.documents import AccountDocument, DocumentKind
from diagnosis.account_view.view import SessionView
from diagnosis.facts.reading import Absent, Known
from diagnosis.gates import Gate
from diagnosis.policy import Unparsable
from diagnosis.verdicts.assessment import BeyondGrant
from tui.foreign_text import foreign, foreign_line
from tui.widgets.account.table_row import Row
from tui.widgets.base import signs
from tui.widgets.base.blocks import GAP, Block, assemble, bullet, heading, paragraph
from tui.widgets.detail.session_blocks import gap_blocks

_WEIGHTS = (7, 6, 4, 4)
_LABELS = ("on", "granted by", "needed")
_GRANTING = (DocumentKind.INLINE, DocumentKind.MANAGED)
MOST = 8
"""Actions of one row."""


def beyond_blocks(view: SessionView) -> list[Block]:
    """Return the verdict of least privilege, what is too much, what else no known use needs, and whose uses are not known."""
    verdict = view.at(Gate.LEAST_PRIVILEGE)
    blocks: list[Block] = []
    if verdict is not None:
        blocks.append(
            Block(foreign(verdict.reason), signs.verdict_mark(verdict.verdict) + Content("  "), Content("  "))
        )
        blocks += [
            bullet(
                foreign(f"{item.what}: {item.why}."),
                (" To obtain it: ", "$text-muted"),
                foreign(item.how),
                foreign_line(f" ({item.permission})" if item.permission else "", "$text-muted"),
                sign=Content.styled("?", "$text-warning"),
            )
            for item in verdict.missing
        ]
    if view.problems:
        blocks += [GAP, heading("Too much", "bold $text-error")]
        blocks += [
            bullet(foreign(problem.reason), sign=Content.styled("!", "bold $text-error")) for problem in view.problems
        ]
    known = not view.gaps and (verdict is None or not verdict.missing)
    blocks += [GAP, heading("Granted, and needed by no use that is known")]
    if view.beyond or view.withheld:
        words = ("Actions", "On", "Granted by", "Needed")
        blocks.append(replace(_row(*(Content.styled(word, "bold $text-muted") for word in words)), head=True))
        blocks += [_grant(grant, known=False) for grant in view.withheld]
        blocks += [_grant(grant, known=known) for grant in view.beyond]
    else:
        blocks.append(paragraph(_nothing(view), indent=2))
    blocks += gap_blocks(view.gaps)
    if view.notes:
        blocks += [GAP, *(bullet(foreign(note)) for note in view.notes)]
    return blocks


def _nothing(view: SessionView) -> str:
    if not all(_understood(document) for document in view.documents if document.kind in _GRANTING):
        return "Nothing in what could be read."
    return "Nothing else." if view.problems else "Nothing."


def _understood(document: AccountDocument) -> bool:
    if isinstance(document.reading, Known):
        return not isinstance(document.reading.value.policy, Unparsable)
    return isinstance(document.reading, Absent)


def _grant(grant: BeyondGrant, *, known: bool) -> Block:
    actions = Content(", ").join([foreign_line(action) for action in grant.actions[:MOST]])
    more = f" and {len(grant.actions) - MOST} more" if len(grant.actions) > MOST else ""
    on = Content(", ").join([foreign_line(resource) for resource in grant.resources])
    if grant.all_but:
        on = assemble(("everything but ", "$text-muted"), on)
    if grant.conditional:
        on = assemble(on, (" under conditions", "$text-muted"))
    needed = Content("no known use needs it")
    if grant.needed_elsewhere:
        needed = Content("yes, on less than this")
    if not known:
        needed = Content.styled("? unknown: not every use is", "$text-warning")
    return _row(
        assemble(foreign_line(f"{grant.service} {len(grant.actions)}: ", "bold $text"), actions, (more, "$text-muted")),
        on,
        assemble(foreign_line(grant.policy), " ", foreign_line(grant.statement)),
        needed,
    )


def _row(first: Content, *cells: Content) -> Row:
    return Row(first, cells=cells, weights=_WEIGHTS, labels=_LABELS)
