"""What resources of the AWS provider propose, whether a plan or the configuration tells their attributes.

Source: AWS provider for Terraform, the resources of IAM, ECR and Organizations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from diagnosis.facts.reading import Unreadable
from diagnosis.iac.document import document_of, is_policy, kind_by_elements
from diagnosis.iac.node import Node, Open, texts_of
from diagnosis.iac.proposal import (
    DocumentKind,
    Form,
    Gap,
    Owner,
    Proposal,
    ProposedDocument,
    ProposedProvider,
    ProposedRole,
)
from diagnosis.names.arn import Arn
from diagnosis.policy.language.strict_json import JsonNumber

_SHOWN = 150
_TEMPLATE = "hand over the template as a file of its own"
_OF_CLOUD_CONTROL = ("awscc_iam_", "awscc_ecr_")
_POLICIES = ("policy", "policy_document", "access_policies", "inline_policy")
"""Attributes of other resources that hold a policy."""
_INLINE = ("aws_iam_role_policy", "aws_iam_user_policy", "aws_iam_group_policy")
_ATTACHING = (
    "aws_iam_role_policy_attachment",
    "aws_iam_policy_attachment",
    "aws_iam_role_policy_attachments_exclusive",
)
_ROLE, _POLICY, _REPOSITORY = "aws_iam_role", "aws_iam_policy", "aws_ecr_repository"


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource with its attributes; nested blocks are lists of objects."""

    address: str
    """``module.ci.aws_iam_role.release["blue"]``."""
    kind: str
    """``aws_iam_role``."""
    attributes: Node
    file: str
    line: int
    references: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Addresses of the resources that an attribute's expression names, by attribute."""
    texts: Mapping[str, int] = field(default_factory=dict)
    """Line on which the text begins of an attribute that is written over several lines."""
    only_if: str = ""
    configured: frozenset[str] | None = None
    """The attributes that the configuration sets; None where that is not known."""

    def text(self, name: str) -> str:
        """Return an attribute's text; empty where it is not known."""
        found = self.attributes.get(name)
        return (found.text or "") if found is not None else ""

    def said(self, name: str) -> str | Open | None:
        """Return an attribute's text, or why it is not known; None where it is not set."""
        found = self.attributes.get(name)
        return None if found is None else found.text_or_open

    def sets(self, name: str) -> bool:
        """Return whether the configuration is known to set an attribute."""
        return self.configured is not None and name in self.configured

    def is_echo(self, name: str) -> bool:
        """Return whether an attribute is only what the provider read at AWS, such as policies that others attach."""
        return self.configured is not None and name not in self.configured

    @property
    def account(self) -> str:
        """The account in its own ARN."""
        arn = Arn.parse(self.text("arn"))
        return arn.account if arn is not None else ""


@dataclass(frozen=True, slots=True)
class Applied:
    """Where the resources are applied, and how a reader may obtain what they do not tell."""

    form: Form
    scope: str
    account: str
    partition: str
    how: str


def proposal_of(resources: Sequence[Resource], applied: Applied) -> Proposal:
    """Return what the resources propose."""
    return _Reader(resources, applied).proposal()


class _Reader:
    def __init__(self, resources: Sequence[Resource], applied: Applied) -> None:
        self._resources = resources
        self._applied = applied
        self._by_address = {each.address: each for each in resources}
        self._instances: dict[str, list[str]] = {}
        for each in resources:
            if each.address.endswith("]"):
                self._instances.setdefault(each.address[: each.address.rindex("[")], []).append(each.address)
        self._by_arn = {arn: each for each in resources if (arn := each.text("arn"))}
        self._roles: dict[str, ProposedRole] = {}
        self._documents: list[ProposedDocument] = []
        self._providers: list[ProposedProvider] = []
        self._gaps: list[Gap] = []
        self._owners: dict[str, list[Owner]] = {}
        """Roles that managed policies of these files are attached to, by the policy's address."""
        self._boundaries: set[str] = set()

    def proposal(self) -> Proposal:
        """Read all resources: the roles first, so that attachments find them."""
        for resource in self._resources:
            if resource.kind == _ROLE:
                self._role(resource)
        for resource in self._resources:
            self._read(resource)
        documents = tuple(self._finished(each) for each in self._documents)
        return Proposal(documents, tuple(self._roles.values()), tuple(self._providers), tuple(self._gaps))

    def _finished(self, each: ProposedDocument) -> ProposedDocument:
        if each.kind is not DocumentKind.MANAGED:
            return each
        owners = tuple(dict.fromkeys(self._owners.get(each.address, ())))
        bounds = each.address in self._boundaries and not owners
        return replace(each, kind=DocumentKind.BOUNDARY if bounds else each.kind, owners=owners)

    def _read(self, each: Resource) -> None:
        kind = each.kind
        if kind == _ROLE:
            self._documents_of_role(each)
        elif kind in _INLINE:
            owners = self._owners_of(each, "role") if kind == "aws_iam_role_policy" else ()
            self._document(DocumentKind.INLINE, each, "policy", owners, each.text("name"))
        elif kind == _POLICY:
            self._document(DocumentKind.MANAGED, each, "policy", (), each.text("name"))
        elif kind in _ATTACHING:
            self._attachment(each)
        elif kind == "aws_iam_role_policies_exclusive":
            for owner in self._owners_of(each, "role_name"):
                self._change_role(owner, only_these=True)
        elif kind == "aws_iam_openid_connect_provider":
            self._provider(each)
        elif kind == "aws_ecr_repository_policy":
            owners = self._owners_of(each, "repository", _REPOSITORY)
            self._document(DocumentKind.REPOSITORY, each, "policy", owners, "")
        elif kind == "aws_ecr_registry_policy":
            self._document(DocumentKind.REGISTRY, each, "policy", (), "")
        elif kind == "aws_organizations_policy":
            self._organization(each)
        elif kind == "aws_cloudformation_stack":
            what = f"the stack of {each.address[:_SHOWN]}"
            self._gaps.append(
                Gap(each.file, each.line, Unreadable(what, "it has a template of its own", _TEMPLATE), True)
            )
        elif kind.startswith("aws_"):
            self._others(each)
        elif kind.startswith(_OF_CLOUD_CONTROL):
            self._gap(each.line, f"{each.address[:_SHOWN]}", "resources of the provider awscc are not read", each.file)

    def _role(self, each: Resource) -> None:
        session = each.attributes.get("max_session_duration")
        number = session.value if session is not None else None
        boundary = self._policy_named(each, "permissions_boundary")
        if boundary:
            self._boundaries.add(boundary)
        arns = None if each.is_echo("managed_policy_arns") else each.attributes.get("managed_policy_arns")
        owner = self._owner(each)
        managed = self._managed(each, "managed_policy_arns", arns)
        for policy in managed:
            if isinstance(policy, str):
                self._owners.setdefault(policy, []).append(owner)
        name = each.attributes.get("name")
        self._roles[each.address] = ProposedRole(
            address=each.address,
            file=each.file,
            line=each.line,
            name=None if name is None else name.text_or_open,
            path=each.said("path") or "/",
            account=each.account or self._applied.account,
            partition=self._applied.partition,
            max_session=_number(number),
            boundary=each.text("permissions_boundary") or boundary or each.said("permissions_boundary"),
            managed=tuple(dict.fromkeys(managed)),
            only_these=each.sets("inline_policy"),
            only_these_attachments=each.sets("managed_policy_arns"),
            only_if=each.only_if,
            scope=self._applied.scope,
        )

    def _documents_of_role(self, each: Resource) -> None:
        owner = self._owner(each)
        self._document(DocumentKind.TRUST, each, "assume_role_policy", (owner,), "")
        listed = None if each.is_echo("inline_policy") else each.attributes.get("inline_policy")
        for at, item in enumerate(listed.items if listed is not None else ()):
            if isinstance(item.value, Open):
                self._gap(item.line, f"an inline policy of {each.address[:_SHOWN]}", item.value.why, each.file)
                continue
            policy = item.get("policy")
            if policy is None:
                continue
            name = item.get("name")
            inner = replace(each, address=f"{each.address}.inline_policy[{at}]", attributes=item, texts={})
            texts = (
                {"policy": each.texts[f"inline_policy[{at}].policy"]}
                if f"inline_policy[{at}].policy" in each.texts
                else {}
            )
            inner = replace(inner, texts=texts)
            said = (name.text or "") if name is not None else ""
            self._document(DocumentKind.INLINE, inner, "policy", (owner,), said)

    def _attachment(self, each: Resource) -> None:
        names = {"aws_iam_policy_attachment": "roles", "aws_iam_role_policy_attachments_exclusive": "role_name"}
        owners = self._owners_of(each, names.get(each.kind, "role"))
        exclusive = each.kind == "aws_iam_role_policy_attachments_exclusive"
        member = "policy_arns" if exclusive else "policy_arn"
        listed = each.attributes.get(member)
        managed = self._managed(each, member, listed)
        for owner in owners:
            self._change_role(owner, managed=managed, exclusive=exclusive)
            for policy in managed:
                if isinstance(policy, str):
                    self._owners.setdefault(policy, []).append(owner)
        if not owners and each.kind != "aws_iam_policy_attachment":
            why = "the role is not settled"
            self._gap(each.line, f"the attachment {each.address[:_SHOWN]}", why, each.file)

    def _managed(self, each: Resource, member: str, listed: Node | None) -> list[str | Open]:
        """Return the managed policies of a list: those of these files by their address, others by their ARN."""
        named = self._named(each, member)
        found: list[str | Open] = list(named)
        names = {self._by_address[address].text("name") for address in named} - {""}
        # The items that name them by an expression: each is open, or an ARN with an account that is given.
        references = len(named)
        for item in listed.items if listed is not None else ():
            said = item.text_or_open
            known = self._by_arn.get(said) if isinstance(said, str) else None
            if known is not None:
                found.append(known.address)
            elif isinstance(said, str):
                arn = Arn.parse(said)
                if arn is None or arn.name not in names:
                    found.append(said)
            elif references and all(place.sort.is_harmless for _, place in item.opens()):
                references -= 1
            else:
                found.append(Open("it is no text") if said is None else said)
        return list(dict.fromkeys(found))

    def _change_role(
        self, owner: Owner, *, managed: Iterable[str | Open] = (), exclusive: bool = False, only_these: bool = False
    ) -> None:
        found = [
            role
            for role in self._roles.values()
            if (role.address == owner.address if owner.address else role.name == owner.name)
        ]
        for role in found:
            self._roles[role.address] = replace(
                role,
                managed=tuple(dict.fromkeys((*role.managed, *managed))),
                only_these=role.only_these or only_these,
                only_these_attachments=role.only_these_attachments or exclusive,
            )

    def _owner(self, each: Resource) -> Owner:
        return Owner(each.address, each.text("name"), self._applied.scope)

    def _owners_of(self, each: Resource, member: str, kind: str = _ROLE) -> tuple[Owner, ...]:
        """Return the roles (or repositories) that an attribute names, by reference or by name."""
        named = [self._by_address[address] for address in self._addresses(each, member) if address in self._by_address]
        found = [self._owner(other) for other in named if other.kind == kind]
        node = each.attributes.get(member)
        for item in node.items if node is not None else ():
            name = item.text
            if name and not any(owner.name == name for owner in found):
                same = [other for other in self._resources if other.kind == kind and other.text("name") == name]
                found += [self._owner(other) for other in same] or [Owner("", name, self._applied.scope)]
        return tuple(dict.fromkeys(found))

    def _named(self, each: Resource, member: str) -> tuple[str, ...]:
        """Return the addresses of the managed policies of these files that an attribute refers to."""
        named = (self._by_address.get(address) for address in self._addresses(each, member))
        return tuple(dict.fromkeys(other.address for other in named if other is not None and other.kind == _POLICY))

    def _policy_named(self, each: Resource, member: str) -> str:
        known = self._by_arn.get(each.text(member))
        return known.address if known is not None else next(iter(self._named(each, member)), "")

    def _addresses(self, each: Resource, member: str) -> tuple[str, ...]:
        """Return the addresses that an attribute's expression names; of several instances the one with the same key."""
        found: list[str] = []
        key = each.address[each.address.rindex("[") :] if each.address.endswith("]") else ""
        for address in each.references.get(member, ()):
            whole = (
                address[: address.index("[")] if address.endswith("]") and address not in self._by_address else address
            )
            if whole in self._by_address:
                found.append(whole)
            elif whole + key in self._by_address:
                found.append(whole + key)
            elif whole == address:
                found += self._instances.get(address, [])
        return tuple(found)

    def _gap(self, line: int, what: str, why: str, file: str) -> None:
        self._gaps.append(Gap(file, line, Unreadable(what, why, self._applied.how)))

    def _document(self, kind: DocumentKind, each: Resource, member: str, owners: tuple[Owner, ...], name: str) -> None:
        node = each.attributes.get(member)
        of = next((owner.address for owner in owners if owner.address), each.address)
        what = f"the {kind.value} of {of[:_SHOWN]}"
        document = document_of(node, what, self._applied.how, first_line=each.texts.get(member))
        self._documents.append(
            ProposedDocument(
                kind=kind,
                form=self._applied.form,
                file=node.file or each.file if node is not None else each.file,
                line=node.line if node is not None else each.line,
                document=document,
                address=each.address,
                owners=owners,
                name=name,
                account=each.account or self._applied.account,
                only_if=each.only_if,
            )
        )

    def _provider(self, each: Resource) -> None:
        url = each.said("url")
        audiences, prints = (texts_of(each.attributes.get(name)) for name in ("client_id_list", "thumbprint_list"))
        host = url.removeprefix("https://") if isinstance(url, str) else url
        self._providers.append(
            ProposedProvider(each.address, each.file, each.line, host, audiences, each.only_if, prints)
        )

    def _organization(self, each: Resource) -> None:
        sorts = {
            "": DocumentKind.SERVICE_CONTROL,
            "SERVICE_CONTROL_POLICY": DocumentKind.SERVICE_CONTROL,
            "RESOURCE_CONTROL_POLICY": DocumentKind.RESOURCE_CONTROL,
        }
        kind = sorts.get(each.text("type"))
        if kind is not None:
            self._document(kind, each, "content", (), each.text("name"))

    def _others(self, each: Resource) -> None:
        """Read the policies of other resources: of buckets, keys, queues, endpoints, permission sets."""
        for name, node in each.attributes.members.items():
            if is_policy(node):
                kind = kind_by_elements(document_of(node, "", "", first_line=each.texts.get(name)))
                self._document(kind, each, name, (self._owner(each),), "")
            elif isinstance(node.value, Open) and name in _POLICIES and not each.is_echo(name):
                self._gap(node.line, f"the {name} of {each.address[:_SHOWN]}", node.value.why, each.file)


def _number(value: object) -> int | Open | None:
    if isinstance(value, Open):
        return value
    text = value.text if isinstance(value, JsonNumber) else value if isinstance(value, str) else ""
    return int(text) if text.isdecimal() and len(text) < 10 else None
