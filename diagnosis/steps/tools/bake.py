"""Read what ``docker buildx bake`` pushes: the tags of its targets, by the bake file, the environment and ``--set``.

Without ``-f`` bake merges all files of its default names that are there. A variable takes its value from the environment,
else its default. Source: Docker's bake reference.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import product
from typing import Any

from diagnosis.facts.reading import Absent
from diagnosis.hcl.parser import Block, hcl_blocks
from diagnosis.steps.kinds import Operation, StepKind
from diagnosis.steps.repository_files import Files
from diagnosis.steps.tools.call import Call, Found, arguments, has, may_be_ecr, options, pulls, pushes, understood
from diagnosis.steps.tools.compose import compose_services, of_described_build
from diagnosis.steps.tools.hcl import UNKNOWN, Value, Work, evaluated
from diagnosis.steps.tools.interpolation import interpolated
from diagnosis.steps.yaml_text import member, text_of, texts_of

DEFAULT_FILES = (
    "compose.yaml",
    "compose.yml",
    "docker-compose.yml",
    "docker-compose.yaml",
    "docker-bake.json",
    "docker-bake.hcl",
    "docker-bake.override.json",
    "docker-bake.override.hcl",
)
_OF_BUILD = ("context", "dockerfile", "dockerfile-inline", "args", "target", "contexts")
_VALUED = frozenset(
    {
        "-f",
        "--file",
        "--set",
        "--progress",
        "--builder",
        "--metadata-file",
        "--provenance",
        "--sbom",
        "--call",
        "--allow",
        "--list",
    }
)


@dataclass(slots=True)
class _File:
    """The targets and groups of the bake files, merged."""

    targets: dict[str, dict[str, Value]] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    whole: bool = True
    """Whether all files could be read."""


def bake(call: Call) -> Found:
    """Read ``bake …``: the words behind ``docker buildx``."""
    tail = call.tail
    return bake_operations(
        call.files,
        call.folder,
        call.values,
        files=options(tail, "-f", "--file"),
        targets=arguments(tail, _VALUED),
        sets=options(tail, "--set"),
        push=has(tail, "--push"),
    )


def bake_operations(
    known: Files,
    folder: str | None,
    values: Mapping[str, str],
    *,
    files: Sequence[str] = (),
    targets: Sequence[str] = (),
    sets: Sequence[str] = (),
    push: bool = False,
    kind: StepKind = StepKind.BUILDX,
) -> tuple[Operation, ...]:
    """Return the pushes and the pulls of caches of a bake, by the command or by ``docker/bake-action``.

    ``files``: as named, none for the default ones; ``sets``: ``target.key=value``. A target that cannot be read is a push to
    a target that is not known, where the bake pushes at all.
    """
    read, source = _read(known, folder, values, files)
    wanted = _members(list(targets) or ["default"], read) if read.whole else None
    if wanted is None or not wanted:
        named = [value for key, sign, value in map(_set_of, sets) if key.endswith(".tags") and sign == "="]
        everywhere = any(key == "*.tags" for key, _, _ in map(_set_of, sets))
        asked = push or any("output" in each and ("registry" in each or "push=true" in each) for each in sets)
        if not asked:
            return understood(kind) if read.whole else pushes(kind, [None], source)
        return pushes(kind, named if named and everywhere else [*named, None], source)
    found: list[Operation] = []
    for name in wanted:
        target = _with_sets(name, read.targets[name], sets)
        found.extend(_of_target(target, push=push, kind=kind, source=source))
        found.extend(of_described_build(kind, known, folder, _described_build(name, target, sets), {}))
    return tuple(dict.fromkeys(found)) or understood(kind)


def _of_target(target: dict[str, Value], *, push: bool, kind: StepKind, source: str) -> tuple[Operation, ...]:
    outputs = _described(target.get("output") or target.get("outputs"))
    pushed = push or any("type=registry" in each or "push=true" in each for each in outputs)
    caches = [each for each in _described(target.get("cache-from")) if may_be_ecr(_reference(each))]
    found = list(pulls(kind, [_reference(each) for each in caches], source))
    if pushed:
        tags = [each for each in _texts(target.get("tags")) if each]
        names = [name for each in outputs for name in re.findall(r"name=\"?([^\s,\"]+)", each)]
        found.extend(pushes(kind, tags or names or [None], source))
    elif any("$" in each for each in outputs):
        found.extend(pushes(kind, [None], source))
    written = [each for each in _described(target.get("cache-to")) if "type=registry" in each or "=" not in each]
    found.extend(pushes(kind, [_reference(each) for each in written], source) if written else ())
    return tuple(found)


def _described_build(name: str, target: dict[str, Value], sets: Sequence[str]) -> dict[str, Any]:
    """Return what describes the build of a target, with what ``--set`` says of it."""
    found: dict[str, Any] = {key: target[key] for key in _OF_BUILD if key in target}
    for key, _, value in map(_set_of, sets):
        pattern, _, member_name = key.partition(".")
        kind, _, inner = member_name.partition(".")
        if not fnmatchcase(name, pattern):
            continue
        if kind in ("args", "contexts") and inner:
            earlier = found.get(kind)
            found[kind] = {**(earlier if isinstance(earlier, dict) else {}), inner: value}
        elif member_name in ("context", "dockerfile", "target"):
            found[member_name] = value
    return found


def _described(value: Value | None) -> list[str]:
    """Return outputs and caches as ``key=value`` texts; a newer form writes them as mappings."""
    items = value if isinstance(value, list) else [] if value is None else [value]
    return [
        each if isinstance(each, str) else ",".join(f"{name}={text}" for name, text in each.items())
        for each in items
        if isinstance(each, str | dict)
    ]


def _reference(text: str) -> str:
    found = re.search(r"ref=([^,\s]+)", text)
    return found[1] if found else text


def _texts(value: Value | None) -> list[str]:
    if isinstance(value, list):
        return [each if isinstance(each, str) else UNKNOWN for each in value]
    return [value] if isinstance(value, str) else []


def _set_of(text: str) -> tuple[str, str, str]:
    key, _, value = text.partition("=")
    return (key.removesuffix("+"), "+=" if key.endswith("+") else "=", value)


def _with_sets(name: str, target: dict[str, Value], sets: Sequence[str]) -> dict[str, Value]:
    changed = dict(target)
    first: set[str] = set()
    for key, sign, value in map(_set_of, sets):
        pattern, _, member_name = key.partition(".")
        if member_name not in ("tags", "output", "cache-to", "cache-from") or not fnmatchcase(name, pattern):
            continue
        earlier = changed.get(member_name) if sign == "+=" or member_name in first else None
        changed[member_name] = [*_texts(earlier), value]
        first.add(member_name)
    return changed


def _members(names: list[str], read: _File, depth: int = 0) -> list[str] | None:
    """Return the targets behind names of groups and targets; None where one of them is not known."""
    found: list[str] = []
    for name in names:
        if name in read.groups and depth < 10:
            inner = _members(read.groups[name], read, depth + 1)
            if inner is None:
                return None
            found.extend(inner)
        elif name in read.targets:
            found.append(name)
        else:
            patterned = [each for each in read.targets if "*" in name and fnmatchcase(each, name)]
            if not patterned:
                return None
            found.extend(patterned)
    return list(dict.fromkeys(found))


def _read(known: Files, folder: str | None, values: Mapping[str, str], files: Sequence[str]) -> tuple[_File, str]:
    call = Call(("bake",), values, known, folder)
    read = _File()
    source = ""
    blocks: list[Block] = []
    for name in files or DEFAULT_FILES:
        path = call.path(name)
        text = known.text(path)
        if text is None:
            there = known.at(path) if path is not None else None
            if files or not isinstance(there, Absent):
                read.whole = False
            continue
        source = source or path or ""
        if name.endswith((".yml", ".yaml")):
            _add_compose(text, values, read)
        elif name.endswith(".json"):
            block = _json_block(text)
            read.whole = read.whole and block is not None
            blocks.extend([block] if block else [])
        else:
            block = hcl_blocks(text)
            read.whole = read.whole and block is not None
            blocks.extend([block] if block else [])
    _add_blocks(blocks, values, read)
    read.groups.setdefault("default", ["default"] if "default" in read.targets else list(read.targets))
    if read.groups["default"] == ["default"] and "default" not in read.targets:
        del read.groups["default"]
    return read, source


def _add_compose(text: str, values: Mapping[str, str], read: _File) -> None:
    for name, (image, build, _, _) in compose_services([text], values).items():
        if build is None:
            continue
        tags = [interpolated(tag, values) for tag in texts_of(member(build, "tags"))]
        extra = member(build, "x-bake")
        listed = [*([image] if image else []), *tags]
        target: dict[str, Value] = {"tags": list(listed), **_build_of_compose(build, values)}
        if isinstance(extra, dict):
            for key in ("tags", "output", "cache-to", "cache-from"):
                if key in extra:
                    more = [interpolated(each, values) for each in texts_of(extra[key])]
                    target[key] = list(more)
        for key, other in (("cache_to", "cache-to"), ("cache_from", "cache-from")):
            if other not in target and member(build, key) is not None:
                target[other] = [interpolated(each, values) for each in texts_of(member(build, key))]
        read.targets[name] = target


def _build_of_compose(build: Value, values: Mapping[str, str]) -> dict[str, Value]:
    """Return what describes the build of a compose file's service, by bake's names."""
    if isinstance(build, str):
        return {"context": interpolated(build, values)}
    names = {"additional_contexts": "contexts", "dockerfile_inline": "dockerfile-inline"}
    own = build if isinstance(build, dict) else {}
    return {
        names.get(name, name): _interpolated(value, values)
        for name, value in own.items()
        if names.get(name, name) in _OF_BUILD
    }


def _interpolated(value: Value, values: Mapping[str, str]) -> Value:
    """Return texts, lists and mappings of texts with their variables filled in."""
    if isinstance(value, str):
        return interpolated(value, values)
    if isinstance(value, list):
        return [interpolated(each, values) for each in value if isinstance(each, str)]
    return {name: interpolated(each, values) for name, each in value.items() if isinstance(each, str)}


def _json_block(text: str) -> Block | None:
    """Return a bake file in JSON as the blocks that it would be in the other language."""
    try:
        top = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(top, dict):
        return None
    blocks: list[Block] = []
    for kind in ("variable", "group", "target", "function"):
        members = top.get(kind)
        for name, own in members.items() if isinstance(members, dict) else ():
            given = own if isinstance(own, dict) else {}
            blocks.append(Block(kind, (name,), {key: _expression(value, 0) for key, value in given.items()}))
    return Block("", (), {}, tuple(blocks))


def _expression(value: Any, depth: int) -> Any:
    if depth > 20:
        return ("unknown",)
    match value:
        case str():
            inner = hcl_blocks(f'x = "{value}"') if "${" in value and '"' not in value.replace('\\"', "") else None
            if inner is not None:
                return inner.attributes["x"]
            return ("text", [value if "${" not in value else UNKNOWN])
        case list():
            return ("list", [_expression(each, depth + 1) for each in value])
        case dict():
            return ("map", [(("text", [str(key)]), _expression(each, depth + 1)) for key, each in value.items()])
        case bool():
            return ("text", ["true" if value else "false"])
        case None:
            return ("text", [""])
        case _:
            return ("text", [str(value)])


def _add_blocks(files: list[Block], values: Mapping[str, str], read: _File) -> None:
    blocks = [block for each in files for block in each.blocks]
    globals_ = {name: expression for each in files for name, expression in each.attributes.items()}
    functions = {block.labels[0]: block for block in blocks if block.kind == "function" and block.labels}
    variables = {block.labels[0]: block for block in blocks if block.kind == "variable" and block.labels}
    work = Work()
    # A variable that is being worked out is not known meanwhile, so that a circle ends; each is worked out once.
    worked_out: dict[str, Value | None] = {}

    def look(name: str) -> Value | None:
        if name not in worked_out:
            worked_out[name] = None
            if name in variables and name in values:
                worked_out[name] = values[name]
            else:
                written = variables[name].attributes.get("default") if name in variables else globals_.get(name)
                worked_out[name] = None if written is None else evaluated(written, look, functions, work)
        return worked_out[name]

    for block in blocks:
        if block.kind == "group" and block.labels:
            listed = evaluated(block.attributes.get("targets", ("list", [])), look, functions, work)
            read.groups[block.labels[0]] = _texts(listed)
    written = [block for block in blocks if block.kind == "target" and block.labels]
    by_name: dict[str, list[Block]] = {}
    for block in written:
        by_name.setdefault(block.labels[0], []).append(block)

    inherited: dict[str, dict[str, Any]] = {}

    def merged(name: str) -> dict[str, Any]:
        if name not in inherited:
            inherited[name] = {}
            found: dict[str, Any] = {}
            for block in by_name.get(name, ()):
                parents = evaluated(block.attributes.get("inherits", ("list", [])), look, functions, work)
                for parent in _texts(parents):
                    found.update(merged(parent))
                found.update(block.attributes)
            inherited[name] = found
        return inherited[name]

    for name in by_name:
        for own_name, target in _matrix(name, merged(name), look, functions, work):
            earlier = read.targets.get(own_name, {})
            read.targets[own_name] = {**earlier, **target}
            if own_name != name:
                group = read.groups.setdefault(name, [])
                group.append(own_name)


def _matrix(
    name: str, attributes: dict[str, Any], look: Any, functions: Mapping[str, Block], work: Work
) -> list[tuple[str, dict[str, Value]]]:
    wanted = ("tags", "output", "cache-to", "cache-from", *_OF_BUILD)
    axes = evaluated(attributes["matrix"], look, functions, work) if "matrix" in attributes else None
    legs: list[dict[str, Value]] = [{}]
    if isinstance(axes, dict) and axes:
        lists = [each if isinstance(each, list) else [UNKNOWN] for each in axes.values()]
        size = 1
        for each in lists:
            size *= max(len(each), 1)
        legs = [dict(zip(axes, leg, strict=True)) for leg in product(*lists)] if size <= 300 else [{}]
    made: list[tuple[str, dict[str, Value]]] = []
    for leg in legs:

        def seen(each: str, leg: dict[str, Value] = leg) -> Value | None:
            return leg[each] if each in leg else look(each)

        own = evaluated(attributes["name"], seen, functions, work) if "name" in attributes and leg else name
        values = {key: evaluated(attributes[key], seen, functions, work) for key in wanted if key in attributes}
        made.append((text_of(own) or name, values))
    return made
