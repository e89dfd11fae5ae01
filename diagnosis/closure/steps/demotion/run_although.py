"""Say whether a step or a job is run although a gate before it failed: by ``always()``, ``failure()`` or ``!cancelled()``."""

from __future__ import annotations

import re
from collections.abc import Mapping

from diagnosis.steps.expressions.evaluation import STATUS, evaluate
from diagnosis.steps.expressions.grammar import Node, parse
from diagnosis.steps.expressions.text import expression_of, lookup_in
from diagnosis.steps.expressions.values import Result, truth_of

_AFTER_A_FAILURE = frozenset({"failure", "always"})
"""The status functions that are true where something before failed."""
_ID = re.compile(r"steps\.[^.]+")
_RESULTS = frozenset({"result", "outcome", "conclusion"})


def asks_status(condition: str | None) -> bool | None:
    """Return whether a condition says itself how what was before must have ended; else GitHub asks for success.

    None where it cannot be parsed.
    """
    if condition is None or not condition.strip():
        return False
    expression = expression_of(condition)
    node = parse(expression) if expression else None
    return None if node is None else _calls_status(node)


def _calls_status(node: Node) -> bool:
    if node.kind == "call" and str(node.value).lower() in STATUS:
        return True
    return any(_calls_status(part) for part in node.parts)


def runs_although(
    condition: str | None, ended: Mapping[tuple[str, str], str], values: Mapping[str, str]
) -> bool | None:
    """Return whether a condition holds after a failure; None where that is not settled.

    ``ended``: how the steps and jobs before ended, by ``("steps", id)`` and ``("needs", id)``.
    """
    asks = asks_status(condition)
    expression = expression_of(condition or "")
    node = parse(expression) if expression else None
    if not asks or expression is None or node is None:
        return None if asks is None else False
    # That a step has an id tells nothing of how it ended.
    known = lookup_in({name: value for name, value in values.items() if not _ID.fullmatch(name)})
    own = {(context, name.lower()): end for (context, name), end in ended.items()}

    def lookup(path: tuple[str, ...]) -> Result:
        if len(path) == 3 and path[2].lower() in _RESULTS and (path[0].lower(), path[1].lower()) in own:
            return own[path[0].lower(), path[1].lower()]
        if len(path) == 3 and path[0].lower() in ("steps", "needs") and path[2].lower() in _RESULTS:
            # What crosses no gate may have gone well.
            return "success"
        if path[:2] == ("job", "status"):
            return "failure"
        return known(path)

    return truth_of(evaluate(expression, node, lookup, lambda name: name in _AFTER_A_FAILURE))
