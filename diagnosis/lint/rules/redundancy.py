"""Elements that another element of the same document covers already."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from diagnosis.lint.document import LintedDocument
from diagnosis.lint.finding import Finding
from diagnosis.lint.places import Place
from diagnosis.lint.rule import Rule
from diagnosis.policy import Condition, Statement
from diagnosis.policy.language.globs import covers, pattern_cells

_LITERAL = re.compile(r"[^*?]*")
_MOST = 200
"""Lists and documents that are longer are not compared pair by pair."""


def redundancy(document: LintedDocument) -> Iterator[Finding]:
    """Find strings that another string of their list covers, and statements that another statement covers."""
    for statement in document.policy.statements:
        actions = "NotAction" if statement.actions.negated else "Action"
        listed = statement.actions.patterns
        place = partial(document.entry, statement, actions)
        yield from _listed(Rule.ACTION_REDUNDANT, listed, place, fold=True)
        if statement.resources is not None:
            resources = "NotResource" if statement.resources.negated else "Resource"
            place = partial(document.entry, statement, resources)
            yield from _listed(Rule.RESOURCE_REDUNDANT, statement.resources.patterns, place)
        for condition in statement.conditions:
            place = partial(document.condition, statement, condition)
            yield from _listed(Rule.VALUE_REDUNDANT, condition.values, place, wildcards=_is_like(condition))
    yield from _statements(document)


def _is_like(condition: Condition) -> bool:
    return condition.base is not None and condition.base.name in ("StringLike", "StringNotLike")


def _listed(
    rule: Rule, listed: Sequence[str], place: Callable[[int], Place], *, fold: bool = False, wildcards: bool = True
) -> Iterator[Finding]:
    """Compare the strings of a list with each other."""
    if len(listed) > _MOST:
        return
    texts = [text.lower() for text in listed] if fold else listed
    for position, text in enumerate(texts):
        for other, wide in enumerate(texts):
            if position == other or not _covered(text, wide, wildcards=wildcards):
                continue
            # Of two equal ones the later is told.
            if other > position and _covered(wide, text, wildcards=wildcards):
                continue
            same = (
                "stands twice in the list" if text == wide else f"is covered by {listed[other][:120]} in the same list"
            )
            yield Finding(rule, place(position), f"{listed[position][:120]} {same}.", "Remove it.")
            break


def _covered(text: str, wide: str, *, wildcards: bool) -> bool:
    if text == wide:
        return True
    if not wildcards or "${" in wide or not set(wide) & {"*", "?"}:
        return False
    literal = _LITERAL.match(wide)
    if literal is not None and not text.startswith(literal.group()):
        return False
    return covers(pattern_cells(wide), pattern_cells(text))


def _statements(document: LintedDocument) -> Iterator[Finding]:
    statements = document.policy.statements
    if len(statements) > _MOST:
        return
    for statement in statements:
        for other in statements:
            if statement is other or not _holds(other, statement):
                continue
            if other.index > statement.index and _holds(statement, other):
                continue
            yield Finding(
                Rule.STATEMENT_REDUNDANT,
                document.place(statement),
                f"{other.name} {'allows' if other.effect == 'Allow' else 'denies'} all of it already.",
                "Remove the statement.",
            )
            break


def _holds(wide: Statement, narrow: Statement) -> bool:
    """Return whether the wide statement says all that the narrow one says."""
    if wide.effect is not narrow.effect or wide.actions.negated or narrow.actions.negated:
        return False
    if not narrow.actions.patterns or wide.not_principal or narrow.not_principal:
        return False
    if not _all_covered(
        [each.lower() for each in narrow.actions.patterns], [each.lower() for each in wide.actions.patterns]
    ):
        return False
    if (wide.resources is None) is not (narrow.resources is None):
        return False
    if wide.resources is not None and narrow.resources is not None:
        if wide.resources.negated or narrow.resources.negated:
            return False
        if not _all_covered(narrow.resources.patterns, wide.resources.patterns):
            return False
    names = set(wide.principals.entries) if wide.principals else set()
    named = set(narrow.principals.entries) if narrow.principals else set()
    return named <= names and set(_asked(wide)) <= set(_asked(narrow))


def _all_covered(texts: Sequence[str], wide: Sequence[str]) -> bool:
    return all(any(_covered(text, each, wildcards=True) for each in wide) for text in texts)


def _asked(statement: Statement) -> Iterator[tuple[str, str, frozenset[str]]]:
    for condition in statement.conditions:
        yield condition.name, condition.folded_key, frozenset(condition.values)
