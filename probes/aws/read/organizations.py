"""Read the organization's control policies, level by level from the root down to the account.

Only the management account and delegated administrators may read them; for everybody else they stay unreadable.
"""

from __future__ import annotations

from dataclasses import replace

from diagnosis.facts.account import NamedPolicy, ScpLevel
from diagnosis.facts.reading import Absent, Known, Reading
from diagnosis.json_members import JsonMembers
from diagnosis.policy import read_document
from diagnosis.policy.language import size_limits
from probes.aws.read.readings import absent, attempt, known
from probes.aws.session.access import AwsAccess
from probes.aws.session.errors import BrokenAnswer
from probes.aws.session.operations import (
    DESCRIBE_ORGANIZATION,
    DESCRIBE_POLICY,
    LIST_PARENTS,
    LIST_POLICIES_FOR_TARGET,
    LIST_ROOTS,
)

SERVICE_CONTROL = "SERVICE_CONTROL_POLICY"
RESOURCE_CONTROL = "RESOURCE_CONTROL_POLICY"

_TITLES = {SERVICE_CONTROL: "service control policies", RESOURCE_CONTROL: "resource control policies"}
_LIMITS = {SERVICE_CONTROL: size_limits.SERVICE_CONTROL, RESOURCE_CONTROL: size_limits.RESOURCE_CONTROL}
_MAX_LEVELS = 8  # root, five organizational units, account; more is a broken answer
_NO_ORGANIZATION = "AWSOrganizationsNotInUseException"

Levels = tuple[ScpLevel, ...]


def read_organization(
    aws: AwsAccess, account: str, region: str | None = None
) -> tuple[Reading[str], Reading[Levels], Reading[Levels]]:
    """Read the organization's id, and the service and resource control policies that bound the account, root first.

    ``Absent``: no organization, the kind is switched off, or the account is the management account, which they do not
    bind.
    """
    title = f"organization of account {account}"

    def whole() -> Reading[JsonMembers]:
        found = aws.ask(DESCRIBE_ORGANIZATION, region=region).object("Organization")
        return known(found, DESCRIBE_ORGANIZATION, "", aws.clock())

    reading = attempt(title, DESCRIBE_ORGANIZATION, aws, whole, _NO_ORGANIZATION)
    what = f"control policies of account {account}"
    if not isinstance(reading, Known):
        without = replace(reading, what=what)
        return reading, without, without
    organization = reading.value

    def identifier() -> Reading[str]:
        found = organization.filled_text("Id")
        return known(found, DESCRIBE_ORGANIZATION, found, aws.clock())

    own = attempt(title, DESCRIBE_ORGANIZATION, aws, identifier)
    return own, *_control_policies(aws, account, region, organization, what)


def _control_policies(
    aws: AwsAccess, account: str, region: str | None, organization: JsonMembers, what: str
) -> tuple[Reading[Levels], Reading[Levels]]:
    def body() -> Reading[tuple[list[str], frozenset[str]]]:
        if organization.filled_text("MasterAccountId") == account:
            return absent(f"{what}: they do not bind the management account", DESCRIBE_ORGANIZATION, "", aws.clock())
        if organization.maybe_text("FeatureSet") == "CONSOLIDATED_BILLING":
            return absent(f"{what}: the organization shares billing only", DESCRIBE_ORGANIZATION, "", aws.clock())
        kinds = _switched_on(aws, region)
        return known((_climb(aws, account, region), kinds), LIST_PARENTS, account, aws.clock())

    place = attempt(what, DESCRIBE_ORGANIZATION, aws, body)
    if not isinstance(place, Known):
        return place, place
    targets, kinds = place.value
    found = [_of_kind(aws, account, kind, targets, region, on=kind in kinds) for kind in _TITLES]
    return found[0], found[1]


def _of_kind(
    aws: AwsAccess, account: str, kind: str, targets: list[str], region: str | None, *, on: bool
) -> Reading[Levels]:
    what = f"{_TITLES[kind]} of account {account}"

    def body() -> Reading[Levels]:
        if kind == RESOURCE_CONTROL and not on:
            return _switched_off(aws, what, kind)
        levels = [_level(aws, target, kind, region) for target in targets]
        if not on:
            # AWS detaches all policies of a kind that is switched off. Where some are found all the same, they count.
            levels = [level for level in levels if level.policies]
            if not levels:
                return _switched_off(aws, what, kind)
        for level in levels:
            if not level.policies:
                # AWS never leaves a level without one; read as "nothing allowed" it would be a wrong fail.
                raise BrokenAnswer(f"no policy hangs on {level.level}")
        return known(tuple(reversed(levels)), LIST_POLICIES_FOR_TARGET, f"{account} {kind}", aws.clock())

    return attempt(what, LIST_POLICIES_FOR_TARGET, aws, body)


def _switched_off(aws: AwsAccess, what: str, kind: str) -> Absent:
    return absent(f"{what}: the organization has them switched off", LIST_ROOTS, kind, aws.clock())


def _switched_on(aws: AwsAccess, region: str | None) -> frozenset[str]:
    """Return the kinds of policy that are enabled in the organization's root."""
    roots = [root for page in aws.pages(LIST_ROOTS, region=region) for root in page.objects("Roots")]
    if not roots:
        raise BrokenAnswer("the organization has no root")
    kinds = [entry for root in roots for entry in root.objects("PolicyTypes")]
    return frozenset(entry.filled_text("Type") for entry in kinds if entry.maybe_text("Status") == "ENABLED")


def _climb(aws: AwsAccess, account: str, region: str | None) -> list[str]:
    """Return the path to the root: the account, its organizational units, the root."""
    targets = [account]
    while not targets[-1].startswith("r-"):
        if len(targets) > _MAX_LEVELS:
            raise BrokenAnswer("the levels never reach the root")
        found = aws.ask(LIST_PARENTS, region=region, ChildId=targets[-1]).objects("Parents")
        if not found:
            raise BrokenAnswer("a level has no parent")
        targets.append(found[0].filled_text("Id"))
    return targets


def _level(aws: AwsAccess, target: str, kind: str, region: str | None) -> ScpLevel:
    pages = aws.pages(LIST_POLICIES_FOR_TARGET, region=region, TargetId=target, Filter=kind)
    policies = []
    limit = _LIMITS[kind]
    for entry in (entry for page in pages for entry in page.objects("Policies")):
        identifier = entry.filled_text("Id")
        policy = aws.ask(DESCRIBE_POLICY, region=region, PolicyId=identifier).object("Policy")
        policies.append(
            NamedPolicy(
                name=entry.maybe_text("Name") or identifier,
                document=read_document(policy.filled_text("Content"), limit),
                arn=entry.arn("Arn") if entry.has("Arn") else None,
            )
        )
    return ScpLevel(level=target, policies=tuple(policies))
