"""Read builders that push by themselves: ko, kaniko, pack, depot, img, buildctl, nixpacks."""

from __future__ import annotations

import hashlib
import re

from diagnosis.steps.kinds import Operation, Purpose, StepKind
from diagnosis.steps.tools.bake import bake
from diagnosis.steps.tools.call import (
    Call,
    Found,
    arguments,
    has,
    may_be_ecr,
    option,
    options,
    other_verb,
    pulls,
    pushes,
    understood,
    without_globals,
)
from diagnosis.steps.tools.docker import VALUED, build, registry_login
from diagnosis.steps.tools.dockerfile import Build, pairs, pulls_of_build

_KO_VALUED = frozenset(
    {
        "-f",
        "--filename",
        "-t",
        "--tags",
        "--platform",
        "--sbom",
        "--image-refs",
        "--image-label",
        "--image-annotation",
        "--image-user",
    }
    | {
        "--tarball",
        "--oci-layout-path",
        "-j",
        "--jobs",
        "--tag-only",
        "--sbom-dir",
        "--debug",
        "-n",
        "--namespace",
        "-l",
        "--selector",
    }
) - {"--tag-only", "--debug"}
_PACK_VALUED = frozenset(
    {
        "-B",
        "--builder",
        "-b",
        "--buildpack",
        "-e",
        "--env",
        "--env-file",
        "-p",
        "--path",
        "-t",
        "--tag",
        "--cache-image",
        "-d",
        "--descriptor",
    }
    | {
        "--run-image",
        "--network",
        "--volume",
        "--pull-policy",
        "--default-process",
        "-D",
        "--creation-time",
        "--lifecycle-image",
        "--cache",
    }
    | {
        "--previous-image",
        "--platform",
        "--sbom-output-dir",
        "--workspace",
        "--gid",
        "--uid",
        "-c",
        "--config",
        "--format",
        "-r",
        "--label",
    }
)
_LOCAL = frozenset({"version", "help", "completion", "logout"})
_DEPOT_LOCAL = frozenset(
    {"login", "init", "list", "ls", "projects", "org", "cache", "configure-docker", "pull", "pull-token", "reset"}
)
_PACK_LOCAL = frozenset(
    {
        "config",
        "inspect",
        "suggest",
        "stack",
        "report",
        "sbom",
        "detect",
        "pull",
        "new",
        "inspect-image",
        "set-default-builder",
    }
)
_MODULE = re.compile(r"^module\s+(\S+)", re.MULTILINE)


def ko(call: Call) -> Found:
    """Read ko: the image of a program is named by ``KO_DOCKER_REPO`` and the program's import path.

    ``--bare``: the address itself; ``-B``: and the last part of the path; ``-P``: and the whole path; without any of them: and
    the last part with the path's MD5. Source: ko's configuration reference.
    """
    kind = StepKind.KO
    rest = without_globals(call.tail, _KO_VALUED)
    verb, tail = (rest[0] if rest else ""), rest[1:]
    if verb == "login":
        return (registry_login(kind, tail, VALUED),)
    if verb not in ("build", "publish", "resolve", "apply", "create", "run"):
        return other_verb(kind, call, verb, _LOCAL | {"deps", "delete"})
    if has(tail, "--local", "-L") or "--push=false" in tail:
        return understood(kind)
    base = call.values.get("KO_DOCKER_REPO")
    if base in ("ko.local", "kind.local"):
        return understood(kind)
    if not base:
        return pushes(kind, [None])
    if has(tail, "--bare"):
        return pushes(kind, [base])
    paths = arguments(tail, _KO_VALUED) if verb in ("build", "publish") else []
    paths = paths or (["."] if verb in ("build", "publish") else [])
    names: list[str | None] = [_ko_name(path, call, tail) for path in paths] or [None]
    return pushes(kind, [f"{base.rstrip('/')}/{name or '$ko'}" for name in names])


def _ko_name(path: str, call: Call, tail: tuple[str, ...]) -> str | None:
    """Return what ko adds to the address for one program; None where its import path is not known."""
    if path.endswith("..."):
        return None
    last_only = has(tail, "-B", "--base-import-paths")
    local = path.startswith((".", "/"))
    plain = path.removeprefix("ko://").rstrip("/")
    if last_only and local and plain.rsplit("/", 1)[-1] not in ("", ".", ".."):
        return plain.rsplit("/", 1)[-1].lower()
    whole = plain if not local else _import_path(plain, call)
    if whole is None or "$" in whole:
        return None
    last = whole.rsplit("/", 1)[-1].lower()
    if last_only:
        return last
    if has(tail, "-P", "--preserve-import-paths"):
        return whole.lower()
    return f"{last}-{hashlib.md5(whole.encode(), usedforsecurity=False).hexdigest()}"


def _import_path(path: str, call: Call) -> str | None:
    folder = call.path(path)
    root = call.folder or ""
    text = (
        call.files.text(f"{root}/go.mod" if root else "go.mod")
        if folder is not None and call.folder is not None
        else None
    )
    module = _MODULE.search(text) if text else None
    if module is None or folder is None:
        return None
    below = folder.removeprefix(root).strip("/")
    return f"{module[1]}/{below}" if below else module[1]


def kaniko(call: Call) -> Found:
    """Read kaniko's executor."""
    words = call.words
    given = Build(
        pairs(options(words, "--build-arg"), call.values),
        option(words, "--target") or "",
        every_stage=not has(words, "--skip-unused-stages"),
    )
    context = option(words, "--context", "-c")
    bases = pulls_of_build(
        StepKind.KANIKO,
        call.files,
        call.folder,
        given,
        context=context.removeprefix("dir://") if context else None,
        file=option(words, "--dockerfile", "-f"),
        inside=True,
    )
    if has(words, "--no-push") and not has(words, "--no-push=false"):
        return bases or understood(StepKind.KANIKO)
    caches = options(words, "--cache-repo")
    targets = [*options(words, "--destination", "-d"), *caches]
    return (
        bases
        + pulls(StepKind.KANIKO, [cache for cache in caches if may_be_ecr(cache)])
        + pushes(StepKind.KANIKO, targets)
    )


def pack(call: Call) -> Found:
    """Read pack: ``pack build IMAGE --publish``."""
    kind = StepKind.OTHER_IMAGE_TOOL
    rest = without_globals(call.tail, frozenset())
    while rest[:1] in (("buildpack",), ("builder",), ("extension",)):
        rest = rest[1:]
    if not rest or rest[0] not in ("build", "package", "create", "rebase"):
        return other_verb(kind, call, rest[0] if rest else "", _LOCAL | _PACK_LOCAL)
    if not has(rest, "--publish"):
        return understood(kind)
    named = arguments(rest[1:], _PACK_VALUED)
    cached = [
        *options(rest, "--cache-image"),
        *re.findall(r"type=build;(?:(?!type=build;)[^ ])*name=([^;\s]+)", " ".join(options(rest, "--cache"))),
    ]
    bases = [name for name in options(rest, "-B", "--builder", "--run-image", "--previous-image") if may_be_ecr(name)]
    return pulls(kind, [*bases, *[name for name in cached if may_be_ecr(name)]]) + pushes(
        kind, [*(named[:1] or [""]), *options(rest, "-t", "--tag"), *cached]
    )


def depot(call: Call) -> Found:
    """Read depot: its builds have docker's options."""
    kind = StepKind.OTHER_IMAGE_TOOL
    rest = without_globals(call.tail, frozenset({"--token", "--project"}))
    verb, tail = (rest[0] if rest else ""), rest[1:]
    match verb:
        case "build":
            return build(kind, call, tail)
        case "bake":
            return bake(Call(("bake", *tail), call.values, call.files, call.folder, call.stdin, call.notes))
        case "push":
            return pushes(kind, options(tail, "-t", "--tag"))
        case _:
            return other_verb(kind, call, verb, _LOCAL | _DEPOT_LOCAL)


def img(call: Call) -> Found:
    """Read img and other tools whose push names its target last."""
    kind = StepKind.OTHER_IMAGE_TOOL
    rest = without_globals(call.tail, frozenset({"-b", "--backend", "-s", "--state"}))
    verb, tail = (rest[0] if rest else ""), rest[1:]
    match verb:
        case "push":
            return pushes(kind, arguments(tail, VALUED)[-1:])
        case "pull":
            return pulls(kind, [name for name in arguments(tail, VALUED)[-1:] if may_be_ecr(name)]) or understood(kind)
        case "build":
            return build(kind, call, tail)
        case "login":
            return (registry_login(kind, tail, VALUED),)
        case _:
            return other_verb(kind, call, verb, _LOCAL | {"ls", "rm", "du", "prune", "save", "tag", "unpack"})


def buildctl(call: Call) -> Found:
    """Read BuildKit's own client: outputs and caches as docker's ``--output`` has them."""
    outputs = [text for text in options(call.tail, "--output", "-o") if "push=true" in text or "type=registry" in text]
    names = [name for text in outputs for name in re.findall(r"\bname=\"?([^\s,\"]+)", text)]
    read = [text for text in options(call.tail, "--import-cache") if "ref=" in text]
    written = [text for text in options(call.tail, "--export-cache") if "ref=" in text]
    found: list[Operation] = []
    for texts, purpose in ((read, Purpose.PULL), (written, Purpose.PUSH)):
        for text in texts:
            reference = re.search(r"ref=([^,\s]+)", text)
            found.append(Operation(StepKind.BUILDX, purpose, target=reference[1] if reference else None))
    return (*found, *(pushes(StepKind.BUILDX, names) if outputs else ())) or understood(StepKind.BUILDX)
