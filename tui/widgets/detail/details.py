"""The details of the selected cell: a bar with the five sections, and the page of the one that is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from textual import events
from textual.app import ComposeResult, RenderResult
from textual.containers import Vertical
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui import messages
from tui.widgets.base import signs
from tui.widgets.base.blocks import Block
from tui.widgets.base.page import Page
from tui.widgets.detail import (
    section_closure,
    section_evidence,
    section_forecast,
    section_remediation,
    section_unknown,
)
from tui.widgets.detail.selection import Section, Selection

BLOCKS: dict[Section, Callable[[Selection], list[Block]]] = {
    Section.EVIDENCE: section_evidence.blocks_of,
    Section.REMEDIATION: section_remediation.blocks_of,
    Section.FORECAST: section_forecast.blocks_of,
    Section.CLOSURE: section_closure.blocks_of,
    Section.UNKNOWN: section_unknown.blocks_of,
}


class SectionBar(Widget):
    """Name the sections on one line, each with its key and a count."""

    section: reactive[Section] = reactive(Section.EVIDENCE)

    def __init__(self) -> None:
        super().__init__()
        self._notes: dict[Section, str] = {}
        self._short_notes: dict[Section, str] = {}
        """The same with the sign of closure's state in place of its word."""
        self._places: list[tuple[int, int, Section]] = []

    def show(self, view: Selection) -> None:
        """Count what the sections hold."""
        missing = len(section_unknown.all_missing(view))
        closure = view.diagnosis.closure
        self._notes = {
            Section.FORECAST: str(len(view.diagnosis.forecast) or ""),
            Section.CLOSURE: closure.status.value if closure else "",
            Section.UNKNOWN: str(missing or ""),
        }
        sign = signs.CLOSURE_STYLES[closure.status][0] if closure else ""
        self._short_notes = {**self._notes, Section.CLOSURE: sign}
        self.refresh()

    def render(self) -> RenderResult:
        """Draw names and counts; where the line is too short, the state of closure is its sign, then the counts are left out."""
        width = self.content_size.width
        parts: list[Content] = []
        for notes in (self._notes, self._short_notes, {}):
            parts = [self._part(section, number, notes) for number, section in enumerate(Section, 1)]
            if sum(part.cell_length for part in parts) <= width:
                break
        self._places, left = [], 0
        for section, part in zip(Section, parts, strict=True):
            self._places.append((left, left + part.cell_length, section))
            left += part.cell_length
        return Content("").join(parts)

    def _part(self, section: Section, number: int, notes: Mapping[Section, str]) -> Content:
        here = section is self.section
        note = f" {notes[section]}" if notes.get(section) else ""
        name = Content.assemble(
            (f" {number}", "$text-muted"),
            (f" {section.value.title()}", "bold $text" if here else "$text"),
            (note, "$text-accent"),
            " ",
        )
        return name.stylize_before("on $surface-active underline") if here else name

    def on_click(self, event: events.Click) -> None:
        """Choose a section by mouse."""
        offset = event.get_content_offset(self)
        if offset is not None:
            for left, right, section in self._places:
                if left <= offset.x < right:
                    self.post_message(messages.SectionChosen(section))


class Details(Vertical):
    """The section bar above, the page below."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.bar = SectionBar()
        self.page = Page(id="page")
        self.view: Selection | None = None

    def compose(self) -> ComposeResult:
        """Lay out bar and page."""
        yield self.bar
        yield self.page

    @property
    def section(self) -> Section:
        """The section shown."""
        return self.bar.section

    def show(self, view: Selection, section: Section | None = None) -> None:
        """Show the details of a cell. The page keeps its place where the diagnosis, path and section are the same."""
        wanted = section or self.section
        same = wanted is self.section and self.view is not None and wanted is not Section.EVIDENCE
        keep = same and self.view is not None and self.view.diagnosis is view.diagnosis and self.view.path is view.path
        self.view, self.bar.section = view, wanted
        self.bar.show(view)
        self.page.show(BLOCKS[wanted](view), keep_place=keep)
