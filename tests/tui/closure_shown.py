"""A judged chain of each status, with foreign words in each place, for the screen and the text report."""

from __future__ import annotations

from diagnosis.causes import Integrity
from diagnosis.facts.evidence import Evidence, EvidenceKind
from diagnosis.gates import Verdict
from diagnosis.verdicts.anchor import Anchor, AnchorKind, AnchorState
from diagnosis.verdicts.closure import (
    Closure,
    ClosureStatus,
    IntegrityFinding,
    RuleVerdict,
    SubjectClosure,
    SubjectState,
)

STEERING = "\x1b[2J"


def rule(number: int, verdict: Verdict, *, reason: str = "", breach: bool = False) -> RuleVerdict:
    """A rule whose words name it."""
    return RuleVerdict(
        f"rule-{number}",
        f"Title {number}",
        verdict,
        reason or f"Reason {number}{STEERING}.",
        (Evidence(EvidenceKind.STATED, "", f"docs/{number}.md"),),
        f"Asks {number}.",
        "" if verdict is Verdict.PASS else f"Step {number}.",
        breach,
    )


def chain(status: ClosureStatus) -> Closure:
    """A chain in which one rule is breached, one unknown, two unknown for the same reason, and two are proved."""
    rules = (
        rule(1, Verdict.PASS),
        rule(2, Verdict.UNKNOWN, reason="Nothing closed it."),
        rule(3, Verdict.UNKNOWN),
        rule(4, Verdict.UNKNOWN, reason="Nothing closed it."),
        rule(5, Verdict.FAIL, breach=True),
        rule(6, Verdict.PASS),
    )
    findings = (
        IntegrityFinding(Integrity.GATE_DEMOTED, f"Reason 5{STEERING}.", breaks_closure=True, rule="rule-5"),
        IntegrityFinding(Integrity.REF_LAUNDERING, "Another ref was checked out.", rule="rule-3"),
    )
    subjects = (
        SubjectClosure("refs/heads/first", SubjectState.NOT_PROVEN, "It failed."),
        SubjectClosure("refs/heads/second", SubjectState.CLOSED, "It passed."),
    )
    steps = ("Step 5.", "Step 3.", "Step 2.", "Step 4.")
    return Closure(status, f"So it stands{STEERING}.", rules, findings, steps, subjects)


ANCHORS = (
    Anchor(AnchorKind.RUN, "run 1", AnchorState.VERIFIED, "It was read.", "https://github.com/o/r/actions/runs/1"),
    Anchor(AnchorKind.DECISION_LOG, f"docs/log.md{STEERING}", AnchorState.STATED, "Nobody read it.", sha256="ab" * 32),
    Anchor(AnchorKind.EVIDENCE_FILE, "s3://b/e.json", AnchorState.UNVERIFIABLE, "Access was denied."),
)
