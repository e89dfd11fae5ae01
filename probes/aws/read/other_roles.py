"""Read which other roles of the account admit the run already, and what those may do.

Cheap first: the listing holds every trust policy, and only the few roles that admit the run are read any further.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from diagnosis.facts.account import OtherRole, OtherRoles, Role
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.json_members import JsonFault, JsonMembers
from diagnosis.names.arn import Arn
from diagnosis.policy.language import size_limits
from diagnosis.remedies.offers.role_search import RoleSearch
from probes.aws.read.readings import known
from probes.aws.read.role import read_attached_policies, read_boundary, read_inline_policies, read_role
from probes.aws.session.access import AwsAccess
from probes.aws.session.answers import document, maybe_moment
from probes.aws.session.errors import AwsCallError, BrokenAnswer, call_error
from probes.aws.session.operations import LIST_ROLES

WHAT = "other roles of the account"
MOST_PAGES = 10
ROLES_A_PAGE = 200
MOST_READ = 5
"""Roles whose policies are read: each takes three calls and more."""


@dataclass(slots=True)
class _Listing:
    """What the listing brought until it ended or broke off."""

    listed: int = 0
    fitting: dict[Arn, Role] = field(default_factory=dict)
    failure: AwsCallError | None = None
    cut: str = ""
    """Why the listing is not whole; empty where it is, or where a call failed."""


def read_other_roles(
    aws: AwsAccess,
    search: RoleSearch,
    region: str | None = None,
    *,
    cancelled: Callable[[], bool] = lambda: False,
    deadline_seconds: float = 30.0,
) -> Reading[OtherRoles]:
    """Read the roles that admit the run of ``search``, by name, each like the run's own. Never raises.

    ``Unreadable`` where nothing was listed. What is missing of a long list, or of many roles, stands in ``unread``.
    """
    end = time.monotonic() + deadline_seconds

    def stopped() -> str:
        if cancelled():
            return "the reading was cancelled"
        return "AWS did not answer in time" if time.monotonic() >= end else ""

    found = _list(aws, search, region, stopped)
    if found.failure is not None and not found.listed:
        return found.failure.reading(WHAT, aws.clock())
    waiting = sorted(found.fitting.values(), key=lambda role: role.name)
    read: list[OtherRole] = []
    why = ""
    for _ in range(min(MOST_READ, len(waiting))):
        why = stopped()
        if why:
            break
        other = _read(aws, waiting.pop(0), region)
        read += [other] if other else []
    unread = (*_rest_of_the_list(found, aws), *_rest_of_the_roles(waiting, why or f"{MOST_READ} are read at most"))
    value = OtherRoles(found.listed, tuple(read), unread)
    return known(value, LIST_ROLES, f"{found.listed} roles, {len(found.fitting)} admit the run", aws.clock())


def _list(aws: AwsAccess, search: RoleSearch, region: str | None, stopped: Callable[[], str]) -> _Listing:
    """List the roles page by page; what was listed before a call failed is kept."""
    found = _Listing()
    try:
        pages = aws.pages(LIST_ROLES, region=region, PaginationConfig={"PageSize": ROLES_A_PAGE})
        for number, page in enumerate(pages, 1):
            for entry in page.objects("Roles"):
                # The run's own role was read already: its trust policy is not read a second time.
                role = listed_role(entry) if entry.arn("Arn") != search.own_role_arn else None
                found.listed += 1
                if role is not None and search.fits(role.arn, role.trust_policy):
                    found.fitting[role.arn] = role
            if page.maybe_flag("IsTruncated") is not True:
                break
            too_many = f"the account has more roles than the {found.listed} that were looked at"
            found.cut = too_many if number == MOST_PAGES else stopped()
            if found.cut:
                break
    except AwsCallError as failure:
        found.failure = failure
    except (BrokenAnswer, JsonFault) as fault:
        found.failure = call_error(LIST_ROLES, fault)
    return found


def listed_role(entry: JsonMembers) -> Role:
    """Return a role as far as a listing tells: it leaves out boundary, tags and last use."""
    return Role(
        arn=entry.arn("Arn"),
        name=entry.filled_text("RoleName"),
        trust_policy=document(entry, "AssumeRolePolicyDocument", size_limits.TRUST),
        max_session_seconds=entry.maybe_integer("MaxSessionDuration") or 3600,
        created_at=maybe_moment(entry, "CreateDate"),
    )


def _read(aws: AwsAccess, listed: Role, region: str | None) -> OtherRole | None:
    """Read the role with its policies; None where it went away. Where GetRole is denied the boundary stays unreadable."""
    role = read_role(aws, listed.arn, region)
    if isinstance(role, Absent):
        return None
    return OtherRole(
        role=role.value if isinstance(role, Known) else listed,
        inline_policies=read_inline_policies(aws, listed.arn, region),
        attached_policies=read_attached_policies(aws, listed.arn, region),
        boundary=read_boundary(aws, role, region),
    )


def _rest_of_the_list(found: _Listing, aws: AwsAccess) -> Iterator[Unreadable]:
    what = f"{WHAT}: the rest of the list"
    if found.failure is not None:
        reading = found.failure.reading(what, aws.clock())
        if isinstance(reading, Unreadable):
            yield reading
    elif found.cut:
        yield Unreadable(what, found.cut, "look for a role that trusts this subject in the IAM console")


def _rest_of_the_roles(waiting: list[Role], why: str) -> Iterator[Unreadable]:
    if waiting:
        names = ", ".join(role.name for role in waiting[:MOST_READ])
        more = f" and {len(waiting) - MOST_READ} more" if len(waiting) > MOST_READ else ""
        yield Unreadable(f"what these roles, which admit the run, may do: {names}{more}", why, "look at their policies")
