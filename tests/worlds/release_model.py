"""The accounts of a release in memory: what GitHub says is read once over HTTP, then thousands of accounts can be judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from arns import arn_of
from wire_release import CREATED, ISSUER, RoleFacts, WireRelease, repository_arn

from diagnosis.diagnose import conclude, question_of
from diagnosis.facts.account import (
    AccountQuestion,
    AccountState,
    CallerIdentity,
    EcrRepository,
    NamedPolicy,
    OidcProvider,
    RegistryDetails,
    RepositoryState,
    ResourcePolicy,
    Role,
    ScpLevel,
)
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.names.arn import Arn
from diagnosis.policy import PolicyDocument, read_document
from diagnosis.policy.language.strict_json import json_text
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.replay import Replay


def document_of(statements: Sequence[Mapping[str, Any]]) -> PolicyDocument:
    """A policy of these statements."""
    return read_document(json_text({"Version": "2012-10-17", "Statement": list(statements)}))


@dataclass(frozen=True)
class Accounts:
    """Roles, repositories and resource policies of any number of accounts, as one reader sees them."""

    roles: tuple[RoleFacts, ...]
    repositories: tuple[str, ...] = ("app",)
    """Names, of the first account; an ARN for one of another account."""
    repository_policies: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    """By ARN or name."""
    resource_policies: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    """By ARN."""
    unread: frozenset[str] = frozenset()
    """Accounts that the reader's credentials are not of."""
    providers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The audiences of the provider, by account; the usual one where nothing is said, no provider for an empty tuple."""
    immutable: frozenset[str] = frozenset()
    scps: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    """The service control policy beside ``FullAWSAccess``, by account."""

    def state(self, question: AccountQuestion) -> AccountState:
        """Everything that the question asks about."""
        found = self._of_role(question)
        return replace(found, beside=tuple(self._of_role(each) for each in question.beside))

    def _of_role(self, question: AccountQuestion) -> AccountState:
        role = next((item for item in self.roles if arn_of(item.arn) == question.role_arn), None)
        account = question.role_account or ""
        unread = question.role_arn is None or account in self.unread
        own = _nothing_of(account) if unread else self._of_iam(question, role)
        registry = self._of_registry(question)
        return AccountState(
            question=question,
            read_at=CREATED + timedelta(days=1),
            identity=Known(CallerIdentity(self.roles[0].account if account in self.unread else account)),
            repositories=tuple(self._further(arn) for arn in question.repositories),
            resource_policies=tuple(self._policy_of(arn) for arn in question.resources),
            **own,
            **registry,
        )

    def _of_iam(self, question: AccountQuestion, role: RoleFacts | None) -> dict[str, Any]:
        nothing = Absent("role")
        account = question.role_account or ""
        audiences = self.providers.get(account, ("sts.amazonaws.com",))
        provider = arn_of(f"arn:aws:iam::{account}:oidc-provider/{ISSUER}") if account else None
        levels: Reading[tuple[ScpLevel, ...]] = Absent("service control policies")
        if account in self.scps:
            everything = NamedPolicy(
                "FullAWSAccess", document_of([{"Effect": "Allow", "Action": "*", "Resource": "*"}])
            )
            limits = NamedPolicy(
                "Limits",
                document_of(self.scps[account]),
                arn_of("arn:aws:organizations::999900001111:policy/o-x/service_control_policy/p-limits"),
            )
            levels = Known((ScpLevel("r-root", (everything,)), ScpLevel(account, (everything, limits))))
        common: dict[str, Any] = {
            "provider": Known(OidcProvider(provider, ISSUER, audiences))
            if provider and audiences
            else Absent("OIDC provider"),
            "scps": levels,
            "rcps": Absent("resource control policies"),
            "organization": Absent("organization"),
        }
        if role is None:
            return {
                **common,
                **dict.fromkeys(("role", "inline_policies", "attached_policies", "boundary"), nothing),
            }
        edge = arn_of(f"arn:aws:iam::{account}:policy/{role.name}-edge") if role.boundary else None
        own = (NamedPolicy("release", document_of(role.statements)),) if role.statements else ()
        trusted = read_document(json_text(role.trust))
        return {
            **common,
            "role": Known(Role(arn_of(role.arn), role.name, trusted, 3600, permissions_boundary_arn=edge)),
            "inline_policies": Known(own),
            "attached_policies": Known(()),
            "boundary": Known(NamedPolicy(f"{role.name}-edge", document_of(role.boundary), edge))
            if edge is not None
            else Absent("permissions boundary"),
        }

    def _of_registry(self, question: AccountQuestion) -> dict[str, Any]:
        arn = question.repository_arn
        if arn is None:
            return {}
        further = self._further(arn)
        policy = further.policy
        return {
            "repository": further.repository,
            "repository_policy": policy,
            "image": Absent("image"),
            "registry_details": Known(RegistryDetails(image_count=12, image_quota=100_000, lifecycle_policy=False)),
        }

    def _further(self, arn: Arn) -> RepositoryState:
        name = next((each for each in self.repositories if repository_arn(each) == str(arn)), None)
        if name is None:
            return RepositoryState(arn, Absent("ECR repository"), Absent("repository policy"))
        mutability = "IMMUTABLE" if name in self.immutable else "MUTABLE"
        statements = self.repository_policies.get(name)
        policy: Reading[NamedPolicy] = Absent("repository policy")
        if statements is not None:
            policy = Known(NamedPolicy(arn.resource_id, document_of(statements)))
        return RepositoryState(arn, Known(EcrRepository(arn, arn.resource_id, mutability)), policy)

    def _policy_of(self, arn: str) -> ResourcePolicy:
        statements = self.resource_policies.get(arn)
        if statements is None:
            return ResourcePolicy(arn, Absent("policy"))
        return ResourcePolicy(arn, Known(NamedPolicy(arn, document_of(statements))))


def _nothing_of(account: str) -> dict[str, Any]:
    gap = Unreadable("part of another account", f"these credentials are not of {account}", "choose another profile")
    names = ("provider", "role", "inline_policies", "attached_policies", "boundary", "scps", "rcps", "organization")
    return dict.fromkeys(names, gap)


@dataclass(frozen=True)
class ReadRelease:
    """A run as the real backend read it."""

    replays: tuple[Replay, ...]
    case: Case
    question: AccountQuestion

    @classmethod
    def of(cls, release: WireRelease) -> ReadRelease:
        """Read the run over HTTP; nothing is asked of an account."""
        asked: list[AccountQuestion] = []

        def note(question: AccountQuestion) -> AccountState:
            asked.append(question)
            return AccountState(question)

        found = release.read(note)
        return cls(found.replays, release.case, asked[-1])

    def with_case(self, case: Case) -> ReadRelease:
        """The same run with another case file."""
        return ReadRelease(self.replays, case, question_of(self.replays[-1], case, self.replays))

    def diagnosis(self, accounts: Accounts) -> Diagnosis:
        """The diagnosis with these accounts."""
        return conclude(self.replays, accounts.state(self.question), self.case, made_at=CREATED + timedelta(days=1))
