"""Expand the words of a shell script by the values that are known: parameters, arrays, braces, word splitting.

What is not known stays as written (``$NAME``), so that whoever reads the result sees that it is not legible. Nothing is
guessed: a default (``${NAME:-x}``) counts only for a variable that nobody else than the script could have set.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from diagnosis.steps.shell.syntax import word_of
from diagnosis.steps.shell.tree import Part, PartKind, Word
from diagnosis.steps.variables import is_legible, with_expressions

LONGEST_TEXT = 8_000
"""Characters of an expanded word; a longer one stays as written."""
_MOST_FIELDS = 2_000
_MOST_CHOICES = 500
_MOST_BRACES = 50
_DEEPEST = 6
_PARAMETER = re.compile(r"(!|#(?=[A-Za-z_]))?([A-Za-z_]\w*+|[0-9]++|[@*#?$!-])(?:\[([^\]]{1,80})\])?(.*)", re.DOTALL)
_SLICE = re.compile(r":\s?(-?\d+)(?::(-?\d+))?")
_WHOLE = re.compile(r"\$\(|\$\{\{|\$\{(?:(?!\$\{)[^}\s])*+\s|\$IFS")
"""What is not legible and holds blanks of its own, so that nobody can tell its fields."""
_CLASS = re.compile(r"[\\\[\]&~|^]")
_RUNNER = ("GITHUB_", "RUNNER_", "ACTIONS_", "AWS_", "INPUT_")
_RANGE = re.compile(r"(-?\d{1,6})\.\.(-?\d{1,6})(?:\.\.(-?\d{1,3}))?|([a-zA-Z])\.\.([a-zA-Z])")
_BRACE = re.compile(r"\{([^{},.]*+(?:\.(?!\.)[^{},.]*+)*+(?:,|\.\.)[^{}]*)\}")
_SUM = re.compile(r"\s*(\d{1,9})\s*(?:([-+*])\s*(\d{1,9})\s*)?")

_CHANGES = re.compile(r"(?<!\w)([A-Za-z_]\w*)\s*(?:\+\+|--|(?:[-+*/%&|^]|<<|>>)?=(?!=))|(?:\+\+|--)\s*([A-Za-z_]\w*)")

Substitute = Callable[[Part], str | None]
"""Runs the commands of a substitution and returns what they print; None where nobody can tell."""


@dataclass(slots=True)
class Variables:
    """What a script knows."""

    known: dict[str, str] = field(default_factory=dict)
    arrays: dict[str, tuple[str, ...]] = field(default_factory=dict)
    arguments: tuple[str, ...] | None = None
    """The script's own arguments; None where nobody can tell them."""

    def of(self, name: str) -> str | None:
        """Return a parameter's value; None where it is not known."""
        if name.isdecimal() and name != "0":
            at = int(name[:4]) - 1
            return None if self.arguments is None else self.arguments[at] if at < len(self.arguments) else ""
        if name in ("@", "*"):
            return None if self.arguments is None else " ".join(self.arguments)
        if name == "#":
            return None if self.arguments is None else str(len(self.arguments))
        if name in self.arrays:
            return self.arrays[name][0] if self.arrays[name] else ""
        return self.known.get(name)

    def may_be_set(self, name: str) -> bool:
        """Return whether somebody else than the script may have set a variable that is not known: the runner, AWS's action."""
        return name.startswith(_RUNNER) or name in ("HOME", "USER", "PATH", "PWD", "CI", "HOSTNAME", "SHELL", "TMPDIR")


def fields(words: Sequence[Word], variables: Variables, substitute: Substitute) -> list[str]:
    """Return the words as a command gets them: expanded, split, braces multiplied out."""
    found: list[str] = []
    for word in words:
        for each in _braces(word):
            found.extend(_split(each, variables, substitute))
            if len(found) > _MOST_FIELDS:
                # More than are looked at: what is left out stands there as something that is not legible.
                return [*found[:_MOST_FIELDS], "$(…)"]
    return found


def text_of_word(word: Word, variables: Variables, substitute: Substitute) -> str:
    """Return a word as one text, as in an assignment."""
    pieces = [_text(part, variables, substitute) for part in word]
    text = "".join(part.text if piece is None else piece for part, piece in zip(word, pieces, strict=True))
    return text if len(text) <= LONGEST_TEXT else "$(…)"


def separated(text: str, signs: str | None) -> list[str]:
    """Return the fields of a text, divided as ``IFS`` says; None: by blanks and ends of lines."""
    if signs is None:
        return text.split()
    if not signs:
        return [text]
    if "$" in signs:
        return [text] if not text.split()[1:] else ["$IFS"]
    blank = not signs.strip()
    found = re.split(f"[{re.escape(signs)}]{'+' if blank else ''}", text.strip(signs if blank else "\n"))
    return [each for each in found if each] if blank else found[:-1] if found[-1:] == [""] else found


def source_of(word: Word) -> str:
    """Return a word as it is written, quotes removed."""
    return "".join(part.text for part in word)


def is_literal(text: str) -> bool:
    """Return whether an expanded word stands for itself: legible, and no pattern of file names."""
    return (text == "" or is_legible(text)) and not any(sign in text for sign in "*?[")


def matches(text: str, pattern: str) -> bool | None:
    """Return whether a text matches a shell pattern; None where the pattern is not legible."""
    expression = _pattern(pattern, greedy=True)
    return None if expression is None or "$" in text else re.fullmatch(expression, text, re.DOTALL) is not None


def _text(part: Part, variables: Variables, substitute: Substitute) -> str | None:
    match part.kind:
        case PartKind.LITERAL:
            return part.text
        case PartKind.EXPRESSION:
            return with_expressions(part.text, variables.known)
        case PartKind.SUBSTITUTION:
            return substitute(part)
        case PartKind.PARAMETER:
            return _parameter(part, variables, substitute)


def _split(word: Word, variables: Variables, substitute: Substitute) -> list[str]:
    found: list[str] = []
    current: list[str] = []
    begun = False
    for part in word:
        several = _several(part, variables) if part.kind is PartKind.PARAMETER else None
        if several is not None:
            for place, each in enumerate(several):
                if place:
                    found.append("".join(current))
                    current = []
                current.append(each)
                begun = True
            continue
        text = _text(part, variables, substitute)
        if text is None or part.kind is PartKind.LITERAL or part.quoted or _WHOLE.search(text):
            current.append(part.text if text is None else text)
            begun = begun or part.quoted or bool(part.text if text is None else text)
            continue
        pieces = separated(text, variables.known.get("IFS"))
        if text[:1].isspace() and current:
            found.append("".join(current))
            current, begun = [], False
        for place, piece in enumerate(pieces):
            if place:
                found.append("".join(current))
                current = []
            current.append(piece)
            begun = True
        if text[-1:].isspace() and pieces:
            found.append("".join(current))
            current, begun = [], False
    if begun:
        found.append("".join(current))
    return [text if len(text) <= LONGEST_TEXT else "$(…)" for text in found]


def _several(part: Part, variables: Variables) -> tuple[str, ...] | None:
    """Return the elements of ``$@`` and ``${NAME[@]}``; None where it is no such thing, or not known."""
    inner = part.text[2:-1] if part.text.startswith("${") else part.text[1:]
    if inner in ("@", "*"):
        return variables.arguments if inner == "@" or not part.quoted else None
    if not inner.endswith(("[@]", "[*]")):
        return None
    name = inner[:-3].lstrip("!")
    keyed = {key[len(name) + 1 : -1]: value for key, value in variables.known.items() if key.startswith(f"{name}[")}
    if name in variables.arrays:
        elements = variables.arrays[name]
        return tuple(str(place) for place in range(len(elements))) if inner.startswith("!") else elements
    return tuple(keyed) if inner.startswith("!") and keyed else tuple(keyed.values()) or None


def _parameter(part: Part, variables: Variables, substitute: Substitute, depth: int = 0) -> str | None:
    if part.body:
        # What it counts with is run, whatever the sum is.
        substitute(part)
    return parameter(part.text, variables, substitute, depth)


def parameter(text: str, variables: Variables, substitute: Substitute, depth: int = 0) -> str | None:
    """Return what ``$NAME`` or ``${NAME…}`` stands for; None where it is not known."""
    if text.startswith("$(("):
        return _sum(text[3:-2], variables)
    found = _PARAMETER.fullmatch(text[2:-1] if text.startswith("${") else text[1:])
    if found is None or depth > _DEEPEST:
        return None
    sign, name, index, rest = found.groups()
    if sign == "!" and not rest:
        named = variables.of(name)
        return variables.of(named) if named else None
    value = _element(name, index, variables) if index else variables.of(name)
    if index in ("@", "*") and (sign or rest):
        # How many there are, or some of them; each of them changed is not worked out.
        return str(len(variables.arrays[name])) if sign == "#" and not rest and name in variables.arrays else None
    if sign == "#":
        return str(len(value)) if value is not None and "$" not in value else None
    if not rest:
        return value

    def inner(of: str) -> str:
        word = word_of(of)
        pieces = [
            _parameter(part, variables, substitute, depth + 1)
            if part.kind is PartKind.PARAMETER
            else _text(part, variables, substitute)
            for part in word
        ]
        return "".join(part.text if piece is None else piece for part, piece in zip(word, pieces, strict=True))

    return _changed(value, rest, inner, unset=not variables.may_be_set(name) and not name.isdecimal())


def _element(name: str, index: str, variables: Variables) -> str | None:
    if index in ("@", "*"):
        return " ".join(variables.arrays[name]) if name in variables.arrays else None
    elements = variables.arrays.get(name)
    index = index.strip("\"'")
    if elements is not None and not index.isdecimal():
        index = variables.of(index.strip("${}")) or ""
    elif index.startswith("$"):
        index = variables.of(index.strip("${}")) or index
    at = int(index) if index.isdecimal() and len(index) < 5 else None
    if at is None or elements is None:
        return variables.known.get(f"{name}[{index}]")
    return elements[at] if elements is not None and at < len(elements) else None


def _changed(value: str | None, rest: str, inner: Callable[[str], str], *, unset: bool) -> str | None:
    illegible = "$" in value if value is not None else not unset
    if illegible and rest.startswith((":-", ":=", "-", "=", ":+", "+")) and ("$(" in rest or "`" in rest):
        # It may be needed: its commands count, its value does not.
        inner(rest.lstrip(":-=+"))
        return value if rest.lstrip(":")[0] != "+" else None
    for sign in (":-", ":=", "-", "="):
        if rest.startswith(sign):
            if value is None:
                return inner(rest[len(sign) :]) if unset else None
            return inner(rest[len(sign) :]) if not value and sign.startswith(":") else value
    if rest.startswith((":+", "+")):
        return (inner(rest.lstrip(":+")) if value else "") if value is not None else None
    if rest.startswith((":?", "?")):
        if illegible or not value:
            inner(rest.lstrip(":?"))
        return value
    if value is None or "$" in value:
        if "$(" in rest or "`" in rest:
            inner(rest)
        return value
    if rest[0] in "#%":
        return _cut(value, inner(rest[2:] if rest[:1] == rest[1:2] else rest[1:]), rest[:2])
    if rest[0] == "/":
        return _replaced(value, rest, inner)
    if rest in (",,", "^^", ",", "^"):
        changed = value.lower() if rest[0] == "," else value.upper()
        return changed if len(rest) == 2 else changed[:1] + value[1:]
    sliced = _SLICE.fullmatch(rest)
    if sliced:
        begin, length = int(sliced[1]), int(sliced[2]) if sliced[2] else None
        tail = value[begin:]
        return tail if length is None else tail[:length]
    return _sliced_from_start(value, rest)


def _sliced_from_start(value: str, rest: str) -> str | None:
    found = re.fullmatch(r"::(\d+)", rest)
    return value[: int(found[1])] if found else None


def _cut(value: str, pattern: str, sign: str) -> str | None:
    """Cut off what matches: the shortest or longest piece at the start (``#``, ``##``) or at the end (``%``, ``%%``)."""
    greedy = sign in ("##", "%%")
    expression = _pattern(pattern, greedy=greedy or sign[0] == "%")
    if expression is None:
        return None
    if sign[0] == "#":
        found = re.match(expression, value, re.DOTALL)
        return value[found.end() :] if found else value
    order = range(len(value) + 1) if greedy else range(len(value), -1, -1)
    compiled = re.compile(expression, re.DOTALL)
    return next((value[:at] for at in order if compiled.fullmatch(value, at)), value)


def _replaced(value: str, rest: str, inner: Callable[[str], str]) -> str | None:
    everywhere = rest.startswith("//")
    anchor = rest[1:2] if rest[1:2] in ("#", "%") else ""
    body = rest[2:] if everywhere or anchor else rest[1:]
    found = re.fullmatch(r"((?:\\.|[^/\\])++)(?:/(.*))?", body, re.DOTALL)
    if found is None:
        return None
    expression = _pattern(inner(found[1]), greedy=True)
    if expression is None:
        return None
    new = inner(found[2] or "")
    if anchor:
        compiled = re.compile(expression, re.DOTALL)
        if anchor == "#":
            at = compiled.match(value)
            return new + value[at.end() :] if at else value
        return next((value[:at] + new for at in range(len(value) + 1) if compiled.fullmatch(value, at)), value)
    return re.sub(expression, lambda _: new, value, count=0 if everywhere else 1, flags=re.DOTALL)


def _pattern(pattern: str, *, greedy: bool) -> str | None:
    """Return a shell pattern as a regular expression; None where it is not legible.

    What stands between two stars is matched where it comes first, and no other place is tried: the last star decides how much
    the whole matches, so that no text takes longer than its length times the pattern's.
    """
    if "$" in pattern or len(pattern) > 200 or re.search(r"\[[:.=]", pattern) or re.search(r"[@?+!*]\(", pattern):
        return None
    pieces = re.findall(r"\\.|\[[^\]]+\]|\*+|.", pattern, re.DOTALL)
    made: list[str] = []
    last = max((place for place, piece in enumerate(pieces) if piece[0] == "*"), default=-1)
    within = False
    for place, piece in enumerate(pieces):
        if piece[0] == "*":
            made.append(")" if within else "")
            within = place != last
            made.append("(?>.*?" if within else ".*" if greedy else ".*?")
        elif piece == "?":
            made.append(".")
        elif piece.startswith("[") and len(piece) > 2:
            inner = piece[1:-1]
            turned, inner = (
                inner[0] in "!^" and len(inner) > 1,
                inner[1:] if inner[0] in "!^" and len(inner) > 1 else inner,
            )
            made.append(f"[{'^' if turned else ''}{_CLASS.sub(lambda found: chr(92) + found[0], inner)}]")
        else:
            made.append(re.escape(piece.removeprefix("\\") or "\\"))
    try:
        re.compile("".join(made))
    except re.error:
        return None
    return "".join(made)


def assigned_in(arithmetic: str) -> tuple[str, ...]:
    """Return the names of the variables that arithmetic changes: ``x++``, ``--x``, ``x = 1``, ``x += 2``."""
    return tuple(dict.fromkeys(found[1] or found[2] for found in _CHANGES.finditer(arithmetic)))


def _sum(text: str, variables: Variables) -> str | None:
    filled = re.sub(r"\$?([A-Za-z_]\w*)", lambda found: variables.of(found[1]) or "?", text)
    found = _SUM.fullmatch(filled)
    if found is None:
        return None
    left, right = int(found[1]), int(found[3] or 0)
    results: Mapping[str | None, int] = {None: left, "+": left + right, "-": left - right, "*": left * right}
    return str(results[found[2]])


def _braces(word: Word) -> list[Word]:
    """Multiply out ``{a,b}`` and ``{1..3}`` in the unquoted text of a word, unless there are too many."""
    made = [word]
    for _ in range(_MOST_BRACES):
        grown: list[Word] = []
        for each in made:
            grown.extend(_first_brace(each) or (each,))
            if len(grown) > _MOST_CHOICES:
                return [word]
        if grown == made:
            return made
        made = grown
    return [word]


def _first_brace(word: Word) -> list[Word] | None:
    """Return the word once for each choice of its first braces; None for a word without such."""
    for place, part in enumerate(word):
        if part.kind is not PartKind.LITERAL or part.quoted or "{" not in part.text:
            continue
        found = _BRACE.search(part.text)
        choices = None if found is None else _range(found[1]) if "," not in found[1] else found[1].split(",")
        if found is None or choices is None:
            continue
        before, after = part.text[: found.start()], part.text[found.end() :]
        texts = (before + choice + after for choice in choices)
        return [(*word[:place], Part(PartKind.LITERAL, text), *word[place + 1 :]) for text in texts]
    return None


def _range(text: str) -> list[str] | None:
    found = _RANGE.fullmatch(text)
    if found is None:
        return None
    if found[4]:
        first, last = ord(found[4]), ord(found[5])
        step = 1 if last >= first else -1
        return [chr(each) for each in range(first, last + step, step)]
    first, last = int(found[1]), int(found[2])
    step = abs(int(found[3] or 1)) or 1
    numbers = range(first, last + 1, step) if last >= first else range(first, last - 1, -step)
    width = max(len(found[1]), len(found[2])) if found[1].startswith("0") or found[2].startswith("0") else 0
    return [str(each).zfill(width) for each in numbers] if len(numbers) <= _MOST_CHOICES else None
