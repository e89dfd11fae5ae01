"""Find the operations of a script: which of its commands call AWS or a registry, and for what; the others by name.

Every command is understood, not judged, or opaque. This file says which reader knows which program.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import TypeVar

from diagnosis.steps.aws_cli import operations_of_aws
from diagnosis.steps.infrastructure.read_tool import READERS as INFRASTRUCTURE
from diagnosis.steps.infrastructure.read_tool import operations_of_tool
from diagnosis.steps.kinds import Operation
from diagnosis.steps.repository_files import NO_FILES, Files
from diagnosis.steps.script.run import ScriptRun
from diagnosis.steps.script.state import State
from diagnosis.steps.script.trace import Trace, TracedRun
from diagnosis.steps.shell.powershell import is_powershell, with_blocks_apart
from diagnosis.steps.shell.words import Variables
from diagnosis.steps.tools import builders, image_tools, jvm, release_files, scripts
from diagnosis.steps.tools.call import Call, Found, Reader, opaque
from diagnosis.steps.tools.compose import compose
from diagnosis.steps.tools.docker import docker
from diagnosis.steps.tools.helm import helm
from diagnosis.steps.tools.understood import plain

NOTES = ("script.", "terraform.", "pulumi.")
"""How the names of notes begin that a tool leaves for later steps of the job."""
_SHELL = re.compile(
    r"(?:.*[/\\.-])?(?:ba|da|k|z|a)?sh(?:\.exe)?|pwsh(?:\.exe)?|powershell(?:\.exe)?|msys2|micromamba-shell"
)
"""Shells whose scripts are read: those of Unix, and PowerShell as far as its commands are written alike; not ``cmd``."""


def operations_of_script(
    script: str,
    values: Mapping[str, str],
    files: Files = NO_FILES,
    folder: str | None = "",
    shell: str | None = None,
) -> tuple[tuple[Operation, ...], dict[str, str]]:
    """Return the operations of a script in order, and what it hands on to later steps (``$GITHUB_ENV``, ``$GITHUB_OUTPUT``).

    ``values``: variables and contexts at the step; ``files``: the repository's; ``folder``: where the script runs, from the root
    of the repository, None where that is not known; ``shell``: the step's own.
    """
    operations, handed_on, _ = follow_script(ScriptRun, script, values, files, folder, shell)
    return operations, handed_on


Run = TypeVar("Run", bound=ScriptRun)


def follow_script(
    follower: type[Run],
    script: str,
    values: Mapping[str, str],
    files: Files = NO_FILES,
    folder: str | None = "",
    shell: str | None = None,
) -> tuple[tuple[Operation, ...], dict[str, str], Run | None]:
    """Follow a script with a follower of this kind; return it too, with what it noted; None for a script that is not read."""
    if shell is not None and not _is_read(shell):
        name = shell.split()[0] if shell.split() else shell
        return opaque(f"a script in {name}", "it is not read", "name its calls of AWS in a step of their own"), {}, None
    notes = {name: value for name, value in values.items() if name.startswith(NOTES)}
    run = follower(_read, _READERS.__contains__, files, notes)
    state = State(Variables(dict(values), {}, ()), set(values), folder)
    state.pipefail = shell == "bash"
    if is_powershell(shell, values.get("runner.os")):
        script = with_blocks_apart(script)
    return run.follow(script, state), {**state.handed_on, **notes}, run


def trace_of_script(
    script: str, values: Mapping[str, str], files: Files = NO_FILES, folder: str | None = "", shell: str | None = None
) -> Trace:
    """Return what each command of a script does: of one in a shell of Unix, given as to :func:`operations_of_script`."""
    notes = {name: value for name, value in values.items() if name.startswith(NOTES)}
    run = TracedRun(_read, _READERS.__contains__, files, notes)
    state = State(Variables(dict(values), {}, ()), set(values), folder)
    state.pipefail = shell == "bash"
    run.follow(script, state)
    return run.trace


def _is_read(shell: str) -> bool:
    """Return whether a step's shell, the command that is given its script, is one whose language is read.

    It may be run by another program: ``nix develop --command bash {0}``.
    """
    words = shell.split()
    return not words or "${{" in shell or any(_SHELL.fullmatch(word) for word in words)


def _read(call: Call) -> Found:
    reader = _READERS.get(call.program)
    return reader(call) if reader else plain(call)


def _aws(call: Call) -> Found:
    return operations_of_aws(call.words, call.values, call.text)


_READERS: MutableMapping[str, Reader] = {
    **dict.fromkeys(("docker", "podman", "buildah", "nerdctl", "finch"), docker),
    **dict.fromkeys(("docker-compose", "podman-compose"), compose),
    **dict.fromkeys(("crane", "gcrane"), image_tools.crane),
    **dict.fromkeys(("executor", "kaniko"), builders.kaniko),
    **dict.fromkeys(("mvn", "mvnw", "mvnd"), jvm.maven),
    **dict.fromkeys(("gradle", "gradlew"), jvm.gradle),
    **dict.fromkeys(("make", "gmake"), scripts.make),
    **dict.fromkeys(("npm", "yarn", "pnpm", "bun"), scripts.node_scripts),
    **dict.fromkeys(("task", "go-task"), scripts.task),
    **dict.fromkeys(INFRASTRUCTURE, operations_of_tool),
    "regctl": image_tools.regctl,
    "skopeo": image_tools.skopeo,
    "oras": image_tools.oras,
    "cosign": image_tools.cosign,
    "helm": helm,
    "ko": builders.ko,
    "pack": builders.pack,
    "depot": builders.depot,
    "img": builders.img,
    "buildctl": builders.buildctl,
    "sbt": jvm.sbt,
    "earthly": release_files.earthly,
    "skaffold": release_files.skaffold,
    "goreleaser": release_files.goreleaser,
    "just": scripts.just,
    "aws": _aws,
}
