"""The catalogue as a page: ``python -m diagnosis.causes.page > docs/causes.md`` writes the documentation anew."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from diagnosis.causes.cause import Cause
from diagnosis.causes.integrity import Integrity
from diagnosis.gates import Plane

_LEAD = """\
# The catalogue of causes

Every reason for which planescope says that a release stopped, by plane in the order in which a release meets the gates.
`planescope explain --cause SLUG` prints one of them. This page is made from the catalogue (`diagnosis/causes`) by
`python -m diagnosis.causes.page > docs/causes.md`; do not edit it by hand.
"""
_INTEGRITY_LEAD = """\
## Integrity findings

What makes a successful run prove less than it seems to. They are findings about the closure of a chain of attempts, and no
causes at a gate.
"""


def page() -> str:
    """Return the catalogue in Markdown: a heading and a list for each cause, then for each integrity finding."""
    return "\n".join((_LEAD, *_planes(), _INTEGRITY_LEAD, *map(_integrity, Integrity)))


def _planes() -> Iterator[str]:
    for plane in Plane:
        yield f"## {plane.label[:1].upper()}{plane.label[1:]}\n"
        yield from (_cause(cause) for cause in Cause if cause.plane is plane)


def _cause(cause: Cause) -> str:
    record = cause.record
    place = f"{record.gate.label}, at {record.checkpoint}" if record.gate and record.checkpoint else record.plane.label
    lines = (
        f"- Where: {place}",
        f"- How to tell: {record.tell_apart}",
        f"- Next step: {record.next_step}",
        f"- Owner: {record.owner.value}",
        f"- Reference: {_reference(record.reference, record.no_reference)}",
    )
    return _plain(f"### `{cause.value}`\n\n{record.sentence}\n\n" + "\n".join(lines) + "\n")


def _integrity(finding: Integrity) -> str:
    record = finding.record
    lines = (
        f"- How it shows: {record.shows}",
        f"- Next step: {record.next_step}",
        f"- Owner: {record.owner.value}",
        f"- Reference: {_reference(record.reference, record.no_reference)}",
    )
    return _plain(f"### `{finding.value}`\n\n{record.sentence}\n\n" + "\n".join(lines) + "\n")


def _plain(text: str) -> str:
    """Return the text with the stars of AWS's wildcards kept from being read as emphasis."""
    return text.replace("*", "\\*")


def _reference(address: str | None, why_none: str) -> str:
    return f"<{address}>" if address else f"none. {why_none}"


if __name__ == "__main__":
    sys.stdout.write(page())
