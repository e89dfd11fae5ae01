"""Look once more, before a packet is written, for what must not leave: a finding stops it, and is told by its place alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from diagnosis.documents.redaction import leaks
from tui.packet.files import JSON_PAGE, PacketProblem

_MOST_TOLD = 6


def require_clean(files: Mapping[str, bytes]) -> None:
    """Raise PacketProblem if a file holds what must not leave, saying in which file, line and member, and of what kind it is."""
    texts = {name: body.decode() for name, body in files.items()}
    _stop("packet", [*_in_members(texts[JSON_PAGE]), *_in_lines(texts)])


def require_clean_page(what: str, name: str, text: str, parts: Mapping[str, str]) -> None:
    """Raise PacketProblem if one page that leaves by itself holds what must not leave.

    ``what``: what it is, in a word. ``parts``: its texts as they are without the page's writing, which may break up what is
    looked for, each by the name of its place.
    """
    in_parts = [f"{leak.file} holds {leak.what}" for leak in leaks(dict(parts))]
    _stop(what, in_parts or _in_lines({name: text}))


def _in_lines(texts: Mapping[str, str]) -> list[str]:
    return [f"{leak.file} line {leak.line} holds {leak.what}" for leak in leaks(dict(texts))]


def _stop(what: str, found: list[str]) -> None:
    if found:
        more = f"; and {len(found) - _MOST_TOLD} more places" if len(found) > _MOST_TOLD else ""
        raise PacketProblem(
            f"The {what} was not written: {'; '.join(found[:_MOST_TOLD])}{more}. "
            "Remove it at its source (a log line or a case file) and export again."
        )


def _in_members(text: str) -> list[str]:
    """Return the members of the JSON whose text, as it is without JSON's writing, must not leave."""
    document = json.loads(text)
    members = [(place, " ".join(value.split())) for place, value in _texts(document, "")]
    # An empty line between two: no name at the end of one member speaks of the value of the next.
    found = leaks({JSON_PAGE: "\n\n".join(value for _, value in members)})
    places = [(members[leak.line // 2][0], leak.what) for leak in found]
    return [f"`{place}`{_attempt_at(place, document)} holds {what}" for place, what in places]


def _texts(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from _texts(member, f"{place}.{name}".lstrip("."))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _texts(member, f"{place}[{index}]")


def _attempt_at(place: str, document: dict[str, Any]) -> str:
    """Return of which run a member of an attempt speaks, in brackets."""
    owner, _, rest = place.partition("[")
    index, _, _ = rest.partition("]")
    listed = document.get(owner)
    entry = listed[int(index)] if isinstance(listed, list) and index.isdigit() else None
    if not isinstance(entry, dict) or "run" not in entry:
        return ""
    return f" (run {entry['run']}, attempt {entry.get('attempt', 1)})"
