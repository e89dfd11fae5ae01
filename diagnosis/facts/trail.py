"""What CloudTrail recorded about the release: changes of provider, role, policies and repository, sessions and their calls.

Source: ``cloudtrail:LookupEvents``, 90 days back; IAM's and STS's events lie in the region that served them (IAM: us-east-1).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

KEPT = timedelta(days=90)
"""So long CloudTrail keeps its event history."""


@dataclass(frozen=True, slots=True)
class TrailEvent:
    """One event, reduced to what a chronology needs; nothing of it is secret."""

    name: str
    """``CreateOpenIDConnectProvider``, ``PutRolePolicy``, ``AssumeRoleWithWebIdentity``, ``PutImage``, …"""
    service: str
    """``iam``, ``sts``, ``ecr``."""
    at: datetime
    principal: str
    """Who did it: an ARN, or the presented subject for web identity."""
    target: str
    """Provider ARN, role name, policy name, repository name: what was changed or used."""
    event_id: str
    error_code: str | None = None
    """``AccessDenied`` and the like for calls that failed; None for those that took effect."""
    subject: str | None = None
    """AssumeRoleWithWebIdentity: the subject as it was presented, the surest proof of a subject."""
    detail: str = ""
    """What the request named, in a few words (policy name, image tag); no policy document."""
    broad: bool | None = None
    """Whether the document that it put grants by wildcards or to anybody; None where it put none, or none that was read."""
    grants: tuple[str, ...] = ()
    """Digests of what that document grants, each of an action and where, or of who is let in and when; equal for equal grants.
    Empty where it is not known whole."""
    session: str = ""
    """Which session made the call, or was opened by it: a digest of its key's id, equal for equal sessions; empty where it
    is not known."""

    @property
    def took_effect(self) -> bool:
        """Whether the call succeeded."""
        return self.error_code is None


@dataclass(frozen=True, slots=True)
class Trail:
    """The events of a window, oldest first."""

    since: datetime
    until: datetime
    events: tuple[TrailEvent, ...]
    complete: bool = True
    """False where pages or regions were cut off: then silence proves nothing."""


NOT_IN_THE_EVENT_HISTORY = (
    "CloudTrail's event history holds management events alone: objects of S3 that are read or written, items of DynamoDB, "
    "invocations of Lambda functions and other data events are not in it."
)
"""What a session's calls leave out, however complete they are."""


@dataclass(frozen=True, slots=True)
class ObservedCall:
    """One call that a session made, by its IAM action; nothing of the request's content is kept."""

    action: str
    """The IAM action: ``ecs:UpdateService``; ``iam:PassRole`` where the request handed over a role."""
    resources: tuple[str, ...]
    """ARNs, or patterns of such, as far as the event tells them for certain; ``*`` for an action without resource level; empty
    where it does not tell."""
    at: datetime
    region: str
    error_code: str | None = None
    context: tuple[tuple[str, str], ...] = ()
    """Condition keys that the request certainly carried."""
    session: int = 0
    """Which of the sessions that were looked at made it."""


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A session of the role as it was opened."""

    at: datetime
    subject: str = ""
    """As it was presented."""


@dataclass(frozen=True, slots=True)
class ObservedSession:
    """What the sessions of one role did while a run of the workflow succeeded: its management calls, oldest first."""

    role: str
    """The role's ARN."""
    since: datetime
    until: datetime
    calls: tuple[ObservedCall, ...]
    sessions: int = 1
    """How many sessions of the role were taken in that time and looked at."""
    regions: tuple[str, ...] = ()
    """Where calls were looked for."""
    subjects: tuple[str, ...] = ()
    """The subjects that were presented for the sessions."""
    opened: tuple[OpenedSession, ...] = ()
    """The sessions that were looked at, the latest first."""
    unknown: tuple[str, ...] = ()
    """Events of which it is not known which IAM action they are: ``SERVICE:EventName``."""
    complete: bool = True
    """False where pages, sessions or regions were cut off."""
