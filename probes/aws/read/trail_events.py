"""Which CloudTrail events belong to a release, and what of each is kept.

An event's text holds more than a chronology needs (documents, session credentials): only the named members are taken.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from diagnosis.facts.account import AccountQuestion
from diagnosis.facts.trail import TrailEvent
from probes.aws.read.role import role_name
from probes.aws.session.answers import maybe_moment, maybe_text

PROVIDER_EVENTS = (
    "CreateOpenIDConnectProvider",
    "DeleteOpenIDConnectProvider",
    "AddClientIDToOpenIDConnectProvider",
    "RemoveClientIDFromOpenIDConnectProvider",
)
ROLE_EVENTS = (
    "CreateRole",
    "DeleteRole",
    "UpdateAssumeRolePolicy",
    "PutRolePolicy",
    "DeleteRolePolicy",
    "AttachRolePolicy",
    "DetachRolePolicy",
    "PutRolePermissionsBoundary",
    "DeleteRolePermissionsBoundary",
)
POLICY_EVENTS = ("CreatePolicyVersion", "SetDefaultPolicyVersion")
SESSION_EVENT = "AssumeRoleWithWebIdentity"
REPOSITORY_EVENTS = (
    "CreateRepository",
    "DeleteRepository",
    "SetRepositoryPolicy",
    "DeleteRepositoryPolicy",
    "PutImageTagMutability",
    "PutImage",
    "BatchDeleteImage",
)

_DETAILS = ("policyName", "policyArn", "versionId", "clientID", "permissionsBoundary", "imageTag", "imageTagMutability")
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Subject:
    """What a chronology is about: events that concern anything else are left out."""

    question: AccountQuestion
    policy_arns: tuple[str, ...] = ()
    """Managed policies and the boundary of the role."""

    def event(self, entry: Mapping[str, Any]) -> TrailEvent | None:
        """The event of one ``LookupEvents`` entry, or None where it is about something else.

        Raises ValueError for an entry that cannot be read.
        """
        record = _record(entry)
        asked, got = _section(record, "requestParameters"), _section(record, "responseElements")
        name = maybe_text(record, "eventName") or ""
        target = self._target(name, asked, got)
        if target is None:
            return None
        at = maybe_moment(entry, "EventTime") or _moment(record)
        identity = _section(record, "userIdentity")
        subject = None
        if name == SESSION_EVENT:
            subject = maybe_text(got, "subjectFromWebIdentityToken") or maybe_text(identity, "userName")
        return TrailEvent(
            name=name,
            service=(maybe_text(record, "eventSource") or "").removesuffix(".amazonaws.com"),
            at=at,
            principal=_clip(subject or _principal(identity)),
            target=_clip(target),
            event_id=_clip(maybe_text(record, "eventID") or maybe_text(entry, "EventId") or ""),
            error_code=_clip(maybe_text(record, "errorCode") or "") or None,
            subject=_clip(subject) if subject else None,
            detail=_clip(_detail(name, asked)),
        )

    def _target(self, name: str, asked: Mapping[str, Any], got: Mapping[str, Any]) -> str | None:
        question = self.question
        if name == SESSION_EVENT:
            # A refused request may name no role; whose it was stands in the subject then.
            role = maybe_text(asked, "roleArn")
            return role or "" if role in (None, question.role_arn) else None
        if name in PROVIDER_EVENTS:
            arn = maybe_text(asked, "openIDConnectProviderArn") or maybe_text(got, "openIDConnectProviderArn")
            url = (maybe_text(asked, "url") or "").removeprefix("https://").rstrip("/")
            return question.provider_arn if question.issuer == url or arn == question.provider_arn else None
        if name in ROLE_EVENTS:
            wanted = role_name(question.role_arn or "")
            return wanted if wanted and maybe_text(asked, "roleName") == wanted else None
        if name in POLICY_EVENTS:
            arn = maybe_text(asked, "policyArn")
            return arn if arn in self.policy_arns else None
        if name in REPOSITORY_EVENTS:
            registry = maybe_text(asked, "registryId")
            same = maybe_text(asked, "repositoryName") == question.repository
            return question.repository if same and registry in (None, question.registry_id) else None
        return None


def _record(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    record = json.loads(maybe_text(entry, "CloudTrailEvent") or "")
    if not isinstance(record, Mapping):
        raise ValueError("the event is no structure")  # noqa: TRY004 - of one kind with json's own error
    return record


def _section(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = record.get(name)
    return value if isinstance(value, Mapping) else {}


def _moment(record: Mapping[str, Any]) -> datetime:
    moment = datetime.fromisoformat(maybe_text(record, "eventTime") or "")
    if moment.tzinfo is None:
        raise ValueError("the event's time has no zone")
    return moment


def _principal(identity: Mapping[str, Any]) -> str:
    for name in ("arn", "userName", "invokedBy", "principalId", "type"):
        value = maybe_text(identity, name)
        if value:
            return value
    return "unknown"


def _detail(name: str, asked: Mapping[str, Any]) -> str:
    if name == SESSION_EVENT:
        session = maybe_text(asked, "roleSessionName")
        return f"session {session}" if session else ""
    return " ".join(value for key in _DETAILS if (value := maybe_text(asked, key)))


def _clip(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
