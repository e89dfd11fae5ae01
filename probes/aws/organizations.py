"""Control policies of the organization, level by level from the root down to the account, where they can be read.

Only the management account and delegated administrators may read them; for everybody else they stay unreadable.
"""

from __future__ import annotations

from diagnosis.account import NamedPolicy, ScpLevel
from diagnosis.reading import Reading
from probes.aws.answers import maybe_text, part, parts, text
from probes.aws.errors import BrokenAnswer
from probes.aws.operations import (
    DESCRIBE_ORGANIZATION,
    DESCRIBE_POLICY,
    LIST_PARENTS,
    LIST_POLICIES_FOR_TARGET,
    LIST_ROOTS,
)
from probes.aws.readings import absent, attempt, known
from probes.aws.session import AwsAccess

SERVICE_CONTROL = "SERVICE_CONTROL_POLICY"
RESOURCE_CONTROL = "RESOURCE_CONTROL_POLICY"

_TITLES = {SERVICE_CONTROL: "service control policies", RESOURCE_CONTROL: "resource control policies"}
_MAX_LEVELS = 8  # root, five organizational units, account; more is a broken answer
_NO_ORGANIZATION = ("AWSOrganizationsNotInUseException",)


def read_control_policies(
    aws: AwsAccess, account: str, region: str | None = None, kind: str = SERVICE_CONTROL
) -> Reading[tuple[ScpLevel, ...]]:
    """The policies of one kind that bound the account. ``Absent``: no organization, the kind is off, or the account is
    the management account, which control policies do not bind."""
    what = f"{_TITLES[kind]} of account {account}"

    def body() -> Reading[tuple[ScpLevel, ...]]:
        organization = part(aws.ask(DESCRIBE_ORGANIZATION, region=region), "Organization")
        if text(organization, "MasterAccountId") == account:
            return absent(f"{what}: they do not bind the management account", DESCRIBE_ORGANIZATION, "", aws.clock())
        if organization.get("FeatureSet") == "CONSOLIDATED_BILLING":
            return absent(f"{what}: the organization shares billing only", DESCRIBE_ORGANIZATION, "", aws.clock())
        on = _switched_on(aws, kind, region)
        levels = [_level(aws, target, kind, region) for target in _climb(aws, account, region)]
        if not on:
            # AWS detaches all policies of a kind that is switched off. Where some are found all the same, they count.
            levels = [level for level in levels if level.policies]
            if not levels:
                return absent(f"{what}: the organization has them switched off", LIST_ROOTS, kind, aws.clock())
        for level in levels:
            if not level.policies:
                # AWS never leaves a level without one; read as "nothing allowed" it would be a wrong fail.
                raise BrokenAnswer(f"no policy hangs on {level.level}")
        return known(tuple(reversed(levels)), LIST_POLICIES_FOR_TARGET, f"{account} {kind}", aws.clock())

    return attempt(what, LIST_POLICIES_FOR_TARGET, aws.clock, body, *_NO_ORGANIZATION)


def _switched_on(aws: AwsAccess, kind: str, region: str | None) -> bool:
    roots = [root for page in aws.pages(LIST_ROOTS, region=region) for root in parts(page, "Roots")]
    if not roots:
        raise BrokenAnswer("the organization has no root")
    return any(
        entry.get("Type") == kind and entry.get("Status") == "ENABLED"
        for root in roots
        for entry in parts(root, "PolicyTypes")
    )


def _climb(aws: AwsAccess, account: str, region: str | None) -> list[str]:
    """The account, its organizational units, the root."""
    targets = [account]
    while not targets[-1].startswith("r-"):
        if len(targets) > _MAX_LEVELS:
            raise BrokenAnswer("the levels never reach the root")
        found = parts(aws.ask(LIST_PARENTS, region=region, ChildId=targets[-1]), "Parents")
        if not found:
            raise BrokenAnswer("a level has no parent")
        targets.append(text(found[0], "Id"))
    return targets


def _level(aws: AwsAccess, target: str, kind: str, region: str | None) -> ScpLevel:
    pages = aws.pages(LIST_POLICIES_FOR_TARGET, region=region, TargetId=target, Filter=kind)
    policies = []
    for entry in (entry for page in pages for entry in parts(page, "Policies")):
        identifier = text(entry, "Id")
        policy = part(aws.ask(DESCRIBE_POLICY, region=region, PolicyId=identifier), "Policy")
        policies.append(
            NamedPolicy(
                name=maybe_text(entry, "Name") or identifier,
                document=text(policy, "Content"),
                arn=maybe_text(entry, "Arn"),
            )
        )
    return ScpLevel(level=target, policies=tuple(policies))
