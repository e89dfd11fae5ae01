"""What files of infrastructure code propose: IAM and ECR documents, the roles and providers that they stand with, and gaps.

How to use it: take :attr:`ProposedDocument.document`. A :class:`WholeDocument` has the text, to be judged as any policy
(``read_document(text, OF_KINDS[kind.policy_kind])``), and :meth:`~WholeDocument.line_of` for a finding's place. An
:class:`OpenDocument` has no text of its own: what depends on its open places is unknown, except where both of its
:attr:`~diagnosis.iac.bounds.bounds` give the same answer. ``Unreadable`` says why, and how to obtain the document.
Every gap is an unknown as well: something that may hold a document and was not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from diagnosis.facts.reading import Unreadable
from diagnosis.iac.node import Node, Open, Sort, Steps
from diagnosis.names.arn import Arn
from diagnosis.policy import PolicyKind


class Form(StrEnum):
    """The language of a file."""

    POLICY = "policy document"
    CLI_ANSWER = "answer of the AWS CLI"
    CLOUDFORMATION = "CloudFormation template"
    PLAN = "Terraform plan"
    CONFIGURATION = "Terraform configuration"


class DocumentKind(StrEnum):
    """What a document is to AWS."""

    TRUST = "trust policy"
    INLINE = "inline policy"
    MANAGED = "managed policy"
    BOUNDARY = "permissions boundary"
    """A managed policy that the same files use as a boundary and nowhere else."""
    REPOSITORY = "repository policy"
    REGISTRY = "registry policy"
    SERVICE_CONTROL = "service control policy"
    RESOURCE_CONTROL = "resource control policy"
    IDENTITY = "identity-based policy"
    """By its elements: a file that holds nothing but the document does not say what it is attached to."""
    RESOURCE = "resource-based policy"
    """The same."""

    @property
    def policy_kind(self) -> PolicyKind:
        """The kind as the judges of policies know it."""
        return _POLICY_KINDS[self]


_POLICY_KINDS = {
    DocumentKind.TRUST: PolicyKind.TRUST,
    DocumentKind.INLINE: PolicyKind.IDENTITY,
    DocumentKind.MANAGED: PolicyKind.IDENTITY,
    DocumentKind.BOUNDARY: PolicyKind.BOUNDARY,
    DocumentKind.REPOSITORY: PolicyKind.RESOURCE,
    DocumentKind.REGISTRY: PolicyKind.RESOURCE,
    DocumentKind.SERVICE_CONTROL: PolicyKind.SCP,
    DocumentKind.RESOURCE_CONTROL: PolicyKind.RCP,
    DocumentKind.IDENTITY: PolicyKind.IDENTITY,
    DocumentKind.RESOURCE: PolicyKind.RESOURCE,
}


@dataclass(frozen=True, slots=True)
class Given:
    """What is known from elsewhere of where the files are applied; empty where nothing is."""

    account: str = ""
    region: str = ""
    partition: str = "aws"
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Values of CloudFormation parameters and Terraform variables, by name. A default is no value: somebody may set another."""


NOTHING_GIVEN = Given()


@dataclass(frozen=True, slots=True)
class OpenPlace:
    """A value in a document that the files do not settle."""

    steps: Steps
    file: str
    line: int
    why: str
    sort: Sort


@dataclass(frozen=True, slots=True)
class WholeDocument:
    """A document of which every value is known."""

    text: str = field(repr=False)
    """JSON. Where the file holds JSON itself it is the file's own text."""
    places: Mapping[Steps, tuple[str, int]] = field(repr=False, compare=False)
    """File and line of each value by the way to it."""

    def line_of(self, steps: Steps) -> tuple[str, int] | None:
        """Return file and line of a value, or of the nearest one around it."""
        return _nearest(self.places, steps)


@dataclass(frozen=True, slots=True)
class OpenDocument:
    """A document with values that the files do not settle: never to be judged as if they were known."""

    tree: Node = field(repr=False)
    opens: tuple[OpenPlace, ...]
    within_text: bool = False
    """Whether the file writes the document as one text: what is put into it there may hold quotation marks of its own."""

    @property
    def is_harmless(self) -> bool:
        """Whether the open values are exact ones whatever they are: account, region, partition, the name or ARN of a resource."""
        return all(place.sort.is_harmless for place in self.opens)

    def line_of(self, steps: Steps) -> tuple[str, int] | None:
        """Return file and line of a value, or of the nearest one around it."""
        return _nearest(self.tree.lines(), steps)


Document: TypeAlias = "WholeDocument | OpenDocument | Unreadable"


def _nearest(places: Mapping[Steps, tuple[str, int]], steps: Steps) -> tuple[str, int] | None:
    return next((places[steps[:n]] for n in range(len(steps), -1, -1) if steps[:n] in places), None)


@dataclass(frozen=True, slots=True)
class Owner:
    """The role or repository that a document is attached to."""

    address: str = ""
    """In the files: ``ReleaseRole`` of a template, ``aws_iam_role.release`` of Terraform; empty where it is not in them."""
    name: str = ""
    """The role's or the repository's own name; empty where it is not told."""
    scope: str = ""
    """Where its address is unique: the template or plan, or the folder of a configuration."""


@dataclass(frozen=True, slots=True)
class ProposedDocument:
    """One document that the files propose."""

    kind: DocumentKind
    form: Form
    file: str
    line: int
    document: Document
    address: str = ""
    """The resource in the file that it belongs to; empty for a file that is nothing but the document."""
    owners: tuple[Owner, ...] = ()
    """What it is attached to as far as the files say: a trust policy has one, a managed policy may have several or none."""
    name: str = ""
    """The policy's name; empty where it has none or it is not told."""
    account: str = ""
    """The account, where it is told."""
    only_if: str = ""
    """Why it may not come to be at all: a condition or a count that is not settled; empty where it does."""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What it is known by in another version of the same files."""
        return (self.file, self.address, self.kind.value, self.name)

    @property
    def shown(self) -> str:
        """How a sentence calls it, as far as the files name it: ``trust policy of ReleaseRole``."""
        of = next((owner.name or owner.address for owner in self.owners), "") or self.address
        name = f" {self.name}" if self.name and self.name != of else ""
        return f"{self.kind.value}{name}" + (f" of {of}" if of else "")


@dataclass(frozen=True, slots=True)
class ProposedRole:
    """What the files say of a role beside its documents; an open value is one that is set and not settled."""

    address: str
    file: str
    line: int
    name: str | Open | None = None
    """None where AWS makes one up."""
    path: str | Open = "/"
    account: str = ""
    partition: str = "aws"
    max_session: int | Open | None = None
    """In seconds; None where AWS's default holds."""
    boundary: str | Open | None = None
    """ARN of the permissions boundary; the address of the resource where it stands in the same files and has no name yet."""
    managed: tuple[str | Open, ...] = ()
    """ARNs of the managed policies that it is given; those of the same files by their address."""
    only_these: bool = False
    """Whether the files take away every inline policy that they do not name."""
    only_these_attachments: bool = False
    """Whether the files take away every managed policy that they do not name."""
    only_if: str = ""
    scope: str = ""
    """Where its address is unique: the template or plan, or the folder of a configuration."""

    @property
    def arn(self) -> Arn | None:
        """The role's ARN; None where account, path or name are not known."""
        if not self.account or not isinstance(self.name, str) or not isinstance(self.path, str):
            return None
        return Arn.iam(self.partition, self.account, "role", f"{self.path.lstrip('/')}{self.name}")


@dataclass(frozen=True, slots=True)
class ProposedProvider:
    """An OpenID Connect provider that the files create."""

    address: str
    file: str
    line: int
    url: str | Open | None
    """Without ``https://``."""
    audiences: tuple[str | Open, ...] | Open = ()
    only_if: str = ""
    thumbprints: tuple[str | Open, ...] | Open = ()
    """Of the certificates by which AWS knows it, as far as AWS does not know them by its own list of authorities."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that holds or may hold a document and was not read."""

    file: str
    line: int
    reading: Unreadable
    elsewhere: bool = False
    """Whether what was not read stands in no file that was given: a module, an included template."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Everything that the files propose."""

    documents: tuple[ProposedDocument, ...] = ()
    roles: tuple[ProposedRole, ...] = ()
    providers: tuple[ProposedProvider, ...] = ()
    gaps: tuple[Gap, ...] = ()
    forms: Mapping[str, Form] = field(default_factory=dict)
    """The files that were found to be of a form, by path; the others hold no such document."""
    before: Proposal | None = None
    """What the plans among the files say was there before, so that a plan has its own base; None without a plan."""

    def trust_of(self, role: ProposedRole) -> ProposedDocument | None:
        """Return the role's trust policy."""
        return next((each for each in self._of(role) if each.kind is DocumentKind.TRUST), None)

    def policies_of(self, role: ProposedRole) -> tuple[ProposedDocument, ...]:
        """Return the policies of these files that are attached to the role, its trust policy and boundary aside."""
        kinds = (DocumentKind.INLINE, DocumentKind.MANAGED)
        return tuple(each for each in self._of(role) if each.kind in kinds)

    def _of(self, role: ProposedRole) -> tuple[ProposedDocument, ...]:
        def is_its(owner: Owner) -> bool:
            if owner.address:
                return (owner.scope, owner.address) == (role.scope, role.address)
            return bool(owner.name) and owner.name == role.name

        return tuple(each for each in self.documents if any(is_its(owner) for owner in each.owners))

    def removed(self) -> tuple[ProposedDocument, ...]:
        """Return the documents that the plans take away."""
        if self.before is None:
            return ()
        kept = {each.key for each in self.documents}
        return tuple(each for each in self.before.documents if each.key not in kept)
