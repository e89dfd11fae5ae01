"""The smallest change in the summary: which part belongs to which owner, and the proof of what one more run then does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from textual.content import Content

from diagnosis.documents.credentials import account_unread
from diagnosis.documents.outlook import admits_words, path_sentence
from diagnosis.gates import Owner
from diagnosis.verdicts.diagnosis import Diagnosis, Path
from diagnosis.verdicts.outlook import outlook_after, outlook_now
from diagnosis.verdicts.remediation import Remediation
from tui.foreign_text import foreign_line
from tui.widgets.base import signs
from tui.widgets.base.blocks import Block, assemble, layout
from tui.widgets.summary.fitting import LABEL, Form, Part, in_order, label, more, packed
from tui.widgets.timeline.columns import nothing_to_change, path_at, rerun_outcome

SHORT_NAMES = {
    Owner.RELEASE_ENGINEERING: "Platform",
    Owner.CLOUD_SECURITY: "Cloud",
    Owner.ORGANIZATION: "Org",
    Owner.REGISTRY: "Registry",
    Owner.REVIEWER: "Reviewer",
}
"""Of at most eight letters, for the column of labels."""
LATER = " (later)"
"""Behind changes that tighten: the run passes without them, closure needs them."""
KEY = "2"
"""The key of the section that has every change."""


@dataclass(frozen=True, slots=True)
class OwnersPart:
    """Changes of a path that stand together: those of one owner that open, or those that tighten."""

    owner: Owner
    tightens: bool
    changes: list[tuple[int, Remediation]] = field(default_factory=list, compare=False)
    """With their numbers in the path."""

    @property
    def label(self) -> str:
        """The name for the column of labels."""
        return SHORT_NAMES[self.owner]

    @property
    def items(self) -> list[Content]:
        """Its changes with their numbers."""
        return [self.item(number, change) for number, change in self.changes]

    def item(self, number: int, change: Remediation) -> Content:
        """One of its changes with its number."""
        later = Content.styled(LATER, "$text-muted") if self.tightens else Content("")
        return _number(number) + foreign_line(change.title, "bold $text") + later

    @property
    def heading(self) -> str:
        """The name on a line of its own."""
        return f"{self.owner.value}, later: the run passes without it" if self.tightens else self.owner.value


def parts_of(path: Path) -> list[OwnersPart]:
    """Return the numbered changes of a path by owner, in the order in which these come up; what tightens stands apart."""
    parts: dict[tuple[Owner, bool], OwnersPart] = {}
    for number, remediation in enumerate(path.remediations, 1):
        key = remediation.owner, bool(remediation.tightens)
        parts.setdefault(key, OwnersPart(*key)).changes.append((number, remediation))
    return list(parts.values())


def proof_of(diagnosis: Diagnosis, path: Path) -> Content:
    """Say what judging all gates again has shown, with the sign that the column AFTER FIX bears."""
    after = outlook_after(diagnosis, path)
    outcome = rerun_outcome(after)
    return foreign_line(f"{outcome.sign} {path_sentence(path, after)}", signs.VERDICT_STYLES[outcome.verdict])


def head_of(diagnosis: Diagnosis, path_index: int) -> Content:
    """Return the proof and which path it belongs to, or why there is no path."""
    path = path_at(diagnosis, path_index)
    if path is None:
        if nothing_to_change(diagnosis):
            elsewhere = outlook_now(diagnosis).ended_elsewhere
            return Content.styled("none at a gate" if elsewhere else "none is needed", "$text-muted")
        unread = account_unread(diagnosis)
        words = "none can be proved without the account" if unread else "no bounded change is known"
        return Content.styled(f"? {words}", "$text-warning")
    count = len(diagnosis.paths)
    which = f"  path {path_index % count + 1} of {count}, p the next" if count > 1 else ""
    return assemble(proof_of(diagnosis, path), (which, "$text-muted"))


def change_part(diagnosis: Diagnosis, path_index: int, width: int) -> Part:
    """Return the proof, then the changes by owner: a line each, in full, or with as many as a few lines hold."""
    path, head = path_at(diagnosis, path_index), head_of(diagnosis, path_index)
    first = Block(head, label("Change")).lines(width)
    if path is None:
        return Part((Form(0, tuple(first)),), within=lambda room: first[: max(0, room)])
    parts = parts_of(path)
    by_owner = [*first, *(line for part in parts for line in _of_owner(part, width))]
    listed = [*first, *layout(_listed(path, parts), width)]
    forms = in_order(Form(0, tuple(by_owner)), Form(4, tuple(listed)))
    bare = tuple(by_owner[len(first) :])
    return Part(forms, within=lambda room: _counted(parts, room, width), bare=bare)


def _of_owner(part: OwnersPart, width: int) -> list[Content]:
    lines = packed(part.items, max(4, width - LABEL))
    return [(_name(part) if not place else Content(" " * LABEL)) + line for place, line in enumerate(lines)]


def _listed(path: Path, parts: Sequence[OwnersPart]) -> list[Block]:
    """Return each change on a line of its own under its owner's full name, then what the path admits."""
    margin = Content(" " * LABEL)
    blocks: list[Block] = []
    for part in parts:
        blocks.append(Block(Content.styled(part.heading, "$text-muted"), margin))
        blocks += [Block(foreign_line(item.title, "bold $text"), margin + _number(n)) for n, item in part.changes]
    sign, style = ("!", "$text-warning") if path.newly_admitted else ("✔", "$text-success")
    blocks.append(Block(Content.styled(f"{sign} newly admits {admits_words(path)}", style), margin))
    return blocks


def _counted(parts: Sequence[OwnersPart], room: int, width: int) -> list[Content]:
    """Return at most so many lines: the changes side by side behind their owners, the last of them counted."""
    if room <= 0:
        return []
    changes = [(part, number, item) for part in parts for number, item in part.changes]
    for shown in range(len(changes), -1, -1):
        flow = packed(_flow(changes, shown), max(4, width - LABEL))
        if len(flow) <= room:
            break
    else:
        # Not even the owners' names find room: their number does.
        flow = [
            more(len(changes), KEY) + Content.styled(f" ({len({part.label for part in parts})} owners)", "$text-muted")
        ]
    return [
        ((label("Change") if not place else Content(" " * LABEL)) + line).truncate(width, ellipsis=True)
        for place, line in enumerate(flow[:room])
    ]


def _flow(changes: Sequence[tuple[OwnersPart, int, Remediation]], shown: int) -> list[Content]:
    """Return the first changes, each owner's name before the first of its own; then how many more, and whose they are."""
    items: list[Content] = []
    before: OwnersPart | None = None
    for part, number, change in changes[:shown]:
        name = Content.styled(f"{part.label} ", "$text-muted") if part is not before else Content("")
        items.append(name + part.item(number, change))
        before = part
    rest = changes[shown:]
    if rest:
        named = [part.label for part, _, _ in changes[:shown]]
        others = [name for name in dict.fromkeys(part.label for part, _, _ in rest) if name not in named]
        count = more(len(rest), KEY)
        items.append(count + Content.styled(f" ({', '.join(others)})", "$text-muted") if others else count)
    return items


def _name(part: OwnersPart) -> Content:
    return Content.styled(part.label.ljust(LABEL), "$text-muted")


def _number(number: int) -> Content:
    return Content.styled(f"{number} ", "bold $text-accent")
