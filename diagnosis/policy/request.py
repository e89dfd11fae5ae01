"""A request to AWS: principal, action, resource and context keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from diagnosis.names.arn import Arn
from diagnosis.policy.principal_view import PrincipalView, view_principal


@dataclass(frozen=True, slots=True)
class ContextValue:
    """The values of one context key in a request."""

    values: tuple[str, ...]
    multivalued: bool


@dataclass(frozen=True, slots=True)
class Request:
    """One request to AWS.

    ``principal`` is an ARN (role session, role, user, federated user, OIDC or SAML provider, account root), a service
    (``ecs-tasks.amazonaws.com``), or ``*`` for an anonymous caller. ``resource`` is an ARN, or ``*`` for an action
    without resource level. ``context`` holds condition keys with their values; letter case of keys does not matter.
    Where ``resource_account`` is not given it is read off the resource's ARN; ``*`` belongs to the principal's account.
    """

    principal: str
    action: str
    resource: str
    resource_account: str | None = None
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    multivalued_keys: frozenset[str] = frozenset()
    """Keys that hold a list by nature, like ``aws:TagKeys``: only a set operator can test them."""
    wildcard_only_action: bool = False
    """The action has no resource level: only a Resource pattern that matches everything counts."""
    caller: PrincipalView = field(init=False, repr=False, compare=False)
    folded_action: str = field(init=False, repr=False, compare=False)
    keys: dict[str, ContextValue] = field(init=False, repr=False, compare=False)
    """The context with folded keys; a key without any value is left out, since it is null."""

    def __post_init__(self) -> None:
        """Read the principal and fold the keys once, since evaluation asks for them at every statement."""
        several = {key.lower() for key in self.multivalued_keys}
        keys = {
            key.lower(): ContextValue(tuple(values), key.lower() in several or len(values) > 1)
            for key, values in self.context.items()
            if values
        }
        object.__setattr__(self, "caller", view_principal(self.principal))
        object.__setattr__(self, "folded_action", self.action.lower())
        object.__setattr__(self, "keys", keys)

    @property
    def owner_account(self) -> str | None:
        """The account that owns the resource; None where neither the request nor the ARN tells."""
        if self.resource_account:
            return self.resource_account
        if self.resource == "*":
            return self.caller.account or None
        arn = Arn.parse(self.resource)
        return arn.account if arn is not None and arn.account else None
