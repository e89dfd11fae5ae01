"""Find every secret in a line, under all writings, in time that grows with the line and no faster."""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnosis.logs.secrets import (
    addresses,
    assignments,
    base64_text,
    clouds,
    commands,
    encoded,
    forges,
    headers,
    key_blocks,
    key_ids,
    next_line,
    services,
    tools,
)
from diagnosis.logs.secrets.finding import Detector, Finding, in_writings
from diagnosis.logs.secrets.words import WordIndex

MARKS = (key_ids.DETECTOR, *forges.DETECTORS, *clouds.DETECTORS, *services.DETECTORS, *tools.DETECTORS)
"""What finds tokens by the mark that their maker gave them."""
DETECTORS: tuple[Detector, ...] = (
    assignments.DETECTOR,
    assignments.VALUE_FIRST,
    *headers.DETECTORS,
    *MARKS,
    *addresses.DETECTORS,
    *commands.DETECTORS,
    key_blocks.DETECTOR,
)
_NAMES = frozenset(range(2 + len(headers.DETECTORS)))
"""The lists of words that name a secret, which may stand on the next line."""
_BLOCKS = len(DETECTORS)
"""The list of words with which a block begins."""
_BASE64 = _BLOCKS + 1
_AT = frozenset({DETECTORS.index(addresses.PASSWORDS)})
"""Lines that hold an at sign are many; without an address there is no password in one."""
_COLOURED = re.compile(r"(?:\d{4}-\d\d-\d\dT[\d:.]{8,20}Z )?(?:\x1b\[[0-9;]{0,20}m){1,3}([^\x1b]*+)\x1b\[0?m\s{0,4}")
_DEPTH = 3
"""How often a text is taken out of another in Base64."""
About = frozenset[int]
_SAYS_LITTLE = {"credential": 0, "signature": 1, "basic-auth": 1}


class Search:
    """All detectors behind one search for the words that they are for. ``About``: the detectors that a line is for."""

    def __init__(self) -> None:
        self._index = WordIndex(
            [
                *([each for part in detector.fragments for each in in_writings(part)] for detector in DETECTORS),
                key_blocks.BEGINS,
                base64_text.fragments(mark for detector in MARKS for mark in detector.fragments if len(mark) > 3),
                encoded.HIDES,
            ]
        )
        self.about = self._index.lists_in
        """From a line to what it is about; empty where it can hold no secret."""
        self.lines = self._index.lines
        """From a text to the offset of each line that may hold a secret, and what it is about."""
        self.left_open = next_line.left_open
        self.still_open = next_line.still_open
        self.goes_on = next_line.goes_on
        self.value_of = next_line.value_of
        self.cut_short = next_line.cut_short

    @staticmethod
    def begins_block(about: About) -> bool:
        """Return whether a key block may begin in a line."""
        return _BLOCKS in about

    @staticmethod
    def names_secret(about: About) -> bool:
        """Return whether the name of a secret may stand in a line."""
        return not about.isdisjoint(_NAMES)

    def findings(self, text: str, about: About | None = None, depth: int = 0) -> list[Finding]:
        """Return the secrets in a line, in order, none of them touching another. Key blocks are not among them."""
        if about is None:
            about = self.about(text)
        if not about or (about == _AT and not any(sign in text for sign in ("//", "%", "\\", "&"))):
            return []
        coloured = _COLOURED.fullmatch(text) if "\x1b" in text else None
        if coloured:
            # As the runner shows a script: what stands between the colours is the line.
            shift = coloured.start(1)
            inside = self.findings(coloured[1], None, depth)
            return [Finding(start + shift, end + shift, kind) for start, end, kind in inside]
        found = _detected(text, about)
        plain = encoded.decoded(text)
        if plain:
            found += (
                Finding(*plain.source(start, end), kind)
                for start, end, kind in _detected(plain.text, self.about(plain.text))
                if end > start
            )
        if _BASE64 in about and depth < _DEPTH:
            found += self._in_base64(text, depth)
        return _joined(found)

    def _in_base64(self, text: str, depth: int) -> Iterator[Finding]:
        done = -1
        for start, end, plain in base64_text.texts(text):
            if start == done:
                continue
            if any(key_blocks.BEGIN.search(line) or self.findings(line, None, depth + 1) for line in plain.split("\n")):
                done = start
                yield Finding(start, end, "encoded-credential")


def _detected(text: str, about: About) -> list[Finding]:
    return [finding for number in about if number < _BLOCKS for finding in DETECTORS[number].find(text)]


def _joined(found: list[Finding]) -> list[Finding]:
    """Return the findings with those that overlap made one; its kind is that which says most."""
    if len(found) < 2:
        return found
    found.sort()
    joined = [found[0]]
    for finding in found[1:]:
        last = joined[-1]
        if finding.start < last.end or (finding.start == last.end and finding.kind == last.kind):
            kind = max(last.kind, finding.kind, key=lambda kind: _SAYS_LITTLE.get(kind, 2))
            joined[-1] = Finding(last.start, max(last.end, finding.end), kind)
        else:
            joined.append(finding)
    return joined
