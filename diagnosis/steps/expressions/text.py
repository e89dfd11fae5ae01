"""Fill in the expressions that stand in a text, and decide conditions, by the values that a run shows.

Values live in one mapping, by their path in dots (``github.ref``, ``steps.login.outputs.registry``); environment
variables under their name alone too. What is not known stays as it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from diagnosis.steps.expressions.evaluation import Lookup, at_key, evaluate
from diagnosis.steps.expressions.grammar import Node, parse
from diagnosis.steps.expressions.values import (
    UNKNOWN,
    Partial,
    Result,
    TypedText,
    Unknown,
    is_known,
    result_of,
    text_of,
    truth_of,
)

LONGEST_TEXT = 100_000
"""Characters of a text in which expressions are looked for."""
Replacement = Callable[[tuple[str, ...]], tuple[int, str] | None]
"""How many parts of a path to replace, and the expression to put there; None to leave it."""


def spans(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return the expressions of a text: where ``${{`` begins, where ``}}`` ends, and what stands between.

    ``}}`` within a text of an expression does not end it.
    """
    return _short_spans(text) if len(text) <= _SHORT else _spans(text)


def _spans(text: str) -> tuple[tuple[int, int, str], ...]:
    found: list[tuple[int, int, str]] = []
    at = text.find("${{") if len(text) <= LONGEST_TEXT else -1
    while at >= 0:
        end = _end(text, at + 3)
        if end < 0:
            break
        found.append((at, end, text[at + 3 : end - 2].strip()))
        at = text.find("${{", end)
    return tuple(found)


def texts_around(text: str) -> list[str]:
    """Return what stands before, between and after the expressions of a text; the text alone where it has none."""
    places = spans(text)
    ends = [0, *(end for _, end, _ in places)]
    return [text[at:start] for at, start in zip(ends, [*(start for start, _, _ in places), len(text)], strict=True)]


_SHORT = 1_000
_short_spans = lru_cache(maxsize=4096)(_spans)


def _end(text: str, at: int) -> int:
    """Return where the expression that begins here ends, after its ``}}``; -1 where it does not."""
    closing = text.find("}}", at)
    while closing >= 0:
        quote = text.find("'", at, closing)
        if quote < 0:
            return closing + 2
        at = text.find("'", quote + 1) + 1
        if at == 0:
            return -1
        if at > closing:
            closing = text.find("}}", at)
    return -1


def lookup_in(values: Mapping[str, str]) -> Lookup:
    """Return the contexts that a mapping of values stands for; it holds while the values stay what they are."""
    at = _Names(values).at

    def find(path: tuple[str, ...]) -> Result:
        path = (path[0].lower(), *path[1:])
        found = at(path)
        if found is None and path[:3] == ("github", "event", "inputs") and len(path) == 4:
            # The event carries them as texts; another event than a dispatch has none.
            given = at(("inputs", path[3]))
            found = str(given) if given is not None else None
        if found is None and path[0] == "env" and len(path) == 2:
            found = values.get(path[1])
        if found is None and path[0] == "steps" and path[2:3] == ("outputs",) and f"steps.{path[1]}" not in values:
            # No step of the file has this id: that of a step without one, as where the file is not known.
            found = values.get(".".join(path[2:]))
        if found is not None:
            return result_of(found)
        for length in range(len(path) - 1, 0, -1):
            outer = at(path[:length])
            if isinstance(outer, TypedText):
                value = outer.value
                for key in path[length:]:
                    value = at_key(value, key)
                return value
        return UNKNOWN

    return find


class _Names:
    """Finds values by the names of contexts, in any letter case; those of variables as they are written."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self._lower: dict[str, str] | None = None

    def at(self, path: tuple[str, ...]) -> str | None:
        key = ".".join(path)
        if key in self._values:
            return self._values[key]
        if path[0] == "env" or len(path) == 1:
            return None
        if self._lower is None:
            self._lower = {}
            for name, value in self._values.items():
                self._lower.setdefault(name.lower(), value)
        return self._lower.get(key.lower())


def value_of(expression: str, values: Mapping[str, str], lookup: Lookup | None = None) -> Result:
    """Evaluate an expression, written without ``${{ }}``; one that is not settled may be known as a whole.

    ``lookup``: that of the same values, where many expressions are evaluated by them.
    """
    node = parse(expression)
    result = UNKNOWN if node is None else evaluate(expression, node, lookup or lookup_in(values))
    if isinstance(result, Unknown) and (told := values.get(asked_again(expression))) is not None:
        return result_of(told)
    return result


def filled(text: str, values: Mapping[str, str]) -> str:
    """Replace every expression whose value is known, once; a masked value stays masked."""
    if "${{" not in text:
        return text
    made: list[str] = []
    at, lookup = 0, lookup_in(values)
    for start, end, expression in spans(text):
        result = value_of(expression, values, lookup)
        shown = result.text if isinstance(result, Partial) else text_of(result) if is_known(result) else text[start:end]
        made += [text[at:start], shown]
        at = end
    return "".join((*made, text[at:]))


def typed(text: str, values: Mapping[str, str]) -> str:
    """Fill in a text; one that is a single expression keeps the kind of its value."""
    found = spans(text)
    if len(found) == 1 and found[0][:2] == (0, len(text)):
        result = value_of(found[0][2], values)
        return TypedText.of(result) if is_known(result) else filled(text, values)
    return filled(text, values)


def expression_of(condition: str) -> str | None:
    """Return the expression of an ``if:``, with or without ``${{ }}`` around it; None where both are mixed."""
    text = condition.strip()
    found = spans(text)
    if not found:
        return text
    return found[0][2] if len(found) == 1 and found[0][:2] == (0, len(text)) else None


def holds(condition: str | None, values: Mapping[str, str]) -> bool | None:
    """Return whether an ``if:`` lets a step or job run when all before it went well; None where that is not settled.

    False is certain however the steps before it end.
    """
    if condition is None or not condition.strip():
        return True
    expression = expression_of(condition)
    node = parse(expression) if expression else None
    if expression is None or node is None:
        return None
    lookup = lookup_in(values)
    certain = truth_of(evaluate(expression, node, lookup))
    if certain is not None:
        return certain
    went_well = truth_of(evaluate(expression, node, lookup, lambda name: name in ("success", "always")))
    return True if went_well else None


def asked_again(expression: str) -> str:
    """Return the name under which the value of an expression as a whole is held: its path, else the expression itself."""
    node = parse(expression)
    path = node.path if node else None
    if path is None:
        return f"${{{{ {expression} }}}}"
    if path[:3] == ("github", "event", "inputs"):
        path = ("inputs", *path[3:])
    return ".".join((path[0].lower(), *path[1:]))


def paths_in(expression: str) -> tuple[tuple[str, ...], ...]:
    """Return the paths of all contexts that an expression asks, as far as they are written out."""
    node = parse(expression)
    return tuple(path for each in _references(node) if (path := each.path)) if node else ()


def replaced(expression: str, replacement: Replacement) -> str:
    """Put expressions in the place of contexts' properties, for one that is to be read in another file."""
    node = parse(expression)
    if node is None:
        return expression
    made, at = [], 0
    for each in _references(node):
        path = each.path
        found = replacement(path) if path else None
        if path is None or found is None:
            continue
        inner = each
        for _ in range(len(path) - found[0]):
            inner = inner.parts[0]
        made += [expression[at : inner.start], found[1]]
        at = inner.end
    return "".join((*made, expression[at:]))


def _references(node: Node) -> list[Node]:
    """Return the contexts with their properties, the longest written-out path of each, in order."""
    if node.path is not None:
        return [node]
    return [found for part in node.parts for found in _references(part)]


def replaced_in_text(text: str, replacement: Replacement) -> str:
    """Do the same with every expression of a text, and fill in those that are known then."""
    made, at = [], 0
    for start, end, expression in spans(text):
        found = replaced(expression, replacement)
        shown = text[start:end] if found == expression else filled(f"${{{{ {_bare(found)} }}}}", {})
        made += [text[at:start], shown]
        at = end
    return "".join((*made, text[at:]))


def _bare(expression: str) -> str:
    """Take off the brackets that stand around a whole expression."""
    if not (expression.startswith("(") and expression.endswith(")")):
        return expression
    node = parse(expression)
    inner = parse(expression[1:-1])
    same = node is not None and inner is not None and (node.start, node.end) == (0, len(expression))
    return (
        expression[1:-1].strip()
        if same and node is not None and inner is not None and node.kind == inner.kind
        else expression
    )


def quoted(text: str) -> str:
    """Return a text as a literal of the language."""
    return "'" + text.replace("'", "''") + "'"


def as_expression(text: str) -> str:
    """Return a text with expressions in it as one expression, which gives the same text or value."""
    found = spans(text)
    if not found:
        return quoted(text)
    if len(found) == 1 and found[0][:2] == (0, len(text)):
        return f"({found[0][2]})"
    parts, at = [], 0
    for start, end, _ in found:
        parts.append(text[at:start].replace("{", "{{").replace("}", "}}"))
        at = end
    parts.append(text[at:].replace("{", "{{").replace("}", "}}"))
    template = parts[0] + "".join(f"{{{place}}}{part}" for place, part in enumerate(parts[1:]))
    return f"format({', '.join((quoted(template), *(expression for _, _, expression in found)))})"
