"""What a review of a repository's releases looks at, as one frozen value; a baseline is such a state that somebody accepted.

Every part is a reading: what could not be read when the state was taken is written as not read, and never as empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from diagnosis.facts.account import EcrRepository, NamedPolicy, OidcProvider, Role
from diagnosis.facts.github_context import Environment
from diagnosis.facts.reading import Known, Reading
from diagnosis.facts.runs import OidcCustomization, Repository
from diagnosis.names.arn import Arn


@dataclass(frozen=True, slots=True)
class Use:
    """One action that a release needs, on one resource."""

    action: str
    resource: str | None
    """None where the resource is not known."""

    def __str__(self) -> str:
        """``ecr:PutImage on arn:…``."""
        return f"{self.action} on {self.resource or UNKNOWN_RESOURCE}"


UNKNOWN_RESOURCE = "?"
"""How a resource that is not known is written."""


@dataclass(frozen=True, slots=True)
class ReleaseState:
    """What the jobs of one workflow do with one role, each text sorted and once."""

    role: Arn | None
    """None where neither the file nor a run tells it."""
    jobs: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    """What the jobs' GitHub tokens may do: ``id-token: write``, ``none`` for an empty list; empty where nothing is stated."""
    needs: tuple[Use, ...] = ()
    not_understood: tuple[str, ...] = ()
    """Steps that run with the role and whose calls are not all known."""


@dataclass(frozen=True, slots=True)
class WorkflowState:
    """A workflow whose jobs take AWS credentials."""

    path: str
    sha256: str
    """Of its text, hexadecimal."""
    triggers: tuple[str, ...] = ()
    may_present: tuple[str, ...] = ()
    """In which contexts its jobs can ask for a token: ``environment:production``, ``ref:refs/heads/*``, ``pull_request``."""
    releases: tuple[ReleaseState, ...] = ()


@dataclass(frozen=True, slots=True)
class RoleState:
    """A role with everything that decides what it may do."""

    arn: Arn
    role: Reading[Role]
    inline: Reading[tuple[NamedPolicy, ...]]
    attached: Reading[tuple[NamedPolicy, ...]]
    boundary: Reading[NamedPolicy]
    """``Absent`` where it has none."""
    controls: Reading[tuple[str, ...]]
    """Of the organization's policies above it, a text for each with its digest; ``Absent`` where there is no organization."""


@dataclass(frozen=True, slots=True)
class RegistryState:
    """An ECR repository that a release uses."""

    arn: Arn
    repository: Reading[EcrRepository]
    policy: Reading[NamedPolicy]
    """``Absent`` where it has none."""


@dataclass(frozen=True, slots=True)
class ReviewedState:
    """GitHub and AWS as far as the repository's releases depend on them."""

    repository: Repository
    subject_form: Reading[OidcCustomization]
    environments: Reading[tuple[Environment, ...]]
    """Those that releasing jobs name."""
    workflows: Reading[tuple[WorkflowState, ...]]
    """By path."""
    unread_workflows: tuple[str, ...] = ()
    """Workflow files of which it is not known whether they release, each with the reason."""
    providers: tuple[tuple[Arn, Reading[OidcProvider]], ...] = ()
    roles: tuple[RoleState, ...] = ()
    registries: tuple[RegistryState, ...] = ()

    @property
    def known_workflows(self) -> tuple[WorkflowState, ...]:
        """The workflows, none where they could not be read."""
        return self.workflows.value if isinstance(self.workflows, Known) else ()

    @property
    def all_workflows_read(self) -> bool:
        """Whether no workflow of the repository is missing."""
        return isinstance(self.workflows, Known) and not self.unread_workflows

    def releases_of(self, role: Arn) -> tuple[tuple[WorkflowState, ReleaseState], ...]:
        """Return what the workflows do with a role."""
        return tuple(
            (workflow, release)
            for workflow in self.known_workflows
            for release in workflow.releases
            if release.role == role
        )

    def role(self, arn: Arn) -> RoleState | None:
        """Return a role's state; None for one that was not looked at."""
        return next((role for role in self.roles if role.arn == arn), None)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Who accepted a state, when, and why."""

    at: datetime
    by: str
    rationale: str
    expires: date | None = None
    """The last day on which it holds."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """An accepted state."""

    accepted: Acceptance
    state: ReviewedState
