"""The whole review: today's state against the baseline, and what needs no baseline to be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from diagnosis.baseline.aws_changes import History, aws_changes
from diagnosis.baseline.elsewhere import Elsewhere
from diagnosis.baseline.github_changes import github_changes
from diagnosis.baseline.images import Runs, pushed_outside
from diagnosis.baseline.parts import changed
from diagnosis.baseline.rules import DriftRule
from diagnosis.baseline.state import Baseline, ReviewedState
from diagnosis.baseline.taken import JudgedRelease
from diagnosis.baseline.unused import Reviewed, unused
from diagnosis.baseline.would_fail import would_fail
from diagnosis.facts.account import CredentialsProblem
from diagnosis.facts.endpoints import Endpoint
from diagnosis.facts.reading import Reading
from diagnosis.facts.role_usage import Usage
from diagnosis.facts.trail import Trail
from diagnosis.findings.finding import Finding, Level, Place, in_order, verdict_of
from diagnosis.gates import Verdict
from diagnosis.migration.globs import matches
from diagnosis.names.arn import Arn
from diagnosis.verdicts.gate_verdict import Missing

WITHOUT_BASELINE = timedelta(days=30)
"""So far back pushes and changes are looked at where nothing was accepted yet, or the acceptance has no usable date."""
_PUSH = "ecr:PutImage"
_CLOCKS_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read for a review."""

    state: ReviewedState
    releases: tuple[JudgedRelease, ...]
    trail: Reading[Trail]
    usage: Usage
    runs: Runs
    at: datetime
    gaps: tuple[Missing, ...] = ()
    """What else could not be read."""
    elsewhere: Elsewhere = field(default_factory=Elsewhere)
    """What other branches hold, where a claim needed it."""
    account_was_read: bool = True
    """False where nothing of it was, so that one finding says it in place of one for each part."""
    credentials_problem: CredentialsProblem | None = None
    endpoints: tuple[Endpoint, ...] = ()
    origin: str = ""
    """What kind of facts these are; empty for a live repository."""


@dataclass(frozen=True, slots=True)
class Review:
    """What a review found."""

    seen: Seen
    baseline: Baseline | None
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """What the findings come to."""
        return verdict_of(self.findings)


def review(seen: Seen, baseline: Baseline | None) -> Review:
    """Return the review. Without a baseline nothing is compared, and the rest is told all the same."""
    found: list[Finding] = []
    before = baseline.state if baseline else None
    since = baseline.accepted.at if baseline else None
    begin = since if since and since <= seen.at else seen.at - WITHOUT_BASELINE
    reviewed = Reviewed(seen.state, before, begin if since else None, seen.at, seen.usage.roles, seen.elsewhere)
    if baseline is not None:
        found += _expired(baseline, seen.at)
        found += github_changes(baseline.state, seen.state)
    if seen.account_was_read:
        if baseline is not None:
            found += aws_changes(baseline.state, seen.state, History(seen.trail, begin))
        found += would_fail(seen.releases, reviewed)
    found += unused(reviewed)
    roles = _of_releases(before, seen.state)
    pushed = [each for each in seen.usage.repositories if _releases_push(each.repository, before, seen.state)]
    found += pushed_outside(replace(seen.usage, repositories=tuple(pushed)), seen.runs, roles, begin)
    found += _gaps(seen.gaps)
    return Review(seen, baseline, in_order(found))


def _of_releases(before: ReviewedState | None, now: ReviewedState) -> Sequence[Arn]:
    """Return the roles by which releases push, now or when the state was accepted: all, where a workflow's is not known."""
    states = [state for state in (before, now) if state]
    used = [each.role for state in states for workflow in state.known_workflows for each in workflow.releases]
    known = dict.fromkeys(role for role in used if role is not None)
    if None in used or not all(state.all_workflows_read for state in states):
        known |= dict.fromkeys(role.arn for role in now.roles)
    return tuple(known)


def _releases_push(repository: Arn, *states: ReviewedState | None) -> bool:
    """Return whether releases push to a repository, or may: who pushes to one that they only pull from is not theirs to say."""
    releases = [each for state in states if state for workflow in state.known_workflows for each in workflow.releases]
    if any(release.not_understood or release.role is None for release in releases):
        return True
    uses = [use for release in releases for use in release.needs]
    pushes = [use for use in uses if use.action in (_PUSH, "ecr:*")]
    named = any(use.resource == str(repository) for use in uses)
    return not named or any(use.resource is None or matches(use.resource, str(repository)) for use in pushes)


def differences_of(seen: Seen, baseline: Baseline) -> tuple[Finding, ...]:
    """Return what accepting the present state would change in the baseline."""
    known = History(seen.trail, baseline.accepted.at)
    return in_order((*github_changes(baseline.state, seen.state), *aws_changes(baseline.state, seen.state, known)))


def _expired(baseline: Baseline, at: datetime) -> Sequence[Finding]:
    accepted, expires = baseline.accepted, baseline.accepted.expires
    if accepted.at > at + _CLOCKS_DIFFER:
        # Dated ahead it would hide every push and every change until then.
        said = f"The baseline is dated {accepted.at:%Y-%m-%dT%H:%M:%SZ}, a time to come."
        return (changed(DriftRule.ACCEPTANCE_EXPIRED, Place(member="accepted.at"), said),)
    if expires is None or at.date() <= expires:
        return ()
    said = f"The baseline was accepted until {expires}, by {baseline.accepted.by}: {baseline.accepted.rationale}"
    return (changed(DriftRule.ACCEPTANCE_EXPIRED, Place(member="accepted.expires"), said),)


def _gaps(gaps: Sequence[Missing]) -> Sequence[Finding]:
    return [
        Finding(
            DriftRule.NOT_COMPARED,
            Level.UNKNOWN,
            Place(),
            f"{gap.what[:1].upper()}{gap.what[1:]} could not be read: {gap.why.rstrip('.')}.",
            f"{gap.how[:1].upper()}{gap.how[1:].rstrip('.')}.",
        )
        for gap in gaps
    ]
