"""The summary below the timeline: what stopped the run, whether it is still broken, the smallest change, what remains."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from diagnosis.gates import Verdict
from diagnosis.verdicts.diagnosis import Diagnosis
from tui import messages
from tui.foreign_text import foreign, foreign_line
from tui.widgets.base import signs
from tui.widgets.base.blocks import Block, assemble, layout
from tui.widgets.summary import answers
from tui.widgets.summary.fitting import ANY, LABEL, Form, Part, fit, in_order, label, more, on_one_line, packed
from tui.widgets.summary.smallest_change import change_part
from tui.widgets.timeline.since import since_lines
from tui.widgets.timeline.timeline import lines_taken

FORECAST_KEY = "3"
CLOSURE_KEY = "4"
_SECTIONS = {
    "Stopped": "evidence", "Run": "evidence", "Now": "evidence", "Rerun": "forecast", "Since": "forecast", "More": "forecast",
    "Closure": "closure",
}  # fmt: skip
"""The sections of the details by the labels of the parts; those of the change bear owners' names."""
_RULES = 4
"""Rules of closure that are named; the section has them all."""
_SHARE = 4
_LEAST = 5
"""Lines that the details keep at least: one in so many of the board's, and no fewer than these where there are as many."""
_FULLEST = ((48, ANY), (28, 3), (0, 0))
"""The fullest forms that a screen of so many lines wishes for: on a lower one the details need the room more."""
_FEWEST = 6
"""Lines that the summary has at least, before the details get any."""


class Summary(Widget):
    """Say the answer in the lines that there are; nothing is left out without a word."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.diagnosis: Diagnosis | None = None
        self.path_index = 0

    def show(self, diagnosis: Diagnosis, path_index: int) -> None:
        """Show another diagnosis."""
        self.diagnosis, self.path_index = diagnosis, path_index
        self.refresh(layout=True)

    def _lines(self, width: int, height: int) -> list[Content]:
        if self.diagnosis is None:
            return []
        fullest = next(rank for lines, rank in _FULLEST if self.app.size.height >= lines)
        return summary_lines(self.diagnosis, self.path_index, width, height, fullest)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines that the answer takes beside the timeline, the details and the frame."""
        if self.diagnosis is None:
            return 0
        board = self.app.size.height - 2
        left = board - lines_taken(self.diagnosis, self.app.size) - self.gutter.height
        details = max(_LEAST, board // _SHARE)
        return len(self._lines(width, max(left - details, min(_FEWEST, left), 1)))

    def on_click(self, event: events.Click) -> None:
        """Show the section that tells more of the part under the mouse."""
        offset = event.get_content_offset(self)
        lines = self._lines(self.content_size.width, self.content_size.height)
        if offset is not None and offset.y < len(lines):
            self.post_message(messages.SectionChosen(section_of([line.plain for line in lines[: offset.y + 1]])))

    def render(self) -> RenderResult:
        """Draw all lines."""
        return Content("\n").join(self._lines(self.content_size.width, self.content_size.height))


def section_of(lines: Sequence[str]) -> str:
    """Return the section that tells more of the last line; its part is named by the last label."""
    named = next((word for line in reversed(lines) if (word := line[:LABEL].strip())), "")
    return _SECTIONS.get(named, "remediation")


def summary_lines(diagnosis: Diagnosis, path_index: int, width: int, height: int, fullest: int = ANY) -> list[Content]:
    """Return at most ``height`` lines of at most ``width`` cells; ``fullest``: see :func:`~tui.widgets.summary.fitting.fit`."""
    if not diagnosis.replays:
        return _nothing_yet(width)[: max(0, height)]
    lines = fit(
        _head(diagnosis, width),
        change_part(diagnosis, path_index, width),
        [_rerun(diagnosis, width), _since(diagnosis, width), _closure(diagnosis, width)],
        height,
        width,
        fullest,
    )
    return [line.truncate(max(0, width), ellipsis=True) for line in lines]


def _nothing_yet(width: int) -> list[Content]:
    """Return what a repository without runs shows."""
    words = Content.styled(
        "no run to diagnose yet: one is shown as soon as a workflow has started; r reads again", "$text-muted"
    )
    return [line.truncate(max(0, width), ellipsis=True) for line in Block(words, label("Run")).lines(width)]


# -- Stopped, Now


def _head(diagnosis: Diagnosis, width: int) -> Part:
    """Return what stopped the run and whether it still does: side by side, on two lines, or in sentences."""
    word, room = answers.head_word(diagnosis), max(4, width - LABEL)
    brief, now = answers.still_broken(diagnosis, brief=True), answers.still_broken(diagnosis, brief=False)
    beside = Content.styled("  NOW ", "bold $text") + brief
    left = max(0, room - beside.cell_length)
    together = (label(word) + answers.stopped(diagnosis, brief=True, width=left) + beside).truncate(
        width, ellipsis=True
    )
    alone = label(word) + answers.stopped(diagnosis, brief=True, width=room)
    said = now if not diagnosis.forecast or now.cell_length <= room else now.truncate(room, ellipsis=True)
    whole = Block(answers.stopped(diagnosis), label(word)).lines(width)
    why = answers.why_elsewhere(diagnosis) if not diagnosis.forecast else None

    def sentences(of_why: int, of_now: int) -> tuple[Content, ...]:
        reason = _at_most(why, width, of_why, "") if why is not None else []
        return (*whole, *reason, *_at_most(now, width, of_now, "Now"))

    return Part(
        in_order(
            Form(0, (together,)),
            Form(1, (alone, label("Now") + said.truncate(room, ellipsis=True))),
            Form(2, sentences(1, 2)),
            Form(3, sentences(2, 3)),
            # The reasons stand in the list of what a rerun meets, too.
            Form(5, sentences(4, 3 if diagnosis.forecast else 9)),
        ),
        left_out=f"{word} and NOW: 1",
    )


def _at_most(content: Content, width: int, most: int, word: str) -> list[Content]:
    """Return the first lines; a sign says where a sentence goes on, which the details show whole."""
    lines = Block(content, label(word)).lines(width)
    if len(lines) <= most:
        return lines
    last = lines[most - 1].rstrip()
    return [*lines[: most - 1], last.truncate(max(0, min(last.cell_length, width - 2))) + Content(" …")]


# -- Rerun


def _rerun(diagnosis: Diagnosis, width: int) -> Part:
    """Return what a rerun would meet: the places on a line, all of them, or each with its reason."""
    room, margin = max(4, width - LABEL), Content(" " * LABEL)
    terse, wordy = answers.remaining(diagnosis, terse=True), answers.remaining(diagnosis)
    several = [_places(terse, room)] if len(terse) > 1 else [terse[0].truncate(room, ellipsis=True)]
    forms = [
        Form(0, tuple(_labelled("Rerun", several))),
        Form(2, tuple(_labelled("Rerun", packed(wordy, room)))),
    ]
    if diagnosis.forecast and diagnosis.live is not None:
        blocks = [Block(Content.styled(answers.path_words(diagnosis), "$text"), label("Rerun"))]
        for item, problem in zip(answers.each_item(diagnosis), diagnosis.forecast, strict=True):
            blocks.append(Block(item, margin))
            blocks.append(Block(foreign(problem.reason, "$text-muted"), margin + Content("  ")))
        forms.append(Form(5, tuple(layout(blocks, width))))
    count = len(diagnosis.forecast)
    return Part(in_order(*forms), left_out=f"Rerun +{count}: {FORECAST_KEY}" if count else f"Rerun: {FORECAST_KEY}")


def _places(told: list[Content], room: int) -> Content:
    """Return the places on one line: all of them, without the introduction if need be, then without the first.

    The first is what NOW says anyway; the arrow before the second stays. Where even so not all fit, as many as do.
    """
    for start in range(min(3, len(told) - 1)):
        whole = Content(" ").join(told[start:])
        if whole.cell_length <= room:
            return whole
    return on_one_line(told[1:], room, FORECAST_KEY, gap=" ")


def _labelled(word: str, lines: Iterable[Content]) -> list[Content]:
    return [(Content(" " * LABEL) if place else label(word)) + line for place, line in enumerate(lines)]


# -- Since


def _since(diagnosis: Diagnosis, width: int) -> Part:
    """Return what changed since the runs: as much as fits one line, then more and more of it whole."""
    told = [foreign_line(line, "$text-muted") for line in since_lines(diagnosis, reasons=False)]
    if not told:
        return Part((Form(0, ()),))
    room = max(4, width - LABEL)
    rest = Content("  ") + more(len(told) - 1, FORECAST_KEY) if len(told) > 1 else Content("")
    first = told[0].truncate(max(4, room - rest.cell_length), ellipsis=True) + rest
    forms = [Form(0, (label("Since") + first,))]
    forms += [
        Form(rank, tuple(_since_lines(told, shown, width))) for rank, shown in ((3, 1), (3, 2), (4, 3), (5, len(told)))
    ]
    return Part(in_order(*forms), left_out=f"Since +{len(told)}: {FORECAST_KEY}")


def _since_lines(told: Sequence[Content], shown: int, width: int) -> list[Content]:
    lines = [
        line
        for place, item in enumerate(told[:shown])
        for line in Block(item, label("Since") if not place else Content(" " * LABEL)).lines(width)
    ]
    if shown < len(told):
        lines.append(Content(" " * LABEL) + more(len(told) - shown, FORECAST_KEY))
    return lines


# -- Closure


def _closure(diagnosis: Diagnosis, width: int) -> Part:
    """Return the chain's state and what keeps it from being closed, where there is room: its section names it always."""
    closure = diagnosis.closure
    if closure is None:
        return Part((Form(0, ()),))
    sign, style = signs.CLOSURE_STYLES[closure.status]
    state = assemble((f"{sign} {closure.status.value}", style))
    head = [Block(assemble(state, "  ", foreign(closure.sentence)), label("Closure"))]
    blocks = [Block(foreign_line(rule.title), _rule_mark(rule.verdict)) for rule in closure.lacking[:_RULES]]
    if closure.rules:
        left = len(closure.lacking) - _RULES
        many = f"{len(closure.proved)} of {len(closure.rules)} rules are proved"
        counted = (
            assemble(more(left, CLOSURE_KEY), "  ", (many, "$text-muted"))
            if left > 0
            else assemble((many, "$text-muted"))
        )
        blocks.append(Block(counted, Content(" " * LABEL)))
    return Part(
        in_order(Form(0, ()), Form(4, tuple(layout(head, width))), Form(6, tuple(layout([*head, *blocks], width))))
    )


def _rule_mark(verdict: Verdict) -> Content:
    return Content(" " * LABEL) + signs.verdict_mark(verdict).truncate(10, pad=True)
