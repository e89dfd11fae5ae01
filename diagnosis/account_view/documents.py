"""List the documents of an account that decide about a session, each as it was read, absent, or unread with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from diagnosis.facts.account import AccountState, NamedPolicy, OidcProvider, ScpLevel
from diagnosis.facts.reading import Absent, Known, Reading, mapped
from diagnosis.names.arn import Arn
from diagnosis.policy import PolicyDocument, Unparsable
from diagnosis.policy.language.strict_json import json_text
from diagnosis.policy.language.tree import JsonObject


class DocumentKind(StrEnum):
    """What sort of document it is, in AWS's words."""

    PROVIDER = "OIDC provider"
    TRUST = "trust policy"
    BOUNDARY = "permissions boundary"
    INLINE = "inline policy"
    MANAGED = "managed policy"
    SESSION = "session policy"
    REPOSITORY = "repository policy"
    RESOURCE = "resource policy"
    SCP = "service control policy"
    RCP = "resource control policy"


@dataclass(frozen=True, slots=True)
class AccountDocument:
    """One document, or the place where one was looked for."""

    kind: DocumentKind
    name: str
    """Of the policy, the role, the repository or the resource; empty where nothing has a name. Foreign text."""
    reading: Reading[PolicyDocument]
    place: str = ""
    """The organization's level of a control policy; the ARN of a resource."""


def documents_of(
    account: AccountState, session_policy: Reading[NamedPolicy] | None = None
) -> tuple[AccountDocument, ...]:
    """Return the documents in the order in which a run meets them; ``session_policy`` is what the workflow hands to STS."""
    return tuple(_documents(account, session_policy))


def _documents(account: AccountState, session_policy: Reading[NamedPolicy] | None) -> Iterator[AccountDocument]:
    question = account.question
    provider = question.provider_arn
    yield AccountDocument(
        DocumentKind.PROVIDER, question.issuer, mapped(account.provider, _of_provider), str(provider or "")
    )
    role = account.role.value.arn if isinstance(account.role, Known) else question.role_arn
    trust = mapped(account.role, lambda found: found.trust_policy)
    yield AccountDocument(DocumentKind.TRUST, role.name if role else "", trust, str(role or ""))
    yield _named(DocumentKind.BOUNDARY, account.boundary)
    yield from _listed(DocumentKind.INLINE, account.inline_policies)
    yield from _listed(DocumentKind.MANAGED, account.attached_policies)
    if session_policy is not None:
        yield _named(DocumentKind.SESSION, session_policy)
    if question.repository is not None:
        yield AccountDocument(
            DocumentKind.REPOSITORY,
            question.repository,
            mapped(account.repository_policy, lambda found: found.document),
            str(question.repository_arn or ""),
        )
    for state in account.repositories:
        policy = mapped(state.policy, lambda found: found.document)
        yield AccountDocument(DocumentKind.REPOSITORY, state.arn.resource_id, policy, str(state.arn))
    for item in account.resource_policies:
        arn = Arn.parse(item.arn)
        name = arn.resource if arn is not None else item.arn
        yield AccountDocument(
            DocumentKind.RESOURCE, name, mapped(item.policy, lambda found: found.document), item.actual or item.arn
        )
    yield from _levels(DocumentKind.SCP, account.scps)
    yield from _levels(DocumentKind.RCP, account.rcps)


def _of_provider(provider: OidcProvider) -> PolicyDocument:
    """Return the provider as ``aws iam get-open-id-connect-provider`` prints it."""
    tree: JsonObject = {"Url": provider.url, "ClientIDList": list(provider.audiences)}
    return PolicyDocument(json_text(tree, indent=2), Unparsable("an OIDC provider is no policy"), tree)


def _named(kind: DocumentKind, reading: Reading[NamedPolicy]) -> AccountDocument:
    known = reading.value if isinstance(reading, Known) else None
    arn = str(known.arn) if known is not None and known.arn is not None else ""
    return AccountDocument(
        kind, known.name if known is not None else "", mapped(reading, lambda item: item.document), arn
    )


def _listed(kind: DocumentKind, reading: Reading[tuple[NamedPolicy, ...]]) -> Iterator[AccountDocument]:
    if not isinstance(reading, Known):
        yield AccountDocument(kind, "", reading)
    elif not reading.value:
        yield AccountDocument(kind, "", Absent(f"{kind.value} of the role", reading.source))
    else:
        yield from (_named(kind, Known(item, reading.source)) for item in reading.value)


def _levels(kind: DocumentKind, reading: Reading[tuple[ScpLevel, ...]]) -> Iterator[AccountDocument]:
    if not isinstance(reading, Known):
        yield AccountDocument(kind, "", reading)
        return
    if not reading.value:
        yield AccountDocument(kind, "", Absent(f"a level with a {kind.value}", reading.source))
    for level in reading.value:
        if not level.policies:
            yield AccountDocument(kind, "", Absent(f"{kind.value} at {level.level}", reading.source), level.level)
        for item in level.policies:
            yield AccountDocument(kind, item.name, Known(item.document, reading.source), level.level)
