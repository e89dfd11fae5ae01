"""Read helm: a chart is pushed to the repository that is named by the address and the chart's own name.

``helm push app-1.2.3.tgz oci://HOST/charts`` goes to ``charts/app``. Source: Helm, "Use OCI-based registries"; Amazon ECR
User Guide, "Pushing a Helm chart".
"""

from __future__ import annotations

import re
from dataclasses import replace

from diagnosis.names.ecr_address import EcrAddress
from diagnosis.steps.kinds import Operation, Purpose, StepKind
from diagnosis.steps.tools.call import (
    Call,
    Found,
    Nested,
    arguments,
    may_be_ecr,
    opaque,
    options,
    pulls,
    pushes,
    understood,
    without_globals,
)
from diagnosis.steps.variables import is_legible
from diagnosis.steps.yaml_text import member, text_of, yaml_mapping

CHARTS = "script.charts"
"""Under which note the names of the charts stand that were packaged."""
_FILE = re.compile(r"(?=[\w.+-]+\.tgz\Z)([A-Za-z0-9][\w.-]*?)-v?(\d+\.\d+\.\d+[\w.+-]*)\.tgz")
_VALUED = frozenset(
    {
        "--ca-file",
        "--cert-file",
        "--key-file",
        "--username",
        "--password",
        "-u",
        "-p",
        "--version",
        "--app-version",
        "-d",
        "--destination",
    }
    | {
        "-n",
        "--namespace",
        "--kube-context",
        "--kubeconfig",
        "--registry-config",
        "-f",
        "--values",
        "--set",
        "--set-string",
        "--timeout",
    }
    | {
        "--repository-config",
        "--repository-cache",
        "--untardir",
        "--key",
        "--keyring",
        "--passphrase-file",
        "--set-file",
        "--set-json",
    }
    | {
        "--kube-apiserver",
        "--kube-as-group",
        "--kube-as-user",
        "--kube-ca-file",
        "--kube-tls-server-name",
        "--kube-token",
    }
    | {"--burst-limit", "--qps", "--content-cache", "--color", "--colour"}
)
_BY_PLUGIN = re.compile(r"(?!(?:oci|https?|file|gs|git\+[a-z]{1,10})://)[a-z][a-z0-9+.-]{0,40}://")
"""An address that a plugin of helm loads: ``s3://BUCKET/charts``, ``secrets://FILE``."""
_KNOWN = frozenset(
    {
        "repo",
        "registry",
        "install",
        "upgrade",
        "uninstall",
        "rollback",
        "list",
        "ls",
        "status",
        "history",
        "get",
        "template",
        "lint",
        "test",
    }
    | {
        "version",
        "env",
        "completion",
        "plugin",
        "search",
        "create",
        "dependency",
        "dep",
        "show",
        "pull",
        "verify",
        "unittest",
        "delete",
    }
    | {"docs", "diff", "schema", "help", "uninstall"}
)


def helm(call: Call) -> Found:
    """Read a command of helm; its global options may stand before the verb."""
    call = replace(call, words=(call.program, *without_globals(call.tail, _VALUED)))
    for word in call.tail:
        address = word.partition("=")[2] if word.startswith("-") else word
        if _BY_PLUGIN.match(address):
            return opaque(f"helm {call.tail[0]} {address}"[:100], "a plugin of helm loads it", "use oci:// or https://")
    rendered = [Nested(program, call.folder, "") for program in options(call.tail, "--post-renderer")]
    return (*rendered, *_command(call))


def _command(call: Call) -> Found:
    kind = StepKind.HELM
    match call.tail[:2]:
        case ("registry", "login"):
            host = (arguments(call.tail[2:], _VALUED) or [""])[0]
            return (Operation(kind, Purpose.LOGIN, target=host or None),)
        case ("push", *_):
            return _push(call)
        case ("package", *_):
            _note_package(call)
            return understood(kind)
        case ("dependency" | "dep", "update" | "build"):
            return _dependencies(call)
        case (verb, *_) if verb in _KNOWN:
            remote = [word for word in call.tail if word.startswith("oci://") and may_be_ecr(word)]
            return pulls(kind, remote[:1]) or understood(kind)
        case ():
            return understood(kind)
        case _:
            return opaque(f"helm {call.tail[0]}", "it is a plugin of helm", "use the commands of helm itself")


def _push(call: Call) -> Found:
    kind = StepKind.HELM
    named = arguments(call.tail[1:], _VALUED)
    remote = next((word for word in named if word.startswith("oci://")), None) or (
        named[-1] if len(named) > 1 else None
    )
    if remote is None:
        return pushes(kind, [None])
    base = remote.rstrip("/")
    files = [word for word in named if word != remote]
    names = [name for file in files for name in _names(file, call)]
    return pushes(kind, [f"{base}/{name}" for name in names] or [f"{base}/$chart"])


def _names(file: str, call: Call) -> list[str]:
    """Return the names of the charts that a file name stands for: by the name, by what was packaged, by its folder."""
    found = _FILE.fullmatch(file.rsplit("/", 1)[-1])
    if found:
        return [found[1]]
    packaged = [name for name in call.notes.get(CHARTS, "").split("\n") if name]
    base = file.rsplit("/", 1)[-1]
    literal = re.split(r"[$*?{\[]", base)[0]
    fitting = [
        name
        for name in packaged
        if not is_legible(name) or name.startswith(literal.rstrip("-")) or literal.startswith(f"{name}-")
    ]
    return fitting if packaged else []


def _note_package(call: Call) -> None:
    for folder in arguments(call.tail[1:], _VALUED):
        path = call.path(folder)
        text = call.files.text(f"{path}/Chart.yaml" if path else "Chart.yaml") if path is not None else None
        name = text_of(member(yaml_mapping(text), "name")) if text else None
        earlier = [each for each in call.notes.get(CHARTS, "").split("\n") if each]
        call.notes[CHARTS] = "\n".join(dict.fromkeys([*earlier, name or "$chart"]))


def _dependencies(call: Call) -> Found:
    named = arguments(call.tail[2:], _VALUED)
    path = call.path(named[0] if named else ".")
    text = call.files.text(f"{path}/Chart.yaml" if path else "Chart.yaml") if path is not None else None
    listed = member(yaml_mapping(text), "dependencies") if text else None
    remote = [
        f"{repository.rstrip('/')}/{text_of(member(each, 'name'))}"
        for each in (listed if isinstance(listed, list) else [])
        if (repository := text_of(member(each, "repository")) or "").startswith("oci://")
        and EcrAddress.find(repository)
    ]
    return pulls(StepKind.HELM, remote) or understood(StepKind.HELM)
