"""Tell whose identity a denial names: the run's own role session, or somebody else's.

A release meets denials of more than one identity. The run's role calls AWS; a function, a task, a build project or a stack
that it deploys calls AWS with a role of its own, and what those lack is no gap in the run's role. Where a sentence names
nobody, it counts as the run's only if a client says which call it made, or if the log shows that a role had been assumed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from diagnosis.names.arn import Arn


class Whose(Enum):
    """Whose a denied identity is."""

    RUN = "the run's"
    """A role session that is, or may be, the run's own."""
    ANOTHER = "another's"
    UNSAID = "not said"


@dataclass(frozen=True, slots=True)
class Identity:
    """An identity as far as its text tells it."""

    whose: Whose
    words: str = ""
    """For another's: which it is, for people: ``the IAM user build``."""


_UNSAID = Identity(Whose.UNSAID)
_RUN = Identity(Whose.RUN)
_ACCOUNT = re.compile(r"[0-9]{12}|(?=[0-9xX]*\*)[0-9*xX]++|[xX]{12}")
"""An account as AWS prints it, or as a log masks it; a word in its place is a placeholder of whoever wrote the text."""
_SESSIONS = (
    (re.compile(r"i-[0-9a-f]{8,17}"), "an EC2 instance's own role"),
    (re.compile(r"[0-9a-f]{32}"), "an ECS task's own role"),
    (re.compile(r"eks-[\w.-]+"), "an EKS pod's own role"),
    (re.compile(r"AWSCodeBuild(?:-[0-9a-f-]+)?"), "a CodeBuild project's service role"),
    (re.compile(r"AWSCloudFormation"), "CloudFormation's service role"),
)
"""Names that AWS itself gives sessions, and who has them."""
_ROLES = (
    (re.compile(r"cdk-\w{1,20}-[a-z-]{1,40}-role-.*"), "the CDK's bootstrap role"),
    (re.compile(r"AWSServiceRoleFor\w+"), "a service-linked role"),
    (re.compile(r"AWSReservedSSO_.+"), "a person's role of the IAM Identity Center"),
)


def identity_of(principal: str | None, roles: frozenset[str] = frozenset()) -> Identity:
    """Return whose identity a principal is.

    ``roles`` are the names of all roles that the run may assume; empty where not all of them are known, so that no
    role can be told not to be among them.
    """
    arn = Arn.parse(principal)
    if arn is None:
        is_service = bool(principal) and (principal or "").endswith((".amazonaws.com", ".amazonaws.com.cn"))
        if principal == "anonymous":
            return Identity(Whose.ANOTHER, "nobody: the call was not signed, so the session was not used")
        return Identity(Whose.ANOTHER, f"the service {principal}") if is_service else _UNSAID
    kind, name = arn.resource_type, arn.name
    if kind in ("user", "federated-user"):
        return Identity(Whose.ANOTHER, f"the IAM user {name}" if kind == "user" else f"the federated user {name}")
    if kind == "root":
        return Identity(Whose.ANOTHER, "the account's root user")
    role = arn.role_of_session()
    named = role.name if role else name if arn.is_role else ""
    if not named or not _ACCOUNT.fullmatch(arn.account):
        return _UNSAID
    return _of_role(named, arn.session_name or "", roles)


def _of_role(name: str, session: str, roles: frozenset[str]) -> Identity:
    if name in roles:
        return _RUN
    for pattern, words in _SESSIONS:
        if pattern.fullmatch(session):
            return Identity(Whose.ANOTHER, f"{words}, {name}")
    for pattern, words in _ROLES:
        if pattern.fullmatch(name):
            return Identity(Whose.ANOTHER, f"{words}, {name}")
    if roles and "*" not in name:
        return Identity(Whose.ANOTHER, f"the role {name}, which is none that the job assumes")
    return _RUN
