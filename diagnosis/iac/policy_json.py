"""A file that is nothing but a policy document, or an answer of the AWS CLI that holds one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from diagnosis.facts.reading import Unreadable
from diagnosis.iac.document import document_of, kind_by_elements
from diagnosis.iac.node import Node, Open
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
from diagnosis.iac.text_trees import json_node
from diagnosis.names.arn import Arn

_HOW = "hand over the document itself, or what the AWS CLI printed"
_ESCAPE = re.compile(r"((?:%[0-9A-Fa-f]{2})+)")
_VERSIONS = ("2012-10-17", "2008-10-17")
_Found: TypeAlias = "tuple[DocumentKind | None, Node, Node]"
"""Kind where the answer tells it, the answer's object, and the document's value."""


def is_policy(root: Node) -> bool:
    """Return whether an object is meant as a policy document."""
    version = root.get("Version")
    return "Statement" in root.members or (version is not None and version.text in _VERSIONS)


def read_policy_file(text: str, root: Node, file: str) -> Proposal:
    """Return the one document of the file, whose text is the file's own."""
    if any(True for _ in root.opens()):
        # A key that stands twice: which of the two AWS would take is nobody's to guess.
        document = document_of(root, f"the policy in {file}", _HOW)
        kind = kind_by_elements(document)
        why = next(each.why for _, each in root.opens())
        return Proposal((ProposedDocument(kind, Form.POLICY, file, 1, Unreadable(f"the policy in {file}", why, _HOW)),))
    document = document_of(Node(text, 1, file), f"the policy in {file}", _HOW, first_line=1)
    return Proposal((ProposedDocument(kind_by_elements(document), Form.POLICY, file, 1, document),))


def answers(root: Node) -> list[_Found]:
    """Return what an answer of ``aws iam get-role``, ``get-role-policy``, ``get-policy-version``, ``ecr get-…-policy`` holds."""
    return list(_answers(root))


def _answers(root: Node) -> Iterator[_Found]:
    role = root.get("Role")
    if role is not None and role.get("AssumeRolePolicyDocument") is not None:
        yield DocumentKind.TRUST, role, role.members["AssumeRolePolicyDocument"]
    inner = root.get("RolePolicy") or root
    if inner.get("PolicyDocument") is not None and inner.get("PolicyName") is not None:
        yield DocumentKind.INLINE, inner, inner.members["PolicyDocument"]
    version = root.get("PolicyVersion")
    if version is not None and version.get("Document") is not None:
        yield DocumentKind.MANAGED, version, version.members["Document"]
    if root.get("policyText") is not None:
        kind = DocumentKind.REPOSITORY if root.get("repositoryName") is not None else DocumentKind.REGISTRY
        yield kind, root, root.members["policyText"]
    policy = root.get("Policy")
    if policy is not None and policy.text is not None:
        yield None, root, policy
    if root.get("AssumeRolePolicyDocument") is not None and root.get("Arn") is not None:
        yield DocumentKind.TRUST, root, root.members["AssumeRolePolicyDocument"]
    document = root.get("Document") or root.get("PolicyDocument")
    if document is not None and root.get("PolicyName") is None and "Statement" in document.members:
        yield None, root, document


def is_provider(root: Node) -> bool:
    """Return whether an object is the answer of ``aws iam get-open-id-connect-provider``."""
    return root.get("Url") is not None and root.get("ClientIDList") is not None


def read_answer(root: Node, file: str) -> Proposal:
    """Return the documents of an answer of the AWS CLI."""
    documents: list[ProposedDocument] = []
    roles: list[ProposedRole] = []
    for kind, own, node in answers(root):
        what = f"the policy in {file}"
        value = node
        if node.text is not None:
            value = Node(_plain(node.text), node.line, node.file)
        document = document_of(value, what, _HOW)
        arn = Arn.parse(_text(own, "Arn"))
        role = _text(own, "RoleName") or (arn.name if arn is not None and arn.resource_type == "role" else "")
        owner = role or _text(own, "repositoryName")
        documents.append(
            ProposedDocument(
                kind=kind or kind_by_elements(document),
                form=Form.CLI_ANSWER,
                file=file,
                line=node.line,
                document=document,
                owners=(Owner("", owner, file),) if owner else (),
                name=_text(own, "PolicyName"),
                account=arn.account if arn is not None else _text(own, "registryId"),
            )
        )
        if arn is not None and kind is DocumentKind.TRUST:
            roles.append(_role(own, arn, file))
    providers: tuple[ProposedProvider, ...] = ()
    if is_provider(root):
        listed = tuple(each.text or Open("it is no text") for each in root.members["ClientIDList"].items)
        providers = (ProposedProvider("", file, 1, _text(root, "Url").removeprefix("https://"), listed),)
    gaps = (
        ()
        if documents or providers
        else (Gap(file, 1, Unreadable(f"the answer in {file}", "it holds no policy", _HOW)),)
    )
    return Proposal(tuple(documents), tuple(roles), providers, gaps)


def _role(own: Node, arn: Arn, file: str) -> ProposedRole:
    boundary = own.get("PermissionsBoundary", "PermissionsBoundaryArn")
    session = own.get("MaxSessionDuration")
    number = getattr(session.value, "text", "") if session is not None else ""
    return ProposedRole(
        address="",
        file=file,
        line=1,
        name=arn.name,
        path=arn.path,
        account=arn.account,
        partition=arn.partition,
        max_session=int(number) if number.isdecimal() and len(number) < 10 else None,
        boundary=boundary.text if boundary is not None else None,
        scope=file,
    )


def _text(node: Node, name: str) -> str:
    found = node.get(name)
    return (found.text or "") if found is not None else ""


def _plain(text: str) -> str:
    """Return a document that the API quoted as in a URL; the CLI does not, and %3A may stand in a plain one too."""
    if isinstance(json_node(text), Node):
        return text
    return _ESCAPE.sub(lambda found: bytes.fromhex(found[1].replace("%", "")).decode("utf-8", "replace"), text)


def is_answer(root: Node) -> bool:
    """Return whether an object is an answer that is understood."""
    return isinstance(root.value, Mapping) and (bool(answers(root)) or is_provider(root))
