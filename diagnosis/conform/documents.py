"""The documents of one side of a change, as they are judged: by role, by resource, and those that stand alone in a file.

A document with values that its files leave open has a stand-in for each of them, the same on both sides of the change: whatever the
value is, it is the same one before and after. Where such a value could be more than one exact thing nothing is proved of the
document, and it has no text here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256

from diagnosis.facts.reading import Unreadable
from diagnosis.findings.finding import Place
from diagnosis.iac.node import Open, Sort
from diagnosis.iac.proposal import (
    DocumentKind,
    OpenDocument,
    Proposal,
    ProposedDocument,
    ProposedProvider,
    ProposedRole,
    WholeDocument,
)
from diagnosis.lint.places import Steps
from diagnosis.names.arn import Arn
from diagnosis.names.partition import partition_of
from diagnosis.policy import PolicyDocument, read_document

_IDENTITY = (DocumentKind.INLINE, DocumentKind.MANAGED, DocumentKind.IDENTITY)
_OF_RESOURCES = (DocumentKind.REPOSITORY, DocumentKind.REGISTRY, DocumentKind.RESOURCE)
_STAND_INS = {
    Sort.ACCOUNT: "000000000000",
    Sort.REGION: "us-east-1",
}


@dataclass(frozen=True, slots=True)
class Document:
    """One document of one side."""

    proposed: ProposedDocument
    document: PolicyDocument | None
    """None where it could not be read: see ``unread``."""
    unread: str = ""
    """Why it could not be read, as a clause."""
    how: str = ""
    """What would make it readable, as a clause."""
    written: str = field(default="", repr=False)
    """The text with stand-ins, whether it is judged or not: two that are written alike are one."""

    @property
    def kind(self) -> DocumentKind:
        """What it is to AWS."""
        return self.proposed.kind

    @property
    def shown(self) -> str:
        """How a sentence calls it."""
        own = self.proposed
        return own.shown if own.owners or own.address or own.name else f"{own.shown} in {own.file}"

    def place(self, steps: Steps = (), member: str = "") -> Place:
        """Return the place of a value in it."""
        own = self.proposed.document
        found = own.line_of(steps) if isinstance(own, WholeDocument | OpenDocument) else None
        file, line = found or (self.proposed.file, self.proposed.line)
        return Place(file or self.proposed.file, line, member=member)

    def same_as(self, other: Document) -> bool:
        """Return whether both are written alike, wherever they stand."""
        if self.document is not None and other.document is not None:
            return self.document.policy == other.document.policy
        if self.document is None and other.document is None and not self.written and not other.written:
            # Nothing of either is known: that what they rest on is alike is compared where they are told as not read.
            return (self.proposed.address, self.unread) == (other.proposed.address, other.unread)
        return bool(self.written) and self.written == other.written


@dataclass(frozen=True, slots=True)
class RoleDocuments:
    """A role with what the files say of it."""

    label: str
    """Its name, or its address in the files."""
    names: frozenset[str]
    """Every name by which an option, a case file or the other side may call it."""
    arn: Arn | None = None
    trust: Document | None = None
    policies: tuple[Document, ...] = ()
    boundary: Document | None = None
    beyond: tuple[str, ...] = ()
    """Policies and boundaries that it is given and that stand in none of the files: ``managed policy arn:…``."""
    max_session: int | None = None
    open_session: str = ""
    """Why it is not settled how long a session may last; empty where it is."""
    place: Place = field(default_factory=Place)

    @property
    def documents(self) -> tuple[Document, ...]:
        """All of them, the trust policy first."""
        first = (self.trust,) if self.trust is not None else ()
        return (*first, *self.policies, *((self.boundary,) if self.boundary is not None else ()))


@dataclass(frozen=True, slots=True)
class Documents:
    """Everything that the files of one side say."""

    roles: tuple[RoleDocuments, ...] = ()
    loose: tuple[Document, ...] = ()
    """Documents of which no file says whose they are."""
    of_resources: tuple[Document, ...] = ()
    providers: tuple[ProposedProvider, ...] = ()
    gaps: tuple[tuple[Place, str, str], ...] = ()
    """``(place, why, how)`` of what may hold a document and was not read."""

    @property
    def every(self) -> Iterator[Document]:
        """Yield every document once."""
        seen: set[int] = set()
        for each in (*(own for role in self.roles for own in role.documents), *self.loose, *self.of_resources):
            if id(each) not in seen:
                seen.add(id(each))
                yield each


def documents_of(
    proposal: Proposal, role_names: Mapping[str, Arn] | None = None, account: str = "", region: str = ""
) -> Documents:
    """Return what the files of one side propose.

    ``account`` and ``region`` stand where the files leave those open: the releases' own. ``role_names`` are roles as people
    name them (a name, an address in the files, the path of a document) with their ARNs.
    """
    named = dict(role_names or {})
    partition = partition_of(region or _STAND_INS[Sort.REGION])
    known = {Sort.ACCOUNT: account, Sort.REGION: region, Sort.PARTITION: partition.name, Sort.SUFFIX: partition.domain}
    fill = partial(_stand_in, {**_STAND_INS, **{sort: value for sort, value in known.items() if value}})
    read = {id(each): _document(each, fill) for each in proposal.documents}
    roles = [_role(role, proposal, read, named) for role in proposal.roles]
    taken = {id(own) for role in roles for own in role.documents}
    left = [each for each in read.values() if id(each) not in taken]
    roles += _of_named_files(left, named)
    roles += _of_told_owners(left, roles, named)
    taken = {id(own) for role in roles for own in role.documents}
    left = [each for each in left if id(each) not in taken]
    return Documents(
        roles=tuple(roles),
        loose=tuple(each for each in left if each.kind not in _OF_RESOURCES),
        of_resources=tuple(each for each in left if each.kind in _OF_RESOURCES),
        providers=proposal.providers,
        gaps=tuple(
            (Place(gap.file, gap.line), f"{gap.reading.what}: {gap.reading.why}", gap.reading.how)
            for gap in proposal.gaps
        ),
    )


def given_to(documents: Documents, arn: Arn, like: Documents | None = None) -> Documents:
    """Return the documents with those that stand alone taken as one role's: the only role that the releases assume.

    Of several trust policies its own is the one that stands where the base (``like``) has it, else one that is as it was there.
    """
    alone = [each for each in documents.loose if each.kind in (DocumentKind.TRUST, *_IDENTITY)]
    if sum(each.kind is DocumentKind.TRUST for each in alone) > 1:
        known = [own for role in (like.roles if like is not None else ()) if role.arn == arn for own in role.documents]
        files = {own.proposed.file for own in known}
        in_place = [each for each in alone if each.proposed.file in files]
        alone = in_place or [each for each in alone if any(each.same_as(own) for own in known)]
    if not alone or sum(each.kind is DocumentKind.TRUST for each in alone) > 1:
        return documents
    role = _made(arn.name, arn, alone)
    rest = tuple(each for each in documents.loose if all(each is not own for own in alone))
    return Documents((*documents.roles, role), rest, documents.of_resources, documents.providers, documents.gaps)


def with_unread(after: Documents, before: Documents, files: Mapping[str, tuple[str, str]]) -> Documents:
    """Return the documents with those that stood on the base in files that cannot be read now: nobody knows that they are gone.

    ``files``: by path, ``(why, how)``.
    """

    def lost(old: Document) -> Document | None:
        why, how = files.get(old.proposed.file, ("", ""))
        return Document(old.proposed, None, why, how) if why else None

    roles = list(after.roles)
    for old in before.roles:
        at = next((n for n, role in enumerate(roles) if role.names & old.names), None)
        own = roles[at] if at is not None else replace(old, trust=None, policies=(), boundary=None)
        trust = own.trust or (lost(old.trust) if old.trust is not None else None)
        edge = own.boundary or (lost(old.boundary) if old.boundary is not None else None)
        there = {each.proposed.file for each in own.policies}
        gone = (lost(each) for each in old.policies if each.proposed.file not in there)
        made = replace(
            own, trust=trust, boundary=edge, policies=(*own.policies, *(each for each in gone if each is not None))
        )
        if at is not None:
            roles[at] = made
        elif made.documents:
            roles.append(made)
    return replace(after, roles=tuple(roles))


def _document(proposed: ProposedDocument, fill: Callable[[Open], str]) -> Document:
    own = proposed.document
    if isinstance(own, Unreadable):
        return Document(proposed, None, f"{own.what}: {own.why}", own.how)
    if isinstance(own, WholeDocument):
        return Document(proposed, read_document(own.text), written=own.text)
    text = own.tree.json(fill)
    if own.is_harmless:
        return Document(proposed, read_document(text), written=text)
    place = next(each for each in own.opens if not each.sort.is_harmless)
    return Document(proposed, None, place.why, "give its value, or write the document with literal values", text)


def _stand_in(known: Mapping[Sort, str], value: Open) -> str:
    """Return what stands for an open value: one text for each, that no pattern of a policy spells."""
    if value.sort in known:
        return known[value.sort]
    digest = sha256(value.why.encode("utf-8", "replace")).hexdigest()[:12]
    return str(Arn("aws", "open", "", "", digest)) if value.sort is Sort.ARN else f"open-{digest}"


def _role(
    role: ProposedRole, proposal: Proposal, read: Mapping[int, Document], named: Mapping[str, Arn]
) -> RoleDocuments:
    trust = proposal.trust_of(role)
    policies = proposal.policies_of(role)
    own_name = role.name if isinstance(role.name, str) else ""
    arn = named.get(own_name) or named.get(role.address) or role.arn
    names = {name for name in (own_name, role.address, str(arn) if arn else "", arn.name if arn else "") if name}
    edge = None
    beyond = [f"managed policy {_named(each)}" for each in role.managed if not _is_among(each, policies)]
    if role.boundary is not None:
        edge = next((each for each in proposal.documents if _is_document(role.boundary, each)), None)
        beyond += [] if edge is not None else [f"permissions boundary {_named(role.boundary)}"]
    return RoleDocuments(
        label=own_name or role.address,
        names=frozenset(names),
        arn=arn,
        trust=read[id(trust)] if trust is not None else None,
        policies=tuple(read[id(each)] for each in policies),
        boundary=read[id(edge)] if edge is not None else None,
        beyond=tuple(beyond),
        max_session=role.max_session if isinstance(role.max_session, int) else None,
        open_session=role.max_session.why if isinstance(role.max_session, Open) else "",
        place=Place(role.file, role.line),
    )


def _named(value: str | Open) -> str:
    return value if isinstance(value, str) else f"({value.why})"


def _is_among(value: str | Open, policies: tuple[ProposedDocument, ...]) -> bool:
    return any(_is_document(value, each) for each in policies)


def _is_document(value: str | Open, document: ProposedDocument) -> bool:
    """Return whether an ARN, or an address of the same files, names a policy of these files."""
    if not isinstance(value, str):
        return False
    arn = Arn.parse(value)
    if arn is not None:
        return bool(document.name) and arn.name == document.name and document.account in ("", arn.account)
    return bool(document.address) and value == document.address


def _of_named_files(left: list[Document], named: Mapping[str, Arn]) -> Iterator[RoleDocuments]:
    """Yield the roles that an option gives documents that stand alone in their files."""
    by_role: dict[Arn, list[Document]] = {}
    for each in left:
        arn = named.get(each.proposed.file)
        if arn is not None:
            by_role.setdefault(arn, []).append(each)
    yield from (_made(arn.name, arn, own) for arn, own in by_role.items())


def _of_told_owners(
    left: list[Document], roles: list[RoleDocuments], named: Mapping[str, Arn]
) -> Iterator[RoleDocuments]:
    """Yield the roles that only documents name: an inline policy for a role that the files do not make."""
    known = {name for role in roles for name in role.names}
    by_name: dict[str, list[Document]] = {}
    for each in left:
        for owner in each.proposed.owners if each.kind in (DocumentKind.TRUST, *_IDENTITY) else ():
            name = owner.name or owner.address
            if name and name not in known:
                by_name.setdefault(name, []).append(each)
    for name, own in by_name.items():
        account = next((each.proposed.account for each in own if each.proposed.account), "")
        yield _made(name, named.get(name) or (Arn.iam("aws", account, "role", name) if account else None), own)


def _made(name: str, arn: Arn | None, own: list[Document]) -> RoleDocuments:
    trust = next((each for each in own if each.kind is DocumentKind.TRUST), None)
    return RoleDocuments(
        label=name,
        names=frozenset({name, *((str(arn),) if arn is not None else ())}),
        arn=arn,
        trust=trust,
        policies=tuple(each for each in own if each.kind in _IDENTITY),
        place=own[0].place(),
    )
