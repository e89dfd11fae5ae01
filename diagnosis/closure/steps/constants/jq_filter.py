"""Work out what a filter of jq makes, as far as it writes constants: objects with literals and variables, members that are set.

What the filter takes from its input is a mark: nobody here knows it. A filter of another form is not understood.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from diagnosis.closure.steps.constants.marked_json import MARK, is_constant, marked, read_marked, with_marks

_TOKEN = re.compile(
    r"""(?:(?P<string>"(?:[^"\\]|\\.)*+(?:"|\\?\Z))|(?P<number>-?\d+(?:\.\d+)?)|(?P<variable>\$\w+(?:\.\w+|\[[^\]]*+(?:\]|\Z))*+)
    |(?P<path>\.[\w.\[\]"?]*)|(?P<word>[A-Za-z_]\w*)|(?P<sign>\?//|//=?|==|!=|<=|>=|[|+*/%-]?=|.))""",
    re.VERBOSE | re.DOTALL,
)
_WORDS: Mapping[str, object] = {"true": True, "false": False, "null": None}
_OF_THE_RUN = frozenset({"input", "inputs", "env", "now", "input_filename", "halt_error", "get", "getpath"})
_UNCHANGED = frozenset({"tojson", "tostring", "fromjson", "ascii"})
_MOST = 2_000


class _NotUnderstood(Exception):  # noqa: N818 - becomes None at once
    pass


def made_by_jq(words: tuple[str, ...], given: object | None, env: Mapping[str, str] | None = None) -> object | None:
    """Return what ``jq`` prints by its arguments; None where that is not understood.

    ``given``: its input, None where unknown. ``env``: the variables around it whose values are written out.
    """
    variables, rest, fresh = _arguments(words)
    if not rest:
        return given
    start = None if fresh else given
    try:
        return _Filter(rest[0], {**variables, "ENV": env or {}}, start, fresh=fresh).value()
    except (_NotUnderstood, RecursionError, ValueError):
        # jq writes numbers and texts that JSON does not: ``01``, ``"\\q"``.
        return None


def input_names(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the files that ``jq`` reads."""
    _, rest, fresh = _arguments(words)
    return () if fresh else tuple(rest[1:])


def _arguments(words: tuple[str, ...]) -> tuple[dict[str, object], list[str], bool]:
    variables: dict[str, object] = {}
    rest: list[str] = []
    fresh = False
    left = list(words)
    while left:
        word = left.pop(0)
        if word in ("--arg", "--argjson", "--slurpfile", "--rawfile") and len(left) > 1:
            name, text = left.pop(0), left.pop(0)
            if word == "--arg":
                variables[name] = with_marks(text)
            elif word == "--argjson":
                variables[name] = read_marked(text) if "$" not in text else with_marks(text)
            else:
                variables[name] = marked(text)
        elif word in ("--args", "--jsonargs"):
            break
        elif word in ("--indent", "-f", "--from-file", "-L") and left:
            left.pop(0)
        elif word.startswith("-") and len(word) > 1:
            fresh = fresh or word == "--null-input" or (not word.startswith("--") and "n" in word)
        else:
            rest.append(word)
    return variables, rest, fresh


class _Filter:
    """Reads one filter."""

    def __init__(self, text: str, variables: Mapping[str, object], given: object | None, *, fresh: bool) -> None:
        self.tokens = [
            (found.lastgroup or "", found[0].strip()) for found in _TOKEN.finditer(text) if found[0].strip()
        ][:_MOST]
        self.at = 0
        self.variables = variables
        self.given = given
        self.fresh = fresh

    def value(self) -> object | None:
        """Return what the whole filter makes."""
        made: object | None = self.given if self.given is not None else (None if self.fresh else {})
        while self.at < len(self.tokens):
            made = self._stage(made)
            if self.at < len(self.tokens):
                if self._sign() != "|":
                    raise _NotUnderstood
                self.at += 1
        return made

    def _stage(self, made: object | None) -> object | None:
        kind, text = self.tokens[self.at]
        if kind == "path":
            following = self.tokens[self.at + 1][1] if self.at + 1 < len(self.tokens) else "|"
            if text == "." and following == "|":
                self.at += 1
                return made
            if following == "=":
                self.at += 2
                return _with(made, text, self._expression({"|"}))
            if text == "." and following == "+":
                self.at += 2
                more = self._expression({"|"})
                return {**made, **more} if isinstance(made, dict) and isinstance(more, dict) else _fail()
            return self._expression({"|"})
        if kind == "word" and self.at and text not in _WORDS:
            if text not in _UNCHANGED:
                raise _NotUnderstood
            self.at += 1
            return made
        return self._expression({"|"})

    def _sign(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def _expression(self, ends: set[str]) -> object:
        """Return one value up to a sign that ends it."""
        begun = self.at
        value = self._primary()
        if self.at >= len(self.tokens) or self._sign() in ends:
            return value
        self.at = begun
        return self._computed(ends)

    def _computed(self, ends: set[str]) -> object:
        """Return a mark for what is worked out from what the run knows; a text for what is worked out from constants."""
        depth, known, written = 0, False, []
        while self.at < len(self.tokens):
            kind, text = self.tokens[self.at]
            if depth == 0 and text in ends:
                break
            depth += text in "([{" and kind == "sign"
            depth -= text in ")]}" and kind == "sign"
            if depth < 0:
                break
            written.append(text)
            if kind == "path" or (kind == "word" and text in _OF_THE_RUN):
                known = True
            elif kind == "variable":
                known = known or not is_constant(self._variable(text))
            elif kind == "string" and "\\(" in text:
                known = known or self._interpolated(text)
            self.at += 1
        shown = " ".join(written)
        return marked(shown) if known else shown

    def _primary(self) -> object:
        if self.at >= len(self.tokens):
            raise _NotUnderstood
        kind, text = self.tokens[self.at]
        self.at += 1
        match kind:
            case "string":
                if "\\(" in text:
                    return marked(text) if self._interpolated(text) else text
                found = read_marked(text)
                return text if found is None else found
            case "number":
                return json.loads(text)
            case "variable":
                return self._variable(text)
            case "path":
                if self.given is not None and isinstance(self.given, dict) and text.lstrip(".") in self.given:
                    return self.given[text.lstrip(".")]
                return marked(text)
            case "word" if text in _WORDS:
                return _WORDS[text]
            case "sign" if text == "{":
                return self._object()
            case "sign" if text == "[":
                return self._list()
            case "sign" if text == "(":
                value = self._expression({")"})
                self.at += 1
                return value
            case "word" if text == "env" and self.at < len(self.tokens) and self.tokens[self.at][0] == "path":
                self.at += 1
                return self._variable(f"$ENV{self.tokens[self.at - 1][1]}")
            case _:
                return marked(text) if text in _OF_THE_RUN else text

    def _variable(self, text: str) -> object:
        name = re.match(r"\$(\w+)", text)
        if name is None or name[1] in ("__prog_args", "ARGS"):
            return marked(text)
        if name[1] == "ENV":
            around, own = self.variables.get("ENV"), re.findall(r"\w+", text)[1:]
            return around[own[0]] if isinstance(around, dict) and own[:1] and own[0] in around else marked(text)
        return self.variables.get(name[1], marked(text))

    def _interpolated(self, text: str) -> bool:
        """Return whether a string takes something that only the run knows in."""
        names = re.findall(r"\$(\w+)", text)
        return "\\(." in text or any(not is_constant(self.variables.get(name, MARK)) for name in names)

    def _object(self) -> dict[str, object]:
        made: dict[str, object] = {}
        while self._sign() != "}":
            if self.at >= len(self.tokens):
                raise _NotUnderstood
            kind, text = self.tokens[self.at]
            self.at += 1
            if text == ",":
                continue
            name = json.loads(text) if kind == "string" and "\\(" not in text else text.lstrip("$.")
            if kind == "sign" and text == "(":
                name = str(self._expression({")"}))
                self.at += 1
            if self._sign() == ":":
                self.at += 1
                made[name] = self._expression({",", "}"})
            else:
                made[name] = self._variable(text) if kind == "variable" else marked(text)
        self.at += 1
        return made

    def _list(self) -> list[object]:
        made: list[object] = []
        while self._sign() != "]":
            if self.at >= len(self.tokens):
                raise _NotUnderstood
            if self._sign() == ",":
                self.at += 1
                continue
            made.append(self._expression({",", "]"}))
        self.at += 1
        return made


def _with(made: object | None, path: str, value: object) -> dict[str, object]:
    own: dict[str, object] = dict(made) if isinstance(made, dict) else {}
    names = [name.strip('"') for name in re.split(r"[.\[\]?]+", path) if name.strip('"')]
    if not names:
        return value if isinstance(value, dict) else own
    at = own
    for name in names[:-1]:
        inner = at.get(name)
        at[name] = inner = dict(inner) if isinstance(inner, dict) else {}
        at = inner
    at[names[-1]] = value
    return own


def _fail() -> object:
    raise _NotUnderstood
