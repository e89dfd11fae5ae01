"""The judgement of a chain of attempts: its state, rule by rule, and what is green for the wrong reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from diagnosis.causes import Integrity
from diagnosis.facts.evidence import Evidence
from diagnosis.gates import Verdict


class ClosureStatus(StrEnum):
    """The state of a chain of attempts."""

    CLOSED = "closed"
    OPEN = "open"
    UNPROVEN = "unproven"
    NON_COMPLIANT = "non-compliant"


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    """One rule of closure with its verdict."""

    rule: str
    """A slug."""
    title: str
    verdict: Verdict
    reason: str
    evidence: tuple[Evidence, ...] = ()
    sentence: str = ""
    """What the rule asks, in one sentence, whatever the verdict."""
    next_step: str = ""
    """What would make the rule pass, in one sentence; empty where it passes."""
    breach: bool = False
    """Whether a failure of it makes the chain non-compliant, not only unproven."""


@dataclass(frozen=True, slots=True)
class IntegrityFinding:
    """Green for the wrong reason, or a doubt about it."""

    slug: Integrity
    reason: str
    evidence: tuple[Evidence, ...] = ()
    breaks_closure: bool = False
    rule: str = ""
    """The slug of the rule that it turns: one that concerns it never passes beside it."""


class SubjectState(StrEnum):
    """Whether a subject's failures were answered by a success of the same subject."""

    CLOSED = "closed"
    NOT_PROVEN = "not proven"


@dataclass(frozen=True, slots=True)
class SubjectClosure:
    """What the chain shows of one subject's access gates, and of nothing else: the chain has a status of its own."""

    subject: str
    """The ref (``refs/heads/main``), or ``environment NAME``: what the subject claim names. Foreign text."""
    state: SubjectState
    reason: str
    """Why, in one sentence."""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Closure:
    """The judgement of a chain."""

    status: ClosureStatus
    sentence: str
    rules: tuple[RuleVerdict, ...]
    integrity: tuple[IntegrityFinding, ...] = ()
    next_steps: tuple[str, ...] = ()
    """What would bring the chain to ``closed``, the first to do first; empty for one that is closed."""
    subjects: tuple[SubjectClosure, ...] = ()
    """The access gates subject by subject, in the order of the attempts; no part of the status."""

    @property
    def proved(self) -> tuple[RuleVerdict, ...]:
        """The rules that pass."""
        return tuple(rule for rule in self.rules if rule.verdict is Verdict.PASS)

    @property
    def lacking(self) -> tuple[RuleVerdict, ...]:
        """The rules that do not pass, in the order of the next steps."""
        place = {step: number for number, step in enumerate(self.next_steps)}
        short = (rule for rule in self.rules if rule.verdict is not Verdict.PASS)
        return tuple(sorted(short, key=lambda rule: place.get(rule.next_step, len(place))))
