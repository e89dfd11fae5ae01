"""The summary below the timeline: what stopped the run, whether it is still broken, what remains, the smallest change."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from diagnosis.gates import Plane, Verdict
from diagnosis.verdicts.assessment import Problem
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.gate_verdict import GateVerdict
from diagnosis.verdicts.replay import Replay
from diagnosis.verdicts.run_end import End, RunEnd, end_of
from tui.foreign_text import foreign, foreign_line
from tui.widgets.base import signs
from tui.widgets.base.blocks import Block, assemble, layout
from tui.widgets.summary import smallest_change
from tui.widgets.timeline.columns import attempt_title, ends_elsewhere, place_of, stopping_plane

LABEL = 9
_INTRO = "then meets"
_FEW = 2
"""Problems of one place that stand each for itself."""
_NAMED = 2
_RULES = 4
"""Rules of closure that are named; the section has them all."""


class Summary(Widget):
    """Show a few lines on a small screen and a list on a large one."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.diagnosis: Diagnosis | None = None
        self.path_index = 0

    def show(self, diagnosis: Diagnosis, path_index: int) -> None:
        """Show another diagnosis."""
        self.diagnosis, self.path_index = diagnosis, path_index
        self.refresh(layout=True)

    @property
    def form(self) -> str:
        """``short``, ``medium`` or ``long``, by the room that the screen has."""
        size = self.app.size
        return "short" if size.height < 32 or size.width < 100 else "long" if size.height >= 48 else "medium"

    def _lines(self, width: int) -> list[Content]:
        if self.diagnosis is None:
            return []
        if self.form == "short":
            lines = short_lines(self.diagnosis, self.path_index, width)
            return [line.truncate(width, ellipsis=True) for line in lines]
        if self.form == "long":
            lists = layout(summary_blocks(self.diagnosis, self.path_index, width, listed=True), width)
            most = self.styles.max_height.cells if self.styles.max_height is not None else None
            # A list that is cut would hide the change, which stands last.
            if most is None or len(lists) <= most - self.gutter.height:
                return lists
        return layout(summary_blocks(self.diagnosis, self.path_index, width, listed=False), width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines; the style sheet sets the most."""
        return len(self._lines(width))

    def render(self) -> RenderResult:
        """Draw all lines."""
        return Content("\n").join(self._lines(self.content_size.width))


def _label(word: str) -> Content:
    return Content.styled(word.ljust(LABEL), "bold $text-muted")


def _head(diagnosis: Diagnosis) -> Content:
    ended = end_of(diagnosis.subject) if diagnosis.subject is not None else RunEnd(End.RUNNING)
    return _label("Stopped" if ended.end in (End.GATE, End.ANOTHER, End.UNKNOWN) else "Run")


def short_lines(diagnosis: Diagnosis, path_index: int, width: int) -> list[Content]:
    """Return lines that are cut rather than wrapped: what stopped the run, what remains, then a line for each owner."""
    now = still_broken(diagnosis, brief=True)
    gap = Content("  ")
    wordy, terse = gap.join(remaining(diagnosis)), gap.join(remaining(diagnosis, terse=True))
    return [
        assemble(_head(diagnosis), *_side_by_side(stopped(diagnosis.subject, brief=True), now, width - LABEL)),
        assemble(_label("Rerun"), wordy if wordy.cell_length + LABEL <= width else terse),
        *smallest_change.short_lines(diagnosis, path_index, _label("Change"), width),
    ]


def _side_by_side(stopped_by: Content, now: Content, width: int) -> tuple[Content, Content]:
    """Return what stopped the run, and whether it still does; where both do not fit, the first is cut."""
    now = Content.styled("  NOW ", "bold $text") + now
    return stopped_by.truncate(max(0, width - now.cell_length), ellipsis=True), now


def summary_blocks(diagnosis: Diagnosis, path_index: int, width: int, *, listed: bool) -> list[Block]:
    """Return the same with whole sentences; ``listed`` gives each remaining problem lines of its own."""
    forecast = diagnosis.forecast
    now = still_broken(diagnosis, brief=listed and bool(forecast))
    blocks = [
        Block(stopped(diagnosis.subject), _head(diagnosis)),
        *(_why(diagnosis.subject, width - LABEL) if not forecast else ()),
        Block(_at_most(now, width - LABEL, 9 if listed else 3), _label("Now")),
    ]
    blocks += [
        Block(foreign(item.reason, "$text-muted"), _label("Since" if number == 0 else ""))
        for number, item in enumerate(diagnosis.drift[: None if listed else 1])
    ]
    if listed and forecast:
        blocks.append(Block(Content.styled(_path_words(len(forecast)), "$text"), _label("Rerun")))
        for number, problem in enumerate(forecast, 1):
            blocks.append(Block(_item(number, problem), Content(" " * LABEL)))
            blocks.append(Block(foreign(problem.reason, "$text-muted"), Content(" " * (LABEL + 2))))
    else:
        blocks.append(Block(packed(remaining(diagnosis), width - LABEL), _label("Rerun")))
    blocks += smallest_change.blocks_of(diagnosis, path_index, _label("Change"), listed=listed)
    return blocks + _closure(diagnosis) if listed else blocks


def _path_words(count: int) -> str:
    if count == 1:
        return "would meet one thing, and nothing after it"
    return f"would meet these {count} one after another, each only when the one before is mended"


def _at_most(content: Content, width: int, lines: int) -> Content:
    """Return the first lines only; the details show the rest."""
    wrapped = content.wrap(max(4, width))
    if len(wrapped) <= lines:
        return content
    last = wrapped[lines - 1].rstrip().truncate(max(0, width - 2)) + Content(" …")
    return Content("\n").join([*(line.rstrip() for line in wrapped[: lines - 1]), last])


def packed(items: Sequence[Content], width: int) -> Content:
    """Join items side by side; break lines between items, never inside one that fits a line."""
    lines = [items[0]]
    for item in items[1:]:
        if lines[-1].cell_length + 2 + item.cell_length <= width:
            lines[-1] = lines[-1] + Content("  ") + item
        else:
            lines.append(item)
    return Content("\n").join(lines)


def _closure(diagnosis: Diagnosis) -> list[Block]:
    """Return the chain's state and what keeps it from being closed."""
    closure = diagnosis.closure
    if closure is None:
        return []
    sign, style = signs.CLOSURE_STYLES[closure.status]
    head = assemble((f"{sign} {closure.status.value}", style), "  ", foreign(closure.sentence))
    blocks = [Block(head, _label("Closure"))]
    lacking = closure.lacking
    blocks += [Block(foreign_line(rule.title), _rule_mark(rule.verdict)) for rule in lacking[:_RULES]]
    if closure.rules:
        more = f"and {len(lacking) - _RULES} more that lack; " if len(lacking) > _RULES else ""
        many = f"{more}{len(closure.proved)} of {len(closure.rules)} rules are proved; key 4 shows them all"
        blocks.append(Block(Content.styled(many, "$text-muted"), Content(" " * LABEL)))
    return blocks


def _rule_mark(verdict: Verdict) -> Content:
    return Content(" " * LABEL) + signs.verdict_mark(verdict).truncate(10, pad=True)


def stopped(subject: Replay | None, *, brief: bool = False) -> Content:
    """Say which plane stopped the subject, and at which gate; where no gate did, say that, and where it stopped."""
    if subject is None:
        return Content.styled("no attempt was chosen", "$text-muted")
    name = assemble(
        (f"{attempt_title(subject)} ", "bold $text"), foreign_line(subject.attempt.head_branch or "", "$text", width=24)
    )
    plane = stopping_plane(subject)
    ended = end_of(subject)
    if ended.end is End.ANOTHER or (ended.end is End.UNKNOWN and plane in (None, Plane.OTHER)):
        sign, style = signs.conclusion_sign(subject.attempt.status, subject.attempt.conclusion)
        words = ended.brief if brief else ended.sentence()
        return assemble((f"{sign} ", style), name, ": ", foreign_line(words, "bold $text-warning"))
    if plane is None:
        sign, style = signs.conclusion_sign(subject.attempt.status, subject.attempt.conclusion)
        word = (subject.attempt.conclusion or subject.attempt.status).replace("_", " ")
        return assemble((f"{sign} ", style), name, " ", foreign_line(word, style))
    where = _failing(subject)
    parts: list[str | Content | tuple[str, str]] = [("✘ ", "bold $text-error"), name, (" in ", "$text-muted")]
    parts.append((plane.label.upper(), signs.PLANE_STYLES[plane]))
    if where is not None:
        parts += [(" at ", "$text-muted"), (where.gate.label, "bold $text")]
    return assemble(*parts)


def _why(subject: Replay | None, width: int) -> list[Block]:
    """Return what is known of a reason that is no gate's, or that is not known to be one's."""
    stops = end_of(subject).decisive if subject is not None and ends_elsewhere(subject) else ()
    told = [stop.finding for stop in stops if stop.finding]
    return [
        Block(_at_most(foreign(finding.sentence, "$text-muted"), width, 2), Content(" " * LABEL))
        for finding in told[:1]
    ]


def _failing(replay: Replay) -> GateVerdict | None:
    return next((verdict for verdict in replay.gates if verdict.verdict is Verdict.FAIL), None)


def still_broken(diagnosis: Diagnosis, *, brief: bool) -> Content:
    """Say what the account says now about the gate that stopped the subject, then about the others."""
    live, subject = diagnosis.live, diagnosis.subject
    if live is None:
        return Content.styled("? not read", "$text-warning")
    recorded = _failing(subject) if subject else None
    first_live = next((verdict for verdict in live.gates if verdict.verdict is not Verdict.PASS), None)
    if recorded is not None:
        now = live.at(recorded.gate)
        if now.verdict is Verdict.FAIL:
            return _sentence("✘ still broken", "bold $text-error", now, brief=brief)
        if now.verdict is Verdict.PASS and first_live is not None:
            words = f"{first_live.verdict.sign} mended; now {first_live.verdict.value} at {first_live.gate.label}"
            return _sentence(words, signs.VERDICT_STYLES[first_live.verdict], first_live, brief=brief)
        if now.verdict is Verdict.PASS:
            return _every_gate("mended: every gate passes", subject)
        return _sentence(f"? {now.verdict.value}", "$text-warning", now, brief=brief)
    if first_live is None:
        return _every_gate("every gate passes", subject)
    words = f"{first_live.verdict.sign} {first_live.verdict.value} at {first_live.gate.label}"
    return _sentence(words, signs.VERDICT_STYLES[first_live.verdict], first_live, brief=brief)


def _every_gate(words: str, subject: Replay | None) -> Content:
    """Return that every gate passes, as no success where something else than a gate ended the run."""
    if ends_elsewhere(subject):
        return Content.styled("! every gate passes", "$text-warning")
    return Content.styled(f"✔ {words}", "$text-success")


def _sentence(words: str, style: str, verdict: GateVerdict, *, brief: bool) -> Content:
    return assemble((words, style)) if brief else assemble((f"{words}: ", style), foreign(verdict.reason))


def remaining(diagnosis: Diagnosis, *, terse: bool = False) -> list[Content]:
    """Return what a rerun would meet after the first fix, item by item; ``terse`` names the places alone."""
    problems = diagnosis.forecast
    if diagnosis.live is None:
        return [Content.styled("? the live side was not read", "$text-warning")]
    if not problems:
        if all(verdict.verdict is Verdict.PASS for verdict in diagnosis.live.gates):
            if ends_elsewhere(diagnosis.subject):
                return [
                    Content.styled("? would pass the gates; what else ended the run may do so again", "$text-warning")
                ]
            return [Content.styled("✔ would meet nothing that fails", "$text-success")]
        return [Content.styled("? nothing known would fail, but not all is proved", "$text-warning")]
    if len(problems) == 1:
        return [assemble(_item(1, problems[0]), (" is all that stops it", "$text-muted"))]
    places = groupby(enumerate(problems[1:], 2), lambda item: (item[1].plane, place_of(item[1])))
    items = [item for _, group in places for item in _of_one_place(list(group), terse=terse)]
    return items if terse else [Content.styled(_INTRO, "$text-muted"), *items]


def _of_one_place(group: Sequence[tuple[int, Problem]], *, terse: bool) -> list[Content]:
    """Return the items of problems that follow each other at one place; many of them as one, or the change has no room."""
    if len(group) <= _FEW:
        return [_item(number, problem, terse=terse) for number, problem in group]
    (first, problem), (last, _) = group[0], group[-1]
    place = _place(f"{first}–{last}", problem)
    actions = list(dict.fromkeys(action for _, problem in group for action in problem.actions))
    if terse or not actions:
        return [place]
    named = ", ".join(actions[:_NAMED]) + (f" and {len(actions) - _NAMED} more" if len(actions) > _NAMED else "")
    return [assemble(place, " ", foreign_line(named))]


def _place(number: str, problem: Problem) -> Content:
    return assemble((f"{number} ", "bold $text-accent"), (place_of(problem), signs.PLANE_STYLES[problem.plane]))


def _item(number: int, problem: Problem, *, terse: bool = False) -> Content:
    place = _place(str(number), problem)
    if terse:
        return place
    count = len(problem.actions)
    what = problem.actions[0] if count == 1 else f"{count} actions" if count else problem.cause
    return assemble(place, " ", foreign_line(what))
