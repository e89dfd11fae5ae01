"""A value of an infrastructure file with the line that it stands on, and what of it the file leaves open.

All forms (JSON, YAML, Terraform's language) are read into nodes first, so that what follows knows one kind of tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from itertools import groupby
from typing import TypeAlias

from diagnosis.policy.language.strict_json import JsonNumber, json_text

Steps: TypeAlias = "tuple[str | int, ...]"
"""The way from a document to a value in it: keys and positions."""
Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"

DEEPEST = 60
"""Levels of a file; a template with a policy in it needs some fifteen."""
LONGEST_TEXT = 1_000_000
"""Characters of one text."""
_MOST_PARTS = 1_000
MOST_NODES = 200_000
"""Values of one file, aliases counted each time."""


class Sort(Enum):
    """What can stand in an open place."""

    ACCOUNT = "an account id"
    REGION = "a region"
    PARTITION = "a partition"
    SUFFIX = "a domain of AWS"
    NAME = "the name or id of a resource"
    """That AWS gives: it holds no wildcard, no colon and no slash."""
    ARN = "the ARN of a resource"
    """Without wildcards."""
    ANY = "any value"

    @property
    def is_harmless(self) -> bool:
        """Whether the value is one exact thing whatever it is: no wildcard, no list, nothing that adds or removes a statement."""
        return self is not Sort.ANY


@dataclass(frozen=True, slots=True)
class Open:
    """A value, or a part of a text, that the files do not settle."""

    why: str
    """As a clause: ``the parameter GitHubOrg has no value here``."""
    sort: Sort = Sort.ANY


@dataclass(frozen=True, slots=True)
class Text:
    """A text of which some parts are open; one that is known as a whole is a plain ``str``."""

    parts: tuple[str | Open, ...]

    @property
    def opens(self) -> tuple[Open, ...]:
        """The open parts."""
        return tuple(part for part in self.parts if isinstance(part, Open))


Value: TypeAlias = "str | bool | JsonNumber | Text | Open | tuple[Node, ...] | Mapping[str, Node] | None"


@dataclass(frozen=True, slots=True)
class Node:
    """A value at its place. A member of an object has the line of its key."""

    value: Value
    line: int = 1
    file: str = ""

    def get(self, *names: str) -> Node | None:
        """Return what lies under these names; None where one of them is not there, or set to nothing."""
        found: Node | None = self
        for name in names:
            found = found.value.get(name) if found is not None and isinstance(found.value, Mapping) else None
        return None if found is None or found.value is None else found

    @property
    def members(self) -> Mapping[str, Node]:
        """The members of an object; none for anything else."""
        return self.value if isinstance(self.value, Mapping) else {}

    @property
    def items(self) -> tuple[Node, ...]:
        """The items of a list, or the one value that stands in place of it."""
        if isinstance(self.value, tuple):
            return self.value
        return () if self.value is None else (self,)

    @property
    def text(self) -> str | None:
        """The text where it is known; None for everything else."""
        return self.value if isinstance(self.value, str) else None

    @property
    def text_or_open(self) -> str | Open | None:
        """The text, or why it is not known; None for what is no text."""
        value = self.value
        if isinstance(value, Text):
            return value.opens[0]
        return value if isinstance(value, str | Open) else None

    def opens(self) -> Iterator[tuple[Steps, Open]]:
        """Yield the open places in this value, each with the way to it."""
        pending: list[tuple[Steps, Node]] = [((), self)]
        while pending:
            steps, node = pending.pop()
            value = node.value
            if isinstance(value, Open):
                yield steps, value
            elif isinstance(value, Text):
                yield from ((steps, each) for each in value.opens)
            elif isinstance(value, tuple):
                pending += reversed([((*steps, at), each) for at, each in enumerate(value)])
            elif isinstance(value, Mapping):
                pending += reversed([((*steps, name), each) for name, each in value.items()])

    def lines(self) -> dict[Steps, tuple[str, int]]:
        """Return for the way to each value the file and line that it stands on."""
        found: dict[Steps, tuple[str, int]] = {}
        pending: list[tuple[Steps, Node]] = [((), self)]
        while pending:
            steps, node = pending.pop()
            found[steps] = (node.file, node.line)
            if isinstance(node.value, tuple):
                pending += [((*steps, at), each) for at, each in enumerate(node.value)]
            elif isinstance(node.value, Mapping):
                pending += [((*steps, name), each) for name, each in node.value.items()]
        return found

    def plain(self, fill: Callable[[Open], str]) -> Json:
        """Return the value as JSON's own, with ``fill`` in the open places of texts; what is open as a whole is left out."""
        value = self.value
        if isinstance(value, Text):
            return "".join(part if isinstance(part, str) else fill(part) for part in value.parts)
        if isinstance(value, Open):
            return fill(value)
        if isinstance(value, tuple):
            return [each.plain(fill) for each in value]
        if isinstance(value, Mapping):
            return {name: each.plain(fill) for name, each in value.items()}
        return value.text if isinstance(value, JsonNumber) else value

    def is_longer_than(self, most: int) -> bool:
        """Return whether the texts in this value have more characters than that; an alias can repeat one for a few bytes."""
        pending = [self]
        while pending:
            node = pending.pop()
            value = node.value
            most -= 1
            if isinstance(value, str | Text):
                most -= sum(len(part) for part in parts_of(value) if isinstance(part, str))
            elif isinstance(value, tuple):
                pending += value
            elif isinstance(value, Mapping):
                most -= sum(map(len, value))
                pending += value.values()
            if most < 0:
                return True
        return False

    def count(self, most: int) -> int:
        """Return how many values there are in this one, each as often as it is repeated; ``most`` where there are more."""
        pending = [self]
        found = 0
        while pending and found < most:
            value = pending.pop().value
            found += 1
            if isinstance(value, tuple):
                pending += value
            elif isinstance(value, Mapping):
                pending += value.values()
        return found

    def json(self, fill: Callable[[Open], str]) -> str:
        """Return the value as JSON text, open places filled."""
        return json_text(self.plain(fill), indent=2)

    def at(self, line: int) -> Node:
        """Return the same value on another line: that of its key."""
        return replace(self, line=line)


def texts_of(listed: Node | None) -> tuple[str | Open, ...] | Open:
    """Return the texts of a list; why it is not settled where it is not."""
    if listed is None:
        return ()
    if isinstance(listed.value, Open):
        return listed.value
    said = (item.text_or_open for item in listed.items)
    return tuple(Open("it is no text") if item is None else item for item in said)


def joined(parts: list[str | Open]) -> str | Text | Open:
    """Return a text of parts: a plain one where nothing in it is open, an open value where it is nothing else."""
    if len(parts) > _MOST_PARTS:
        return Open(f"it is put together of more than {_MOST_PARTS} parts")
    if sum(len(part) for part in parts if isinstance(part, str)) > LONGEST_TEXT:
        return Open(f"it has more than {LONGEST_TEXT} characters")
    merged: list[str | Open] = []
    for is_text, group in groupby(parts, lambda part: isinstance(part, str)):
        pieces = list(group)
        merged += ["".join(piece for piece in pieces if isinstance(piece, str))] if is_text else pieces
    merged = [part for part in merged if part != ""]
    if not merged:
        return ""
    if len(merged) == 1:
        return merged[0]
    return Text(tuple(merged))


def parts_of(value: Value) -> list[str | Open]:
    """Return the parts of a value that stands within a text."""
    if isinstance(value, Text):
        return list(value.parts)
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, JsonNumber):
        return [value.text]
    if isinstance(value, str | Open):
        return [value]
    return [Open("a list or an object stands within a text")]
