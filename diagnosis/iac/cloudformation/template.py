"""Read the IAM and ECR documents of a CloudFormation or SAM template.

Source: AWS CloudFormation Template Reference, the resource types of IAM, ECR and Organizations; AWS SAM specification,
"AWS::Serverless::Function" (Policies, AssumeRolePolicyDocument).
"""

from __future__ import annotations

from collections.abc import Mapping

from diagnosis.facts.reading import Unreadable
from diagnosis.iac.arns import without_scheme
from diagnosis.iac.cloudformation.intrinsics import Template, TooMuch, number_of
from diagnosis.iac.cloudformation.references import type_of
from diagnosis.iac.document import MOST_WITHIN, document_of, kind_by_elements, policies_within
from diagnosis.iac.node import Node, Open, texts_of
from diagnosis.iac.proposal import (
    DocumentKind,
    Form,
    Gap,
    Given,
    Owner,
    Proposal,
    ProposedDocument,
    ProposedProvider,
    ProposedRole,
)

_HOW = "state the values of the parameters, or judge the document that AWS has once the stack is there"
_KNOWN_TRANSFORMS = ("AWS::Serverless", "AWS::LanguageExtensions", "AWS::CodeDeployBlueGreen", "AWS::SecretsManager")
_WITH_ROLE = ("AWS::Serverless::Function", "AWS::Serverless::StateMachine")
_POLICIES = (
    "PolicyDocument",
    "KeyPolicy",
    "ResourcePolicy",
    "InlinePolicy",
    "AccessPolicies",
    "Policies",
    "PolicyText",
)
"""Properties of other resources that hold a policy."""
_SHOWN = 100


def read_template(root: Node, file: str, given: Given) -> Proposal:
    """Return what a template proposes. Never raises."""
    reader = _Reader(Template(root, given), file)
    try:
        reader.read()
    except (TooMuch, RecursionError):
        what = f"the template {file}"
        return Proposal(gaps=(Gap(file, 1, Unreadable(what, "its functions make more of it than can be meant", _HOW)),))
    return reader.proposal()


class _Reader:
    def __init__(self, template: Template, file: str) -> None:
        self._template = template
        self._file = file
        self._documents: list[ProposedDocument] = []
        self._roles: list[ProposedRole] = []
        self._providers: list[ProposedProvider] = []
        self._gaps: list[Gap] = []
        self._boundaries: set[str] = set()
        self._attached: dict[str, list[Owner]] = {}
        """Owners of the template's managed policies that the roles themselves name, by the policy's logical name."""
        self._macro = ""

    def proposal(self) -> Proposal:
        """Return what was read, managed policies with all that they are attached to."""
        documents = tuple(self._finished(each) for each in self._documents)
        return Proposal(documents, tuple(self._roles), tuple(self._providers), tuple(self._gaps))

    def _finished(self, each: ProposedDocument) -> ProposedDocument:
        if each.kind is not DocumentKind.MANAGED:
            return each
        owners = tuple(dict.fromkeys((*each.owners, *self._attached.get(each.address, ()))))
        bounds = each.address in self._boundaries and not owners
        return _with(each, DocumentKind.BOUNDARY if bounds else each.kind, owners)

    def read(self) -> None:
        """Read all resources."""
        root = self._template.root
        self._transforms(root)
        resources = root.get("Resources")
        if resources is not None and not isinstance(resources.value, Mapping):
            why = resources.value.why if isinstance(resources.value, Open) else "they are no object"
            self._gap(resources.line, "the resources", why)
        for name, resource in self._template.resources.items():
            self._resource(name, resource)

    def _transforms(self, root: Node) -> None:
        listed = root.get("Transform")
        for each in listed.items if listed is not None else ():
            name = each.text or ((each.get("Name") or Node(None)).text) or "?"
            if not name.startswith(_KNOWN_TRANSFORMS):
                self._macro = f"the macro {name[:_SHOWN]} may rewrite the template"
                self._gap(each.line, "the template", self._macro)
        for name, node in root.members.items():
            if name == "Fn::Transform":
                self._gap(node.line, "the template", "a macro adds to it (Fn::Transform)", elsewhere=True)

    def _gap(self, line: int, what: str, why: str, *, elsewhere: bool = False) -> None:
        self._gaps.append(Gap(self._file, line, Unreadable(what, why, _HOW), elsewhere))

    def _resource(self, name: str, resource: Node) -> None:
        if name.startswith("Fn::"):
            self._gap(resource.line, f"the resources of {name[:_SHOWN]}", "a loop or macro writes them")
            return
        if isinstance(resource.value, Open):
            self._gap(resource.line, f"the resource {name[:_SHOWN]}", resource.value.why)
            return
        condition = resource.get("Condition")
        only_if = ""
        if condition is not None:
            holds = self._template.holds(condition.text or "")
            if holds is False:
                return
            shown = (condition.text or "?")[:_SHOWN]
            only_if = "" if holds else f"the condition {shown} is not settled by the template"
        kind = type_of(resource)
        if not kind:
            self._gap(resource.line, f"the resource {name[:_SHOWN]}", "its type is not told")
        elif kind in ("AWS::CloudFormation::Stack", "AWS::Serverless::Application") or kind.endswith("::MODULE"):
            self._gap(resource.line, f"the resource {name[:_SHOWN]}", "it stands for another template", elsewhere=True)
        properties = resource.get("Properties")
        if properties is not None:
            properties = self._template.resolved(properties)
        if properties is None:
            return
        if not isinstance(properties.value, Mapping):
            why = properties.value.why if isinstance(properties.value, Open) else "they are no object"
            self._gap(properties.line, f"the properties of {name[:_SHOWN]}", why)
            return
        raw = resource.get("Properties") or Node(None)
        self._of_type(kind, name, resource.line, properties, raw, only_if)

    def _of_type(self, kind: str, name: str, line: int, own: Node, raw: Node, only_if: str) -> None:
        match kind:
            case "AWS::IAM::Role":
                self._role(name, line, own, raw, only_if)
            case "AWS::IAM::Policy" | "AWS::IAM::RolePolicy" | "AWS::IAM::UserPolicy" | "AWS::IAM::GroupPolicy":
                owners = self._owners(raw.get("Roles") or raw.get("RoleName"))
                self._document(
                    DocumentKind.INLINE, name, own, "PolicyDocument", owners, _text(own, "PolicyName"), only_if
                )
            case "AWS::IAM::ManagedPolicy":
                owners = self._owners(raw.get("Roles"))
                policy = _text(own, "ManagedPolicyName")
                self._document(DocumentKind.MANAGED, name, own, "PolicyDocument", owners, policy, only_if)
            case "AWS::IAM::OIDCProvider":
                self._provider(name, line, own, only_if)
            case "AWS::ECR::Repository" if own.get("RepositoryPolicyText") is not None:
                owners = (Owner(name, _text(own, "RepositoryName"), self._file),)
                self._document(DocumentKind.REPOSITORY, name, own, "RepositoryPolicyText", owners, "", only_if)
            case "AWS::ECR::RegistryPolicy":
                self._document(DocumentKind.REGISTRY, name, own, "PolicyText", (), "", only_if)
            case "AWS::Organizations::Policy":
                sort = {
                    "SERVICE_CONTROL_POLICY": DocumentKind.SERVICE_CONTROL,
                    "RESOURCE_CONTROL_POLICY": DocumentKind.RESOURCE_CONTROL,
                }.get(_text(own, "Type"))
                if sort is not None or own.get("Type") is None:
                    sort = sort or DocumentKind.SERVICE_CONTROL
                    self._document(sort, name, own, "Content", (), _text(own, "Name"), only_if)
            case _ if kind in _WITH_ROLE:
                self._serverless(name, line, own, raw, only_if)
            case _:
                self._others(name, own, only_if)

    def _role(self, name: str, line: int, own: Node, raw: Node, only_if: str) -> None:
        role_name = own.get("RoleName")
        path = own.get("Path")
        owner = Owner(name, _text(own, "RoleName"), self._file)
        self._document(DocumentKind.TRUST, name, own, "AssumeRolePolicyDocument", (owner,), "", only_if)
        self._inline(name, own, owner, only_if)
        session = own.get("MaxSessionDuration")
        self._roles.append(
            ProposedRole(
                address=name,
                file=self._file,
                line=line,
                name=None if role_name is None else role_name.text_or_open,
                path=(path.text_or_open if path is not None else None) or "/",
                account=self._template.given.account,
                partition=self._template.given.partition,
                max_session=None if session is None else number_of(session.value),
                boundary=self._boundary(own, raw),
                managed=self._managed(raw.get("ManagedPolicyArns"), owner),
                only_if=only_if,
                scope=self._file,
            )
        )

    def _boundary(self, own: Node, raw: Node) -> str | Open | None:
        address = self._policy_named_by(raw.get("PermissionsBoundary"))
        found = own.get("PermissionsBoundary")
        if address:
            self._boundaries.add(address)
        if found is None:
            return None
        return found.text or address or found.text_or_open

    def _managed(self, node: Node | None, owner: Owner) -> tuple[str | Open, ...]:
        """Return the managed policies of a list: those of the template by their logical names."""
        found: list[str | Open] = []
        listed = node.value if node is not None else None
        for each in listed if isinstance(listed, tuple) else [] if node is None else [node]:
            address = self._policy_named_by(each)
            if address:
                self._attached.setdefault(address, []).append(owner)
                found.append(address)
                continue
            made = self._template.resolved(each)
            for item in made.items if made is not None else ():
                said = item.text_or_open
                found.append(Open("it is no text") if said is None else said)
        return tuple(dict.fromkeys(found))

    def _policy_named_by(self, node: Node | None) -> str:
        """Return the logical name of the template's managed policy that a value names; empty where it names none."""
        if node is None or len(node.members) != 1:
            return ""
        [(function, of)] = node.members.items()
        name = of.text or (of.items[0].text if of.items else "") or ""
        name = name.partition(".")[0] if function == "Fn::GetAtt" else name if function == "Ref" else ""
        resource = self._template.resources.get(name)
        return name if resource is not None and type_of(resource) == "AWS::IAM::ManagedPolicy" else ""

    def _inline(self, name: str, own: Node, owner: Owner, only_if: str) -> None:
        listed = own.get("Policies")
        for at, each in enumerate(listed.items if listed is not None else ()):
            if isinstance(each.value, Mapping):
                address = f"{name}.Policies[{at}]"
                policy = _text(each, "PolicyName")
                self._document(DocumentKind.INLINE, address, each, "PolicyDocument", (owner,), policy, only_if)
            else:
                why = each.value.why if isinstance(each.value, Open) else "it is no object"
                self._gap(each.line, f"an inline policy of {name[:_SHOWN]}", why)

    def _owners(self, node: Node | None) -> tuple[Owner, ...]:
        """Return the roles that a list of names or references means."""
        return tuple(self._owner(each) for each in (node.items if node is not None else ()))

    def _owner(self, node: Node) -> Owner:
        of = node.get("Ref")
        address = (of.text or "") if of is not None else ""
        resource = self._template.resources.get(address)
        found = self._template.resolved(node)
        name = (found.text or "") if found is not None else ""
        return Owner(address if resource is not None else "", name, self._file)

    def _document(
        self,
        kind: DocumentKind,
        address: str,
        own: Node,
        member: str,
        owners: tuple[Owner, ...],
        name: str,
        only_if: str,
    ) -> None:
        node = own.get(member)
        self._add(kind, address, node, own.line, owners, name, only_if)

    def _add(
        self,
        kind: DocumentKind,
        address: str,
        node: Node | None,
        line: int,
        owners: tuple[Owner, ...],
        name: str,
        only_if: str,
    ) -> None:
        what = f"the {kind.value} of {address[:_SHOWN]}"
        document = Unreadable(what, self._macro, _HOW) if self._macro else document_of(node, what, _HOW)
        self._documents.append(
            ProposedDocument(
                kind=kind,
                form=Form.CLOUDFORMATION,
                file=self._file,
                line=node.line if node is not None else line,
                document=document,
                address=address,
                owners=owners,
                name=name,
                account=self._template.given.account,
                only_if=only_if,
            )
        )

    def _provider(self, name: str, line: int, own: Node, only_if: str) -> None:
        url = own.get("Url")
        said = url.text_or_open if url is not None else None
        audiences, prints = (texts_of(own.get(member)) for member in ("ClientIdList", "ThumbprintList"))
        host = without_scheme(said) if isinstance(said, str) else said
        self._providers.append(ProposedProvider(name, self._file, line, host, audiences, only_if, prints))

    def _serverless(self, name: str, line: int, own: Node, raw: Node, only_if: str) -> None:
        """Read the role that SAM makes for a function: ``NameRole``; none where the function names one."""
        if own.get("Role") is not None:
            return
        owner = Owner(f"{name}Role", "", self._file)
        trust = own.get("AssumeRolePolicyDocument")
        if trust is not None:
            self._add(DocumentKind.TRUST, owner.address, trust, line, (owner,), "", only_if)
        managed: list[str | Open] = []
        for at, each in enumerate((own.get("Policies") or Node(None)).items):
            if "Statement" in each.members:
                address = f"{name}.Policies[{at}]"
                self._add(DocumentKind.INLINE, address, each, each.line, (owner,), "", only_if)
            elif each.text_or_open is not None:
                said = each.text_or_open
                managed.append(said)
            else:
                template = next(iter(each.members), "?")[:_SHOWN]
                self._gap(
                    each.line, f"a policy of {owner.address[:_SHOWN]}", f"the policy template {template} is SAM's own"
                )
        self._roles.append(
            ProposedRole(
                address=owner.address,
                file=self._file,
                line=line,
                account=self._template.given.account,
                partition=self._template.given.partition,
                boundary=self._boundary(own, raw),
                managed=tuple(managed),
                only_if=only_if,
                scope=self._file,
            )
        )

    def _others(self, name: str, own: Node, only_if: str) -> None:
        """Read the policies that other resources hold: of buckets, keys, queues, endpoints, permission sets."""
        found = policies_within(own)
        if len(found) >= MOST_WITHIN:
            self._gap(own.line, f"policies of {name[:_SHOWN]}", f"it holds {MOST_WITHIN} or more")
        for steps, node in found:
            address = ".".join((name, *(str(step) for step in steps)))
            kind = kind_by_elements(document_of(node, "", ""))
            self._add(kind, address, node, node.line, (Owner(name, "", self._file),), "", only_if)
        for member, node in own.members.items():
            if member in _POLICIES and isinstance(node.value, Open):
                self._gap(node.line, f"{member} of {name[:_SHOWN]}", node.value.why)


def _text(node: Node, name: str) -> str:
    found = node.get(name)
    return (found.text or "") if found is not None else ""


def _with(each: ProposedDocument, kind: DocumentKind, owners: tuple[Owner, ...]) -> ProposedDocument:
    return ProposedDocument(
        kind,
        each.form,
        each.file,
        each.line,
        each.document,
        each.address,
        owners,
        each.name,
        each.account,
        each.only_if,
    )
