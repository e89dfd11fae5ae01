"""Make a policy of an ``aws_iam_policy_document``: what the AWS provider would write for its blocks.

Source: AWS provider for Terraform, data source ``aws_iam_policy_document``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from diagnosis.hcl.parser import Block
from diagnosis.iac.node import Node, Open, Text, Value
from diagnosis.iac.terraform.evaluation import Evaluation, Named

_VERSION = "2012-10-17"
_OF_OTHERS = ("source_json", "override_json", "source_policy_documents", "override_policy_documents")
_LISTS = {"actions": "Action", "not_actions": "NotAction", "resources": "Resource", "not_resources": "NotResource"}
_PRINCIPALS = {"principals": "Principal", "not_principals": "NotPrincipal"}
_KNOWN_ATTRIBUTES = {"sid", "effect", *_LISTS}
_KNOWN_BLOCKS = {"condition", *_PRINCIPALS}


def policy_document(evaluation: Evaluation, named: Named, names: Mapping[str, Node], depth: int) -> Node:
    """Return the policy as a value with the lines of its blocks; open where other documents are merged into it."""
    block = named.block
    for name in _OF_OTHERS:
        if name in block.attributes:
            return Node(Open(f"it is merged with other documents ({name})"), block.lines[name], named.file)
    reader = _Document(evaluation, named.file, names, depth)
    members: dict[str, Node] = {}
    version = reader.attribute(block, "version")
    members["Version"] = version if version is not None else Node(_VERSION, block.line, named.file)
    identifier = reader.attribute(block, "policy_id")
    if identifier is not None:
        members["Id"] = identifier
    statements = tuple(reader.statements(block))
    members["Statement"] = Node(statements, statements[0].line if statements else block.line, named.file)
    return Node(members, block.line, named.file)


class _Document:
    def __init__(self, evaluation: Evaluation, file: str, names: Mapping[str, Node], depth: int) -> None:
        self._evaluation = evaluation
        self._names = names
        self._file = file
        self._depth = depth

    def attribute(self, block: Block, name: str) -> Node | None:
        """Return an attribute's value on the line of its name; None where it is not set."""
        if name not in block.attributes:
            return None
        found = self._evaluation.node(block.attributes[name], self._file, self._names, self._depth + 1)
        return None if found.value is None else _with_variables(Node(found.value, block.lines[name], self._file))

    def statements(self, block: Block) -> Iterator[Node]:
        """Yield the statements."""
        for inner in block.blocks:
            if inner.kind == "statement":
                yield self._statement(inner)
            elif inner.kind == "dynamic" and inner.labels[:1] == ("statement",):
                yield Node(Open("statements are made by a dynamic block"), inner.line, self._file)

    def _statement(self, block: Block) -> Node:
        strange = (set(block.attributes) - _KNOWN_ATTRIBUTES) | {
            each.kind for each in block.blocks if each.kind not in _KNOWN_BLOCKS and each.kind != "dynamic"
        }
        if strange:
            return Node(Open(f"a statement has no {min(strange)[:80]}"), block.line, self._file)
        members: dict[str, Node] = {}
        sid = self.attribute(block, "sid")
        if sid is not None and sid.value != "":
            members["Sid"] = sid
        effect = self.attribute(block, "effect")
        members["Effect"] = effect if effect is not None else Node("Allow", block.line, self._file)
        for name, element in _LISTS.items():
            found = self.attribute(block, name)
            if found is not None and found.value != ():
                members[element] = found
        members.update(self._principals(block))
        conditions = self._conditions(block)
        if conditions is not None:
            members["Condition"] = conditions
        return Node(members, block.line, self._file)

    def _principals(self, block: Block) -> Iterator[tuple[str, Node]]:
        for kind, element in _PRINCIPALS.items():
            blocks = list(block.inner(kind))
            dynamic = [each for each in block.inner("dynamic") if each.labels[:1] == (kind,)]
            if dynamic:
                yield element, Node(Open("principals are made by a dynamic block"), dynamic[0].line, self._file)
            elif blocks:
                yield element, self._principal(blocks)

    def _principal(self, blocks: list[Block]) -> Node:
        members: dict[str, Node] = {}
        for block in blocks:
            sort = self.attribute(block, "type")
            listed = self.attribute(block, "identifiers")
            name = sort.text if sort is not None else None
            if name is None or listed is None or (name in members and not _is_list(members[name], listed)):
                return Node(Open("a principal's type or identifiers are not settled"), block.line, self._file)
            if name in members:
                listed = Node((*members[name].items, *listed.items), members[name].line, self._file)
            members[name] = listed
        every = members.get("*")
        if every is not None:
            # The provider writes "*" for everybody, and an object for all else.
            alone = len(members) == 1 and [each.text for each in every.items] == ["*"]
            return (
                Node("*", every.line, self._file)
                if alone
                else Node(Open("a principal of type * with others"), every.line)
            )
        return Node(members, blocks[0].line, self._file)

    def _conditions(self, block: Block) -> Node | None:
        blocks = list(block.inner("condition"))
        dynamic = [each for each in block.inner("dynamic") if each.labels[:1] == ("condition",)]
        if dynamic:
            return Node(Open("conditions are made by a dynamic block"), dynamic[0].line, self._file)
        if not blocks:
            return None
        operators: dict[str, dict[str, Node]] = {}
        lines: dict[str, int] = {}
        for each in blocks:
            test, variable, values = (self.attribute(each, name) for name in ("test", "variable", "values"))
            operator = test.text if test is not None else None
            key = variable.text if variable is not None else None
            if operator is None or key is None or values is None:
                return Node(Open("a condition's test, variable or values are not settled"), each.line, self._file)
            keys = operators.setdefault(operator, {})
            lines.setdefault(operator, each.line)
            if key in keys:
                return Node(
                    Open(f"{operator[:80]} of {key[:80]} stands in two condition blocks"), each.line, self._file
                )
            keys[key] = values
        members = {operator: Node(keys, lines[operator], self._file) for operator, keys in operators.items()}
        return Node(members, blocks[0].line, self._file)


def _is_list(*nodes: Node) -> bool:
    return all(isinstance(each.value, tuple) for each in nodes)


def _with_variables(node: Node) -> Node:
    """Return the value with ``&{…}`` as the policy variable ``${…}`` that the provider makes of it."""
    value: Value = node.value
    if isinstance(value, str):
        value = value.replace("&{", "${")
    elif isinstance(value, Text):
        value = Text(tuple(part.replace("&{", "${") if isinstance(part, str) else part for part in value.parts))
    elif isinstance(value, tuple):
        value = tuple(_with_variables(each) for each in value)
    elif isinstance(value, Mapping):
        value = {name: _with_variables(each) for name, each in value.items()}
    return Node(value, node.line, node.file)
