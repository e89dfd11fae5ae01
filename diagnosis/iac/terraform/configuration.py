"""Read the Terraform configuration of folders: their resources with what the files settle of their attributes.

A folder that another one calls as a module is read in the place of each call, with the variables that the call sets; there a
default is a value, since nobody else can set it. Any other folder is a root, whose variables are open.
Source: Terraform Configuration Language, "Files and Configuration Structure", "Resources", "Modules".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from diagnosis.facts.reading import Unreadable
from diagnosis.hcl.parser import Block, Expression, read_hcl
from diagnosis.iac.node import Node, Open
from diagnosis.iac.proposal import Form, Gap, Given, Proposal
from diagnosis.iac.terraform.evaluation import Evaluation, Folder, Named, Work, references_in
from diagnosis.iac.terraform.policy_document import policy_document
from diagnosis.iac.terraform.resources import Applied, Resource, proposal_of
from diagnosis.policy.language.strict_json import JsonNumber

HOW = "hand over the plan instead: terraform plan -out PLAN, then terraform show -json PLAN > plan.json"
_INTERESTING = ("aws_", "awscc_iam_", "awscc_ecr_")
_BLOCKS = ("inline_policy",)
_WITHOUT_DOCUMENTS = {"terraform", "provider", "moved", "import", "removed", "check", "ephemeral", "action"}
_OF_DOCUMENTS = {"all", "assume_role_policy", "inline_policy", "managed_policy_arns", "permissions_boundary", "policy"}
_OF_CALL = {"source", "version", "count", "for_each", "providers", "depends_on"}
_MOST_INSTANCES = 300
_MOST_CALLS = 200
_DEEPEST_CALLS = 8
_SHOWN = 100


def read_configuration(files: Mapping[str, str], given: Given, others: Mapping[str, str]) -> Proposal:
    """Return what the files propose, folder by folder. Never raises.

    ``files`` are Terraform's own by path, ``others`` the texts of all files that were given.
    """
    gaps: list[Gap] = []
    folders: dict[str, _Declared] = {}
    for path in sorted(files):
        folders.setdefault(path.rpartition("/")[0], _Declared(gaps)).add(path, files[path])
    reader = _Reader({path: found.folder(path, others) for path, found in folders.items()}, given)
    called = {inside for path, folder in reader.folders.items() for inside in reader.called_by(path, folder)}
    # Folders that call each other in a circle are in no root: each is then read by itself.
    roots = [path for path in folders if path not in called] or list(folders)
    for path in roots:
        reader.add_root(path)
    return Proposal(
        tuple(each for found in reader.found for each in found.documents),
        tuple(each for found in reader.found for each in found.roles),
        tuple(each for found in reader.found for each in found.providers),
        (*(each for found in reader.found for each in found.gaps), *reader.gaps, *gaps),
    )


def _gap(file: str, line: int, what: str, why: str, *, elsewhere: bool = False) -> Gap:
    return Gap(file, line, Unreadable(what, why, HOW), elsewhere)


@dataclass
class _Declared:
    """What the files of one folder declare."""

    gaps: list[Gap]
    resources: dict[tuple[str, str], Named] = field(default_factory=dict)
    data: dict[tuple[str, str], Named] = field(default_factory=dict)
    settled: dict[str, tuple[Any, str]] = field(default_factory=dict)
    variables: dict[str, tuple[Any, str]] = field(default_factory=dict)
    modules: dict[str, Named] = field(default_factory=dict)
    outputs: dict[str, Named] = field(default_factory=dict)

    def folder(self, path: str, others: Mapping[str, str]) -> Folder:
        """Return it as expressions see it."""
        return Folder(path, self.resources, self.data, self.settled, self.variables, self.modules, self.outputs, others)

    def add(self, path: str, text: str) -> None:
        """Add what a file declares."""
        name = path.rpartition("/")[2]
        if name == "override.tf" or name.endswith("_override.tf"):
            self.gaps.append(_gap(path, 1, f"the file {path}", "it overrides what other files declare"))
        root, unread = read_hcl(text)
        for each in unread:
            what = " ".join((each.kind, *each.labels[:2]))[:_SHOWN]
            self.gaps.append(_gap(path, each.line, f"{what} of {path}" if what else f"the file {path}", each.why))
        for block in root.blocks:
            self._declare(block, path)

    def _declare(self, block: Block, path: str) -> None:
        named = Named(block, path)
        match block.kind, block.labels:
            case "resource", (kind, name, *_):
                if (kind, name) in self.resources:
                    self.gaps.append(_gap(path, block.line, f"{kind}.{name}"[:_SHOWN], "it is declared twice"))
                self.resources[kind, name] = named
            case "data", (kind, name, *_):
                self.data[kind, name] = named
            case "locals", _:
                for name, expression in block.attributes.items():
                    # One that is set twice is an error of Terraform's: it stays open.
                    self.settled[name] = (("unknown",) if name in self.settled else expression, path)
            case "variable", (name, *_):
                self.variables[name] = (block.attributes.get("default"), path)
            case "module", (name, *_):
                self.modules[name] = named
            case "output", (name, *_):
                self.outputs[name] = named
            case kind, _ if kind not in _WITHOUT_DOCUMENTS:
                what = " ".join((kind, *block.labels[:2]))[:_SHOWN]
                self.gaps.append(_gap(path, block.line, what, "it is no block that Terraform knows"))


class _Reader:
    def __init__(self, folders: Mapping[str, Folder], given: Given) -> None:
        self.folders = folders
        self.given = given
        self.found: list[Proposal] = []
        self.gaps: list[Gap] = []
        self._calls = 0
        self._work = Work()

    def called_by(self, path: str, folder: Folder) -> Iterator[str]:
        """Yield the folders that a folder calls as modules."""
        for named in folder.modules.values():
            inside = _local_source(path, named)
            if inside is not None and inside in self.folders and inside != path:
                yield inside

    def add_root(self, path: str) -> None:
        """Read a folder and the modules that it calls, as one configuration."""
        evaluation = Evaluation(self.folders[path], self.given, policy_document, self._work)
        made = list(self._all(evaluation, "", "", 0))
        applied = Applied(Form.CONFIGURATION, path, self.given.account, self.given.partition, HOW)
        self.found.append(proposal_of(made, applied))

    def _all(self, evaluation: Evaluation, prefix: str, only_if: str, depth: int) -> Iterator[Resource]:
        folder = evaluation.folder
        calls: list[tuple[str, Evaluation, str]] = []
        for name, named in folder.modules.items():
            when = _only_if(evaluation, named)
            if when is None:
                continue
            inside = _local_source(folder.path, named)
            child = self.folders.get(inside) if inside is not None else None
            self._calls += 1
            if child is None or depth >= _DEEPEST_CALLS or self._calls > _MOST_CALLS:
                why = "its source is not among the files" if child is None else "there are too many calls of modules"
                self.gaps.append(_gap(named.file, named.block.line, f"the module {name[:_SHOWN]}", why, elsewhere=True))
                continue
            given = {
                member: evaluation.node(expression, named.file)
                for member, expression in named.block.attributes.items()
                if member not in _OF_CALL
            }
            evaluation.children[name] = Evaluation(child, self.given, policy_document, self._work, given)
            calls.append((name, evaluation.children[name], only_if or when))
        for name, inner, when in calls:
            yield from self._all(inner, f"{prefix}module.{name}.", when, depth + 1)
        for (kind, name), named in folder.resources.items():
            if kind.startswith(_INTERESTING):
                yield from self._instances(evaluation, prefix, kind, name, named, only_if)

    def _instances(
        self, evaluation: Evaluation, prefix: str, kind: str, name: str, named: Named, only_if: str
    ) -> Iterator[Resource]:
        """Yield the resource, or each of its instances where the files settle which there are."""
        when = _only_if(evaluation, named)
        if when is None:
            return
        keys = _keys(evaluation, named)
        address = f"{prefix}{kind}.{name}"
        if keys is None:
            yield self._resource(evaluation, prefix, address, kind, named, None, only_if or when)
            return
        ignored = _ignored(named)
        for key in keys:
            own = f"{address}{_index(key)}"
            yield self._resource(evaluation, prefix, own, kind, named, key, only_if or ignored)

    def _resource(
        self, evaluation: Evaluation, prefix: str, address: str, kind: str, named: Named, key: Node | None, only_if: str
    ) -> Resource:
        block = named.block
        names = evaluation.instance(named, key)

        def key_of(index: Any) -> str:
            return _index(evaluation.node(index, named.file, names))

        attributes: dict[str, Node] = {}
        references: dict[str, tuple[str, ...]] = {}
        texts: dict[str, int] = {}
        for member, expression in block.attributes.items():
            found = evaluation.node(expression, named.file, names)
            if not found.file or (not isinstance(found.value, Mapping | tuple) and found.file == named.file):
                found = Node(found.value, block.lines[member], named.file)
            attributes[member] = found
            told = dict.fromkeys(references_in(expression, key_of))
            references[member] = tuple(f"{prefix}{each}" for each in told)
            if isinstance(expression, Expression) and expression.is_heredoc:
                texts[member] = expression.line
            elif found.file and found.file != named.file:
                texts[member] = found.line
        for inner_kind in _BLOCKS:
            _add_blocks(evaluation, named, names, inner_kind, attributes, texts)
        return Resource(
            address=address,
            kind=kind,
            attributes=Node(attributes, block.line, named.file),
            file=named.file,
            line=block.line,
            references=references,
            texts=texts,
            only_if=only_if,
            configured=frozenset(attributes),
        )


def _add_blocks(
    evaluation: Evaluation,
    named: Named,
    names: Mapping[str, Node],
    kind: str,
    attributes: dict[str, Node],
    texts: dict[str, int],
) -> None:
    """Add the blocks of one kind as a list of objects."""
    listed: list[Node] = []
    for each in named.block.blocks:
        if each.kind == "dynamic" and each.labels[:1] == (kind,):
            listed.append(Node(Open(f"{kind} is made by a dynamic block"), each.line, named.file))
        elif each.kind == kind:
            members: dict[str, Node] = {}
            for name, expression in each.attributes.items():
                found = evaluation.node(expression, named.file, names)
                if not isinstance(found.value, Mapping | tuple):
                    found = Node(found.value, each.lines[name], named.file)
                members[name] = found
                if isinstance(expression, Expression) and expression.is_heredoc:
                    texts[f"{kind}[{len(listed)}].{name}"] = expression.line
            listed.append(Node(members, each.line, named.file))
    if listed:
        attributes[kind] = Node(tuple(listed), listed[0].line, named.file)


def _local_source(folder: str, named: Named) -> str | None:
    """Return the folder that the call of a module means; None where it is no folder beside this one."""
    source = named.block.attributes.get("source")
    parts = source[1] if isinstance(source, tuple) and source[0] == "text" else []
    said = parts[0] if len(parts) == 1 and isinstance(parts[0], str) else ""
    if not said.startswith(("./", "../")):
        return None
    steps = [step for step in folder.split("/") if step]
    for step in said.split("/"):
        if step == ".." and steps:
            steps.pop()
        elif step not in (".", "..", ""):
            steps.append(step)
    return "/".join(steps)


def _ignored(named: Named) -> str:
    for inner in named.block.inner("lifecycle"):
        listed = inner.attributes.get("ignore_changes", ("list", []))
        items = listed[1] if listed[0] == "list" else [listed]
        if any(item[0] != "name" or item[1] in _OF_DOCUMENTS for item in items):
            return "Terraform leaves what is there as it is (ignore_changes)"
    return ""


def _only_if(evaluation: Evaluation, named: Named) -> str | None:
    """Return why a block may not come to be, empty where it does; None where it does not."""
    attributes = named.block.attributes
    if "for_each" in attributes:
        return "it is made for each of a set (for_each)"
    value = evaluation.node(attributes["count"], named.file).value if "count" in attributes else JsonNumber("1")
    if not isinstance(value, JsonNumber):
        return "how many there are is not settled (count)"
    return None if value.text == "0" else _ignored(named)


def _keys(evaluation: Evaluation, named: Named) -> list[Node] | None:
    """Return the keys or numbers of a block's instances; None where it has one, or where they are not settled."""
    attributes = named.block.attributes
    if "for_each" in attributes:
        value = evaluation.made_for(named).value
        if isinstance(value, Mapping) and len(value) <= _MOST_INSTANCES:
            return [Node(name) for name in value]
        if isinstance(value, tuple) and len(value) <= _MOST_INSTANCES and all(each.text is not None for each in value):
            return [Node(text) for text in dict.fromkeys(each.text for each in value)]
        return None
    if "count" in attributes:
        value = evaluation.node(attributes["count"], named.file).value
        number = value.text if isinstance(value, JsonNumber) else ""
        if number.isdecimal() and len(number) < 5 and int(number) <= _MOST_INSTANCES:
            return [Node(JsonNumber(str(at))) for at in range(int(number))]
    return None


def _index(key: Node) -> str:
    """Write the key of an instance as an address does."""
    if isinstance(key.value, JsonNumber):
        return f"[{key.value.text}]"
    return f'["{key.text}"]' if key.text is not None else ""
