"""Find a decision log's entry in the file's text: its heading, its lines, its digest, its time."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from diagnosis.facts.closure_facts import DecisionLog
from diagnosis.facts.written_clock import WrittenClock, clocks_in

_HEADING = re.compile(r" {0,3}(?P<level>#{1,6})(?:[ \t]|$)")
_FENCE = re.compile(r" {0,3}(?P<sign>`{3,}|~{3,})")
_SPACE = re.compile(r"\s+")
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An entry of a decision log."""

    heading: str
    """Its first line as it stands in the file; foreign text."""
    first_line: int
    """From 1."""
    last_line: int
    sha256: str
    """Of the bytes of its lines, line ends included; empty where secrets in the file were replaced, so that they are not there."""
    clocks: tuple[WrittenClock, ...]
    """The times that its heading holds."""


@dataclass(frozen=True, slots=True)
class NoEntry:
    """Why no entry was taken."""

    why: str
    """A clause."""
    absent: bool
    """Whether the file certainly has none such; False where it cannot be told which one is meant."""


def find_entry(log: DecisionLog, wanted: str) -> LogEntry | NoEntry:
    """Find the entry whose heading is ``wanted``, else the one heading or line that holds it, blanks aside."""
    lines = log.text.splitlines(keepends=True)
    shown = _shown_lines(lines)
    asked = _plain(wanted)
    if not asked:
        return NoEntry("the case names no heading", absent=False)
    plain = [_plain(line) for line in lines]
    ways: tuple[Callable[[int], bool], ...] = (
        lambda place: plain[place] == asked,
        lambda place: _HEADING.match(lines[place]) is not None and _holds(plain[place], asked),
        lambda place: _holds(plain[place], asked),
    )
    for fits in ways:
        found = [place for place in range(len(lines)) if fits(place)]
        places = [place for place in found if shown[place]]
        if len(places) > 1:
            return NoEntry(f"it stands there {len(places)} times (lines {_named(places)})", absent=False)
        if places:
            return _entry(log, lines, shown, places[0])
        if found:
            return NoEntry(f"it stands only within a code block or a comment (line {found[0] + 1})", absent=False)
    return NoEntry("the file has no such entry", absent=True)


def _holds(line: str, asked: str) -> bool:
    """Return whether a line holds the text as whole words."""
    at = line.find(asked)
    while at >= 0:
        before, after = line[:at][-1:], line[at + len(asked) :][:1]
        if not (before.isalnum() or after.isalnum()):
            return True
        at = line.find(asked, at + len(asked))
    return False


def _named(places: list[int]) -> str:
    return ", ".join(str(place + 1) for place in places[:4]) + (", …" if len(places) > 4 else "")


def _plain(text: str) -> str:
    """Return a line with its blanks evened out, and without the signs that make it a heading."""
    return _SPACE.sub(" ", text).strip().lstrip("#").strip()


def _shown_lines(lines: list[str]) -> list[bool]:
    """Return for each line whether a reader sees it as text: not within a fenced code block or an HTML comment."""
    shown, fence, comment = [], "", False
    for line in lines:
        opened = _FENCE.match(line)
        inside = bool(fence) or comment
        if not comment and opened is not None:
            sign = opened["sign"]
            if not fence:
                fence = sign
            elif sign[0] == fence[0] and len(sign) >= len(fence) and not line.strip().strip(sign[0]):
                fence = ""
            inside = True
        elif not fence:
            rest = line.rpartition("-->")[2] if comment else line
            closed = comment and "-->" in line
            comment = (comment and not closed) or rest.rfind("<!--") > rest.rfind("-->")
            inside = inside or line.lstrip().startswith("<!--")
        shown.append(not inside)
    return shown


def _entry(log: DecisionLog, lines: list[str], shown: list[bool], first: int) -> LogEntry:
    heading = _HEADING.match(lines[first])
    level = len(heading["level"]) if heading else 0
    end = first + 1
    while end < len(lines):
        other = _HEADING.match(lines[end]) if shown[end] else None
        if other is not None and (not level or len(other["level"]) <= level):
            break
        if not level and shown[end] and not lines[end].strip():
            break
        end += 1
    body = "".join(lines[first:end])
    return LogEntry(
        heading=lines[first].strip(),
        first_line=first + 1,
        last_line=end,
        sha256=hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest() if _as_read(log) else "",
        clocks=clocks_in(lines[first]),
    )


def _as_read(log: DecisionLog) -> bool:
    """Return whether the text is the file's own: no secret in it was replaced."""
    forms = (log.text, _BOM + log.text)
    return any(hashlib.sha256(form.encode("utf-8", "surrogatepass")).hexdigest() == log.sha256 for form in forms)
