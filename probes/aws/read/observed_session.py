"""Read from CloudTrail what a role's session did while the workflow last succeeded.

The event of AssumeRoleWithWebIdentity names the access key of the session that it opened, and the history can be looked up
by that key. The key's id stays in this file's variables: it is in no value, no ledger and no message. Of each event the
action, the resource as far as it is certain, the time and the error code are kept, and nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from diagnosis.facts.account import AccountQuestion
from diagnosis.facts.reading import Absent, Reading, Unreadable
from diagnosis.facts.trail import KEPT, ObservedCall, ObservedSession, OpenedSession
from diagnosis.json_members import JsonMembers
from diagnosis.live.trail_actions import action_of_event, may_pass_more, passed_roles, resources_of_event
from diagnosis.names.arn import Arn
from probes.aws.read.event_history import IAM_REGIONS, NOT_IN_TIME, Findings, Lookup, run_lookups
from probes.aws.read.readings import absent, known, not_asked
from probes.aws.read.trail_events import SESSION_EVENT
from probes.aws.session.access import AwsAccess
from probes.aws.session.answers import event_record, maybe_moment
from probes.aws.session.errors import AwsCallError
from probes.aws.session.operations import LOOKUP_EVENTS

WHAT = "calls of the last green session"
_MOST_SESSIONS, _MOST_REGIONS, _MOST_PAGES = 4, 4, 6
_LONGEST = 300
_LATE = timedelta(minutes=15)
"""Within so long an event stands in the history, as a rule; before, what is not there may still come."""
_AROUND = timedelta(minutes=1)
"""Clocks differ a little, and a session may outlive its job by the last call."""


@dataclass(frozen=True, slots=True, repr=False)
class _Session:
    """A session that was opened; its representation shows nothing."""

    key_id: str
    opened: OpenedSession


@dataclass(slots=True)
class _Findings(Findings):
    calls: dict[str, ObservedCall] = field(default_factory=dict)
    unknown: dict[str, None] = field(default_factory=dict)


def read_observed_session(
    aws: AwsAccess,
    question: AccountQuestion,
    *,
    cancelled: Callable[[], bool] = lambda: False,
    pause: Callable[[float], None] = time.sleep,
    deadline_seconds: float = 60.0,
) -> Reading[ObservedSession]:
    """Read the management calls of the role's sessions in the question's green time. Never raises.

    ``Absent`` where no session of the role was opened in that time. ``complete`` is False where sessions, regions or pages were
    left out.
    """
    now = aws.clock()
    role, since = question.role_arn, question.green_since
    if role is None or since is None:
        none = question.no_green_run or "no run of the workflow is known to have succeeded with this role"
        return not_asked(WHAT, none, "choose a green run")
    until = min((question.green_until or now) + _AROUND, now)
    if until <= now - KEPT:
        return not_asked(
            WHAT, "CloudTrail keeps events for 90 days, the last green run is older", "run the workflow once more"
        )
    window = (max(since - _AROUND, now - KEPT), max(until, since + timedelta(seconds=1)))
    regions = _regions(aws, question)
    found = _Findings(complete=len(regions) <= _MOST_REGIONS and window[0] <= since and until <= now - _LATE)
    asked = tuple(Lookup(aws, region, window, cancelled, pause) for region in regions[:_MOST_REGIONS])
    end = time.monotonic() + deadline_seconds
    sessions = _own(_sessions(asked, question, role, found, deadline_seconds / 2, cancelled), question)
    if not sessions:
        if found.answered and found.complete:
            return absent(f"a session of {role.name} in the last green run", LOOKUP_EVENTS, role.name, now)
        return _failed(found, aws)
    if len(sessions) > _MOST_SESSIONS:
        found.cut()
    looked_at = sessions[:_MOST_SESSIONS]
    run_lookups(
        {lookup.region: partial(_calls, lookup, looked_at, role, found) for lookup in asked},
        found,
        max(end - time.monotonic(), 0.0),
        cancelled,
    )
    with found.lock:
        calls = tuple(sorted(found.calls.values(), key=lambda call: (call.at, call.action)))
        observed = ObservedSession(
            role=str(role),
            since=window[0],
            until=window[1],
            calls=calls,
            sessions=len(looked_at),
            regions=tuple(lookup.region for lookup in asked),
            subjects=tuple(dict.fromkeys(each.opened.subject for each in looked_at if each.opened.subject)),
            opened=tuple(each.opened for each in looked_at),
            unknown=tuple(found.unknown),
            complete=found.complete,
        )
    return known(observed, LOOKUP_EVENTS, f"{len(calls)} calls of {role.name}", now)


def _failed(found: _Findings, aws: AwsAccess) -> Absent | Unreadable:
    if found.failure is not None:
        return found.failure.reading(WHAT, aws.clock())
    if found.answered:
        return Unreadable(
            WHAT, "the history was cut off before a session of the role was found", "look it up in CloudTrail"
        )
    return Unreadable(WHAT, *NOT_IN_TIME)


def _regions(aws: AwsAccess, question: AccountQuestion) -> tuple[str, ...]:
    """Return where the release calls AWS: the session's region, that of global services, those of its resources."""
    resources = [*map(str, question.repositories), *question.resources, *(resource for _, resource in question.actions)]
    named = [arn.region for text in resources if (arn := Arn.parse(text)) is not None]
    first = question.region or aws.region
    iam = IAM_REGIONS.get(question.partition, "us-east-1")
    wanted = [first, iam, *(region for region in named if not set(region) & {"*", "?"})]
    return tuple(dict.fromkeys(region for region in wanted if region))


def _sessions(
    asked: Sequence[Lookup],
    question: AccountQuestion,
    role: Arn,
    found: _Findings,
    seconds: float,
    cancelled: Callable[[], bool],
) -> tuple[_Session, ...]:
    """Return the sessions of the role that were opened in the time, the latest first."""
    opened: dict[str, _Session] = {}

    def look(lookup: Lookup) -> None:
        for at, record in _events(lookup, "EventName", SESSION_EVENT, found):
            session = _opened(record, at, role, question.session_name)
            if session is not None:
                with found.lock:
                    opened[session.key_id] = session

    # STS records where it was asked: in the region, or, for older clients, at its global endpoint.
    run_lookups({lookup.region: partial(look, lookup) for lookup in asked[:2]}, found, seconds, cancelled)
    with found.lock:
        return tuple(sorted(opened.values(), key=lambda each: each.opened.at, reverse=True))


def _own(sessions: tuple[_Session, ...], question: AccountQuestion) -> tuple[_Session, ...]:
    """Return the sessions of the workflow's run, as far as others can be told apart: by their time, by what they present."""
    run = question.green_run
    jobs = [job for job in (run.jobs if run else None) or () if job.since and job.until]
    if jobs:
        in_time = tuple(
            each
            for each in sessions
            if any(
                job.since - _AROUND <= each.opened.at <= job.until + _AROUND for job in jobs if job.since and job.until
            )
        )
        sessions = in_time
    presented = tuple(each for each in sessions if each.opened.subject in question.subjects)
    return presented or sessions


def _opened(record: JsonMembers, at: datetime, role: Arn, session_name: str | None) -> _Session | None:
    asked, got = record.maybe_object("requestParameters"), record.maybe_object("responseElements")
    if record.maybe_text("errorCode"):
        return None
    wanted = Arn.parse(asked.maybe_text("roleArn"))
    if wanted is None or not (wanted == role or wanted.same_but_for_path(role)):
        return None
    if session_name and asked.maybe_text("roleSessionName") != session_name:
        return None
    key_id = got.maybe_object("credentials").maybe_text("accessKeyId")
    subject = got.maybe_text("subjectFromWebIdentityToken") or record.maybe_object("userIdentity").maybe_text(
        "userName"
    )
    return _Session(key_id, OpenedSession(at, (subject or "")[:_LONGEST])) if key_id else None


def _calls(lookup: Lookup, sessions: Sequence[_Session], role: Arn, found: _Findings) -> None:
    for number, session in enumerate(sessions):
        for at, record in _events(lookup, "AccessKeyId", session.key_id, found):
            _keep(record, at, lookup.region, role, found, number)
        if lookup.cancelled() or found.failure is not None:
            return


def _events(lookup: Lookup, attribute: str, value: str, found: _Findings) -> Iterator[tuple[datetime, JsonMembers]]:
    """Yield the events with their times; what cannot be read makes the findings incomplete."""
    token: str | None = None
    for _ in range(_MOST_PAGES):
        try:
            entries, token = lookup.page(attribute, value, token)
        except AwsCallError as failure:
            found.cut(failure)
            return
        with found.lock:
            found.answered = True
        for entry in entries:
            try:
                record = event_record(entry)
                at = maybe_moment(entry, "EventTime") or record.moment("eventTime")
            except ValueError:
                found.cut()
            else:
                yield at, record
        if token is None or lookup.cancelled():
            return
    found.cut()


def _keep(record: JsonMembers, at: datetime, region: str, role: Arn, found: _Findings, session: int) -> None:
    source, name = record.maybe_text("eventSource") or "", record.maybe_text("eventName") or ""
    action = action_of_event(source, name)
    if action is None:
        service = source.partition(".")[0]
        with found.lock:
            found.unknown[f"{service}:{name}"[:_LONGEST]] = None
        return
    asked = record.maybe_object("requestParameters")
    account = record.maybe_text("recipientAccountId") or role.account
    service = action.partition(":")[0]
    home = Arn(role.partition, service, record.maybe_text("awsRegion") or region, account, "")
    listed = [text for item in record.maybe_objects("resources") if (text := item.maybe_text("ARN"))]
    error = (record.maybe_text("errorCode") or "")[:_LONGEST] or None
    resources = tuple(each for each in resources_of_event(action, asked, listed, home) if len(each) <= _LONGEST * 4)
    identifier = record.maybe_text("eventID") or repr((action, resources, at))
    with found.lock:
        found.calls[identifier] = ObservedCall(action, resources, at, home.region, error, session=session)
        for passed, to in passed_roles(action, asked):
            carried = (("iam:PassedToService", to),) if to else ()
            call = ObservedCall("iam:PassRole", (passed,), at, home.region, error, carried, session)
            found.calls[f"{identifier} {passed} {to}"] = call
        if may_pass_more(action, asked):
            found.unknown[f"{action} (further roles that it hands over)"[:_LONGEST]] = None
