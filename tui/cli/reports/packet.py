"""Say that a packet was written, and what a check of one found."""

from __future__ import annotations

from tui.backend import ExportResult
from tui.cli.console import printable
from tui.cli.output import say
from tui.cli.plain import is_plain
from tui.packet.verify.report import Question, Sign, Verification

SCHEMA = "planescope.packet-verify/1"
_ENDS = {
    "agrees": "The packet agrees with itself. That does not say who made it, nor that GitHub or AWS said so.",
    "unknown": "Nothing that could be checked is broken, and not everything could be checked.",
    "broken": "The packet is broken, or is not what it says.",
}
_SIGNED = "The packet agrees with itself and is what that key signed. That GitHub or AWS said so, it does not prove."
_WIDTH = 12


def say_written(result: ExportResult, *, err: bool = False) -> None:
    """Say where a packet lies, what it consists of, and the root hash by which a copy of it can be compared with it."""
    said = "" if result.masked else "; AWS account ids are in it as they are"
    say(f"Evidence packet: {result.place} ({', '.join(result.files)}){said}", err=err)
    say(f"Root hash: {result.root} (compare it over another channel than the packet's)", err=err)


def say_verification(found: Verification) -> None:
    """Say each answer on a line of its own, with its sign (in plain text, its word), and what they come to."""
    for line in found.lines:
        drawn = f"{line.sign.mark} {line.question.value:{_WIDTH}} {line.sentence}"
        say(printable(f"{line.question.value}: {line.sign.value}: {line.sentence}" if is_plain() else drawn))
    signed = any(line.question is Question.SIGNATURE and line.sign is Sign.HOLDS for line in found.lines)
    say(_SIGNED if signed and found.verdict == "agrees" else _ENDS[found.verdict])


def verification_document(found: Verification) -> dict[str, object]:
    """Return the answers as a document."""
    return {
        "schema": SCHEMA,
        "verdict": found.verdict,
        "root": found.root,
        "made_by": found.made_by,
        "checks": [
            {"check": line.question.value, "result": line.sign.value, "sentence": line.sentence} for line in found.lines
        ],
    }
