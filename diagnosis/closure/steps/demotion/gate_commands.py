"""Which of a script's commands cross a gate, and how a failing one makes the command around it end.

A command is known by what it does: two that do the same are one command that is tried again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from diagnosis.closure.steps.demotion.release_jobs import is_of_a_gate
from diagnosis.steps.kinds import Operation, Purpose
from diagnosis.steps.script.repository_script import base_name
from diagnosis.steps.script.trace import How, Visit

_ASKING = ("Describe", "List", "Get", "Head", "BatchGet", "BatchCheck", "Search", "Lookup")
_TOKENS = ("GetAuthorizationToken", "GetLogin", "GetSessionToken")
_FAITHFUL = frozenset(
    {"sudo", "env", "nice", "ionice", "nohup", "time", "exec", "command", "builtin", "stdbuf", "timeout"}
    | {
        "gtimeout",
        "unbuffer",
        "chronic",
        "xvfb-run",
        "cross-env",
        "cross-env-shell",
        "flock",
        "retry",
        "xargs",
        "winpty",
    }
    | {
        "doppler",
        "op",
        "infisical",
        "chamber",
        "dotenv",
        "dotenvx",
        "teller",
        "env-cmd",
        "direnv",
        "mise",
        "asdf",
        "nix",
    }
    | {
        "poetry",
        "uv",
        "pipenv",
        "pdm",
        "rye",
        "hatch",
        "bundle",
        "devbox",
        "conda",
        "mamba",
        "micromamba",
        "npx",
        "pnpx",
    }
    | {"bunx", "uvx", "corepack", "bash", "sh", "dash", "make", "gmake", "npm", "yarn", "pnpm", "bun", "just", "task"}
    | {"go-task", "eval", "source", ".", "docker", "podman", "nerdctl", "finch"}
)
"""Programs that end with a failure where what they run does."""
_LOSING_OPTIONS = frozenset(
    {"--ignore-push-failures", "--ignore-pull-failures", "--ignore-errors", "--no-fail", "--exit-zero"}
)


@dataclass(frozen=True, slots=True)
class GateCommand:
    """A command that crosses a gate, by what it does there."""

    deeds: frozenset[tuple[Purpose, str, str]]

    @property
    def asks(self) -> bool:
        """Whether it only reads: the release can be without its answer."""
        named = [action for _, action, _ in self.deeds]
        return all(action and _name(action).startswith(_ASKING) and _name(action) not in _TOKENS for action in named)

    @property
    def pulls(self) -> bool:
        """Whether all that it does is to read images."""
        return all(purpose is Purpose.PULL for purpose, _, _ in self.deeds)

    @property
    def makes_token(self) -> bool:
        """Whether it prints the password that a login then reads."""
        return any(_name(action) in _TOKENS for _, action, _ in self.deeds)

    @property
    def services(self) -> frozenset[str]:
        """The services that it calls, by the prefixes of their actions."""
        return frozenset(action.partition(":")[0].removesuffix("-public") for _, action, _ in self.deeds if action)

    @property
    def words(self) -> str:
        """What it does, for people."""
        told = sorted({f"{action or purpose.value} {target}".strip() for purpose, action, target in self.deeds})
        return ", ".join(told[:3]) + (" …" if len(told) > 3 else "")


def _name(action: str) -> str:
    return action.rpartition(":")[2]


def gate_command(operations: Iterable[Operation]) -> GateCommand | None:
    """Return what these operations of one command are at the gates; None where they cross none."""
    deeds = frozenset(
        (each.purpose, each.action or "", each.target or each.resource or "")
        for each in operations
        if is_of_a_gate(each) and not each.tolerated
    )
    return GateCommand(deeds) if deeds else None


def logs_in(visit: Visit) -> bool:
    """Return whether a command logs in with a password that it reads from its input or from its words."""
    words = visit.programs[-1] if visit.programs else ()
    given = any(word.startswith(("--password-stdin", "--password", "-p")) for word in words)
    return given and any(each.purpose is Purpose.LOGIN for each in visit.operations)


def reads_password(visit: Visit) -> bool:
    """Return whether it reads the password from its input."""
    words = visit.programs[-1] if visit.programs else ()
    return logs_in(visit) and any(word.startswith("--password-stdin") for word in words)


def drops_result(visit: Visit) -> bool | None:
    """Return whether a command ends well although what it runs fails; None where that is not known of its program."""
    known: bool | None = False
    for place, words in enumerate(visit.programs):
        program = base_name(words[0]).lower().removesuffix(".exe")
        last = place == len(visit.programs) - 1
        if any(word.partition("=")[0] in _LOSING_OPTIONS for word in words[1:]):
            return True
        if program == "coproc" or (program in ("make", "gmake") and any(map(_IGNORING.fullmatch, words[1:]))):
            return True
        if last and not visit.runs:
            continue
        if program == "find":
            if "+" not in words:
                return True
        elif program not in _FAITHFUL and not (last and _is_own(words[0], visit)):
            known = None
    return known


def _is_own(name: str, visit: Visit) -> bool:
    """Return whether a program is a function of the script, or a script of the repository."""
    return "/" in name or name.endswith((".sh", ".bash")) or all(each.how is How.FUNCTION for each in visit.runs)


_IGNORING = re.compile(r"-[BeknsS]*i[BeiknsS]*")
"""``make -i``, with other switches beside it."""
