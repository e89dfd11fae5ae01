"""Work out the expressions of a folder's Terraform configuration as far as the folder settles them.

A variable has no value of its own: its default can be overridden. What AWS gives (an account, an ARN) is open, with its sort.
Source: Terraform Configuration Language, "Expressions", "References to Named Values".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from diagnosis.hcl.parser import Block, Expression, template_of
from diagnosis.iac.arns import bucket_arn, iam_arn, of_account, provider_arn, repository_arn
from diagnosis.iac.node import DEEPEST, Node, Open, Sort, Text, Value, joined, parts_of
from diagnosis.iac.proposal import Given
from diagnosis.iac.text_trees import json_node
from diagnosis.policy.language.strict_json import JsonNumber
from diagnosis.steps.tools.hcl import UNKNOWN, called

_SHOWN = 100
_MOST_VALUES = 3_000_000
"""Of all folders, values that are used several times counted each time."""
_TOO_LARGE = "the expression is too large to be worked out"
_DATA_OF_ACCOUNT = {
    ("aws_caller_identity", "account_id"): Sort.ACCOUNT,
    ("aws_partition", "partition"): Sort.PARTITION,
    ("aws_partition", "dns_suffix"): Sort.SUFFIX,
    ("aws_region", "name"): Sort.REGION,
    ("aws_region", "id"): Sort.REGION,
    ("aws_region", "region"): Sort.REGION,
}
_NAMES = {"aws_iam_openid_connect_provider": "url", "aws_s3_bucket": "bucket"}
"""The attribute by which a resource is named, where it is not ``name``."""
_THE_LIST_ITSELF = ("tolist", "sensitive", "nonsensitive")
_ORDERED_ANEW = ("toset", "distinct", "sort", "setunion", "reverse")
"""Functions of lists whose items are the list's own, elsewhere or once."""


@dataclass(frozen=True, slots=True)
class Named:
    """A block with the file that it stands in."""

    block: Block
    file: str


@dataclass(frozen=True, slots=True)
class Folder:
    """The configuration of one folder: what its files declare, by the names that expressions use."""

    path: str
    resources: Mapping[tuple[str, str], Named] = field(default_factory=dict)
    data: Mapping[tuple[str, str], Named] = field(default_factory=dict)
    settled: Mapping[str, tuple[Any, str]] = field(default_factory=dict)
    """The local values: expression and file."""
    variables: Mapping[str, tuple[Any, str]] = field(default_factory=dict)
    """Defaults of the variables: expression, None without one, and file."""
    modules: Mapping[str, Named] = field(default_factory=dict)
    outputs: Mapping[str, Named] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    """Texts of all files that were given, by path, for ``file("…")``."""


class Unordered(tuple[Node, ...]):
    """Items of which it is not settled at which place each stands, nor whether it stands there twice."""

    __slots__ = ()


class Work:
    """Counts the values that are worked out for all folders together, so that all of it ends."""

    def __init__(self, left: int = _MOST_VALUES) -> None:
        """Take how many there may be."""
        self.left = left


DocumentMaker: TypeAlias = "Callable[[Evaluation, Named, Mapping[str, Node], int], Node]"
_NO_NAMES: Mapping[str, Node] = {}


class Evaluation:
    """Works out expressions of one folder. Nothing raises; the number of values is bounded."""

    def __init__(
        self,
        folder: Folder,
        given: Given,
        document: DocumentMaker,
        work: Work,
        called_with: Mapping[str, Node] | None = None,
    ) -> None:
        """Take a folder; ``called_with`` are the variables of a module that is called, of which a default is a value.

        ``document`` makes a policy of an ``aws_iam_policy_document``.
        """
        self.folder = folder
        self.given = given
        self.children: dict[str, Evaluation] = {}
        """The modules that the folder calls and whose files are there, by the name of the call."""
        self._called_with = called_with
        self._document = document
        self._work = work
        self._sets: dict[int, Node] = {}
        """What the blocks with ``for_each`` are made for, by the block's identity: the folder keeps the blocks."""
        self._locals: dict[str, Node | None] = {}
        self._documents: dict[tuple[str, str, str], Node | None] = {}

    def node(self, expression: Any, file: str, names: Mapping[str, Node] | None = None, depth: int = 0) -> Node:
        """Return the value of an expression, with the line that it stands on."""
        line = expression.line if isinstance(expression, Expression) else 1
        self._work.left -= 1
        if self._work.left < 0 or depth > DEEPEST:
            return Node(Open(_TOO_LARGE), line, file)
        return self._node(expression, file, names or _NO_NAMES, depth + 1, line)

    def _node(self, expression: Any, file: str, names: Mapping[str, Node], depth: int, line: int) -> Node:
        def inner(each: Any) -> Node:
            return self.node(each, file, names, depth)

        def made(value: Value) -> Node:
            return Node(value, line, file)

        match expression:
            case ("text", parts):
                if len(parts) == 1 and not isinstance(parts[0], str):
                    # "${x}" is x itself.
                    return inner(parts[0]).at(line)
                found: list[str | Open] = []
                for part in parts:
                    found += [part] if isinstance(part, str) else parts_of(inner(part).value)
                return made(joined(found))
            case ("number", written):
                return made(JsonNumber(written))
            case ("bool", holds):
                return made(bool(holds))
            case ("null",):
                return made(None)
            case ("list", items):
                return made(tuple(inner(item) for item in items))
            case ("map", pairs):
                return made(self._map(pairs, inner))
            case ("call", name, arguments):
                return self._call(name, arguments, file, names, depth, line)
            case ("if", condition, yes, no):
                return self._if(inner(condition), yes, no, inner, made)
            case ("not", of):
                value = inner(of).value
                return made(not value if isinstance(value, bool) else Open("a condition is not settled"))
            case ("both", sign, left, right):
                return made(_compared(sign, inner(left), inner(right)))
            case ("for", own, source, condition, result):
                return self._for(own, inner(source), condition, result, file, names, depth, line)
            case ("name", _) | ("member", _, _) | ("index", _, _):
                return self._reference(expression, file, names, depth, line)
            case _:
                return made(Open("an expression that is not worked out"))

    def _map(self, pairs: list[tuple[Any, Any]], inner: Callable[[Any], Node]) -> Value:
        found: dict[str, Node] = {}
        for key, each in pairs:
            name = inner(key)
            text = name.text
            if text is None:
                parts = parts_of(name.value)
                text = parts[0] if len(parts) == 1 and isinstance(parts[0], str) else None
            if text is None:
                return Open("the key of an object is not settled")
            member = inner(each).at(name.line)
            found[text] = (
                Node(Open(f"the key {text[:80]!r} stands twice"), name.line, name.file) if text in found else member
            )
        return found

    def _if(
        self, condition: Node, yes: Any, no: Any, inner: Callable[[Any], Node], made: Callable[[Value], Node]
    ) -> Node:
        holds = condition.value
        if isinstance(holds, bool):
            return inner(yes if holds else no)
        one, other = inner(yes), inner(no)
        if not _has_opens(one) and not _has_opens(other) and one.plain(str) == other.plain(str):
            return one
        return made(Open(holds.why if isinstance(holds, Open) else "a condition is not settled"))

    def _for(
        self,
        own: tuple[str, ...],
        source: Node,
        condition: Any,
        result: Any,
        file: str,
        names: Mapping[str, Node],
        depth: int,
        line: int,
    ) -> Node:
        if isinstance(source.value, Open):
            return Node(source.value, line, file)
        if not isinstance(source.value, tuple) or condition is not None:
            return Node(Open("a loop that is not worked out"), line, file)
        made: list[Node] = []
        for at, item in enumerate(source.value):
            bound = {own[-1]: item, **({own[0]: Node(JsonNumber(str(at)))} if len(own) > 1 else {})}
            made.append(self.node(result, file, {**names, **bound}, depth))
        return Node(_ordered_like((source,), made), line, file)

    def _reference(self, expression: Any, file: str, names: Mapping[str, Node], depth: int, line: int) -> Node:
        words, rest = _words(expression)
        if not words:
            return Node(Open("an expression that is not worked out"), line, file)
        found = self._named(words, file, names, depth)
        for step in rest:
            found = _member(found, step) if isinstance(step, str) else _item(found, self.node(step, file, names, depth))
        # A policy keeps the lines that it was written on; a plain value has the line that it is used on.
        return found if isinstance(found.value, Mapping | tuple) else Node(found.value, line, file)

    def _named(self, words: list[str | Expression], file: str, names: Mapping[str, Node], depth: int) -> Node:
        first = str(words[0])
        plain = [word for word in words if isinstance(word, str)]
        rest = words[1:]
        if first in names:
            return self._along(self._charged(names[first]), rest, file, names, depth)
        if first == "var" and len(plain) > 1:
            return self._along(self._variable(plain[1], depth), words[2:], file, names, depth)
        if first == "local" and len(plain) > 1:
            return self._along(self._local(plain[1], depth), words[2:], file, names, depth)
        if first == "data" and len(plain) > 2:
            return self._data(plain[1], plain[2], words[3:], file, names, depth)
        if first == "path" and plain[1:] == ["module"]:
            return Node(self.folder.path or ".")
        if first in ("each", "count", "self"):
            return Node(Open(f"{first} stands for each instance"))
        if first == "module" and len(plain) > 1:
            return self._output(plain[1], words[2:], file, names, depth)
        if first == "terraform" or first == "path" or len(plain) < 2:
            return Node(Open(f"{'.'.join(plain)[:_SHOWN]} is not settled by the files"))
        return self._resource(first, plain[1], words[2:], file, names, depth)

    def _variable(self, name: str, depth: int) -> Node:
        if self._called_with is None:
            said = self.given.parameters.get(name)
            why = f"the variable {name[:_SHOWN]} has no value here (a default can be overridden)"
            return Node(Open(why) if said is None else said)
        if name in self._called_with:
            return self._charged(self._called_with[name])
        default, file = self.folder.variables.get(name, (None, ""))
        if default is None:
            return Node(Open(f"the call of the module does not set {name[:_SHOWN]}"))
        return self.node(default, file, None, depth + 1)

    def _output(self, name: str, words: list[Any], file: str, names: Mapping[str, Node], depth: int) -> Node:
        child = self.children.get(name)
        if child is None:
            return Node(Open(f"the module {name[:_SHOWN]}, which is not among the files, gives the value"))
        before, what, after = _cut(words)
        output = child.folder.outputs.get(what)
        if before or output is None or "value" not in output.block.attributes:
            return Node(Open(f"the module {name[:_SHOWN]} gives the value"))
        found = child.node(output.block.attributes["value"], output.file, None, depth + 1)
        return self._along(self._charged(found), after, file, names, depth)

    def _along(self, node: Node, words: list[Any], file: str, names: Mapping[str, Node], depth: int) -> Node:
        for word in words:
            node = _member(node, word) if isinstance(word, str) else _item(node, self.node(word, file, names, depth))
        return node

    def _local(self, name: str, depth: int) -> Node:
        if name not in self._locals:
            settled = self.folder.settled.get(name)
            # A value that needs itself finds nothing.
            self._locals[name] = None
            if settled is not None:
                self._locals[name] = self.node(settled[0], settled[1], None, depth)
        found = self._locals[name]
        return (
            Node(Open(f"local.{name[:_SHOWN]} is not settled by the files")) if found is None else self._charged(found)
        )

    def _charged(self, node: Node) -> Node:
        """Return a value that is used once more, counted: used twice at each step it would grow without an end."""
        work = self._work
        work.left -= node.count(work.left + 1) if work.left >= 0 else 0
        return Node(Open(_TOO_LARGE)) if work.left < 0 else node

    def instance(self, named: Named, at: Node | None, depth: int = 0) -> Mapping[str, Node]:
        """Return what ``each`` and ``count`` mean in the instance of a block with this key or number."""
        attributes = named.block.attributes
        if at is None or at.value is None or isinstance(at.value, Open):
            return _NO_NAMES
        if "count" in attributes and isinstance(at.value, JsonNumber):
            return {"count": Node({"index": at})}
        if "for_each" not in attributes or at.text is None:
            return _NO_NAMES
        items = self.made_for(named, depth)
        if isinstance(items.value, Mapping) and at.text in items.value:
            return {"each": Node({"key": at, "value": items.value[at.text]})}
        return {"each": Node({"key": at, "value": at})} if isinstance(items.value, tuple) else _NO_NAMES

    def made_for(self, named: Named, depth: int = 0) -> Node:
        """Return the set or object of a block's ``for_each``."""
        key = id(named.block)
        if key not in self._sets:
            self._sets[key] = Node(Open("a set needs itself"))
            self._sets[key] = self.node(named.block.attributes["for_each"], named.file, None, depth + 1)
        return self._sets[key]

    def _at(self, before: list[Any], file: str, names: Mapping[str, Node], depth: int) -> Node | None:
        return self.node(before[0], file, names, depth + 1) if len(before) == 1 else None

    def _data(self, kind: str, name: str, words: list[Any], file: str, names: Mapping[str, Node], depth: int) -> Node:
        before, what, after = _cut(words)
        sort = _DATA_OF_ACCOUNT.get((kind, what))
        if sort is not None:
            return Node(of_account(self.given, sort))
        block = self.folder.data.get((kind, name))
        at = self._at(before, file, names, depth)
        if kind == "aws_iam_policy_document" and what in ("json", "minified_json"):
            return self._policy(kind, name, block, at, depth)
        found = self._attribute(kind, f"data.{kind}.{name}", what, block, at, depth)
        return self._along(found, after, file, names, depth)

    def _policy(self, kind: str, name: str, block: Named | None, at: Node | None, depth: int) -> Node:
        if block is None:
            return Node(Open(f"data.{kind}.{name[:_SHOWN]} is not in the files"))
        key = (kind, name, repr(at.value) if at is not None else "")
        if key not in self._documents:
            self._documents[key] = None
            self._documents[key] = self._document(self, block, self.instance(block, at, depth), depth)
        found = self._documents[key]
        return Node(Open("a policy document holds itself")) if found is None else self._charged(found)

    def _resource(
        self, kind: str, name: str, words: list[Any], file: str, names: Mapping[str, Node], depth: int
    ) -> Node:
        before, what, after = _cut(words)
        block = self.folder.resources.get((kind, name))
        if block is None:
            return Node(Open(f"{kind[:_SHOWN]}.{name[:_SHOWN]} is not in the files"))
        at = self._at(before, file, names, depth)
        return self._along(self._attribute(kind, f"{kind}.{name}", what, block, at, depth), after, file, names, depth)

    def _attribute(self, kind: str, address: str, what: str, named: Named | None, at: Node | None, depth: int) -> Node:
        """Return an attribute of a resource: as it is set, or put together as AWS does, or open."""
        address = address[:_SHOWN]
        names = _NO_NAMES if named is None else self.instance(named, at, depth)

        def read(name: str) -> Value:
            if named is None or name not in named.block.attributes:
                return None
            return self.node(named.block.attributes[name], named.file, names, depth + 1).value

        own = read(what)
        if own is not None:
            return Node(own)
        of_aws = Open(f"{what or 'it'} of {address} is not known before it is there", _sort(kind, what))
        name, given = read(_NAMES.get(kind, "name")), self.given
        match kind, what:
            case "aws_iam_role" | "aws_iam_policy", "arn" if name is not None:
                return Node(iam_arn(given, kind.removeprefix("aws_iam_"), read("path") or "/", name))
            case "aws_iam_openid_connect_provider", "arn" if name is not None:
                return Node(provider_arn(given, name))
            case "aws_ecr_repository", "arn" if name is not None:
                return Node(repository_arn(given, name))
            case "aws_s3_bucket", "arn" if name is not None:
                return Node(bucket_arn(given, name))
            case "aws_iam_role" | "aws_ecr_repository" | "aws_s3_bucket", "id" if name is not None:
                return Node(name)
            case _:
                return Node(of_aws)

    def _call(
        self, name: str, arguments: list[Any], file: str, names: Mapping[str, Node], depth: int, line: int
    ) -> Node:
        def made(value: Value) -> Node:
            return Node(value, line, file)

        given: list[Node] = []
        for each in arguments:
            if each[0] != "spread":
                given.append(self.node(each, file, names, depth))
                continue
            listed = self.node(each[1], file, names, depth)
            if not isinstance(listed.value, tuple) or isinstance(listed.value, Unordered):
                return made(Open(f"{name[:_SHOWN]} gets a list that is not settled"))
            given += listed.value
        match name, given:
            case "jsonencode", [value]:
                return value
            case "jsondecode", [value]:
                return self._decoded(value, made)
            case "file", [path] if path.text is not None:
                return self._file(path.text, made)
            case "templatefile", [path, values] if path.text is not None:
                return self._template(self._file(path.text, made), values, depth, made)
            case _, [listed] if name in _ORDERED_ANEW and isinstance(listed.value, tuple):
                return made(_ordered(name, listed.value))
            case "join", [_, listed] if isinstance(listed.value, Unordered):
                return made(Open("join gets a list whose order is not settled"))
            case "join", [sign, listed] if sign.text is not None and isinstance(listed.value, tuple):
                found: list[str | Open] = []
                for at, each in enumerate(listed.value):
                    found += [*([sign.text] if at else []), *parts_of(each.value)]
                return made(joined(found))
            case "format", [pattern, *rest] if (pieces := (pattern.text or "%").split("%s")) and len(pieces) == len(
                rest
            ) + 1:
                if not any("%" in piece for piece in pieces):
                    parts: list[str | Open] = [pieces[0]]
                    for each, piece in zip(rest, pieces[1:], strict=True):
                        parts += [*parts_of(each.value), piece]
                    return made(joined(parts))
            case "concat", _ if all(isinstance(each.value, tuple) for each in given):
                return made(_ordered_like(given, (item for each in given for item in each.items)))
            case "flatten", [listed] if isinstance(listed.value, tuple):
                flat = list(_flat(listed))
                # What is open may be a list of its own.
                whole = all(not isinstance(each.value, Open) for each in flat)
                return made(_ordered_like(_lists_in(listed), flat) if whole else Unordered(flat))
            case "compact", [listed] if isinstance(listed.value, tuple):
                kept = [each for each in listed.value if each.value not in ("", None)]
                whole = all(not isinstance(each.value, Open | Text) for each in kept)
                return made(_ordered_like((listed,), kept) if whole else Unordered(kept))
            case _, [listed] if name in _THE_LIST_ITSELF and isinstance(listed.value, tuple):
                return made(listed.value)
            case "tostring" | "sensitive" | "nonsensitive", [value]:
                return value
        return made(self._known(name, given))

    def _known(self, name: str, given: list[Node]) -> Value:
        """Call a function of which every argument is known."""
        unknown = Open(f"the function {name[:_SHOWN]} is not worked out")
        opened = next((each for node in given for _, each in node.opens()), None)
        if opened is not None:
            return Open(opened.why)
        plain = [_strings(each) for each in given]
        # A text that looks like a template stands for something unknown to the functions.
        if None in plain or name in ("coalesce", "length", "keys", "values"):
            return unknown
        found = called(name, [each for each in plain if each is not None])
        if isinstance(found, str) and UNKNOWN not in found:
            return found
        if isinstance(found, list) and all(isinstance(each, str) and UNKNOWN not in each for each in found):
            return tuple(Node(str(each)) for each in found)
        return unknown

    def _decoded(self, value: Node, made: Callable[[Value], Node]) -> Node:
        if isinstance(value.value, Mapping | tuple):
            return value
        tree = json_node(value.text, value.file) if value.text is not None else None
        return tree if isinstance(tree, Node) else made(Open("jsondecode gets a text that is not settled"))

    def _file(self, path: str, made: Callable[[Value], Node]) -> Node:
        steps: list[str] = []
        for step in path.split("/"):
            if step == ".." and steps:
                steps.pop()
            elif step not in ("", "."):
                steps.append(step)
        place = "/".join(steps)
        text = None if path.startswith("/") else self.folder.files.get(place)
        return made(Open(f"the file {place[:_SHOWN]} is not among the files")) if text is None else Node(text, 1, place)

    def _template(self, file: Node, values: Node, depth: int, made: Callable[[Value], Node]) -> Node:
        """Return the text of a file of templates with these values, on the lines of that file."""
        if file.text is None:
            return file
        expression = template_of(file.text)
        if expression is None or not isinstance(values.value, Mapping):
            return made(Open("a file of templates that is not worked out"))
        return Node(self.node(expression, file.file, values.members, depth).value, 1, file.file)


def _words(expression: Any) -> tuple[list[str | Expression], list[str | Expression]]:
    """Return a reference as its words and indexes; nothing where its root is no name."""
    found: list[str | Expression] = []
    while isinstance(expression, tuple) and expression[0] in ("member", "index"):
        found.append(expression[2])
        expression = expression[1]
    if isinstance(expression, tuple) and expression[0] == "name":
        return [expression[1], *reversed(found)], []
    return [], []


def references_in(expression: Any, key_of: Callable[[Any], str], depth: int = 0) -> Iterator[str]:
    """Yield the addresses that an expression names: ``aws_iam_role.release``, with the key of an instance where it is known.

    ``key_of`` writes an index as an address does, ``["blue"]``; empty where it is not settled.
    """
    if depth > DEEPEST or not isinstance(expression, tuple | list):
        return
    if isinstance(expression, Expression) and expression and expression[0] in ("member", "index", "name"):
        words, _ = _words(expression)
        plain = [word for word in words if isinstance(word, str)]
        if len(plain) > 1 and plain[0] not in ("var", "local", "data", "each", "count", "module", "path", "terraform"):
            index = key_of(words[2]) if len(words) > 2 and not isinstance(words[2], str) else ""
            yield f"{plain[0]}.{plain[1]}{index}"
            return
    for each in expression:
        yield from references_in(each, key_of, depth + 1)


def _cut(words: list[Any]) -> tuple[list[Any], str, list[Any]]:
    """Return the indexes before the first name, the name, and what follows it."""
    at = next((at for at, word in enumerate(words) if isinstance(word, str)), len(words))
    return words[:at], words[at] if at < len(words) else "", words[at + 1 :]


def _member(node: Node, name: str) -> Node:
    if isinstance(node.value, Open):
        return node
    return node.members.get(name) or Node(Open(f"there is no member {name[:_SHOWN]}"))


def _item(node: Node, at: Node) -> Node:
    if isinstance(node.value, Open):
        return node
    if isinstance(node.value, Unordered) and len(node.value) > 1:
        return Node(Open("which item stands there is not settled"))
    if isinstance(node.value, tuple) and isinstance(at.value, JsonNumber) and at.value.text.isdecimal():
        place = int(at.value.text[:6])
        if place < len(node.value):
            return node.value[place]
    if isinstance(node.value, Mapping) and at.text is not None and at.text in node.value:
        return node.value[at.text]
    return Node(Open("an index that is not settled"))


def _ordered_like(sources: Iterable[Node], items: Iterable[Node]) -> tuple[Node, ...]:
    """Return items that were taken one by one from these lists: their places are settled where all the lists' are."""
    made = Unordered if any(isinstance(each.value, Unordered) for each in sources) else tuple
    return made(items)


def _ordered(name: str, items: tuple[Node, ...]) -> tuple[Node, ...]:
    """Return the items in the order that a function gives them."""
    if name == "reverse":
        return _ordered_like((Node(items),), items[::-1])
    if isinstance(items, Unordered) or any(each.text is None for each in items):
        return Unordered(items)
    first: dict[str, Node] = {}
    for each in items:
        first.setdefault(str(each.text), each)
    once = tuple(first.values())
    if name == "distinct":
        return once
    # A set of texts is gone through in their order.
    return tuple(sorted(items if name == "sort" else once, key=lambda each: str(each.text)))


def _compared(sign: str, left: Node, right: Node) -> Value:
    one, other = left.value, right.value
    if sign in ("&&", "||"):
        decides = sign == "||"
        if one is decides or other is decides:
            return decides
        return (
            (not decides) if isinstance(one, bool) and isinstance(other, bool) else Open("a condition is not settled")
        )
    scalars = str | bool | JsonNumber
    if isinstance(one, JsonNumber) and isinstance(other, JsonNumber) and not (one.text + other.text).isdecimal():
        # 1 is 1.0.
        return (sign == "==") if one == other and sign in ("==", "!=") else Open("a comparison that is not settled")
    if sign in ("==", "!=") and isinstance(one, scalars) and isinstance(other, scalars) and type(one) is type(other):
        return (one == other) == (sign == "==")
    return Open("a comparison or a sum that is not settled")


def _strings(node: Node) -> Any:
    """Return a known value as the functions take it: texts and lists of texts; None for anything else."""
    value = node.value
    if isinstance(value, tuple):
        inner = [_strings(each) for each in value]
        return None if None in inner else inner
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, JsonNumber):
        return value.text
    return value if isinstance(value, str) and "$" not in value else None


def _flat(node: Node) -> Iterator[Node]:
    pending = [node]
    while pending:
        each = pending.pop()
        if isinstance(each.value, tuple):
            pending += reversed(each.value)
        else:
            yield each


def _lists_in(node: Node) -> Iterator[Node]:
    """Yield the list and those in it."""
    pending = [node]
    while pending:
        each = pending.pop()
        if isinstance(each.value, tuple):
            yield each
            pending += each.value


def _sort(kind: str, what: str) -> Sort:
    if not kind.startswith("aws_") or kind.startswith(("aws_ssm_", "aws_secretsmanager_")):
        return Sort.ANY
    return Sort.ARN if what == "arn" else Sort.NAME if what in ("id", "unique_id", "name") else Sort.ANY


def _has_opens(node: Node) -> bool:
    return next(node.opens(), None) is not None
