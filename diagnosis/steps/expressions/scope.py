"""Carry expressions from a called file into the file that calls it: its inputs, jobs and steps become what they are there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from diagnosis.steps.expressions.grammar import parse
from diagnosis.steps.expressions.text import (
    as_expression,
    expression_of,
    quoted,
    replaced,
    replaced_in_text,
    spans,
)
from diagnosis.steps.expressions.values import TypedText

NOWHERE = "called_file"
"""The name of a context that nothing fills: what is asked of it stays unknown, and is never that of the calling file."""
_TOKEN = "github_token"  # noqa: S105 - the name of the secret that every workflow has


@dataclass(frozen=True, slots=True)
class Scope:
    """What the contexts of a called file are in the file that calls it."""

    inputs: Mapping[str, str] = field(default_factory=dict)
    """The texts that are given, by lower-case name, as the calling file has them; :class:`TypedText` for other kinds."""
    as_texts: bool = False
    """An action's inputs are texts, whatever is given."""
    steps: Mapping[str, str] = field(default_factory=dict)
    """The new ids of steps, by their own."""
    jobs: Mapping[str, str] = field(default_factory=dict)
    """The new ids of jobs, by their own."""
    secrets: Mapping[str, str] | None = None
    """The secrets that are handed on, by lower-case name; None where they are those of the calling file."""
    outputs: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """What a job that calls a workflow hands on, by its id and the output's name, as an expression."""

    def text(self, text: str) -> str:
        """Return a text of the called file as it would stand in the calling one; what is known then is filled in."""
        if "${{" not in text:
            return text
        found = spans(text)
        if self.inputs and len(found) == 1 and found[0][:2] == (0, len(text)):
            path = _path(found[0][2])
            if len(path) == 2 and path[0] == "inputs":
                return self.inputs.get(path[1].lower(), "")
        return replaced_in_text(text, self._replacement)

    def condition(self, condition: str | None) -> str | None:
        """Return an ``if:`` as it would stand in the calling file, without ``${{ }}`` where it changes."""
        expression = expression_of(condition) if condition else None
        if condition is None or not expression:
            return condition
        found = replaced(expression, self._replacement)
        return condition if found == expression else found

    def _replacement(self, path: tuple[str, ...]) -> tuple[int, str] | None:
        context = path[0].lower()
        if context == "inputs" and (self.inputs or self.as_texts):
            if len(path) == 1:
                return 1, NOWHERE
            return 2, self._input(path[1])
        if context == "secrets" and self.secrets is not None and len(path) > 1 and path[1].lower() != _TOKEN:
            return 2, as_expression(self.secrets.get(path[1].lower(), ""))
        if context == "steps" and len(path) > 1 and path[1] in self.steps:
            return 2, f"steps.{self.steps[path[1]]}"
        if context in ("needs", "jobs") and len(path) > 1:
            if len(path) > 3 and path[2] == "outputs" and (path[1], path[3]) in self.outputs:
                return 4, f"({self.outputs[path[1], path[3]]})"
            if path[1] in self.jobs:
                return 2, f"needs[{quoted(self.jobs[path[1]])}]"
        return None

    def _input(self, name: str) -> str:
        given = self.inputs.get(name.lower(), "")
        if isinstance(given, TypedText):
            return str(given) if not isinstance(given.value, list | dict) else NOWHERE
        found = as_expression(given)
        whole = found.startswith("(")
        if self.as_texts and whole:
            return f"format('{{0}}', {found[1:-1]})"
        return found[1:-1] if whole and _path(found[1:-1]) else found


def _path(expression: str) -> tuple[str, ...]:
    node = parse(expression)
    return (node.path or ()) if node else ()


def joint_condition(outer: str | None, inner: str | None) -> str | None:
    """Join the conditions of a step or job and of what stands around it; one that is constant decides for both."""
    first, second = (expression_of(each) if each else None for each in (outer, inner))
    if not outer or not inner:
        return outer or inner
    if first is None or second is None:
        # One of them is a text with expressions in it, which GitHub takes for true.
        return outer if first is not None else inner
    return f"({first}) && ({second})"
