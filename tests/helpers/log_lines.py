"""A whole log read at once, for tests; the product reads line by line as the text comes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from diagnosis.logs.log_text import LogLine, LogReader
from diagnosis.logs.quoted import unquoted_pieces


def read_lines(raw_lines: str | Iterable[str]) -> Iterator[LogLine]:
    """All lines of a log, in order. A text, or raw lines with or without their line breaks. Never raises."""
    reader = LogReader()
    lines = "".join(unquoted_pieces([raw_lines])).split("\n") if isinstance(raw_lines, str) else raw_lines
    if isinstance(lines, list) and lines and lines[-1] == "":
        lines.pop()
    for number, raw in enumerate(lines, start=1):
        yield reader.read(number, raw)
