"""Find every secret in a line, under all writings, in time that grows with the line and no faster."""

from __future__ import annotations

from collections.abc import Iterable

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
    services,
)
from diagnosis.logs.secrets.finding import Detector, Finding, in_writings
from diagnosis.logs.secrets.words import WordIndex

DETECTORS: tuple[Detector, ...] = (
    key_ids.DETECTOR,
    *headers.DETECTORS,
    *addresses.DETECTORS,
    *forges.DETECTORS,
    *clouds.DETECTORS,
    *services.DETECTORS,
    *commands.DETECTORS,
    assignments.DETECTOR,
)
_BASE64 = len(DETECTORS)
_INDEX = WordIndex(
    [
        *([each for fragment in detector.fragments for each in in_writings(fragment)] for detector in DETECTORS),
        base64_text.FRAGMENTS,
    ]
)
WORDS = tuple(dict.fromkeys((*key_blocks.BEGINS, *_INDEX.words)))
"""A line without any of these holds no secret that is known here."""

_DEPTH = 3
"""How often a text is taken out of another in Base64."""
_RANK = {"credential": 0, "signature": 1, "basic-auth": 1}


def findings(text: str, depth: int = 0) -> list[Finding]:
    """Return the secrets in a line, in order, none of them touching another. Key blocks are not among them."""
    about = _INDEX.lists_in(text)
    if not about:
        return []
    found = _detected(text, about)
    plain = encoded.decoded(text)
    if plain:
        found += (
            Finding(*plain.source(start, end), kind)
            for start, end, kind in _detected(plain.text, _INDEX.lists_in(plain.text))
            if end > start
        )
    if _BASE64 in about and depth < _DEPTH:
        found += _in_base64(text, depth)
    return _joined(found)


def _detected(text: str, about: Iterable[int]) -> list[Finding]:
    return [finding for number in about if number != _BASE64 for finding in DETECTORS[number].find(text)]


def _in_base64(text: str, depth: int) -> Iterable[Finding]:
    done = -1
    for start, end, plain in base64_text.texts(text):
        if start == done:
            continue
        if any(key_blocks.BEGIN.search(line) or findings(line, depth + 1) for line in plain.split("\n")):
            done = start
            yield Finding(start, end, "encoded-credential")


def _joined(found: list[Finding]) -> list[Finding]:
    """Return the findings with those that overlap made one; its kind is that which says most."""
    if len(found) < 2:
        return found
    found.sort()
    joined = [found[0]]
    for finding in found[1:]:
        last = joined[-1]
        if finding.start < last.end or (finding.start == last.end and finding.kind == last.kind):
            kind = (
                max(last.kind, finding.kind, key=lambda kind: _RANK.get(kind, 2))
                if last.kind != finding.kind
                else last.kind
            )
            joined[-1] = Finding(last.start, max(last.end, finding.end), kind)
        else:
            joined.append(finding)
    return joined
