"""Style sheets, parsed once in a process: Textual parses all of an app's three times, and a test opens an app anew."""

from __future__ import annotations

from functools import cache
from typing import Any

from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet


@cache
def parse_styles_once() -> None:
    """Let every app of this process take the rules that another has made of the same text, with the same variables.

    Within one app Textual shares them likewise; a text that holds an error is parsed again, and fails, each time.
    """
    parsed = Stylesheet._parse_rules
    known: dict[tuple[Any, ...], list[RuleSet]] = {}
    variables: dict[tuple[tuple[str, str], ...], int] = {}

    def _parse_rules(sheet: Stylesheet, *text: Any, **of: Any) -> list[RuleSet]:
        """Return the rules of a text."""
        number = variables.setdefault(tuple(sheet._variables.items()), len(variables))
        key = (number, text, *sorted(of.items()))
        if key not in known:
            known[key] = parsed(sheet, *text, **of)
        return known[key]

    Stylesheet._parse_rules = _parse_rules  # type: ignore[method-assign]
