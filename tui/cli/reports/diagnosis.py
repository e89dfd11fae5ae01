"""The diagnosis as text for people without a terminal app: timeline, what stopped it, forecast, remediation, closure.

Foreign text goes in as :class:`~tui.cli.console.Text`, so no title or log line is read as markup or makes a line of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table

from diagnosis.causes import Cause, tell_apart_of
from diagnosis.documents.credentials import credentials_problem, first_line, told_once
from diagnosis.documents.forecast_labels import labels, place_of
from diagnosis.documents.headline import Headline, headline, in_short, run_name
from diagnosis.documents.outlook import admits_words, nothing_foretold, path_sentence
from diagnosis.facts.evidence import Evidence, Origin
from diagnosis.facts.runs import Attempt
from diagnosis.gates import Gate, Plane, Verdict
from diagnosis.verdicts.assessment import SessionAssessment
from diagnosis.verdicts.chronology import AttemptHistory, DriftKind, Traced
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.gate_verdict import GateVerdict, gates_shown, maybe_verdict_at
from diagnosis.verdicts.outlook import outlook_after
from diagnosis.verdicts.release import StepGap
from diagnosis.verdicts.remediation import Remediation
from diagnosis.verdicts.replay import Replay
from diagnosis.verdicts.run_end import End
from tui.cli.console import Lines, Text, printable
from tui.cli.plain import facts
from tui.cli.reports.closure import show_anchors, show_closure
from tui.cli.reports.endpoints import show_endpoints
from tui.cli.reports.verdict_styles import STYLES
from tui.job_names import job_names


def show(diagnosis: Diagnosis, console: Console, *, remediation: bool = True) -> None:
    """Print the whole diagnosis; its first line says what the gates say and how the run ended."""
    problem = credentials_problem(diagnosis)
    if problem is not None:
        console.print(Text(printable(first_line(problem)), style="bold red"))
        diagnosis = told_once(diagnosis)
    told = headline(diagnosis)
    if diagnosis.replays:
        first_lines(told, console)
    console.print(Rule(Text(printable(diagnosis.title)), align="left", style="bright_black"))
    if diagnosis.moment:
        console.print(Text(diagnosis.moment, style="bold"))
    show_endpoints(diagnosis.endpoints, console)
    if not diagnosis.replays:
        console.print(Text("No attempts to show."))
        return
    for part in timeline(diagnosis, console.width):
        console.print(part)
    _other_red_runs(told, console)
    _reconstruction(diagnosis, console)
    entries = {(entry.run, entry.attempt): entry for entry in diagnosis.history}
    for replay in diagnosis.replays:
        _attempt(replay, entries.get(replay.attempt.key), console)
    _live(diagnosis, console)
    _drift(diagnosis, console)
    _forecast(diagnosis, console)
    if remediation:
        _paths(diagnosis, console)
    if diagnosis.closure is not None:
        show_closure(diagnosis.closure, console)
    show_anchors(diagnosis.anchors, console)
    _unknown(diagnosis, console)


_MOST_STOPS, _MOST_RUNS = 3, 5
_END_STYLES = {End.SUCCESS: "bold", End.GATE: "bold", End.RUNNING: "bold yellow"}


def first_lines(told: Headline, console: Console) -> None:
    """Print the first line; then what no gate stopped, each with its proof."""
    style = _END_STYLES.get(told.run.end, "bold red") if told.run else "bold"
    console.print(Text(printable(told.line(console.width)), style=style))
    stops = told.run.decisive if told.run and told.run.end in (End.ANOTHER, End.UNKNOWN) else ()
    several = len(stops) > 1
    for stop in stops[:_MOST_STOPS]:
        if stop.finding is not None:
            line = Lines(printable(f"{stop.place}: ") if several and stop.place else "", style="bold")
            line.append(printable(f"{stop.finding.sentence}{_named(stop.finding.cause)}"), style="default")
            if stop.finding.evidence is not None:
                line.append(f"\n│ {_quoted(stop.finding.evidence.text)}", style="bright_black")
            console.print(Padding(line, (0, 0, 0, 2)))
        elif several:
            console.print(Padding(Text(f"{stop.place or stop.conclusion}: nothing of it was read"), (0, 0, 0, 2)))
    if len(stops) > _MOST_STOPS:
        console.print(Padding(Text(f"and {len(stops) - _MOST_STOPS} more jobs"), (0, 0, 0, 2)))


def _other_red_runs(told: Headline, console: Console) -> None:
    """Print the other runs that did not succeed, each with what ended it; the latest where there are many."""
    if not told.others:
        return
    named = [f"{run_name(replay)} ({in_short(end)})" for replay, end in told.others[-_MOST_RUNS:]]
    more = f" and {len(told.others) - _MOST_RUNS} earlier" if len(told.others) > _MOST_RUNS else ""
    console.print(Text(f"Other red runs: {', '.join(named)}{more}", style="bright_black"))


_GAP = 2
"""Columns of the screen between two columns of the table."""
_PLANES = (Plane.AUTHENTICATION, Plane.AUTHORIZATION)
_GATE_WORDS = max(len(word) for gate in Gate for word in gate.label.split())


@dataclass(frozen=True, slots=True)
class _Side:
    """One column of verdicts."""

    head: Text
    gates: tuple[GateVerdict, ...]

    @property
    def width(self) -> int:
        """The columns of the screen that it takes, with the gap behind it."""
        cells = (_cell(verdict).cell_len for verdict in self.gates)
        return max(*(cell_len(line) for line in self.head.plain.split("\n")), *cells) + _GAP


def timeline(diagnosis: Diagnosis, width: int) -> tuple[RenderableType, ...]:
    """Return the timeline: gates as rows; attempts, NOW and AFTER FIX as columns.

    ``width``: columns of the screen. Where it is too narrow, planes stand in their short words; what has no room even so
    are the earliest attempts, and a line below the table says how many.
    """
    attempts = [_Side(_head(replay.attempt), replay.gates) for replay in diagnosis.replays]
    today = [_Side(Lines("NOW\nlive", style="bold"), diagnosis.live.gates)] if diagnosis.live else []
    if diagnosis.paths:
        today.append(_Side(Lines("AFTER FIX\nmodel", style="bold"), diagnosis.after_fix))
    taken = sum(side.width for side in (*attempts, *today)) - _GAP
    short = taken + max(len(plane.label) for plane in _PLANES) + _GATE_WORDS + 2 * _GAP > width
    taken += max(len(plane.value) for plane in _PLANES) + _GATE_WORDS + 2 * _GAP
    left_out = 0
    while short and left_out < len(attempts) - 1 and taken > width:
        taken -= attempts[left_out].width
        left_out += 1
    table = _table((*attempts[left_out:], *today), short=short)
    if not left_out:
        return (table,)
    which = "The earliest attempt has" if left_out == 1 else f"The {left_out} earliest attempts have"
    return table, Text(f"{which} no room in this table; what stopped each stands below.", style="italic")


def _head(attempt: Attempt) -> Text:
    started = f"{attempt.started_at:%m-%d %H:%M}" if attempt.started_at else ""
    again = f".{attempt.attempt}" if attempt.attempt > 1 else ""
    return Lines(f"{attempt.run_id}{again}\n{_in_a_column(_branch(attempt))}\n{started}")


_LONGEST_BRANCH = 22
"""Columns of the screen: one long name would take the room of several attempts."""


def _branch(attempt: Attempt) -> str:
    return printable(attempt.head_branch or "?")


def _in_a_column(branch: str) -> str:
    """Return the name, or its two ends where it is long: names of branches often differ in the last word alone."""
    if cell_len(branch) <= _LONGEST_BRANCH:
        return branch
    end = set_cell_size(branch[::-1], _LONGEST_BRANCH // 2 - 1)[::-1]
    return f"{set_cell_size(branch, _LONGEST_BRANCH // 2)}…{end}"


def _table(sides: Sequence[_Side], *, short: bool) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), show_edge=False)
    # These two may wrap, so that in 80 columns the runs and their verdicts are whole.
    table.add_column("plane", style="bright_black", overflow="fold")
    table.add_column("gate", overflow="fold", min_width=_GATE_WORDS if short else None)
    for side in sides:
        table.add_column(side.head, no_wrap=True)
    last = None
    for gate in gates_shown(*(side.gates for side in sides)):
        plane = gate.plane.value if short else gate.plane.label
        cells: list[RenderableType] = [Text(plane if gate.plane is not last else ""), Text(gate.label)]
        table.add_row(*cells, *(_cell(maybe_verdict_at(side.gates, gate)) for side in sides))
        last = gate.plane
    return table


_MOST_JOBS = 40


def _cell(verdict: GateVerdict | None) -> Text:
    if verdict is None:
        return Text("–", style="dim")
    return Text(f"{verdict.verdict.sign} {verdict.verdict.value}", style=STYLES[verdict.verdict])


def _heading(text: str, console: Console) -> None:
    console.print()
    console.print(Text(printable(text), style="bold"))


def _reconstruction(diagnosis: Diagnosis, console: Console) -> None:
    if any(replay.attempt.reconstructed for replay in diagnosis.replays):
        console.print(
            Text("Facts of the runs are public; parts marked (reconstructed) were written around them.", style="italic")
        )


def _attempt(replay: Replay, entry: AttemptHistory | None, console: Console) -> None:
    attempt = replay.attempt
    _heading(f"Run {attempt.run_id}, attempt {attempt.attempt}: {attempt.conclusion or attempt.status}", console)
    console.print(Padding(Text(attempt.html_url, style="bright_black"), (0, 0, 0, 2)))
    if _in_a_column(_branch(attempt)) != _branch(attempt):
        console.print(Padding(Text(f"on {_branch(attempt)}", style="bright_black"), (0, 0, 0, 2)))
    failed = [verdict for verdict in replay.gates if verdict.verdict is Verdict.FAIL]
    for verdict in failed:
        console.print(Padding(_verdict_lines(verdict), (0, 0, 0, 2)))
    if not failed and replay.stopped_by:
        found = replay.stopped_by
        console.print(
            Padding(
                Text(f"Stopped by no gate: {found.plane.label}{_named(found.cause)}: {found.sentence}"), (0, 0, 0, 2)
            )
        )
        if found.evidence:
            console.print(Padding(_evidence(found.evidence), (0, 0, 0, 2)))
    if not failed and not replay.stopped_by:
        for verdict in replay.gates:
            console.print(Padding(_one_line(verdict), (0, 0, 0, 2)))
    if entry is not None:
        console.print(Padding(_history(entry), (0, 0, 0, 2)))


def _history(entry: AttemptHistory) -> Group:
    """Return what was done after the attempt, with how that is known; and the subject, where CloudTrail shows it."""
    parts: list[RenderableType] = []
    if entry.subject:
        parts.append(Text(f"presented (CloudTrail): {entry.subject}", style="bright_black"))
    if entry.statement:
        parts.append(Text(f"then ({entry.traced.value}): {entry.statement}"))
    elif entry.traced is Traced.NOT_ON_RECORD:
        parts.append(Text("then: no remediation is on record", style="yellow"))
    return Group(*parts)


def _named(cause: Cause | None) -> str:
    """Return the slug as a note behind the place that it belongs to; it is never a sentence."""
    return f" ({cause})" if cause else ""


def _one_line(verdict: GateVerdict) -> Text:
    line = _cell(verdict)
    line.append(f" {verdict.gate.label}: ", style="default")
    line.append(verdict.reason, style="default")
    return line


def _facts(*told: str) -> Lines:
    return Lines(facts(*map(printable, told)), style="bright_black")


def _verdict_lines(verdict: GateVerdict) -> Group:
    parts: list[RenderableType] = [_one_line(verdict)]
    if verdict.cause:
        parts.append(_facts(f"cause: {verdict.cause}", f"owner: {verdict.owner.value}"))
    elif verdict.candidates:
        parts.append(_facts(f"one of: {', '.join(verdict.candidates)}", f"owner: {verdict.owner.value}"))
        parts.append(Text(f"to tell apart: {tell_apart_of(None, verdict.candidates)}", style="bright_black"))
    parts += [_evidence(evidence) for evidence in verdict.evidence[:2]]
    return Group(*parts)


def _quoted(text: str) -> str:
    """Return foreign text of several lines so that each is marked as a quotation: none passes for a line of the report."""
    return text.replace("\n", "\n│ ")


def _evidence(evidence: Evidence) -> Text:
    mark = " (reconstructed)" if evidence.origin is Origin.RECONSTRUCTED else ""
    line = Lines("│ ", style="bright_black")
    line.append(_quoted(evidence.text), style="default")
    line.append(mark, style="italic bright_black")
    if evidence.address:
        line.append(f"\n│ at {printable(evidence.address)}", style="bright_black")
    return line


def _live(diagnosis: Diagnosis, console: Console) -> None:
    live = diagnosis.live
    if live is None or diagnosis.subject is None:
        return
    attempt = diagnosis.subject.attempt
    _heading(f"NOW, for run {attempt.run_id} ({', '.join(live.subjects) or 'subject not known'})", console)
    for verdict in live.gates:
        console.print(Padding(_one_line(verdict), (0, 0, 0, 2)))
    _sessions(live.sessions, console)
    _gaps(live.gaps, console)
    for note in live.notes:
        console.print(Padding(Text(note, style="italic"), (0, 0, 0, 2)))
    if live.opinions:
        console.print(Padding(Text("Second opinions (they change no verdict):"), (0, 0, 0, 2)))
    for opinion in live.opinions:
        style = "yellow" if opinion.agrees is False else "bright_black"
        console.print(Padding(Text(opinion.sentence, style=style), (0, 0, 0, 4)))


def _sessions(sessions: tuple[SessionAssessment, ...], console: Console) -> None:
    """Print each job's verdicts, gate by gate, where the release has several sessions."""
    if len(sessions) < 2:
        return
    console.print(Padding(Text("By job:"), (0, 0, 0, 2)))
    several = len({session.role_arn for session in sessions}) > 1
    for session in sessions[:_MOST_JOBS]:
        role = f" ({session.role_arn.name} of {session.role_arn.account})" if several and session.role_arn else ""
        line = Text(f"{job_names(session.jobs)}{role}: ")
        for place, verdict in enumerate(session.gates):
            line.append(f"{', ' if place else ''}{verdict.gate.label} ")
            line.append(f"{verdict.verdict.sign} {verdict.verdict.value}", style=STYLES[verdict.verdict])
        console.print(Padding(line, (0, 0, 0, 4)))
    if len(sessions) > _MOST_JOBS:
        console.print(Padding(Text(f"and {len(sessions) - _MOST_JOBS} more"), (0, 0, 0, 4)))


def _gaps(gaps: tuple[StepGap, ...], console: Console) -> None:
    """Print the steps that no proof covers, then those that CloudTrail alone shows, each with the way to know them."""
    for title, style, listed in (
        ("Steps that no proof covers:", "yellow", [gap for gap in gaps if gap.is_open]),
        ("Steps that are known by CloudTrail alone:", "default", [gap for gap in gaps if not gap.is_open]),
    ):
        if listed:
            console.print(Padding(Text(title), (0, 0, 0, 2)))
        for gap in listed:
            job = f" of job {gap.job}" if gap.job else ""
            line = Text(f"{'? ' if gap.is_open else ''}{gap.step}{job}: {gap.what}: {gap.why}.", style=style)
            line.append(f" To know it: {gap.how}" if gap.is_open else f" {gap.how}", style="default")
            console.print(Padding(line, (0, 0, 0, 4)))


def _drift(diagnosis: Diagnosis, console: Console) -> None:
    if not diagnosis.drift:
        return
    _heading("Changed since the runs", console)
    for item in diagnosis.drift:
        style = "bold red" if item.kind is DriftKind.BROKEN_SINCE else "default"
        console.print(Padding(Text(f"~ {item.reason}", style=style), (0, 0, 0, 2)))


def _forecast(diagnosis: Diagnosis, console: Console) -> None:
    if diagnosis.live is None:
        return
    _heading("Forecast: what reruns would meet, in order", console)
    if not diagnosis.forecast:
        console.print(Padding(Text(nothing_foretold(diagnosis)), (0, 0, 0, 2)))
    several = len(diagnosis.live.sessions) > 1
    for number, (problem, told) in enumerate(zip(diagnosis.forecast, labels(diagnosis.forecast), strict=True), 1):
        where = problem.gate.label if problem.gate else problem.plane.label
        # What tells it from the others stands behind the gate; a label that is the place alone adds nothing.
        where += f", {told}" if told != place_of(problem) else ""
        jobs = f" Job{'s' * (len(problem.jobs) > 1)} {job_names(problem.jobs)}." if several and problem.jobs else ""
        line = Lines(printable(f"{number}. {where}{_named(problem.cause)}: {problem.reason}{jobs}"))
        if problem.actions:
            line.append(f"\n   {printable(', '.join(problem.actions))}", style="bright_black")
        console.print(Padding(line, (0, 0, 0, 2)))


def _paths(diagnosis: Diagnosis, console: Console) -> None:
    for number, path in enumerate(diagnosis.paths):
        label = "Smallest path" if number == 0 else f"Another path ({number + 1})"
        _heading(f"{label}: {path_sentence(path, outlook_after(diagnosis, path))}", console)
        for remediation in path.remediations:
            if number == 0 or remediation not in diagnosis.paths[0].remediations:
                _remediation(remediation, console)
        if path.does_not_prove:
            console.print(Padding(Text(f"Does not prove: {path.does_not_prove}", style="italic"), (0, 0, 0, 2)))
        for change in path.owners:
            if len(change.remediations) > 1:
                ids = ", ".join(change.remediations)
                console.print(
                    Padding(Text(f"One change for {change.owner.value}: {ids}", style="italic"), (0, 0, 0, 2))
                )
        admitted = ", ".join(path.newly_admitted) or admits_words(path)
        console.print(Padding(Text(f"Newly admitted: {admitted}", style="italic"), (0, 0, 0, 2)))


def _remediation(remediation: Remediation, console: Console) -> None:
    parts: list[RenderableType] = [
        Text(f"• {remediation.title}", style="bold"),
        Text(remediation.words),
        _facts(f"owner: {remediation.owner.value}", f"removes: {', '.join(remediation.causes)}"),
    ]
    if remediation.tightens:
        parts.append(Text("tightens: a change of its own; the run passes without it, closure needs it", style="yellow"))
        parts += [Text(f"- {text}", style="yellow") for text in remediation.tightens]
    parts += [Text(f"! {warning}", style="yellow") for warning in remediation.warnings]
    console.print(Padding(Group(*parts), (0, 0, 0, 2)))
    for label, text in (
        ("AWS CLI" if remediation.aws_cli.startswith(("aws", "cat")) else "CLI", remediation.aws_cli),
        ("Terraform", remediation.terraform),
    ):
        if text:
            _code(label, text, console)
    if remediation.difference and not remediation.aws_cli:
        _code("Difference", remediation.difference, console)
    console.print(Padding(Text(f"Verify: {remediation.verify}"), (0, 0, 0, 2)))


def _code(label: str, text: str, console: Console) -> None:
    """Print text to copy from the first column, unwrapped and unpadded: a shell takes a space after ``\\`` amiss."""
    console.print(Padding(Text(label, style="underline"), (0, 0, 0, 2)))
    console.print(Lines(text), soft_wrap=True)


def _unknown(diagnosis: Diagnosis, console: Console) -> None:
    if not diagnosis.unknown:
        return
    _heading("Not known", console)
    for missing in diagnosis.unknown:
        line = Text(f"? {missing.what}: {missing.why}.", style="yellow")
        line.append(f" To obtain it: {missing.how}", style="default")
        if missing.permission:
            line.append(f" (permission {missing.permission})", style="default")
        console.print(Padding(line, (0, 0, 0, 2)))
