"""What a place of a file rests on: the block or resource around it, with every value that this names in turn.

Something that could not be read is passed over where it is as it was on the base branch. That it is called alike on both sides
does not say so: a module whose version changed, a variable with another default, a template's parameter that a file of values
sets otherwise are called as before. Two places are alike here only if all that they rest on is written alike, but for layout and
comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from posixpath import normpath
from typing import Any, TypeAlias

from diagnosis.hcl.parser import Block, read_hcl
from diagnosis.iac.files import is_template
from diagnosis.iac.node import Node
from diagnosis.iac.text_trees import TextFault, json_node, yaml_node

Reference: TypeAlias = "tuple[str, ...]"
Written: TypeAlias = "tuple[str, ...]"
"""The texts of all that something rests on."""

_LARGEST = 512 * 1024
_MOST_STEPS = 2_000
_LONGEST_LINE = 10_000
_TF_VAR = "TF_VAR_"
"""How a variable of Terraform is named in the environment."""
_WORDS = re.compile(r"[A-Za-z0-9_]+")
_UNSAID = frozenset({"tags", "tags_all", "description", "Tags", "Description", "Metadata"})
"""What a resource may say without a bearing on who is let in."""
_OWNERS = ("role", "roles", "role_name", "user", "users", "group", "groups", "RoleName", "Roles")
_COUNTED = ("count", "for_each")
_WITHOUT_BEARING = frozenset({"default_tags", "ignore_tags", "max_retries", "retry_mode"})
"""What a provider of Terraform may say without a bearing on where things are made."""
_FOLLOWED = ("Parameters", "Mappings", "Conditions", "Globals")
_OF_TERRAFORM = (".tf", ".tofu")
_OF_VALUES = (".tfvars",)


@dataclass(frozen=True, slots=True)
class Unit:
    """A block of Terraform, a resource or parameter of a template, or a whole file of another sort."""

    name: Reference
    """``("aws_iam_role", "r")``, ``("var", "subject")``; of a template's resource its name."""
    kind: str
    file: str
    line: int
    written: str = field(repr=False)
    """Without layout and comments."""
    refers: frozenset[Reference] = field(default=frozenset(), repr=False)
    words: frozenset[str] = field(default=frozenset(), repr=False)
    """The texts that stand in it."""
    members: frozenset[str] = frozenset()
    """The attributes or properties that it sets."""
    owner: Unit | None = field(default=None, repr=False)
    """The variables or parameters that tell what it is attached to; None where none do."""
    when: Unit | None = field(default=None, repr=False)
    """What decides whether it comes to be: a count, a condition; None where it always does."""
    by: Unit | None = field(default=None, repr=False)
    """The provider of Terraform by which it is made, and so in which account; None where the files do not choose one."""


class Units:
    """The units of all files of one side."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        """Take the texts by path. Nothing raises."""
        self._texts = texts
        self._of: dict[str, tuple[Unit, ...]] = {}

    def of_file(self, path: str) -> tuple[Unit, ...]:
        """Return the units of a file in the order of their lines; one for a file that has none of its own."""
        if path not in self._of:
            text = self._texts.get(path)
            self._of[path] = () if text is None else _units(path, text)
        return self._of[path]

    @cached_property
    def every(self) -> tuple[Unit, ...]:
        """Those of all files of infrastructure code."""
        return tuple(unit for path in sorted(self._texts) for unit in self.of_file(path))

    @cached_property
    def _named(self) -> Mapping[tuple[str, Reference], tuple[Unit, ...]]:
        found: dict[tuple[str, Reference], list[Unit]] = {}
        for unit in self.every:
            found.setdefault((scope_of(unit.file), unit.name), []).append(unit)
        return {key: tuple(units) for key, units in found.items()}

    @cached_property
    def _by_call(self) -> Mapping[str, tuple[Unit, ...]]:
        """Return the arguments of all calls of modules, by the variable that they set."""
        found: dict[str, list[Unit]] = {}
        for unit in self.every:
            if unit.kind == "argument":
                found.setdefault(unit.name[-1], []).append(unit)
        return {name: tuple(units) for name, units in found.items()}

    def around(self, file: str, line: int | None) -> tuple[Unit, ...]:
        """Return the unit in which a line stands, and those that attach policies to what it makes."""
        own = [unit for unit in self.of_file(file) if unit.kind != "argument"]
        at = max((unit for unit in own if unit.line <= (line or 1)), key=lambda unit: unit.line, default=None)
        if at is None or at.kind in _FOLLOWED:
            return (self._whole(file),) if file in self._texts else ()
        if at.kind != "aws_iam_role":
            return (at,)
        attaching = (each for each in self.every if each.kind.startswith("aws_iam_") and "attachment" in each.kind)
        return (at, *(each for each in attaching if scope_of(each.file) == scope_of(file)))

    def _whole(self, file: str) -> Unit:
        return Unit((file,), "", file, 1, " ".join(self._texts[file].split()))

    def rests_on(self, start: Iterable[Unit]) -> Written:
        """Return all that these units rest on, themselves included."""
        pending, seen = list(start), dict[int, Unit]()
        more: set[str] = set()
        while pending and len(seen) < _MOST_STEPS:
            unit = pending.pop()
            if id(unit) in seen:
                continue
            seen[id(unit)] = unit
            for reference in unit.refers:
                pending += self._named.get((scope_of(unit.file), reference), ())
                if reference[0] == "var":
                    pending += self._by_call.get(reference[-1], ())
                if reference[0] in ("var", "Parameters"):
                    more.update(self._values_of(reference[-1]))
            if unit.kind == "module":
                pending += self._outputs_of(unit)
            more.update(self._files_named(unit.words, unit.file))
        return tuple(sorted({unit.written for unit in seen.values()} | more))

    def _outputs_of(self, call: Unit) -> Iterator[Unit]:
        """Yield the outputs of the folder beside this one that a call names."""
        for source in call.words:
            if source.startswith(("./", "../")):
                folder = normpath(f"{scope_of(call.file) or '.'}/{source}")
                yield from (unit for unit in self.every if unit.kind == "output" and scope_of(unit.file) == folder)

    def _values_of(self, name: str) -> Iterator[str]:
        """Yield what files of values, scripts and workflows give a variable or parameter."""
        for path in sorted(self._texts):
            if path.endswith(_OF_VALUES):
                yield from (f"{path}: {unit.written}" for unit in self.of_file(path) if unit.name == ("var", name))
            elif (
                not path.endswith(_OF_TERRAFORM)
                and not _is_template_of(self.of_file(path))
                and name in self._texts[path]
            ):
                lines = self._texts[path].splitlines()
                for at, line in enumerate(lines):
                    if _gives(line, name):
                        yield f"{path}: {' '.join(' '.join(lines[at : at + 3]).split())}"

    def _files_named(self, words: frozenset[str], own: str) -> Iterator[str]:
        named = {word.rpartition("/")[2] for word in words if "." in word} - {""}
        if named:
            for path, text in self._texts.items():
                if path != own and path.rpartition("/")[2] in named:
                    yield f"{path}: {text}"


def _gives(line: str, name: str) -> bool:
    """Return whether a line gives a variable or parameter a value: ``name = …``, ``TF_VAR_name=…``, ``ParameterKey: name``."""
    at = line.find(name) if len(line) < _LONGEST_LINE else -1
    while at >= 0:
        left, right = line[:at], line[at + len(name) :]
        alone = not (right[:1].isalnum() or right[:1] in ("_", "-"))
        if alone and left.endswith(_TF_VAR):
            return True
        starts = not (left[-1:].isalnum() or left[-1:] in ("_", "-", "."))
        if alone and starts and (right.lstrip("\"' ").startswith(("=", ":")) or "ParameterKey" in left):
            return True
        at = line.find(name, at + 1)
    return False


def scope_of(file: str) -> str:
    """Return where a unit's name is unique: the folder of a configuration, or a template."""
    return file.rpartition("/")[0] if file.endswith((*_OF_TERRAFORM, *_OF_VALUES)) else file


def _is_template_of(units: tuple[Unit, ...]) -> bool:
    return any(unit.name[0] == "Resources" for unit in units)


def _units(path: str, text: str) -> tuple[Unit, ...]:
    if len(text) > _LARGEST:
        return (Unit((path,), "", path, 1, text),)
    if path.endswith(_OF_TERRAFORM):
        root, unread = read_hcl(text)
        found = [unit for block in root.blocks for unit in _of_block(block, path)]
        # What is not in the language as it is understood here is taken as it is written.
        found += [Unit((path, str(n)), "?", path, each.line, text) for n, each in enumerate(unread)]
        return tuple(sorted(found, key=lambda unit: unit.line))
    if path.endswith(_OF_VALUES):
        root, _ = read_hcl(text)
        return tuple(Unit(("var", name), "value", path, 1, repr(value)) for name, value in root.attributes.items())
    if "Resources" in text:
        tree = json_node(text, path) if text.lstrip().startswith("{") else yaml_node(text, path)
        if not isinstance(tree, TextFault) and is_template(tree):
            return tuple(_of_template(tree, path))
    return (Unit((path,), "", path, 1, " ".join(text.split())),)


def _of_block(block: Block, path: str) -> Iterator[Unit]:
    if block.kind == "locals":
        for name, value in block.attributes.items():
            yield _made(("local", name), "local", path, block.lines.get(name, block.line), {name: value})
        return
    if block.kind == "provider":
        yield _provider(block, path)
        return
    own: Reference = (
        block.labels if block.kind == "resource" else ({"variable": "var"}.get(block.kind, block.kind), *block.labels)
    )
    kind = block.labels[0] if block.kind == "resource" and block.labels else block.kind
    made = _made(own, kind, path, block.line, {block.kind: block})
    said = {name: block.attributes[name] for name in _OWNERS if block.kind == "resource" and name in block.attributes}
    owner = _owner(_made(own, kind, path, block.line, said).refers, made)
    yield replace(made, owner=owner, when=_when(block, made), by=_by(block, made))
    for member, value in block.attributes.items() if block.kind == "module" else ():
        yield _made((*own, member), "argument", path, block.lines.get(member, block.line), {member: value})


def _provider(block: Block, path: str) -> Unit:
    name: Reference = ("provider", *block.labels, _plain(block.attributes.get("alias")))
    own = {key: each for key, each in block.attributes.items() if key not in _WITHOUT_BEARING}
    inner = tuple(each for each in block.blocks if each.kind not in _WITHOUT_BEARING)
    return _made(name, "provider", path, block.line, {"provider": replace(block, attributes=own, blocks=inner)})


def _plain(value: Any) -> str:
    """Return a text without expressions; empty for anything else."""
    is_text = isinstance(value, tuple) and len(value) == 2 and value[0] == "text" and len(value[1]) == 1
    return str(value[1][0]) if is_text else ""


def _when(block: Block, of: Unit) -> Unit | None:
    said: dict[str, Any] = {name: block.attributes[name] for name in _COUNTED if name in block.attributes}
    said |= {each.kind: each for each in block.inner("lifecycle")}
    return _made(of.name, "when", of.file, of.line, said) if said and block.kind in ("resource", "module") else None


def _by(block: Block, of: Unit) -> Unit | None:
    """Return which providers a resource or a module is made by: those that it names, else the one without an alias."""
    if block.kind not in ("resource", "module"):
        return None
    name = "provider" if block.kind == "resource" else "providers"
    value = block.attributes.get(name)
    refers = frozenset(("provider", *pair) for pair in _pairs(value))
    if value is None:
        refers = frozenset({("provider", of.kind.partition("_")[0] if block.kind == "resource" else "aws", "")})
    return Unit(of.name, "by", of.file, of.line, repr(value), refers)


def _pairs(value: Any) -> Iterator[tuple[str, str]]:
    """Yield what an expression names by two words: ``aws.prod``; a name alone is followed by no second one."""
    pair = _pair(value)
    if pair is not None:
        yield pair
    elif isinstance(value, tuple) and len(value) == 2 and value[0] == "name":
        yield (str(value[1]), "")
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _pairs(each)


def _owner(refers: frozenset[Reference], of: Unit) -> Unit | None:
    open_ones = frozenset(each for each in refers if each[0] in ("var", "Parameters"))
    return Unit(of.name, "owner", of.file, of.line, "", open_ones) if open_ones else None


def _made(name: Reference, kind: str, path: str, line: int, holds: Mapping[str, Any]) -> Unit:
    refers: set[Reference] = set()
    words: set[str] = set()
    members: set[str] = set()
    said = [f"{key} {_said(value, refers, words, members)}" for key, value in holds.items()]
    return Unit(
        name, kind, path, line, f"{'.'.join(name)}: {said}", frozenset(refers), frozenset(words), frozenset(members)
    )


def _said(value: Any, refers: set[Reference], words: set[str], members: set[str] | None = None) -> str:
    if isinstance(value, Block):
        own = {name: each for name, each in value.attributes.items() if name not in _UNSAID}
        if members is not None:
            members.update(own, (inner.kind for inner in value.blocks))
        listed = [f"{name}={_said(each, refers, words)}" for name, each in sorted(own.items())]
        listed += [f"{each.kind}{each.labels}{_said(each, refers, words)}" for each in value.blocks]
        return "{" + ";".join(listed) + "}"
    if isinstance(value, tuple | list):
        reference = _reference(value)
        if reference is not None:
            refers.add(reference)
        return "(" + ",".join(_said(each, refers, words) for each in value) + ")"
    if isinstance(value, str):
        words.add(value)
    return repr(value)


def _reference(value: Any) -> Reference | None:
    """Return what an expression names, if it is one that names something: ``var.x``, ``data.kind.name``."""
    if len(value) != 3 or value[0] != "member" or not isinstance(value[2], str):
        return None
    of = value[1]
    if isinstance(of, tuple) and len(of) == 2 and of[0] == "name":
        # What another resource of AWS is called does not depend on how it is set up.
        return None if of[1] == "data" or str(of[1]).startswith("aws") else (of[1], value[2])
    inner = _pair(of)
    return ("data", inner[1], value[2]) if inner is not None and inner[0] == "data" else None


def _pair(value: Any) -> tuple[str, str] | None:
    if isinstance(value, tuple) and len(value) == 3 and value[0] == "member" and isinstance(value[2], str):
        of = value[1]
        if isinstance(of, tuple) and len(of) == 2 and of[0] == "name":
            return of[1], value[2]
    return None


def _of_template(root: Node, path: str) -> Iterator[Unit]:
    followed = {name: part for part in _FOLLOWED for name in (root.get(part) or Node(None)).members}
    for part in ("Resources", *_FOLLOWED):
        for name, node in (root.get(part) or Node(None)).members.items():
            plain = node.plain(lambda value: value.why)
            if isinstance(plain, dict):
                own = plain.get("Properties")
                plain = {key: each for key, each in plain.items() if key not in _UNSAID}
                if isinstance(own, dict):
                    plain["Properties"] = {key: each for key, each in own.items() if key not in _UNSAID}
            said = repr(plain)
            words = set(_WORDS.findall(said))
            refers = frozenset((followed[word], word) for word in words if word in followed)
            if part == "Parameters":
                refers |= {("Parameters", name)}
            kind = node.get("Type")
            own_members = frozenset((node.get("Properties") or Node(None)).members)
            properties = node.get("Properties") or Node(None)
            given = (each for name, each in properties.members.items() if name in _OWNERS)
            told = " ".join(repr(each.plain(lambda value: value.why)) for each in given)
            owners = frozenset((followed[word], word) for word in _WORDS.findall(told) if word in followed)
            made = Unit(
                (part, name),
                (kind.text or "") if part == "Resources" and kind is not None else part,
                path,
                node.line,
                f"{part}.{name}: {said}",
                refers,
                frozenset(word for word in said.replace("'", " ").replace('"', " ").split() if "." in word),
                own_members,
            )
            yield (
                replace(made, owner=_owner(owners, made), when=_condition(node, made, followed))
                if part == "Resources"
                else made
            )


def _condition(node: Node, of: Unit, followed: Mapping[str, str]) -> Unit | None:
    condition = node.get("Condition")
    if condition is None:
        return None
    said = repr(condition.plain(lambda value: value.why))
    refers = frozenset((followed[word], word) for word in _WORDS.findall(said) if word in followed)
    return Unit(of.name, "when", of.file, of.line, said, refers)
