"""Read the text of a YAML file of the repository into plain values: the one place of this room that knows YAML.

The file is foreign. It is composed into nodes and never constructed, so no tag runs anything; the number of values is
bounded, since an alias can repeat a whole tree for a few bytes. Scalars stay text as written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

Value: TypeAlias = "str | list[Value] | dict[str, Value]"

_MOST_VALUES = 20_000
_DEEPEST = 40
_MERGE = "tag:yaml.org,2002:merge"
_MOST_NODES = 100_000
_DEEPEST_NODE = 60
_NULLS = ("", "~", "null", "Null", "NULL")
_CORE = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class YamlNode:
    """A value with its tag and line, of a file in which both matter."""

    value: str | tuple[YamlNode, ...] | tuple[tuple[YamlNode, YamlNode], ...] | None
    """Text as written, None for nothing, the items of a list, or the members of a mapping; a key may stand twice."""
    is_mapping: bool
    tag: str
    """The tag where the file writes one of its own, such as ``!Sub``; else empty."""
    line: int


@dataclass(frozen=True, slots=True)
class YamlFault:
    """Why a text is no YAML that can be read."""

    why: str
    line: int = 1


def yaml_tree(text: str) -> YamlNode | YamlFault:
    """Return the document with tags and lines, several as a list; a fault where it is no YAML or too large. Never raises."""
    try:
        tree = _Tree()
        roots = [tree.node(root, 0) for root in YAML(typ="safe", pure=True).compose_all(text) if root is not None]
        if not roots:
            return YamlFault("there is nothing in it")
        return roots[0] if len(roots) == 1 else YamlNode(tuple(roots), False, "", 1)
    except _TooMuchError:
        return YamlFault(f"it holds more than {_MOST_NODES} values, aliases counted, or is nested too deeply")
    except RecursionError:
        return YamlFault("it is nested too deeply")
    except (YAMLError, ValueError) as fault:
        mark = getattr(fault, "problem_mark", None)
        return YamlFault(str(getattr(fault, "problem", None) or "it is no YAML"), mark.line + 1 if mark else 1)


class _TooMuchError(Exception):
    pass


def yaml_values(text: str) -> Value | None:
    """Return the first document as text, lists and mappings; None where it is no YAML, or too large. Never raises."""
    try:
        root = next(iter(YAML(typ="safe", pure=True).compose_all(text)), None)
        return _Plain().value(root, 0) if root is not None else None
    except (YAMLError, ValueError, RecursionError, _TooMuchError):
        return None


def yaml_mapping(text: str) -> dict[str, Value]:
    """Return the first document where it is a mapping; an empty one where it is anything else."""
    found = yaml_values(text)
    return found if isinstance(found, dict) else {}


def member(value: Value | None, *path: str) -> Value | None:
    """Return what lies under these names; None where one of them is not there."""
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def text_of(value: Value | None) -> str | None:
    """Return a scalar's text; None for everything else."""
    return value if isinstance(value, str) else None


def texts_of(value: Value | None) -> list[str]:
    """Return the scalars of a list, or the one scalar that stands in place of it."""
    if isinstance(value, str):
        return [value]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


class _Tree:
    def __init__(self) -> None:
        self._left = _MOST_NODES

    def node(self, node: Any, depth: int) -> YamlNode:
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST_NODE:
            raise _TooMuchError
        tag = "" if node.tag is None or str(node.tag).startswith(_CORE) else str(node.tag)
        line = node.start_mark.line + 1
        if isinstance(node, MappingNode):
            return YamlNode(tuple(self._members(node, depth)), True, tag, line)
        if isinstance(node, SequenceNode):
            return YamlNode(tuple(self.node(each, depth + 1) for each in node.value), False, tag, line)
        is_null = node.style is None and node.value in _NULLS and not tag
        return YamlNode(None if is_null else str(node.value), False, tag, line)

    def _members(self, node: Any, depth: int) -> list[tuple[YamlNode, YamlNode]]:
        merged: dict[object, tuple[YamlNode, YamlNode]] = {}
        own: list[tuple[YamlNode, YamlNode]] = []
        for key, each in node.value:
            if key.tag == _MERGE or (isinstance(key, ScalarNode) and key.value == "<<" and key.style is None):
                for source in each.value if isinstance(each, SequenceNode) else [each]:
                    found = self.node(source, depth + 1)
                    for pair in found.value if found.is_mapping and isinstance(found.value, tuple) else ():
                        if isinstance(pair, tuple):
                            # Of several sources the first counts.
                            merged.setdefault(pair[0].value, pair)
            else:
                own.append((self.node(key, depth + 1), self.node(each, depth + 1)))
        stated = {key.value for key, _ in own}
        return [*(pair for name, pair in merged.items() if name not in stated), *own]


class _Plain:
    def __init__(self) -> None:
        self._left = _MOST_VALUES

    def value(self, node: Any, depth: int) -> Value:
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST:
            raise _TooMuchError
        if isinstance(node, MappingNode):
            return self._mapping(node, depth)
        if isinstance(node, SequenceNode):
            return [self.value(each, depth + 1) for each in node.value]
        return str(node.value) if isinstance(node, ScalarNode) else ""

    def _mapping(self, node: Any, depth: int) -> Value:
        merged: dict[str, Value] = {}
        own: dict[str, Value] = {}
        for key, each in node.value:
            if key.tag == _MERGE or (isinstance(key, ScalarNode) and key.value == "<<"):
                for source in each.value if isinstance(each, SequenceNode) else [each]:
                    found = self.value(source, depth + 1)
                    merged = {**found, **merged} if isinstance(found, dict) else merged
            elif isinstance(key, ScalarNode):
                own[str(key.value)] = self.value(each, depth + 1)
        return {**merged, **own}
