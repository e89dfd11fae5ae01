"""What CloudTrail recorded about the release: changes of provider, role, policies and repository, and sessions taken.

Source: ``cloudtrail:LookupEvents``, 90 days back; IAM's and STS's events lie in the region that served them (IAM: us-east-1).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


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
