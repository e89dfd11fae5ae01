"""Read the command line of Terraform, OpenTofu and Terragrunt: what each command does with the state, and what is not judged.

Sources: Terraform CLI documentation of each command; Terragrunt's CLI reference.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace

from diagnosis.steps.infrastructure.terraform_state import (
    Access,
    Backend,
    backend_of,
    may_run_docker,
    provider_roles,
    read_note,
    state_calls,
    terragrunt_backend,
    written_note,
)
from diagnosis.steps.kinds import Operation, StepKind
from diagnosis.steps.repository_files import path_in
from diagnosis.steps.service_calls import GREEN_RUN, calls, not_judged, role_arn
from diagnosis.steps.tools.call import Call, options

_KIND = StepKind.TERRAFORM
_LOCAL = frozenset({"fmt", "validate", "version", "get", "login", "logout", "help", ""})
_PROVIDERS = frozenset({"lock", "mirror", "schema"})
"""Commands of ``terraform providers``, which by itself reads which of them the state needs."""
_LOCAL_GRUNT = frozenset(
    {"hclfmt", "hclvalidate", "hcl", "render-json", "render", "graph-dependencies", "find", "list", "info"}
)
_READING = Access()
_LOCKING = Access(locks=True)
_WRITING = Access(locks=True, writes=True)
_COMMANDS = {
    "init": _READING,
    "graph": _READING,
    "output": _READING,
    "providers": _READING,
    "show": _READING,
    "console": _LOCKING,
    "plan": _LOCKING,
    "apply": _WRITING,
    "destroy": _WRITING,
    "refresh": _WRITING,
    "import": _WRITING,
    "taint": _WRITING,
    "untaint": _WRITING,
}
_STATE_COMMANDS = {"list": _READING, "show": _READING, "pull": _READING}
_RUN_PROVIDERS = frozenset({"plan", "apply", "destroy", "refresh", "import", "console"})
_HOW = f"keep the plan in JSON (terraform show -json) as an artifact of the run, or: {GREEN_RUN}"


@dataclass(frozen=True, slots=True)
class _Command:
    verb: str
    rest: tuple[str, ...]
    folder: str | None
    every_module: bool = False


def read_terraform(run: Call) -> tuple[Operation, ...]:
    """Return the calls on the state and on roles that are certain, and the mark for the resources."""
    grunt = run.words[:1] == ("terragrunt",)
    command = _command(run, grunt=grunt)
    verb = command.verb
    if verb in _LOCAL or (grunt and verb in _LOCAL_GRUNT) or (verb == "providers" and _PROVIDERS & {*command.rest[:1]}):
        return (Operation(_KIND),)
    inner = replace(run, words=("", *command.rest, *_from_environment(run, verb)), folder=command.folder)
    if verb == "workspace":
        return _workspace(inner, command)
    access = _STATE_COMMANDS.get(next(iter(command.rest), ""), _WRITING) if verb == "state" else _COMMANDS.get(verb)
    tool = f"{run.words[0]} {verb}"[:80]
    if verb == "test":
        return not_judged(_KIND, tool, "it makes the resources that its tests name, and removes them", GREEN_RUN)
    if access is None:
        return not_judged(_KIND, tool, "it is a command that is not known here", GREEN_RUN)
    if verb == "init" and ("-backend=false" in inner.tail or "--backend=false" in inner.tail):
        return (Operation(_KIND),)
    if "-lock=false" in inner.tail or "--lock=false" in inner.tail:
        access = replace(access, locks=False)
    backend = _backend(run, inner, command, grunt=grunt)
    operations = state_calls(backend, access, _workspace_name(run, command))
    operations += _of_state_that_is_unknown(backend, tool)
    if verb in _RUN_PROVIDERS:
        operations += _of_providers(inner, command.folder)
        why = "which resources it reads and changes is in the configuration and the state"
        pushes = verb in ("apply", "destroy") and may_run_docker(run, command.folder)
        operations += not_judged(_KIND, tool, why, _HOW, may_push=pushes)
    return operations or (Operation(_KIND),)


def _backend(run: Call, inner: Call, command: _Command, *, grunt: bool) -> Backend:
    if grunt:
        found = terragrunt_backend(run, command.folder)
        # Each module has a key of its own.
        settings = {name: value for name, value in found.settings.items() if name != "key"}
        return replace(found, settings=settings) if command.every_module else found
    name = f"script.terraform.backend:{command.folder}"
    given = tuple(options(inner.tail, "-backend-config", "--backend-config"))
    if command.verb == "init":
        run.notes[name] = written_note(given)
    return backend_of(run, command.folder, given or read_note(run.notes.get(name)))


def _of_state_that_is_unknown(backend: Backend, tool: str) -> tuple[Operation, ...]:
    if backend.kind is None:
        why = "where it keeps its state is in a file that is not known"
        return not_judged(_KIND, f"the state of {tool}", why, f"let the backend stand in backend.tf, or: {GREEN_RUN}")
    if backend.kind == "s3" and ("profile" in backend.settings or not backend.complete):
        why = "its backend takes settings from a file or a profile that is not known"
        return not_judged(_KIND, f"the state of {tool}", why, GREEN_RUN)
    return ()


def _of_providers(run: Call, folder: str | None) -> tuple[Operation, ...]:
    return tuple(
        found
        for role, of_alias in provider_roles(run, folder)
        for found in calls(_KIND, role_arn(role), "sts:AssumeRole", tolerated=of_alias)
    )


def _command(run: Call, *, grunt: bool) -> _Command:
    """Return the command behind the global options, and the folder that it works on."""
    folder, words, every = run.folder, list(run.tail), False
    while words and (words[0].startswith("-") or (grunt and words[0] in ("run-all", "run", "--"))):
        word = words.pop(0)
        if word in ("run-all", "--all"):
            every = True
        elif word.startswith("-chdir="):
            folder = path_in(folder, word.partition("=")[2])
        elif grunt and word in ("--working-dir", "--terragrunt-working-dir") and words:
            folder = path_in(folder, words.pop(0))
        elif grunt and word.startswith(("--working-dir=", "--terragrunt-working-dir=")):
            folder = path_in(folder, word.partition("=")[2])
    verb, rest = (words[0], words[1:]) if words else ("", [])
    if grunt:
        for index, word in enumerate(rest):
            if word == "--all":
                every = True
            elif word in ("--working-dir", "--terragrunt-working-dir") and index + 1 < len(rest):
                folder = path_in(run.folder, rest[index + 1])
    return _Command(verb, tuple(rest), folder, every)


def _from_environment(run: Call, verb: str) -> tuple[str, ...]:
    """Return the arguments that ``TF_CLI_ARGS`` and ``TF_CLI_ARGS_VERB`` add."""
    found: list[str] = []
    for name in ("TF_CLI_ARGS", f"TF_CLI_ARGS_{verb}"):
        try:
            found += shlex.split(run.values.get(name, "")[:4_000])
        except ValueError:
            continue
    return tuple(found)


def _workspace(run: Call, command: _Command) -> tuple[Operation, ...]:
    """Read ``terraform workspace``: what it selects is noted for the commands after it; a new one writes a state."""
    words = [word for word in command.rest if not word.startswith("-")]
    verb, name = (words[0] if words else ""), (words[1] if len(words) > 1 else "")
    if verb == "show":
        return (Operation(_KIND),)  # it stands in a file of the runner
    if verb in ("select", "new"):
        run.notes[f"script.terraform.workspace:{command.folder}"] = name
    backend = backend_of(run, command.folder, read_note(run.notes.get(f"script.terraform.backend:{command.folder}")))
    unknown = _of_state_that_is_unknown(backend, "terraform workspace")
    if backend.kind != "s3" or "role_arn" in backend.settings:
        return (*state_calls(backend, _READING, name), *unknown) or (Operation(_KIND),)
    if verb in ("new", "delete"):
        return (*state_calls(backend, _WRITING, name), *unknown)
    listed = [each for each in state_calls(backend, _READING, name) if each.action == "s3:ListBucket"]
    return (*listed, *unknown)


def _workspace_name(run: Call, command: _Command) -> str | None:
    """Return the workspace that the command works in; an illegible one is None."""
    named = run.values.get("TF_WORKSPACE") or run.notes.get(f"script.terraform.workspace:{command.folder}", "default")
    return named if "$" not in named and "***" not in named else None
