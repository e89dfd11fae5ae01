"""Read the roles of an account whose trust policies name GitHub's provider: the listing holds every trust policy."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from diagnosis.facts.account import Role
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.json_members import JsonFault
from diagnosis.migration.role_plan import trusts_github
from diagnosis.names.arn import Arn
from probes.aws.read.identity import read_identity
from probes.aws.read.other_roles import listed_role
from probes.aws.read.readings import known
from probes.aws.read.role import read_role
from probes.aws.session.access import AwsAccess
from probes.aws.session.errors import AwsCallError, BrokenAnswer, call_error
from probes.aws.session.operations import LIST_ROLES

WHAT = "the account's roles that trust GitHub"
_ROLES_A_PAGE = 1000
"""The most that IAM gives; with AWS's quota of 5,000 roles that is five calls."""
MOST_ROLES = 10_000
"""Twice the quota. Whoever lists more is not followed: each costs a millisecond and some kilobytes to take apart."""


@dataclass(frozen=True, slots=True)
class TrustingRoles:
    """The roles that trust GitHub, as far as the listing could be read."""

    listed: int
    """Roles of the account that were looked at, whomever they trust."""
    roles: tuple[Role, ...]
    unread: tuple[Unreadable, ...] = ()
    """What of the list is missing, and why."""


def read_trusting_roles(
    aws: AwsAccess,
    issuer: str,
    region: str | None = None,
    *,
    progress: Callable[[int], None] = lambda _listed: None,
    cancelled: Callable[[], bool] = lambda: False,
    deadline_seconds: float = 45.0,
) -> Reading[TrustingRoles]:
    """List the roles whose trust policies name a provider of this issuer. Never raises.

    ``progress`` is told how many roles were listed so far. ``Unreadable`` where nothing was listed; a list that broke off
    says in ``unread`` why.
    """
    end = time.monotonic() + deadline_seconds
    listed, found, cut = 0, [], ""
    failure: AwsCallError | None = None
    try:
        for page in aws.pages(LIST_ROLES, region=region, PaginationConfig={"PageSize": _ROLES_A_PAGE}):
            entries = page.objects("Roles")
            looked_at = 0
            for entry in entries[: MOST_ROLES - listed]:
                if time.monotonic() >= end:
                    break
                looked_at += 1
                role = listed_role(entry)
                if trusts_github(role.trust_policy, issuer):
                    found.append(role)
            listed += looked_at
            progress(listed)
            whole = page.maybe_flag("IsTruncated") is not True and looked_at == len(entries)
            cut = "" if whole else _stopped(cancelled=cancelled(), late=time.monotonic() >= end, listed=listed)
            if whole or cut:
                break
    except AwsCallError as error:
        failure = error
    except (BrokenAnswer, JsonFault) as fault:
        failure = call_error(LIST_ROLES, fault)
    unread: list[Unreadable] = []
    if failure is not None:
        reading = failure.reading(WHAT if not listed else f"{WHAT}: the rest of the list", aws.clock())
        if not listed:
            return reading
        unread += [reading] if isinstance(reading, Unreadable) else []
    elif cut:
        unread.append(Unreadable(f"{WHAT}: the rest of the list", cut, "name the roles with --role"))
    value = TrustingRoles(listed, tuple(found), tuple(unread))
    return known(value, LIST_ROLES, f"{listed} roles, {len(found)} trust {issuer}", aws.clock())


def _stopped(*, cancelled: bool, late: bool, listed: int) -> str:
    if cancelled:
        return "the reading was cancelled"
    if late:
        return "it was not read and taken apart in time"
    return f"it is longer than {MOST_ROLES:,} roles, more than an account can have" if listed >= MOST_ROLES else ""


def read_roles(
    aws: AwsAccess, arns: Iterable[Arn], region: str | None = None, *, cancelled: Callable[[], bool] = lambda: False
) -> tuple[tuple[Arn, Reading[Role]], ...]:
    """Read roles by name, one call each. IAM looks in the account of the credentials, so those of another are not asked for."""
    identity = read_identity(aws, region)
    read: list[tuple[Arn, Reading[Role]]] = []
    for arn in arns:
        if cancelled():
            reading: Reading[Role] = Unreadable(f"role {arn}", "the reading was cancelled", "try again")
        elif isinstance(identity, Known) and identity.value.account != arn.account:
            reading = Unreadable(
                f"role {arn}",
                f"these credentials are of the account {identity.value.account}",
                "choose a --profile of the role's account",
            )
        elif isinstance(identity, Known | Absent):
            reading = read_role(aws, arn, region)
        else:
            reading = identity
        read.append((arn, reading))
    return tuple(read)
