"""Service principals: how AWS names a service that takes a role."""

from __future__ import annotations


def service_principal(service: str) -> str:
    """Return the principal of a service by its first part: ``ecs-tasks`` as ``ecs-tasks.amazonaws.com``."""
    return f"{service}.amazonaws.com"
