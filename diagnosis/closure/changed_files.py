"""Decide which changed files cannot touch a release: an allow-list of prose outside of everything that the release reads.

A build takes its whole context into the image, so a page inside it may be in the image. What a build's context is has to
be legible; where it is not, any file may be in it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from diagnosis.facts.workflow import Workflow, WorkflowStep
from diagnosis.steps.variables import is_legible

_Parts = tuple[str, ...]
"""The parts of a path from the root of the repository; the empty tuple is the root."""
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
_FLAGS = frozenset({"--push", "--load", "--pull", "--no-cache", "-q", "--quiet", "--rm"})


_PLAIN = frozenset(
    {"docker", "aws", "echo", "printf", "set", "export", "jq", "mkdir", "cat", "test", "[", "sha256sum", "date"}
)
"""Commands that read no file but those that they name."""
_OWNERS = ("actions/", "aws-actions/", "docker/")
"""Whose actions read no file but those that their inputs name."""
_ASSIGNED = re.compile(r"^[A-Za-z_]\w*=(?:\$\()?")


def touching(files: tuple[str, ...], workflow: Workflow) -> str | None:
    """Return the first file that may touch the release; None where none can."""
    contexts = _contexts(workflow)
    words = _words(workflow)
    if contexts is None or words is None:
        return files[0] if files else None
    return next((file for file in files if not _is_apart(file, contexts, words)), None)


def _is_apart(file: str, contexts: frozenset[_Parts], words: frozenset[str]) -> bool:
    parts = tuple(file.split("/"))
    if not file.lower().endswith(_PROSE) or parts[0] == ".github" or ".." in parts:
        return False
    # A folder that a step names may be read whole.
    named = any(part in words for part in parts)
    return not named and not any(parts[: len(context)] == context for context in contexts)


def _words(workflow: Workflow) -> frozenset[str] | None:
    """Return every name that the steps of the workflow say; None where a step may read files that it does not name."""
    found: set[str] = set()
    for step in (step for job in workflow.jobs for step in job.all_steps):
        if step.uses and not step.uses.lower().startswith(_OWNERS):
            return None
        texts = [step.run or "", step.working_directory or "", *(value for _, value in (*step.inputs, *step.env))]
        if any("*" in text or {".", "./"} & set(text.split()) for text in texts):
            return None
        if any(not _is_plain(line) for line in (step.run or "").replace("\\\n", " ").splitlines()):
            return None
        found |= {word for text in texts for word in re.findall(r"[\w.-]+", text)}
    return frozenset(found)


def _is_plain(line: str) -> bool:
    rest = _ASSIGNED.sub("", line.strip()).split()
    return not rest or rest[0].startswith("#") or rest[0] in _PLAIN


def _contexts(workflow: Workflow) -> frozenset[_Parts] | None:
    """Return the folders that are built from; None where one is not legible, or no build is recognised."""
    found: list[_Parts | None] = []
    for job in workflow.jobs:
        if job.uses:
            return None
        for step in job.all_steps:
            found += _of_step(step)
    legible = [context for context in found if context is not None]
    return frozenset(legible) if found and len(legible) == len(found) else None


def _of_step(step: WorkflowStep) -> Iterator[_Parts | None]:
    """Yield the contexts of the step's builds, None for one that is not legible."""
    uses, script = (step.uses or "").lower(), step.run or ""
    if uses.startswith(_BUILDS):
        yield _folder(step.input("context") or ".") if uses.startswith(_BUILDS[0]) else None
    elif uses.startswith("./"):
        yield None
    for line in script.replace("\\\n", " ").splitlines():
        try:
            words = shlex.split(line, comments=True)
        except ValueError:
            yield None
            continue
        if words[:2] == ["docker", "build"] or words[:3] == ["docker", "buildx", "build"]:
            yield _of_build(words[3:] if words[1] == "buildx" else words[2:]) if not step.working_directory else None
        elif "build" in line:
            # Whatever builds in another way may take in anything.
            yield None


def _of_build(words: list[str]) -> _Parts | None:
    context: _Parts | None = None
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word in _WITH_VALUE:
            skip = True
        elif word in _FLAGS or (word.startswith("--") and word.partition("=")[0] in _WITH_VALUE and "=" in word):
            continue
        elif word.startswith("-") or context is not None:
            return None
        else:
            context = _folder(word)
            if context is None:
                return None
    return context


def _folder(text: str) -> _Parts | None:
    """Return a folder of the repository; None for what is not legible, absolute, remote or above the repository."""
    parts = tuple(part for part in text.split("/") if part not in ("", "."))
    plain = is_legible(text) and not set(text) & set("$`*?{}:#") and not text.startswith("/") and ".." not in parts
    return parts if plain and text not in ("", "-") else None
