"""Divide a raw job log into the sections in which the runner wrote it: set-up, steps, post steps, completion.

The runner prints a head for every step: ``##[group]Run …`` with the ``with:`` and ``env:`` blocks of an action, or
with the echoed script, its ``shell:`` and its ``env:``; ``Post job cleanup.`` begins a post step. A head is echo, never
output: words inside it prove nothing and are kept apart from what the step printed.

Reading is tolerant: a log that was cut, shuffled, pasted without timestamps or filled with junk gives fewer sections,
never an error. Which section belongs to which step of the API is decided in :mod:`diagnosis.steps.match`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from diagnosis.logs.log_text import LineKind, LogLine, LogReader

_PAIR = re.compile(r"  ([A-Za-z_][\w.-]*): ?(.*)", re.DOTALL)
_RUN = "Run "
_LAST = "Cleaning up orphan processes"
_BLOCKS = ("with:", "env:")

Pair = tuple[str, str, LogLine]
"""Key, value, and the line on which the value begins."""


class SectionKind(StrEnum):
    """Which part of a job wrote the section."""

    SETUP = "setup"
    RUN = "run"
    POST = "post"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class Section:
    """The lines between one head and the next."""

    kind: SectionKind
    head: str
    """What stands after ``Run``: an action, or the first line of a script; empty for the other kinds."""
    lines: tuple[LogLine, ...]
    """All lines, the head included."""
    output: tuple[LogLine, ...]
    """What the step printed: the lines after the head's group."""
    uses: str | None = None
    """``owner/action@ref``, a path or ``docker://image`` where the head is that of an action."""
    script: str | None = None
    """The echoed script, where the head is that of a script."""
    shell: str | None = None
    """The command line that the script is given to, where the head is that of a script."""
    inputs: tuple[Pair, ...] = ()
    """The ``with:`` block, in the runner's resolved form."""
    env: tuple[Pair, ...] = ()

    @property
    def first_line(self) -> int:
        """1-based number of the first line within the job's log."""
        return self.lines[0].number if self.lines else 1

    @property
    def begun_at(self) -> datetime | None:
        """The time of the first line that has one."""
        return next((at for line in self.lines[:50] if (at := time_of(line)) is not None), None)

    def input(self, key: str) -> Pair | None:
        """Return a ``with:`` key, compared case-insensitively as the runner does; None where it is empty or absent."""
        wanted = key.lower()
        return next((pair for pair in self.inputs if pair[0].lower() == wanted and pair[1]), None)

    def environment(self) -> dict[str, str]:
        """Return the ``env:`` block as a mapping."""
        return {name: value for name, value, _ in self.env}


@dataclass(frozen=True, slots=True)
class JobLog:
    """A job's log, read."""

    lines: tuple[LogLine, ...]
    sections: tuple[Section, ...]

    def around(self, number: int, span: int = 2) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return up to ``span`` lines before and after a 1-based line, as text."""
        index = number - 1
        before = tuple(line.text for line in self.lines[max(0, index - span) : max(0, index)])
        after = tuple(line.text for line in self.lines[index + 1 : index + 1 + span])
        return before, after


def time_of(line: LogLine) -> datetime | None:
    """Return the line's time in UTC, or None where it has none that can be read."""
    if line.at is None:
        return None
    try:
        return datetime.fromisoformat(line.at).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_job_log(text: str) -> JobLog:
    """Read the raw text of a job's log (or of one step's). Never raises."""
    raws = text.split("\n")
    if not raws[-1]:
        raws.pop()
    lines = tuple(LogReader().read_all(raws))
    return JobLog(lines, tuple(_sections(lines)))


def _starts(lines: tuple[LogLine, ...]) -> list[tuple[int, SectionKind]]:
    starts: list[tuple[int, SectionKind]] = []
    output, group, post = LineKind.OUTPUT, LineKind.GROUP, LineKind.POST
    for index, line in enumerate(lines):
        kind = line.kind
        if kind is output:
            if line.text == _LAST:
                starts.append((index, SectionKind.COMPLETE))
        elif kind is group and line.text.startswith(_RUN):
            starts.append((index, SectionKind.RUN))
        elif kind is post:
            starts.append((index, SectionKind.POST))
    return starts


def _sections(lines: tuple[LogLine, ...]) -> list[Section]:
    starts = _starts(lines)
    sections: list[Section] = []
    first = starts[0][0] if starts else len(lines)
    if first > 0:
        sections.append(Section(SectionKind.SETUP, "", lines[:first], lines[:first]))
    ends = [*(start for start, _ in starts[1:]), len(lines)] if starts else []
    for (start, kind), end in zip(starts, ends, strict=True):
        own = lines[start:end]
        sections.append(_run_section(own) if kind is SectionKind.RUN else Section(kind, "", own, own))
    return sections


def _run_section(lines: tuple[LogLine, ...]) -> Section:
    head = lines[0].text.removeprefix(_RUN)
    body = _head_length(lines)
    header = lines[1:body]
    # A line without timestamp in a stamped log continues the value above it, whatever it says.
    stamped = lines[0].at is not None
    shells = [at for at, line in enumerate(header) if line.text.startswith("shell: ") and (line.at or not stamped)]
    is_script = bool(shells) and header[0].text not in _BLOCKS
    shell = header[shells[-1]].text.removeprefix("shell: ") if is_script else None
    if is_script:
        script = "\n".join(line.text for line in header[: shells[-1]])
        header = header[shells[-1] + 1 :]
    inputs, env = _blocks(header, stamped=stamped)
    ended = body < len(lines) and lines[body].kind is LineKind.END_GROUP
    return Section(
        SectionKind.RUN,
        head,
        lines,
        lines[body + 1 :] if ended else lines[body:],
        uses=None if is_script else head,
        script=script if is_script else None,
        shell=shell,
        inputs=inputs,
        env=env,
    )


def _blocks(header: tuple[LogLine, ...], *, stamped: bool) -> tuple[tuple[Pair, ...], tuple[Pair, ...]]:
    """Return the ``with:`` and ``env:`` blocks of a head."""
    blocks: dict[str, list[Pair]] = {name: [] for name in _BLOCKS}
    block: list[Pair] | None = None
    for line in header:
        own = line.at is not None or not stamped
        if own and line.text in blocks:
            block = blocks[line.text]
        elif block is not None:
            pair = _PAIR.fullmatch(line.text) if own else None
            if pair:
                block.append((pair[1], pair[2], line))
            elif block:
                key, value, first = block[-1]
                block[-1] = (key, f"{value}\n{line.text}", first)
    return tuple(blocks["with:"]), tuple(blocks["env:"])


def _head_length(lines: tuple[LogLine, ...]) -> int:
    """Return how many lines the head takes; where its end was cut off, all that the reader took for echo."""
    for index, line in enumerate(lines[1:], start=1):
        if line.kind is not LineKind.ECHO:
            return index
    return len(lines)
