"""Read the Terraform configuration of a folder: its resources with what the folder settles of their attributes.

Source: Terraform Configuration Language, "Files and Configuration Structure", "Resources", "Modules".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from diagnosis.facts.reading import Unreadable
from diagnosis.hcl.parser import Block, Expression, read_hcl
from diagnosis.iac.node import Node, Open
from diagnosis.iac.proposal import Form, Gap, Given, Proposal
from diagnosis.iac.terraform.evaluation import Evaluation, Folder, Named, references_in
from diagnosis.iac.terraform.policy_document import policy_document
from diagnosis.iac.terraform.resources import Applied, Resource, proposal_of
from diagnosis.policy.language.strict_json import JsonNumber

HOW = "hand over the plan instead: terraform plan -out PLAN, then terraform show -json PLAN > plan.json"
_INTERESTING = ("aws_",)
_BLOCKS = ("inline_policy",)
_SHOWN = 100


def read_configuration(files: Mapping[str, str], folder: str, given: Given, others: Mapping[str, str]) -> Proposal:
    """Return what the files of one folder propose together. Never raises.

    ``files`` are the folder's own texts by path, ``others`` those of all files that were given.
    """
    reader = _Reader(folder, given)
    for path in sorted(files):
        reader.add(path, files[path])
    return reader.proposal(others)


class _Reader:
    def __init__(self, folder: str, given: Given) -> None:
        self._folder = folder
        self._given = given
        self._resources: dict[tuple[str, str], Named] = {}
        self._data: dict[tuple[str, str], Named] = {}
        self._settled: dict[str, tuple[Any, str]] = {}
        self._variables: set[str] = set()
        self._modules: list[tuple[Named, str]] = []
        self._gaps: list[Gap] = []

    def add(self, path: str, text: str) -> None:
        """Add what a file declares."""
        name = path.rpartition("/")[2]
        if name == "override.tf" or name.endswith("_override.tf"):
            self._gap(path, 1, f"the file {path}", "it overrides what other files declare")
        root, unread = read_hcl(text)
        for each in unread:
            what = " ".join((each.kind, *each.labels[:2]))[:_SHOWN]
            self._gap(path, each.line, f"{what} of {path}" if what else f"the file {path}", each.why)
        for block in root.blocks:
            self._declare(block, path)

    def _declare(self, block: Block, path: str) -> None:
        match block.kind, block.labels:
            case "resource", (kind, name, *_):
                if (kind, name) in self._resources:
                    self._gap(path, block.line, f"{kind}.{name}"[:_SHOWN], "it is declared twice")
                self._resources[kind, name] = Named(block, path)
            case "data", (kind, name, *_):
                self._data[kind, name] = Named(block, path)
            case "locals", _:
                for name, expression in block.attributes.items():
                    self._settled[name] = (Open("twice") if name in self._settled else expression, path)
            case "variable", (name, *_):
                self._variables.add(name)
            case "module", (name, *_):
                self._modules.append((Named(block, path), name))

    def proposal(self, others: Mapping[str, str]) -> Proposal:
        """Return what the folder proposes."""
        folder = Folder(
            self._folder, self._resources, self._data, self._settled, frozenset(self._variables), dict(others)
        )
        evaluation = Evaluation(folder, self._given, policy_document)
        made = [self._resource(evaluation, *names, named) for names, named in self._resources.items()]
        applied = Applied(Form.CONFIGURATION, self._folder, self._given.account, self._given.partition, HOW)
        found = proposal_of([each for each in made if each is not None], applied)
        for named, name in self._modules:
            self._module(evaluation, named, name, others)
        return Proposal(found.documents, found.roles, found.providers, (*found.gaps, *self._gaps))

    def _resource(self, evaluation: Evaluation, kind: str, name: str, named: Named) -> Resource | None:
        if not kind.startswith(_INTERESTING):
            return None
        block = named.block
        only_if = _only_if(evaluation, named)
        if only_if is None:
            return None
        attributes: dict[str, Node] = {}
        references: dict[str, tuple[str, ...]] = {}
        texts: dict[str, int] = {}
        for member, expression in block.attributes.items():
            found = evaluation.node(expression, named.file)
            if not found.file or (not isinstance(found.value, Mapping | tuple) and found.file == named.file):
                found = Node(found.value, block.lines[member], named.file)
            attributes[member] = found
            references[member] = tuple(dict.fromkeys(references_in(expression)))
            if isinstance(expression, Expression) and expression.is_heredoc:
                texts[member] = expression.line
            elif found.file and found.file != named.file:
                texts[member] = found.line
        for inner_kind in _BLOCKS:
            self._inner(evaluation, named, inner_kind, attributes, texts)
        return Resource(
            address=f"{kind}.{name}",
            kind=kind,
            attributes=Node(attributes, block.line, named.file),
            file=named.file,
            line=block.line,
            references=references,
            texts=texts,
            only_if=only_if,
            configured=frozenset(attributes),
        )

    def _inner(
        self, evaluation: Evaluation, named: Named, kind: str, attributes: dict[str, Node], texts: dict[str, int]
    ) -> None:
        listed: list[Node] = []
        for each in named.block.blocks:
            if each.kind == "dynamic" and each.labels[:1] == (kind,):
                listed.append(Node(Open(f"{kind} is made by a dynamic block"), each.line, named.file))
            elif each.kind == kind:
                members: dict[str, Node] = {}
                for name, expression in each.attributes.items():
                    found = evaluation.node(expression, named.file)
                    if not isinstance(found.value, Mapping | tuple):
                        found = Node(found.value, each.lines[name], named.file)
                    members[name] = found
                    if isinstance(expression, Expression) and expression.is_heredoc:
                        texts[f"{kind}[{len(listed)}].{name}"] = expression.line
                listed.append(Node(members, each.line, named.file))
        if listed:
            attributes[kind] = Node(tuple(listed), listed[0].line, named.file)

    def _module(self, evaluation: Evaluation, named: Named, name: str, others: Mapping[str, str]) -> None:
        source = named.block.attributes.get("source")
        said = evaluation.node(source, named.file).text if source is not None else None
        if said is not None and said.startswith(("./", "../")):
            steps = [step for step in self._folder.split("/") if step]
            for step in said.split("/"):
                if step == ".." and steps:
                    steps.pop()
                elif step not in (".", "..", ""):
                    steps.append(step)
            inside = "/".join(steps)
            if any(path.rpartition("/")[0] == inside and path.endswith(".tf") for path in others):
                # Its files are read in their own right, with their variables open.
                return
        where = (said or "?")[:_SHOWN]
        what = f"the module {name[:_SHOWN]}"
        self._gap(named.file, named.block.line, what, f"its source {where} is not among the files", elsewhere=True)

    def _gap(self, file: str, line: int, what: str, why: str, *, elsewhere: bool = False) -> None:
        self._gaps.append(Gap(file, line, Unreadable(what, why, HOW), elsewhere))


def _only_if(evaluation: Evaluation, named: Named) -> str | None:
    """Return why a resource may not come to be, empty where it does; None where it does not."""
    attributes = named.block.attributes
    if any("ignore_changes" in inner.attributes for inner in named.block.inner("lifecycle")):
        return "Terraform leaves what is there as it is (ignore_changes)"
    if "for_each" in attributes:
        return "it is made for each of a set (for_each)"
    if "count" not in attributes:
        return ""
    value = evaluation.node(attributes["count"], named.file).value
    if isinstance(value, JsonNumber):
        return None if value.text == "0" else ""
    return "how many there are is not settled (count)"
