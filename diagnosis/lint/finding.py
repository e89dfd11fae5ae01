"""A finding: which rule, where, what was seen and what it means, and how to correct it."""

from __future__ import annotations

from dataclasses import dataclass

from diagnosis.lint.places import Place
from diagnosis.lint.rule import Rule, Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of a document."""

    rule: Rule
    place: Place
    sentence: str
    """What was seen and what it means."""
    correction: str
    """What to write instead, as a sentence."""

    @property
    def severity(self) -> Severity:
        """How grave it is."""
        return self.rule.record.severity

    @property
    def refused(self) -> bool:
        """Whether AWS would refuse to save the document because of it."""
        return self.rule.record.refused

    @property
    def reference(self) -> str:
        """Address of the documentation."""
        return self.rule.record.reference

    @property
    def order(self) -> tuple[int, int, int, int, str]:
        """How findings are sorted: by severity, rule and place."""
        place = self.place
        return (self.severity.rank, self.rule.rank, place.line or 0, place.column or 0, place.path)
