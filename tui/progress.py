"""How far a piece of work is: the first thing that the screen shows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long piece of work is; ``total`` is None while it is not known."""

    what: str
    done: int = 0
    total: int | None = None
