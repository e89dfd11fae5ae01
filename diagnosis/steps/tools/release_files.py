"""Read tools that push what a file of the repository names: earthly, skaffold, goreleaser."""

from __future__ import annotations

import re
from collections.abc import Mapping

from diagnosis.facts.reading import Absent
from diagnosis.steps.kinds import Gap, Operation, Purpose, StepKind
from diagnosis.steps.tools.call import Call, Found, arguments, has, opaque, option, options, pushes, understood
from diagnosis.steps.tools.interpolation import dotenv, interpolated
from diagnosis.steps.yaml_text import Value, member, text_of, texts_of, yaml_mapping

KIND = StepKind.OTHER_IMAGE_TOOL
GORELEASER_FILES = (
    ".config/goreleaser.yml",
    ".config/goreleaser.yaml",
    ".goreleaser.yml",
    ".goreleaser.yaml",
    "goreleaser.yml",
    "goreleaser.yaml",
)
_GORELEASER_VALUED = frozenset(
    {"-f", "--config", "-p", "--parallelism", "--timeout", "--skip", "--release-notes", "--release-notes-tmpl"}
    | {
        "--release-header",
        "--release-header-tmpl",
        "--release-footer",
        "--release-footer-tmpl",
        "--id",
        "-o",
        "--output",
    }
)
_GORELEASER_LOCAL = frozenset({"build", "b", "check", "c", "healthcheck", "init", "i", "completion", "help", "man"}) | {
    "jsonschema",
    "schema",
    "changelog",
}
_SKAFFOLD_VALUED = frozenset(
    {"-v", "--verbosity", "--color", "-p", "--profile", "-f", "--filename", "-d", "--default-repo", "-n", "--namespace"}
    | {
        "--kube-context",
        "--kubeconfig",
        "-m",
        "--module",
        "-t",
        "--tag",
        "-a",
        "--build-artifacts",
        "-b",
        "--build-image",
    }
    | {"-c", "--config", "--platform", "--file-output", "-o", "--output", "-i", "--images", "-l", "--label"}
)
_SKAFFOLD_LOCAL = frozenset(
    {"render", "test", "deploy", "delete", "apply", "verify", "exec", "init", "fix", "diagnose", "config", "schema"}
    | {"survey", "version", "completion", "help", "filter", "inspect", "lsp", "find-configs", "credits", "options"}
)
_WITH_CREDENTIALS = re.compile(r"^[ \t]*LOCALLY\b|--aws\b|\bAWS_", re.MULTILINE)
_TARGET = re.compile(r"^([a-zA-Z][\w.-]*):[ \t]*$", re.MULTILINE)
_EARTHLY_GLOBALS = frozenset(
    {
        "--config",
        "--buildkit-image",
        "--buildkit-host",
        "--remote-cache",
        "--secret",
        "-s",
        "--secret-file",
        "--build-arg",
        "--org",
        "--sat",
    }
    | {
        "--env-file-path",
        "--arg-file-path",
        "--platform",
        "--artifact",
        "-a",
        "--conversion-parallelism",
        "--github-annotations",
    }
) - {"--github-annotations"}
_ESCAPED = re.compile(r"[/._:@]")
_ENVIRONMENT = re.compile(
    r"\{\{-?\s*(?:\.Env\.(\w+)|envOrDefault\s+\"(\w+)\"\s+\"([^\"]*)\"|index\s+\.Env\s+\"(\w+)\")\s*-?\}\}"
)
_TEMPLATE = re.compile(r"\{\{(?:(?!\{\{).)*?\}\}")


def earthly(call: Call) -> Found:
    """Read ``earthly --push +target --ARG=value``: the images that the target and those that it builds save with ``--push``."""
    rest = call.tail
    at = next((place for place, word in enumerate(rest) if "+" in word and not word.startswith("-")), None)
    outside = _outside_of_containers(call, rest[at]) if at is not None else ()
    if not (has(rest, "--push", "--ci-push") or call.values.get("EARTHLY_PUSH", "").lower() == "true"):
        return outside or understood(KIND)
    return (*outside, *_pushes_of_earthly(call, rest, at))


def _outside_of_containers(call: Call, target: str) -> Found:
    """Return the mark for an Earthfile that is not known, or that uses the job's credentials (``LOCALLY``, ``RUN --aws``)."""
    text = call.files.text(_earthfile(call, target))
    if text is not None and not _WITH_CREDENTIALS.search(text):
        return ()
    why = "its Earthfile was not read" if text is None else "its Earthfile runs commands with the job's credentials"
    return opaque(f"earthly {target}"[:100], why, "name its calls of AWS in a step of their own", may_push=False)


def _earthfile(call: Call, target: str) -> str | None:
    base = call.path(target.partition("+")[0] or ".")
    return (f"{base}/Earthfile" if base else "Earthfile") if base is not None else None


def _pushes_of_earthly(call: Call, rest: tuple[str, ...], at: int | None) -> Found:
    if at is None or rest[at].startswith(("github.com", "gitlab.com")) or "$" in rest[at]:
        return pushes(KIND, [None])
    folder, _, name = rest[at].partition("+")
    given = dict(_pair(word[2:]) for word in rest[at + 1 :] if word.startswith("--") and "=" in word)
    given.update(_pair(pair) for pair in options(rest[:at], "--build-arg") if "=" in pair)
    path = _earthfile(call, folder)
    text = call.files.text(path)
    if text is None:
        return pushes(KIND, [None], path or "")
    env = call.text(".arg")
    images = _Earthfile(text, {**dotenv(env or ""), **given}).images(name)
    remote_cache = options(rest[:at], "--remote-cache")
    if images is None:
        return pushes(KIND, [None, *remote_cache], path or "")
    targets = [*images, *remote_cache]
    return pushes(KIND, targets, path or "") if targets else understood(KIND)


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


class _Earthfile:
    """The targets of an Earthfile."""

    def __init__(self, text: str, given: Mapping[str, str]) -> None:
        joined = re.sub(r"\\\n", " ", text)
        places = list(_TARGET.finditer(joined))
        ends = [*(each.start() for each in places[1:]), len(joined)][: len(places)]
        self._base = joined[: places[0].start() if places else len(joined)]
        self._targets = {each[1]: joined[each.end() : end] for each, end in zip(places, ends, strict=True)}
        self._given = given
        self._left = 300

    def images(self, name: str) -> list[str | None] | None:
        """Return what a target pushes; None where a part of it is not in the file."""
        found: list[str | None] = []
        return found if self._add(name, self._given, found) else None

    def _add(self, name: str, given: Mapping[str, str], found: list[str | None]) -> bool:
        self._left -= 1
        if name not in self._targets or self._left < 0:
            return False
        values: dict[str, str] = {}
        whole = True
        for line in (*self._base.splitlines(), *self._targets[name].splitlines()):
            words = line.split()
            if words[:1] == ["ARG"]:
                self._argument(words[1:], given, values)
            elif words[:2] == ["SAVE", "IMAGE"] and "--push" in words:
                found.extend(interpolated(word, values).strip("\"'") for word in words[2:] if not word.startswith("--"))
            elif words[:1] == ["BUILD"]:
                named = [word for word in words[1:] if not word.startswith("--")]
                more = dict(_pair(word[2:]) for word in words[1:] if word.startswith("--") and "=" in word)
                more = {key: interpolated(value, values).strip("\"'") for key, value in more.items()}
                passed = {**given, **more} if "--pass-args" in words else more
                own = bool(named) and named[0].startswith("+")
                whole = (self._add(named[0][1:], passed, found) if own else False) and whole
        return whole

    def _argument(self, words: list[str], given: Mapping[str, str], values: dict[str, str]) -> None:
        written = " ".join(word for word in words if not word.startswith("--"))
        name, sign, default = written.partition("=")
        if name in given:
            values[name] = given[name]
        elif sign:
            values[name] = interpolated(default.strip().strip("\"'"), values)
        else:
            values[name] = f"${name}"


def skaffold(call: Call) -> Found:
    """Read skaffold: the artifacts of ``skaffold.yaml``, below ``--default-repo`` where one is given.

    Source: skaffold, "Image repository handling": below a repository other than gcr.io the artifact's whole name becomes one part.
    """
    rest = call.tail
    verb = next(iter(arguments(rest, _SKAFFOLD_VALUED)), "help")
    if verb in _SKAFFOLD_LOCAL or has(rest, "--dry-run"):
        return understood(KIND)
    if any(word in ("--push=false", "--push=False") for word in rest):
        return understood(KIND)
    base = option(rest, "--default-repo", "-d") or call.values.get("SKAFFOLD_DEFAULT_REPO")
    path = call.path(option(rest, "-f", "--filename") or "skaffold.yaml")
    text = call.files.text(path)
    top = yaml_mapping(text) if text else {}
    artifacts = member(top, "build", "artifacts")
    names = [text_of(member(each, "image")) for each in artifacts] if isinstance(artifacts, list) else []
    profiled = option(rest, "-p", "--profile") is not None and "profiles" in top
    # Several levels below the repository keep the artifact's own name, by rules of their own.
    several = has(rest, "--multi-level-repo") or call.values.get("SKAFFOLD_MULTI_LEVEL_REPO", "") == "true"
    targets: list[str | None] = [f"{base}/$artifact" if several else _below(base, name) for name in names if name]
    if not targets or profiled or "requires" in top:
        targets.append(f"{base}/$artifact" if base else None)
    return pushes(KIND, targets, path or "" if text else "")


def _below(base: str | None, name: str) -> str:
    if not base:
        return name
    if base.startswith("gcr.io") or name.startswith(f"{base}/"):
        return f"{base}/$artifact" if base.startswith("gcr.io") else name
    return f"{base.rstrip('/')}/{_ESCAPED.sub('_', name)}"[:255]


def goreleaser(call: Call) -> Found:
    """Read goreleaser: the image templates of its file, with the environment filled in."""
    rest = call.tail
    # Without a command it releases.
    verb = next(iter(arguments(rest, _GORELEASER_VALUED)), "release")
    if verb in _GORELEASER_LOCAL or rest in (("--version",), ("-v",), ("--help",), ("-h",)) or has(rest, "--snapshot"):
        return understood(KIND)
    skipped = ",".join(options(rest, "--skip")).split(",")
    if "publish" in skipped or has(rest, "--skip-publish"):
        return understood(KIND)
    named = option(rest, "-f", "--config")
    if named:
        path = call.path(named)
        text = call.files.text(path)
        found = (path or "", text) if text is not None else None
    else:
        found = call.files.first(call.folder or "", GORELEASER_FILES) if call.folder is not None else None
    if found is None:
        absent = not named and all(isinstance(call.files.at(name), Absent) for name in GORELEASER_FILES)
        return understood(KIND) if absent else pushes(KIND, [None])
    path, text = found
    top = yaml_mapping(text)
    values = {**_own_environment(top, call.values), **call.values}
    operations: list[Operation] = []
    targets = [] if "docker" in skipped else [_templated(each, values, top) for each in _images(top)]
    operations.extend(pushes(KIND, targets, path) if targets else ())
    if "includes" in top:
        operations.extend(pushes(KIND, [None], path))
    if "blobs" in top:
        gap = Gap("goreleaser's blobs", "which objects it writes is up to its templates", "read the bucket's policy")
        operations.append(Operation(KIND, Purpose.NOT_JUDGED, gap=gap, source=path))
    return tuple(operations) or understood(KIND)


def _images(top: Mapping[str, Value]) -> list[str]:
    found: list[str] = []
    for each in _listed(top, "dockers"):
        if text_of(member(each, "skip_push")) not in ("true", "True"):
            found.extend(texts_of(member(each, "image_templates")))
    for each in _listed(top, "docker_manifests"):
        if text_of(member(each, "skip_push")) not in ("true", "True"):
            found.extend(texts_of(member(each, "name_template")))
    for each in _listed(top, "dockers_v2"):
        found.extend(texts_of(member(each, "images")))
    for each in _listed(top, "kos"):
        base = texts_of(member(each, "repositories")) or texts_of(member(each, "repository"))
        bare = text_of(member(each, "bare")) == "true"
        found.extend(base if bare else [f"{name}/$ko" for name in base or ["$KO_DOCKER_REPO"]])
    return found


def _listed(top: Mapping[str, Value], name: str) -> list[Value]:
    value = top.get(name)
    return value if isinstance(value, list) else []


def _own_environment(top: Mapping[str, Value], values: Mapping[str, str]) -> dict[str, str]:
    pairs = (each.partition("=") for each in texts_of(top.get("env")))
    return {name: _templated(value, values, top) for name, sign, value in pairs if sign}


def _templated(text: str, values: Mapping[str, str], top: Mapping[str, Value]) -> str:
    def fill(found: re.Match[str]) -> str:
        name = found[1] or found[2] or found[4]
        return values.get(name) or (found[3] if found[2] and found[3] and name not in values else f"${{{name}}}")

    project = text_of(top.get("project_name"))
    if project:
        text = re.sub(r"\{\{\s*\.ProjectName\s*\}\}", lambda _: project, text)
    return _TEMPLATE.sub("$template", _ENVIRONMENT.sub(fill, text))
