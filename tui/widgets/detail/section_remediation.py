"""The section *Remediation*: the smallest change for each owner, its proof, and what it would newly admit."""

from __future__ import annotations

from textual.content import Content

from diagnosis.documents.credentials import NOT_SIGNED_IN, account_unread
from diagnosis.documents.outlook import admits_words, path_sentence
from diagnosis.verdicts.diagnosis import Path
from diagnosis.verdicts.outlook import outlook_after, taken_tag
from diagnosis.verdicts.remediation import Remediation
from tui.foreign_text import foreign, foreign_line
from tui.widgets.base import signs
from tui.widgets.base.blocks import GAP, Block, assemble, bullet, code, field, heading, paragraph
from tui.widgets.detail.selection import FORMS, RemediationForm, Selection, form_text
from tui.widgets.runs.gh_lines import gh_lines
from tui.widgets.timeline.columns import nothing_to_change, rerun_outcome

_INDENT = 2
_FEW = 2
"""Changes whose titles make the title of their path."""


def blocks_of(view: Selection) -> list[Block]:
    """Return the selected path with its proof, then its changes in order."""
    path = view.path
    if path is None:
        return _none(view)
    blocks = _path(view, path)
    blocks += _still(path)
    for number, remediation in enumerate(path.remediations, 1):
        blocks += _remediation(view, number, remediation)
    return blocks + _then(view, path)


def _none(view: Selection) -> list[Block]:
    live = view.diagnosis.live
    if live is None:
        return [
            paragraph("The live side was not read, so no change can be proposed with proof. "),
            paragraph("r reads again."),
        ]
    if account_unread(view.diagnosis):
        return [paragraph(f"The account was not read ({NOT_SIGNED_IN}), so no change can be proved.")]
    if nothing_to_change(view.diagnosis):
        return [paragraph(("✔ ", "$text-success"), "Every gate passes now: there is nothing to change.")]
    return [
        paragraph("No bounded change is known that would open what fails now."),
        paragraph(("What could not be read is listed under Unknown.", "$text-muted")),
    ]


def _path(view: Selection, path: Path) -> list[Block]:
    count = len(view.diagnosis.paths)
    index = view.path_index % count
    which = f"Path {index + 1} of {count} · " if count > 1 else ""
    blocks = [
        heading(assemble((which, "bold $text-accent"), foreign_line(_title(path, count), "bold $text"))),
        paragraph(*_standing(index, count)),
        GAP,
        *_opens(view, path),
    ]
    if path.proves:
        blocks.append(field("Proves", foreign(path.proves)))
    if path.does_not_prove:
        blocks.append(field("Not proved", foreign(path.does_not_prove)))
    style = "bold $text-warning" if path.newly_admitted else "$text-success"
    blocks.append(field("Newly admits", (admits_words(path), style)))
    return blocks + [bullet(foreign(admitted), indent=13) for admitted in path.newly_admitted]


def _then(view: Selection, path: Path) -> list[Block]:
    """Return the line that starts the run again once the changes are made."""
    subject, made_at = view.diagnosis.subject, view.diagnosis.made_at
    if subject is None or made_at is None:
        return []
    lines = gh_lines(subject, path, made_at, taken_tag(view.diagnosis))
    if not lines:
        return []
    return [
        GAP,
        field("Then", foreign(lines[0].line)),
        field("", foreign(f"{lines[0].words} R copies it.", "$text-muted")),
    ]


def _title(path: Path, paths: int) -> str:
    """Return the path's title, which tells it from others; of the only one, whose many changes stand below, how many these are."""
    owners = len({item.owner for item in path.remediations})
    count = len(path.remediations)
    return path.title if paths > 1 or count <= _FEW else f"{count} changes, {owners} owner{'s' * (owners > 1)}"


def _still(path: Path) -> list[Block]:
    """Return what the path would leave in the way."""
    if not path.still:
        return []
    blocks = [GAP, heading("Still in the way after these changes", "bold $text-warning")]
    for problem in path.still:
        place = problem.checkpoint.value if problem.checkpoint else problem.plane.label
        blocks.append(bullet((f"{place} ", signs.PLANE_STYLES[problem.plane]), foreign(problem.reason)))
    return blocks


def _standing(index: int, count: int) -> list[str | Content | tuple[str, str]]:
    if count == 1:
        return [("The only path known.", "$text-muted")]
    words = "Recommended: it widens least." if index == 0 else "An alternative; the first path widens less."
    return [(f"{words}  p shows the next path.", "$text-muted")]


def _opens(view: Selection, path: Path) -> list[Block]:
    """Return what one more run would come to, then each gate by itself where not all pass."""
    after = outlook_after(view.diagnosis, path)
    outcome = rerun_outcome(after)
    words = path_sentence(path, after)
    how = " (judged again on the model)" if path.opens_all else ""
    style = signs.VERDICT_STYLES[outcome.verdict]
    blocks = [field("Proof", foreign_line(f"{outcome.sign} {words}", style), (how, "$text-muted"))]
    if after.all_pass:
        return blocks
    parts: list[str | Content | tuple[str, str]] = []
    for verdict in path.gates:
        parts += [signs.verdict_mark(verdict.verdict), f" {verdict.gate.label}   "]
    return [*blocks, field("Opens", *parts)]


def _remediation(view: Selection, number: int, remediation: Remediation) -> list[Block]:
    where = remediation.checkpoint.value if remediation.checkpoint else remediation.plane.label
    here = remediation.checkpoint is not None and remediation.checkpoint.gate is view.cell.gate
    blocks = [
        GAP,
        Block(
            assemble(foreign_line(remediation.title, "bold $text"), ("  ◂ chosen gate" if here else "", "$text-accent")),
            Content.styled(f"{number} ", "bold $text-accent"),
        ),
        paragraph(
            (where, signs.PLANE_STYLES[remediation.plane]), (" · ", "$text-muted"),
            foreign_line(", ".join(remediation.causes), "$text-muted"), indent=_INDENT,
        ),
        paragraph(foreign(remediation.words), indent=_INDENT),
        _field("Owner", remediation.owner.value),
    ]  # fmt: skip
    if remediation.widens:
        blocks.append(_field("Widens", foreign("\n".join(remediation.widens))))
    elif not remediation.tightens:
        blocks.append(_field("Widens", ("nothing", "$text-success")))
    if remediation.tightens:
        blocks.append(
            _field("Tightens", ("a change of its own: the run passes without it, closure needs it", "$text-muted"))
        )
        blocks += [bullet(foreign_line(text, "$text-warning"), indent=13) for text in remediation.tightens]
    if remediation.actions:
        blocks.append(_field("Actions", foreign_line(", ".join(remediation.actions))))
    blocks += [_field("Warning", foreign(warning, "$text-warning")) for warning in remediation.warnings]
    if remediation.verify:
        blocks.append(_field("Verify", foreign(remediation.verify)))
    return blocks + _forms(view.form, remediation)


def _field(label: str, *parts: str | Content | tuple[str, str]) -> Block:
    return field(" " * _INDENT + label, *parts)


def _forms(shown: RemediationForm, remediation: Remediation) -> list[Block]:
    offered = [form for form in FORMS if form_text(remediation, form)]
    if not offered:
        return []
    tabs = [(f" {form.value} ", "bold $text on $primary 40%" if form is shown else "$text-muted") for form in offered]
    tabs.append(("  d next form · y copies", "$text-muted"))
    blocks = [GAP, paragraph(*tabs, indent=_INDENT - 1)]
    if shown not in offered:
        return [*blocks, paragraph((f"There is no {shown.value} form of this change.", "$text-muted"), indent=_INDENT)]
    text = form_text(remediation, shown)
    content = _difference(text) if shown is RemediationForm.DIFFERENCE else foreign(text)
    return [*blocks, *(_indented(block) for block in code(content))]


def _indented(block: Block) -> Block:
    pad = Content(" " * _INDENT)
    return Block(block.content, pad + block.first, pad + block.rest if block.rest is not None else None, block.fill)


def _difference(text: str) -> Content:
    """Return a unified difference: the signs ``+`` and ``-`` tell, colour helps."""
    styles = {"+": "$text-success", "-": "$text-error", "@": "$text-muted"}
    return Content("\n").join(foreign_line(line, styles.get(line[:1], "")) for line in text.splitlines())
