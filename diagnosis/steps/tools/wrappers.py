"""Programs that run another program: ``sudo``, ``timeout 5m``, ``doppler run --``; what they run counts, not they."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

from diagnosis.steps.tools.call import option, options, without_globals

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_PLAIN: Mapping[str, frozenset[str]] = {
    "sudo": frozenset({"-u", "-g", "-h", "-p", "-C", "-r", "-t", "--user", "--group"}),
    "env": frozenset({"-u", "--unset", "-C", "--chdir"}),
    "nice": frozenset({"-n"}),
    "ionice": frozenset({"-c", "-n"}),
    "nohup": frozenset(),
    "time": frozenset({"-o", "-f"}),
    "exec": frozenset({"-a"}),
    "command": frozenset(),
    "builtin": frozenset(),
    "stdbuf": frozenset({"-i", "-o", "-e"}),
    "setsid": frozenset(),
    "coproc": frozenset(),
    "ssh-agent": frozenset({"-a", "-t", "-P", "-E"}),
    "dockerize": frozenset(
        {"-wait", "-timeout", "-wait-retry-interval", "-wait-http-header", "-template", "-stdout", "-stderr", "-delims"}
    ),
    "unbuffer": frozenset(),
    "chronic": frozenset(),
    "xvfb-run": frozenset({"-s", "-n", "--server-args"}),
    "winpty": frozenset(),
    "caffeinate": frozenset(),
    "faketime": frozenset(),
    "busybox": frozenset(),
    **dict.fromkeys(("cross-env", "cross-env-shell"), frozenset()),
    "watch": frozenset({"-n", "--interval", "-q", "--equexit"}),
    **dict.fromkeys(
        ("nyc", "c8"), frozenset({"-r", "--reporter", "-x", "--exclude", "-n", "--include", "--cwd", "--report-dir"})
    ),
    "then": frozenset(),
    "do": frozenset(),
    "else": frozenset(),
    "&": frozenset(),
}
"""By name, the options that take a value."""
_AFTER_DASHES = frozenset(
    {"doppler", "op", "infisical", "chamber", "dotenv", "dotenvx", "teller", "env-cmd", "vals", "with-contenv"}
)
READERS_OF_SECRETS = frozenset({"chamber", "vals", "teller"})
"""Of these, those that fetch secrets for the program inside from a store of AWS, or may."""
_RUNNERS = frozenset(
    {"poetry", "uv", "pipenv", "pdm", "hatch", "rye", "bundle", "direnv", "mise", "asdf", "devbox", "nix", "rtx"}
    | {"conda", "mamba", "micromamba", "pyenv", "rbenv", "nodenv", "jenv", "goenv", "opam", "stack", "fnm", "volta"}
    | {"rustup", "nvm"}
)
_BEFORE_THE_VERB = frozenset(
    {"-C", "--directory", "-P", "--project", "-e", "--env", "-E", "--cd", "--config-file", "--cache-dir", "--color"}
    | {"-p", "--python", "--gemfile"}
)
_AFTER_THE_VERB = frozenset(
    {
        "--with",
        "--with-editable",
        "--with-requirements",
        "--group",
        "--only-group",
        "--no-group",
        "--extra",
        "--env-file",
    }
    | {
        "--python",
        "-p",
        "--package",
        "--project",
        "--directory",
        "-C",
        "-e",
        "--env",
        "-n",
        "--name",
        "--prefix",
        "--cwd",
    }
    | {"--using", "--node", "--npm", "--yarn", "--switch", "--cd", "--root"}
)
_FOLDERS = ("-C", "--directory", "--cd", "--cwd")
_VERSION = re.compile(r"v?\d[\d.]*|lts/[\w*-]+|node|stable|current|default|system")
_PACKAGE_RUNNERS = frozenset({"npx", "pnpx", "bunx", "uvx"})
_OF_PACKAGES = frozenset({"-p", "--package", "-w", "--workspace", "--from", "--with", "--python"})


def unwrapped(words: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, str]] | None:
    """Return the program inside with its words, and the variables set for it; None where the program wraps none."""
    program = words[0].replace("\\", "/").rsplit("/", 1)[-1]
    if program == "command" and words[1:2] in (("-v",), ("-V",)):
        return None
    if program in _PLAIN:
        return _plain(words[1:], _PLAIN[program])
    match program:
        case "timeout" | "gtimeout":
            rest, own = _plain(words[1:], frozenset({"-s", "--signal", "-k", "--kill-after"}))
            return rest[1:], own
        case "flock":
            rest, own = _plain(words[1:], frozenset({"-w", "--timeout", "-E"}))
            return rest[1:], own
        case "retry":
            rest, own = _plain(words[1:], frozenset({"-t", "-d", "--times", "--delay", "-n", "-s", "-m", "-x"}))
            return rest, own
        case _ if program in _AFTER_DASHES and "--" in words:
            return words[words.index("--") + 1 :], {}
        case "uv" if words[1:3] == ("tool", "run"):
            return _package(words[3:])
        case "pipx" if words[1:2] == ("run",):
            spec = options(words[2:], "--spec")
            rest, own = _plain(words[2:], _OF_PACKAGES | {"--spec"})
            return _package(rest) if not spec else (rest, own)
        case "corepack" if words[1:2] and not words[1].startswith("-"):
            return (words[1].partition("@")[0], *words[2:]), {}
        case _ if program in _RUNNERS:
            return _runner(program, words[1:])
        case _ if program in _PACKAGE_RUNNERS or (
            program in ("yarn", "pnpm", "npm", "bun") and words[1:2] in (("dlx",), ("exec",), ("x",))
        ):
            return _package(words[1:] if program in _PACKAGE_RUNNERS else words[2:])
        case _:
            return None


def _plain(words: tuple[str, ...], valued: frozenset[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    own: dict[str, str] = {}
    rest = words
    while rest:
        assigned = _ASSIGNMENT.fullmatch(rest[0])
        if assigned:
            own[assigned[1]] = assigned[2]
            rest = rest[1:]
        elif rest[0].startswith("-"):
            rest = rest[2:] if rest[0] in valued else rest[1:]
        else:
            break
    return rest, own


def _runner(program: str, words: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, str]] | None:
    """Read a runner's own options, ``run`` or ``exec``, and the program behind them; a folder that it is sent to counts."""
    after = without_globals(words, _BEFORE_THE_VERB)
    # A task of mise's is no program, whatever its name is.
    verbs = ("exec", "x") if program in ("mise", "rtx") else ("run", "exec", "x", "develop")
    if after[:1] == () or after[0] not in verbs:
        return None
    before, after = words[: len(words) - len(after)], after[1:]
    own: dict[str, str] = {}
    sign = next((each for each in ("--", "-c", "--command") if each in after), None)
    if sign is not None:
        place = after.index(sign)
        before, rest = (*before, *after[:place]), after[place + 1 :]
    else:
        rest, own = _plain(after, _AFTER_THE_VERB)
        before = (*before, *after[: len(after) - len(rest)])
        if program == "rustup" or (program == "nvm" and rest and _VERSION.fullmatch(rest[0])):
            rest = rest[1:]
        if program == "nvm" and words[:1] == ("run",):
            rest = ("node", *rest)
    folder = option(before, *_FOLDERS)
    if folder is not None and rest:
        return ("sh", "-c", f"cd {shlex.quote(folder)} && {shlex.join(rest)}"), own
    return rest, own


def _package(words: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, str]] | None:
    rest, own = _plain(words, _OF_PACKAGES)
    if not rest:
        return None
    name = rest[0]
    base = name[: name.index("@", 1)] if "@" in name[1:] else name
    return (base.rsplit("/", 1)[-1] if base.startswith("@") else base, *rest[1:]), own
