"""Parse AWS's denial sentence: who was denied what, on which resource, and by which policy.

The sentence reads *User: P is not authorized to perform: A on resource: R because no T policy allows the A action*, or
*… with an explicit deny in a T policy[: ARN]*. Since January 2026 it may end in the ARN of the policy that denied. STS
shortens it to *Not authorized to perform A*, and older services leave out the reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from diagnosis.names.arn import Arn


class PolicyType(StrEnum):
    """The policy types that AWS names in a denial, in its own words."""

    IDENTITY = "identity-based policy"
    RESOURCE = "resource-based policy"
    BOUNDARY = "permissions boundary"
    SERVICE_CONTROL = "service control policy"
    RESOURCE_CONTROL = "resource control policy"
    SESSION = "session policy"
    VPC_ENDPOINT = "VPC endpoint policy"
    TRUST = "role trust policy"


@dataclass(frozen=True, slots=True)
class Denial:
    """One denial sentence."""

    action: str | None
    """``service:Operation``; None where a placeholder or a mask stands in its place."""
    principal: str | None = None
    resource: str | None = None
    policy_type: PolicyType | None = None
    """None in old or shortened wording: the sentence does not say which policy is at fault."""
    explicit: bool = False
    """An explicit deny: adding permissions cannot help."""
    policy_arn: str | None = None
    operation: str | None = None
    """The API operation, where the client names it (``when calling the X operation``)."""
    service: str | None = None
    """The service, where the client names it beside the operation (``operation error ECS: X``), as the SDK calls it."""


WORDS: tuple[str, ...] = ("uthorized to perform", "is not authorized", "AccessDenied")

_PERFORM = re.compile(
    r"[Nn]ot\s+authorized\s+to\s+perform(?::|\s)?\s*\[?(?:(?P<action>[A-Za-z0-9*-]+:[A-Za-z0-9*]+)|(?P<bare>AssumeRole\w*))?"
)
_PRINCIPAL = re.compile(
    r"User:\s++(?P<principal>\S(?:(?!User:).){0,2000}?)(?<!\s)\s++is\s++not\s++authorized"
    r"|(?<!\S)(?P<bare>\S++) is not authorized to perform"
)
_RESOURCE = re.compile(
    r"on (?:(?:the )?resources?:|role:?)\s*[\"']?"
    r"(?:(?P<kind>role|user|group|policy) (?P<name>[\w+=.@/-]{1,512})(?= because| with an explicit|\s*$|[\"'.)])"
    r"|(?P<resource>[^\s,\"']+))"
)
"""IAM names its own resources by kind and name: ``on resource: role deploy``."""
_TYPES = "|".join(re.sub(r"[ -]", "[ -]", kind.value) for kind in PolicyType)
_BY_WORDS = {kind.value.replace("-", " "): kind for kind in PolicyType}
_TYPE = re.compile(rf"\bno (?P<implicit>{_TYPES}) allows|explicit deny in an? (?P<explicit>{_TYPES})")
_EXPLICIT = re.compile(r"explicit(?:ly)? den(?:y|ied)")
_POLICY_ARN = re.compile(
    r"explicit deny in an? [^:]{1,60}:\s*(?P<arn>arn:[^\s,\"')]+)"
    r"|(?P<late>arn:aws[\w-]*:(?:organizations|iam)::(?:(?!arn:aws)[^\s,\"')])*policy/[^\s,\"')]+)"
)
_OPERATION = re.compile(
    r"when calling the (?P<cli>\w+) operation|operation error (?P<go_service>[\w -]{1,60}): (?P<go>\w+)[,:]"
    r"|calling (?:the )?(?P<other_service>ecr|sts|ECR|STS)[:.](?P<other>\w+)"
)
_TRIM = ".,;:)\\"


def parse_denial(text: str) -> Denial | None:
    """Parse the denial in a text (one sentence, line breaks already joined); None where there is none."""
    found = list(_PERFORM.finditer(text))
    # EC2 says "not authorized to perform this operation" first and names the action in a second sentence.
    perform = next((one for one in found if one["action"] or one["bare"]), found[0] if found else None)
    service, operation = _called(text)
    if perform is None:
        if operation is None or not ("AccessDenied" in text or "explicit deny" in text):
            return None
        return Denial(action=None, operation=operation, service=service, explicit=bool(_EXPLICIT.search(text)))
    tail = text[perform.start() :]
    principal = _PRINCIPAL.search(text)
    resource = _RESOURCE.search(tail)
    typed = _TYPE.search(tail)
    arn = _POLICY_ARN.search(tail)
    named = next((value for value in typed.groupdict().values() if value), None) if typed else None
    return Denial(
        action=_action(perform["action"]) or (f"sts:{perform['bare']}" if perform["bare"] else None),
        principal=_cut((principal["principal"] or principal["bare"]) if principal else None),
        resource=_of_iam(resource, principal) or _cut(resource["resource"] if resource else None),
        policy_type=_BY_WORDS.get(named.replace("-", " ")) if named else None,
        explicit=bool(_EXPLICIT.search(tail)),
        policy_arn=_cut((arn["arn"] or arn["late"]) if arn else None),
        operation=operation,
        service=service,
    )


def _of_iam(resource: re.Match[str] | None, principal: re.Match[str] | None) -> str | None:
    """Return the ARN of what IAM names by kind and name: it lies in the account of the caller."""
    caller = Arn.parse(_cut(principal["principal"] or principal["bare"])) if principal else None
    if resource is None or resource["kind"] is None:
        return None
    if caller is None:
        return f"{resource['kind']} {resource['name']}"
    return str(Arn.iam(caller.partition, caller.account, resource["kind"], resource["name"].strip("/")))


def operation_of(text: str) -> str | None:
    """Return the API operation that a client names in its error, or None."""
    return _called(text)[1]


def _called(text: str) -> tuple[str | None, str | None]:
    """Return service and operation, as far as a client names them."""
    found = _OPERATION.search(text)
    if found is None:
        return None, None
    return found["go_service"] or found["other_service"], found["cli"] or found["go"] or found["other"]


def _action(text: str | None) -> str | None:
    return text if text and "*" not in text.split(":")[0] and not text.endswith(":") else None


def _cut(text: str | None) -> str | None:
    return text.rstrip(_TRIM) or None if text else None
