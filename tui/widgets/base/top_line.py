"""The first line of the screen: the repository, where the facts come from, the stage of the demo, and what is being read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui.foreign_text import foreign_line

if TYPE_CHECKING:
    from diagnosis.facts.account import CredentialsProblem
    from tui.backend import Moment, Progress

WIDE = 100
"""From this width on the moment's title is shown."""


def fitting_note(note: str, room: int) -> str:
    """Return the note, or where it does not fit its last clauses, which say what is not as recorded."""
    rest = note
    while foreign_line(rest).cell_length > room:
        clause = re.search(r"[:,] ", rest)
        if clause is None:
            return note
        rest = rest[clause.end() :]
    return rest


class TopLine(Widget):
    """Draw the first line; on a narrow screen the less important parts are left out."""

    title: reactive[str] = reactive("")
    origin_note: reactive[str] = reactive("")
    limit_note: reactive[str] = reactive("")
    moment: reactive[Moment | None] = reactive(None)
    moment_count: reactive[int] = reactive(0)
    credentials: reactive[CredentialsProblem | None] = reactive(None)
    """What is wrong with the reader's own AWS credentials: said here, with the way out, and nowhere else."""
    progress: reactive[Progress | None] = reactive(None)
    stops: reactive[str] = reactive("esc")
    """The key that stops what is being read."""
    note: reactive[str] = reactive("")

    def render(self) -> RenderResult:
        """Draw name, repository and note on the left; progress, or stage and rate limit, on the right."""
        width = self.content_size.width
        if self.credentials is not None and self.progress is None:
            return self.not_signed_in(self.credentials, width)
        right = self._right(max(20, width // 2))
        brand = " planescope " if width >= WIDE else "planescope"
        left = Content.styled(brand, "bold $block-cursor-foreground on $primary")
        room = width - right.cell_length - left.cell_length - 3
        if self.title:
            title = foreign_line(self.title, "bold $text")
            _, slash, name = self.title.partition("/")
            short = bool(self.origin_note) and width < WIDE
            if slash and (short or title.cell_length > room):
                title = foreign_line(f"…/{name}", "bold $text")
            left += Content(" ") + title
        if self.origin_note:
            left += Content.styled(" · ", "$text-muted")
            note = fitting_note(self.origin_note, width - right.cell_length - left.cell_length - 1)
            left += foreign_line(note, "$text-warning")
        left = left.truncate(max(0, width - right.cell_length - 1), ellipsis=True, pad=True)
        return left + Content(" ") + right

    def not_signed_in(self, problem: CredentialsProblem, width: int) -> Content:
        """Draw what is wrong and how to sign in, in the fullest words that fit: the repository's name gives way to them."""
        from diagnosis.documents.credentials import (
            short_lines,  # of a diagnosis: the line is painted before there is one
        )

        brand = Content.styled(
            " planescope " if width >= WIDE else "planescope", "bold $block-cursor-foreground on $primary"
        )
        names = [foreign_line(self.title, "bold $text")]
        if "/" in self.title:
            names.append(foreign_line(f"…/{self.title.rpartition('/')[2]}", "bold $text"))
        again = Content.styled("  r reads again", "$text-muted")
        mark = Content.styled(" ✘ ", "bold $text-error")
        told = [foreign_line(words, "bold $text-error") for words in short_lines(problem)]
        named = [brand + Content(" ") + name + mark for name in names]
        lines = [named[0] + told[0] + again, *(lead + words for words in told[:2] for lead in named)]
        lines += [brand + mark + words for words in told]
        fitting = next((line for line in lines if line.cell_length <= width), lines[-1])
        return fitting.truncate(max(0, width), ellipsis=True, pad=True)

    def _right(self, room: int) -> Content:
        if self.progress is not None:
            return self._progress(self.progress, room)
        parts = []
        if self.note:
            parts.append(foreign_line(self.note, "$text-muted"))
        if self.limit_note:
            parts.append(foreign_line(self.limit_note, "$text-muted"))
        if self.moment is not None:
            staged = self.moment.name.isdigit()
            stage = Content.styled(f" {'stage ' if staged else ''}", "bold $text-accent")
            stage += foreign_line(self.moment.name, "bold $text-accent")
            if staged and self.moment_count:
                stage += Content.styled(f"/{self.moment_count}", "$text-muted")
            # Where it is narrow, what kind of facts these are matters more: what stopped the run is said below.
            title = f" {self.moment.title} " if self.content_size.width >= WIDE else " "
            parts.append(stage + foreign_line(title, "$text"))
        return Content.styled(" · ", "$text-muted").join(parts).truncate(room, ellipsis=True)

    def _progress(self, progress: Progress, room: int) -> Content:
        count = ""
        if progress.total:
            filled = round(8 * min(progress.done, progress.total) / progress.total)
            count = f" {'━' * filled}{'╌' * (8 - filled)} {progress.done}/{progress.total}"
        tail = Content.styled(f"{count}  {self.stops} stops ", "$text-muted")
        what = foreign_line(progress.what, "$text-accent", width=max(4, room - tail.cell_length - 2))
        return Content.styled("◐ ", "$text-accent") + what + tail
