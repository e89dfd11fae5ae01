"""Read the programs that run scripts of the repository by name: make, npm and its like, just, task, composer."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping

from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.steps.repository_files import LONGEST_FILE
from diagnosis.steps.tools import makefile
from diagnosis.steps.tools.call import Call, Found, Nested, arguments, opaque, options, understood, without_globals
from diagnosis.steps.tools.interpolation import dotenv
from diagnosis.steps.tools.own_builds import is_own_build
from diagnosis.steps.yaml_text import Value, member, text_of, texts_of, yaml_mapping

_ASSIGNMENT = re.compile(r"([A-Za-z_][\w.-]*)(?::|\?|\+)?=(.*)", re.DOTALL)
_MAKE_VALUED = frozenset(
    {"-f", "--file", "--makefile", "-C", "--directory", "-I", "-o", "-W", "--include-dir", "-j", "-l"}
) - {"-j", "-l"}
_LONGEST = 8_000
"""Characters of a command once its variables are filled in."""
_JUST_FILES = ("justfile", "Justfile", ".justfile")
_JUST_VALUED = frozenset({"-f", "--justfile", "-d", "--working-directory", "--shell", "--dotenv-path", "--set"})
_TASK_FILES = (
    "Taskfile.yml",
    "Taskfile.yaml",
    "taskfile.yml",
    "taskfile.yaml",
    "Taskfile.dist.yml",
    "Taskfile.dist.yaml",
)


def make(call: Call) -> Found:
    """Read make: the recipes of its targets."""
    folders = options(call.tail, "-C", "--directory")
    folder = call.folder
    for each in folders:
        folder = Call((), {}, folder=folder).path(each) if folder is not None else None
    given = {
        found[1]: found[2] for word in call.tail if not word.startswith("-") and (found := _ASSIGNMENT.fullmatch(word))
    }
    targets = [word for word in arguments(call.tail, _MAKE_VALUED) if not _ASSIGNMENT.fullmatch(word)]
    targets = [word for word in targets if not word.isdecimal()]
    if any(word in ("-n", "--dry-run", "--version", "-v", "--help", "-q") for word in call.tail):
        return understood()
    here = Call(call.words, call.values, call.files, folder)
    named = options(call.tail, "-f", "--file", "--makefile")
    file = _file(here, named[:1], makefile.FILES)
    if isinstance(file, str):
        return _unread("make", targets, file, named[:1] or list(makefile.FILES[2:]))
    path, text = file
    read = makefile.Makefile(given, call.values)
    read.read(text, here.text)
    scripts = read.scripts(targets)
    if scripts is None or any("$" in target for target in targets):
        return opaque(
            f"make {' '.join(targets)}".strip(), f"{path} has no rule for it that can be read", "write the rule out"
        )
    passed = read.passed_on()
    nested = tuple(Nested(script, folder, path, passed) for script in scripts)
    if not read.whole:
        return (*nested, *opaque(path, "a file that it includes is not known", "put it into the repository"))
    return nested or understood()


def node_scripts(call: Call) -> Found:
    """Read npm, yarn, pnpm and bun: ``run NAME`` is a script of package.json; the rest is their own."""
    program = call.program
    rest = call.tail
    folder = call.folder
    while rest and rest[0].startswith("-"):
        if rest[0] in ("--prefix", "-C", "--dir", "--cwd", "--filter", "-F", "-w", "--workspace") and len(rest) > 1:
            folder = call.path(rest[1]) if rest[0] in ("--prefix", "-C", "--dir", "--cwd") else None
            rest = rest[2:]
        elif rest[0] in _NODE_VALUED:
            rest = rest[2:]
        elif rest[0].startswith(("--prefix=", "--cwd=", "--dir=")):
            folder, rest = call.path(rest[0].split("=", 1)[1]), rest[1:]
        else:
            rest = rest[1:]
    verb = rest[0] if rest else "install"
    if verb in ("run", "run-script", "rum") and len(rest) > 1:
        name, tail = rest[1], rest[2:]
        while name.startswith("-") and tail:
            name, tail = tail[0], tail[1:]
    elif verb in ("test", "start", "stop", "restart", "t"):
        name, tail = {"t": "test"}.get(verb, verb), rest[1:]
    elif verb == "workspace" and program == "yarn" and len(rest) > 2:
        return _script(call, None, rest[2] if rest[2] != "run" else (rest[3:4] or ("",))[0], ())
    elif program in ("npm", "pnpm", "bun", "yarn") and verb in _NODE_VERBS:
        return understood()
    elif program in ("yarn", "pnpm", "bun"):
        name, tail = verb, rest[1:]
    else:
        return (
            understood()
            if verb in _NODE_VERBS
            else opaque(f"{program} {verb}", "it is not known", "use npm's own commands")
        )
    for place, word in enumerate(tail):
        if word.startswith("--prefix="):
            folder = call.path(word.split("=", 1)[1])
        elif word == "--prefix" and place + 1 < len(tail):
            folder = call.path(tail[place + 1])
        elif word.startswith(("--workspace", "-w")):
            folder = None
    return _script(call, folder, name, tuple(word for word in tail if word != "--"))


_NODE_VALUED = frozenset(
    {"--loglevel", "--registry", "--reporter", "--userconfig", "--cache", "--cache-folder", "--network-timeout"}
)
_NODE_VERBS = frozenset(
    {
        "install",
        "ci",
        "i",
        "add",
        "remove",
        "uninstall",
        "update",
        "upgrade",
        "audit",
        "outdated",
        "ls",
        "list",
        "why",
        "config",
        "set",
        "get",
    }
    | {
        "cache",
        "version",
        "publish",
        "pack",
        "login",
        "logout",
        "whoami",
        "link",
        "init",
        "create",
        "prune",
        "dedupe",
        "rebuild",
        "view",
    }
    | {
        "info",
        "fund",
        "doctor",
        "pkg",
        "explain",
        "query",
        "sbom",
        "help",
        "--version",
        "-v",
        "immutable",
        "workspaces",
        "import",
        "store",
    }
    | {
        "fetch",
        "build",
        "changeset",
        "plugin",
        "clean-install",
        "install-test",
        "it",
        "cit",
        "dist-tag",
        "owner",
        "token",
        "root",
        "bin",
    }
    | {"env", "setup", "policies", "unlink", "node", "corepack", "test"}
) - {"build", "test"}


def _script(call: Call, folder: str | None, name: str, tail: tuple[str, ...]) -> Found:
    own_build = is_own_build(name)
    path = (f"{folder}/package.json" if folder else "package.json") if folder is not None else None
    text = call.files.text(path)
    if text is None:
        if own_build:
            return understood()
        reading = call.files.at(path) if path is not None else None
        return _opaque_file(f"{call.program} run {name}", path, reading)
    scripts = _scripts_of(text)
    if name not in scripts:
        if own_build or call.program in ("yarn", "pnpm", "bun"):
            return understood() if own_build else (Nested(shlex.join((name, *tail)), folder, path or "", builds=False),)
        return opaque(f"{call.program} run {name}", f"{path} has no such script", "write the script into it")
    given = f" {shlex.join(tail)}" if tail else ""
    order = [(f"pre{name}", ""), (name, given), (f"post{name}", "")]
    return tuple(
        Nested(scripts[each] + more, folder, path or "", builds=own_build) for each, more in order if each in scripts
    )


def _scripts_of(text: str) -> dict[str, str]:
    try:
        top = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    scripts = top.get("scripts") if isinstance(top, dict) else None
    return (
        {name: value for name, value in scripts.items() if isinstance(value, str)} if isinstance(scripts, dict) else {}
    )


def just(call: Call) -> Found:
    """Read just: the recipes of a justfile, their parameters filled in."""
    # What stands behind the first word that is no option is the recipe's, whatever it looks like.
    behind = without_globals(call.tail, _JUST_VALUED)
    own = call.tail[: len(call.tail) - len(behind)]
    if any(word in ("--list", "-l", "--version", "--summary", "--dry-run", "-n", "--evaluate") for word in own):
        return understood()
    folder = (options(own, "-d", "--working-directory") or [""])[0]
    here = Call(call.words, call.values, call.files, call.path(folder) if folder else call.folder)
    named = options(own, "-f", "--justfile")[:1]
    found = _file(here, named, _JUST_FILES)
    words = list(behind)
    given: dict[str, str] = {}
    while words and (match := _ASSIGNMENT.fullmatch(words[0])):
        given[match[1]] = match[2]
        del words[0]
    if isinstance(found, str):
        return _unread("just", words[:1], found, named or ["justfile"])
    path, text = found
    file = _Justfile(text, {**call.values}, given)
    scripts = file.scripts(words)
    if scripts is None:
        return opaque(
            f"just {' '.join(words)}".strip(), f"{path} has no recipe for it that can be read", "write the recipe out"
        )
    env = dotenv(here.text(".env") or "") if "dotenv-load" in text else {}
    return tuple(Nested(script, here.folder, path, {**env, **file.exported}) for script in scripts) or understood()


class _Justfile:
    """Recipes and variables of a justfile."""

    def __init__(self, text: str, environment: Mapping[str, str], given: Mapping[str, str]) -> None:
        self._environment = environment
        self._variables: dict[str, str] = {}
        self.exported: dict[str, str] = {}
        self._recipes: dict[str, tuple[list[str], list[str], list[str]]] = {}
        self._first: str | None = None
        self._left = 200
        current: list[str] | None = None
        for line in text.splitlines():
            if line[:1] in (" ", "\t"):
                if current is not None:
                    current.append(line)
                continue
            current = self._top(line, given, current)

    def _top(self, line: str, given: Mapping[str, str], current: list[str] | None) -> list[str] | None:
        if not line.strip() or line.startswith(("#", "[", "set ", "import", "mod ")):
            return None if line.strip() else current
        assigned = re.fullmatch(r"(export\s+)?([\w-]+)\s*+:=\s*+(.*)", line)
        if assigned:
            name = assigned[2]
            self._variables[name] = given[name] if name in given else self._value(assigned[3].strip())
            if assigned[1]:
                self.exported[name] = self._variables[name]
            return None
        recipe = re.fullmatch(r"@?([\w-]+)((?:\s[^:]*)?):(?!=)\s*+(.*)", line)
        if recipe is None:
            return None
        lines: list[str] = []
        after = re.findall(r"\(?([\w-]+)[^()\s]*", recipe[3].split("#")[0])
        self._recipes[recipe[1]] = (recipe[2].split(), after if "(" not in recipe[3] else ["("], lines)
        self._first = self._first or recipe[1]
        return lines

    def _value(self, text: str) -> str:
        quoted = re.fullmatch(r"\"([^\"]*)\"|'([^']*)'", text)
        if quoted:
            return quoted[1] if quoted[1] is not None else quoted[2]
        shell = re.fullmatch(r"`([^`]*)`", text)
        if shell:
            return f"$({shell[1]})"
        env = re.fullmatch(
            r"(?:env|env_var|env_var_or_default)\(\s*['\"](\w+)['\"]\s*(?:,\s*['\"]([^'\"]*)['\"]\s*)?\)", text
        )
        if env:
            return self._environment.get(env[1]) or (env[2] if env[2] is not None else f"${{{env[1]}}}")
        pieces = re.split(r"(?<!\s)\s*+([+/])\s*+", text)
        if len(pieces) > 1 and len(pieces) < 20:
            return "".join("/" if piece == "/" else "" if piece == "+" else self._value(piece) for piece in pieces)
        return self._variables.get(text, "${JUST_VALUE}")

    def scripts(self, words: list[str]) -> list[str] | None:
        """Return the scripts of a recipe with its arguments; None where it is not there, or hands arguments on."""
        found: list[str] = []
        rest = list(words) or ([self._first] if self._first else [])
        while rest:
            name = rest.pop(0)
            if name not in self._recipes:
                return None
            parameters = self._recipes[name][0]
            count = len(rest) if any(each[:1] in ("*", "+") for each in parameters) else len(parameters)
            if not self._add(name, rest[:count], found):
                return None
            rest = rest[count:]
        return found if words or self._first else None

    def _add(self, name: str, given: list[str], found: list[str]) -> bool:
        self._left -= 1
        if name not in self._recipes or self._left < 0:
            return False
        parameters, after, lines = self._recipes[name]
        for each in after:
            if not self._add(each, [], found):
                return False
        own = dict(self._variables)
        for place, parameter in enumerate(parameters):
            plain, sign, default = parameter.lstrip("*+$").partition("=")
            if place < len(given):
                own[plain] = " ".join(given[place:]) if parameter[:1] in ("*", "+") else given[place]
            else:
                own[plain] = self._value(default) if sign else "${JUST_VALUE}"
        body = [
            re.sub(r"\{\{\s*([\w-]+)\s*\}\}", lambda match: own.get(match[1], "${JUST_VALUE}"), line) for line in lines
        ]
        body = [re.sub(r"\{\{[^{}]*\}\}", "${JUST_VALUE}", line).strip() for line in body]
        if body and body[0].startswith("#!"):
            if not re.search(r"\b(?:ba|z|da)?sh\b", body[0]):
                return False
            found.append("\n".join(body))
        else:
            found.extend(_tolerant(line.lstrip("@-"), "-" in line[:2]) for line in body if line)
        return True


def task(call: Call) -> Found:
    """Read task: the commands of a Taskfile's tasks."""
    # What stands behind -- is for the commands, whatever it looks like.
    end = call.tail.index("--") if "--" in call.tail else len(call.tail)
    own, passed_on = call.tail[:end], call.tail[end + 1 :]
    if any(
        word in ("--list", "-l", "--version", "--dry", "-n", "--list-all", "-a", "--status", "--summary")
        for word in own
    ):
        return understood()
    folder = (options(own, "-d", "--dir") or [""])[0]
    here = Call(call.words, call.values, call.files, call.path(folder) if folder else call.folder)
    named = options(own, "-t", "--taskfile")[:1]
    found = _file(here, named, _TASK_FILES)
    words = arguments(own, frozenset({"-d", "--dir", "-t", "--taskfile", "-o", "--output", "-C", "--concurrency"}))
    given = {match[1]: match[2] for word in words if (match := _ASSIGNMENT.fullmatch(word))}
    given["CLI_ARGS"] = shlex.join(passed_on)
    names = [word for word in words if not _ASSIGNMENT.fullmatch(word)] or ["default"]
    if isinstance(found, str):
        return _unread("task", names, found, named or list(_TASK_FILES[:2]))
    path, text = found
    top = yaml_mapping(text)
    scripts: list[tuple[str, str | None, dict[str, str]]] = []
    reading = _Taskfile(top, call.values, given)
    if not all(reading.add(name, {}, scripts) for name in names):
        return opaque(f"task {' '.join(names)}", f"{path} has no task for it that can be read", "write the task out")
    return (
        tuple(Nested(script, here.path(where) if where else here.folder, path, env) for script, where, env in scripts)
        or understood()
    )


class _Taskfile:
    def __init__(self, top: Mapping[str, Value], environment: Mapping[str, str], given: Mapping[str, str]) -> None:
        self._tasks = top.get("tasks")
        self._environment = environment
        self._given = given
        self._vars = self._read(top.get("vars"), {})
        self._env = {
            name: self._fill(value, self._vars) for name, value in self._read(top.get("env"), self._vars).items()
        }
        self._left = 200

    def add(self, name: str, own: Mapping[str, str], found: list[tuple[str, str | None, dict[str, str]]]) -> bool:
        self._left -= 1
        written = self._tasks.get(name) if isinstance(self._tasks, dict) else None
        if written is None or self._left < 0:
            return False
        values = {**self._vars, **self._read(member(written, "vars"), self._vars), **own, **self._given}
        env = {**self._env, **self._read(member(written, "env"), values)}
        where = text_of(member(written, "dir"))
        steps = (
            written if isinstance(written, list) else [written] if isinstance(written, str) else member(written, "cmds")
        )
        steps = (
            [steps]
            if isinstance(steps, str)
            else steps
            if isinstance(steps, list)
            else texts_of(member(written, "cmd"))
        )
        for each in (*_list(member(written, "deps")), *_list(steps)):
            other = text_of(member(each, "task")) or (
                each if isinstance(each, str) and each in _list(member(written, "deps")) else None
            )
            if other is not None:
                passed = {
                    key: self._fill(value, values) for key, value in self._read(member(each, "vars"), values).items()
                }
                if not self.add(self._fill(other, values), passed, found):
                    return False
                continue
            command = each if isinstance(each, str) else text_of(member(each, "cmd"))
            if command is None or member(each, "for") is not None:
                return False
            tolerated = "true" in (text_of(member(each, "ignore_error")), text_of(member(written, "ignore_error")))
            script = _tolerant(self._fill(command, values), tolerated)
            found.append((script, self._fill(where, values) if where else None, env))
        return True

    def _read(self, value: Value | None, values: Mapping[str, str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, own in value.items() if isinstance(value, dict) else ():
            shell = text_of(member(own, "sh"))
            text = f"$({shell})" if shell else own if isinstance(own, str) else "${TASK_VALUE}"
            found[name] = self._fill(text, {**values, **found})
        return found

    def _fill(self, text: str, values: Mapping[str, str]) -> str:
        def one(match: re.Match[str]) -> str:
            name, default = match[1], match[2]
            value = values.get(name, self._environment.get(name))
            return (
                default if value in (None, "") and default is not None else f"${{{name}}}" if value is None else value
            )

        filled = re.sub(r"\{\{-?\s*\.([A-Za-z_]\w*)\s*(?:\|\s*default\s+\"([^\"]*)\"\s*)?-?\}\}", one, text)
        # What is longer is not cut: half a command is another one.
        return re.sub(r"\{\{[^{}]*\}\}", "${TASK_VALUE}", filled) if len(filled) <= _LONGEST else "${TASK_VALUE}"


def _tolerant(command: str, tolerated: bool) -> str:
    """Return a command as the script that it is: a failure that is tolerated stops nothing."""
    return f"{{ {command}\n}} || true" if tolerated else command


def _list(value: Value | list[str] | None) -> list[Value]:
    return [*value] if isinstance(value, list) else []


def _file(call: Call, named: list[str], defaults: tuple[str, ...]) -> tuple[str, str] | str:
    """Return path and text of the file that a tool reads, or why it is not known."""
    if call.folder is None:
        return "in which folder it runs is not known"
    found = call.files.first(call.folder, named or defaults)
    if found is not None:
        return found
    readings = [call.files.at(path) for name in named or defaults if (path := call.path(name)) is not None]
    for reading in readings:
        if isinstance(reading, Unreadable):
            return reading.why
    if readings and all(isinstance(reading, Absent) for reading in readings):
        return "the commit has no such file"
    return (
        "the file is too long to be read"
        if any(isinstance(each, Known) and len(each.value) > LONGEST_FILE for each in readings)
        else "the file was not read"
    )


def _unread(program: str, targets: list[str], why: str, names: list[str]) -> Found:
    what = f"{program} {' '.join(targets)}".strip()
    return opaque(what, f"{names[0]}: {why}", f"let {names[0]} be read at the run's commit (contents: read)")


def _opaque_file(what: str, path: str | None, reading: object) -> Found:
    if path is None:
        return opaque(what, "in which folder it runs is not known", "write the folder out")
    if isinstance(reading, Absent):
        return opaque(what, f"the commit has no {path}", f"put {path} into the repository")
    why = reading.why if isinstance(reading, Unreadable) else "the file was not read"
    return opaque(what, f"{path}: {why}", f"let {path} be read at the run's commit (contents: read)")
