"""Model an account as the files of one side describe it, so that the judges of an account can be asked about a release.

What the files tell is known. What no file tells is taken alike on both sides of the change: layers that only take away (control
policies, boundaries, a repository's own policy) as absent, a provider and a repository as there. A verdict of this model is no
verdict on the account: only where the two sides differ does it say something.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from diagnosis.claims.claim_set import without_scheme
from diagnosis.conform.documents import Document, Documents, RoleDocuments
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
)
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.iac.proposal import DocumentKind, ProposedProvider
from diagnosis.live.run_claims import DEFAULT_AUDIENCE
from diagnosis.names.arn import Arn
from diagnosis.policy import PolicyDocument, write_document
from diagnosis.policy.language.tree import WEB_IDENTITY_ACTION

_SESSION_SECONDS = 3600
"""AWS's default of a role's longest session."""
HOW = "put its documents into this repository, name them with --role, or ask the account: planescope preflight"


@dataclass(frozen=True, slots=True)
class AccountModel:
    """The account of one side."""

    documents: Documents
    gone: tuple[RoleDocuments, ...] = ()
    """Roles that the change takes away: they are not there, where others are merely not described."""
    audiences: tuple[str, ...] = (DEFAULT_AUDIENCE,)
    """Those that the releases of both sides request: a provider that no file describes takes them."""
    at: datetime | None = None
    had: tuple[ProposedProvider, ...] = ()
    """The providers of the other side: one that this side lacks was taken away."""
    described: frozenset[str] = frozenset()
    """Names of roles whose permissions either side describes: where this one has none left, they were taken away."""
    trusted: frozenset[str] = frozenset()
    """Names of roles whose trust policy the other side has: where this one has none, nobody knows who gets in."""

    def role_of(self, arn: Arn | None) -> RoleDocuments | None:
        """Return what the files say of a role; by its ARN, else by its name."""
        if arn is None:
            return None
        roles = self.documents.roles
        exact = (role for role in roles if role.arn == arn)
        return next(exact, None) or next((role for role in roles if role.arn is None and arn.name in role.names), None)

    def provider_of(self, issuer: str) -> ProposedProvider | None:
        """Return what the files say of the provider of an issuer."""
        return next((each for each in self.documents.providers if _is_of(each, issuer)), None)

    def state(self, question: AccountQuestion) -> AccountState:
        """Return the account, with every role that the question asks about."""
        found = self._of(question)
        return replace(found, beside=tuple(self._of(each) for each in question.beside))

    def _of(self, question: AccountQuestion) -> AccountState:
        arn = question.role_arn
        role = self.role_of(arn)
        account = question.role_account or "0" * 12
        own = question.repository_arn
        return AccountState(
            question=replace(question, tag=None),
            read_at=self.at,
            identity=Known(CallerIdentity(account)),
            provider=self._provider(question),
            role=self._role(arn, role, question.issuer),
            inline_policies=self._policies(role),
            attached_policies=_attached(role),
            boundary=_boundary(role),
            scps=Absent("service control policies"),
            rcps=Absent("resource control policies"),
            organization=Absent("organization"),
            repository=Known(EcrRepository(own, own.resource_id, "MUTABLE")) if own else Absent("ECR repository"),
            repository_policy=self._policy_of(own) if own else Absent("repository policy"),
            repository_tags=Known(()),
            image=Absent("image"),
            evidence_objects=Known(()),
            observed=Absent("a session of the role"),
            registry_details=Known(RegistryDetails(image_count=0, image_quota=100_000, lifecycle_policy=False)),
            second_opinions=Absent("second opinions"),
            repositories=tuple(
                RepositoryState(each, Known(EcrRepository(each, each.resource_id, "MUTABLE")), self._policy_of(each))
                for each in question.repositories
            ),
            resource_policies=tuple(ResourcePolicy(each, Absent("policy")) for each in question.resources),
        )

    def _role(self, arn: Arn | None, role: RoleDocuments | None, issuer: str) -> Reading[Role]:
        if arn is None:
            return Unreadable(
                "the role", "the workflow does not tell which it assumes", "name it: --role or role_arn in a case file"
            )
        if role is None:
            if any(arn == each.arn or arn.name == each.label for each in self.gone):
                return Absent(f"role {arn}")
            return Unreadable(f"role {arn}", "no file of the repository describes it", HOW)
        if role.trust is not None and role.trust.document is None:
            return Unreadable(role.trust.shown, role.trust.unread, role.trust.how)
        if role.trust is None and self.trusted & role.names:
            why = "its trust policy is in no file any more"
            return Unreadable(f"the trust policy of {arn}", why, HOW)
        document = role.trust.document if role.trust is not None and role.trust.document else _open_trust(arn, issuer)
        return Known(Role(arn, arn.name, document, role.max_session or _SESSION_SECONDS))

    def _policies(self, role: RoleDocuments | None) -> Reading[tuple[NamedPolicy, ...]]:
        if role is None:
            return Unreadable("the role's policies", "no file of the repository describes it", HOW)
        if not role.policies and not role.beyond and not self.described & role.names:
            return Unreadable("the role's policies", "the files describe its trust policy alone", HOW)
        unread = next((each for each in role.policies if each.document is None), None)
        if unread is not None:
            return Unreadable(unread.shown, unread.unread, unread.how)
        return Known(
            tuple(
                NamedPolicy(each.proposed.name or f"policy {at}", each.document)
                for at, each in enumerate(role.policies, 1)
                if each.document is not None
            )
        )

    def _provider(self, question: AccountQuestion) -> Reading[OidcProvider]:
        arn = question.provider_arn
        if arn is None:
            return Unreadable("OIDC provider", "the role's account is not known", HOW)
        told = self.provider_of(question.issuer)
        if told is None and any(_is_of(each, question.issuer) for each in self.had):
            return Absent(f"OIDC provider {arn}")
        audiences = self.audiences
        if told is not None and isinstance(told.audiences, tuple):
            audiences = tuple(each for each in told.audiences if isinstance(each, str)) or audiences
        return Known(OidcProvider(arn, question.issuer, audiences))

    def _policy_of(self, arn: Arn) -> Reading[NamedPolicy]:
        found = _of_repository(self.documents.of_resources, arn.resource_id)
        if found is None:
            return Absent("repository policy")
        if found.document is None:
            return Unreadable(found.shown, found.unread, found.how)
        return Known(NamedPolicy(arn.resource_id, found.document))


def _attached(role: RoleDocuments | None) -> Reading[tuple[NamedPolicy, ...]]:
    given = [each for each in role.beyond if each.startswith("managed policy")] if role is not None else []
    if given:
        return Unreadable(given[0], "its document is in no file of the repository", HOW)
    return Known(())


def _boundary(role: RoleDocuments | None) -> Reading[NamedPolicy]:
    edge = role.boundary if role is not None else None
    beyond = [each for each in role.beyond if each.startswith("permissions boundary")] if role is not None else []
    if edge is not None and edge.document is not None:
        return Known(NamedPolicy(edge.proposed.name or edge.shown, edge.document))
    if edge is not None or beyond:
        return Unreadable(edge.shown if edge is not None else beyond[0], "its document could not be read", HOW)
    return Absent("permissions boundary")


def _open_trust(arn: Arn, issuer: str) -> PolicyDocument:
    """Return a trust policy for a role of which no file has one: it admits every token, on both sides alike."""
    provider = str(arn.beside("oidc-provider", issuer))
    return write_document(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": WEB_IDENTITY_ACTION},
            ],
        }
    )


def _is_of(provider: ProposedProvider, issuer: str) -> bool:
    return isinstance(provider.url, str) and without_scheme(provider.url).lower() == issuer.lower()


def _of_repository(documents: Iterable[Document], name: str) -> Document | None:
    return next(
        (
            each
            for each in documents
            if each.kind is DocumentKind.REPOSITORY and any(owner.name == name for owner in each.proposed.owners)
        ),
        None,
    )
