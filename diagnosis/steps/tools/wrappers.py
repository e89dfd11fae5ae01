"""Programs that run another program: ``sudo``, ``timeout 5m``, ``doppler run --``; what they run counts, not they."""

from __future__ import annotations

import re
from collections.abc import Mapping

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
)
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
        case _ if program in _RUNNERS and words[1:2] in (("run",), ("exec",), ("x",), ("develop",)):
            return _runner(words[2:])
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


def _runner(words: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, str]] | None:
    for sign in ("--", "-c", "--command"):
        if sign in words:
            return words[words.index(sign) + 1 :], {}
    rest, own = _plain(words, frozenset({"--with", "--group", "--extra", "--python", "-p", "--project", "--directory"}))
    return rest, own


def _package(words: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, str]] | None:
    rest, own = _plain(words, _OF_PACKAGES)
    if not rest:
        return None
    name = rest[0]
    base = name[: name.index("@", 1)] if "@" in name[1:] else name
    return (base.rsplit("/", 1)[-1] if base.startswith("@") else base, *rest[1:]), own
