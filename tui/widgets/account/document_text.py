"""Lay a policy document out as readable, coloured lines, each with the statement that it belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from textual.content import Content

from diagnosis.policy import PolicyDocument, Unparsable
from diagnosis.policy.language.strict_json import json_text
from tui.foreign_text import defused, foreign_line

_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[{}\[\],:]|[^\s"{}\[\],:]++|\s++')
_STYLES = {"Allow": "bold $text-success", "Deny": "bold $text-error", "*": "bold $text-warning"}
_STEP = "  "


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """One line of a document as it is shown."""

    text: str
    statement: int | None = None
    """Position of the statement that it is part of."""

    @property
    def indent(self) -> int:
        """How many blanks it begins with."""
        return len(self.text) - len(self.text.lstrip(" "))


def document_lines(document: PolicyDocument) -> tuple[DocumentLine, ...]:
    """Return the lines: JSON as people write it; of a text that is no policy its own lines."""
    if not document.tree:
        return tuple(DocumentLine(line) for line in defused(document.text).split("\n"))
    return tuple(_lines(document))


def _lines(document: PolicyDocument) -> Iterator[DocumentLine]:
    yield DocumentLine("{")
    members = list(document.tree.items())
    for place, (name, value) in enumerate(members):
        comma = "," if place < len(members) - 1 else ""
        head = f"{_STEP}{json_text(name)}: "
        if name == "Statement" and isinstance(value, list) and not isinstance(document.policy, Unparsable):
            yield DocumentLine(f"{head}[")
            for number, item in enumerate(value):
                more = "," if number < len(value) - 1 else ""
                for line in f"{json_text(item, indent=2)}{more}".split("\n"):
                    yield DocumentLine(f"{_STEP * 2}{line}", number)
            yield DocumentLine(f"{_STEP}]{comma}")
            continue
        single = 0 if name == "Statement" and isinstance(value, dict) else None
        first, *rest = f"{json_text(value, indent=2)}{comma}".split("\n")
        yield DocumentLine(f"{head}{first}", single)
        for line in rest:
            yield DocumentLine(f"{_STEP}{line}", single)
    yield DocumentLine("}")


def coloured(line: str) -> Content:
    """Return a line of JSON with its names, texts and signs told apart; everything in it stays foreign text."""
    tokens = _TOKEN.findall(line)
    parts = []
    for place, token in enumerate(tokens):
        if token[0] == '"':
            after = next((each for each in tokens[place + 1 : place + 3] if not each.isspace()), "")
            parts.append(foreign_line(token, "$text-accent" if after == ":" else _STYLES.get(token[1:-1], "")))
        elif token[0] in "{}[],:" or token.isspace():
            parts.append(Content.styled(token, "$text-muted"))
        else:
            parts.append(foreign_line(token, "$text-warning"))
    return Content("").join(parts)


def editable_text(document: PolicyDocument) -> str:
    """Return the text to edit: the same lines; nothing in it steers a terminal."""
    return "\n".join(line.text for line in document_lines(document))
