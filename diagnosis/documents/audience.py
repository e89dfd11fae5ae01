"""Who reads a packet: known without what one is made of, since every command and the app's dialog name it."""

from __future__ import annotations

from enum import StrEnum


class Audience(StrEnum):
    """For whom a packet is laid out. The facts are the same for all; what stands first differs."""

    AUDITOR = "auditor"
    """Everything; the closure table first."""
    INCIDENT = "incident"
    """What failed, what stands now, what would mend it, and whose it is."""
    INTERVIEWER = "interviewer"
    """The story with its proofs, what may be asked, and what may be said of it in public."""
