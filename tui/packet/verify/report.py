"""What a check of a packet says: one line a question, with a sign, and never more than is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from diagnosis.documents.exit_code import ExitCode
from diagnosis.documents.packet import Packet


class Sign(Enum):
    """What a line says of its question."""

    HOLDS = "holds"
    BROKEN = "broken"
    UNKNOWN = "unknown"
    """It could not be checked, which is no yes."""
    NOTE = "note"
    """A fact that decides nothing, and that the reader must know."""

    @property
    def mark(self) -> str:
        """The sign before the line."""
        return {"holds": "✔", "broken": "✗", "unknown": "?", "note": "!"}[self.value]


class Question(Enum):
    """What is asked of a packet, in the order in which it is told."""

    FILES = "files"
    SUMS = "sums"
    SCHEMA = "schema"
    PAGES = "pages"
    LINKS = "links"
    STATEMENT = "statement"
    CONSISTENCY = "consistency"
    LEAVING = "leaving"
    SIGNATURE = "signature"
    ROOT = "root"
    RUNS = "runs"
    IMAGE = "image"
    EVIDENCE = "evidence"


@dataclass(frozen=True, slots=True)
class Line:
    """One answer."""

    question: Question
    sign: Sign
    sentence: str


@dataclass(frozen=True, slots=True)
class Verification:
    """All answers about one packet."""

    lines: tuple[Line, ...]
    root: str | None = None
    """The root hash of what lies there; None where there is no manifest."""
    packet: Packet | None = None
    """What its JSON holds; None where that could not be read."""
    made_by: str | None = None
    """The name and version of what the packet says it was made by."""

    def with_lines(self, lines: Iterable[Line]) -> Verification:
        """Return it with further answers."""
        return replace(self, lines=(*self.lines, *lines))

    @property
    def verdict(self) -> str:
        """``agrees``, ``broken``, or ``unknown`` where something could not be checked and nothing is broken."""
        signs = {line.sign for line in self.lines}
        return "broken" if Sign.BROKEN in signs else "unknown" if Sign.UNKNOWN in signs else "agrees"

    @property
    def exit_code(self) -> ExitCode:
        """How the command ends."""
        ends = {"agrees": ExitCode.PASSED, "broken": ExitCode.BROKEN, "unknown": ExitCode.UNKNOWN}
        return ends[self.verdict]

    @property
    def broken(self) -> tuple[str, ...]:
        """The sentences that tell of what is broken."""
        return tuple(line.sentence for line in self.lines if line.sign is Sign.BROKEN)


def answers(question: Question, broken: Iterable[str], holds: str) -> list[Line]:
    """Return a line for each fault, or the one that says that there is none."""
    told = [Line(question, Sign.BROKEN, sentence) for sentence in dict.fromkeys(broken)]
    return told or [Line(question, Sign.HOLDS, holds)]
