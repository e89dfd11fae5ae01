"""Find private keys that stand in blocks with a first and a last line: of PEM, OpenSSH, PGP, PuTTY, age."""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnosis.logs.secrets.finding import valued
from diagnosis.logs.secrets.values import stands_for

BEGINS = ("-----BEGIN", "---- BEGIN SSH2 ENC", "PuTTY-User-Key-File", "Private-Lines:")
_GAP = r"(?:[ +]|%(?:25){0,2}20)"
"""A blank, as addresses write it too."""
BEGIN = re.compile(
    rf"-----BEGIN{_GAP}(?:[A-Z0-9]{{1,12}}{_GAP}){{0,4}}"
    rf"(?:PRIVATE{_GAP}KEY|CERTIFICATE|PGP{_GAP}MESSAGE|MESSAGE|ENCRYPTED{_GAP}FILE|ENCRYPTED{_GAP}DATA)(?:{_GAP}BLOCK)?-----"
    r"|---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----|Private-Lines: \d{1,4}"
)
END = re.compile(
    rf"-----END(?:{_GAP}[A-Z0-9]{{1,12}}){{0,6}}-----|---- END SSH2 ENCRYPTED PRIVATE KEY ----|Private-MAC: ?[0-9a-f]{0, 128}"
)
BODY = re.compile(
    r"(?:^|\x1b\[[0-9;]{0,20}m|[^A-Za-z0-9+/])([A-Za-z0-9+/]{16,}+={0,2}|[A-Za-z0-9+/]{1,76}={1,2})(?:\x1b\[[0-9;]{0,20}m|\\{1,4}[nr]|[\s\"',;+\\|]){0,40}$"
)
HEAD = re.compile(r"(?:Proc-Type|DEK-Info|Version|Comment|Hash|Subject|Charset): ")
_MEMBERS = re.compile(r"[\"'](?:d|p|q|dp|dq|qi|k)[\"']\s?:\s?[\"'](?P<value>[A-Za-z0-9_-]{8,})")


DETECTOR = valued(('"kty"', "'kty'"), _MEMBERS, lambda value: not stands_for(value), "private-key")
"""The private numbers of a key that is written as JSON."""
LONGEST = 200
"""Lines; a begin without an end must not swallow the log."""


def on_one_line(text: str) -> Iterator[tuple[int, int, bool]]:
    """Yield where blocks stand in a line, and whether each ended; one that did not goes to the end of the line."""
    at = 0
    while True:
        begun = BEGIN.search(text, at)
        if not begun:
            return
        ended = END.search(text, begun.end())
        if not ended:
            yield begun.start(), len(text), False
            return
        yield begun.start(), ended.end(), True
        at = ended.end()
