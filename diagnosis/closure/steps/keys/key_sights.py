"""What was seen of long-lived keys at one place of a release: a key that reaches it, or something that is not understood."""

from __future__ import annotations

from dataclasses import dataclass, field

from diagnosis.facts.evidence import Evidence


@dataclass(slots=True)
class KeySights:
    """Collects what is seen, each thing once."""

    keys: dict[str, Evidence] = field(default_factory=dict)
    """Clauses that say which long-lived key reaches which place."""
    unclear: dict[str, Evidence | None] = field(default_factory=dict)
    """Clauses that say what may set a key and is not understood."""

    def key(self, clause: str, evidence: Evidence) -> None:
        """Note a key."""
        self.keys.setdefault(clause, evidence)

    def doubt(self, clause: str, evidence: Evidence | None = None) -> None:
        """Note what is not understood."""
        self.unclear.setdefault(clause, evidence)
