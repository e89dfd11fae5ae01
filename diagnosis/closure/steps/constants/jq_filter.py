"""Work out what a filter of jq makes, as far as it writes constants: objects with literals and variables, members that are set.

What the filter takes from its input is a mark: nobody here knows it. A filter of another form is not understood.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from diagnosis.closure.steps.constants.marked_json import is_constant, marked, read_marked, sources_of, with_marks

_TOKEN = re.compile(
    r"""(?:(?P<string>"(?:[^"\\]|\\.)*+(?:"|\\?\Z))|(?P<number>-?\d+(?:\.\d+)?)|(?P<variable>\$\w+(?:\.\w+|\[[^\]]*+(?:\]|\Z))*+)
    |(?P<path>\.(?:[\w.?]++|\[[\w."?]*+\]|"[\w.?]*+")*+)|(?P<word>[A-Za-z_]\w*)|(?P<sign>\?//|//=?|==|!=|<=|>=|[|+*/%-]?=|.))""",
    re.VERBOSE | re.DOTALL,
)
_WORDS: Mapping[str, object] = {"true": True, "false": False, "null": None}
_OF_THE_RUN = frozenset({"input", "inputs", "env", "now", "input_filename", "halt_error", "get", "getpath"})
_UNCHANGED = frozenset({"tojson", "tostring", "fromjson", "ascii"})
_KEYWORDS = frozenset(
    {"if", "then", "else", "elif", "end", "and", "or", "as", "def", "reduce", "foreach", "try", "catch"}
)
_GIVES_A_LITERAL = re.compile(r"(?<![=!<>])[:=](?!=)\s*(?:true|false|\")")
_MOST = 2_000


class _Unknown:
    """An input of which nothing is known here."""


_UNKNOWN = _Unknown()


class _NotUnderstood(Exception):  # noqa: N818 - becomes None at once
    pass


class _AssertsError(Exception):
    """It takes something from the run, and need not make anything of it."""


def made_by_jq(
    words: tuple[str, ...],
    given: object | None,
    env: Mapping[str, str] | None = None,
    files: Mapping[str, object] | None = None,
) -> object | None:
    """Return what ``jq`` prints by its arguments; None where that is not understood, "" where it may assert in spite of its input.

    ``given``: its input, None where unknown. ``env``: the variables around it whose values are written out.
    ``files``: what the variables hold that it reads from files (``--slurpfile``), where that is known.
    """
    variables, rest, fresh = _arguments(words)
    variables |= files or {}
    if not rest:
        return given
    start = None if fresh else _UNKNOWN if given is None else given
    try:
        return _Filter(rest[0], {**variables, "ENV": env or {}}, start).value()
    except _AssertsError:
        return ""
    except (_NotUnderstood, RecursionError, ValueError):
        # jq writes numbers and texts that JSON does not: ``01``, ``"\\q"``.
        return "" if _GIVES_A_LITERAL.search(rest[0]) else None


def input_names(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the files that ``jq`` reads."""
    _, rest, fresh = _arguments(words)
    return () if fresh else tuple(rest[1:])


def slurped_names(words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield the variables that ``jq`` fills from files, with the files' names."""
    for at, word in enumerate(words[:-2]):
        if word in ("--slurpfile", "--rawfile"):
            yield words[at + 1], words[at + 2]


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

    def __init__(self, text: str, variables: Mapping[str, object], given: object) -> None:
        self.tokens = [
            (found.lastgroup or "", found[0].strip()) for found in _TOKEN.finditer(text) if found[0].strip()
        ][:_MOST]
        self.at = 0
        self.variables = variables
        self.now: object = given
        """What ``.`` is in the stage that is read: the input, or what the stage before made."""

    def value(self) -> object | None:
        """Return what the whole filter makes."""
        made = self.now
        while self.at < len(self.tokens):
            self.now = made
            made = self._stage({} if made is _UNKNOWN else made)
            if self.at < len(self.tokens):
                if self._sign() != "|":
                    raise _NotUnderstood
                self.at += 1
        return None if made is _UNKNOWN else made

    def _stage(self, made: object | None) -> object | None:
        kind, text = self.tokens[self.at]
        if kind == "path":
            following = self.tokens[self.at + 1][1] if self.at + 1 < len(self.tokens) else "|"
            if text == "." and following == "|":
                self.at += 1
                return self.now
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
        begun, depth = self.at, 0
        while self.at < len(self.tokens):
            kind, text = self.tokens[self.at]
            if depth == 0 and text in ends:
                break
            depth += text in "([{" and kind == "sign"
            depth -= text in ")]}" and kind == "sign"
            if depth < 0:
                break
            self.at += 1
        tokens = self.tokens[begun : self.at]
        self._decides(tokens)
        shown = " ".join(text for _, text in tokens)
        # Behind a pipe a function takes what stands before it.
        piped = next((at for at, (_, text) in enumerate(tokens) if text == "|"), len(tokens))
        sources = [
            each
            for at, (kind, text) in enumerate(tokens)
            if kind != "word" or at < piped or text in _OF_THE_RUN
            for each in self._sources(kind, text)
        ]
        return "".join(map(marked, dict.fromkeys(sources))) if sources else shown

    def _decides(self, tokens: Sequence[tuple[str, str]]) -> None:
        """Refuse what takes something from the run and need not make anything of it: ``if true``, ``. | "PASS"``, ``// "PASS"``."""
        for at, (_, text) in enumerate(tokens):
            if text == "if":
                then = next((place for place, (_, each) in enumerate(tokens) if place > at and each == "then"), at)
                if not any(self._sources(kind, each) for kind, each in tokens[at:then]):
                    raise _AssertsError
            following = tokens[at + 1] if at + 1 < len(tokens) else ("", "")
            ends = at + 2 >= len(tokens) or tokens[at + 2][1] in (")", "}", "]", ",", "|", "end", "else", "elif")
            if text in ("|", "//") and ends and (following[0] in ("string", "number") or following[1] in _WORDS):
                raise _AssertsError

    def _sources(self, kind: str, text: str) -> list[str]:
        """Return what only the run knows of what a piece of the filter takes in."""
        if kind == "path":
            return _unknown_in(self._path(text))
        if kind == "word" and text in _OF_THE_RUN:
            # The clock and the environment measure nothing by themselves.
            return [f"${text}"]
        if kind == "word" and text not in _KEYWORDS and text not in _WORDS:
            return [text] if self.now is _UNKNOWN else _unknown_in(self.now)
        if kind == "variable":
            return _unknown_in(self._variable(text))
        return self._interpolated(text) if kind == "string" and "\\(" in text else []

    def _primary(self) -> object:
        if self.at >= len(self.tokens):
            raise _NotUnderstood
        kind, text = self.tokens[self.at]
        self.at += 1
        match kind:
            case "string":
                if "\\(" in text:
                    return "".join(map(marked, self._interpolated(text))) or text
                found = read_marked(text)
                return text if found is None else found
            case "number":
                return json.loads(text)
            case "variable":
                return self._variable(text)
            case "path":
                return self._path(text)
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
                return "".join(map(marked, self._sources(kind, text))) or text

    def _path(self, text: str) -> object:
        """Return what a path leads to from what ``.`` is."""
        return marked(text) if self.now is _UNKNOWN else _led(self.now, text)

    def _variable(self, text: str) -> object:
        name = re.match(r"\$(\w+)", text)
        if name is None or name[1] in ("__prog_args", "ARGS"):
            return marked(text)
        if name[1] == "ENV":
            around, own = self.variables.get("ENV"), re.findall(r"\w+", text)[1:]
            return around[own[0]] if isinstance(around, dict) and own[:1] and own[0] in around else marked(text)
        if name[1] not in self.variables:
            return marked(text)
        return _led(self.variables[name[1]], text[name.end() :])

    def _interpolated(self, text: str) -> list[str]:
        """Return what only the run knows of what a string takes in."""
        inner = re.findall(r"\\\(([^()]*)\)", text)
        if len(inner) != text.count("\\("):
            raise _NotUnderstood
        found = [_TOKEN.finditer(each) for each in inner]
        tokens = [(each.lastgroup or "", each[0].strip()) for pieces in found for each in pieces]
        return [source for kind, each in tokens for source in self._sources(kind, each)]

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
                if not re.fullmatch(r"[\w. -]+", name):
                    raise _NotUnderstood
            if self._sign() == ":":
                self.at += 1
                made[name] = self._expression({",", "}"})
            else:
                made[name] = self._variable(text) if kind == "variable" else self._path(f".{name}")
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
            begun = self.at
            made.append(self._expression({",", "]"}))
            if self.at == begun:
                raise _NotUnderstood
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


def _led(value: object, path: str) -> object:
    """Return what a path leads to within a value; a mark where that is not known, and null where there is nothing."""
    for name, index in re.findall(r"\.?\"?(\w+)\"?|\[(-?\d+)\]", path):
        if isinstance(value, str) and not is_constant(value):
            return value
        if isinstance(value, dict) and name and not index:
            value = value.get(name)
        elif isinstance(value, list) and index and -len(value) <= int(index) < len(value):
            value = value[int(index)]
        elif value is None or (isinstance(value, list) and index):
            value = None
        else:
            raise _NotUnderstood
    if "[]" in path or "?" in path:
        raise _NotUnderstood
    return value


def _unknown_in(value: object) -> list[str]:
    """Return what only the run knows of a value."""
    if isinstance(value, dict):
        return [each for item in value.values() for each in _unknown_in(item)]
    if isinstance(value, list):
        return [each for item in value for each in _unknown_in(item)]
    return [] if is_constant(value) else list(sources_of(value)) or ["***"]


def _fail() -> object:
    raise _NotUnderstood
