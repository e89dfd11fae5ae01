"""The closure rules that rest on what the release left behind: the image, the evidence objects, the anchors."""

from __future__ import annotations

from collections.abc import Sequence

from diagnosis.causes import Integrity
from diagnosis.closure.side_channel import judge_push
from diagnosis.facts.account import AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.reading import Absent, Known
from diagnosis.gates import Verdict
from diagnosis.verdicts.closure import IntegrityFinding, RuleVerdict
from diagnosis.verdicts.replay import Replay


def evidence_rules(
    replays: Sequence[Replay],
    account: AccountState | None,
    case: Case,
    findings: Sequence[IntegrityFinding],
) -> tuple[RuleVerdict, ...]:
    """Image identity, no side channel, evidence present, evidence that measures, decision-log anchor."""
    return (
        _image_identity(replays, account, case),
        _no_side_channel(replays, account),
        _evidence_present(account, case),
        _evidence_measures(replays, findings),
        _decision_log(case),
    )


def _image_identity(replays: Sequence[Replay], account: AccountState | None, case: Case) -> RuleVerdict:
    slug, title = "tag-and-digest", "One tag and digest pair"
    if account is None:
        return RuleVerdict(slug, title, Verdict.UNKNOWN, "The registry was not read.")
    if isinstance(account.image, Absent):
        details = account.registry_details
        expires = isinstance(details, Known) and details.value.lifecycle_policy
        since = (
            "not pushed, deleted, or expired by the repository's lifecycle policy"
            if expires
            else "not pushed, or deleted"
        )
        return RuleVerdict(slug, title, Verdict.UNKNOWN, f"The image is not in the registry ({since}).")
    if not isinstance(account.image, Known):
        return RuleVerdict(slug, title, Verdict.UNKNOWN, f"The image could not be read: {account.image.why}.")
    image = account.image.value
    expected = next((r.facts.digest.value for r in reversed(replays) if r.facts.digest), None) or case.digest
    proof = (
        Evidence(
            EvidenceKind.API_CALL,
            f"{', '.join(image.tags)} = {image.digest}",
            "ecr:DescribeImages",
            Origin.LIVE,
            account.read_at,
        ),
    )
    if expected is None:
        return RuleVerdict(slug, title, Verdict.UNKNOWN, "No run of the chain tells the digest that it pushed.", proof)
    if expected != image.digest:
        return RuleVerdict(
            slug, title, Verdict.FAIL, f"The tag holds {image.digest}, the run pushed {expected}.", proof
        )
    return RuleVerdict(slug, title, Verdict.PASS, "The tag holds the digest that the run recorded.", proof)


def _no_side_channel(replays: Sequence[Replay], account: AccountState | None) -> RuleVerdict:
    push = judge_push(replays, account)
    title = "The image was pushed by a run of this chain"
    return RuleVerdict("no-side-channel", title, push.verdict, push.reason, push.evidence)


def _evidence_present(account: AccountState | None, case: Case) -> RuleVerdict:
    slug, title = "evidence-present", "The evidence artifacts are there"
    if case.evidence_root is None:
        return RuleVerdict(slug, title, Verdict.UNKNOWN, "No evidence root is named (case file: evidence_root).")
    if account is None:
        return RuleVerdict(slug, title, Verdict.UNKNOWN, "The evidence root was not read.")
    reading = account.evidence_objects
    if isinstance(reading, Absent):
        return RuleVerdict(slug, title, Verdict.FAIL, f"Nothing lies under {case.evidence_root}.")
    if not isinstance(reading, Known):
        return RuleVerdict(slug, title, Verdict.UNKNOWN, f"The evidence root could not be read: {reading.why}.")
    present = {item.key.rpartition("/")[2] for item in reading.value}
    lacking = [name for name in case.evidence_artifacts if name not in present]
    proof = (
        Evidence(
            EvidenceKind.API_CALL,
            f"{len(reading.value)} objects under {case.evidence_root}",
            "s3:ListBucket",
            Origin.LIVE,
            account.read_at,
        ),
    )
    if lacking or not present:
        return RuleVerdict(slug, title, Verdict.FAIL, f"Missing: {', '.join(lacking) or 'every object'}.", proof)
    return RuleVerdict(slug, title, Verdict.PASS, f"All {len(present)} objects are there.", proof)


def _evidence_measures(replays: Sequence[Replay], findings: Sequence[IntegrityFinding]) -> RuleVerdict:
    slug, title = "evidence-measured", "The evidence measures what it says"
    asserted = [finding for finding in findings if finding.slug == Integrity.SELF_ASSERTED_EVIDENCE]
    if asserted:
        return RuleVerdict(slug, title, Verdict.UNKNOWN, asserted[0].reason, asserted[0].evidence)
    if not replays or not isinstance(replays[-1].attempt.artifacts, Known):
        return RuleVerdict(slug, title, Verdict.UNKNOWN, "The closing run's artifacts were not read.")
    if not replays[-1].attempt.artifacts.value:
        return RuleVerdict(slug, title, Verdict.UNKNOWN, "The closing run left no artifacts.")
    return RuleVerdict(slug, title, Verdict.PASS, "No artifact's verdict is a constant of the workflow text.")


def _decision_log(case: Case) -> RuleVerdict:
    slug, title = "decision-log", "A timestamped decision-log entry"
    if not case.decision_log:
        return RuleVerdict(slug, title, Verdict.UNKNOWN, "No decision log is named (case file: decision_log).")
    proof = (
        Evidence(EvidenceKind.STATED, case.decision_log_entry or case.decision_log, case.decision_log, Origin.STATED),
    )
    if not case.decision_log_entry:
        return RuleVerdict(slug, title, Verdict.UNKNOWN, "The decision log is named, its entry is not.", proof)
    return RuleVerdict(slug, title, Verdict.PASS, "The entry is anchored (stated; its content was not read).", proof)
