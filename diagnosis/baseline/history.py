"""Who changed a thing since the baseline was accepted, and when, as far as CloudTrail tells."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from diagnosis.closure.observed_changes import CHANGES, observed
from diagnosis.facts.reading import Known, Reading
from diagnosis.facts.trail import Trail

TRUST = ("CreateRole", "DeleteRole", "UpdateAssumeRolePolicy")
ROLE = ("CreateRole", "DeleteRole", "UpdateRole")
POLICIES = (
    *("CreateRole", "PutRolePolicy", "DeleteRolePolicy", "AttachRolePolicy", "DetachRolePolicy"),
    *("CreatePolicyVersion", "SetDefaultPolicyVersion", "PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary"),
)
BOUNDARY = (
    *("PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary"),
    *("CreatePolicyVersion", "SetDefaultPolicyVersion"),
)
PROVIDER = (
    *("CreateOpenIDConnectProvider", "DeleteOpenIDConnectProvider"),
    *("AddClientIDToOpenIDConnectProvider", "RemoveClientIDFromOpenIDConnectProvider"),
)
REGISTRY = ("CreateRepository", "DeleteRepository", "PutImageTagMutability")
REGISTRY_POLICY = ("SetRepositoryPolicy", "DeleteRepositoryPolicy")
_SHOWN = 4


def by_whom(
    trail: Reading[Trail], since: datetime | None, names: Collection[str], targets: Collection[str]
) -> tuple[str, ...]:
    """Return the changes of these kinds to these targets since a time, newest first: who made each, and when."""
    if not isinstance(trail, Known):
        return ()
    events = [
        event
        for event in trail.value.events
        if event.took_effect
        and event.name in names
        and event.name in CHANGES
        and event.target in targets
        and (since is None or event.at >= since)
    ]
    newest = sorted(events, key=lambda event: event.at, reverse=True)[:_SHOWN]
    return tuple(
        f"CloudTrail: {change.text} by {change.who} at {event.at:%Y-%m-%dT%H:%M:%SZ}"
        for event, change in ((event, observed(event)) for event in newest)
    )
