"""Decide which changed files cannot touch a release: an allow-list of prose outside of everything that the release reads.

A build may take its whole context into the image, so a page inside it may be in the image, unless the Dockerfile is known and
copies other folders alone. What a build's context is has to be legible; where it is not, any file may be in it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass

from diagnosis.closure.build_inputs import Parts, taken_from_context
from diagnosis.facts.uses import is_own
from diagnosis.facts.workflow import Workflow, WorkflowStep
from diagnosis.steps.shell.syntax import is_well_formed, script_of
from diagnosis.steps.shell.tree import Function, Simple
from diagnosis.steps.shell.words import source_of
from diagnosis.steps.variables import is_legible

_PROSE = (".md", ".markdown", ".rst", ".adoc")
_BUILDS = ("docker/build-push-action@", "docker/bake-action@")
_WITH_VALUE = frozenset(
    {
        *(
            "-t",
            "--tag",
            "-f",
            "--file",
            "--build-arg",
            "--platform",
            "--target",
            "--label",
            "--cache-from",
            "--cache-to",
        ),
        *("--output", "-o", "--progress", "--secret", "--network", "--builder", "--iidfile", "--metadata-file"),
    }
)
"""Options of ``docker build`` whose value is the next word."""
_FILE = ("-f", "--file")
_FLAGS = frozenset({"--push", "--load", "--pull", "--no-cache", "-q", "--quiet", "--rm"})


_PLAIN = frozenset({"aws", "echo", "printf", "set", "export", "jq", "mkdir", "cat", "test", "[", "sha256sum", "date"})
"""Commands that read no file but those that they name."""
_PLAIN_DOCKER = frozenset(
    {"build", "buildx", "push", "tag", "login", "logout", "pull", "inspect", "images", "manifest"}
)
"""Of docker these; a container that is run may read whatever it is given."""
_OWNERS = ("actions/", "aws-actions/", "docker/")
"""Whose actions read no file but those that their inputs name."""
_RUN_CODE = ("actions/github-script@",)
_SHELLS = (None, "bash", "sh")
_WHOLE = re.compile(r"\bPWD\b|\bOLDPWD\b|GITHUB_WORKSPACE|RUNNER_WORKSPACE|\.workspace\b|\$HOME\b|~")
"""Names of the folder in which everything lies."""


def touching(files: tuple[str, ...], workflow: Workflow, texts: Mapping[str, str]) -> str | None:
    """Return the first file that may touch the release; None where none can. ``texts``: the repository's files, as far as read."""
    inputs = _inputs(workflow, texts)
    words = _words(workflow)
    if inputs is None or words is None:
        return files[0] if files else None
    return next((file for file in files if not _is_apart(file, inputs, words)), None)


def _is_apart(file: str, inputs: frozenset[Parts], words: frozenset[str]) -> bool:
    parts = tuple(file.split("/"))
    if not file.lower().endswith(_PROSE) or parts[0] == ".github" or ".." in parts:
        return False
    # A folder that a step names may be read whole.
    named = any(part in words for part in parts)
    return not named and not any(parts[: len(taken)] == taken for taken in inputs)


def _words(workflow: Workflow) -> frozenset[str] | None:
    """Return every name that the steps of the workflow say; None where a step may read files that it does not name."""
    found: set[str] = set()
    for step in (step for job in workflow.jobs for step in job.all_steps):
        uses = (step.uses or "").lower()
        if uses and (not uses.startswith(_OWNERS) or uses.startswith(_RUN_CODE)):
            return None
        script = "\n".join(line for line in _lines(step) if not _is_build(line))
        inputs = [value for name, value in step.inputs if name.lower() not in ("context", "file")]
        texts = [script, step.working_directory or "", *inputs, *(value for _, value in step.env)]
        if any("*" in text or {".", "./"} & set(text.split()) or _WHOLE.search(text) for text in texts):
            return None
        if step.run and not _is_plain(step.run, step.shell):
            return None
        found |= {word for text in texts for word in re.findall(r"[\w.-]+", text)}
    return frozenset(found)


def _is_plain(script: str, shell: str | None) -> bool:
    """Return whether every command of a script, also one within another, reads no file but those that it names."""
    if shell not in _SHELLS or not is_well_formed(script):
        return False
    return all(
        isinstance(node, Simple) and _names_its_files([source_of(word) for word in node.words])
        for node in _nodes(script_of(script))
    )


def _names_its_files(words: Sequence[str]) -> bool:
    if words[:1] == ["docker"]:
        return words[1:2] != [] and words[1] in _PLAIN_DOCKER
    return not words or words[0] in _PLAIN


def _nodes(tree: object) -> Iterator[Simple | Function]:
    """Yield every command of a syntax tree, and every function that it defines."""
    waiting = [tree]
    while waiting:
        found = waiting.pop()
        if isinstance(found, Simple | Function):
            yield found
        if isinstance(found, tuple):
            waiting.extend(found)
        elif is_dataclass(found):
            waiting.extend(getattr(found, each.name) for each in fields(found))


def _lines(step: WorkflowStep) -> list[str]:
    return (step.run or "").replace("\\\n", " ").splitlines()


def _is_build(line: str) -> bool:
    words = line.split()
    return words[:2] == ["docker", "build"] or words[:3] == ["docker", "buildx", "build"]


def _inputs(workflow: Workflow, texts: Mapping[str, str]) -> frozenset[Parts] | None:
    """Return what the builds take in, from the repository's root; None where one is not legible, or no build is recognised."""
    found: list[_Context | None] = []
    for job in workflow.jobs:
        if job.uses:
            return None
        for step in job.all_steps:
            found += _of_step(step)
    if not found:
        return None
    taken: set[Parts] = set()
    for context in found:
        if context is None:
            return None
        text = texts.get("/".join(context.dockerfile))
        copied = taken_from_context(text) if text is not None else None
        taken |= {context.folder} if copied is None else {(*context.folder, *each) for each in copied}
    return frozenset(taken)


@dataclass(frozen=True, slots=True)
class _Context:
    """What a build is given: its context, and its Dockerfile, both from the repository's root."""

    folder: Parts
    dockerfile: Parts


def _of_step(step: WorkflowStep) -> Iterator[_Context | None]:
    """Yield the contexts of the step's builds, None for one that is not legible."""
    uses = (step.uses or "").lower()
    if uses.startswith(_BUILDS):
        named = "build-contexts" not in [name.lower() for name, value in step.inputs if value]
        single = uses.startswith(_BUILDS[0]) and named
        yield _context(step.input("context") or ".", step.input("file")) if single else None
    elif is_own(uses):
        yield None
    for line in _lines(step):
        if _is_build(line):
            yield _of_build(line) if not step.working_directory else None
        elif "build" in line:
            # Whatever builds in another way may take in anything.
            yield None


def _context(folder: str, file: str | None) -> _Context | None:
    context = _folder(folder)
    dockerfile = _folder(file) if file else (*context, "Dockerfile") if context is not None else None
    return _Context(context, dockerfile) if context is not None and dockerfile is not None else None


def _of_build(line: str) -> _Context | None:
    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        return None
    folder, file, option = "", None, ""
    for word in words[3:] if words[1] == "buildx" else words[2:]:
        name, joined, value = word.partition("=")
        if option:
            file = word if option in _FILE else file
            option = ""
        elif word in _WITH_VALUE:
            option = word
        elif joined and name in _WITH_VALUE:
            file = value if name in _FILE else file
        elif word not in _FLAGS:
            if word.startswith("-") or folder:
                return None
            folder = word
    return _context(folder, file)


def _folder(text: str) -> Parts | None:
    """Return a folder of the repository; None for what is not legible, absolute, remote or above the repository."""
    parts = tuple(part for part in text.split("/") if part not in ("", "."))
    plain = is_legible(text) and not set(text) & set("$`*?{}:#") and not text.startswith("/") and ".." not in parts
    return parts if plain and text not in ("", "-") else None
