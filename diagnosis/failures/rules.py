"""Every rule of the log reader, in the order in which the rules are asked."""

from __future__ import annotations

from diagnosis.failures import (
    credentials,
    denials,
    lookalikes,
    oidc_token,
    oidc_trust,
    other_grants,
    outcomes,
    registry_login,
    registry_push,
    registry_state,
    role_assumption,
    service_errors,
    sts_answers,
    transport,
)
from diagnosis.failures.rule import Rule

RULES: tuple[Rule, ...] = (
    *sts_answers.RULES,
    *denials.RULES,
    *other_grants.RULES,
    *registry_state.RULES,
    *oidc_trust.RULES,
    *oidc_token.RULES,
    *role_assumption.RULES,
    *lookalikes.RULES,
    *credentials.RULES,
    *registry_login.RULES,
    *registry_push.RULES,
    *transport.RULES,
    *lookalikes.NETWORK_RULES,
    *service_errors.RULES,
    *lookalikes.BARE_RULES,
    *outcomes.RULES,
)
"""The first rule that answers a line wins."""
