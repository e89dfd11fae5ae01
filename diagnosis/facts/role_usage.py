"""What AWS records of the use of roles and repositories beside CloudTrail: last accesses by service, pushed images."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from diagnosis.facts.account import Image
from diagnosis.facts.reading import Reading, Unreadable
from diagnosis.facts.trail import Trail
from diagnosis.names.arn import Arn

TRACKED = timedelta(days=400)
"""So far back IAM's last-accessed information reaches; less in a region or an account that is younger."""
LATE_BY = timedelta(hours=4)
"""So late a use may show there."""


@dataclass(frozen=True, slots=True)
class LastAccess:
    """When a role last used one service, as IAM records attempts, the refused ones too."""

    service: str
    """The prefix of its actions: ``ecr``."""
    at: datetime | None
    """None where no use within the tracking period is recorded."""
    region: str = ""
    actions: tuple[tuple[str, datetime | None], ...] = ()
    """Of the actions that IAM tracks one by one, the name (``ecr:PutImage``) and when it was last used."""


@dataclass(frozen=True, slots=True)
class RoleUsage:
    """The services that a role's policies name, each with its last use."""

    role: Arn
    services: Reading[tuple[LastAccess, ...]]


@dataclass(frozen=True, slots=True)
class PushedImages:
    """The images of one ECR repository."""

    repository: Arn
    images: Reading[tuple[Image, ...]]
    """The latest pushed first."""
    complete: bool = True
    """False where the repository holds more than were read."""


_NOT_READ = Unreadable("CloudTrail events", "they were not read", "ask the account", "cloudtrail:LookupEvents")


@dataclass(frozen=True, slots=True)
class Usage:
    """What was read of both, and what CloudTrail tells of the time that is reviewed."""

    roles: tuple[RoleUsage, ...] = ()
    repositories: tuple[PushedImages, ...] = ()
    trail: Reading[Trail] = _NOT_READ
    followed: tuple[Arn, ...] = ()
    """The ECR repositories whose pushes CloudTrail was asked for: those of one registry and region."""
