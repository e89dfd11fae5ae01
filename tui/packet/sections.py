"""Which sections a packet's pages have, and in which order: it depends on who reads, and on what there is to tell."""

from __future__ import annotations

from dataclasses import dataclass

from diagnosis.documents.audience import Audience
from diagnosis.documents.packet import Packet

_TITLES = {
    "interview": "In an interview",
    "readings": "How to read this",
    "timeline": "Timeline",
    "attempts": "The attempts",
    "now": "Now",
    "fix": "After the recommended fix",
    "quotes": "The deciding statements",
    "closure": "Closure, rule by rule",
    "anchors": "Anchors",
    "exceptions": "Stated exceptions",
    "unknown": "What is not known",
    "not_covered": "What is not covered",
    "sessions": "The sessions of the jobs",
    "uses": "What the release uses at AWS",
    "reconstructed": "What is reconstructed",
    "withheld": "What is left out, by its digest",
    "non_claims": "What this does not claim",
}

_ORDER = {
    Audience.AUDITOR: (
        "closure", "readings", "timeline", "anchors", "exceptions", "attempts", "now", "fix", "quotes", "unknown", "not_covered",
        "sessions", "uses", "reconstructed", "withheld", "non_claims",
    ),
    Audience.INCIDENT: (
        "timeline", "attempts", "now", "fix", "quotes", "readings", "unknown", "not_covered", "closure", "exceptions", "sessions",
        "uses", "anchors", "reconstructed", "withheld", "non_claims",
    ),
    Audience.INTERVIEWER: (
        "interview", "timeline", "anchors", "readings", "non_claims", "attempts", "closure", "exceptions", "now", "fix", "quotes",
        "unknown", "not_covered", "sessions", "uses", "reconstructed", "withheld",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Section:
    """One section of a page."""

    name: str
    """Also the name of its template, and its anchor in the page."""
    title: str


def sections_of(packet: Packet) -> tuple[Section, ...]:
    """Return the sections that have something to tell, in the order for the packet's audience."""
    return tuple(Section(name, _TITLES[name]) for name in _ORDER[packet.audience] if _has(packet, name))


def _has(packet: Packet, name: str) -> bool:
    optional = {
        "interview": packet.interview,
        "attempts": packet.attempts,
        "now": packet.now or packet.forecast or packet.drift,
        "fix": packet.fix,
        "quotes": packet.quotes,
        "anchors": packet.anchors,
        "exceptions": packet.exceptions,
        "unknown": packet.unknown,
        "not_covered": packet.not_covered,
        "sessions": packet.several_sessions,
        "uses": packet.uses,
        "reconstructed": packet.reconstructed,
        "withheld": packet.withheld,
    }
    return name not in optional or bool(optional[name])
