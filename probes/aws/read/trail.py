"""Read what CloudTrail recorded about the release while its runs took place.

The lookups of a region go one after another, the regions side by side. IAM's events lie in one region for the whole
partition.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from diagnosis.facts.account import AccountQuestion
from diagnosis.facts.reading import Reading, Unreadable
from diagnosis.facts.trail import KEPT, Trail, TrailEvent
from diagnosis.json_members import JsonMembers
from diagnosis.names.arn import Arn
from probes.aws.read.event_history import IAM_REGIONS, NOT_IN_TIME, Findings, Lookup, run_lookups
from probes.aws.read.readings import known, not_asked
from probes.aws.read.trail_events import (
    POLICY_EVENTS,
    PROVIDER_EVENTS,
    REGISTRY_EVENTS,
    REPOSITORY_EVENTS,
    RESOURCE_EVENTS,
    ROLE_EVENTS,
    SESSION_EVENT,
    Subject,
)
from probes.aws.session.access import AwsAccess
from probes.aws.session.errors import AwsCallError
from probes.aws.session.operations import LOOKUP_EVENTS

WHAT = "CloudTrail events"
_MAX_PAGES = 20


@dataclass(slots=True)
class _Findings(Findings):
    events: dict[str, TrailEvent] = field(default_factory=dict)

    def add(self, events: list[TrailEvent], *, complete: bool) -> None:
        with self.lock:
            self.answered = True
            self.complete = self.complete and complete
            self.events.update((event.event_id or repr(event), event) for event in events)


def read_trail(
    aws: AwsAccess,
    registry: AwsAccess,
    subject: Subject,
    *,
    cancelled: Callable[[], bool] = lambda: False,
    pause: Callable[[float], None] = time.sleep,
    deadline_seconds: float = 60.0,
) -> Reading[Trail]:
    """Read the events of the question's window, oldest first. ``complete`` is False where anything was cut off or failed."""
    question = subject.question
    now = aws.clock()
    since, until = question.since, min(question.until or now, now)
    if since is None:
        return not_asked(WHAT, "no window of time is known", "choose a run")
    if until <= now - KEPT:
        return not_asked(
            WHAT, "CloudTrail keeps events for 90 days, the window is older", "state the changes in the case file"
        )
    start = max(since, now - KEPT)
    found = _Findings(complete=start == since and subject.everything_is_here)
    lookups = {
        f"{place.lookup.region} {'registry' if place.lookup.aws is registry else 'role'}": partial(place.look_up, found)
        for place in _places(
            aws, registry, subject, (start, max(until, start + timedelta(seconds=1))), cancelled, pause
        )
    }
    run_lookups(lookups, found, deadline_seconds, cancelled)
    with found.lock:
        events = tuple(sorted(found.events.values(), key=lambda event: (event.at, event.event_id)))
        failure, complete, answered = found.failure, found.complete, found.answered
    if not answered:
        if failure is not None:
            return failure.reading(WHAT, aws.clock())
        return Unreadable(WHAT, *NOT_IN_TIME)
    trail = Trail(since=start, until=until, events=events, complete=complete)
    return known(trail, LOOKUP_EVENTS, f"{len(events)} events", aws.clock())


@dataclass(frozen=True, slots=True)
class _Place:
    """The lookups of one region, by one access."""

    lookup: Lookup
    names: tuple[str, ...]
    subject: Subject

    def look_up(self, found: _Findings) -> None:
        for name in self.names:
            try:
                self._one(name, found)
            except AwsCallError as failure:
                # The others of this region would meet the same wall.
                found.cut(failure)
                return
            if self.lookup.cancelled():
                found.cut()
                return

    def _one(self, name: str, found: _Findings) -> None:
        token: str | None = None
        for _ in range(_MAX_PAGES):
            entries, token = self.lookup.page("EventName", name, token)
            events, complete = self._events(entries)
            found.add(events, complete=complete)
            if token is None or self.lookup.cancelled():
                return
        found.cut()

    def _events(self, entries: Iterable[JsonMembers]) -> tuple[list[TrailEvent], bool]:
        events, complete = [], True
        for entry in entries:
            try:
                event = self.subject.event(entry)
            except ValueError:
                complete = False
            else:
                events.extend([event] if event else [])
        return events, complete


def _places(
    aws: AwsAccess,
    registry: AwsAccess,
    subject: Subject,
    window: tuple[datetime, datetime],
    cancelled: Callable[[], bool],
    pause: Callable[[float], None],
) -> list[_Place]:
    question = subject.question
    iam = IAM_REGIONS.get(question.partition, "us-east-1")
    region = question.region or aws.region or iam
    wanted: dict[tuple[int, str], tuple[AwsAccess, str, list[str]]] = {}

    def want(access: AwsAccess, where: str, *names: str) -> None:
        wanted.setdefault((id(access), where), (access, where, []))[2].extend(names)

    if question.role_account:
        # STS records where it was asked: in the region, or, for older clients, at its global endpoint.
        want(aws, region, SESSION_EVENT)
        if region != iam:
            want(aws, iam, SESSION_EVENT)
        want(aws, iam, *PROVIDER_EVENTS, *ROLE_EVENTS)
        if subject.policy_arns:
            want(aws, iam, *POLICY_EVENTS)
    services = dict.fromkeys(arn.service for text in subject.resources() if (arn := Arn.parse(text)) is not None)
    for service in services:
        # A bucket may lie in another region: then its policy's history is not seen.
        want(aws, region, *RESOURCE_EVENTS.get(service, ()))
    if question.repository:
        want(registry, region, *REPOSITORY_EVENTS, *REGISTRY_EVENTS)
    return [
        _Place(Lookup(access, where, window, cancelled, pause), tuple(names), subject)
        for access, where, names in wanted.values()
    ]


def subject_of(question: AccountQuestion, policy_arns: tuple[Arn | None, ...]) -> Subject:
    """Return the subject of a chronology: the question, and the managed policies that its role was found to have."""
    return Subject(question, tuple(arn for arn in policy_arns if arn))
