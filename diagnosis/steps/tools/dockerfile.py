"""Read which images of private ECR a build pulls: base images and sources of copies in its Dockerfile.

Only stages that the built one needs are pulled, as BuildKit and buildah do it; kaniko goes through all stages up to the
built one. Where a Dockerfile is not known, nothing is said: most base images are public, and a gap at every build would
hide what is known. Source: Dockerfile reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from diagnosis.names.ecr_address import MASKED, EcrAddress, masked, speaks_of_private
from diagnosis.steps.kinds import Operation, StepKind
from diagnosis.steps.repository_files import LONGEST_FILE, Files, path_in
from diagnosis.steps.tools.call import pulls

DOCKERFILE = ("Dockerfile",)
CONTAINERFILE = ("Containerfile", "Dockerfile")
"""The names that podman and buildah look for, in this order."""
_LONGEST = 2_000
"""Characters of an image's name."""
_MOST_STAGES = 200
"""Stages that are looked through for a base whose name is only partly known."""
_DIRECTIVE = re.compile(r"#\s*([A-Za-z]+)\s*=\s*(\S+)\s*")
_HEREDOC = re.compile(r"(?:^|(?<=\s))\d{0,3}<<(-?)([\"']?)([A-Za-z_][\w.-]{0,100})\2(?=\s|$)")
_ARGUMENT = re.compile(r"([A-Za-z_]\w*)(?:=(\"[^\"]*\"|'[^']*'|\S*))?")
_PARAMETER = re.compile(r"\$(?:\{([A-Za-z_]\w*)(?::?([-+])([^${}]*))?\}|([A-Za-z_]\w*))")
_OF_THE_PLATFORM = re.compile(r"(?:TARGET|BUILD)(?:PLATFORM|OS|OSVERSION|ARCH|VARIANT)")
"""Arguments that BuildKit sets by itself."""
_COPIED = re.compile(r"--from=(\S+)")
_MOUNTED = re.compile(r"--mount=(\S+)")
_ILLEGIBLE = re.compile(r"\$\{\{[^{}]*\}\}|\$\{?\w+\}?")
_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|git@|github\.com/|-$")


@dataclass(frozen=True, slots=True)
class Build:
    """What a build is given, beside its Dockerfile."""

    arguments: Mapping[str, str] = field(default_factory=dict)
    """Build arguments by name."""
    target: str = ""
    """The stage that is built; the last one where it is empty."""
    contexts: Mapping[str, str] = field(default_factory=dict)
    """Named contexts, which stand in place of stages and images of their name."""
    every_stage: bool = False
    """Whether stages that the built one does not need are pulled for, too."""


@dataclass(slots=True)
class _Stage:
    name: str
    sources: list[str] = field(default_factory=list)
    """Images that it is made of."""
    stages: list[int] = field(default_factory=list)
    """Earlier stages that it is made of, by number."""


def pulls_of_build(
    kind: StepKind,
    files: Files,
    folder: str | None,
    build: Build,
    *,
    context: str | None = "",
    file: str | None = None,
    names: Iterable[str] = DOCKERFILE,
    inside: bool = False,
) -> tuple[Operation, ...]:
    """Return the pulls from private ECR of a build with a local context.

    ``folder``: where it is run, from the root of the repository; ``context``: its folder, None where there is none;
    ``file``: the Dockerfile as named from ``folder``, or from the context where ``inside``. A context that is not local or
    not legible, and a Dockerfile that is not known, add nothing but the named contexts.
    """
    named = of_contexts(kind, build)
    if context is None or _REMOTE.match(context.strip()) or file == "-":
        return named
    base = path_in(folder, context)
    if file:
        path = path_in(base if inside else folder, file)
        text = files.text(path)
    elif base is None:
        return named
    else:
        found = files.first(base, names)
        path, text = found or (None, None)
    return named if text is None else tuple(dict.fromkeys((*pulls_of_text(kind, text, build, path or ""), *named)))


def pulls_of_text(kind: StepKind, text: str, build: Build, source: str = "") -> tuple[Operation, ...]:
    """Return the pulls from private ECR that a Dockerfile's text says."""
    return pulls(kind, base_images(text, build), source)


def of_contexts(kind: StepKind, build: Build) -> tuple[Operation, ...]:
    """Return the pulls of named contexts that are images of private ECR."""
    images = (value.partition("docker-image://")[2] for value in build.contexts.values())
    return pulls(kind, [image for image in images if _is_private(image)])


def pairs(texts: Iterable[str], values: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return ``NAME=VALUE`` texts by name; a bare ``NAME`` takes its value from ``values``, where that is known."""
    found: dict[str, str] = {}
    for text in texts:
        name, sign, value = text.strip().partition("=")
        if sign:
            found[name] = value
        elif values is not None and name in values:
            found[name] = values[name]
        elif name:
            found[name] = f"${name}"
    return found


def base_images(text: str, build: Build) -> list[str]:
    """Return the images of private ECR that the build pulls, in order, each once. Never raises; linear in the text."""
    if len(text) > LONGEST_FILE:
        return []
    escape, frontend = _directives(text)
    stages = _stages(_instructions(text, escape), build)
    found = [frontend, *(image for number in _needed(stages, build) for image in stages[number].sources)]
    return list(dict.fromkeys(image for image in map(_masked, found) if _is_private(image)))


def _is_private(image: str) -> bool:
    """Return whether an image lies in a private registry of ECR."""
    address = EcrAddress.find(image) if len(image) <= _LONGEST else None
    return address is not None and not address.public


def _masked(image: str) -> str:
    """Return an image of ECR with what is not legible of its registry masked, as a log of the run would show it."""
    if "$" not in image or len(image) > _LONGEST or not speaks_of_private(image):
        return image
    registry, slash, rest = masked(image).partition("/")
    return f"{_ILLEGIBLE.sub(MASKED, registry)}{slash}{rest}"


def _directives(text: str) -> tuple[str, str]:
    """Return the escape character and the frontend's image, which stand in comments before everything else."""
    escape, frontend = "\\", ""
    for line in text.removeprefix("\ufeff").split("\n", 50)[:50]:
        found = _DIRECTIVE.fullmatch(line.strip()) if len(line) <= _LONGEST else None
        if found is None:
            break
        if found[1].lower() == "escape" and found[2] in ("\\", "`"):
            escape = found[2]
        elif found[1].lower() == "syntax":
            frontend = found[2]
    return escape, frontend


def _instructions(text: str, escape: str) -> Iterator[str]:
    """Yield the instructions, continued lines joined, comments and bodies of heredocs left out."""
    waiting: list[str] = []
    parts: list[str] = []
    for raw in text.removeprefix("\ufeff").split("\n"):
        line = raw.rstrip("\r")
        if waiting:
            ends, tabs = waiting[0][1:], waiting[0][0] == "-"
            if (line.lstrip("\t") if tabs else line) == ends:
                waiting.pop(0)
            continue
        plain = line.strip()
        if not plain or plain.startswith("#"):
            continue
        if plain.endswith(escape):
            parts.append(line.rstrip()[:-1])
            continue
        parts.append(line)
        whole = "".join(parts).strip()
        parts = []
        if "<<" in whole and whole.split(None, 1)[0].upper() in ("RUN", "COPY", "ADD"):
            waiting = [f"{found[1] or ' '}{found[3]}" for found in _HEREDOC.finditer(whole)]
        yield whole
    if parts:
        yield "".join(parts).strip()


def _stages(instructions: Iterable[str], build: Build) -> list[_Stage]:
    given = build.arguments
    known = {name: value for name, value in given.items() if name in _BUILT_IN or _OF_THE_PLATFORM.fullmatch(name)}
    stages: list[_Stage] = []
    numbers: dict[str, int] = {}
    contexts = {name.lower().removesuffix(":latest") for name in build.contexts}
    for instruction in instructions:
        verb, _, rest = instruction.replace("\t", " ", 1).partition(" ")
        match verb.upper():
            case "ARG" if not stages:
                for name, default in _ARGUMENT.findall(rest):
                    known[name] = given[name] if name in given else _filled(_unquoted(default), known)
            case "FROM":
                words = [word for word in rest.split() if not word.startswith("--")]
                name = words[2].lower() if len(words) > 2 and words[1].lower() == "as" else ""
                stage = _Stage(name)
                _add(stage, _filled(_unquoted(words[0]), known) if words else "", numbers, contexts)
                stages.append(stage)
                if name:
                    numbers[name] = len(stages) - 1
            case "COPY" | "RUN" | "ADD" if stages:
                for source in _sources(verb.upper(), rest):
                    number = int(source) if source.isascii() and source.isdecimal() and len(source) < 5 else None
                    if number is not None and number < len(stages) - 1:
                        stages[-1].stages.append(number)
                    elif number is None:
                        _add(stages[-1], source, numbers, contexts)
    return stages


_BUILT_IN = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"})


def _sources(verb: str, rest: str) -> Iterator[str]:
    """Yield what an instruction takes files from: ``--from=``, or ``from=`` of a mount."""
    for word in rest.split():
        if not word.startswith("--"):
            return
        copied = _COPIED.fullmatch(word) if verb == "COPY" else None
        mounted = _MOUNTED.fullmatch(word) if verb == "RUN" else None
        if copied:
            yield _unquoted(copied[1])
        for part in mounted[1].split(",") if mounted else ():
            if part.startswith("from="):
                yield _unquoted(part.removeprefix("from="))


def _add(stage: _Stage, source: str, numbers: Mapping[str, int], contexts: set[str]) -> None:
    """Add a source to a stage: an earlier stage, a named context, or an image."""
    name = source.lower()
    if name.removesuffix(":latest") in contexts:
        return
    if name in numbers:
        stage.stages.append(numbers[name])
    elif "$" in name and "/" not in name:
        # An argument that is not known may choose any of the stages that its name can be.
        front, end = name.partition("$")[0], name.rpartition("}")[2] if "}" in name else ""
        few = list(numbers.items())[:_MOST_STAGES]
        stage.stages.extend(number for each, number in few if each.startswith(front) and each.endswith(end))
    else:
        stage.sources.append(source)


def _needed(stages: list[_Stage], build: Build) -> list[int]:
    """Return the numbers of the stages that the built one needs, in order."""
    target = build.target.lower()
    named = {stage.name: number for number, stage in enumerate(stages) if stage.name}
    number = int(target) if target.isascii() and target.isdecimal() and len(target) < 5 else None
    last = len(stages) - 1 if not target else named.get(target, number)
    if last is None or not 0 <= last < len(stages):
        return list(range(len(stages)))
    if build.every_stage:
        return list(range(last + 1))
    needed = {last}
    left = [last]
    while left:
        for each in stages[left.pop()].stages:
            if each not in needed:
                needed.add(each)
                left.append(each)
    return sorted(needed)


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text


def _filled(text: str, known: Mapping[str, str]) -> str:
    """Return a text with its arguments filled in; one that nobody declared is empty, one of the platform stays as written.

    A value is not looked through again: a dollar sign in it is not the Dockerfile's.
    """
    for _ in range(3):
        if "$" not in text or len(text) > _LONGEST:
            break
        filled = _PARAMETER.sub(lambda found: _value(found, known), text)
        if filled == text:
            break
        text = filled
    return text.replace("\0", "$") if len(text) <= _LONGEST else ""


def _value(found: re.Match[str], known: Mapping[str, str]) -> str:
    braced, sign, other, plain = found.groups()
    name = braced or plain
    value = known.get(name, "").replace("$", "\0")
    if not value and _OF_THE_PLATFORM.fullmatch(name):
        return found[0]
    if sign:
        return (value or other) if sign == "-" else (other if value else "")
    return value
