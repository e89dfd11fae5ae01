"""The policies of every layer that answer a request."""

from __future__ import annotations

from dataclasses import dataclass

from diagnosis.policy.language.parsing import Policy


@dataclass(frozen=True, slots=True)
class Layers:
    """The policies that apply to a request. A layer that is given applies; one that is None does not exist.

    Whether service control policies apply at all is for the caller to know: they do not bind service-linked roles, nor
    anything in the organization's management account; pass None there.
    """

    identity: tuple[Policy, ...] = ()
    resource: Policy | None = None
    """The resource's own policy: a role's trust policy, a repository policy."""
    boundaries: tuple[Policy, ...] | None = None
    """None or empty: the principal has no permissions boundary."""
    session: Policy | None = None
    scps: tuple[tuple[str, tuple[Policy, ...]], ...] | None = None
    """``(level, policies)`` from the root to the account: every level must allow."""
    rcps: tuple[tuple[str, tuple[Policy, ...]], ...] | None = None
    """Resource control policies of the resource's account, shaped like ``scps``."""
