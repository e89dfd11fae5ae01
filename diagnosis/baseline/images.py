"""Find images that were pushed outside of the repository's runs since the baseline was accepted.

The registry tells when an image was pushed, GitHub when its runs were under way, CloudTrail who pushed. A push in the time of no
run is told; so is one by somebody else than a release's role. A push in the time of a run whose author no record shows is
unknown: another may have pushed while the run was under way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from diagnosis.baseline.parts import changed, unknown
from diagnosis.baseline.rules import DriftRule
from diagnosis.closure.side_channel import PUSH_EVENT
from diagnosis.facts.account import Image
from diagnosis.facts.reading import Known, Reading, Unreadable
from diagnosis.facts.role_usage import PushedImages, Usage
from diagnosis.facts.runs import Attempt
from diagnosis.facts.trail import Trail, TrailEvent
from diagnosis.findings.finding import Finding, Place
from diagnosis.names.arn import Arn
from diagnosis.policy.principal_view import PrincipalKind, view_principal

_CLOCKS_DIFFER = timedelta(minutes=2)
_LATE_BY = timedelta(minutes=15)
_SHOWN = 5
_RULE = DriftRule.PUSHED_OUTSIDE_RUNS


@dataclass(frozen=True, slots=True)
class Runs:
    """The repository's runs since a time."""

    attempts: Reading[tuple[Attempt, ...]]
    since: datetime | None
    """From when on no run is missing; None where that is not known."""


@dataclass(frozen=True, slots=True)
class _Sorted:
    outside: tuple[Image, ...]
    foreign: tuple[tuple[Image, TrailEvent], ...]
    unproved: tuple[Image, ...]
    beyond_runs: tuple[Image, ...]
    by_no_call: tuple[Image, ...]
    """Pushed while no run was under way, and by nobody's call: CloudTrail was read whole and has none."""
    gone: tuple[TrailEvent, ...]
    """Pushes by others, or by a release's role while no run was under way, of which no image shows anything."""


def pushed_outside(usage: Usage, runs: Runs, roles: Sequence[Arn], since: datetime) -> Iterator[Finding]:
    """Yield the pushes since a time that no run made, and those of which that is not known."""
    for each in usage.repositories:
        followed = each.repository in usage.followed
        yield from _of_repository(each, runs, usage.trail, roles, since, followed=followed)


def _of_repository(
    pushed: PushedImages, runs: Runs, trail: Reading[Trail], roles: Sequence[Arn], since: datetime, *, followed: bool
) -> Iterator[Finding]:
    arn = pushed.repository
    place = Place(member=str(arn))
    if not isinstance(pushed.images, Known):
        if isinstance(pushed.images, Unreadable):
            said = f"The images of {arn.resource_id} were not read: {pushed.images.why.rstrip('.')}."
            yield unknown(_RULE, place, said, pushed.images.how)
        return
    if not pushed.complete:
        said = f"{arn.resource_id} holds more images than were read, so not every push was looked at."
        yield unknown(_RULE, place, said, "Expire old images by a lifecycle policy, or look at the rest by hand.")
    images = [image for image in pushed.images.value if image.pushed_at is None or image.pushed_at > since]
    if not images and not (followed and _pushes(arn, trail, since)):
        return
    if not isinstance(runs.attempts, Known):
        why = getattr(runs.attempts, "why", "there are none")
        yield unknown(
            _RULE,
            place,
            f"Who pushed to {arn.resource_id} is not known: the runs were not read: {why}.",
            "Read the runs.",
        )
        return
    found = _sort(images, arn, runs, trail, roles, since, followed=followed)
    for image in found.outside:
        who = _who(_event_of(image, arn, trail, roles))
        said = f"{_named(image, arn)} was pushed while no run of the repository was under way."
        yield changed(DriftRule.PUSHED_OUTSIDE_RUNS, place, said, (who,) if who else ())
    for image, event in found.foreign:
        said = f"{_named(image, arn)} was pushed by {event.principal}, which is no session of a release's role."
        yield changed(DriftRule.PUSHED_OUTSIDE_RUNS, place, said, (_who(event),))
    for principal in dict.fromkeys(event.principal for event in found.gone):
        events = [event for event in found.gone if event.principal == principal]
        said = f"{principal} pushed to {arn.resource_id}, and no image of today is that push: it was deleted, or a tag was moved."
        yield changed(DriftRule.PUSHED_OUTSIDE_RUNS, place, said, map(_who, events[:_SHOWN]))
    if found.by_no_call:
        said = (
            f"{_counted(found.by_no_call)} of {arn.resource_id} came while no run of the repository was under way, and CloudTrail"
            " shows no push: replication or a pull through cache rule may have brought it."
        )
        yield unknown(_RULE, place, said, "Look at the registry's rules.", _names(found.by_no_call))
    if found.beyond_runs:
        said = f"{_counted(found.beyond_runs)} of {arn.resource_id} pushed at a time of which not every run was read."
        yield unknown(_RULE, place, said, "Review more often, or look at them by hand.", _names(found.beyond_runs))
    if found.unproved:
        why = trail.why.rstrip(".") if isinstance(trail, Unreadable) else "CloudTrail shows no push of them"
        said = (
            f"{_counted(found.unproved)} of {arn.resource_id} pushed in the time of runs: by whom was not seen ({why})."
        )
        yield unknown(
            _RULE,
            place,
            said,
            "Let the reader use cloudtrail:LookupEvents in the registry's account.",
            _names(found.unproved),
        )


def _sort(
    images: Sequence[Image],
    arn: Arn,
    runs: Runs,
    trail: Reading[Trail],
    roles: Sequence[Arn],
    since: datetime,
    *,
    followed: bool,
) -> _Sorted:
    outside, foreign, unproved, beyond, by_no_call = [], [], [], [], []
    attempts = runs.attempts.value if isinstance(runs.attempts, Known) else ()
    for image in images:
        event = _event_of(image, arn, trail, roles)
        if event is not None and not _by_release(event, roles):
            foreign.append((image, event))
        elif image.pushed_at is not None and any(_under_way(run, image.pushed_at) for run in attempts):
            if event is None:
                unproved.append(image)
        elif image.pushed_at is None or runs.since is None or image.pushed_at < runs.since:
            beyond.append(image)
        elif followed and not _events_of(image, arn, trail) and _shows_every_push(trail, image.pushed_at):
            by_no_call.append(image)
        else:
            outside.append(image)
    seen = {event.event_id for image in images for event in _events_of(image, arn, trail)}
    gone = (
        event
        for event in (_pushes(arn, trail, since) if followed else ())
        if event.event_id not in seen
        and (
            not _by_release(event, roles)
            or (
                runs.since is not None
                and event.at >= runs.since
                and not any(_under_way(run, event.at) for run in attempts)
            )
        )
    )
    return _Sorted(tuple(outside), tuple(foreign), tuple(unproved), tuple(beyond), tuple(by_no_call), tuple(gone))


def _pushes(arn: Arn, trail: Reading[Trail], since: datetime) -> tuple[TrailEvent, ...]:
    """Return the pushes to a repository that CloudTrail recorded since a time."""
    if not isinstance(trail, Known):
        return ()
    return tuple(
        event
        for event in trail.value.events
        if event.name == PUSH_EVENT and event.took_effect and event.target == arn.resource_id and event.at > since
    )


def _shows_every_push(trail: Reading[Trail], at: datetime) -> bool:
    """Return whether CloudTrail's silence proves that nobody called at a time: events come up to 15 minutes late."""
    if not isinstance(trail, Known) or not trail.value.complete:
        return False
    return trail.value.since + _CLOCKS_DIFFER <= at <= trail.value.until - _LATE_BY


def _under_way(run: Attempt, at: datetime) -> bool:
    """Return whether a run was under way; earlier attempts of it are not listed, so it counts from its creation."""
    active = run.status not in ("completed", "unknown")
    ended = run.updated_at
    return run.created_at - _CLOCKS_DIFFER <= at and (active or ended is None or at <= ended + _CLOCKS_DIFFER)


def _event_of(image: Image, arn: Arn, trail: Reading[Trail], roles: Sequence[Arn]) -> TrailEvent | None:
    """Return the push of an image as CloudTrail recorded it; None where no event is certainly its.

    A push by digest alone names no tag: it may be any that was made then, so all of those have to be of one kind.
    """
    pushes = _events_of(image, arn, trail)
    by_tag = [event for event in pushes if event.detail and image.tags]
    if not by_tag and len({_by_release(event, roles) for event in pushes}) > 1:
        return None
    return min(by_tag or pushes, key=lambda event: abs(event.at - (image.pushed_at or event.at)), default=None)


def _events_of(image: Image, arn: Arn, trail: Reading[Trail]) -> tuple[TrailEvent, ...]:
    """Return the events that may be the push of an image, by repository, time and tag."""
    if not isinstance(trail, Known) or image.pushed_at is None:
        return ()
    return tuple(
        event
        for event in trail.value.events
        if event.name == PUSH_EVENT
        and event.took_effect
        and event.target == arn.resource_id
        # Tags are moved: the time has to fit as well.
        and abs(event.at - image.pushed_at) <= _CLOCKS_DIFFER
        and (not event.detail or not image.tags or set(image.tags) & set(event.detail.split()))
    )


def _by_release(event: TrailEvent, roles: Sequence[Arn]) -> bool:
    view = view_principal(event.principal)
    names = {(role.account, role.name) for role in roles}
    return view.kind is PrincipalKind.ROLE_SESSION and (view.account, view.name) in names


def _who(event: TrailEvent | None) -> str:
    if event is None:
        return ""
    return f"CloudTrail: {event.name} {event.detail} by {event.principal} at {event.at:%Y-%m-%dT%H:%M:%SZ}".replace(
        "  ", " "
    )


def _named(image: Image, arn: Arn) -> str:
    tags = f":{image.tags[0]}" if image.tags else ""
    when = f" at {image.pushed_at:%Y-%m-%dT%H:%M:%SZ}" if image.pushed_at else ""
    return f"The image {arn.resource_id}{tags} ({image.digest}){when}"


def _counted(images: Sequence[Image]) -> str:
    return "1 image" if len(images) == 1 else f"{len(images)} images"


def _names(images: Sequence[Image]) -> tuple[str, ...]:
    lines = tuple(f"{', '.join(image.tags) or 'no tag'}: {image.digest}" for image in images[:_SHOWN])
    more = len(images) - _SHOWN
    return (*lines, f"and {more} more") if more > 0 else lines
