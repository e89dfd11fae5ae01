"""Read docker, podman, nerdctl and buildah: pushes, pulls, builds with their caches, manifests, containers that are run."""

from __future__ import annotations

import re
import shlex

from diagnosis.names.ecr_address import EcrAddress
from diagnosis.steps.kinds import Operation, Purpose, StepKind
from diagnosis.steps.tools.bake import bake
from diagnosis.steps.tools.call import (
    Call,
    Found,
    Nested,
    arguments,
    cache_in_s3,
    handed_over,
    has,
    may_be_ecr,
    opaque,
    option,
    options,
    pulls,
    pushes,
    understood,
    without_globals,
)
from diagnosis.steps.tools.compose import compose
from diagnosis.steps.tools.dockerfile import (
    CONTAINERFILE,
    DOCKERFILE,
    Build,
    of_contexts,
    pairs,
    pulls_of_build,
    pulls_of_text,
)

_GLOBALS = frozenset(
    {
        "--config",
        "-c",
        "--context",
        "-H",
        "--host",
        "-l",
        "--log-level",
        "--tlscacert",
        "--namespace",
        "-n",
        "--address",
    }
)
VALUED = frozenset(
    {
        "--platform",
        "--creds",
        "--authfile",
        "--cert-dir",
        "--format",
        "-f",
        "--digestfile",
        "--sign-by",
        "--retry",
        "--retry-delay",
    }
    | {
        "--src-creds",
        "--dest-creds",
        "--password",
        "-p",
        "-u",
        "--username",
        "--compression-format",
        "--compression-level",
    }
    | {
        "--retry-times",
        "--file",
        "--build-arg",
        "--builder",
        "--label",
        "--secret",
        "--target",
        "--arch",
        "--os",
        "--variant",
    }
    | {
        "--config",
        "--context",
        "-H",
        "--host",
        "--log-level",
        "-c",
        "--annotation",
        "-t",
        "--tag",
        "-o",
        "--output",
        "--add-compression",
    }
    | {
        "--metadata-file",
        "--progress",
        "--src-shared-blob-dir",
        "--dest-shared-blob-dir",
        "--encryption-key",
        "--decryption-key",
    }
)
_RUN_VALUED = frozenset(
    {
        "-e",
        "--env",
        "--env-file",
        "-v",
        "--volume",
        "--mount",
        "-w",
        "--workdir",
        "-u",
        "--user",
        "--name",
        "--network",
        "--net",
    }
    | {
        "-p",
        "--publish",
        "--entrypoint",
        "--platform",
        "-l",
        "--label",
        "--add-host",
        "-h",
        "--hostname",
        "--cpus",
        "-m",
        "--memory",
    }
    | {
        "--pull",
        "--restart",
        "--gpus",
        "--shm-size",
        "--tmpfs",
        "--cap-add",
        "--cap-drop",
        "--device",
        "--security-opt",
        "--ulimit",
    }
    | {
        "--log-driver",
        "--log-opt",
        "--volumes-from",
        "--ipc",
        "--pid",
        "--cidfile",
        "--health-cmd",
        "--link",
        "--expose",
        "--group-add",
    }
)
_HARMLESS = frozenset(
    {
        "version",
        "info",
        "images",
        "ps",
        "rm",
        "rmi",
        "tag",
        "inspect",
        "logs",
        "stop",
        "start",
        "kill",
        "cp",
        "save",
        "load",
    }
    | {
        "import",
        "export",
        "history",
        "system",
        "volume",
        "network",
        "context",
        "logout",
        "search",
        "stats",
        "top",
        "wait",
        "port",
    }
    | {
        "rename",
        "restart",
        "pause",
        "unpause",
        "update",
        "diff",
        "events",
        "attach",
        "prune",
        "plugin",
        "swarm",
        "node",
        "service",
    }
    | {
        "stack",
        "secret",
        "config",
        "machine",
        "unshare",
        "mount",
        "umount",
        "add",
        "copy",
        "from",
        "commit",
        "ls",
        "use",
        "du",
        "init",
    }
    | {
        "annotate",
        "buildx",
        "builder",
        "container",
        "image",
        "manifest",
        "scout",
        "sbom",
        "checkpoint",
        "namespace",
        "desktop",
        "model",
    }
    | {
        "--version",
        "-v",
        "--help",
        "containers",
        "run",
        "pod",
        "generate",
        "kube",
        "secret",
        "artifact",
        "help",
        "stop",
        "create",
    }
)
_BUILD_VALUED = frozenset(
    {"--build-context", "--cache-from", "--cache-to", "--add-host", "--network", "--iidfile", "--ssh", "--shm-size"}
    | {
        "--ulimit",
        "-m",
        "--memory",
        "--memory-swap",
        "--attest",
        "--allow",
        "--call",
        "--no-cache-filter",
        "--provenance",
    }
    | {
        "--sbom",
        "--cgroup-parent",
        "--isolation",
        "-c",
        "--cpu-shares",
        "--cpuset-cpus",
        "--security-opt",
        "-v",
        "--volume",
    }
    | {"--ignorefile", "--manifest", "--jobs", "--logfile", "--runtime", "--env", "--device", "--cap-add", "--cap-drop"}
    | {
        "--project",
        "--token",
        "--build-platform",
        "--timestamp",
        "--from",
        "--cpu-quota",
        "--cpu-period",
        "--output-dir",
    }
)
_BUILT = "script.docker.built"
"""The note of the tags that builds of the job have left in the daemon."""
_LOCAL = frozenset({StepKind.DOCKER, StepKind.PODMAN, StepKind.BUILDAH})
"""Builders that find an image which was built before; one that buildx runs in a container does not."""
_MOST_BUILT = 100
_PROGRAM_IMAGES = (
    (re.compile(r"(?:^|/)kaniko-project/executor|(?:^|/)kaniko"), "executor"),
    (re.compile(r"(?:^|/)aws-cli/aws-cli(?::|@|$)|(?:^|/)amazon/aws-cli(?::|@|$)"), "aws"),
    (re.compile(r"(?:^|/)skopeo/stable(?::|@|$)"), "skopeo"),
    (re.compile(r"(?:^|/)go-containerregistry/g?crane(?::|@|$)"), "crane"),
    (re.compile(r"(?:^|/)alpine/helm(?::|@|$)"), "helm"),
    (re.compile(r"(?:^|/)cosign/cosign(?::|@|$)|(?:^|/)bitnami/cosign(?::|@|$)"), "cosign"),
    (re.compile(r"(?:^|/)hashicorp/terraform(?::|@|$)"), "terraform"),
    (re.compile(r"(?:^|/)(?:oras-project|oras)/oras(?::|@|$)"), "oras"),
    (re.compile(r"(?:^|/)regclient/regctl(?::|@|$)"), "regctl"),
    (re.compile(r"(?:^|/)goreleaser/goreleaser(?::|@|$)"), "goreleaser"),
    (re.compile(r"(?:^|/)buildpacksio/pack(?::|@|$)"), "pack"),
    (re.compile(r"(?:^|/)earthly/earthly(?::|@|$)"), "earthly"),
)


def docker(call: Call) -> Found:
    """Read a command of docker and of the programs that are used like it."""
    kind = {"podman": StepKind.PODMAN, "buildah": StepKind.BUILDAH}.get(call.program, StepKind.DOCKER)
    rest = without_globals(call.tail, _GLOBALS)
    if not rest:
        return understood(kind)
    verb, tail = rest[0], rest[1:]
    if verb == "compose":
        return compose(Call(rest, call.values, call.files, call.folder, call.stdin, call.notes))
    if verb == "buildx":
        return _buildx(call, tail)
    if verb == "manifest" and tail:
        return _manifest(kind, tail)
    if verb in ("image", "container", "builder") and tail:
        verb, tail = tail[0], tail[1:]
    match verb:
        case "login":
            return (registry_login(kind, tail, VALUED),)
        case "push":
            named = arguments(tail, VALUED)
            return pushes(kind, named[-1:])
        case "pull" | "from":
            return pulls(kind, arguments(tail, VALUED)[:1])
        case "commit" if kind is StepKind.BUILDAH:
            target = arguments(tail, VALUED)[-1:]
            return pushes(kind, target) if target and target[0].startswith("docker://") else understood(kind)
        case "create":
            return pulls(kind, [word for word in arguments(tail, _RUN_VALUED)[:1] if _is_ecr(word)]) or understood(kind)
        case "run" if kind is not StepKind.BUILDAH:
            return _run(kind, call, tail)
        case "exec":
            return handed_over(f"{call.program} exec", tail) or understood(kind)
        case "build" | "bud":
            return build(kind, call, tail)
        case "bake":
            return bake(Call(rest, call.values, call.files, call.folder, call.stdin, call.notes))
        case "trust" if tail[:1] == ("sign",):
            return pushes(kind, arguments(tail[1:], VALUED)[:1])
        case "scout" | "sbom":
            return pulls(kind, [word for word in arguments(tail, VALUED) if _is_ecr(word)]) or understood(kind)
        case _ if verb in _HARMLESS:
            return understood(kind)
        case _:
            return opaque(
                f"{call.program} {verb}", "this command of it is not known", "use a command that is documented"
            )


def registry_login(kind: StepKind, tail: tuple[str, ...], valued: frozenset[str]) -> Operation:
    """Return the login to the host that is named last; without one it is Docker Hub's."""
    host = (arguments(tail, valued) or [""])[-1]
    return Operation(kind, Purpose.LOGIN, target=host or "docker.io/")


def build(kind: StepKind, call: Call, tail: tuple[str, ...]) -> Found:
    """Read the options of a build: its base images, what it pushes, and the caches that it reads and writes."""
    outputs = options(tail, "--output", "-o")
    found: list[Operation] = list(
        pulls(kind, [ref for ref in map(_reference, options(tail, "--cache-from")) if may_be_ecr(ref)])
    )
    found.extend(_bases(kind, call, tail))
    names = [name for text in outputs for name in re.findall(r"\bname=\"?([^\s,\"]+)", text)]
    tags = options(tail, "-t", "--tag")
    if has(tail, "--push") or any("type=registry" in text or "push=true" in text for text in outputs):
        found.extend(pushes(kind, tags or names))
    elif any(word.startswith("--push=") and "$" in word for word in tail) or any("$" in text for text in outputs):
        found.extend(pushes(kind, tags or names or [None]))
    written = [text for text in options(tail, "--cache-to") if "ref=" in text or "=" not in text]
    found.extend(pushes(kind, map(_reference, written)) if written else ())
    found.extend(cache_in_s3(kind, (*options(tail, "--cache-to"), *options(tail, "--cache-from"))))
    return tuple(dict.fromkeys(found)) or understood(kind)


def _bases(kind: StepKind, call: Call, tail: tuple[str, ...]) -> tuple[Operation, ...]:
    """Return the pulls of what the Dockerfile builds on; not of an image that an earlier build of the job left in the daemon."""
    given = Build(
        pairs(options(tail, "--build-arg"), call.values),
        option(tail, "--target") or "",
        pairs(options(tail, "--build-context")),
    )
    like_podman = call.program in ("podman", "buildah")
    named = arguments(tail, VALUED | _BUILD_VALUED)
    context = named[-1] if named else "." if like_podman else None
    file = option(tail, "-f", "--file")
    if file == "-" or (file is None and context == "-"):
        found = pulls_of_text(kind, call.stdin or "", given) + of_contexts(kind, given)
    else:
        names = CONTAINERFILE if like_podman else DOCKERFILE
        found = pulls_of_build(kind, call.files, call.folder, given, context=context, file=file, names=names)
    built = call.notes.get(_BUILT, "").split("\n")
    if kind in _LOCAL:
        found = tuple(each for each in found if each.target not in built)
        call.notes[_BUILT] = "\n".join(dict.fromkeys([*built[-_MOST_BUILT:], *options(tail, "-t", "--tag")]))
    return found


def _buildx(call: Call, tail: tuple[str, ...]) -> Found:
    kind = StepKind.BUILDX
    tail = without_globals(tail, frozenset({"--builder"}))
    match tail[:2]:
        case ("imagetools", "create"):
            sources = arguments(tail[2:], VALUED)
            targets = options(tail[2:], "-t", "--tag")
            if has(tail, "--dry-run"):
                targets = []
            read = pulls(kind, [word for word in sources if may_be_ecr(word)])
            return read + (pushes(kind, targets) if targets else ())
        case ("imagetools", "inspect"):
            return pulls(kind, arguments(tail[2:], VALUED)[:1])
        case ("bake" | "f", *_):
            return bake(Call(tail, call.values, call.files, call.folder, call.stdin, call.notes))
        case ("build" | "b", *_):
            return build(kind, call, tail[1:])
        case _:
            return understood(kind)


def _manifest(kind: StepKind, tail: tuple[str, ...]) -> Found:
    named = arguments(tail[1:], VALUED)
    match tail[0]:
        case "inspect":
            return pulls(kind, named[:1])
        case "create":
            return pulls(kind, [word for word in named[1:] if may_be_ecr(word)]) or understood(kind)
        case "add":
            return pulls(kind, [word for word in named[1:] if _is_ecr(word)]) or understood(kind)
        case "push":
            return pushes(kind, named[-1:])
        case _:
            return understood(kind)


def _run(kind: StepKind, call: Call, tail: tuple[str, ...]) -> Found:
    """Read a container that is run: a program that is known by its image, or a foreign one that may get the credentials."""
    place = _image_at(tail)
    image = tail[place] if place is not None else ""
    given = tail[:place] if place is not None else tail
    inside = tail[place + 1 :] if place is not None else ()
    read = pulls(kind, [image]) if _is_ecr(image) else ()
    entry = option(given, "--entrypoint")
    known = next((program for pattern, program in _PROGRAM_IMAGES if pattern.search(image)), None)
    if known is not None and entry in (None, known, f"/kaniko/{known}"):
        words = inside[1:] if inside[:1] == (known,) else inside
        passed = {
            name: value for name, sign, value in (word.partition("=") for word in options(given, "-e", "--env")) if sign
        }
        return (
            *read,
            Nested(shlex.join((known, *words)).replace("'$", '"$').replace("}'", '}"'), call.folder, "", passed),
        )
    found = (*read, *handed_over(image or f"{call.program} run", given))
    return found or understood(kind)


def _image_at(tail: tuple[str, ...]) -> int | None:
    at = 0
    while at < len(tail):
        word = tail[at]
        if not word.startswith("-"):
            return at
        at += 2 if word in _RUN_VALUED else 1
    return None


def _is_ecr(word: str) -> bool:
    return EcrAddress.find(word) is not None


def _reference(text: str) -> str:
    found = re.search(r"ref=([^,\s]+)", text)
    return found[1] if found else text
