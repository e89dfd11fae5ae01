"""Make a document of the value that a file gives for it: whole, open, or unreadable with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from diagnosis.facts.reading import Unreadable
from diagnosis.iac.node import Node, Open, Steps, Text, Value, joined, parts_of
from diagnosis.iac.proposal import Document, DocumentKind, OpenDocument, OpenPlace, WholeDocument
from diagnosis.iac.text_trees import TextFault, json_node
from diagnosis.lint.kind import kind_of
from diagnosis.policy import PolicyKind
from diagnosis.policy.language.size_limits import LONGEST

MOST_WITHIN = 500
"""Policies of one resource."""
# Of the private use area: no policy holds them.
_BEGIN, _END = "\ue000", "\ue001"


def document_of(node: Node | None, what: str, how: str, *, first_line: int | None = None) -> Document:
    """Return the document that a value is.

    ``what`` names it in sentences, ``how`` is the way to obtain it where it cannot be read. ``first_line`` is the line of
    the file on which a document begins that is written as text; without it all of it is told by the line of the value.
    """
    if node is None or node.value is None:
        return Unreadable(what, "it is not there", how)
    value = node.value
    if isinstance(value, Open):
        return Unreadable(what, value.why, how)
    if isinstance(value, str | Text):
        return _of_text(node, value, what, how, first_line)
    if not isinstance(value, Mapping):
        return Unreadable(what, "it is no JSON object", how)
    if node.is_longer_than(LONGEST):
        return Unreadable(what, f"it has more than {LONGEST} characters", how)
    opens = _places(node)
    if opens:
        return OpenDocument(node, opens)
    return WholeDocument(node.json(str), node.lines())


def _places(node: Node) -> tuple[OpenPlace, ...]:
    lines = node.lines()
    return tuple(OpenPlace(steps, *lines[steps], each.why, each.sort) for steps, each in node.opens())


def _of_text(node: Node, value: str | Text, what: str, how: str, first_line: int | None) -> Document:
    parts = (value,) if isinstance(value, str) else value.parts
    opens = [part for part in parts if isinstance(part, Open)]
    text, at = "", 0
    for part in parts:
        if isinstance(part, str) and (_BEGIN in part or _END in part):
            return Unreadable(what, "it holds characters that no policy holds", how)
        text += part if isinstance(part, str) else f"{_BEGIN}{at}{_END}"
        at += isinstance(part, Open)
    if len(text) > LONGEST:
        return Unreadable(what, f"it has more than {LONGEST} characters", how)
    tree = json_node(text, node.file, first_line or node.line)
    if isinstance(tree, TextFault):
        why = opens[0].why if opens and _is_open_outside(text) else f"it is {tree.why}"
        return Unreadable(what, why, how)
    if not isinstance(tree.value, Mapping):
        return Unreadable(what, "it is no JSON object", how)
    if first_line is None:
        tree = _on_line(tree, node.line)
    if opens:
        filled = _with_opens(tree, opens)
        return OpenDocument(filled, _places(filled), within_text=True)
    places = tree.lines()
    repeated = [each for _, each in tree.opens()]
    return Unreadable(what, repeated[0].why, how) if repeated else WholeDocument(text, places)


def _is_open_outside(text: str) -> bool:
    """Return whether an open part stands outside of JSON's strings, so that the text is no JSON without its value."""
    inside = False
    skip = False
    for sign in text:
        if skip:
            skip = False
        elif sign == "\\" and inside:
            skip = True
        elif sign == '"':
            inside = not inside
        elif sign == _BEGIN and not inside:
            return True
    return False


def _on_line(node: Node, line: int) -> Node:
    value: Value = node.value
    if isinstance(value, tuple):
        value = tuple(_on_line(each, line) for each in value)
    elif isinstance(value, Mapping):
        value = {name: _on_line(each, line) for name, each in value.items()}
    return Node(value, line, node.file)


def _with_opens(node: Node, opens: list[Open]) -> Node:
    """Return the tree with the open parts in place of their marks; a key that holds one leaves its member open."""
    value = node.value
    if isinstance(value, str) and _BEGIN in value:
        return replace(node, value=joined(_parts(value, opens)))
    if isinstance(value, tuple):
        return replace(node, value=tuple(_with_opens(each, opens) for each in value))
    if isinstance(value, Mapping):
        members: dict[str, Node] = {}
        for name, each in value.items():
            if _BEGIN in name:
                found = [part for part in _parts(name, opens) if isinstance(part, Open)]
                members["?"] = Node(Open(f"the key is not settled: {found[0].why}"), each.line, each.file)
            else:
                members[name] = _with_opens(each, opens)
        return replace(node, value=members)
    return node


def _parts(text: str, opens: list[Open]) -> list[str | Open]:
    first, *rest = text.split(_BEGIN)
    found: list[str | Open] = [first]
    for piece in rest:
        number, _, after = piece.partition(_END)
        found += [opens[int(number)], after]
    return found


def kind_by_elements(document: Document) -> DocumentKind:
    """Return what a document is by its elements alone; an identity-based policy where nothing is known of it."""
    if isinstance(document, WholeDocument):
        tree = json_node(document.text)
        plain = tree.plain(str) if isinstance(tree, Node) else {}
    else:
        plain = document.tree.plain(lambda _: "?") if isinstance(document, OpenDocument) else {}
    kind = kind_of(plain) if isinstance(plain, dict) else PolicyKind.IDENTITY
    return {PolicyKind.TRUST: DocumentKind.TRUST, PolicyKind.RESOURCE: DocumentKind.RESOURCE}.get(
        kind, DocumentKind.IDENTITY
    )


def is_policy(node: Node) -> bool:
    """Return whether a value is a policy, as an object or as text."""
    value = node.value
    if isinstance(value, str | Text):
        known = "".join(part for part in parts_of(value) if isinstance(part, str))
        return known.lstrip().startswith("{") and '"Statement"' in known
    return "Statement" in node.members


def policies_within(node: Node, most: int = MOST_WITHIN) -> list[tuple[Steps, Node]]:
    """Return the policies in a value, however deep."""
    found: list[tuple[Steps, Node]] = []
    pending: list[tuple[Steps, Node]] = [((), node)]
    while pending and len(found) < most:
        steps, each = pending.pop()
        if is_policy(each):
            found.append((steps, each))
        elif isinstance(each.value, tuple):
            pending += reversed([((*steps, at), inner) for at, inner in enumerate(each.value)])
        else:
            pending += reversed([((*steps, name), inner) for name, inner in each.members.items()])
    return found
