"""Annotations of a workflow run: lines that GitHub's runner takes for its commands ``error``, ``warning`` and ``notice``.

Text in them is foreign. As the runner decodes them, ``%``, carriage return and line feed are quoted in every part, and ``:``
and ``,`` in the values of properties, so that no text ends its part or begins another command.
Source: GitHub's "Workflow commands for GitHub Actions", and the quoting of its ``@actions/core``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from diagnosis.findings.finding import Finding, Level
from diagnosis.visible_text import visible_line

LONGEST = 4_000
"""Characters of a message; GitHub cuts an annotation at 64 KB, and nobody reads one that is this long."""
MOST = 10
"""Annotations of each kind that GitHub keeps of one step; further ones it drops without a word."""


class Kind(StrEnum):
    """The command of an annotation."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


_KINDS = {Level.ERROR: Kind.ERROR, Level.UNKNOWN: Kind.WARNING, Level.NOTE: Kind.NOTICE}


@dataclass(frozen=True, slots=True)
class Annotation:
    """One annotation."""

    kind: Kind
    title: str
    text: str
    """One line, whatever is in it."""
    file: str = ""
    """From the root of the repository; empty for none."""
    line: int | None = None
    details: tuple[str, ...] = ()
    """Further lines."""


def annotation_of(finding: Finding) -> Annotation:
    """Return the annotation of a finding; a place that is no file is named in the text."""
    place = finding.place
    where = "" if place.file else f"{place.member}: " if place.member else ""
    text, details = f"{where}{finding.sentence} {finding.correction}", tuple(f"- {line}" for line in finding.details)
    return Annotation(_KINDS[finding.level], f"planescope: {finding.rule.value}", text, place.file, place.line, details)


def annotation_lines(annotations: Iterable[Annotation]) -> tuple[str, ...]:
    """Return the lines to print, the gravest kind first, no more of a kind than GitHub keeps: the last one counts the rest."""
    listed = list(annotations)
    lines: list[str] = []
    for kind in Kind:
        own = [each for each in listed if each.kind is kind]
        room = MOST if len(own) <= MOST else MOST - 1
        lines += [_line(each) for each in own[:room]]
        if own[room:]:
            more = f"{len(own) - room} more of this kind are not shown: GitHub keeps {MOST} a step. The report has them all."
            lines.append(_line(Annotation(kind, "planescope: further findings", more)))
    return tuple(lines)


def _line(annotation: Annotation) -> str:
    properties = {
        "file": annotation.file,
        "line": str(annotation.line) if annotation.file and annotation.line is not None else "",
        "title": annotation.title,
    }
    told = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    # A line feed in foreign text is a sign: no text of others begins a line of ours.
    text = "\n".join(visible_line(line) for line in (annotation.text, *annotation.details))[:LONGEST]
    return f"::{annotation.kind.value} {told}::{_quoted(text)}"


def _property(value: str) -> str:
    return _quoted(visible_line(value)).replace(":", "%3A").replace(",", "%2C")


def _quoted(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
