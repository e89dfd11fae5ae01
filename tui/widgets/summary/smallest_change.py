"""The smallest change in the summary: which part belongs to which owner, and the proof that one more run passes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from textual.content import Content

from diagnosis.gates import Owner, Verdict
from diagnosis.verdicts.diagnosis import Diagnosis, Path
from diagnosis.verdicts.remediation import Remediation
from tui.foreign_text import foreign_line
from tui.widgets.base.blocks import Block, assemble
from tui.widgets.timeline.columns import ends_elsewhere, path_at

SHORT_NAMES = {
    Owner.RELEASE_ENGINEERING: "Platform",
    Owner.CLOUD_SECURITY: "Cloud",
    Owner.ORGANIZATION: "Org",
    Owner.REGISTRY: "Registry",
    Owner.REVIEWER: "Reviewer",
}
"""Of at most eight letters, for the column of labels."""
LATER = "Later"
"""The label of changes that tighten: the run passes without them, closure needs them."""


@dataclass(frozen=True, slots=True)
class Part:
    """Changes of a path that stand together: those of one owner that open, or those that tighten."""

    owner: Owner
    tightens: bool
    changes: list[tuple[int, Remediation]] = field(default_factory=list, compare=False)
    """With their numbers in the path."""

    @property
    def label(self) -> str:
        """The name for the column of labels."""
        return LATER if self.tightens else SHORT_NAMES[self.owner]

    @property
    def heading(self) -> str:
        """The name on a line of its own."""
        return f"{self.owner.value}, later: the run passes without it" if self.tightens else self.owner.value


def parts_of(path: Path) -> list[Part]:
    """Return the numbered changes of a path by owner, in the order in which these come up; what tightens stands apart."""
    parts: dict[tuple[Owner, bool], Part] = {}
    for number, remediation in enumerate(path.remediations, 1):
        key = remediation.owner, bool(remediation.tightens)
        parts.setdefault(key, Part(*key)).changes.append((number, remediation))
    return list(parts.values())


def proof_of(path: Path) -> Content:
    """Say what judging all gates again has shown."""
    if path.opens_all:
        return Content.styled(f"✔ one more run then passes {path.all_gates}", "$text-success")
    if path.passes_run:
        return Content.styled(
            "✔ one more run then passes; least privilege, and so closure, stays open", "$text-success"
        )
    if path.opens_all_understood:
        more = f" and {len(path.not_covered) - 1} more" if len(path.not_covered) > 1 else ""
        words = f"? opens every gate as far as the steps were understood; not covered: {path.not_covered[0]}{more}"
        return foreign_line(words, "$text-warning")
    count = sum(verdict.verdict is Verdict.PASS for verdict in path.gates)
    return Content.styled(f"? opens {count} of {len(path.gates)} gates: the rest is not proved", "$text-warning")


def head_of(diagnosis: Diagnosis, path_index: int) -> Content:
    """Return the proof and which path it belongs to, or why there is no path."""
    path = path_at(diagnosis, path_index)
    if path is None:
        live = diagnosis.live
        if live is not None and all(verdict.verdict is Verdict.PASS for verdict in live.gates):
            none = "none at a gate" if ends_elsewhere(diagnosis.subject) else "none is needed"
            return Content.styled(none, "$text-muted")
        return Content.styled("? no bounded change is known", "$text-warning")
    count = len(diagnosis.paths)
    which = f"  path {path_index % count + 1} of {count}, p the next" if count > 1 else ""
    return assemble(proof_of(path), (which, "$text-muted"))


def short_lines(diagnosis: Diagnosis, path_index: int, label: Content, width: int) -> list[Content]:
    """Return the proof, then one line for each owner, and one for what tightens."""
    path = path_at(diagnosis, path_index)
    room = label.cell_length
    parts = (_name(part, room) + _fitting(part.changes, width - room) for part in (parts_of(path) if path else ()))
    return [label + head_of(diagnosis, path_index), *parts]


def blocks_of(diagnosis: Diagnosis, path_index: int, label: Content, *, listed: bool) -> list[Block]:
    """Return the same, wrapped; ``listed`` gives each change a line of its own under its owner's full name."""
    path = path_at(diagnosis, path_index)
    blocks = [Block(head_of(diagnosis, path_index), label)]
    margin = Content(" " * label.cell_length)
    for part in parts_of(path) if path else ():
        if listed:
            blocks.append(Block(Content.styled(part.heading, "$text-muted"), margin))
            blocks += [Block(foreign_line(item.title, "bold $text"), margin + _number(n)) for n, item in part.changes]
        else:
            blocks.append(Block(Content("  ").join(_items(part.changes)), _name(part, label.cell_length)))
    if listed and path is not None:
        admits = len(path.newly_admitted)
        words = f"! newly admits {admits} beyond the need" if admits else "newly admits nothing beyond the need"
        blocks.append(Block(Content.styled(words, "$text-warning" if admits else "$text-success"), margin))
    return blocks


def _name(part: Part, width: int) -> Content:
    return Content.styled(part.label.ljust(width), "$text-muted")


def _number(number: int) -> Content:
    return Content.styled(f"{number} ", "bold $text-accent")


def _items(changes: Sequence[tuple[int, Remediation]]) -> list[Content]:
    return [_number(number) + foreign_line(change.title, "bold $text") for number, change in changes]


def _fitting(changes: Sequence[tuple[int, Remediation]], width: int) -> Content:
    """Return all titles on one line; where it is too short each is cut, so that none is lost whole."""
    line = Content("  ").join(_items(changes))
    if line.cell_length <= width:
        return line
    room = max(8, (width - 2 * (len(changes) - 1)) // len(changes))
    return Content("  ").join([item.truncate(room, ellipsis=True) for item in _items(changes)])
