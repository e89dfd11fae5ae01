"""Choose the CloudTrail events that belong to a release, and take the few members of each that a chronology needs.

An event's text holds more than a chronology needs (documents, session credentials): only the named members are taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from diagnosis.facts.account import AccountQuestion
from diagnosis.facts.trail import TrailEvent
from diagnosis.json_members import JsonMembers, is_usable
from diagnosis.names.arn import Arn
from probes.aws.read.granted_by_event import grants_of, is_broad
from probes.aws.session.answers import event_record, maybe_moment

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
REGISTRY_EVENTS = ("PutRegistryPolicy", "DeleteRegistryPolicy")
"""Of the registry as a whole: its policy may let anybody push to every repository."""
RESOURCE_EVENTS = {"s3": ("PutBucketPolicy", "DeleteBucketPolicy"), "kms": ("PutKeyPolicy",)}
"""By the service of a resource whose own policy may decide a call of the release."""
_POLICIES_OF_RESOURCES = frozenset(name for names in RESOURCE_EVENTS.values() for name in names)

_DETAILS = ("policyName", "policyArn", "versionId", "clientID", "permissionsBoundary", "imageTag", "imageTagMutability")
_LONGEST = 200
_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Subject:
    """What a chronology is about: events that concern anything else are left out."""

    question: AccountQuestion
    policy_arns: tuple[Arn, ...] = ()
    """Managed policies and the boundary of the role."""
    repositories: tuple[str, ...] = ()
    """Names of further ECR repositories of the same registry whose events count."""

    def event(self, entry: JsonMembers) -> TrailEvent | None:
        """Return the event of one ``LookupEvents`` entry, or None where it is about something else.

        Raises ValueError for an entry that cannot be read.
        """
        record = event_record(entry)
        asked, got = record.maybe_object("requestParameters"), record.maybe_object("responseElements")
        name = record.maybe_text("eventName") or ""
        target = self._target(name, asked, got)
        if target is None:
            return None
        at = maybe_moment(entry, "EventTime") or _moment(record)
        identity = record.maybe_object("userIdentity")
        subject = None
        if name == SESSION_EVENT:
            subject = got.maybe_text("subjectFromWebIdentityToken") or identity.maybe_text("userName")
        return TrailEvent(
            name=name,
            service=(record.maybe_text("eventSource") or "").removesuffix(".amazonaws.com"),
            at=at,
            principal=_clip(subject or _principal(identity)),
            target=_clip(target),
            event_id=_clip(record.maybe_text("eventID") or entry.maybe_text("EventId") or ""),
            error_code=_clip(record.maybe_text("errorCode") or "") or None,
            subject=_clip(subject) if subject else None,
            detail=_clip(_detail(name, asked)),
            broad=is_broad(name, asked),
            grants=grants_of(asked),
            session=_session(name, identity, got),
        )

    def _target(self, name: str, asked: JsonMembers, got: JsonMembers) -> str | None:
        question = self.question
        if name == SESSION_EVENT:
            # A refused request may name no role; whose it was stands in the subject then.
            role = asked.maybe_text("roleArn")
            return role or "" if role is None or Arn.parse(role) == question.role_arn else None
        if name in PROVIDER_EVENTS:
            named = asked.maybe_text("openIDConnectProviderArn") or got.maybe_text("openIDConnectProviderArn")
            url = (asked.maybe_text("url") or "").removeprefix("https://").rstrip("/")
            own = question.provider_arn
            return str(own) if own and (question.issuer == url or Arn.parse(named) == own) else None
        if name in ROLE_EVENTS:
            named = asked.maybe_text("roleName")
            return named if named and named in self._roles() else None
        if name in _POLICIES_OF_RESOURCES:
            named = asked.maybe_text("bucketName") or asked.maybe_text("keyId")
            return next((text for text in self.resources() if named and _is_of(text, named)), None)
        if name in POLICY_EVENTS:
            policy = Arn.parse(asked.maybe_text("policyArn"))
            return str(policy) if policy in self.policy_arns else None
        if name in REGISTRY_EVENTS:
            return question.registry_id
        if name in REPOSITORY_EVENTS:
            registry = asked.maybe_text("registryId")
            named = asked.maybe_text("repositoryName")
            listed = named is not None and named in (question.repository, *self.repositories)
            return named if listed and registry in (None, question.registry_id) else None
        return None

    def _roles(self) -> frozenset[str]:
        """Return the names of the release's roles, as far as they lie in the account that is looked at."""
        own = self.question.role_arn
        every = (own, *(each.role_arn for each in self.question.beside))
        return frozenset(arn.name for arn in every if own and arn and arn.account == own.account and arn.name)

    def resources(self) -> tuple[str, ...]:
        """Return the ARNs of the buckets and keys whose policies may decide."""
        questions = (self.question, *self.question.beside)
        return tuple(dict.fromkeys(text for each in questions for text in each.resources))

    @property
    def everything_is_here(self) -> bool:
        """Whether all roles of the release lie in the account that is looked at."""
        own = self.question.role_account
        return all(each.role_account in (own, None) for each in self.question.beside)


def _is_of(resource: str, named: str) -> bool:
    """Return whether a request that names a bucket or a key is about this resource."""
    arn = Arn.parse(resource)
    return arn is not None and named in (resource, arn.resource, arn.resource_id)


def _moment(record: JsonMembers) -> datetime:
    moment = datetime.fromisoformat(record.maybe_text("eventTime") or "")
    if moment.tzinfo is None or not is_usable(moment):
        raise ValueError("the event's time has no zone, or is of no year that can be")
    return moment


def _principal(identity: JsonMembers) -> str:
    for name in ("arn", "userName", "invokedBy", "principalId", "type"):
        value = identity.maybe_text(name)
        if value:
            return value
    return "unknown"


def _detail(name: str, asked: JsonMembers) -> str:
    if name == SESSION_EVENT:
        session = asked.maybe_text("roleSessionName")
        return f"session {session}" if session else ""
    return " ".join(value for key in _DETAILS if (value := asked.maybe_text(key)))


def _session(name: str, identity: JsonMembers, got: JsonMembers) -> str:
    """Return a digest that tells sessions apart: of the key that the call was made with, or that it opened a session with."""
    opened = got.maybe_object("credentials") if name == SESSION_EVENT else identity
    key_id = opened.maybe_text("accessKeyId")
    return sha256(key_id.encode()).hexdigest()[:_DIGITS] if key_id else ""


def _clip(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
