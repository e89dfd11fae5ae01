"""What works already with what was found: the recorded side, the live side, the demo."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from tui.readiness.check import Check, What


class Part(StrEnum):
    """A part of planescope that needs something."""

    RECORDED = "recorded"
    LIVE = "live"
    DEMO = "demo"

    @property
    def label(self) -> str:
        """The name for people."""
        return _LABELS[self]


_LABELS = {Part.RECORDED: "Recorded side", Part.LIVE: "Live side", Part.DEMO: "Demo"}
_NEEDS: dict[Part, tuple[What, ...]] = {
    Part.RECORDED: (What.SETTINGS, What.REPOSITORY, What.GITHUB, What.TOKEN, What.REACH),
    Part.LIVE: (What.SETTINGS, What.CLOCK, What.AWS, What.REGISTRY),
    Part.DEMO: (What.SETTINGS, What.DEMO),
}
_DOES = {
    Part.RECORDED: "What the runs show, attempt after attempt",
    Part.LIVE: "What the account says now, the forecast, the proved fix",
    Part.DEMO: "A real incident, without credentials",
}
_OF_ANY = {Part.RECORDED: What.REACH, Part.LIVE: What.AWS, Part.DEMO: What.DEMO}
"""Without which nothing works, even where nobody could tell why it was not looked at."""


@dataclass(frozen=True, slots=True)
class Works:
    """Whether a part works, in a sentence."""

    part: Part
    works: bool
    sentence: str

    @property
    def does(self) -> str:
        """What it is, without what it needs."""
        return f"{_DOES[self.part]}."


def works(checks: Iterable[Check]) -> tuple[Works, ...]:
    """Return what works. What was not found out does not count as working, nor does what the user left out."""
    found = {check.what: check for check in checks}
    return tuple(_of(part, found) for part in Part)


def _of(part: Part, found: dict[What, Check]) -> Works:
    lacks = [what for what in _NEEDS[part] if what in found and not _serves(found[what])]
    if not lacks and _OF_ANY[part] not in found:
        lacks = [_OF_ANY[part]]
    if not lacks:
        return Works(part, True, f"{_DOES[part]}.")
    return Works(part, False, f"{_DOES[part]}. It needs: {', '.join(map(_name, lacks))}.")


def _serves(check: Check) -> bool:
    # Noted alone, since whoever brings an account of their own needs neither.
    left_out = check.what in (What.DEMO, What.AWS) and check.way_out
    return check.serves and not left_out


def _name(what: What) -> str:
    return "its extra" if what is What.DEMO else what.within
