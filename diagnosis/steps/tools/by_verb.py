"""Programs that leave AWS alone as such, and speak to it, to a registry or to another program by a verb, an option or an address.

Sources: the command references of curl, git-remote-codecommit, flux, conftest, trivy, datadog-ci, artillery, hugo, concurrently,
semantic-release and the task runners. Tasks are named by the project: a build or a test is understood by its name, others not.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping

from diagnosis.steps.kinds import StepKind
from diagnosis.steps.tools.call import (
    Call,
    Found,
    Nested,
    arguments,
    opaque,
    option,
    options,
    pulls,
    pushes,
    understood,
)
from diagnosis.steps.tools.own_builds import is_own_build
from diagnosis.steps.yaml_text import member, text_of, yaml_mapping

_HOW = "name its calls of AWS in a step of their own"
_CODE_COMMIT = re.compile(r"codecommit:|\bgit-codecommit\.")
_PYTHONS = re.compile(r"(?:py|pypy)\d*(?:\.\d+)?(?:-[\w.-]+)?")


def by_verb(call: Call, is_plain: Callable[[str], bool]) -> Found | None:
    """Return what the program does by this verb; None for a program that does the same by all.

    ``is_plain``: whether a program of that name leaves AWS alone, by which a task may be named (``jest``, ``mypy``).
    """
    program = call.program
    if program in _TASKS:
        return _tasks(call, _TASKS[program](call.tail), is_plain)
    reader = _READERS.get(program)
    return reader(call) if reader else None


def _tasks(call: Call, tasks: list[str] | Nested, is_plain: Callable[[str], bool]) -> Found:
    """Read a task runner by the tasks that it is asked for."""
    if isinstance(tasks, Nested):
        return (Nested(tasks.script, call.folder, ""),)
    other = [task for task in tasks if not (is_own_build(task) or is_plain(task))]
    if not other:
        return understood()
    return opaque(f"{call.program} {other[0]}"[:100], "what this task runs is not read", _HOW)


def _words(tail: tuple[str, ...], *valued: str) -> list[str]:
    own = tail[: tail.index("--")] if "--" in tail else tail
    return arguments(own, frozenset(valued))


def _after_dashes(tail: tuple[str, ...]) -> Nested:
    rest = tail[tail.index("--") + 1 :] if "--" in tail else tuple(_words(tail[1:]))
    return Nested(shlex.join(rest), None, "")


_NX_OWN = frozenset(
    {
        "graph",
        "dep-graph",
        "reset",
        "migrate",
        "report",
        "list",
        "show",
        "init",
        "daemon",
        "repair",
        "generate",
        "g",
        "watch",
    }
    | {
        "sync",
        "sync:check",
        "format",
        "format:check",
        "format:write",
        "workspace-lint",
        "print-affected",
        "affected:graph",
    }
    | {
        "start-ci-run",
        "stop-all-agents",
        "fix-ci",
        "login",
        "logout",
        "connect",
        "add",
        "import",
        "view-logs",
        "record",
    }
)


def _nx(tail: tuple[str, ...]) -> list[str] | Nested:
    """Return the targets of nx: ``run PROJECT:TARGET``, ``run-many -t TARGET``, ``affected:TARGET``, or the target as the verb."""
    words = _words(
        tail,
        "-t",
        "--target",
        "--targets",
        "-p",
        "--projects",
        "--project",
        "-c",
        "--configuration",
        "--base",
        "--head",
    )
    verb = words[0] if words else ""
    if verb == "exec":
        return _after_dashes(tail)
    if verb in _NX_OWN or not verb:
        return []
    if verb in ("run", "run-one"):
        parts = words[1].split(":") if len(words) > 1 else []
        return parts[1:2] or ["run"]
    if verb in ("run-many", "affected"):
        named = ",".join(options(tail, "-t", "--target", "--targets")).split(",")
        at = next((place for place, word in enumerate(tail) if word in ("-t", "--targets")), len(tail))
        more = tail[at + 2 :]
        end = next((place for place, word in enumerate(more) if word.startswith("-")), len(more))
        return [*(name for name in named if name), *more[:end]] or ["affected"]
    return [verb.removeprefix("affected:")]


def _turbo(tail: tuple[str, ...]) -> list[str]:
    words = _words(
        tail,
        "--filter",
        "-F",
        "--concurrency",
        "--cache-dir",
        "--cwd",
        "--token",
        "--team",
        "--api",
        "--scope",
        "--since",
    )
    if words[:1] and words[0] in _TURBO_OWN:
        return []
    return [word.rpartition("#")[2] for word in (words[1:] if words[:1] == ["run"] else words)]


_TURBO_OWN = frozenset(
    {
        "prune",
        "login",
        "logout",
        "link",
        "unlink",
        "ls",
        "daemon",
        "gen",
        "generate",
        "query",
        "info",
        "telemetry",
        "scan",
        "bin",
    }
)
_LERNA_OWN = frozenset(
    {
        "bootstrap",
        "changed",
        "clean",
        "create",
        "diff",
        "import",
        "info",
        "init",
        "link",
        "list",
        "ls",
        "publish",
        "version",
    }
    | {"la", "ll", "add", "watch", "repair", "add-caching"}
)


def _lerna(tail: tuple[str, ...]) -> list[str] | Nested:
    words = _words(tail, "--scope", "--ignore", "--since", "--concurrency", "--loglevel")
    if words[:1] == ["exec"]:
        return _after_dashes(tail)
    if words[:1] and words[0] in _LERNA_OWN:
        return []
    return [name for word in words[1:2] or words for name in word.split(",")]


def _verb_but(*own: str) -> Callable[[tuple[str, ...]], list[str]]:
    """Return a reader of the first word, which names a task unless it is one of the program's own."""
    known = frozenset(own)
    return lambda tail: [word for word in _words(tail)[:1] if word not in known]


def _angular(tail: tuple[str, ...]) -> list[str]:
    words = _words(tail)
    if words[:1] == ["run"] and len(words) > 1:
        return words[1].split(":")[1:2] or ["run"]
    return [word for word in words[:1] if word not in _ANGULAR_OWN]


_ANGULAR_OWN = frozenset(
    {"version", "v", "add", "update", "generate", "g", "new", "n", "config", "analytics", "cache", "completion", "help"}
    | {"extract-i18n", "i18n", "serve", "s", "b", "t", "e", "doc", "make-this-awesome"}
)


def _sessions(*names: str) -> Callable[[tuple[str, ...]], list[str]]:
    """Return a reader of the tests that are named by an option; a Python's version is one."""

    def read(tail: tuple[str, ...]) -> list[str]:
        named = [each for word in options(tail, *names) for each in re.split(r"[,\s]+", word) if each]
        return [each for each in named if not _PYTHONS.fullmatch(each.partition("(")[0])]

    return read


def _ant(tail: tuple[str, ...]) -> list[str]:
    words = _words(
        tail, "-f", "-file", "-buildfile", "-logger", "-lib", "-l", "-logfile", "-propertyfile", "-s", "-find"
    )
    return [
        word for word in words if word not in ("jar", "war", "dist", "init", "all", "package", "javadoc", "resolve")
    ]


_TASKS: Mapping[str, Callable[[tuple[str, ...]], list[str] | Nested]] = {
    "nx": _nx,
    "turbo": _turbo,
    "lerna": _lerna,
    "rush": _verb_but(
        "update", "rebuild", "change", "version", "publish", "list", "purge", "add", "deploy", "unlink", "scan"
    ),
    "ng": _angular,
    "nox": _sessions("-s", "-e", "--session", "--sessions"),
    "tox": _sessions("-e", "--env"),
    "ant": _ant,
}
"""Task runners, with what reads the tasks off their words. Rush's own ``deploy`` copies files into a folder."""


def _curl(call: Call) -> Found:
    if option(call.tail, "--aws-sigv4") is None:
        return understood()
    return opaque("curl --aws-sigv4", "it signs a request of its own", "make the call with the AWS CLI", may_push=False)


def _httpie(call: Call) -> Found:
    kind = option(call.tail, "-A", "--auth-type") or ""
    if not kind.startswith("aws"):
        return understood()
    return opaque(f"{call.program} --auth-type {kind}", "it signs a request of its own", _HOW, may_push=False)


def _git(call: Call) -> Found | None:
    if not any(_CODE_COMMIT.search(word) for word in call.tail):
        return None
    how = "CloudTrail's events of a green session of this role show what it calls"
    return opaque("git with CodeCommit", "what it reads and writes there depends on the branches", how, may_push=False)


def _flux(call: Call) -> Found:
    kind = StepKind.OTHER_IMAGE_TOOL
    words = arguments(call.tail, _FLUX_VALUED)
    if "artifact" in words and words[1:2] != ["artifact"]:
        return opaque("flux artifact", "which options stand before the command is not known", _HOW)
    if words[1:2] != ["artifact"] or words[0] not in ("push", "tag", "pull", "diff", "list"):
        return understood()
    targets = [word.removeprefix("oci://") for word in words[2:3]]
    return pushes(kind, targets) if words[0] in ("push", "tag") else pulls(kind, targets)


_FLUX_VALUED = frozenset(
    {
        "-f",
        "--path",
        "--source",
        "--revision",
        "-o",
        "--output",
        "--provider",
        "--creds",
        "--ignore-paths",
        "-a",
        "--annotations",
    }
    | {"--tag", "--timeout", "-n", "--namespace", "--context", "--kubeconfig", "--layer-type", "--reproducible-date"}
)


def _conftest(call: Call) -> Found:
    words = arguments(
        call.tail, frozenset({"-d", "--data", "-p", "--policy", "--namespace", "-o", "--output", "--tls"})
    )
    targets = [word.removeprefix("oci://") for word in words[1:2]]
    if words[:1] == ["push"]:
        return pushes(StepKind.OTHER_IMAGE_TOOL, targets)
    if words[:1] == ["pull"] and (targets or [""])[0].partition("::")[0] not in ("git", "s3", "gcs"):
        return pulls(StepKind.OTHER_IMAGE_TOOL, targets)
    return opaque("conftest pull", "it reads from a store", _HOW) if words[:1] == ["pull"] else understood()


def _concurrently(call: Call) -> Found:
    """Read concurrently: each argument is a command line, ``npm:NAME`` a script of package.json."""
    words = arguments(
        call.tail, frozenset({"-n", "--names", "-c", "--prefix-colors", "-p", "--prefix", "-s", "--success", "-m"})
    )
    lines = [f"npm run {word.removeprefix('npm:')}" if word.startswith("npm:") else word for word in words]
    return tuple(Nested(line, call.folder, "") for line in lines) or understood()


def _by_verbs(*verbs: str, may_push: bool = False) -> Callable[[Call], Found | None]:
    """Return a reader for a program that speaks to AWS by these verbs alone."""

    def read(call: Call) -> Found | None:
        # Any word of it, as the program's own options may stand before its verb; artillery's is the value of one.
        words = [word.partition("=")[2] if word.startswith("-") else word for word in call.tail]
        verb = next((word for word in words for each in verbs if word == each or word.startswith(f"{each}:")), None)
        if verb is None:
            return None
        return opaque(f"{call.program} {verb}", "it calls AWS by what its configuration says", _HOW, may_push=may_push)

    return read


_RELEASE_PLUGINS = frozenset(
    f"@semantic-release/{name}"
    for name in ("commit-analyzer", "release-notes-generator", "changelog", "npm", "github", "gitlab", "git", "error")
)
_RELEASE_FILES = (".releaserc.json", ".releaserc", ".releaserc.yml", "package.json")


def _semantic_release(call: Call) -> Found:
    """Read semantic-release: its own plugins leave AWS alone; ``exec`` and others run what the project wants."""
    given = options(call.tail, "-p", "--plugins")
    for path in _RELEASE_FILES if not given else ():
        found = _release_plugins(call.text(path), of_package=path == "package.json")
        if found is not None:
            given = found
            break
    if given and all(name in _RELEASE_PLUGINS for name in given):
        return understood()
    return opaque(
        "semantic-release",
        "which plugins it runs, and what they run, is not known",
        "list its plugins in .releaserc.json",
    )


def _release_plugins(text: str | None, *, of_package: bool) -> list[str] | None:
    """Return the names of the plugins in a file of semantic-release, JSON or YAML, or of npm; None where it names none."""
    top = yaml_mapping(text or "")
    listed = member(top, "release", "plugins") if of_package else member(top, "plugins")
    if not isinstance(listed, list):
        return None
    return [text_of(each[0] if isinstance(each, list) and each else each) or "" for each in listed]


_READERS: Mapping[str, Callable[[Call], Found | None]] = {
    "curl": _curl,
    "git": _git,
    "flux": _flux,
    "conftest": _conftest,
    "concurrently": _concurrently,
    "semantic-release": _semantic_release,
    "trivy": _by_verbs("aws"),
    "datadog-ci": _by_verbs("lambda", "stepfunctions"),
    "artillery": _by_verbs("aws", "run-lambda", "run-fargate", "run-ecs", "run:lambda", "run:fargate", "run:ecs"),
    "hugo": _by_verbs("deploy"),
    **dict.fromkeys(("http", "https", "httpie"), _httpie),
}
