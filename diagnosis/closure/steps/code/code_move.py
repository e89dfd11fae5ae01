"""What a command does to the code in the workspace."""

from __future__ import annotations

from dataclasses import dataclass

from diagnosis.closure.steps.code.own_code import Whose


@dataclass(frozen=True, slots=True)
class CodeMove:
    """What a command does to the code in the workspace."""

    whose: Whose
    what: str
    """A clause: which code, by which form."""


OWN = CodeMove(Whose.OWN, "")


def other(what: str) -> CodeMove:
    return CodeMove(Whose.OTHER, what.strip())


def unclear(what: str) -> CodeMove:
    return CodeMove(Whose.UNKNOWN, what.strip())
