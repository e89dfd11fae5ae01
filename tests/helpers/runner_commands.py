"""A small model of what GitHub's runner does with a step's log and files, made from its documentation and its parser.

It takes more for a command than the runner does, never less: what stands before ``::`` may be any blank, control or mark. The
runner compares by a language's rules, to which a character that is not drawn is none: ``:\u200b:`` ends a name as ``::`` does.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

LINE_ENDS = re.compile(r"\r\n|[\n\r]")
NAMES = frozenset(
    {
        *(
            "add-mask",
            "add-matcher",
            "add-path",
            "debug",
            "echo",
            "endgroup",
            "error",
            "group",
            "internal-set-repo-path",
        ),
        *("notice", "remove-matcher", "save-state", "set-env", "set-output", "stop-commands", "warning"),
    }
)


@dataclass(frozen=True)
class Command:
    """One that was obeyed."""

    name: str
    properties: dict[str, str]
    text: str


@dataclass
class Runner:
    """Reads the log of one step, both streams as one."""

    obeyed: list[Command] = field(default_factory=list)
    token: str = ""

    def read(self, text: str) -> Runner:
        for line in LINE_ENDS.split(text):
            command = self._of_this_time(line) or self._of_old(line)
            if command is not None:
                self._take(command)
        return self

    def _take(self, command: Command) -> None:
        if self.token:
            self.token = "" if command.name == self.token.lower() else self.token
        elif command.name == "stop-commands":
            assert command.text
            assert command.text.lower() not in NAMES
            self.token = command.text
        else:
            self.obeyed.append(command)

    def _of_this_time(self, line: str) -> Command | None:
        line = line[next((at for at, c in enumerate(line) if not _passed_over(c)), len(line)) :]
        # A colour is a control and what follows it.
        line = re.sub(r"^(?:\[[0-9;]*m[^\x21-\x7e]*)+(?=::)", "", line)
        end = next((at for at in range(2, len(line)) if line[at] == ":" and _next_drawn(line, at) == ":"), -1)
        if not line.startswith("::") or end < 0:
            return None
        return self._command(line[2:end], line[end + 2 :], ",")

    def _of_old(self, line: str) -> Command | None:
        begin = line.find("##[")
        end = line.find("]", begin)
        return self._command(line[begin + 3 : end], line[end + 1 :], ";") if 0 <= begin < end else None

    def _command(self, info: str, data: str, between: str) -> Command | None:
        name, _, told = info.partition(" ")
        if name.lower() not in {*NAMES, self.token.lower()} - {""}:
            return None
        pairs = [each.split("=", 1) for each in told.strip().split(between) if "=" in each]
        properties = {key: _decoded(value, of_property=True) for key, value in pairs}
        return Command(name.lower(), properties, _decoded(data, of_property=False))


def commands_in(output: str) -> list[Command]:
    """The commands that the runner would carry out, in order."""
    return Runner().read(output).obeyed


def _passed_over(character: str) -> bool:
    return character.isspace() or unicodedata.category(character)[0] in "CZM" or not character > " "


def _next_drawn(line: str, at: int) -> str:
    return next((c for c in line[at + 1 :] if c == ":" or not _passed_over(c)), "")


def _decoded(text: str, *, of_property: bool) -> str:
    pairs = [("\r", "%0D"), ("\n", "%0A"), *([(":", "%3A"), (",", "%2C")] if of_property else []), ("%", "%25")]
    for sign, written in pairs:
        text = text.replace(written, sign)
    return text


def values(text: str) -> dict[str, str]:
    """What a file of outputs or variables sets, by ``NAME=VALUE`` and ``NAME<<END``. Fails on what the runner refuses."""
    found: dict[str, str] = {}
    lines = iter(re.split(r"\r\n|\n", text))
    for line in lines:
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if heredoc >= 0 and (equals < 0 or heredoc < equals):
            name, end = line.split("<<", 1)
            value: list[str] = []
            for each in lines:
                if each == end:
                    break
                value.append(each)
            else:
                raise AssertionError(f"no {end} after {name}")
            found[name] = "\n".join(value)
        else:
            assert equals > 0, line
            found[line[:equals]] = line[equals + 1 :]
    return found
