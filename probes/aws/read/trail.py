"""Read what CloudTrail recorded about the release while its runs took place.

``LookupEvents`` takes one attribute a call and allows two calls a second for each region, so the lookups of a region go
one after another at that pace, the regions side by side. IAM's events lie in one region for the whole partition.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from diagnosis.facts.account import AccountQuestion
from diagnosis.facts.reading import Reading, Unreadable
from diagnosis.facts.trail import KEPT, Trail, TrailEvent
from diagnosis.json_members import JsonFault, JsonMembers
from diagnosis.names.arn import Arn
from probes.aws.read.parallel import run_in_parallel
from probes.aws.read.readings import known, not_asked
from probes.aws.read.trail_events import (
    POLICY_EVENTS,
    PROVIDER_EVENTS,
    REPOSITORY_EVENTS,
    RESOURCE_EVENTS,
    ROLE_EVENTS,
    SESSION_EVENT,
    Subject,
)
from probes.aws.session.access import AwsAccess
from probes.aws.session.errors import AwsCallError, Failure, call_error
from probes.aws.session.operations import LOOKUP_EVENTS

WHAT = "CloudTrail events"
SECONDS_BETWEEN_CALLS = 0.55
_MAX_PAGES = 20
_TRIES = 4
IAM_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


@dataclass(slots=True)
class _Findings:
    """What the lookups brought so far; filled from several threads."""

    events: dict[str, TrailEvent] = field(default_factory=dict)
    failure: AwsCallError | None = None
    complete: bool = True
    answered: bool = False
    lock: Lock = field(default_factory=Lock)

    def cut(self, failure: AwsCallError | None = None) -> None:
        with self.lock:
            self.complete = False
            self.failure = self.failure or failure

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
        f"{place.region} {'registry' if place.aws is registry else 'role'}": lambda place=place: place.look_up(found)
        for place in _places(
            aws, registry, subject, (start, max(until, start + timedelta(seconds=1))), cancelled, pause
        )
    }
    outcomes = run_in_parallel(
        lookups, deadline_seconds=deadline_seconds, cancelled=cancelled, on_done=lambda _name: None
    )
    if len(outcomes) < len(lookups) or any(outcome.error for outcome in outcomes.values()):
        found.cut()
    with found.lock:
        events = tuple(sorted(found.events.values(), key=lambda event: (event.at, event.event_id)))
        failure, complete, answered = found.failure, found.complete, found.answered
    if not answered:
        if failure is not None:
            return failure.reading(WHAT, aws.clock())
        return Unreadable(WHAT, "CloudTrail did not answer in time", "refresh the live side")
    trail = Trail(since=start, until=until, events=events, complete=complete)
    return known(trail, LOOKUP_EVENTS, f"{len(events)} events", aws.clock())


@dataclass(frozen=True, slots=True)
class Lookup:
    """Lookups in the event history of one region, at the pace that it allows."""

    aws: AwsAccess
    region: str
    window: tuple[datetime, datetime]
    cancelled: Callable[[], bool]
    pause: Callable[[float], None]

    def page(self, attribute: str, value: str, token: str | None = None) -> JsonMembers:
        """Return one page of the events with this attribute. Raises :class:`AwsCallError`; tries again where it is throttled."""
        asked: dict[str, Any] = {
            "LookupAttributes": [{"AttributeKey": attribute, "AttributeValue": value}],
            "StartTime": self.window[0],
            "EndTime": self.window[1],
            "MaxResults": 50,
        }
        if token:
            asked["NextToken"] = token
        for attempt in range(1, _TRIES + 1):
            self.pause(SECONDS_BETWEEN_CALLS * attempt)
            try:
                return self.aws.ask(LOOKUP_EVENTS, region=self.region, **asked)
            except AwsCallError as failure:
                if failure.kind is not Failure.THROTTLED or attempt == _TRIES or self.cancelled():
                    raise
        raise AssertionError("the loop returns or raises")


@dataclass(frozen=True, slots=True)
class _Place:
    """The lookups of one region, by one access."""

    aws: AwsAccess
    region: str
    names: tuple[str, ...]
    window: tuple[datetime, datetime]
    subject: Subject
    cancelled: Callable[[], bool]
    pause: Callable[[float], None]

    def look_up(self, found: _Findings) -> None:
        for name in self.names:
            try:
                self._one(name, found)
            except AwsCallError as failure:
                # The others of this region would meet the same wall.
                found.cut(failure)
                return
            if self.cancelled():
                found.cut()
                return

    def _one(self, name: str, found: _Findings) -> None:
        token: str | None = None
        for _ in range(_MAX_PAGES):
            answer = self._page(name, token)
            events, complete = self._events(answer)
            found.add(events, complete=complete)
            token = answer.maybe_text("NextToken")
            if token is None or self.cancelled():
                return
        found.cut()

    def _page(self, name: str, token: str | None) -> JsonMembers:
        lookup = Lookup(self.aws, self.region, self.window, self.cancelled, self.pause)
        return lookup.page("EventName", name, token)

    def _events(self, answer: JsonMembers) -> tuple[list[TrailEvent], bool]:
        events, complete = [], True
        try:
            entries = answer.objects("Events")
        except JsonFault as fault:
            raise call_error(LOOKUP_EVENTS, fault) from None
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
        want(registry, region, *REPOSITORY_EVENTS)
    return [
        _Place(access, where, tuple(names), window, subject, cancelled, pause)
        for access, where, names in wanted.values()
    ]


def subject_of(question: AccountQuestion, policy_arns: tuple[Arn | None, ...]) -> Subject:
    """Return the subject of a chronology: the question, and the managed policies that its role was found to have."""
    return Subject(question, tuple(arn for arn in policy_arns if arn))
