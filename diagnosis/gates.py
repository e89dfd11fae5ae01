"""The vocabulary: planes, gates in their order, checkpoints inside a gate, verdicts, owners."""

from __future__ import annotations

from enum import StrEnum


class Plane(StrEnum):
    """Where a failure belongs. Authentication and authorization are never merged into one flag."""

    AUTHENTICATION = "authn"
    AUTHORIZATION = "authz"
    REGISTRY_STATE = "registry-state"
    """No permission is missing: the repository is absent, the tag immutable, a quota reached."""
    OTHER = "other"

    @property
    def label(self) -> str:
        """The plane's name as people read it."""
        return _PLANE_TITLES[self]


_PLANE_TITLES = {
    Plane.AUTHENTICATION: "authentication",
    Plane.AUTHORIZATION: "authorization",
    Plane.REGISTRY_STATE: "registry state",
    Plane.OTHER: "other",
}


class Gate(StrEnum):
    """The fail-closed gates, declared in the order in which a release meets them: four that every release has, and one more."""

    OIDC_TRUST = "oidc-trust"
    ROLE_ASSUMPTION = "role-assumption"
    REGISTRY_AUTHORIZATION = "registry-authorization"
    SERVICE_AUTHORIZATION = "service-authorization"
    """Whatever a release calls beyond the registry; only where it has such calls, or met such a denial."""
    LEAST_PRIVILEGE = "least-privilege"

    @property
    def plane(self) -> Plane:
        """The plane that the gate guards."""
        return Plane.AUTHENTICATION if self in (Gate.OIDC_TRUST, Gate.ROLE_ASSUMPTION) else Plane.AUTHORIZATION

    @property
    def label(self) -> str:
        """The gate's name as people read it."""
        return _GATE_TITLES[self]

    @property
    def order(self) -> int:
        """Position among the gates, from 0."""
        return ALL_GATES.index(self)


ALL_GATES: tuple[Gate, ...] = tuple(Gate)
GATES: tuple[Gate, ...] = tuple(gate for gate in Gate if gate is not Gate.SERVICE_AUTHORIZATION)
"""The four that every release has."""

_GATE_TITLES = {
    Gate.OIDC_TRUST: "OIDC trust",
    Gate.ROLE_ASSUMPTION: "Role assumption",
    Gate.REGISTRY_AUTHORIZATION: "Registry authorization",
    Gate.SERVICE_AUTHORIZATION: "Service authorization",
    Gate.LEAST_PRIVILEGE: "Least privilege",
}


class Checkpoint(StrEnum):
    """The finer place inside a gate, in the order in which a release meets them."""

    OIDC_TOKEN = "oidc-token"  # noqa: S105 - the field's name for a place, no secret
    OIDC_TRUST = "oidc-trust"
    ROLE_ASSUMPTION = "role-assumption"
    REGISTRY_AUTH = "registry-auth"
    REGISTRY_PUSH = "registry-push"
    REGISTRY_PULL = "registry-pull"
    SERVICE_AUTHORIZATION = "service-authorization"
    LEAST_PRIVILEGE = "least-privilege"

    @property
    def gate(self) -> Gate:
        """The gate that this checkpoint is part of."""
        return _CHECKPOINT_GATES[self]

    @property
    def plane(self) -> Plane:
        """The plane of the checkpoint's gate."""
        return self.gate.plane

    @property
    def order(self) -> int:
        """Position among the checkpoints, from 0."""
        return tuple(Checkpoint).index(self)


_CHECKPOINT_GATES = {
    Checkpoint.OIDC_TOKEN: Gate.OIDC_TRUST,
    Checkpoint.OIDC_TRUST: Gate.OIDC_TRUST,
    Checkpoint.ROLE_ASSUMPTION: Gate.ROLE_ASSUMPTION,
    Checkpoint.REGISTRY_AUTH: Gate.REGISTRY_AUTHORIZATION,
    Checkpoint.REGISTRY_PUSH: Gate.REGISTRY_AUTHORIZATION,
    Checkpoint.REGISTRY_PULL: Gate.REGISTRY_AUTHORIZATION,
    Checkpoint.SERVICE_AUTHORIZATION: Gate.SERVICE_AUTHORIZATION,
    Checkpoint.LEAST_PRIVILEGE: Gate.LEAST_PRIVILEGE,
}


class Verdict(StrEnum):
    """Only ``pass`` opens a gate."""

    PASS = "pass"  # noqa: S105 - a verdict, no secret
    FAIL = "fail"
    BLOCKED = "blocked"
    """An earlier gate failed, so this one was not reached."""
    UNKNOWN = "unknown"
    """Could not be decided; the verdict says what is missing and how to obtain it."""

    @property
    def sign(self) -> str:
        """A sign that tells the verdict without colour."""
        return _VERDICT_SIGNS[self]


_VERDICT_SIGNS = {Verdict.PASS: "✔", Verdict.FAIL: "✘", Verdict.BLOCKED: "◌", Verdict.UNKNOWN: "?"}


class Owner(StrEnum):
    """Who acts on a verdict (report 7.5)."""

    RELEASE_ENGINEERING = "platform / release engineering"
    """Owns the workflow: its permissions, refs, inputs."""
    CLOUD_SECURITY = "cloud security / IAM"
    """Owns provider, trust policy and permissions."""
    ORGANIZATION = "organization administrators"
    """Owns service control policies and permissions boundaries."""
    REGISTRY = "registry owner"
    """Owns the repository, its policy, tags and quotas."""
    REVIEWER = "reviewer"
    """Validates the chronology."""
