"""Read the role that the workflow assumes: its trust policy, its inline and attached policies, its permissions boundary."""

from __future__ import annotations

from collections.abc import Callable

from diagnosis.facts.account import NamedPolicy, Role
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.json_members import JsonMembers
from diagnosis.names.arn import Arn
from diagnosis.policy.language import size_limits
from probes.aws.read.readings import absent, attempt, known
from probes.aws.session.access import AwsAccess
from probes.aws.session.answers import document, maybe_moment
from probes.aws.session.operations import (
    GET_POLICY,
    GET_POLICY_VERSION,
    GET_ROLE,
    GET_ROLE_POLICY,
    LIST_ATTACHED_ROLE_POLICIES,
    LIST_ROLE_POLICIES,
)

_GONE = ("NoSuchEntity", "NoSuchEntityException")


def read_role(aws: AwsAccess, role_arn: Arn, region: str | None = None, *, any_path: bool = False) -> Reading[Role]:
    """Read the role of this ARN. IAM finds roles by name: a role of that name under another ARN is not this role.

    ``any_path``: the path is not known, so that account and name decide.
    """
    what = f"role {role_arn}"

    def body() -> Reading[Role]:
        answer = aws.ask(GET_ROLE, region=region, RoleName=role_arn.name).object("Role")
        found = answer.arn("Arn")
        if found != role_arn and not (any_path and found.same_but_for_path(role_arn)):
            return _another(what, role_arn, found, aws)
        boundary = answer.object("PermissionsBoundary") if answer.has("PermissionsBoundary") else None
        role = Role(
            arn=found,
            name=answer.filled_text("RoleName"),
            trust_policy=document(answer, "AssumeRolePolicyDocument", size_limits.TRUST),
            # AWS always sends it; the documented default stands for servers that do not.
            max_session_seconds=answer.maybe_integer("MaxSessionDuration") or 3600,
            permissions_boundary_arn=boundary.arn("PermissionsBoundaryArn") if boundary else None,
            created_at=maybe_moment(answer, "CreateDate"),
            tags=_tags(answer),
            id=answer.maybe_text("RoleId") or "",
        )
        return known(role, GET_ROLE, role.name, aws.clock())

    return attempt(what, GET_ROLE, aws, body, *_GONE)


def _tags(role: JsonMembers) -> tuple[tuple[str, str], ...]:
    """Read the role's tags; AWS leaves the member out where there are none."""
    entries = role.objects("Tags") if role.has("Tags") else ()
    return tuple((entry.filled_text("Key"), entry.maybe_text("Value") or "") for entry in entries)


def _another(what: str, wanted: Arn, found: Arn, aws: AwsAccess) -> Absent | Unreadable:
    """Say that the answer is about another role of the same name: in another account, or under another path."""
    if wanted.account == found.account:
        return absent(f"{what}; a role of that name is {found}", GET_ROLE, wanted.name, aws.clock())
    return Unreadable(
        what=what,
        why=f"these credentials read another account, which has {found}",
        how="choose a --profile of the role's account",
    )


def read_boundary(aws: AwsAccess, role: Reading[Role], region: str | None = None) -> Reading[NamedPolicy]:
    """Read the permissions boundary of a role; ``Absent`` where the role has none or is itself absent."""
    what = "permissions boundary"
    match role:
        case Known(value=found):
            boundary = found.permissions_boundary_arn
        case Absent():
            return Absent(what=f"{what}: the role is absent", source=role.source)
        case Unreadable():
            return Unreadable(
                what=what,
                why=f"the role that names it could not be read: {role.why}",
                how=role.how,
                permission=role.permission,
                source=role.source,
            )
    if boundary is None:
        return absent(f"{what} of {found.name}", GET_ROLE, found.name, aws.clock())
    # A boundary that was deleted denies everything; only AWS can tell, so a missing one is not "none".
    return attempt(f"{what} {boundary}", GET_POLICY_VERSION, aws, _managed_of(aws, boundary, region))


def read_inline_policies(aws: AwsAccess, role_arn: Arn, region: str | None = None) -> Reading[tuple[NamedPolicy, ...]]:
    """Read all inline policies of the role; one that cannot be read makes the whole part unreadable."""
    name = role_arn.name
    what = f"inline policies of {name}"

    def body() -> Reading[tuple[NamedPolicy, ...]]:
        names = [
            entry
            for page in aws.pages(LIST_ROLE_POLICIES, region=region, RoleName=name)
            for entry in page.texts("PolicyNames")
        ]
        policies = []
        for entry in names:
            answer = aws.ask(GET_ROLE_POLICY, region=region, RoleName=name, PolicyName=entry)
            policies.append(NamedPolicy(name=entry, document=document(answer, "PolicyDocument", size_limits.INLINE)))
        refusal = size_limits.INLINE.refusal("".join(policy.document.text for policy in policies))
        if refusal is not None:
            # AWS refuses to store them, so whatever answered does not say what the role may do.
            return Unreadable(what, refusal, "look at the role in AWS, and at who answers for it", lasting=True)
        operation = GET_ROLE_POLICY if names else LIST_ROLE_POLICIES
        return known(tuple(policies), operation, " ".join([name, *names]), aws.clock())

    return attempt(what, LIST_ROLE_POLICIES, aws, body, *_GONE)


def read_attached_policies(
    aws: AwsAccess, role_arn: Arn, region: str | None = None
) -> Reading[tuple[NamedPolicy, ...]]:
    """Read all managed policies of the role, each in its default version; one unreadable makes the part unreadable."""
    name = role_arn.name
    what = f"managed policies of {name}"

    def listing() -> Reading[list[Arn]]:
        pages = aws.pages(LIST_ATTACHED_ROLE_POLICIES, region=region, RoleName=name)
        arns = [entry.arn("PolicyArn") for page in pages for entry in page.objects("AttachedPolicies")]
        return known(arns, LIST_ATTACHED_ROLE_POLICIES, name, aws.clock())

    listed = attempt(what, LIST_ATTACHED_ROLE_POLICIES, aws, listing, *_GONE)
    if not isinstance(listed, Known):
        return listed
    found: list[NamedPolicy] = []
    for policy_arn in listed.value:
        reading = attempt(f"managed policy {policy_arn}", GET_POLICY_VERSION, aws, _managed_of(aws, policy_arn, region))
        if not isinstance(reading, Known):
            return reading
        found.append(reading.value)
    operation = GET_POLICY_VERSION if found else LIST_ATTACHED_ROLE_POLICIES
    return known(tuple(found), operation, " ".join([name, *map(str, listed.value)]), aws.clock())


def _managed_of(aws: AwsAccess, policy_arn: Arn, region: str | None) -> Callable[[], Reading[NamedPolicy]]:
    return lambda: _managed(aws, policy_arn, region)


def _managed(aws: AwsAccess, policy_arn: Arn, region: str | None) -> Reading[NamedPolicy]:
    """Read a managed policy in its default version."""
    policy = aws.ask(GET_POLICY, region=region, PolicyArn=str(policy_arn)).object("Policy")
    version = policy.filled_text("DefaultVersionId")
    answer = aws.ask(GET_POLICY_VERSION, region=region, PolicyArn=str(policy_arn), VersionId=version).object(
        "PolicyVersion"
    )
    name = policy.maybe_text("PolicyName") or policy_arn.name
    value = NamedPolicy(
        name=name, document=document(answer, "Document", size_limits.of_managed(policy_arn)), arn=policy_arn
    )
    return known(value, GET_POLICY_VERSION, f"{policy_arn} {version}", aws.clock())
