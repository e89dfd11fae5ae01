"""Decide which CloudTrail events change what a release depends on, and at which gate."""

from __future__ import annotations

from datetime import datetime

from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.trail import Trail, TrailEvent
from diagnosis.gates import Gate, Plane
from diagnosis.live.observed_subject import TRAIL_ADDRESS
from diagnosis.verdicts.chronology import ObservedChange

_TRUST = (Plane.AUTHENTICATION, (Gate.OIDC_TRUST,))
_ROLE = (Plane.AUTHENTICATION, (Gate.ROLE_ASSUMPTION,))
_PERMISSIONS = (
    Plane.AUTHORIZATION,
    (Gate.REGISTRY_AUTHORIZATION, Gate.SERVICE_AUTHORIZATION, Gate.LEAST_PRIVILEGE),
)
"""An event keeps no document, so nothing tells which service a permission is about."""
_RESOURCE_POLICY = (Plane.AUTHORIZATION, (Gate.SERVICE_AUTHORIZATION,))
_REGISTRY_POLICY = (Plane.AUTHORIZATION, (Gate.REGISTRY_AUTHORIZATION,))
_STATE: tuple[Plane, tuple[Gate, ...]] = (Plane.REGISTRY_STATE, ())

CHANGES: dict[str, tuple[Plane, tuple[Gate, ...]]] = {
    "CreateOpenIDConnectProvider": _TRUST,
    "DeleteOpenIDConnectProvider": _TRUST,
    "AddClientIDToOpenIDConnectProvider": _TRUST,
    "RemoveClientIDFromOpenIDConnectProvider": _TRUST,
    "UpdateOpenIDConnectProviderThumbprint": _TRUST,
    "CreateRole": _ROLE,
    "DeleteRole": _ROLE,
    "UpdateRole": _ROLE,
    "UpdateAssumeRolePolicy": _ROLE,
    "PutRolePolicy": _PERMISSIONS,
    "DeleteRolePolicy": _PERMISSIONS,
    "AttachRolePolicy": _PERMISSIONS,
    "DetachRolePolicy": _PERMISSIONS,
    "CreatePolicyVersion": _PERMISSIONS,
    "SetDefaultPolicyVersion": _PERMISSIONS,
    "PutRolePermissionsBoundary": _PERMISSIONS,
    "DeleteRolePermissionsBoundary": _PERMISSIONS,
    "SetRepositoryPolicy": _REGISTRY_POLICY,
    "DeleteRepositoryPolicy": _REGISTRY_POLICY,
    "PutRegistryPolicy": _REGISTRY_POLICY,
    "DeleteRegistryPolicy": _REGISTRY_POLICY,
    "PutBucketPolicy": _RESOURCE_POLICY,
    "DeleteBucketPolicy": _RESOURCE_POLICY,
    "PutKeyPolicy": _RESOURCE_POLICY,
    "CreateRepository": _STATE,
    "DeleteRepository": _STATE,
    "PutImageTagMutability": _STATE,
    "BatchDeleteImage": _STATE,
}
"""Event name to plane and gates. Uses (AssumeRoleWithWebIdentity, PutImage) are no changes and stand elsewhere."""


def changes_between(trail: Trail, begin: datetime, end: datetime) -> tuple[ObservedChange, ...]:
    """Return the changes that took effect in the interval, oldest first; its ends belong to it."""
    return tuple(
        observed(event)
        for event in trail.events
        if event.took_effect and event.name in CHANGES and begin <= event.at <= end
    )


def observed(event: TrailEvent) -> ObservedChange:
    """Return a changing event as an observed change."""
    plane, gates = CHANGES[event.name]
    text = _clause(event)
    return ObservedChange(
        text=text,
        at=event.at,
        who=event.principal,
        plane=plane,
        gates=gates,
        evidence=Evidence(
            kind=EvidenceKind.API_CALL,
            text=f"{event.service}:{text} by {event.principal} (event {event.event_id})",
            address=TRAIL_ADDRESS,
            origin=Origin.LIVE,
            at=event.at,
        ),
    )


def _clause(event: TrailEvent) -> str:
    detail = f" {event.detail}" if event.detail else ""
    return f"{event.name}{detail} on {event.target}" if event.target else f"{event.name}{detail}"
