"""Find the operations of a shell script: which of its commands call AWS or a registry, and for what."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from diagnosis.names.ecr_address import EcrAddress
from diagnosis.steps.aws_cli import operations_of_aws
from diagnosis.steps.infrastructure.read_tool import READERS, operations_of_tool
from diagnosis.steps.infrastructure.tool_run import ToolRun
from diagnosis.steps.kinds import Operation, Purpose, StepKind
from diagnosis.steps.shell_commands import ShellCommand, commands_in
from diagnosis.steps.variables import expand, note_command

Reader = Callable[[tuple[str, ...], Mapping[str, str]], tuple[Operation, ...]]

_VALUED = frozenset(
    {"--platform", "--creds", "--authfile", "--cert-dir", "--format", "-f", "--digestfile", "--sign-by", "--tls-verify"}
    | {"--src-creds", "--dest-creds", "--src-tls-verify", "--dest-tls-verify", "--password", "-p", "-u", "--username"}
    | {"--insecure", "--retry-times", "--file", "--build-arg", "--builder", "--label", "--secret", "--target", "--arch"}
    | {"--compression-format", "--config", "--context", "-H", "--host", "--log-level", "-c", "--annotation"}
)


def operations_of_script(script: str, values: Mapping[str, str]) -> tuple[tuple[Operation, ...], dict[str, str]]:
    """Return the operations of a script in order, and what it hands on to later steps (``$GITHUB_ENV``, ``$GITHUB_OUTPUT``)."""
    known = dict(values)
    handed_on: dict[str, str] = {}
    operations: list[Operation] = []
    for command in commands_in(script):
        note_command(command, known, handed_on)
        if command.words:
            found = _operations_of(command, known | dict(command.assignments))
            # A token that is piped into a login: the login fails with it.
            guarded = command.guarded and not any(operation.purpose is Purpose.LOGIN for operation in found)
            operations.extend(replace(operation, guarded=guarded) for operation in found)
    return tuple(operations), handed_on


def _operations_of(command: ShellCommand, values: Mapping[str, str]) -> tuple[Operation, ...]:
    words = tuple(expand(word, values) for word in command.words)
    values = {name: expand(value, values) for name, value in values.items()} if command.assignments else values
    program = command.program.removesuffix(".exe")
    if program in ("npx", "pnpx", "bunx", "yarn", "pnpm") and len(words) > 1:
        words = tuple(word for index, word in enumerate(words) if index and not (index < 3 and word.startswith("-")))
        program = words[0].split("@")[0] if words else ""
    reader = _READERS.get(program)
    return reader(words, values) if reader else ()


def _option(words: tuple[str, ...], *names: str) -> str | None:
    """Return the value of an option, in either form (``--name value``, ``--name=value``)."""
    for index, word in enumerate(words):
        if word in names and index + 1 < len(words):
            return words[index + 1]
        for name in names:
            if name.startswith("--") and word.startswith(f"{name}="):
                return word.split("=", 1)[1]
    return None


def _options(words: tuple[str, ...], *names: str) -> list[str]:
    """Return all values of an option that may be repeated."""
    found: list[str] = []
    for index, word in enumerate(words):
        value = _option(words[index : index + 2], *names)
        if value is not None and (word in names or "=" in word):
            found.append(value)
    return found


def _arguments(words: tuple[str, ...]) -> list[str]:
    """Return the words that are neither options nor the values of options."""
    found: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = word in _VALUED
        else:
            found.append(word)
    return found


def _push(kind: StepKind, *targets: str | None) -> tuple[Operation, ...]:
    return tuple(Operation(kind, Purpose.PUSH, target=target) for target in targets or (None,))


def _pull(kind: StepKind, *targets: str) -> tuple[Operation, ...]:
    return tuple(Operation(kind, Purpose.PULL, target=target) for target in targets)


def _is_in_registry(word: str) -> bool:
    return EcrAddress.find(word) is not None


def _docker(words: tuple[str, ...], values: Mapping[str, str]) -> tuple[Operation, ...]:
    rest = words[1:]
    while rest and rest[0].startswith("-"):
        rest = rest[2:] if rest[0] in _VALUED else rest[1:]
    if not rest:
        return ()
    kind = {"podman": StepKind.PODMAN, "buildah": StepKind.BUILDAH}.get(words[0].rsplit("/", 1)[-1], StepKind.DOCKER)
    verb, tail = rest[0], rest[1:]
    if verb in ("image", "manifest", "compose", "container", "builder") and tail:
        if verb == "compose":
            return _push(kind) if "push" in tail or ("build" in tail and "--push" in tail) else ()
        if verb == "manifest" and tail[0] == "inspect":
            return _pull(kind, *_arguments(tail[1:])[:1])
        verb, tail = tail[0], tail[1:]
    if verb == "buildx":
        return _buildx(tail)
    match verb:
        case "login":
            return (_registry_login(kind, tail),)
        case "push":
            return _push(kind, *_arguments(tail)[-1:])
        case "pull" | "create":
            return _pull(kind, *[word for word in _arguments(tail) if _is_in_registry(word) or verb == "pull"][:1])
        case "run":
            return _docker_run(kind, tail, values)
        case "build" | "bud":
            return _build(kind, tail)
        case _:
            return ()


def _registry_login(kind: StepKind, tail: tuple[str, ...]) -> Operation:
    host = (_arguments(tail) or [""])[-1]
    return Operation(kind, Purpose.LOGIN, target=host or "docker.io/")


def _docker_run(kind: StepKind, tail: tuple[str, ...], values: Mapping[str, str]) -> tuple[Operation, ...]:
    for index, word in enumerate(tail):
        if "kaniko" in word and "/" in word and not word.startswith("-"):
            return _kaniko(("executor", *tail[index + 1 :]), values)
    pulled = [word for word in _arguments(tail) if _is_in_registry(word)][:1]
    return _pull(kind, *pulled)


def _build(kind: StepKind, tail: tuple[str, ...]) -> tuple[Operation, ...]:
    outputs = " ".join(_options(tail, "--output", "-o"))
    cache_in = [ref for text in _options(tail, "--cache-from") for ref in [_reference(text)] if _is_in_registry(ref)]
    cache_out = [ref for text in _options(tail, "--cache-to") for ref in [_reference(text)] if _is_in_registry(ref)]
    operations = list(_pull(kind, *cache_in))
    if "--push" in tail or "--push=true" in tail or "push=true" in outputs or "type=registry" in outputs:
        operations.extend(_push(kind, *(_options(tail, "-t", "--tag") or re.findall(r"\bname=([^\s,]+)", outputs))))
    if cache_out:
        operations.extend(_push(kind, *cache_out))
    return tuple(operations)


def _reference(text: str) -> str:
    found = re.search(r"ref=([^,\s]+)", text)
    return found[1] if found else text


def _buildx(tail: tuple[str, ...]) -> tuple[Operation, ...]:
    kind = StepKind.BUILDX
    if tail[:2] == ("imagetools", "create"):
        sources = [word for word in _arguments(tail[2:]) if _is_in_registry(word)]
        return _pull(kind, *sources) + _push(kind, *_options(tail, "-t", "--tag"))
    if tail[:2] == ("imagetools", "inspect"):
        return _pull(kind, *_arguments(tail[2:])[:1])
    if tail[:1] == ("bake",):
        return _push(kind) if "--push" in tail else ()
    return _build(kind, tail[1:]) if tail[:1] in (("build",), ("b",)) else ()


def _skopeo(words: tuple[str, ...], _values: Mapping[str, str]) -> tuple[Operation, ...]:
    verb = words[1] if len(words) > 1 else ""
    arguments = _arguments(words[2:])
    if verb == "login":
        return (_registry_login(StepKind.SKOPEO, words[2:]),)
    if verb in ("copy", "sync") and len(arguments) >= 2:
        source, destination = arguments[-2], arguments[-1]
        pulled = (source,) if _is_in_registry(source) else ()
        pushed = (destination,) if destination.startswith("docker://") or verb == "sync" else ()
        return _pull(StepKind.SKOPEO, *pulled) + (_push(StepKind.SKOPEO, *pushed) if pushed else ())
    return _pull(StepKind.SKOPEO, *arguments[:1]) if verb in ("inspect", "list-tags") else ()


def _crane(words: tuple[str, ...], _values: Mapping[str, str]) -> tuple[Operation, ...]:
    """Read a command of crane, gcrane, regctl, oras or cosign: the image comes last, and a copy goes from first to last."""
    program = words[0].rsplit("/", 1)[-1]
    kind = StepKind.CRANE if program in ("crane", "gcrane") else StepKind.OTHER_IMAGE_TOOL
    rest = words[2:] if words[1:2] in (("image",), ("auth",), ("registry",), ("manifest",)) else words[1:]
    verb, arguments = (rest[0] if rest else ""), _arguments(rest[1:])
    if verb == "login":
        return (_registry_login(kind, rest[1:]),)
    if verb in ("copy", "cp") and len(arguments) >= 2:
        return _pull(kind, *[word for word in arguments[:1] if _is_in_registry(word)]) + _push(kind, arguments[-1])
    if verb in ("push", "sign", "attest", "attach", "mutate", "append", "tag", "put", "mod"):
        named = [word for word in (*arguments, *_options(rest, "-t", "--tag", "--new_tag")) if "/" in word]
        return _push(kind, *(named[-1:] if verb in ("push", "append", "mutate") else named[:1]))
    if verb in ("pull", "digest", "manifest", "export", "config", "validate", "verify", "get", "inspect", "ls"):
        return _pull(kind, *[word for word in arguments if _is_in_registry(word)][:1])
    return ()


def _ko(words: tuple[str, ...], values: Mapping[str, str]) -> tuple[Operation, ...]:
    if words[1:2] not in (("build",), ("publish",), ("resolve",), ("apply",), ("create",), ("run",)):
        return (_registry_login(StepKind.KO, words[2:]),) if words[1:2] == ("login",) else ()
    if "--local" in words or "-L" in words or "--push=false" in words:
        return ()
    return _push(StepKind.KO, values.get("KO_DOCKER_REPO"))


def _kaniko(words: tuple[str, ...], _values: Mapping[str, str]) -> tuple[Operation, ...]:
    if "--no-push" in words:
        return ()
    caches = _options(words, "--cache-repo")
    targets = [*_options(words, "--destination", "-d"), *caches]
    return _pull(StepKind.KANIKO, *caches) + (_push(StepKind.KANIKO, *targets) if targets else ())


def _helm(words: tuple[str, ...], _values: Mapping[str, str]) -> tuple[Operation, ...]:
    if words[1:3] == ("registry", "login"):
        return (_registry_login(StepKind.HELM, words[3:]),)
    remote = [word for word in words if word.startswith("oci://")]
    if words[1:2] == ("push",):
        return _push(StepKind.HELM, *remote[:1])
    return _pull(StepKind.HELM, *[word for word in remote if _is_in_registry(word)][:1])


def _infrastructure(words: tuple[str, ...], values: Mapping[str, str]) -> tuple[Operation, ...]:
    program = words[0].rsplit("/", 1)[-1].split("@")[0].removesuffix(".exe")
    return operations_of_tool(ToolRun((program, *words[1:]), values, folder=None)) if program in READERS else ()


_READERS: dict[str, Reader] = {
    **dict.fromkeys(("docker", "podman", "buildah", "nerdctl", "docker-compose"), _docker),
    **dict.fromkeys(("crane", "gcrane", "regctl", "oras", "cosign"), _crane),
    **dict.fromkeys(READERS, _infrastructure),
    "skopeo": _skopeo,
    "ko": _ko,
    "executor": _kaniko,
    "kaniko": _kaniko,
    "helm": _helm,
    "aws": operations_of_aws,
}
