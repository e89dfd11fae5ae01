"""The catalogue of the rules of closure: what each asks, whether its failure is a breach, and what to do where it does not pass.

A rule that is not in this catalogue is none: :mod:`diagnosis.closure.judge` runs one function for each entry, in this order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from diagnosis.facts.evidence import Evidence
from diagnosis.gates import Verdict
from diagnosis.verdicts.closure import RuleVerdict


@dataclass(frozen=True, slots=True)
class RuleRecord:
    """One rule of closure, without a verdict."""

    id: str
    """A slug; it stays the same from release to release."""
    title: str
    sentence: str
    """What it asks, in one sentence."""
    next_step: str
    """What makes it pass, in one sentence, unless the verdict knows better."""
    breach: bool = False
    """Whether its failure makes the chain non-compliant: something was done that no further proof can undo."""

    def passes(self, reason: str, evidence: Sequence[Evidence] = ()) -> RuleVerdict:
        """Return the rule as proved."""
        return self.verdict(Verdict.PASS, reason, evidence)

    def fails(self, reason: str, evidence: Sequence[Evidence] = (), next_step: str = "") -> RuleVerdict:
        """Return the rule as disproved."""
        return self.verdict(Verdict.FAIL, reason, evidence, next_step)

    def unknown(self, reason: str, evidence: Sequence[Evidence] = (), next_step: str = "") -> RuleVerdict:
        """Return the rule as not decided; the reason says what lacks."""
        return self.verdict(Verdict.UNKNOWN, reason, evidence, next_step)

    def not_yet(self) -> RuleVerdict:
        """Return the rule as not decided, since nothing closes the chain yet."""
        return self.unknown("There is no closing run yet.", next_step=CHAIN_COMPLETE.next_step)

    def verdict(
        self, verdict: Verdict, reason: str, evidence: Sequence[Evidence] = (), next_step: str = ""
    ) -> RuleVerdict:
        """Return the rule with a verdict; whatever is neither passed nor failed is unknown."""
        known = verdict if verdict in (Verdict.PASS, Verdict.FAIL) else Verdict.UNKNOWN
        return RuleVerdict(
            rule=self.id,
            title=self.title,
            verdict=known,
            reason=reason,
            evidence=tuple(evidence),
            sentence=self.sentence,
            next_step="" if known is Verdict.PASS else next_step or self.next_step,
            breach=self.breach,
        )


READ_TRAIL = "Read CloudTrail whole for the time of the chain (cloudtrail:LookupEvents), while it still keeps it."
CHAIN_COMPLETE = RuleRecord(
    "chain-complete",
    "Failure, then success",
    "The chain holds at least one failure and ends in a success.",
    "Rerun the same workflow on the same ref once the forecast is clear.",
)
BOTH_PLANES = RuleRecord(
    "both-planes",
    "Both failure classes observed and resolved",
    "Authentication and authorization each failed on their own, and both were resolved.",
    "Add the attempt that failed at the other plane to the chain, by its run id.",
)
OWN_BOUNDARY = RuleRecord(
    "own-boundary",
    "Each failure at its own boundary",
    "Each failed attempt stopped at the gate that it failed at.",
    "Have the log of that attempt read, so that the gate that stopped it is known.",
)
FAIL_CLOSED = RuleRecord(
    "fail-closed",
    "A refused attempt published nothing",
    "Each attempt that was refused at a gate stopped before it had published.",
    "Let the publishing steps run after every gate only, and prove that in another chain.",
)
EXPLICIT_FAILURE = RuleRecord(
    "explicit-failure",
    "Each failure is explicit",
    "Each failed attempt names its own cause, and none was tried again and again without a change.",
    "Have the log or the annotations of that attempt read, so that its cause is known.",
)
DETERMINISTIC = RuleRecord(
    "deterministic",
    "The same evidence, the same verdict",
    "Attempts that were refused by the same words are judged alike.",
    "Report it: two verdicts on the same words are a fault of the judgement.",
)
SAME_WORKFLOW = RuleRecord(
    "same-workflow",
    "Same workflow",
    "All attempts are of one workflow file.",
    "Judge the attempts of one workflow file; give the others a chain of their own.",
)
SAME_COMMIT = RuleRecord(
    "same-commit",
    "Same commit",
    "All attempts ran on one commit, or on commits whose difference cannot touch the release.",
    "Rerun on the commit that failed, or have the files between the commits read (contents: read).",
)
SAME_SUBJECT = RuleRecord(
    "same-subject",
    "The closing run proves the subject that failed",
    "The closing run presented the same subject as the attempts that failed.",
    "Rerun the workflow on the ref, and in the environment, that failed.",
)
SUBJECT_NAMES_THE_CODE = RuleRecord(
    "subject-names-the-code",
    "The subject names the code that runs",
    "The job that releases runs the code of the ref in its subject, and no other.",
    "Check out the ref that the run was started on, and release once more.",
)
REMEDIATION_TRACED = RuleRecord(
    "remediation-traced",
    "A remediation between each failure and the next attempt",
    "A change at the gate that failed was observed between each failure and the next attempt.",
    READ_TRAIL,
)
CLOCKS_AGREE = RuleRecord(
    "clocks-agree",
    "The clocks agree",
    "No stated time contradicts the times of the runs and of CloudTrail.",
    "Correct the stated time, or state why it was written otherwise.",
)
FIX_IN_PLANE = RuleRecord(
    "fix-in-plane",
    "Each fix touched only the plane that had failed",
    "Between a failure and the next attempt nothing outside of the plane that failed was changed.",
    READ_TRAIL,
)
POSITIVE_PATH = RuleRecord(
    "positive-path",
    "The closing run assumed, authorized and published",
    "The closing run itself assumed the role, was authorized and published.",
    "Have the closing run's log read; where a step was skipped, release once more.",
)
NO_STATIC_CREDENTIALS = RuleRecord(
    "no-static-credentials",
    "No static keys",
    "No long-lived key reaches the job that releases.",
    "Take the keys out of the workflow and release once more by role-to-assume alone.",
    breach=True,
)
SHORT_LIVED_SESSION = RuleRecord(
    "short-lived-session",
    "A short-lived session by web identity",
    "The closing run's credentials were those of a session that it opened with its own token.",
    "Read CloudTrail for the time of the closing run (AssumeRoleWithWebIdentity), or have its log read.",
)
NO_OVERRIDE = RuleRecord(
    "no-override",
    "No gate is demoted",
    "No step that crosses a gate may fail, be skipped or be denied without failing the run.",
    "Let a failure of each of these steps fail the run, and release once more.",
    breach=True,
)
TAG_AND_DIGEST = RuleRecord(
    "tag-and-digest",
    "One tag and digest pair",
    "The tag holds the digest that the closing run pushed.",
    "Have the closing run print the digest that it pushed, and read the image (ecr:DescribeImages).",
)
NO_SIDE_CHANNEL = RuleRecord(
    "no-side-channel",
    "The image was pushed by a run of this chain",
    "The closing run pushed the image, in its own time and by its own session of the role.",
    "Find who pushed the image and when, and release once more through the workflow.",
    breach=True,
)
PUBLISH_HAS_PATH = RuleRecord(
    "publish-has-path",
    "No publish without a closure path",
    "The closing run is the first success since the failures began.",
    "Add the runs between the first failure and the closing run to the chain, or give the earlier success its own.",
)
EVIDENCE_PRESENT = RuleRecord(
    "evidence-present",
    "The evidence artifacts are there",
    "The evidence files that the case names lie under its evidence root.",
    "Name the evidence root in the case file and grant its listing (s3:ListBucket).",
)
EVIDENCE_CONSISTENT = RuleRecord(
    "evidence-consistent",
    "The evidence agrees with the run and with itself",
    "What the evidence files say of run, commit, tag, digest and time is the closing run's, and copies of a file are the same.",
    "Make the evidence readable, and let the release write run id, commit and digest into it.",
)
EVIDENCE_MEASURED = RuleRecord(
    "evidence-measured",
    "The evidence measures what it says",
    "No evidence file holds a verdict that the workflow wrote as a constant.",
    "Write into the evidence what a command measured in the run, and release once more.",
)
DECISION_LOG = RuleRecord(
    "decision-log",
    "A timestamped decision-log entry",
    "The decision log holds the entry that the case names, once, with its time.",
    "Name the decision log and the heading of its entry in the case file.",
)
DECISION_LOG_CLOCK = RuleRecord(
    "decision-log-clock",
    "The entry's time agrees with the runs",
    "By its own clock the entry was written after the closing run had ended, and before the file was committed.",
    "Name the entry that was written when this chain was closed, with day, time and zone in its heading.",
)
SCOPE_BOUNDED = RuleRecord(
    "scope-bounded",
    "Scope stays bounded (judged on today's state)",
    "The role is granted no more than the release needs.",
    "Narrow the grants to what the release needs (the remediations that tighten say how), and read them again.",
    breach=True,
)
NO_UNDOCUMENTED_WIDENING = RuleRecord(
    "no-undocumented-widening",
    "No undocumented widening on the way",
    "Trust and permissions were not widened on the way, not even for a while, without a statement of the case.",
    "State in the case file what was widened, why and until when (escalations), and have it taken back.",
    breach=True,
)
ESCALATION_JUSTIFIED = RuleRecord(
    "escalation-justified",
    "Every escalation has a rationale and an expiry",
    "Each escalation that the case states has a rationale and an expiry, and does not outlast it.",
    "Give the escalation a rationale and an expiry in the case file, and have it taken back by then.",
    breach=True,
)
PROGRESSION_PROVED = RuleRecord(
    "progression-proved",
    "The progression is proved",
    "Each attempt has an address, a beginning and an end, each began after the one before it had ended, and none was left out.",
    "Read the attempts whose times lack, and prove closure in a chain of attempts that ran one after the other.",
)
