"""A finding: which rule, how much it counts, where, what was seen and what to do; and what findings come to together.

`planescope conform` and `planescope drift` tell what they find as these. The rules of each are an enumeration whose members
have a :class:`RuleRecord`; a policy document's own faults keep the rules of :mod:`diagnosis.lint`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from diagnosis.gates import Verdict


class Level(StrEnum):
    """How much a finding counts; the gravest first."""

    ERROR = "error"
    """Something is wrong: the command fails."""
    UNKNOWN = "unknown"
    """Something could not be read or decided, so nothing is proved: the command says that, and does not pass."""
    NOTE = "note"
    """Worth knowing; it changes no exit code."""

    @property
    def rank(self) -> int:
        """Position from 0, the gravest first."""
        return list(Level).index(self)


@dataclass(frozen=True, slots=True)
class RuleRecord:
    """What is said of a rule wherever it is listed."""

    sentence: str
    """What is wrong where it is found, as a sentence."""
    correction: str
    """What to do in general, as a sentence."""
    reference: str
    """Address of the documentation of what it rests on."""
    security: bool = True
    """Whether what it finds is a matter of security; else it is one of a release that would fail."""


class FindingRule(Protocol):
    """A member of an enumeration of rules."""

    @property
    def value(self) -> str:
        """The rule's slug, unique within its command."""

    @property
    def record(self) -> RuleRecord:
        """What is said of it."""

    @property
    def rank(self) -> int:
        """Position from 0 among the rules of its command: the order in which findings of one level are told."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was found: a file of the repository, a thing in AWS or at GitHub, or both."""

    file: str = ""
    """From the root of the repository, ``/`` between the parts; empty where it is no file."""
    line: int | None = None
    """1-based; None where the file as a whole is meant."""
    column: int | None = None
    member: str = ""
    """What in it, or in AWS: the path of a member (``Statement[0].Action``), a job and step, an ARN."""

    def __str__(self) -> str:
        """``infra/roles.tf:12: Statement[0].Action``, for people."""
        at = f"{self.file}:{self.line}" if self.file and self.line is not None else self.file
        return ": ".join(part for part in (at, self.member) if part)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found."""

    rule: FindingRule
    level: Level
    place: Place
    sentence: str
    """What was seen and what it means; holds foreign text."""
    correction: str
    """What to do about it, as a sentence; of an unknown, how to make it known."""
    details: tuple[str, ...] = ()
    """What belongs to it, a line each: newly admitted callers, newly granted actions, steps."""
    related: tuple[Place, ...] = ()
    """Further places that have part in it: the workflow step that a policy would stop."""

    @property
    def order(self) -> tuple[int, int, str, int, str, str]:
        """How findings are sorted: by level, rule and place."""
        place = self.place
        return (self.level.rank, self.rule.rank, place.file, place.line or 0, place.member, self.sentence)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings sorted, each once."""
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: finding.order))


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """Return what the findings come to: ``fail`` with an error, ``unknown`` with an unknown, else ``pass``."""
    levels = {finding.level for finding in findings}
    if Level.ERROR in levels:
        return Verdict.FAIL
    return Verdict.UNKNOWN if Level.UNKNOWN in levels else Verdict.PASS
