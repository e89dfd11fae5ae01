"""Print a fleet: one line for each release workflow, one for each repository that was not read, the totals."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from diagnosis.documents.fleet import Fleet
from diagnosis.fleet.order import Sort, ordered
from diagnosis.fleet.row import RepositoryRow, Status, WorkflowRow
from diagnosis.gates import Verdict
from tui.cli.console import Text
from tui.cli.reports.endpoints import show_endpoints
from tui.cli.step_summary import code, markdown

_STYLES = {Verdict.PASS: "green", Verdict.FAIL: "bold red", Verdict.UNKNOWN: "yellow", Verdict.BLOCKED: "yellow"}
_WIDE = 130
"""Columns from which on the reason of each line has room."""
_MOST_IN_SUMMARY = 200
_BECAUSE = 40
"""Columns that a reason has at least."""
_SHORTEST = 16
_LEGEND = (
    "next run: the gate that it would fail. who gets in: classes of callers that the trust policies admit, + others beside GitHub. "
    "wave: what becomes of that once subjects are immutable. beyond: grants that no workflow of the fleet needs."
)


def show(fleet: Fleet, console: Console, by: Sort = Sort.GRAVITY) -> None:
    """Print the whole."""
    rows = ordered(fleet.rows, by)
    show_endpoints(fleet.header.endpoints, console)
    if rows:
        console.print(_table(rows, console.width))
        console.print(Text(_LEGEND, style="dim"))
    for place in sorted(fleet.repositories, key=lambda each: (each.status.settled, each.repository.lower())):
        if place.status is not Status.READ:
            _unread(place, console)
        for why in place.open_users:
            _line(f"? {place.repository}: {why}", console, "yellow")
    for gap in fleet.gaps:
        _line(f"? {_sentence(gap)}", console, "yellow")
    for note in fleet.notes:
        _line(f"! {_sentence(note)}", console)
    console.print()
    for line in total_lines(fleet):
        console.print(Text(line, style="bold"))
    first = next((row for row in rows if row.verdict is not Verdict.PASS), None)
    if first is not None:
        file = first.workflow.rpartition("/")[2]
        words = shlex.join(["planescope", "--repo", first.repository, "--workflow", file])
        if file and words.isprintable():
            _line(f"More of one line: {words}", console)


def summary(fleet: Fleet) -> str:
    """Return the summary of a workflow's step in Markdown: the totals, and the lines that do not pass, the gravest first."""
    page = ["### planescope fleet", "", *(f"- {markdown(line)}" for line in total_lines(fleet)), ""]
    told = [row for row in ordered(fleet.rows, Sort.GRAVITY) if row.verdict is not Verdict.PASS]
    if told:
        page += ["| | release workflow | next run | who gets in | wave | beyond | because |", "| --- " * 7 + "|"]
    for row in told[:_MOST_IN_SUMMARY]:
        name = code(f"{row.repository} {row.workflow.rpartition('/')[2]}")
        words = (next_run(row), callers(row), wave(row), beyond(row), because(row))
        page.append(
            f"| {row.verdict.sign} {row.verdict.value} | {name} | {' | '.join(markdown(each) for each in words)} |"
        )
    if told[_MOST_IN_SUMMARY:]:
        page += ["", f"{len(told) - _MOST_IN_SUMMARY} more are in the report."]
    unread = (f"{place.repository}: {place.reason}" for place in fleet.repositories if place.status is not Status.READ)
    in_part = (f"{place.repository}: {why}" for place in fleet.repositories for why in place.open_users)
    open_ends = [*fleet.gaps, *unread, *in_part]
    page += ["", *(f"- ? {markdown(each)}" for each in open_ends[:_MOST_IN_SUMMARY])]
    if open_ends[_MOST_IN_SUMMARY:]:
        page.append(f"- ? {len(open_ends) - _MOST_IN_SUMMARY} more are in the report.")
    return "\n".join([*page, "", ""])


def _table(rows: Sequence[WorkflowRow], width: int) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("", width=1, no_wrap=True)
    columns = {title: [cell(row) for row in rows] for title, cell in _CELLS.items()}
    fixed = {title: max(map(len, (title, *cells))) for title, cells in columns.items()}
    wide = width >= _WIDE
    # Names are long: in a narrow terminal they give way, and nothing else does.
    room = width - 2 - sum(each + 1 for each in fixed.values()) - (_BECAUSE if wide else 0)
    longest = max((cell_len(_name(row)) for row in rows), default=0)
    names = max(_SHORTEST, min(longest, room))
    table.add_column("release workflow", no_wrap=True, overflow="ellipsis", width=names)
    for title, size in fixed.items():
        table.add_column(title, no_wrap=True, width=size)
    if wide:
        # By its own width: a long text would take that of the others.
        left = width - 2 - (names + 1) - sum(each + 1 for each in fixed.values())
        table.add_column("because", no_wrap=True, overflow="ellipsis", width=max(_SHORTEST, left))
    for row, *cells in zip(rows, *columns.values(), strict=True):
        styles = (
            row.next_run,
            row.callers.verdict,
            row.wave.verdict,
            row.scope.verdict if row.scope else Verdict.UNKNOWN,
        )
        told = [Text(cell, style=_STYLES[verdict]) for cell, verdict in zip(cells, styles, strict=False)]
        head = [Text(_sign(row), style=_STYLES[row.verdict]), Text(_name(row))]
        table.add_row(*head, *told, Text(cells[-1]), *([Text(because(row))] if wide else []))
    return table


def _sign(row: WorkflowRow) -> str:
    """Return the sign of a line; where nothing starts the workflow nothing passes."""
    return "-" if row.state and row.verdict is Verdict.PASS else row.verdict.sign


def _name(row: WorkflowRow) -> str:
    return f"{row.repository} {row.workflow.rpartition('/')[2]}"


def next_run(row: WorkflowRow) -> str:
    """Return what the next run would meet, in a word or two."""
    if row.state:
        return "disabled"
    if row.fails_at is not None:
        return row.fails_at.value
    if row.stopped:
        return "registry-state"
    return "passes" if row.next_run is Verdict.PASS else "unknown"


def callers(row: WorkflowRow) -> str:
    """Return who gets in, as counts."""
    found = row.callers
    doors = f"+{found.doors}" if found.doors else ""
    words = {Verdict.FAIL: "open", Verdict.PASS: "bounded"}
    return f"{words.get(found.verdict, 'unknown')} {found.classes}{doors}".removesuffix(" 0")


def wave(row: WorkflowRow) -> str:
    """Return what becomes of the access, in a word."""
    return row.wave.effect.value if row.wave.effect else "unknown"


def beyond(row: WorkflowRow) -> str:
    """Return how many grants are beyond need."""
    if row.scope is None:
        return "…"
    if row.scope.verdict is Verdict.UNKNOWN:
        return f"{row.scope.grants}?" if row.scope.grants else "?"
    return str(row.scope.grants)


def newest(row: WorkflowRow) -> str:
    """Return how the newest run ended."""
    return row.newest.conclusion if row.newest else "none"


_CELLS: Mapping[str, Callable[[WorkflowRow], str]] = {
    "next run": next_run,
    "who gets in": callers,
    "wave": wave,
    "beyond": beyond,
    "newest": newest,
}


def because(row: WorkflowRow) -> str:
    """Return the first thing to know of a line, as a sentence."""
    if row.stops:
        return _by_start(row) + row.stops[0].reason
    if row.state and row.breadth is Verdict.PASS:
        return f"{row.source[:1].upper()}{row.source[1:]}."
    if row.next_run is not Verdict.PASS and row.starts:
        return _by_start(row) + next((reason for _, verdict, reason in row.gates if verdict is not Verdict.PASS), "")
    if not row.state and row.next_run is not Verdict.PASS:
        return next((reason for _, verdict, reason in row.gates if verdict is not Verdict.PASS), "")
    if row.too_broad:
        return row.too_broad[0].reason
    if row.callers.verdict is Verdict.FAIL:
        return row.callers.reason
    if row.wave.breaks:
        return row.wave.reason
    if row.scope and row.scope.verdict is not Verdict.PASS and row.scope.reason:
        return row.scope.reason
    return row.callers.reason if row.callers.verdict is not Verdict.PASS else ""


def _by_start(row: WorkflowRow) -> str:
    """Return by which of several starts the next run would meet it, before the reason."""
    own = (start.verdict for start in row.starts if (start.event, start.ref) == (row.event, row.ref))
    # Of one that passes itself: what is in doubt is another.
    if Verdict.PASS in own or not row.starts:
        return ""
    return f"Started by {row.event} {row.ref}: ".replace(" :", ":")


def total_lines(fleet: Fleet) -> list[str]:
    """Return what the fleet comes to, a few lines."""
    found = fleet.totals
    left_out = [f"{count} {reason}" for reason, count in fleet.header.left_out]
    unread = [f"{count} {status.value}" for status, count in found.unread]
    first = f"{_count(found.repositories, 'repository', 'repositories')}, {found.read:,} read"
    first += f" ({', '.join(unread)})" if unread else ""
    first += f"; left out: {', '.join(left_out)}" if left_out else ""
    gates = ", ".join(f"{count} at {gate}" for gate, count in found.failing)
    stopped = f"{found.stopped} would fail{f' ({gates})' if gates else ''}"
    counts = [f"{found.passing} pass", stopped, f"{found.too_broad} too broad", f"{found.unknown} unknown"]
    counts.append(f"{found.broken_by_wave} broken by immutable subjects")
    counts += [f"{found.disabled} disabled"] if found.disabled else []
    taking = f"{found.releases:,} of them {'takes' if found.releases == 1 else 'take'} AWS credentials"
    second = f"{_count(found.workflows, 'workflow', 'workflows')}, {taking}: {', '.join(counts)}."
    return [f"{first}.", second]


def _count(number: int, one: str, more: str) -> str:
    return f"{number:,} {one if number == 1 else more}"


def _unread(place: RepositoryRow, console: Console) -> None:
    way = f" To obtain it: {place.way_out}." if place.way_out and not place.status.settled else ""
    sign = "-" if place.status.settled else "?"
    _line(f"{sign} {place.repository}: {place.reason}{way}", console, "default" if place.status.settled else "yellow")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _line(text: str, console: Console, style: str = "default") -> None:
    console.print(Text(text, style=style), soft_wrap=True)
