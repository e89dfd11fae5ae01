"""Judge whether the closing run pushed the image: in its own time, by its own session of the release's role.

A push elsewhere is a side channel only where it is known to be nobody's: not that of another run of the workflow, which
the neighbouring runs tell, and not one from before the chain. Where they were not read, it is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from diagnosis.closure.judged_chain import Chain
from diagnosis.closure.pushing_session import foreign_session
from diagnosis.facts.account import AccountState, Image
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt
from diagnosis.facts.trail import TrailEvent
from diagnosis.gates import Verdict
from diagnosis.live.observed_subject import TRAIL_ADDRESS
from diagnosis.names.arn import Arn
from diagnosis.policy.principal_view import PrincipalKind, view_principal
from diagnosis.verdicts.replay import Replay

PUSH_EVENT = "PutImage"
_CLOCKS_DIFFER = timedelta(minutes=2)
_READ_IMAGE = "Read the image in the registry once a run has pushed it (ecr:DescribeImages)."
_JUDGE_THAT_RUN = "Judge closure for the chain of that run."


@dataclass(frozen=True, slots=True)
class Push:
    """Who pushed the image, as far as that is known: the verdict of the rule, and its proof."""

    verdict: Verdict
    reason: str
    evidence: tuple[Evidence, ...] = ()
    next_step: str = ""


def judge_push(chain: Chain) -> Push:
    """Judge the push: ``fail`` where it is another principal's, session's or nobody's, ``pass`` where it is the closing run's."""
    account = chain.account
    if account is None or not chain.replays or not isinstance(account.image, Known):
        return Push(Verdict.UNKNOWN, "The image's push time could not be read.", next_step=_READ_IMAGE)
    image = account.image.value
    if image.pushed_at is None:
        return Push(Verdict.UNKNOWN, "The registry gives no push time.", next_step=_READ_IMAGE)
    events = _pushes(account, image, chain.replays)
    proof = (_registry_proof(account, image), *(_event_proof(event) for event in events))
    question = account.question
    roles = (question.role_arn, *(each.role_arn for each in question.beside))
    foreign = [event for event in events if not any(_by_role(event.principal, role) for role in roles)]
    if foreign:
        tag = foreign[0].detail or question.tag or image.digest
        return Push(Verdict.FAIL, f"{tag} was pushed by {foreign[0].principal}, not by the release's role.", proof)
    closing = chain.closing
    if closing is None or not pushed_within(closing.attempt, image):
        return _pushed_elsewhere(chain, image, image.pushed_at, proof)
    return _pushed_by_closing_run(closing, chain, account, events, image.pushed_at, proof)


def pushed_within(attempt: Attempt, image: Image) -> bool:
    """Return whether the image's push time lies between the attempt's start and end (both ends included)."""
    start = attempt.started_at or attempt.created_at
    return image.pushed_at is not None and _lies_within(image.pushed_at, start, attempt.updated_at)


def _lies_within(at: datetime, start: datetime | None, end: datetime | None) -> bool:
    return start is not None and end is not None and start <= at <= end


def _pushed_by_closing_run(
    closing: Replay,
    chain: Chain,
    account: AccountState,
    events: Sequence[TrailEvent],
    at: datetime,
    proof: tuple[Evidence, ...],
) -> Push:
    """Judge a push in the closing run's time: whether it lies in the releasing job's, and is of the session that it opened."""
    run = closing.attempt.run_id
    window = _job_window(closing)
    if window is not None and not _lies_within(at, window[0] - _CLOCKS_DIFFER, window[1] + _CLOCKS_DIFFER):
        reason = f"The push time lies in run {run}, but not in the time of its releasing jobs."
        return Push(Verdict.UNKNOWN, reason, proof)
    trail = account.trail
    if not isinstance(trail, Known):
        reason = f"The push time lies in run {run}; who pushed was not seen (CloudTrail was not read)."
        return Push(Verdict.UNKNOWN, reason, proof, "Read CloudTrail of the registry's account and region, whole.")
    if not events:
        reason = f"The push time lies in run {run}; CloudTrail shows no push of it, so who pushed is not proved."
        return Push(Verdict.UNKNOWN, reason, proof, "Read CloudTrail of the registry's account and region, whole.")
    doubt = foreign_session(events, closing, account, chain.case)
    if doubt is not None:
        return Push(doubt.verdict, doubt.reason, (*proof, *doubt.evidence))
    reason = f"The push time lies in run {run}; the push was made by {events[-1].principal}."
    return Push(Verdict.PASS, reason, proof)


def _job_window(replay: Replay) -> tuple[datetime, datetime] | None:
    """Return the time from the first releasing job's start to the last one's end; None where that is not known."""
    jobs = replay.attempt.jobs.value if isinstance(replay.attempt.jobs, Known) else ()
    names = {session.job for session in replay.sessions}
    own = [job for job in jobs if job.name in names]
    starts = [job.started_at for job in own if job.started_at is not None]
    ends = [job.completed_at for job in own if job.completed_at is not None]
    # A session of another name may be one of a called workflow: then the attempt's own time counts.
    whole = own and len(starts) == len(ends) == len(own) and names == {job.name for job in own}
    return (min(starts), max(ends)) if whole else None


def _pushed_elsewhere(chain: Chain, image: Image, at: datetime, proof: tuple[Evidence, ...]) -> Push:
    """Judge a push outside of the closing run's time."""
    inside = next((replay.attempt for replay in chain.replays if pushed_within(replay.attempt, image)), None)
    if inside is not None:
        what = inside.conclusion or inside.status
        # An attempt may push and fail afterwards; only where another one closed the chain is its push somebody else's.
        verdict = Verdict.FAIL if chain.closing is not None else Verdict.UNKNOWN
        return Push(verdict, f"The push time lies in run {inside.run_id}, whose outcome is {what}.", proof)
    closing = chain.closing.attempt if chain.closing is not None else None
    if closing is not None and closing.updated_at is not None:
        begin, end = (closing.started_at or closing.created_at) - _CLOCKS_DIFFER, closing.updated_at + _CLOCKS_DIFFER
        if begin <= at <= end:
            reason = (
                f"The push time lies just outside of run {closing.run_id}: GitHub's clock and AWS's may differ so much."
            )
            return Push(Verdict.UNKNOWN, reason, proof, "Release once more, so that the push lies in the closing run.")
    first = chain.replays[0].attempt
    if at < min(first.created_at, first.started_at or first.created_at):
        return Push(
            Verdict.UNKNOWN,
            "The image was pushed before the chain began, so no run of it is seen to have published.",
            proof,
            "Release once more, so that the closing run publishes.",
        )
    neighbours = chain.facts.neighbours
    if not isinstance(neighbours, Known):
        why = getattr(neighbours, "why", "there are none").rstrip(".")
        return Push(
            Verdict.UNKNOWN,
            "The push time lies in no run of this chain; whether another run of the workflow pushed it is not known "
            f"({why}).",
            proof,
            "Have the workflow's later runs read (diagnose the chain online).",
        )
    own = {replay.attempt.key for replay in chain.replays}
    other = next((each for each in neighbours.value if each.key not in own and _may_have_pushed(each, at)), None)
    if other is not None:
        run = Evidence(
            EvidenceKind.RUN, f"run {other.run_id} on {other.ref}", other.html_url, other.origin, other.started_at
        )
        return Push(
            Verdict.UNKNOWN,
            f"The image was pushed in the time of run {other.run_id} of the same workflow (on {other.ref}), "
            "which is not in this chain.",
            (*proof, run),
            _JUDGE_THAT_RUN,
        )
    return Push(Verdict.FAIL, "The push time lies in no run of the workflow.", proof)


def _may_have_pushed(run: Attempt, at: datetime) -> bool:
    """Return whether the push lies in the time of a run; earlier attempts of it are not listed, so it counts from its creation."""
    active = run.status not in ("completed", "unknown")
    return run.created_at <= at and (active or run.updated_at is None or at <= run.updated_at)


def _pushes(account: AccountState, image: Image, replays: Sequence[Replay]) -> list[TrailEvent]:
    """Return the PutImage events that can be this image's: of its tags, from the chain's beginning, or at its push time."""
    if not isinstance(account.trail, Known) or not replays:
        return []
    first = replays[0].attempt.started_at or replays[0].attempt.created_at
    tags, own = set(image.tags), account.question.repository
    pushes = [
        event
        for event in account.trail.value.events
        if event.name == PUSH_EVENT
        and event.took_effect
        and (own is None or event.target in ("", own))
        and event.at >= first - _CLOCKS_DIFFER
        and (tags & set(event.detail.split()) or (not event.detail and _near(event, image)))
    ]
    # Another tag that the image was given afterwards says nothing of who published this one.
    of_the_tag = [
        event for event in pushes if account.question.tag in (None, *event.detail.split()) or not event.detail
    ]
    return [event for event in pushes if event in of_the_tag or event.at <= of_the_tag[0].at] if of_the_tag else pushes


def _near(event: TrailEvent, image: Image) -> bool:
    return image.pushed_at is not None and abs(event.at - image.pushed_at) <= _CLOCKS_DIFFER


def _by_role(principal: str, role_arn: Arn | None) -> bool:
    """Return whether a principal is a session of the role; where the role is not known any role session counts."""
    view = view_principal(principal)
    if view.kind is not PrincipalKind.ROLE_SESSION:
        return False
    return role_arn is None or (view.account, view.name) == (role_arn.account, role_arn.name)


def _registry_proof(account: AccountState, image: Image) -> Evidence:
    when = f"{image.pushed_at:%Y-%m-%dT%H:%M:%SZ}" if image.pushed_at else "a time that is not known"
    text = f"pushed at {when}, digest {image.digest}"
    return Evidence(EvidenceKind.API_CALL, text, "ecr:DescribeImages", Origin.LIVE, account.read_at)


def _event_proof(event: TrailEvent) -> Evidence:
    text = f"{event.service}:{event.name} {event.detail} by {event.principal} (event {event.event_id})"
    return Evidence(EvidenceKind.API_CALL, text, TRAIL_ADDRESS, Origin.LIVE, event.at)
