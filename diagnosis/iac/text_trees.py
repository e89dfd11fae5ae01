"""Read JSON and YAML texts into nodes with their lines."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from diagnosis.iac.node import Node, Open, Value
from diagnosis.lint.places import Places, Steps, read_places
from diagnosis.policy.language.strict_json import JsonFault, JsonNumber, read_json
from diagnosis.steps.yaml_text import YamlFault, YamlNode, yaml_tree

TWICE = "the key {} stands twice in one object"
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class TextFault:
    """Why a text is not of the language, and where."""

    why: str
    line: int = 1


def json_node(text: str, file: str = "", first_line: int = 1) -> Node | TextFault:
    """Read JSON; a key that stands twice leaves its value open. Never raises.

    ``first_line`` is the line of the file on which the text begins.
    """
    tree = read_json(text)
    repeated: frozenset[Steps] = frozenset()
    if isinstance(tree, JsonFault) and tree.duplicate:
        tree = read_json(text, unique=False)
    if isinstance(tree, JsonFault):
        return TextFault(tree.why, (tree.line or 1) + first_line - 1)
    places = read_places(text)
    repeated = frozenset(steps for steps, _ in places.repeated)
    return _Json(places, repeated, file, first_line - 1).node(tree, ())


class _Json:
    def __init__(self, places: Places, repeated: frozenset[Steps], file: str, before: int) -> None:
        self._places = places
        self._repeated = repeated
        self._file = file
        self._before = before

    def node(self, tree: object, steps: Steps) -> Node:
        offset = self._places.offsets.get(steps, 0)
        line = bisect_right(self._places.line_starts, offset) + self._before
        return Node(self._value(tree, steps), line, self._file)

    def _value(self, tree: object, steps: Steps) -> Value:
        if steps in self._repeated:
            return Open(TWICE.format(repr(str(steps[-1])[:_LONGEST_NAME])))
        if isinstance(tree, dict):
            return {name: self.node(each, (*steps, name)) for name, each in tree.items()}
        if isinstance(tree, list):
            return tuple(self.node(each, (*steps, at)) for at, each in enumerate(tree))
        return tree if isinstance(tree, str | bool | JsonNumber) else None


def yaml_node(text: str, file: str = "") -> Node | TextFault:
    """Read the YAML of a template: short forms of intrinsic functions become their long ones. Never raises."""
    tree = yaml_tree(text)
    return TextFault(tree.why, tree.line) if isinstance(tree, YamlFault) else _of_yaml(tree, file)


def _of_yaml(node: YamlNode, file: str) -> Node:
    value: Value
    if node.is_mapping:
        value = _mapping(node, file)
    elif isinstance(node.value, tuple):
        value = tuple(_of_yaml(each, file) for each in node.value if isinstance(each, YamlNode))
    else:
        value = node.value
    if not node.tag:
        return Node(value, node.line, file)
    name = node.tag.removeprefix("!")
    name = name if name in ("Ref", "Condition") else f"Fn::{name}"
    return Node({name: Node(value, node.line, file)}, node.line, file)


def _mapping(node: YamlNode, file: str) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for pair in node.value if isinstance(node.value, tuple) else ():
        if not isinstance(pair, tuple):
            continue
        key, each = pair
        # A key that is a list or a mapping is none of a template's; it stays, so that nothing is silently left out.
        name = key.value if isinstance(key.value, str) else "" if key.value is None else "?"
        member = _of_yaml(each, file).at(key.line)
        if name in found:
            member = Node(Open(TWICE.format(repr(name[:_LONGEST_NAME]))), key.line, file)
        found[name] = member
    return found
