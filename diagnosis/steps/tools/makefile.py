"""Read a Makefile as far as recipes go: which commands a target runs, with make's variables filled in.

A variable that neither the file nor the command line sets comes from the environment: it is left to the shell (``${NAME}``), as
``$(shell …)`` is. Source: GNU make manual. What depends on a condition that cannot be settled is not known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

FILES = ("GNUmakefile", "makefile", "Makefile")
_ASSIGNED = re.compile(
    r"(?:(?:export|override|private|unexport)\s+)*([\w.-]+)\s*+(:::?=|::=|:=|\?=|\+=|!=|=)\s*+(.*)", re.DOTALL
)
_RULE = re.compile(r"([^:=#\t][^:=#]*?)(?<!\s)\s*+(?:&?::?)(?![=:])\s*+([^#]*)")
_CONDITION = re.compile(r"\s*(ifeq|ifneq|ifdef|ifndef|else|endif)\b\s*(.*)")
_PAIR = re.compile(r"\(([^,]*),(.*)\)\s*$|[\"']([^\"']*)[\"']\s+[\"']([^\"']*)[\"']\s*$")
_UNKNOWN = "${MAKE_VALUE}"
_PREFIXES = " \t@-+"
"""What may stand before a recipe's command: silent, tolerant, always."""
_DEEPEST = 12
_LONGEST = 8_000
_MOST_TURNS = 200
_MOST_TARGETS = 200


@dataclass(slots=True)
class _Rule:
    prerequisites: list[str] = field(default_factory=list)
    recipe: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Makefile:
    """Variables and rules of a Makefile with what it includes."""

    given: Mapping[str, str]
    """Variables of the command line: they win over the file's."""
    environment: Mapping[str, str]
    variables: dict[str, str] = field(default_factory=dict)
    """As written; expanded where they are used."""
    rules: dict[str, _Rule] = field(default_factory=dict)
    exported: set[str] = field(default_factory=set)
    first: str | None = None
    one_shell: bool = False
    whole: bool = True
    """Whether all included files could be read."""
    left: int = 20_000
    """References that are still followed; a file beyond that is not known."""

    def read(self, text: str, include: Callable[[str], str | None], depth: int = 0) -> None:
        """Add a file's lines. ``include``: gives the text of an included file."""
        conditions: list[bool | None] = []
        targets: list[str] = []
        in_define = False
        for line in _logical_lines(text):
            if in_define:
                in_define = not line.strip().startswith("endef")
                continue
            condition = None if line.startswith("\t") else _CONDITION.match(line)
            if condition:
                self._condition(condition[1], condition[2], conditions)
                continue
            if False in conditions:
                continue
            if line.startswith("\t") and targets:
                for target in targets:
                    self.rules[target].recipe.append(line[1:])
                continue
            plain = line.split("#", 1)[0].rstrip() if not line.lstrip().startswith("#") else ""
            if not plain.strip():
                continue
            if plain.startswith("define "):
                in_define = True
                self.variables[plain.split()[1]] = _UNKNOWN
                continue
            included = re.match(r"(-?|s)include\s+(.+)", plain.strip())
            if included:
                self._include(included, include, depth)
                continue
            targets = self._line(plain.strip(), targets, settled=None not in conditions)

    def _line(self, line: str, targets: list[str], *, settled: bool) -> list[str]:
        assigned = _ASSIGNED.fullmatch(line)
        if assigned:
            self._assign(assigned[1], assigned[2], assigned[3].strip(), settled=settled)
            if line.startswith("export"):
                self.exported.add(assigned[1])
            return []
        if line.startswith("export"):
            self.exported.update(self.expand(line[6:]).split() or ["*"])
            return []
        if line.startswith((".ONESHELL", "unexport")):
            self.one_shell = self.one_shell or line.startswith(".ONESHELL")
            return []
        rule = _RULE.fullmatch(line.split(";", 1)[0].rstrip()) if ":" in line else None
        if rule is None:
            return targets
        special = re.match(r"([\w./%-]+)\s*:\s*([\w.-]+\s*(?:\?|:|\+)?=.*)", line)
        if special:
            inner = _ASSIGNED.fullmatch(special[2])
            if inner:
                self._assign(inner[1], inner[2], inner[3].strip(), settled=settled)
            return []
        named = self.expand(rule[1]).split()
        for name in named:
            own = self.rules.setdefault(name, _Rule())
            own.prerequisites.extend(self.expand(rule[2].replace("|", " ")).split())
            if ";" in line:
                own.recipe.append(line.split(";", 1)[1].strip())
            if self.first is None and not name.startswith(".") and "%" not in name:
                self.first = name
        return named

    def _assign(self, name: str, sign: str, value: str, *, settled: bool) -> None:
        if name in self.given:
            return
        if name == ".DEFAULT_GOAL":
            self.first = value
            return
        if not settled:
            if self.variables.get(name) != value:
                self.variables[name] = _UNKNOWN
        elif sign == "?=":
            if name not in self.environment and name not in self.variables:
                self.variables[name] = value
        elif sign == "+=":
            earlier = self.variables.get(name, self.environment.get(name, ""))
            whole = f"{earlier} {value}".strip()
            self.variables[name] = whole if len(whole) <= _LONGEST else _UNKNOWN
        elif sign == "!=":
            self.variables[name] = f"$(shell {value})"
        elif sign == "=":
            self.variables[name] = value
        else:
            self.variables[name] = self.expand(value).replace("$", "$$")

    def _include(self, found: re.Match[str], include: Callable[[str], str | None], depth: int) -> None:
        for name in self.expand(found[2]).split():
            text = include(name) if depth < 4 else None
            if text is not None:
                self.read(text, include, depth + 1)
            elif not found[1]:
                self.whole = False

    def _condition(self, word: str, rest: str, conditions: list[bool | None]) -> None:
        if word == "endif":
            if conditions:
                conditions.pop()
            return
        if word == "else":
            if conditions:
                last = conditions.pop()
                following = _CONDITION.match(rest) if rest else None
                turned = None if last is None else not last
                if following and turned is not False:
                    conditions.append(self._holds(following[1], following[2]) if turned else None)
                else:
                    conditions.append(turned)
            return
        conditions.append(self._holds(word, rest))

    def _holds(self, word: str, rest: str) -> bool | None:
        if word in ("ifdef", "ifndef"):
            name = rest.strip()
            known = name in self.given or bool(self.variables.get(name)) or bool(self.environment.get(name))
            return (
                known == (word == "ifdef")
                if known or not name.startswith(("GITHUB_", "AWS_", "RUNNER_", "CI"))
                else None
            )
        pair = _PAIR.match(rest.strip())
        if pair is None:
            return None
        left, right = (self.expand(text or "").strip() for text in (pair[1] or pair[3], pair[2] or pair[4]))
        return None if "$" in left + right else (left == right) == (word == "ifeq")

    def expand(self, text: str, own: Mapping[str, str] | None = None, depth: int = 0) -> str:
        """Fill make's variables into a text; ``$$`` becomes the shell's dollar sign."""
        made: list[str] = []
        at = size = 0
        while at < len(text):
            if text[at] != "$":
                end = text.find("$", at)
                end = len(text) if end < 0 else end
                piece, at = text[at:end], end
            elif text.startswith("$$", at):
                piece, at = "$", at + 2
            elif text[at + 1 : at + 2] in ("(", "{"):
                close = _closing(text, at + 1)
                if close < 0:
                    piece, at = text[at:], len(text)
                else:
                    piece, at = self._reference(text[at + 2 : close], own or {}, depth + 1), close + 1
            else:
                piece, at = (own or {}).get(text[at + 1 : at + 2], _UNKNOWN if at + 1 < len(text) else "$"), at + 2
            size += len(piece)
            if size > _LONGEST:
                return _UNKNOWN
            made.append(piece)
        return "".join(made)

    def _reference(self, inner: str, own: Mapping[str, str], depth: int) -> str:
        self.left -= 1
        if depth > _DEEPEST or self.left < 0:
            return _UNKNOWN
        function, _, rest = inner.partition(" ")
        if rest and re.fullmatch(r"[a-z-]+", function):
            return self._function(function, rest, own, depth)
        replaced = re.fullmatch(r"([\w.-]+):([^=]*)=(.*)", inner)
        name = replaced[1] if replaced else self.expand(inner, own, depth) if "$" in inner else inner
        if name in own:
            value: str | None = own[name]
        elif name in self.given:
            value = self.given[name]
        elif name in self.variables:
            value = self.expand(self.variables[name], own, depth)
        elif name in ("MAKE", "MAKEFLAGS", "CURDIR", "SHELL"):
            return {"MAKE": "make", "MAKEFLAGS": "", "CURDIR": ".", "SHELL": "bash"}[name]
        else:
            value = None
        if value is None:
            return f"${{{name}}}" if re.fullmatch(r"[A-Za-z_]\w*", name) else _UNKNOWN
        if replaced:
            words = [_substituted(word, replaced[2], replaced[3]) for word in value.split()]
            return _UNKNOWN if "$" in value else " ".join(words)
        return value

    def _function(self, name: str, rest: str, own: Mapping[str, str], depth: int) -> str:
        if name == "shell":
            return f"$({self.expand(rest, own, depth)})"
        if name == "foreach":
            parts = rest.split(",", 2)
            items = self.expand(parts[1], own, depth) if len(parts) == 3 else "$"
            words = items.split()
            if "$" in items or len(words) > _MOST_TURNS:
                return _UNKNOWN
            variable = parts[0].strip()
            made = " ".join(self.expand(parts[2], {**own, variable: item}, depth) for item in words)
            return made if len(made) <= _LONGEST else _UNKNOWN
        given = [self.expand(part, own, depth) for part in rest.split(",")]
        match name, given:
            case ("strip", _):
                return ",".join(given).strip()
            case ("subst", [old, new, text]) if "$" not in old + text:
                return text.replace(old.strip(" ") or old, new) if old else text
            case ("patsubst", [old, new, text]) if "$" not in text:
                return " ".join(_substituted(word, old.strip(), new.strip()) for word in text.split())
            case ("addprefix", [start, text]):
                return " ".join(f"{start.strip()}{word}" for word in text.split())
            case ("addsuffix", [end, text]):
                return " ".join(f"{word}{end.strip()}" for word in text.split())
            case ("firstword", [text]) if "$" not in text:
                return (text.split() or [""])[0]
            case ("lastword", [text]) if "$" not in text:
                return (text.split() or [""])[-1]
            case (("or"), _) if all("$" not in each for each in given):
                return next((each.strip() for each in given if each.strip()), "")
            case ("if", [condition, yes, *no]) if "$" not in condition:
                return yes if condition.strip() else ",".join(no)
            case (("info" | "warning"), _):
                return ""
            case ("notdir", [text]) if "$" not in text:
                return " ".join(word.rsplit("/", 1)[-1] for word in text.split())
            case _:
                return _UNKNOWN

    def scripts(self, targets: list[str]) -> list[str] | None:
        """Return the shell scripts that these targets run, prerequisites first; None where a rule is not there."""
        found: list[str] = []
        done: set[str] = set()
        for target in targets or ([self.first] if self.first else []):
            if not self._add(target, found, done, 0):
                return None
        return found if targets or self.first else None

    def _add(self, target: str, found: list[str], done: set[str], depth: int) -> bool:
        if target in done or depth > 30 or len(done) > _MOST_TARGETS:
            return depth <= 30 and len(done) <= _MOST_TARGETS
        done.add(target)
        rule, stem = self._rule(target)
        if rule is None:
            return False
        prerequisites = [each.replace("%", stem) if stem else each for each in rule.prerequisites]
        for each in prerequisites:
            if self._rule(each)[0] is not None and not self._add(each, found, done, depth + 1):
                return False
        own = {"@": target, "<": prerequisites[0] if prerequisites else "", "^": " ".join(prerequisites), "*": stem}
        lines = [self._command(line, target, own) for line in rule.recipe]
        found.extend(["\n".join(lines)] if self.one_shell and lines else [line for line in lines if line.strip()])
        return True

    def _command(self, line: str, target: str, own: Mapping[str, str]) -> str:
        """Return a recipe's line as the script that it is: what fails behind ``-`` or under ``.IGNORE`` stops nothing."""
        written = line.lstrip(_PREFIXES)
        expanded = self.expand(written, own)
        command = expanded.lstrip(_PREFIXES)
        prefixes = line[: len(line) - len(written)] + expanded[: len(expanded) - len(command)]
        ignored = self.rules.get(".IGNORE")
        ignores = "-" in prefixes or (ignored is not None and target in (ignored.prerequisites or (target,)))
        return f"{{ {command}\n}} || true" if ignores and command.strip() else command

    def _rule(self, target: str) -> tuple[_Rule | None, str]:
        if target in self.rules:
            return self.rules[target], ""
        for name, rule in self.rules.items():
            if name.count("%") == 1 and rule.recipe:
                start, end = name.split("%")
                if target.startswith(start) and target.endswith(end) and len(target) > len(start) + len(end):
                    return rule, target[len(start) : len(target) - len(end) if end else None]
        return None, ""

    def passed_on(self) -> dict[str, str]:
        """Return the variables that recipes see in their environment: the command line's, and those that are exported."""
        names = set(self.variables) if "*" in self.exported else self.exported & set(self.variables)
        own = {name: self.expand(self.variables[name]) for name in names if re.fullmatch(r"[A-Za-z_]\w*", name)}
        return {**own, **self.given}


def _logical_lines(text: str) -> list[str]:
    """Join continued lines; in a recipe the backslash stays for the shell."""
    found: list[str] = []
    waiting = ""
    for line in text.replace("\r\n", "\n").split("\n"):
        whole = waiting + line
        if line.endswith("\\") and not line.endswith("\\\\"):
            waiting = whole[:-1].rstrip() + " " if not whole.startswith("\t") else whole + "\n"
            continue
        found.append(whole)
        waiting = ""
    return [*found, waiting] if waiting else found


def _closing(text: str, at: int) -> int:
    opening = text[at]
    closing = ")" if opening == "(" else "}"
    depth = 0
    for place in range(at, min(len(text), at + 4_000)):
        if text[place] == opening:
            depth += 1
        elif text[place] == closing:
            depth -= 1
            if depth == 0:
                return place
    return -1


def _substituted(word: str, old: str, new: str) -> str:
    if "%" not in old:
        return word[: len(word) - len(old)] + new if old and word.endswith(old) else word
    start, _, end = old.partition("%")
    if word.startswith(start) and word.endswith(end) and len(word) >= len(start) + len(end):
        return new.replace("%", word[len(start) : len(word) - len(end) if end else None])
    return word
